"""Read a folder of one's own pictures, each class a subfolder: once, checked, and then from a cache.

Each picture is decoded and brought to one size the first time, into a file in the course's cache that
training reads picture by picture. Only new and changed pictures are read again.
"""

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from course_utils.availability import ALLOWED
from course_utils.data.layout import look_into
from course_utils.data.near_duplicates import SIDE, groups_of, thumbnail
from course_utils.data.pictures import Contents
from course_utils.data.reading import UnreadablePicture, read_picture
from course_utils.errors import CourseError, NotAvailable, printable
from course_utils.files import PICTURES, expanded, free_space
from course_utils.progress import progress
from course_utils.store import Store

_FORMAT = 2  # part of a store's name: raise it with every change to what is kept of a picture
AT_ONCE = 256  # decoded pictures that wait to be written, so that memory does not grow with their number


def is_folder(source):
    """Tell whether ``source``, a value of the parameter DATA, means a folder."""
    if not isinstance(source, str):
        return isinstance(source, os.PathLike)
    is_path = "/" in source or os.sep in source or os.path.isdir(expanded(source))
    return is_path and source not in ("", *ALLOWED["DATA"])


def read(path, size, channels=3, layout=None):
    """Read the pictures of the folder ``path`` and return them as ``Contents``, class by class.

    ``size`` is (height, width), ``channels`` 3 (RGB) or 1 (grey), ``layout`` the ``Layout`` of the folder
    (None: as ``layout.look_into`` finds it). What no picture can be read from is left out and listed. Raises
    CourseError for a class without any readable picture, and where the cache cannot be written.
    """
    path = Path(os.path.abspath(expanded(path)))
    classes, parts, left_out = layout or look_into(path)
    files = [file for found in classes.values() for file in found]
    labels = np.repeat(np.arange(len(classes)), [len(found) for found in classes.values()])
    text = json.dumps([_FORMAT, str(path), *size, channels])
    store = Store(PICTURES, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16])
    keys = [_key(path, file) for file in files]
    thumbnails, skipped = _fill(store, dict(zip(keys, files, strict=True)), (*size, channels))
    rows = np.flatnonzero([key in thumbnails for key in keys])
    for label, name in enumerate(classes):
        if label not in labels[rows]:
            raise CourseError(
                f"None of the {len(classes[name]):,} files of {name} in {path} can be read as a picture. "
                "Replace them, or remove them (with their folder or their labels) to go without the class."
            )
    files, keys, labels = [files[row] for row in rows], [keys[row] for row in rows], labels[rows]
    left_out = [(_within(path, file), reason) for file, reason in (*left_out, *skipped)]
    _tell_twice(path, files, labels, [parts.get(file) for file in files])

    def pixels(row):
        if stored := store.get([keys[row]], length=int(np.prod((*size, channels)))):
            return np.frombuffer(stored[keys[row]], np.uint8).reshape(*size, channels)
        return read_picture(files[row], size, channels)  # damaged since it was written

    def dataset(rows):
        from course_utils.quiet_tensorflow import tensorflow as tf

        def picture(row, label):
            image = tf.numpy_function(pixels, [row], tf.uint8, stateful=False)
            return tf.ensure_shape(image, (*size, channels)), label

        return tf.data.Dataset.from_tensor_slices((rows, labels[rows])).map(picture)

    return Contents(
        class_names=list(classes),
        shape=(*size, channels),
        labels=labels,
        dataset=dataset,
        groups=groups_of(np.array([thumbnails[key] for key in keys])),
        files=[_within(path, file) for file in files],
        parts=np.array([parts[file] for file in files]) if parts else None,
        skipped=tuple(sorted(left_out)),
    )


def _tell_twice(path, files, *places):
    """Print a line where the very same file is in two classes, and one where it is in two parts."""
    sizes, contents = {}, {}
    for file, *where in zip(files, *places, strict=True):
        sizes.setdefault(file.stat().st_size, []).append((file, where))
    for alike in sizes.values():
        if any(where != alike[0][1] for _, where in alike):
            for file, where in alike:
                contents.setdefault(hashlib.sha256(file.read_bytes()).digest(), []).append((file, where))
    for number, (kind, meaning) in enumerate(
        [("classes", "one of the labels is wrong"), ("parts", "what is trained on proves nothing in a test")]
    ):
        first = [{where[number]: file for file, where in same[::-1]} for same in contents.values()]
        if twice := [list(of_each.values())[::-1] for of_each in first if len(of_each) > 1]:
            names = " and ".join(_within(path, file) for file in twice[0][:2])
            print(f"The same picture in two {kind}, {len(twice):,} times, such as {names}: {meaning}.")


def _within(path, file):
    return printable(file.relative_to(path).as_posix())


def _key(path, file):
    """Return an even number for the name, length and time of a file: another one means to read it anew."""
    status = file.stat()
    text = json.dumps([_within(path, file), status.st_size, status.st_mtime_ns])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") * 2


def _fill(store, files, shape):
    """Decode into ``store`` what it lacks of ``files``, a dict of key to path.

    A picture lies under its key, its thumbnail under the next number. Return the thumbnails, a dict of key to
    array, and a list of (path, reason) of what could not be read.
    """
    stored = store.get([key + 1 for key in files], length=SIDE * SIDE * 3)
    thumbnails = {key - 1: np.frombuffer(value, np.uint8) for key, value in stored.items()}
    missing, skipped = [key for key in files if key not in thumbnails], []
    needed = len(missing) * (int(np.prod(shape)) + 1000)
    if free_space(store.path) < 1.1 * needed:
        raise NotAvailable(
            f"{len(missing):,} pictures take {needed / 1e6:.0f} MB in the course's cache, and the disk of "
            f"{store.path.parent} has less. Free some space, or set COURSE_CACHE_DIR to a folder on another."
        )

    def decode(key):
        try:
            return read_picture(files[key], shape[:2], shape[2])
        except UnreadablePicture as error:
            return error

    with progress(len(missing), "Reading", delay=3) as bar, ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, len(missing), AT_ONCE):
            some, new = missing[start : start + AT_ONCE], {}
            for key, image in zip(some, threads.map(decode, some), strict=True):
                bar.update()
                if isinstance(image, UnreadablePicture):
                    skipped.append((files[key], image.reason))
                    continue
                thumbnails[key] = thumbnail(image)
                new |= {key: image.tobytes(), key + 1: thumbnails[key].tobytes()}
            store.put(new)
    store.keep_only([number for key in files for number in (key, key + 1)])
    return thumbnails, skipped
