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
    column: float


def network_diagram(model, title=None):
    """Show the layers of a network from the input (top) to the outputs, each with the shape of its output.

    ``model`` is a Sequential or functional Keras model. Dropout, batch normalisation, activations and scaling
    are only counted, at the foot. Raises CourseError for a model not yet built, or subclassed.
    """
    boxes, left_out = _boxes(model)
    rows = 1 + max(box.row for box in boxes)
    _centre_rows(boxes, rows)
    columns = [box.column for box in boxes]
    span = max(2, max(columns) - min(columns) + 1.3)
    middle, width = (max(columns) + min(columns)) / 2, min(style.WIDTH, COLUMN * span)
    figure = style.new_figure(ROW * rows + 0.7, width)
    axes = figure.subplots()
    axes.set(xlim=(middle - span / 2, middle + span / 2), ylim=(rows - 0.1, -0.5))
    axes.set_axis_off()
    for box in boxes:
        _draw(axes, box, letters=WIDTH * width / span * 72 / 0.62)
    parts = [f"{box.kind} ({box.shape})" for box in boxes]
    for number, box in enumerate(boxes):
        if number and box.sources != [boxes[number - 1]]:
            parts[number] += f" from {' and '.join(source.kind for source in box.sources)}"
    if left_out:
        parts.append(f"not drawn: {', '.join(f'{kind} ({count})' for kind, count in left_out.items())}")
        foot = textwrap.fill(f"N{parts[-1][1:]}.", 66)
        axes.text(middle, rows - 0.5, foot, ha="center", va="top", fontsize=style.SMALL)
    alt = "Diagram of a network, one layer after another, with the shapes of their outputs"
    return style.finish(figure, title or f"The network {model.name}", alt, parts)


def _boxes(model):
    """Return the boxes, each after those that it comes from, and how many layers of which kinds have none."""
    try:
        # Keras has no public way to the graph of operations.
        ends = [tensor._keras_history for tensor in model.outputs]
    except (AttributeError, TypeError, ValueError):
        raise CourseError(
            f"{getattr(model, 'name', model)} has no graph to draw. Begin a Sequential model with "
            "keras.Input(shape=...), and write a subclassed one as keras.Model(inputs, outputs)."
        ) from None
    outputs = [end.operation._inbound_nodes[end.node_index] for end in ends]
    boxes, left_out, visited = [], Counter(), {}  # visited: a call of a layer to its box, or those before it

    def visit(call):
        if call in visited:
            return visited[call]
        sources = list(dict.fromkeys(box for parent in call.parent_nodes for box in visit(parent)))
        name, is_output = type(call.operation).__name__, call in outputs
        if name in NOT_DRAWN and not is_output:
            left_out[name] += 1
            visited[call] = sources
            return sources
        shape = ", ".join(_sizes(tensor.shape[1:]) for tensor in call.outputs)
        shape = f"{call.operation.name}: {shape}" if is_output else shape
        row = 1 + max((source.row for source in sources), default=-1)
        column = outputs.index(call) if is_output else 0
        boxes.append(_Box(_kind(call.operation, is_output), shape, sources, is_output, row, column))
        visited[call] = boxes[-1:]
        return visited[call]

    for output in outputs:
        visit(output)
    return boxes, left_out


def _centre_rows(boxes, rows):
    """Put the boxes of each row side by side, above the middle of those that follow them."""
    for row in range(rows - 1, -1, -1):
        line = [box for box in boxes if box.row == row]
        for box in line:
            if not box.is_output:
                box.column = np.mean([follower.column for follower in boxes if box in follower.sources])
        first = np.mean([box.column for box in line]) - (len(line) - 1) / 2
        for place, box in enumerate(sorted(line, key=lambda box: box.column)):
            box.column = first + place


def _draw(axes, box, letters):
    face, edge, line = ("#d6e9f5", style.BLUE, 2.5) if box.is_output else ("#f2f2f2", "#555555", 1)
    corner, look = (box.column - WIDTH / 2, box.row - HEIGHT / 2), {"facecolor": face, "edgecolor": edge}
    axes.add_patch(Rectangle(corner, WIDTH, HEIGHT, linewidth=line, zorder=2, **look))
    for text, y, weight in ((box.kind, -0.14, "bold"), (box.shape, 0.14, "normal")):
        size = min(style.SMALL, letters / len(text))
        axes.text(box.column, box.row + y, text, ha="center", va="center", fontsize=size, weight=weight)
    for source in box.sources:
        # Past other rows it goes on their right.
        side, edge, curve = (WIDTH / 2, 0, -0.3) if box.row > source.row + 1 else (0, HEIGHT / 2, 0)
        look = {"arrowstyle": "-|>", "color": "#555555", "shrinkA": 0, "shrinkB": 0}
        look["connectionstyle"] = f"arc3,rad={curve}"
        ends = (box.column + side, box.row - edge), (source.column + side, source.row + edge)
        axes.annotate("", *ends, zorder=1, arrowprops=look)


def _kind(layer, is_output):
    """Return the kind of a layer with its size, as in "Conv2D 64, 3 x 3", and an output's activation."""
    size = getattr(layer, "filters", getattr(layer, "units", ""))
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", ()))
    activation = layer.activation.__name__ if is_output and hasattr(layer, "activation") else ""
    words = ", ".join(str(part) for part in (size, _sizes(window), activation) if part)
    return f"{type(layer).__name__.removesuffix('Layer')} {words}".strip()


def _sizes(sizes):
    return " x ".join("?" if size is None else str(size) for size in sizes)
