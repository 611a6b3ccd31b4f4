"""Read a data set that TensorFlow Datasets (TFDS) prepared: a published one, or a drawn one of the course."""

from functools import partial
from pathlib import Path

import numpy as np

from course_utils import checksums, machine
from course_utils.availability import Published
from course_utils.data.catalog import data_set
from course_utils.data.pictures import Contents, as_dataset
from course_utils.errors import NotAvailable, in_a_line
from course_utils.files import course_folder, expanded


def published(name):
    """Return the ``availability.Published`` of data set ``name``, whose value is a TFDS builder."""
    entry = data_set(name)
    tfds = quiet_tfds()
    folder = expanded(tfds.core.constants.DATA_DIR) / name

    def look():
        for path in folder.rglob("*"):
            if (
                path.exists() and not path.is_file() and not path.is_dir()
            ):  # opening a pipe would wait for ever
                raise _damaged(folder, f"{path} is neither a file nor a folder")
        try:
            builder = tfds.builder(name)
            return _whole(builder, entry.splits) if builder.is_prepared() else None
        except NotAvailable:
            raise
        except Exception as error:  # a damaged dataset_info.json makes TFDS raise many kinds
            raise _damaged(folder, in_a_line(error)) from error

    def download():
        builder = tfds.builder(name)
        builder.download_and_prepare()
        return builder

    return Published(
        title=entry.title,
        folder=folder,
        address=entry.address,
        look=look,
        download=download,
        download_bytes=entry.download_bytes,
        disk_bytes=entry.download_bytes + entry.prepared_bytes,
        advice="point TFDS_DATA_DIR at a folder that has it, or choose"
        ' DATA = "sample" for the drawings that come with the course',
    )


def sample(name):
    """Return the TFDS builder of the drawn set ``name``, which comes with the course in ``data/samples``.

    Raises NotAvailable where one of its files is missing or not as it was shipped.
    """
    samples = course_folder() / "data" / "samples"
    try:
        return quiet_tfds().builder_from_directory(checksums.check(samples, name)[0].parent)
    except (OSError, ValueError) as error:
        raise NotAvailable(
            f"The sample pictures in {samples / name} are missing or damaged: {in_a_line(error)}. They come "
            f"with the course: bring them back with 'git -C {course_folder()} checkout -- data/samples', "
            "or clone the course again."
        ) from error


def read(builder):
    """Return the ``Contents`` of a prepared set: its split ``train``, and ``test`` where it has one.

    Pictures of one size are decoded into memory; those of varying sizes stream, and memory holds their
    labels. Every file is read to its end. Raises NotAvailable where one is damaged.
    """
    features = builder.info.features
    names, shape = features["label"].names, features["image"].shape
    if None in shape:
        labels = columns(builder, "train", decoded=False)[0]
        return Contents(names, shape, labels, partial(_streamed, builder), info=builder.info)
    images, labels = columns(builder, "train")
    test = as_dataset(*columns(builder, "test")) if "test" in builder.info.splits else None
    return Contents(names, shape, labels, partial(as_dataset, images, labels), test=test, info=builder.info)


def columns(builder, split, decoded=True):
    """Return arrays of ``split``: images ``uint8`` [n, height, width, channels] if ``decoded``, labels [n].

    Raises NotAvailable where a file is damaged.
    """
    import tensorflow as tf

    dataset = examples(builder, split, decoded)
    if not decoded:
        dataset = dataset.map(lambda image, label: (label,))
    try:
        batches = list(dataset.batch(1_000).as_numpy_iterator())
        columns = tuple(np.concatenate(column) for column in zip(*batches, strict=True))
    except (tf.errors.OpError, ValueError, OSError) as error:
        raise _damaged(builder.data_path, f"{type(error).__name__} while reading {split!r}") from error
    if len(columns[0]) != (expected := builder.info.splits[split].num_examples):
        raise _damaged(builder.data_path, f"{split!r} has {len(columns[0]):,} of {expected:,} pictures")
    return columns


def quiet_tfds():
    """Return TFDS, with only errors in its log: it warns of each folder that is not a prepared data set."""
    from course_utils import quiet_tensorflow  # noqa: F401 (TFDS brings TensorFlow)

    import tensorflow_datasets as tfds  # isort: skip
    from absl import logging

    logging.set_verbosity(logging.ERROR)
    return tfds


def _whole(builder, splits):
    """Return ``builder`` if it has ``splits`` and all files in full length; else NotAvailable."""
    for name in splits:
        if name not in builder.info.splits or not builder.info.splits[name].num_examples:
            raise _damaged(builder.data_path, f"it has no pictures {name!r}")
    for name, split in builder.info.splits.items():
        files = [Path(path) for path in split.filepaths]
        if missing := [path.name for path in files if not path.is_file()]:
            raise _damaged(builder.data_path, f"{missing[0]} is not there")
        # A TFRecord file spends 16 bytes on each record: its length and two checksums.
        written = split.num_bytes + 16 * split.num_examples
        found = sum(path.stat().st_size for path in files)
        if ".tfrecord" in files[0].name and found != written:
            raise _damaged(builder.data_path, f"{name!r} has {found:,} of {written:,} bytes")
    return builder


def _damaged(folder, problem):
    return NotAvailable(
        f"The prepared data in {folder} is damaged: {problem}. Delete that folder and run "
        f"'{machine.as_typed('course fetch')}' to prepare it again, or choose DATA = \"sample\"."
    )


def examples(builder, split, decoded=True):
    """Return ``split`` as an unbatched dataset of (image, label), in the same order on every machine.

    Not ``decoded``, images are the bytes of their files.
    """
    tfds = quiet_tfds()
    return builder.as_dataset(
        split=split,
        as_supervised=True,
        shuffle_files=False,
        decoders=None if decoded else {"image": tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(interleave_cycle_length=1),  # one file after another
    )


def _streamed(builder, rows):
    """Return these ``rows`` of the split ``train`` as an unbatched dataset of (image, label), in file order.

    Each pass reads the files again and decodes these pictures alone, in parallel.
    """
    import tensorflow as tf

    chosen = np.zeros(builder.info.splits["train"].num_examples, bool)
    chosen[rows] = True
    chosen, image_feature = tf.constant(chosen), builder.info.features["image"]

    @tf.autograph.experimental.do_not_convert
    def decode(row, encoded):
        return image_feature.decode_example(encoded[0]), encoded[1]

    dataset = examples(builder, "train", decoded=False).enumerate()
    dataset = dataset.filter(lambda row, encoded: chosen[row]).map(
        decode, num_parallel_calls=tf.data.AUTOTUNE
    )
    return dataset.apply(tf.data.experimental.assert_cardinality(len(rows)))
