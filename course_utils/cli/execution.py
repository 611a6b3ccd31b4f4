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
_START_LOCK = threading.Lock()  # two kernels that choose their ports at the same moment may choose the same

# What happens in a run is told by its Outcome, not by log lines in the middle of a progress line.
logging.getLogger("papermill").addHandler(logging.NullHandler())


class Stopped(Exception):
    """The run was told to stop while no cell was running."""


class Execution:
    """One run of a notebook; the caller watches it from its own thread until it ends.

    - ``notebook``: what is executed so far, with papermill's own labels; None before the kernel
    - ``position``: how many of its ``cells`` were begun; ``running``: the index of the one in the kernel
    - ``printed``: what cells printed, as it arrives: pairs of the position at that time and the text
    - ``stop_reason``: the word given to ``stop``; ``stopped_at``: the index of the cell that it interrupted
    - ``fit_ended_at``: the index of the last cell that ``end_fit`` interrupted
    - ``failure``: the exception that ended the run
    - ``process``: the kernel; ``log``: a file with what it wrote when it could not send outputs
    - ``seconds``, and ``peak_memory`` in bytes: resident, of the kernel and its descendants together
    """

    def __init__(self, notebook, parameters, timeout, folder, environment):
        self.notebook, self.process, self.failure = None, None, None
        self.position, self.cells, self.running, self.printed = 0, 0, None, deque()
        self.stop_reason, self.stopped_at, self._stop_time = None, None, math.inf
        self.fit_ended_at, self._asked_at = None, None
        self.peak_memory, self._processes = 0, set()
        self.timeout, self._started = timeout, time.monotonic()
        self.folder, self.environment = str(folder), environment
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object; it has no name
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
        """Call ``tick()`` about four times a second until the run has ended and its processes are gone.

        The limit of ``timeout`` seconds holds for all cells together; papermill's own holds for each.
        """
        while not self._over.is_set() and time.monotonic() < self._stop_time + _GIVE_UP:
            self._over.wait(0.25)
            self._sample_memory()
            if self.seconds > self.timeout:
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
        self._interrupt()

    def end_fit(self):
        """Interrupt the fit in the running cell, as the stop button does, and let the lesson go on.

        ``training.KeepBest`` ends a fit that way. Return "ending"; "no fit" where no cell that trains is
        running, without any effect; and "again" when the same cell was asked before.
        """
        if self._asked_at == self.position:
            return "again"
        cell, self._asked_at = self.running, self.position
        if cell is None or not _trains(self.notebook.cells[cell]):
            return "no fit"
        self.fit_ended_at = cell
        self._interrupt()
        return "ending"

    # nbclient's hooks: it calls these in the thread of the run.

    def on_cell_start(self, cell, cell_index):
        if self.stop_reason:
            raise Stopped
        is_code = cell.cell_type == "code" and cell.source.strip()
        self.running, self.position = (cell_index if is_code else None), cell_index + 1

    def on_cell_executed(self, cell, cell_index, execute_reply):
        reply = execute_reply["content"]
        if reply["status"] == "error" and "raises-exception" not in cell.metadata.get("tags", []):
            self.failure = CellExecutionError.from_cell_and_msg(cell, reply)
        else:
            self.running = None

    def _interrupt(self):
        if self.running is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGINT)

    def _execute(self, notebook, parameters):
        # papermill formats its paths like str.format; a folder with braces in its name must survive that.
        path = str(notebook).replace("{", "{{").replace("}", "}}")
        limit = math.ceil(self.timeout + 2 * GRACE) if math.isfinite(self.timeout) else None
        try:
            papermill.execute_notebook(
                path,
                None,  # papermill would write half files under the final name, wrongly labelled
                parameters=parameters,
                engine_name=_ENGINE,
                kernel_name="python3",
                progress_bar=False,
                start_timeout=_START_TIMEOUT,
                execution_timeout=limit,  # only if watch() should fail
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
        with suppress(psutil.NoSuchProcess):
            kernel = psutil.Process(self.process.pid)
            family = [kernel, *kernel.children(recursive=True)]
            self._processes.update(family)
            total = 0
            for process in family:
                with suppress(psutil.Error):
                    total += process.memory_info().rss
            self.peak_memory = max(self.peak_memory, total)

    def _kill(self):
        """End the kernel and whatever it started, if anything is left of it."""
        if self.process is None:
            return
        for process in self._processes:
            with suppress(psutil.Error):
                process.kill()  # psutil checks that the number still belongs to the same process
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)


class _Client(PapermillNotebookClient):
    """papermill's client, where nbclient has no hook: the kernel's process, and outputs as they arrive."""

    def __init__(self, manager, execution, **options):
        hooks = {"on_cell_start": execution.on_cell_start, "on_cell_executed": execution.on_cell_executed}
        super().__init__(manager, **hooks, **options)
        self.execution = execution

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
    def execute_managed_notebook(
        cls, manager, kernel_name, *, execution, start_timeout, execution_timeout, **_
    ):
        execution.cells, execution.notebook = len(manager.nb.cells), manager.nb
        client = _Client(
            manager,
            execution,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            iopub_timeout=_OUTPUT_TIMEOUT,
            coalesce_streams=True,  # a progress bar leaves its last state, not a thousand outputs
            log=logging.getLogger("papermill"),
        )
        log = execution.log
        client.execute(cwd=execution.folder, env=execution.environment, stdout=log, stderr=log)


def _trains(cell):
    """Whether a running cell trains: it calls ``fit`` itself, or has printed an epoch's number."""
    texts = (output.get("text", "") for output in cell.outputs)
    return "fit(" in cell.source or any(re.search(r"^Epoch \d+", text, re.MULTILINE) for text in texts)


_ENGINE = "course"
papermill_engines.register(_ENGINE, _Engine)
