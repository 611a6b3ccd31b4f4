"""What figures and exports accept, checked where it comes in. Every check raises CourseError."""

import numpy as np

from course_utils.errors import CourseError


def check_lengths(**columns):
    """Refuse columns (name to sequence) that differ in length or are empty."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{count:,} {name}" for name, count in lengths.items())
        raise CourseError(f"These differ in number: {counts}. Take all of them from the same pictures.")
    if not all(lengths.values()):
        raise CourseError(f"There is nothing to show: 0 {next(iter(lengths))}. Check what was selected.")


def check_numbers(values, what, shape, low=-np.inf, high=np.inf, hint=""):
    """Return ``values`` as a float array with the sizes ``shape``, in which a word stands for any size.

    All must be finite and lie between ``low`` and ``high``; ``hint`` is the next step in the messages.
    """
    values = np.asarray(values)
    fits = values.ndim == len(shape) and values.dtype.kind not in "OSUMmc"
    for wanted, size in zip(shape, values.shape, strict=False):
        fits = fits and (isinstance(wanted, str) or wanted == size)
    if not fits:
        raise CourseError(
            f"{what} must be numbers of shape ({', '.join(map(str, shape))}); these have shape "
            f"{values.shape} and type {values.dtype}. {hint}"
        )
    check_lengths(**{what: values.ravel()})
    values = values.astype(float)
    # A sum of float32 may exceed 1 a little. NaN lies between nothing.
    allowed = np.isfinite(values) & (values >= low) & (values <= high + 1e-4)
    if not allowed.all():
        limits = "finite" if np.isinf(high) else f"between {low:g} and {high:g}"
        first, place = values[~allowed][0], np.argwhere(~allowed)[0].tolist()
        where = f", such as {first:.4g} at {place}" if place else f": {first:.4g}"
        raise CourseError(f"{what} must be {limits}; {(~allowed).sum():,} are not{where}. {hint}")
    return values


def check_labels(labels, class_names, what="labels"):
    """Return ``labels`` as an integer array [n]; each must be a position in ``class_names``."""
    hint = (
        "Labels are whole numbers, one a picture; from one-hot rows or probabilities take .argmax(axis=-1)."
    )
    numbers = check_numbers(labels, what, ("n",), hint=hint).astype(int)
    if (numbers != labels).any():
        raise CourseError(f"{what} are not whole. {hint}")
    if numbers.min() < 0 or numbers.max() >= len(class_names):
        raise CourseError(
            f"{what} go from {numbers.min()} to {numbers.max()}, but there are {len(class_names)} class "
            f"names, for 0 to {len(class_names) - 1}. Give the names of the same data set."
        )
    return numbers


def check_probabilities(probabilities, class_names, what="probabilities"):
    """Return ``probabilities`` as a float array [n, number of classes] with values from 0 to 1."""
    hint = "From logits make them with keras.ops.softmax; with several labels a picture, keras.ops.sigmoid."
    return check_numbers(probabilities, what, ("pictures", len(class_names)), 0, 1, hint)


def check_truths(truths, labels):
    """Return ``truths``, 0 or 1, as a bool array [n, number of labels]: which labels a picture has."""
    hint = "A truth is 0 or 1, a column for each label; probabilities come after truths."
    truths = check_numbers(truths, "truths", ("pictures", len(labels)), 0, 1, hint)
    if not np.isin(truths, (0, 1)).all():
        raise CourseError(f"truths have values between 0 and 1. {hint}")
    return truths.astype(bool)


def check_pixels(images):
    """Return pictures as a list of ``uint8`` arrays [height, width] (grey) or [height, width, 3].

    ``images`` is an array [n, height, width(, 1 or 3)] or a list of pictures, whose sizes may differ. Values
    are 0 to 255; floats 0 to 1, unless one of them is above.
    """
    images = [np.asarray(image) for image in images]
    check_lengths(pictures=images)
    for image in images:
        if image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,), (3,)) or not image.size:
            raise CourseError(
                f"A picture has shape (height, width, 1 or 3); this one has {image.shape}. A single picture "
                "goes in a list or as images[:1]."
            )
        hint = "Show pictures before preprocessing, or undo it first."
        check_numbers(image, "pixels", image.shape, 0, 255, hint)
    if any(image.dtype.kind == "f" for image in images):
        # Keras' augmentation layers return floats from 0 to 255 for uint8 pictures.
        highest = max(image.max() for image in images)
        images = [np.rint(image * (255 if highest <= 1 else 1)) for image in images]
    return [(image[..., 0] if image.shape[2:] == (1,) else image).astype(np.uint8) for image in images]
