"""The network as a diagram: a box for each layer, arrows for what flows, branches side by side."""

import textwrap
from collections import Counter
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.errors import CourseError
from course_utils.plots import style

NOT_DRAWN = ("Dropout", "BatchNormalization", "Activation", "Rescaling")  # unless it is an output
COLUMN, ROW = 2.5, 0.68  # inches at most from box to box
WIDTH, HEIGHT = 0.86, 0.66  # of a box, in columns and rows


@dataclass(eq=False)
class _Box:
    kind: str  # of layer, with its size
    shape: str  # of its output
    sources: list  # the boxes that it comes from
    is_output: bool
    row: int
    column: float = 0


def network_diagram(model, title=None):
    """Show the layers of a network from the input (top) to the outputs, each with the shape of its output.

    ``model`` is a Sequential or functional Keras model; a model used as a layer is one box. Dropout, batch
    normalisation, activations and scaling are only counted, at the foot. Raises CourseError for a model
    without a graph: not yet built, or subclassed.
    """
    boxes, left_out = _boxes(model)
    _choose_columns(boxes)
    columns = [box.column for box in boxes]
    span = max(2, max(columns) - min(columns) + 1.3)
    left, rows = (max(columns) + min(columns) - span) / 2, 1 + max(box.row for box in boxes)
    width = min(style.WIDTH, COLUMN * span)
    figure = style.new_figure(ROW * rows + 0.7, width)
    axes = figure.subplots()
    axes.set(xlim=(left, left + span), ylim=(rows - 0.1, -0.5))
    axes.set_axis_off()
    for box in boxes:
        _draw(axes, box, letters=WIDTH * width / span * 72 / 0.62)
    parts = [f"{box.kind} ({box.shape})" for box in boxes]
    for number, box in enumerate(boxes):
        if number and box.sources != [boxes[number - 1]]:
            parts[number] += f" from {' and '.join(source.kind for source in box.sources)}"
    if left_out:
        parts.append(f"not drawn: {', '.join(f'{kind} ({count})' for kind, count in left_out.items())}")
        foot = {"ha": "center", "va": "top", "fontsize": style.SMALL}
        axes.text(left + span / 2, rows - 0.5, textwrap.fill(f"N{parts[-1][1:]}.", 60), **foot)
    alt = "Diagram of a network, one layer after another, with the shapes of their outputs"
    return style.finish(figure, title or f"The network {model.name}", alt, parts)


def _boxes(model):
    """Return the boxes, each after those that it comes from, and how many layers of which kinds have none."""
    try:
        # Keras has no public way to the graph of operations.
        ends = [tensor._keras_history for tensor in model.outputs]
    except (AttributeError, TypeError, ValueError):
        raise CourseError(
            f"{getattr(model, 'name', type(model).__name__)} has no graph to draw. Begin a Sequential model "
            "with keras.Input(shape=...), and write a subclassed one as keras.Model(inputs, outputs)."
        ) from None
    outputs = [end.operation._inbound_nodes[end.node_index] for end in ends]
    boxes, left_out, visited = [], Counter(), {}  # visited: a call of a layer to its box, or those before it

    def visit(call):
        if call not in visited:
            sources = list(dict.fromkeys(box for parent in call.parent_nodes for box in visit(parent)))
            layer, is_output = call.operation, call in outputs
            if type(layer).__name__ in NOT_DRAWN and not is_output:
                left_out[type(layer).__name__] += 1
                visited[call] = sources
            else:
                shape = ", ".join(_sizes(tensor.shape[1:]) for tensor in call.outputs)
                shape = f"{layer.name}: {shape}" if is_output or hasattr(layer, "layers") else shape
                row = 1 + max((source.row for source in sources), default=-1)
                boxes.append(_Box(_kind(layer, is_output), shape, sources, is_output, row))
                visited[call] = boxes[-1:]
        return visited[call]

    for output in outputs:
        visit(output)
    return boxes, left_out


def _choose_columns(boxes):
    """Centre the boxes of each row over those that follow them; an output wants a column of its own."""
    outputs = [box for box in boxes if box.is_output]
    for row in range(max(box.row for box in boxes), -1, -1):
        wanted = {}
        for box in boxes:
            if box.row == row:
                after = [follower.column for follower in boxes if box in follower.sources]
                wanted[box] = outputs.index(box) if box.is_output else np.mean(after)
        for place, box in enumerate(sorted(wanted, key=wanted.get)):
            box.column = np.mean(list(wanted.values())) + place - (len(wanted) - 1) / 2


def _draw(axes, box, letters):
    look = {"facecolor": "#f2f2f2", "edgecolor": "#555555", "linewidth": 1}
    if box.is_output:
        look = {"facecolor": "#d6e9f5", "edgecolor": style.BLUE, "linewidth": 2.5}
    corner = box.column - WIDTH / 2, box.row - HEIGHT / 2
    axes.add_patch(Rectangle(corner, WIDTH, HEIGHT, zorder=2, **look))
    for text, y, weight in ((box.kind, -0.14, "bold"), (box.shape, 0.14, "normal")):
        look = {"fontsize": min(style.SMALL, letters / len(text)), "weight": weight}
        axes.text(box.column, box.row + y, text, ha="center", va="center", **look)
    for source in box.sources:
        start, end = (source.column, source.row + HEIGHT / 2), (box.column, box.row - HEIGHT / 2)
        curve = 0
        if box.row > source.row + 1:  # past other boxes, on their right
            start, end = (source.column + WIDTH / 2, source.row), (box.column + WIDTH / 2, box.row)
            curve = -0.3
        look = {"arrowstyle": "-|>", "color": "#555555", "connectionstyle": f"arc3,rad={curve}"}
        axes.annotate("", end, start, zorder=1, arrowprops=look | {"shrinkA": 0, "shrinkB": 0})


def _kind(layer, is_output):
    """Return the kind of a layer with its size, as in "Conv2D 64, 3 x 3"."""
    kind = type(layer).__name__
    if kind == "InputLayer":
        return "Input"
    if hasattr(layer, "layers"):
        return f"{kind} model, {len(layer.layers)} layers"
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", ()))
    parts = [getattr(layer, "filters", getattr(layer, "units", "")), _sizes(window)]
    if window and max(layer.strides) > 1 and layer.strides != getattr(layer, "pool_size", ()):
        parts.append(f"stride {_sizes(layer.strides)}")
    if is_output and hasattr(layer, "activation"):
        parts.append(layer.activation.__name__)
    return f"{kind} {', '.join(str(part) for part in parts if part)}".strip()


def _sizes(sizes):
    return " x ".join("?" if size is None else str(size) for size in sizes)
