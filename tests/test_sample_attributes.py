"""The drawn garments: colours that a person would name so, places that tell nothing, and not too easy."""

import colorsys
from itertools import islice

import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn.linear_model import RidgeClassifier

from course_utils.data import samples
from course_utils.data.samples import fashion_attributes as attributes
from course_utils.data.samples.motifs import drawing, figures, studio

NAMES = [
    "black_jeans",
    "black_shoes",
    "blue_dress",
    "blue_jeans",
    "blue_shirt",
    "red_dress",
    "red_shirt",
    "black_dress",
    "blue_shoes",
    "red_shoes",
]
SMALL = {"train": 14, "unseen": 6}
FIT, JUDGE = 400, 160  # how many of the drawn pictures a linear model learns from, and is judged on


def generator(index, split="train"):
    return drawing.generator(attributes.SEED, split, index)


def drawn(split, count, seed=attributes.SEED):
    """Return the first ``count`` images and labels of ``split``, drawn without TensorFlow Datasets."""
    images, labels = zip(*islice(attributes.pictures(split, seed), count), strict=True)
    return np.stack(images), np.array(labels)


@pytest.fixture(scope="module")
def pictures():
    return drawn("train", FIT + JUDGE)


@pytest.fixture(scope="module")
def scenes():
    """Eight scenes of each combination, under its name."""
    return {
        name: [attributes.scene(name, generator(index, name)) for index in range(8)]
        for name in attributes.NAMES
    }


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """The set with as many pictures as ``SMALL`` says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(attributes, "COUNTS", SMALL)
        patch.setattr(attributes.FashionAttributesSample, "COUNTS", SMALL)
        return samples.prepared("fashion_attributes")


# The data set


def test_features_and_order_of_the_labels(builder):
    assert builder.info.features["label"].names == NAMES
    assert builder.info.features["image"].shape == (96, 96, 3)
    assert builder.info.features["image"].np_dtype == np.uint8
    assert builder.info.supervised_keys == ("image", "label")
    assert str(builder.info.version) == "1.0.0"


def test_the_set_says_that_it_is_drawn(builder):
    assert builder.info.name == "fashion_attributes_sample"
    assert builder.info.description.startswith("Drawings made by the image-classification course")
    assert "fashion_attributes_sample" not in tfds.list_builders()


@pytest.mark.parametrize(("split", "count"), SMALL.items())
def test_the_prepared_pictures_are_the_drawn_ones(builder, monkeypatch, split, count):
    monkeypatch.setattr(attributes, "COUNTS", SMALL)
    pairs = list(builder.as_dataset(split=split, as_supervised=True).as_numpy_iterator())
    images, labels = drawn(split, count)
    assert {(image.tobytes(), int(label)) for image, label in pairs} == {
        (image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)
    }
    assert len(pairs) == count


@pytest.mark.parametrize(
    ("split", "each", "labels"), [("train", 200, range(7)), ("unseen", 100, range(7, 10))]
)
def test_every_combination_is_in_one_split_and_has_as_many_pictures(monkeypatch, split, each, labels):
    monkeypatch.setattr(attributes, "draw", lambda name, rng: name)
    pairs = list(attributes.pictures(split))
    counts = np.bincount([label for _, label in pairs], minlength=10)
    assert counts.tolist() == [each if label in labels else 0 for label in range(10)]
    assert all(name == NAMES[label] for name, label in pairs)
    assert len({label for _, label in pairs[:40]}) == len(labels)


def test_training_shows_every_colour_and_every_garment():
    trained, unseen = ([name.split("_") for name in part] for part in (NAMES[:7], NAMES[7:]))
    for part in (0, 1):
        assert {name[part] for name in unseen} <= {name[part] for name in trained}


# The drawings


def test_a_seed_repeats_its_pictures_and_another_one_does_not():
    images, labels = drawn("train", 10)
    again, other = drawn("train", 10), drawn("train", 10, seed=1)
    assert np.array_equal(images, again[0]) and np.array_equal(labels, again[1])
    assert not np.array_equal(images, other[0])
    assert images.shape == (10, 96, 96, 3) and images.dtype == np.uint8


def test_a_picture_does_not_depend_on_those_before_it(pictures):
    images, labels = pictures
    assert np.array_equal(attributes.draw(NAMES[labels[7]], generator(7)), images[7])


def test_no_picture_is_there_twice_not_even_in_the_other_split(pictures):
    images = np.concatenate([pictures[0], drawn("unseen", 40)[0]])
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == FIT + JUDGE + 40


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


@pytest.mark.parametrize("name", NAMES)
def test_the_garment_has_the_colour_of_its_label(scenes, name):
    medians = [np.median(one.image[one.garment > 0.95], axis=0) / 255 for one in scenes[name]]
    assert [named(*median) for median in medians] == [name.split("_")[0]] * len(medians)


@pytest.mark.parametrize("name", NAMES)
def test_the_garment_is_in_the_picture_and_shows_against_its_place(scenes, name):
    for one in scenes[name]:
        assert 0.04 < one.garment.mean() < 0.95
        changed = np.abs(one.image - one.place).mean(axis=-1)[one.garment > 0.95]
        assert np.median(changed) > 15


def test_shades_vary_within_a_colour(scenes):
    for colour, spread in (("black", 0.03), ("blue", 0.12), ("red", 0.08)):
        values = [
            np.median(one.image[one.garment > 0.95].max(axis=1)) / 255
            for name in NAMES
            if name.startswith(colour)
            for one in scenes[name]
        ]
        assert np.std(values) > spread


def test_a_place_is_drawn_without_knowing_the_label(scenes):
    for index in range(4):
        places = [attributes.scene(name, generator(index)).place for name in ("red_dress", "black_shoes")]
        assert np.array_equal(*places)


def test_the_label_explains_nothing_of_the_corners(pictures):
    images, labels = pictures
    corners = images[:, [2, 2], [2, -3]].reshape(len(images), -1).astype(float)
    means = np.stack([corners[labels == label].mean(axis=0) for label in labels])
    explained = means.var(axis=0).sum() / corners.var(axis=0).sum()
    assert explained < 0.05  # 0.01 by chance (6 degrees of freedom of 559), and some sleeves reach a corner


def test_places_are_red_or_blue_at_times_and_neither_most_often():
    corners = np.stack([studio.place(generator(index), 96)[5, 5] for index in range(200)])
    red, green, blue = corners.T
    for one, others in ((red, (green, blue)), (blue, (red, green))):
        assert 0.03 < (one > 1.4 * np.maximum(*others)).mean() < 0.25


# How hard it is


def flat(images):
    """Return images (n, 96, 96, 3) as rows of 32 x 32 x 3 numbers from 0 to 1."""
    return images.reshape(len(images), 32, 3, 32, 3, 3).mean(axis=(2, 4)).reshape(len(images), -1) / 255


def score(images, labels):
    model = RidgeClassifier(alpha=100).fit(flat(images[:FIT]), labels[:FIT])
    return model.score(flat(images[FIT:]), labels[FIT:])


def test_a_linear_model_learns_something_but_not_all(pictures):
    assert 0.4 < score(*pictures) < 0.85


def test_nothing_can_be_learned_from_shuffled_labels(pictures):
    images, labels = pictures
    assert score(images, np.random.default_rng(0).permutation(labels)) < 0.25


# The drawing tools


def test_a_tube_is_as_wide_as_it_is_told():
    outline = figures.limb([(0, 0), (0, 1), (0, 2)], (0.5, 0.25, 0.1))
    assert outline == pytest.approx(
        np.array([(-0.5, 0), (-0.25, 1), (-0.1, 2), (0.1, 2), (0.25, 1), (0.5, 0)]), abs=1e-9
    )


def test_a_sleeve_ends_on_the_way_along_the_arm():
    path = figures.between([(0, 0), (0, 2), (2, 2)], 0.75)
    assert path[[0, -1]] == pytest.approx(np.array([(0, 0), (1, 2)]))


def test_moved_points():
    assert figures.moved([(1, 2), (3, 4)], x=1, y=-1).tolist() == [[2, 1], [4, 3]]


def test_shades_darken_and_lighten_what_is_painted_and_nothing_else():
    canvas = drawing.Canvas(20, 20, np.eye(3), channels=3)
    canvas.paint([(np.array([(0, 0), (1, 0), (1, 0.8), (0, 0.8)]), (0.5, 0.25, 0.0), 0)])
    before = np.asarray(canvas.image)[::4, ::4].astype(int)
    canvas.shaded(
        [(np.array([(0.2, 0), (0.2, 1)]), -0.8, 0.2), (np.array([(0.8, 0), (0.8, 1)]), 0.8, 0.2)], 1
    )
    after = np.asarray(canvas.image)[::4, ::4].astype(int)
    assert (after[5, 4, :2] < before[5, 4, :2] * 0.7).all()
    assert (after[5, 16] > before[5, 16]).all()
    assert after[5, 10] == pytest.approx(before[5, 10], abs=8)
    assert (after[18] == 0).all()


def test_dots_are_of_one_ink_and_leave_most_of_the_cloth():
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 112), np.linspace(0, 1, 112))
    field = drawing.fabric(np.random.default_rng(0), "dots", x, y)
    assert len(np.unique(field)) == 2
    assert 0.6 < (field == 1).mean() < 0.98


def test_a_shadow_darkens_and_falls_near_what_casts_it():
    from PIL import Image

    mask = Image.new("L", (96, 96))
    mask.paste(255, (30, 30, 60, 60))
    factors = studio.shadow(np.random.default_rng(0), mask)
    assert factors.shape == (96, 96, 1)
    assert factors.max() <= 1
    assert factors[45, 45] < 0.95
    assert factors[5, 5] == pytest.approx(1, abs=0.01)
