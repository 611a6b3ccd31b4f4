"""A process with all that it has started: how much memory they take, and their end."""

import os
import signal
import subprocess
from contextlib import suppress

import psutil


class Family:
    """``process``, a ``subprocess.Popen`` that leads its own group, and its descendants, as they are seen."""

    def __init__(self, process):
        self._process, self._seen = process, set()

    def memory(self):
        """Return how many bytes those that run now have in memory, and remember them; 0 where none runs."""
        if self._process.poll() is None:
            with suppress(psutil.NoSuchProcess):  # if one of them ends meanwhile, the next call counts
                first = psutil.Process(self._process.pid)
                running = [first, *first.children(recursive=True)]
                self._seen.update(running)
                return sum(process.memory_info().rss for process in running)
        return 0

    def kill(self):
        """End all that are left of it, also those that left the group."""
        self.memory()
        for process in self._seen:
            with suppress(psutil.Error):
                process.kill()  # psutil checks that the number still belongs to the same process
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
