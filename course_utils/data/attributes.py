"""Load pictures that have two attributes, a colour and a garment, from folders such as ``red_dress/``."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.data import folders, sources
from course_utils.data.pictures import Pictures, announce, as_dataset
from course_utils.data.splitting import check_share, in_three
from course_utils.errors import CourseError

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


def load_attributes(source="auto", held_out="", validation=0.1, test=0.2, size=96, seed=0):
    """Load pictures of coloured garments as ``AttributePictures`` and say in one line which were taken.

    ``source`` is a folder with a subfolder ``<colour>_<garment>`` for each combination; ``"sample"`` for
    drawings of the course; or ``"auto"``: the folder ``downloads/manual/fashion_attributes`` where TensorFlow
    Datasets keeps its data (the place for sets that cannot be downloaded) if it is there, else the sample.

    ``test`` is the share (0 to 1, exclusive) of every combination that is kept for the end, ``validation``
    the share of the rest to steer by, both chosen by ``seed``, with near-duplicates on one side. The
    combination ``held_out``, such as ``"blue_jeans"``, is in none of the three parts but in ``unseen``,
    without pictures that have a near-duplicate elsewhere; others must have its colour and its garment.
    ``"auto"`` chooses the one whose colour and garment most others have, if there is one and ``unseen`` would
    be empty otherwise: some combinations of the sample are there from the start.

    Pictures are squashed to ``size`` x ``size`` RGB pixels and stream from a file in the course's cache.
    Unreadable files are skipped and listed. Raises CourseError for a folder that is missing or built in
    another way, a ``held_out`` that is impossible, and shares outside (0, 1) or too small for these pictures.
    """
    check_share("validation", validation)
    check_share("test", test)
    source, why = _choose(source)
    if source == "sample":
        found, never = _read_sample(size)
    else:
        found, never = folders.read_folder(source, (size, size)), []
    colors, categories = split_names(found.class_names)
    never = [*never, *_held_out(held_out, found.class_names, never)]

    names, labels, groups = found.class_names, found.labels, found.groups
    is_unseen = np.isin(labels, [names.index(name) for name in never])
    seen = np.flatnonzero(~is_unseen)
    rows = in_three(labels[seen], validation, test, seed, groups[seen], names)
    parts = {part: seen[chosen] for part, chosen in rows.items()}
    if never:
        parts["unseen"] = np.flatnonzero(is_unseen & ~np.isin(groups, groups[~is_unseen]))
    pictures = AttributePictures(
        name=NAME,
        source="sample" if source == "sample" else "folder",
        why=why,
        class_names=names,
        shape=found.images.shape[1:],
        counts={part: len(rows) for part, rows in parts.items()},
        skipped=found.skipped,
        twins=found.twins,
        colors=sorted(set(colors)),
        categories=sorted(set(categories)),
        color_of=np.array([sorted(set(colors)).index(color) for color in colors]),
        category_of=np.array([sorted(set(categories)).index(category) for category in categories]),
        **{part: as_dataset(found.images, labels, rows) for part, rows in parts.items()},
    )
    announce(pictures)
    return pictures


def _read_sample(size):
    """Return the drawn pictures like a folder, and the combinations that are for ``unseen`` alone."""
    from PIL import Image

    splits = ("train", "unseen")
    builder = sources.sample(NAME)
    parts = sources.decode(builder, splits)
    images, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    if images.shape[1] != size:
        resized = [Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR) for image in images]
        images = np.stack([np.asarray(image) for image in resized])
    names = builder.info.features["label"].names
    drawn = folders.Folder(
        path=builder.data_path,
        class_names=names,
        images=images,
        labels=labels,
        files=[],
        groups=np.arange(len(labels)),
        skipped=(),
    )
    return drawn, [names[label] for label in np.unique(parts[1][1])]


def manual_folder():
    """Where ``"auto"`` looks: the folder for sets that people bring themselves, as TFDS has it."""
    import tensorflow_datasets as tfds

    return Path(tfds.core.constants.DATA_DIR).expanduser() / "downloads" / "manual" / NAME


def _choose(source):
    """Return ("sample" or a folder, why)."""
    if source == "sample":
        return source, "DATA asks for it."
    if source == "tfds":
        raise CourseError(
            'DATA = "tfds" has no colours and garments: TensorFlow Datasets offers no such set. Give a '
            'folder with subfolders like red_dress, or "sample" for the drawings that come with the course.'
        )
    if source != "auto":
        return source, f"from {source}"
    folder = manual_folder()
    if folder.is_dir():
        return folder, f"from {folder}"
    return "sample", f"there is no folder {folder}; your own goes into DATA."


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
