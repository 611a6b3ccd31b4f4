"""Things of cloth that no lesson asks for: small, grey and light on black, as Fashion-MNIST's garments are.

Each function returns a ``Sketch`` in one tone of cloth. They are for the one network that will see such
pictures.
"""

import functools

import numpy as np

from drawings.kit.canvas import Canvas, Sketch, arc, contrasting, mirrored, pose, rounded

FABRICS = ("plain", "plain", "plain", "stripes", "pinstripes", "checks", "dots", "knit", "heather", "pattern")


def sketched(outline, tone, rounds=0):
    sketch = Sketch()
    sketch.cloth(rounded(outline, rounds), tone)
    return sketch


def skirt(rng, tone):
    waist, hem, low = rng.uniform((0.2, 0.3, 0.6), (0.32, 0.65, 1.1))
    sketch = sketched(
        mirrored([(waist, 0), (0.5 * (waist + hem), 0.4 * low), (hem, low), (0, 1.05 * low)]), tone
    )
    sketch.trim([(-waist, 0.04), (waist, 0.04)], contrasting(rng, tone), 0.06)
    for x in rng.uniform(-0.8, 0.8, int(rng.integers(0, 5))):
        sketch.trim([(waist * x, 0.1), (hem * x, low)], 0.7 * tone, 0.02)
    return sketch


def shorts(rng, tone):
    waist, wide, low = rng.uniform((0.28, 0.38, 0.5), (0.36, 0.55, 0.85))
    sketch = sketched(mirrored([(waist, 0), (wide, low), (0.1, 1.03 * low), (0.03, 0.42)]), tone)
    sketch.trim([(-waist, 0.04), (waist, 0.04)], contrasting(rng, tone), 0.05)
    return sketch


def dungarees(rng, tone):
    wide, apart = rng.uniform((0.2, 0.06), (0.28, 0.2))
    legs = [(0.15, 0.1), (wide, 0.45), (wide + 0.5 * apart, 1.5), (0.5 * apart + 0.03, 1.5), (0.02, 0.75)]
    sketch = sketched(mirrored(legs), tone)
    sketch.cloth([(0.12, 0.15), (0.17, -0.2), (0.1, -0.25)], tone, 0.05, both=True)
    sketch.trim([(-0.08, 0.2), (0.08, 0.2), (0.08, 0.36), (-0.08, 0.36)], contrasting(rng, tone))
    return sketch


def cape(rng, tone):
    wide, low = rng.uniform((0.5, 0.8), (0.85, 1.2))
    sketch = sketched(mirrored([(0.1, 0), (0.22, 0.12), (wide, low), (0.4 * wide, 1.12 * low)]), tone)
    sketch.trim([(0, 0.02), (0, low)], contrasting(rng, tone), 0.03)
    return sketch


def hat(rng, tone):
    high, top, brim = rng.uniform((0.35, 0.22, 0.5), (0.8, 0.38, 0.75))
    sketch = sketched(mirrored([(0.9 * top, -high), (top, -0.8 * high), (0.36, 0)]), tone)
    sketch.cloth(arc((0, 0.03), (brim, rng.uniform(0.06, 0.2))), 0.9 * tone)
    sketch.trim([(-0.35, -0.08), (0.35, -0.08)], contrasting(rng, tone), 0.1)
    return sketch


def cap(rng, tone):
    dome = arc((0, 0), (0.5, rng.uniform(0.4, 0.55)), 180, 360)
    sketch = sketched(dome, tone)
    visor = rng.uniform(0.85, 1.1)
    sketch.cloth([(0.1, -0.06), (0.5, -0.08), (visor, 0.06), (visor - 0.1, 0.12), (0.1, 0.06)], 0.8 * tone)
    sketch.trim([(0, -0.45), (0.05, -0.2), (0.05, 0)], 0.6 * tone, 0.02)
    return sketch


def glove(rng, tone):
    palm = [(-0.25, 0.9), (-0.25, 0.55), (-0.32, 0.2), (0.3, 0.2), (0.25, 0.9)]
    sketch, spread = sketched(palm, tone), rng.uniform(0.0, 0.12)
    for finger, (x, tall) in enumerate(((-0.24, 0.4), (-0.08, 0.52), (0.08, 0.48), (0.23, 0.36))):
        tip = (x + spread * (finger - 1.5), 0.2 - tall)
        sketch.cloth([(x, 0.3), tip], tone, 0.14)
    sketch.cloth([(0.2, 0.6), (0.5, 0.25)], tone, 0.15)
    sketch.trim([(-0.25, 0.85), (0.25, 0.85)], contrasting(rng, tone), 0.08)
    return sketch


def sock(rng, tone):
    tall, long = rng.uniform((0.5, 0.4), (1.1, 0.65))
    shape = [(-0.17, -tall), (0.17, -tall), (0.18, 0), (long, 0.18), (long, 0.4), (0, 0.42), (-0.2, 0.2)]
    sketch = sketched(shape, tone, 1)
    sketch.trim([(-0.15, 0.1 - tall), (0.15, 0.1 - tall)], contrasting(rng, tone), 0.12)
    return sketch


def tie(rng, tone):
    wide, low = rng.uniform((0.12, 1.0), (0.22, 1.4))
    sketch = sketched(mirrored([(0.11, 0), (0.06, 0.18), (wide, low), (0, low + 0.2)]), tone)
    sketch.cloth(mirrored([(0.1, -0.02), (0.07, 0.16)]), 0.75 * tone)
    return sketch


def scarf(rng, tone):
    loop = arc((0, 0), rng.uniform((0.3, 0.22), (0.42, 0.34)), count=20)
    sketch = Sketch()
    sketch.cloth(loop, tone, 0.2)
    for x, low in zip((-0.12, 0.16), rng.uniform(0.6, 1.2, 2), strict=True):
        end = x + rng.normal(0, 0.12)
        sketch.cloth([(x, 0.25), (end, low)], rng.uniform(0.8, 1) * tone, 0.22)
        for fringe in (-0.08, 0, 0.08):
            sketch.trim([(end + fringe, low), (end + fringe, low + 0.12)], 0.8 * tone, 0.03)
    return sketch


def apron(rng, tone):
    wide, low = rng.uniform((0.34, 0.9), (0.5, 1.2))
    sketch = sketched(mirrored([(0.17, 0), (0.2, 0.3), (wide, 0.4), (wide, low)]), tone)
    sketch.trim(arc((0, 0), (0.16, 0.25), 180, 360), 0.8 * tone, 0.04)
    sketch.trim([(wide, 0.42), (wide + 0.25, 0.55)], 0.8 * tone, 0.04, both=True)
    pocket = [(-0.2, 0.6), (0.2, 0.6), (0.2, 0.8), (-0.2, 0.8)]
    sketch.trim([*pocket, pocket[0]], contrasting(rng, tone), 0.03)
    return sketch


def cushion(rng, tone):
    wide, tall = rng.uniform(0.4, 0.6, 2)
    sketch = sketched(
        mirrored([(0, -0.85 * tall), (wide, -tall), (0.88 * wide, 0), (wide, tall), (0, 0.85 * tall)]),
        tone,
        1,
    )
    if rng.random() < 0.6:
        sketch.trim([(-0.6 * wide, 0), (0.6 * wide, 0)], contrasting(rng, tone), rng.uniform(0.05, 0.3))
    return sketch


def draw(rng, kind):
    """Draw one of ``kind``: ``uint8`` of shape (28, 28, 3)."""
    sketch = kind(rng, rng.uniform(0.25, 0.95))
    canvas = Canvas(28, 28, pose(sketch.cloths, rng, fill=(0.75, 1.0), turn=6, shift=0.05, mirror=0.5))
    canvas.paint(sketch.cloths)
    canvas.printed(rng, FABRICS[rng.integers(len(FABRICS))])
    canvas.paint(sketch.trims)
    picture = canvas.picture(rng, round_off=rng.uniform(0, 0.6), noise=rng.uniform(0, 0.03))
    return np.repeat(picture, 3, axis=2)


KINDS = (skirt, shorts, dungarees, cape, hat, cap, glove, sock, tie, scarf, apron, cushion)
CLASSES = {kind.__name__: functools.partial(draw, kind=kind) for kind in KINDS}
