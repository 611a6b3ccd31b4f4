"""Which pictures show the same thing: they belong on one side of a split."""

import numpy as np

# Two pictures are near-duplicates if their thumbnails of 12 x 12 pixels differ by less than this many of 255
# levels (root mean square). Of 2,024 pictures from an image search, 67 pairs differed by less than 1 and 15
# by 1 to 10, all of them one garment; from 13 on there are pairs of different garments.
NEAR = 10
SIDE = 12


def thumbnail(image):
    """Return a picture ``uint8`` [height, width, 1 or 3] as the 432 values of 12 x 12 RGB pixels."""
    from PIL import Image

    small = Image.fromarray(image.squeeze()).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small).ravel()


def groups_of(thumbnails):
    """Return a number for each picture [n], the same for near-duplicates, and for duplicates of duplicates.

    ``thumbnails`` are the values of ``thumbnail`` [n, 432].
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    thumbnails = thumbnails.astype("float32")
    squares = (thumbnails**2).sum(axis=1)
    limit, pairs = NEAR**2 * thumbnails.shape[1], []
    for start in range(0, len(thumbnails), 1000):  # blocks, or the distances of all pairs would fill memory
        block = slice(start, start + 1000)
        distances = squares[block, None] + squares - 2 * thumbnails[block] @ thumbnails.T
        pairs.append(np.argwhere(distances < limit) + np.array([start, 0]))
    rows, columns = np.concatenate(pairs).T
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(len(thumbnails),) * 2)
    return connected_components(graph, directed=False)[1]
