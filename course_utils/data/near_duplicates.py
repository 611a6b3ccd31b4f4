"""Which pictures show the same thing: they belong on one side of a split."""

import numpy as np

# Two pictures are near-duplicates if their thumbnails of 12 x 12 pixels differ by less than NEAR of 255
# levels (root mean square), and by less than OWN of what sets them apart from the mean of all pictures: a
# white page around other words is no likeness. Of 2,024 pictures from an image search, 67 pairs differed by
# less than 1 level and 15 by 1 to 10, all of them one garment; from 13 on there are different garments.
NEAR, OWN = 9.99, 0.4  # just below 10: with 10, rounding decides about one of the 2,024
SIDE = 12


def thumbnail(image):
    """Return a picture ``uint8`` [height, width, 1 or 3] as the 432 values of 12 x 12 RGB pixels."""
    from PIL import Image

    small = Image.fromarray(image.squeeze()).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small).ravel()


def groups_of(thumbnails):
    """Return a number for each picture [n], the same for near-duplicates.

    ``thumbnails`` are the values of ``thumbnail`` [n, 432]. Near-duplicates of near-duplicates belong
    together while they are within one and a half of the limit of the group's first picture, so that
    likenesses do not add up to a chain through the whole set. Memory stays at 1,000 x n distances.
    """
    pictures = thumbnails.astype("float32")
    pictures -= pictures.mean(axis=0)
    lengths = (pictures**2).sum(axis=1)  # squares of what sets each apart
    # Rounding leaves a little more than nothing between equal pictures, hence the 1.
    limits = np.minimum(NEAR**2 * pictures.shape[1], OWN**2 * lengths) + 1
    groups = np.arange(len(pictures))
    for start in range(0, len(pictures), 1000):
        rows = np.arange(start, min(start + 1000, len(pictures)))
        before = slice(0, rows[-1] + 1)
        distances = lengths[rows, None] + lengths[before] - 2 * pictures[rows] @ pictures[before].T
        distances /= np.minimum(limits[rows, None], limits[before])
        for row, to_others in zip(rows, distances, strict=True):
            firsts = np.unique(groups[:row][to_others[:row] < 1])
            firsts = firsts[to_others[firsts] < 1.5**2]
            if len(firsts):
                groups[row] = firsts[0]
    return groups
