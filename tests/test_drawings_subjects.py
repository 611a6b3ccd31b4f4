"""What is drawn looks as its label says, in a place and light that do not know the label."""

import colorsys

import numpy as np
import pytest
from drawings.classes import CLASSES, textiles
from drawings.kit import backdrops, camera, petals, solids
from drawings.kit.chance import generator
from drawings.sets import cats_vs_dogs, fashion_attributes, fashion_mnist, tf_flowers
from drawings.sets.cats_vs_dogs import furs, heads, pets
from drawings.sets.fashion_attributes import studio
from drawings.sets.tf_flowers import flowers

FRONT = solids.rotation(0)


# Garments of Fashion-MNIST


@pytest.mark.parametrize("name", fashion_mnist.NAMES)
def test_a_light_garment_fills_a_black_frame(name):
    images = np.stack([fashion_mnist.draw(name, generator(0, name, index)) for index in range(8)])
    assert images.shape == (8, 28, 28, 1) and images.dtype == np.uint8
    assert (images[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 0).mean() > 0.6
    assert 60 < images[images > 20].mean() < 200
    rows, columns = (images > 20).any(axis=(2, 3)), (images > 20).any(axis=(1, 3))
    assert np.maximum(rows.sum(axis=1), columns.sum(axis=1)).min() >= 20


# Coloured garments


@pytest.fixture(scope="module", params=fashion_attributes.NAMES)
def scenes(request):
    """The name of a combination, and six scenes of it."""
    name = request.param
    return name, [fashion_attributes.scene(name, generator(0, name, index)) for index in range(6)]


def named(red, green, blue):
    """Name a colour (three numbers from 0 to 1) as a person would; None for every other colour."""
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    if value < 0.3 and max(red, green, blue) - min(red, green, blue) < 0.06:
        return "black"
    if abs((360 * hue + 180) % 360 - 180) < 20 and saturation > 0.6 and value > 0.25:
        return "red"
    if 185 < 360 * hue < 240 and saturation > 0.18 and value > 0.25:
        return "blue"
    return None


def test_the_garment_has_the_colour_of_its_label(scenes):
    name, drawn = scenes
    medians = [np.median(one.image[one.garment > 0.95], axis=0) / 255 for one in drawn]
    assert [named(*median) for median in medians] == [name.split("_")[0]] * len(medians)
    assert len({tuple(median) for median in medians}) > 3  # in several shades


def test_the_garment_is_in_the_picture_and_shows_against_its_place(scenes):
    for one in scenes[1]:
        assert 0.04 < one.garment.mean() < 0.95
        changed = np.abs(one.image - one.place).mean(axis=-1)[one.garment > 0.95]
        assert np.median(changed) > 15


def test_a_place_is_drawn_without_knowing_the_label():
    for index in range(4):
        places = [
            fashion_attributes.scene(name, generator(0, "train", index)).place
            for name in ("red_dress", "black_shoes")
        ]
        assert np.array_equal(*places)


def test_places_are_red_or_blue_at_times_and_neither_most_often():
    corners = np.stack([studio.place(generator(0, "train", index), 96)[5, 5] for index in range(200)])
    red, green, blue = corners.T
    for one, others in ((red, (green, blue)), (blue, (red, green))):
        assert 0.03 < (one > 1.4 * np.maximum(*others)).mean() < 0.25


# Cats and dogs


def animal(name, pose="sit", seed=0, turn=FRONT, size=160):
    """Return the build, head and what is seen of a whole animal, from the front by default."""
    rng = np.random.default_rng(seed)
    build = cats_vs_dogs.KINDS[name](rng)
    body, place = pets.posed(rng, build, pose)
    head = heads.Head(rng, body, build, place, np.eye(3))
    viewpoint = cats_vs_dogs.framed(rng, body, head, turn, size, size, 0, portrait=False)
    return build, head, viewpoint, solids.look(body, viewpoint, pets.PARTS)


def test_scenery_and_fur_do_not_know_the_animal(monkeypatch):
    seen = []
    for module, name in ((backdrops, "scenery"), (furs, "fur")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, real=real: seen.append(real(*given)) or seen[-1])
    for name in cats_vs_dogs.NAMES:
        cats_vs_dogs.draw(name, generator(0, "train", 3))
    fur_of_cat, behind_cat, fur_of_dog, behind_dog = seen
    assert np.array_equal(behind_cat, behind_dog)
    assert np.array_equal(fur_of_cat.main, fur_of_dog.main)
    assert (fur_of_cat.marking, fur_of_cat.white) == (fur_of_dog.marking, fur_of_dog.white)


def test_cats_and_dogs_differ_in_ears_and_muzzle():
    cats, dogs = (
        [cats_vs_dogs.KINDS[name](np.random.default_rng(k)) for k in range(200)] for name in ("cat", "dog")
    )
    assert max(cat.muzzle for cat in cats) < min(dog.muzzle for dog in dogs)
    assert {cat.ears for cat in cats} == {"pointed"}
    assert {dog.ears for dog in dogs} == {"upright", "folded", "hanging", "long"}


@pytest.mark.parametrize("name", cats_vs_dogs.NAMES)
@pytest.mark.parametrize("pose", sorted(pets.POSES))
def test_an_animal_is_whole_and_on_the_ground(name, pose):
    build, head, _, seen = animal(name, pose)
    assert head.place[1] > build.girth
    assert abs(seen.place[seen.mask][:, 1].min()) < 0.05
    found = {pets.PARTS[part] for part in np.unique(seen.part[seen.mask])}
    assert {"trunk", "leg", "head", "muzzle", "ear", "nose"} <= found


def test_turned_away_there_is_no_face():
    for turn, shows in ((FRONT, True), (solids.rotation(np.pi), False)):
        build, head, viewpoint, picture = animal("cat", turn=turn)
        rng, lamp = np.random.default_rng(1), np.array([0, 0, 1.0])
        assert bool(heads.features(rng, build, head, picture, viewpoint, lamp)) == shows


@pytest.mark.parametrize("marking", sorted(set(furs.MARKINGS) - {"plain"}))
def test_a_marking_shows_both_tones(marking):
    build, head, _, seen = animal("cat", "stand", turn=solids.rotation(1.2))
    waves = furs.fur(np.random.default_rng(1)).waves
    fur = furs.Fur(np.full(3, 0.2), np.full(3, 0.8), marking, frozenset(), waves, np.zeros(3))
    light = furs.tones(fur, seen, head, build)[seen.mask].mean(axis=1) > 0.5
    assert 0.05 < light.mean() < 0.95


def test_white_feet_on_a_black_animal():
    build, head, _, seen = animal("dog", seed=4)
    black = np.array(furs.COLOURS["black"])
    waves = furs.fur(np.random.default_rng(0)).waves
    fur = furs.Fur(black, black, "plain", frozenset({"feet"}), waves, np.ones(3))
    colour = furs.tones(fur, seen, head, build)
    feet = (seen.part == furs.NUMBER["leg"]) & (seen.place[..., 1] < 0.05)
    assert colour[feet].min() > 0.8
    assert colour[seen.part == furs.NUMBER["trunk"]].max() < 0.2
    assert not colour[~seen.mask].any()


# Flowers


def test_scenes_do_not_know_the_kind_of_flower(monkeypatch):
    seen, scenery = [], backdrops.scenery
    monkeypatch.setattr(backdrops, "scenery", lambda *given: seen.append(scenery(*given)) or seen[-1])
    for name in tf_flowers.NAMES:
        tf_flowers.draw(name, generator(0, "train", 3))
    assert len(seen) == 5
    assert all(np.array_equal(picture, seen[0]) for picture in seen)


@pytest.mark.parametrize("name", tf_flowers.NAMES)
@pytest.mark.parametrize("pixels", [8, 60])
def test_a_flower_has_a_stem_and_a_head_around_its_middle(name, pixels):
    lamp = camera.lamp(np.random.default_rng(0))
    view = petals.View(tilt=0.9, lamp=lamp, pixels=pixels, reach=4, kin=1)
    under, head = flowers.KINDS[name](np.random.default_rng(3), view)
    points = np.concatenate([points for points, _, _ in head])
    assert max(points[:, 1].max() for points, _, _ in under) >= 3.9
    assert 0.5 < np.abs(points[:, 0]).max() < 1.6
    assert np.abs(points[:, 1]).max() < 1.6
    assert all(np.min(tone) >= 0 and np.max(tone) <= 1 for _, tone, _ in head)


def test_flowers_of_one_kin_share_their_colour():
    assert np.array_equal(flowers.coloured(5), flowers.coloured(5))
    assert len({tuple(flowers.coloured(kin)) for kin in range(10)}) == 10


# The classes of the stand-ins' training


def test_each_class_is_drawn_and_unlike_the_others():
    classes = CLASSES | textiles.CLASSES
    pictures = {name: draw(generator(0, name, 0)) for name, draw in classes.items()}
    assert all(picture.dtype == np.uint8 and picture.std() > 5 for picture in pictures.values())
    assert len({picture.tobytes() for picture in pictures.values()}) == len(classes)
    for name in list(classes)[::8]:
        assert np.array_equal(classes[name](generator(0, name, 0)), pictures[name])
