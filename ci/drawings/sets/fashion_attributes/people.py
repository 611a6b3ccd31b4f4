"""Drawn people, in metres, to put clothes on: x = 0 is their middle, y = 0 the shoulders, y points downwards.

Everything is added to a ``Sketch`` as ``back`` strokes: clothes cover them.
"""

import numpy as np

from drawings.kit.canvas import arc, mirrored, rounded

SKINS = [(0.98, 0.84, 0.75), (0.93, 0.75, 0.62), (0.84, 0.64, 0.49), (0.68, 0.47, 0.34), (0.47, 0.32, 0.24)]
HAIRS = [(0.13, 0.10, 0.09), (0.28, 0.18, 0.12), (0.45, 0.29, 0.17), (0.78, 0.62, 0.38), (0.55, 0.53, 0.52)]
# What is worn beside the garment that counts: no colour that a label names.
OTHERS = [
    (0.95, 0.95, 0.93),
    (0.90, 0.86, 0.76),
    (0.70, 0.70, 0.69),
    (0.76, 0.62, 0.45),
    (0.48, 0.34, 0.23),
    (0.47, 0.49, 0.30),
    (0.84, 0.68, 0.28),
    (0.36, 0.56, 0.46),
    (0.72, 0.62, 0.76),
]


def pick(rng, options):
    """Return one of ``options``; a colour (red, green, blue) comes as an array."""
    chosen = options[int(rng.integers(len(options)))]
    return np.array(chosen) if isinstance(chosen, tuple) else chosen


def moved(points, x=0.0, y=0.0):
    """Return ``points`` moved to the right by ``x`` and down by ``y``."""
    return np.asarray(points, float) + np.array((x, y))


def limb(joints, widths):
    """Return the outline of a tube through ``joints`` (x, y) with a half width at each of them."""
    joints = np.asarray(joints, float)
    along = np.gradient(joints, axis=0)
    along /= np.hypot(*along.T)[:, None]
    offset = along[:, ::-1] * (-1, 1) * np.asarray(widths)[:, None]
    return np.concatenate([joints + offset, (joints - offset)[::-1]])


def between(joints, share):
    """Return four points (x, y) on the way through ``joints``, which end at ``share`` of it (0 to 1)."""
    joints = np.asarray(joints, float)
    steps = np.linspace(0, share * (len(joints) - 1), 4)
    return np.stack([np.interp(steps, range(len(joints)), axis) for axis in joints.T], axis=1)


def arms(rng, shoulder, posture):
    """Return the joints of the right and the left arm: shoulder at (``shoulder``, 0.09), elbow and wrist.

    ``posture`` is ``"hanging"``, ``"lively"`` (a hand on the hip) or ``"spread"``, as clothes lie
    on a table.
    """
    spread = rng.uniform(14, 50)
    joints = []
    for side in (1, -1):
        upper = lower = spread
        if posture == "hanging" or (posture == "lively" and rng.random() < 0.4):
            upper, lower = rng.uniform((8, -6), (17, 8)).tolist()
        elif posture == "lively":
            upper, lower = rng.uniform((28, -62), (48, -40)).tolist()
        steps = [
            (0.27 * np.sin(np.radians(angle)), 0.27 * np.cos(np.radians(angle))) for angle in (upper, lower)
        ]
        joints.append(np.cumsum([(shoulder, 0.09), *steps], axis=0) * (side, 1))
    return joints


def add_arms(sketch, joints, skin):
    """Add both arms with their hands."""
    for shoulder, elbow, wrist in joints:
        arm = [shoulder * (0.75, 0.5), shoulder, elbow, wrist]
        sketch.back(rounded(limb(arm, (0.02, 0.052, 0.04, 0.026)), 1), skin * 0.95)
        hand = [wrist + (wrist - elbow) * step for step in (-0.1, 0.15, 0.32)]
        sketch.back(rounded(limb(hand, (0.025, 0.036, 0.02))), skin)


def add_head(rng, sketch, skin, long_hair):
    """Add neck, head and hair, and the skin that a neckline may show."""
    hair, lean = pick(rng, HAIRS), rng.uniform(-0.025, 0.025)
    if long_hair:
        length = rng.uniform(-0.08, 0.2)
        sides = [
            (lean + 0.03, -0.33),
            (lean + 0.095, -0.27),
            (0.11, -0.12),
            (0.12, length),
            (0.04, length + 0.03),
        ]
        sketch.back(rounded([*sides, *(np.array(sides[::-1]) * (-1, 1))]), hair)
    sketch.back(mirrored([(0.045, -0.15), (0.05, -0.03), (0.17, 0.04), (0.14, 0.3)]), skin * 0.9)
    sketch.back(arc((lean, -0.2), (0.072, 0.1), count=24), skin)
    sketch.back(rounded([*arc((lean, -0.22), (0.08, 0.105), 190, 350), (lean + 0.01, -0.265)]), hair)
    # Eyes and mouth, as far as one sees them from there.
    for x in (-0.028, 0.028):
        sketch.back(arc((lean + x, -0.2), (0.009, 0.006), count=7), (0.15, 0.1, 0.1))
    sketch.back([(lean - 0.02, -0.145), (lean + 0.02, -0.145)], skin * (0.85, 0.6, 0.6), 0.009)


def legs(rng):
    """Return the joints of the right and the left leg: hip, knee and ankle; sometimes one is bent."""
    apart, step = rng.uniform((0.085, -0.02), (0.1, 0.05)).tolist()
    bent, wide = rng.uniform((0.02, 0), (0.07, 0.05)) * (rng.random() < 0.5, 1)
    right = np.array([(apart, 0.62), (apart + wide, 1.02), (apart + wide + step, 1.42)])
    left = np.array([(-apart, 0.62), (-apart - wide + bent, 1.0), (-apart - wide - bent, 1.4)])
    return [right, left] if rng.random() < 0.5 else [left * (-1, 1), right * (-1, 1)]


def add_legs(rng, sketch, joints, skin):
    """Add both legs, bare, with shoes of no matter which colour."""
    leather = pick(rng, OTHERS)
    for leg in joints:
        sketch.back(rounded(limb(between(leg, 1), (0.075, 0.06, 0.05, 0.03)), 1), skin * 0.97)
        add_foot(sketch, leg[-1], leather)


def add_foot(sketch, ankle, leather):
    """Add a shoe seen from the front."""
    out = np.sign(ankle[0])
    foot = [(-0.035, -0.01), (0.035, -0.01), (0.045 + 0.02 * out, 0.1), (-0.045 + 0.02 * out, 0.1)]
    sketch.back(rounded(np.array(foot) + ankle), leather)


def add_hanger(rng, sketch, shoulder):
    """Add a hanger, of wood or wire."""
    tone = pick(rng, [(0.62, 0.43, 0.26), (0.75, 0.75, 0.77), (0.93, 0.92, 0.9)])
    sketch.back([(-shoulder, 0.06), (0, -0.05), (shoulder, 0.06)], tone, 0.025)
    sketch.back([(0, -0.05), (0, -0.1), *arc((0.0, -0.135), (0.03, 0.03), 90, -180, 9)], tone * 0.8, 0.012)


def add_mannequin(rng, sketch, low):
    """Add the torso of a tailor's dummy, and its stand below ``low``."""
    cloth, wood = pick(rng, OTHERS[:4]), pick(rng, OTHERS[3:5])
    sketch.back([(0, low - 0.1), (0, 1.6)], wood * 0.8, 0.03)
    sketch.back([(-0.17, 1.6), (0, 1.52), (0.17, 1.6)], wood * 0.8, 0.03)
    torso = [(0.05, -0.12), (0.055, -0.03), (0.15, 0.03), (0.13, 0.2), (0.11, 0.4), (0.16, 0.58), (0.14, 0.7)]
    sketch.back(mirrored(torso), cloth)
    sketch.back(arc((0, -0.12), (0.05, 0.02)), wood)
