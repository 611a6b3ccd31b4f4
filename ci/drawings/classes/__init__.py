"""The classes that the stand-in networks learn from; no lesson asks for any of them."""

from drawings.classes import animals, blossoms, critters, garden, greens, things, wild

# Class -> the function that draws one picture of it with a random generator.
CLASSES = animals.CLASSES | wild.CLASSES | blossoms.CLASSES | garden.CLASSES
CLASSES |= greens.CLASSES | things.CLASSES | critters.CLASSES
