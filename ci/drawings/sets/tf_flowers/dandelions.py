"""Drawn dandelions: the dense yellow head of thin rays, and the white ball of seeds."""

import numpy as np

from drawings.kit.petals import around, green, joined, leaf, stem, strokes, tinted, whorl


def dandelion(rng, view):
    """Draw a dandelion in flower or in seed, on a bare stem; see ``flowers`` for what is returned."""
    hue = (0.02, 0.08) if rng.random() < 0.35 else (0.16, 0.3)
    under, points = stem(rng, view, rng.uniform(0.09, 0.15), tinted(rng, hue, (0.25, 0.55), (0.45, 0.7)))
    tone = green(rng)
    for _ in range(int(rng.integers(0, 4)) if view.reach > 1 else 0):
        angle, size = -np.pi / 2 + rng.uniform(-1.3, 1.3), rng.uniform(1, 2)
        under += leaf(points[-1], angle, size, 0.16 * size, tone, "jagged", rng.uniform(-0.3, 0.3))
    return under, (_seeds if rng.random() < 0.45 else _flower)(rng, view)


def _flower(rng, view):
    """Return the strokes of rays: the outer ones lie flat, the inner ones are shorter and stand up."""
    count = int(np.clip(4 * view.pixels, 30, 190))
    place = np.sqrt((np.arange(count) + 0.5) / count)[::-1]  # 1 is outermost
    lift = np.radians(rng.uniform(0, 25) + 75 * (1 - place**1.3) + rng.normal(0, 6, count))
    length = (0.55 + 0.45 * place) * rng.uniform(0.85, 1.05, count)
    t = np.array([0.15, 0.6, 1])
    radius = (length * np.cos(lift))[:, None] * t + 0.1 * place[:, None]
    height = (length * np.sin(lift))[:, None] * t * 0.8
    width = rng.uniform(0.035, 0.055) * max(1, 60 / count) ** 0.5
    spread = np.arctan(width * np.array([0.6, 1, 0.9]) / np.maximum(radius, 0.05))
    shade = rng.normal(1, 0.09, count) * (0.82 + 0.18 * place)
    tone = tinted(rng, (0.125, 0.16), (0.85, 1), (0.88, 1))
    tones = np.array([0.72, 1])[:, None, None] * shade[:, None, None, None] * tone
    angles = around(count) + rng.normal(0, 0.1, count)
    head = joined(strokes(whorl(angles, radius, height, spread, columns=2), tones, view, behind=0.85))
    if view.tilt < 0.8:
        return head
    calyx = view.seen([(-0.2, 0, -0.35), (-0.3, 0, 0.1), (0.3, 0, 0.1), (0.2, 0, -0.35)])[:, :2]
    return [(calyx, green(rng), 0.0), *head]


def _seeds(rng, view):
    """Return the strokes of seeds all around a middle, each under a small parachute."""
    count, spokes = int(np.clip(3 * view.pixels, 35, 130)), 9 if view.pixels > 25 else 6
    level, turns = 1 - 2 * (np.arange(count) + 0.5) / count, around(count)
    flat = np.sqrt(1 - level**2)
    ways = np.stack([flat * np.cos(turns), flat * np.sin(turns), level], axis=1)
    ways = ways[np.argsort(view.seen(ways)[:, 2])]
    if rng.random() < 0.3:  # the wind took some
        gone = rng.normal(0, 1, 3)
        ways = ways[ways @ (gone / np.linalg.norm(gone)) < rng.uniform(-0.1, 0.8)]
    white, fan = np.array((0.97, 0.96, 0.94)) * rng.uniform(0.82, 1), rng.uniform(0.24, 0.36)
    brown = tinted(rng, (0.05, 0.1), (0.4, 0.7), (0.25, 0.5))

    # Each parachute is one line, from the seed to the end of a spoke and back.
    first = np.cross(ways, rng.normal(0, 1, 3))
    first /= np.linalg.norm(first, axis=1, keepdims=True) + 1e-9
    second = np.cross(ways, first)
    angles = (np.arange(spokes) * 2 * np.pi / spokes + rng.random((len(ways), 1)))[..., None]
    tips = np.cos(angles) * first[:, None] + np.sin(angles) * second[:, None] + 0.55 * ways[:, None]
    stars = np.repeat(0.72 * ways[:, None], 2 * spokes, axis=1)
    stars[:, 1::2] += fan * tips
    near = view.seen(ways)
    lit = np.clip(0.75 + 0.1 * near[:, 2] + 0.2 * near @ view.lamp, 0.5, 1.05)[:, None] * white
    stars, necks = view.seen(stars)[..., :2], view.seen(np.stack([0.16 * ways, 0.72 * ways], axis=1))[..., :2]
    parts = []
    for star, neck, tone in zip(stars, necks, np.clip(lit, 0, 1), strict=True):
        parts += [(neck, 0.8 * tone, 0.012), (star, tone, 0.014)]
    turns = np.linspace(0, 2 * np.pi, 12)
    middle = (0.15 * np.stack([np.cos(turns), np.sin(turns)], axis=1), brown, 0.0)
    seeds = view.seen(np.stack([0.14 * ways, 0.26 * ways], axis=1)[::3])[..., :2]
    half = len(ways) // 2 * 2
    return [*parts[:half], middle, *[(seed, 0.8 * brown, 0.04) for seed in seeds], *parts[half:]]
