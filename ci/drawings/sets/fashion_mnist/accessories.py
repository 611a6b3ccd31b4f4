"""Drawn shoes and bags, seen from the side.

Each function takes the picture's random generator and the ``tone`` of the leather (see ``Sketch``) and
returns a ``Sketch``: shoes in units of their length, with the toe at x = 0 and the ground at y = 0, bags in
units of their width.
"""

import numpy as np

from drawings.kit.canvas import Sketch, arc, contrasting, mirrored, rounded


def footbed(heel, platform=0.0):
    """Return nine points of the line under a foot, from the toe at x = 0 to the heel at x = 1."""
    x = np.linspace(0, 1, 9)
    rise = np.clip((x - 0.25) / 0.5, 0, 1)
    return np.stack([x, -platform - 0.04 * (x == 0) - heel * rise * rise * (3 - 2 * rise)], axis=1)


def sole(draw, foot, thick, heel, block, tone):
    """Draw a sole under ``foot`` and, where ``heel`` is high enough, a heel of length ``block``."""
    draw(np.concatenate([foot, foot[::-1] + np.array([0, thick])]), tone)
    if heel > 0.06:
        back = foot[-1, 1] + thick * 0.5
        draw([(1 - block * 1.15, back), (1, back), (0.99, thick), (0.99 - block, thick)], tone)


def sneaker(rng, tone):
    """Draw a low or half-high sports shoe, its toe at x = 0."""
    sketch = Sketch()
    trim, rubber = contrasting(rng, tone), rng.uniform(0.35, 1)
    throat, thick = rng.uniform((0.4, 0.05), (0.54, 0.12)).tolist()
    high = rng.uniform(0.28, 0.44) if rng.random() < 0.75 else rng.uniform(0.44, 0.64)
    ankle = high * rng.uniform(0.85, 1.05)
    front = [(0.01, 0), (0.02, -0.1), (0.1, -0.16), (0.25, -0.19), (throat, -high)]
    mouth = [(throat + 0.12, -high * 0.95), (0.8, -ankle * 0.88), (0.95, -ankle)]
    sketch.cloth(rounded([*front, *mouth, (0.99, -ankle * 0.95), (0.97, -0.2), (0.99, 0)], 1), tone)
    sketch.trim(mouth, tone * 0.3, 0.04)
    if rng.random() < 0.4:
        sketch.trim([(0.85, 0), (0.88, -ankle * 0.8), (0.98, -ankle * 0.8), (0.98, 0)], trim)
    style = rng.integers(4)
    if style == 0:
        for x in (0.45, 0.55, 0.65):
            sketch.trim([(x, -0.05), (x + 0.12, -high * 0.6)], trim, 0.035)
    elif style == 1:
        sketch.trim([(0.35, -0.14), (0.5, -0.08), (0.85, -0.24)], trim, 0.05)
    elif style == 2:
        sketch.trim([(0.02, 0), (0.03, -0.1), (0.14, -0.15), (0.22, 0)], trim)
    for step in np.linspace(0.15, 0.85, int(rng.integers(3, 6))):
        x, y = 0.25 + (throat - 0.25) * step, -0.19 - (high - 0.19) * step
        sketch.trim([(x - 0.01, y), (x + 0.1, y + 0.07)], trim, 0.02)
    sole(sketch.trim, footbed(0, 0.02), thick, 0, 0, rubber)
    return sketch


def ankle_boot(rng, tone):
    """Draw a boot with a flat or high heel, its toe at x = 0."""
    sketch = Sketch()
    seam, trim = tone * rng.uniform(0.4, 0.8), contrasting(rng, tone)
    heel = rng.uniform(0, 0.1) if rng.random() < 0.55 else rng.uniform(0.1, 0.36)
    thick, high, front, back = rng.uniform((0.03, 0.5, 0.42, 0.95), (0.09, 0.9, 0.55, 1.06)).tolist()
    if heel < 0.06 and rng.random() < 0.2:
        high = rng.uniform(0.44, 0.5)
    foot = footbed(heel)
    shaft = [(1, -heel - 0.1), (0.97, -heel - 0.3), (back, -high - 0.05), (front - 0.05, -high)]
    instep = [(front + 0.02, -heel * 0.6 - 0.38), (0.2, -0.22), (0.04, -0.16), (-0.01, -0.05)]
    sketch.cloth(np.concatenate([foot, shaft, instep]), tone)
    style = rng.integers(4)
    if style == 0:  # laces
        for step in np.linspace(0, 1, 5):
            x, y = front - 0.2 * (1 - step), -0.28 - (high - 0.32) * step
            sketch.trim([(x, y), (x + 0.12, y + 0.04)], trim, 0.02)
    elif style == 1:  # an elastic side
        low = -heel - 0.25
        sketch.trim([(0.62, -high * 0.95), (0.68, low), (0.85, low), (0.85, -high * 0.95)], seam)
    elif style == 2:  # a zip
        sketch.trim([(0.75, -high), (0.72, -heel - 0.1)], trim, 0.02)
    if rng.random() < 0.5:
        sketch.trim([(front - 0.08, -heel - 0.3), (1, -heel - 0.28)], seam, 0.025)
    if rng.random() < 0.5:
        sketch.trim([(front - 0.05, -high + 0.03), (1.02, -high - 0.01)], trim, rng.uniform(0.02, 0.08))
    leather = contrasting(rng, tone, 0.1) if rng.random() < 0.6 else tone * 0.8
    sole(sketch.cloth, foot, thick, heel + thick, rng.uniform(0.08, 0.3), leather)
    return sketch


def sandal(rng, tone):
    """Draw a sole with straps, flat or with a heel, its toe at x = 0."""
    sketch, strap = Sketch(), rng.uniform(0.45, 1)
    heel = rng.uniform(0, 0.08) if rng.random() < 0.5 else rng.uniform(0.1, 0.5)
    platform, width, block = rng.uniform((0, 0.03, 0.05), (0.1, 0.09, 0.25)).tolist()
    foot, thick = footbed(heel, platform), rng.uniform(0.03, 0.07) + platform
    sole(sketch.cloth, foot, thick, heel, block, tone)
    if heel > 0.1 and rng.random() < 0.15:  # a wedge
        sketch.cloth([*foot[2:], (0.98, thick - platform), (0.25, thick - platform)], tone)
    base = -platform - heel * 0.1
    for x in np.linspace(0.1, rng.uniform(0.2, 0.4), int(rng.integers(1, 4))):
        loop = [(x - 0.03, base), (x + 0.02, base - 0.15), (x + 0.12, base - 0.18), (x + 0.2, base)]
        sketch.cloth(loop, strap, 0 if rng.random() < 0.25 else width)
    ankle = foot[-1] - (0.08, rng.uniform(0.22, 0.42))
    style = rng.integers(4)
    if style < 3:
        sketch.cloth(arc(ankle - (0.08, 0), (0.17, rng.uniform(0.02, 0.07))), strap, width * 0.8)
        sketch.cloth([foot[-1], ankle - (-0.09, 0)], strap, width)
    if style == 0:
        sketch.cloth([(0.28, base - 0.15), ankle - (0.24, 0)], strap, width * 0.8)
    elif style == 1:
        sketch.cloth([foot[5], ankle - (0.2, 0)], strap, width * 0.8)
    elif style == 3:
        sketch.cloth([foot[1], (0.3, base - 0.18), foot[6]], strap, width)
    return sketch


def bag(rng, tone):
    """Draw a bag from y = 0 (its opening) downwards, with handles, a strap or neither."""
    sketch = Sketch()
    seam, trim, strap = tone * rng.uniform(0.4, 0.8), contrasting(rng, tone), rng.uniform(0.4, 1)
    high, taper, reach, lift = rng.uniform((0.45, 0.75, 0.15, 0.2), (1.0, 1.1, 0.35, 0.6)).tolist()
    rim = 0.5 * taper
    style = rng.integers(5)
    if style < 2:
        sketch.cloth(arc((0, 0.03), (reach, lift), 180, 360), strap, rng.uniform(0.03, 0.06))
    elif style == 2:
        sketch.cloth([(-rim * 0.95, 0.05), (rng.uniform(-0.2, 0.2), -lift), (rim * 0.95, 0.05)], strap, 0.03)
    elif style == 3:
        sketch.cloth(arc((0.5, high * 0.3), (0.14, high * 0.5), -90, 120), strap, 0.04)
    box = mirrored([(rim, 0), (0.28 + rim / 2, high * 0.5), (0.5, high)])
    sketch.cloth(rounded(box, int(rng.integers(0, 3))), tone)
    if rng.random() < 0.5:  # a flap
        low = high * rng.uniform(0.3, 0.65)
        flap = [(rim * 0.97, 0.01), (0.45, low), (0, low * rng.uniform(1, 1.25))]
        sketch.trim(mirrored(flap), tone * rng.uniform(0.7, 1.1))
        sketch.trim(flap[1:], seam, 0.02, both=True)
        sketch.trim(arc((0, low), (0.05, 0.04)), trim)
    elif style == 4 or rng.random() < 0.5:  # a zip; without handles a plain box would be no bag
        sketch.trim([(-rim * 0.8, 0.1), (rim * 0.8, 0.1)], trim, 0.03)
    if rng.random() < 0.4:  # a pocket
        y = high * rng.uniform(0.5, 0.7)
        sketch.trim(mirrored([(0.3, y), (0.3, high * 0.92)]), seam, 0.02)
    return sketch
