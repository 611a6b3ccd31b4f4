"""Flowers that no lesson asks for, in the scenes of the drawn ones.

Each function draws one flower as those of ``drawings.sets.tf_flowers.flowers`` do.
"""

import functools

import numpy as np

from drawings.classes.rings import dots, even, ring, stalk, stamens
from drawings.kit.petals import (
    around,
    curve,
    florets,
    green,
    joined,
    leaf,
    stem,
    strokes,
    tinted,
    whorl,
)
from drawings.sets.tf_flowers import grown
from drawings.sets.tf_flowers.flowers import coloured, crowned, rays

YELLOW = (0.1, 0.16), (0.75, 1), (0.8, 1)


def poppy(rng, view):
    tone, rise = coloured(view.kin), rng.uniform(0.1, 0.7)
    blot = tone * rng.choice((0.15, 0.5, 0.9))
    petals = ring(rng, view, even(rng, 3), 1, 0.85, rise, blot, tone, "round")
    petals += ring(rng, view, even(rng, 3), 0.88, 0.75, rise + 0.1, blot, 1.05 * tone, "round")
    dark = np.full(3, rng.uniform(0.05, 0.2))
    middle = stamens(rng, view, 22 if view.fine else 10, 0.32, 0.2, dark, dark, 0.02)
    pod = florets(rng, view, 0.14, 0.15, 12, green(rng), green(rng) * 1.3)
    return stalk(rng, view, (0.04, 0.07), "jagged"), crowned(petals, middle + pod, view, rise)


def lily(rng, view):
    tone, rise, curl = coloured(view.kin), rng.uniform(0.3, 0.7), rng.uniform(0.1, 0.5)
    base = tinted(rng, (0.14, 0.3), (0.3, 0.7), (0.6, 0.9))
    angles = even(rng, 6)
    petals = ring(rng, view, angles[::2], 1.15, 0.3, rise, base, tone, "lance", curl=curl)
    petals += ring(rng, view, angles[1::2], 1.1, 0.36, rise + 0.03, base, tone, "lance", curl=curl)
    brown = tinted(rng, (0.03, 0.09), (0.6, 0.9), (0.3, 0.6))
    threads = stamens(rng, view, 6, 0.42, 0.55, 0.8 * base, brown, 0.035)
    return stalk(rng, view, (0.07, 0.11), "blade", 1.2, 0.14), joined(petals) + threads


def iris(rng, view):
    tone = coloured(view.kin + 3)
    fall, turn = tone * rng.uniform(0.6, 0.95), rng.uniform(0, 2)
    base, angles = tinted(rng, *YELLOW), turn + np.arange(3) * 2 * np.pi / 3
    falls = ring(rng, view, angles, 0.95, 0.42, 0.25, base, fall, "round", curl=0.85)
    up = ring(
        rng, view, angles + 1.05, 0.4, 0.36, 1.1, 0.9 * tone, np.clip(1.1 * tone, 0, 1), "round", cup=-0.1
    )
    petals = sorted(falls + up, key=lambda petal: petal[0])
    return stalk(rng, view, (0.08, 0.13), "blade", 2.2, 0.09), joined(petals)


def pansy(rng, view):
    tone, upper = coloured(view.kin), coloured(view.kin + rng.integers(2))
    blot, parts = tone * rng.uniform(0.1, 0.35), []
    for angle, long, wide, ink in (
        (-2.05, 0.95, 0.6, upper),
        (-1.1, 0.95, 0.6, upper),
        (2.95, 0.8, 0.55, tone),
        (0.2, 0.8, 0.55, tone),
        (1.57, 0.95, 0.75, 1.05 * tone),
    ):
        parts += joined(ring(rng, view, [angle], long, wide, 0.08, ink * 0.9, ink, "round"))
        if angle > 0:
            parts += joined(ring(rng, view, [angle], 0.55 * long, 0.5 * wide, 0.1, blot, blot, "round"))
    return stalk(rng, view, (0.05, 0.08)), parts + florets(
        rng, view, 0.12, 0.05, 9, tinted(rng, *YELLOW), tinted(rng, *YELLOW)
    )


def thistle(rng, view):
    tone, leaves = tinted(rng, (0.76, 0.93), (0.3, 0.8), (0.5, 0.9)), green(rng)
    parts, count = [], 70 if view.fine else 30
    for angle in rng.permutation(np.linspace(-0.95, 0.95, count)):
        end = np.array([1.05 * np.sin(angle), -1.0 * np.cos(angle)]) * rng.uniform(0.75, 1.05)
        start = np.array([0.35 * np.sin(angle), 0.25])
        parts.append(
            (curve(start, (end + start) / 2 + (0, -0.2), end, 5), tone * rng.uniform(0.6, 1.2), 0.045)
        )
    turns = np.linspace(0, 2 * np.pi, 18)
    bulb = np.stack([0.58 * np.cos(turns), 0.42 + 0.52 * np.sin(turns)], axis=1)
    parts.append((bulb, 0.75 * leaves, 0.0))
    for down in np.linspace(0.05, 0.85, 6 if view.fine else 3):
        half = 0.55 * np.sqrt(max(0.05, 1 - ((down - 0.42) / 0.5) ** 2))
        for across in np.linspace(-half, half, 6):
            spike = np.array([(across - 0.09, down), (1.25 * across, down - 0.2), (across + 0.09, down)])
            parts.append((spike, leaves * rng.uniform(0.8, 1.4), 0.0))
    return stalk(rng, view, (0.08, 0.14), "jagged", 1.1), parts


def lavender(rng, view):
    tone, parts = tinted(rng, (0.68, 0.82), (0.3, 0.7), (0.45, 0.85)), []
    side = rng.uniform(0.22, 0.32)
    for down in np.linspace(-1.2, 0.9, 11 if view.fine else 6):
        wide = side * (0.55 + 0.45 * np.sin(np.pi * (down + 1.3) / 2.4))
        for across in rng.permutation([-1.0, -0.5, 0.0, 0.5, 1.0]):
            middle = np.array([across * wide, down - 0.1 * (1 - abs(across)) + rng.normal(0, 0.03)])
            parts.append((middle + dots(7) * (0.12, 0.15), tone * rng.uniform(0.65, 1.25), 0.0))
    spine = [(np.array([(0, -1.2), (0, 1.0)]), green(rng), 0.06)]
    return stalk(rng, view, (0.05, 0.07), "blade", 0.9, 0.07), spine + parts


def hydrangea(rng, view):
    tone, count = coloured(view.kin), 60 if view.fine else 26
    share, turns = np.sqrt((np.arange(count) + 0.5) / count), around(count)
    points = np.stack([share * np.cos(turns), share * np.sin(turns), 0.85 * np.sqrt(1 - share**2)], axis=1)
    seen, parts = view.seen(points), []
    cross = np.repeat([1.0, 0.35], 4)[[0, 4, 1, 5, 2, 6, 3, 7]]
    for place in seen[np.argsort(seen[:, 2])]:
        lit = 0.75 + 0.35 * float(np.clip(place @ view.lamp, -0.4, 1))
        turn, size = rng.uniform(0, 2), 0.24 * rng.uniform(0.85, 1.15)
        angles = turn + np.arange(8) * np.pi / 4
        star = np.stack([np.cos(angles), np.sin(angles)], axis=1) * (cross * size)[:, None]
        ink = tone * lit * rng.uniform(0.85, 1.1)
        parts += [(place[:2] + 1.12 * star, 0.55 * ink, 0.0), (place[:2] + star, ink, 0.0)]
        parts.append((place[:2] + dots(5) * 0.04, np.clip(1.4 * ink, 0, 1), 0.0))
    return stalk(rng, view, (0.09, 0.13), "heart", 1.1, 0.4), parts


def bluebell(rng, view):
    tone, leaves = coloured(view.kin + 5), green(rng)
    arch = curve((0.2, 1.2), (-0.3, -1.3), (1.0, -0.5), 12)
    parts = [(arch, 0.9 * leaves, 0.07)]
    for place in np.linspace(3, 11, int(rng.integers(4, 8))).astype(int):
        hang, size = arch[place] + (rng.choice((-1, 1)) * 0.12, 0.12), rng.uniform(0.26, 0.36)
        half = np.array([(0.12, 0), (0.42, 0.25), (0.42, 0.8), (0.7, 1.15), (0.35, 1.0)]) * size * 1.3
        bell = np.concatenate([half, [(0, 1.1 * 1.3 * size)], half[::-1] * (-1, 1)])
        lean = np.array([[1, rng.normal(0, 0.1)], [rng.normal(0, 0.1), 1]])
        ink = tone * rng.uniform(0.85, 1.1)
        parts += [(np.array([arch[place], hang]), leaves, 0.04)]
        parts += [(hang + 1.06 * bell @ lean, 0.6 * ink, 0.0), (hang + bell @ lean, ink, 0.0)]
        parts.append((hang + (half * (0.5, 0.9)) @ lean, np.clip(1.15 * ink + 0.05, 0, 1), 0.05))
    under, _ = stem(rng, view, 0.07, leaves)
    return [(np.add(points, (0.2, 1.15)), ink, width) for points, ink, width in under] + leaf(
        np.array([0.3, 2.2]), -2.0, 1.8, 0.12, leaves, "blade"
    ), parts


def daffodil(rng, view):
    tone, horn = coloured(view.kin + 2), tinted(rng, (0.03, 0.15), (0.7, 1), (0.8, 1))
    petals = ring(rng, view, even(rng, 6), 1.05, 0.36, rng.uniform(-0.1, 0.25), 0.85 * tone, tone)
    t, angles = np.linspace(0, 1, 5), even(rng, 12)
    radius = np.tile(0.24 + 0.12 * t + 0.14 * t**5, (12, 1)) * rng.uniform(0.94, 1.06, (12, 1))
    height = np.tile(rng.uniform(0.45, 0.8) * t, (12, 1))
    tube = strokes(
        whorl(angles, radius, height, np.full((12, 5), 0.3)), horn * rng.normal(1, 0.06, (12, 1, 1, 1)), view
    )
    return stalk(rng, view, (0.07, 0.11), "blade", 2, 0.07), joined(petals) + joined(tube)


def chrysanthemum(rng, view):
    tone, petals = coloured(view.kin), []
    for level in np.linspace(0, 1, 6 if view.fine else 4):
        count = int(26 - 14 * level)
        ink = tone * (1.05 - 0.3 * level)
        petals += rays(
            rng, view, count, 0.03, 1 - 0.72 * level, 0.085, 0.1 + 0.65 * level, 0.8, 0.6 * ink, ink
        )
    return stalk(rng, view, (0.08, 0.12), "oval", 0.9, 0.35), joined(petals)


def cosmos(rng, view):
    tone, rise = coloured(view.kin), rng.uniform(-0.15, 0.3)
    petals = ring(rng, view, even(rng, 8), 1.03, 0.37, rise, 0.85 * tone, tone, "notched")
    middle = florets(
        rng, view, 0.17, 0.1, 30 if view.fine else 10, tinted(rng, *YELLOW), tinted(rng, *YELLOW)
    )
    return stalk(rng, view, (0.04, 0.06), "blade", 0.8, 0.05), crowned(petals, middle, view, rise)


def coneflower(rng, view):
    tone, rise = coloured(view.kin + 1), rng.uniform(-0.9, -0.35)
    petals = rays(rng, view, int(rng.integers(11, 17)), 0.3, 1, 0.15, rise, 0.7, 0.85 * tone, tone)
    orange = tinted(rng, (0.02, 0.08), (0.7, 0.95), (0.35, 0.75))
    count = int(np.clip(4 * view.pixels, 14, 160))
    middle = florets(rng, view, 0.42, rng.uniform(0.45, 0.7), count, 1.2 * orange, 0.6 * orange)
    return stalk(rng, view, (0.08, 0.12)), crowned(petals, middle, view, rise)


def peony(rng, view):
    tone, petals = coloured(view.kin), []
    for level in np.linspace(0, 1, 7 if view.fine else 4):
        count, ink = int(9 - 4 * level), tone * (1.08 - 0.25 * level) * rng.uniform(0.93, 1.05)
        petals += ring(
            rng,
            view,
            rng.uniform(0, 6.3, count),
            1.02 - 0.8 * level,
            0.42 - 0.18 * level,
            0.15 + 0.6 * level,
            0.65 * ink,
            ink,
            "notched",
            cup=rng.uniform(-0.1, 0.14),
        )
    return stalk(rng, view, (0.08, 0.12), "oval", 1.1, 0.2), joined(petals)


def lotus(rng, view):
    tone, petals = coloured(view.kin), []
    for count, long, rise in ((8, 1.05, 0.25), (8, 0.85, 0.6), (6, 0.6, 0.85)):
        petals += ring(
            rng, view, even(rng, count), long, 0.27, rise, np.clip(0.5 + 0.5 * tone, 0, 1), tone, "lance"
        )
    petals = sorted(petals, key=lambda petal: petal[0])
    middle = florets(rng, view, 0.2, 0.3, 20, tinted(rng, *YELLOW), tinted(rng, *YELLOW))
    pads = []
    for _ in range(int(rng.integers(0, 3))):
        pads.append((rng.normal(0, 1, 2) * (1, 0.2) + (0, 0.8) + dots(16) * (0.9, 0.4), green(rng), 0.0))
    before = [petal for petal in petals if petal[0] > 0.2]
    return pads + stalk(rng, view), joined(petal for petal in petals if petal[0] <= 0.2) + middle + joined(
        before
    )


# Each with the lowest and highest ``View.tilt`` at which it is recognised.
KINDS = {
    "poppy": (poppy, (0.1, 1.4)),
    "lily": (lily, (0.1, 1.4)),
    "iris": (iris, (0.9, 1.4)),
    "pansy": (pansy, (0.0, 0.6)),
    "thistle": (thistle, (1.0, 1.5)),
    "lavender": (lavender, (1.0, 1.5)),
    "hydrangea": (hydrangea, (0.2, 1.2)),
    "bluebell": (bluebell, (1.0, 1.5)),
    "daffodil": (daffodil, (0.2, 1.5)),
    "chrysanthemum": (chrysanthemum, (0.1, 1.2)),
    "cosmos": (cosmos, (0.0, 1.3)),
    "coneflower": (coneflower, (0.5, 1.5)),
    "peony": (peony, (0.1, 1.3)),
    "lotus": (lotus, (0.5, 1.4)),
}


CLASSES = {name: functools.partial(grown, kind=kind, tilts=tilts) for name, (kind, tilts) in KINDS.items()}
