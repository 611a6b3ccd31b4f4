"""Look and judge: the figures of the lessons.

Every function returns a ``CourseFigure``. As the last expression of a notebook cell it shows once, with
alternative text (``figure.alt``); ``figure.savefig(path)`` writes it to a file.
"""

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from course_utils.errors import CourseError
from course_utils.plots import inputs
from course_utils.plots.diagram import network_diagram as network_diagram
from course_utils.plots.figures import (
    COLOURS,
    HATCHES,
    MARKERS,
    SMALL,
    WIDTH,
    finish,
    frame_pictures,
    name_places,
    new_figure,
    picture_grid,
    quiet,
    thumbnails,
)
from course_utils.plots.figures import use_source as use_source  # data.load calls it here
from course_utils.plots.figures import use_weights as use_weights  # and hub.find and backbones.vgg19 this one
from course_utils.plots.labels import label_predictions as label_predictions
from course_utils.plots.labels import output_predictions as output_predictions
from course_utils.plots.labels import precision_recall as precision_recall
from course_utils.plots.labels import threshold_scores as threshold_scores
from course_utils.plots.labels import top_labels as top_labels
from course_utils.plots.maps import feature_maps as feature_maps
from course_utils.plots.maps import filters as filters
from course_utils.plots.maps import heat_maps as heat_maps


def grid(pictures, class_names, columns=10, count=100, title=None):
    """Show up to ``count`` pictures with the names of their classes, ``columns`` in a row.

    ``pictures`` is an unbatched ``tf.data.Dataset`` of (image, label) or a pair (images, labels); images are
    [height, width, 1 or 3], 0 to 255 or floats 0 to 1, labels positions in ``class_names``. Raises
    CourseError for no pictures, other values, and labels without a name.
    """
    images, labels = inputs.read_pairs(pictures, count)
    names = [class_names[label] for label in inputs.check_labels(labels, class_names)]
    figure, _ = picture_grid(images, names, columns)
    shown = f"{len(names)} picture{'s' * (len(names) > 1)}"
    seen = ", ".join(dict.fromkeys(names))
    return finish(
        figure, title or f"{shown} with their classes", f"Grid of {shown} with their classes: {seen}."
    )


def class_balance(datasets, class_names, title=None):
    """Show how many pictures of each class each part has, as bars.

    ``datasets`` is a dict of name to labels [n], to an unbatched dataset of (image, label) or to a pair
    (images, labels), such as ``{"train": pictures.train, "test": pictures.test}``.
    """
    inputs.check_lengths(datasets=datasets)
    figure = new_figure(4.2)
    axes = figure.subplots()
    places, width = np.arange(len(class_names)), 0.8 / len(datasets)
    parts = []
    for index, (name, source) in enumerate(datasets.items()):
        labels = inputs.check_labels(inputs.read_labels(source), class_names, f"labels of {name}")
        counts = np.bincount(labels, minlength=len(class_names))
        axes.bar(
            places + (index - (len(datasets) - 1) / 2) * width,
            counts,
            width,
            label=f"{name}: {len(labels):,}",
            color=COLOURS[index % len(COLOURS)],
            hatch=HATCHES[index % len(HATCHES)],
            edgecolor="black",
            linewidth=0.5,
        )
        parts.append(f"{name} {len(labels):,} ({_span(counts)} a class)")
    axes.set_xticks(places, class_names, fontsize=SMALL, rotation=30, ha="right", rotation_mode="anchor")
    axes.set(xlabel="class", ylabel="number of pictures")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    quiet(axes, lines="y")
    figure.legend(loc="outside right upper", frameon=False)
    alt = f"Bars: pictures of each of {len(class_names)} classes. {'; '.join(parts)}."
    return finish(figure, title or "Pictures of each class", alt)


def mean_images(images, labels, class_names, columns=5, title=None):
    """Show the mean picture of each class: pixel by pixel, over all its pictures.

    ``images`` is [n, height, width, 1 or 3], all of one size; ``labels`` [n] as in ``grid``. A class
    without pictures is left out and named in the alternative text.
    """
    inputs.check_lengths(images=images, labels=labels)
    labels = inputs.check_labels(labels, class_names)
    if len({np.shape(image) for image in images}) > 1:
        raise CourseError("A mean needs pictures of one size, and these differ. Resize them first.")
    images, present = np.asarray(images), np.unique(labels)
    means = [images[labels == label].mean(axis=0, dtype=float) for label in present]
    captions = [f"{class_names[label]}\n({(labels == label).sum():,})" for label in present]
    figure, _ = picture_grid(means, captions, columns)
    alt = f"The mean picture of {', '.join(class_names[label] for label in present)}."
    if absent := [name for label, name in enumerate(class_names) if label not in present]:
        alt += f" No pictures of {', '.join(absent)}."
    return finish(figure, title or "Mean picture of each class (number of pictures)", alt)


def histories(histories, metrics=("loss", "accuracy"), title=None):
    """Show training (dashed) and validation (solid) over the epochs, one panel a metric.

    ``histories`` is a dict of name to what ``fit`` returned (or its ``.history`` dict), or a single one of
    these. ``"accuracy"`` finds the accuracy whatever Keras calls it (``sparse_categorical_accuracy``); with
    several outputs give full names (``"colour_accuracy"``). Raises CourseError where a metric is missing.
    """
    if hasattr(histories, "history") or any(isinstance(part, list) for part in histories.values()):
        histories = {"": histories}
    inputs.check_lengths(histories=histories)
    figure = new_figure(4)
    ends = []
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        for index, (name, history) in enumerate(histories.items()):
            columns = getattr(history, "history", history)
            key = _metric_key(metric, columns)
            for part, column in (("training", key), ("validation", f"val_{key}")):
                if column not in columns:
                    continue
                values, known = columns[column], part == "training"
                axes.plot(
                    range(1, len(values) + 1),
                    values,
                    linestyle="--" if known else "-",
                    color=COLOURS[index % 10],
                    marker=MARKERS[index % 10],
                    markersize=4,
                    markerfacecolor="white" if known else None,
                    markevery=max(1, len(values) // 15),
                    label=f"{name}, {part}" if name else part,
                )
                ends.append(f"{name} {part} {metric} {_readable(metric, values[-1])}".strip())
        axes.set(title=metric, xlabel="epoch", ylabel=metric)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        if metric.endswith("accuracy"):
            axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        quiet(axes, lines="both")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    alt = f"Curves of {' and '.join(metrics)} over the epochs. After the last one: {', '.join(ends)}."
    return finish(figure, title or "Training and validation", alt)


def confusion_matrix(labels, predictions, class_names, title=None):
    """Show how often each class was taken for each: a row for the true class, a column for the predicted one.

    ``labels`` are class numbers [n] (or an unshuffled dataset of (image, label)), ``predictions`` class
    numbers [n] or probabilities [n, number of classes]. The colour is the share of its row.
    """
    labels = inputs.check_labels(inputs.read_labels(labels), class_names)
    if np.ndim(predictions) == 2:
        predictions = inputs.check_probabilities(predictions, class_names).argmax(axis=1)
    predictions = inputs.check_labels(predictions, class_names, "predictions")
    inputs.check_lengths(labels=labels, predictions=predictions)
    size = len(class_names)
    counts = np.bincount(labels * size + predictions, minlength=size * size).reshape(size, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    side = min(WIDTH, 2.6 + 0.55 * size)
    figure = new_figure(side, max(5, side))
    axes = figure.subplots()
    # The square root lifts the few mistakes out of the white without hiding the many right ones.
    axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0, 1))
    if size <= 25:
        for (row, column), count in np.ndenumerate(counts):
            ink = "white" if shares[row, column] > 0.5 else "black" if count else "#707070"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=ink, fontsize=SMALL)
    axes.set_xticks(range(size), class_names, fontsize=SMALL, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), class_names, fontsize=SMALL)
    axes.set(xlabel="predicted class\n(number: pictures, colour: share of the row)", ylabel="true class")
    axes.tick_params(length=0)
    right = f"{100 * np.trace(counts) / len(labels):.1f} % of {len(labels):,} right"
    wrong = counts - np.diag(counts.diagonal())
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    most = (
        f"Most frequent confusion: {class_names[row]} taken for {class_names[column]}, {wrong.max():,} times."
    )
    alt = f"Confusion matrix: {right}. {most if wrong.any() else 'No confusion.'}"
    return finish(figure, title or f"Confusion matrix, {right}", alt)


def predictions(images, labels, probabilities, class_names, count=15, columns=5, title=None):
    """Show the first ``count`` pictures with the predicted class and its probability.

    Right: ✓ and a thin blue frame. Wrong: ✗, a thick orange frame, and the true class below. ``images`` as in
    ``grid``, ``labels`` [n], ``probabilities`` [n, number of classes], 0 to 1.
    """
    labels = inputs.check_labels(labels, class_names)
    probabilities = inputs.check_probabilities(probabilities, class_names)
    inputs.check_lengths(images=images, labels=labels, probabilities=probabilities)
    labels, guesses = labels[:count], probabilities[:count].argmax(axis=1)
    captions = []
    for label, guess, row in zip(labels, guesses, probabilities, strict=False):
        mark, truth = ("✓", "") if guess == label else ("✗", f"\ntrue: {class_names[label]}")
        captions.append(f"{mark} {class_names[guess]} {100 * row[guess]:.0f} %{truth}")
    figure, axes = picture_grid(images[:count], captions, columns)
    frame_pictures(axes, guesses == labels)
    score = f"{(guesses == labels).sum()} of {len(labels)} right"
    mistakes = [
        f"{class_names[t]} taken for {class_names[p]}" for t, p in zip(labels, guesses, strict=True) if t != p
    ]
    alt = f"{len(labels)} pictures with predictions, {score}."
    alt += f" Mistakes: {'; '.join(mistakes)}." * bool(mistakes)
    return finish(figure, title or f"Predictions: {score}", alt)


def most_confident_mistakes(images, labels, probabilities, class_names, count=12, columns=6, title=None):
    """Show the ``count`` wrong predictions with the highest probability, the most confident first.

    Arguments as in ``predictions``. Without any mistake the figure says so.
    """
    labels = inputs.check_labels(labels, class_names)
    probabilities = inputs.check_probabilities(probabilities, class_names)
    inputs.check_lengths(images=images, labels=labels, probabilities=probabilities)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    if not len(wrong):
        figure = new_figure(0.5)
        return finish(
            figure, f"No mistake in {len(labels):,} pictures", f"No mistake in {len(labels):,} pictures."
        )
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:count]
    title = title or f"The {len(worst)} most confident of {len(wrong):,} mistakes in {len(labels):,} pictures"
    chosen = [images[index] for index in worst]
    return predictions(chosen, labels[worst], probabilities[worst], class_names, count, columns, title)


def scatter(points, labels, class_names, images=None, title=None, xlabel="axis 1", ylabel="axis 2"):
    """Show points in the plane, one a picture; each class has a colour, a marker, and its name in its midst.

    ``points`` is [n, 2], ``labels`` [n]. With ``images`` (as in ``grid``) some points show their picture: in
    order, each one that is far enough from those already placed. Raises CourseError for NaN.
    """
    points = inputs.check_points(points, "points", columns=2)
    labels = inputs.check_labels(labels, class_names)
    inputs.check_lengths(points=points, labels=labels, images=points if images is None else images)
    figure = new_figure(7)
    axes = figure.subplots()
    size = float(np.clip(30_000 / len(points), 10, 36))
    for label in np.unique(labels):
        x, y = points[labels == label].T
        style = {"color": COLOURS[label % 10], "marker": MARKERS[(label + label // 10) % 10]}
        axes.scatter(x, y, s=size, label=class_names[label], edgecolor="black", linewidth=0.2, **style)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    quiet(axes, lines="both")
    figure.legend(loc="outside right upper", markerscale=(40 / size) ** 0.5, fontsize=SMALL, frameon=False)
    shown = f"{len(points):,} pictures as points"
    middles = {class_names[label]: np.median(points[labels == label], axis=0) for label in np.unique(labels)}
    alt = f"Scatter plot of {shown}, {ylabel} against {xlabel}; classes: {', '.join(middles)}."
    finish(figure, title or shown, alt)
    # Last, because only now is it settled where on the page a point lies.
    occupied = name_places(axes, middles)
    if images is not None:
        placed = thumbnails(axes, points, labels, images, occupied)
        figure.alt += f" {len(placed):,} of them are shown as small pictures."
    return figure


def _metric_key(metric, columns):
    """Return the key of ``metric`` in a history: its own name, or the only one that ends with it."""
    names = [name for name in columns if not name.startswith("val_")]
    found = [metric] if metric in names else [name for name in names if name.endswith(f"_{metric}")]
    if len(found) != 1:
        raise CourseError(
            f"The metric {metric!r} is {'ambiguous' if found else 'not there'}: this history has "
            f"{', '.join(names) or 'no metrics'}. Give one of these names in metrics=(...)."
        )
    return found[0]


def _readable(metric, value):
    return f"{100 * value:.1f} %" if metric.endswith("accuracy") else f"{value:.3f}"


def _span(counts):
    low, high = counts.min(), counts.max()
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
