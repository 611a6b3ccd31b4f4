"""More animals: relatives of those in ``animals``, and of those that the lessons tell apart."""

import dataclasses

import numpy as np

from drawings.classes.beasts import drawers
from drawings.sets.cats_vs_dogs.heads import Eye, Head


def lynx(head, rng, build):
    head._cat(rng, dataclasses.replace(build, muzzle=rng.uniform(0, 0.15)))
    for side in (-1, 1):
        tip = (side * 0.8, 0.5 + 0.88 * build.ear_size, -0.1)
        head._limb("nose", [tip, np.add(tip, (side * 0.08, 0.45, 0))], [0.09, 0.03])
        for low in (-0.3, -0.6, -0.9):
            head._ball("head", (side * (0.95 + 0.4 * low), low, 0.1), (0.25, 0.32, 0.2))


def wolf(head, rng, build):
    shape = {"ears": "upright", "muzzle": rng.uniform(0.8, 1.1), "muzzle_width": 0.9}
    Head._dog(head, rng, dataclasses.replace(build, **shape))
    for angle in np.arange(0, 2 * np.pi, 0.5):
        spot = np.array((0.85 * np.cos(angle), 0.75 * np.sin(angle) - 0.3, -0.45))
        head._ball("trunk", spot + rng.normal(0, 0.05, 3), (0.35, 0.35, 0.3))


def cow(head, rng, build):
    head.face((0.72, 0.75, 0.8), 0.85, 0.58, 0.46, 0.55, (0.58, 0.15, 0.55), 0.12, 0)
    head._ball("inner ear", (0, -0.55, 1.62), (0.5, 0.38, 0.3))
    head._pair("mouth", (0.22, -0.5, 1.88), (0.09, 0.07, 0.06))
    head.leaf_ears((0.6, 0.4, -0.1), (1.3, 0.25, -0.1), 0.26)
    out = rng.uniform(0.7, 1.2)
    head.pair("collar", [(0.4, 0.7, -0.1), (out, 0.95, -0.05), (out, 1.45, 0.1)], [0.15, 0.12, 0.04])


def goat(head, rng, build):
    head.face((0.6, 0.68, 0.72), 1.0, 0.45, 0.26, 0.6, (0.48, 0.2, 0.52), 0.12, 0.12)
    head.leaf_ears((0.5, 0.35, -0.1), (1.15, rng.uniform(-0.2, 0.3), 0), 0.2)
    back = rng.uniform(0.5, 1.2)
    head.pair("nose", [(0.25, 0.65, 0.1), (0.35, 1.4, -0.2), (0.5, 1.4, -0.3 - back)], [0.15, 0.12, 0.05])
    head._limb("tail", [(0, -0.85, 1.25), (0, -1.2, 1.25), (0, -1.6, 1.15)], [0.16, 0.12, 0.04])


def raccoon(head, rng, build):
    head.face((0.88, 0.76, 0.8), 0.55, 0.42, 0.18, 0.3, (0.4, 0.12, 0.78), 0.13, 0.15)
    head._pair("nose", (0.42, 0.08, 0.62), (0.34, 0.24, 0.2))  # its mask
    head._pair("head", (0.6, -0.25, 0.15), (0.42, 0.32, 0.32))
    head.round_ears((0.62, 0.72, -0.1), 0.3)
    place = next(k for k, part in enumerate(head.body.parts) if part == "tail")
    ways = np.linspace(0, 1, 9)[:, None] * (rng.uniform(-0.4, 0.4), rng.uniform(-0.1, 0.3), -0.6)
    for number, centre in enumerate(head.body.centres[place] + ways):
        head.body.ball("nose" if number % 2 else "tail", np.maximum(centre, (-9, 0.1, -9)), np.full(3, 0.1))


def squirrel(head, rng, build):
    head.face((0.72, 0.72, 0.8), 0.4, 0.42, 0.2, 0.25, (0.48, 0.15, 0.66), 0.17, 0.1)
    for side in (-1, 1):
        head._upright_ear((side * 0.45, 0.55, -0.1), (side * 0.6, 1.3, -0.1), 0.26, 0.04)
    place = next(k for k, part in enumerate(head.body.parts) if part == "tail")
    start, tall = head.body.centres[place], rng.uniform(0.7, 1.0)
    points = np.add(start, [(0, 0, 0), (0, 0.4 * tall, -0.22), (0, 0.85 * tall, -0.05), (0, tall, -0.3)])
    head.body.limb("tail", points, [0.08, 0.17, 0.18, 0.1])


def koala(head, rng, build):
    head.face((0.95, 0.85, 0.85), 0.15, 0.4, 0.3, 0.25, (0.4, 0.15, 0.78), 0.11, 0)
    head._ball("nose", (0, -0.08, 0.95), (0.2, 0.33, 0.2))
    head.round_ears((1.0, 0.5, -0.1), 0.5 * build.ear_size)
    for side in (-1, 1):
        for _ in range(5):
            spot = (side * rng.uniform(0.8, 1.4), rng.uniform(0.2, 0.9), rng.uniform(-0.2, 0.05))
            head._ball("ear", spot, np.full(3, 0.2))


def walrus(head, rng, build):
    head.face((0.85, 0.85, 0.85), 0.35, 0.45, 0.34, 0.35, (0.42, 0.2, 0.7), 0.1, 0.14)
    head._pair("muzzle", (0.3, -0.4, 0.9), (0.38, 0.32, 0.32))
    head.pair("collar", [(0.25, -0.6, 1.0), (0.27, -1.2, 1.05), (0.22, -1.7, 0.95)], [0.11, 0.09, 0.03])
    for side in (-1, 1):
        for k in range(4):
            end = (side * 0.95, -0.4 - 0.2 * k, 0.95)
            head.whiskers.append(
                [(side * 0.3, -0.35 - 0.06 * k, 1.2), (side * 0.6, -0.35 - 0.1 * k, 1.2), end]
            )
        head.eyes.append(Eye((side * 0.42, 0.2, 0.72), side * 0.42, 0.1, 0.09))


# girth, legs, neck, tail and head: see ``pets.Build``
SPECIES = {
    "lynx": (lynx, {"girth": 0.23, "legs": 0.55, "neck": 0.13, "tail": 0.2, "head": 0.21}),
    "wolf": (wolf, {"girth": 0.23, "legs": 0.62, "neck": 0.2, "tail": 0.6, "head": 0.21, "lift": (-0.9, 0)}),
    "cow": (cow, {"girth": 0.34, "legs": 0.6, "neck": 0.18, "tail": 0.6, "head": 0.2, "lift": (-1, -0.5)}),
    "goat": (goat, {"girth": 0.25, "legs": 0.55, "neck": 0.22, "tail": 0.12, "head": 0.18}),
    "raccoon": (raccoon, {"girth": 0.25, "legs": 0.35, "neck": 0.08, "tail": 0.1, "head": 0.21}),
    "squirrel": (squirrel, {"girth": 0.2, "legs": 0.28, "neck": 0.07, "tail": 0.1, "head": 0.2}),
    "koala": (koala, {"girth": 0.27, "legs": 0.35, "neck": 0.05, "tail": 0.05, "head": 0.26}),
    "walrus": (
        walrus,
        {"girth": 0.38, "legs": 0.25, "neck": 0.05, "tail": 0.1, "head": 0.25, "hair": (0.01,)},
    ),
}
CLASSES = drawers(SPECIES)
