"""Run: execute one lesson with papermill in a kernel of its own, and tell truthfully how it ended."""

import importlib.util
import json
import os
import tempfile
from collections import namedtuple
from dataclasses import dataclass, field
from pathlib import Path

from course_utils import machine
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import written_whole
from course_utils.running.notebooks import (
    add_parameter_option,
    checked_parameters,
    find_lesson,
    lessons,
    parameters_of,
)

__all__ = [
    "Cell",
    "Outcome",
    "Progress",
    "add_parameter_option",
    "checked_parameters",
    "ensure_installed",
    "ensure_writable",
    "find_lesson",
    "lessons",
    "missing",
    "parameters_of",
    "run",
]

MAIN_METRICS = (
    "test_accuracy",
    "label_accuracy",
    "category_accuracy",
    "validation_accuracy",
    "best_accuracy",
)
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

# What on_output is told when Ctrl-C was pressed.
_SAID = {
    "ending": "\nCtrl-C: ending this fit; the lesson goes on with what it reached. Ctrl-C again: stop.\n",
    "no fit": "\nCtrl-C: no fit is running here, and the lesson goes on. Ctrl-C again: stop.\n",
    "again": "\nCtrl-C: stopping the lesson.\n",
}

Cell = namedtuple("Cell", "index id source")  # index in the executed notebook, from 0; first line of source
Progress = namedtuple(
    "Progress", "lesson cell cells seconds"
)  # cell: how many were begun; cells: of how many


@dataclass
class Outcome:
    """How a lesson ended: ``outcome`` is "passed", "failed", "died", "timed out" or "interrupted".

    "failed" means that a cell raised an error, "died" that the kernel went in the middle. ``cell`` is where
    the run ended early (None: in no cell), ``error`` why, ``last_output`` the last lines printed there.
    ``peak_memory`` is in bytes, resident, of the kernel and its descendants, sampled four times a second.
    ``metrics`` is the lesson's ``metrics.json`` if this run wrote it, else empty.
    """

    lesson: str
    outcome: str
    seconds: float
    peak_memory: int
    output: Path
    parameters: dict
    cell: Cell | None = None
    error: str = ""
    last_output: str = ""
    metrics: dict = field(default_factory=dict)

    @property
    def main_metric(self):
        """Name and value of the number that stands for the lesson, or None if it wrote none."""
        names = (self.metrics.get("main_metric"), *MAIN_METRICS)
        return next(((name, self.metrics[name]) for name in names if name in self.metrics), None)

    @property
    def explanation(self):
        """Lines that tell why and where a lesson did not pass, and where its notebook is."""
        lines = [f"{self.lesson} {self.outcome}: {self.error}"]
        if self.cell:
            lines.append(f"  in cell {self.cell.index + 1} (id {self.cell.id}): {self.cell.source[:100]}")
        lines += [f"  | {line}" for line in self.last_output.splitlines()]
        lines.append(f"  executed so far: {self.output}")
        return "\n".join(lines)


def run(
    notebook,
    output,
    parameters=None,
    timeout=3600,
    threads=None,
    on_progress=None,
    stop=None,
    on_output=None,
    end_fit_first=False,
):
    """Execute a lesson in a fresh kernel, write the executed notebook to ``output``, return an ``Outcome``.

    ``timeout`` is in seconds, for the whole lesson (``math.inf``: none). ``threads`` caps the threads of
    TensorFlow and NumPy in that kernel. ``on_progress`` is called with a ``Progress`` about four times a
    second, ``on_output`` with each text that a cell has printed, after a ``Progress`` that tells the cell.
    Ctrl-C, or setting the ``threading.Event`` ``stop`` from another thread, interrupts the lesson: its
    outcome is then "interrupted". With ``end_fit_first`` Ctrl-C ends only the fit that is running (see
    ``training.KeepBest``), and the lesson goes on; a second one in the same cell interrupts; ``on_output``
    is told what happens. The kernel works in the notebook's folder; its ``ARTIFACTS``, unless given, go to
    ``artifacts/`` beside ``output``, and a relative one counts from the current folder. However the lesson
    ends, ``output`` appears whole, with what was reached, and no process of the kernel is left.

    Raises CourseError, before anything runs, for a parameter that does not fit, an output folder that cannot
    be written, or an output that is the lesson itself; NotAvailable where papermill is not installed.
    """
    ensure_installed()
    notebook, output = Path(notebook).resolve(), Path(output).resolve()
    if output == notebook:
        raise CourseError(
            f"The executed notebook would overwrite the lesson {notebook}. Choose another folder."
        )
    parameters = checked_parameters(notebook, parameters or {})
    if "ARTIFACTS" in parameters_of(notebook):
        parameters["ARTIFACTS"] = os.path.abspath(parameters.get("ARTIFACTS", output.parent / "artifacts"))
    ensure_writable(output.parent)
    metrics = Path(parameters.get("ARTIFACTS", output.parent), notebook.stem, "metrics.json")
    before = _version(metrics)

    from course_utils.running import endings  # slow to import, as papermill is
    from course_utils.running.execution import Execution

    execution = Execution(notebook, parameters, timeout, notebook.parent, _environment(threads))

    def tell_progress(position):
        if on_progress is not None:
            on_progress(Progress(notebook.stem, position, execution.cells, execution.seconds))

    def tick():
        if stop is not None and stop.is_set():
            execution.stop("interrupted")
        while execution.printed:
            position, text = execution.printed.popleft()
            if on_output is not None:
                tell_progress(position)
                on_output(text)
        tell_progress(execution.position)

    while True:
        try:
            execution.watch(tick)
            tick()
            break
        except KeyboardInterrupt:
            said = execution.end_fit() if end_fit_first else "again"
            if said == "again":
                execution.stop("interrupted")
            execution.printed.append((execution.position, _SAID[said]))
        except BaseException:  # from on_progress: the caller's mistake must not leave a kernel behind
            execution.stop("interrupted")
            execution.watch(lambda: None)
            raise
    ending = endings.tell(execution)
    cell = ending.cell
    if cell is not None:
        stopped = execution.notebook.cells[cell]
        cell = Cell(cell, stopped.get("id", ""), stopped.source.strip().partition("\n")[0])
    _write(execution.notebook, notebook, output)
    return Outcome(
        lesson=notebook.stem,
        outcome=ending.outcome,
        seconds=execution.seconds,
        peak_memory=execution.peak_memory,
        output=output,
        parameters=parameters,
        cell=cell,
        error=ending.error,
        last_output=ending.last_output,
        metrics=_read(metrics) if _version(metrics) != before else {},
    )


def missing():
    """Return what has to be typed before a lesson can be run without a page; empty where it can."""
    needed = ("papermill", "psutil", "ipykernel")
    absent = [name for name in needed if importlib.util.find_spec(name) is None]
    return f"run: {machine.as_typed('pip install ' + ' '.join(absent))}" if absent else ""


def ensure_installed():
    """Raise NotAvailable, with the way to install it, where papermill is missing; learners need none."""
    if how := missing():
        raise NotAvailable(f"Running a lesson without a page needs more than is installed here; {how}")


def ensure_writable(folder):
    """Create ``folder`` if need be; raise CourseError if no file can be written there."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CourseError(
            f"Cannot write to the folder {folder}: {error.strerror or error}. Choose another one."
        ) from error


def _environment(threads):
    """The environment for one kernel alone; runs beside it keep theirs."""
    environment = dict(os.environ)
    # A backend chosen for scripts, as on CI machines, would leave the executed notebook without figures.
    environment.pop("MPLBACKEND", None)
    # The lessons import the package that runs them, installed or not.
    paths = [str(Path(__file__).resolve().parents[2]), environment.get("PYTHONPATH")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    if threads:
        environment.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    return environment


def _write(executed, notebook, output):
    import nbformat

    if executed is None:  # papermill gave up before it had a kernel
        executed = nbformat.read(notebook, 4)
    executed.metadata.get("papermill", {})["output_path"] = str(output)
    with written_whole(output) as temporary:
        nbformat.write(executed, temporary)


def _version(path):
    """What changes when a file is written anew; None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _read(path):
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
