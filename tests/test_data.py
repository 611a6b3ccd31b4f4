"""The loader: sources, splits, and every way in which the data can be wrong."""

import contextlib
import itertools
import json
import os
import shutil
import socket
import threading
import time

import numpy as np
import pytest
from conftest import empty_tfds
from PIL import Image

from course_utils import availability, data
from course_utils.data import tfds_sets
from course_utils.data.catalog import DATA_SETS
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import course_folder


@pytest.fixture(scope="module")
def sample():
    return data.load("fashion_mnist", source="sample", seed=3)


def copy_as_published(monkeypatch, tmp_path):
    """Pass a copy of the drawn set for prepared published data; return the folder with its files."""
    original = tfds_sets.sample("fashion_mnist").data_path
    folder = empty_tfds(monkeypatch, tmp_path) / "fashion_mnist" / "3.0.1"
    shutil.copytree(original, folder)
    info = folder / "dataset_info.json"
    info.write_text(info.read_text().replace('"1.0.0"', '"3.0.1"'))
    return folder


def test_sample_has_three_parts_of_single_pictures(sample):
    assert sample.counts == {"train": 4800, "validation": 1200, "test": 1000}
    assert sample.shape == (28, 28, 1)
    image, label = next(sample.train.as_numpy_iterator())
    assert image.shape == (28, 28, 1) and image.dtype == np.uint8
    assert label.dtype == np.int64
    assert sample.class_names == sample.info.features["label"].names


def test_split_is_stratified_and_complete(sample):
    parts = [data.arrays(part) for part in (sample.train, sample.validation)]
    assert [np.bincount(labels).tolist() for _, labels in parts] == [[480] * 10, [120] * 10]
    together = {image.tobytes() for images, _ in parts for image in images}
    whole = {image.tobytes() for image, _ in sample_train()}
    assert together == whole


def sample_train():
    return tfds_sets.sample("fashion_mnist").as_dataset(split="train", as_supervised=True).as_numpy_iterator()


def test_one_seed_gives_one_split_and_another_seed_another(sample):
    again = data.load("fashion_mnist", source="sample", seed=3)
    other = data.load("fashion_mnist", source="sample", seed=4)
    images, labels = data.arrays(sample.validation)
    same_images, same_labels = data.arrays(again.validation)
    assert (images == same_images).all() and (labels == same_labels).all()
    assert (images != data.arrays(other.validation)[0]).any()


def test_repr_says_sample_and_counts(sample):
    text = repr(sample)
    assert "sample (drawn by the course" in text and "4,800" in text and "28 x 28 x 1" in text


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, "0.2", 0.00001])
def test_validation_share_outside_its_range(share):
    with pytest.raises(CourseError, match=r"validation = "):
        data.load("fashion_mnist", source="sample", validation=share)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(CourseError, match=r"'fashion'.*fashion_mnist"):
        data.load("fashion")


def test_unknown_source_lists_the_known_ones():
    with pytest.raises(CourseError, match=r"'smaple'.*'auto', 'tfds', 'sample'"):
        data.load("fashion_mnist", source="smaple")


def test_auto_without_network_takes_the_sample_and_says_why(offline, capsys):
    pictures = data.load("fashion_mnist", source="auto")
    assert pictures.source == "sample"
    line = capsys.readouterr().out.splitlines()[-1]
    assert "sample" in line and "does not answer" in line


def test_tfds_without_network_and_cache_says_what_to_do(offline):
    with pytest.raises(NotAvailable, match=r"does not answer.*TFDS_DATA_DIR.*sample"):
        data.load("fashion_mnist", source="tfds")
    assert not offline.exists() or not any(offline.iterdir())


def test_a_failed_download_is_an_answer_not_a_traceback(offline, monkeypatch):
    monkeypatch.setattr(availability, "network_answers", lambda address, seconds=4: True)

    def fail(*arguments, **options):
        raise ConnectionError("connection reset\nlong story")

    import tensorflow_datasets as tfds

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(NotAvailable, match=r"ConnectionError: connection reset\. Try again \('course fetch'"):
        data.load("fashion_mnist", source="tfds")
    assert data.load("fashion_mnist", source="auto").source == "sample"


def test_download_refuses_a_full_disk(offline, monkeypatch):
    monkeypatch.setattr(availability, "network_answers", lambda address, seconds=4: True)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=1_000_000))
    with pytest.raises(NotAvailable, match=r"needs 69 MB"):
        availability.obtain(tfds_sets.published("fashion_mnist"))


def test_network_check_gives_up_in_time(monkeypatch):
    def hang(*arguments, **options):
        time.sleep(3)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", hang)
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    started = time.perf_counter()
    assert availability.network_answers("http://example.invalid", seconds=0.2) is False
    assert time.perf_counter() - started < 3


@pytest.fixture
def server():
    """A server on this machine: its port, the first lines of what it was asked, and what it says."""
    requests, says = [], {"answer": b"HTTP/1.0 404 Not Found\r\n\r\n"}
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    requests.append(connection.recv(1000).split(b"\r\n")[0])
                    if says["answer"]:
                        connection.sendall(says["answer"])
                        connection.close()
                    else:
                        says.setdefault("open", []).append(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], requests, says


def test_network_check_takes_any_answer_and_no_silence(server, monkeypatch):
    port, requests, says = server
    monkeypatch.setenv("no_proxy", "*")
    assert availability.network_answers(f"http://127.0.0.1:{port}/pictures")
    assert requests == [b"HEAD /pictures HTTP/1.1"]
    says["answer"] = None  # accepts, and never says a word
    started = time.perf_counter()
    assert not availability.network_answers(f"http://127.0.0.1:{port}/pictures", seconds=0.3)
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy"])
def test_network_check_asks_the_proxy(server, monkeypatch, variable):
    port, requests, says = server
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
    address = f"{variable.removesuffix('_proxy')}://pictures.invalid"
    assert availability.network_answers(address) == (variable == "http_proxy")  # no way through for https
    assert b"pictures.invalid" in requests[0]
    says["answer"] = None
    assert not availability.network_answers(address, seconds=0.3)
    for wrong in ("http://user:pass/word@127.0.0.1:1", "http://127.0.0.1:port", "nonsense://"):
        monkeypatch.setenv(variable, wrong)
        assert not availability.network_answers(address, seconds=0.3)


def test_a_server_that_never_answers_costs_seconds(server, offline, monkeypatch):
    port, _, says = server
    says["answer"] = None
    monkeypatch.undo()
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    empty_tfds(monkeypatch, offline)
    assert data.load("fashion_mnist").source == "sample"


CHANGES = {  # of a description's splits; each is valid JSON
    "no splits": list.clear,
    "no shards": lambda splits: splits[0].update(shardLengths=[]),
    "no pictures": lambda splits: [split.update(shardLengths=["0"], numBytes="0") for split in splits],
    "another split": lambda splits: splits[0].update(name="other"),
    "odd names": lambda splits: splits[0].update(filepathTemplate="{nonsense}"),
    "one of two": lambda splits: splits[0].update(shardLengths=["10", "10"]),
}


@pytest.mark.parametrize(
    "damage",
    ["truncated", "missing", "short", "flipped", "no description", "half of it", "a pipe", *CHANGES],
)
def test_damaged_published_data(damage, monkeypatch, tmp_path, capsys):
    folder = copy_as_published(monkeypatch, tmp_path)
    shard = next(folder.glob("*-train.tfrecord*"))
    if damage == "truncated":
        shard.write_bytes(shard.read_bytes()[:-1000])
    elif damage == "missing":
        shard.unlink()
    elif damage == "a pipe":  # nobody would ever write into it
        (folder / "dataset_info.json").unlink()
        os.mkfifo(folder / "dataset_info.json")
    elif damage == "flipped":
        content = shard.read_bytes()
        shard.write_bytes(content[:3000] + b"damaged" + content[3007:])
    elif damage in CHANGES:
        info = folder / "dataset_info.json"
        description = json.loads(info.read_text())
        CHANGES[damage](description["splits"])
        info.write_text(json.dumps(description))
    elif damage in ("no description", "half of it"):
        info = folder / "dataset_info.json"
        info.write_text(info.read_text()[: 0 if damage == "no description" else 200])
    else:  # cut exactly between two records: every record reads well, but some are not there
        content = shard.read_bytes()
        shard.write_bytes(content[: _start_of_last_record(content)])
    with pytest.raises(NotAvailable, match=r"damaged.*Delete that folder"):
        data.load("fashion_mnist", source="tfds")
    assert data.load("fashion_mnist", source="auto").source == "sample"
    assert "damaged" in capsys.readouterr().out


def _start_of_last_record(content):
    """Walk over a TFRecord file: 8 bytes of length, 4 of checksum, the record, 4 of checksum."""
    position = 0
    while True:
        length = int.from_bytes(content[position : position + 8], "little")
        following = position + 16 + length
        if following >= len(content):
            return position
        position = following


def sample_copy(monkeypatch, tmp_path, name):
    """Pass a copy of the course's folder ``data`` for the real one; return the folder of sample ``name``."""
    shutil.copytree(course_folder() / "data" / "samples", tmp_path / "data" / "samples")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(tfds_sets, "course_folder", lambda: tmp_path)
    return next((tmp_path / "data" / "samples" / name).iterdir())


WAY_OUT = r"data/samples/{name} are missing or damaged.*git -C \S+ checkout -- data/samples'"
FILES = ["dataset_info.json", "features.json", "label.labels.txt", "*-train.tfrecord*", "SHA256SUMS"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
@pytest.mark.parametrize("name", ["fashion_mnist", "tf_flowers", "fashion_attributes"])
def test_a_damaged_sample_says_how_to_bring_it_back(name, file, damage, monkeypatch, tmp_path):
    folder = sample_copy(monkeypatch, tmp_path, name)
    (path,) = [folder.parents[1] / "SHA256SUMS"] if file == "SHA256SUMS" else folder.glob(file)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:30] if damage == "cut" else b"")
    with pytest.raises(NotAvailable, match=WAY_OUT.format(name=name)):
        if name == "fashion_attributes":
            data.load_attributes("sample")
        else:
            data.load(name, source="sample")


def test_a_bit_that_fell_over_in_a_sample_is_found_before_training(monkeypatch, tmp_path):
    path = next(sample_copy(monkeypatch, tmp_path, "tf_flowers").glob("*.tfrecord*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(NotAvailable, match=WAY_OUT.format(name="tf_flowers")):
        data.load("tf_flowers", source="sample")


def test_without_samples_nothing_else_is_tried(monkeypatch, tmp_path, offline):
    shutil.rmtree(sample_copy(monkeypatch, tmp_path, "fashion_mnist").parents[1])
    for source in ("sample", "auto"):
        with pytest.raises(NotAvailable, match=WAY_OUT.format(name="fashion_mnist")):
            data.load("fashion_mnist", source=source)


def test_a_sample_is_read_from_a_clone_that_nobody_may_write(monkeypatch, tmp_path):
    folder = sample_copy(monkeypatch, tmp_path, "tf_flowers")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    for path in (*folder.iterdir(), folder):
        path.chmod(path.stat().st_mode & ~0o222)
    assert data.load("tf_flowers", source="sample").counts["train"] == 400
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.fixture(scope="module")
def flowers():
    return data.load("tf_flowers", source="sample", validation=0.2, test=0.3, seed=3)


def test_pictures_of_varying_sizes_stream_in_three_parts(flowers):
    assert flowers.counts == {"train": 280, "validation": 70, "test": 150}
    assert flowers.shape == (None, None, 3) and "any x any x 3" in repr(flowers)
    assert flowers.train.cardinality() == 280
    pairs = list(flowers.test.as_numpy_iterator())
    assert {image.dtype.name for image, _ in pairs} == {"uint8"}
    assert len({image.shape for image, _ in pairs}) > 10
    assert np.bincount([label for _, label in pairs]).tolist() == [30] * 5


def test_streamed_parts_have_each_picture_once_and_the_same_in_each_pass(flowers):
    parts = [
        [image.tobytes() for image, _ in part.as_numpy_iterator()]
        for part in (flowers.train, flowers.validation, flowers.test)
    ]
    whole = tfds_sets.sample("tf_flowers").as_dataset(split="train", as_supervised=True)
    assert sorted(itertools.chain(*parts)) == sorted(
        image.tobytes() for image, _ in whole.as_numpy_iterator()
    )
    assert [image.tobytes() for image, _ in flowers.train.as_numpy_iterator()] == parts[0]


def test_without_a_share_for_it_there_is_no_test_part():
    pictures = data.load("tf_flowers", source="sample", validation=0.2)
    assert pictures.counts == {"train": 400, "validation": 100} and pictures.test is None


def test_a_published_test_split_is_not_cut_again():
    with pytest.raises(CourseError, match=r"test = 0.2: fashion_mnist has a published test split"):
        data.load("fashion_mnist", source="sample", test=0.2)
    with pytest.raises(CourseError, match=r"test = 2 is not a share"):
        data.load("tf_flowers", source="sample", test=2)


def test_a_folder_in_place_of_photographs_of_varying_sizes(tmp_path):
    for label, name in enumerate(("left", "right")):
        (tmp_path / name).mkdir()
        for number in range(10):
            picture = np.random.default_rng([label, number]).integers(0, 255, (20 + number, 30, 3), "uint8")
            Image.fromarray(picture).save(tmp_path / name / f"{number}.png")
    pictures = data.load("cats_vs_dogs", source=str(tmp_path), validation=0.2)
    assert pictures.counts == {"train": 16, "validation": 4}
    assert next(pictures.train.as_numpy_iterator())[0].shape == (299, 299, 3)


@pytest.mark.parametrize(("name", "counts"), [("cats_vs_dogs", 2), ("tf_flowers", 5)])
def test_real_photographs(name, counts):
    if availability.outlook(tfds_sets.published(name))[0] != "here":
        pytest.skip(f"the published {name} is not prepared here")
    pictures = data.load(name, source="tfds", validation=0.2)
    labels = [label for _, label in pictures.validation.as_numpy_iterator()]
    assert len(labels) == pictures.counts["validation"] and len(set(labels)) == counts
    assert pictures.class_names == tfds_sets.sample(name).info.features["label"].names


def test_real_fashion_mnist():
    if availability.outlook(tfds_sets.published("fashion_mnist"))[0] != "here":
        pytest.skip("the published Fashion-MNIST is not prepared here")
    pictures = data.load("fashion_mnist", source="tfds", validation=0.2, seed=0)
    assert pictures.counts == {"train": 48_000, "validation": 12_000, "test": 10_000}
    labels = data.arrays(pictures.validation)[1]
    assert np.bincount(labels).tolist() == [1200] * 10
    assert pictures.class_names == tfds_sets.sample("fashion_mnist").info.features["label"].names


def test_sample_has_the_published_features(monkeypatch, tmp_path):
    import tensorflow_datasets as tfds

    empty_tfds(monkeypatch, tmp_path)
    for name, entry in DATA_SETS.items():
        published, drawn = tfds.builder(name).info, tfds_sets.sample(name).info
        assert set(published.features) == set(drawn.features)
        assert entry.shape == published.features["image"].shape == drawn.features["image"].shape
        assert published.supervised_keys == drawn.supervised_keys
