"""Load pictures that have two attributes, a colour and a garment, from folders such as ``red_dress/``."""

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from course_utils import availability
from course_utils.data import folders, tfds_sets
from course_utils.data.pictures import Contents, Pictures, as_dataset
from course_utils.data.splitting import check_share, split
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import expanded

NAME = "fashion_attributes"


@dataclass(frozen=True)
class AttributePictures(Pictures):
    """``Pictures`` whose classes are combinations, such as ``red_dress``.

    ``colors`` and ``categories`` are the sorted names of the two attributes; ``color_of`` and ``category_of``
    [number of classes] say which of them each class has, as positions. ``unseen`` is a dataset like the other
    three, of the combinations that ``train`` has no picture of (None without any).
    """

    colors: list = field(kw_only=True)
    categories: list = field(kw_only=True)
    color_of: Any = field(kw_only=True, repr=False)
    category_of: Any = field(kw_only=True, repr=False)
    unseen: Any = field(kw_only=True, repr=False, default=None)

    __repr__ = Pictures.__repr__


def load_attributes(
    source="auto", held_out="", validation=0.1, test=0.2, size=96, seed=0, near_duplicates_together=True
):
    """Load pictures of coloured garments as ``AttributePictures`` and say in one line which were taken.

    ``source`` is a folder with a subfolder ``<colour>_<garment>`` for each combination; ``"sample"`` for
    drawings of the course; or ``"auto"``: the folder ``downloads/manual/fashion_attributes`` where TensorFlow
    Datasets keeps its data (the place for sets that cannot be downloaded) if it is there, else the sample.

    ``test`` is the share (0 to 1, exclusive) of every combination that is kept for the end, ``validation``
    the share of the rest to steer by, both chosen by ``seed``, with near-duplicates on one side (unless
    ``near_duplicates_together`` is False). The combination ``held_out``, such as ``"blue_jeans"``, is in none
    of the three but in ``unseen``, without near-duplicates of others, which must have its colour and its
    garment. ``"auto"`` chooses the one whose colour and garment most others have, if there is one and
    ``unseen`` would be empty otherwise: some combinations of the sample are there from the start.

    Pictures are squashed to ``size`` x ``size`` RGB pixels and stream from a file in the course's cache.
    Raises CourseError for a folder that is missing or built in another way, a ``held_out`` that is
    impossible, and shares outside (0, 1) or too small for these pictures.
    """
    check_share("validation", validation)
    check_share("test", test)
    choice = _choose(source, size)
    contents, never = choice.value
    names, labels = contents.class_names, contents.labels
    colors, categories = split_names(names)
    never = [*never, *_held_out(held_out, names, never)]

    is_unseen = np.isin(labels, [names.index(name) for name in never])
    rows = split(contents, validation, test, seed, np.flatnonzero(~is_unseen), near_duplicates_together)
    if never:
        known = np.isin(contents.groups, contents.groups[~is_unseen])
        rows["unseen"] = np.flatnonzero(is_unseen & ~known)
    availability.announce(NAME, choice.taken, choice.why)
    return AttributePictures(
        name=NAME,
        source=choice.taken,
        why=choice.why,
        class_names=names,
        shape=contents.shape,
        counts={part: len(chosen) for part, chosen in rows.items()},
        skipped=contents.skipped,
        near_duplicates=contents.near_duplicates,
        colors=sorted(set(colors)),
        categories=sorted(set(categories)),
        color_of=np.array([sorted(set(colors)).index(color) for color in colors]),
        category_of=np.array([sorted(set(categories)).index(category) for category in categories]),
        **{part: contents.dataset(chosen) for part, chosen in rows.items()},
    )


def brought_folder():
    """Return where ``"auto"`` looks: the folder for sets that people bring themselves, as TFDS has it."""
    return expanded(tfds_sets.quiet_tfds().core.constants.DATA_DIR) / "downloads" / "manual" / NAME


def _choose(source, size):
    """Return a ``Choice`` whose value is (Contents, combinations that are for ``unseen`` alone)."""
    if source == "tfds":
        raise CourseError(
            'DATA = "tfds" has no colours and garments: TensorFlow Datasets offers no such set. Give a '
            'folder with subfolders like red_dress, or "sample" for the drawings that come with the course.'
        )
    if folders.is_folder(source):
        return availability.Choice((folders.read(source, (size, size)), []), "folder", f"from {source}")
    choice = availability.choose("DATA", source, partial(_read_brought, size), partial(_read_sample, size))
    return choice._replace(taken="folder") if choice.taken == "tfds" else choice


def _read_brought(size):
    folder = brought_folder()
    if not os.path.isdir(folder):
        raise NotAvailable(f"there is no folder {folder}; your own goes into DATA.")
    return (folders.read(folder, (size, size)), []), f"from {folder}"


def _read_sample(size):
    from PIL import Image

    builder = tfds_sets.sample(NAME)
    parts = [tfds_sets.columns(builder, part) for part in ("train", "unseen")]
    images, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    if images.shape[1] != size:
        resized = [Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR) for image in images]
        images = np.stack([np.asarray(image) for image in resized])
    names = builder.info.features["label"].names
    each = np.arange(len(labels))  # no two drawings are near-duplicates
    contents = Contents(names, images.shape[1:], labels, partial(as_dataset, images, labels), groups=each)
    return contents, [names[label] for label in np.unique(parts[1][1])]


def split_names(names):
    """Return the colours and the garments in ``names`` of combinations, two lists; CourseError for others."""
    pairs = [name.split("_") for name in names]
    for name, pair in zip(names, pairs, strict=True):
        if len(pair) != 2 or not all(pair):
            raise CourseError(
                f"The folder {name!r} is not named <colour>_<garment>, with one underscore between the two, "
                "such as red_dress or dark-blue_jeans. Rename it."
            )
    colors, categories = zip(*pairs, strict=True)
    if both := set(colors) & set(categories):
        raise CourseError(
            f"{min(both)!r} is a colour and a garment; rename folders so that it is one of them."
        )
    return colors, categories


def _held_out(wanted, names, never):
    """Return the list of what is held out beside ``never``: one combination or none."""
    known = [name for name in names if name not in never]
    count = Counter(word for name in known for word in name.split("_"))
    others = {name: [count[word] - 1 for word in name.split("_")] for name in known}
    possible = [name for name in known if min(others[name])]
    if wanted == "auto":
        return sorted(possible, key=lambda name: -sum(others[name]))[:1] if not never else []
    if wanted and wanted not in possible:
        reason = "alone has its colour or its garment" if wanted in known else "is not there"
        raise CourseError(
            f"held_out = {wanted!r} {reason}. These can be held out: {', '.join(possible) or 'none'}."
        )
    return [wanted] if wanted else []
