"""Split pictures into parts: the same share of every class, near-duplicates together, decided by a seed."""

import numpy as np

from course_utils.errors import CourseError


def check_share(what, share):
    """Raise CourseError unless ``share``, the argument called ``what``, is a number between 0 and 1."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        raise CourseError(f"{what} = {share!r} is not a share between 0 and 1, such as 0.2.")


def set_aside(what, share, labels, seed, groups=None, names=None):
    """Return (rows kept, rows aside): a ``share`` of every class goes aside, in random order by ``seed``.

    ``what`` is the name of the argument that the share came in, ``labels`` are class numbers [n]. Rows of one
    group (``groups`` [n]) stay together, on the side that the group's first row is dealt to. Raises
    CourseError where a class would be missing from one side; ``names`` are those of the classes.
    """
    from sklearn.model_selection import train_test_split

    labels = np.asarray(labels)
    grouped = groups is not None
    groups = np.asarray(groups) if grouped else np.arange(len(labels))
    dealt, first = np.unique(groups, return_index=True)
    try:
        parts = train_test_split(dealt, test_size=share, stratify=labels[first], random_state=seed)
    except ValueError as error:  # too few pictures on one side for one of each class
        raise _too_few(what, share, labels, first, names) from error
    sides = parts
    if grouped:
        mixed = np.random.default_rng(seed).permutation(len(labels))  # or twins would follow each other
        sides = [mixed[np.isin(groups[mixed], part)] for part in parts]
    if any(set(labels[side]) != set(labels) for side in sides):
        raise _too_few(what, share, labels, first, names)
    return sides


def split(contents, validation, test, seed, rows=None, together=True):
    """Return the rows of each part of ``Contents``: a dict of "train", "validation" and perhaps "test".

    ``test`` is a share of all (None: no such part), ``validation`` one of the rest; parts that the contents
    have themselves are taken as they are. ``rows`` are those to split (default: all), ``together`` keeps
    near-duplicates on one side. Raises what ``set_aside`` raises.
    """
    rows = np.arange(len(contents.labels)) if rows is None else rows
    groups, labels, parts = contents.groups if together else None, contents.labels, {}
    if contents.parts is not None:
        parts = {part: rows[contents.parts[rows] == part] for part in ("validation", "test")}
        parts = {part: chosen for part, chosen in parts.items() if len(chosen)}
        rows = rows[contents.parts[rows] == "train"]
    for part, share in (("test", test), ("validation", validation)):
        if share is not None and part not in parts:
            of_rows = None if groups is None else groups[rows]
            sides = set_aside(part, share, labels[rows], seed, of_rows, contents.class_names)
            rows, parts[part] = (rows[side] for side in sides)
    return {"train": rows, "validation": parts.pop("validation"), **parts}


def _too_few(what, share, labels, first, names):
    numbers, counts = np.unique(labels[first], return_counts=True)
    smallest = numbers[counts.argmin()]
    name = names[smallest] if names is not None else smallest
    message = (
        f"{what} = {share!r} leaves a part without some class: {name} has {counts.min():,} different "
        "pictures. Choose a share nearer to 0.5, or give the class more pictures."
    )
    if (same := int((labels == smallest).sum() - counts.min())) > 0:
        message += (
            f" {same:,} more of its pictures are near-duplicates of others, which stay on one side; if they "
            "are not, load with near_duplicates_together=False."
        )
    return CourseError(message)
