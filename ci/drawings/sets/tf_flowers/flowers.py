"""Drawn flowers of five kinds, each with its own build.

``KINDS`` has the function that draws one flower of each class. It is called with the picture's random
generator and a ``petals.View``, and returns two lists of strokes (see ``drawing.Sketch``): stem and leaves,
and the head. Their unit is the head's radius, from its middle.
"""

import numpy as np

from drawings.kit.petals import (
    around,
    florets,
    green,
    joined,
    leaf,
    stem,
    strokes,
    tinted,
    whorl,
)
from drawings.sets.tf_flowers.dandelions import dandelion

# Ranges of hue, saturation and value of tulips and roses: red, pink, yellow, orange, white, purple.
COLOURS = [
    ((0.95, 1.02), (0.75, 0.95), (0.6, 0.9)),
    ((0.95, 1.02), (0.75, 0.95), (0.6, 0.9)),
    ((0.89, 0.99), (0.25, 0.65), (0.8, 0.98)),
    ((0.89, 0.99), (0.25, 0.65), (0.8, 0.98)),
    ((0.11, 0.16), (0.5, 0.9), (0.85, 0.98)),
    ((0.02, 0.08), (0.5, 0.9), (0.85, 0.98)),
    ((0.05, 0.2), (0.02, 0.12), (0.9, 0.98)),
    ((0.77, 0.88), (0.35, 0.75), (0.5, 0.85)),
]


def coloured(kin):
    """Return the tone of a tulip or rose of this ``kin``."""
    rng = np.random.default_rng(kin)
    return tinted(rng, *COLOURS[rng.integers(len(COLOURS))])


def rays(rng, view, count, start, end, width, rise, blunt, base, tone):
    """Return one ring of narrow petals, as ``petals.strokes`` does.

    They run from radius ``start`` to ``end``, where they are ``rise`` high, and from the tone ``base`` to
    ``tone``. ``width`` is half of a petal's; its tip is pointed for ``blunt`` 0, broad for 1.
    """
    if view.fine:
        t, wide = np.array([0, 0.35, 0.7, 0.9, 1]), [0.45, 0.9, 1, 0.55 + 0.35 * blunt, 0.02 + 0.5 * blunt]
    else:
        t, wide = np.array([0, 0.55, 1]), [0.5, 1, 0.1 + 0.6 * blunt]
    angles = (np.arange(count) + rng.uniform(-0.3, 0.3, count) + rng.random()) * 2 * np.pi / count
    each = (count, 1)
    radius = start + (end * rng.uniform(0.86, 1.04, each) - start) * t
    height = rise * rng.normal(1, 0.3, each) * t**1.5 + rng.normal(0, 0.06, each) * t**2
    spread = np.arctan(width * rng.uniform(0.85, 1.15, each) * np.array(wide) / radius)
    share = ((t[:-1] + t[1:]) / 2)[:, None, None] ** 0.6
    tones = (base * (1 - share) + tone * share) * rng.normal(1, 0.06, (count, 1, 1, 1))
    tones = tones * np.array([1, 0.93])[:, None]  # one half of each in the shade
    return strokes(whorl(angles, radius, height, spread, 3, 0.02), tones, view, edge=0.012)


def crowned(petals, disc, view, rise):
    """Return the strokes of a head: its disc over the petals, except near ones that stand up before it."""
    stands = rise > 0.2 and view.tilt > 0.9
    before = [petal for petal in petals if stands and petal[0] > 0]
    return joined(petal for petal in petals if not (stands and petal[0] > 0)) + disc + joined(before)


def daisy(rng, view):
    """Draw white, seldom pink or lilac rays around a yellow disc."""
    tone = np.array((0.97, 0.96, 0.94)) * rng.uniform(0.95, 1.03)
    if view.kin % 4 == 0:
        tone = tinted(rng, (0.75, 0.97), (0.2, 0.6), (0.8, 0.98))
    count, disc, rise = int(rng.integers(13, 30)), rng.uniform(0.22, 0.33), rng.uniform(-0.45, 0.3)
    width, base = rng.uniform(0.75, 1.25) * 0.62 * np.pi / count, tone * (0.85, 0.88, 0.75)
    petals = rays(rng, view, count, 0.8 * disc, 1, width, rise, rng.uniform(0.3, 1), base, tone)
    if rng.random() < 0.4:
        petals += rays(rng, view, count, 0.8 * disc, 0.86, width, rise + 0.08, 0.7, base, tone)
    yellow = tinted(rng, (0.1, 0.15), (0.8, 1), (0.8, 1))
    count = int(np.clip(3 * view.pixels, 12, 130))
    middle = florets(rng, view, disc, rng.uniform(0.08, 0.2), count, yellow * (0.85, 0.9, 0.6), yellow)
    leaves = green(rng)
    under, points = stem(rng, view, rng.uniform(0.06, 0.11), leaves)
    if rng.random() < 0.4:
        under += leaf(points[5], rng.uniform(-2.6, -0.5), rng.uniform(0.5, 1), 0.12, leaves)
    return under, crowned(petals, middle, view, rise)


def sunflower(rng, view):
    """Draw a large dark disc in rings of pointed yellow petals, on a thick stem with heart-shaped leaves."""
    disc, rise = rng.uniform(0.4, 0.58), rng.uniform(-0.15, 0.4)
    tone = tinted(rng, (0.105, 0.145), (0.85, 1), (0.85, 1))
    base = tinted(rng, (0, 0.05), (0.7, 0.9), (0.4, 0.6)) if rng.random() < 0.12 else tone * (0.95, 0.75, 0.6)
    count = int(rng.integers(17, 28))
    width = rng.uniform(0.9, 1.4) * 0.6 * np.pi / count
    petals = rays(rng, view, count, 0.9 * disc, 1, width, rise, 0, base, 0.9 * tone)
    petals += rays(rng, view, count, 0.9 * disc, 0.92, width, rise + 0.12, 0.05, base, tone)
    dark = tinted(rng, (0.03, 0.09), (0.4, 0.8), (0.12, 0.4))
    inner = tinted(rng, (0.1, 0.25), (0.4, 0.7), (0.3, 0.5)) if rng.random() < 0.5 else 0.7 * dark
    count, dome = int(np.clip(5 * view.pixels, 14, 260)), rng.uniform(0.03, 0.15)
    middle = florets(rng, view, disc, dome, count, inner, 1.1 * dark)
    if view.fine and rng.random() < 0.5:
        middle += florets(rng, view, 0.6 * disc, dome, count // 2, 0.8 * inner, inner)
    leaves = green(rng)
    under, points = stem(rng, view, rng.uniform(0.13, 0.2), leaves)
    for place in range(3, 3 + int(rng.integers(0, 4))):
        side, size, shade = rng.choice((-1, 1)), rng.uniform(0.7, 1.3), rng.uniform(0.85, 1.15)
        angle = np.pi / 2 - side * rng.uniform(0.7, 1.5)
        under += leaf(points[place], angle, size, 0.42 * size, shade * leaves, "heart", 0.3 * side)
    return under, crowned(petals, middle, view, rise)


def tulip(rng, view):
    """Draw a cup of six petals in two rings, on a stem with long blades; one in four has two colours."""
    tone = coloured(view.kin)
    other = coloured(view.kin + 1) if view.kin % 4 == 0 else tone * rng.uniform(0.8, 1.1)
    tall, wide, sharp = rng.uniform((1.5, 0.62, 0.5), (2.1, 0.85, 1.1))
    opening = rng.choice((-0.28, -0.12, 0.0, 0.25, 0.6), p=(0.25, 0.3, 0.25, 0.12, 0.08))
    t = 1 - np.linspace(1, 0, int(np.clip(view.pixels / 4, 5, 12))) ** 1.3  # closer together near the tip
    bulge = wide * np.interp(t, [0, 0.12, 0.35, 0.6, 1], [0.2, 0.68, 1, 0.97, 0.8])
    spread = np.where(t < 0.6, 1.2 - 0.25 * t, 1.05 * (np.clip(1 - t, 0, 0.4) / 0.4) ** sharp)
    outer = np.arange(6) % 2 == 0
    open_ = opening * rng.normal(1, 0.15, 6) * np.where(outer, 1.15, 0.9)
    radius = bulge * np.where(outer, 1.04, 0.94)[:, None] + open_[:, None] * t**3
    high = tall * rng.uniform(0.92, 1.06, 6) * np.where(outer, 0.97, 1)
    height = high[:, None] * (t - 0.5 - 0.3 * max(opening, 0) * t**3)
    angles = np.arange(6) * np.pi / 3 + rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.08, 6)
    columns = int(np.clip(view.pixels / 6, 2, 5)) * 2 + 1
    surfaces = whorl(angles, np.maximum(radius, 0.05), height, np.tile(spread, (6, 1)), columns)
    along = ((t[:-1] + t[1:]) / 2)[:, None, None]
    rim = (np.linspace(-1, 1, columns)[:-1] + 1 / (columns - 1))[:, None] ** 2
    low = 0.7 * np.clip(1 - along / 0.22, 0, 1)
    tones = (tone + rim * (other - tone)) * (1 - low) + tinted(
        rng, (0.12, 0.3), (0.2, 0.6), (0.6, 0.95)
    ) * low
    tones = tones * (0.82 + 0.22 * along) * rng.normal(1, 0.04, (6, 1, 1, 1))
    leaves = green(rng)
    under, points = stem(rng, view, rng.uniform(0.1, 0.16), leaves)
    for _ in range(int(rng.integers(1, 4)) if view.reach > 1 else 0):
        side, size, shade = rng.choice((-1, 1)), rng.uniform(1.6, 3), rng.uniform(0.85, 1.2)
        base, angle = points[rng.integers(5, 9)], -np.pi / 2 + side * rng.uniform(0.15, 0.7)
        under += leaf(base, angle, size, rng.uniform(0.16, 0.3), shade * leaves, "blade", 0.3 * side)
    return under, joined(strokes(surfaces, tones, view, edge=0.02, behind=0.9))


def rose(rng, view):
    """Draw petals nested in a spiral: the outer ones open, the inner ones wrapped around each other."""
    tone = coloured(view.kin) * rng.normal(1, 0.05)
    count, bud = int(rng.integers(13, 22)) if view.fine else 9, rng.random() < 0.2
    inward = np.linspace(0, 1, count)[:, None]
    outward = 1 - inward
    t = np.array([0, 0.4, 0.75, 0.93, 1]) if view.fine else np.array([0, 0.6, 1])
    reach = ((0.6 if bud else 1) * outward**0.85 + 0.1) * rng.uniform(0.92, 1.06, (count, 1))
    curl = outward * np.interp(t, [0, 0.75, 0.93, 1], [0, 0, 0.5, 1]) * rng.uniform(0.05, 0.2)
    radius = reach * np.interp(t, [0, 0.4, 0.75, 1], [0.25, 0.72, 0.93, 1]) + 0.6 * curl
    height = ((0.7 if bud else 0.42) + 0.42 * inward) * 1.1 * t**0.8 - 1.3 * curl - 0.35
    round_tip = np.sqrt(np.clip(1 - ((t - 0.55) / 0.47) ** 4, 0.03, 1))
    spread = (0.72 + 0.85 * inward) * round_tip * rng.uniform(0.9, 1.1, (count, 1))
    angles = around(count) + rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.12, count)
    surfaces = whorl(angles, radius, height, spread, 6 if view.fine else 4, 0.02)
    light = np.clip(1.25 * (t[:-1] + t[1:]) / 2 - 0.15, 0, 1)[:, None, None]  # dark between the petals
    tones = (0.75 * tone**1.6 * (1 - light) + tone * light) * rng.normal(1, 0.04, (count, 1, 1, 1))
    leaves = green(rng) * (0.8, 0.85, 0.8)
    under, points = stem(rng, view, rng.uniform(0.07, 0.12), leaves)
    for angle in np.arange(5) * 2 * np.pi / 5 + rng.random():  # sepals
        size = rng.uniform(0.7, 1.1) * (0.75 if bud else 1)
        under += leaf(view.seen((0, 0, -0.3))[:2], angle, size, 0.16, leaves, "oval", 0.2)
    for place in rng.choice(np.arange(2, 8), int(rng.integers(0, 4)), replace=False):
        for side in (-1, 1):
            angle, size = np.pi / 2 - side * rng.uniform(0.9, 1.7), rng.uniform(0.5, 0.9)
            under += leaf(
                points[place], angle, size, 0.34 * size, rng.uniform(0.8, 1.2) * leaves, "oval", 0.15
            )
    return under, joined(strokes(surfaces, tones, view, edge=0.018, behind=0.95))


KINDS = {"dandelion": dandelion, "daisy": daisy, "tulips": tulip, "sunflowers": sunflower, "roses": rose}
