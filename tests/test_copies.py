"""``course notebook`` and ``course progress``: copies of lessons, and what a learner has done."""

import json

import nbformat
import pytest

from course_utils import record
from course_utils.cli import main
from course_utils.cli.exercise_cells import find
from course_utils.cli.lessons import all_lessons
from course_utils.cli.notebook import updated


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def lesson():
    return next(path for name, path in all_lessons().items() if name.startswith("02"))


def cells(notebook):
    return {cell.id: cell for cell in notebook.cells}


def test_a_copy_has_the_whole_lesson_and_knows_where_the_course_is(tmp_path, lesson, capsys):
    assert main(["notebook", "02", str(tmp_path / "mine")]) == 0
    copy, source = (nbformat.read(path, 4) for path in (tmp_path / "mine" / lesson.name, lesson))
    nbformat.validate(copy)
    assert [cell.source for cell in copy.cells if cell.id != "set-up"] == [
        cell.source for cell in source.cells if cell.id != "set-up"
    ]
    line = cells(copy)["set-up"].source.splitlines()[2]
    where = line.split('"')[1]
    assert (tmp_path / "mine" / where / "course_utils").is_dir()
    assert "Written" in capsys.readouterr().out


def test_a_students_copy_has_no_solutions(tmp_path):
    assert main(["notebook", "02", str(tmp_path / "student.ipynb"), "--without-solutions"]) == 0
    copy = nbformat.read(tmp_path / "student.ipynb", 4)
    assert [exercise.solution for exercise in find(copy)[1]] == [None] * 3
    assert "np.log" not in json.dumps([cell for cell in copy.cells if "loss" in cell.source])


def test_an_update_brings_the_new_and_keeps_the_learners_work(tmp_path):
    path = tmp_path / "mine.ipynb"
    main(["notebook", "02", str(path)])
    mine = nbformat.read(path, 4)
    here = cells(mine)
    here["exercise-1"].source = "loss = 0.417  # mine"
    here["exercise-1"].outputs = [nbformat.v4.new_output("stream", text="mine")]
    here["load"].outputs = [nbformat.v4.new_output("stream", text="still true")]
    here["grid"].outputs = [nbformat.v4.new_output("stream", text="of older code")]
    mine.cells.insert(mine.cells.index(here["grid"]) + 1, nbformat.v4.new_code_cell("print('my own cell')"))
    nbformat.write(mine, path)
    main(["notebook", "02", str(tmp_path / "newer.ipynb")])
    newer = nbformat.read(tmp_path / "newer.ipynb", 4)
    there = cells(newer)
    there["grid-why"].source, there["grid"].source = "A better text.", "plots.grid(pictures.train.take(20))"
    there["exercise-1"].source = "loss = ...  # a newer stub"
    for name in ("grid-why", "grid", "exercise-1"):
        there[name].metadata["course"]["was"] = "newer"
    result, kept = updated(nbformat.read(path, 4), newer)
    now = cells(result)
    assert kept == ["exercise-1"]
    assert now["exercise-1"].source == "loss = 0.417  # mine" and now["exercise-1"].outputs[0].text == "mine"
    assert now["grid-why"].source == "A better text." and now["grid"].outputs == []
    assert now["load"].outputs[0].text == "still true"
    sources = [cell.source for cell in result.cells]
    assert sources[sources.index("plots.grid(pictures.train.take(20))") + 1] == "print('my own cell')"
    assert len(result.cells) == len(newer.cells) and len({cell.id for cell in result.cells}) == len(sources)


def test_an_update_of_what_the_lesson_has_no_more(tmp_path):
    path = tmp_path / "mine.ipynb"
    main(["notebook", "02", str(path)])
    mine, newer = nbformat.read(path, 4), nbformat.read(path, 4)
    cells(mine)["grid"].source = "# mine, in a cell that is gone"
    newer.cells = [cell for cell in newer.cells if cell.id not in ("grid", "grid-why")]
    result, kept = updated(mine, newer)
    assert kept == ["grid"] and result.cells[-1].source == "# mine, in a cell that is gone"
    assert "grid-why" not in cells(result)


def test_updating_twice_changes_nothing(tmp_path, capsys):
    path = tmp_path / "mine.ipynb"
    main(["notebook", "02", str(path)])
    mine = nbformat.read(path, 4)
    cells(mine)["exercise-1"].source = "loss = 0.417"
    nbformat.write(mine, path)
    assert main(["notebook", "02", str(path), "--update"]) == 0
    first = path.read_text()
    assert main(["notebook", "02", str(path), "--update"]) == 0
    assert path.read_text() == first and "loss = 0.417" in first
    assert "kept as they are: exercise-1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("prepare", "arguments", "words"),
    [
        (lambda path: path.write_text("x"), [], "is there already"),
        (lambda path: None, ["--update"], "to update"),
        (lambda path: path.write_text("no notebook"), ["--update"], "cannot be read as a notebook"),
    ],
)
def test_what_a_copy_refuses(tmp_path, capsys, prepare, arguments, words):
    path = tmp_path / "mine.ipynb"
    prepare(path)
    before = path.read_text() if path.exists() else None
    assert main(["notebook", "02", str(path), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert (path.read_text() if path.exists() else None) == before


def test_the_lesson_itself_is_never_overwritten(lesson, capsys):
    before = lesson.read_bytes()
    assert main(["notebook", "02", str(lesson), "--update"]) == 2
    assert "the lesson itself" in capsys.readouterr().err and lesson.read_bytes() == before


def test_progress_is_shown_exported_and_begun_anew(tmp_path, capsys):
    record.note("02.1", True)
    assert main(["progress"]) == 0
    assert "✓ · ·" in capsys.readouterr().out
    assert main(["progress", "--export", str(tmp_path / "mine.json")]) == 0
    assert json.loads((tmp_path / "mine.json").read_text())["exercises"]["02.1"]["passed"]
    assert main(["progress", "--reset", "2"]) == 0
    assert record.load() == {} and "1 exercises of 02_" in capsys.readouterr().out
