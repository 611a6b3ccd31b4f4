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
    labels = inputs.check_labels(labels, class_names)
    if np.ndim(predictions) == 2:
        predictions = inputs.check_probabilities(predictions, class_names).argmax(axis=1)
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
    style.name_ticks(axes, class_names, rotation=45)
    axes.set_yticks(range(size), class_names, fontsize=style.SMALL)
    axes.set(xlabel="predicted class\n(number: pictures, colour: share of the row)", ylabel="true class")
    axes.tick_params(length=0)
    score = f"{style.percent(np.trace(counts) / len(labels), 1)} of {len(labels):,} right"
    wrong = counts - np.diag(counts.diagonal())
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    most = f"{class_names[row]} taken for {class_names[column]}, {wrong.max():,} times."
    alt = (
        f"Confusion matrix: {score}. {f'Most frequent confusion: {most}' if wrong.any() else 'No confusion.'}"
    )
    return style.finish(figure, title or f"Confusion matrix, {score}", alt)


def predictions(images, labels, probabilities, class_names, count=15, columns=5, title=None):
    """Show the first ``count`` pictures with the predicted class and its probability.

    ``images`` as in ``grid``, ``labels`` [n], ``probabilities`` [n, classes], 0 to 1. Raises CourseError for
    other shapes and values.
    """
    labels, probabilities = _checked(images, labels, probabilities, class_names)
    captions, right, mistakes = _captions(labels[:count], probabilities[:count], class_names, "\ntrue: {}")
    score = f"{right.sum()} of {len(right)} right"
    alt = f"{len(right)} pictures with predictions, {score}."
    return _judged_grid(images, captions, right, columns, title or f"Predictions: {score}", alt, mistakes)


def most_confident_mistakes(images, labels, probabilities, class_names, count=12, columns=6, title=None):
    """Show the ``count`` wrong predictions with the highest probability, the most confident first.

    Arguments as in ``predictions``. Without any mistake the figure says so.
    """
    labels, probabilities = _checked(images, labels, probabilities, class_names)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    if not len(wrong):
        none = f"No mistake in {len(labels):,} pictures"
        return style.finish(style.new_figure(0.5), none, f"{none}.")
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:count]
    title = title or f"The {len(worst)} most confident of {len(wrong):,} mistakes in {len(labels):,} pictures"
    chosen = [images[index] for index in worst]
    return predictions(chosen, labels[worst], probabilities[worst], class_names, count, columns, title)


def label_predictions(images, truths, probabilities, labels, count=15, columns=5, title=None):
    """Show the first ``count`` pictures with their most probable labels, as many as are true; at least one.

    ``images`` as in ``grid``, ``truths`` [n, labels], 0 or 1, ``probabilities`` of the same shape, 0 to 1,
    ``labels`` the names. Right is a picture with all labels true. Raises CourseError for other values.
    """
    truths = inputs.check_truths(truths, labels)
    probabilities = inputs.check_probabilities(probabilities, labels)
    inputs.check_lengths(images=images, truths=truths, probabilities=probabilities)
    captions, right, mistakes = [], [], []
    for truth, row in zip(truths[:count], probabilities[:count], strict=True):
        guesses = np.argsort(-row, kind="stable")[: max(1, truth.sum())]
        lines = [f"{labels[guess]} {style.percent(row[guess])}" for guess in guesses]
        right.append(truth[guesses].all())
        if not right[-1]:
            true = [labels[label] for label in np.flatnonzero(truth)] or ["none"]
            lines.append(f"true: {', '.join(true)}")
            mistakes.append(f"{' '.join(true)} taken for {' '.join(labels[i] for i in sorted(guesses))}")
        captions.append(f"{'✓' if right[-1] else '✗'} " + "\n".join(lines))
    score = f"{sum(right)} of {len(right)} right"
    alt = f"{len(right)} pictures with their most probable labels, {score}."
    title = title or f"The most probable labels of each picture: {score}"
    return _judged_grid(images, captions, right, columns, title, alt, mistakes)


def output_predictions(images, truths, probabilities, class_names, count=15, columns=5, title=None):
    """Show the first ``count`` pictures with what each output of a model says, one line an output.

    The frame is that of a right picture if every output is right. ``images`` as in ``grid``; the other three
    are dicts by name of output: ``truths`` class numbers [n], ``probabilities`` [n, number of classes], 0 to
    1, ``class_names`` lists. Raises CourseError for names that differ, and for other shapes and values.
    """
    inputs.check_lengths(class_names=class_names)
    for what, values in (("truths", truths), ("probabilities", probabilities)):
        if not hasattr(values, "keys") or set(values) != set(class_names):
            names = ", ".join(values) if hasattr(values, "keys") else f"a {type(values).__name__}"
            raise CourseError(
                f"{what} must be a dict with the names of the outputs that class_names has, "
                f"{', '.join(class_names)}; this is {names}. From a list that model.predict returned make "
                f"dict(zip(model.output_names, outputs))."
            )
    captions, right, mistakes = {}, {}, []
    for name, words in class_names.items():
        truth, rows = _checked(images, truths[name], probabilities[name], words, f" of {name}")
        captions[name], right[name], wrong = _captions(truth[:count], rows[:count], words, " ({})")
        mistakes += wrong
    every = np.all(list(right.values()), axis=0)
    score = f"{every.sum()} of {len(every)} right"
    if len(right) > 1:
        each = ", ".join(f"{name} {good.sum()}" for name, good in right.items())
        score += f" in all outputs ({each})"
    captions = ["\n".join(lines) for lines in zip(*captions.values(), strict=True)]
    alt = f"{len(every)} pictures with the predictions of {' and '.join(class_names)}, {score}."
    return _judged_grid(images, captions, every, columns, title or f"Predictions: {score}", alt, mistakes)


def _checked(images, labels, probabilities, class_names, of=""):
    labels = inputs.check_labels(labels, class_names, f"labels{of}")
    probabilities = inputs.check_probabilities(probabilities, class_names, f"probabilities{of}")
    inputs.check_lengths(**{"images": images, f"labels{of}": labels, f"probabilities{of}": probabilities})
    return labels, probabilities


def _captions(labels, probabilities, class_names, truth):
    """Return a caption for each picture, which ones are right [n], and the mistakes in words.

    ``truth`` is what follows a wrong prediction, with {} in place of the true class.
    """
    guesses = probabilities.argmax(axis=1)
    captions, mistakes = [], []
    for label, guess, row in zip(labels, guesses, probabilities, strict=True):
        said = f"{class_names[guess]} {style.percent(row[guess])}"
        captions.append(f"✓ {said}" if guess == label else f"✗ {said}{truth.format(class_names[label])}")
        if guess != label:
            mistakes.append(f"{class_names[label]} taken for {class_names[guess]}")
    return captions, guesses == labels, mistakes


def _judged_grid(images, captions, right, columns, title, alt, mistakes):
    figure, axes = style.picture_grid(images[: len(captions)], captions, columns)
    style.frame_pictures(axes, right)
    return style.finish(figure, title, alt + f" Mistakes: {'; '.join(mistakes)}." * bool(mistakes))


def top_labels(image, probabilities, labels, count=5, title=None):
    """Show one picture beside the ``count`` most probable of its labels, as bars, the first one on top.

    ``image`` is [height, width, 1 or 3], 0 to 255; ``probabilities`` [number of labels] are 0 to 1,
    ``labels`` their names. Raises CourseError for other shapes and values.
    """
    (image,) = inputs.check_pixels([image])
    (probabilities,) = inputs.check_probabilities(np.asarray(probabilities)[np.newaxis], labels)
    order = np.argsort(-probabilities, kind="stable")[:count]
    names, values = [labels[index] for index in order], probabilities[order]
    figure = style.new_figure(3.4, 9)
    picture, bars = figure.subplots(1, 2, width_ratios=(1, 2))
    picture.imshow(image, cmap="gray", vmin=0, vmax=255)
    picture.set_axis_off()
    bars.barh(range(len(order)), values, color=style.BLUE)
    bars.set_yticks(range(len(order)), names)
    bars.invert_yaxis()
    for place, value in enumerate(values):
        bars.text(value, place, f" {style.percent(value, 1)}", va="center", fontsize=style.SMALL)
    bars.set(xlabel="probability", xlim=(0, 1.15 * max(values)))
    style.percent_axis(bars.xaxis, 0)
    style.add_grid_lines(bars, "x")
    ranked = ", ".join(f"{name} {style.percent(value, 1)}" for name, value in zip(names, values, strict=True))
    alt = f"A picture and its {len(names)} most probable labels: {ranked}."
    return style.finish(figure, title or f"The {len(names)} most probable labels", alt)
