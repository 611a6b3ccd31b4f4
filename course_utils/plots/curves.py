"""Judge: curves over the epochs, over the recall and over the threshold of a decision."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from course_utils.errors import CourseError
from course_utils.plots import inputs, style


def histories(histories, metrics=("loss", "accuracy"), title=None):
    """Show training (dashed) and validation (solid) over the epochs, one panel a metric.

    ``histories`` is a dict of name to what ``fit`` returned (or its ``.history`` dict), or a single one of
    these. ``"accuracy"`` finds the accuracy whatever Keras calls it (``sparse_categorical_accuracy``). Raises
    CourseError where a metric is missing or one of several.
    """
    if hasattr(histories, "history") or any(isinstance(values, list) for values in histories.values()):
        histories = {"": histories}
    inputs.check_lengths(histories=histories)
    figure = style.new_figure(4)
    ends = []
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        is_share = metric.endswith("accuracy")
        for index, (name, history) in enumerate(histories.items()):
            columns = getattr(history, "history", history)
            key = _metric_key(metric, columns)
            look = {"color": style.COLOURS[index % 10], "marker": style.MARKERS[index % 10], "markersize": 4}
            lines = {"training": (key, "--", "white"), "validation": (f"val_{key}", "-", look["color"])}
            for split, (column, dashes, face) in lines.items():
                if column not in columns:
                    continue
                values, label = columns[column], f"{name}, {split}" if name else split
                look |= {"linestyle": dashes, "markerfacecolor": face, "markevery": max(1, len(values) // 15)}
                axes.plot(range(1, len(values) + 1), values, label=label, **look)
                last = style.percent(values[-1], 1) if is_share else f"{values[-1]:.3f}"
                ends.append(f"{name} {split} {metric} {last}".strip())
        axes.set(title=metric, xlabel="epoch", ylabel=metric)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        if is_share:
            style.percent_axis(axes.yaxis)
        style.add_grid_lines(axes, "both")
    style.add_legend(figure, figure.axes[0].lines)
    alt = f"Curves of {' and '.join(metrics)} over the epochs. After the last one: {', '.join(ends)}."
    return style.finish(figure, title or "Training and validation", alt)


def _metric_key(metric, columns):
    """Return the key of ``metric`` in a history: its own name, or the only one that ends with it."""
    names = [name for name in columns if not name.startswith("val_")]
    keys = [metric] if metric in names else [name for name in names if name.endswith(f"_{metric}")]
    if len(keys) != 1:
        raise CourseError(
            f"The metric {metric!r} is {'ambiguous' if keys else 'not there'}: this history has "
            f"{', '.join(names) or 'no metrics'}. Give one of these names in metrics=(...)."
        )
    return keys[0]


def precision_recall(truths, probabilities, labels, threshold=0.5, title=None):
    """Show precision against recall of each label, with its average precision (AP) in the legend.

    ``truths`` [n, labels] are 0 or 1, ``probabilities`` have the same shape, 0 to 1. A marker on each curve
    is where ``probability >= threshold`` (0 to 1) puts it. A label without a picture has no curve. Raises
    CourseError for other shapes and values, and if no picture has a label.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    truths = inputs.check_truths(truths, labels)
    probabilities = inputs.check_probabilities(probabilities, labels)
    inputs.check_lengths(truths=truths, probabilities=probabilities)
    inputs.check_scores([threshold], "threshold")
    if not truths.any():
        raise CourseError("No picture has any of the labels, so there is no recall. Check the truths.")
    figure = style.new_figure(5.5, 9)
    axes = figure.subplots()
    lowest, parts = 1.0, []
    for index in np.flatnonzero(truths.any(axis=0)):
        truth, scores = truths[:, index], probabilities[:, index]
        precision, recall, cuts = precision_recall_curve(truth, scores)
        average = average_precision_score(truth, scores)
        look = _line_style(index) | {"label": f"{labels[index]}: AP {average:.3f}"}
        axes.plot(recall, precision, drawstyle="steps-post", linewidth=1.8, **look)
        # The point whose cut is the first at or above the threshold keeps the same pictures.
        at = np.searchsorted(cuts, threshold)
        _mark(axes, recall[at], precision[at], index, look)
        lowest = min(lowest, precision[at], recall[at], np.minimum(precision, recall).max())
        here = f"precision {style.percent(precision[at])}, recall {style.percent(recall[at])}"
        parts.append(f"{labels[index]} {average:.3f} ({here})")
    # Where precision equals recall a curve turns; twice that far from the corner shows the turn of the worst.
    start = float(np.clip(np.floor(20 * (1 - 2 * (1 - lowest)) + 1e-9) / 20, 0, 0.9))
    limits = (start, 1 + 0.02 * (1 - start))
    since = _axis_start(start)
    axes.set(xlim=limits, xlabel=f"recall: found, of all that have the label{since}")
    axes.set(ylim=limits, ylabel=f"precision: right, of all that were given it{since}")
    style.percent_axis(axes.xaxis, 0)
    style.percent_axis(axes.yaxis, 0)
    style.add_grid_lines(axes, "both")
    style.add_legend(figure, axes.lines, title=f"marker: threshold {threshold:g}")
    alt = "Precision against recall, one curve a label. Average precision and, at the threshold "
    alt += f"{threshold:g}, precision and recall: {'; '.join(parts)}."
    if absent := [name for name, some in zip(labels, truths.any(axis=0), strict=True) if not some]:
        alt += f" No picture has {', '.join(absent)}."
    return style.finish(figure, title or "Precision and recall of each label", alt)


def threshold_scores(thresholds, scores, chosen, title=None):
    """Show how scores change with the threshold above which a label counts as given.

    ``thresholds`` [n] are increasing numbers from 0 to 1; ``scores`` is a dict of name ("exact match") to
    values [n], 0 to 1. ``chosen`` is marked, and the legend has the (interpolated) scores there. Raises
    CourseError for other values and a ``chosen`` outside the thresholds.
    """
    inputs.check_lengths(scores=scores)
    thresholds = inputs.check_scores(thresholds, "thresholds")
    scores = {name: inputs.check_scores(values, f"scores {name!r}") for name, values in scores.items()}
    inputs.check_lengths(thresholds=thresholds, **{f"scores {name!r}": row for name, row in scores.items()})
    if (np.diff(thresholds) <= 0).any():
        raise CourseError("thresholds must increase. Sort them, and the scores with them.")
    if not thresholds[0] <= chosen <= thresholds[-1]:
        raise CourseError(
            f"chosen = {chosen} is not among the thresholds, which go from {thresholds[0]:g} to "
            f"{thresholds[-1]:g}. Choose one of them."
        )
    figure = style.new_figure(4.5, 9)
    axes = figure.subplots()
    parts = []
    for index, (name, values) in enumerate(scores.items()):
        best, here = values.argmax(), style.percent(np.interp(chosen, thresholds, values), 1)
        parts.append(f"{name} is highest at {thresholds[best]:g} ({style.percent(values[best], 1)})")
        parts[-1] += f" and {here} at {chosen:g}"
        look = _line_style(index) | {"label": f"{name}: {here}"}
        _mark(axes, chosen, np.interp(chosen, thresholds, values), index, look)
        marks = {"marker": style.MARKERS[index % 10], "markersize": 4, "markevery": max(1, len(values) // 12)}
        axes.plot(thresholds, values, clip_on=False, **look, **marks)
    style.add_legend(figure, axes.lines, title=f"at the chosen {chosen:g}")
    axes.axvline(chosen, color="black", linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    lowest = min(values.min() for values in scores.values())
    start = float(min(0.9, np.floor(10 * lowest + 1e-9) / 10))
    axes.set(xlabel="threshold", ylabel=f"score{_axis_start(start)}", ylim=(start, 1))
    style.percent_axis(axes.yaxis, 0)
    style.add_grid_lines(axes, "both")
    alt = f"Scores for {len(thresholds)} thresholds from {thresholds[0]:g} to {thresholds[-1]:g}: "
    return style.finish(figure, title or "Scores and the threshold", f"{alt}{'; '.join(parts)}.")


def _line_style(index):
    return {"color": style.LINE_COLOURS[index % 9], "linestyle": style.LINES[index % 4]}


def _mark(axes, x, y, index, look):
    """Mark one point of a curve; not clipped, for it may stand on the rim of the axes."""
    marker = {"marker": style.MARKERS[index % 10], "markersize": 10, "markeredgecolor": "black"}
    axes.plot(x, y, clip_on=False, zorder=5, **look, **marker)


def _axis_start(start):
    return f" (axis starts at {style.percent(start)})" * (start > 0)
