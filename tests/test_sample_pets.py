"""The drawn cats and dogs, told by their anatomy alone; the set itself is in test_sample_photographs."""

import numpy as np
import pytest

from course_utils.data.samples import cats_vs_dogs
from course_utils.data.samples.motifs import backdrops, coats, drawing, heads, pets, solids

NAMES = ["cat", "dog"]
FRONT = solids.rotation(0)


def animal(name, pose="sit", seed=0, turn=FRONT, size=160):
    """Return the build, head and what is seen of a whole animal, from the front by default."""
    rng = np.random.default_rng(seed)
    build = cats_vs_dogs.KINDS[name](rng)
    body, place = pets.posed(rng, build, pose)
    head = heads.Head(rng, body, build, place, np.eye(3))
    viewpoint = cats_vs_dogs.framed(rng, body, head, turn, size, size, 0, portrait=False)
    return build, head, viewpoint, solids.look(body, viewpoint, pets.PARTS)


def test_scenery_and_coat_do_not_know_the_animal(monkeypatch):
    seen = []
    for module, name in ((backdrops, "scenery"), (coats, "coat")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, real=real: seen.append(real(*given)) or seen[-1])
    for name in NAMES:
        cats_vs_dogs.draw(name, drawing.generator(0, "train", 3))
    coat_of_cat, behind_cat, coat_of_dog, behind_dog = seen
    assert np.array_equal(behind_cat, behind_dog)
    assert np.array_equal(coat_of_cat.main, coat_of_dog.main)
    assert (coat_of_cat.marking, coat_of_cat.white) == (coat_of_dog.marking, coat_of_dog.white)


# The anatomy


def test_cats_and_dogs_differ_in_ears_muzzle_and_tongue():
    cats, dogs = ([cats_vs_dogs.KINDS[name](np.random.default_rng(k)) for k in range(200)] for name in NAMES)
    assert max(cat.muzzle for cat in cats) < min(dog.muzzle for dog in dogs)
    assert {cat.ears for cat in cats} == {"pointed"}
    assert {dog.ears for dog in dogs} == {"upright", "folded", "hanging", "long"}
    assert not any(cat.mouth for cat in cats)
    assert 0.2 < np.mean([dog.mouth > 0 for dog in dogs]) < 0.5


def test_cats_and_dogs_wear_the_same_coats():
    worn = [coats.coat(np.random.default_rng(k)) for k in range(300)]
    assert {coat.marking for coat in worn} == set(coats.MARKINGS)
    assert 0.3 < np.mean([bool(coat.white) for coat in worn]) < 0.6
    assert all(np.abs(coat.main - coat.other).max() > 0.01 for coat in worn)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pose", sorted(pets.POSES))
def test_an_animal_is_whole_and_on_the_ground(name, pose):
    build, head, _, seen = animal(name, pose)
    assert head.place[1] > build.girth
    assert abs(seen.place[seen.mask][:, 1].min()) < 0.05
    found = {pets.PARTS[part] for part in np.unique(seen.part[seen.mask])}
    assert {"trunk", "leg", "head", "muzzle", "ear", "nose"} <= found


def test_what_is_seen_lies_where_it_is_projected():
    _, _, viewpoint, seen = animal("cat", turn=solids.rotation(0.7, 0.3))
    rows, columns = np.nonzero(seen.mask)
    pixels, near = viewpoint.project(seen.place[seen.mask])
    assert pixels == pytest.approx(np.stack([columns, rows], axis=1), abs=0.01)
    assert near == pytest.approx(seen.nearness[seen.mask], abs=0.01)


def test_the_nearer_of_two_balls_hides_the_other():
    body = solids.Body()
    body.ball("head", (0, 0, 0), (1, 1, 1))
    body.ball("nose", (0, 0, 1), (0.3, 0.3, 0.3))
    seen = solids.look(body, solids.Viewpoint(FRONT, 20, np.array([30, 30]), 60, 60), pets.PARTS)
    assert pets.PARTS[seen.part[30, 30]] == "nose"
    assert pets.PARTS[seen.part[30, 45]] == "head"
    assert seen.part[0, 0] == -1 and not seen.mask[0, 0]
    assert seen.nearness[30, 30] == pytest.approx(26, abs=0.1)
    assert seen.normals[30, 44, 0] > 0.3 > seen.normals[30, 16, 0]


def test_a_limb_passes_smoothly_through_its_points():
    body = solids.Body()
    body.limb("tail", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], [0.1, 0.2, 0.1])
    centres = np.stack(body.centres)
    assert centres[[0, -1]] == pytest.approx(np.array([[0, 0, 0], [1, 1, 0]]))
    assert np.linalg.norm(np.diff(centres, axis=0), axis=1).max() < 0.3
    assert body.along[0] == 0 and body.along[-1] == 1


def test_turned_away_there_are_no_eyes_and_whiskers():
    seen = {}
    for name, turn in (("facing", FRONT), ("away", solids.rotation(np.pi))):
        build, head, viewpoint, picture = animal("cat", turn=turn)
        seen[name] = heads.features(
            np.random.default_rng(1), build, head, picture, viewpoint, np.array([0, 0, 1.0])
        )
    assert len(seen["facing"]) == 2 * 4 + 3 + 8  # of each eye four shapes, the mouth, the whiskers
    assert seen["away"] == []


def test_white_areas_and_bare_skin_have_their_own_colours():
    build, head, _, seen = animal("dog", seed=4)
    rng = np.random.default_rng(0)
    waves = coats.coat(rng).waves
    black = np.array(coats.COLOURS["black"])
    coat = coats.Coat(black, black, "plain", frozenset({"feet"}), waves, np.ones(3))
    colour = coats.tones(coat, seen, head, build)
    feet = (seen.part == coats.NUMBER["leg"]) & (seen.place[..., 1] < 0.05)
    assert colour[feet].min() > 0.8
    assert colour[seen.part == coats.NUMBER["trunk"]].max() < 0.2
    assert not colour[~seen.mask].any()


@pytest.mark.parametrize("marking", sorted(set(coats.MARKINGS) - {"plain"}))
def test_a_marking_shows_both_tones(marking):
    build, head, _, seen = animal("cat", "stand", turn=solids.rotation(1.2))
    waves = coats.coat(np.random.default_rng(1)).waves
    coat = coats.Coat(np.full(3, 0.2), np.full(3, 0.8), marking, frozenset(), waves, np.zeros(3))
    light = coats.tones(coat, seen, head, build)[seen.mask].mean(axis=1) > 0.5
    assert 0.05 < light.mean() < 0.95
