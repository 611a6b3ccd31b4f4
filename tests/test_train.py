"""``course train``: checks first, shows what the lesson prints, says what it kept."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from PIL import Image

from course_utils import cli
from course_utils.cli.running import Progress
from course_utils.cli.train import CellOutput

COURSE = Path(__file__).resolve().parent.parent

PARAMETERS = 'DATA = "auto"\nEPOCHS = 5\nARTIFACTS = "artifacts"\nRATE = 0.1\n'
TRAIN = """\
print("data:", DATA)
for epoch in range(EPOCHS):
    print(f"Epoch {epoch + 1}/{EPOCHS}")
"""
SAVE = """\
import json, pathlib
folder = pathlib.Path(ARTIFACTS, "01_lesson")
folder.mkdir(parents=True)
(folder / "model.keras").touch()
(folder / "metrics.json").write_text(json.dumps({"test_accuracy": 0.9125, "rate": RATE}))"""


def write(folder, *cells, parameters=PARAMETERS, name="01_lesson"):
    made = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    made += [nbformat.v4.new_code_cell(source) for source in cells]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture
def pictures(tmp_path):
    """A folder of one's own pictures with two classes; a space in its name must not matter."""
    for name in ("red_dress", "blue_jeans"):
        folder = tmp_path / "my pictures" / name
        folder.mkdir(parents=True)
        (folder / "Thumbs.db").write_text("not a picture")
        Image.new("RGB", (20, 20), name.split("_")[0]).save(folder / "a.png")
    return tmp_path / "my pictures"


def call(capsys, *arguments):
    code = cli.main(["train", *map(str, arguments)])
    return code, *capsys.readouterr()


def test_a_lesson_that_passes_says_what_to_do_next(tmp_path, pictures, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lesson = write(tmp_path, TRAIN, SAVE)
    code, out, err = call(
        capsys, lesson, "--dataset", pictures.name, "--epochs", 2, "-p", "RATE", "1e-3", "--out", "out"
    )
    assert (code, err) == (0, "")
    # The kernel works elsewhere, so it gets the whole path.
    assert f"--- cell 3 of 4\ndata: {pictures}\nEpoch 1/2\nEpoch 2/2\n" in out
    assert "test_accuracy: 91.25 %" in out
    kept = tmp_path / "out" / "artifacts" / "01_lesson"
    assert f"model: {kept / 'model.keras'}" in out
    assert json.loads((kept / "metrics.json").read_text())["rate"] == 0.001
    line = out.splitlines()[-1].removeprefix("Try it: ")
    picture = os.path.join(pictures.name, "blue_jeans", "a.png")
    assert shlex.split(line) == ["course", "classify", "out/artifacts/01_lesson", picture]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"01_lesson.ipynb", "artifacts"}


def test_the_sample_needs_no_folder_and_a_lesson_need_not_keep_a_model(tmp_path, capsys):
    lesson = write(tmp_path, TRAIN)
    code, out, _ = call(capsys, lesson, "--dataset", "sample", "--out", tmp_path / "out")
    assert code == 0
    assert "data: sample\n" in out and "Epoch 5/5" in out
    assert "model:" not in out and "Try it" not in out
    assert f"executed notebook: {tmp_path / 'out' / '01_lesson.ipynb'}" in out


def test_a_lesson_that_fails_shows_why_and_where(tmp_path, pictures, capsys):
    lesson = write(tmp_path, TRAIN, "print('last words')\n1 / 0", SAVE)
    code, out, err = call(capsys, lesson, "--dataset", pictures, "--out", tmp_path / "out")
    assert code == 1
    assert "last words" in out
    assert err.startswith("01_lesson failed: ZeroDivisionError: division by zero\n  in cell 4 (id ")
    assert "| last words" in err
    assert f"executed so far: {tmp_path / 'out' / '01_lesson.ipynb'}" in err
    assert "model: this run kept none" in err
    assert (tmp_path / "out" / "01_lesson.ipynb").is_file()


def test_what_the_folder_holds_is_shown_before_anything_runs(tmp_path, pictures, capsys):
    Image.new("RGB", (20, 20)).save(pictures / "red_dress" / "b.png")
    (pictures / "red_dress" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    code, out, _ = call(capsys, write(tmp_path, TRAIN), "--dataset", pictures, "--out", tmp_path / "out")
    assert code == 0
    before = out[: out.index("--- cell")]
    rows = [line.split() for line in before.splitlines() if line.endswith(" files")]
    assert rows == [["blue_jeans", "2", "files"], ["red_dress", "3", "files"]]
    assert f"1 left out: {pictures / 'red_dress' / 'gone.png'} (a link to nowhere)" in before


def test_a_full_disk_is_told_before_anything_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    code, out, err = call(capsys, write(tmp_path, "1"), "--dataset", "sample", "--out", tmp_path / "out")
    assert (code, out) == (1, "")
    assert f"The disk of {tmp_path / 'out'} lacks 300 MB" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        ('data.load("cats_vs_dogs", source=DATA, seed=SEED)', "9 more of its pictures are near-duplicates"),
        ('data.load("tf_flowers", DATA, test=0.9)', "test = 0.9 leaves a part without some class"),
        ("data.load_attributes(DATA, held_out=HELD)", "held_out = 'red_coat' is not there"),
    ],
)
def test_pictures_that_cannot_be_split_are_told_before_anything_runs(
    tmp_path, capsys, monkeypatch, load, expected
):
    monkeypatch.setattr("course_utils.cli.running.run", lambda *_, **__: pytest.fail("began"))
    for name in ("red_dress", "red_jeans", "blue_dress", "blue_jeans"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (30, 30 + number), name.split("_")[0]).save(
                tmp_path / "mine" / name / f"{number}.png"
            )
    parameters = PARAMETERS + 'SEED = 0\nHELD = "red_coat"\n'
    lesson = write(
        tmp_path, f"pictures = {load}\n%matplotlib".split("%")[0], "%matplotlib inline", parameters=parameters
    )
    code, _, err = call(capsys, lesson, "--dataset", tmp_path / "mine", "--out", tmp_path / "out")
    assert code == 2 and err.startswith("course train: ") and expected in err
    assert not (tmp_path / "out").exists()


def test_what_only_the_lesson_knows_is_left_to_it(tmp_path, pictures, capsys):
    lesson = write(tmp_path, "def load(name): return data.load(name, source=DATA)\nprint('began')")
    code, out, _ = call(capsys, lesson, "--dataset", pictures, "--out", tmp_path / "out")
    assert code == 0 and "began" in out


LOADS = "data.load_attributes(DATA)"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["07_tow", "--dataset", "sample"], "'07_tow' is no lesson"),
        (["{no_data}", "--dataset", "sample"], "02_no_data has no parameter DATA"),
        (["{lesson}", "--dataset", "{tmp}/nowhere"], "nowhere does not exist"),
        (["{lesson}", "--dataset", "{lesson}"], "is a file"),
        (["{lesson}", "--dataset", "{tmp}/empty"], "a subfolder of pictures for each class, two at least"),
        (["{lesson}", "--dataset", "{tmp}/one"], "only one, red_dress"),
        (["{lesson}", "--dataset", "{tmp}/hollow"], "b has no pictures"),
        (["{colours}", "--dataset", "{tmp}/plain"], "<colour>_<garment>"),
        (["00", "--dataset", "{tmp}/plain"], "00_start_here makes no use of DATA"),
        (["0", "--dataset", "sample"], "These do: 01_meet_fashion_mnist, 02_"),
        (["7", "--dataset", "{tmp}/four", "-p", "HELD_OUT", "red_hat"], "red_hat' is not there"),
        (
            ["6", "--dataset", "{tmp}/four", "-p", "HELD_OUT", "red_shoe"],
            "alone has shoe",
        ),
        (["06", "--dataset", "{tmp}/four", "-p", "EPOCHS", "-3"], "EPOCHS = -3 does not fit"),
        (["8", "--dataset", "sample", "-p", "WEIGHTS", "standin"], "WEIGHTS = 'standin' is none of"),
        (["{lesson}", "--dataset", "sample", "-p", "ARTIFACTS", "{lesson}"], "Cannot write to the folder"),
        (["{lesson}", "--dataset", "sample", "--epochs", "0"], "EPOCHS = 0 does not fit"),
        (["{no_epochs}", "--dataset", "sample", "--epochs", "1"], "has no parameter EPOCHS"),
        (["{lesson}", "--dataset", "sample", "-p", "RAET", "1"], "did you mean RATE?"),
        (["{lesson}", "--dataset", "sample", "-p", "RATE", "fast"], "RATE = 'fast' does not fit"),
        (["{lesson}", "--dataset", "sample", "-p", "DATA", "x"], "DATA is given twice"),
        (["{lesson}", "--dataset", "sample", "--epochs", "1", "-p", "EPOCHS", "2"], "EPOCHS is given twice"),
        (["{lesson}", "--dataset", "sample", "--out", "{lesson}/out"], "Cannot write to the folder"),
        (["{lesson}", "--dataset", "sample", "--out", "{tmp}"], "would overwrite the lesson"),
        (["{lesson}", "--dataset", ""], "--dataset is empty"),
        (
            ["{lesson}", "--dataset", "{tmp}/plain", "--out", "{tmp}/plain/build"],
            "would be taken for a class",
        ),
        (["{lesson}", "--dataset", "{tmp}/plain", "-p", "ARTIFACTS", "{tmp}/plain"], "would be taken for a"),
        (["{lesson}", "--dataset", "sample", "--out", "{tmp}/" + "x" * 300], "File name too long"),
        (["{lesson}", "--dataset", "sample", "-p", "ARTIFACTS", "x" * 300], "File name too long"),
    ],
)
def test_mistakes_in_the_call_are_told_before_anything_runs(tmp_path, capsys, arguments, expected):
    four = [f"four/{name}" for name in ("red_dress", "red_jeans", "blue_dress", "blue_jeans", "red_shoe")]
    for name in ("empty", "one/red_dress", "hollow/a", "hollow/b", "plain/cat", "plain/dog", *four):
        (tmp_path / name).mkdir(parents=True)
    for name in ("one/red_dress", "hollow/a", "plain/cat", "plain/dog", *four):
        (tmp_path / name / "a.png").write_bytes(b"")
    places = {
        "tmp": tmp_path,
        "lesson": write(tmp_path, "1"),
        "no_data": write(tmp_path, "1", parameters="EPOCHS = 5", name="02_no_data"),
        "no_epochs": write(tmp_path, "1", parameters="DATA = 'auto'", name="03_no_epochs"),
        "colours": write(tmp_path, LOADS, name="06_colours"),
    }
    out = ["--out", tmp_path / "out"] * ("--out" not in arguments)
    code, printed, err = call(capsys, *(argument.format(**places) for argument in arguments), *out)
    assert code == 2
    assert err.startswith("course train: ") and expected in err
    assert "cell" not in printed
    assert not (tmp_path / "out").exists()


def test_the_line_at_the_bottom_of_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    display = CellOutput()
    display.progress(Progress("x", 2, 9, 3.0))
    display.output("Epoch 1/2\n")
    display.progress(Progress("x", 2, 9, 4.0))
    display.output("loss ")
    display.progress(Progress("x", 2, 9, 5.0))  # would come into the middle of a line
    display.output("0.5\n")
    display.progress(Progress("x", 3, 9, 6.0))
    display.output("end")
    display.close()
    printed = capsys.readouterr().out
    assert "cell 2 of 9 · 4 s" in printed and "5 s" not in printed
    # On a terminal the line is gone before anything else is printed: what stays, line by line.
    seen = [re.sub(r"[^\r]*\r", "", line) for line in printed.split("\n")]
    assert seen == ["--- cell 2 of 9", "Epoch 1/2", "loss 0.5", "--- cell 3 of 9", "end", ""]


def run_in_terminal(lesson, out, interrupts):
    """Run ``course train`` in a process and press Ctrl-C when each text of ``interrupts`` has come."""
    arguments = ["train", lesson, "--dataset", "sample", "--out", out]
    process = subprocess.Popen(
        [sys.executable, "-m", "course_utils.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=COURSE,
    )
    printed = ""
    with process:
        for text in interrupts:
            for line in process.stdout:
                printed += line
                if text in line:
                    process.send_signal(signal.SIGINT)
                    break
        printed += process.communicate(timeout=120)[0]
    return SimpleNamespace(code=process.returncode, printed=printed)


FITS = """\
from types import SimpleNamespace
import keras, numpy as np
from course_utils import artifacts, training
network = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(),
                            keras.layers.Dense(2, activation="softmax")])
network.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
images, labels = np.zeros((64, 8, 8, 3), "uint8"), np.arange(64) % 2
fit = network.fit(images, labels, epochs=EPOCHS, validation_split=0.5, callbacks=[training.KeepBest()],
                  verbose=2)"""
KEEPS = """\
pictures = SimpleNamespace(name="none", source="sample", counts={}, class_names=["left", "right"])
artifacts.save(ARTIFACTS, "01_lesson", pictures=pictures, model=network, histories={"fit": fit},
               metrics={"test_accuracy": 0.5, "epochs": len(fit.epoch)})"""


def test_ctrl_c_ends_the_fit_and_keeps_its_model(tmp_path, capsys):
    lesson = write(tmp_path, FITS, KEEPS, parameters=PARAMETERS.replace("5", "1_000_000"))
    result = run_in_terminal(lesson, tmp_path / "out", ["Epoch 3/"])
    assert result.code == 0, result.printed
    assert "Ctrl-C: ending this fit" in result.printed
    assert "keeping the best weights" in result.printed
    kept = tmp_path / "out" / "artifacts" / "01_lesson"
    assert 3 <= json.loads((kept / "metrics.json").read_text())["epochs"] < 1_000_000
    Image.new("RGB", (30, 20), "red").save(tmp_path / "a.png")
    assert cli.main(["classify", str(kept), str(tmp_path / "a.png"), "--top", "2"]) == 0
    answer = capsys.readouterr().out
    assert "left " in answer and "right " in answer


def test_a_second_ctrl_c_stops_and_says_what_was_kept(tmp_path):
    stubborn = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, lambda *_: print('no', flush=True))\n"
        "print('Epoch 1/9', flush=True)\n"
        "while True: time.sleep(0.1)"
    )
    result = run_in_terminal(write(tmp_path, stubborn, SAVE), tmp_path / "out", ["Epoch", "ending this fit"])
    assert result.code == 130, result.printed
    assert "01_lesson interrupted" in result.printed
    assert "Traceback" not in result.printed
    assert f"executed so far: {tmp_path / 'out' / '01_lesson.ipynb'}" in result.printed
    assert "model: this run kept none" in result.printed
    executed = nbformat.read(tmp_path / "out" / "01_lesson.ipynb", 4)
    assert "Epoch 1/9" in executed.cells[2].outputs[0].text
