"""Animals that no lesson asks for, in the poses, furs and places of the drawn cats and dogs."""

import numpy as np

from drawings.classes.beasts import drawers
from drawings.sets.cats_vs_dogs.heads import Eye

FLAT = (1, 1, 0.4)


def rabbit(head, rng, build):
    head.face((0.82, 0.88, 0.92), 0.25, 0.5, 0.32, 0.3, (0.6, 0.15, 0.62), 0.17, 0.1)
    head._pair("head", (0.35, -0.3, 0.35), (0.42, 0.38, 0.42))
    apart, droop = rng.uniform(0.1, 0.4), rng.uniform(0, 0.8) if rng.random() < 0.3 else 0
    tip = 2.3 * build.ear_size
    points = [
        (0.3, 0.6, -0.1),
        (0.35 + 0.5 * apart, 1.4, -0.15),
        (0.4 + apart + 0.5 * droop, tip - droop, -0.2),
    ]
    head.pair("ear", points, [0.2, 0.33, 0.14], FLAT)
    head.pair("inner ear", np.add(points, (0, 0, 0.12)), [0.12, 0.22, 0.06], (1, 1, 0.3))


def fox(head, rng, build):
    head.face((0.85, 0.75, 0.8), 0.75, 0.45, 0.16, 0.35, (0.38, 0.12, 0.7), 0.14, 0.14)
    head._pair("head", (0.5, -0.25, 0.15), (0.5, 0.3, 0.35))  # cheeks
    for side in (-1, 1):
        head._upright_ear(
            (side * 0.5, 0.45, -0.1), (side * 0.72, 0.6 + 1.05 * build.ear_size, -0.1), 0.42, 0.03
        )
    place = next(k for k, part in enumerate(head.body.parts) if part == "tail")
    start = head.body.centres[place]
    ways = np.linspace(0, 1, 7)[:, None] * (rng.uniform(-0.3, 0.3), rng.uniform(-0.2, 0.3), -0.75)
    for share, centre in zip((0.06, 0.11, 0.14, 0.15, 0.14, 0.1, 0.05), start + ways, strict=True):
        head.body.ball("tail", np.maximum(centre, (-9, 0.1, -9)), np.full(3, share), None, 1.0)


def bear(head, rng, build):
    head.face((0.98, 0.9, 0.9), 0.4, 0.45, 0.32, 0.28, (0.36, 0.18, 0.82), 0.1, 0.17)
    head.round_ears((0.68, 0.72, -0.1), 0.34 * build.ear_size)


def mouse(head, rng, build):
    head.face((0.75, 0.72, 0.85), 0.6, 0.45, 0.12, 0.2, (0.42, 0.15, 0.7), 0.17, 0.1)
    head.round_ears((0.8, 0.8, -0.1), 0.65 * build.ear_size)
    for side in (-1, 1):
        for k in range(3):
            head.whiskers.append(
                [
                    (side * 0.12, -0.2, 1.1),
                    (side * 0.6, -0.1 - 0.12 * k, 1.0),
                    (side * 1.1, 0.05 - 0.25 * k, 0.9),
                ]
            )


def sheep(head, rng, build):
    head.face((0.7, 0.8, 0.8), 0.55, 0.5, 0.3, 0.4, (0.5, 0.15, 0.62), 0.12, 0.12)
    head.leaf_ears((0.6, 0.3, -0.1), (1.35, rng.uniform(-0.3, 0.3), 0), 0.25)
    for _ in range(14):  # the wool on its brow, and all over it
        way = rng.normal(0, 1, 3)
        head._ball(
            "trunk", (0.55 * np.sin(way[0]), 0.7 + 0.12 * way[1], 0.1 + 0.3 * way[2]), np.full(3, 0.28)
        )
    wool = [
        k
        for k, part in enumerate(head.body.parts)
        if part == "trunk" and head.body.centres[k][1] < head.place[1]
    ]
    for k in wool[::2]:
        ways = rng.normal(0, 1, (7, 3))
        ways *= 0.95 * build.girth / np.linalg.norm(ways, axis=1, keepdims=True)
        head.balls("trunk", head.body.centres[k] + ways, 0.09)


def pig(head, rng, build):
    head.face((0.9, 0.85, 0.85), 0.5, 0.52, 0.4, 0.3, (0.42, 0.2, 0.72), 0.1, 0)
    head._ball("inner ear", (0, -0.3, 1.42), (0.42, 0.36, 0.16))
    head._pair("mouth", (0.15, -0.28, 1.55), (0.08, 0.12, 0.06))
    low = rng.uniform(0.1, 1.2)
    head.leaf_ears((0.5, 0.65, 0), (0.85, 0.45 + 0.8 * low, 0.55), 0.4)


def horse(head, rng, build):
    head.face((0.62, 0.7, 0.75), 1.5, 0.55, 0.36, 0.85, (0.5, 0.2, 0.5), 0.12, 0)
    head._pair("mouth", (0.2, -0.75, 2.42), (0.07, 0.09, 0.06))
    for side in (-1, 1):
        head._upright_ear((side * 0.35, 0.55, -0.1), (side * 0.42, 1.15, -0.05), 0.22, 0.03)
    down = rng.uniform(0.9, 1.2)
    for share in np.linspace(0, 1, 9):
        centre = head.at((0, 0.75 - 0.15 * share, 0.25 - 0.7 * share)) - (
            0,
            down * 0.5 * share**1.5,
            0.3 * share,
        )
        head.body.ball("collar", centre, np.array((0.06, 0.14, 0.12)))


def elephant(head, rng, build):
    head._ball("head", (0, 0.1, 0), (0.9, 1.0, 0.85))
    swing = rng.uniform(-0.6, 0.6)
    curl = rng.uniform(-0.2, 0.9)
    trunk = [(0, -0.2, 0.6), (0.1 * swing, -0.9, 1.05), (0.5 * swing, -1.7, 1.0), (swing, -2.3, 1.0 + curl)]
    head._limb("muzzle", trunk, [0.42, 0.33, 0.26, 0.18])
    head.pair("tongue", [(0.35, -0.45, 0.7), (0.45, -0.8, 1.1), (0.48, -0.8, 1.5)], [0.1, 0.1, 0.04])
    wide = rng.uniform(0.8, 1.05)
    for side in (-1, 1):
        head._ball("ear", (side * (0.65 + 0.6 * wide), 0, -0.25), (0.75 * wide, 1.05, 0.14))
        head.eyes.append(Eye((side * 0.55, 0.15, 0.68), side * 0.6, 0.1, 0.09))


def deer(head, rng, build):
    head.face((0.62, 0.68, 0.75), 0.95, 0.45, 0.24, 0.5, (0.48, 0.2, 0.55), 0.15, 0.15)
    head.leaf_ears((0.5, 0.5, -0.15), (1.2, 0.75, -0.1), 0.24)
    tall, wide = rng.uniform((1.4, 0.6), (2.4, 1.1))
    beam = [(0.25, 0.65, -0.1), (0.5 * wide + 0.1, 0.6 + 0.4 * tall, -0.35), (wide + 0.2, 0.6 + tall, 0)]
    head.pair("nose", beam, [0.12, 0.1, 0.05])
    for share in (0.35, 0.6, 0.8)[: int(rng.integers(2, 4))]:
        start = np.array((0.3 + share * wide * 0.7, 0.65 + share * tall, -0.25))
        head.pair("nose", np.add(start, [(0, 0, 0), (0.05, 0.2, 0.15), (-0.1, 0.5, 0.3)]), [0.08, 0.07, 0.04])


def monkey(head, rng, build):
    head._ball("head", (0, 0.1, 0), (0.88, 0.92, 0.88))
    head._pair("inner ear", (0.28, 0.15, 0.62), (0.36, 0.36, 0.26))
    head._ball("inner ear", (0, -0.35, 0.62), (0.55, 0.38, 0.38))
    head.round_ears((0.98, 0.1, 0), 0.4 * build.ear_size)
    head._pair("mouth", (0.08, -0.18, 0.99), (0.05, 0.04, 0.04))
    for side in (-1, 1):
        head.eyes.append(Eye((side * 0.28, 0.18, 0.85), side * 0.15, 0.13, 0.12))
        head.mouth.append([(0, -0.5, 1.0), (side * 0.2, -0.52, 0.95), (side * 0.38, -0.4, 0.85)])


def lion(head, rng, build):
    head.face((0.85, 0.85, 0.85), 0.4, 0.45, 0.36, 0.35, (0.36, 0.18, 0.78), 0.12, 0.2)
    head.round_ears((0.68, 0.8, 0.1), 0.28)
    for angle in np.arange(0, 2 * np.pi, 0.32):
        for reach, back in ((1.0, 0.05), (1.3, -0.35)):
            spot = np.array((np.cos(angle) * reach, np.sin(angle) * reach, back)) + rng.normal(0, 0.06, 3)
            head._ball("tail", spot, (0.34, 0.34, 0.3))


def owl(head, rng, build):
    head.unbuilt()
    tall = head.place[1]
    wide = build.head * rng.uniform(1.15, 1.4)
    head.body.ball("trunk", head.place - (0, 0.48 * tall, 0.05), (wide, 0.52 * tall, 0.9 * wide))
    for side in (-1, 1):
        head.body.ball(
            "leg", head.place - (side * 0.95 * wide, 0.5 * tall, 0.08), (0.28 * wide, 0.42 * tall, 0.7 * wide)
        )
        head.body.ball("collar", (side * 0.4 * wide, 0.03, head.place[2] + 0.5 * wide), (0.07, 0.03, 0.1))
        head.eyes.append(Eye((side * 0.42, 0.1, 0.93), side * 0.2, 0.3, 0.3))
        if rng.random() < 0.8:
            head._upright_ear((side * 0.6, 0.6, 0.1), (side * 0.85, 1.25, 0.05), 0.25, 0.03)
    head._ball("head", (0, 0, 0), (1.1, 0.95, 0.9))
    head._pair("muzzle", (0.42, 0.08, 0.5), (0.5, 0.52, 0.4))
    head._limb("collar", [(0, -0.1, 0.9), (0, -0.3, 1.0), (0, -0.45, 0.95)], [0.13, 0.11, 0.03])


def goose(head, rng, build):
    head.unbuilt()
    (_, tall, far), high = head.place, rng.uniform(0.25, 0.5)
    head.body.limb(
        "trunk", [(0, high + 0.12, -0.62), (0, high, -0.2), (0, high, 0.2)], [0.08, 0.3, 0.22], (0.85, 0.8, 1)
    )
    neck = [(0, high + 0.05, 0.25), (0, 0.5 * (high + tall), 0.42 + 0.2 * far), head.place]
    head.body.limb("trunk", neck, [0.17, 0.1, 0.09])
    for side in (-1, 1):
        head.body.limb(
            "tail",
            [(side * 0.24, high + 0.08, 0.05), (side * 0.2, high + 0.12, -0.55)],
            [0.17, 0.05],
            (0.4, 1, 1),
        )
        head.body.limb("collar", [(side * 0.12, high - 0.1, -0.05), (side * 0.12, 0.03, 0)], [0.035, 0.03])
        head.body.ball("collar", (side * 0.12, 0.02, 0.06), (0.07, 0.02, 0.1))
        head.eyes.append(Eye((side * 0.45, 0.2, 0.42), side * 1.1, 0.12, 0.12))
    head._ball("head", (0, 0.05, 0), (0.55, 0.55, 0.7))
    head._limb("collar", [(0, -0.05, 0.5), (0, -0.15, 1.0), (0, -0.18, 1.5)], [0.3, 0.25, 0.2], (1, 0.5, 1))


# girth, legs, neck, tail and head: see ``pets.Build``
SPECIES = {
    "rabbit": (rabbit, {"girth": 0.25, "legs": 0.32, "neck": 0.08, "tail": 0.12, "head": 0.2, "thick": 0.09}),
    "fox": (fox, {"girth": 0.18, "legs": 0.48, "neck": 0.15, "tail": 0.2, "head": 0.2}),
    "bear": (bear, {"girth": 0.36, "legs": 0.55, "neck": 0.12, "tail": 0.08, "head": 0.25}),
    "mouse": (mouse, {"girth": 0.24, "legs": 0.22, "neck": 0.05, "tail": 1.1, "head": 0.22, "thick": 0.025}),
    "sheep": (sheep, {"girth": 0.32, "legs": 0.5, "neck": 0.14, "tail": 0.15, "head": 0.19}),
    "pig": (pig, {"girth": 0.34, "legs": 0.36, "neck": 0.08, "tail": 0.2, "head": 0.24, "hair": (0.01,)}),
    "horse": (
        horse,
        {"girth": 0.24, "legs": 0.75, "neck": 0.42, "tail": 0.6, "head": 0.16, "lift": (-1, -0.3)},
    ),
    "elephant": (
        elephant,
        {"girth": 0.42, "legs": 0.62, "neck": 0.1, "tail": 0.4, "head": 0.26, "hair": (0.01,)},
    ),
    "deer": (deer, {"girth": 0.2, "legs": 0.7, "neck": 0.35, "tail": 0.12, "head": 0.17}),
    "monkey": (monkey, {"girth": 0.19, "legs": 0.5, "neck": 0.08, "tail": 1.0, "head": 0.22, "lift": (0, 1)}),
    "lion": (lion, {"girth": 0.25, "legs": 0.55, "neck": 0.14, "tail": 0.8, "head": 0.22, "thick": 0.04}),
    "owl": (owl, {"girth": 0.25, "legs": 0.5, "neck": 0.1, "tail": 0.2, "head": 0.25}),
    "goose": (goose, {"girth": 0.25, "legs": 0.4, "neck": 0.35, "tail": 0.1, "head": 0.13, "hair": (0.02,)}),
}
CLASSES = drawers(SPECIES)
