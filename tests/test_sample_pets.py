"""The drawn cats and dogs: as published in form, repeatable, and told by their anatomy alone."""

from itertools import islice

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score

from course_utils.data import samples
from course_utils.data.samples import backdrops, cats_vs_dogs, coats, drawing, heads, pets, solids

NAMES = ["cat", "dog"]
FRONT = solids.rotation(0)


def drawn(count, seed=cats_vs_dogs.SEED):
    """Return the first ``count`` images and labels, drawn without TensorFlow Datasets."""
    return tuple(zip(*islice(cats_vs_dogs.pictures("train", seed), count), strict=True))


def small(images):
    """Return ``images`` as rows of 32 x 32 x 3 values from 0 to 1."""
    resized = [Image.fromarray(image).resize((32, 32), Image.Resampling.BOX) for image in images]
    return np.stack([np.asarray(image, float).ravel() / 255 for image in resized])


def animal(name, pose="sit", seed=0, turn=FRONT, size=160):
    """Return the build, head and what is seen of a whole animal, from the front by default."""
    rng = np.random.default_rng(seed)
    build = cats_vs_dogs.KINDS[name](rng)
    body, place = pets.posed(rng, build, pose)
    head = heads.Head(rng, body, build, place, np.eye(3))
    viewpoint = cats_vs_dogs.framed(rng, body, head, turn, size, size, 0, portrait=False)
    return build, head, viewpoint, solids.look(body, viewpoint, pets.PARTS)


@pytest.fixture(scope="module")
def pictures():
    """The first 160 images and labels."""
    return drawn(160)


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """The set with only 12 pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setitem(cats_vs_dogs.COUNTS, "train", 12)
        return samples.prepared("cats_vs_dogs")


# The form of the published set


def test_the_features_are_the_published_ones(builder, tmp_path):
    published = tfds.builder("cats_vs_dogs", data_dir=tmp_path).info
    assert builder.info.features["label"].names == NAMES == published.features["label"].names
    assert list(builder.info.features) == list(published.features)
    assert repr(builder.info.features) == repr(published.features)
    assert builder.info.supervised_keys == published.supervised_keys


def test_a_sample_is_told_from_the_published_set(builder):
    assert builder.info.name == "cats_vs_dogs_sample"
    assert "Drawings made by the" in builder.info.description
    assert cats_vs_dogs.CatsVsDogsSample is not tfds.builder_cls("cats_vs_dogs")


def test_every_picture_has_a_file_name_of_its_class(builder):
    examples = list(builder.as_dataset(split="train").as_numpy_iterator())
    names = {example["image/filename"].decode() for example in examples}
    assert len(names) == 12
    for example in examples:
        folder = ("Cat", "Dog")[example["label"]]
        assert example["image/filename"].decode().startswith(f"PetImages/{folder}/")
    assert np.bincount([example["label"] for example in examples]).tolist() == [6, 6]


def test_five_hundred_pictures_are_kept_as_jpeg(builder):
    assert cats_vs_dogs.COUNTS == {"train": 500}
    kept = builder.as_dataset(split="train", decoders={"image": tfds.decode.SkipDecoding()})
    files = [example["image"] for example in kept.as_numpy_iterator()]
    assert all(file.startswith(b"\xff\xd8") for file in files)
    assert sum(map(len, files)) < 12 * 30_000


# The drawings


def test_sizes_vary_and_both_orientations_occur(pictures):
    sizes = np.array([image.shape for image in pictures[0]])
    longer = sizes[:, :2].max(axis=1)
    assert all(image.dtype == np.uint8 for image in pictures[0])
    assert (sizes[:, 2] == 3).all()
    assert longer.min() >= 120 and longer.max() <= 240 and len(np.unique(longer)) > 50
    assert 0.3 < (sizes[:, 1] > sizes[:, 0]).mean() < 0.8


def test_the_classes_come_in_mixed_order_and_equal_numbers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cats_vs_dogs, "draw", lambda name, rng: None)
        labels = [label for _, label in cats_vs_dogs.pictures("train")]
    assert np.bincount(labels).tolist() == [250, 250]
    assert 4 < sum(labels[:20]) < 16


def test_a_seed_repeats_its_pictures_and_another_one_does_not():
    once, again, other = (drawn(5, seed)[0] for seed in (0, 0, 1))
    assert all(np.array_equal(one, two) for one, two in zip(once, again, strict=True))
    assert not any(np.array_equal(one, two) for one, two in zip(once, other, strict=True))


def test_a_picture_does_not_depend_on_those_before_it(pictures):
    image, label = pictures[0][7], pictures[1][7]
    alone = cats_vs_dogs.draw(NAMES[label], drawing.generator(cats_vs_dogs.SEED, "train", 7))
    assert np.array_equal(image, alone)


def test_no_picture_is_there_twice(pictures):
    assert len({image.tobytes() for image in pictures[0]}) == len(pictures[0])


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


def test_neither_the_corners_nor_the_mean_colour_tell_the_animal(pictures):
    corners = [
        small([image]).reshape(32, 32, 3)[[0, 0, 2, 2], [0, 31, 2, 29]].ravel() for image in pictures[0]
    ]
    assert cross_val_score(RidgeClassifier(), np.stack(corners), pictures[1], cv=4).mean() < 0.6
    colours = np.stack([image.mean(axis=(0, 1)) for image in pictures[0]])
    assert cross_val_score(RidgeClassifier(), colours, pictures[1], cv=4).mean() < 0.6


def test_raw_pixels_do_not_tell_the_animal_to_a_linear_model(pictures):
    score = cross_val_score(RidgeClassifier(alpha=300), small(pictures[0]), pictures[1], cv=4).mean()
    assert score < 0.65


def test_shapes_tell_the_animal_better_than_chance(pictures):
    shapes = np.stack([edges(image) for image in pictures[0]])
    assert cross_val_score(RidgeClassifier(alpha=0.1), shapes, pictures[1], cv=4).mean() > 0.54


def edges(image, cells=8, kinds=9):
    """Return how much of each direction of edges is in each of ``cells`` x ``cells`` fields."""
    grey = np.asarray(Image.fromarray(image).convert("L").resize((64, 64), Image.Resampling.BOX), float)
    down, across = np.gradient(grey)
    kind = (np.arctan2(down, across) % np.pi / np.pi * kinds).astype(int) % kinds
    rows, columns = np.indices(grey.shape) * cells // 64
    counts = np.zeros((cells, cells, kinds))
    np.add.at(counts, (rows, columns, kind), np.hypot(down, across))
    return np.sqrt(counts / counts.sum()).ravel()


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
