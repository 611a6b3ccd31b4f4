"""The network as a diagram: a box for each layer, lines for what flows, branches side by side."""

import textwrap
from collections import Counter
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.errors import CourseError
from course_utils.plots import style

NOT_DRAWN = ("Dropout", "BatchNormalization", "Activation", "Rescaling")  # unless it is an output
LINE, GAP = 0.16, 0.22  # inches: the height of a line of a box, and from one row of boxes to the next
COLUMN = 2.5  # inches at most, from the middle of one box to the middle of the next
BOX = 0.86  # the width of a box in columns


@dataclass(eq=False)
class _Box:
    lines: list  # of text
    sources: list  # the boxes that it comes from
    is_output: bool
    row: int
    x: float = 0.0  # columns
    top: float = 0.0  # inches, downwards

    @property
    def bottom(self):
        return self.top + LINE * (len(self.lines) + 0.8)


def network_diagram(model, title=None):
    """Show the layers of a network from the input (top) to the outputs (bottom).

    ``model`` is a Sequential or functional Keras model with known input shape. Each box has the kind of a
    layer, its size and, below, the shape of what it puts out for one picture ("?" where it is open); a model
    used as a layer is one box. The foot of the figure names what is not drawn: dropout, batch normalisation,
    activations, scaling. Raises CourseError for models without a graph: not yet built, or subclassed.
    """
    boxes, left_out = _boxes(model)
    _arrange(boxes)
    lines = [_line(source, box, boxes) for box in boxes for source in box.sources]
    left = min(box.x for box in boxes) - 0.5
    right = max(max(box.x + 0.5 for box in boxes), *(max(x) + 0.05 for x, _ in lines), left)
    column = min(style.WIDTH / (right - left), COLUMN)
    width = max(5, column * (right - left))
    notes = ["Last line of a box: the shape of its output for one picture."]
    if left_out:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in left_out.items())
        notes += textwrap.wrap(f"Not drawn: {kinds}.", int(width * 72 / (0.6 * style.SMALL)))
    height = max(box.bottom for box in boxes) + GAP + LINE * len(notes)
    figure = style.new_figure(height + 0.5, width)
    axes = figure.subplots()
    middle, half = (left + right) / 2, width / column / 2
    axes.set(xlim=(middle - half, middle + half), ylim=(height, -0.05))
    axes.set_axis_off()
    for x, y in lines:
        axes.plot(x, y, color="#555555", linewidth=1.2, zorder=1, solid_capstyle="butt")
        axes.plot(x[-1], y[-1] - 0.035, marker="v", markersize=5, color="#555555", zorder=2)
    for box in boxes:
        _draw(axes, box, column)
    axes.text(middle, height, "\n".join(notes), ha="center", va="bottom", fontsize=style.SMALL)
    ends = " and ".join(f"{box.lines[0]} ({box.lines[-1]})" for box in boxes if box.is_output)
    alt = f"Diagram of a network that ends in {ends}. {' '.join([_in_words(boxes), *notes[1:]])}"
    return style.finish(figure, title or f"The network {model.name}", alt)


def _boxes(model):
    """Return the boxes, each after those that it comes from, and a ``Counter`` of the kinds without one."""
    calls, outputs = _graph(model)
    behind = {}  # call to its box, or to the boxes before it where it is left out
    boxes, left_out = [], Counter()
    for call in calls:
        sources = list(dict.fromkeys(box for parent in call.parent_nodes for box in behind[parent]))
        layer, kind, is_output = call.operation, type(call.operation).__name__, call in outputs
        if kind in NOT_DRAWN and not is_output:
            behind[call] = sources
            left_out[kind] += 1
            continue
        name = [layer.name] if is_output or hasattr(layer, "layers") else []
        shape = ", ".join(_times(tensor.shape[1:]) or "one number" for tensor in call.outputs)
        row = 1 + max((source.row for source in sources), default=-1)
        boxes.append(_Box([*name, _described(layer, kind, is_output), shape], sources, is_output, row))
        behind[call] = boxes[-1:]
    return boxes, left_out


def _graph(model):
    """Return the calls of layers and operations, each after those that it depends on, and the outputs' calls.

    Walked from the outputs, because a layer may have been called in other models too.
    """
    try:
        # Keras has no public way to the graph that also holds operations and layers called twice.
        histories = [tensor._keras_history for tensor in model.outputs]
    except (AttributeError, TypeError, ValueError):
        raise CourseError(
            f"{getattr(model, 'name', type(model).__name__)} has no graph to draw. Begin a Sequential model "
            "with keras.Input(shape=...), or call model.build(...); a subclass of keras.Model has none at "
            "all: write it with keras.Model(inputs, outputs)."
        ) from None
    outputs = [history.operation._inbound_nodes[history.node_index] for history in histories]
    calls, waiting = {}, outputs[::-1]
    while waiting:
        missing = [parent for parent in waiting[-1].parent_nodes if parent not in calls]
        if missing:
            waiting.append(missing[0])
        else:
            calls[waiting.pop()] = None
    return list(calls), outputs


def _arrange(boxes):
    """Give each box its place: a column for each output; what several outputs need stands in their middle."""
    outputs = [box for box in boxes if box.is_output]
    columns = {box: {outputs.index(box)} if box.is_output else set() for box in boxes}
    for box in reversed(boxes):
        for source in box.sources:
            columns[source] |= columns[box]
    top = 0
    for number in range(max(box.row for box in boxes) + 1):
        wanted = {box: np.mean(list(columns[box])) for box in boxes if box.row == number}
        row = sorted(wanted, key=wanted.get)
        for before, box in zip([None, *row], row, strict=False):
            box.top, box.x = top, wanted[box] if before is None else max(wanted[box], before.x + 1)
        shift = np.mean([wanted[box] - box.x for box in row])
        for box in row:
            box.x += shift
        top = max(box.bottom for box in row) + GAP


def _line(source, box, boxes):
    """Return the line between two boxes as x and y of its points; past other boxes it goes on their right."""
    above = {other.row: other.top - 0.13 for other in boxes}  # where lines into a row may go sideways
    first, last = above[source.row + 1], above[box.row]
    points = [(source.x, source.bottom), (source.x, first), (box.x, last), (box.x, box.top)]
    if box.row > source.row + 1:
        beside = max(other.x for other in boxes if source.row <= other.row <= box.row)
        aside = beside + 0.5 + 0.05 * (source.row % 5)  # so that parallel lines do not become one
        points[2:2] = [(aside, first), (aside, last)]
    return tuple(zip(*points, strict=True))


def _draw(axes, box, column):
    look = {"facecolor": "#f2f2f2", "edgecolor": "#555555", "linewidth": 1}
    if box.is_output:
        look = {"facecolor": "#d6e9f5", "edgecolor": style.BLUE, "linewidth": 2.5}
    axes.add_patch(Rectangle((box.x - BOX / 2, box.top), BOX, box.bottom - box.top, zorder=3, **look))
    for number, line in enumerate(box.lines):
        size = min(style.SMALL, (BOX * column - 0.1) * 72 / (0.62 * len(line)))  # a bold letter is 0.62 wide
        weight = "bold" if number == 0 else "normal"
        y = box.top + LINE * (number + 0.9)
        axes.text(box.x, y, line, ha="center", va="center", fontsize=size, weight=weight, zorder=4)


def _described(layer, kind, is_output):
    """Return the kind of a layer with its size, as in "Conv2D 64, 3 x 3"."""
    if kind == "InputLayer":
        return "Input"
    if hasattr(layer, "layers"):
        return f"{kind} model, {len(layer.layers)} layer{'s' * (len(layer.layers) > 1)}"
    pool = getattr(layer, "pool_size", None)
    window = pool or getattr(layer, "kernel_size", None)
    parts = [str(getattr(layer, "filters", None) or getattr(layer, "units", "")), _times(window)]
    if window and np.any(np.ravel(layer.strides) != np.ravel(pool or 1)):
        strides = np.ravel(layer.strides)
        parts.append(f"stride {_times(strides[:1] if len(set(strides)) == 1 else strides)}")
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    parts.append(activation if is_output and activation != "linear" else "")
    return f"{kind} {', '.join(filter(None, parts))}".strip()


def _times(sizes):
    return "" if sizes is None else " x ".join("?" if n is None else str(n) for n in np.ravel(sizes))


def _in_words(boxes):
    """Return the diagram as sentences, one for each run of boxes that follow one another."""
    words = ""
    for before, box in zip([None, *boxes], boxes, strict=False):
        if box.sources:
            after = " and ".join(source.lines[0] for source in box.sources)
            words += ", then " if box.sources == [before] else f". After {after}: "
        words += f"{' '.join(box.lines[:-1])} ({box.lines[-1]})"
    return f"{words}."
