"""Run lessons headlessly, each in a kernel of its own, and tell in a table how they ended."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # runs from a clone that is not installed, too

from lesson_batch import run_several
from lesson_plan import plan, read_profile
from lesson_summary import Summary, report

from course_utils.cli import PAIRS, PARAMETER, Parser, exit_code_of, path
from course_utils.cli.running import ensure_installed
from course_utils.files import ensure_writable

DESCRIPTION = """\
Run lessons headlessly, each in a kernel of its own, and tell in a table how they ended. The executed
notebooks, what the lessons save (artifacts/) and summary.json appear in the output folder.
Exit code 0: all passed, 1: some did not, 2: a mistake in the call (nothing ran), 130: interrupted."""


def main(arguments=None):
    """Run the command line and return its exit code: 0, 1, 2 or 130, as ``--help`` says."""
    options = _parser().parse_args(arguments)
    return exit_code_of(lambda: _run(options), "run_lessons")


def _run(options):
    profile = read_profile(options.profile)
    tasks = plan(profile, options.lessons, options.parameters, options.out, options.notebooks)
    tasks = {task.notebook: task for task in tasks}
    ensure_installed()
    ensure_writable(options.out)
    summary = Summary(options.out / "summary.json", options.profile, keep=options.resume)
    earlier = {task.lesson for task in tasks.values() if options.resume and summary.has_passed(task)}
    interrupted = run_several(
        {notebook: task.parameters for notebook, task in tasks.items() if task.lesson not in earlier},
        options.out,
        options.timeout or profile["timeout"],
        options.jobs,
        lambda notebook, outcome: summary.add(tasks[notebook], outcome),
    )
    reached = summary.this_run | earlier
    lessons = [task.lesson for task in tasks.values()]
    records = {lesson: summary.records[lesson] if lesson in reached else {} for lesson in lessons}
    report(records, earlier, summary.explanations)
    if interrupted:
        return 130
    return 0 if all(record.get("outcome") == "passed" for record in records.values()) else 1


def _parser():
    parser = Parser(
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
    parser.add_argument(
        *PARAMETER, **PAIRS, help="set a parameter; every chosen lesson must have it (repeatable)"
    )
    parser.add_argument(
        "--out",
        type=path,
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
        "--notebooks", type=path, metavar="DIR", help="another folder of lessons, for lessons of your own"
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
    sys.exit(main())
