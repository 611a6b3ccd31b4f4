"""The drawn stand-in for cats_vs_dogs: portraits and whole animals, indoors and outdoors."""

import numpy as np

from drawings.kit import backdrops, solids
from drawings.kit.camera import developed, frame, lamp, soften
from drawings.kit.canvas import Canvas
from drawings.kit.chance import in_mixed_order
from drawings.sets.cats_vs_dogs import furs
from drawings.sets.cats_vs_dogs.heads import Head, features
from drawings.sets.cats_vs_dogs.pets import PARTS, POSES, cat, dog, posed

SEED = 0
COUNTS, SHAPE, QUALITY = {"train": 500}, None, 85
DESCRIPTION = (
    "Drawings made by the image-classification course, not photographs: a stand-in for cats_vs_dogs, "
    "with its classes, pictures of varying sizes, and 500 in place of 23,262 pictures."
)
HOMEPAGE = "https://www.microsoft.com/en-us/download/details.aspx?id=54765"
NAMES = ["cat", "dog"]
KINDS = {"cat": cat, "dog": dog}


def draw(name, rng):
    """Draw one picture of a ``name`` (``"cat"`` or ``"dog"``): ``uint8`` of shape (height, width, 3)."""
    return portrayed(rng, KINDS[name])


def portrayed(rng, kind, head_of=Head):
    """Draw one picture of an animal: ``kind(rng)`` is its ``Build``, ``head_of`` gives it its ``Head``."""
    # All that does not show who it is comes first, so that it cannot depend on it.
    height, width = frame(rng)
    light, fur = lamp(rng), furs.fur(rng)
    portrait, pose = rng.random() < 0.5, str(rng.choice(list(POSES)))
    pitch, yaw = np.radians(rng.uniform(0, 32)), np.radians(rng.uniform(-1, 1) * (60 if portrait else 95))
    behind, horizon = scenery(rng, height, width, pitch, portrait)

    build = kind(rng)
    body, place = posed(rng, build, pose)
    turn = solids.rotation(yaw, pitch)
    gaze = np.clip(yaw * rng.uniform(0, 1) + rng.normal(0, 0.2), yaw - 1.2, yaw + 1.2)
    facing = solids.rotation(gaze, pitch * rng.uniform(0, 0.6) + rng.normal(0, 0.1), rng.normal(0, 0.1))
    head = head_of(rng, body, build, place, turn.T @ facing)
    viewpoint = framed(rng, body, head, turn, height, width, horizon, portrait)
    seen = solids.look(body, viewpoint, PARTS)
    colour = solids.lit(furs.tones(fur, seen, head, build), seen, light, viewpoint.scale)
    if not portrait:
        behind = behind * shadow(viewpoint, 1.5 * build.girth, 0.4 if pose == "sit" else 0.7)
    canvas = Canvas(height, width, np.diag((1 / width, 1 / height, 1)), channels=3, factor=2)
    furs.hair(rng, canvas, colour, seen, head, viewpoint, build.hair)
    canvas.paint(features(rng, build, head, seen, viewpoint, light))
    picture = canvas.picture(rng, slope=0, folds=0, round_off=0.06, noise=0, background=behind)
    return developed(rng, picture.astype("float32"))


def scenery(rng, height, width, pitch, portrait):
    """Return where the animal is, and the horizon as a share of the height: seen from above there is none."""
    horizon = 1.0 if portrait and rng.random() < 0.5 else max(0.0, rng.normal(0.62, 0.08) - 1.1 * pitch)
    wall, floor = rng.choice(backdrops.WALLS), rng.choice(backdrops.FLOORS)
    picture = backdrops.scenery(rng, wall, floor, height, width, horizon)
    return soften(picture, rng.uniform(0, 0.02 if portrait else 0.008) * max(height, width)), horizon


def framed(rng, body, head, turn, height, width, horizon, portrait):
    """Return the ``Viewpoint`` from which the head, or all of the animal, more or less fills the picture."""
    if portrait:
        middle, size = turn @ head.at((0, -0.25, 0)), head.size * rng.uniform(1.7, 2.8)
        low, high, fill = middle[:2] - size, middle[:2] + size, rng.uniform(0.9, 1.1)
    else:
        middles = np.stack(body.centres) @ turn.T
        reach = np.linalg.norm(turn @ np.stack(body.axes), axis=-1)
        low, high = (middles - reach).min(axis=0)[:2], (middles + reach).max(axis=0)[:2]
        fill = rng.uniform(0.7, 1.05)
    scale = float(fill * min(np.array([width, height]) / (high - low)))
    offset = np.array([width, height]) * rng.normal(0.5, 0.03, 2) - scale * (low + high) / 2
    if not portrait:  # all feet are on the floor
        offset[1] += max(0, min(horizon + 0.22, 0.97) * height - (offset[1] + scale * high[1]))
    return solids.Viewpoint(turn, scale, offset, height, width)


def shadow(viewpoint, wide, long):
    """Return factors (height, width, 1): a shadow on the ground, ``wide`` and ``long`` in units of space."""
    turns = np.linspace(0, 2 * np.pi, 24)
    ring = np.stack([wide * np.cos(turns), 0 * turns, long * np.sin(turns)], axis=1)
    canvas = Canvas(
        viewpoint.height, viewpoint.width, np.diag((1 / viewpoint.width, 1 / viewpoint.height, 1)), 3, 1
    )
    canvas.paint([(viewpoint.project(ring)[0], (1, 1, 1), 0.0)])
    dark = soften(np.asarray(canvas.image, "float32"), 0.09 * viewpoint.scale)
    return 1 - dark[:, :, :1] / 510


def pictures(split, seed=SEED):
    """Yield (image, label) of all pictures of ``split`` (``"train"``): as many of each class."""
    return in_mixed_order(
        lambda label, rng: draw(NAMES[label], rng), range(len(NAMES)), split, COUNTS[split], seed
    )


def file_name(index, label):
    """Return the name that picture ``index`` would have among the published files."""
    return f"PetImages/{NAMES[label].capitalize()}/{index}.jpg"
