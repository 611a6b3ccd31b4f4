"""The drawn stand-in for Fashion-MNIST: ten garments in 28 x 28 grey pixels, light on black."""

from functools import partial

from drawings.kit.canvas import Canvas, pose
from drawings.kit.chance import in_mixed_order
from drawings.sets.fashion_mnist import accessories, clothes

SEED = 0
COUNTS, SHAPE, QUALITY = {"train": 6_000, "test": 1_000}, (28, 28, 1), None
DESCRIPTION = (
    "Drawings made by the image-classification course, not photographs: a stand-in for Fashion-MNIST, "
    "with its classes, its picture size and a tenth of its pictures."
)
HOMEPAGE = "https://github.com/zalandoresearch/fashion-mnist"
NAMES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]

# fmt: off
FABRICS = {
    "T-shirt/top": ["plain", "plain", "plain", "stripes", "heather", "pattern"],
    "Trouser":     ["plain", "plain", "plain", "heather", "pinstripes", "pattern"],
    "Pullover":    ["plain", "plain", "knit", "knit", "stripes", "heather"],
    "Dress":       ["plain", "plain", "plain", "heather", "pattern", "stripes", "pinstripes"],
    "Coat":        ["plain", "plain", "plain", "heather", "checks", "knit"],
    "Sandal":      ["plain", "plain", "heather"],
    "Shirt":       ["plain", "plain", "plain", "stripes", "pinstripes", "checks", "pattern"],
    "Sneaker":     ["plain", "plain", "plain", "heather", "pattern"],
    "Bag":         ["plain", "plain", "plain", "heather", "checks", "pattern", "knit"],
    "Ankle boot":  ["plain", "plain", "plain", "heather"],
}
# fmt: on
# What draws a class: called with the random generator and the tone of the cloth.
GARMENTS = {
    "Trouser": clothes.trouser,
    "Sandal": accessories.sandal,
    "Sneaker": accessories.sneaker,
    "Bag": accessories.bag,
    "Ankle boot": accessories.ankle_boot,
    **{name: partial(clothes.top, kind=name) for name in clothes.TOPS},
}
SHOES = {"Sandal", "Sneaker", "Ankle boot"}


def draw(name, rng):
    """Draw one garment of class ``name``: ``uint8`` of shape (28, 28, 1), 0 where there is nothing."""
    sketch = GARMENTS[name](rng, rng.uniform(0.25, 0.95))
    # Most published shoes point to the left, a few to the right.
    mirror = 0.25 if name in SHOES else 0.5
    placed = pose(sketch.cloths, rng, fill=(0.84, 1.0), turn=3.5, shift=0.035, mirror=mirror)
    canvas = Canvas(28, 28, placed)
    canvas.paint(sketch.cloths)
    canvas.printed(rng, FABRICS[name][rng.integers(len(FABRICS[name]))])
    canvas.paint(sketch.trims)
    return canvas.picture(rng, round_off=rng.uniform(0, 0.6), noise=rng.uniform(0, 0.03))


def pictures(split, seed=SEED):
    """Yield (image, label) of all pictures of ``split`` (``"train"``, ``"test"``): as many of each class."""
    return in_mixed_order(
        lambda label, rng: draw(NAMES[label], rng), range(len(NAMES)), split, COUNTS[split], seed
    )
