"""The chance in drawings: one random generator for each picture, so that none depends on those before it."""

import zlib

import numpy as np


def generator(seed, split, index):
    """Return the random generator of one picture: the same numbers for the same three on every machine.

    So are the drawings, but for some pixels on edges, which versions of Pillow fill by different rules.
    """
    return np.random.default_rng([seed, zlib.crc32(split.encode()), index])


def in_mixed_order(draw, labels, split, count, seed):
    """Yield ``count`` pairs (picture, label) of ``split``: as many of each of ``labels``, in mixed order.

    ``draw(label, rng)`` returns one picture; ``labels`` is a sequence of whole numbers. A picture depends on
    ``seed``, ``split`` and its index alone.
    """
    order = generator(seed, split, count).permutation(np.arange(count) % len(labels))
    for index, position in enumerate(order.tolist()):
        yield draw(labels[position], generator(seed, split, index)), labels[position]
