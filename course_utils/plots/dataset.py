"""Look: the pictures of a data set, how they are spread over classes, and clouds of them in the plane."""

import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from course_utils.plots import inputs, style


def grid(pictures, class_names=None, columns=10, count=100, title=None):
    """Show up to ``count`` pictures with the names of their classes, ``columns`` in a row.

    ``pictures`` is an unbatched ``tf.data.Dataset`` of (image, label) or a pair (images, labels); images are
    [height, width, 1 or 3], 0 to 255 or floats 0 to 1, labels positions in ``class_names``; without these,
    the captions themselves. Raises CourseError for no pictures, other values, and labels without a name.
    """
    images, labels = inputs.read_pairs(pictures, count)
    if class_names is not None:
        labels = [class_names[label] for label in inputs.check_labels(labels, class_names)]
    captions = [str(label) for label in labels]
    figure, _ = style.picture_grid(images, captions, columns)
    shown = f"{len(captions)} picture{'s' * (len(captions) > 1)}"
    shown += " with their classes" * (class_names is not None)
    return style.finish(figure, title or shown, f"Grid of {shown}: {', '.join(dict.fromkeys(captions))}.")


def class_balance(datasets, class_names, title=None):
    """Show how many pictures of each class each part has, as bars.

    ``datasets`` is a dict of name to labels [n], to an unbatched dataset of (image, label) or to a pair
    (images, labels), such as ``{"train": pictures.train, "test": pictures.test}``. Raises CourseError for
    no datasets, empty ones, and labels without a name.
    """
    inputs.check_lengths(datasets=datasets)
    figure = style.new_figure(4.2)
    axes = figure.subplots()
    places, width = np.arange(len(class_names)), 0.8 / len(datasets)
    parts = []
    for index, (name, source) in enumerate(datasets.items()):
        labels = inputs.check_labels(inputs.read_labels(source), class_names, f"labels of {name}")
        counts = np.bincount(labels, minlength=len(class_names))
        offset = (index - (len(datasets) - 1) / 2) * width
        look = {"color": style.COLOURS[index % 10], "hatch": style.HATCHES[index % 4], "edgecolor": "black"}
        axes.bar(places + offset, counts, width, label=f"{name}: {len(labels):,}", linewidth=0.5, **look)
        low, high = counts.min(), counts.max()
        span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        parts.append(f"{name} {len(labels):,} ({span} a class)")
    style.name_ticks(axes, class_names, rotation=30)
    axes.set(xlabel="class", ylabel="number of pictures")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    style.add_grid_lines(axes)
    style.add_legend(figure, axes.containers)
    alt = f"Bars: pictures of each of {len(class_names)} classes. {'; '.join(parts)}."
    return style.finish(figure, title or "Pictures of each class", alt)


def scatter(points, labels, class_names, images=None, title=None, xlabel="axis 1", ylabel="axis 2"):
    """Show points in the plane, one a picture; each class has a colour, a marker, and its name in its midst.

    ``points`` is [n, 2], ``labels`` [n]. With ``images`` (as in ``grid``) some points show their picture: in
    order, each one that is far enough from those already placed. Raises CourseError for NaN.
    """
    points = inputs.check_points(points, "points", columns=2)
    labels = inputs.check_labels(labels, class_names)
    inputs.check_lengths(points=points, labels=labels, images=points if images is None else images)
    figure = style.new_figure(7)
    axes = figure.subplots()
    size = float(np.clip(30_000 / len(points), 10, 36))
    middles = {}
    for label in np.unique(labels):
        cloud, name = points[labels == label], class_names[label]
        look = {"color": style.COLOURS[label % 10], "marker": style.MARKERS[(label + label // 10) % 10]}
        axes.scatter(*cloud.T, s=size, label=name, edgecolor="black", linewidth=0.2, **look)
        middles[name] = np.median(cloud, axis=0)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    style.add_grid_lines(axes, "both")
    style.add_legend(figure, axes.collections, markerscale=(40 / size) ** 0.5, fontsize=style.SMALL)
    shown = f"{len(points):,} pictures as points"
    alt = f"Scatter plot of {shown}, {ylabel} against {xlabel}; classes: {', '.join(middles)}."
    style.finish(figure, title or shown, alt)
    # Last, because only now is it settled where on the page a point lies.
    occupied = _name_clouds(axes, middles)
    if images is not None:
        count = _add_thumbnails(axes, points, labels, images, occupied)
        figure.alt += f" {count:,} of them are shown as small pictures."
    return figure


def _name_clouds(axes, middles):
    """Write names (dict of name to point) on the axes, none over another; return their boxes in pixels.

    A box is (centre x, centre y, half width, half height).
    """
    axes.figure.draw_without_rendering()  # lays the figure out, which settles the scale of the axes
    boxes = []
    for name, point in sorted(middles.items(), key=lambda item: -item[1][1]):
        x, y = axes.transData.transform(point)
        box = np.array([x, y, 4.5 * len(name), 9])
        while _overlaps(box, boxes):
            box[1] -= 2
        boxes.append(box)
        halo = [withStroke(linewidth=3, foreground="white")]
        look = {"ha": "center", "va": "center", "weight": "bold", "path_effects": halo, "zorder": 9}
        axes.text(*axes.transData.inverted().transform(box[:2]), name, **look)
    return boxes


def _add_thumbnails(axes, points, labels, images, occupied, side=30, most=300):
    """Show points as pictures of ``side`` pixels, none over another or an occupied box; return how many."""
    boxes, chosen = list(occupied), []
    for index, (x, y) in enumerate(axes.transData.transform(points)):
        box = np.array([x, y, side / 2 + 3, side / 2 + 3])
        if len(chosen) < most and not _overlaps(box, boxes):
            boxes.append(box)
            chosen.append(index)
    pixels = inputs.check_pixels([images[index] for index in chosen]) if chosen else []
    for index, image in zip(chosen, pixels, strict=True):
        zoom = side / max(image.shape[:2]) * 72 / axes.figure.dpi  # OffsetImage counts points, not pixels
        picture = OffsetImage(image, zoom=zoom, cmap="gray")
        picture.image.set_clim(0, 255)
        frame = {"edgecolor": style.COLOURS[labels[index] % 10], "linewidth": 1.5}
        axes.add_artist(AnnotationBbox(picture, points[index], pad=0.1, bboxprops=frame, zorder=5))
    return len(chosen)


def _overlaps(box, boxes):
    others = np.array(boxes).reshape(-1, 4)
    return (np.abs(others[:, :2] - box[:2]) < others[:, 2:] + box[2:]).all(axis=1).any()
