"""The command ``course``: is this machine ready, and download the pictures ahead."""

import argparse
import sys

from course_utils import __version__
from course_utils.errors import CourseError


def main(arguments=None):
    """Run the command line and return its exit code: 0 done, 1 not possible here, 2 a mistake in the call."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except CourseError as error:
        print(f"course {options.command}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"course {options.command}: interrupted; finished files are kept.", file=sys.stderr)
        return 130


def _parser():
    parser = argparse.ArgumentParser(prog="course", description="The image-classification course.")
    parser.add_argument("--version", action="version", version=f"course {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    doctor = commands.add_parser(
        "doctor",
        help="what is installed, which pictures are here, what each lesson needs",
        description="Say in a table whether the course can run on this machine. Exit code 0: it can.",
    )
    doctor.set_defaults(run=_doctor)

    fetch = commands.add_parser(
        "fetch",
        help="download the pictures of some or all lessons ahead",
        description="Download what the lessons need to where TensorFlow Datasets keeps its data "
        "(TFDS_DATA_DIR). Says the sizes first; what is here already is not fetched again.",
    )
    fetch.add_argument("lessons", nargs="*", metavar="LESSON", help="such as 02; without any: all lessons")
    fetch.add_argument("--sample", action="store_true", help="also draw the sample pictures ahead")
    fetch.set_defaults(run=_fetch)
    return parser


def _doctor(options):
    from course_utils import doctor

    report = doctor.report()
    print(report)
    return 0 if report.ready else 1


def _fetch(options):
    from course_utils import running
    from course_utils.data import samples, sources
    from course_utils.data.catalog import DATA_SETS, NEEDED_BY_LESSON

    lessons = [running.find_lesson(text).stem for text in options.lessons] or list(NEEDED_BY_LESSON)
    needed = list(dict.fromkeys(name for lesson in lessons for name in NEEDED_BY_LESSON.get(lesson, [])))
    if not needed:
        print("Nothing to fetch: these lessons need no pictures from outside.")
        return 0
    missing = []
    for name in needed:
        entry, builder = DATA_SETS[name], sources.published(name)
        if builder.is_prepared():
            print(f"{entry.title}: already in {builder.data_path}")
            continue
        missing.append(name)
        print(
            f"{entry.title}: {entry.download_bytes / 1e6:.0f} MB to download, "
            f"{entry.prepared_bytes / 1e6:.0f} MB on disk, in {builder.data_path}"
        )
    if options.sample:
        for name in needed:
            print(f"Sample of {DATA_SETS[name].title}: in {samples.prepared(name).data_path}")
    for name in missing:
        print(f"{DATA_SETS[name].title}: ready in {sources.download(name).data_path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
