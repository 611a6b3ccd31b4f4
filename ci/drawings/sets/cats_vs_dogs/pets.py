"""The anatomy of drawn cats and dogs: their proportions, and bodies in several poses.

Lengths are in units of a standing animal's trunk, from shoulder to hip. See ``solids`` for the axes of space.
"""

from dataclasses import dataclass

import numpy as np

from drawings.kit.solids import Body

PARTS = ("trunk", "leg", "tail", "head", "muzzle", "ear", "inner ear", "nose", "tongue", "mouth", "collar")


@dataclass(frozen=True)
class Build:
    """The proportions of one animal.

    ``girth`` is the radius of the trunk, ``legs`` the height of the shoulder, ``neck`` and ``tail`` are
    lengths, ``head`` is a radius. In units of that radius: ``muzzle`` (how far it stands out),
    ``muzzle_width`` and ``ear_size`` (1 is usual). ``ears`` are "pointed", "upright", "folded", "hanging" or
    "long"; ``mouth`` is 0 (closed) to 1 (open); ``hair`` the length of hairs; ``tail_lift`` -1 (hangs) to 1.
    """

    kind: str
    girth: float
    legs: float
    neck: float
    tail: float
    tail_thick: float
    tail_lift: float
    head: float
    muzzle: float
    muzzle_width: float
    ears: str
    ear_size: float
    mouth: float
    hair: float


def cat(rng):
    """Return the ``Build`` of a random cat; one in five is a kitten, with a larger head."""
    return Build(
        kind="cat",
        girth=rng.uniform(0.19, 0.27),
        legs=rng.uniform(0.42, 0.52),
        neck=rng.uniform(0.1, 0.16),
        tail=rng.uniform(0.7, 0.95),
        tail_thick=rng.uniform(0.045, 0.075),
        tail_lift=rng.uniform(-0.8, 1),
        head=rng.uniform(0.24, 0.28) if rng.random() < 0.2 else rng.uniform(0.19, 0.225),
        muzzle=rng.uniform(0, 0.12),
        muzzle_width=rng.uniform(0.9, 1.1),
        ears="pointed",
        ear_size=rng.uniform(0.85, 1.15),
        mouth=0.0,
        hair=rng.choice((0.02, 0.03, 0.055)),
    )


def dog(rng):
    """Return the ``Build`` of a random dog: short or long in leg, muzzle, neck, ear and tail."""
    ears = str(rng.choice(("hanging", "hanging", "long", "folded", "upright")))
    flat = ears in ("hanging", "folded") and rng.random() < 0.25
    return Build(
        kind="dog",
        girth=rng.uniform(0.2, 0.29),
        legs=rng.uniform(0.32, 0.45) if rng.random() < 0.5 else rng.uniform(0.5, 0.72),
        neck=rng.uniform(0.14, 0.3),
        tail=rng.uniform(0.2, 0.8),
        tail_thick=rng.uniform(0.045, 0.09),
        tail_lift=rng.uniform(-0.6, 1),
        head=rng.uniform(0.19, 0.25),
        muzzle=rng.uniform(0.28, 0.4) if flat else rng.uniform(0.65, 1.15),
        muzzle_width=rng.uniform(1.0, 1.4) if flat else rng.uniform(0.8, 1.15),
        ears=ears,
        ear_size=rng.uniform(0.8, 1.2),
        mouth=rng.uniform(0.5, 1) if rng.random() < 0.35 else 0.0,
        hair=rng.choice((0.02, 0.03, 0.055)),
    )


def posed(rng, build, pose):
    """Return the ``Body`` below the head in ``pose``, one of ``POSES``, and the place of the head (x, y, z).

    The animal is on the ground, y = 0; x = z = 0 is under the middle of its trunk.
    """
    body, (girth, head) = Body(), (build.girth, build.head)
    shoulder, tail = POSES[pose](rng, body, build)
    lift = rng.uniform(1.0, 1.35) if pose == "sit" else rng.uniform(0.2, 1.05)
    way = np.array([0, np.sin(lift), np.cos(lift)])
    place = shoulder + way * (build.neck + 0.75 * girth) + (0, 0.35 * head, 0.3 * head)
    thick = [0.85 * girth, 0.75 * head + 0.25 * girth, 0.68 * head]
    body.limb("trunk", [shoulder, (shoulder + place) / 2, place - way * 0.3 * head], thick, (0.9, 1, 1))
    if rng.random() < 0.3:
        side = np.array([1.0, 0, 0])
        frame = np.stack([side, way, np.cross(side, way)], axis=1)
        spot = 0.38 * shoulder + 0.62 * place - way * 0.12 * head
        body.ball("collar", spot, np.array([0.84, 0.2, 0.86]) * (0.74 * head + 0.2 * girth), frame)
    taper = 0.9 if build.kind == "cat" else rng.uniform(0.5, 1)
    thick = build.tail_thick * np.array([1.1, 1, 0.95, 0.9 * taper])
    body.limb("tail", np.maximum(tail, (-9, 0.05, -9)), thick)
    return body, place


def _leg(body, points, radii):
    """Add a leg down to the ground, and its paw, which points forward."""
    body.limb("leg", points, radii)
    x, y, z = points[-1]
    size = radii[-1]
    place = (x, max(y, 0.8 * size) - 0.1 * size, z + 0.6 * size)
    body.ball("leg", place, size * np.array([1.15, 0.85, 1.7]), along=1.0)


def _thigh(body, build, hip, knee):
    """Add the folded hind legs of an animal on its haunches; ``hip`` and ``knee`` are (y, z)."""
    for side in (-1, 1):
        out = side * build.girth
        body.limb("leg", [(0.97 * out, *hip), (1.17 * out, *knee)], [0.2, 0.12], (0.7, 1, 1))
        foot = [(1.2 * out, 0.5 * knee[0], knee[1]), (1.22 * out, 0.05, knee[1] - 0.1)]
        _leg(body, [*foot, (1.22 * out, 0.05, knee[1] + 0.06)], [0.07, 0.06, 0.055])


def _stand(rng, body, build):
    tall, girth, long = build.legs, build.girth, 0.42
    shoulder, hip = np.array([0, tall, long]), np.array([0, tall + rng.uniform(-0.04, 0.04), -long])
    belly = (0, tall - rng.uniform(0, 0.04), 0)
    thick = girth * np.array([0.9, rng.uniform(0.88, 1.02), 1])
    body.limb("trunk", [hip, belly, shoulder], thick, (0.8, 1, 1))
    slim = 0.8 + 0.8 * (girth - 0.2)
    for side, front, back in zip((-1, 1), rng.normal(0, 0.1, 2), rng.normal(0, 0.1, 2), strict=True):
        x = side * 0.58 * girth
        points = [
            (x, tall - 0.05, long),
            (x, 0.52 * tall, long - 0.05 + 0.4 * front),
            (x, 0.05, long + front),
        ]
        _leg(body, points, slim * np.array([0.13, 0.075, 0.05]))
        knee, hock = (
            (1.05 * x, 0.62 * tall, 0.12 + 0.3 * back - long),
            (x, 0.32 * tall, 0.6 * back - 0.1 - long),
        )
        points = [(x, tall, -long), knee, hock, (x, 0.05, back - 0.04 - long)]
        _leg(body, points, slim * np.array([0.19, 0.12, 0.055, 0.05]))
    rump, up = hip + np.array([0, 0.4 * girth, -0.6 * girth]), build.tail_lift
    sway = rng.uniform(-0.5, 0.5)
    tail = [(0, 0, 0), (0.2 * sway, 0.25 * up, -0.35), (0.6 * sway, 0.75 * up - 0.1, -0.42)]
    return shoulder, rump + build.tail * np.array([*tail, (sway, 0.95 * up, 0.2 * up - 0.3)])


def _sit(rng, body, build):
    girth, tall = build.girth, 0.5 + 0.45 * build.legs
    shoulder, hip = np.array([0, tall, 0.12]), np.array([0, 0.95 * girth, -0.28])
    thick = girth * np.array([1.12, 1.02, 0.85])
    body.limb("trunk", [hip, (shoulder + hip) / 2 + (0, 0.02, -0.07), shoulder], thick, (0.88, 1, 1))
    apart = rng.uniform(0.45, 0.75)
    for side in (-1, 1):
        x = side * apart * girth
        points = [(1.1 * x, tall - 0.06, 0.16), (x, 0.5 * tall, 0.22), (0.9 * x, 0.05, 0.24)]
        _leg(body, points, [0.12, 0.075, 0.055])
    _thigh(body, build, (0.26, -0.24), (0.24, 0.0))
    return shoulder, _tail_on_the_ground(rng, build, np.array([0, 0.08, -0.28 - girth]))


def _lie(rng, body, build):
    girth, long = build.girth, 0.42
    shoulder, hip = np.array([0, 1.1 * girth, long]), np.array([0, 0.95 * girth, -long])
    body.limb("trunk", [hip, (0, 0.98 * girth, 0), shoulder], girth * np.array([1, 1.02, 0.95]), (0.95, 1, 1))
    for side in (-1, 1):
        x = side * girth * rng.uniform(0.6, 0.9)
        points = [(x, girth, long), (1.1 * x, 0.09, long - 0.02), (x, 0.06, long + rng.uniform(0.25, 0.42))]
        _leg(body, points, [0.12, 0.08, 0.06])
    _thigh(body, build, (0.2, 0.05 - long), (0.16, 0.3 - long))
    return shoulder, _tail_on_the_ground(rng, build, hip + np.array([0, -0.3 * girth, -0.8 * girth]))


def _tail_on_the_ground(rng, build, start):
    """Return the points of a tail that lies around the body, left or right."""
    side, long = 1.9 * build.girth * rng.choice((-1, 1)), build.tail
    middle = [(0.5 * side, 0.06, start[2] - 0.02), (side, 0.05, start[2] + 0.25 * long)]
    return np.array([start, *middle, (0.9 * side, 0.05, start[2] + 0.75 * long)])


POSES = {"stand": _stand, "sit": _sit, "lie": _lie}
