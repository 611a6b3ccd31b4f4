"""Things drawn as outlines, in the same scenes as the blossoms."""

import functools
import itertools

import numpy as np

from drawings.kit.canvas import arc, mirrored, rounded
from drawings.kit.petals import curve, tinted
from drawings.sets.tf_flowers import grown


def paint(rng):
    """Return the tone of something painted: any hue, often bright."""
    return tinted(rng, (0, 1), (0.05, 0.95), (0.25, 0.98))


def solid(points, tone, shine=(-0.25, -0.1), share=0.6):
    """Return a shape with a dark edge, and in its own middle a lighter copy moved by ``shine``."""
    points = np.asarray(points, float)
    middle = points.mean(axis=0)
    size = np.ptp(points, axis=0)
    light = middle + (points - middle) * share + size * shine * 0.3
    return [
        (points, 0.82 * tone, 0.0),
        (light, np.clip(1.1 * tone + 0.02, 0, 1), 0.0),
        (np.concatenate([points, points[:1]]), 0.5 * tone, 0.02),
    ]


def disc(x, y, size, tone, high=None):
    return (arc((x, y), (size, high or size), count=22), tone, 0.0)


def cup(rng, view):
    tone, tall, foot = paint(rng), rng.uniform(0.8, 1.3), rng.uniform(0.5, 0.85)
    side = rng.choice((-1, 1))
    handle = arc((side * 0.75, 0.05), (0.42, 0.36 * tall))
    body = mirrored([(0.85, -0.6 * tall), (0.82 * foot + 0.1, 0.3 * tall), (foot * 0.8, 0.6 * tall)])
    parts = [(handle, 0.7 * tone, 0.2), (handle, tone, 0.12), *solid(body, tone)]
    parts += [(arc((0, -0.6 * tall), (0.85, 0.2)), np.clip(1.2 * tone, 0, 1), 0.0)]
    parts += [(arc((0, -0.57 * tall), (0.74, 0.14)), tinted(rng, (0.03, 0.1), (0.5, 0.9), (0.15, 0.5)), 0.0)]
    return [], parts


def bottle(rng, view):
    tone, wide, neck = paint(rng), rng.uniform(0.32, 0.48), rng.uniform(0.1, 0.17)
    body = mirrored([(neck, -1.15), (neck, -0.65), (wide, -0.25), (wide, 1.1), (0.8 * wide, 1.18)])
    label = np.array([(-wide, 0.1), (wide, 0.1), (wide, 0.75), (-wide, 0.75)])
    parts = [*solid(body, tone, (-0.5, 0), 0.5), (label, paint(rng), 0.0)]
    parts += [(np.array([(-0.6 * wide, -0.15), (-0.6 * wide, 1.0)]), np.clip(tone + 0.35, 0, 1), 0.06)]
    cork = np.array([(-neck, -1.3), (neck, -1.3), (neck, -1.1), (-neck, -1.1)]) * (1.15, 1)
    return [], [*parts, (cork, paint(rng), 0.0)]


def car(rng, view):
    tone, roof, long = paint(rng), rng.uniform(0.35, 0.6), rng.uniform(0.3, 0.6)
    cabin = np.array([(-0.75, -0.1), (-long, -roof), (0.8 * long, -roof), (0.75, -0.08)])
    shell = rounded(
        np.array([(-1.2, -0.05), (-0.7, -0.14), (0.75, -0.12), (1.22, 0.02), (1.22, 0.36), (-1.22, 0.36)]), 1
    )
    glass = tinted(rng, (0.5, 0.6), (0.1, 0.4), (0.4, 0.9))
    parts = [*solid(cabin, tone), *solid(shell, tone, (0, -0.3))]
    parts += [
        (cabin * 0.78 + (0, -0.06), glass, 0.0),
        (np.array([(0, -roof), (0.02, 0.3)]), 0.6 * tone, 0.04),
    ]
    for x in (-0.7, 0.7):
        parts += [
            disc(x, 0.36, 0.27, np.full(3, 0.08)),
            disc(x, 0.36, 0.15, np.full(3, 0.7)),
            disc(x, 0.36, 0.05, np.full(3, 0.3)),
        ]
    return [], [*parts, disc(1.12, 0.1, 0.08, np.array((1, 0.95, 0.7)))]


def house(rng, view):
    tone, tiles, wide, high = (
        paint(rng),
        tinted(rng, (0, 0.08), (0.3, 0.8), (0.3, 0.75)),
        *rng.uniform((0.65, 0.5), (0.95, 0.9)),
    )
    wall = np.array([(-wide, -0.1), (wide, -0.1), (wide, high), (-wide, high)])
    roof = np.array([(-wide - 0.15, -0.08), (rng.uniform(-0.4, 0.4), -1.0), (wide + 0.15, -0.08)])
    chimney = np.array([(0.3, -0.95), (0.5, -0.95), (0.5, -0.2), (0.3, -0.2)])
    door = np.array([(-0.14, high - 0.55), (0.14, high - 0.55), (0.14, high), (-0.14, high)])
    parts = [
        (chimney, 0.6 * tiles, 0.0),
        *solid(wall, tone, share=0.9),
        *solid(roof, tiles, share=0.85),
        (door, paint(rng), 0.0),
    ]
    pane = np.array([(-0.16, -0.16), (0.16, -0.16), (0.16, 0.16), (-0.16, 0.16)])
    for x in (-0.58 * wide, 0.58 * wide):
        spot = (x, 0.2)
        parts += [
            (1.2 * pane + spot, (0.95, 0.95, 0.92), 0.0),
            (pane + spot, tinted(rng, (0.1, 0.6), (0.1, 0.5), (0.3, 0.9)), 0.0),
        ]
        parts.append((np.array([(x, 0.05), (x, 0.35)]), (0.95, 0.95, 0.92), 0.03))
    return [], parts


def clock(rng, view):
    tone, face = paint(rng), np.array((0.96, 0.95, 0.9)) * rng.uniform(0.85, 1)
    dark, parts = (
        rng.uniform(0, 0.25, 3),
        [disc(0, 0, 1, 0.7 * tone), disc(-0.03, -0.04, 0.94, tone), disc(0, 0, 0.8, face)],
    )
    for angle in np.arange(12) * np.pi / 6:
        way = np.array([np.cos(angle), np.sin(angle)])
        parts.append((np.array([0.64 * way, 0.75 * way]), dark, 0.05))
    for long, wide in ((0.42, 0.09), (0.62, 0.05)):
        angle = rng.uniform(0, 2 * np.pi)
        parts.append((np.array([(0, 0), (long * np.cos(angle), long * np.sin(angle))]), dark, wide))
    if rng.random() < 0.5:  # an alarm clock: bells and feet
        for side in (-1, 1):
            parts = [
                disc(side * 0.6, -0.95, 0.34, 0.85 * tone),
                (np.array([(side * 0.5, 0.7), (side * 0.8, 1.2)]), 0.5 * tone, 0.14),
                *parts,
            ]
    return [], [*parts, disc(0, 0, 0.07, dark)]


def ball(rng, view):
    first, second, parts = paint(rng), paint(rng), []
    turn, count = rng.uniform(0, 6), int(rng.choice((4, 6, 8)))
    way = view.lamp[:2]
    parts.append(disc(0, 0, 1, 0.6 * first))
    for number, angle in enumerate(turn + np.arange(count) * 2 * np.pi / count):
        bow = arc((0, 0), (0.97, 0.97), np.degrees(angle), np.degrees(angle + 2 * np.pi / count), 8)
        pole = 0.35 * np.array([np.cos(turn), np.sin(turn)])
        parts.append((np.concatenate([[pole], bow]), (first, second)[number % 2], 0.0))
    return [], [
        *parts,
        disc(0.45 * way[0], 0.45 * way[1], 0.22, np.clip(first + 0.4, 0, 1)),
        disc(0.45 * way[0], 0.45 * way[1], 0.1, np.ones(3)),
    ]


def umbrella(rng, view):
    first, second = paint(rng), paint(rng)
    parts = [
        (np.array([(0, -1.0), (0, 0.9)]), (0.25, 0.18, 0.12), 0.06),
        (arc((0.14, 0.9), (0.14, 0.22), 0, 180), (0.3, 0.2, 0.1), 0.08),
    ]
    edges = np.linspace(-1, 1, 6)
    for number, (left, right) in enumerate(itertools.pairwise(edges)):
        hem = curve((1.15 * left, 0.1), (1.15 * (left + right) / 2, -0.12), (1.15 * right, 0.1), 5)
        rim = [curve((1.15 * x, 0.1), (0.95 * x, -0.85), (0, -0.9), 7) for x in (right, left)]
        panel = np.concatenate([hem, rim[0], rim[1][::-1]])
        parts.append((panel, (first, second)[number % 2] * (0.8 + 0.08 * number), 0.0))
    return [], parts


def boat(rng, view):
    tone, sail = paint(rng), tinted(rng, (0, 1), (0.0, 0.5), (0.75, 1))
    hull = np.array([(-1.1, 0.5), (1.15, 0.45), (0.7, 1.0), (-0.75, 1.0)])
    mast = (np.array([(0, -1.2), (0, 0.55)]), (0.35, 0.25, 0.15), 0.06)
    large = np.concatenate([curve((0.06, -1.15), (0.5, -0.3), (0.9, 0.35), 7), [(0.06, 0.35)]])
    small = np.concatenate([curve((-0.06, -0.95), (-0.3, -0.2), (-0.8, 0.35), 7), [(-0.06, 0.35)]])
    return [], [
        mast,
        *solid(large, sail, share=0.8),
        *solid(small, 0.92 * sail, share=0.8),
        *solid(hull, tone, (0, -0.4), 0.8),
    ]


def apple(rng, view):
    tone = tinted(rng, rng.choice([(-0.03, 0.03), (0.1, 0.16), (0.2, 0.32)]), (0.6, 0.95), (0.5, 0.95))
    half = [(0, -0.72), (0.35, -0.9), (0.85, -0.7), (1.0, -0.1), (0.8, 0.6), (0.4, 0.95), (0.12, 0.88)]
    shape = rounded(mirrored(half), 2)
    stalk = (curve((0, -0.7), (0.05, -1.0), (0.2, -1.2), 5), (0.3, 0.2, 0.1), 0.08)
    blade = rounded(np.array([(0.1, -0.95), (0.5, -1.3), (0.85, -1.15), (0.5, -0.9)]), 2)
    green = tinted(rng, (0.22, 0.36), (0.4, 0.8), (0.3, 0.6))
    parts = [*solid(shape, tone, 0.8 * view.lamp[:2]), disc(0, -0.74, 0.25, 0.6 * tone, 0.08)]
    return [], [
        *parts,
        disc(0.5 * view.lamp[0], -0.4, 0.13, np.clip(tone + 0.4, 0, 1)),
        stalk,
        (blade, green, 0.0),
    ]


KINDS = (cup, bottle, car, house, clock, ball, umbrella, boat, apple)


def placed(kinds):
    """Return the drawers of whole pictures of ``kinds`` by their names."""
    return {kind.__name__: functools.partial(grown, kind=kind, tilts=(0.0, 1.4)) for kind in kinds}


CLASSES = placed(KINDS)
