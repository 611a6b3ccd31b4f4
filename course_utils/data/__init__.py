"""Load: the pictures of a lesson, split and ready for ``tf.data``, published, drawn or your own."""

import numpy as np

from course_utils import availability
from course_utils.data import folders, tfds_sets
from course_utils.data.attributes import AttributePictures, load_attributes
from course_utils.data.catalog import data_set
from course_utils.data.pictures import Pictures
from course_utils.data.reading import read_picture
from course_utils.data.splitting import check_seed, check_share, split
from course_utils.errors import CourseError

__all__ = ["AttributePictures", "Pictures", "arrays", "load", "load_attributes", "read_picture"]

TEST_SHARE = 0.2  # of a folder, for a set whose published pictures have a test split
FOLDER_SIZE = (299, 299)  # of a folder's pictures, for a set whose pictures vary in size


def load(name, source="auto", validation=0.2, seed=0, test=None, near_duplicates_together=True):
    """Load data set ``name`` as ``Pictures`` and say in one line which source was taken, and why.

    ``source`` is ``"tfds"`` for the published pictures, prepared already or downloaded now; ``"sample"`` for
    the drawn ones of the course; ``"auto"`` for the published ones where that works, else the sample; or a
    folder of your own with a subfolder of pictures for each class, which are brought to the size and the
    channels of ``name``. ``validation`` is the share (0 to 1, exclusive) of the published training split that
    is kept aside to steer by, with the same share of every class, chosen by ``seed``.

    The published test split stays whole. Where there is none, ``test`` is a share of all pictures to judge
    by, taken before ``validation``; without it ``pictures.test`` is None. A folder has no test split: a fifth
    of every class becomes one where the published set has one, unless it has folders ``train``, ``val`` and
    ``test`` itself. Near-duplicates in a folder stay on one side,
    unless ``near_duplicates_together`` is False.

    Pictures of one size (Fashion-MNIST) are decoded once and kept in memory as ``uint8``: 55 MB. Those of
    varying sizes stream: they are decoded in each pass, and memory holds their labels only. Pictures of a
    folder stream from a file in the course's cache. Damaged files are found here, before any training.
    Raises CourseError for an unknown name or source, a share outside (0, 1), ``test`` for a set that has its
    own, published data that is damaged or cannot be had, and a folder that ``folders.read`` cannot use.
    """
    choice, rows = divided(name, source, validation, seed, test, near_duplicates_together)
    contents = choice.value
    parts = {part: contents.dataset(chosen) for part, chosen in rows.items()}
    if contents.test is not None:
        parts["test"] = contents.test
    availability.announce(name, choice.taken, choice.why)
    return Pictures(
        name=name,
        source=choice.taken,
        why=choice.why,
        class_names=contents.class_names,
        shape=contents.shape,
        counts={part: int(dataset.cardinality()) for part, dataset in parts.items()},
        info=contents.info,
        skipped=contents.skipped,
        near_duplicates=contents.near_duplicates,
        **parts,
    )


def divided(name, source="auto", validation=0.2, seed=0, test=None, near_duplicates_together=True):
    """Do what ``load`` does up to the split, for a folder without TensorFlow: all that can be wrong with one.

    Return an ``availability.Choice`` with the ``Contents``, and the rows of each part as ``split`` does.
    """
    entry = data_set(name)
    check_seed(seed)
    check_share("validation", validation)
    if test is not None:
        check_share("test", test)
        if "test" in entry.splits:
            raise CourseError(f"test = {test!r}: {name} has a published test split. Leave the argument out.")
    if folders.is_folder(source):
        size = entry.shape[:2] if None not in entry.shape else FOLDER_SIZE
        contents = folders.read(source, size, entry.shape[2])
        choice = availability.Choice(contents, "folder", f"from {source}")
        test = TEST_SHARE if "test" in entry.splits else test
    else:
        choice = availability.choose("DATA", source, lambda: _published(name), lambda: _sample(name))
    return choice, split(choice.value, validation, test, seed, together=near_duplicates_together)


def arrays(dataset):
    """Return a dataset of ``(image, label)`` pairs of equal shape as two arrays: images, labels."""
    batches = list(dataset.batch(1_000).as_numpy_iterator())
    return tuple(np.concatenate(part) for part in zip(*batches, strict=True))


def _published(name):
    builder, why = availability.obtain(tfds_sets.published(name))
    return tfds_sets.read(builder), why


def _sample(name):
    return tfds_sets.read(tfds_sets.sample(name))
