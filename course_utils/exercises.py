"""Practise: the answer to an exercise is checked at once, and a wrong one gets a hint about itself.

What is right, and what each wrong answer shows, stands beside the lessons in ``notebooks/checks/``, a file a
lesson, written with ``exercise`` and ``course_utils.answers``.
"""

import functools
import html
import importlib.util
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from course_utils import machine, record
from course_utils.answers import Hint, described
from course_utils.errors import CourseError, in_a_line, printable
from course_utils.files import course_folder

STATES = {"passed": ("✓", "#0072b2"), "not yet": ("✗", "#d55e00"), "not attempted": ("·", "#888888")}

_registered = {}  # number to the exercise of that number
_last = {}  # number to (wrong tries, last Result) of this session


# ---- For learners


@dataclass(frozen=True)
class Result:
    """What came of an answer: ``state``, a key of ``STATES``, what to say, and a stronger hint."""

    number: str
    state: str
    text: str
    hint: str = ""

    def __repr__(self):
        mark, _ = STATES[self.state]
        return f"{mark} {self.number} {self.state}: {self.text}"

    def _repr_html_(self):
        mark, colour = STATES[self.state]
        # Escaped: an answer is shown, never run. Backquotes mark code, as in the lessons' text.
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(self.text)).replace("\n", "<br>")
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 2px 0 2px 10px">'
            f"<b>{mark} {self.number} {self.state}</b><br>{text}</div>"
        )


def check(number, answer):
    """Check ``answer`` to the exercise ``number``, such as "02.1", show what came of it, and keep it.

    Nothing is raised for a wrong answer. The second wrong try gets the stronger hint too. Raises CourseError
    for a number that no exercise has.
    """
    result = evaluate(number, answer)
    if result.state == "not yet":
        tries = _last.get(number, (0, None))[0] + 1
        _last[number] = tries, result
        if tries > 1:
            result = replace(result, text=f"{result.text}\n{result.hint}")
    if result.state == "passed":
        _last.pop(number, None)
    if result.state != "not attempted":
        record.note(number, result.state == "passed")
    return result


def hint(number):
    """Show the stronger hint about the last answer to the exercise, or how to begin before any answer."""
    start = find(number).start
    if number not in _last:
        done = record.load().get(number, {}).get("passed")
        return Result(number, "passed" if done else "not attempted", start)
    _, last = _last[number]
    return replace(last, text=last.hint)


class CourseMap:
    """The lessons with their exercises: passed, tried or open; shown as a table."""

    def __init__(self):
        kept = record.load()
        self.lessons = {
            file.stem: [_mark(kept.get(number)) for number in of_lesson(file.stem[:2])]
            for file in _files("[0-9][0-9]")
        }

    def __repr__(self):
        width = max(map(len, self.lessons), default=0)
        rows = [f"{lesson:{width}}  {' '.join(marks)}" for lesson, marks in self.lessons.items()]
        return "\n".join([*rows, "", *self._notes()])

    def _repr_html_(self):
        rows = "".join(
            f'<tr><td style="text-align: left">{html.escape(lesson)}</td><td>{" ".join(marks)}</td></tr>'
            for lesson, marks in self.lessons.items()
        )
        notes = "<br>".join(map(html.escape, self._notes()))
        return f"<table>{rows}</table><p>{notes}</p>"

    def _notes(self):
        marks = [mark for marks in self.lessons.values() for mark in marks]
        counted = f"{marks.count('✓')} of {len(marks)} exercises done (✓ passed, ✗ tried, · open)."
        return [
            counted,
            f"Kept in {_short(record.path())}, on this machine alone.",
            *[machine.KEEPING_PROGRESS] * machine.on_colab(),
        ]


# ---- For those who write exercises


@dataclass(frozen=True)
class Exercise:
    """An exercise: ``judge(answer)`` returns why it is right or raises Hint; ``start`` says how to begin.

    ``wrong`` are answers that learners give, for the tests: a dict of words of the hint to a cell's code.
    """

    number: str
    judge: Callable
    start: str
    wrong: dict


def exercise(number, start, wrong):
    """Make the decorated function the ``judge`` of exercise ``number``; see ``Exercise``."""

    def register(judge):
        cells = {words: textwrap.dedent(code).strip() for words, code in wrong.items()}
        _registered[number] = Exercise(number, judge, start, cells)
        return judge

    return register


def of_lesson(lesson):
    """Return the numbers of the exercises of ``lesson``, such as "02", in their order."""
    for path in _files(lesson):
        if not any(number.startswith(f"{lesson}.") for number in _registered):
            spec = importlib.util.spec_from_file_location(f"course_checks_{lesson}", path)
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return sorted(number for number in _registered if number.startswith(f"{lesson}."))


def find(number):
    """Return the ``Exercise`` of that number; CourseError where there is none."""
    lesson = str(number).partition(".")[0]
    known = of_lesson(lesson)
    if number not in known:
        named = f"Lesson {lesson} has {', '.join(known)}." if known else "They are named like '02.1'."
        raise CourseError(f"There is no exercise {number!r}. {named}")
    return _registered[number]


def evaluate(number, answer):
    """Return the ``Result`` of ``answer``; nothing is counted or kept."""
    exercise_ = find(number)
    if _untouched(number, answer):
        text = "Not attempted yet. Work on the cell above, then run both. "
        return Result(number, "not attempted", f'{text}`hint("{number}")` says how to begin.')
    try:
        return Result(number, "passed", exercise_.judge(answer))
    except Hint as wrong:
        return Result(number, "not yet", wrong.text, wrong.stronger or exercise_.start)
    except Exception as error:  # an answer of a form that nobody thought of
        what = "What your function returns" if callable(answer) else described(answer, capital=True)
        text = f"{what} is not what is asked for: {in_a_line(error)}."
        return Result(number, "not yet", text, exercise_.start)


def _files(lesson):
    return sorted((course_folder() / "notebooks" / "checks").glob(f"{lesson}_*.py"))


def _untouched(number, answer):
    """Tell whether ``answer`` is what the lesson's own cell leaves before anybody worked on it."""
    if answer is ... or (isinstance(answer, tuple | list) and answer and all(part is ... for part in answer)):
        return True
    code = getattr(answer, "__code__", None)
    return code is not None and any(_same(code, stub) for stub in _stub_functions(number))


@functools.cache
def _stub_functions(number):
    """Return the code objects of the functions in the lesson's own cell of the exercise."""
    lesson, place = number.split(".")
    codes = []
    for path in (course_folder() / "notebooks").glob(f"{lesson}_*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["id"] == f"exercise-{place}":
                whole = compile("".join(cell["source"]), "exercise", "exec")
                codes += [const for const in whole.co_consts if hasattr(const, "co_code")]
    return codes


def _same(code, other):
    """Tell whether two code objects do the same, wherever they were written."""
    if not (hasattr(code, "co_code") and hasattr(other, "co_code")):
        return code == other and type(code) is type(other)
    if (code.co_code, code.co_names, code.co_varnames) != (other.co_code, other.co_names, other.co_varnames):
        return False
    pairs = list(zip(code.co_consts, other.co_consts, strict=False))
    return len(code.co_consts) == len(other.co_consts) and all(_same(*pair) for pair in pairs)


def _mark(entry):
    return "·" if entry is None else "✓" if entry["passed"] else "✗"


def _short(place):
    home = Path.home()
    return printable(f"~/{place.relative_to(home)}" if place.is_relative_to(home) else str(place))
