"""What figures and exports accept: pictures, labels and probabilities, checked where they come in.

Every ``check`` returns what it was given as an array, or raises CourseError.
"""

import numpy as np

from course_utils.errors import CourseError


def read_pairs(pictures, count=None):
    """Return ``(images, labels)`` of the first ``count`` pictures: a list and an array.

    ``pictures`` is an unbatched ``tf.data.Dataset`` of (image, label) or a pair of arrays. The dataset is
    passed once, so that a shuffled one keeps each picture beside its label.
    """
    if hasattr(pictures, "as_numpy_iterator"):
        _check_elements(pictures)
        pairs = list(pictures.take(-1 if count is None else count).as_numpy_iterator())
        return [image for image, _ in pairs], np.array([label for _, label in pairs])
    if not (isinstance(pictures, (tuple, list)) and len(pictures) == 2):
        raise CourseError(
            f"Pictures come as a tf.data.Dataset or as a pair (images, labels), not as "
            f"{type(pictures).__name__}. Give pictures.train.take(40), or (images, labels)."
        )
    images, labels = pictures
    check_lengths(images=images, labels=labels)
    return list(images[:count]), np.asarray(labels)[:count]


def read_labels(source):
    """Return as an array the labels in ``source``: an unbatched dataset, an (images, labels) pair, labels."""
    if hasattr(source, "as_numpy_iterator"):
        _check_elements(source)
        return np.array(list(source.map(lambda image, label: label).as_numpy_iterator()), dtype=int)
    if isinstance(source, tuple) and len(source) == 2 and np.ndim(source[1]) == 1:
        return np.asarray(source[1])
    return np.asarray(source)


def _check_elements(dataset):
    element = dataset.element_spec
    if not (isinstance(element, tuple) and len(element) == 2):
        raise CourseError(f"The dataset has to yield pairs (image, label); this one yields {element}.")
    if element[0].shape.rank == 4:
        raise CourseError(
            "The dataset is batched, and figures take one picture after another. Use it before .batch(...), "
            "or call .unbatch() on it."
        )


def check_lengths(**columns):
    """Raise CourseError unless all columns (name to sequence) have the same length, and not zero."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{count:,} {name}" for name, count in lengths.items())
        raise CourseError(
            f"These belong together and differ in number: {counts}. Take all from the same pictures."
        )
    if not all(lengths.values()):
        raise CourseError(f"There is nothing to show: 0 {next(iter(lengths))}. Check what was selected.")


def check_labels(labels, class_names, what="labels"):
    """Return ``labels`` as an integer array [n]; each must be a position in ``class_names``."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iub":
        raise CourseError(
            f"{what} must be whole numbers, one a picture; these have shape {labels.shape} and type "
            f"{labels.dtype}. From one-hot rows or probabilities take .argmax(axis=-1)."
        )
    check_lengths(**{what: labels})
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise CourseError(
            f"{what} go from {labels.min()} to {labels.max()}, but there are {len(class_names)} class names, "
            f"so only 0 to {len(class_names) - 1} are allowed. Give the names of the same data set."
        )
    return labels.astype(int)


def check_probabilities(probabilities, class_names, what="probabilities"):
    """Return ``probabilities`` as a float array [n, number of classes] with values from 0 to 1."""
    probabilities = _check_rows(np.asarray(probabilities, dtype=float), class_names, what)
    # Written so that NaN, which compares false with everything, fails too. A sum of float32 may exceed 1.
    if not (probabilities.min() >= 0 and probabilities.max() <= 1 + 1e-4):
        raise CourseError(
            f"{what} must lie between 0 and 1; these go from {probabilities.min():.3g} to "
            f"{probabilities.max():.3g}. Outputs without a softmax (or, with several labels a picture, a "
            "sigmoid) are logits: apply keras.ops.softmax or keras.ops.sigmoid. NaN means that training "
            "diverged."
        )
    return probabilities


def check_truths(truths, labels):
    """Return ``truths``, 0 or 1, as a bool array [n, number of labels]: which labels a picture has."""
    truths = _check_rows(np.asarray(truths), labels, "truths")
    if not np.isin(truths, (0, 1)).all():
        raise CourseError(
            "truths must be 0 or 1, and there are other values among these. Probabilities come after truths."
        )
    return truths.astype(bool)


def _check_rows(rows, names, what):
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise CourseError(
            f"{what} have shape {rows.shape}; with these names it must be (pictures, {len(names)}): a column "
            "for each name, as in what model.predict returns."
        )
    check_lengths(**{what: rows})
    return rows


def check_scores(values, what):
    """Return ``values`` as a float array [n] with values from 0 to 1."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise CourseError(
            f"{what} must be a list of numbers from 0 to 1, one a threshold; these have shape {values.shape}"
            + (f" and go from {values.min():.3g} to {values.max():.3g}." if values.size else ".")
        )
    return values


def check_points(points, what, columns=None):
    """Return ``points`` as a float array [n, columns], free of NaN and infinity; ``None`` is any width."""
    points = np.asarray(points)
    if points.dtype.kind not in "fiub" or points.ndim != 2 or columns not in (None, points.shape[1]):
        raise CourseError(
            f"{what} must be numbers of shape (n, {columns or 'dimensions'}); these have shape "
            f"{points.shape} and type {points.dtype}. Flatten pictures with images.reshape(len(images), -1)."
        )
    check_lengths(**{what: points})
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        raise CourseError(
            f"{what} have {bad.sum():,} rows with NaN or infinity, the first is row {bad.argmax()}. Find "
            "where they arise, or leave these rows out here and in the labels."
        )
    return points.astype(float)


def check_pixels(images):
    """Return pictures as a list of ``uint8`` arrays [height, width] (grey) or [height, width, 3].

    ``images`` is an array [n, height, width(, 1 or 3)] or a list of pictures, whose sizes may differ. Whole
    numbers run from 0 to 255. Floats run from 0 to 1; if any value of all pictures is above 1, from 0 to 255,
    which is what Keras' augmentation layers return for ``uint8`` pictures.
    """
    images = [np.asarray(image) for image in images]
    check_lengths(pictures=images)
    for image in images:
        if image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,), (3,)) or not image.size:
            raise CourseError(
                f"A picture has shape (height, width, 1 or 3); this one has {image.shape}. A single picture "
                "goes in a list or as images[:1]."
            )
    low, high = np.min([image.min() for image in images]), np.max([image.max() for image in images])
    if not (low >= 0 and high <= 255):
        raise CourseError(
            f"Pixels must lie between 0 and 255 (or 0 and 1 as floats); these go from {low:.4g} to {high:.4g}"
            ". Show the pictures before preprocessing, or undo it first."
        )
    if any(image.dtype.kind == "f" for image in images):
        images = [np.rint(image * (255 if high <= 1 else 1)) for image in images]
    return [(image[..., 0] if image.shape[2:] == (1,) else image).astype(np.uint8) for image in images]
