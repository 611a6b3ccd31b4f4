"""Load: the pictures of a lesson, split and ready for ``tf.data``, published or drawn."""

from pathlib import Path

import numpy as np

from course_utils.data import folders, sources
from course_utils.data.attributes import AttributePictures, load_attributes
from course_utils.data.pictures import Pictures, announce, as_dataset, streamed
from course_utils.data.splitting import check_share, in_three, set_aside
from course_utils.errors import CourseError, NotAvailable

__all__ = ["AttributePictures", "Pictures", "arrays", "load", "load_attributes"]

TEST_SHARE = 0.2  # of a folder, for a set whose published pictures have a test split
FOLDER_SIZE = (299, 299)  # of a folder's pictures, for a set whose pictures vary in size


def load(name, source="auto", validation=0.2, seed=0, test=None):
    """Load data set ``name`` as ``Pictures`` and say in one line which source was taken, and why.

    ``source`` is ``"auto"``, ``"tfds"`` or ``"sample"`` (see ``sources.find``), or a folder of your own with
    a subfolder of pictures for each class, which are brought to the size and the channels of ``name``.
    ``validation`` is the share (0 to 1, exclusive) of the published training split that is kept aside to
    steer by, with the same share of every class, chosen by ``seed``.

    The published test split stays whole. Where there is none, ``test`` is a share of all pictures to judge
    by, taken before ``validation``; without it ``pictures.test`` is None. A folder has no test split: a fifth
    of every class becomes one where the published set has one. Near-duplicates in a folder stay on one side.

    Pictures of one size (Fashion-MNIST) are decoded once and kept in memory as ``uint8``: 55 MB. Those of
    varying sizes stream: they are decoded in each pass, and memory holds their labels only. Pictures of a
    folder stream from a file in the course's cache. Damaged files are found here, before any training.
    Raises CourseError for an unknown name or source, a share outside (0, 1), ``test`` for a set that has its
    own, published data that is damaged or cannot be had, and a folder that ``read_folder`` cannot use.
    """
    check_share("validation", validation)
    has_test = "test" in sources.data_set(name).splits
    if test is not None:
        check_share("test", test)
        if has_test:
            raise CourseError(f"test = {test!r}: {name} has a published test split. Leave the argument out.")
    if source in sources.SOURCES:
        pictures = _load_published(name, source, validation, seed, test)
    else:
        pictures = _load_folder(name, source, validation, seed, TEST_SHARE if has_test else test)
    announce(pictures)
    return pictures


def arrays(dataset):
    """Return a dataset of ``(image, label)`` pairs of equal shape as two arrays: images, labels."""
    batches = list(dataset.batch(1_000).as_numpy_iterator())
    return tuple(np.concatenate(part) for part in zip(*batches, strict=True))


def _load_published(name, source, validation, seed, test):
    found, parts = _read(name, source)
    info = found.builder.info
    names, shape = info.features["label"].names, info.features["image"].shape
    images, labels = parts["train"]
    rows = _split(labels, validation, seed, test, None, names)
    if images is None:
        part_of = {part: streamed(found.builder, "train", chosen) for part, chosen in rows.items()}
    else:
        part_of = {part: as_dataset(images, labels, chosen) for part, chosen in rows.items()}
    counts = {part: len(chosen) for part, chosen in rows.items()}
    if "test" in parts:
        part_of["test"], counts["test"] = as_dataset(*parts["test"]), len(parts["test"][1])
    return Pictures(
        name=name,
        source=found.source,
        why=found.why,
        class_names=names,
        shape=shape,
        counts=counts,
        info=info,
        **part_of,
    )


def _load_folder(name, source, validation, seed, test):
    height, width, channels = sources.published(name).info.features["image"].shape
    if not Path(source).expanduser().is_dir():
        raise CourseError(
            f"DATA = {source!r} is not a source of pictures. Allowed are "
            f"{', '.join(map(repr, sources.SOURCES))} (the published pictures where they can be had, only "
            "those, or the drawn sample), and a folder that has a subfolder of pictures for each class."
        )
    size = (height, width) if height and width else FOLDER_SIZE
    found = folders.read_folder(source, size, channels)
    labels, names = found.labels, found.class_names
    parts = _split(labels, validation, seed, test, found.groups, names)
    return Pictures(
        name=name,
        source="folder",
        why=f"from {found.path}",
        class_names=names,
        shape=found.images.shape[1:],
        counts={part: len(rows) for part, rows in parts.items()},
        skipped=found.skipped,
        twins=found.twins,
        **{part: as_dataset(found.images, labels, rows) for part, rows in parts.items()},
    )


def _split(labels, validation, seed, test, groups, names):
    """Return the rows of each part, a dict; without ``test`` there are two."""
    if test is not None:
        return in_three(labels, validation, test, seed, groups, names)
    kept, aside = set_aside("validation", validation, labels, seed, groups, names)
    return {"train": kept, "validation": aside}


def _read(name, source):
    """Read the splits; with ``"auto"`` the sample takes the place of damaged published data.

    Return what was found, and a dict of split to (images, labels), without images where they vary in size.
    """
    found = sources.find(name, source)
    try:
        return found, _arrays_of(found.builder)
    except NotAvailable as damage:
        if found.source == "sample" or source != "auto":
            raise
        found = sources.Found(sources.sample(name), "sample", str(damage))
        return found, _arrays_of(found.builder)


def _arrays_of(builder):
    splits = tuple(builder.info.splits)
    if None in builder.info.features["image"].shape:
        return {split: (None, sources.labels(builder, split)) for split in splits}
    return dict(zip(splits, sources.decode(builder, splits), strict=True))
