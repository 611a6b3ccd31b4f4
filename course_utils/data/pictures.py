"""What every loader returns: one data set in parts."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

SOURCES_IN_WORDS = {
    "tfds": "tfds",
    "sample": "sample (drawn by the course, not photographs)",
    "folder": "folder (your own pictures)",
}


@dataclass(frozen=True)
class Pictures:
    """One data set in three parts.

    ``train``, ``validation`` and ``test`` are ``tf.data.Dataset`` of single ``(image, label)`` pairs: image
    ``uint8`` of shape (height, width, channels) with values 0 to 255, label ``int64``, a position in
    ``class_names``. They come unbatched and unscaled, each time in the same order; ``counts`` says how many
    pairs each has. Where pictures vary in size, ``shape`` is (None, None, channels); ``test`` is None where a
    set has no such part. ``source`` is ``"tfds"``, ``"sample"`` or ``"folder"``, ``why`` the reason for it,
    ``info`` the ``tfds.core.DatasetInfo`` (None for a folder).

    Of a folder, ``skipped`` lists the files that could not be read, with the reason, and ``twins`` counts the
    pictures that have a near-duplicate; duplicates are all in the same part.
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
    twins: int = field(repr=False, default=0)

    def __repr__(self):
        rows = {
            "data set": self.name,
            "source": SOURCES_IN_WORDS[self.source],
            **{f"{part} pictures": f"{count:,}" for part, count in self.counts.items()},
            "shape": " x ".join("any" if side is None else str(side) for side in self.shape),
            "classes": f"{len(self.class_names)}: {', '.join(self.class_names)}",
        }
        if self.source == "folder":
            rows["near-duplicates"] = f"{self.twins:,} pictures, each in the same part as its twin"
        if self.skipped:
            rows["unreadable files"] = f"{len(self.skipped):,}, left out: {_some(self.skipped)}"
        return "\n".join(f"{key:<20}{value}" for key, value in rows.items())


def as_dataset(images, labels, rows=None):
    """Return an unbatched ``tf.data.Dataset`` of ``(image, label)``; with ``rows`` of these rows, in order.

    ``images`` [n, height, width, channels] may be a memory map: a picture is read when it is its turn, so
    that memory does not grow with the number of pictures.
    """
    import tensorflow as tf

    if not isinstance(images, np.memmap):
        chosen = slice(None) if rows is None else rows
        return tf.data.Dataset.from_tensor_slices((images[chosen], labels[chosen]))
    rows = np.arange(len(labels)) if rows is None else np.asarray(rows)

    def picture(row, label):
        image = tf.numpy_function(lambda row: np.array(images[row]), [row], tf.uint8, stateful=False)
        return tf.ensure_shape(image, images.shape[1:]), label

    return tf.data.Dataset.from_tensor_slices((rows, labels[rows])).map(picture)


def streamed(builder, split, rows):
    """Return these ``rows`` of a TFDS ``split`` as an unbatched dataset of (image, label), in file order.

    Each pass reads the files again and decodes these pictures alone, in parallel.
    """
    import tensorflow as tf

    from course_utils.data import sources

    chosen = np.zeros(builder.info.splits[split].num_examples, bool)
    chosen[rows] = True
    chosen, image_feature = tf.constant(chosen), builder.info.features["image"]

    @tf.autograph.experimental.do_not_convert
    def decode(row, encoded):
        return image_feature.decode_example(encoded[0]), encoded[1]

    dataset = sources.examples(builder, split, decoded=False).enumerate()
    dataset = dataset.filter(lambda row, encoded: chosen[row]).map(
        decode, num_parallel_calls=tf.data.AUTOTUNE
    )
    return dataset.apply(tf.data.experimental.assert_cardinality(len(rows)))


def announce(pictures):
    """Say in one line where the pictures come from, and mark the figures that follow as *sample* or not."""
    from course_utils import plots

    plots.use_source(pictures.source)
    if pictures.source == "tfds":
        print(f"Data: the published {pictures.name}, {pictures.why}.")
    elif pictures.source == "folder":
        print(f"Data: your own pictures, {pictures.why}.")
    else:
        print(f"Data: the drawn sample of {pictures.name}. Why: {pictures.why}")


def _some(skipped, count=5):
    shown = "; ".join(f"{name} ({reason})" for name, reason in skipped[:count])
    return shown + (f"; and {len(skipped) - count:,} more in .skipped" if len(skipped) > count else "")
