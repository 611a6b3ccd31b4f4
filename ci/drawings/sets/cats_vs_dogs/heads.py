"""Heads of drawn cats and dogs: skull, muzzle and ears as solids; eyes, mouth and whiskers as strokes.

Lengths are in units of the head's radius, along its own axes: to its side, up and forward.
"""

from dataclasses import dataclass

import numpy as np

IRIS = {
    "cat": [(0.62, 0.7, 0.25), (0.85, 0.7, 0.2), (0.8, 0.5, 0.15), (0.4, 0.62, 0.8)],
    "dog": [(0.3, 0.17, 0.08), (0.22, 0.12, 0.07), (0.45, 0.27, 0.1)],
}
DARK = np.array((0.07, 0.05, 0.05))


@dataclass(frozen=True)
class Eye:
    """An eye at ``centre``, turned outwards by ``turn`` radians; half its width and half its height."""

    centre: tuple
    turn: float
    wide: float
    high: float


class Head:
    """A head that was added to a body at ``place``; the columns of ``turn`` (3 x 3) are its axes in space.

    ``size`` is its radius; ``eyes``, ``whiskers`` and ``mouth`` (lines of points) wait for ``features``.
    """

    def __init__(self, rng, body, build, place, turn):
        self.body, self.place, self.turn, self.size = body, np.asarray(place, float), turn, build.head
        self.eyes, self.whiskers, self.mouth = [], [], []
        (self._cat if build.kind == "cat" else self._dog)(rng, build)

    def at(self, points):
        """Return ``points`` (..., 3) of the head in space."""
        return self.place + np.asarray(points, float) @ self.turn.T * self.size

    def local(self, points):
        """Return ``points`` (..., 3) of space in the head's own axes and units."""
        return (points - self.place.astype("float32")) @ (self.turn / self.size).astype("float32")

    def _ball(self, part, centre, radii):
        self.body.ball(part, self.at(centre), np.asarray(radii) * self.size, self.turn)

    def _limb(self, part, points, radii, squash=(1, 1, 1)):
        self.body.limb(part, self.at(points), np.asarray(radii) * self.size, squash, self.turn)

    def _pair(self, part, centre, radii):
        for side in (-1, 1):
            self._ball(part, np.asarray(centre) * (side, 1, 1), radii)

    def _cat(self, rng, build):
        wide, front = build.muzzle_width, 0.98 + build.muzzle
        self._ball("head", (0, 0.05, 0), (0.95, 0.85, 0.9))
        self._pair("head", (0.42, -0.25, 0.25), (0.55, 0.46, 0.52))
        self._ball("head", (0, 0, 0.62), (0.34, 0.4, 0.34))
        self._pair("muzzle", (0.19 * wide, -0.36, front - 0.24), (0.27, 0.22, 0.25))
        self._ball("muzzle", (0, -0.55, front - 0.32), (0.22, 0.17, 0.2))
        self._ball("muzzle", (0, -0.17, front - 0.18), (0.16, 0.18, 0.2))
        self._ball("nose", (0, -0.2, front), (0.13, 0.085, 0.07))
        self.mouth = [[(0, -0.27, front), (0, -0.4, front)]]
        for side in (-1, 1):
            self._upright_ear(
                (side * 0.52, 0.5, -0.02), (side * 0.8, 0.55 + 0.88 * build.ear_size, -0.1), 0.46, 0.03
            )
            self.eyes.append(Eye((side * 0.42, 0.07, 0.79), side * 0.42, 0.22, 0.2))
            lip = (side * 0.16, -0.52, front - 0.06)
            self.mouth.append([(0, -0.4, front), lip, (side * 0.34, -0.46, front - 0.2)])
            for k in range(4):
                start, end = (side * 0.3, -0.32 - 0.04 * k, front - 0.06), (side * 1.5, -0.15 - 0.2 * k, 0.62)
                self.whiskers.append([start, (side * 0.88, -0.18 - 0.12 * k, 0.83), end])

    def _dog(self, rng, build):
        long, wide, tip = build.muzzle, build.muzzle_width, 0.62 + build.muzzle
        self._ball("head", (0, 0.08, 0), (0.82, 0.8, 0.88))
        self._pair("head", (0.4, -0.22, 0.2), (0.42, 0.42, 0.5))
        self._pair("head", (0.27, 0.3, 0.52), (0.3, 0.28, 0.3))
        bridge = [(0, -0.12, 0.45), (0, -0.2, 0.5 + 0.5 * long), (0, -0.2, tip)]
        self._limb("muzzle", bridge, [0.5, 0.4, 0.3], (wide, 0.85, 1))
        self._pair("muzzle", (0.17 * wide, -0.36, tip - 0.08), (0.24, 0.24, 0.32))
        drop = 0.42 * build.mouth * max(long, 0.6)
        jaw = np.array(
            [(0, -0.42, 0.35), (0, -0.48 - 0.5 * drop, 0.4 + 0.5 * long), (0, -0.46 - drop, tip - 0.12)]
        )
        self._limb("mouth" if build.mouth else "muzzle", jaw, [0.34, 0.28, 0.2], (wide, 0.7, 1))
        front = tip + 0.22
        self.mouth = [[(0, -0.2, front), (0, -0.42, front - 0.02)]]
        if build.mouth:
            self._limb("muzzle", jaw - (0, 0.14, 0.03), [0.34, 0.27, 0.19], (wide, 0.7, 1))
            end = (0, -0.5 - drop - rng.uniform(0.15, 0.55), tip + 0.08)
            tongue = [(0, -0.5 - 0.3 * drop, 0.5), (0, -0.44 - 0.8 * drop, tip - 0.1), end]
            self._limb("tongue", tongue, [0.18, 0.2, 0.17], (wide, 0.45, 0.8))
        self._ball("nose", (0, -0.06, tip + 0.2), (0.22 * wide, 0.16, 0.14))
        swing = rng.uniform(-0.1, 0.15)
        for side in (-1, 1):
            self._dog_ear(build, side, swing)
            self.eyes.append(Eye((side * 0.37, 0.2, 0.79), side * 0.35, 0.15, 0.13))
            if not build.mouth:
                corner = (side * 0.42 * wide, -0.45, 0.5 + 0.35 * long)
                self.mouth.append([(0, -0.42, front - 0.04), (side * 0.3 * wide, -0.56, tip), corner])

    def _dog_ear(self, build, side, swing):
        size = build.ear_size
        if build.ears == "upright":
            self._upright_ear((side * 0.5, 0.55, -0.1), (side * 0.66, 0.6 + 0.95 * size, -0.05), 0.36, 0.07)
        elif build.ears == "folded":
            base, bend = np.array([side * 0.55, 0.6, -0.05]), np.array([side * 0.76, 0.6 + 0.52 * size, 0])
            tip = bend + np.array([side * 0.34, -0.62 * size, 0.3])
            self._limb("ear", [base, (base + bend) / 2, bend], [0.34, 0.3, 0.22], (1, 1, 0.4))
            self._limb(
                "ear", [bend, (bend + tip) / 2 + (0, 0.08, 0.06), tip], [0.22, 0.24, 0.06], (1, 1, 0.45)
            )
        else:
            low = (-0.55 if build.ears == "hanging" else -1.15) * size
            out = np.array([0.6, 0.95 + swing, 1.02 + swing, 0.96 + swing]) * side
            points = np.column_stack([out, [0.52, 0.35, 0.5 * low, low], [-0.05, 0, 0.08, 0.12]])
            self._limb("ear", points, [0.22, 0.3, 0.38, 0.22], (0.62, 1, 0.9))

    def _upright_ear(self, base, tip, wide, blunt):
        """Add a pointed ear and its inner side, which looks forward."""
        base, way = np.array(base), np.subtract(tip, base)
        thick = np.array([1, 0.66, 0.34, 0]) * wide + (0, 0, 0, blunt)
        self._limb("ear", [base + share * way for share in (0, 0.38, 0.72, 1)], thick, (1, 1, 0.35))
        inner = [base + share * way + (0, 0.02, 0.12) for share in (0.05, 0.35, 0.62, 0.84)]
        self._limb("inner ear", inner, 0.68 * thick, (1, 1, 0.3))


def features(rng, build, head, seen, viewpoint, lamp):
    """Return the strokes (see ``drawing.Sketch``), in pixels, of what is seen of eyes, mouth and whiskers."""
    unit = head.size * viewpoint.scale
    iris = np.array(IRIS[build.kind][rng.integers(len(IRIS[build.kind]))])
    pupil = rng.uniform(0.15, 0.55) if build.kind == "cat" else 0.55
    closed, pale = rng.random() < 0.06, rng.random() < 0.75

    def visible(points):
        pixels, near = viewpoint.project(head.at(points))
        x, y = np.clip(np.rint(pixels).astype(int), 0, (viewpoint.width - 1, viewpoint.height - 1)).T
        return near >= seen.nearness[y, x] - 0.12 * unit

    parts = []
    for eye in head.eyes:
        forward = np.array([np.sin(eye.turn), 0, np.cos(eye.turn)])
        if (viewpoint.turn @ head.turn @ forward)[2] > 0.12 and visible([eye.centre + 0.03 * forward])[0]:
            outlines = _eye(eye, iris, build.kind == "cat", pupil, closed, np.sign(lamp[0]))
            for points, tone, width in outlines:
                parts.append((viewpoint.project(head.at(points))[0], tone, width * unit))
    for line in head.mouth:
        points = _bent(line)
        points = viewpoint.project(head.at(points[visible(points)]))[0]
        if len(points) > 1:
            parts.append((points, 1.5 * DARK, max(0.045 * unit, 0.5)))
    for line in head.whiskers:
        if visible(line[:1])[0]:
            tone = (0.95, 0.95, 0.93) if pale else (0.15, 0.13, 0.12)
            parts.append((viewpoint.project(head.at(_bent(line)))[0], tone, 0.4))
    return parts


def _bent(line):
    """Return nine points of the line between two points, or of the Bézier curve of three."""
    t, points = np.linspace(0, 1, 9)[:, None], np.asarray(line, float)
    if len(points) == 2:
        return points[0] + t * (points[1] - points[0])
    return (1 - t) ** 2 * points[0] + 2 * t * (1 - t) * points[1] + t**2 * points[2]


def _eye(eye, iris, slit, pupil, closed, glint):
    """Return the strokes of one eye, on the head: a dark rim, the iris, the pupil and a glint of light.

    With ``slit`` the eye is almond-shaped, its outer corner higher, and ``pupil`` is the width of a slit.
    """
    side, turns = np.sign(eye.centre[0]), np.linspace(0, 2 * np.pi, 20)

    def ring(wide, high, slant=0.0, move=(0, 0)):
        across, up = eye.wide * (wide * np.cos(turns) + move[0]), np.sin(turns) * high
        if slit:
            up = up * (1 - 0.35 * np.cos(turns) ** 2)
        up = eye.high * (up + move[1]) + slant * side * across
        out = np.array([np.cos(eye.turn), 0, -np.sin(eye.turn)])
        forward = np.array([np.sin(eye.turn), 0, np.cos(eye.turn)])
        return eye.centre + across[:, None] * out + up[:, None] * np.array([0, 1, 0]) + 0.04 * forward

    slant = 0.22 if slit else 0.05
    if closed:
        return [(ring(1, 0.3, 0.15)[10:], DARK, 0.06)]
    return [
        (ring(1.24, 1.16, slant), DARK, 0.0),
        (ring(1, 1, slant), iris, 0.0),
        (ring(pupil, 0.92) if slit else ring(pupil, 0.6), 0.5 * DARK, 0.0),
        (ring(0.2, 0.2, move=(0.35 * glint, 0.4)), (1, 1, 1), 0.0),
    ]
