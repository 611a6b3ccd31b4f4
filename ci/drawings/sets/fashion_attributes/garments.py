"""Drawn dresses and shirts, in one colour each, worn, on a hanger or laid out.

Each takes the picture's random generator and the colour of the cloth (red, green and blue from 0 to 1), and
returns a ``Sketch`` in metres, placed as ``people`` places them.
"""

import numpy as np

from drawings.kit.canvas import Sketch, arc, mirrored
from drawings.sets.fashion_attributes import people
from drawings.sets.fashion_attributes.people import between, limb, moved, pick

WAIST = 0.4


def shirt(rng, tone):
    """Draw a T-shirt, a polo shirt or a shirt with buttons."""
    sketch, kind = Sketch(), pick(rng, ["tee", "tee", "polo", "buttons", "buttons", "buttons"])
    loose, skin = rng.random(), pick(rng, people.SKINS)
    chest = 0.19 + 0.05 * loose
    waist, shoulder, hem = chest * rng.uniform((0.86, 0.86, 0.92), (1.0, 0.96, 1.06))
    low, neck, depth, pit = rng.uniform((0.6, 0.06, 0.04, 0.2), (0.74, 0.085, 0.13, 0.24)).tolist()
    is_worn, is_long = (rng.random(2) < (0.45, {"tee": 0.15, "polo": 0.1, "buttons": 0.7}[kind])).tolist()
    inside = skin if is_worn else tone * 0.5

    arms = people.arms(rng, shoulder - 0.055, pick(rng, ["hanging", "lively"]) if is_worn else "spread")
    if is_worn:
        _hips(rng, sketch, hem)
        people.add_arms(sketch, arms, skin)
        people.add_head(rng, sketch, skin, rng.random() < 0.4)
    elif rng.random() < 0.4:
        people.add_hanger(rng, sketch, shoulder * 0.9)
    if not is_worn:
        sketch.cloth(arc((0, -0.005), (neck * 1.05, 0.035)), inside)
    elif kind != "tee":
        sketch.cloth(mirrored([(neck * 0.9, -0.05), (neck * 1.1, 0.02)]), tone * 0.7)

    share, wide = rng.uniform(0.9, 1.0) if is_long else rng.uniform(0.3, 0.5), 0.075 + 0.02 * loose
    end = 0.05 if is_long else wide - 0.007
    _sleeves(sketch, arms, share, (shoulder, 0.045), (chest, pit), wide, end, tone)
    sides = [(neck, -0.02), (shoulder, 0.045), (chest, pit), (waist, WAIST)]
    bottom = [(hem, low - 0.06), (hem * 0.6, low)] if kind == "buttons" else [(hem, low)]
    sketch.cloth(mirrored([(0, 0.01), *sides, *bottom, (0, low + 0.012)]), tone)

    if kind == "tee":
        curve = [(neck * 0.7, depth * 0.7)] if rng.random() < 0.7 else []
        neckline = mirrored([(neck, -0.025), *curve, (0, depth)])
        sketch.trim(neckline, inside)
        sketch.trim(neckline, tone * 0.8, 0.014)
        if rng.random() < 0.4:
            _print(rng, sketch, tone)
    else:
        sketch.trim(mirrored([(neck, -0.025), (0, depth)]), inside)
        _collar_and_buttons(rng, sketch, neck, depth, low if kind == "buttons" else 0.2, tone)
    if kind == "buttons" and rng.random() < 0.6:
        pocket = [(-0.045, 0.19), (0.045, 0.19), (0.045, 0.29), (-0.045, 0.29)]
        sketch.trim(moved(pocket, chest * 0.5), tone * 0.75, 0.01)
    sketch.shade([(shoulder * 0.95, 0.06), (chest * 0.95, pit + 0.03)], -0.35, 0.02, both=True)
    _wrinkles(rng, sketch, chest, pit, low)
    return sketch


def _hips(rng, sketch, wide):
    """Add what is worn below a shirt."""
    tone = pick(rng, people.OTHERS)
    leg = np.array([(0.9, 0.5), (0.95, 0.7), (0.98, 1.2), (0.05, 1.2), (0, 0.78)]) * (wide, 1)
    sketch.back(mirrored(leg), tone)
    sketch.back([(0, 0.6), (0, 1.2)], tone * 0.7, 0.015)


def _sleeves(sketch, arms, share, shoulder, pit, wide, end, tone):
    """Add two sleeves that cover ``share`` of the arms, from ``shoulder`` (x, y) to ``pit`` under the arm.

    ``wide`` and ``end`` are the half widths of the upper sleeve and of its cuff.
    """
    for side, joints, shade in zip((1, -1), arms, (0.97, 0.9), strict=True):
        path = between(joints * (side, 1), share)
        outline = limb(path, np.linspace(wide, end, len(path)))
        inner, outer = outline[1 : len(path)], outline[len(path) : -1]
        sleeve = [(shoulder[0] * 0.7, 0.04), shoulder, *outer[::-1], *inner[::-1], pit]
        flip = (side, 1)
        sketch.cloth(np.array(sleeve) * flip, tone * shade)
        cuff = 0.88 * outer[0] + 0.12 * outer[1], 0.88 * inner[-1] + 0.12 * inner[-2]
        sketch.trim(np.array(cuff) * flip, tone * shade * 0.7, 0.01)
        for step in (0, 1):
            crease = [inner[step], moved(0.7 * inner[step] + 0.3 * outer[-1 - step], y=0.02)]
            sketch.shade(np.array(crease) * flip, -0.3, 0.02)


def _collar_and_buttons(rng, sketch, neck, depth, end, tone):
    """Add a collar and what closes the front, from the neckline down to ``end``."""
    button = pick(rng, [(0.95, 0.95, 0.92), (0.85, 0.78, 0.62), (0.25, 0.22, 0.2)])
    sketch.trim([(0.018, depth - 0.01), (0.018, end)], tone * 0.7, 0.008)
    sketch.trim([(-0.018, depth - 0.01), (-0.018, end)], tone * 0.85, 0.006)
    for y in np.arange(depth + 0.02, end - 0.02, 0.085 if end > 0.3 else 0.05):
        sketch.trim(arc((0, y), (0.009, 0.009), count=8), button)
    tip = rng.uniform(0.08, 0.12)
    wing = np.array([(0.85, -0.04), (1.05, -0.03), (1.3, 0.02), (0.95, tip), (0.05, depth * 0.8)]) * (neck, 1)
    light = tone * rng.uniform(0.95, 1.12)
    other = pick(rng, people.OTHERS[:2]) if rng.random() < 0.12 else light
    sketch.trim(wing, other, both=True)
    sketch.trim(wing, other * 0.65, 0.007, both=True)
    sketch.trim([wing[0], wing[4]], other * 0.65, 0.007, both=True)


def _print(rng, sketch, tone):
    """Add a print on the chest: a badge, a band or some lines of lettering."""
    ink, y = pick(rng, people.OTHERS), rng.uniform(0.2, 0.32)
    kind = rng.integers(3)
    if kind == 0:
        radii = rng.uniform(0.05, 0.1, 2)
        sketch.trim(arc((0, y), radii, count=int(rng.integers(4, 16))), ink)
        sketch.trim(arc((0, y), radii * 0.55, count=int(rng.integers(4, 9))), tone)
    elif kind == 1:
        sketch.trim([(-0.17, y), (0.17, y)], ink, rng.uniform(0.02, 0.06))
    else:
        for line in range(int(rng.integers(1, 4))):
            start, long = rng.uniform((-0.12, 0.12), (-0.08, 0.2))
            for x in np.arange(start, start + long, 0.035):
                letter = [(x, y), (x + rng.uniform(0.008, 0.025), y)]
                sketch.trim(moved(letter, y=0.05 * line), ink, 0.03)


def _wrinkles(rng, sketch, wide, high, low):
    """Shade the sides of a body and some creases across it."""
    side = [(wide * 0.97, high + 0.02), (wide * 0.85, WAIST), (wide * 0.95, low)]
    sketch.shade(side, -0.25, 0.035, both=True)
    for _ in range(int(rng.integers(3, 8))):
        side = pick(rng, (-1, 1))
        y, rise, reach, amount = rng.uniform((high, -0.12, 0.05, -0.3), (low, 0.05, 0.75, 0.3)).tolist()
        crease = [(side * wide * 0.85, y + rise), (side * wide * (0.85 - reach), y)]
        sketch.shade(crease, amount, rng.uniform(0.01, 0.025))


def dress(rng, tone):
    """Draw a dress: short or long, narrow or wide, with straps, sleeves or neither."""
    sketch, length = Sketch(), rng.random()
    cut = pick(rng, ["sheath", "A", "A", "flared", "flared", "mermaid" if length > 0.6 else "A"])
    low = 0.78 + 0.62 * length
    chest, waist, hip, drop = rng.uniform((0.135, 0.105, 0.15, 0.08), (0.155, 0.125, 0.175, 0.17)).tolist()
    y_waist = WAIST - rng.uniform(0.02, 0.08)
    hem = {"sheath": 0.15, "A": 0.2 + 0.2 * length, "flared": 0.34 + 0.16 * length, "mermaid": 0.3}
    hem = hem[cut] * rng.uniform(0.9, 1.15)
    is_worn = rng.random() < 0.55
    neck, edge = rng.uniform((0.06, 0.025), (0.1, 0.07))
    top = pick(rng, ["none", "straps", "wide straps", "wide straps", "short sleeves", "long sleeves"])
    skin = pick(rng, people.SKINS)
    arms = people.arms(rng, 0.12, pick(rng, ["hanging", "lively"]) if is_worn else "spread")
    _wearer(rng, sketch, is_worn, arms, skin, low, top)

    if "sleeves" in top:
        share = rng.uniform(0.25, 0.45) if top == "short sleeves" else rng.uniform(0.7, 1)
        end = rng.uniform(0.04, 0.065)
        _sleeves(sketch, arms, share, (0.165, 0.045), (chest, 0.2), 0.065, end, tone)
    curve = [(neck * 0.5, drop * 0.92), (neck * 0.85, drop * 0.6)] if rng.random() < 0.6 else []
    shoulders = {
        "none": [(0.05, drop), (chest * 0.97, 0.13 - edge)],
        "straps": [(0.03, drop), (chest * 0.9, 0.13)],
        "wide straps": [(0, drop), *curve, (neck, 0.0), (neck + edge, 0.01), (chest * 0.87, 0.13)],
    }.get(top, [(0, drop), *curve, (neck, -0.01), (0.165, 0.045)])
    if cut == "sheath":
        skirt = [(hip, 0.58), (hem, low)]
    elif cut == "mermaid":
        skirt = [(hip, 0.56), (hip * 0.85, 0.95), (hem, low)]
    else:
        bulge = rng.uniform(0.3, 0.6) if cut == "flared" else 0.35
        middle = y_waist + 0.35 * (low - y_waist)
        skirt = [(waist + bulge * (hem - waist), middle), (hem, low)]
    if not is_worn and top in ("wide straps", "short sleeves", "long sleeves"):
        sketch.cloth(arc((0, 0.02), (neck, 0.035)), tone * 0.55)
    _skirt_and_bodice(rng, sketch, [*shoulders, (chest, 0.2), (waist, y_waist), *skirt], tone)
    if top == "straps":
        sketch.trim([(neck, 0.13), (neck * rng.uniform(0.6, 1.1), -0.01)], tone * 0.9, 0.014, both=True)
    if rng.random() < 0.35:
        _belt(rng, sketch, waist, y_waist, tone)
    sketch.trim([(waist, y_waist), (0, y_waist + 0.012), (-waist, y_waist)], tone * 0.72, 0.008)
    _folds(rng, sketch, waist, y_waist, hem, low, cut)
    return sketch


def _wearer(rng, sketch, is_worn, arms, skin, low, top):
    """Add a person, a dummy or a hanger to wear a dress that ends at ``low``."""
    if is_worn:
        if low < 1.35:
            people.add_legs(rng, sketch, people.legs(rng), skin)
        people.add_arms(sketch, arms, skin)
        people.add_head(rng, sketch, skin, rng.random() < 0.8)
    elif rng.random() < 0.4:
        people.add_mannequin(rng, sketch, low)
    elif top != "none" and rng.random() < 0.5:
        people.add_hanger(rng, sketch, 0.13)


def _skirt_and_bodice(rng, sketch, half, tone):
    """Add the cloth within the right ``half`` of an outline, with a hem that swings."""
    (hem, low), waves = half[-1], rng.uniform(0, 0.05)
    x = np.linspace(hem, -hem, 25)
    swing = low + 0.08 * hem * (1 - (x / hem) ** 2) + waves * hem * np.sin(np.arange(25) * np.pi / 3)
    left = np.array(half[::-1]) * (-1, 1)
    sketch.cloth([*half[:-1], *np.stack([x, swing], axis=1), *left[1:]], tone)


def _belt(rng, sketch, waist, y, tone):
    """Add a belt, a sash of the cloth or a bow."""
    other = pick(rng, people.OTHERS) if rng.random() < 0.6 else tone * 0.7
    sketch.trim([(waist + 0.003, y), (0, y + 0.012), (-waist - 0.003, y)], other, rng.uniform(0.025, 0.055))
    if rng.random() < 0.4:
        x = rng.uniform(-0.05, 0.05)
        for side in (-1, 1):
            sketch.trim([(x, y), (x + 0.07 * side, y - 0.035), (x + 0.07 * side, y + 0.035)], other * 0.9)
            sketch.trim([(x, y), (x + 0.03 * side, y + 0.16)], other * 0.85, 0.022)


def _folds(rng, sketch, waist, y, hem, low, cut):
    """Shade a bodice, and folds that fan out from the waist to the hem."""
    sketch.shade([(waist, 0.18), (waist * 0.95, y), (hem * 0.95, low)], -0.25, 0.03, both=True)
    sketch.shade([(0.05, 0.16), (0.085, 0.24)], 0.2, 0.035, both=True)
    sketch.shade([(0.02, 0.25), (0.1, 0.26)], -0.2, 0.02, both=True)
    count = int(rng.integers(1, 4) if cut == "sheath" else rng.integers(5, 12))
    for place in rng.uniform(-0.9, 0.9, count).tolist():
        amount, start, bend = rng.uniform((-0.5, 0.0, -0.1), (0.35, 0.4, 0.1)).tolist()
        top = (place * waist * (1 + start), y + start * (low - y))
        middle = (place * (0.45 * waist + 0.55 * hem) + bend * waist, 0.5 * (y + low))
        sketch.shade([top, middle, (place * hem, low)], amount, rng.uniform(0.012, 0.04))
