"""Parts of drawn flowers: petals as curved surfaces in space, discs of florets, stems and leaves.

Space is that of one flower head, in units of its radius: (a, b, c) with c along the head's axis. What is
drawn are strokes (see ``drawing.Sketch``) in the same unit, (x, y) from the head's middle, y downwards.
"""

import colorsys
from dataclasses import dataclass

import numpy as np

GOLDEN_ANGLE = np.pi * (3 - 5**0.5)


@dataclass(frozen=True)
class View:
    """How one flower is seen.

    ``tilt`` is the angle in radians between the head's axis and the line of sight: 0 looks into the flower,
    pi / 2 sees it from the side, its axis up. ``lamp`` is that of ``camera.lamp``. ``pixels`` is the head's
    radius, ``reach`` the length of its stem in units of it. Flowers of one ``kin`` (a whole number) have the
    same colour.
    """

    tilt: float
    lamp: np.ndarray
    pixels: float
    reach: float
    kin: int

    @property
    def fine(self):
        """Whether the head is large enough for details to be seen."""
        return self.pixels > 14

    def seen(self, points):
        """Return ``points`` (..., 3) of the head's space as (x, y, nearness)."""
        a, b, c = np.moveaxis(np.asarray(points, float), -1, 0)
        cosine, sine = np.cos(self.tilt), np.sin(self.tilt)
        return np.stack([a, b * cosine - c * sine, b * sine + c * cosine], axis=-1)


def tinted(rng, hue, saturation=(0.6, 0.95), value=(0.6, 0.98)):
    """Return a random tone, three floats from 0 to 1; ``hue`` (low, high) may pass 1."""
    return np.array(colorsys.hsv_to_rgb(rng.uniform(*hue) % 1, rng.uniform(*saturation), rng.uniform(*value)))


def green(rng):
    """Return the tone of a stem or leaf."""
    return tinted(rng, (0.2, 0.38), (0.3, 0.75), (0.28, 0.65))


def around(count):
    """Return ``count`` angles, each a golden angle from the one before, as seeds are set (Vogel, 1979)."""
    return np.arange(count) * GOLDEN_ANGLE


def whorl(angles, radius, height, spread, columns=3, cup=0.0):
    """Return the surfaces of petals around the axis, shape (petals, rows, columns, 3).

    A petal at one of ``angles`` (radians) runs from its base to its tip in rows: ``radius``, ``height`` and
    half its width as an angle, ``spread``, each of shape (petals, rows). ``cup`` lifts its edges.
    """
    across = np.linspace(-1, 1, columns)
    turn = np.asarray(angles)[:, None, None] + np.asarray(spread)[:, :, None] * across
    radius = np.asarray(radius)[:, :, None]
    height = np.broadcast_to(np.asarray(height)[:, :, None] + cup * across**2, turn.shape)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), height], axis=-1)


def strokes(surfaces, tones, view, edge=0.0, behind=0.8):
    """Return the petals of a ``whorl`` as pairs of nearness and strokes, from the farthest to the nearest.

    ``tones`` (broadcast to (petals, rows - 1, columns - 1, 3)) are lit by the view's lamp; the rear of a
    petal is darker by ``behind``. ``edge`` is the width of a dark line around each petal.
    """
    points = view.seen(surfaces)
    corners = points[:, :-1, :-1], points[:, :-1, 1:], points[:, 1:, 1:], points[:, 1:, :-1]
    normals = np.cross(corners[2] - corners[0], corners[3] - corners[1])
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-9
    inside = np.sign(normals[..., 2:])
    # Light shines through petals: those that turn away from the lamp are not black.
    lit = (0.78 + 0.4 * np.abs(normals @ view.lamp))[..., None]
    inks = np.clip(tones * np.where(inside > 0, lit, lit * behind), 0, 1)
    quads = np.stack([corner[..., :2] for corner in corners], axis=-2)
    nearness = (corners[0] + corners[2])[..., 2] / 2
    petals = []
    for petal in np.argsort(nearness.mean(axis=(1, 2))):
        parts = []
        if edge:
            rim = points[petal, :, :, :2]
            rim = np.concatenate([rim[:, 0], rim[-1, 1:-1], rim[::-1, -1], rim[:1, 0]])
            parts.append((rim, inks[petal].mean(axis=(0, 1)) * 0.55, edge))
        order = np.argsort(nearness[petal].ravel())
        shapes, colours = quads[petal].reshape(-1, 4, 2)[order], inks[petal].reshape(-1, 3)[order]
        parts += [(shape, ink, 0.0) for shape, ink in zip(shapes, colours, strict=True)]
        petals.append((nearness[petal].mean(), parts))
    return petals


def joined(petals):
    """Return the strokes of all ``petals`` (as from ``strokes``) in one list."""
    return [part for _, parts in petals for part in parts]


def florets(rng, view, radius, dome, count, inner, outer):
    """Return the strokes of a disc of ``count`` florets, whose middle rises over its rim by ``dome``.

    Tones run from ``inner`` to ``outer``.
    """
    share, turns = np.sqrt((np.arange(count) + 0.5) / count), around(count)
    flat = np.stack([share * np.cos(turns), share * np.sin(turns)], axis=1)
    points = view.seen(np.column_stack([radius * flat, dome * (1 - share**2)]))
    normals = view.seen(np.column_stack([flat, np.full(count, 0.7)]))
    lit = 0.65 + 0.4 * np.clip(normals @ view.lamp, -0.5, 1) + rng.normal(0, 0.09, count)
    inks = inner + share[:, None] * (outer - inner)
    inks = np.clip(inks * lit[:, None], 0, 1)
    corners = np.arange(6) * np.pi / 3
    dot = np.stack([np.cos(corners), np.sin(corners) * max(np.cos(view.tilt), 0.35)], axis=1)
    dot *= 1.5 * radius / count**0.5
    result, corners = [], np.linspace(0, 2 * np.pi, 20)
    for level in (0, 0.5, 0.8):  # what is seen between the florets
        ring = radius * (1 - level**2) ** 0.5 * np.stack([np.cos(corners), np.sin(corners)], axis=1)
        ring = view.seen(np.column_stack([ring, np.full(20, dome * level)]))
        result.append((ring[:, :2], 0.55 * outer, 0.0))
    return result + [(points[k, :2] + dot, inks[k], 0.0) for k in np.argsort(points[:, 2])]


def curve(start, control, end, count=9):
    """Return ``count`` points (x, y) of a quadratic Bézier curve."""
    t = np.linspace(0, 1, count)[:, None]
    return (1 - t) ** 2 * np.asarray(start) + 2 * t * (1 - t) * np.asarray(control) + t**2 * np.asarray(end)


def stem(rng, view, width, tone):
    """Return the strokes of a stem that leaves the head backwards and hangs down, and its points (9, 2)."""
    length, start = view.reach, view.seen((0, 0, -0.05))[:2]
    bend, sway = rng.normal(0, (0.05, 0.12)) * length
    points = curve(start, start + np.array([bend, 0.45 * length]), (sway, length))
    light = points - (0.18 * width, 0)
    return [(points, 0.7 * tone, width), (light, np.clip(1.1 * tone, 0, 1), 0.45 * width)], points


def leaf(base, angle, length, width, tone, shape="oval", bend=0.3):
    """Return the strokes of one leaf from ``base`` in direction ``angle`` (radians, 0 right, pi / 2 down).

    ``shape`` is "oval" (and pointed), "blade" (long), "heart" or "jagged" (a dandelion's); ``width`` is half
    of it. ``bend`` lets the tip hang to one side.
    """
    t = np.linspace(0, 1, 17)
    profile = {
        "oval": np.sin(np.pi * t**0.8),
        "blade": np.sin(np.pi * t**0.6) ** 0.8,
        "heart": np.sin(np.pi * t**0.45) ** 0.9,
        "jagged": np.sin(np.pi * t**1.3) * np.where(np.arange(17) % 2, 1.25, 0.3) + 0.06 * (1 - t),
    }[shape]
    along = np.array([np.cos(angle), np.sin(angle)])
    middle = base + length * (t[:, None] * along + bend * (t**2)[:, None] * (-along[1], along[0]))
    course = np.gradient(middle, axis=0)  # the edges keep square to the curved middle
    course /= np.linalg.norm(course, axis=1, keepdims=True)
    side = course[:, ::-1] * (-1, 1) * (width * profile)[:, None]
    result = [
        (np.concatenate([middle, (middle + sign * side)[::-1]]), np.clip(tone * (1 + 0.16 * sign), 0, 1), 0.0)
        for sign in (1, -1)
    ]
    return [*result, (middle, np.clip(1.45 * tone, 0, 1), 0.06 * width + 0.008 * length)]
