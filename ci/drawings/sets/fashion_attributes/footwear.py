"""Drawn shoes: sneakers, boots, lace-ups, loafers, pumps and flats, one or two, from the side or from above.

A shoe is one unit long. From the side its toe is at x = 0, its heel at x = 1, and it stands on y = 0. All of
it is ``cloth``, so that the other shoe of a pair can stand behind it.
"""

from dataclasses import dataclass

import numpy as np

from drawings.kit.canvas import Sketch, arc, mirrored, rounded
from drawings.sets.fashion_attributes import people
from drawings.sets.fashion_attributes.people import limb, moved, pick

KINDS = ("sneaker", "sneaker", "high-top", "lace-up", "lace-up", "loafer", "boot", "pump", "pump", "flat")
SOLES = [(0.93, 0.92, 0.9), (0.93, 0.92, 0.9), (0.72, 0.53, 0.34), (0.35, 0.27, 0.22), (0.3, 0.3, 0.3)]
LININGS = [(0.85, 0.76, 0.62), (0.6, 0.58, 0.56), (0.93, 0.9, 0.85)]
LACE = np.array((0.94, 0.93, 0.9))

# fmt: off
# The upper, from the toe to the opening, along the opening, and down the heel.
UPPERS = {
    "sneaker":  ([(0.03, -0.03), (0.01, -0.14), (0.09, -0.21), (0.22, -0.24), (0.36, -0.34), (0.49, -0.47)],
                 [(0.56, -0.49), (0.64, -0.42), (0.74, -0.36), (0.86, -0.37)],
                 [(0.94, -0.46), (0.98, -0.44), (0.96, -0.25), (0.98, -0.03)]),
    "high-top": ([(0.03, -0.03), (0.01, -0.14), (0.09, -0.21), (0.22, -0.24), (0.38, -0.36), (0.53, -0.74)],
                 [(0.58, -0.77), (0.7, -0.73), (0.86, -0.72)],
                 [(0.95, -0.74), (0.97, -0.7), (0.95, -0.3), (0.98, -0.03)]),
    "lace-up":  ([(0.02, -0.03), (0.0, -0.09), (0.08, -0.16), (0.22, -0.2), (0.36, -0.27), (0.48, -0.38)],
                 [(0.55, -0.41), (0.63, -0.36), (0.75, -0.31), (0.87, -0.33)],
                 [(0.95, -0.4), (0.985, -0.37), (0.965, -0.2), (0.98, -0.03)]),
    "loafer":   ([(0.02, -0.03), (0.0, -0.09), (0.07, -0.17), (0.2, -0.21), (0.35, -0.27), (0.42, -0.31)],
                 [(0.47, -0.32), (0.6, -0.25), (0.75, -0.24), (0.87, -0.28)],
                 [(0.95, -0.37), (0.985, -0.35), (0.965, -0.2), (0.98, -0.03)]),
    "boot":     ([(0.02, -0.03), (0.0, -0.1), (0.08, -0.18), (0.22, -0.22), (0.37, -0.3), (0.46, -0.75)],
                 [(0.5, -0.8), (0.7, -0.77), (0.88, -0.79)],
                 [(0.93, -0.79), (0.94, -0.5), (0.96, -0.25), (0.98, -0.03)]),
}
# fmt: on


@dataclass
class Style:
    """What both shoes of a pair have in common; shares and heights are in units of the shoe."""

    sole: np.ndarray
    lace: np.ndarray
    lining: np.ndarray
    heel: float  # the height of a pump's heel
    thickness: float  # of a rubber sole
    is_fine: bool  # a stiletto, or a sole of another colour
    has_strap: bool
    ornament: float  # from 0 to 1: which one
    shine: float


def shoes(rng, tone):
    """Draw a shoe or a pair in the colour ``tone`` (red, green and blue from 0 to 1); return a ``Sketch``."""
    kind, layout, sketch = pick(rng, KINDS), rng.random(), Sketch()
    heel, thickness, ornament, shine = rng.uniform((0.16, 0.08, 0, 0.05), (0.48, 0.13, 1, 0.6)).tolist()
    is_fine, has_strap = (rng.random(2) < (0.5, 0.3)).tolist()
    sole, lace, lining = pick(rng, SOLES), LACE if rng.random() < 0.5 else tone * 0.6, pick(rng, LININGS)
    style = Style(sole, lace, lining, heel, thickness, is_fine, has_strap, ornament, shine)
    if layout < 0.2 and kind not in ("boot", "high-top"):
        _pair_from_above(rng, sketch, kind, tone, style)
        return sketch
    if layout > 0.6:
        behind = Sketch()
        _side(behind, kind, tone * 0.85, style)
        x, y, scale = rng.uniform((-0.3, -0.16, 0.9), (0.35, -0.07, 0.98)).tolist()
        for points, paint, width in behind.cloths:
            sketch.cloth(points * scale + (x, y), paint, width * scale)
    elif rng.random() < 0.35:
        _leg(rng, sketch, kind, style)
    _side(sketch, kind, tone, style)
    _gloss(rng, sketch, kind, style)
    return sketch


def _side(sketch, kind, tone, style):
    """Add one shoe, seen from the side."""
    if kind in ("pump", "flat"):
        _pump(sketch, 0.03 if kind == "flat" else style.heel, tone, style)
        return
    front, opening, back = UPPERS[kind]
    edge, inside = [front[-1], *opening, back[0]], (0.7, opening[0][1] - 0.02)
    sketch.cloth([*edge, (0.7, back[0][1] + 0.1)], style.lining * 0.75)
    sketch.cloth(rounded([opening[0], inside, back[0], (0.75, opening[1][1] + 0.04)]), style.lining * 0.5)
    sketch.cloth(rounded([*front, *opening, *back], 1), tone)
    sketch.cloth(edge, tone * 0.6, 0.02)
    if kind in ("sneaker", "high-top"):
        _rubber_sole(sketch, style)
        _sneaker(sketch, tone, style)
    else:
        _leather_sole(sketch, tone, style)
    if kind == "loafer":
        sketch.cloth([(0.27, -0.23), (0.36, -0.29), (0.5, -0.19), (0.46, -0.07), (0.36, -0.07)], tone * 0.8)
        sketch.cloth([(0.31, -0.22), (0.43, -0.17)], style.lining, 0.025)
        sketch.cloth([(0.02, -0.11), (0.14, -0.14), (0.3, -0.22)], tone * 0.6, 0.012)
    elif kind == "lace-up":
        sketch.cloth([(0.17, -0.07), (0.2, -0.13), (0.18, -0.19)], tone * 0.6, 0.012)
        sketch.cloth([(0.7, -0.07), (0.67, -0.2), (0.75, -0.31)], tone * 0.6, 0.012)
    if kind == "boot" and style.ornament > 0.75:  # a zip
        sketch.cloth([(0.7, -0.1), (0.7, -0.75)], style.lining, 0.016)
    elif kind == "boot" and style.ornament > 0.5:  # an elastic panel
        sketch.cloth([(0.62, -0.3), (0.57, -0.74), (0.78, -0.74), (0.74, -0.3)], tone * 0.55)
    elif kind != "loafer":
        _laces(sketch, [(0.25, -0.23), *front[-2:]], 5 if kind in ("high-top", "boot") else 4, tone, style)


def _laces(sketch, throat, count, tone, style):
    """Add ``count`` laces along the line ``throat``."""
    throat = np.array(throat)
    sketch.cloth([(0.24, -0.1), (0.3, -0.2), throat[-1] + (0.1, 0.02)], tone * 0.65, 0.014)
    for share in np.linspace(0.2, 1.9, count):
        start = [np.interp(share, range(3), axis) for axis in throat.T]
        sketch.cloth([np.add(start, (-0.01, -0.01)), np.add(start, (0.09, 0.05))], style.lace, 0.026)


def _sneaker(sketch, tone, style):
    """Add the cap of the toe, the heel's counter, and stripes or a wing on the side."""
    if style.ornament < 0.4:
        for shift in (0, 0.07, 0.14):
            sketch.cloth([(0.5 + shift, -0.1), (0.44 + shift, -0.28)], style.lace, 0.03)
    elif style.ornament < 0.7:
        sketch.cloth([(0.38, -0.13), (0.5, -0.14), (0.88, -0.3), (0.55, -0.2)], style.lace)
    sketch.cloth([(0.03, -0.1), (0.13, -0.13), (0.2, -0.22)], tone * 0.65, 0.014)
    sketch.cloth([(0.85, -0.08), (0.86, -0.22), (0.97, -0.28)], tone * 0.65, 0.014)


def _rubber_sole(sketch, style):
    high = style.thickness * 0.8
    top = [(-0.01, -0.11), (0.3, -high), (0.65, -high), (1.01, -0.12), (1.02, -0.05), (0.97, 0)]
    sketch.cloth([*top, (0.06, 0), (0, -0.03)], style.sole)
    sketch.cloth([(0.0, -0.03), (1.0, -0.03)], style.sole * 0.75, 0.014)


def _leather_sole(sketch, tone, style):
    dark = style.sole * 0.55 if style.is_fine else tone * 0.6
    sketch.cloth(
        [(-0.01, -0.06), (0.4, -0.05), (0.985, -0.055), (0.98, -0.01), (0.5, -0.01), (0.05, -0.01)], dark
    )
    sketch.cloth([(0.72, -0.03), (0.985, -0.03), (0.975, 0.04), (0.74, 0.04)], dark * 0.9)
    sketch.cloth([(0.02, -0.012), (0.4, 0.0), (0.5, 0.0)], dark, 0.03)


def _pump(sketch, heel, tone, style):
    """Add a shoe that shows the instep, on a ``heel`` of that height."""
    arch = [(0.02, -0.035), (0.12, -0.005), (0.3, 0), (0.5, -heel * 0.45), (0.7, -heel * 0.9), (0.93, -heel)]
    back = [(0.99, -heel - 0.12), (0.985, -heel - 0.26), (0.95, -heel - 0.29)]
    instep = [(0.62, -heel * 0.85 - 0.1), (0.45, -heel * 0.45 - 0.09), (0.33, -0.13), (0.27, -0.19)]
    top = [(0.82, -heel - 0.17), *instep]
    far_side = [(0.4, -heel * 0.5 - 0.16), (0.65, -heel - 0.17)]
    sketch.cloth(rounded([*back[1:], *top, *far_side]), style.lining * 0.85)
    if heel > 0.1:
        post = [(0.83, -heel - 0.03), (0.985, -heel - 0.08), (0.95, 0), (0.91, 0)]
        block = [(0.72, -heel * 0.93), (0.985, -heel - 0.08), (0.98, 0), (0.79, 0)]
        sketch.cloth(post if style.is_fine else block, tone * 0.75)
    sketch.cloth(rounded([*arch, *back, *top, (0.12, -0.14), (0.01, -0.06)]), tone)
    sketch.cloth(rounded(arch, 1)[1:-3], tone * 0.5 if style.ornament < 0.6 else style.sole * 0.7, 0.022)
    if style.has_strap:
        sketch.cloth(arc((0.6, -heel * 0.75 - 0.07), (0.08, 0.09), 170, 360), tone * 0.9, 0.03)
    if style.ornament < 0.3:
        for x in (0.19, 0.35):
            sketch.cloth([(0.27, -0.17), (x, -0.22), (x, -0.12)], tone * 0.75)


def _leg(rng, sketch, kind, style):
    """Add a leg in the shoe: bare, or in trousers."""
    skin, other = pick(rng, people.SKINS), pick(rng, people.OTHERS)
    lift = {"pump": style.heel, "boot": 0.3, "high-top": 0.3}.get(kind, 0)
    ankle = (0.77, -0.4 - lift)
    leg = moved([(0, 0.2), (0, -0.05), (0.03, -0.5), (0.02, -1.6)], *ankle)
    sketch.back(limb(leg, (0.13, 0.1, 0.17, 0.25)), skin)
    sketch.back(rounded([*moved([(-0.1, -0.1), (0.1, -0.05), (0.17, 0.25)], *ankle), (0.35, -0.14)]), skin)
    if rng.random() < 0.5:
        sketch.back(moved([(-0.2, -0.12), (0.17, -0.12), (0.25, -1.7), (-0.25, -1.7)], *ankle), other)
        sketch.back(moved([(-0.2, -0.16), (0.17, -0.16)], *ankle), other * 0.75, 0.02)


def _gloss(rng, sketch, kind, style):
    """Add shine on toe, side and heel, a shadow above the sole, and creases where the foot bends."""
    shine, lift = style.shine, style.heel if kind == "pump" else 0
    sketch.shade([(0.08, -0.13), (0.2, -0.17)], shine, 0.04)
    sketch.shade([(0.55, -0.22 - 0.7 * lift), (0.75, -0.2 - lift)], shine * 0.6, 0.05)
    sketch.shade([(0.91, -0.15 - lift), (0.92, -0.3 - lift)], shine, 0.03)
    if kind not in ("pump", "flat"):
        sketch.shade([(0.05, -0.09), (0.95, -0.1)], -0.3, 0.03)
        for x in rng.uniform(0.26, 0.4, 2):
            sketch.shade([(x, -0.1), (x + 0.04, -0.22)], -0.3, 0.02)
    if kind in ("boot", "high-top"):
        sketch.shade([(0.55, -0.4), (0.54, -0.68)], shine, 0.05)
        sketch.shade([(0.55, -0.36), (0.85, -0.42)], -0.3, 0.03)
        sketch.shade([(0.88, -0.35), (0.88, -0.7)], -0.25, 0.05)


def _pair_from_above(rng, sketch, kind, tone, style):
    """Add a pair seen from above, the toes at y = 0."""
    point = rng.uniform(0, 0.06) if kind in ("sneaker", "loafer") else rng.uniform(0.06, 0.14)
    gap, turn = rng.uniform((0.22, -0.16), (0.3, 0.12)).tolist()
    front = {"sneaker": 0.5, "lace-up": 0.5, "loafer": 0.42}.get(kind, 0.33)
    toe = [(0, 0), (0.09 - point / 3, 0.015 + point / 3), (0.165 - point / 2, 0.13), (0.19, 0.3)]
    outline = mirrored([*toe, (0.16, 0.52), (0.135, 0.72), (0.14, 0.88), (0.09, 0.985), (0, 1)])
    back = [(0.105, front + 0.14), (0.1, 0.8), (0.095, 0.9), (0, 0.955)]
    opening = rounded(mirrored([(0, front), (0.07, front + 0.03), *back]), 1)

    one = Sketch()
    if kind == "sneaker":
        one.cloth(outline * (1.08, 1.02) - (0, 0.01), style.sole)
    one.cloth(rounded(outline, 1), tone)
    one.cloth(opening, style.lining * 0.6)
    one.cloth(rounded(mirrored([(0, 0.72), (0.07, 0.75), (0.075, 0.88), (0, 0.94)]), 1), style.lining)
    one.cloth([*opening, opening[0]], tone * 0.65, 0.014)
    if kind in ("sneaker", "lace-up"):
        one.cloth(mirrored([(0.05, 0.26), (0.06, 0.5), (0, 0.53)]), tone * 0.8)
        for y in np.linspace(0.29, 0.49, 5):
            one.cloth([(-0.075, y - 0.01), (0.075, y + 0.01)], style.lace, 0.024)
        one.cloth(mirrored([(0.16, 0.2), (0.0, 0.155)]), tone * 0.65, 0.012)
    elif kind == "loafer":
        one.cloth(mirrored([(0.13, 0.42), (0.11, 0.2), (0.0, 0.12)]), tone * 0.6, 0.014)
        one.cloth([(-0.16, 0.36), (0.16, 0.36)], tone * 0.75, 0.07)
        one.cloth([(-0.05, 0.36), (0.05, 0.36)], style.lining, 0.025)
    else:
        one.cloth([(0, front - 0.03), (0.06, front - 0.07), (0.06, front + 0.01)], tone * 0.75, both=True)

    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for points, paint, width in one.cloths:
        sketch.cloth((points - (0, 0.5)) @ rotation + (gap, 0.5), paint, width, both=True)
    for x in (gap - 0.07, gap + 0.02):
        sketch.shade([(x, 0.12), (x, 0.22)], style.shine * 0.7, 0.05, both=True)
    sketch.shade([(gap + 0.14, 0.3), (gap + 0.11, 0.7), (gap + 0.1, 0.9)], -0.3, 0.03, both=True)
