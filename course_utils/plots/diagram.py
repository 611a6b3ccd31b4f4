"""The network as a diagram: a box for each layer, lines for what flows, parallel branches side by side."""

import textwrap
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.errors import CourseError
from course_utils.plots.figures import BLUE, SMALL, WIDTH, finish, new_figure

SKIP = ("Dropout", "BatchNormalization", "Activation", "Rescaling")
LINE, GAP = 0.16, 0.22  # inches: the height of a line of a box, and from one row of boxes to the next
COLUMN = 2.5  # inches at most, from the middle of one box to the middle of the next
BEND = 0.15  # the width that a line past other boxes takes, in columns


@dataclass(eq=False)
class _Place:
    """A box (``call``: Keras' node, one call of a layer), or where a line passes a row (``call`` is None)."""

    call: object = None
    parents: list = field(default_factory=list)  # in the row above, lines included
    sources: list = field(default_factory=list)  # the boxes that it comes from
    row: int = -1
    last_row: int = -1  # of all that hangs on this place
    width: float = 1.0
    x: float = 0.0
    above: object = None  # the nearest place that every way from the inputs passes
    below: list = field(default_factory=list)  # the places of which this one is ``above``
    lines: list = field(default_factory=list)
    top: float = 0.0  # inches, downwards

    @property
    def bottom(self):
        return self.top + (LINE * (len(self.lines) + 0.8) if self.lines else 0)


def network_diagram(model, skip=SKIP, title=None):
    """Show the layers of a network from the input (top) to the outputs (bottom).

    ``model`` is a Sequential or functional Keras model with known input shape. Each box has the kind of a
    layer, its size and, below, the shape of what it puts out for one picture ("?" where it is open).
    Operations of ``keras.ops`` are boxes too, a model used as a layer is one box, and a layer used twice has
    two boxes that say "shared". Kinds in ``skip`` (names of classes) are left out unless they are outputs;
    the foot of the figure names them. Outputs have their name, a colour and a thick frame. Raises CourseError
    for models without a graph: not yet built, or subclassed.
    """
    if isinstance(skip, str):
        skip = (skip,)
    calls, outputs = _graph(model)
    hidden = [call for call in calls if _kind(call) in skip and call.parent_nodes and call not in outputs]
    places = _arrange(calls, hidden)
    boxes = [place for place in places if place.call]
    inputs = [place for place in boxes if not place.sources]
    uses = Counter(place.call.operation for place in boxes)
    for place in boxes:
        first = _named(place.call, place.call in outputs)
        first += f" {place.call.operation.name}" * (len(inputs) > 1 and place in inputs)
        first += " (shared)" * (uses[place.call.operation] > 1)
        place.lines = [first, _shape(place.call)]
        if place.call in outputs or _is_model(place.call):
            place.lines.insert(0, place.call.operation.name)
    top = 0
    for row in range(max(place.row for place in boxes) + 1):
        here = [place for place in places if place.row == row]
        for place in here:
            place.top = top
        top = max(place.bottom for place in here) + GAP

    left, right = min(p.x - p.width / 2 for p in places), max(p.x + p.width / 2 for p in places)
    column = min(WIDTH / (right - left), COLUMN)
    width = max(5, column * (right - left))
    left_out = ", ".join(f"{kind} ({count})" for kind, count in Counter(map(_kind, hidden)).items())
    left_out = f"Not drawn: {left_out}." if left_out else ""
    notes = ["Last line of a box: the shape of its output for one picture."]
    notes += textwrap.wrap(left_out, int(width * 72 / (0.6 * SMALL)))
    height = top + LINE * len(notes) - 0.05
    figure = new_figure(height + 0.5, width)
    axes = figure.subplots()
    middle = column * (left + right) / 2
    axes.set(xlim=(middle - width / 2, middle + width / 2), ylim=(height, -0.05))
    axes.set_axis_off()
    for place in places:
        for parent in place.parents:
            _draw_line(axes, parent, place, column)
        if place.call:
            _draw_box(axes, place, column, place.call in outputs)
    axes.text(middle, height, "\n".join(notes), ha="center", va="bottom", fontsize=SMALL)
    ends = [f"{call.operation.name} ({_shape(call)})" for call in outputs]
    alt = f"Diagram of a network that ends in {' and '.join(ends)}. {_told(boxes)} {left_out}"
    return finish(figure, title or f"The network {model.name}", alt.strip())


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
    outputs = list(dict.fromkeys(outputs))  # two outputs may come from one call
    calls, waiting = {}, outputs[::-1]
    while waiting:
        call = waiting[-1]
        missing = [parent for parent in call.parent_nodes if parent not in calls]
        if missing:
            waiting.append(missing[0])
        else:
            calls[waiting.pop()] = None
    return list(calls), outputs


def _arrange(calls, hidden):
    """Return a place for each call that is not hidden, and for the lines between rows further apart.

    A place hangs on the nearest one that every way from the inputs passes (its immediate dominator). What
    hangs on one place and shares rows goes side by side, so no box covers another or a line.
    """
    seen = {}  # call to the boxes that stand for it: its own, or those before it where it is hidden
    passing = {}  # (box, row) to the place where its line passes
    root, places = _Place(), []
    for call in calls:
        sources = list(dict.fromkeys(box for parent in call.parent_nodes for box in seen[parent]))
        if call in hidden:
            seen[call] = sources
            continue
        box = _Place(call, sources=sources, row=max((source.row for source in sources), default=-1) + 1)
        seen[call] = [box]
        for source in sources:
            parent = source
            for row in range(source.row + 1, box.row):
                if (source, row) not in passing:
                    passing[source, row] = _Place(parents=[parent], row=row, width=BEND)
                    places.append(passing[source, row])
                parent = passing[source, row]
            box.parents.append(parent)
        places.append(box)

    order = {place: number for number, place in enumerate(places)}
    places.sort(key=lambda place: place.row)
    for place in places:
        place.above = _common(place.parents) if place.parents else root
        place.above.below.append(place)
    for place in [*reversed(places), root]:
        place.last_row = max([place.row, *(child.last_row for child in place.below)])
        spans = [sum(child.width for child in group) for group in _groups(place)]
        place.width = max([place.width if place is not root else 0, *spans])
    for place in [root, *places]:
        for group in _groups(place):
            x = place.x - sum(child.width for child in group) / 2
            for child in sorted(group, key=order.get):
                child.x = x + child.width / 2
                x += child.width
    return places


def _common(places):
    """Return the nearest place that is above all of ``places`` (or one of them)."""
    places = set(places)
    while len(places) > 1:
        lowest = max(places, key=lambda place: place.row)
        places = places - {lowest} | {lowest.above}
    return places.pop()


def _groups(place):
    """Return what hangs on a place as lists whose rows overlap, from top to bottom."""
    groups, last = [], -1
    for child in place.below:  # in the order of their rows
        if not groups or child.row > last:
            groups.append([])
        groups[-1].append(child)
        last = max(last, child.last_row)
    return groups


def _draw_box(axes, place, column, output):
    width = column - 0.3
    height = place.bottom - place.top
    style = {"facecolor": "#f2f2f2", "edgecolor": "#555555", "linewidth": 1}
    if output:
        style = {"facecolor": "#d6e9f5", "edgecolor": BLUE, "linewidth": 2.5}
    axes.add_patch(Rectangle((place.x * column - width / 2, place.top), width, height, zorder=3, **style))
    for index, line in enumerate(place.lines):
        y = place.top + LINE * (index + 0.9)
        style = {"weight": "bold"} if index == 0 else {}
        if index == len(place.lines) - 1:
            style = {"color": "#444444"}
        text = axes.text(
            place.x * column, y, line, ha="center", va="center", fontsize=SMALL, zorder=4, **style
        )
        taken = text.get_window_extent().width / axes.figure.dpi
        text.set_fontsize(SMALL * min(1, (width - 0.1) / taken))


def _draw_line(axes, parent, place, column):
    bend = place.top - 0.13
    x, y = [parent.x, parent.x, place.x, place.x], [parent.bottom, bend, bend, place.top]
    axes.plot(np.multiply(x, column), y, color="#555555", linewidth=1.2, zorder=1, solid_capstyle="butt")
    if place.call:
        axes.plot(place.x * column, place.top - 0.035, marker="v", markersize=5, color="#555555", zorder=2)


def _kind(call):
    return type(call.operation).__name__


def _is_model(call):
    return hasattr(call.operation, "layers")


def _named(call, output):
    """Return the kind of a layer with its size, as in "Conv2D 64, 3 x 3"."""
    layer, kind = call.operation, _kind(call)
    if kind == "InputLayer":
        return "Input"
    if _is_model(call):
        return f"{kind} model, {len(layer.layers)} layer{'s' * (len(layer.layers) > 1)}"
    count = next((n for n in (getattr(layer, name, None) for name in ("filters", "units", "rate")) if n), "")
    pool = getattr(layer, "pool_size", None)
    window = pool or getattr(layer, "kernel_size", None)
    strides = getattr(layer, "strides", None) if window else None
    parts = [f"{count}" if isinstance(count, (int, float)) else "", _times(window)]
    if strides and np.any(np.asarray(strides) != (pool or 1)):
        steps = np.ravel(strides)
        parts.append(f"stride {_times(steps[:1] if len(set(steps)) == 1 else steps)}")
    if output or kind == "Activation":
        activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
        parts.append(activation if activation != "linear" else "")
    return f"{kind} {', '.join(part for part in parts if part)}".strip()


def _times(sizes):
    return "" if sizes is None else " x ".join("?" if n is None else str(n) for n in np.ravel(sizes))


def _shape(call):
    return ", ".join(_times(tensor.shape[1:]) or "one number" for tensor in call.outputs)


def _told(boxes):
    """Return the diagram in words: a sentence for each run of boxes without a fork."""
    children = Counter(source for box in boxes for source in box.sources)
    runs = {}
    for box in boxes:
        text = f"{' '.join(box.lines[:-1])} ({box.lines[-1]})"
        before = box.sources[0] if len(box.sources) == 1 and children[box.sources[0]] == 1 else None
        run = runs[before] if before else []
        if not run and box.sources:
            text = f"After {' and '.join(source.lines[0] for source in box.sources)}: {text}"
        runs[box] = run
        run.append(text)
    distinct = {id(run): run for run in runs.values()}
    return " ".join(f"{', then '.join(run)}." for run in distinct.values())
