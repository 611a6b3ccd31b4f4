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


def split(labels, validation, test, seed, groups=None, names=None):
    """Return the rows of each part, a dict: ``test`` is a share of all, ``validation`` one of the rest.

    Without ``test`` (None) there is no such part.

    The other arguments and the errors are those of ``set_aside``.
    """
    rest, parts = np.arange(len(labels)), {}
    if test is not None:
        rest, parts["test"] = set_aside("test", test, labels, seed, groups, names)
    groups = groups[rest] if groups is not None else None
    kept, aside = set_aside("validation", validation, labels[rest], seed, groups, names)
    return {"train": rest[kept], "validation": rest[aside], **parts}


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
