"""The camera that takes a drawn picture: its format, its light, its focus and its exposure."""

import numpy as np
from PIL import Image, ImageFilter


def frame(rng):
    """Return (height, width) in pixels: the longer side 120 to 240, the shorter one at least 0.6 of it."""
    longer = int(rng.integers(120, 241))
    shorter = round(longer * rng.uniform(0.6, 1))
    return (shorter, longer) if rng.random() < 0.6 else (longer, shorter)


def lamp(rng):
    """Return where the light comes from, above and in front: a vector (x, y, nearness) of length 1."""
    way = rng.uniform((-0.8, -0.9, 0.4), (0.8, -0.2, 1))
    return way / np.linalg.norm(way)


def soften(picture, radius):
    """Return ``picture`` (height, width, 3; 0 to 255) out of focus by ``radius`` pixels, as ``float32``."""
    image, blur = (
        Image.fromarray(np.clip(picture, 0, 255).astype("uint8")),
        ImageFilter.BoxBlur(float(radius)),
    )
    return np.asarray(image.filter(blur).filter(blur), "float32")


def developed(rng, picture):
    """Return ``picture`` (height, width, 3; 0 to 255) with contrast, cast, blur and grain, as ``uint8``."""
    if rng.random() < 0.25:
        picture = soften(picture, rng.uniform(0.2, 0.6))
    contrast, brightness, cast = rng.uniform(0.8, 1.2), rng.normal(0, 14), rng.normal(1, 0.03, 3)
    picture = ((picture - 118) * contrast + 118 + brightness) * cast
    grain = rng.standard_normal(picture.shape, "float32") * rng.uniform(1, 7)
    return np.clip(np.rint(picture + grain), 0, 255).astype("uint8")
