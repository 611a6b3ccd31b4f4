"""Load: the pictures of a lesson, split and ready for ``tf.data``, published or drawn."""

from pathlib import Path

import numpy as np

from course_utils.data import folders, samples, sources
from course_utils.data.attributes import AttributePictures, load_attributes
from course_utils.data.pictures import Pictures, announce, as_dataset
from course_utils.data.splitting import check_share, in_three, set_aside
from course_utils.errors import CourseError, NotAvailable

__all__ = ["AttributePictures", "Pictures", "arrays", "load", "load_attributes"]

TEST_SHARE = 0.2  # of a folder, which has no published test split


def load(name, source="auto", validation=0.2, seed=0):
    """Load data set ``name`` as ``Pictures`` and say in one line which source was taken, and why.

    ``source`` is ``"auto"``, ``"tfds"`` or ``"sample"`` (see ``sources.find``), or a folder of your own with
    a subfolder of pictures for each class, which are brought to the size and the channels of ``name``.
    ``validation`` is the share (0 to 1, exclusive) of the published training split that is kept aside to
    steer by, with the same share of every class, chosen by ``seed``; the published test split stays whole. A
    folder has no such split: a fifth of every class becomes one, with near-duplicates on one side.

    Published pictures are decoded once and kept in memory as ``uint8``: 55 MB for Fashion-MNIST. That pass
    also finds damaged files. Those of a folder stream from a file in the course's cache. Raises CourseError
    for an unknown name or source, a share outside (0, 1), published data that is damaged or cannot be had,
    and a folder that ``folders.read_folder`` cannot use.
    """
    check_share("validation", validation)
    if source not in sources.SOURCES:
        pictures = _load_folder(name, source, validation, seed)
    else:
        pictures = _load_published(name, source, validation, seed)
    announce(pictures)
    return pictures


def arrays(dataset):
    """Return a dataset of ``(image, label)`` pairs of equal shape as two arrays: images, labels."""
    batches = list(dataset.batch(1_000).as_numpy_iterator())
    return tuple(np.concatenate(part) for part in zip(*batches, strict=True))


def _load_published(name, source, validation, seed):
    found, (images, labels), test = _read(name, source)
    class_names = found.builder.info.features["label"].names
    kept, aside = set_aside("validation", validation, labels, seed, names=class_names)
    return Pictures(
        name=name,
        source=found.source,
        why=found.why,
        class_names=class_names,
        shape=images.shape[1:],
        counts={"train": len(kept), "validation": len(aside), "test": len(test[1])},
        info=found.builder.info,
        train=as_dataset(images, labels, kept),
        validation=as_dataset(images, labels, aside),
        test=as_dataset(*test),
    )


def _load_folder(name, source, validation, seed):
    height, width, channels = sources.published(name).info.features["image"].shape
    if not Path(source).expanduser().is_dir():
        raise CourseError(
            f"DATA = {source!r} is not a source of pictures. Allowed are "
            f"{', '.join(map(repr, sources.SOURCES))} (the published pictures where they can be had, only "
            "those, or the drawn sample), and a folder that has a subfolder of pictures for each class."
        )
    found = folders.read_folder(source, (height, width), channels)
    labels, names = found.labels, found.class_names
    parts = in_three(labels, validation, TEST_SHARE, seed, found.groups, names)
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


def _read(name, source):
    """Read both published splits whole; a damaged drawn set is drawn again, damaged published data is not."""
    found = sources.find(name, source)
    splits = ("train", "test")
    try:
        return found, *sources.decode(found.builder, splits)
    except NotAvailable as damage:
        if found.source == "sample":
            found = sources.Found(samples.redraw(name), "sample", found.why)
        elif source == "auto":
            found = sources.Found(samples.prepared(name), "sample", str(damage))
        else:
            raise
        return found, *sources.decode(found.builder, splits)
