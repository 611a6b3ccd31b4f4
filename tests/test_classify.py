"""``course classify`` and its classifier, with small models whose answers can be told beforehand."""

import errno
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from course_utils import artifacts, cli
from course_utils.cli import classifier, model_files, saved_models
from course_utils.cli.annotate import Annotator, draw
from course_utils.errors import CourseError
from course_utils.labels import Labels, parse

COURSE = Path(__file__).resolve().parent.parent
COLORS = {"red": "#ff0000", "green": "#00ff00", "blue": "#0000ff"}
layers = keras.layers


def mean_colors(size=16):
    """Inputs and three numbers from 0 to 1: how red, how green, how blue the picture is."""
    inputs = keras.Input((size, size, 3))
    return inputs, layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(inputs))


def dense(kernel, bias, activation, name=None):
    """A dense layer with given weights."""
    return layers.Dense(
        len(bias),
        activation=activation,
        kernel_initializer=lambda shape, dtype=None: keras.ops.reshape(np.array(kernel, dtype), shape),
        bias_initializer=lambda shape, dtype=None: np.array(bias, dtype),
        name=name,
    )


def keep(folder, name, model, labels):
    pictures = SimpleNamespace(name="colors", source="sample", counts={}, class_names=list(COLORS))
    # The weights are in the file; the initialisers, which are lambdas here, must not be.
    for layer in model.layers:
        if isinstance(layer, layers.Dense):
            layer.kernel_initializer = layer.bias_initializer = keras.initializers.Zeros()
    return artifacts.save(folder, name, pictures=pictures, metrics={}, model=model, labels=labels)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Artifacts folders by name: which color; which colors; color and brightness; top or bottom (grey)."""
    folder, made = tmp_path_factory.mktemp("artifacts"), {}
    inputs, means = mean_colors()
    color = dense(np.eye(3) * 10, [0] * 3, "softmax", "color_output")(means)
    made["single_label"] = keep(folder, "single_label", keras.Model(inputs, color), None)

    any_color = dense(np.eye(3) * 8, [-4] * 3, "sigmoid")(means)  # 0.98 where a color is full, 0.02 without
    labels = {"kind": "multi_label", "labels": list(COLORS), "threshold": 0.6}
    made["multi_label"] = keep(folder, "multi_label", keras.Model(inputs, any_color), labels)

    light = dense([[0, 6]] * 3, [6, 0], "softmax", "light_output")(means)
    outputs = {"light_output": ["dark", "light"], "color_output": list(COLORS)}
    labels = {"kind": "multi_output", "outputs": outputs}
    made["multi_output"] = keep(folder, "multi_output", keras.Model(inputs, [color, light]), labels)
    as_dict = keras.Model(inputs, {"light_output": light, "color_output": color})
    made["multi_output_dict"] = keep(folder, "multi_output_dict", as_dict, labels)

    halves = np.repeat([[1, -1], [-1, 1]], 8 * 16 / 2, axis=0) * 0.1
    network = keras.Sequential(
        [
            keras.Input((8, 16, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            dense(halves, [0, 0], "softmax"),
        ]
    )
    labels = {"kind": "single_label", "labels": ["top", "bottom"]}
    made["grey"] = keep(folder, "grey", network, labels)
    return made


@pytest.fixture(scope="module")
def classifiers(models):
    return {name: classifier.load(folder) for name, folder in models.items()}


def picture(path, color, size=(40, 30), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path, **options)
    return path


def call(capsys, *arguments):
    """Run the command line: its exit code, and what it printed to stdout and stderr."""
    code = cli.main(["classify", *map(str, arguments)])
    return code, *capsys.readouterr()


def names(answer):
    return [label.name for label in answer.labels]


def test_one_label(models, tmp_path, capsys):
    path = picture(tmp_path / "a.png", "#cc2200")
    code, out, err = call(capsys, models["single_label"], path)
    assert (code, err) == (0, "")
    probability = 1 / (1 + np.exp(10 * (0x22 - 0xCC) / 255) + np.exp(10 * -0xCC / 255))
    assert out == f"{path}: red {100 * probability:.1f} %\n"
    code, out, _ = call(capsys, models["single_label"], path, "--top", 2)
    assert [part.split()[-3] for part in out.strip().split(", ")] == ["red", "green"]


def test_a_grey_model_sees_grey_pictures_in_its_own_size(classifiers, tmp_path):
    image = Image.new("RGB", (100, 300), "black")
    image.paste("white", (0, 150, 100, 300))
    image.save(tmp_path / "a.png")
    grey = classifiers["grey"]
    assert (grey.kind, grey.labels) == ("single_label", ["top", "bottom"])
    assert (grey.size, grey.channels) == ((8, 16), 1)
    (answer,) = grey.classify(tmp_path / "a.png")
    assert names(answer) == ["bottom"]
    assert answer.labels[0].probability > 0.99


@pytest.mark.parametrize(
    ("color", "options", "expected"),
    [
        ("#ffff00", {}, ["red", "green"]),
        ("#ff4040", {}, ["red"]),
        ("#ff4040", {"top": 2}, ["red", "green"]),
        ("#ff4040", {"threshold": 0.1}, ["red", "green", "blue"]),
        ("#ffff00", {"top": 1}, ["red"]),
        ("#909090", {"threshold": 0.5}, ["red", "green", "blue"]),
    ],
)
def test_any_number_of_labels(classifiers, tmp_path, color, options, expected):
    path = picture(tmp_path / "a.png", color)
    (answer,) = classifiers["multi_label"].classify([path], **options)
    assert names(answer) == expected
    assert answer.nearest is None


def test_no_label_is_said_with_the_nearest(models, tmp_path, capsys):
    path = picture(tmp_path / "a.png", (10, 120, 10))
    probability = 1 / (1 + np.exp(4 - 8 * 120 / 255))
    code, out, _ = call(capsys, models["multi_label"], path)
    assert code == 0
    assert out == f"{path}: no label above 60 %; nearest: green {100 * probability:.1f} %\n"
    code, out, _ = call(capsys, models["multi_label"], path, "--json", "--threshold", 0.99)
    (record,) = json.loads(out)
    assert record["labels"] == []
    assert record["nearest"]["label"] == "green"
    assert record["nearest"]["probability"] == pytest.approx(probability, abs=1e-5)


@pytest.mark.parametrize("name", ["multi_output", "multi_output_dict"])
def test_several_outputs(models, classifiers, tmp_path, capsys, name):
    path = picture(tmp_path / "a.png", "#e0e0ff")
    assert list(classifiers[name].labels) == ["light_output", "color_output"]
    (answer,) = classifiers[name].classify([path])
    assert [(label.name, label.output) for label in answer.labels] == [
        ("light", "light_output"),
        ("blue", "color_output"),
    ]
    code, out, _ = call(capsys, models[name], path, "--top", 2)
    assert code == 0
    light, color = out.removeprefix(f"{path}: ").split("; ")
    assert light.startswith("light ") and ", dark " in light
    assert color.startswith("blue ") and color.count(",") == 1
    record = json.loads(call(capsys, models[name], path, "--json")[1])[0]
    assert [label["output"] for label in record["labels"]] == ["light_output", "color_output"]


def make_palette(path):
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(path, transparency=1)  # all of it transparent, so white


def make_alpha(path):
    Image.new("RGBA", (20, 20), (0, 0, 255, 0)).save(path)


def make_cmyk(path):
    Image.new("CMYK", (20, 20), (0, 255, 255, 0)).save(path)


def make_animation(path):
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("make", "name", "expected"),
    [
        (make_palette, "palette.png", ["red", "green", "blue"]),
        (make_alpha, "alpha.png", ["red", "green", "blue"]),
        (make_cmyk, "cmyk.jpg", ["red"]),
        (make_animation, "animation.gif", ["red"]),
        (lambda path: picture(path, "blue"), "größe 日本.webp", ["blue"]),
        (lambda path: picture(path, "blue", format="png"), "without_suffix", ["blue"]),
    ],
)
def test_kinds_of_pictures(classifiers, tmp_path, make, name, expected):
    make(tmp_path / name)
    (answer,) = classifiers["multi_label"].classify([tmp_path / name])
    assert sorted(names(answer)) == sorted(expected)
    assert str(answer).startswith(f"{tmp_path / name}: ")


def test_pictures_are_turned_as_their_exif_data_say(models, classifiers, tmp_path, capsys):
    image = Image.new("L", (400, 320), 0)
    image.paste(255, (0, 0, 200, 320))  # bright on the left ...
    exif = Image.Exif()
    exif[0x0112] = 6  # ... and shown a quarter turn clockwise: bright at the top
    image.save(tmp_path / "a.jpg", exif=exif)
    assert names(next(classifiers["grey"].classify(tmp_path / "a.jpg"))) == ["top"]
    assert call(capsys, models["grey"], tmp_path / "a.jpg", "--annotate", tmp_path / "out")[0] == 0
    assert Image.open(tmp_path / "out" / "a_annotated.jpg").size == (320, 400)


def test_a_folder_is_all_its_pictures_and_order_is_kept(models, tmp_path, capsys):
    folder = tmp_path / "pictures"
    expected = []
    for number in range(40):
        color = list(COLORS)[number % 3]
        size = (900, 900) if number % 5 == 0 else (12, 12)  # some take longer than those after them
        expected.append(f"{picture(folder / f'{number:02}' / 'x.JPG', COLORS[color], size)}: {color} ")
    picture(folder / ".hidden" / "a.png", "red")
    picture(folder / "._a.png", "red")
    (folder / "notes.txt").write_text("no picture")
    last = picture(tmp_path / "z.png", "red")
    code, out, err = call(capsys, models["single_label"], folder, last)
    assert (code, err) == (0, f"course classify: 1 left out: {folder / 'notes.txt'} (no picture)\n")
    lines = out.splitlines()
    assert len(lines) == 41
    for line, beginning in zip(lines, [*expected, f"{last}: red "], strict=True):
        assert line.startswith(beginning)


def test_what_cannot_be_read_is_told_and_the_rest_is_classified(models, tmp_path, capsys):
    good = picture(tmp_path / "good.png", "red")
    whole = picture(tmp_path / "whole.jpg", "red", (300, 300)).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("this is no picture")
    (tmp_path / "empty").mkdir()
    bad = [tmp_path / name for name in ("cut.jpg", "missing.png", "text.png", "empty")]
    code, out, err = call(capsys, models["single_label"], *bad[:2], good, *bad[2:], good)
    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines()] == [str(good)] * 2
    told = err.splitlines()
    assert [line.split(": ")[1] for line in told] == [str(path) for path in bad]
    assert "there is no such file" in told[1] and "a folder without pictures" in told[3]
    code, out, err = call(capsys, models["single_label"], *bad, "--json")
    assert code == 1
    records = json.loads(out)
    assert [record["path"] for record in records] == [str(path) for path in bad]
    assert all(record["error"] and "labels" not in record for record in records)


def test_what_a_folder_holds_besides_is_counted_or_an_error(models, tmp_path, capsys):
    folder, elsewhere = tmp_path / "pictures", tmp_path / "elsewhere"
    good = [picture(folder / "a.png", "red"), picture(elsewhere / "b.jpe", "red", format="jpeg")]
    good.append(picture(folder / "c.ppm", "red"))
    (folder / "linked").symlink_to(elsewhere)
    (folder / "linked_again").symlink_to(elsewhere)
    for number in range(7):
        (folder / f"notes{number}.txt").write_text("no picture")
    bad = [folder / name for name in ("holiday.HEIC", "raw.dng", "nowhere.png", "pipe.jpg")]
    bad[0].write_bytes(b"....ftypheic")
    bad[1].write_bytes(b"raw")
    bad[2].symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(bad[3])
    code, out, err = call(capsys, models["single_label"], folder)
    assert code == 1
    expected = [folder / "a.png", folder / "c.ppm", folder / "linked" / "b.jpe"]
    assert [line.split(": ")[0] for line in out.splitlines()] == list(map(str, expected))
    *told, summary = err.splitlines()
    assert {line.split(": ")[1] for line in told} == set(map(str, bad))
    assert "8 left out: " in summary and summary.endswith("; and 3 more")
    assert f"{folder / 'notes0.txt'} (no picture)" in summary


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_cannot_be_looked_into_is_an_error(models, tmp_path, capsys):
    picture(tmp_path / "pictures" / "a.png", "red")
    closed = picture(tmp_path / "pictures" / "closed" / "b.png", "red").parent
    closed.chmod(0)
    try:
        code, out, err = call(capsys, models["single_label"], tmp_path / "pictures")
    finally:
        closed.chmod(0o755)
    assert (code, out.count("\n")) == (1, 1)
    assert f"{closed}: cannot be read: Permission denied" in err


def test_paths_are_taken_no_further_ahead_than_a_few_batches(classifiers, tmp_path):
    path, taken = picture(tmp_path / "a.png", "red"), []

    def endless():
        while True:
            taken.append(path)
            yield path

    answers = classifiers["single_label"].classify(endless())
    for _ in range(100):
        assert names(next(answers)) == ["red"]
    answers.close()
    assert len(taken) <= 100 + 6 * classifier.BATCH


def test_batches_change_nothing(classifiers, tmp_path):
    rng = np.random.default_rng(0)
    paths = []
    for number in range(2 * classifier.BATCH + 3):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype="uint8")).save(paths[-1])
    together = [answer.labels[0].probability for answer in classifiers["single_label"].classify(paths)]
    alone = [next(classifiers["single_label"].classify(path)).labels[0].probability for path in paths]
    assert np.allclose(together, alone, atol=1e-6)
    assert len(set(together)) == len(paths)


def test_a_fresh_process_answers_the_same_and_starts_lightly(models, tmp_path):
    path = picture(tmp_path / "a.png", (200, 150, 90))
    model = keras.saving.load_model(models["multi_output"] / "model.keras")
    expected = dict(zip(model.output_names, model(np.full((1, 16, 16, 3), (200, 150, 90))), strict=True))
    program = (
        "import sys; from course_utils import cli\n"
        "code = cli.main(['classify', *sys.argv[1:], '--json', '--top', '3'])\n"
        "heavy = {'sklearn', 'matplotlib', 'tensorflow_datasets', 'papermill'}\n"
        "print(heavy & set(sys.modules))\n"
        "sys.exit(code)"
    )
    command = [sys.executable, "-c", program, models["multi_output"], path]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=COURSE)
    assert (answer.returncode, answer.stderr) == (0, "")
    document, imported = answer.stdout.rsplit("]\n", 2)[0] + "]", answer.stdout.splitlines()[-1]
    assert imported == "set()"
    found = json.loads(document)[0]["labels"]
    assert len(found) == 5
    labels = {"light_output": ["dark", "light"], "color_output": list(COLORS)}
    for label in found:
        row = expected[label["output"]][0]
        assert abs(label["probability"] - row[labels[label["output"]].index(label["label"])]) < 1e-5


def test_copies_with_labels_on_them(models, tmp_path, capsys):
    first = picture(tmp_path / "a" / "größe.png", "red", (28, 28))
    second = picture(tmp_path / "b" / "größe.jpg", "blue", (800, 600))
    out = tmp_path / "a" / "copies"
    before = first.read_bytes(), second.read_bytes()
    for _ in range(2):  # the second time into the same folder, whose pictures are not taken for inputs
        code, printed, _ = call(
            capsys, models["single_label"], tmp_path / "a", second, "--annotate", out, "--top", 3
        )
        assert code == 0
        assert len(printed.splitlines()) == 2
        assert sorted(p.name for p in out.iterdir()) == ["größe_annotated.jpg", "größe_annotated_2.jpg"]
    assert before == (first.read_bytes(), second.read_bytes())
    tiny, large = (np.asarray(Image.open(path), int) for path in sorted(out.iterdir()))
    assert tiny.shape[0] >= 320 and tiny.shape[0] == tiny.shape[1]
    assert large.shape == (600, 800, 3)
    for image, color in ((tiny, [255, 0, 0]), (large, [0, 0, 255])):
        corner = image[: len(image) // 10]
        assert (corner.max(axis=2) < 60).mean() > 0.05  # a dark box ...
        assert (corner.min(axis=2) > 200).sum() > 50  # ... with white letters ...
        assert np.abs(image[-1, -1] - color).max() < 10  # ... that leaves the rest of the picture


def test_a_copy_never_replaces_a_picture_that_is_classified(models, tmp_path, capsys):
    folder = tmp_path / "pictures"
    paths = [picture(folder / name, "red") for name in ("a.png", "a_annotated.jpg", "A_Annotated_2.JPG")]
    before = [path.read_bytes() for path in paths]
    assert call(capsys, models["single_label"], *paths, "--annotate", folder)[0] == 0
    assert [path.read_bytes() for path in paths] == before
    assert "a_annotated_3.jpg" in os.listdir(folder)
    assert len(os.listdir(folder)) == 6
    code, out, err = call(capsys, models["single_label"], folder, "--annotate", folder)
    assert (code, out) == (2, "")
    assert "Choose another folder" in err
    code, _, err = call(capsys, models["single_label"], folder, "--annotate", paths[0] / "x")
    assert (code, "Cannot write" in err) == (2, True)


def test_copies_are_never_classified_and_nothing_else_is_overwritten(models, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    inputs = [picture(Path(name), "red") for name in ("a.png", "b.jpg")]
    own = picture(Path("b_annotated.jpg"), "blue").read_bytes()  # somebody's own picture, not given
    names = {"a.png", "b.jpg", "b_annotated.jpg", "a_annotated.jpg", "b_annotated_2.jpg"}
    for _ in range(3):
        code, out, _ = call(capsys, models["single_label"], *inputs, "--annotate", ".")
        assert (code, out.count("\n")) == (0, 2)
        assert set(os.listdir()) == names
        assert Path("b_annotated.jpg").read_bytes() == own
    Path("a_annotated.jpg").rename("renamed.jpg")
    Path("copies").symlink_to(".")
    for given in (sorted(Path().glob("*.*")), [tmp_path]):
        code, out, err = call(capsys, models["single_label"], *given)
        assert [line.split(":")[0].split("/")[-1] for line in out.splitlines()] == [
            "a.png",
            "b.jpg",
            "b_annotated.jpg",
        ]
        assert code == 0
        assert "renamed.jpg (a copy with labels, by --annotate)" in err


def annotate_seven(models, tmp_path, capsys, fourth):
    """Classify seven pictures into JSON and copies; return the exit code, the records and stderr."""
    paths = [picture(tmp_path / "in" / f"{number}.png", "red") for number in range(6)]
    paths.insert(3, picture(tmp_path / "in" / fourth, "blue"))
    code, out, err = call(capsys, models["single_label"], *paths, "--json", "--annotate", tmp_path / "out")
    return code, json.loads(out), err


@pytest.mark.parametrize("fourth", ["n" * 242 + ".png", "n" * 250 + ".png", "ü" * 121 + ".png"])
def test_a_copy_with_a_name_too_long_ends_nothing(models, tmp_path, capsys, fourth):
    code, records, err = annotate_seven(models, tmp_path, capsys, fourth)
    assert (code, len(records), len(os.listdir(tmp_path / "out"))) == (1, 7, 6)
    assert err.count("\n") == 1
    assert f"{fourth}: its copy " in err and "File name too long" in err and "may write" not in err


def test_paths_that_lead_nowhere_end_nothing(models, tmp_path, capsys):
    good = picture(tmp_path / "good.png", "red")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    bad = [
        "n" * 300,
        tmp_path / ("n" * 300) / "a.png",
        loop,
        loop / "a.png",
        good / "a.png",
        "a\0.png",
        "/dev/null",
    ]
    code, out, err = call(capsys, models["single_label"], *bad, good)
    assert (code, out.count("\n"), err.count("\n")) == (1, 1, len(bad))
    assert call(capsys, models["single_label"], good, "--annotate", loop)[0] == 2
    for arguments in ([""], [good, "--annotate", ""]):  # as of a variable that is not set
        with pytest.raises(SystemExit) as stopped:
            call(capsys, models["single_label"], *arguments)
        assert (stopped.value.code, "it is empty" in capsys.readouterr().err) == (2, True)


def test_a_picture_that_vanishes_before_its_copy_ends_nothing(models, tmp_path, capsys, monkeypatch):
    write = Annotator.write

    def late(self, answer):
        answer.path.unlink(missing_ok=True)
        return write(self, answer)

    monkeypatch.setattr(Annotator, "write", late)
    paths = [picture(tmp_path / name, "red") for name in ("a.png", "b.png")]
    code, out, err = call(capsys, models["single_label"], *paths, "--json", "--annotate", tmp_path / "out")
    assert (code, len(json.loads(out))) == (1, 2)
    assert err.splitlines() == [f"course classify: {path}: there is no such file" for path in paths]
    assert os.listdir(tmp_path / "out") == []


def test_a_full_disk_ends_nothing(models, tmp_path, capsys, monkeypatch):
    def full(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Image.Image, "save", full)
    (tmp_path / "in").mkdir()
    paths = [tmp_path / "in" / f"{number}.ppm" for number in range(3)]
    for path in paths:
        path.write_bytes(b"P6 1 1 255\n\xff\x00\x00")
    code, out, err = call(capsys, models["single_label"], *paths, "--json", "--annotate", tmp_path / "out")
    assert (code, len(json.loads(out)), err.count("No space left on device")) == (1, 3, 3)
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize(("raised", "expected"), [(KeyboardInterrupt, 130), (CourseError("no"), 1)])
def test_whatever_happens_the_document_is_closed(models, tmp_path, capsys, monkeypatch, raised, expected):
    write, done = Annotator.write, []

    def sometimes(self, answer):
        done.append(answer)
        if len(done) == 4:
            raise raised
        return write(self, answer)

    monkeypatch.setattr(Annotator, "write", sometimes)
    code, records, err = annotate_seven(models, tmp_path, capsys, "x.png")
    assert (code, len(records)) == (expected, 3 if expected == 130 else 7)
    assert len(os.listdir(tmp_path / "out")) == (3 if expected == 130 else 6)
    assert "interrupted" in err or "x.png: no" in err


def test_an_interruption_before_the_first_answer_leaves_a_document(models, tmp_path, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(classifier, "load", interrupted)
    code, out, _ = call(capsys, models["single_label"], tmp_path, "--json")
    assert (code, json.loads(out)) == (130, [])


def test_letters_that_no_font_has_are_told_once(models, tmp_path, capsys):
    labels = {"kind": "single_label", "labels": ["猫 cat", "größe"]}
    folder = put(tmp_path / "kept", labels=json.dumps(labels))
    (folder / "model.keras").write_bytes((models["grey"] / "model.keras").read_bytes())
    paths = [picture(tmp_path / f"{number}.png", "red") for number in range(3)]
    code, _, err = call(capsys, folder, *paths, "--top", 2, "--annotate", tmp_path / "out")
    assert (code, err.count("猫")) == (0, 1)
    assert "ö" not in err and "cat" not in err
    assert call(capsys, folder, *paths)[2] == ""


@pytest.mark.parametrize("size", [(400, 8000), (8000, 400), (320, 3000), (1000, 700)])
def test_a_long_label_is_broken_to_fit_on_the_picture(size):
    lines = ["a combination with a rather long name 99.9 %", "unbroken" * 12 + " 50.0 %", "short 0.1 %"]
    image = draw(Image.new("RGB", size, "white"), lines)
    assert image.size == size
    box = np.asarray(image.convert("L")) < 60
    assert 0.001 < box.mean() < 0.5


def test_words_fit_on_any_picture():
    lines = ["a rather long label 99.9 %", "größer 50.0 %"]
    for size in ((5, 700), (700, 5), (1, 1), (4000, 3000)):
        image = draw(Image.new("RGB", size, "white"), lines)
        assert image.width >= size[0] and image.height >= size[1]
        white = np.asarray(image.convert("L")) > 200
        height = max(image.size) // 28
        box = white[: 3 * height, : 20 * height]
        assert box.any() and not box[:, :3].any()  # the letters begin inside the box
    accents = [np.asarray(draw(Image.new("RGB", (400, 300)), [text])) for text in ("ö", "ß", "é")]
    assert not any(np.array_equal(accents[0], other) for other in accents[1:])  # letters, not empty boxes


@pytest.mark.parametrize(
    ("model", "arguments", "expected"),
    [
        ("single_label", ["--top", "4"], "top = 4: this model has 3 labels, so choose 1 to 3"),
        ("single_label", ["--top", "0"], "top = 0"),
        ("single_label", ["--threshold", "0.5"], "this one is single_label"),
        ("multi_output", ["--threshold", "0.5"], "this one is multi_output"),
        ("multi_label", ["--threshold", "1.5"], "threshold = 1.5: it is a probability"),
        ("multi_label", ["--threshold", "nan"], "threshold = nan: it is a probability"),
    ],
)
def test_choices_out_of_range_are_told_before_the_model_is_loaded(
    models, monkeypatch, capsys, model, arguments, expected
):
    monkeypatch.setattr(classifier, "load", lambda *_: pytest.fail("too late"))
    code, out, err = call(capsys, models[model], "a.png", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("course classify: ") and expected in err


def test_top_and_threshold_exclude_each_other(classifiers, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["classify", "x", "a.png", "--top", "1", "--threshold", "0.5"])
    assert stopped.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
    with pytest.raises(CourseError, match="not by both"):
        classifiers["multi_label"].classify([], top=1, threshold=0.5)
    assert list(classifiers["multi_label"].classify([])) == []


def put(folder, model=None, labels=None):
    """Write an artifacts folder by hand."""
    folder.mkdir()
    if model is not None:
        with zipfile.ZipFile(folder / "model.keras", "w") as archive:
            for name, content in model.items():
                archive.writestr(name, content)
    if labels is not None:
        (folder / "labels.json").write_text(labels)
    return folder


GOOD = '{"kind": "single_label", "labels": ["a", "b"]}'


@pytest.mark.parametrize(
    ("model", "labels", "expected"),
    [
        (None, GOOD, "has no model.keras"),
        ({}, None, "has no labels.json"),
        ({}, "{", "cannot be read as JSON"),
        ({}, '["a"]', "is not understood. The labels are a dict with 'kind'"),
        ({}, '{"kind": "labels"}', "'single_label', 'multi_label', 'multi_output'"),
        ({}, GOOD, "is damaged or no Keras model"),
        ({"config.json": "[1]"}, GOOD, "no description of a model"),
        ({"config.json": "{}"}, GOOD, "cannot be loaded"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(tmp_path, capsys, model, labels, expected):
    folder = put(tmp_path / "kept", model, labels)
    code, out, err = call(capsys, folder, "a.png")
    assert (code, out) == (2, "")
    assert expected in err and str(folder) in err


def test_a_wrong_folder_gets_a_hint(models, tmp_path, capsys):
    code, _, err = call(capsys, tmp_path / "nowhere", "a.png")
    assert (code, "There is no folder" in err) == (2, True)
    code, _, err = call(capsys, models["grey"].parent, "a.png")
    assert (code, "grey, multi_label" in err) == (2, True)
    code, _, err = call(capsys, models["grey"] / "model.keras", "a.png")
    assert (code, f"Give the folder that holds it: {models['grey']}" in err) == (2, True)


def test_a_damaged_model_is_told(models, tmp_path, capsys):
    whole = (models["grey"] / "model.keras").read_bytes()
    folder = put(tmp_path / "cut", labels=GOOD)
    (folder / "model.keras").write_bytes(whole[: len(whole) // 2])
    code, _, err = call(capsys, folder, "a.png")
    assert (code, "damaged or no Keras model" in err) == (2, True)
    with zipfile.ZipFile(models["grey"] / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights = members["model.weights.h5"]
    folder = put(tmp_path / "weights", {**members, "model.weights.h5": weights[: len(weights) // 2]}, GOOD)
    code, _, err = call(capsys, folder, "a.png")
    assert (code, "cannot be loaded: it is damaged" in err) == (2, True)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (
            {"kind": "single_label", "labels": ["a", "b", "c"]},
            "has 2 units, and there are 3 labels",
        ),
        ({"kind": "multi_output", "outputs": {"x": ["a", "b"]}}, "outputs are a single one; the labels"),
    ],
)
def test_labels_that_do_not_fit_the_model(models, tmp_path, capsys, labels, expected):
    folder = put(tmp_path / "kept", labels=json.dumps(labels))
    (folder / "model.keras").write_bytes((models["grey"] / "model.keras").read_bytes())
    code, _, err = call(capsys, folder, "a.png")
    assert (code, expected in err, str(folder) in err) == (2, True, True)


def write_model(folder, model, labels=GOOD):
    put(folder, labels=labels)
    model.save(folder / "model.keras")
    return folder


def test_models_that_are_not_for_pictures_or_give_no_probabilities(tmp_path):
    flat = keras.Sequential([keras.Input((4,)), layers.Dense(2, activation="softmax")])
    any_size = keras.Sequential([keras.Input((None, None, 3)), layers.GlobalMaxPooling2D(), layers.Dense(2)])
    for number, model in enumerate((flat, any_size)):
        with pytest.raises(CourseError, match="not pictures of a fixed size"):
            classifier.load(write_model(tmp_path / f"{number}", model))
    raw = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2)])
    network = classifier.load(write_model(tmp_path / "raw", raw))
    path = picture(tmp_path / "a.png", "red")
    with pytest.raises(CourseError, match=r"does not give probabilities.*ends in softmax"):
        list(network.classify(path))


def test_python_code_in_a_model_does_not_run(models, tmp_path, monkeypatch):
    network = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Lambda(lambda x: x), layers.Flatten(), layers.Dense(2)]
    )
    folder = write_model(tmp_path / "kept", network)
    with pytest.raises(CourseError, match="Lambda layer: Python code"):
        classifier.load(folder)
    # Keras's safe mode stands behind that check.
    modes = []
    monkeypatch.setattr(keras.saving, "load_model", lambda _, safe_mode, **options: modes.append(safe_mode))
    saved_models.load_model(models["grey"] / "model.keras")
    assert modes == [True]


OWN_LAYER = """
import keras
@keras.saving.register_keras_serializable(package="test_classify")
class Halved(keras.layers.Layer):
    def call(self, inputs):
        return inputs / 2
"""


def test_layers_of_the_course_are_imported_and_unknown_ones_named(tmp_path, monkeypatch):
    (tmp_path / "own_layer_of_a_test.py").write_text(OWN_LAYER)
    monkeypatch.syspath_prepend(tmp_path)
    from own_layer_of_a_test import Halved

    inputs, means = mean_colors()
    outputs = layers.Dense(2, activation="softmax")(Halved()(means))
    folder = write_model(tmp_path / "kept", keras.Model(inputs, outputs))
    # As in a new process, in which nobody imported the layer.
    keras.saving.get_custom_objects().pop("test_classify>Halved", None)
    del sys.modules["own_layer_of_a_test"]
    with pytest.raises(CourseError, match=r"needs Halved \(registered as 'test_classify>Halved'\)"):
        classifier.load(folder)
    monkeypatch.setitem(model_files.OWN_LAYERS, "Halved", "own_layer_of_a_test")
    assert classifier.load(folder).labels == ["a", "b"]
    assert "own_layer_of_a_test" in sys.modules


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (None, "a dict with 'kind'"),
        ({"kind": "single_label"}, "exactly these parts"),
        ({"kind": "single_label", "labels": ["a"], "threshold": 0.5}, "exactly these parts"),
        ({"kind": "single_label", "labels": []}, "a list of names"),
        ({"kind": "single_label", "labels": ["a", 1]}, "a list of names"),
        ({"kind": "single_label", "labels": "ab"}, "a list of names"),
        ({"kind": "single_label", "labels": ["a", "b", "a"]}, "has 'a' twice"),
        ({"kind": "multi_label", "labels": ["a"], "threshold": 1}, "between 0 and 1"),
        ({"kind": "multi_label", "labels": ["a"], "threshold": True}, "between 0 and 1"),
        ({"kind": "multi_label", "labels": ["a"], "threshold": "0.5"}, "between 0 and 1"),
        ({"kind": "multi_output", "outputs": ["a"]}, "'outputs' is a dict"),
        ({"kind": "multi_output", "outputs": {"x": []}}, "'x' is a list of names"),
    ],
)
def test_malformed_labels(labels, expected):
    with pytest.raises(CourseError, match=expected):
        parse(labels)


def test_well_formed_labels():
    labels = parse({"kind": "multi_label", "labels": ("a", "b"), "threshold": 0.25})
    assert labels == Labels("multi_label", {None: ["a", "b"]}, 0.25)
    ((chosen,),) = labels.choose({None: [0.25, 0.26]})
    assert (chosen.name, chosen.probability, chosen.output) == ("b", 0.26, None)


def test_a_reader_that_has_seen_enough_is_no_error(models, tmp_path):
    path = picture(tmp_path / "a.png", "red")
    command = [sys.executable, "-m", "course_utils.cli", "classify", models["single_label"], *[path] * 3000]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=COURSE) as process:
        assert process.stdout.readline().startswith(os.fsencode(path))
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1  # 3,000 lines are more than the pipe holds
