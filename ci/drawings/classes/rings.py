"""Parts of the stand-ins' flowers: rings of broad petals, stalks with leaves, stamens."""

import numpy as np

from drawings.kit.petals import curve, green, leaf, stem, strokes, whorl


def ring(rng, view, angles, length, width, rise, base, tone, shape="oval", start=0.06, curl=0.0, cup=0.04):
    """Return one ring of broad petals at ``angles``, as ``petals.strokes`` does.

    They run from radius ``start`` to ``length``, where they are ``rise`` high and hang down by ``curl``, and
    from the tone ``base`` to ``tone``; ``width`` is half of a petal's, ``shape`` how it goes along it.
    """
    t = np.linspace(0, 1, 7) if view.fine else np.array([0, 0.4, 0.75, 1])
    profile = {
        "oval": np.sin(np.pi * t**0.85) ** 0.9 + 0.08 * (1 - t),
        "round": np.sqrt(np.clip(1 - ((t - 0.6) / 0.47) ** 2, 0.04, 1)),
        "notched": np.array([0.3, 0.98]) @ [1 - t, t**0.7],
        "lance": np.sin(np.pi * t**0.65) ** 0.9 + 0.1 * (1 - t),
    }[shape]
    count = len(angles)
    each = rng.uniform(0.88, 1.08, (count, 1))
    radius = start + (length * each - start) * t - 0.5 * curl * t**4
    height = rise * rng.normal(1, 0.12, (count, 1)) * t**1.4 - curl * t**4
    spread = np.arctan(width * rng.uniform(0.9, 1.1, (count, 1)) * profile / np.maximum(radius, 0.12))
    share = ((t[:-1] + t[1:]) / 2)[:, None, None]
    tones = (base * (1 - share) + tone * share) * rng.normal(1, 0.05, (count, 1, 1, 1))
    angles = np.asarray(angles) + rng.normal(0, 0.06, count)
    return strokes(whorl(angles, radius, height, spread, 5, cup), tones, view, edge=0.018, behind=0.88)


def even(rng, count):
    return (np.arange(count) + rng.random()) * 2 * np.pi / count


def stalk(rng, view, wide=(0.06, 0.12), shape="oval", size=0.8, slim=0.25):
    """Return a stem with up to three leaves."""
    tone = green(rng)
    under, points = stem(rng, view, rng.uniform(*wide), tone)
    for place in range(4, 4 + int(rng.integers(0, 4))):
        angle = -np.pi / 2 + rng.choice((-1, 1)) * rng.uniform(0.4, 1.4)
        long = size * rng.uniform(0.7, 1.4)
        under += leaf(points[place], angle, long, slim * long, rng.uniform(0.85, 1.15) * tone, shape, 0.25)
    return under


def stamens(rng, view, count, reach, rise, tone, tip, width=0.025):
    """Return the strokes of threads from the middle, each with a dot at its end."""
    angles, parts = even(rng, count), []
    for angle in angles:
        long = reach * rng.uniform(0.8, 1.15)
        ends = view.seen(
            [
                (0, 0, 0.05),
                (0.6 * long * np.cos(angle), 0.6 * long * np.sin(angle), 0.7 * rise),
                (long * np.cos(angle), long * np.sin(angle), rise),
            ]
        )
        end = ends[-1, :2]
        parts += [(curve(*ends[:, :2], 5), tone, width), (end + dots(6) * 2.2 * width, tip, 0.0)]
    return parts


def dots(count):
    turns = np.arange(count) * 2 * np.pi / count
    return np.stack([np.cos(turns), np.sin(turns)], axis=1)
