"""``course grade``: what students hand in, whatever it does, becomes rows; nothing is lost or harmed."""

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import nbformat
import psutil
import pytest
from distributed import LocalCluster
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.cli import grade, grading, main
from course_utils.cli.exercise_cells import find
from course_utils.cli.lessons import all_lessons

IMPORTS = "import numpy as np\nfrom course_utils.exercises import check"
RIGHT = "loss = -np.log(0.659)"


def submission(*cells, imports=IMPORTS, tags=True):
    """The bytes of a notebook; an exercise is ((its number, its answer's name), a cell's source)."""
    notebook = new_notebook(cells=[new_code_cell(imports, metadata={"tags": ["exercise"] * tags})])
    for (number, name), source in cells:
        notebook.cells.append(new_code_cell(source, metadata={"tags": ["exercise"] * tags}))
        notebook.cells.append(
            new_code_cell(f'check("{number}", {name})', metadata={"tags": ["check"] * tags})
        )
    return nbformat.writes(notebook).encode()


LOSS, CONVOLVE = ("02.1", "loss"), ("02.2", "convolve")


def graded(*cells, seconds=20, memory=1.5e9, **options):
    return grading.grade(submission(*cells, **options), seconds, round(memory))


def test_right_wrong_and_untouched_answers():
    rows = graded((LOSS, RIGHT), (CONVOLVE, "def convolve(image, kernel):\n    return image"))
    assert [row["state"] for row in rows] == ["passed", "not yet"]
    assert rows[0]["hint"] == "" and "28 by 28" in rows[1]["hint"]
    assert graded((LOSS, "loss = ..."))[0]["state"] == "not attempted"


TROUBLE = {
    "sleeps": ("import time\ntime.sleep(600)", "Stopped after"),
    "eats memory": ("waste = []\nwhile True: waste.append(bytearray(50_000_000))", "MemoryError|of memory"),
    "prints a gigabyte": ("line = 'x' * 1_000_000\nwhile True: print(line)", "prints more than 1 MB"),
    "os._exit": ("import os\nos._exit(0)", "ended by itself, with exit code 0"),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", "ended by itself, with exit code -9"),
    "sys.exit": ("import sys\nsys.exit(3)", "SystemExit: 3"),
    "raises": ("1 / 0", "ZeroDivisionError"),
    "is no Python": ("this is no Python", "SyntaxError"),
    "waits for input": ("name = input()", "StdinNotImplementedError|EOFError"),
}


@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_is_a_row_with_a_reason_and_the_other_exercises_are_judged(kind):
    source, words = TROUBLE[kind]
    first, second = graded((CONVOLVE, source), (LOSS, RIGHT), seconds=5)
    assert first["exercise"] == "02.2" and first["state"] != "passed"
    assert any(word in first["hint"] for word in words.split("|")), first
    assert second["state"] == "passed", second


def test_the_current_folder_is_its_own_empty_and_gone_afterwards(tmp_path, monkeypatch):
    (tmp_path / "precious.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    assert graded((LOSS, "import os\nloss = -np.log(0.659) + len(os.listdir())"))[0]["state"] == "passed"
    source = (
        "import pathlib, shutil\nfor path in pathlib.Path('.').iterdir(): path.unlink()\nshutil.rmtree('.')"
    )
    first, second = graded((CONVOLVE, source), (LOSS, RIGHT))
    assert first["state"] == "not yet" and second["state"] == "passed"
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_what_a_submission_starts_ends_with_it():
    program = "[sys.executable, '-c', 'import time; time.sleep(987)']"
    apart = "start_new_session=True"  # has left the group, and its parent ends at once
    source = (
        f"import os, subprocess, sys, time\nsubprocess.Popen({program}, {apart})\ntime.sleep(1)\nos._exit(0)"
    )
    graded((LOSS, f"import subprocess, sys\nloss = 3\nsubprocess.Popen({program})"), (LOSS, source))
    time.sleep(0.2)
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert [line for line in lines if "time.sleep(987)" in line] == []


def test_stored_outputs_count_for_nothing():
    text = submission((LOSS, "loss = 3"))
    notebook = nbformat.reads(text.decode(), 4)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="✓ 02.1 passed: right")]
    assert grading.grade(nbformat.writes(notebook).encode(), 20, 2 * 10**9)[0]["state"] == "not yet"


def test_a_check_of_the_submissions_own_counts_for_nothing():
    source = (
        "import course_utils.exercises as engine\n"
        "engine.evaluate = lambda number, answer: engine.Result(number, 'passed', 'mine')\n"
        "engine.check, loss = engine.evaluate, 3"
    )
    assert graded((LOSS, source))[0]["state"] == "not yet"


@pytest.mark.parametrize("text", [b"", b"{}", b"no notebook", b"\xff\xfe", b'{"cells": 3}', b"[" * 100_000])
def test_what_is_no_notebook_is_a_row(text):
    (row,) = grading.grade(text, 5, 10**9)
    assert row["state"] == "not read" and row["hint"]


def test_a_notebook_without_exercises_is_a_row():
    (row,) = grading.grade(nbformat.writes(new_notebook()).encode(), 5, 10**9)
    assert row["state"] == "not read" and "checks an exercise" in row["hint"]


def test_cells_as_other_programs_leave_them():
    """Without tags, with the answer in the check's cell, with a cell more."""
    assert graded((LOSS, RIGHT), tags=False)[0]["state"] == "passed"
    notebook = new_notebook(
        cells=[
            new_code_cell("raise SystemError('the lesson itself does not run')"),
            new_code_cell(IMPORTS),
            new_code_cell("share = 0.659"),
            new_code_cell('loss = -np.log(share)\ncheck("02.1", loss)'),
        ]
    )
    (row,) = grading.grade(nbformat.writes(notebook).encode(), 20, 2 * 10**9)
    assert row["state"] == "passed", row


def test_a_whole_lesson_as_handed_in_with_its_solutions():
    """Only its imports and exercises are executed: that takes no training."""
    path = next(path for name, path in all_lessons().items() if name.startswith("02"))
    notebook = nbformat.read(path, as_version=4)
    for cells in find(notebook)[1]:
        cells.cell.source = cells.solution
    rows = grading.grade(nbformat.writes(notebook).encode(), 60, 3 * 10**9)
    assert [(row["exercise"], row["state"]) for row in rows] == [(f"02.{n}", "passed") for n in (1, 2, 3)]


def class_folder(folder, count):
    for student in range(count):
        answer = RIGHT if student % 2 else f"loss = {student}"
        path = folder / f"group{student % 3}" / f"student{student:03}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(submission((LOSS, answer)))
    return folder


def rows_of(out):
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def kill_a_worker():
    """Kill a process that a worker of Dask is, below this one; return whether there was one."""
    for child in psutil.Process().children(recursive=True):
        try:
            if "spawn_main" in " ".join(child.cmdline()) and child.children():
                child.kill()
                return True
        except psutil.Error:
            continue
    return False


def test_a_class_of_forty_with_workers_that_die(tmp_path, monkeypatch, capsys):
    folder, out, killed = class_folder(tmp_path / "class", 40), tmp_path / "out", []
    over, temporary = threading.Event(), tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def killer():
        while len(killed) < 3 and not over.wait(0.05):
            journal = out / "graded.jsonl"
            graded = journal.read_text().count("\n") if journal.is_file() else 0
            if graded > 10 * len(killed) and kill_a_worker():
                killed.append(graded)

    thread = threading.Thread(target=killer)
    thread.start()
    try:
        assert main(["grade", str(folder), "--out", str(out), "--workers", "2"]) == 0
    finally:
        over.set()
        thread.join()
    rows = rows_of(out)
    assert len(killed) == 3
    assert list(temporary.glob("course-grade*")) == []
    assert sorted(row["student"] for row in rows) == sorted({row["student"] for row in rows})
    assert len(rows) == 40 and sum(row["passed"] == "True" for row in rows) == 20
    assert set(rows[0]) == {"student", "exercise", "passed", "hint", "seconds"}
    page = (out / "grades.html").read_text(encoding="utf-8")
    assert "Exercise 02.1: 20 of 40 passed" in page and "group0/student000" in page
    assert "20 of 40 exercises passed" in capsys.readouterr().out


def test_a_run_goes_on_where_it_was(tmp_path, capsys, monkeypatch):
    folder, out = class_folder(tmp_path / "class", 3), tmp_path / "out"
    arguments = ["grade", str(folder), "--out", str(out), "--workers", "1"]
    assert main(arguments) == 0
    before = rows_of(out)
    with (out / "graded.jsonl").open("a") as file:
        file.write('{"key": "cut sh')  # as a full disk or a power cut leaves it
    (folder / "late.ipynb").write_bytes(submission((LOSS, "loss = '=1+1'")))
    (folder / "broken.ipynb").write_text("no notebook")
    asked = []
    each = grade.tasks.each
    monkeypatch.setattr(grade.tasks, "each", lambda *args: asked.extend(args[-1]) or each(*args))
    assert main([*arguments, "--resume"]) == 1
    assert sorted(asked) == ["broken", "late"]
    assert "3 graded before" in capsys.readouterr().out
    after = {row["student"]: row for row in rows_of(out)}
    assert [after[row["student"]] for row in before] == before
    assert after["broken"]["passed"] == "False" and "no notebook" in after["broken"]["hint"]


def test_texts_of_strangers_are_no_formulas_and_no_markup():
    rows = [{"student": "=cmd()", **grading.row("02.1", "not yet", "<script>x</script>\x1b[2J")}]
    assert "<script>" not in grade.page(rows) and "\x1b" not in grade.page(rows)
    assert grade._no_formula("=cmd()") == "'=cmd()"


@pytest.mark.parametrize(("make", "words"), [(False, "There is no folder"), (True, "has no notebooks")])
def test_nothing_to_grade(tmp_path, capsys, make, words):
    folder = tmp_path / "class"
    if make:
        folder.mkdir()
    assert main(["grade", str(folder), "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer(tmp_path, capsys):
    folder = class_folder(tmp_path / "class", 1)
    arguments = ["grade", str(folder), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    assert main(arguments) == 1
    assert "does not answer" in capsys.readouterr().err


def test_a_cluster_that_is_there_grades_too(tmp_path):
    folder, out = class_folder(tmp_path / "class", 2), tmp_path / "out"
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        arguments = ["grade", str(folder), "--out", str(out), "--scheduler", cluster.scheduler_address]
        assert main(arguments) == 0
    assert [row["passed"] for row in rows_of(out)] == ["False", "True"]


@pytest.mark.skipif(os.name != "posix", reason="signals as on Linux")
def test_an_interrupted_run_writes_what_it_has(tmp_path):
    folder, out = class_folder(tmp_path / "class", 30), tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "course_utils.cli",
        "grade",
        str(folder),
        "--out",
        str(out),
        "--workers",
        "1",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = out / "graded.jsonl"
    while process.poll() is None and not (journal.is_file() and journal.stat().st_size):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "--resume goes on" in said and "Traceback" not in said
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    rows = rows_of(out)
    assert 0 < len(lines) < 30 and len(rows) == 30
    assert sum(row["hint"] == "The run was ended before." for row in rows) == 30 - len(lines)
