"""Pictures with several labels: label files, questions of any number, and lessons 06 and 07 on them."""

import csv
import json
import os

import numpy as np
import pytest
from PIL import Image

from course_utils import cli, data
from course_utils.cli import running
from course_utils.cli.lessons import find_lesson
from course_utils.errors import CourseError

COLOURS = {"red": (210, 30, 40), "blue": (40, 70, 200), "black": (20, 20, 25), "white": (230, 230, 230)}
HEADER = ("file", "colour", "garment", "fabric")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))


def draw(path, colour, seed):
    """Save coloured noise, no two pictures of it alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = np.random.default_rng(seed).integers(0, 255, (6, 5, 3)) * 0.6 + np.array(COLOURS[colour]) * 0.4
    Image.fromarray(blocks.astype(np.uint8)).resize((50, 60), Image.Resampling.NEAREST).save(path)


def make_folders(folder, counts):
    for name, count in counts.items():
        for index in range(count):
            draw(folder / name / f"{index}.png", name.split("_")[0], hash((name, index)) % 2**32)
    return folder


def make_listed(folder, each=13, questions=3):
    """Fill ``folder`` with pictures of every combination; return the rows that describe them."""
    rows = []
    for colour in ("red", "blue"):
        for garment in ("dress", "shirt"):
            for fabric in ("cotton", "wool"):
                for _ in range(each):
                    rows.append((f"p{len(rows)}.png", colour, garment, fabric))
                    draw(folder / rows[-1][0], colour, len(rows))
    return list(dict.fromkeys(row[: questions + 1] for row in rows))


def write_csv(folder, rows, header=HEADER, delimiter=",", encoding="utf-8"):
    with open(folder / "labels.csv", "w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([header[: len(rows[0])], *rows])


def write_json(folder, content):
    (folder / "labels.json").write_text(json.dumps(content), encoding="utf-8")


def as_csv(folder, rows):
    write_csv(folder, rows)


def for_a_spreadsheet(folder, rows):
    write_csv(folder, [(*row, "") for row in rows], (*HEADER, ""), ";", "utf-8-sig")


def as_json_list(folder, rows):
    header = ("colour", "file", "garment", "fabric")  # the file need not come first
    write_json(folder, [dict(zip(header, (c, f, *others), strict=True)) for f, c, *others in rows])


def as_json_object(folder, rows):
    write_json(folder, {file: dict(zip(HEADER[1:], others, strict=True)) for file, *others in rows})


def for_excel(folder, rows):
    write_csv(folder, rows, delimiter=";", encoding="utf-16")
    text = (folder / "labels.csv").read_text("utf-16")
    (folder / "labels.csv").rename(folder / "Labels.CSV").write_text("sep=;\n" + text, "utf-16")


def from_pandas(folder, rows):
    paths = [folder / "p0.png", *("../" + folder.name + "\\" + file for file, *_ in rows[1:])]
    numbered = [(number, path, *row[1:]) for number, (path, row) in enumerate(zip(paths, rows, strict=True))]
    write_csv(folder, numbered, ("", "picture", *HEADER[1:]))


@pytest.mark.parametrize(
    "write", [as_csv, for_a_spreadsheet, for_excel, from_pandas, as_json_list, as_json_object]
)
def test_label_files_in_their_shapes_say_the_same(tmp_path, write):
    write(tmp_path, make_listed(tmp_path))
    pictures = data.load_attributes(tmp_path)
    assert pictures.questions == {
        "color": ["blue", "red"],
        "category": ["dress", "shirt"],
        "fabric": ["cotton", "wool"],
    }
    assert len(pictures.class_names) == 8 and pictures.class_names[0] == "blue_dress_cotton"
    assert [list(answers) for answers in pictures.answers.values()] == [
        [0, 0, 0, 0, 1, 1, 1, 1],
        [0, 0, 1, 1, 0, 0, 1, 1],
        [0, 1, 0, 1, 0, 1, 0, 1],
    ]
    assert pictures.class_labels[5] == ["red", "dress", "wool"]
    assert sum(pictures.counts.values()) == 104 and pictures.skipped == ()
    for image, label in pictures.test.as_numpy_iterator():
        assert image.mean(axis=(0, 1)).argmax() == {"red": 0, "blue": 2}[pictures.class_labels[label][0]]


@pytest.mark.parametrize("questions", [1, 2])
def test_any_number_of_questions(tmp_path, questions):
    write_csv(tmp_path, make_listed(tmp_path, questions=questions))
    pictures = data.load_attributes(tmp_path, held_out="auto")
    assert len(pictures.questions) == questions == len(pictures.class_labels[0])
    assert (pictures.unseen is not None) == (questions > 1)


def test_a_combination_of_three_is_held_out_where_others_have_its_answers(tmp_path):
    rows = make_listed(tmp_path)
    write_csv(tmp_path, rows)
    pictures = data.load_attributes(tmp_path, held_out="red_dress_wool")
    held = pictures.class_names.index("red_dress_wool")
    assert {label for _, label in pictures.unseen.as_numpy_iterator()} == {held}
    for part in (pictures.train, pictures.validation, pictures.test):
        assert held not in [label for _, label in part.as_numpy_iterator()]
    draw(tmp_path / "hat.png", "red", 999)
    write_csv(tmp_path, [*rows, ("hat.png", "red", "hat", "wool")])
    with pytest.raises(
        CourseError, match=r"'red_hat_wool' alone has hat\. These can be held out: blue_dress"
    ):
        data.load_attributes(tmp_path, held_out="red_hat_wool")


def test_rare_combinations_are_only_trained_on_and_named(tmp_path, capsys):
    rows = make_listed(tmp_path)
    draw(tmp_path / "hat.png", "red", 999)
    draw(tmp_path / "near.png", "red", int(rows[0][0].removeprefix("p").removesuffix(".png")) + 1)
    write_csv(tmp_path, [*rows, ("hat.png", "red", "hat", "wool"), ("near.png", "red", "hat", "cotton")])
    for seed in range(4):
        pictures = data.load_attributes(tmp_path, seed=seed)
        said = capsys.readouterr().out
        assert "Too rare to be judged by, so all of their pictures train: " in said and "red_hat_wool" in said
        rare = {pictures.class_names.index("red_hat_wool"), pictures.class_names.index("red_hat_cotton")}
        judged = [*pictures.validation.as_numpy_iterator(), *pictures.test.as_numpy_iterator()]
        assert not rare & {label for _, label in judged}
        trained = {image.tobytes() for image, _ in pictures.train.as_numpy_iterator()}
        assert not trained & {image.tobytes() for image, _ in judged}  # not even near.png, twin of p0.png
        assert rare & {label for _, label in pictures.train.as_numpy_iterator()}


def test_an_answer_to_two_questions_comes_with_its_question(tmp_path):
    rows = [
        (f, "yes" if c == "red" else "no", g, "yes" if t == "wool" else "no")
        for f, c, g, t in make_listed(tmp_path)
    ]
    write_csv(tmp_path, rows, ("file", "Has red?", "garment", "warm"))
    pictures = data.load_attributes(tmp_path)
    assert list(pictures.questions) == ["has_red", "category", "warm"]
    assert pictures.class_labels[0] == ["has_red no", "dress", "warm no"]


def test_what_is_listed_twice_the_same_counts_once_and_what_is_not_listed_is_left_out(tmp_path):
    rows = make_listed(tmp_path)
    rows[1] = ("./" + rows[1][0], *rows[1][1:])
    (tmp_path / "deep er").mkdir()
    (tmp_path / rows[2][0]).rename(tmp_path / "deep er" / "ä.png")
    rows[2] = ("deep er\\ä.png", *rows[2][1:])  # from a machine with Windows
    (tmp_path / rows[3][0]).write_text("not a picture")
    draw(tmp_path / "other.png", "red", 999)
    write_csv(tmp_path, [*rows, rows[0]])
    pictures = data.load_attributes(tmp_path)
    assert sum(pictures.counts.values()) == 103
    assert pictures.skipped == (("other.png", "not in labels.csv"), (rows[3][0], "no format of pictures"))


def test_a_column_of_parts_is_the_split(tmp_path):
    rows = make_listed(tmp_path, each=12)
    parts = ["train"] * 8 + ["val", "val", "Test", "test"]
    write_csv(tmp_path, [(*row, parts[n % 12]) for n, row in enumerate(rows)], (*HEADER, "split"))
    pictures = data.load_attributes(tmp_path)
    assert pictures.counts == {"train": 64, "validation": 16, "test": 16}
    assert list(pictures.questions) == ["color", "category", "fabric"]


def changed(row=None, header=HEADER, **options):
    """A way to write a label file whose first rows are ``row`` (a list of them)."""

    def write(folder, rows):
        write_csv(folder, [*(row or []), *rows[len(row or []) :]], header, **options)

    return write


def text(content, name="labels.csv"):
    return lambda folder, rows: (folder / name).write_bytes(content)


P0 = ("p0.png", "red", "dress", "cotton")
WRONG = {
    "a picture that is not there": (
        changed([("nowhere.png", "red", "dress", "wool"), ("neither.png", "red", "dress", "wool")]),
        r"2 of 104 pictures are not in the folder, first nowhere.png \(line 2\)",
    ),
    "a path that means another": (changed([("x/p0.jpg", *P0[1:])]), r"There is p0.png: did you mean that\?"),
    "outside": (changed([("../p0.png", *P0[1:])]), "not in the folder"),
    "a pipe": (
        lambda folder, rows: os.mkfifo(folder / "labels.csv"),
        "labels.csv is a folder, a pipe or a link",
    ),
    "a link to nowhere": (
        lambda folder, rows: (folder / "labels.json").symlink_to(folder / "gone.json"),
        "labels.json is a folder, a pipe or a link to nowhere",
    ),
    "an answer too long for a model's labels": (
        changed([("p0.png", "x" * 1001, "dress", "wool")]),
        "a name of 1,001 letters.*1,000 are allowed",
    ),
    "a question too long": (changed(header=("file", "a" * 1001, "b", "c")), "a name of 1,001 letters"),
    "two files for one name": (
        lambda folder, rows: (
            as_csv(folder, rows) or draw(folder / "p 0.png", "red", 1) or draw(folder / "p  0.png", "red", 2)
        ),
        "has 'p  0.png' and 'p 0.png', which differ in spaces or hidden letters alone",
    ),
    "an empty cell": (changed([P0, ("p1.png", "red", " ", "wool")]), "line 3 has nothing in .*'garment'"),
    "a short line": (changed([P0, ("p1.png", "red")]), "line 3 has nothing in the column 'garment'"),
    "no path": (changed([("", "red", "dress", "wool")]), "line 2 has nothing in the column 'file'"),
    "contradictory": (
        changed([P0, ("p0.png", "blue", "dress", "cotton")]),
        "p0.png is red, dress, cotton in line 2 and blue, dress, cotton in line 3",
    ),
    "a column twice": (changed(header=("file", "color", "fabric", "color")), "two columns.*'color'"),
    "a question twice": (
        changed(header=("file", "color", "fabric", "colour")),
        "two columns ask for 'color'",
    ),
    "a column without a name": (changed(header=("file", "", "garment", "fabric")), "its columns are"),
    "a column in other letters": (changed(header=("file", "色", "garment", "fabric")), "letters a to z"),
    "a cell too many": (changed([(*P0, "x")], HEADER), "5 cells and the header 4"),
    "no header": (lambda folder, rows: write_csv(folder, rows[1:], rows[0]), "first line is about p0.png"),
    "numbers of pictures": (
        lambda folder, rows: write_csv(folder, [(f, c, str(n)) for n, (f, c, *_) in enumerate(rows)]),
        "'category' has 104 answers for 104 pictures",
    ),
    "one answer only": (
        lambda folder, rows: write_csv(folder, [(f, c, "dress") for f, c, *_ in rows]),
        "all pictures have 'dress' for 'category'",
    ),
    "two spellings": (changed([("p0.png", "Red", "dress", "wool")]), "'color' is 'Red' and 'red'"),
    "no question": (
        lambda folder, rows: write_csv(folder, [(f,) for f, *_ in rows]),
        r"columns are \['file'\]",
    ),
    "no line": (text(b"file,color\n"), "lists no picture"),
    "empty": (text(b""), r"its columns are \[\]"),
    "Latin 1": (text("file,color\np0.png,weiß\n".encode("latin-1")), "not UTF-8.*'CSV UTF-8'"),
    "a table of 0 and 1": (
        lambda folder, rows: write_csv(
            folder, [(f, int(c == "red"), int(c != "red")) for f, c, *_ in rows], ("file", "red", "blue")
        ),
        "its columns red, blue say 0 or 1 for each label. Give each question one column",
    ),
    **{
        f"answers with {sign}": (
            lambda folder, rows, sign=sign: write_csv(folder, [(f, c + sign + g) for f, c, g, _ in rows]),
            "several answers in one cell, such as 'blue",
        )
        for sign in ("; ", "|", ", ")
    },
    **{
        f"a cell with {nothing}": (
            changed([P0, ("p1.png", nothing, "dress", "wool")]),
            f"line 3 has '{nothing}' in the column 'colour'. Fill it, or remove the line",
        )
        for nothing in ("NA", "NaN", "null")
    },
    "numbers in two spellings": (
        lambda folder, rows: write_csv(
            folder, [(f, ["1", "1.0", "2"][i % 3]) for i, (f, *_) in enumerate(rows)]
        ),
        "'color' is '1' and '1.0'",
    ),
    "an open quote": (text(b'file,color\n"p0.png,red\n'), "cannot be read"),
    "no JSON": (text(b"file: a", "labels.json"), "cannot be read.*It takes a list such as"),
    "JSON of another shape": (
        text(b'{"p0.png": "red"}', "labels.json"),
        "another way.*It takes a list such as",
    ),
    "deep JSON": (text(b"[" * 100_000, "labels.json"), "cannot be read"),
    "several answers": (
        text(b'[{"file": "p0.png", "color": ["red", "blue"]}]', "labels.json"),
        r"\['red', 'blue'\] is not one answer",
    ),
    "an unknown key": (
        text(b'[{"file": "p0.png", "color": "red"}, {"file": "p1.png", "colr": "red"}]', "labels.json"),
        "entry 2 has 'colr', which belongs to no column",
    ),
    "nothing in JSON": (
        text(b'[{"file": "p0.png", "color": null}, {"file": "p1.png", "color": NaN}]', "labels.json"),
        "entry 1 has nothing in the column 'color'",
    ),
    "a key twice in JSON": (
        text(b'{"p0.png": {"color": "red"}, "p0.png": {"color": "blue"}}', "labels.json"),
        "'p0.png' is there twice",
    ),
    "half a character": (text(rb'[{"file": "p0.png", "color": "\ud800"}]', "labels.json"), "cannot be read"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_label_file_that_cannot_be_used_is_told_before_any_picture_is_read(
    tmp_path, capsys, monkeypatch, case
):
    write, match = WRONG[case]
    write(tmp_path, make_listed(tmp_path))
    monkeypatch.setattr("course_utils.data.folders.read_picture", lambda *_: pytest.fail("decoded"))
    with pytest.raises(CourseError, match=match) as caught:
        data.load_attributes(tmp_path)
    assert len(str(caught.value).splitlines()) == 1
    assert cli.main(["train", "06", "--dataset", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert str(caught.value) in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_two_label_files(tmp_path):
    rows = make_listed(tmp_path)
    as_csv(tmp_path, rows)
    as_json_list(tmp_path, rows)
    with pytest.raises(CourseError, match=r"labels\.csv and labels\.json"):
        data.load_attributes(tmp_path)


def no_combination_to_spare(folder):
    make_folders(folder, {"red_dress": 20, "blue_jeans": 20})


def three_questions(folder):
    write_csv(folder, make_listed(folder))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("make", [no_combination_to_spare, three_questions])
def test_lessons_06_and_07_run_on_what_people_have(tmp_path, make):
    make(tmp_path / "mine")
    expected = data.load_attributes(tmp_path / "mine", held_out="auto")
    for number, unseen in (("06", "unseen_exact_match"), ("07", None)):
        lesson = find_lesson(number)
        given = {"DATA": str(tmp_path / "mine"), "EPOCHS": 1, "ARTIFACTS": str(tmp_path)}
        outcome = running.run(lesson, tmp_path / f"{number}.ipynb", given, timeout=500)
        assert outcome.outcome == "passed", f"{outcome.error}\n{outcome.last_output}"
        kept = tmp_path / lesson.stem
        metrics = json.loads((kept / "metrics.json").read_text(encoding="utf-8"))
        unseen = unseen or f"unseen_{metrics['main_metric']}"
        assert (metrics[unseen] is not None) == ("unseen" in expected.counts)
        labels = json.loads((kept / "labels.json").read_text(encoding="utf-8"))
        said = labels.get("outputs") or {None: labels["labels"]}
        answers = sorted(answer for names in expected.questions.values() for answer in names)
        assert sorted(name for names in said.values() for name in names) == answers
        if number == "07":
            assert list(said) == [f"{question}_output" for question in sorted(expected.questions)]
            assert all(f"{question}_accuracy" in metrics for question in expected.questions)
        picture = next((tmp_path / "mine").rglob("*.png"))
        assert cli.main(["classify", str(kept), str(picture)]) == 0
