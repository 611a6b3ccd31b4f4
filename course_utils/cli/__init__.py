"""The command ``course``: check this machine, fetch pictures, train a lesson, classify with its model.

Here is how it is called; the module named like a command does it, with ``run(options)``.
"""

import argparse
import contextlib
import importlib
import os
import signal
import sys
from pathlib import Path

from course_utils import __version__
from course_utils.cli.running import calling_on
from course_utils.errors import CourseError, in_a_line, printable, say
from course_utils.files import expanded

# The option -p of every command that runs lessons; ``lessons.checked_parameters`` reads the values.
PARAMETER = ("-p", "--parameter")
PAIRS = {"dest": "parameters", "nargs": 2, "metavar": ("NAME", "VALUE"), "action": "append", "default": []}


def main(arguments=None):
    """Run the command line ``arguments`` (default: this process's) and return its exit code.

    It is 0: done, 1: not possible here, or not for all of it, 2: a mistake in the call, 130: interrupted.
    """
    options = _parser().parse_args(arguments)

    def run():
        # Imported only now: they need TensorFlow and more, and --help answers at once.
        return importlib.import_module(f"course_utils.cli.{options.command}").run(options)

    return exit_code_of(run, f"course {options.command}")


def exit_code_of(run, name):
    """Return the exit code of ``run()``, the command ``name``; what ends it early is told in one line."""
    with contextlib.suppress(AttributeError):  # a letter that the terminal's encoding lacks stops nothing
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with calling_on((signal.SIGTERM,), _interrupt):  # as Ctrl-C: what is begun is cleaned up
            return run()
    except CourseError as error:
        say(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        say(f"{name}: interrupted; finished files are kept.", file=sys.stderr)
        return 130
    except OSError as error:  # the output cannot be written; a reader such as head may have seen enough
        if not isinstance(error, BrokenPipeError):
            say(f"{name}: {in_a_line(error)}", file=sys.stderr)
        try:
            sys.stdout.flush()
        except OSError:  # Python would try again, and tell, at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _interrupt():
    raise KeyboardInterrupt


class Parser(argparse.ArgumentParser):
    """One whose messages hold no raw names: a file called ``-x`` is taken for an option and named."""

    def error(self, message):
        super().error(printable(message))


def path(text):
    """Return what ``text`` on a command line names; nothing, as of an unset variable, is not this folder."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty, and should be a path")
    return expanded(text)


def _parser():
    parser = Parser(prog="course", description="The image-classification course.")
    parser.add_argument("--version", action="version", version=f"course {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    doctor = commands.add_parser(
        "doctor",
        help="what is installed, which pictures are here, what each lesson needs",
        description="Say in a table whether the course can run on this machine. Exit code 0: it can.",
    )
    clear = "first delete copies of pictures, features, or all that the course's cache has"
    doctor.add_argument("--clear", choices=("pictures", "features", "all"), help=clear)

    fetch = commands.add_parser(
        "fetch",
        help="download the pictures of some or all lessons ahead",
        description="Download what the lessons need to where TensorFlow Datasets keeps its data "
        "(TFDS_DATA_DIR). Says the sizes first; what is here already is not fetched again.",
    )
    fetch.add_argument("lessons", nargs="*", metavar="LESSON", help="such as 02; without any: all lessons")

    classify = commands.add_parser(
        "classify",
        help="name what is on pictures, with the model that a lesson kept",
        description="Print a line for each picture: its labels and their probabilities. Exit code 0: all "
        "were classified, 1: some could not be read or copied, 2: a mistake in the call, or no model there.",
    )
    classify.add_argument("model", type=path, metavar="MODEL_DIR", help="a lesson's folder in artifacts/")
    classify.add_argument("images", type=path, nargs="+", metavar="IMAGE", help="a picture, or a folder")
    choice = classify.add_mutually_exclusive_group()
    choice.add_argument("--top", type=int, metavar="K", help="name the K best labels (of each output)")
    several = "name all labels above this probability, 0 to 1 (models with any number of labels a picture)"
    choice.add_argument("--threshold", type=float, metavar="P", help=several)
    classify.add_argument("--annotate", type=path, metavar="DIR", help="write copies with the labels on them")
    trusted = "let the model use this module of TensorFlow Hub too: a program, which runs (repeatable)"
    classify.add_argument("--trust-module", action="append", default=[], metavar="HANDLE", help=trusted)
    classify.add_argument("--json", action="store_true", help="print one JSON document instead of lines")

    train = commands.add_parser(
        "train",
        help="run a lesson on pictures of your own and keep its model",
        description="Execute a lesson's notebook and show what it prints. Ctrl-C ends the running fit and "
        "the lesson goes on with what was reached; a second Ctrl-C stops it. Exit code 0: passed, 1: failed, "
        "2: a mistake in the call (nothing ran), 130: interrupted.",
    )
    train.add_argument("lesson", metavar="LESSON", help="such as 06, or a path to a notebook")
    pictures = "a folder with a subfolder of pictures for each class; or 'sample': drawings, to try it out"
    train.add_argument("--dataset", required=True, metavar="DIR", help=pictures)
    train.add_argument("--epochs", type=int, metavar="N", help="the lesson's parameter EPOCHS")
    results = "for the executed notebook and artifacts/ with the model (default: build/train)"
    train.add_argument("--out", type=path, default=Path("build/train"), metavar="DIR", help=results)
    train.add_argument(*PARAMETER, **PAIRS, help="set another parameter of the lesson (repeatable)")
    collect = commands.add_parser(
        "collect",
        help="make a data set of a folder as people have it",
        description="Check the pictures of a folder with a subfolder for each class; write usable copies, "
        "upright JPEGs without duplicates, with a report and a contact sheet. The folder itself is only "
        "read; run it again after a change. Exit code 0: done, 1: a class has no usable picture.",
    )
    collect.add_argument("source", type=path, metavar="SRC", help="the pictures as you have them")
    collect.add_argument("destination", type=path, metavar="DST", help="where the data set appears")
    least = "pixels that the shorter side must have (default: 64)"
    collect.add_argument("--least", type=int, default=64, metavar="N", help=least)
    largest = "pixels that the longer side may keep (default: 1024)"
    collect.add_argument("--largest", type=int, default=1024, metavar="N", help=largest)
    _add_exercises(commands)
    return parser


def _add_exercises(commands):
    progress = commands.add_parser(
        "progress",
        help="which exercises are done",
        description="Show the map of the course with the exercises that are done on this machine.",
    )
    choice = progress.add_mutually_exclusive_group()
    choice.add_argument("--export", type=path, metavar="FILE", help="write the progress to a file (JSON)")
    choice.add_argument("--reset", metavar="LESSON", help="forget the exercises of a lesson, such as 02")

    notebook = commands.add_parser(
        "notebook",
        help="a copy of a lesson to work in or to hand out",
        description="Write a copy of a lesson, or bring one up to date without touching the work in it.",
    )
    notebook.add_argument("lesson", metavar="LESSON", help="such as 02")
    notebook.add_argument("copy", type=path, metavar="DST", help="a folder, or a file that ends in .ipynb")
    notebook.add_argument("--without-solutions", action="store_true", help="leave the solutions out")
    update = "renew what you did not change; cells that you changed or added stay as they are"
    notebook.add_argument("--update", action="store_true", help=update)

    grade = commands.add_parser(
        "grade",
        help="execute a class's exercises and say who passed which",
        description="Execute the exercises of each notebook in a folder; write grades.csv and grades.html. "
        "This runs strangers' code, with limits on time, memory and output, as you: do it in a container "
        "without network. Exit code 0: all were graded, 1: some could not be read, 2: a mistake in the call.",
    )
    grade.add_argument("folder", type=path, metavar="FOLDER", help="with a notebook for each student")
    results = "for grades.csv and grades.html (default: build/grades)"
    grade.add_argument("--out", type=path, default=Path("build/grades"), metavar="DIR", help=results)
    grade.add_argument("--resume", action="store_true", help="skip what an earlier run has graded")
    seconds = "that one exercise may take (default: 60)"
    grade.add_argument("--seconds", type=float, default=60, metavar="S", help=seconds)
    memory = "gigabytes that one submission may take (default: 2)"
    grade.add_argument("--memory", type=float, default=2, metavar="GB", help=memory)
    where = grade.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="at once (default: one a core)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that is there already")
