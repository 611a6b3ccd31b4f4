"""Where drawn garments are photographed: in a studio, against a wall, on a floor, in a crowded room."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from drawings.kit import backdrops
from drawings.kit.camera import soften

TEXTURES = ("bricks", "planks", "curtain", "carpet", "tiles", "blanket", "paving", "foliage")


def place(rng, size):
    """Return what is behind a garment: ``float32`` of shape (size, size, 3), 0 to 255, not all dark."""
    die = rng.random()
    if die < 0.35:
        picture = _paper(rng, size)
    elif die < 0.52:
        horizon = 1 if rng.random() < 0.6 else rng.uniform(0.7, 0.9)
        picture = backdrops.scenery(rng, "paint", "boards", size, size, horizon)
    elif die < 0.64:
        picture = backdrops.surface(rng, "boards", size, size)
    elif die < 0.8:
        picture = backdrops.surface(rng, TEXTURES[rng.integers(len(TEXTURES))], size, size)
    else:
        picture = _clutter(rng, size)
    # Black cloth has to show against it.
    return picture + max(0, 75 - picture.mean())


def _paper(rng, size):
    """Return the paper of a studio: white or of one colour, even or shaded towards the floor or all edges."""
    if rng.random() < 0.7:
        paper = backdrops.colour(rng, saturation=(0, 0.06), value=(0.8, 1))
    else:
        paper = backdrops.colour(rng, saturation=(0.3, 0.95), value=(0.45, 0.95))
    if rng.random() < 0.7:
        other = paper * rng.uniform(0.7, 1)
    else:
        other = backdrops.colour(rng, saturation=(0.1, 0.6), value=(0.6, 0.95))
    x, y = np.meshgrid(*[np.linspace(-1, 1, size, dtype="float32")] * 2)
    ways = (np.zeros_like(x), (x * x + y * y) / 2, (1 + y) / 2)
    share = ways[rng.integers(3)][:, :, None]
    return (paper * (1 - share) + other * share).astype("float32")


def _clutter(rng, size):
    """Return a room or a street, out of focus."""
    image = Image.new("RGB", (size, size), _paint(rng))
    brush = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(8, 30))):
        x, y, wide, high = (size * rng.uniform((-0.2, -0.2, 0.05, 0.05), (1, 1, 0.4, 0.6))).tolist()
        shape = brush.ellipse if rng.random() < 0.4 else brush.rectangle
        shape((x, y, x + wide, y + high), _paint(rng))
    return soften(np.asarray(image, "float32"), size * rng.uniform(0.015, 0.06))


def _paint(rng):
    return tuple(backdrops.colour(rng, saturation=(0, 0.9), value=(0.15, 0.95)).astype(int).tolist())


def shadow(rng, mask):
    """Return factors up to 1, of shape (height, width, 1): the soft shadow of ``mask``, an image in grey."""
    x, y, blur, depth = (rng.uniform((-0.04, 0, 0.02, 0.1), (0.04, 0.05, 0.05, 0.5))).tolist()
    x, y, blur = round(x * mask.width), round(y * mask.height), blur * mask.width
    moved = mask.transform(mask.size, Image.Transform.AFFINE, (1, 0, -x, 0, 1, -y))
    return 1 - depth * np.asarray(moved.filter(ImageFilter.GaussianBlur(blur)), "float32")[:, :, None] / 255


def photographed(rng, picture):
    """Expose ``picture`` (height, width, 3; 0 to 255) with a faint cast and some grain; return ``uint8``.

    More gently than ``camera.developed``: navy stays blue, and wine red.
    """
    exposure = rng.uniform(0.9, 1.08) * rng.uniform(0.97, 1.03, 3)
    grain = rng.standard_normal(picture.shape, "float32") * rng.uniform(0, 4)
    if rng.random() < 0.3:
        picture = soften(picture, rng.uniform(0.1, 0.4))
    return np.clip(np.rint(picture * exposure + grain), 0, 255).astype("uint8")
