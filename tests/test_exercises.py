"""The lessons' exercises: stubs, solutions and wrong answers, each against its check; and the engine."""

import ast
import itertools
import json
import linecache
import signal
import subprocess
import sys
import threading

import nbformat
import numpy as np
import pytest

from course_utils import answers, exercises, record
from course_utils.cli.exercise_cells import find
from course_utils.cli.lessons import all_lessons
from course_utils.errors import CourseError

LESSONS = {name: find(nbformat.read(path, as_version=4)) for name, path in all_lessons().items()}
WITH_EXERCISES = [name for name, (_, found) in LESSONS.items() if found]
EACH = [(name, cells) for name in WITH_EXERCISES for cells in LESSONS[name][1]]


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """Progress of its own for each test, and no tries from another."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    exercises._last.clear()
    return tmp_path / "data"


@pytest.fixture(scope="module")
def imports():
    """A function from a lesson to the names that its exercises' imports define."""
    known = {}

    def names(lesson):
        if lesson not in known:
            known[lesson] = {}
            for cell in LESSONS[lesson][0]:
                exec(cell.source, known[lesson])
        return dict(known[lesson])

    return names


_numbers = itertools.count()


def executed(source, names):
    """Execute a cell's source as a notebook does, so that errors can show its lines; return its value."""
    file = f"<cell {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), file, "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), file, "eval"), names)
    return exec(compile(ast.Module([last], []), file, "exec"), names)


# ---- The exercises of the lessons


def test_every_lesson_from_01_has_three_exercises_in_order():
    assert {name: [cells.number for cells in LESSONS[name][1]] for name in WITH_EXERCISES} == {
        name: [f"{name[:2]}.{place}" for place in (1, 2, 3)] for name in WITH_EXERCISES
    }
    assert [name for name in LESSONS if name[:2] != "00"] == WITH_EXERCISES
    assert {name: exercises.of_lesson(name[:2]) for name in WITH_EXERCISES} == {
        name: [cells.number for cells in LESSONS[name][1]] for name in WITH_EXERCISES
    }


@pytest.mark.parametrize(("lesson", "cells"), EACH, ids=[cells.number for _, cells in EACH])
def test_a_stub_is_not_attempted_and_its_solution_passes(lesson, cells, imports):
    names = imports(lesson)
    executed(cells.cell.source, names)
    assert executed(cells.check.source, names).state == "not attempted"
    assert exercises.hint(cells.number).text == exercises.find(cells.number).start
    executed(cells.solution, names)
    result = executed(cells.check.source, names)
    assert result.state == "passed", result
    assert len(result.text.split()) >= 8, "a right answer is told why it is right"
    assert record.load()[cells.number]["passed"]


WRONG = [
    pytest.param(lesson, cells, code, words, id=f"{cells.number}-{words}")
    for lesson, cells in EACH
    for words, code in exercises.find(cells.number).wrong.items()
]


@pytest.mark.parametrize(("lesson", "cells", "code", "words"), WRONG)
def test_a_wrong_answer_gets_its_own_hint_and_a_stronger_one(lesson, cells, code, words, imports):
    names = imports(lesson)
    executed(code, names)
    result = executed(cells.check.source, names)
    assert result.state == "not yet", result
    assert words in result.text, result
    assert result.hint and result.hint not in result.text
    again = executed(cells.check.source, names)
    assert words in again.text and result.hint in again.text
    assert exercises.hint(cells.number).text == result.hint
    assert not record.load()[cells.number]["passed"]


@pytest.mark.parametrize(
    "share",
    [
        'network.evaluate(images, labels, verbose=0, return_dict=True)["accuracy"]',
        "(network.predict(images, verbose=0).argmax(axis=1) == labels).mean()",
    ],
)
def test_a_network_may_be_asked_in_all_ways_of_the_page(share, imports):
    names = imports("02_cnn_with_1_conv_layer")
    executed(f"def judge(network, images, labels):\n    return {share}", names)
    assert exercises.check("02.3", names["judge"]).state == "passed"


def test_the_first_of_two_numbers_is_judged_while_the_second_is_open():
    assert "round up" in exercises.check("05.1", (12_800, ...)).text
    assert "second line" in exercises.check("05.1", (8192, ...)).text


def test_each_exercise_has_three_wrong_answers_with_hints_of_their_own():
    few = [cells.number for _, cells in EACH if len(exercises.find(cells.number).wrong) < 3]
    assert few == []


@pytest.mark.parametrize(("lesson", "cells"), EACH, ids=[cells.number for _, cells in EACH])
@pytest.mark.parametrize(
    "odd", [None, "", "text", b"x", {}, [], object(), float("nan"), np.zeros((2, 3, 4)), True]
)
def test_answers_of_any_form_are_answered_and_raise_nothing(lesson, cells, odd):
    result = exercises.check(cells.number, odd)
    assert result.state == "not yet" and result.text and result.hint


@pytest.mark.parametrize(("lesson", "cells"), EACH, ids=[cells.number for _, cells in EACH])
def test_a_function_that_does_anything_is_answered_and_raises_nothing(lesson, cells):
    for function in (lambda *_: None, lambda *_: "text", lambda *_: 1 / 0, lambda: 3, np.zeros, print, int):
        assert exercises.check(cells.number, function).state == "not yet"


# ---- The engine


def learner(source):
    """Return the function that a cell of a learner defines."""
    names = {"np": np}
    executed(source, names)
    return next(value for name, value in names.items() if name not in ("np", "__builtins__"))


def hint_of(source, *arguments, **options):
    with pytest.raises(answers.Hint) as wrong:
        answers.run(learner(source), *arguments, **options)
    return wrong.value.text


def test_an_error_is_shown_with_the_learners_own_line():
    said = hint_of("def halve(values):\n    total = 0\n    return values[7] / 2", [1, 2])
    assert "line 3 of your cell, `return values[7] / 2`: IndexError: list index out of range" in said
    inside = hint_of("def shape(values):\n    return np.concatenate(values)", 3)
    assert "line 2 of your cell, `return np.concatenate(values)`" in inside and "answers.py" not in inside


def test_what_no_cell_has_defined_is_named():
    said = hint_of("def scale(values):\n    return factor * values", 3)
    assert "`factor`" in said and "run the one that does" in said


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(60)"])
def test_what_does_not_end_is_stopped_with_a_clear_word(body):
    assert "stopped after 0.3 seconds" in hint_of(f"def wait():\n    {body}", seconds=0.3)


def test_it_is_stopped_also_where_interruptions_are_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert "stopped after" in hint_of("def wait():\n    while True: pass", seconds=0.3)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_code_runs_without_a_limit():
    found = []
    thread = threading.Thread(
        target=lambda: found.append(answers.run(lambda value: value + 1, 1, seconds=0.01))
    )
    thread.start()
    thread.join()
    assert found == [2]


def test_an_interruption_by_the_learner_stays_one():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answers.run(stop)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def go():\n    import sys\n    sys.exit(0)", "SystemExit"),
        ("def go():\n    return go()", "RecursionError"),
        ("def go():\n    values = [0]", "returns nothing"),
        ("def go(one, two):\n    return 1", "could not be called"),
    ],
)
def test_other_ways_not_to_answer(source, words):
    assert words in hint_of(source)


def test_a_function_gets_copies_of_what_the_check_keeps():
    values = np.zeros(3)
    answers.run(lambda given: given.fill(1) or given, values)
    assert values.sum() == 0


def test_the_form_of_an_answer_is_named_with_what_was_asked_for():
    for answer, words in [
        ("12", "a str, `'12'`; asked for is one number"),
        ([1, 2], "has 2 numbers"),
        (lambda: 3, "is a function"),
        (np.inf, "not a finite number"),
        (True, "asked for is one number"),
        (None, "a NoneType, `None`"),
    ]:
        with pytest.raises(answers.Hint) as wrong:
            answers.number_of(answer)
        assert words in wrong.value.text
    assert answers.number_of(np.float32(3)) == 3 and answers.number_of(np.array([4])) == 4
    assert answers.numbers_of((1, 2.5), 2) == [1, 2.5]
    with pytest.raises(answers.Hint) as wrong:
        answers.array_of(np.zeros((25, 25)), (26, 26))
    assert "(25, 25); asked for is (26, 26)" in wrong.value.text
    assert answers.array_of([[1, 2]], (None, 2)).shape == (1, 2)


def test_a_result_is_rich_text_with_a_plain_fallback_and_never_runs_an_answer():
    result = exercises.check("02.1", "<script>alert(1)</script>")
    assert "<script>" not in result._repr_html_() and "&lt;script&gt;" in result._repr_html_()
    assert "<code>" in result._repr_html_()
    assert repr(result).startswith("✗ 02.1 not yet: ")


def test_the_second_wrong_try_brings_the_stronger_hint_and_a_right_one_begins_anew():
    first, second = exercises.check("02.1", 0.341), exercises.check("02.1", 0.181)
    assert first.hint not in first.text and second.hint in second.text
    assert exercises.hint("02.1").text == second.hint
    assert exercises.check("02.1", 0.417).state == "passed"
    assert exercises.hint("02.1").state == "passed"
    assert exercises.check("02.1", 0.341).text == first.text


def test_a_number_that_no_exercise_has():
    with pytest.raises(CourseError, match=r"no exercise '02.9'. Lesson 02 has 02.1, 02.2, 02.3"):
        exercises.check("02.9", 1)
    with pytest.raises(CourseError, match="named like"):
        exercises.hint("convolution")


# ---- Progress


def test_once_passed_stays_passed(own_folder):
    exercises.check("02.1", 1)
    assert record.load()["02.1"]["passed"] is False
    exercises.check("02.1", 0.417)
    exercises.check("02.1", 1)
    entry = record.load()["02.1"]
    assert entry["passed"] is True and entry["tries"] == 2 and entry["when"].startswith("20")
    assert (own_folder / "progress.json").is_file()


def test_a_stub_leaves_no_trace(own_folder):
    exercises.check("02.1", ...)
    assert record.load() == {} and not own_folder.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"exercises": 3}', '{"exercises": {"02.1": {"passed": 1}}}', "\x00"]
)
def test_a_damaged_file_is_set_aside_with_a_word(own_folder, text, capsys):
    own_folder.mkdir()
    (own_folder / "progress.json").write_text(text)
    exercises.check("02.1", 0.417)
    assert "was damaged" in capsys.readouterr().out
    assert record.load()["02.1"]["passed"]
    (aside,) = own_folder.glob("progress-damaged-*.json")
    assert aside.read_text() == text


def test_two_notebooks_at_once_lose_nothing(own_folder):
    program = (
        "import sys; from course_utils import record\n"
        "for place in range(20): record.note(f'{sys.argv[1]}.{place}', True)"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, name]) for name in ("02", "03", "04")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(record.load()) == 60


def test_where_nothing_can_be_kept_the_check_still_answers(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "file"))
    assert exercises.check("02.1", 0.417).state == "passed"
    assert "not kept" in capsys.readouterr().out


def test_the_map_shows_what_is_done(own_folder):
    exercises.check("02.1", 0.417)
    exercises.check("02.2", 3)
    shown = repr(exercises.CourseMap())
    line = next(line for line in shown.splitlines() if line.startswith("02_"))
    assert line.endswith("  ✓ ✗ ·") and "1 of " in shown and "on this machine alone" in shown
    assert "✓ ✗ ·" in exercises.CourseMap()._repr_html_()


def test_reset_forgets_one_lesson(own_folder):
    for exercise in ("02.1", "02.2", "03.1"):
        record.note(exercise, True)
    assert record.reset("02") == 2
    assert list(record.load()) == ["03.1"]
    assert json.loads((own_folder / "progress.json").read_text())["version"] == 1
