"""The drawn stand-in for tf_flowers: five kinds of flowers, near and far, alone and in fields."""

import numpy as np

from drawings.kit import backdrops
from drawings.kit.camera import developed, frame, lamp, soften
from drawings.kit.canvas import Canvas, arc, rounded
from drawings.kit.chance import in_mixed_order
from drawings.kit.petals import View, curve, tinted
from drawings.sets.tf_flowers.flowers import KINDS

SEED = 0
COUNTS, SHAPE, QUALITY = {"train": 500}, None, 85
DESCRIPTION = (
    "Drawings made by the image-classification course, not photographs: a stand-in for tf_flowers, with "
    "its classes, pictures of varying sizes, and 500 in place of 3,670 pictures."
)
HOMEPAGE = "https://www.tensorflow.org/tutorials/load_data/images"
NAMES = ["dandelion", "daisy", "tulips", "sunflowers", "roses"]
# Lowest and highest ``View.tilt`` at which each kind is recognised.
TILTS = {
    "dandelion": (0.1, 1.5),
    "daisy": (0.0, 1.3),
    "tulips": (0.8, 1.6),
    "sunflowers": (0.0, 1.2),
    "roses": (0.1, 1.1),
}


def draw(name, rng):
    """Draw one picture of flowers of class ``name``: ``uint8`` of shape (height, width, 3)."""
    return grown(rng, KINDS[name], TILTS[name])


def grown(rng, kind, tilts):
    """Draw one picture of what ``kind`` draws (see ``flowers.KINDS``), tilted by ``tilts`` (low, high)."""
    # All that does not show the kind comes first, so that it cannot depend on it.
    height, width = frame(rng)
    light, scene = lamp(rng), SCENES[rng.choice(len(SCENES), p=SHARES)]
    behind, places, after = scene(rng, height, width)
    kin, mixed, share = int(rng.integers(2**31)), rng.random() < 0.25, rng.random()

    (low, high), blooms = tilts, []
    canvas = Canvas(height, width, np.eye(3), channels=3, factor=3)
    for index, (x, y, radius, reach, lean) in enumerate(
        sorted(places, key=lambda place: place[1] + place[2])
    ):
        if index < 6:  # later ones repeat these
            tilt = np.clip(low + share * (high - low) + rng.normal(0, 0.2), low, high)
            blooms.append(kind(rng, View(tilt, light, radius, reach, kin + mixed * index)))
        under, head = blooms[index % 6]
        canvas.matrix = planted(x, y, radius, lean, height, width, rng.choice((-1, 1)))
        canvas.paint([*under, *head])
    canvas.matrix = np.diag((1 / width, 1 / height, 1))
    canvas.paint(after)
    picture = canvas.picture(rng, slope=0, folds=0, round_off=0.15, noise=0, background=behind)
    return developed(rng, picture.astype("float32"))


def planted(x, y, radius, lean, height, width, mirror):
    """Return the matrix of a ``Canvas`` that sets a head of ``radius`` pixels at pixel (x, y).

    ``lean`` turns the flower (radians); ``mirror`` is 1 or -1.
    """
    across, down = radius * np.cos(lean), radius * np.sin(lean)
    matrix = np.array([[mirror * across, -down, x], [mirror * down, across, y], [0, 0, 1]])
    return np.diag((1 / width, 1 / height, 1)) @ matrix


# A scene returns what is behind (a picture), the places of heads (x, y, radius, reach of the stem, lean) and
# strokes in pixels that come last. It is not told which kind of flower will stand there.


def near(rng, height, width):
    """One flower before something out of focus, sometimes held by a hand."""
    behind = soften(backdrop(rng, height, width), rng.uniform(0, 0.03) * max(height, width))
    side = min(height, width)
    radius = (rng.uniform(0.5, 0.65) if rng.random() < 0.2 else rng.uniform(0.2, 0.5)) * side
    x, y = rng.normal(0.5, 0.09) * width, rng.uniform(0.34, 0.55) * height
    if rng.random() < 0.15:
        return behind, [(x, 0.32 * height, 0.22 * side, 6, 0)], hand(rng, x, 0.78 * height, 0.2 * side)
    return behind, [(x, y, radius, 1.25 * (height - y) / radius + 0.5, rng.normal(0, 0.15))], []


def group(rng, height, width):
    """Two to six flowers side by side."""
    behind = soften(backdrop(rng, height, width), rng.uniform(0, 0.02) * max(height, width))
    count, side, places = int(rng.integers(2, 7)), min(height, width), []
    for x in (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count * width:
        y, radius = rng.uniform(0.2, 0.75) * height, rng.uniform(0.12, 0.26) * side
        places.append((x, y, radius, 1.25 * (height - y) / radius + 0.5, rng.normal(0, 0.2)))
    return behind, places, []


def field(rng, height, width):
    """Many flowers on the ground, smaller and smaller into the distance."""
    horizon, count, side = rng.uniform(0, 0.55), int(rng.integers(10, 34)), min(height, width)
    smallest, largest = rng.uniform((0.025, 0.1), (0.06, 0.2)) * side
    places = []
    for x, far, lean in zip(
        rng.random(count), rng.random(count) ** 0.7, rng.normal(0, 0.2, count), strict=True
    ):
        y = horizon + (1.02 - horizon) * (0.02 + 0.98 * far)
        places.append((x * width, y * height, smallest + largest * far**1.3, 3.0, lean))
    return backdrop(rng, height, width, horizon), places, []


def above(rng, height, width):
    """Looking down on a few flowers."""
    count = int(rng.integers(1, 9))
    radius = rng.uniform(0.14, 0.24 if count > 2 else 0.4) * min(height, width)
    places = [
        (*rng.uniform(0.1, 0.9, 2) * (width, height), radius * rng.uniform(0.7, 1.1), rng.uniform(0, 3), lean)
        for lean in rng.normal(0, 0.8, count)
    ]
    return backdrop(rng, height, width, 0), places, []


def bunch(rng, height, width):
    """A bunch in a vase."""
    behind, side = backdrop(rng, height, width, rng.uniform(0.6, 0.85)), min(height, width)
    count, radius, middle = (
        int(rng.integers(3, 10)),
        rng.uniform(0.12, 0.2) * side,
        rng.uniform(0.4, 0.6) * width,
    )
    places = []
    for x in np.linspace(-1, 1, count) + rng.normal(0, 0.1, count):
        y = (0.4 + rng.uniform(-0.2, 0.1) + 0.1 * x * x) * height
        places.append((middle + rng.uniform(1.4, 2.2) * x * radius, y, radius, 2.2, 0.5 * x))
    tone, wide = backdrops.colour(rng) / 255, rng.uniform(0.08, 0.14) * side
    top, low = 0.64 * height, rng.uniform(0.86, 0.97) * height
    half = np.array([(1, top), (rng.uniform(0.9, 1.6), (top + low) / 2), (rng.uniform(0.6, 1.2), low)]) * (
        wide,
        1,
    )
    place = np.array([middle, 0])
    vase = rounded(np.concatenate([half, half[::-1] * (-1, 1)]), 2) + place
    shine = half * (-0.5, 1) + place
    return behind, places, [(vase, tone, 0.0), (shine, np.clip(1.35 * tone + 0.08, 0, 1), 0.15 * wide)]


SCENES, SHARES = [near, group, field, above, bunch], [0.36, 0.24, 0.18, 0.1, 0.12]


def backdrop(rng, height, width, horizon=None):
    """Return a scenery, more often with a floor that flowers grow on; without ``horizon`` that is random."""
    if horizon is None:
        horizon = 1.0 if rng.random() < 0.5 else rng.uniform(0.2, 0.8)
    floor = rng.choice(("grass", "soil") if rng.random() < 0.65 else backdrops.FLOORS)
    return backdrops.scenery(rng, rng.choice(backdrops.WALLS), floor, height, width, horizon)


def hand(rng, x, y, size):
    """Return the strokes of a fist around a stem at pixel (x, y), ``size`` pixels wide, and its arm."""
    skin = tinted(rng, (0.03, 0.08), (0.3, 0.6), (0.35, 0.95))
    arm = np.array([(0.35, 0), (1.0, 0.1), (1.7, 3), (0.5, 3)])
    palm = rounded(np.array([(-0.1, -0.5), (0.9, -0.5), (1.1, 0.7), (0.1, 0.8)]))
    fingers = [
        curve((0.62, down), (0.15, down), (0.06 * abs(finger - 1) - 0.33, down + 0.06))
        for finger, down in enumerate((-0.32, -0.02, 0.28, 0.58))
    ]
    thumb = curve((0.75, -0.3), (0.3, -0.75), (-0.2, -0.62))
    parts = [(arm, 0.92 * skin, 0.0), (palm, 0.95 * skin, 0.0)]
    for line in (*fingers, thumb):
        for width, tone in ((0.34, 0.72 * skin), (0.27, skin)):
            parts += [(line, tone, width), (arc(line[-1], (width / 2, width / 2)), tone, 0.0)]
    return [(points * size + (x, y), tone, width * size) for points, tone, width in parts]


def pictures(split, seed=SEED):
    """Yield (image, label) of all pictures of ``split`` (``"train"``): as many of each class."""
    return in_mixed_order(
        lambda label, rng: draw(NAMES[label], rng), range(len(NAMES)), split, COUNTS[split], seed
    )
