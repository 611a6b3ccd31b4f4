"""Run lessons headlessly, each in a kernel of its own, and tell in a table how they ended."""

import argparse
import os
import shutil
import signal
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone that is not installed, too

from lesson_plan import plan, read_profile
from lesson_summary import Summary, report

from course_utils import running
from course_utils.errors import CourseError

DESCRIPTION = """\
Run lessons headlessly, each in a kernel of its own, and tell in a table how they ended. The executed
notebooks, what the lessons save (artifacts/) and summary.json appear in the output folder.
Exit code 0: all passed, 1: some did not, 2: a mistake in the call (nothing ran), 130: interrupted."""


def main(arguments=None):
    """Run the command line and return its exit code: 0, 1, 2 or 130, as ``--help`` says."""
    options = _parser().parse_args(arguments)
    try:
        profile = read_profile(options.profile)
        tasks = plan(options, profile)
        running.ensure_installed()
        running.ensure_writable(options.out)
        summary = Summary(options.out / "summary.json", options.profile, keep=options.resume)
        earlier = {task.lesson for task in tasks if options.resume and summary.has_passed(task)}
        options.timeout = options.timeout or profile["timeout"]
        interrupted = run_all([task for task in tasks if task.lesson not in earlier], options, summary)
    except CourseError as error:
        print(f"run_lessons: {error}", file=sys.stderr)
        return error.exit_code
    reached = summary.this_run | earlier
    records = {task.lesson: summary.records[task.lesson] if task.lesson in reached else {} for task in tasks}
    report(records, earlier, summary.explanations)
    if interrupted:
        return 130
    return 0 if all(record.get("outcome") == "passed" for record in records.values()) else 1


def run_all(tasks, options, summary):
    """Run the tasks, ``options.jobs`` at once, and record each as it ends; return whether Ctrl-C came."""
    jobs = min(options.jobs, len(tasks))
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None
    stop, display = threading.Event(), Display()

    def run_one(task):
        if stop.is_set():
            return None
        display.started(task.lesson)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        output = options.out / f"{task.lesson}.ipynb"
        try:
            outcome = running.run(
                task.notebook, output, task.parameters, options.timeout, threads, display.progress, stop
            )
        except (CourseError, OSError) as error:  # such as a disk that filled up meanwhile
            outcome = running.Outcome(
                task.lesson, "failed", 0.0, 0, output, task.parameters, error=str(error)
            )
        return task, started, outcome

    with stopping_on_signals(stop), ThreadPoolExecutor(max(1, jobs)) as pool:
        pending = {pool.submit(run_one, task) for task in tasks}
        try:
            while pending:
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for result in filter(None, (future.result() for future in done)):
                    summary.add(*result)
                    display.ended(result[-1])
                display.draw(stop.is_set())
        except BaseException:
            stop.set()  # the pool waits for what is running; let that end
            raise
    return stop.is_set()


@contextmanager
def stopping_on_signals(stop):
    """Let Ctrl-C and SIGTERM set ``stop``: no exception breaks in while a result is being recorded."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda *_: stop.set()) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, handlers, strict=True):
            signal.signal(number, handler)


class Display:
    """Progress: one line rewritten in place on a terminal, elsewhere a line at each start and end."""

    def __init__(self):
        self.live, self.running = sys.stdout.isatty(), {}

    def started(self, lesson):
        if not self.live:
            print(f"{lesson}: started", flush=True)

    def progress(self, progress):
        self.running[progress.lesson] = progress

    def ended(self, outcome):
        self.running.pop(outcome.lesson, None)
        clear = "\r\x1b[K" if self.live else ""
        print(f"{clear}{outcome.lesson}: {outcome.outcome}, {outcome.seconds:.0f} s", flush=True)

    def draw(self, stopping):
        if self.live:
            parts = [
                f"{lesson} cell {now.cell}/{now.cells or '?'} · {now.seconds:.0f} s"
                for lesson, now in sorted(self.running.items())
            ]
            line = ("stopping: " if stopping and parts else "") + " | ".join(parts)
            print(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)


def _parser():
    parser = argparse.ArgumentParser(
        prog="run_lessons", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "lessons",
        nargs="*",
        metavar="LESSON",
        help="02, 02_cnn or a path to a notebook; without any: all lessons",
    )
    parser.add_argument(
        "--profile",
        default="smoke",
        metavar="NAME",
        help="how thoroughly: smoke (default), standard or full (see ci/profiles/), or a .yaml of your own",
    )
    running.add_parameter_option(parser, "set a parameter; every chosen lesson must have it (repeatable)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build/lessons"),
        metavar="DIR",
        help="output folder (default: build/lessons)",
    )
    parser.add_argument(
        "--timeout",
        type=_positive(float),
        metavar="SECONDS",
        help="for each lesson, instead of the profile's",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="skip what passed before with the same sources, profile and parameters",
    )
    parser.add_argument(
        "--jobs",
        type=_positive(int),
        default=1,
        metavar="N",
        help="lessons at once; they share the cores (default: 1)",
    )
    parser.add_argument(
        "--notebooks", type=Path, metavar="DIR", help="another folder of lessons, for lessons of your own"
    )
    return parser


def _positive(kind):
    def convert(text):
        number = kind(text)
        if not 0 < number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not a positive number")
        return number

    convert.__name__ = "positive number"  # argparse puts it into its message
    return convert


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while checking: nothing runs yet
        sys.exit(130)
