"""The pictures and networks of the stand-in backbones in ``data/hub``, for ``pretrain_stand_ins.py``."""

from stand_ins import animals, blossoms, critters, garden, greens, things, wild

# Class -> the function that draws one picture of it with a random generator.
CLASSES = animals.CLASSES | wild.CLASSES | blossoms.CLASSES | garden.CLASSES
CLASSES |= greens.CLASSES | things.CLASSES | critters.CLASSES
