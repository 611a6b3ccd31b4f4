"""The drawn flowers and pets as data sets: published in form, repeatable, not told by their background."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score

from course_utils.data import samples
from course_utils.data.samples import cats_vs_dogs, tf_flowers
from course_utils.data.samples.motifs import drawing


@dataclass(frozen=True)
class Expected:
    """What holds for one set; the last three are bars for the accuracy of a linear model."""

    name: str
    module: Any
    builder: type
    class_names: list
    few: int  # pictures of the set that is prepared here
    many: int  # pictures that statistics are made of
    is_mixed: Any  # of the first 20 labels
    corners: float
    colours: float
    pixels: float


EXPECTED = [
    Expected(
        "tf_flowers",
        tf_flowers,
        tf_flowers.TfFlowersSample,
        ["dandelion", "daisy", "tulips", "sunflowers", "roses"],
        few=20,
        many=150,
        is_mixed=lambda labels: len(set(labels)) > 3,
        corners=0.3,
        colours=0.45,
        pixels=0.6,
    ),
    Expected(
        "cats_vs_dogs",
        cats_vs_dogs,
        cats_vs_dogs.CatsVsDogsSample,
        ["cat", "dog"],
        few=12,
        many=160,
        is_mixed=lambda labels: 4 < sum(labels) < 16,
        corners=0.6,
        colours=0.6,
        pixels=0.65,
    ),
]


@pytest.fixture(scope="module", params=EXPECTED, ids=lambda expected: expected.name)
def expected(request):
    return request.param


@pytest.fixture(scope="module")
def pictures(expected):
    """The first images and labels, drawn without TensorFlow Datasets."""
    return drawn(expected.module, expected.many)


@pytest.fixture(scope="module")
def builder(expected, tmp_path_factory):
    """The set with few pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setitem(expected.module.COUNTS, "train", expected.few)
        return samples.prepared(expected.name)


only_flowers = pytest.mark.parametrize("expected", EXPECTED[:1], ids=["tf_flowers"], indirect=True)
only_pets = pytest.mark.parametrize("expected", EXPECTED[1:], ids=["cats_vs_dogs"], indirect=True)


def drawn(module, count, seed=0):
    return tuple(zip(*islice(module.pictures("train", seed), count), strict=True))


def small(images):
    """Return ``images`` as rows of 32 x 32 x 3 values from 0 to 1."""
    resized = [Image.fromarray(image).resize((32, 32), Image.Resampling.BOX) for image in images]
    return np.stack([np.asarray(image, float).ravel() / 255 for image in resized])


def accuracy(inputs, labels, alpha=1.0):
    return cross_val_score(RidgeClassifier(alpha=alpha), inputs, labels, cv=4).mean()


# The form of the published set


def test_the_features_are_the_published_ones(expected, builder, tmp_path):
    published = tfds.builder(expected.name, data_dir=tmp_path).info
    names = builder.info.features["label"].names
    assert names == expected.class_names == published.features["label"].names
    assert list(builder.info.features) == list(published.features)
    assert repr(builder.info.features) == repr(published.features)
    assert builder.info.supervised_keys == published.supervised_keys


def test_a_sample_is_told_from_the_published_set(expected, builder):
    assert builder.info.name == f"{expected.name}_sample"
    assert "Drawings made by the" in builder.info.description
    assert expected.builder is not tfds.builder_cls(expected.name)


def test_the_prepared_pictures_are_the_drawn_ones(expected, builder):
    pairs = list(builder.as_dataset(split="train", as_supervised=True).as_numpy_iterator())
    classes = len(expected.class_names)
    assert np.bincount([label for _, label in pairs]).tolist() == [expected.few // classes] * classes
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(expected.module.COUNTS, "train", expected.few)
        wanted = list(expected.module.pictures("train"))
    # JPEG keeps a picture's size and, more or less, its mean colour.
    rows = [
        sorted((*image.shape, int(label), *image.mean(axis=(0, 1))) for image, label in part)
        for part in (wanted, pairs)
    ]
    assert np.array(rows[1]) == pytest.approx(np.array(rows[0]), abs=2)


@only_pets
def test_every_picture_has_a_file_name_of_its_class(expected, builder):
    examples = list(builder.as_dataset(split="train").as_numpy_iterator())
    names = {example["image/filename"].decode() for example in examples}
    assert len(names) == 12
    for example in examples:
        folder = ("Cat", "Dog")[example["label"]]
        assert example["image/filename"].decode().startswith(f"PetImages/{folder}/")


def test_five_hundred_pictures_are_kept_as_jpeg(expected, builder):
    assert expected.module.COUNTS == {"train": 500}
    kept = builder.as_dataset(split="train", decoders={"image": tfds.decode.SkipDecoding()})
    files = [example["image"] for example in kept.as_numpy_iterator()]
    assert all(file.startswith(b"\xff\xd8") for file in files)
    assert sum(map(len, files)) < expected.few * 30_000


# The drawings


def test_sizes_vary_and_both_orientations_occur(pictures):
    sizes = np.array([image.shape for image in pictures[0]])
    longer = sizes[:, :2].max(axis=1)
    assert all(image.dtype == np.uint8 for image in pictures[0])
    assert (sizes[:, 2] == 3).all()
    assert longer.min() >= 120 and longer.max() <= 240 and len(np.unique(longer)) > 50
    assert 0.3 < (sizes[:, 1] > sizes[:, 0]).mean() < 0.8


def test_the_classes_come_in_mixed_order_and_equal_numbers(expected, monkeypatch):
    monkeypatch.setattr(expected.module, "draw", lambda name, rng: None)
    labels = [label for _, label in expected.module.pictures("train")]
    classes = len(expected.class_names)
    assert np.bincount(labels).tolist() == [500 // classes] * classes
    assert expected.is_mixed(labels[:20])


def test_a_seed_repeats_its_pictures_and_another_one_does_not(expected):
    once, again, other = (drawn(expected.module, 5, seed)[0] for seed in (0, 0, 1))
    assert all(np.array_equal(one, two) for one, two in zip(once, again, strict=True))
    assert not any(np.array_equal(one, two) for one, two in zip(once, other, strict=True))


def test_a_picture_does_not_depend_on_those_before_it(expected, pictures):
    image, name = pictures[0][7], expected.class_names[pictures[1][7]]
    alone = expected.module.draw(name, drawing.generator(expected.module.SEED, "train", 7))
    assert np.array_equal(image, alone)


def test_no_picture_is_there_twice(pictures):
    assert len({image.tobytes() for image in pictures[0]}) == len(pictures[0])


# What tells the classes apart, and what does not


def test_the_corners_of_a_picture_tell_nothing(expected, pictures):
    corners = [
        small([image]).reshape(32, 32, 3)[[0, 0, 2, 2], [0, 31, 2, 29]].ravel() for image in pictures[0]
    ]
    assert accuracy(np.stack(corners), pictures[1]) < expected.corners


def test_the_mean_colour_tells_little(expected, pictures):
    colours = np.stack([image.mean(axis=(0, 1)) for image in pictures[0]])
    assert accuracy(colours, pictures[1]) < expected.colours


def test_raw_pixels_tell_little_to_a_linear_model(expected, pictures):
    assert accuracy(small(pictures[0]), pictures[1], alpha=300) < expected.pixels


@only_flowers
def test_a_linear_model_learns_something_of_the_flowers(pictures):
    images, labels = small(pictures[0]), np.array(pictures[1])
    assert accuracy(images, labels, alpha=300) > 0.25
    assert accuracy(images, np.random.default_rng(0).permutation(labels), alpha=300) < 0.3


@only_pets
def test_shapes_tell_the_animal_better_than_chance(pictures):
    shapes = np.stack([edges(image) for image in pictures[0]])
    assert accuracy(shapes, pictures[1], alpha=0.1) > 0.54


def edges(image, cells=8, kinds=9):
    """Return how much of each direction of edges is in each of ``cells`` x ``cells`` fields."""
    grey = np.asarray(Image.fromarray(image).convert("L").resize((64, 64), Image.Resampling.BOX), float)
    down, across = np.gradient(grey)
    kind = (np.arctan2(down, across) % np.pi / np.pi * kinds).astype(int) % kinds
    rows, columns = np.indices(grey.shape) * cells // 64
    counts = np.zeros((cells, cells, kinds))
    np.add.at(counts, (rows, columns, kind), np.hypot(down, across))
    return np.sqrt(counts / counts.sum()).ravel()
