"""``course train``: run one lesson on pictures of one's own, show what it prints, and say what it kept."""

import math
import os
import shlex
import sys
from pathlib import Path

from course_utils.artifacts import readable
from course_utils.availability import ALLOWED
from course_utils.cli.lessons import checked_parameters, find_lesson, parameters_of
from course_utils.cli.running import run as run_lesson
from course_utils.cli.running import status_line
from course_utils.data import attributes
from course_utils.data.layout import look_into
from course_utils.errors import CourseError
from course_utils.files import ensure_writable, expanded


def run(options):
    """Run ``options.lesson`` with ``DATA`` = ``options.dataset``; return the exit code 0, 1 or 130.

    ``dataset`` is a folder of classes or a word that ``DATA`` knows, ``epochs`` a number or None,
    ``parameters`` a list of pairs of text. The executed notebook and ``artifacts/`` appear in the folder
    ``out``. Raises CourseError, before anything runs, for whatever is wrong with these.
    """
    notebook = find_lesson(options.lesson)
    example, values = _check_dataset(notebook, options.dataset)
    values |= _check_parameters(notebook, options.epochs, dict(options.parameters))
    ensure_writable(options.out)
    output = options.out / f"{notebook.stem}.ipynb"
    print(f"{notebook.stem} with DATA = {values['DATA']!r}, executed into {output}", flush=True)
    display = CellOutput()
    try:
        outcome = run_lesson(
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
        print(f"  model: {model if has_model else 'this run kept none'}", file=sys.stderr)
        return 130 if outcome.outcome == "interrupted" else 1
    print(f"\n{notebook.stem}: passed, {readable('seconds', outcome.seconds)}")
    if outcome.main_metric:
        name, value = outcome.main_metric
        print(f"{name}: {readable(name, value)}")
    print(f"executed notebook: {outcome.output}")
    if has_model:
        command = ["course", "classify", os.path.relpath(model.parent), example]
        print(f"model: {model}\nTry it: {shlex.join(command)}")
    return 0


class CellOutput:
    """What a lesson's cells print, each under a line that names the cell, as it comes from ``running.run``.

    On a terminal a line at the bottom says which cell is running.
    """

    def __init__(self):
        self._status = status_line()
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
        print(text, end="", flush=True)
        self._in_mid_line = not text.endswith("\n")

    def close(self):
        """End the last line."""
        print("\n" * self._in_mid_line, end="", flush=True)
        self._status.close()


def _check_dataset(notebook, dataset):
    """Return a picture to try the model on, and ``DATA`` in a dict."""
    if "DATA" not in parameters_of(notebook):
        raise CourseError(f"{notebook.stem} has no parameter DATA: it does not learn from pictures.")
    if dataset in ALLOWED["DATA"]:
        return "my_picture.jpg", {"DATA": dataset}
    classes, *_ = look_into(dataset)
    if "load_attributes(" in notebook.read_text(encoding="utf-8"):
        attributes.split_names(classes)  # raises where a name is not <colour>_<garment>
    folder = os.path.abspath(expanded(dataset))  # the kernel works in the notebook's folder
    return str(next(iter(classes.values()))[0]), {"DATA": folder}


def _check_parameters(notebook, epochs, parameters):
    by_option = {"DATA": "--dataset"} | ({} if epochs is None else {"EPOCHS": "--epochs"})
    for name in by_option.keys() & parameters:
        raise CourseError(f"{name} is given twice, by -p and by {by_option[name]}. Leave out -p {name}.")
    if epochs is not None and epochs < 1:
        raise CourseError(f"--epochs {epochs}: training takes at least one pass over the pictures.")
    epochs = {} if epochs is None else {"EPOCHS": str(epochs)}
    return checked_parameters(notebook, parameters | epochs, from_text=True)
