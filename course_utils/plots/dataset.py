"""Look: the pictures of a data set, how they are spread over classes, and clouds of them in the plane."""

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from course_utils.errors import CourseError
from course_utils.plots import inputs, style

MOST_PICTURES = 100  # in a grid
THUMBNAILS, SIDE = 300, 30  # at most in a cloud, and pixels a side


def grid(pictures, class_names=None, columns=10, title=None):
    """Show the first pictures, 100 at most, with the names of their classes, ``columns`` in a row.

    ``pictures`` is an unbatched ``tf.data.Dataset`` of (image, label) or a pair (images, labels); images are
    [height, width, 1 or 3], 0 to 255 or floats 0 to 1, labels positions in ``class_names``; without these,
    the captions themselves. Raises CourseError for no pictures, other values, and labels without a name.
    """
    if hasattr(pictures, "as_numpy_iterator"):
        _check_elements(pictures)
        # In one pass, so that a shuffled one keeps each picture beside its label.
        pairs = list(pictures.take(MOST_PICTURES).as_numpy_iterator())
        pictures = [image for image, _ in pairs], [label for _, label in pairs]
    if not isinstance(pictures, tuple | list) or len(pictures) != 2:
        raise CourseError("Pictures come as a tf.data.Dataset, or as a pair (images, labels).")
    images, labels = pictures
    inputs.check_lengths(images=images, labels=labels)
    images, labels = images[:MOST_PICTURES], labels[:MOST_PICTURES]
    if class_names is not None:
        labels = [class_names[label] for label in inputs.check_labels(labels, class_names)]
    captions = [str(label) for label in labels]
    figure, _ = style.picture_grid(images, captions, columns)
    shown = f"{len(captions)} picture{'s' * (len(captions) > 1)}"
    shown += " with their classes" * (class_names is not None)
    return style.finish(figure, title or shown, f"Grid of {shown}", [", ".join(dict.fromkeys(captions))])


def class_balance(datasets, class_names, title=None):
    """Show how many pictures of each class each part has, as bars.

    ``datasets`` is a dict of name to an unbatched dataset of (image, label) or to labels [n]. Raises
    CourseError for no datasets, empty ones, and labels without a name.
    """
    inputs.check_lengths(datasets=datasets)
    figure = style.new_figure(4.2)
    axes = figure.subplots()
    width = 0.8 / len(datasets)
    parts = []
    for index, (name, source) in enumerate(datasets.items()):
        labels = inputs.check_labels(_labels(source), class_names, f"labels of {name}")
        counts = np.bincount(labels, minlength=len(class_names))
        places = np.arange(len(class_names)) + (index - (len(datasets) - 1) / 2) * width
        look = {"color": style.COLOURS[index % 10], "hatch": style.HATCHES[index % 4], "edgecolor": "black"}
        axes.bar(places, counts, width, label=f"{name}: {len(labels):,}", linewidth=0.5, **look)
        parts.append(f"{name} {len(labels):,} ({counts.min():,} to {counts.max():,} a class)")
    style.name_ticks(axes.xaxis, class_names, rotation=30)
    axes.set(xlabel="class", ylabel="number of pictures")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    style.add_grid_lines(axes)
    style.add_legend(figure, axes.containers)
    alt = f"Bars of the pictures of each of {len(class_names)} classes"
    return style.finish(figure, title or "Pictures of each class", alt, parts)


def _labels(source):
    if not hasattr(source, "as_numpy_iterator"):
        return source
    _check_elements(source)
    batches = source.map(lambda image, label: label).batch(1000).as_numpy_iterator()
    return np.concatenate([np.zeros(0, int), *batches])


def _check_elements(dataset):
    element = dataset.element_spec
    if not isinstance(element, tuple) or len(element) != 2 or element[0].shape.rank == 4:
        raise CourseError(
            f"Figures take a dataset of single pairs (image, label); this one yields {element}. If it is "
            "batched, use it before .batch(...), or call .unbatch() on it."
        )


def scatter(points, labels, class_names, images=None, title=None, xlabel="axis 1", ylabel="axis 2"):
    """Show points in the plane, one a picture; each class has a colour, a marker, and its name in its midst.

    ``points`` is [n, 2], ``labels`` [n]. With ``images`` (as in ``grid``) some points show their picture: in
    order, each one that is far enough from those already placed. Raises CourseError for NaN.
    """
    points = inputs.check_numbers(points, "points", ("n", 2), hint="Leave out what is NaN or infinite.")
    labels = inputs.check_labels(labels, class_names)
    inputs.check_lengths(points=points, labels=labels, images=points if images is None else images)
    images = None if images is None else inputs.check_pixels(images)
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
    alt = f"Scatter plot of {shown}, {ylabel} against {xlabel}"
    style.finish(figure, title or shown, alt, middles)
    figure.draw_without_rendering()  # settles where on the page a point lies
    taken = _name_clouds(axes, middles)
    if images is not None:
        _add_thumbnails(axes, points, labels, images, taken)
    return figure


def _name_clouds(axes, middles):
    """Write names (dict of name to point) on the axes, none over another; return the boxes that they take.

    A box is (centre x, centre y, half width, half height) in pixels.
    """
    taken = []
    for name, point in sorted(middles.items(), key=lambda item: -item[1][1]):
        box = np.array([*axes.transData.transform(point), 4.5 * len(name), 9])
        while _overlaps(box, taken):
            box[1] -= 2
        taken.append(box)
        halo = [withStroke(linewidth=3, foreground="white")]
        look = {"ha": "center", "va": "center", "weight": "bold", "path_effects": halo, "zorder": 9}
        axes.text(*axes.transData.inverted().transform(box[:2]), name, **look)
    return taken


def _add_thumbnails(axes, points, labels, images, taken):
    """Show points as pictures, none over another or a box that is taken; their boxes join ``taken``."""
    for index, place in enumerate(axes.transData.transform(points)):
        box = np.array([*place, SIDE / 2 + 3, SIDE / 2 + 3])
        if len(axes.artists) == THUMBNAILS or _overlaps(box, taken):
            continue
        taken.append(box)
        zoom = SIDE / max(images[index].shape[:2]) * 72 / axes.figure.dpi  # it counts points, not pixels
        picture = OffsetImage(images[index], zoom=zoom, cmap="gray", norm=Normalize(0, 255))
        frame = {"edgecolor": style.COLOURS[labels[index] % 10], "linewidth": 1.5}
        axes.add_artist(AnnotationBbox(picture, points[index], pad=0.1, bboxprops=frame, zorder=5))


def _overlaps(box, boxes):
    others = np.array(boxes).reshape(-1, 4)
    return (np.abs(others[:, :2] - box[:2]) < others[:, 2:] + box[2:]).all(axis=1).any()
