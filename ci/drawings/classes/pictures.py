"""The drawn pictures of the pretraining classes: drawn once, kept in the course's cache, read as arrays."""

import numpy as np
from PIL import Image

from course_utils.files import cache_folder, written_whole
from drawings.kit.chance import generator

SIZE = 128  # pixels a side: what the largest network takes
VERSION = 1  # of the drawings: change it with them


def pictures(name, draw, count, seed=0):
    """Return ``count`` pictures of class ``name``, ``uint8`` of shape (count, SIZE, SIZE, 3).

    ``draw(rng)`` draws one of any size. It depends on the seed, the name and its index alone. As in the
    lessons, proportions are not kept.
    """
    path = cache_folder() / "stand_ins" / f"{name}-{count}-seed{seed}-version{VERSION}.npy"
    if not path.exists():
        images = (Image.fromarray(draw(generator(seed, name, index))) for index in range(count))
        drawn = np.stack(
            [np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BILINEAR)) for image in images]
        )
        with written_whole(path) as temporary:
            np.save(temporary, drawn)
    return np.load(path)


def split(classes, count, validation, seed=0):
    """Return (images, labels) to train with, and of the last ``validation`` pictures of each class."""
    sets = np.stack([pictures(name, draw, count, seed) for name, draw in classes.items()])
    labels = np.repeat(np.arange(len(sets))[:, None], count, axis=1)
    kept = count - validation
    return [
        (sets[:, part].reshape(-1, SIZE, SIZE, 3), labels[:, part].ravel())
        for part in (slice(None, kept), slice(kept, None))
    ]
