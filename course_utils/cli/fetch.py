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
    data_sets = dict.fromkeys(name for lesson in lessons for name in NEEDED_BY_LESSON.get(lesson, []))
    networks = dict.fromkeys(handle for lesson in lessons for handle in WEIGHTS_BY_LESSON.get(lesson, []))
    own_folders = {BROUGHT_BY_LESSON[lesson] for lesson in lessons if lesson in BROUGHT_BY_LESSON}
    for name in own_folders:
        print(f"{name}: cannot be downloaded; the lessons take a folder of your own, or drawings")
    if not data_sets and not own_folders:
        print("Nothing to fetch: these lessons need no pictures from outside.")
    missing = [name for name in data_sets if not _is_here(name)]
    for handle in networks:
        size = f"about {BORROWED[handle].download_bytes / 1e6:.0f} MB"
        print(f"Weights of {BORROWED[handle].title}: {size}, if they are not here yet")
    for name in missing:
        print(f"{DATA_SETS[name].title}: ready in {sources.download(name).data_path}")
    for handle in networks:
        _fetch_weights(handle)
    return 0


def _is_here(name):
    """Say where a data set is, or how large it is, and return whether it is here."""
    data_set, builder = DATA_SETS[name], sources.published(name)
    if builder.is_prepared():
        print(f"{data_set.title}: already in {builder.data_path}")
        return True
    sizes = (f"{size / 1e6:.0f} MB" for size in (data_set.download_bytes, data_set.prepared_bytes))
    print("{}: {} to download, {} on disk, in {}".format(data_set.title, *sizes, builder.data_path))
    return False


def _fetch_weights(handle):
    from course_utils import backbones, modules

    backbones.vgg19("published") if handle == VGG19 else modules.find(handle, "published")
