"""``course fetch``: download ahead what lessons need, and say the sizes first."""

from course_utils.cli.lessons import find_lesson
from course_utils.data import sources
from course_utils.data.catalog import (
    BORROWED,
    BROUGHT_BY_LESSON,
    DATA_SETS,
    NEEDED_BY_LESSON,
    VGG19,
    WEIGHTS_BY_LESSON,
)


def run(options):
    """Fetch the pictures and weights of ``options.lessons`` (texts; none: all); return the exit code 0.

    Raises CourseError for a lesson that does not exist, and NotAvailable where a download is not possible.
    """
    lessons = [find_lesson(text).stem for text in options.lessons]
    lessons = lessons or [*NEEDED_BY_LESSON, *BROUGHT_BY_LESSON]
    data_sets = _of_lessons(lessons, NEEDED_BY_LESSON)
    own_folders = set(filter(None, map(BROUGHT_BY_LESSON.get, lessons)))
    for name in own_folders:
        print(f"{name}: cannot be downloaded; the lessons take a folder of your own, or drawings")
    if not data_sets and not own_folders:
        print("Nothing to fetch: these lessons need no pictures from outside.")
        return 0
    missing = [name for name in data_sets if not _is_here(name)]
    networks = _of_lessons(lessons, WEIGHTS_BY_LESSON)
    for handle in networks:
        size = f"about {BORROWED[handle].download_bytes / 1e6:.0f} MB"
        print(f"Weights of {BORROWED[handle].title}: {size}, if they are not here yet")
    for name in missing:
        print(f"{DATA_SETS[name].title}: ready in {sources.download(name).data_path}")
    for handle in networks:
        _fetch_weights(handle)
    return 0


def _of_lessons(lessons, table):
    """Return what ``table``, a dict of lesson to list, has for ``lessons``, each entry once."""
    return list(dict.fromkeys(name for lesson in lessons for name in table.get(lesson, [])))


def _is_here(name):
    """Say where a data set is, or how large it is, and return whether it is here."""
    data_set, builder = DATA_SETS[name], sources.published(name)
    if builder.is_prepared():
        print(f"{data_set.title}: already in {builder.data_path}")
        return True
    print(
        f"{data_set.title}: {data_set.download_bytes / 1e6:.0f} MB to download, "
        f"{data_set.prepared_bytes / 1e6:.0f} MB on disk, in {builder.data_path}"
    )
    return False


def _fetch_weights(handle):
    from course_utils import backbones, modules

    if handle == VGG19:
        backbones.vgg19("published")
    else:
        modules.find(handle, "published")
