"""Split pictures into parts: the same share of every class, near-duplicates together, decided by a seed.

Where pictures answer several questions, a combination of answers may be held out, and some may be rare.
"""

from collections import Counter

import numpy as np

from course_utils.errors import CourseError


def check_share(what, share):
    """Raise CourseError unless ``share``, the argument called ``what``, is a number between 0 and 1."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        raise CourseError(f"{what} = {share!r} is not a share between 0 and 1, such as 0.2.")


def check_seed(seed):
    """Raise CourseError unless ``seed`` is a whole number that NumPy and TensorFlow can start from."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise CourseError(f"SEED = {seed!r} is not a whole number from 0 to {2**32 - 1}.")


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


def rare_classes(contents, share):
    """Return the classes of which a part with this share of all would have no picture, unless all are so."""
    groups = np.arange(len(contents.labels)) if contents.groups is None else contents.groups
    _, first = np.unique(groups, return_index=True)
    counts = np.bincount(contents.labels[first], minlength=len(contents.class_names))
    rare = [name for name, count in zip(contents.class_names, counts, strict=True) if count * share < 1]
    return rare if len(rare) < len(counts) and contents.parts is None else []


def split_apart(contents, shares, unseen, rare, together):
    """Return the rows of each part, classes ``unseen`` in one of that name, and the rare classes that train.

    ``shares`` are validation, test and seed, as for ``split``, whose errors are raised.
    """
    is_unseen = np.isin(contents.labels, [contents.class_names.index(name) for name in unseen])
    rows, only_trained = _split_seen(contents, shares, np.flatnonzero(~is_unseen), rare, together)
    if unseen:
        known = np.isin(contents.groups, contents.groups[~is_unseen])
        rows["unseen"] = np.flatnonzero(is_unseen & ~known)
        if not len(rows["unseen"]):
            raise CourseError(
                f"held_out = {', '.join(unseen)!r}: all of its pictures are near-duplicates of others, so "
                "they would not be new. Hold out another combination."
            )
    return rows, only_trained


def _split_seen(contents, shares, rows, rare, together):
    """Return the rows of each part, as ``split``, and the list of those rare classes that only train."""
    try:
        return split(contents, *shares, rows, together), []
    except CourseError:
        labels = contents.labels[rows]
        is_rare = np.isin(labels, [contents.class_names.index(name) for name in rare])
        if not is_rare.any() or is_rare.all():
            raise
        parts = split(contents, *shares, rows[~is_rare], together)
        only = rows[is_rare]
        if together:  # without those that have a near-duplicate among the pictures to judge by
            judged = np.concatenate([parts["validation"], parts["test"]])
            only = only[~np.isin(contents.groups[only], contents.groups[judged])]
        parts["train"] = np.concatenate([parts["train"], only])
        return parts, sorted({contents.class_names[label] for label in contents.labels[only]})


def to_hold_out(wanted, answers_of, never=(), rare=()):
    """Return what may be held out beside ``never``, the best first: lists of one combination or none.

    Raises CourseError where ``wanted`` is impossible.
    """
    known = {name: answers.items() for name, answers in answers_of.items() if name not in never}
    count = Counter(answer for answers in known.values() for answer in answers)
    others = {name: [count[answer] - 1 for answer in answers] for name, answers in known.items()}
    possible = [name for name in known if min(others[name])]
    if wanted == "auto":
        frequent = [] if never else [name for name in possible if name not in rare]
        return [[name] for name in sorted(frequent, key=lambda name: -sum(others[name]))] + [[]]
    if wanted and wanted not in possible:
        alone = [answer for question, answer in known.get(wanted, ()) if count[question, answer] == 1]
        reason = f"alone has {' and '.join(alone)}" if alone else "is not there"
        raise CourseError(
            f"held_out = {wanted!r} {reason}. These can be held out: {', '.join(possible) or 'none'}."
        )
    return [[wanted] if wanted else []]


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
