"""Run, the inside: one fresh kernel through one notebook with papermill, watched from outside.

Only ``course_utils.running`` needs this module. It is slow to import, because papermill is.
"""

import logging
import math
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress

import nbformat
import papermill
import psutil
from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.execute import remove_error_markers

GRACE = 5.0  # seconds that an interrupted cell gets to end by itself, before its kernel is killed
_START_TIMEOUT = 120  # seconds for a kernel to answer; a busy machine needs more than papermill's 60
_OUTPUT_TIMEOUT = 60  # seconds for outputs to arrive after a cell ended; nbclient's 4 fail on a busy machine
_LAUNCH = threading.Lock()  # two kernels that choose their ports at the same moment may choose the same
_NOISE = re.compile(r"\[IPKernelApp\] WARNING|Debugger warning|-Xfrozen_modules|PYDEVD_DISABLE")

# What happens in a run is told by its Outcome, not by log lines in the middle of a progress line.
logging.getLogger("papermill").addHandler(logging.NullHandler())


class Stopped(Exception):
    """The run was told to stop while no cell was running."""


class Execution:
    """One run of a notebook; the caller watches it from its own thread until it ends.

    ``seconds`` and ``peak_memory`` (bytes, resident, the kernel and its descendants together) can be read at
    any time, and so can ``position`` (how many cells were begun) of ``cells``. When ``watch`` has returned:

    - ``notebook`` is what was executed so far, correctly labelled;
    - ``stop_reason`` is the word given to ``stop``, else None;
    - ``stopped_at`` is the index of the cell in or before which the run ended early, else None;
    - ``error`` says why it ended early (None: every cell ran), ``died`` whether the kernel went by itself;
    - ``last_output`` holds the last lines that the stopped cell or its kernel printed.
    """

    def __init__(self, notebook, parameters, timeout, folder, environment):
        self.notebook, self.timeout = None, timeout
        self.folder, self.environment = str(folder), environment
        self.position, self.cells = 0, 0
        self.stop_reason = self.stopped_at = self.error = None
        self.died, self.last_output = False, ""
        self.peak_memory, self.process = 0, None
        self.running = None  # the index of the cell that the kernel works on
        self.all_ran = False
        self._failure, self._seen = None, set()
        self._started, self._stop_time = time.monotonic(), math.inf
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - what a kernel writes before it can send outputs
        self._worker = threading.Thread(target=self._execute, args=(notebook, parameters), daemon=True)
        self._worker.start()

    @property
    def seconds(self):
        return time.monotonic() - self._started

    def watch(self, tick):
        """Call ``tick()`` about four times a second until the run has ended and its processes are gone.

        The limit of ``timeout`` seconds holds for all cells together; papermill's own holds for each.
        """
        while self._worker.is_alive():
            self._worker.join(0.25)
            self._sample_memory()
            if self.seconds > self.timeout:
                self.stop("timed out")
            if time.monotonic() > self._stop_time + GRACE:
                self._kill()
            tick()
        self._kill()
        self._conclude()

    def stop(self, reason):
        """Interrupt the running cell like Ctrl-C; no further cell starts. ``reason`` names the outcome."""
        if self.stop_reason or self.all_ran:
            return
        self.stop_reason, self.stopped_at, self._stop_time = reason, self.running, time.monotonic()
        if self.running is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGINT)

    def _execute(self, notebook, parameters):
        # papermill formats its paths like str.format; a folder with braces in its name must survive that.
        path = str(notebook).replace("{", "{{").replace("}", "}}")
        try:
            papermill.execute_notebook(
                path,
                None,  # running.run() writes the notebook: whole, and labelled correctly
                parameters=parameters,
                engine_name=_ENGINE,
                kernel_name="python3",
                progress_bar=False,
                start_timeout=_START_TIMEOUT,
                execution_timeout=math.ceil(self.timeout + 2 * GRACE),  # only if watch() should fail
                execution=self,
            )
        except papermill.PapermillExecutionError:
            pass  # raised for any error output, even one that the cell's tag raises-exception allows
        except Exception as error:
            self._failure = self._failure or error

    def _sample_memory(self):
        if self.process is None:
            return
        with suppress(psutil.NoSuchProcess):
            kernel = psutil.Process(self.process.pid)
            family = [kernel, *kernel.children(recursive=True)]
            self._seen.update(family)
            total = 0
            for process in family:
                with suppress(psutil.Error):
                    total += process.memory_info().rss
            self.peak_memory = max(self.peak_memory, total)

    def _kill(self):
        """End the kernel and whatever it started, if anything is left of it."""
        if self.process is None:
            return
        for process in self._seen:
            with suppress(psutil.Error):
                process.kill()  # psutil checks that the number still belongs to the same process
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)

    def _conclude(self):
        if self.running is not None:
            self.stopped_at = self.running
        elif self.stop_reason and self.stopped_at is None and self.position:
            self.stopped_at = self.position  # between two cells: this one was not begun
        self.died = not self.stop_reason and "Kernel died" in str(self._failure)
        if self.stop_reason == "timed out":
            self.error = f"the limit of {self.timeout:g} s for the whole lesson was reached"
        elif self.stop_reason:
            self.error = self.stop_reason
        elif self.died:
            self.error = self._cause_of_death()
        elif isinstance(self._failure, CellExecutionError):
            self.error = f"{self._failure.ename}: {self._failure.evalue}"
        elif self._failure or not self.all_ran:
            self.error = f"{type(self._failure).__name__}: {self._failure}"
        if self.notebook is None:
            return
        remove_error_markers(self.notebook)
        if self.stopped_at is not None:
            cell = self.notebook.cells[self.stopped_at]
            self.last_output = _last_lines(_text_of(cell.get("outputs", [])))
        if self.died or self.position == 0:
            self.log.seek(0)
            lines = self.log.read().decode("utf-8", "replace").splitlines()
            kernel_says = "\n".join(line for line in lines if not _NOISE.search(line))
            self.last_output = _last_lines(f"{self.last_output}\n{kernel_says}")
        self.log.close()
        self._label()

    def _cause_of_death(self):
        status = self.process.returncode if self.process else None
        if status is None:
            return "the kernel died"
        if status >= 0:
            cause = f"the kernel ended by itself with exit status {status}"
        else:
            with suppress(ValueError):
                status = f"{-status} ({signal.Signals(-status).name})"
            cause = f"the kernel was killed by signal {status}"
            if "SIGKILL" in status:
                cause += ", most likely because memory ran out"
        if self.stopped_at is None:
            return cause + (" after the last cell" if self.position else " before the first cell")
        if self.notebook.cells[self.stopped_at].get("execution_count") is None:
            cause += ", before this cell or at its very beginning"
        return cause

    def _label(self):
        """Correct papermill's status fields: after a dead kernel it calls every cell completed."""
        reached = self.position if self.error else len(self.notebook.cells)
        for index, cell in enumerate(self.notebook.cells):
            if index == self.stopped_at < reached:
                cell.metadata.papermill.update(status="failed", exception=True)
            elif index >= reached:
                unknown = dict.fromkeys(("exception", "start_time", "end_time", "duration"))
                cell.metadata.papermill = {**unknown, "status": "pending"}
                if cell.cell_type == "code":
                    cell.update(execution_count=None, outputs=[])
        self.notebook.metadata.papermill["exception"] = True if self.error else None
        if self.running is not None and (
            self.stop_reason or not isinstance(self._failure, CellExecutionError)
        ):
            text = f"The run ended in this cell: {self.error}. The cells below did not run.\n"
            note = nbformat.v4.new_output("stream", name="stderr", text=text)
            self.notebook.cells[self.running].outputs.append(note)


class _Client(PapermillNotebookClient):
    """papermill's client that says which cell is running, and gives the kernel its own surroundings."""

    def __init__(self, execution, *arguments, **options):
        super().__init__(*arguments, **options)
        self.execution = execution

    def start_new_kernel(self, **options):
        run = self.execution
        with _LAUNCH:
            super().start_new_kernel(
                cwd=run.folder, env=run.environment, stdout=run.log, stderr=run.log, **options
            )
        run.process = self.km.provisioner.process

    def execute_cell(self, cell, index):
        run = self.execution
        if run.stop_reason:
            raise Stopped
        run.running, run.position = (index if cell.cell_type == "code" else None), index + 1
        try:
            super().execute_cell(cell, index)
        except CellExecutionError as error:
            run._failure = error
            raise
        run.all_ran = index == len(self.nb.cells) - 1
        run.running = None


class _Engine(Engine):
    @classmethod
    def execute_managed_notebook(
        cls, manager, kernel_name, *, execution, start_timeout, execution_timeout, **_
    ):
        execution.notebook, execution.cells = manager.nb, len(manager.nb.cells)
        execution.all_ran = not manager.nb.cells
        _Client(
            execution,
            manager,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            iopub_timeout=_OUTPUT_TIMEOUT,
            coalesce_streams=True,  # a progress bar leaves its last state, not a thousand outputs
            log=logging.getLogger("papermill"),
        ).execute()


_ENGINE = "course"
papermill_engines.register(_ENGINE, _Engine)


def _text_of(outputs):
    """What a person saw: text without colours, and of a line that was rewritten only its last state."""
    parts = [
        "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))
        for output in outputs
        if output.output_type != "error"
    ]
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|.\x08", "", "".join(parts))
    return re.sub(r"[^\n]*\r(?!\n)", "", text)


def _last_lines(text, count=8):
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-count:])
