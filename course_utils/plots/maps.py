"""Figures of the inside of a network: maps by depth, and maps of evidence laid over pictures."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patheffects import withStroke

from course_utils.plots import inputs, style

HEAT = "cividis"  # dark blue to yellow: one order of brightness, in print and for any colour vision
VEIL = 0.5  # how much of its colour a map has over a picture
STRONGEST = 8  # channels that are shown of a layer


def feature_maps(activations, title=None):
    """Show the 8 strongest channels of layers (by their mean) for one picture, a row for each layer.

    ``activations`` is a dict of layer to maps [n, height, width, channels]; the first picture is taken.
    Bright is the highest value of the channel: compare places, not channels. Silent channels are nowhere
    above 0. Raises CourseError for other shapes and NaN.
    """
    inputs.check_lengths(activations=activations)
    shape, hint = ("n", "height", "width", "channels"), "inspection.activations returns such maps."
    rows = {
        name: inputs.check_numbers(maps, f"maps of {name}", shape, hint=hint)[0]
        for name, maps in activations.items()
    }
    cell = (style.WIDTH - 2.2) / STRONGEST
    heights = [cell * min(1.5, maps.shape[0] / maps.shape[1]) + 0.2 for maps in rows.values()]
    figure = style.new_figure(sum(heights) + 0.6)
    places = figure.subplots(len(rows), STRONGEST, squeeze=False, height_ratios=heights)
    parts = []
    for (name, maps), line in zip(rows.items(), places, strict=True):
        height, width, channels = maps.shape
        order = np.argsort(-maps.mean(axis=(0, 1)), kind="stable")
        for axes, channel in zip(line, order, strict=False):
            one = maps[:, :, channel]
            low = min(0, one.min())
            axes.imshow(one, cmap=HEAT, vmin=low, vmax=max(one.max(), low + 1e-12))
            axes.set_title(f"{channel}", fontsize=7, pad=2)
            style.hide_frame(axes)
        for axes in line[channels:]:
            axes.remove()
        silent = f"{(maps.max(axis=(0, 1)) <= 0).sum():,} silent"
        _name_row(line[0], f"{name}\n{height} x {width}, {channels:,} channels\n{silent}")
        parts.append(f"{name} {height} x {width}, {channels:,} channels, {silent}")
    _add_colour_bar(figure, "activation: 0 to the highest of the channel", "highest")
    alt = f"Maps of the {STRONGEST} strongest channels of layers for one picture"
    return style.finish(figure, title or f"The {STRONGEST} strongest channels of each layer", alt, parts)


def heat_maps(images, maps, captions, right=None, title=None):
    """Show pictures, and below each of them its maps, laid over the picture in grey.

    ``images`` as in ``grid``, [n]; ``maps`` a dict of name to maps [n, height, width], 0 to 1, which may be
    coarser than the pictures; a line encloses all above 0.5. ``captions`` are n texts; ``right`` [n] says
    which pictures are framed as right ones. Raises CourseError for other numbers of maps and other values.
    """
    inputs.check_lengths(maps=maps)
    images, count = inputs.check_pixels(images), len(images)
    inputs.check_lengths(images=images, captions=captions, right=captions if right is None else right)
    shape, hint = (count, "height", "width"), "Take normalised maps, or divide all by one largest value."
    maps = {
        name: inputs.check_numbers(rows, f"maps {name!r}", shape, 0, 1, hint) for name, rows in maps.items()
    }
    cell = min((style.WIDTH - 1.8) / count, 1.6)
    tall = cell * max(min(1.4, image.shape[0] / image.shape[1]) for image in images)
    lines = 1 + max(caption.count("\n") for caption in captions)
    height = (1 + len(maps)) * (tall + 0.08) + 0.16 * lines + 0.6
    figure = style.new_figure(height, max(5, cell * count + 1.8))
    figure.set_layout_engine("compressed")
    places = figure.subplots(1 + len(maps), count, squeeze=False)
    parts = []
    for line, image, caption, *heats in zip(places.T, images, captions, *maps.values(), strict=True):
        line[0].imshow(image, cmap="gray", vmin=0, vmax=255)
        line[0].set_title(caption, fontsize=style.SMALL, pad=4)
        style.hide_frame(line[0])
        for axes, heat in zip(line[1:], heats, strict=True):
            _lay_over(axes, image, heat)
            style.hide_frame(axes)
        brightest = ", ".join(f"{name} {_where(heat)}" for name, heat in zip(maps, heats, strict=True))
        parts.append(f"{caption}: {brightest}".replace("\n", " "))
    for axes, name in zip(places[:, 0], ("picture", *maps), strict=True):
        _name_row(axes, name)
    if right is not None:
        style.frame_pictures(places[0], right)
    _add_colour_bar(figure, "evidence for the class; line: 0.5", "1", alpha=VEIL)
    alt = f"{count} pictures, and over each {' and '.join(maps)}, brightest at"
    return style.finish(figure, title or "Where the evidence lies", alt, parts)


def _lay_over(axes, image, heat):
    """Show ``heat`` over ``image`` in pale grey, so that the picture is seen where there is no evidence, too.

    Its own darkest and brightest become 110 and 240: a dark place with all evidence is still brighter than a
    bright one without any.
    """
    grey = image.mean(axis=2) if image.ndim == 3 else image
    extent = (-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5)
    axes.imshow(np.interp(grey, (grey.min(), grey.max()), (110, 240)), cmap="gray", vmin=0, vmax=255)
    axes.imshow(heat, cmap=HEAT, vmin=0, vmax=1, alpha=VEIL, extent=extent, interpolation="bilinear")
    if heat.min() < 0.5 < heat.max() and min(heat.shape) > 1:
        y, x = ((np.arange(n) + 0.5) * m / n - 0.5 for n, m in zip(heat.shape, image.shape, strict=False))
        lines = axes.contour(x, y, heat, levels=[0.5], colors="white", linewidths=1.3)
        lines.set_path_effects([withStroke(linewidth=2.6, foreground="black")])


def _where(heat):
    """Say in words where a map is brightest."""
    if heat.max() <= 0:
        return "nowhere"
    row, column = (3 * np.array(np.unravel_index(heat.argmax(), heat.shape))) // heat.shape
    return f"{('top', 'middle', 'bottom')[row]} {('left', 'centre', 'right')[column]}"


def _name_row(axes, name):
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=style.SMALL)


def _add_colour_bar(figure, meaning, highest, alpha=None):
    look = {"fraction": 0.03, "pad": 0.01, "aspect": 30, "alpha": alpha}
    bar = figure.colorbar(ScalarMappable(Normalize(0, 1), HEAT), ax=figure.axes, **look)
    bar.set_ticks([0, 1], labels=["0", highest], fontsize=style.SMALL)
    bar.set_label(meaning, fontsize=style.SMALL)
