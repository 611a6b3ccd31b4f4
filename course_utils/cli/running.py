"""Execute a lesson with papermill in a kernel of its own, and say truthfully how it ended."""

import importlib.util
import json
import os
import signal
import sys
import threading
from collections import namedtuple
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from course_utils import machine
from course_utils.cli.lessons import checked_parameters, parameters_of
from course_utils.errors import CourseError, NotAvailable, printable
from course_utils.files import ensure_writable, from_home, nearest_existing, written_whole

_THREAD_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)
# What ends a process from outside: kill, and a terminal that is closed.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
Cell = namedtuple("Cell", "index id source")  # index in the executed notebook, from 0; first line of source
Progress = namedtuple("Progress", "lesson cell cells seconds")  # cell: how many of the cells were begun


@dataclass
class Outcome:
    """How a lesson ended."""

    lesson: str
    output: Path  # the executed notebook
    parameters: dict
    outcome: str = "failed"  # in a cell; or "passed", "died" (its kernel), "timed out", "interrupted"
    seconds: float = 0.0
    peak_memory: int = 0  # bytes, resident, of the kernel and its descendants, sampled four times a second
    cell: Cell | None = None  # where the run ended early (None: in no cell) ...
    error: str = ""  # ... and why
    last_output: str = ""  # the last lines printed there
    metrics: dict = field(default_factory=dict)  # the lesson's metrics.json, if this run wrote it
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def main_metric(self):
        """Name and value of the lesson's ``main_metric``, else of its first accuracy; None without."""
        accuracies = (name for name in self.metrics if name.endswith("accuracy"))
        names = (self.metrics.get("main_metric"), *accuracies)
        return next(((name, self.metrics[name]) for name in names if name in self.metrics), None)

    @property
    def explanation(self):
        """Lines that say why and where a lesson did not pass, and where its notebook is."""
        first, *more = f"{self.lesson} {self.outcome}: {self.error}".splitlines()
        lines = [first, *(f"  {line}" for line in more)]
        if self.cell:
            lines.append(f"  in cell {self.cell.index + 1} (id {self.cell.id}): {self.cell.source[:100]}")
        lines += [f"  | {line}" for line in self.last_output.splitlines()]
        lines.append(f"  executed so far: {self.output}")
        return "\n".join(map(printable, lines))


def missing():
    """Return what has to be typed before a lesson can be run without a page; empty where it can."""
    absent = [name for name in ("papermill", "psutil", "ipykernel") if importlib.util.find_spec(name) is None]
    return f"run: {machine.as_typed('pip install ' + ' '.join(absent))}" if absent else ""


def ensure_installed():
    """Raise NotAvailable, with the way to install it, where papermill is missing; learners need none."""
    if how := missing():
        raise NotAvailable(f"Running a lesson without a page needs more than is installed here; {how}")


def run(
    notebook,
    output,
    parameters=None,
    timeout=3600,
    threads=None,
    stop=None,
    on_progress=lambda progress: None,
    on_output=lambda text: None,
    end_fit_first=False,
):
    """Execute a lesson in a fresh kernel, write the executed notebook to ``output``, return an ``Outcome``.

    ``timeout`` is in seconds, for the whole lesson (``math.inf``: none); ``threads`` caps those of TensorFlow
    and NumPy. ``on_progress`` gets a ``Progress`` about four times a second, ``on_output`` each text that a
    cell has printed, after its ``Progress``. Ctrl-C, or setting the ``threading.Event`` ``stop``, interrupts
    the lesson; with ``end_fit_first`` a first Ctrl-C ends only the running fit. ``ARTIFACTS``, unless given,
    is ``artifacts/`` beside ``output``, which appears whole however the lesson ends.

    Raises CourseError, before anything runs, for a parameter that does not fit and an output that cannot be
    written or would overwrite the lesson; NotAvailable where papermill is not installed.
    """
    ensure_installed()
    notebook, output = Path(notebook).resolve(), Path(output).resolve()
    if output == notebook or output.is_dir():
        kind = "folder" if output.is_dir() else "lesson"
        raise CourseError(f"The result would overwrite the {kind} {output}. Choose another folder.")
    parameters = checked_parameters(notebook, parameters or {})
    if "ARTIFACTS" in parameters_of(notebook):
        parameters.setdefault("ARTIFACTS", str(output.parent / "artifacts"))
    metrics = Path(parameters.get("ARTIFACTS", output.parent), notebook.stem, "metrics.json")
    for path in (output, metrics):
        ensure_writable(nearest_existing(path.parent))  # creates none that stays empty
    (earlier, _), outcome = _read(metrics), Outcome(notebook.stem, output, parameters)

    from course_utils.cli.endings import conclude  # slow to import, as papermill is
    from course_utils.cli.execution import Execution

    execution = Execution(notebook, parameters, timeout, _environment(threads))

    def report_progress(position):
        on_progress(Progress(notebook.stem, position, execution.cells, execution.seconds))

    def tick():
        if stop is not None and stop.is_set():
            execution.stop("interrupted")
        while execution.printed:
            position, text = execution.printed.popleft()
            report_progress(position)
            on_output(text)
        report_progress(execution.position)

    def end():
        execution.stop("interrupted")

    pressed = calling_on((signal.SIGINT,), lambda: execution.interrupt(end_fit_first))
    with pressed, calling_on(_ENDING, end):
        try:
            execution.watch(tick)
            tick()
        except BaseException:  # the caller's mistake, or a closed terminal, must not leave a kernel behind
            end()
            execution.watch(lambda: None)
            raise
        finally:
            outcome.outcome, outcome.error, cell, outcome.last_output = conclude(execution)
            if cell is not None:
                stopped = execution.notebook.cells[cell]
                outcome.cell = Cell(cell, stopped.get("id", ""), stopped.source.strip().partition("\n")[0])
            outcome.seconds, outcome.peak_memory = execution.seconds, execution.peak_memory
            _write(execution.notebook, notebook, output)
    version, content = _read(metrics)
    outcome.metrics = content if version != earlier else {}
    return outcome


@contextmanager
def calling_on(signals, action):
    """Let ``signals`` call ``action()`` meanwhile; outside the main thread, which alone may, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in signals}
    before = {number: handler for number, handler in before.items() if handler != signal.SIG_IGN}  # by nohup
    for number in before:
        signal.signal(number, lambda *_: action())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def status_line():
    """Return a line at the bottom of a terminal (nothing elsewhere), for ``set_description_str``: a tqdm bar.

    ``clear()`` it before anything else is printed, and ``close()`` it in the end.
    """
    from tqdm import tqdm

    return tqdm(bar_format="{desc}", disable=None, leave=False, dynamic_ncols=True, file=sys.stdout)


def _environment(threads):
    """Return the environment for one kernel alone; runs beside it keep theirs."""
    environment = dict(os.environ)
    # A backend chosen for scripts, as on CI machines, would leave the executed notebook without figures.
    environment.pop("MPLBACKEND", None)
    # The lessons import the package that runs them, installed or not.
    paths = [str(Path(__file__).resolve().parents[2]), environment.get("PYTHONPATH")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return environment | (dict.fromkeys(_THREAD_VARIABLES, str(threads)) if threads else {})


def _write(executed, notebook, output):
    import nbformat

    if executed is None:  # papermill gave up before it had read it
        executed = nbformat.read(notebook, 4)
    executed = nbformat.from_dict(from_home(executed))
    places = {"input_path": notebook, "output_path": output}
    executed.metadata.setdefault("papermill", {}).update(
        {name: os.path.relpath(path, output.parent) for name, path in places.items()}
    )
    with written_whole(output) as temporary:  # bytes in names that are no UTF-8 are escaped, as JSON has it
        temporary.write_bytes((nbformat.writes(executed) + "\n").encode("utf-8", "backslashreplace"))


def _read(path):
    """Return what changes when a file is written anew (None without a file), and the dict that it holds."""
    version, content = None, {}
    with suppress(OSError, ValueError):
        version = path.stat().st_mtime_ns, path.stat().st_ino
        content = json.loads(path.read_text(encoding="utf-8"))
    return version, content if isinstance(content, dict) else {}
