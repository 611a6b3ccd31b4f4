"""The projector export, as TensorBoard itself serves it, and the custom projection."""

import io
import json
import os
import re
import subprocess
import sys
import time
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from course_utils import projector
from course_utils.errors import CourseError

NAMES = np.array(["T-shirt/top", "Trouser", "Größe »XL«"])
COUNT = 10


@pytest.fixture(scope="module")
def clouds():
    """Ten pictures of 6 x 6 pixels, their pixels, a cloud in the plane with awkward numbers, and labels."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (COUNT, 6, 6, 1), dtype=np.uint8)
    plane = generator.normal(size=(COUNT, 2)) * np.logspace(-30, 30, COUNT)[:, None]
    return images, {"pixels": images.reshape(COUNT, -1), "custom axis": plane}, np.arange(COUNT) % 3


@pytest.fixture(scope="module")
def tensorboard(tmp_path_factory, clouds):
    """A TensorBoard over the runs "." and "plain"; returns a function that fetches the plugin's routes."""
    images, vectors, labels = clouds
    logs = tmp_path_factory.mktemp("logs")
    projector.export(logs, {"old": vectors["pixels"] * 0}, labels, images)
    projector.export(logs, vectors, NAMES[labels], images)
    projector.export(logs / "plain", {"pixels": vectors["pixels"]}, labels, images)
    event_file(logs / "plain")
    errors = logs / "stderr.txt"
    command = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        logs,
        "--host",
        "127.0.0.1",
        "--port",
        "0",
    ]
    with errors.open("w") as file:
        server = subprocess.Popen(
            [*command, "--load_fast=false"],
            stdout=file,
            stderr=file,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        )
    try:
        yield fetcher(address(server, errors))
    finally:
        server.terminate()
        server.wait(timeout=30)


def event_file(folder):
    """TensorBoard sees a folder below the log folder as a run only if it holds events, as training leaves."""
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    EventFileWriter(str(folder)).close()


def address(server, errors, seconds=120):
    for _ in range(seconds * 4):
        if found := re.search(r"http://127\.0\.0\.1:\d+/", errors.read_text()):
            return found[0]
        assert server.poll() is None, errors.read_text()
        time.sleep(0.25)
    raise AssertionError(f"TensorBoard gave no address in {seconds} s: {errors.read_text()}")


def fetcher(url):
    def fetch(route, **query):
        with urlopen(f"{url}data/plugin/projector/{route}?{urlencode(query)}", timeout=60) as answer:
            return answer.read()

    # The runs are read in the background after the start.
    for _ in range(120):
        if len(json.loads(fetch("runs"))) == 2:
            return fetch
        time.sleep(0.5)
    raise AssertionError(f"The projector found the runs {fetch('runs')}")


def test_tensorboard_finds_every_embedding(tensorboard):
    found = json.loads(tensorboard("info", run="."))["embeddings"]
    assert [entry["tensorName"] for entry in found] == ["pixels", "custom axis"]
    assert [entry["tensorShape"] for entry in found] == [[COUNT, 36], [COUNT, 2]]
    assert all(entry["sprite"]["singleImageDim"] == [6, 6] for entry in found)
    (plain,) = json.loads(tensorboard("info", run="plain"))["embeddings"]
    assert plain["tensorName"] == "pixels"


@pytest.mark.parametrize("name", ["pixels", "custom axis"])
def test_tensorboard_serves_the_very_vectors(tensorboard, clouds, name):
    served = np.frombuffer(tensorboard("tensor", run=".", name=name), np.float32)
    expected = clouds[1][name].astype(np.float32)
    np.testing.assert_array_equal(served.reshape(expected.shape), expected)


def test_tensorboard_serves_one_label_a_vector(tensorboard, clouds):
    lines = tensorboard("metadata", run=".", name="pixels").decode().splitlines()
    assert lines == list(NAMES[clouds[2]])


def test_tensorboard_serves_the_sprite_row_by_row(tensorboard, clouds):
    sprite = Image.open(io.BytesIO(tensorboard("sprite_image", run=".", name="custom axis")))
    assert sprite.size == (24, 24)  # 10 pictures: 4 in a row, and square
    pixels = np.asarray(sprite)
    for index, image in enumerate(clouds[0][..., 0]):
        row, column = divmod(index, 4)
        np.testing.assert_array_equal(pixels[6 * row :, 6 * column :][:6, :6], image)
    assert not pixels[18:].any() and not pixels[12:18, 12:].any()


# What is written


def test_export_returns_its_folder_and_writes_what_it_says(tmp_path, clouds):
    images, vectors, labels = clouds
    folder = projector.export(tmp_path / "new" / "logs", vectors, labels, images)
    assert folder == tmp_path / "new" / "logs"
    names = ["metadata.tsv", "projector_config.pbtxt", "sprite.png", "vectors_1.tsv", "vectors_2.tsv"]
    assert sorted(path.name for path in folder.iterdir()) == names


def test_exporting_again_replaces(tmp_path, clouds):
    images, vectors, labels = clouds
    projector.export(tmp_path, vectors, labels, images)
    projector.export(tmp_path, {"first four": vectors["pixels"][:4]}, labels[:4], images[:4])
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert re.findall('tensor_name: "(.*)"', config) == ["first four"]
    assert Image.open(tmp_path / "sprite.png").size == (12, 12)
    assert len((tmp_path / "metadata.tsv").read_text().splitlines()) == 4


def test_large_pictures_become_thumbnails_with_their_proportions(tmp_path):
    wide = np.full((50, 200, 3), (0, 114, 178), np.uint8)
    projector.export(tmp_path, {"a": np.eye(2)}, ["a", "b"], [wide, wide[:, :50]])
    pixels = np.asarray(Image.open(tmp_path / "sprite.png"))
    assert pixels.shape == (128, 128, 3)
    coloured = pixels[:64].any(axis=2)
    assert coloured[:, :64].sum() == 16 * 64 and coloured[:, 64:].all()


def test_thumbnails_shrink_until_all_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(projector, "MAX_SPRITE", 100)
    projector.export(tmp_path, {"a": np.eye(9)}, range(9), np.zeros((9, 64, 64, 1), np.uint8))
    assert Image.open(tmp_path / "sprite.png").size == (99, 99)


def test_labels_stay_one_a_line(tmp_path):
    projector.export(tmp_path, {"a/b:0": np.eye(3)}, ["a\tb", " ", "c\nd"], np.zeros((3, 8, 8)))
    assert (tmp_path / "metadata.tsv").read_text() == "a b\n-\nc d\n"


# What is refused, before anything is written


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["a"]}, "differ in number: 2 vectors 'a', 1 labels"),
        ({"images": np.zeros((3, 8, 8))}, "3 images"),
        ({"vectors": {"a": np.eye(2), "b": np.eye(3)}}, "3 vectors 'b'"),
        ({"vectors": {"a": [[0.0, 1.0], [np.nan, 1.0]]}}, "1 are not, such as nan at .1, 0."),
        ({"vectors": {"a": [[0.0, 1.0], [np.inf, 1.0]]}}, "must be finite.*infinity"),
        ({"vectors": {"a": np.zeros((2, 8, 8))}}, r"reshape\(len\(images\), -1\)"),
        ({"vectors": {"a": [["a", "b"], ["c", "d"]]}}, "must be numbers"),
        ({"vectors": {"a": [[1], [2]]}}, r"one dimension.*np\.stack"),
        ({"vectors": {"a": np.zeros((0, 2))}, "labels": []}, "nothing to show"),
        ({"vectors": {}}, "nothing to show"),
        ({"images": np.zeros((2, 8, 8)) - 1}, "between 0 and 255"),
    ],
)
def test_export_explains_what_is_wrong_and_writes_nothing(tmp_path, change, message):
    with pytest.raises(CourseError, match=message):
        projector.export(
            **{
                "folder": tmp_path / "logs",
                "vectors": {"a": np.eye(2)},
                "labels": ["a", "b"],
                "images": np.zeros((2, 8, 8)),
            }
            | change
        )
    assert not (tmp_path / "logs").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match=r"Cannot write .*file/logs"):
        projector.export(tmp_path / "file" / "logs", {"a": np.eye(2)}, ["a", "b"], np.zeros((2, 8, 8)))


# The custom projection


def test_custom_axis_is_0_at_the_left_centroid_and_1_at_the_right():
    vectors = [[0, 0, 5], [2, 0, 5], [11, 1, 5], [11, -1, 5], [6, 9, 5], [21, 0, -5]]
    axis = projector.custom_axis(vectors, [0, 0, 1, 1, 2, 3], left=0, right=1)
    np.testing.assert_allclose(axis, [-0.1, 0.1, 1, 1, 0.5, 2])


def test_custom_axis_takes_several_labels_and_names():
    vectors, labels = [[0, 0], [4, 0], [12, 0]], ["a", "b", "c"]
    np.testing.assert_allclose(projector.custom_axis(vectors, labels, ["a", "b"], "c"), [-0.2, 0.2, 1])


def test_custom_axis_orders_points_as_the_projector_does(clouds):
    """TensorBoard projects on right minus left centroid, without shift and scale."""
    pixels, labels = clouds[1]["pixels"].astype(float), clouds[2]
    theirs = pixels @ (pixels[labels == 2].mean(axis=0) - pixels[labels == 0].mean(axis=0))
    ours = projector.custom_axis(clouds[1]["pixels"], labels, left=0, right=2)
    np.testing.assert_allclose(np.corrcoef(theirs, ours)[0, 1], 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0, 0], [1, 1]], [0, 1], 0, 2), r"right = 2: no vector has this label. The labels are 0, 1"),
        (([[0, 0], [1, 1]], [0, 1], [], 1), r"left = \[\]"),
        (([[0, 0], [1, 1]], [0, 1], [0, 1], 1), r"both contain \[1\]"),
        (([[1, 1], [1, 1]], [0, 1], 0, 1), "same centroid"),
        (([[0, 0], [1, 1]], [0], 0, 1), "2 vectors, 1 labels"),
        (([[0, np.nan], [1, 1]], [0, 1], 0, 1), "NaN"),
    ],
)
def test_custom_axis_explains_what_is_wrong(arguments, message):
    with pytest.raises(CourseError, match=message):
        projector.custom_axis(*arguments)
