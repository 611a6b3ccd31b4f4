"""What lies behind and below the object of a drawn picture: surfaces, and scenery made of two of them.

All pictures here are arrays of float32, of shape (height, width, 3), with values around 0 to 255, to be
clipped at the end. Chance decides everything in them: nothing tells what will stand before them.
"""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

from drawings.kit.camera import soften
from drawings.kit.canvas import blotches

# What may stand upright behind an object, and what may lie under it.
WALLS = ("paint", "bricks", "planks", "curtain", "foliage", "bokeh", "sky")
FLOORS = ("grass", "soil", "paving", "boards", "carpet", "tiles", "blanket", "snow")

# Hue, saturation and value at the zenith and near the horizon: a blue sky, a grey one, an evening.
SKIES = [
    [((0.55, 0.62), (0.4, 0.85), (0.6, 0.95)), ((0.53, 0.6), (0.05, 0.3), (0.8, 1))],
    [((0.55, 0.65), (0, 0.15), (0.5, 0.8)), ((0.55, 0.65), (0, 0.1), (0.7, 0.95))],
    [((0.6, 0.8), (0.3, 0.6), (0.3, 0.6)), ((0.02, 0.1), (0.4, 0.8), (0.8, 1))],
]


def colour(rng, hue=(0, 1), saturation=(0.1, 0.8), value=(0.2, 0.95)):
    """Return a random colour as three floats from 0 to 255; each range (low, high) is within 0 to 1."""
    low, high = zip(hue, saturation, value, strict=True)
    return 255 * np.array(colorsys.hsv_to_rgb(*rng.uniform(low, high)), "float32")


def clouded(rng, height, width, coarsest=3, octaves=5, fall=0.6):
    """Return soft clouds around 0, shape (height, width): each octave twice as fine and ``fall`` as high."""
    field, weight = np.zeros((height, width), "float32"), np.float32(1)
    for octave in range(octaves):
        field += weight * (blotches(rng, (height, width), coarsest * 2**octave, 1) - 1)
        weight = np.float32(weight * fall)
    return field


def surface(rng, kind, height, width):
    """Return a picture full of ``kind``, one of ``WALLS`` or ``FLOORS``; raise ValueError for any other."""
    if kind not in SURFACES:
        raise ValueError(f"unknown kind of surface: {kind!r}")
    return SURFACES[kind](rng, height, width)


def scenery(rng, wall, floor, height, width, horizon):
    """Return ``wall`` above and ``floor`` below ``horizon`` (a share of the height), in perspective.

    With ``horizon`` 0 there is only floor, seen from above; with 1 only wall.
    """
    line = round(horizon * height)
    if line >= height:
        return surface(rng, wall, height, width)
    below = surface(rng, floor, height, width)
    if line <= 0:
        return below
    depth = height - line
    image = Image.fromarray(np.clip(below, 0, 255).astype("uint8"))
    # A homography: the far edge of the floor shows its whole width, the near edge only the middle.
    fall = 1.3 / depth
    rows = (1, fall * width / 2, 0, 0, height * 2.3 / depth, 0, 0, fall)
    below = image.transform((width, depth), Image.Transform.PERSPECTIVE, rows, Image.Resampling.BILINEAR)
    return np.concatenate([surface(rng, wall, line, width), np.asarray(below, "float32")])


def _tinted(field, tone):
    return field[:, :, None] * np.asarray(tone, "float32")


def _paint(rng, height, width):
    across = np.linspace(-1, 1, width, dtype="float32") * rng.uniform(-0.25, 0.25)
    down = np.linspace(-1, 1, height, dtype="float32")[:, None] * rng.uniform(-0.2, 0.2)
    mottled = 0.06 * clouded(rng, height, width)
    return _tinted(1 + across + down + mottled, colour(rng, saturation=(0, 0.6), value=(0.15, 0.95)))


def _sky(rng, height, width):
    down = np.linspace(0, 1, height, dtype="float32")[:, None, None] * np.ones((1, width, 1), "float32")
    top, low = (colour(rng, *ranges) for ranges in SKIES[rng.choice(3, p=(0.6, 0.25, 0.15))])
    cover = np.clip(clouded(rng, height, width, 2) * 1.2 + rng.uniform(-0.6, 0.4), 0, 1)[:, :, None]
    return (top * (1 - down) + low * down) * (1 - 0.8 * cover) + 0.8 * cover * 0.5 * (low + 255)


def _grass(rng, height, width):
    base = colour(rng, (0.2, 0.34), (0.4, 0.8), (0.2, 0.5))
    image = Image.fromarray(_grainy(rng, height, width, base, 0.25).clip(0, 255).astype("uint8"))
    brush, length = ImageDraw.Draw(image), rng.uniform(0.04, 0.14) * height
    count = height * width // 45
    feet = rng.uniform((0, 0), (width, height * 1.05), (count, 2))
    feet = feet[np.argsort(feet[:, 1])]
    tips = feet + np.stack([rng.normal(0, 0.4, count), -rng.uniform(0.4, 1.2, count)], axis=1) * length
    tones = base * rng.uniform(0.6, 1.9, (count, 1)) + rng.normal(0, 9, (count, 3))
    tones = np.clip(tones, 0, 255).astype(int).tolist()
    for line, tone in zip(np.rint(np.hstack([feet, tips])).tolist(), tones, strict=True):
        brush.line(line, tuple(tone))
    return np.asarray(image, "float32")


def _foliage(rng, height, width):
    base = colour(rng, (0.17, 0.4), (0.25, 0.7), (0.15, 0.45))
    image = Image.fromarray(_grainy(rng, height, width, base * 0.7, 0.3).clip(0, 255).astype("uint8"))
    brush, size = ImageDraw.Draw(image), rng.uniform(0.05, 0.13) * max(height, width)
    for _ in range(160):
        x, y, turn, long = rng.uniform((0, 0, 0, 0.6), (width, height, 2 * np.pi, 1.3)).tolist()
        along = np.array([np.cos(turn), np.sin(turn)]) * size * long
        across = np.array([-along[1], along[0]]) * 0.3
        upper, lower = across - 0.3 * along, -across - 0.3 * along
        leaf = np.array([-along, upper, upper * 0.6 + 0.6 * along, along, lower * 0.6 + 0.6 * along, lower])
        leaf = np.rint(leaf + np.array([x, y]))
        tone = np.clip(base * rng.uniform(0.6, 1.8) + rng.normal(0, 8, 3), 0, 255).astype(int)
        brush.polygon(leaf.ravel().tolist(), tuple(tone.tolist()))
        brush.line(leaf[[0, 3]].ravel().tolist(), tuple((tone * 0.75).astype(int).tolist()))
    return np.asarray(image, "float32")


def _bokeh(rng, height, width):
    dark = colour(rng, (0.1, 0.6), (0.1, 0.8), (0.1, 0.7))
    other = colour(rng, (0.1, 0.6), (0.1, 0.7), (0.2, 0.8))
    share = np.clip(0.5 + clouded(rng, height, width, 2, 3), 0, 1)[:, :, None]
    picture = dark * (1 - share) + other * share
    if rng.random() < 0.6:
        image = Image.fromarray(picture.astype("uint8"))
        brush, tone = ImageDraw.Draw(image, "RGBA"), colour(rng, (0.08, 0.5), (0, 0.5), (0.7, 1))
        discs = rng.uniform((0, 0, 0.02), (width, height, 0.08), (int(rng.integers(8, 30)), 3))
        discs = np.rint(discs * (1, 1, max(height, width))).tolist()
        for x, y, size in discs:
            brush.ellipse((x - size, y - size, x + size, y + size), (*tone.astype(int).tolist(), 60))
        picture = np.asarray(image, "float32")
    return soften(picture, 0.01 * max(height, width))


def _grainy(rng, height, width, tone, contrast):
    """Return clouds of ``tone`` down to the single pixel."""
    field = clouded(rng, height, width, 4, 4, 0.75) * 0.5
    field += rng.standard_normal((height, width), "float32") * 0.35
    return _tinted(1 + contrast * field, tone)


def _soil(rng, height, width):
    return _grainy(rng, height, width, colour(rng, (0.04, 0.11), (0.25, 0.65), (0.2, 0.6)), 0.45)


def _paving(rng, height, width):
    return _grainy(rng, height, width, colour(rng, (0, 1), (0, 0.12), (0.35, 0.75)), 0.2)


def _snow(rng, height, width):
    return _grainy(rng, height, width, colour(rng, (0.5, 0.65), (0, 0.1), (0.8, 1)), 0.08)


def _carpet(rng, height, width):
    return _grainy(rng, height, width, colour(rng, (0, 1), (0, 0.55), (0.25, 0.8)), 0.16)


def _ruled(rng, period, lines):
    """Return which row of width ``period`` each of ``lines`` pixels is in, and whether it is in the gap."""
    position = (np.arange(lines) + rng.uniform(0, period)) / period
    return position.astype(int), position % 1 * period < max(1, 0.05 * period)


def _slats(rng, height, width, tone, upright):
    """Return boards side by side, each of its own shade and grain."""
    lines = width if upright else height
    slat, gap = _ruled(rng, rng.uniform(0.07, 0.2) * max(height, width), lines)
    shade = rng.uniform(0.8, 1.15, slat.max() + 1).astype("float32")[slat]
    shade[gap] *= 0.45
    grain = clouded(rng, 3 if upright else height, width if upright else 3, 40, 2)
    grain = Image.fromarray(grain).resize((width, height), Image.Resampling.BILINEAR)
    field = shade[None, :] if upright else shade[:, None]
    return _tinted(field * (1 + 0.12 * np.asarray(grain)), tone)


def _boards(rng, height, width):
    return _slats(rng, height, width, colour(rng, (0.05, 0.1), (0.3, 0.7), (0.35, 0.8)), rng.random() < 0.5)


def _planks(rng, height, width):
    tone = colour(rng, (0.05, 0.12), (0.1, 0.6), (0.3, 0.85)) if rng.random() < 0.7 else colour(rng)
    return _slats(rng, height, width, tone, rng.random() < 0.6)


def _bricks(rng, height, width):
    high = rng.uniform(0.06, 0.13) * max(height, width)
    row, bed = _ruled(rng, high, height)
    along = (np.arange(width)[None, :] + (row[:, None] % 2) * 1.25 * high) / (2.5 * high)
    joint = along % 1 < 0.04
    shade = rng.uniform(0.75, 1.2, (row.max() + 1, int(along.max()) + 1)).astype("float32")
    field = shade[row[:, None], along.astype(int)]
    picture = _tinted(field, colour(rng, (0, 0.08), (0.2, 0.65), (0.35, 0.8)))
    picture[joint | bed[:, None]] = colour(rng, (0, 0.1), (0, 0.15), (0.5, 0.85))
    return picture * (1 + 0.12 * clouded(rng, height, width, 20, 2)[:, :, None])


def _tiles(rng, height, width):
    side = rng.uniform(0.1, 0.25) * max(height, width)
    row, bed = _ruled(rng, side, height)
    column, joint = _ruled(rng, side, width)
    tones = np.stack([colour(rng, (0, 1), (0, 0.35), (0.3, 0.95)) for _ in range(2)])
    if rng.random() < 0.5:
        tones[1] = tones[0] * 0.95
    picture = tones[(row[:, None] + column[None, :]) % 2]
    picture[bed[:, None] | joint[None, :]] *= 0.6
    return picture * (1 + 0.06 * clouded(rng, height, width)[:, :, None])


def _folded(rng, height, width, tone, folds):
    x = np.linspace(0, 1, width, dtype="float32")[None, :] + 0.05 * clouded(rng, height, width, 2, 2)
    wave = 2 * np.abs(2 * ((folds * x + rng.uniform(0, 1)) % 1) - 1) - 1
    return _tinted(1 + 0.15 * wave, tone)


def _curtain(rng, height, width):
    return _folded(rng, height, width, colour(rng, (0, 1), (0.05, 0.7), (0.25, 0.9)), rng.uniform(4, 12))


def _blanket(rng, height, width):
    picture = _folded(rng, height, width, colour(rng, (0, 1), (0.05, 0.75), (0.3, 0.95)), rng.uniform(1, 4))
    if rng.random() < 0.6:
        tone, period = colour(rng), rng.uniform(0.06, 0.2) * max(height, width)
        wavy = 0.2 * clouded(rng, height, width, 2, 2)
        rows = (np.arange(height)[:, None] / period + wavy) % 1 < 0.4
        columns = (np.arange(width)[None, :] / period + wavy) % 1 < 0.4
        share = np.float32(0.35) * rows + np.float32(0.35 if rng.random() < 0.6 else 0) * columns
        picture = picture * (1 - share[:, :, None]) + tone * share[:, :, None]
    return picture


SURFACES = {
    "paint": _paint,
    "bricks": _bricks,
    "planks": _planks,
    "curtain": _curtain,
    "foliage": _foliage,
    "bokeh": _bokeh,
    "sky": _sky,
    "grass": _grass,
    "soil": _soil,
    "paving": _paving,
    "boards": _boards,
    "carpet": _carpet,
    "tiles": _tiles,
    "blanket": _blanket,
    "snow": _snow,
}
