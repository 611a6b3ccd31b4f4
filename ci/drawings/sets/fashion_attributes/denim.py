"""Drawn jeans, from skinny to wide, with what makes them jeans: pockets, fly, stitching, faded places."""

import numpy as np

from drawings.kit.canvas import Sketch, arc, mirrored, rounded
from drawings.sets.fashion_attributes import people
from drawings.sets.fashion_attributes.people import between, limb, moved, pick

# Half widths of a leg at the hip, above and below the knee, and at the hem: skinny, straight, boot cut, wide.
CUTS = (
    (0.09, 0.072, 0.058, 0.042),
    (0.09, 0.072, 0.058, 0.042),
    (0.095, 0.085, 0.074, 0.07),
    (0.095, 0.085, 0.074, 0.07),
    (0.092, 0.075, 0.066, 0.095),
    (0.098, 0.094, 0.092, 0.1),
)
THREADS = [(0.78, 0.52, 0.25), (0.85, 0.72, 0.5)]


def jeans(rng, tone):
    """Draw jeans of the colour ``tone`` (red, green and blue from 0 to 1), from the front or from behind.

    Returns a ``Sketch`` in metres, placed as ``people`` places them.
    """
    sketch, joints = Sketch(), people.legs(rng)
    waist, hip, top, share = rng.uniform((0.13, 0.165, 0.4, 0.86), (0.155, 0.19, 0.47, 1.0)).tolist()
    widths = pick(rng, CUTS) * rng.uniform(0.95, 1.1, 4)
    thread = pick(rng, THREADS) if rng.random() < 0.5 else tone * 0.6
    fade, other = rng.uniform(-0.05, 0.45), pick(rng, people.OTHERS)
    is_worn, is_back, has_belt = (rng.random(3) < (0.55, 0.25, 0.2)).tolist()
    if is_worn:
        _rest_of_person(rng, sketch, joints, top, waist, other)
    else:
        sketch.cloth(arc((0, top + 0.004), (waist * 0.97, 0.022)), tone * 0.5)

    seat = [(0, top + 0.012), (waist, top), (hip, 0.58)]
    for side, leg, shade in zip((-1, 1), joints[::-1], (0.92, 1.0), strict=True):
        _leg(rng, sketch, side, seat, between(leg * (side, 1), share), widths, tone * shade, thread, fade)
    band = moved([(waist + 0.003, 0), (0, 0.012), (-waist - 0.003, 0)], y=top)
    sketch.trim([(0, top + 0.05), (0, 0.7)], tone * 0.55, 0.01)
    sketch.trim(moved(band, y=0.045), tone * 0.6, 0.01)
    for x in (0.35, 0.8):
        sketch.trim([(waist * x, top + 0.012), (waist * x, top + 0.055)], tone * 0.75, 0.014, both=True)
    if has_belt:
        sketch.trim(moved(band, y=0.024), pick(rng, people.OTHERS), 0.034)
    if is_back:
        _back_pockets(sketch, top, tone, thread)
    else:
        _front(sketch, waist, hip, top, tone, thread)
        for y in (0.66, 0.7, 0.73):
            sketch.shade([(0.03, y - 0.02), (0.14, y - 0.05)], pick(rng, (-0.25, 0.25)), 0.014, both=True)
    sketch.shade([(waist, top), (hip, 0.58), (hip, 0.7)], -0.22, 0.03, both=True)
    if is_worn and rng.random() < 0.4:  # the top hangs over the waistband
        hem = top + rng.uniform(0.01, 0.04)
        sketch.trim(mirrored([(waist + 0.012, top - 0.06), (waist + 0.015, hem), (0, hem + 0.02)]), other)
    return sketch


def _rest_of_person(rng, sketch, joints, top, waist, other):
    """Add feet, the lower edge of a top, and arms."""
    skin = pick(rng, people.SKINS)
    people.add_legs(rng, sketch, joints, skin)
    people.add_arms(sketch, people.arms(rng, 0.13, "hanging"), skin)
    if rng.random() < 0.5:
        people.add_head(rng, sketch, skin, rng.random() < 0.5)
    half = [(0, 0.02), (0.07, -0.01), (0.17, 0.05), (0.15, 0.24), (waist, top), (waist, top + 0.1)]
    sketch.back(mirrored(half), other)
    sketch.back([(0.155, 0.1), (0.13, 0.3)], other * 0.8, 0.015, both=True)


def _leg(rng, sketch, side, seat, path, widths, tone, thread, fade):
    """Add the right (``side`` 1) or left (-1) leg, up to the waistband, with seams, hem, fading and rips."""
    # Wide legs stand apart, or they would look like a skirt.
    path[:, 0] += max(0, widths[-1] + 0.015 - path[-1, 0]) * np.linspace(0, 1, len(path))
    outline, flip = limb(path, widths), (side, 1)
    inner, outer = outline[1 : len(path)], outline[len(path) : -1]
    sketch.cloth(np.array([*seat, *outer[::-1], *inner[::-1], (0.0, 0.69)]) * flip, tone)
    for edge in ([seat[-1], *outer[::-1]], [(0.004, 0.69), *inner]):
        sketch.trim(np.array(edge) * flip, tone * 0.7, 0.008)
        sketch.shade(np.array(edge) * flip, -0.3, 0.035)
    sketch.shade(moved(path[:-1], y=0.05) * flip, fade, 0.06)
    hem = np.array([outer[0], inner[-1]]) * flip
    if rng.random() < 0.15:
        sketch.trim(hem - (0, 0.03), tone * 1.25, 0.05)
    sketch.trim(hem - (0, 0.025), thread, 0.008)
    for _ in range(int(rng.integers(2, 6))):
        step, amount = int(rng.integers(1, len(path))), rng.uniform(-0.35, 0.25)
        x, y = path[step] * flip - (0, rng.uniform(0, 0.2))
        reach = widths[step] * 0.9
        sketch.shade([(x - reach, y - 0.02), (x + rng.uniform(-1, 1) * reach, y + 0.02)], amount, 0.016)
    if rng.random() < 0.12:
        x, y = path[rng.integers(1, 3)] * flip + (0, rng.uniform(-0.05, 0.1))
        half = widths[1] * 0.55
        rip = rounded([(x - half, y), (x, y - 0.02), (x + half, y), (x, y + 0.022)], 1)
        sketch.trim(rip, (0.87, 0.8, 0.75))
        sketch.trim([(x - half, y + 0.002), (x + half, y)], (0.95, 0.95, 0.95), 0.006)


def _front(sketch, waist, hip, top, tone, thread):
    """Add pockets, fly and button."""
    pocket = [(waist * 0.5, top + 0.055), (waist * 0.62, top + 0.1), (hip * 0.96, top + 0.13)]
    sketch.trim(pocket, thread, 0.012, both=True)
    sketch.trim(moved(pocket, y=0.012), tone * 0.5, 0.008, both=True)
    sketch.trim([(0.03, top + 0.06), (0.032, top + 0.15), (0.004, top + 0.19)], thread, 0.008)
    sketch.trim(arc((0, top + 0.032), (0.012, 0.012), count=10), (0.8, 0.68, 0.42))


def _back_pockets(sketch, top, tone, thread):
    """Add the yoke and the two pockets of the back."""
    sketch.trim([(0.16, top + 0.075), (0, top + 0.115)], thread, 0.009, both=True)
    pocket = moved([(0.03, 0.13), (0.12, 0.115), (0.122, 0.22), (0.078, 0.25), (0.034, 0.23)], y=top)
    sketch.trim(pocket, tone * 0.88, both=True)
    sketch.trim([*pocket, pocket[0]], thread, 0.009, both=True)
