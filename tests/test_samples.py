"""The drawn sets: as published in form, repeatable, whole or not there, and neither trivial nor hopeless."""

import os
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from sklearn.linear_model import RidgeClassifier

from course_utils.data import samples
from course_utils.data.samples import fashion_mnist
from course_utils.data.samples.motifs import drawing
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parent.parent
SPLITS = ("train", "test")
LABELS = dict(enumerate(fashion_mnist.NAMES))


def read(builder, split):
    """Return images (n, 28, 28, 1) and labels (n,) of a prepared set."""
    pairs = builder.as_dataset(split=split, as_supervised=True).batch(500).as_numpy_iterator()
    return tuple(np.concatenate(part) for part in zip(*pairs, strict=True))


def drawn(split, count, seed=fashion_mnist.SEED):
    """Return the first ``count`` pictures as an array, drawn without TensorFlow Datasets."""
    pictures = fashion_mnist.pictures(split, seed)
    return np.stack([image for image, _ in (next(pictures) for _ in range(count))])


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """The whole set, drawn once for all tests; nobody changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return samples.prepared("fashion_mnist")


@pytest.fixture(scope="module")
def pictures(builder):
    return {split: read(builder, split) for split in SPLITS}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """An empty cache and a set of only 40 + 20 pictures to draw into it; returns the folder of the sets."""
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(fashion_mnist.COUNTS, "train", 40)
    monkeypatch.setitem(fashion_mnist.COUNTS, "test", 20)
    return tmp_path / "cache" / "samples"


# The form of the published set


def test_the_features_are_the_published_ones(builder, tmp_path):
    published = tfds.builder("fashion_mnist", data_dir=tmp_path).info
    assert builder.info.features["label"].names == published.features["label"].names
    assert repr(builder.info.features) == repr(published.features)
    assert builder.info.supervised_keys == published.supervised_keys


def test_a_sample_is_told_from_the_published_set(builder):
    assert builder.info.name == "fashion_mnist_sample"
    assert "Drawings made by the" in builder.info.description
    assert "fashion_mnist_sample" not in tfds.list_builders()
    assert fashion_mnist.FashionMnistSample is not tfds.builder_cls("fashion_mnist")


@pytest.mark.parametrize(("split", "each"), [("train", 600), ("test", 100)])
def test_every_class_has_as_many_pictures(builder, pictures, split, each):
    images, labels = pictures[split]
    assert builder.info.splits[split].num_examples == 10 * each
    assert np.bincount(labels).tolist() == [each] * 10
    assert images.shape == (10 * each, 28, 28, 1)
    assert images.dtype == np.uint8


def test_splits_can_be_sliced(builder):
    assert len(builder.as_dataset(split="train[:70%]")) == 4_200


# The drawings


def test_the_prepared_pictures_are_the_drawn_ones(pictures):
    images, labels = pictures["test"]
    expected = {(image.tobytes(), label) for image, label in fashion_mnist.pictures("test")}
    assert {
        (image.tobytes(), label) for image, label in zip(images, labels.tolist(), strict=True)
    } == expected


def test_a_seed_repeats_its_pictures_and_another_one_does_not():
    assert np.array_equal(drawn("train", 30), drawn("train", 30))
    assert not np.array_equal(drawn("train", 30), drawn("train", 30, seed=1))
    assert not np.array_equal(drawn("train", 30), drawn("test", 30))


def test_a_picture_does_not_depend_on_those_before_it():
    pictures = fashion_mnist.pictures("train")
    image, label = [next(pictures) for _ in range(8)][-1]
    alone = fashion_mnist.draw(LABELS[label], drawing.generator(fashion_mnist.SEED, "train", 7))
    assert np.array_equal(image, alone)


def test_the_classes_come_in_mixed_order():
    labels = [
        label
        for label, _ in zip((label for _, label in fashion_mnist.pictures("test")), range(50), strict=False)
    ]
    assert labels != sorted(labels)
    assert len(set(labels[:20])) > 5


def test_no_picture_is_there_twice(pictures):
    images = np.concatenate([pictures[split][0] for split in SPLITS])
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == 7_000


def test_a_light_garment_fills_a_black_frame(pictures):
    images = pictures["train"][0].astype(float)
    assert (images[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 0).mean() > 0.9
    ink = (images > 20).mean(axis=(1, 2, 3))
    assert ink.min() > 0.03
    assert 0.3 < ink.mean() < 0.6
    assert 80 < images[images > 20].mean() < 180
    rows, columns = (images > 20).any(axis=(2, 3)), (images > 20).any(axis=(1, 3))
    assert np.maximum(rows.sum(axis=1), columns.sum(axis=1)).min() >= 20


def test_no_two_classes_look_alike_on_average(pictures):
    images, labels = pictures["train"]
    means = [images[labels == label].mean(axis=0) for label in range(10)]
    assert min(np.abs(one - other).mean() for one, other in combinations(means, 2)) > 3


def test_most_shoes_point_to_the_left_and_some_to_the_right(pictures):
    images, labels = pictures["train"]
    shafts = images[labels == fashion_mnist.NAMES.index("Ankle boot"), :12].astype(float).sum(axis=(1, 3))
    to_the_left = (shafts[:, 14:].sum(axis=1) > shafts[:, :14].sum(axis=1)).mean()
    assert 0.6 < to_the_left < 0.9


def test_a_linear_model_learns_something_but_not_all(pictures):
    images, labels = pictures["train"][0][:1_500] / 255, pictures["train"][1][:1_500]
    test = pictures["test"][0].reshape(1_000, -1) / 255
    model = RidgeClassifier(alpha=100).fit(images.reshape(1_500, -1), labels)
    assert 0.6 < model.score(test, pictures["test"][1]) < 0.85


def test_nothing_can_be_learned_from_shuffled_labels(pictures):
    images, labels = pictures["train"][0][:1_500] / 255, pictures["train"][1][:1_500]
    test = pictures["test"][0].reshape(1_000, -1) / 255
    shuffled = np.random.default_rng(0).permutation(labels)
    model = RidgeClassifier(alpha=100).fit(images.reshape(1_500, -1), shuffled)
    assert model.score(test, pictures["test"][1]) < 0.16


# The cache


def test_an_unknown_name_is_refused_with_the_known_ones(small):
    for ask in (samples.prepared, samples.redraw):
        with pytest.raises(CourseError, match=r"'emnist'.*fashion_mnist"):
            ask("emnist")
    assert not small.exists()


def test_drawing_says_one_line_and_reading_none(small, capsys):
    samples.prepared("fashion_mnist")
    assert capsys.readouterr().out == "Drawing the sample pictures (once, about 10 s) ...\n"
    samples.prepared("fashion_mnist")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("shown", [True, False])
def test_drawing_leaves_the_progress_bars_of_tfds_as_they_were(small, capfd, shown):
    from tensorflow_datasets.core.utils import tqdm_utils

    before = tqdm_utils._active
    tfds.display_progress_bar(shown)
    try:
        samples.prepared("fashion_mnist")
        assert tqdm_utils._active is shown
    finally:
        tfds.display_progress_bar(before)
    assert "examples" not in capfd.readouterr().err


def test_nothing_else_is_left_in_the_cache(small):
    path = samples.prepared("fashion_mnist").data_path
    assert Path(path).parent.parent == small
    assert [entry.name for entry in small.iterdir()] == ["fashion_mnist_sample"]


def test_what_a_killed_process_left_does_not_matter(small):
    (small / ".drawing-dead" / "fashion_mnist_sample").mkdir(parents=True)
    assert len(read(samples.prepared("fashion_mnist"), "train")[1]) == 40


def test_a_folder_that_cannot_be_written_is_said_with_the_way_out(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(CourseError, match="Set COURSE_CACHE_DIR"):
        samples.prepared("fashion_mnist")


def cut(folder):
    os.truncate(next(folder.glob("*train.tfrecord*")), 5_000)


def lose(folder):
    next(folder.glob("*test.tfrecord*")).unlink()


def garble(folder):
    os.truncate(folder / "dataset_info.json", 100)


def forget(folder):
    (folder / "dataset_info.json").write_text("{}")


def empty(folder):
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize("damage", [cut, lose, garble, forget, empty])
def test_a_damaged_copy_is_noticed_and_drawn_again(small, capsys, damage):
    whole = read(samples.prepared("fashion_mnist"), "train")
    damage(small / "fashion_mnist_sample" / "1.0.0")
    capsys.readouterr()
    again = read(samples.prepared("fashion_mnist"), "train")
    assert "Drawing" in capsys.readouterr().out
    assert np.array_equal(again[0], whole[0])
    assert np.array_equal(again[1], whole[1])


def test_damage_inside_a_file_is_found_by_reading_and_repaired_by_redraw(small):
    builder = samples.prepared("fashion_mnist")
    file = next(Path(builder.data_path).glob("*train.tfrecord*"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(tf.errors.DataLossError):
        read(builder, "train")
    assert len(read(samples.redraw("fashion_mnist"), "train")[1]) == 40
    assert [entry.name for entry in small.iterdir()] == ["fashion_mnist_sample"]


def test_an_interrupted_drawing_leaves_nothing(small, monkeypatch):
    whole = fashion_mnist.pictures

    def interrupted(split):
        yield from (pair for pair, _ in zip(whole(split), range(10), strict=False))
        raise KeyboardInterrupt

    monkeypatch.setattr(fashion_mnist, "pictures", interrupted)
    with pytest.raises(KeyboardInterrupt):
        samples.prepared("fashion_mnist")
    assert list(small.iterdir()) == []
    monkeypatch.setattr(fashion_mnist, "pictures", whole)
    assert len(read(samples.prepared("fashion_mnist"), "train")[1]) == 40


def test_the_slower_of_two_throws_its_pictures_away(small, monkeypatch):
    whole, first = fashion_mnist.pictures, []

    def overtaken(split):
        if not first:
            first.append(None)
            first[0] = Path(samples.prepared("fashion_mnist").data_path).stat().st_ino
        return whole(split)

    monkeypatch.setattr(fashion_mnist, "pictures", overtaken)
    builder = samples.prepared("fashion_mnist")
    assert Path(builder.data_path).stat().st_ino == first[0]
    assert [entry.name for entry in small.iterdir()] == ["fashion_mnist_sample"]


def test_two_processes_may_draw_at_once(tmp_path):
    code = (
        "from course_utils.data import samples\n"
        "from course_utils.data.samples import fashion_mnist\n"
        "fashion_mnist.COUNTS.update(train=400, test=20)\n"
        "builder = samples.prepared('fashion_mnist')\n"
        "print(len(list(builder.as_dataset(split='train').as_numpy_iterator())))\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"COURSE_CACHE_DIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate()
        assert process.returncode == 0, err
        assert out.splitlines()[-1] == "400"
    assert [entry.name for entry in (tmp_path / "samples").iterdir()] == ["fashion_mnist_sample"]


def test_importing_the_package_does_not_import_tensorflow():
    code = "import sys; from course_utils.data import samples; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# The drawing tools


def test_a_mirrored_outline_is_symmetric():
    assert drawing.mirrored([(1, 0), (2, 1)]).tolist() == [[1, 0], [2, 1], [-2, 1], [-1, 0]]


def test_rounding_cuts_corners_and_keeps_the_middle():
    square = drawing.rounded([(0, 0), (1, 0), (1, 1), (0, 1)], rounds=2)
    assert square.shape == (16, 2)
    assert square.mean(axis=0) == pytest.approx([0.5, 0.5])
    assert not (square == 0).all(axis=1).any()


def test_the_trim_stands_out_from_the_cloth():
    rng = np.random.default_rng(0)
    assert min(abs(drawing.contrasting(rng, 0.5) - 0.5) for _ in range(50)) >= 0.3


def test_a_pose_centres_the_object_in_the_picture():
    sketch = drawing.Sketch()
    sketch.cloth([(-3, 10), (3, 10), (3, 14), (-3, 14)], 1)
    matrix = drawing.pose(
        sketch.cloths, np.random.default_rng(0), fill=(0.9, 0.9), turn=0, shift=0, stretch=0, shear=0
    )
    corners = np.array([[-3, 10, 1], [3, 14, 1]]) @ matrix[:2].T
    assert corners == pytest.approx(np.array([[0.05, 0.2], [0.95, 0.8]]))


def test_a_canvas_paints_in_colour_on_any_background_and_with_soft_edges():
    sketch, rng = drawing.Sketch(), np.random.default_rng(0)
    sketch.cloth([(0.26, 0.26), (0.74, 0.26), (0.74, 0.74), (0.26, 0.74)], (1, 0, 0.5))
    canvas = drawing.Canvas(20, 30, np.eye(3), channels=3)
    canvas.paint(sketch.cloths)
    image = canvas.picture(rng, slope=0, folds=0, round_off=0, noise=0, background=100)
    assert image.shape == (20, 30, 3)
    assert image.dtype == np.uint8
    assert image[10, 15].tolist() == [255, 0, 128]
    assert image[0, 0].tolist() == [100, 100, 100]
    assert 100 < image[5, 15, 0] < 255


@pytest.mark.parametrize("kind", ["stripes", "pinstripes", "checks", "knit", "heather", "pattern"])
def test_a_fabric_varies_around_one(kind):
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 112), np.linspace(0, 1, 112))
    field = drawing.fabric(np.random.default_rng(0), kind, x, y)
    assert field.shape == (112, 112)
    assert field.std() > 0.01
    assert 0 < field.min() < field.max() < 2


def test_an_unknown_fabric_is_refused():
    with pytest.raises(ValueError, match="denim"):
        drawing.fabric(np.random.default_rng(0), "denim", np.zeros((2, 2)), np.zeros((2, 2)))
