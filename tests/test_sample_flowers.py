"""The drawn flowers: as published in form, repeatable, and told by their build, not by their background."""

from itertools import islice

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score

from course_utils.data import samples
from course_utils.data.samples import backdrops, camera, drawing, flowers, petals, tf_flowers

NAMES = ["dandelion", "daisy", "tulips", "sunflowers", "roses"]


def drawn(count, seed=tf_flowers.SEED):
    """Return the first ``count`` images and labels, drawn without TensorFlow Datasets."""
    return tuple(zip(*islice(tf_flowers.pictures("train", seed), count), strict=True))


def small(images):
    """Return ``images`` as rows of 32 x 32 x 3 values from 0 to 1."""
    resized = [Image.fromarray(image).resize((32, 32), Image.Resampling.BOX) for image in images]
    return np.stack([np.asarray(image, float).ravel() / 255 for image in resized])


def view(**changes):
    given = {"tilt": 0.9, "lamp": camera.lamp(np.random.default_rng(0)), "pixels": 50, "reach": 4, "kin": 1}
    return petals.View(**(given | changes))


@pytest.fixture(scope="module")
def pictures():
    """The first 150 images and labels."""
    return drawn(150)


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """The set with only 20 pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setitem(tf_flowers.COUNTS, "train", 20)
        return samples.prepared("tf_flowers")


# The form of the published set


def test_the_features_are_the_published_ones(builder, tmp_path):
    published = tfds.builder("tf_flowers", data_dir=tmp_path).info
    assert builder.info.features["label"].names == NAMES == published.features["label"].names
    assert list(builder.info.features) == list(published.features)
    assert repr(builder.info.features) == repr(published.features)
    assert builder.info.supervised_keys == published.supervised_keys


def test_a_sample_is_told_from_the_published_set(builder):
    assert builder.info.name == "tf_flowers_sample"
    assert "Drawings made by the" in builder.info.description
    assert tf_flowers.TfFlowersSample is not tfds.builder_cls("tf_flowers")


def test_the_prepared_pictures_are_the_drawn_ones(builder):
    pairs = list(builder.as_dataset(split="train", as_supervised=True).as_numpy_iterator())
    assert len(pairs) == 20
    assert np.bincount([label for _, label in pairs]).tolist() == [4] * 5
    # JPEG keeps a picture's size and, more or less, its mean colour.
    expected = sorted((*image.shape, label, *image.mean(axis=(0, 1))) for image, label in drawn20())
    found = sorted((*image.shape, int(label), *image.mean(axis=(0, 1))) for image, label in pairs)
    assert np.array(found) == pytest.approx(np.array(expected), abs=2)


def drawn20():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tf_flowers.COUNTS, "train", 20)
        return list(tf_flowers.pictures("train"))


def test_five_hundred_pictures_are_kept_as_jpeg(builder):
    assert tf_flowers.COUNTS == {"train": 500}
    kept = builder.as_dataset(split="train", decoders={"image": tfds.decode.SkipDecoding()})
    files = [example["image"] for example in kept.as_numpy_iterator()]
    assert all(file.startswith(b"\xff\xd8") for file in files)
    assert sum(map(len, files)) < 20 * 30_000


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
        patch.setattr(tf_flowers, "draw", lambda name, rng: None)
        labels = [label for _, label in tf_flowers.pictures("train")]
    assert np.bincount(labels).tolist() == [100] * 5
    assert len(set(labels[:20])) > 3


def test_a_seed_repeats_its_pictures_and_another_one_does_not():
    once, again, other = (drawn(5, seed)[0] for seed in (0, 0, 1))
    assert all(np.array_equal(one, two) for one, two in zip(once, again, strict=True))
    assert not any(np.array_equal(one, two) for one, two in zip(once, other, strict=True))


def test_a_picture_does_not_depend_on_those_before_it(pictures):
    image, label = pictures[0][7], pictures[1][7]
    alone = tf_flowers.draw(NAMES[label], drawing.generator(tf_flowers.SEED, "train", 7))
    assert np.array_equal(image, alone)


def test_no_picture_is_there_twice(pictures):
    assert len({image.tobytes() for image in pictures[0]}) == len(pictures[0])


def test_scenes_do_not_know_the_kind_of_flower(monkeypatch):
    seen = []
    scenery = backdrops.scenery
    monkeypatch.setattr(backdrops, "scenery", lambda *given: seen.append(scenery(*given)) or seen[-1])
    for name in NAMES:
        tf_flowers.draw(name, drawing.generator(0, "train", 3))
    assert len(seen) == 5
    assert all(np.array_equal(picture, seen[0]) for picture in seen)


def test_the_corners_of_a_picture_tell_nothing(pictures):
    corners = [
        small([image]).reshape(32, 32, 3)[[0, 0, 2, 2], [0, 31, 2, 29]].ravel() for image in pictures[0]
    ]
    score = cross_val_score(RidgeClassifier(), np.stack(corners), pictures[1], cv=4).mean()
    assert score < 0.3


def test_the_mean_colour_tells_little(pictures):
    colours = np.stack([image.mean(axis=(0, 1)) for image in pictures[0]])
    assert cross_val_score(RidgeClassifier(), colours, pictures[1], cv=4).mean() < 0.45


def test_a_linear_model_learns_something_but_little(pictures):
    images, labels = small(pictures[0]), np.array(pictures[1])
    score = cross_val_score(RidgeClassifier(alpha=300), images, labels, cv=4).mean()
    assert score > 0.25
    assert score < 0.6
    shuffled = np.random.default_rng(0).permutation(labels)
    assert cross_val_score(RidgeClassifier(alpha=300), images, shuffled, cv=4).mean() < 0.3


# The flowers


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pixels", [8, 60])
def test_a_flower_has_a_stem_and_a_head_around_its_middle(name, pixels):
    under, head = flowers.KINDS[name](np.random.default_rng(3), view(pixels=pixels))
    points = np.concatenate([points for points, _, _ in head])
    assert max(points[:, 1].max() for points, _, _ in under) >= 3.9
    assert 0.5 < np.abs(points[:, 0]).max() < 1.6
    assert np.abs(points[:, 1]).max() < 1.6
    assert all(np.min(tone) >= 0 and np.max(tone) <= 1 for _, tone, _ in head)


def test_small_flowers_have_fewer_strokes():
    for name in NAMES:
        few, many = (len(flowers.KINDS[name](np.random.default_rng(0), view(pixels=p))[1]) for p in (8, 60))
        assert few < many


def test_flowers_of_one_kin_share_their_colour():
    assert np.array_equal(flowers.coloured(5), flowers.coloured(5))
    assert len({tuple(flowers.coloured(kin)) for kin in range(10)}) == 10


def test_looking_into_a_flower_and_at_its_side():
    tip = np.array([0, 0, 1.0])
    assert view(tilt=0).seen(tip) == pytest.approx([0, 0, 1])
    assert view(tilt=np.pi / 2).seen(tip) == pytest.approx([0, -1, 0])


def test_near_petals_are_painted_after_far_ones():
    rows = np.array([[0.2, 1.0]] * 4)
    surfaces = petals.whorl(np.arange(4) * np.pi / 2, rows, 0 * rows, 0 * rows + 0.2)
    assert surfaces.shape == (4, 2, 3, 3)
    nearness = [near for near, _ in petals.strokes(surfaces, np.ones(3), view(tilt=1.2))]
    assert nearness == sorted(nearness)
    assert nearness[0] < 0 < nearness[-1]


# What stands behind


@pytest.mark.parametrize("kind", sorted(backdrops.WALLS + backdrops.FLOORS))
def test_a_surface_fills_the_picture(kind):
    first, again, other = (backdrops.surface(np.random.default_rng(seed), kind, 40, 60) for seed in (0, 0, 1))
    assert first.shape == (40, 60, 3)
    assert first.dtype == np.float32
    assert first.min() > -60
    assert first.max() < 400
    assert first.std() > 1
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_unknown_surface_is_refused():
    with pytest.raises(ValueError, match="lava"):
        backdrops.surface(np.random.default_rng(0), "lava", 4, 4)


@pytest.mark.parametrize("horizon", [0, 0.01, 0.5, 1])
def test_the_horizon_parts_wall_and_floor(horizon):
    picture = backdrops.scenery(np.random.default_rng(0), "sky", "soil", 50, 80, horizon)
    assert picture.shape == (50, 80, 3)
    is_sky = picture[:, :, 2].mean(axis=1) > picture[:, :, 0].mean(axis=1)
    assert is_sky.sum() == round(50 * horizon)


def test_a_picture_out_of_focus_has_less_contrast():
    picture = np.random.default_rng(0).uniform(0, 255, (30, 40, 3))
    assert camera.soften(picture, 2).std() < 0.3 * picture.std()
    assert camera.soften(picture, 0) == pytest.approx(picture, abs=1)
