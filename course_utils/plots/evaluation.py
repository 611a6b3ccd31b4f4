"""Judge: what a model predicts for pictures, and how often it is right.

A right prediction has a ✓ and a thin blue frame, a wrong one a ✗, a thick orange frame and the truth.
"""

import numpy as np
from matplotlib.colors import PowerNorm

from course_utils.errors import CourseError
from course_utils.plots import inputs, style


def confusion_matrix(labels, predictions, class_names, title=None):
    """Show how often each class was taken for each: a row for the true class, a column for the predicted one.

    ``labels`` are class numbers [n], ``predictions`` class numbers [n] or probabilities [n, classes]. The
    colour is the share of its row. Raises CourseError for other shapes and values.
    """
    if np.ndim(predictions) == 2:
        predictions = inputs.check_probabilities(predictions, class_names).argmax(axis=1)
    labels = inputs.check_labels(labels, class_names)
    predictions = inputs.check_labels(predictions, class_names, "predictions")
    inputs.check_lengths(labels=labels, predictions=predictions)
    size = len(class_names)
    counts = np.bincount(labels * size + predictions, minlength=size * size).reshape(size, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    side = min(style.WIDTH, 2.6 + 0.55 * size)
    figure = style.new_figure(side, max(5, side))
    axes = figure.subplots()
    # The square root lifts the few mistakes out of the white without hiding the many right ones.
    axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
    if size <= 25:
        for (row, column), count in np.ndenumerate(counts):
            ink = "white" if shares[row, column] > 0.5 else "black" if count else "#707070"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=ink, fontsize=style.SMALL)
    style.name_ticks(axes.xaxis, class_names, rotation=45)
    style.name_ticks(axes.yaxis, class_names)
    axes.set(xlabel="predicted class\n(number: pictures, colour: share of the row)", ylabel="true class")
    axes.tick_params(length=0)
    score = f"Confusion matrix, {style.percent(np.trace(counts) / len(labels), 1)} of {len(labels):,} right"
    wrong = counts - np.diag(counts.diagonal())
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    most = f"most often {class_names[row]} taken for {class_names[column]} ({wrong.max():,})"
    return style.finish(figure, title or score, score, [most] if wrong.any() else [])


def predictions(images, labels, probabilities, class_names, count=15, columns=5, title=None):
    """Show the first ``count`` pictures with the predicted class and its probability.

    ``images`` as in ``grid``, ``labels`` [n], ``probabilities`` [n, classes], 0 to 1. Raises CourseError for
    other shapes and values.
    """
    labels, probabilities = _checked(images, labels, probabilities, class_names)
    captions, right = _captions(labels[:count], probabilities[:count], class_names, "\ntrue: {}")
    return _judged_grid(images, captions, right, title, columns=columns)


def most_confident_mistakes(images, labels, probabilities, class_names, title=None):
    """Show the wrong predictions with the highest probability, 12 at most, the most confident first.

    Arguments as in ``predictions``. Without any mistake the figure says so.
    """
    labels, probabilities = _checked(images, labels, probabilities, class_names)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    if not len(wrong):
        none = f"No mistake in {len(labels):,} pictures"
        return style.finish(style.new_figure(0.5), none, none)
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:12]
    title = title or f"The {len(worst)} most confident of {len(wrong):,} mistakes in {len(labels):,} pictures"
    chosen = [images[index] for index in worst]
    return predictions(chosen, labels[worst], probabilities[worst], class_names, columns=6, title=title)


def label_predictions(images, truths, probabilities, labels, count=15, title=None):
    """Show the first ``count`` pictures with their most probable labels, as many as are true; at least one.

    ``images`` as in ``grid``, ``truths`` [n, labels], 0 or 1, ``probabilities`` of the same shape, 0 to 1,
    ``labels`` the names. Right is a picture with all labels true. Raises CourseError for other values.
    """
    truths = inputs.check_truths(truths, labels)
    probabilities = inputs.check_probabilities(probabilities, labels)
    inputs.check_lengths(images=images, truths=truths, probabilities=probabilities)
    captions, right = [], []
    for truth, row in zip(truths[:count], probabilities[:count], strict=True):
        guesses = np.argsort(-row, kind="stable")[: max(1, truth.sum())]
        lines = [f"{labels[guess]} {style.percent(row[guess])}" for guess in guesses]
        right.append(truth[guesses].all())
        if not right[-1]:
            lines.append(f"true: {', '.join(labels[label] for label in np.flatnonzero(truth)) or 'none'}")
        captions.append(f"{'✓' if right[-1] else '✗'} " + "\n".join(lines))
    return _judged_grid(images, captions, right, title, "The most probable labels of each picture")


def output_predictions(images, truths, probabilities, class_names, count=15, title=None):
    """Show the first ``count`` pictures with what each output of a model says, one line an output.

    The frame is that of a right picture if every output is right. ``images`` as in ``grid``; the other three
    are dicts by name of output: ``truths`` class numbers [n], ``probabilities`` [n, number of classes], 0 to
    1, ``class_names`` lists. Raises CourseError for names that differ, and for other shapes and values.
    """
    inputs.check_lengths(class_names=class_names)
    for what, values in (("truths", truths), ("probabilities", probabilities)):
        if not isinstance(values, dict) or set(values) != set(class_names):
            given = ", ".join(values) if isinstance(values, dict) else f"a {type(values).__name__}"
            raise CourseError(
                f"{what} must be a dict with the keys {', '.join(class_names)}; this is {given}. From a list "
                "of predictions make dict(zip(model.output_names, outputs))."
            )
    captions, right = {}, {}
    for name, words in class_names.items():
        truth, rows = _checked(images, truths[name], probabilities[name], words, f" of {name}")
        captions[name], right[name] = _captions(truth[:count], rows[:count], words, " ({})")
    each = ", ".join(f"{name} {good.sum()}" for name, good in right.items())
    captions = ["\n".join(lines) for lines in zip(*captions.values(), strict=True)]
    right = np.all(list(right.values()), axis=0)
    return _judged_grid(images, captions, right, title, f"All outputs together ({each})")


def _checked(images, labels, probabilities, class_names, of=""):
    labels = inputs.check_labels(labels, class_names, f"labels{of}")
    probabilities = inputs.check_probabilities(probabilities, class_names, f"probabilities{of}")
    inputs.check_lengths(**{"images": images, f"labels{of}": labels, f"probabilities{of}": probabilities})
    return labels, probabilities


def _captions(labels, probabilities, class_names, truth):
    """Return a caption for each picture, and which are right [n]; ``truth`` is what follows a mistake."""
    guesses = probabilities.argmax(axis=1)
    captions = []
    for label, guess, row in zip(labels, guesses, probabilities, strict=True):
        said = f"{class_names[guess]} {style.percent(row[guess])}"
        captions.append(f"✓ {said}" if guess == label else f"✗ {said}{truth.format(class_names[label])}")
    return captions, guesses == labels


def _judged_grid(images, captions, right, title, what="Predictions", columns=5):
    figure, axes = style.picture_grid(images[: len(captions)], captions, columns)
    style.frame_pictures(axes, right)
    score = f"{sum(right)} of {len(right)} right"
    parts = [caption.replace("\n", ", ") for caption in captions]
    return style.finish(figure, title or f"{what}: {score}", f"{what}, {score}", parts)


def top_labels(image, probabilities, labels, title=None):
    """Show one picture beside the five most probable of its labels, as bars, the first one on top.

    ``image`` is [height, width, 1 or 3], 0 to 255; ``probabilities`` [number of labels] are 0 to 1,
    ``labels`` their names. Raises CourseError for other shapes and values.
    """
    (image,) = inputs.check_pixels([image])
    (probabilities,) = inputs.check_probabilities(np.asarray(probabilities)[np.newaxis], labels)
    order = np.argsort(-probabilities, kind="stable")[:5]
    names, values = [labels[index] for index in order], probabilities[order]
    figure = style.new_figure(3.4, 9)
    picture, bars = figure.subplots(1, 2, width_ratios=(1, 2))
    picture.imshow(image, cmap="gray", vmin=0, vmax=255)
    picture.set_axis_off()
    shares = [style.percent(value, 1) for value in values]
    bars.bar_label(bars.barh(range(len(order)), values, color=style.BLUE), shares, padding=4)
    style.name_ticks(bars.yaxis, names)
    bars.invert_yaxis()
    bars.set(xlabel="probability", xlim=(0, 1.15 * max(values)))
    style.percent_axis(bars.xaxis, 0)
    style.add_grid_lines(bars, "x")
    shown = f"The {len(names)} most probable labels"
    parts = [f"{name} {share}" for name, share in zip(names, shares, strict=True)]
    return style.finish(figure, title or shown, f"{shown} of a picture", parts)
