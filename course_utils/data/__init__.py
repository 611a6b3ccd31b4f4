"""Load: the pictures of a lesson, split and ready for ``tf.data``, published or drawn."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.data import samples, sources
from course_utils.errors import CourseError, NotAvailable

__all__ = ["Pictures", "arrays", "load"]


@dataclass(frozen=True)
class Pictures:
    """One data set in three parts.

    ``train``, ``validation`` and ``test`` are ``tf.data.Dataset`` of single ``(image, label)`` pairs: image
    ``uint8`` of shape (height, width, channels) with values 0 to 255, label ``int64``. They come unshuffled,
    unbatched and unscaled; ``counts`` says how many pairs each has. ``source`` is ``"tfds"`` or ``"sample"``,
    ``why`` the reason for it, ``info`` the ``tfds.core.DatasetInfo``.
    """

    name: str
    source: str
    why: str
    class_names: list
    shape: tuple
    counts: dict
    train: Any = field(repr=False)
    validation: Any = field(repr=False)
    test: Any = field(repr=False)
    info: Any = field(repr=False)

    def __repr__(self):
        drawn = " (drawn by the course, not photographs)" if self.source == "sample" else ""
        rows = {
            "data set": self.name,
            "source": self.source + drawn,
            **{f"{part} pictures": f"{count:,}" for part, count in self.counts.items()},
            "shape": " x ".join(map(str, self.shape)),
            "classes": f"{len(self.class_names)}: {', '.join(self.class_names)}",
        }
        return "\n".join(f"{key:<20}{value}" for key, value in rows.items())


def load(name, source="auto", validation=0.2, seed=0):
    """Load data set ``name`` as ``Pictures`` and say in one line which source was taken, and why.

    ``source`` is ``"auto"``, ``"tfds"`` or ``"sample"`` (see ``sources.find``). ``validation`` is the share
    (0 to 1, exclusive) of the published training split that is kept aside to steer by, with the same share of
    every class, chosen by ``seed``; the published test split stays whole.

    The pictures are decoded once and kept in memory as ``uint8``: 55 MB for Fashion-MNIST. That pass also
    finds damaged files. Raises CourseError for an unknown name or source, a share outside (0, 1), and
    published data that is damaged or cannot be had.
    """
    from sklearn.model_selection import train_test_split

    if not isinstance(validation, (int, float)) or not 0 < validation < 1:
        raise CourseError(f"validation = {validation!r} is not a share between 0 and 1, such as 0.2.")
    found, train, test = _read(name, source)
    images, labels = train
    try:
        kept, aside = train_test_split(
            np.arange(len(labels)), test_size=validation, stratify=labels, random_state=seed
        )
    except ValueError as error:  # too few pictures on one side for one of each class
        raise CourseError(
            f"validation = {validation!r} leaves a part of {name} without some class: choose 0.01 to 0.99."
        ) from error
    parts = {
        "train": (images[kept], labels[kept]),
        "validation": (images[aside], labels[aside]),
        "test": test,
    }
    pictures = Pictures(
        name=name,
        source=found.source,
        why=found.why,
        class_names=found.builder.info.features["label"].names,
        shape=images.shape[1:],
        counts={part: len(pair[1]) for part, pair in parts.items()},
        info=found.builder.info,
        **{part: _dataset(pair) for part, pair in parts.items()},
    )
    _announce(pictures)
    return pictures


def arrays(dataset):
    """Return a dataset of ``(image, label)`` pairs of equal shape as two arrays: images, labels."""
    batches = list(dataset.batch(1_000).as_numpy_iterator())
    return tuple(np.concatenate(part) for part in zip(*batches, strict=True))


def _read(name, source):
    """Read both published splits whole; a damaged drawn set is drawn again, damaged published data is not."""
    found = sources.find(name, source)
    try:
        return found, *_decode(found.builder)
    except NotAvailable as damage:
        if found.source == "sample":
            found = sources.Found(samples.redraw(name), "sample", found.why)
        elif source == "auto":
            found = sources.Found(samples.prepared(name), "sample", str(damage))
        else:
            raise
        return found, *_decode(found.builder)


def _decode(builder):
    """Return (images, labels) of train and of test; raise NotAvailable where files are damaged."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    parts = []
    for split in ("train", "test"):
        expected = builder.info.splits[split].num_examples
        try:
            # One file after another, unshuffled: the same order, hence the same split, on every machine.
            dataset = builder.as_dataset(
                split=split,
                as_supervised=True,
                shuffle_files=False,
                read_config=tfds.ReadConfig(interleave_cycle_length=1),
            )
            part = arrays(dataset)
        except (tf.errors.OpError, ValueError, OSError) as error:
            problem = f"{type(error).__name__} while reading {split!r}"
        else:
            if len(part[1]) == expected:
                parts.append(part)
                continue
            problem = f"{split!r} has {len(part[1]):,} of {expected:,} pictures"
        raise NotAvailable(
            f"The prepared data in {builder.data_path} is damaged: {problem}. Delete that folder and run "
            "'course fetch' to prepare it again, or choose DATA = \"sample\"."
        )
    return parts


def _dataset(pair):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(pair)


def _announce(pictures):
    from course_utils import plots

    plots.use_source(pictures.source)
    if pictures.source == "tfds":
        print(f"Data: the published {pictures.name}, {pictures.why}.")
    else:
        print(f"Data: the drawn sample of {pictures.name}. Why: {pictures.why}")
