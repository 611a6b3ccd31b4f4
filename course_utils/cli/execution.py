"""One fresh kernel through one notebook, watched from outside: papermill sets parameters, nbclient runs.

Only ``course_utils.cli.running`` needs this module. It is slow to import, because papermill is.
"""

import logging
import math
import os
import re
import signal
import tempfile
import threading
import time
from collections import deque
from contextlib import suppress

import papermill
from nbclient import NotebookClient

from course_utils.cli.family import Family

GRACE = 5.0  # seconds that an interrupted cell gets to end by itself, before its kernel is killed
_GIVE_UP = 60.0  # seconds after which a run that was stopped is no longer waited for
_START_TIMEOUT = 120  # seconds for a kernel to answer; a busy machine needs more than nbclient's 60
_OUTPUT_TIMEOUT = 60  # seconds for outputs to arrive after a cell ended; nbclient's 4 fail on a busy machine
_TWICE = 2.5  # seconds within which a second Ctrl-C is the second one, whatever cell is running by then
_START_LOCK = threading.Lock()  # two kernels that choose their ports at the same moment may choose the same

# What happens in a run is reported by its Outcome, not by log lines in the middle of a progress line.
_SILENT = logging.getLogger("papermill")
_SILENT.addHandler(logging.NullHandler())


class Execution:
    """One run of a notebook; the caller watches it from its own thread until it ends."""

    def __init__(self, notebook, parameters, timeout, environment):
        self.notebook = None  # what is executed so far; None before papermill has read it
        self.position, self.cells = 0, 0  # how many were begun, of how many
        self.running = None  # the index of the cell in the kernel
        self.printed = deque()  # what cells printed: pairs of the position at that time and the text
        self.failure = None  # the exception that ended the run
        self.not_shown = None  # (index of the first cell with an output that could not be shown, the error)
        self.stop_reason, self.stopped_at = None, None  # given to stop(); the cell that it interrupted
        self.fit_ended_at = None  # the last cell in which interrupt() ended a fit
        self.peak_memory = 0  # bytes: resident, of the kernel and its descendants together
        self.process, self._family = None, None  # of the kernel; see began()
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
            if self._family is not None:
                self.peak_memory = max(self.peak_memory, self._family.memory())
            if self.seconds > self.timeout:  # papermill's own limit holds for each cell
                self.stop("timed out")
            if time.monotonic() > self._stop_time + GRACE:
                self._kill()
            tick()
        self._kill()

    def began(self, process):
        """Note the process of the kernel, a ``subprocess.Popen``."""
        self.process, self._family = process, Family(process)

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
        reply, errors = execute_reply["content"], [out for out in cell.outputs if out.output_type == "error"]
        allowed = "raises-exception" in cell.metadata.get("tags", [])
        if reply["status"] == "error" and not allowed:  # nbclient ends the run
            if reply["ename"] == "NoneType" and errors:  # IPython lost why the value could not be shown
                reply.update(ename=errors[0].ename, evalue=errors[0].evalue)
            return
        self.running = None
        if errors and not allowed and not self.not_shown:  # by display() or as a figure; the run goes on
            self.not_shown = cell_index, f"{errors[0].ename}: {errors[0].evalue}"

    def _interrupt_kernel(self):
        if self.running is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGINT)

    def _execute(self, notebook, parameters):
        try:
            # papermill formats its paths like str.format; braces in a folder's name must survive that.
            path = str(notebook).replace("{", "{{").replace("}", "}}")
            options = {"prepare_only": True, "kernel_name": "python3", "language": "python"}
            self.notebook = papermill.execute_notebook(path, None, parameters, **options)
            self.cells = len(self.notebook.cells)
            client = _Client(
                self.notebook,
                kernel_name="python3",
                startup_timeout=_START_TIMEOUT,
                iopub_timeout=_OUTPUT_TIMEOUT,
                raise_on_iopub_timeout=True,
                coalesce_streams=True,  # a progress bar leaves its last state, not a thousand outputs
                log=_SILENT,
                on_cell_start=self.on_cell_start,
                on_cell_executed=self.on_cell_executed,
            )
            client.execution = self
            client.execute(cwd=self.folder, env=self.environment, stdout=self.log, stderr=self.log)
        except Exception as error:
            self.failure = error
        finally:
            self._over.set()

    def _kill(self):
        """End the kernel and whatever it started, if anything is left of it."""
        if self._family is not None:
            self._family.kill()


class _Client(NotebookClient):
    """nbclient, where it has no hook: the kernel's process, and outputs as they arrive."""

    execution = None

    async def async_start_new_kernel(self, **options):
        with _START_LOCK:
            await super().async_start_new_kernel(**options)
        self.execution.began(self.km.provisioner.process)

    def process_message(self, message, cell, index):
        if message["msg_type"] == "stream":
            self.execution.printed.append((index + 1, message["content"]["text"]))
        return super().process_message(message, cell, index)


def _trains(cell):
    """Whether a running cell trains: it calls ``fit`` itself, or has printed an epoch's number."""
    texts = (output.get("text", "") for output in cell.outputs)
    return "fit(" in cell.source or any(re.search(r"^Epoch \d+", text, re.MULTILINE) for text in texts)
