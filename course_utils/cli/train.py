"""``course train``: run one lesson on pictures of one's own, show what it prints, and say what it kept."""

import contextlib
import math
import os
import re
import shlex
import sys
from itertools import chain
from pathlib import Path

from course_utils import data
from course_utils.artifacts import readable
from course_utils.availability import ALLOWED
from course_utils.cli import lessons, running
from course_utils.data import attributes
from course_utils.data.layout import look_into
from course_utils.data.reading import is_picture
from course_utils.errors import CourseError, NotAvailable, in_words, printable, say
from course_utils.files import ensure_writable, free_space, nearest_existing

_FOR_TERMINALS = re.compile(r"([\n\r\t\b]|\x1b\[[0-9;]*[mK])")
_ROOM = 300_000_000  # bytes: a model of up to 110 MB, its older version, figures and the executed notebook


def run(options):
    """Run ``options.lesson`` with ``DATA`` = ``options.dataset``; return the exit code 0, 1 or 130.

    ``dataset`` is a folder of classes or a word that ``DATA`` knows, ``epochs`` a number or None,
    ``parameters`` a list of pairs of text, ``out`` a folder for the results. Raises CourseError, before
    anything runs, for whatever is wrong with these.
    """
    notebook = lessons.find_lesson(options.lesson)
    classes, left_out = _check_dataset(notebook, options.dataset)
    values = _check_parameters(notebook, options.dataset, options.epochs, dict(options.parameters))
    for folder in {options.out.absolute(), Path(values.get("ARTIFACTS", options.out)).absolute()}:
        if classes and Path(values["DATA"]).resolve() in (folder.resolve(), *folder.resolve().parents):
            raise CourseError(
                f"{folder} lies in {values['DATA']}, the folder of pictures, where it would be taken for a "
                "class the next time. Choose another with --out."
            )
        ensure_writable(nearest_existing(folder))  # creates none
        if free_space(folder) < _ROOM:
            needed = f"{_ROOM / 1e6:.0f} MB, room for a model and the executed notebook"
            raise NotAvailable(f"The disk of {folder} lacks {needed}. Free some, or choose another disk.")
    output = options.out / f"{notebook.stem}.ipynb"
    say(f"{notebook.stem} with DATA = {values['DATA']!r}, executed into {output}")
    for name, files in classes.items():
        say(f"  {name:<{max(map(len, classes))}} {len(files):>7,} files")
    if left_out:
        say(in_words(left_out))
    if classes:
        _check_pictures(notebook, values)
    display = CellOutput()
    try:
        outcome = running.run(
            notebook,
            output,
            values,
            timeout=math.inf,
            on_progress=display.progress,
            on_output=display.output,
            end_fit_first=True,
        )
    finally:
        display.close()
    model = Path(outcome.parameters.get("ARTIFACTS", options.out), notebook.stem, "model.keras")
    has_model = bool(outcome.metrics) and model.is_file()
    if outcome.outcome != "passed":
        print(outcome.explanation, file=sys.stderr)
        say(f"  model: {model if has_model else 'this run kept none'}", file=sys.stderr)
        return 130 if outcome.outcome == "interrupted" else 1
    print()
    say(f"{notebook.stem}: passed, {readable('seconds', outcome.seconds)}")
    if outcome.main_metric:
        name, value = outcome.main_metric
        say(f"{name}: {readable(name, value)}")
    say(f"executed notebook: {outcome.output}")
    if has_model:
        example = next(filter(is_picture, chain.from_iterable(classes.values())), "my_picture.jpg")
        command = ["course", "classify", os.path.relpath(model.parent), str(example)]
        say(f"model: {model}")
        say(f"Try it: {shlex.join(command)}")
    return 0


class CellOutput:
    """What a lesson's cells print, each under a line that names the cell, as it comes from ``running.run``.

    On a terminal a line at the bottom says which cell is running.
    """

    def __init__(self):
        self._status = running.status_line()
        self._cell, self._heading, self._in_mid_line = "", "", False

    def progress(self, progress):
        """Take a ``Progress``: the cell to which the next output belongs."""
        self._cell = f"cell {progress.cell} of {progress.cells or '?'}"
        if not self._in_mid_line:
            self._status.set_description_str(f"{self._cell} · {progress.seconds:.0f} s")

    def output(self, text):
        """Print a text of the cell."""
        if not self._in_mid_line:
            self._status.clear()
        if self._cell != self._heading:
            print("\n" * self._in_mid_line + f"--- {self._cell}")
            self._heading = self._cell
        # Colours, and what progress bars do with their own line, pass; nothing else moves the cursor.
        parts = _FOR_TERMINALS.split(text)
        parts[::2] = map(printable, parts[::2])
        print("".join(parts), end="", flush=True)
        self._in_mid_line = not text.endswith("\n")

    def close(self):
        """End the last line."""
        print("\n" * self._in_mid_line, end="", flush=True)
        self._status.close()


def _check_dataset(notebook, dataset):
    """Return what is in the folder ``dataset``: its classes and what is left out; nothing for a word."""
    of_the_course = not lessons.needs(notebook)[0] and notebook in lessons.all_lessons().values()
    if of_the_course or "DATA" not in lessons.parameters_of(notebook):
        has = "makes no use of DATA" if of_the_course else "has no parameter DATA"
        others = ", ".join(lesson for lesson, path in lessons.all_lessons().items() if lessons.needs(path)[0])
        raise CourseError(f"{notebook.stem} {has}: it does not learn from pictures. These do: {others}.")
    if not dataset:
        raise CourseError("--dataset is empty. Give a folder of pictures, or a word such as sample.")
    if dataset in ALLOWED["DATA"]:
        return {}, []
    of_answers = lessons.BROUGHT in lessons.needs(notebook)[0]
    classes, _, left_out = attributes.look_into(dataset)[0] if of_answers else look_into(dataset)
    return classes, left_out


def _check_pictures(notebook, values):
    """Read and split the folder as the lesson will, which then finds the pictures in the cache."""
    with contextlib.redirect_stdout(None):  # the lesson says it all again
        # The last first, because a wrong HELD_OUT is told before anything is read.
        for function, positional, named in reversed(lessons.loads(notebook, values)):
            {"load": data.divided, "load_attributes": attributes.divided}[function](*positional, **named)


def _check_parameters(notebook, dataset, epochs, parameters):
    options = {"DATA": dataset} | ({} if epochs is None else {"EPOCHS": str(epochs)})
    for name in options.keys() & parameters:
        option = {"DATA": "--dataset", "EPOCHS": "--epochs"}[name]
        raise CourseError(f"{name} is given twice, by -p and by {option}. Leave out -p {name}.")
    return lessons.checked_parameters(notebook, parameters | options, from_text=True)
