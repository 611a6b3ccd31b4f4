"""The drawn sets in data/samples: as published in form, as drawn in content, made again by one command."""

from itertools import islice

import make_samples
import numpy as np
import pytest
import tensorflow_datasets as tfds
from drawings.kit.chance import generator
from drawings.sets import SETS

from course_utils.data import tfds_sets
from course_utils.files import course_folder

SAMPLES = course_folder() / "data" / "samples"
CARD = (SAMPLES / "README.md").read_text(encoding="utf-8")
COUNTS = {
    "fashion_mnist": {"train": 6_000, "test": 1_000},
    "fashion_attributes": {"train": 1_400, "unseen": 300},
    "cats_vs_dogs": {"train": 500},
    "tf_flowers": {"train": 500},
}
COMBINATIONS = [
    *("black_jeans", "black_shoes", "blue_dress", "blue_jeans", "blue_shirt", "red_dress", "red_shirt"),
    *("black_dress", "blue_shoes", "red_shoes"),
]
STARTS = {"png": b"\x89PNG", "jpeg": b"\xff\xd8"}  # of files
# What JPEG may change: the mean over a picture of the absolute difference, of 255.
LOSS = {"fashion_mnist": 0, "fashion_attributes": 10, "cats_vs_dogs": 10, "tf_flowers": 10}
PUBLISHED = [name for name in SETS if name != "fashion_attributes"]


@pytest.fixture(scope="module", params=SETS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def builder(name):
    return tfds_sets.sample(name)


@pytest.fixture(scope="module")
def shipped(builder):
    """Split -> images and labels, as lists."""
    return {
        split: tuple(zip(*tfds_sets.examples(builder, split).as_numpy_iterator(), strict=True))
        for split in builder.info.splits
    }


def files():
    return [path for path in SAMPLES.rglob("*") if path.is_file()]


# The form


def test_counts_and_classes(name, shipped):
    assert {split: len(labels) for split, (_, labels) in shipped.items()} == COUNTS[name]
    for _, labels in shipped.values():
        found = np.bincount(labels)
        assert len(set(found[found > 0])) == 1  # as many of each class that is there


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_features_are_the_published_ones(name, tmp_path):
    builder, published = tfds_sets.sample(name), tfds.builder(name, data_dir=tmp_path).info
    assert set(builder.info.features) == set(published.features)
    assert builder.info.features["label"].names == published.features["label"].names
    assert builder.info.features["image"].shape == published.features["image"].shape
    assert builder.info.features["image"].np_dtype == published.features["image"].np_dtype
    assert builder.info.supervised_keys == published.supervised_keys


def test_combinations_of_colour_and_garment():
    builder = tfds_sets.sample("fashion_attributes")
    assert builder.info.features["label"].names == COMBINATIONS
    assert builder.info.features["image"].shape == (96, 96, 3)
    words = {
        split: {word for label in found for word in COMBINATIONS[label].split("_")}
        for split, found in (
            (split, set(tfds_sets.columns(builder, split)[1].tolist())) for split in ("train", "unseen")
        )
    }
    unseen = set(tfds_sets.columns(builder, "unseen")[1].tolist())
    assert {COMBINATIONS[label] for label in unseen} == {"black_dress", "blue_shoes", "red_shoes"}
    assert not unseen & set(tfds_sets.columns(builder, "train")[1].tolist())
    assert words["unseen"] <= words["train"]  # but every colour and every garment can be learned


def test_file_names_of_pets_tell_their_class():
    for example in tfds.as_numpy(tfds_sets.sample("cats_vs_dogs").as_dataset(split="train[:40]")):
        assert example["image/filename"].decode().startswith(f"PetImages/{('Cat', 'Dog')[example['label']]}/")


def test_a_sample_is_told_from_the_published_set(name, builder):
    assert builder.info.name == f"{name}_sample"
    assert builder.info.description.startswith("Drawings made by the image-classification course")


def test_splits_can_be_sliced(name, builder):
    assert len(builder.as_dataset(split="train[:70%]")) == round(0.7 * COUNTS[name]["train"])


def test_classes_come_in_mixed_order(name, shipped):
    labels = shipped["train"][1]
    assert len(set(labels[:40])) == len(set(labels))


def test_each_picture_is_a_png_or_jpeg_file(name, builder):
    start = STARTS["png" if name == "fashion_mnist" else "jpeg"]
    kept = tfds_sets.examples(builder, "train", decoded=False).take(20).as_numpy_iterator()
    assert all(image.startswith(start) for image, _ in kept)


def test_all_sets_together_are_small_and_know_no_machine():
    assert sum(path.stat().st_size for path in files()) <= 15_000_000
    for path in files():
        if path.suffix in (".json", ".txt"):
            text = path.read_text(encoding="utf-8")
            assert "/home/" not in text and "/tmp/" not in text and str(course_folder()) not in text


def test_the_card_names_each_set_with_its_counts_and_size(name):
    (row,) = [line for line in CARD.splitlines() if line.startswith(f"| `{name}/`")]
    for split, count in COUNTS[name].items():
        assert f"{count:,} `{split}`" in row
    size = sum(path.stat().st_size for path in files() if name in path.parts)
    assert f"{size / 1e6:.1f} MB" in row


# The content


@pytest.mark.parametrize("split", ["first", "last"])
def test_what_is_shipped_is_what_is_drawn(name, shipped, split):
    split = {"first": list, "last": lambda splits: list(splits)[::-1]}[split](shipped)[0]
    images, labels = shipped[split]
    for image, label in islice(SETS[name].pictures(split), 6):
        differences = [
            np.abs(other.astype(int) - image).mean()
            for other, its in zip(images, labels, strict=True)
            if its == label and other.shape == image.shape
        ]
        assert min(differences) <= LOSS[name]


def test_no_picture_is_there_twice(shipped):
    pictures = [image.tobytes() for images, _ in shipped.values() for image in images]
    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize("name", ["cats_vs_dogs", "tf_flowers"])
def test_sizes_vary_and_both_orientations_occur(name):
    pairs = tfds_sets.examples(tfds_sets.sample(name), "train").as_numpy_iterator()
    sizes = np.array([image.shape for image, _ in pairs])
    longer = sizes[:, :2].max(axis=1)
    assert longer.min() >= 120 and longer.max() <= 240 and len(np.unique(longer)) > 50
    assert 0.3 < (sizes[:, 1] > sizes[:, 0]).mean() < 0.8


# How it is drawn and made


def test_a_seed_repeats_its_pictures_and_another_one_does_not(name):
    once, again, other = (
        [image for image, _ in islice(SETS[name].pictures("train", seed), 4)] for seed in (0, 0, 1)
    )
    assert all(np.array_equal(one, two) for one, two in zip(once, again, strict=True))
    assert not any(np.array_equal(one, two) for one, two in zip(once, other, strict=True))


def test_a_picture_does_not_depend_on_those_before_it(name):
    drawn = SETS[name]
    image, label = next(islice(drawn.pictures("train"), 5, None))
    assert np.array_equal(drawn.draw(drawn.NAMES[label], generator(drawn.SEED, "train", 5)), image)


def test_made_twice_a_set_has_the_same_bytes(name, monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(SETS[name], "COUNTS", dict.fromkeys(COUNTS[name], 5))
    for folder in ("one", "other"):
        assert make_samples.main([name, "--out", str(tmp_path / folder)]) == 0
    made = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "one", tmp_path / "other")
    ]
    assert made[0] == made[1]
    builder = tfds.builder_from_directory(tmp_path / "one" / name / "1.0.0")
    assert {split: found.num_examples for split, found in builder.info.splits.items()} == SETS[name].COUNTS
    assert builder.info.features["image"].shape == tfds_sets.sample(name).info.features["image"].shape


def test_a_set_is_replaced_and_an_interrupted_drawing_leaves_what_was_there(monkeypatch, tmp_path, capfd):
    drawn = SETS["fashion_mnist"]
    for count in (5, 10):
        monkeypatch.setattr(drawn, "COUNTS", {"train": count})
        make_samples.main(["fashion_mnist", "--out", str(tmp_path)])
    builder = tfds.builder_from_directory(tmp_path / "fashion_mnist" / "1.0.0")
    assert builder.info.splits["train"].num_examples == 10
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def interrupted(split):
        raise KeyboardInterrupt

    monkeypatch.setattr(drawn, "pictures", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_samples.main(["fashion_mnist", "--out", str(tmp_path)])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_unknown_set_is_refused_with_the_known_ones(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        make_samples.main(["emnist", "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "'emnist'" in capsys.readouterr().err and not any(tmp_path.iterdir())
