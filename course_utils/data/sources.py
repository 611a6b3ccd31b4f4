"""Which pictures a lesson gets: the published ones, prepared or downloaded now, or the drawn sample."""

import socket
import threading
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils import machine
from course_utils.data.catalog import DATA_SETS
from course_utils.errors import CourseError, NotAvailable, in_a_line
from course_utils.files import free_space

SOURCES = ("auto", "tfds", "sample")


@dataclass(frozen=True)
class Found:
    """A prepared TFDS builder, where it came from (``"tfds"`` or ``"sample"``) and why that one was taken."""

    builder: Any
    source: str
    why: str


def data_set(name):
    """Return the catalog's entry for ``name``; raise CourseError with the known names for any other."""
    if name not in DATA_SETS:
        raise CourseError(f"There is no data set {name!r} in this course. It has: {', '.join(DATA_SETS)}.")
    return DATA_SETS[name]


def published(name):
    """Return TFDS's own builder for ``name``, prepared or not; nothing is downloaded."""
    quiet_log()
    import tensorflow_datasets as tfds

    return tfds.builder(data_set(name).name)


def quiet_log():
    """Let only errors through absl's log: TFDS warns of each folder that is not a prepared data set."""
    from absl import logging

    from course_utils import quiet  # noqa: F401 (TFDS brings TensorFlow)

    logging.set_verbosity(logging.ERROR)


def network_answers(host, port, seconds=4):
    """Tell whether ``host`` (or the proxy that stands before it) takes a connection within ``seconds``.

    Name resolution knows no time limit of its own, so the attempt runs in a thread that is left behind when
    it hangs.
    """
    proxy = urllib.request.getproxies().get("http" if port == 80 else "https")
    if proxy and not urllib.request.proxy_bypass(host):
        address = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
        host, port = address.hostname, address.port or 80
    answered = threading.Event()

    def attempt():
        try:
            socket.create_connection((host, port), timeout=seconds).close()
            answered.set()
        except OSError:
            pass

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return answered.is_set()


def download(name):
    """Download and prepare the published set ``name`` where TFDS keeps its data, and return its builder.

    TFDS shows its progress bars; files that an earlier attempt finished are not fetched again. Raises
    CourseError within seconds when the network does not answer, the disk is too small or the folder cannot
    be written.
    """
    entry, builder = data_set(name), published(name)
    if builder.is_prepared():
        return builder
    if not network_answers(entry.host, entry.port):
        raise NotAvailable(
            f"{entry.title} is not prepared in {builder.data_path.parent} and {entry.host} does not answer. "
            f"Connect to the network and run '{machine.as_typed('course fetch')}', or point TFDS_DATA_DIR at "
            "a folder that has "
            f'{entry.name}, or choose DATA = "sample" for pictures that the course draws itself.'
        )
    needed = entry.download_bytes + entry.prepared_bytes
    if free_space(builder.data_path) < 1.2 * needed:
        raise NotAvailable(
            f"{entry.title} needs {needed / 1e6:.0f} MB and the disk of {builder.data_path.parent} has less. "
            "Free some space, or point TFDS_DATA_DIR at another disk."
        )
    try:
        builder.download_and_prepare()
    except Exception as error:  # TFDS and urllib raise many kinds; each of them means: no data
        raise NotAvailable(
            f"{entry.title} could not be downloaded to {builder.data_path.parent}: "
            f"{in_a_line(error)}. "
            f"Run '{machine.as_typed('course fetch')}' to try again (finished files are kept), or choose "
            'DATA = "sample".'
        ) from error
    return builder


def decode(builder, splits):
    """Return for each of ``splits`` two arrays: images ``uint8`` [n, height, width, channels], labels [n].

    Raises NotAvailable where files are damaged.
    """
    return [_collect(builder, split, examples(builder, split)) for split in splits]


def labels(builder, split):
    """Return the labels [n] of ``split``; every file is read to its end, no picture is decoded.

    Raises NotAvailable where files are damaged.
    """
    undecoded = examples(builder, split, decoded=False)
    return _collect(builder, split, undecoded.map(lambda image, label: (label,)))[0]


def examples(builder, split, decoded=True):
    """Return ``split`` as an unbatched dataset of (image, label), in the same order on every machine.

    Not ``decoded``, images are the bytes of their files.
    """
    import tensorflow_datasets as tfds

    return builder.as_dataset(
        split=split,
        as_supervised=True,
        shuffle_files=False,
        decoders=None if decoded else {"image": tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(interleave_cycle_length=1),  # one file after another
    )


def _collect(builder, split, dataset):
    """Return the columns of ``dataset``, made of ``split``, as arrays; NotAvailable if files are damaged."""
    import tensorflow as tf

    expected = builder.info.splits[split].num_examples
    try:
        batches = list(dataset.batch(1_000).as_numpy_iterator())
        columns = tuple(np.concatenate(column) for column in zip(*batches, strict=True))
    except (tf.errors.OpError, ValueError, OSError) as error:
        problem = f"{type(error).__name__} while reading {split!r}"
    else:
        if len(columns[0]) == expected:
            return columns
        problem = f"{split!r} has {len(columns[0]):,} of {expected:,} pictures"
    raise NotAvailable(
        f"The prepared data in {builder.data_path} is damaged: {problem}. Delete that folder and run "
        f"'{machine.as_typed('course fetch')}' to prepare it again, or choose DATA = \"sample\"."
    )


def find(name, source="auto"):
    """Return a ``Found`` for data set ``name``.

    ``"tfds"`` takes the published pictures, prepared already or downloaded now; ``"sample"`` the drawn ones;
    ``"auto"`` the published ones where that works, else the sample. Raises CourseError for an unknown name or
    source, and its NotAvailable for ``"tfds"`` when the published pictures cannot be had.
    """
    from course_utils.data import samples

    data_set(name)
    if source not in SOURCES:
        raise CourseError(
            f"DATA = {source!r} is not a source of pictures. Allowed are {', '.join(map(repr, SOURCES))}: "
            "the published pictures where they can be had, only those, or the drawn sample."
        )
    if source == "sample":
        return Found(samples.prepared(name), "sample", "DATA asks for it.")
    builder = published(name)
    if builder.is_prepared():
        return Found(builder, "tfds", f"prepared in {builder.data_path}")
    try:
        return Found(download(name), "tfds", f"downloaded to {builder.data_path}")
    except NotAvailable as error:
        if source == "tfds":
            raise
        return Found(samples.prepared(name), "sample", str(error))
