"""Figures of models that say several things about a picture: several labels, or several outputs."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from course_utils.errors import CourseError
from course_utils.plots import inputs
from course_utils.plots.figures import (
    COLOURS,
    LINES,
    MARKERS,
    SMALL,
    finish,
    frame_pictures,
    new_figure,
    picture_grid,
    quiet,
)

INKS = [colour for colour in COLOURS if colour != "#F0E442"]  # yellow is too pale for a line


def label_predictions(images, truths, probabilities, labels, top=2, count=15, columns=5, title=None):
    """Show the first ``count`` pictures with their ``top`` most probable labels, best first.

    Right, if these are the true labels: ✓ and a thin blue frame. Wrong: ✗, a thick orange frame, and the true
    labels below. ``images`` as in ``grid``; ``truths`` [n, number of labels], 0 or 1, with ``top`` times 1 in
    every row; ``probabilities`` of the same shape, 0 to 1; ``labels`` the names. Raises CourseError for other
    shapes and values.
    """
    if not 1 <= top <= len(labels):
        raise CourseError(f"top = {top} labels a picture, and there are {len(labels)} labels to choose from.")
    truths = inputs.check_truths(truths, labels, ones=top)
    probabilities = inputs.check_probabilities(probabilities, labels)
    inputs.check_lengths(images=images, truths=truths, probabilities=probabilities)
    truths, probabilities = truths[:count], probabilities[:count]
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    right = np.take_along_axis(truths, best, axis=1).all(axis=1)
    captions, mistakes = [], []
    for truth, row, chosen, good in zip(truths, probabilities, best, right, strict=True):
        lines = [f"{labels[label]} {_percent(row[label])}" for label in chosen]
        lines[0] = f"{'✓' if good else '✗'} {lines[0]}"
        if not good:
            true = [labels[label] for label in np.flatnonzero(truth)]
            lines.append(f"true: {', '.join(true)}")
            mistakes.append(f"{' '.join(true)} taken for {' '.join(labels[i] for i in sorted(chosen))}")
        captions.append("\n".join(lines))
    figure, axes = picture_grid(images[:count], captions, columns)
    frame_pictures(axes, right)
    score = f"{right.sum()} of {len(right)} right"
    what = f"{top} most probable labels" if top > 1 else "most probable label"
    alt = f"{len(right)} pictures with their {what}, {score}."
    alt += f" Mistakes: {'; '.join(mistakes)}." * bool(mistakes)
    return finish(figure, title or f"The {what} of each picture: {score}", alt)


def output_predictions(images, truths, probabilities, class_names, count=15, columns=5, title=None):
    """Show the first ``count`` pictures with what each output of a model says, one line an output.

    ✓ before what is right; ✗ before what is wrong, with the truth in brackets. The frame is thin and blue if
    every output is right, else thick and orange. ``images`` as in ``grid``; the other three are dicts by name
    of output: ``truths`` class numbers [n], ``probabilities`` [n, number of classes], 0 to 1, ``class_names``
    lists. Raises CourseError for names that differ, and for other shapes and values.
    """
    names = list(class_names)
    for what, given in (("truths", truths), ("probabilities", probabilities)):
        if not hasattr(given, "keys") or set(given) != set(names):
            found = ", ".join(given) if hasattr(given, "keys") else f"a {type(given).__name__}"
            raise CourseError(
                f"{what} must be a dict with the names of the outputs that class_names has, "
                f"{', '.join(names)}; this is {found}. From a list that model.predict returned make "
                f"dict(zip(model.output_names, outputs))."
            )
    inputs.check_lengths(class_names=names)
    lines, right, mistakes = [], [], []
    for name in names:
        words = class_names[name]
        truth = inputs.check_labels(truths[name], words, f"truths of {name}")
        rows = inputs.check_probabilities(probabilities[name], words, f"probabilities of {name}")
        lengths = {"images": images, f"truths of {name}": truth, f"probabilities of {name}": rows}
        inputs.check_lengths(**lengths)
        truth, rows = truth[:count], rows[:count]
        guesses = rows.argmax(axis=1)
        right.append(guesses == truth)
        lines.append([])
        for label, guess, row in zip(truth, guesses, rows, strict=True):
            mark, true = ("✓", "") if guess == label else ("✗", f" ({words[label]})")
            lines[-1].append(f"{mark} {words[guess]} {_percent(row[guess])}{true}")
            if true:
                mistakes.append(f"{words[label]} taken for {words[guess]}")
    figure, axes = picture_grid(
        images[:count], ["\n".join(parts) for parts in zip(*lines, strict=True)], columns
    )
    every = np.all(right, axis=0)
    frame_pictures(axes, every)
    score = f"{every.sum()} of {len(every)} right"
    if len(names) > 1:
        each = ", ".join(f"{name} {good.sum()}" for name, good in zip(names, right, strict=True))
        score = f"{every.sum()} of {len(every)} right in all outputs ({each})"
    alt = f"{len(every)} pictures with the predictions of {' and '.join(names)}, {score}."
    alt += f" Mistakes: {'; '.join(mistakes)}." * bool(mistakes)
    return finish(figure, title or f"Predictions: {score}", alt)


def precision_recall(truths, probabilities, labels, threshold=None, title=None):
    """Show precision against recall of each label, with its average precision (AP) in the legend.

    ``truths`` [n, number of labels] are 0 or 1, ``probabilities`` have the same shape, 0 to 1. A marker is on
    each curve where ``probability >= threshold`` (0 to 1) puts it. Both axes start near the curves and say
    where. A label without a picture has no curve; the alternative text names it. Raises CourseError for other
    shapes and values, and if no picture has a label. The curves and AP are those of scikit-learn.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    truths = inputs.check_truths(truths, labels)
    probabilities = inputs.check_probabilities(probabilities, labels)
    inputs.check_lengths(truths=truths, probabilities=probabilities)
    if threshold is not None:
        inputs.check_scores([threshold], "threshold")
    if not truths.any():
        raise CourseError("No picture has any of the labels, so there is no recall. Check the truths.")
    figure = new_figure(5.5, 9)
    axes = figure.subplots()
    lowest, parts = 1.0, []
    for index in np.flatnonzero(truths.any(axis=0)):
        truth, scores = truths[:, index], probabilities[:, index]
        precision, recall, cuts = precision_recall_curve(truth, scores)
        average = average_precision_score(truth, scores)
        style = {"color": INKS[index % 9], "linestyle": LINES[index % 4], "linewidth": 1.8}
        text = f"{labels[index]} {average:.3f}"
        label = f"{labels[index]}: AP {average:.3f}"
        axes.plot(recall, precision, drawstyle="steps-post", label=label, **style)
        if threshold is not None:
            # The point whose cut is the first at or above the threshold keeps the same pictures.
            at = np.searchsorted(cuts, threshold)
            lowest = min(lowest, precision[at], recall[at])
            text += f" (precision {_percent(precision[at])}, recall {_percent(recall[at])})"
            style |= {"marker": MARKERS[index % 10], "markersize": 9, "markeredgecolor": "black"}
            # Not clipped: on a perfect curve the marker stands in the corner of the axes.
            axes.plot(recall[at], precision[at], clip_on=False, zorder=5, label=label, **style)
        lowest = min(lowest, np.minimum(precision, recall).max())
        parts.append(text)
    # Where precision equals recall a curve turns; twice that far from the corner shows the turn of the worst.
    start = float(np.clip(np.floor(20 * (1 - 2 * (1 - lowest)) + 1e-9) / 20, 0, 0.9))
    axes.set(xlim=(start, 1 + 0.02 * (1 - start)), ylim=(start, 1 + 0.02 * (1 - start)))
    since = f" (axis starts at {_percent(start)})" * (start > 0)
    axes.set(xlabel=f"recall: found, of all that have the label{since}")
    axes.set(ylabel=f"precision: right, of all that were given it{since}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    quiet(axes, lines="both")
    handles = {line.get_label(): line for line in axes.lines}  # the last one of a label has the marker
    heading = None if threshold is None else f"marker: threshold {threshold:g}"
    figure.legend(handles.values(), handles, loc="outside right upper", frameon=False, title=heading)
    at = "" if threshold is None else f" and, at the threshold {threshold:g}, precision and recall"
    alt = f"Precision against recall, one curve a label. Average precision{at}: {'; '.join(parts)}."
    if absent := [name for name, some in zip(labels, truths.any(axis=0), strict=True) if not some]:
        alt += f" No picture has {', '.join(absent)}."
    return finish(figure, title or "Precision and recall of each label", alt)


def top_labels(image, probabilities, labels, count=5, title=None):
    """Show one picture beside the ``count`` most probable of its labels, as bars, the first one on top.

    ``image`` is [height, width, 1 or 3], 0 to 255; ``probabilities`` [number of labels] are 0 to 1,
    ``labels`` their names. Raises CourseError for other shapes and values.
    """
    (image,) = inputs.check_pixels([image])
    (probabilities,) = inputs.check_probabilities(np.asarray(probabilities)[np.newaxis], labels)
    order = np.argsort(-probabilities, kind="stable")[:count]
    names, values = [labels[index] for index in order], probabilities[order]
    figure = new_figure(3.4, 9)
    picture, bars = figure.subplots(1, 2, width_ratios=(1, 2))
    picture.imshow(image, cmap="gray", vmin=0, vmax=255)
    picture.set_axis_off()
    bars.barh(range(len(order)), values, color=COLOURS[0])
    bars.set_yticks(range(len(order)), names)
    bars.invert_yaxis()
    for place, value in enumerate(values):
        bars.text(value, place, f" {_exact(value)}", va="center", fontsize=SMALL)
    bars.set(xlabel="probability", xlim=(0, 1.15 * max(values)))
    bars.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    quiet(bars, lines="x")
    ranked = ", ".join(f"{name} {_exact(value)}" for name, value in zip(names, values, strict=True))
    alt = f"A picture and its {len(names)} most probable labels: {ranked}."
    return finish(figure, title or f"The {len(names)} most probable labels", alt)


def threshold_scores(thresholds, scores, chosen=None, title=None):
    """Show how scores change with the threshold above which a label counts as given.

    ``thresholds`` [n] are increasing numbers from 0 to 1; ``scores`` is a dict of name ("exact match") to
    values [n], 0 to 1. ``chosen`` is marked, and the legend has the scores there; between two thresholds
    they are interpolated. Raises CourseError for other values and a ``chosen`` outside the thresholds.
    """
    inputs.check_lengths(scores=scores)
    thresholds = inputs.check_scores(thresholds, "thresholds")
    scores = {name: inputs.check_scores(values, f"scores {name!r}") for name, values in scores.items()}
    inputs.check_lengths(thresholds=thresholds, **{f"scores {name!r}": row for name, row in scores.items()})
    if (np.diff(thresholds) <= 0).any():
        raise CourseError("thresholds must increase. Sort them, and the scores with them.")
    if chosen is not None and not thresholds[0] <= chosen <= thresholds[-1]:
        raise CourseError(
            f"chosen = {chosen} is not among the thresholds, which go from {thresholds[0]:g} to "
            f"{thresholds[-1]:g}. Choose one of them."
        )
    figure = new_figure(4.5, 9)
    axes = figure.subplots()
    parts = []
    for index, (name, values) in enumerate(scores.items()):
        style = {"color": INKS[index % 9], "linestyle": LINES[index % 4], "marker": MARKERS[index % 10]}
        best = values.argmax()
        parts.append(f"{name} is highest at {thresholds[best]:g} ({_exact(values[best])})")
        if chosen is not None:
            here = np.interp(chosen, thresholds, values)
            parts[-1] += f" and {_exact(here)} at {chosen:g}"
            axes.plot(chosen, here, markersize=11, markeredgecolor="black", zorder=5, clip_on=False, **style)
            name = f"{name}: {_exact(here)}"
        every = max(1, len(values) // 12)
        axes.plot(thresholds, values, label=name, markersize=4, markevery=every, clip_on=False, **style)
    if chosen is not None:
        axes.axvline(chosen, color="black", linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    lowest = min(values.min() for values in scores.values())
    start = float(min(0.9, np.floor(10 * lowest + 1e-9) / 10))
    since = f" (axis starts at {_percent(start)})" * (start > 0)
    axes.set(xlabel="threshold", ylabel=f"score{since}", ylim=(start, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    quiet(axes, lines="both")
    heading = None if chosen is None else f"at the chosen {chosen:g}"
    figure.legend(loc="outside right upper", frameon=False, title=heading)
    alt = f"Scores for {len(thresholds)} thresholds from {thresholds[0]:g} to {thresholds[-1]:g}: "
    return finish(figure, title or "Scores and the threshold", f"{alt}{'; '.join(parts)}.")


def _percent(share):
    return f"{100 * share:.0f} %"


def _exact(share):
    return f"{100 * share:.1f} %"
