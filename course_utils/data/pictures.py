"""What every loader returns: one data set in parts; and what every reader gives it: all that is there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.errors import printable

SOURCES_IN_WORDS = {
    "tfds": "tfds",
    "sample": "sample (drawn by the course, not photographs)",
    "folder": "folder (your own pictures)",
}


@dataclass(frozen=True)
class Contents:
    """All pictures of one source, before they are split.

    ``labels`` [n] are positions in ``class_names``; ``dataset(rows)`` returns the (image, label) pairs of
    these rows as an unbatched ``tf.data.Dataset``, images ``uint8`` of ``shape`` (height, width, channels).
    ``groups`` [n] numbers the pictures so that near-duplicates share a number (None: there are none),
    ``test`` is the published test split, a dataset; ``files`` are the n paths in a folder, ``parts`` [n] the
    parts that the folder has itself ("train", "validation", "test"). The rest is explained at ``Pictures``.
    """

    class_names: list
    shape: tuple
    labels: np.ndarray
    dataset: Callable
    groups: np.ndarray | None = None
    test: Any = None
    info: Any = None
    files: list | None = None
    parts: np.ndarray | None = None
    skipped: tuple = ()

    @property
    def near_duplicates(self):
        """How many pictures have a near-duplicate."""
        if self.groups is None:
            return 0
        _, places, counts = np.unique(self.groups, return_inverse=True, return_counts=True)
        return int((counts[places] > 1).sum())


@dataclass(frozen=True)
class Pictures:
    """One data set in three parts.

    ``train``, ``validation`` and ``test`` are ``tf.data.Dataset`` of single ``(image, label)`` pairs: image
    ``uint8`` of shape (height, width, channels) with values 0 to 255, label ``int64``, a position in
    ``class_names``. They come unbatched and unscaled, each time in the same order; ``counts`` says how many
    pairs each has. Where pictures vary in size, ``shape`` is (None, None, channels); ``test`` is None where a
    set has no such part. ``source`` is ``"tfds"``, ``"sample"`` or ``"folder"``, ``why`` the reason for it,
    ``info`` the ``tfds.core.DatasetInfo`` (None for a folder).

    Of a folder, ``skipped`` lists the files that could not be read, with the reason, and ``near_duplicates``
    counts the pictures that have one; all of a kind are in the same part.
    """

    name: str
    source: str
    why: str
    class_names: list
    shape: tuple
    counts: dict
    train: Any = field(repr=False)
    validation: Any = field(repr=False)
    test: Any = field(repr=False, default=None)
    info: Any = field(repr=False, default=None)
    skipped: tuple = field(repr=False, default=())
    near_duplicates: int = field(repr=False, default=0)

    def __repr__(self):
        rows = {
            "data set": self.name,
            "source": SOURCES_IN_WORDS[self.source],
            **{f"{part} pictures": f"{count:,}" for part, count in self.counts.items()},
            "shape": " x ".join("any" if side is None else str(side) for side in self.shape),
            "classes": f"{len(self.class_names)}: {', '.join(self.class_names)}",
        }
        if self.source == "folder":
            rows["near-duplicates"] = f"{self.near_duplicates:,} pictures, each in the same part as its like"
        if self.skipped:
            rows["unreadable files"] = f"{len(self.skipped):,}, left out: {_some(self.skipped)}"
        return "\n".join(f"{key:<20}{printable(value)}" for key, value in rows.items())


def as_dataset(images, labels, rows=None):
    """Return arrays of images and labels, or these ``rows`` of them, as an unbatched ``tf.data.Dataset``."""
    import tensorflow as tf

    rows = slice(None) if rows is None else rows
    return tf.data.Dataset.from_tensor_slices((images[rows], labels[rows]))


def _some(skipped, count=5):
    shown = "; ".join(f"{name} ({reason})" for name, reason in skipped[:count])
    return shown + (f"; and {len(skipped) - count:,} more in .skipped" if len(skipped) > count else "")
