"""``course train``: run one lesson on pictures of one's own, show what it prints, and say what it kept."""

import math
import os
import shlex
import shutil
import sys
from pathlib import Path

from course_utils.artifacts import readable
from course_utils.classify import SUFFIXES
from course_utils.data import attributes, folders, sources
from course_utils.errors import CourseError
from course_utils.running import ensure_writable, run
from course_utils.running.notebooks import checked_parameters, find_lesson, parameters_of


def train(lesson, dataset, epochs, out, parameters):
    """Run ``lesson`` with ``DATA`` = ``dataset`` and return the exit code: 0, 1 or 130 (interrupted).

    ``dataset`` is a folder of classes or a word that ``DATA`` knows, ``epochs`` a number or None,
    ``parameters`` a dict of other names to text. The executed notebook and ``artifacts/`` appear in the
    folder ``out``. Raises CourseError, before anything runs, for whatever is wrong with these.
    """
    notebook = find_lesson(lesson)
    example, values = _check_dataset(notebook, dataset)
    values |= _check_parameters(notebook, epochs, parameters)
    ensure_writable(out)
    output = Path(out) / f"{notebook.stem}.ipynb"
    print(f"{notebook.stem} with DATA = {values['DATA']!r}, executed into {output}", flush=True)
    display = Display()
    try:
        outcome = run(
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
    model = Path(outcome.parameters.get("ARTIFACTS", out), notebook.stem, "model.keras")
    kept = bool(outcome.metrics) and model.is_file()
    if outcome.outcome != "passed":
        print(outcome.explanation, file=sys.stderr)
        print(f"  model: {model if kept else 'this run kept none'}", file=sys.stderr)
        return 130 if outcome.outcome == "interrupted" else 1
    print(f"\n{notebook.stem}: passed, {readable('seconds', outcome.seconds)}")
    if outcome.main_metric:
        name, value = outcome.main_metric
        print(f"{name}: {readable(name, value)}")
    print(f"executed notebook: {outcome.output}")
    if kept:
        command = ["course", "classify", os.path.relpath(model.parent), example]
        print(f"model: {model}\nTry it: {shlex.join(command)}")
    return 0


class Display:
    """What a person sees while a lesson runs: what its cells print, each under a line that names the cell.

    On a terminal a line at the bottom says which cell is running; it is rewritten in place.
    """

    def __init__(self):
        self.live, self._status = sys.stdout.isatty(), ""
        self._cell, self._named, self._line_begun = "", "", False

    def progress(self, progress):
        self._cell = f"cell {progress.cell} of {progress.cells or '?'}"
        if self.live and not self._line_begun:
            status = f"{self._cell} · {progress.seconds:.0f} s"[: shutil.get_terminal_size().columns - 1]
            if status != self._status:
                self._clear()
                self._status = status
                print(status, end="", flush=True)

    def output(self, text):
        self._clear()
        if self._cell != self._named:
            print("\n" * self._line_begun + f"--- {self._cell}")
            self._named = self._cell
        print(text, end="", flush=True)
        self._line_begun = not text.endswith("\n")

    def close(self):
        self._clear()
        print("\n" * self._line_begun, end="", flush=True)

    def _clear(self):
        if self._status:
            print("\r\x1b[K", end="")
            self._status = ""


def _check_dataset(notebook, dataset):
    """Return a picture to try the model on, and the parameter ``DATA`` as a dict."""
    if "DATA" not in parameters_of(notebook):
        raise CourseError(f"{notebook.stem} has no parameter DATA: it does not learn from pictures.")
    if dataset in sources.SOURCES:
        return "my_picture.jpg", {"DATA": dataset}
    classes = folders.class_folders(dataset)
    if "load_attributes(" in notebook.read_text(encoding="utf-8"):
        attributes.split_names(classes)  # raises where a name is not <colour>_<garment>
    folder = os.path.abspath(os.path.expanduser(dataset))  # the kernel works in the notebook's folder
    files = next(iter(classes.values()))
    example = next((file for file in files if file.suffix.lower() in SUFFIXES), files[0])
    return str(example), {"DATA": folder}


def _check_parameters(notebook, epochs, parameters):
    for name, option in {"DATA": "--dataset", "EPOCHS": "--epochs"}.items():
        if name in parameters and (name == "DATA" or epochs is not None):
            raise CourseError(f"{name} is given twice, by -p and by {option}. Leave out -p {name}.")
    if epochs is not None and epochs < 1:
        raise CourseError(f"--epochs {epochs}: training takes at least one pass over the pictures.")
    values = checked_parameters(notebook, {} if epochs is None else {"EPOCHS": epochs})
    return values | checked_parameters(notebook, parameters, from_text=True)
