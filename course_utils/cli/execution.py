"""One fresh kernel through one notebook with papermill, watched from outside.

Only ``course_utils.cli.running`` needs this module. It is slow to import, because papermill is.
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
from collections import deque
from contextlib import suppress

import papermill
import psutil
from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

GRACE = 5.0  # seconds that an interrupted cell gets to end by itself, before its kernel is killed
_GIVE_UP = 60.0  # seconds after which a run that was stopped is no longer waited for
_START_TIMEOUT = 120  # seconds for a kernel to answer; a busy machine needs more than papermill's 60
_OUTPUT_TIMEOUT = 60  # seconds for outputs to arrive after a cell ended; nbclient's 4 fail on a busy machine
_TWICE = 2.5  # seconds within which a second Ctrl-C is the second one, whatever cell is running by then
_START_LOCK = threading.Lock()  # two kernels that choose their ports at the same moment may choose the same

# What happens in a run is reported by its Outcome, not by log lines in the middle of a progress line.
logging.getLogger("papermill").addHandler(logging.NullHandler())


class Execution:
    """One run of a notebook; the caller watches it from its own thread until it ends."""

    def __init__(self, notebook, parameters, timeout, environment):
        self.notebook = None  # what is executed so far, with papermill's own labels; None before the kernel
        self.position, self.cells = 0, 0  # how many were begun, of how many
        self.running = None  # the index of the cell in the kernel
        self.printed = deque()  # what cells printed: pairs of the position at that time and the text
        self.failure = None  # the exception that ended the run
        self.not_shown = None  # (index of the first cell with an output that could not be shown, the error)
        self.stop_reason, self.stopped_at = None, None  # given to stop(); the cell that it interrupted
        self.fit_ended_at = None  # the last cell in which interrupt() ended a fit
        self.peak_memory = 0  # bytes: resident, of the kernel and its descendants together
        self.process, self._family = None, set()  # of the kernel
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - what the kernel wrote beside its outputs
        self.timeout, self.folder, self.environment = timeout, str(notebook.parent), environment
        self._started, self._stop_time = time.monotonic(), math.inf
        self._asked_at = None, -math.inf  # position and time of the last Ctrl-C
        # Waited for instead of the thread: up to Python 3.12 a Ctrl-C in join() marks the thread as ended.
        self._over = threading.Event()
        threading.Thread(target=self._execute, args=(notebook, parameters), daemon=True).start()

    @property
    def seconds(self):
        return time.monotonic() - self._started

    @property
    def all_ran(self):
        """Whether every cell came to its end."""
        begun = self.notebook is not None and self.position == self.cells
        return begun and self.running is None and self.failure is None

    def watch(self, tick):
        """Call ``tick()`` about four times a second until the run has ended and its processes are gone."""
        while not self._over.is_set() and time.monotonic() < self._stop_time + _GIVE_UP:
            self._over.wait(0.25)
            self._sample_memory()
            if self.seconds > self.timeout:  # papermill's own limit holds for each cell
                self.stop("timed out")
            if time.monotonic() > self._stop_time + GRACE:
                self._kill()
            tick()
        self._kill()

    def stop(self, reason):
        """Interrupt the running cell like Ctrl-C; no further cell starts. ``reason`` names the outcome."""
        if self.stop_reason or self.all_ran:
            return
        self.stop_reason, self.stopped_at, self._stop_time = reason, self.running, time.monotonic()
        self._interrupt_kernel()

    def interrupt(self, end_fit_first):
        """Do what Ctrl-C asks for, and say so in what is printed: stop the run.

        With ``end_fit_first``, end only the fit in the running cell, like the stop button
        (``training.KeepBest`` keeps its model); pressed again in the same cell, or at once, stop the run.
        """
        (position, asked), now = self._asked_at, time.monotonic()
        cell, again, self._asked_at = self.running, position == self.position, (self.position, now)
        again |= now - asked < _TWICE  # the fit may have ended meanwhile, and the next cell begun
        if again or not end_fit_first:
            message = "stopping the lesson."
            self.stop("interrupted")
        elif cell is None or not _trains(self.notebook.cells[cell]):
            message = "no fit is running here, and the lesson goes on. Ctrl-C again: stop."
        else:
            message = "ending this fit; the lesson goes on with what it reached. Ctrl-C again: stop."
            self.fit_ended_at = cell
            self._interrupt_kernel()
        self.printed.append((self.position, f"\nCtrl-C: {message}\n"))

    # nbclient's hooks: it calls these in the thread of the run.

    def on_cell_start(self, cell, cell_index):
        if self.stop_reason:
            raise InterruptedError("the run was told to stop")
        is_code = cell.cell_type == "code" and cell.source.strip()
        self.running, self.position = (cell_index if is_code else None), cell_index + 1

    def on_cell_executed(self, cell, cell_index, execute_reply):
        reply = execute_reply["content"]
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if reply.get("ename") == "NoneType":  # IPython's reply when the cell's value could not be shown
            reply.update({key: errors[0][key] for key in ("ename", "evalue") if errors})
        if "raises-exception" in cell.metadata.get("tags", []):
            self.running = None
        elif reply["status"] == "error":
            self.failure = CellExecutionError.from_cell_and_msg(cell, reply)
        else:
            self.running = None
            if errors and not self.not_shown:  # by display() or as a figure; the cell and the run go on
                self.not_shown = cell_index, f"{errors[0].ename}: {errors[0].evalue}"

    def _interrupt_kernel(self):
        if self.running is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGINT)

    def _execute(self, notebook, parameters):
        try:
            papermill.execute_notebook(
                # papermill formats its paths like str.format; braces in a folder's name must survive that.
                str(notebook).replace("{", "{{").replace("}", "}}"),
                None,  # papermill would write half files under the final name, wrongly labelled
                parameters=parameters,
                engine_name="course",
                kernel_name="python3",
                progress_bar=False,
                execution=self,
            )
        except papermill.PapermillExecutionError:
            pass  # raised for any error output, even one that the cell's tag raises-exception allows
        except Exception as error:
            self.failure = self.failure or error
        finally:
            self._over.set()

    def _sample_memory(self):
        if self.process is None or self.process.poll() is not None:
            return
        with suppress(psutil.NoSuchProcess):  # if one of them ends meanwhile, the next sample counts
            kernel = psutil.Process(self.process.pid)
            family = [kernel, *kernel.children(recursive=True)]
            self._family.update(family)
            self.peak_memory = max(self.peak_memory, sum(process.memory_info().rss for process in family))

    def _kill(self):
        """End the kernel and whatever it started, if anything is left of it."""
        if self.process is None:
            return
        for process in self._family:
            with suppress(psutil.Error):
                process.kill()  # psutil checks that the number still belongs to the same process
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)


class _Client(PapermillNotebookClient):
    """papermill's client, where nbclient has no hook: the kernel's process, and outputs as they arrive."""

    execution = None

    def start_new_kernel(self, **options):
        with _START_LOCK:
            super().start_new_kernel(**options)
        self.execution.process = self.km.provisioner.process

    def process_message(self, message, cell, index):
        if message["msg_type"] == "stream":
            self.execution.printed.append((index + 1, message["content"]["text"]))
        return super().process_message(message, cell, index)


class _Engine(Engine):
    @classmethod
    def execute_managed_notebook(cls, manager, kernel_name, *, execution, **_):
        execution.cells, execution.notebook = len(manager.nb.cells), manager.nb
        client = _Client(
            manager,
            kernel_name=kernel_name,
            startup_timeout=_START_TIMEOUT,
            iopub_timeout=_OUTPUT_TIMEOUT,
            coalesce_streams=True,  # a progress bar leaves its last state, not a thousand outputs
            log=logging.getLogger("papermill"),
            on_cell_start=execution.on_cell_start,
            on_cell_executed=execution.on_cell_executed,
        )
        client.execution, log = execution, execution.log
        client.execute(cwd=execution.folder, env=execution.environment, stdout=log, stderr=log)


def _trains(cell):
    """Whether a running cell trains: it calls ``fit`` itself, or has printed an epoch's number."""
    texts = (output.get("text", "") for output in cell.outputs)
    return "fit(" in cell.source or any(re.search(r"^Epoch \d+", text, re.MULTILINE) for text in texts)


papermill_engines.register("course", _Engine)
