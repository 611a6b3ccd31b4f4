"""Run several lessons, some at once, and show how far they are."""

import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from course_utils.cli import running
from course_utils.errors import CourseError, say


def run_several(lessons, out, timeout, jobs, on_end):
    """Run ``lessons``, a dict of notebook to parameters, and return whether Ctrl-C or SIGTERM ended it early.

    ``jobs`` of them run at once and share the cores; each has ``timeout`` seconds. The executed notebooks
    appear in the folder ``out``. ``on_end`` is called in this thread with each notebook that was begun and
    its ``Outcome``; one that could not be written, for want of space say, counts as failed.
    """
    jobs = max(1, min(jobs, len(lessons)))
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None
    stop, status, progress = threading.Event(), running.status_line(), {}

    def run_one(notebook, parameters):
        if stop.is_set():
            return None
        if status.disable:  # no terminal
            say(f"{notebook.stem}: started")
        output = out / f"{notebook.stem}.ipynb"

        def note(position):
            progress[notebook] = position

        try:
            return notebook, running.run(notebook, output, parameters, timeout, threads, stop, note)
        except (CourseError, OSError) as error:
            return notebook, running.Outcome(notebook.stem, output, parameters, error=str(error))
        finally:
            progress.pop(notebook, None)

    signals = (signal.SIGINT, signal.SIGTERM)
    with running.calling_on(signals, stop.set), ThreadPoolExecutor(jobs) as pool:
        pending = {pool.submit(run_one, notebook, parameters) for notebook, parameters in lessons.items()}
        try:
            while pending:
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for notebook, outcome in filter(None, (future.result() for future in done)):
                    on_end(notebook, outcome)
                    status.clear()
                    say(f"{outcome.lesson}: {outcome.outcome}, {outcome.seconds:.0f} s")
                status.set_description_str(_in_a_line(progress.copy().values(), stop.is_set()))
        except BaseException:
            stop.set()  # the pool waits for what is running; let that end
            raise
        finally:
            status.close()
    return stop.is_set()


def _in_a_line(progress, stopping):
    lessons = [
        f"{now.lesson} cell {now.cell}/{now.cells or '?'} · {now.seconds:.0f} s" for now in sorted(progress)
    ]
    return ("stopping: " if stopping and lessons else "") + " | ".join(lessons)
