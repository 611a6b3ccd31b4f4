"""``course progress``: the map of the exercises that are done, to keep elsewhere or to begin anew."""

import json

from course_utils import record
from course_utils.cli.lessons import find_lesson
from course_utils.errors import say
from course_utils.exercises import CourseMap
from course_utils.files import expanded, written_whole


def run(options):
    """Show the map, export the progress, or forget that of one lesson; return 0."""
    if options.reset:
        lesson = find_lesson(options.reset).stem
        say(f"{record.reset(lesson[:2])} exercises of {lesson} are open again.")
    elif options.export:
        with written_whole(expanded(options.export)) as path:
            path.write_text(json.dumps({"version": 1, "exercises": record.load()}, indent=1) + "\n", "utf-8")
        say(f"Written: {options.export}. Put it at {record.path()} on another machine to go on there.")
    else:
        print(CourseMap())
    return 0
