"""More flowers: relatives of those in ``blossoms``, and of those that the lessons tell apart."""

import functools

import numpy as np

from drawings.classes.rings import dots, even, ring, stalk, stamens
from drawings.kit.petals import around, florets, green, joined, leaf, stem, tinted
from drawings.sets.tf_flowers import grown
from drawings.sets.tf_flowers.flowers import coloured, crowned, rays

YELLOW = (0.1, 0.16), (0.75, 1), (0.8, 1)


def crocus(rng, view):
    tone, rise = coloured(view.kin), rng.uniform(0.9, 1.3)
    petals = ring(rng, view, even(rng, 3), 0.75, 0.36, rise, 0.6 * tone, tone, "oval", cup=0.1)
    petals += ring(rng, view, even(rng, 3), 0.62, 0.34, rise, 0.6 * tone, 1.1 * tone, "oval", cup=0.1)
    petals = sorted(petals, key=lambda petal: petal[0])
    orange = tinted(rng, (0.04, 0.1), (0.8, 1), (0.8, 1))
    threads = stamens(rng, view, 5, 0.2, 0.8, orange, orange, 0.05)
    far, near = ([petal for petal in petals if (petal[0] > 0.3) == front] for front in (False, True))
    under, points = stem(rng, view, 0.2, np.array((0.85, 0.85, 0.8)))
    for _ in range(int(rng.integers(3, 8))):
        under += leaf(points[-1], -np.pi / 2 + rng.normal(0, 0.4), 2.2, 0.05, green(rng), "blade", 0.2)
    return under, joined(far) + threads + joined(near)


def camellia(rng, view):
    tone, petals = coloured(view.kin), []
    for level in np.linspace(0, 1, 6 if view.fine else 4):
        count, long = max(3, int(8 - 4 * level)), 1.02 - 0.75 * level
        angles = even(rng, count) + np.pi * level
        ink = tone * (1.05 - 0.15 * level)
        petals += ring(
            rng, view, angles, long, 0.4 * long + 0.05, 0.1 + 0.25 * level, 0.7 * ink, ink, "round"
        )
    middle = florets(rng, view, 0.12, 0.4, 10, tinted(rng, *YELLOW), tinted(rng, *YELLOW))
    return stalk(rng, view, (0.08, 0.12), "oval", 1.2, 0.35), joined(petals) + middle


def gerbera(rng, view):
    tone, rise = coloured(view.kin), rng.uniform(-0.15, 0.25)
    petals = rays(rng, view, 30, 0.25, 1, 0.1, rise, 0.6, 0.8 * tone, tone)
    petals += rays(rng, view, 24, 0.2, 0.75, 0.09, rise + 0.1, 0.6, 0.75 * tone, 0.95 * tone)
    petals += rays(rng, view, 22, 0.15, 0.5, 0.05, rise + 0.18, 0.6, 0.6 * tone, 0.85 * tone)
    dark = tinted(rng, (0.02, 0.2), (0.3, 0.8), (0.15, 0.6))
    middle = florets(rng, view, 0.24, 0.08, 40 if view.fine else 12, dark, 1.4 * dark)
    return stalk(rng, view, (0.1, 0.15), "jagged", 1.1), crowned(petals, middle, view, rise)


def allium(rng, view):
    tone, count = coloured(view.kin + 6), 90 if view.fine else 40
    level, turns = 1 - 2 * (np.arange(count) + 0.5) / count, around(count)
    flat = np.sqrt(1 - level**2)
    ways = np.stack([flat * np.cos(turns), flat * np.sin(turns), level], axis=1)
    seen, parts = view.seen(0.95 * ways), []
    for place in seen[np.argsort(seen[:, 2])]:
        ink = tone * (0.75 + 0.3 * float(np.clip(place @ view.lamp, -0.5, 1))) * rng.uniform(0.85, 1.1)
        size = rng.uniform(0.09, 0.15)
        parts.append((np.array([(0, 0), place[:2]]), 0.5 * green(rng) + 0.3 * ink, 0.02))
        star = np.repeat([1.0, 0.4], 6)[[0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]][:, None] * dots(12)
        parts.append((place[:2] + size * 1.2 * star, ink, 0.0))
    return stalk(rng, view, (0.07, 0.11), "blade", 1.2, 0.12), parts


def marigold(rng, view):
    tone, petals = coloured(view.kin + 7), []
    edge = np.clip(tone * rng.uniform(0.6, 1.3), 0, 1)
    for level in np.linspace(0, 1, 7 if view.fine else 4):
        count, long = int(14 - 8 * level), 1.0 - 0.75 * level
        angles = even(rng, count) + level
        petals += ring(rng, view, angles, long, 0.2, 0.5 * level, 0.7 * tone, edge, "notched", cup=0.12)
    return stalk(rng, view, (0.08, 0.11), "jagged", 0.9), joined(petals)


# Each with the lowest and highest ``View.tilt`` at which it is recognised.
KINDS = {
    "crocus": (crocus, (0.7, 1.5)),
    "camellia": (camellia, (0.0, 1.1)),
    "gerbera": (gerbera, (0.0, 1.2)),
    "allium": (allium, (0.2, 1.5)),
    "marigold": (marigold, (0.1, 1.2)),
}
CLASSES = {name: functools.partial(grown, kind=kind, tilts=tilts) for name, (kind, tilts) in KINDS.items()}
