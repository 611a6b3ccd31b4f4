"""Judge: curves over the epochs, over the recall and over the threshold of a decision."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from course_utils.errors import CourseError
from course_utils.plots import inputs, style


def histories(histories, metrics=("loss", "accuracy"), title=None, over="epoch"):
    """Show training (dashed) and validation (solid) over the epochs, one panel a metric.

    ``histories`` is a dict of name to what ``fit`` returned (or its ``.history``), or a single one of these;
    a fit with an ``initial_epoch`` is drawn from there on. ``over`` names what is counted, such as "step".
    ``"accuracy"`` also finds ``sparse_categorical_accuracy`` and its like. Raises CourseError where a metric
    is missing or one of several.
    """
    if hasattr(histories, "history") or any(map(np.ndim, histories.values())):
        histories = {"": histories}
    metrics = [metrics] if isinstance(metrics, str) else metrics
    inputs.check_lengths(histories=histories)
    figure = style.new_figure(4)
    parts = []
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        is_share = metric.endswith("accuracy")
        for index, (name, history) in enumerate(histories.items()):
            columns = getattr(history, "history", history)
            key, before = _metric_key(metric, columns), min(getattr(history, "epoch", None) or [0])
            colour, marker = style.COLOURS[index % 10], style.MARKERS[index % 10]
            splits = {"training": (key, "--", "white"), "validation": (f"val_{key}", "-", colour)}
            for split, (column, dashes, face) in splits.items():
                values = columns.get(column, [])
                if not len(values):
                    continue
                every = max(1, len(columns[key]) // len(values))  # validation_freq
                look = {"color": colour, "marker": marker, "markersize": 4, "markerfacecolor": face}
                look |= {"linestyle": dashes, "markevery": max(1, len(values) // 15)}
                label = f"{name}, {split}" if name else split
                axes.plot(before + every * np.arange(1, len(values) + 1), values, label=label, **look)
                last = style.percent(values[-1], 1) if is_share else f"{values[-1]:.3f}"
                parts.append(f"{name} {split} {metric} {last}".strip())
        axes.set(title=metric, xlabel=over, ylabel=metric)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        if is_share:
            style.percent_axis(axes.yaxis)
        style.add_grid_lines(axes, "both")
    style.add_legend(figure, figure.axes[0].lines)
    alt = f"Curves of {' and '.join(metrics)} over the {over}s, which end at"
    return style.finish(figure, title or "Training and validation", alt, parts)


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
    is where ``probability >= threshold`` (0 to 1) puts it. Raises CourseError for other shapes and values,
    and if no picture has a label.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    truths = inputs.check_truths(truths, labels)
    probabilities = inputs.check_probabilities(probabilities, labels)
    inputs.check_lengths(truths=truths, probabilities=probabilities)
    inputs.check_numbers(threshold, "threshold", (), 0, 1)
    if not truths.any():
        raise CourseError("No picture has any of the labels, so there is no recall. Check the truths.")
    figure = style.new_figure(5.5, 9)
    axes = figure.subplots()
    lowest, parts = 1, []
    for index, (name, truth, scores) in enumerate(zip(labels, truths.T, probabilities.T, strict=True)):
        if not truth.any():
            parts.append(f"no picture has {name}")
            continue
        precision, recall, cuts = precision_recall_curve(truth, scores)
        average = average_precision_score(truth, scores)
        at = np.searchsorted(cuts, threshold)  # the first cut at or above it keeps the same pictures
        look = _line_style(index, f"{name}: AP {average:.3f}")
        axes.plot(recall, precision, drawstyle="steps-post", **look)
        axes.plot(recall[at], precision[at], **look, **_marker(index))
        # Where precision equals recall a curve turns.
        lowest = min(lowest, precision[at], recall[at], np.minimum(precision, recall).max())
        here = f"precision {style.percent(precision[at])}, recall {style.percent(recall[at])}"
        parts.append(f"{name} {average:.3f} ({here})")
    start = _axis_start(2 * lowest - 1)  # twice as far from the corner shows the turn of the worst
    limits = (start, 1 + 0.02 * (1 - start))
    axes.set(xlim=limits, xlabel=f"recall: found, of all that have the label{_since(start)}")
    axes.set(ylim=limits, ylabel=f"precision: right, of all that were given it{_since(start)}")
    style.percent_axis(axes.xaxis, 0)
    style.percent_axis(axes.yaxis, 0)
    style.add_grid_lines(axes, "both")
    style.add_legend(figure, axes.lines, title=f"marker: threshold {threshold:g}")
    alt = f"Curves of precision and recall; average precision, and both at the threshold {threshold:g}"
    return style.finish(figure, title or "Precision and recall of each label", alt, parts)


def threshold_scores(thresholds, scores, chosen, title=None):
    """Show how scores change with the threshold above which a label counts as given.

    ``thresholds`` [n] increase within 0 to 1; ``scores`` is a dict of name to values [n], 0 to 1. ``chosen``,
    a number between thresholds, is marked. Raises CourseError for other values.
    """
    inputs.check_lengths(scores=scores)
    thresholds = inputs.check_numbers(thresholds, "thresholds", ("n",), 0, 1)
    if (np.diff(thresholds) <= 0).any():
        raise CourseError("thresholds must increase. Sort them, and the scores with them.")
    inputs.check_numbers(chosen, "chosen", (), thresholds[0], thresholds[-1], "Choose one of the thresholds.")
    figure = style.new_figure(4.5, 9)
    axes = figure.subplots()
    lowest, parts = 1, []
    for index, (name, values) in enumerate(scores.items()):
        values = inputs.check_numbers(values, f"scores {name!r}", thresholds.shape, 0, 1)
        best, here = values.argmax(), np.interp(chosen, thresholds, values)
        look = _line_style(index, f"{name}: {style.percent(here, 1)}")
        axes.plot(thresholds, values, clip_on=False, **look)
        axes.plot(chosen, here, **look, **_marker(index))
        lowest = min(lowest, values.min())
        highest = f"{style.percent(values[best], 1)} at {thresholds[best]:g}"
        parts.append(f"{name} is highest with {highest}, and {style.percent(here, 1)} at {chosen:g}")
    axes.axvline(chosen, color="black", linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    start = _axis_start(lowest)
    axes.set(xlabel="threshold", ylabel=f"score{_since(start)}", ylim=(start, 1))
    style.percent_axis(axes.yaxis, 0)
    style.add_grid_lines(axes, "both")
    style.add_legend(figure, axes.lines[:-1], title=f"at the chosen {chosen:g}")
    alt = f"Scores for {len(thresholds)} thresholds from {thresholds[0]:g} to {thresholds[-1]:g}"
    return style.finish(figure, title or "Scores and the threshold", alt, parts)


def _line_style(index, label):
    colour, dashes = style.LINE_COLOURS[index % 9], style.LINES[index % 4]
    return {"color": colour, "linestyle": dashes, "linewidth": 1.8, "label": label}


def _marker(index):
    """Return the look of a marked point; not clipped, for it may stand on the rim of the axes."""
    marker = {"marker": style.MARKERS[index % 10], "markersize": 10, "markeredgecolor": "black"}
    return marker | {"clip_on": False, "zorder": 5}


def _axis_start(lowest):
    return float(np.clip(np.floor(10 * lowest + 1e-9) / 10, 0, 0.9))


def _since(start):
    return f" (axis starts at {style.percent(start)})" if start else ""
