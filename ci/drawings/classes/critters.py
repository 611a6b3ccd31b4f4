"""Small animals drawn as outlines, as the things are."""

import numpy as np

from drawings.classes.things import disc, paint, placed, solid
from drawings.kit.canvas import arc, rounded
from drawings.kit.petals import curve, tinted


def butterfly(rng, view):
    tone, spot, parts = paint(rng), paint(rng), []
    fold = np.cos(0.6 * view.tilt) * rng.uniform(0.75, 1.1)
    upper = rounded(np.array([(0.05, -0.1), (0.3, -0.8), (0.95, -1.0), (1.15, -0.6), (0.8, 0.0)]), 2) * (
        fold,
        1,
    )
    lower = rounded(np.array([(0.05, 0.0), (0.75, 0.0), (0.9, 0.45), (0.55, 0.95), (0.15, 0.5)]), 2) * (
        fold,
        1,
    )
    for side in (-1, 1):
        for wing in (lower, upper):
            wing, middle = wing * (side, 1), wing.mean(axis=0) * (side, 1)
            parts += [
                (wing, 0.3 * tone, 0.0),
                (middle + 0.82 * (wing - middle), tone, 0.0),
                (middle + 0.35 * (wing - middle), spot, 0.0),
            ]
        parts.append((curve((0, -0.5), (side * 0.1, -0.9), (side * 0.35, -1.05), 5), np.full(3, 0.1), 0.035))
    return [], [*parts, (arc((0, 0.05), (0.09, 0.6)), np.full(3, 0.12), 0.0)]


def fish(rng, view):
    tone, band, fat = paint(rng), paint(rng), rng.uniform(0.45, 0.75)
    body = arc((0, 0), (0.95, fat), count=24)
    tail = np.array([(-0.8, 0), (-1.3, -0.5), (-1.12, 0), (-1.3, 0.5)])
    fin = rounded(np.array([(-0.4, -0.8 * fat), (0.1, -1.4 * fat), (0.4, -0.85 * fat)]), 1)
    parts = [
        (tail, 0.8 * tone, 0.0),
        (fin, 0.8 * tone, 0.0),
        (fin * (0.8, -0.9), 0.75 * tone, 0.0),
        *solid(body, tone, (0, -0.4), 0.75),
    ]
    for x in np.linspace(-0.5, 0.3, int(rng.integers(0, 4))):
        high = 0.92 * fat * np.sqrt(1 - x * x)
        parts.append((np.array([(x, -high), (x - 0.06, 0), (x, high)]), band, 0.13))
    return [], [
        *parts,
        disc(0.62, -0.15, 0.13, np.ones(3)),
        disc(0.64, -0.15, 0.07, np.zeros(3)),
        (curve((0.93, 0.1), (0.8, 0.16), (0.7, 0.15), 4), 0.4 * tone, 0.04),
    ]


def snail(rng, view):
    tone, skin = paint(rng), tinted(rng, (0.05, 0.14), (0.1, 0.5), (0.4, 0.85))
    foot = rounded(
        np.array(
            [(-1.2, 0.85), (-0.6, 0.55), (0.5, 0.5), (0.75, -0.1), (1.1, -0.15), (1.15, 0.3), (0.8, 0.88)]
        ),
        2,
    )
    parts = [*solid(foot, skin, (0, -0.2), 0.7)]
    for x in (0.88, 1.08):
        parts += [
            (np.array([(x, -0.05), (x + 0.12, -0.5)]), skin, 0.06),
            disc(x + 0.12, -0.52, 0.06, 0.3 * skin),
        ]
    parts += [disc(-0.15, -0.05, 0.75, 0.6 * tone), disc(-0.18, -0.08, 0.68, tone)]
    turns = np.linspace(0, 5.5 * np.pi, 50)
    spiral = np.stack([np.cos(turns), np.sin(turns)], axis=1) * (0.66 * (1 - turns / 18.5))[:, None] + (
        -0.16,
        -0.06,
    )
    return [], [*parts, (spiral, 0.45 * tone, 0.07)]


def ladybird(rng, view):
    tone, dark = tinted(rng, (-0.03, 0.15), (0.7, 1), (0.6, 0.95)), np.full(3, 0.07)
    parts = [
        (np.array([(side * 0.5, y), (side * 1.1, y + dy)]), dark, 0.07)
        for side in (-1, 1)
        for y, dy in ((-0.3, -0.25), (0.1, 0), (0.45, 0.25))
    ]
    parts += [disc(0, -0.75, 0.42, dark), *solid(arc((0, 0.1), (0.85, 0.92), count=24), tone, view.lamp[:2])]
    for x, y in [(0.4, -0.35), (0.5, 0.25), (0.25, 0.7)][: int(rng.integers(2, 4))]:
        parts += [disc(side * x, y, rng.uniform(0.12, 0.2), dark) for side in (-1, 1)]
    parts += [
        (np.array([(0, -0.75), (0, 1.0)]), dark, 0.05),
        disc(-0.2, -0.85, 0.09, np.ones(3)),
        disc(0.2, -0.85, 0.09, np.ones(3)),
    ]
    return [], parts


CLASSES = placed((butterfly, fish, snail, ladybird))
