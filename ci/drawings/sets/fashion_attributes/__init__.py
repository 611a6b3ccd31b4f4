"""The drawn stand-in for pictures of coloured garments from an image search: a colour and a garment each.

Three of the ten combinations have no picture to train with. So it is in Adrian Rosebrock's "Keras: Multiple
outputs and multiple losses" (2018): a network that has seen seven others is asked about a black dress.
"""

import colorsys
from dataclasses import dataclass

import numpy as np
from PIL import ImageChops

from drawings.kit.canvas import Canvas, pose
from drawings.kit.chance import in_mixed_order
from drawings.sets.fashion_attributes import denim, footwear, garments, studio

SEED, SIZE = 0, 96
COUNTS, SHAPE, QUALITY = {"train": 1_400, "unseen": 300}, (SIZE, SIZE, 3), 90
DESCRIPTION = (
    "Drawings made by the image-classification course, not photographs: black, blue and red garments in "
    "all kinds of places, labelled with colour and garment. The split 'unseen' has the combinations that "
    "'train' lacks; each colour and each garment is in 'train'."
)
HOMEPAGE = None  # TensorFlow Datasets has none like it
TRAINED = ["black_jeans", "black_shoes", "blue_dress", "blue_jeans", "blue_shirt", "red_dress", "red_shirt"]
NAMES = [*TRAINED, "black_dress", "blue_shoes", "red_shoes"]

# What draws a garment: called with the random generator and the colour of the cloth.
GARMENTS = {"dress": garments.dress, "jeans": denim.jeans, "shirt": garments.shirt, "shoes": footwear.shoes}
FABRICS = {
    "dress": ["plain", "plain", "plain", "plain", "plain", "heather", "dots", "stripes"],
    "jeans": ["plain", "plain", "heather"],
    "shirt": ["plain", "plain", "plain", "plain", "checks", "checks", "stripes", "pinstripes", "dots"],
    "shoes": ["plain"],
}
# What people call by the three names: hue in degrees, saturation and value, each from low to high.
SHADES = {
    "black": {
        "jet": [(0, 360), (0.0, 0.1), (0.05, 0.12)],
        "charcoal": [(200, 260), (0.0, 0.08), (0.12, 0.23)],
    },
    "blue": {
        "light denim": [(206, 216), (0.3, 0.45), (0.72, 0.88)],
        "denim": [(208, 220), (0.45, 0.65), (0.48, 0.7)],
        "navy": [(220, 234), (0.6, 0.78), (0.36, 0.46)],
        "royal": [(217, 232), (0.72, 0.95), (0.6, 0.9)],
        "sky": [(203, 213), (0.45, 0.75), (0.8, 0.95)],
    },
    "red": {
        "scarlet": [(356, 364), (0.82, 0.96), (0.75, 0.95)],
        "crimson": [(348, 358), (0.8, 0.95), (0.62, 0.85)],
        "brick": [(360, 365), (0.72, 0.82), (0.6, 0.78)],
        "wine": [(344, 356), (0.75, 0.9), (0.42, 0.52)],
    },
}
DENIM = ["light denim", "denim", "denim", "navy"]  # the shades of blue jeans


@dataclass(frozen=True)
class Scene:
    """A drawn picture and what it was made of; arrays of height and width ``SIZE``."""

    image: np.ndarray  # uint8 (height, width, 3)
    place: np.ndarray  # what was there before the garment came: float32 (height, width, 3), 0 to 255
    garment: np.ndarray  # the share of each pixel that the garment covers, without its trimmings: 0 to 1


def scene(name, rng):
    """Draw the combination ``name``, such as ``"red_dress"``; return a ``Scene``."""
    colour, garment = name.split("_")
    place = studio.place(rng, SIZE)  # drawn before all else, so that nothing in it can tell the label
    tone = shade(rng, colour, garment, place)
    sketch = GARMENTS[garment](rng, tone)
    # What is worn or hangs is more or less upright; what lies there may lie at any angle.
    turn = 3 if sketch.backs else 16
    matrix = pose(sketch.cloths, rng, (0.5, 1.12), turn, shift=0.12, stretch=0.08, shear=0.06, mirror=0.5)
    body, cloth = (Canvas(SIZE, SIZE, matrix, channels=3, factor=3) for _ in range(2))
    body.paint(sketch.backs)
    cloth.paint(sketch.cloths)
    # A pattern would turn the darkest reds and blues into black, and the palest ones into white.
    takes_pattern = colour == "black" or (tone.max() > 0.55 and tone.min() < 0.4)
    fabrics = FABRICS[garment] if takes_pattern else ["plain"]
    cloth.printed(rng, fabrics[rng.integers(len(fabrics))])
    cloth.shaded(sketch.shades, rng.uniform(0.8, 2))
    covered = np.asarray(cloth.mask.reduce(cloth.factor), "float32") / 255
    cloth.paint(sketch.trims)

    lamp = {"slope": 0.1, "folds": 0.06, "round_off": rng.uniform(0, 0.25), "noise": rng.uniform(0, 0.012)}
    image = place * studio.shadow(rng, ImageChops.lighter(body.mask, cloth.mask).reduce(cloth.factor))
    if sketch.backs:
        image = body.picture(rng, **lamp, background=image).astype("float32")
    image = cloth.picture(rng, **lamp, background=image)
    return Scene(studio.photographed(rng, image), place, covered)


def shade(rng, colour, garment, place):
    """Return a shade of ``colour`` for ``garment`` that shows before ``place``: red, green, blue, 0 to 1."""
    middle = place[SIZE // 4 : -SIZE // 4, SIZE // 4 : -SIZE // 4].mean(axis=(0, 1)) / 255
    names = DENIM if (colour, garment) == ("blue", "jeans") else list(SHADES[colour])
    tones = []
    for _ in range(4):
        ranges = SHADES[colour][names[rng.integers(len(names))]]
        hue, saturation, value = (rng.uniform(*limits) for limits in ranges)
        tones.append(np.array(colorsys.hsv_to_rgb(hue / 360 % 1, saturation, value)))
    clear = [tone for tone in tones if np.abs(tone - middle).mean() > 0.18]
    return clear[0] if clear else max(tones, key=lambda tone: np.abs(tone - middle).mean())


def draw(name, rng):
    """Draw the combination ``name``, such as ``"red_dress"``: ``uint8`` of shape (96, 96, 3)."""
    return scene(name, rng).image


def pictures(split, seed=SEED):
    """Yield (image, label) of all pictures of ``split``: as many of each of its combinations.

    ``"train"`` has those of ``TRAINED``, ``"unseen"`` the others.
    """
    is_trained = np.isin(NAMES, TRAINED)
    labels = np.flatnonzero(is_trained if split == "train" else ~is_trained).tolist()
    return in_mixed_order(lambda label, rng: draw(NAMES[label], rng), labels, split, COUNTS[split], seed)
