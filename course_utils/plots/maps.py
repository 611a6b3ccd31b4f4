"""Figures of the inside of a network: maps by depth, and maps of evidence laid over pictures."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patheffects import withStroke

from course_utils.errors import CourseError
from course_utils.plots import inputs, style

HEAT = "cividis"  # dark blue to yellow: one order of brightness, in print and for any colour vision


def feature_maps(activations, count=8, title=None):
    """Show the ``count`` strongest channels of layers (by their mean) for one picture, a row for each layer.

    ``activations`` is a dict of layer to maps [height, width, channels] or, of which the first picture is
    taken, [n, height, width, channels]. Dark is 0 (or the lowest value, if negative), bright the highest of
    the channel: compare places, not channels. Silent channels are nowhere above 0. Raises CourseError for
    other shapes and NaN.
    """
    inputs.check_lengths(activations=activations)
    rows = {name: _check_maps(values, name) for name, values in activations.items()}
    count = min(count, max(values.shape[2] for values in rows.values()))
    cell = (style.WIDTH - 2.2) / count
    heights = [cell * min(1.5, values.shape[0] / values.shape[1]) + 0.2 for values in rows.values()]
    figure = style.new_figure(sum(heights) + 0.6)
    places = figure.subplots(len(rows), count, squeeze=False, gridspec_kw={"height_ratios": heights})
    parts = []
    for (name, values), line in zip(rows.items(), places, strict=True):
        height, width, channels = values.shape
        silent = int((values.max(axis=(0, 1)) <= 0).sum())
        order = np.argsort(-values.mean(axis=(0, 1)), kind="stable")
        for axes, channel in zip(line, order, strict=False):
            one = values[:, :, channel]
            low = min(0, one.min())
            axes.imshow(one, cmap=HEAT, vmin=low, vmax=max(one.max(), low + 1e-12))
            axes.set_title(f"{channel}", fontsize=7, pad=2)
            style.hide_frame(axes)
        for axes in line[channels:]:
            axes.remove()
        label = f"{name}\n{height} x {width}, {channels:,} channels\n{silent:,} silent"
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=style.SMALL)
        parts.append(f"{name} {height} x {width}, {silent:,} of {channels:,} channels silent")
    _add_colour_bar(figure, places, "activation: 0 to the highest of the channel", ("0", "highest"))
    which = f"{count} strongest channels"
    alt = f"Maps of the {which} of {len(rows)} layers for one picture: {'; '.join(parts)}."
    return style.finish(figure, title or f"What the layers answer: the {which} of each", alt)


def heat_maps(images, maps, captions, right=None, title=None):
    """Show pictures, and below each of them its maps, laid over the picture in grey.

    ``images`` as in ``grid``, [n]; ``maps`` a dict of name to float maps [n, height, width], 0 to 1; a map
    may be coarser than its picture. Bright is 1, and a line encloses all above 0.5. ``captions`` [n] stand
    above the pictures; with ``right`` [n] pictures have a frame, thin and blue where it is true, thick and
    orange where not. Raises CourseError for other numbers of maps than pictures and for other values.
    """
    inputs.check_lengths(maps=maps)
    columns = {"images": images, "captions": captions} | ({} if right is None else {"right": right})
    inputs.check_lengths(**columns, **{f"maps {name!r}": rows for name, rows in maps.items()})
    for name, heat in ((name, heat) for name, rows in maps.items() for heat in rows):
        if np.ndim(heat) != 2 or not (np.min(heat) >= 0 and np.max(heat) <= 1 + 1e-4):
            raise CourseError(
                f"maps {name!r} must be of shape (n, height, width) with values from 0 to 1; one has shape "
                f"{np.shape(heat)} and goes from {np.min(heat):.3g} to {np.max(heat):.3g}. Take normalised "
                "maps, or divide all by one largest value."
            )
    images, count = inputs.check_pixels(images), len(images)
    cell = min((style.WIDTH - 1.8) / count, 1.6)
    tall = cell * max(min(1.4, image.shape[0] / image.shape[1]) for image in images)
    lines = 1 + max(caption.count("\n") for caption in captions)
    figure = style.new_figure(
        (1 + len(maps)) * (tall + 0.08) + 0.16 * lines + 0.6, max(5, cell * count + 1.8)
    )
    figure.set_layout_engine("compressed")
    places = figure.subplots(1 + len(maps), count, squeeze=False)
    parts = []
    for line, image, caption, *heats in zip(places.T, images, captions, *maps.values(), strict=True):
        line[0].imshow(image, cmap="gray", vmin=0, vmax=255)
        line[0].set_title(caption, fontsize=style.SMALL, pad=4)
        for axes, heat in zip(line[1:], heats, strict=True):
            _lay_over(axes, image, np.asarray(heat))
        for axes in line:
            style.hide_frame(axes)
        brightest = ", ".join(f"{name} {_where(heat)}" for name, heat in zip(maps, heats, strict=True))
        parts.append(f"{caption}: {brightest}".replace("\n", " "))
    for axes, name in zip(places[:, 0], ("picture", *maps), strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=style.SMALL)
    if right is not None:
        style.frame_pictures(places[0], right)
    _add_colour_bar(figure, places, "evidence for the class; line: 0.5", ("0", "1"))
    alt = f"{count} pictures, and over each of them {' and '.join(maps)}. "
    alt += f"Where it is brightest: {'; '.join(parts)}."
    return style.finish(figure, title or "Where the evidence lies", alt)


def _lay_over(axes, image, heat):
    """Show ``heat`` over ``image`` in pale grey, so that brightness tells of the map first."""
    grey = image.mean(axis=2) if image.ndim == 3 else image
    extent = (-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5)
    axes.imshow(90 + 0.3 * grey, cmap="gray", vmin=0, vmax=255)
    axes.imshow(heat, cmap=HEAT, vmin=0, vmax=1, alpha=0.6, extent=extent, interpolation="bilinear")
    if heat.min() < 0.5 < heat.max() and min(heat.shape) > 1:
        y, x = ((np.arange(n) + 0.5) * m / n - 0.5 for n, m in zip(heat.shape, image.shape, strict=False))
        lines = axes.contour(x, y, heat, levels=[0.5], colors="white", linewidths=1.3)
        lines.set_path_effects([withStroke(linewidth=2.6, foreground="black")])


def _where(heat):
    """Say in words where a map is brightest."""
    heat = np.asarray(heat)
    if heat.max() <= 0:
        return "nowhere"
    row, column = (3 * np.array(np.unravel_index(heat.argmax(), heat.shape))) // heat.shape
    return f"{('top', 'middle', 'bottom')[row]} {('left', 'centre', 'right')[column]}"


def _add_colour_bar(figure, places, meaning, ends):
    shown = [axes for axes in places.flat if axes in figure.axes]
    bar = figure.colorbar(ScalarMappable(Normalize(0, 1), HEAT), ax=shown, fraction=0.03, pad=0.01, aspect=30)
    bar.set_ticks([0, 1], labels=ends, fontsize=style.SMALL)
    bar.set_label(meaning, fontsize=style.SMALL)


def _check_maps(values, name):
    values = np.asarray(values)
    values = values[0] if values.ndim == 4 and len(values) else values
    if values.ndim != 3 or not values.size or not np.isfinite(values).all():
        raise CourseError(
            f"The maps of {name} must be finite numbers of shape (height, width, channels) or (n, height, "
            f"width, channels); these have shape {values.shape}. inspection.activations(model, images) "
            "returns such maps."
        )
    return values.astype(float)
