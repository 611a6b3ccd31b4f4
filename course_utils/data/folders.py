"""Read a folder of one's own pictures, each class a subfolder: once, checked, and then from a cache.

The pictures are decoded and brought to one size the first time, into a file in the course's cache that
training reads picture by picture (a memory map). A changed folder is read anew.
"""

import contextlib
import hashlib
import json
import os
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.data.reading import UnreadablePicture, read_picture
from course_utils.errors import CourseError
from course_utils.files import cache_folder, written_whole

# Two pictures are near-duplicates if their thumbnails of 12 x 12 pixels differ by less than this many of 255
# levels (root mean square). Of 2,024 pictures from an image search, 67 pairs differed by less than 1 and 15
# by 1 to 10, all of them one garment; from 13 on there are pairs of different garments.
NEAR = 10
THUMBNAIL = 12
_FORMAT = 1  # raise with every change to what the cache holds


@dataclass(frozen=True)
class Folder:
    """The readable pictures of a folder, in the order of their paths.

    ``images`` is a read-only memory map, ``uint8`` [n, height, width, channels]; ``labels`` [n] are positions
    in ``class_names`` (sorted), ``files`` the n paths. ``groups`` [n] numbers the pictures so that
    near-duplicates share a number. ``skipped`` has a pair (path, reason) for each unreadable file. Paths
    count from the folder.
    """

    path: Path
    class_names: list
    images: Any
    labels: np.ndarray
    files: list
    groups: np.ndarray
    skipped: tuple

    @property
    def twins(self):
        """How many pictures have a near-duplicate."""
        _, places, counts = np.unique(self.groups, return_inverse=True, return_counts=True)
        return int((counts[places] > 1).sum())


def class_folders(path):
    """Return the classes of the folder ``path``: a dict of name to the list of its files, both sorted.

    A class is a subfolder; its files are found at any depth. Hidden files and folders do not count. Raises
    CourseError if the folder is missing or has fewer than two classes, or a class without files.
    """
    path = Path(path).expanduser()
    if not path.is_dir():
        reason = "is a file" if path.exists() else "does not exist"
        raise CourseError(
            f"The folder {path} {reason}. Give a folder with a subfolder of pictures for each class."
        )
    classes = {}
    for folder in _entries(path):
        if folder.is_dir():
            classes.setdefault(unicodedata.normalize("NFC", folder.name), []).extend(_files(folder))
    if len(classes) < 2:
        found = f"only one, {next(iter(classes))}" if classes else "none"
        raise CourseError(
            f"{path} should have a subfolder of pictures for each class, two at least, and has {found}."
        )
    if empty := [name for name, files in classes.items() if not files]:
        raise CourseError(
            f"{path / empty[0]} has no pictures. Add some, or remove the folder to go without the class."
        )
    return dict(sorted(classes.items()))


def read_folder(path, size, channels=3):
    """Read the pictures of the folder ``path`` and return them as a ``Folder``.

    ``size`` is (height, width), ``channels`` 3 (RGB) or 1 (grey). Files that no picture can be read from are
    skipped and listed. Raises CourseError as ``class_folders``, for a class without any readable picture, and
    where the cache cannot be written.
    """
    path = Path(path).expanduser().resolve()
    classes = class_folders(path)
    files = [(file, label) for label, found in enumerate(classes.values()) for file in found]
    place, state = _key(path, size, channels), _state(path, files)
    index, images = _cached(place, state) or _prepare(place, state, path, files, size, channels)
    kept = np.array(index["kept"], int)
    labels = np.array([label for _, label in files])[kept]
    for label, name in enumerate(classes):
        if label not in labels:
            raise CourseError(
                f"None of the {len(classes[name]):,} files in {path / name} can be read as a picture. "
                "Replace them, or remove the folder to go without the class."
            )
    return Folder(
        path=path,
        class_names=list(classes),
        images=images,
        labels=labels,
        files=[file.relative_to(path).as_posix() for file, _ in (files[row] for row in kept)],
        groups=np.array(index["groups"], int),
        skipped=tuple(map(tuple, index["skipped"])),
    )


def near_duplicates(thumbnails):
    """Return a number for each picture [n], the same for near-duplicates, and for twins of twins.

    ``thumbnails`` are floats [n, values], 0 to 255.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    squares = (thumbnails**2).sum(axis=1)
    limit, pairs = NEAR**2 * thumbnails.shape[1], []
    for start in range(0, len(thumbnails), 1000):  # blocks, or the distances of all pairs would fill memory
        block = slice(start, start + 1000)
        distances = squares[block, None] + squares - 2 * thumbnails[block] @ thumbnails.T
        pairs.append(np.argwhere(distances < limit) + np.array([start, 0]))
    rows, columns = np.concatenate(pairs).T
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(len(thumbnails),) * 2)
    return connected_components(graph, directed=False)[1]


def _entries(folder):
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _files(folder):
    found = []
    for entry in _entries(folder):
        found += _files(entry) if entry.is_dir() else [entry]
    return found


def _key(path, size, channels):
    text = json.dumps([_FORMAT, str(path), *size, channels])
    return cache_folder() / "folders" / hashlib.sha256(text.encode()).hexdigest()[:16]


def _state(path, files):
    """Return a fingerprint of the files' names, lengths and times: another one means to read anew."""
    digest = hashlib.sha256()
    for file, label in files:
        status = file.stat()
        entry = [file.relative_to(path).as_posix(), label, status.st_size, status.st_mtime_ns]
        digest.update(json.dumps(entry).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _cached(place, state):
    """Return (index, images) if the cache holds this state of the folder whole, else None."""
    try:
        index = json.loads((place / "index.json").read_text(encoding="utf-8"))
        if index["state"] != state:
            return None
        # Unreadable files leave unused rows at the end.
        return index, np.load(place / f"{state}.npy", mmap_mode="r")[: len(index["kept"])]
    except (OSError, ValueError, KeyError, TypeError):  # not there, cut short, or something else
        return None


def _prepare(place, state, path, files, size, channels):
    """Decode all files into the cache; return what ``_cached`` returns."""
    from PIL import Image
    from tqdm import tqdm

    def read(file):
        try:
            image = read_picture(file, size, channels)
        except UnreadablePicture as error:
            return error, None
        small = Image.fromarray(image.squeeze()).convert("RGB")
        small = small.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
        return image, np.asarray(small, "float32").ravel()

    kept, thumbnails, skipped = [], [], []
    with written_whole(place / f"{state}.npy") as temporary:
        images = np.lib.format.open_memmap(
            temporary, mode="w+", dtype=np.uint8, shape=(len(files), *size, channels)
        )
        progress = tqdm(total=len(files), desc="Reading pictures", delay=3, file=sys.stdout, leave=False)
        with progress, ThreadPoolExecutor(os.cpu_count()) as threads:
            for start in range(0, len(files), 256):  # a bounded number of decoded pictures waits at a time
                batch = [file for file, _ in files[start : start + 256]]
                for row, (image, thumbnail) in enumerate(threads.map(read, batch), start):
                    progress.update()
                    if thumbnail is None:
                        name = files[row][0].relative_to(path).as_posix()
                        skipped.append((name, image.reason))
                    else:
                        images[len(kept)] = image
                        kept.append(row)
                        thumbnails.append(thumbnail)
        images.flush()
    groups = near_duplicates(np.array(thumbnails)).tolist() if thumbnails else []
    with written_whole(place / "index.json") as temporary:
        index = {"state": state, "kept": kept, "groups": groups, "skipped": skipped}
        temporary.write_text(json.dumps(index), encoding="utf-8")
    for older in place.glob("*.npy"):
        if older.stem != state:
            with contextlib.suppress(OSError):  # on Windows another process may still read it
                older.unlink()
    return _cached(place, state)
