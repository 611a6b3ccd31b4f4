"""What the stand-ins' animals are made of: proportions, and a head with faces, ears and other pairs."""

import numpy as np

from drawings.sets.cats_vs_dogs import portrayed
from drawings.sets.cats_vs_dogs.heads import Eye, Head
from drawings.sets.cats_vs_dogs.pets import Build


def build(rng, girth, legs, neck, tail, head, hair=(0.02, 0.055), thick=0.06, lift=(-0.6, 0.6)):
    """Return a ``Build`` with these middle values, each up to an eighth more or less."""
    girth, legs, neck, tail, head = np.array((girth, legs, neck, tail, head)) * rng.uniform(0.88, 1.13, 5)
    return Build(
        kind="dog",
        girth=girth,
        legs=legs,
        neck=neck,
        tail=tail,
        tail_thick=thick,
        tail_lift=rng.uniform(*lift),
        head=head,
        muzzle=1.0,
        muzzle_width=1.0,
        ears="none",
        ear_size=rng.uniform(0.85, 1.15),
        mouth=0.0,
        hair=rng.choice(hair),
    )


class Animal(Head):
    """A head made by a species' own function, with what the species share."""

    def face(self, skull, long, root, tip, drop=0.3, eye=(0.4, 0.15, 0.8), eye_size=0.15, nose=0.15):
        """Add skull, muzzle (``long``, thick at its root and its tip, ``drop`` below the middle) and eyes."""
        self._ball("head", (0, 0.05, 0), skull)
        front = 0.6 + long
        self._limb(
            "muzzle",
            [(0, 0.4 * -drop, 0.3), (0, 0.8 * -drop, 0.3 + 0.6 * long), (0, -drop, front)],
            [root, (root + tip) / 2, tip],
        )
        if nose:
            self._ball(
                "nose", (0, 0.45 * tip - drop, front + 0.85 * tip), (1.2 * nose, 0.9 * nose, 0.7 * nose)
            )
        below = -drop - 0.5 * tip
        for side in (-1, 1):
            self.eyes.append(Eye((side * eye[0], eye[1], eye[2]), side * eye[0], eye_size, 0.9 * eye_size))
            corner = (side * 0.9 * tip, below, front + 0.2 * tip)
            self.mouth.append(
                [
                    (0, below + 0.1 * tip, front + 0.9 * tip),
                    (side * 0.4 * tip, below - 0.05, front + 0.7 * tip),
                    corner,
                ]
            )

    def round_ears(self, place, size):
        x, y, z = place
        self._pair("ear", place, (size, size, 0.4 * size))
        self._pair("inner ear", (x, y, z + 0.2 * size), (0.65 * size, 0.65 * size, 0.3 * size))

    def leaf_ears(self, start, end, wide):
        for side in (-1, 1):
            points = np.array([start, (np.add(start, end)) / 2, end]) * (side, 1, 1)
            self._limb("ear", points, [0.5 * wide, wide, 0.25 * wide], (1, 1, 0.6))

    def pair(self, part, points, radii, squash=(1, 1, 1)):
        for side in (-1, 1):
            self._limb(part, np.asarray(points, float) * (side, 1, 1), radii, squash)

    def balls(self, part, centres, radius):
        """Add balls at places in space, not of the head."""
        for centre in centres:
            self.body.ball(part, centre, np.full(3, radius))

    def unbuilt(self):
        """Take away all of the body, for animals that have another one."""
        for values in (self.body.centres, self.body.axes, self.body.parts, self.body.along):
            values.clear()


def drawers(species):
    """Return the functions that draw pictures of ``species``: name -> (its head, arguments of ``build``)."""
    return {name: _drawer(*kind) for name, kind in species.items()}


def _drawer(shape, proportions):
    class Shaped(Animal):
        def _dog(self, rng, build):
            shape(self, rng, build)

    return lambda rng: portrayed(rng, lambda rng: build(rng, **proportions), Shaped)
