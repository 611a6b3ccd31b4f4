"""Names and texts that could forge a line on a terminal, and paths that say who somebody is."""

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import keras
import nbformat
import pytest
import run_lessons
from matplotlib.text import Text
from PIL import Image

from course_utils import artifacts, availability, cli, labels, plots
from course_utils.cli.train import CellOutput
from course_utils.data.label_files import look_into
from course_utils.errors import CourseError, printable
from course_utils.files import from_home

COURSE = Path(__file__).resolve().parent.parent
EVIL = "a\x1b[2K\rb\nrun: passed\x9b1m\u202egnp\u200b\u2028\ufeff\u2066\xad\U000e0041\x7f" + os.fsdecode(
    b"\xe9"
)
JOINED = (
    "می\u200cخواهم",
    "\U0001f469\u200d\U0001f4bb",
    "\U0001f3f3\ufe0f\u200d\U0001f308",
    "क्\u200dष",
    "größe 日本",
)


def hidden(text):
    """The characters of ``text`` that nobody sees, or that move what follows."""
    return {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.parametrize("letter", sorted(hidden(EVIL)))
def test_what_could_forge_a_line_is_escaped(letter):
    assert hidden(printable(f"a{letter}é{letter}")) == set()
    assert hidden(str(CourseError(letter))) == set()


@pytest.mark.parametrize("name", JOINED)
def test_what_scripts_and_emoji_need_stays(name):
    assert printable(name) == name
    assert printable("a\u200db") == r"a\u200db"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with two labels, one of which would clear the screen."""
    folder = tmp_path_factory.mktemp("model")
    dense = keras.layers.Dense(2, activation="softmax")
    keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), dense]).save(folder / "model.keras")
    names = {"kind": "single_label", "labels": ["x\x1b[2J\ny\u202e", "z"]}
    (folder / "labels.json").write_text(json.dumps(names))
    return folder


def test_classify_prints_no_raw_name(model, tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("RGB", (9, 9)).save(folder / f"{EVIL}.png")
    (folder / f"{EVIL}.txt").write_text("no picture")
    (folder / f"cut{EVIL}.png").write_bytes(b"\x89PNG")
    arguments = ["classify", str(model), str(folder), "--top", "2"]
    assert cli.main([*arguments, "--annotate", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    assert (out.count("\n"), err.count("\n")) == (1, 2)
    assert hidden(out + err) == {"\n"}
    assert r"b\nrun: passed\x9b1m\u202e" in out and r"x\x1b[2J\ny\u202e " in out
    (copy,) = os.listdir(tmp_path / "out")
    assert hidden(copy) == set() and "\\" not in copy and copy.endswith("_annotated.jpg")
    assert cli.main([*arguments, "--json"]) == 1
    printed = capsys.readouterr().out
    records = {record["path"]: record for record in json.loads(printed)}
    found = records[str(folder / f"{EVIL}.png")]["labels"]
    assert {label["label"] for label in found} == set(labels.read(model / "labels.json").outputs[None])
    assert printed.isascii()


def test_a_file_that_is_taken_for_an_option_is_named_escaped(model, capsys):
    with pytest.raises(SystemExit):
        cli.main(["classify", str(model), "a.png", f"-{EVIL}".replace(" ", "")])
    assert hidden(capsys.readouterr().err) == {"\n"}


def test_the_output_may_be_a_full_disk(model, tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    command = [sys.executable, "-m", "course_utils.cli", "fetch", "00"]
    with open("/dev/full", "w") as full:
        answer = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=COURSE)
    assert (answer.returncode, answer.stderr) == (
        1,
        "course fetch: OSError: [Errno 28] No space left on device\n",
    )


def test_lines_of_a_lesson_colours_and_progress_bars_pass(capsys):
    display = CellOutput()
    display.output("\x1b[1m1/2\x1b[0m\b\b\r2/2\x1b[K\tdone\n\x1b]0;title\x07\x1b[5A\x1b[2J\u202e\x9b2J\n")
    display.close()
    assert capsys.readouterr().out == (
        "\x1b[1m1/2\x1b[0m\b\b\r2/2\x1b[K\tdone\n\\x1b]0;title\\x07\\x1b[5A\\x1b[2J\\u202e\\x9b2J\n"
    )


def test_tables_announcements_and_figures_hold_no_raw_name(capsys):
    table = artifacts.Table(["name", EVIL], [[EVIL, 1]])
    assert hidden(repr(table)) == {"\n"} and repr(table).count("\n") == 2
    availability.announce(EVIL, "folder", f"from {EVIL}")
    assert hidden(capsys.readouterr().out) == {"\n"}
    figure = plots.class_balance({EVIL: [0, 1, 1]}, [EVIL, "b"], title=EVIL)
    figure.savefig(io.BytesIO())
    assert hidden(figure.alt) == set()
    texts = "".join(text.get_text() for text in figure.findobj(Text))
    assert r"\u202e" in texts and hidden(texts) <= {"\n"}


def test_answers_of_a_label_file_are_escaped(tmp_path):
    rows = [("a.png", "re\x1bd"), ("b.png", "blue"), ("c.png", "re\x1bd"), ("d.png", "blue")]
    for name, _ in rows:
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "labels.csv").write_text("file,color\n" + "\n".join(map(",".join, rows)))
    assert sorted(look_into(tmp_path / "labels.csv")[1]) == ["blue", r"re\x1bd"]


PARAMETERS = 'DATA = "sample"\nARTIFACTS = "artifacts"\nEPOCHS = 1\n'
TELLS = """\
import os, pathlib
from course_utils import availability
availability.announce("x", "folder", "from " + os.path.expanduser("~/pictures"))
print("seen", os.path.expanduser("~/secret"), ARTIFACTS)
pathlib.Path(ARTIFACTS).mkdir(parents=True)"""
FAILS = "raise ValueError('first\\nrun: passed\\x1b[2J ' + __import__('os').path.expanduser('~/secret'))"


def test_reports_that_are_shared_name_no_home_and_nothing_forges_a_line(tmp_path, monkeypatch, capsys):
    home = tmp_path / "home" / "zoe17"
    (home / "lessons").mkdir(parents=True)
    (home / os.fsdecode(b"out\xe9")).mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    cells = [parameters, *map(nbformat.v4.new_code_cell, (TELLS, FAILS))]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), home / "lessons" / "01_tells.ipynb")
    out = home / os.fsdecode(b"out\xe9")
    arguments = ["--notebooks", "~/lessons", "--out", f"~/{out.name}", "-p", "ARTIFACTS", "~/kept"]
    assert run_lessons.main(arguments) == 1
    printed = capsys.readouterr().out
    assert hidden(printed) == {"\n"}
    assert not re.search("^run: passed", printed, re.MULTILINE) and r"run: passed\x1b[2J" in printed
    assert str(home / "secret") in printed  # one's own terminal says where things are

    for name in ("summary.json", "01_tells.ipynb"):
        content = (out / name).read_text(encoding="utf-8")
        assert json.loads(content) and "zoe17" not in content
    (record,) = json.loads((out / "summary.json").read_text())["lessons"]
    assert (record["executed"], record["parameters"]["ARTIFACTS"]) == ("01_tells.ipynb", "~/kept")
    assert (home / "kept").is_dir() and not (home / "~").exists()
    executed = nbformat.read(out / "01_tells.ipynb", 4)
    assert executed.metadata.papermill.output_path == "01_tells.ipynb"
    assert executed.metadata.papermill.input_path == "../lessons/01_tells.ipynb"
    assert (
        executed.cells[2]
        .outputs[0]
        .text.startswith("Data: your own pictures, from ~/pictures.\nseen ~/secret ~/kept")
    )


def test_a_home_is_replaced_where_it_is_one(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    home = str(tmp_path)
    for text in (
        "{}",
        "{}/x",
        "'{}/x'",
        "to {}.",
        "a={}:{}/b",
        "file://{}/x",
        "File \x1b[32m{}/x",
        "\x1b[1;32m{}",
    ):
        assert from_home(text.replace("{}", home)) == text.replace("{}", "~")
    for text in ("{}s", "{}.old/x", "/data{}/x", "A+{}/+", "{}-2"):
        assert from_home([text.replace("{}", home)]) == [text.replace("{}", home)]
    monkeypatch.setenv("HOME", "/")
    assert from_home("/usr/bin") == "/usr/bin"
