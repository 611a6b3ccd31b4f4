"""Drawn clothes: trousers, and one pattern for the upper body that tables of sizes and details cut.

Each function takes the picture's random generator and the ``tone`` of the cloth (see ``Sketch``) and returns
a ``Sketch`` in units of the garment's length.
"""

import numpy as np

from drawings.kit.canvas import Sketch, arc, contrasting, mirrored

# fmt: off
TOPS = ("T-shirt/top", "Pullover", "Dress", "Coat", "Shirt")
# Half widths (low, high): the chest in units of the garment's length, shoulder, waist and hem in units of the
# chest, the neck in units of the shoulder; then the depth of the neckline.
SIZES = {
    "chest":    [(0.28, 0.37), (0.26, 0.35), (0.13, 0.24), (0.22, 0.34), (0.25, 0.36)],
    "shoulder": [(0.80, 1.00), (0.85, 1.00), (0.70, 1.00), (0.85, 1.00), (0.82, 1.00)],
    "waist":    [(0.86, 1.00), (0.88, 1.02), (0.65, 0.95), (0.84, 1.02), (0.84, 1.02)],
    "hem":      [(0.90, 1.08), (0.85, 1.02), (0.95, 2.00), (0.92, 1.25), (0.88, 1.10)],
    "neck":     [(0.30, 0.50), (0.26, 0.42), (0.35, 0.60), (0.24, 0.42), (0.24, 0.46)],
    "depth":    [(0.04, 0.20), (0.02, 0.14), (0.03, 0.18), (0.03, 0.14), (0.03, 0.16)],
}
# How many of a hundred have it. The rows overlap: some coats have the cut of a shirt, and its buttons.
DETAILS = {
    "no sleeves":    [10,  0, 42,  0,  7],
    "short sleeves": [85,  4, 34,  2, 36],
    "ribs":          [ 5, 75,  2,  8,  4],
    "hood":          [ 0, 12,  0, 22,  2],
    "high neck":     [ 2, 18,  5,  5,  2],
    "print":         [50, 16,  5,  1,  3],
    "zip":           [ 0,  6,  5, 50,  1],
    "buttons":       [ 5,  3,  6, 26, 78],
    "lapels":        [ 0,  1,  2, 48,  2],
    "collar":        [ 6,  4,  6, 28, 80],
    "round hem":     [ 6,  0, 20,  3, 50],
    "pockets":       [ 0,  2,  3, 55, 12],
    "belt":          [ 0,  0, 38, 14,  1],
    "hanger":        [ 4,  4, 12,  6,  6],
}
# fmt: on


def top(rng, tone, kind):
    """Draw a garment for the upper body, cut as ``TOPS`` are; y = 0 at the shoulders, 1 at the hem."""
    column = TOPS.index(kind)
    size = {name: rng.uniform(*columns[column]) for name, columns in SIZES.items()}
    dice = (100 * rng.random(len(DETAILS))).tolist()
    has = {name: die < DETAILS[name][column] for name, die in zip(DETAILS, dice, strict=True)}
    seam, trim = tone * rng.uniform(0.35, 0.75), contrasting(rng, tone)
    chest, depth = size["chest"], size["depth"]
    shoulder, waist, hem = (chest * size[name] for name in ("shoulder", "waist", "hem"))
    neck = shoulder * size["neck"]
    drop, pit, edge = rng.uniform((0.03, 0.19, 0.89), (0.08, 0.27, 0.96)).tolist()
    outer = [(chest, pit), (waist, 0.55), (hem, edge if has["round hem"] else 1)]
    sketch = Sketch()

    if has["hanger"]:
        sketch.cloth([(0, 0.02), (0, -0.08), (0.04, -0.11), (0.05, -0.07)], rng.uniform(0.3, 0.8), 0.02)
    if has["hood"]:
        sketch.cloth(arc((0, 0.02), (neck * 1.5, rng.uniform(0.1, 0.15))), seam)
    if has["high neck"]:
        sketch.cloth(mirrored([(neck, -0.08), (neck * 1.1, 0.05)]), tone * 0.9)
        depth = 0.01
    if has["no sleeves"]:
        shoulder = neck + (shoulder - neck) * rng.uniform(0.25, 0.9)
    else:
        _sleeves(rng, sketch, (shoulder, drop), (chest, pit), neck, has, tone, seam)
        sketch.trim(outer, seam, 0.02, both=True)
    sketch.cloth(mirrored([(0, 0), (neck, 0), (shoulder, drop), *outer, (0, 1)]), tone)

    is_round = rng.random() < 0.65  # else the neckline is pointed
    middle = [(neck * 0.6, depth * 0.75)] if is_round else []
    neckline = mirrored([(neck, -0.01), *middle, (0, depth)])
    sketch.trim(neckline, tone * rng.uniform(0.1, 0.6) if rng.random() < 0.7 else 0)
    if rng.random() < 0.4:
        sketch.trim(neckline, trim, 0.02)
    if has["ribs"]:
        sketch.trim([(-hem, 0.93), (hem, 0.93)], seam, 0.03)
    if has["print"]:
        center, radii = rng.uniform((-0.1, 0.3), (0.1, 0.5)), rng.uniform(0.06, 0.2, 2)
        sketch.trim(arc(center, radii, count=int(rng.integers(4, 9))), trim)
        sketch.trim(arc(center, radii * 0.5, count=5), tone)
    if has["pockets"]:
        y, tilt = rng.uniform((0.55, -0.08), (0.72, 0.08))
        sketch.trim([(chest * 0.3, y), (chest * 0.7, y + tilt)], seam, 0.025, both=True)
    if has["belt"]:
        sketch.trim([(-waist, 0.5), (waist, 0.5)], trim, rng.uniform(0.03, 0.06))
    _front(rng, sketch, neck, depth, has, tone, seam, trim)
    return sketch


def _sleeves(rng, sketch, shoulder, pit, neck, has, tone, seam):
    """Add two sleeves, short or long, that hang from ``shoulder`` and end under the arm at ``pit``."""
    if has["short sleeves"]:
        length, width, spread = rng.uniform((0.14, 0.11, 18), (0.36, 0.2, 50))
    else:
        length, width, spread = rng.uniform((0.65, 0.07, 5), (0.92, 0.13, 17))
    angle = np.radians(spread)
    along, across = np.array([np.sin(angle), np.cos(angle)]), np.array([-np.cos(angle), np.sin(angle)])
    elbow = shoulder + along * length * 0.5 - across * 0.02
    end = shoulder + along * length
    cuff = np.array([end, end + across * width])
    arm = [(neck, 0), shoulder, elbow, *cuff, (pit[0] * 0.98, pit[1] + 0.03)]
    sketch.cloth(arm, tone * rng.uniform(0.8, 1.05), both=True)
    sketch.trim([shoulder, pit], seam, 0.012, both=True)
    if has["ribs"]:
        sketch.trim(cuff - along * 0.06, seam, 0.03, both=True)


def _front(rng, sketch, neck, depth, has, tone, seam, trim):
    """Add what closes the front, from the neckline down to the hem, and the collar."""
    if has["zip"]:
        sketch.trim([(0, depth), (0, 1)], trim, 0.03)
    if has["buttons"]:
        sketch.trim([(0.02, depth), (0.02, 1)], seam, 0.012)
        for y in np.arange(depth + 0.05, 0.95, rng.uniform(0.1, 0.18)):
            sketch.trim(arc((-0.01, y), (0.022, 0.022), count=7), trim)
    if has["lapels"]:
        low = rng.uniform(0.25, 0.5)
        sketch.trim([(neck, -0.01), (neck * 1.5, 0.12), (0, low), (0.02, depth)], seam, both=True)
        sketch.trim([(0, low), (0, 1)], seam, 0.02)
    if has["collar"]:
        tip = rng.uniform(0.08, 0.14)
        wing = [(neck, -0.03), (neck * 1.25, tip * 0.6), (neck * 0.6, tip), (0, 0.03)]
        sketch.trim(wing, trim if rng.random() < 0.5 else tone, both=True)
        sketch.trim(wing[1:], seam, 0.012, both=True)


def trouser(rng, tone):
    """Draw two legs, from y = 0 (waistband) to 1 (hems)."""
    sketch = Sketch()
    seam, trim = tone * rng.uniform(0.4, 0.8), contrasting(rng, tone, 0.2)
    waist, fork, hem, apart = rng.uniform((0.13, 0.2, 0.07, 0.02), (0.19, 0.34, 0.17, 0.09)).tolist()
    hip = waist * rng.uniform(1.05, 1.3)
    knee = 0.5 * (hip + hem) * rng.uniform(0.85, 1.05)
    inner = [(apart, 1), (apart * 0.7, 0.6), (0, fork)]
    leg = [(0, 0), (waist, 0), (hip, fork * 0.8), (apart * 0.7 + knee, 0.6), (apart + hem, 1), *inner]
    sketch.cloth(leg, tone, both=True)
    sketch.trim(inner, seam, 0.015, both=True)
    sketch.trim([(0, 0.03), (0, fork)], seam, 0.012)
    if rng.random() < 0.6:
        sketch.trim([(waist * 0.55, 0.05), (hip * 0.95, fork * 0.5)], seam, 0.015, both=True)
    if rng.random() < 0.3:
        sketch.trim([(waist * 0.6, 0.1), (apart + hem * 0.5, 1)], seam, 0.012, both=True)
    if rng.random() < 0.6:
        sketch.trim([(-waist, 0.02), (waist, 0.02)], trim, 0.035)
    return sketch
