"""Plants without petals, and textures on plain shapes; drawn and called as the blossoms."""

import functools

import numpy as np

from drawings.kit.camera import developed, frame
from drawings.kit.canvas import Canvas, arc, mirrored, rounded
from drawings.kit.petals import curve, green, leaf, stem, tinted
from drawings.sets.tf_flowers import grown, planted
from drawings.sets.tf_flowers.flowers import coloured


def fern(rng, view):
    tone, bend = green(rng), rng.uniform(-0.6, 0.6)
    spine, parts = curve((0, 1.2), (0.1, 0), (bend, -1.2), 15), []
    for place in range(1, 15):
        way = np.arctan2(*(spine[place] - spine[place - 1])[::-1])
        size = 0.75 * np.sin(np.pi * (1 - place / 15.5) ** 0.7) + 0.08
        for side in (-1, 1):
            parts += leaf(
                spine[place],
                way + side * 1.15,
                size,
                0.13 * size + 0.03,
                tone * rng.uniform(0.8, 1.2),
                "blade",
                -0.15 * side,
            )
    return [], [*parts, (spine, 0.7 * tone, 0.05)]


def maple(rng, view):
    autumn = rng.random() < 0.6
    tone = tinted(rng, (0.0, 0.13), (0.6, 0.95), (0.5, 0.95)) if autumn else green(rng)
    half = [
        (0, -1.1),
        (0.14, -0.75),
        (0.32, -0.8),
        (0.25, -0.25),
        (0.55, -0.5),
        (0.62, -0.35),
        (1.0, -0.4),
        (0.88, -0.18),
        (1.02, -0.02),
    ]
    half += [(0.5, 0.3), (0.55, 0.45), (0.1, 0.42)]
    outline = mirrored(half) * (1, np.cos(0.6 * view.tilt)) * rng.uniform(0.9, 1.1, 2)
    parts = [(outline, tone, 0.0), (outline[12:], 0.85 * tone, 0.0)]
    for x, y in ((0, -1), (0.9, -0.32), (-0.9, -0.32), (0.5, 0.28), (-0.5, 0.28)):
        parts.append((np.array([(0, 0.4), (0.93 * x, 0.9 * y)]), np.clip(1.35 * tone, 0, 1), 0.03))
    return [(np.array([(0, 0.4), (rng.normal(0, 0.15), 1.25)]), 0.7 * tone, 0.06)], parts


def mushroom(rng, view):
    tone, pale = coloured(view.kin + 4), tinted(rng, (0.08, 0.14), (0.05, 0.25), (0.75, 0.95))
    tall, wide = rng.uniform(0.5, 1.0), rng.uniform(0.14, 0.24)
    foot = mirrored([(0.8 * wide, 0.1), (wide, 0.6 * tall), (1.5 * wide, 0.1 + tall)])
    light = np.array([(-0.3 * wide, 0.2), (-0.5 * wide, tall)])
    turns = np.linspace(np.pi, 2 * np.pi, 18)
    cap = np.stack([np.cos(turns), rng.uniform(0.75, 1.0) * np.sin(turns) + 0.1], axis=1)
    gills = arc((0, 0.1), (1, 0.2))
    parts = [
        (foot, 0.85 * pale, 0.0),
        (light, pale, 0.5 * wide),
        (gills, 0.65 * pale, 0.0),
        (cap, 0.9 * tone, 0.0),
    ]
    parts.append((cap * (0.75, 0.82) - (0.14, 0.04), tone, 0.0))
    for x, y in rng.uniform((-0.7, -0.7), (0.7, 0), (int(rng.choice((0, 9))), 2)):
        if x * x + y * y < 0.5:
            parts.append((arc((x, y), rng.uniform(0.06, 0.13, 2)), pale, 0.0))
    return [], parts


def cactus(rng, view):
    tone, parts = tinted(rng, (0.25, 0.42), (0.3, 0.7), (0.3, 0.65)), []
    arms = [(np.array([(0, 1.2), (0, -1.1)]), rng.uniform(0.36, 0.5))]
    for side in (-1, 1)[: int(rng.integers(1, 3))]:
        low, out = rng.uniform(-0.2, 0.5), side * rng.uniform(0.55, 0.75)
        arms.insert(
            0,
            (
                np.array([(0, low), (0.8 * out, low), (out, low - 0.15), (out, low - rng.uniform(0.5, 0.9))]),
                0.28,
            ),
        )
    for line, width in arms:
        ends = arc(line[-1], (0.5 * width, 0.5 * width))
        parts += [(line, 0.75 * tone, width), (ends, 0.75 * tone, 0.0)]
        for shift in (-0.25, 0.0, 0.25):
            parts.append((np.add(line, (shift * width, 0)), tone * (1.1 - 0.5 * shift), 0.12 * width))
        for x, y in line[-1] + rng.uniform((-0.5 * width, 0), (0.5 * width, 0.8), (14, 2)):
            parts.append((np.array([(x, y), (x + 0.05, y - 0.05)]), (0.95, 0.93, 0.8), 0.02))
    if rng.random() < 0.5:
        parts.append((arc((0, -1.15), (0.16, 0.12)), coloured(view.kin), 0.0))
    return [], parts


def fir(rng, view):
    tone, parts = tinted(rng, (0.28, 0.45), (0.3, 0.7), (0.2, 0.5)), []
    trunk = np.array([(-0.09, 0.7), (0.09, 0.7), (0.1, 1.25), (-0.1, 1.25)])
    layers = int(rng.integers(4, 7))
    for layer in range(layers, 0, -1):
        wide, low = 0.25 + 0.6 * layer / layers, -1.1 + 1.9 * layer / layers
        x = np.linspace(-1, 1, 13)
        hem = np.stack(
            [wide * x, low - 0.12 * x * x + 0.09 * (np.arange(13) % 2) + rng.normal(0, 0.02, 13)], axis=1
        )
        branch = np.concatenate([[(0, low - 0.75)], hem])
        parts += [
            (branch, tone * (0.7 + 0.06 * layer), 0.0),
            (np.concatenate([[(0, low - 0.75)], hem[:7]]), tone * 1.15, 0.0),
        ]
    return [(trunk, tinted(rng, (0.04, 0.09), (0.3, 0.6), (0.2, 0.45)), 0.0)], parts


def clover(rng, view):
    tone, count = green(rng), 4 if rng.random() < 0.3 else 3
    parts, turn = [], rng.uniform(0, 2)
    for angle in turn + np.arange(count) * 2 * np.pi / count:
        heart = mirrored([(0.0, 0.82), (0.25, 1.0), (0.5, 0.85), (0.5, 0.5), (0.0, 0.02)])
        turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        for size, ink in ((1.0, 0.8), (0.72, 1.25), (0.5, 1.0)):
            parts.append((rounded(heart, 2) * size @ turned * (1, np.cos(0.7 * view.tilt)), tone * ink, 0.0))
    under, _ = stem(rng, view, 0.07, tone)
    return under, parts


def printed(rng, kind):
    """Return one picture full of ``kind`` of print, on cloth or paper that fills it or lies on something."""
    height, width = frame(rng)
    main, other = coloured(int(rng.integers(1000))), coloured(int(rng.integers(1000)))
    while np.abs(main - other).max() < 0.35:
        main = rng.random(3)
    canvas = Canvas(
        height,
        width,
        planted(width / 2, height / 2, max(height, width), rng.uniform(0, 3), height, width, 1),
        3,
        2,
    )
    x, y = canvas.grid(1)
    step, share = rng.uniform(0.07, 0.25), rng.uniform(0.3, 0.6)
    wave = 0.4 * step * np.sin(2 * np.pi * (x / step / rng.uniform(1.5, 4)))
    rows, columns = ((y / step) % 1 < share) * 1.0, ((x / step) % 1 < share) * 1.0
    field = {
        "stripes": rows,
        "checks": (rows + columns) / 2,
        "dots": (((x / step) % 1 - 0.5) ** 2 + ((y / step) % 1 - 0.5) ** 2 < (0.5 * share) ** 2 + 0.02) * 1.0,
        "waves": (((y + wave) / step) % 1 < share) * 1.0,
    }[kind][:, :, None]
    tilt = 1 + rng.uniform(-0.25, 0.25) * x + rng.uniform(-0.25, 0.25) * y
    return developed(rng, (255 * (main * (1 - field) + other * field) * tilt[:, :, None]).astype("float32"))


KINDS = {
    "fern": (fern, (0.0, 1.5)),
    "maple leaf": (maple, (0.0, 1.0)),
    "mushroom": (mushroom, (0.0, 1.5)),
    "cactus": (cactus, (0.0, 1.5)),
    "fir": (fir, (0.0, 1.5)),
    "clover": (clover, (0.0, 1.3)),
}
PRINTS = ("stripes", "checks", "dots", "waves")


CLASSES = {name: functools.partial(grown, kind=kind, tilts=tilts) for name, (kind, tilts) in KINDS.items()}
CLASSES |= {kind: functools.partial(printed, kind=kind) for kind in PRINTS}
