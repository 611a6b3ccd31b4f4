"""``course fetch``: download ahead what lessons need, and say the sizes first."""

import itertools

from course_utils import availability
from course_utils.cli.lessons import all_lessons, find_lesson, needs
from course_utils.data.attributes import NAME as BROUGHT
from course_utils.errors import NotAvailable, say


def run(options):
    """Fetch the pictures and weights of ``options.lessons`` (texts; none: all); return the exit code 0 or 1.

    What is damaged or cannot be downloaded is said, and the rest is fetched all the same. Raises CourseError
    for a lesson that does not exist.
    """
    notebooks = [find_lesson(text) for text in options.lessons] or all_lessons().values()
    needed = list(map(needs, notebooks))
    names, handles = (list(dict.fromkeys(itertools.chain(*part))) for part in zip(*needed, strict=True))
    if BROUGHT in names:
        say(f"{BROUGHT}: cannot be downloaded; the lessons take a folder of your own, or drawings")
        names.remove(BROUGHT)
    elif not names + handles:
        say("Nothing to fetch: these lessons need nothing from outside.")
    missing, failed = [], False
    for part in _parts(names, handles):
        state, detail = availability.outlook(part)
        say(f"{part.title}: {'damaged. ' if state == 'damaged' else ''}{detail}")
        failed |= state == "damaged"
        if state in ("download", "unreachable"):
            missing.append(part)
    for part in missing:
        try:
            say(f"{part.title}: {availability.obtain(part)[1]}")
        except NotAvailable as error:
            say(str(error))
            failed = True
    return int(failed)


def _parts(names, handles):
    """Yield an ``availability.Published`` for each part of these data sets and networks."""
    from course_utils import pretrained
    from course_utils.data import tfds_sets

    yield from map(tfds_sets.published, names)
    yield from itertools.chain.from_iterable(map(pretrained.published, handles))
