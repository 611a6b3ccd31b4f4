"""Solid bodies for drawn animals: ellipsoids in space, seen without perspective, and lit.

Space is (x, y, z): x to the animal's side, y up from the ground, z forward. What is seen is (x, y, nearness):
x to the right, y down, in pixels of the picture.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image


def rotation(yaw, pitch=0.0, roll=0.0):
    """Return the 3 x 3 matrix from space to what is seen; angles in radians.

    With 0 the animal faces the viewer. ``yaw`` turns it to the right of the picture, ``pitch`` lifts the
    viewer above it, ``roll`` tilts the picture.
    """
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    lift = np.array([[1, 0, 0], [0, -cp, sp], [0, sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return tilt @ lift @ turn


@dataclass(frozen=True)
class Viewpoint:
    """From where a picture of ``height`` x ``width`` pixels is taken.

    ``turn`` is a ``rotation``, ``scale`` the pixels of one unit of space, ``offset`` the pixel (x, y) of the
    origin of space.
    """

    turn: np.ndarray
    scale: float
    offset: np.ndarray
    height: int
    width: int

    def project(self, points):
        """Return where ``points`` (..., 3) of space are seen: pixels (..., 2) and nearness (...)."""
        points = np.asarray(points) @ self.turn.T * self.scale
        return points[..., :2] + self.offset, points[..., 2]


class Body:
    """Ellipsoids: each has a centre, half axes (a matrix's columns), a part's name and a place along it."""

    def __init__(self):
        self.centres, self.axes, self.parts, self.along = [], [], [], []

    def ball(self, part, centre, radii, frame=None, along=0.0):
        """Add one ellipsoid; ``frame`` (3 x 3, columns) turns its half axes ``radii``."""
        self.centres.append(np.asarray(centre, float))
        self.axes.append((np.eye(3) if frame is None else frame) * np.asarray(radii, float))
        self.parts.append(part)
        self.along.append(along)

    def limb(self, part, points, radii, squash=(1, 1, 1), frame=None):
        """Add ellipsoids along a smooth curve through ``points`` (k, 3), ``radii`` (k) thick.

        ``squash`` flattens each along the axes of ``frame``; ``along`` runs from 0 to 1.
        """
        points, radii = np.asarray(points, float), np.asarray(radii, float)
        length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
        count = int(np.clip(3.2 * length / radii.mean(), 4, 26))
        place = np.linspace(0, 1, count)
        for share, row in zip(place, _smooth(np.column_stack([points, radii]), place), strict=True):
            self.ball(part, row[:3], max(row[3], 0.004) * np.asarray(squash), frame, share)


def _smooth(values, place):
    """Interpolate rows of ``values`` (k, n) at ``place`` (0 to 1): the spline of Catmull and Rom (1974)."""
    ends = np.concatenate([2 * values[:1] - values[1:2], values, 2 * values[-1:] - values[-2:-1]])
    course = place * (len(values) - 1)
    index = np.minimum(course.astype(int), len(values) - 2)
    t = (course - index)[:, None]
    before, start, end, after = (ends[index + k] for k in range(4))
    return start + 0.5 * t * (
        end
        - before
        + t * (2 * before - 5 * start + 4 * end - after + t * (3 * start - before - 3 * end + after))
    )


@dataclass(frozen=True)
class Seen:
    """What is seen of a body, each an array of shape (height, width) or more.

    ``mask``: whether it is there; ``nearness`` in pixels; ``part`` (its number, -1 where nothing is) and
    ``along`` of the ellipsoid in front; ``place`` (..., 3) in space; ``normals`` (..., 3) of length 1, in the
    axes of what is seen.
    """

    mask: np.ndarray
    nearness: np.ndarray
    part: np.ndarray
    along: np.ndarray
    place: np.ndarray
    normals: np.ndarray


def look(body, viewpoint, names):
    """Return what is ``Seen`` of ``body`` from ``viewpoint``; parts are numbered as in ``names``."""
    height, width, scale = viewpoint.height, viewpoint.width, viewpoint.scale
    middles, depths = viewpoint.project(body.centres)
    axes = viewpoint.turn @ np.stack(body.axes) * scale
    # An ellipsoid is seen as an ellipse; within it the depth is a plane plus half a sphere.
    forms = axes @ axes.transpose(0, 2, 1)
    reach = np.sqrt(forms[:, [0, 1], [0, 1]])
    flat = np.linalg.inv(forms[:, :2, :2])
    plane = np.einsum("ni,nij->nj", forms[:, 2, :2], flat)
    deep = np.sqrt(np.maximum(forms[:, 2, 2] - (plane * forms[:, 2, :2]).sum(axis=1), 1e-9))
    low = np.maximum(np.floor(middles - reach).astype(int), 0)
    high = np.minimum(np.ceil(middles + reach).astype(int) + 1, (width, height))
    nearness = np.full((height, width), -np.inf, "float32")
    front = np.full((height, width), -1, "int16")
    for k, ((x0, y0), (x1, y1)) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        if x0 >= x1 or y0 >= y1:
            continue
        x = np.arange(x0, x1, dtype="float32") - np.float32(middles[k, 0])
        y = (np.arange(y0, y1, dtype="float32") - np.float32(middles[k, 1]))[:, None]
        (a, b), (_, c) = flat[k].tolist()
        inside = 1 - (a * x * x + (2 * b) * x * y + c * y * y)
        near = float(deep[k]) * np.sqrt(np.maximum(inside, 0))
        near += float(plane[k, 0]) * x + float(plane[k, 1]) * y + float(depths[k])
        known = nearness[y0:y1, x0:x1]
        wins = (inside > 0) & (near > known)
        known[wins] = near[wins]
        front[y0:y1, x0:x1][wins] = k
    mask = front >= 0
    number = np.array([names.index(part) for part in body.parts])
    depth = np.where(mask, nearness, 0)
    rows, columns = np.mgrid[0:height, 0:width].astype("float32")
    x, y = (np.float32(value) for value in viewpoint.offset)
    place = np.stack([columns - x, rows - y, depth], axis=-1) @ (viewpoint.turn / scale).astype("float32")
    return Seen(
        mask,
        depth,
        np.where(mask, number[front], -1),
        np.where(mask, np.asarray(body.along, "float32")[front], 0),
        place,
        _normals(depth, mask, max(1, round(0.024 * scale))),
    )


def lit(colour, seen, lamp, scale):
    """Return ``colour`` (height, width, 3; 0 to 1) of what is ``seen`` in the light of a ``camera.lamp``.

    The light is ambient and from the lamp, with a little sheen, and less of it gets to what lies deeper than
    its surroundings; ``scale`` is the viewpoint's.
    """
    slope = seen.normals @ lamp.astype("float32")
    step = max(2, round(0.18 * scale))
    around = _blurred(seen.nearness * seen.mask, step) / np.maximum(_blurred(seen.mask, step), 0.1)
    deep = np.clip((around - seen.nearness) / (0.25 * scale), 0, 1)
    bright = (0.5 + 0.6 * np.clip(slope, -0.25, 1)) * (1 - 0.45 * deep)
    return colour * bright[..., None] + 0.045 * np.clip(slope, 0, 1)[..., None]


def _blurred(field, step):
    """Return ``field`` smoothed over ``step`` pixels; Pillow's own blurs take no floats."""
    small = Image.fromarray(np.ascontiguousarray(field, "float32")).reduce(step)
    large = small.resize((small.width * step, small.height * step), Image.Resampling.BICUBIC)
    return np.asarray(large)[: field.shape[0], : field.shape[1]]


def _normals(depth, mask, step):
    """Return the directions of a surface, its creases smoothed over ``step`` pixels."""
    smooth = _blurred(depth * mask, step) / np.maximum(_blurred(mask, step), 0.02)
    down, across = np.gradient(smooth)
    normals = np.stack([-across, -down, np.ones_like(smooth)], axis=-1)
    return normals / np.linalg.norm(normals, axis=-1, keepdims=True)
