"""Furs of drawn animals: colours and markings in space, and hair drawn stroke by stroke.

A fur is chosen without a look at who will wear it: cats and dogs have them all.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from drawings.sets.cats_vs_dogs.pets import PARTS

# fmt: off
COLOURS = {
    "black":    (0.08, 0.08, 0.09),
    "charcoal": (0.24, 0.24, 0.26),
    "grey":     (0.47, 0.48, 0.51),
    "silver":   (0.70, 0.70, 0.71),
    "white":    (0.92, 0.91, 0.88),
    "cream":    (0.88, 0.79, 0.64),
    "fawn":     (0.72, 0.56, 0.38),
    "ginger":   (0.80, 0.49, 0.20),
    "russet":   (0.52, 0.27, 0.13),
    "brown":    (0.36, 0.24, 0.16),
}
# fmt: on
MARKINGS = ("plain", "plain", "stripes", "stripes", "patches", "mask", "saddle")
PINK, TONGUE, MOUTH = np.array((0.8, 0.55, 0.53)), (0.82, 0.42, 0.45), (0.2, 0.07, 0.08)
NUMBER = {name: number for number, name in enumerate(PARTS)}


@dataclass(frozen=True)
class Fur:
    """One fur: ``main`` and ``other`` tones (0 to 1), its ``marking``, and which areas are white.

    ``white`` holds names among "bib", "feet", "face" and "belly". ``waves`` (8, 4) are random directions and
    phases, of which the fur's own noise is made; ``collar`` is the tone of a collar.
    """

    main: np.ndarray
    other: np.ndarray
    marking: str
    white: frozenset
    waves: np.ndarray
    collar: np.ndarray


def fur(rng):
    """Return a random ``Fur``."""
    tones = np.array(list(COLOURS.values()))
    main = tones[rng.integers(len(tones))]
    unlike = tones[np.abs(tones - main).max(axis=1) > 0.18]
    marking, other = str(rng.choice(MARKINGS)), unlike[rng.integers(len(unlike))]
    if marking == "stripes":
        other = main * rng.uniform(0.35, 0.65)
    spotted = rng.random() < 0.45
    white = frozenset(area for area in ("bib", "feet", "face", "belly") if rng.random() < 0.7 and spotted)
    waves = np.column_stack([rng.normal(0, 1, (8, 3)), rng.uniform(0, 2 * np.pi, 8)])
    return Fur(main * rng.uniform(0.85, 1.15), other, marking, white, waves, rng.uniform(0.05, 0.95, 3))


def noise(fur, place, fineness):
    """Return smooth noise around 0 at ``place`` (..., 3), its features about ``1 / fineness`` long."""
    turned = place @ (fineness * fur.waves[:, :3].T).astype("float32") + fur.waves[:, 3].astype("float32")
    return np.sin(turned).sum(axis=-1) / np.float32(2.8)


def tones(fur, seen, head, build):
    """Return the colours of what is ``seen`` before any light, (height, width, 3) from 0 to 1."""
    part, along, place = seen.part[seen.mask], seen.along[seen.mask], seen.place[seen.mask]
    local = head.local(place)
    share = np.clip(_marked(fur, part, along, place, local), 0, 1)[:, None]
    colour = fur.main * (1 - share) + fur.other * share
    colour = colour * (1 + 0.07 * noise(fur, place, 26))[:, None]
    colour[_white(fur, part, place, local, head, build)] = COLOURS["white"]
    bare = {
        "inner ear": 0.6 * PINK + 0.4 * fur.main,
        "nose": PINK if build.kind == "cat" and fur.waves[0, 0] > 0 else (0.1, 0.09, 0.09),
        "tongue": TONGUE,
        "mouth": MOUTH,
        "collar": fur.collar,
    }
    for name, tone in bare.items():
        colour[part == NUMBER[name]] = tone
    picture = np.zeros((*seen.mask.shape, 3), "float32")
    picture[seen.mask] = np.clip(colour, 0, 1)
    return picture


def _is(part, *names):
    return np.isin(part, [NUMBER[name] for name in names])


def _marked(fur, part, along, place, local):
    """Return how much of the fur's other tone each pixel has, to be cut off at 0 and 1."""
    if fur.marking == "plain":
        return np.zeros(len(part), "float32")
    if fur.marking == "patches":
        return 8 * (noise(fur, place, 4.5) - 0.1)
    x, y, z = local.T
    trunk, leg, tail, ear = (_is(part, name) for name in ("trunk", "leg", "tail", "ear"))
    head, wobble = _is(part, "head", "muzzle", "ear"), noise(fur, place, 7)
    if fur.marking == "stripes":
        course = np.where(trunk, place[:, 2] * 32, np.where(leg, place[:, 1] * 34, along * 28))
        course = np.where(head, np.where(y > 0.15, x * 13, (y + 0.5 * np.abs(x)) * 11), course)
        return 0.9 * np.sin(course + 2.2 * wobble) + 0.05 + 0.4 * (place[:, 1] > 0.3)
    if fur.marking == "mask":
        dark = head & (np.hypot(x, y + 0.2) < 0.62 + 0.1 * wobble) & (z > 0.2) | ear | tail
        return np.where(leg, 2.2 * (along - 0.45), dark)
    back = 0.72 * place[:, 1][trunk].max(initial=0.1)
    upper = np.where(trunk, 9 * (place[:, 1] - back + 0.04 * wobble), tail | ear)
    return np.where(head & ~ear, 3 * (y - 0.35), upper)


def _white(fur, part, place, local, head, build):
    """Return which pixels the fur's white areas cover."""
    x, y, z = local.T
    rough, trunk = 0.35 * noise(fur, place, 9), _is(part, "trunk")
    blaze = _is(part, "head", "muzzle") & (np.abs(x) + 0.06 * rough < 0.16 - 0.05 * y) & (z > 0.2)
    chest = place[:, 2] > head.place[2] - 1.1 * head.size + 0.1 * rough
    areas = {
        "face": _is(part, "muzzle") & (y < 0.02 + 0.3 * rough) | blaze,
        "feet": _is(part, "leg") & (place[:, 1] < 0.14 + 0.06 * rough),
        "bib": trunk & chest & (np.abs(place[:, 0]) < 0.13),
        "belly": trunk & (place[:, 1] < 0.62 * build.legs + 0.07 * rough),
    }
    return np.any([areas[name] for name in sorted(fur.white)] or [np.zeros_like(trunk)], axis=0)


def hair(rng, canvas, colour, seen, head, viewpoint, length):
    """Paint ``colour`` (height, width, 3; 0 to 1) on ``canvas`` where it is ``seen``, with hairs over it.

    Hairs are ``length`` units of space long; they lie backwards on the body, and away from the nose.
    """
    size, factor = canvas.image.size, canvas.factor
    pixels = Image.fromarray(np.clip(colour * 255, 0, 255).astype("uint8"))
    mask = Image.fromarray(seen.mask * np.uint8(255)).resize(size, Image.Resampling.BICUBIC)
    mask = mask.point(lambda value: 255 * (value > 127))
    canvas.image.paste(pixels.resize(size, Image.Resampling.BICUBIC), mask=mask)
    canvas.mask.paste(255, mask=mask)

    rows, columns = np.nonzero(_is(seen.part, "trunk", "leg", "tail", "head", "muzzle", "ear"))
    chosen = rng.integers(0, len(rows), min(int(0.35 * len(rows)), 6_000))
    rows, columns = rows[chosen], columns[chosen]
    part, normal, place = seen.part[rows, columns], seen.normals[rows, columns], seen.place[rows, columns]
    way = np.tile([0.0, -0.75, -0.65], (len(part), 1))
    way[_is(part, "leg")] = 0, -1, -0.15
    way[_is(part, "ear")] = head.turn[:, 1]
    face = _is(part, "head", "muzzle")
    way[face] = place[face] - head.at((0, -0.1, 1.1))
    way = way @ viewpoint.turn.T
    way -= (way * normal).sum(axis=1, keepdims=True) * normal
    way = way[:, :2] / (np.linalg.norm(way[:, :2], axis=1, keepdims=True) + 0.2)
    long = length * viewpoint.scale * factor * rng.uniform(0.5, 1.3, len(part))
    long *= np.where(face | _is(part, "leg", "ear"), 0.55, 1)
    start = np.stack([columns + 0.5, rows + 0.5], axis=1) * factor
    end = start + (way + rng.normal(0, 0.22, way.shape)) * long[:, None]
    inks = colour[rows, columns] * rng.normal(1, 0.13, (len(part), 1)) + rng.normal(0, 0.012, (len(part), 1))
    inks = (np.clip(inks, 0, 1) * 255).astype(int).tolist()
    brush, cover = ImageDraw.Draw(canvas.image), ImageDraw.Draw(canvas.mask)
    for line, ink in zip(np.rint(np.hstack([start, end])).tolist(), inks, strict=True):
        brush.line(line, tuple(ink), 1)
        cover.line(line, 255, 1)
