"""Which pretrained networks are taken, published or stand-in, and what the stand-in for VGG19 can do."""

import hashlib
import inspect
import shutil
import socket
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from tiny_module import ADDRESS, export

from course_utils import availability, plots, pretrained
from course_utils.data.catalog import MODULES, PRETRAINED, VGG19, VGG19_MD5
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import course_folder
from course_utils.pretrained import finding

FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
STAND_IN = PRETRAINED[VGG19].stand_in
BLOCKS = [f"block{number}_pool" for number in range(1, 6)]


def small_vgg():
    """A network with the names of VGG19's poolings, in no time."""
    maps = picture = keras.Input((None, None, 3))
    for block in BLOCKS:
        maps = keras.layers.MaxPooling2D(name=block)(maps)
    return keras.Model(picture, keras.layers.Conv2D(2, 1)(maps))


@pytest.fixture
def built(monkeypatch):
    """Stands for Keras's own VGG19; a list of the weights that were asked for."""
    asked = []

    def vgg19(weights, include_top):
        assert include_top is False
        asked.append(weights)
        return small_vgg()

    monkeypatch.setattr(keras.applications, "VGG19", vgg19)
    return asked


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Empty folders of Keras and TensorFlow Hub, and no network; returns the first."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.setattr(availability, "network_answers", lambda address, seconds=4: False)
    return tmp_path / "keras" / "models"


def put(folder, content=b"weights"):
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(content)
    return folder / FILE


@pytest.fixture
def any_file(monkeypatch):
    """The checksum of every file is right."""
    monkeypatch.setattr(finding.checksums, "digest", lambda path, algorithm: VGG19_MD5)


@pytest.mark.parametrize("weights", ["auto", "published"])
def test_a_file_in_keras_own_folder_comes_first(home, built, any_file, weights, capsys, monkeypatch):
    monkeypatch.setattr(availability, "network_answers", lambda *_: pytest.fail("asked the network"))
    path = put(home)
    found = pretrained.vgg19(weights)
    assert (built, found.weights, found.why) == ([str(path)], "published", f"from {home}")
    assert not found.network.trainable and not found.network.trainable_weights
    assert capsys.readouterr().out == f"Weights: VGG19, trained on ImageNet, from {home}.\n"


def test_where_keras_cannot_write_its_folder_the_courses_cache_is_looked_into(
    built, any_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    path = put(tmp_path / "cache" / "keras" / "models")
    assert pretrained.vgg19("published").network.name and built == [str(path)]


def test_then_the_network_is_asked(built, home, monkeypatch, capsys):
    asked, fetched = [], []
    monkeypatch.setattr(availability, "network_answers", lambda address: asked.append(address) or True)

    def get_file(name, address, cache_subdir, cache_dir, file_hash):
        fetched.append((address, Path(cache_dir) / cache_subdir))
        return str(Path(cache_dir) / cache_subdir / name)

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    found = pretrained.vgg19()
    assert built == [str(home / FILE)]
    assert asked == [finding.VGG19_ADDRESS] and fetched == [(finding.VGG19_ADDRESS, home)]
    assert found.weights == "published" and "downloaded to" in capsys.readouterr().out


def test_without_either_the_stand_in_is_taken_and_says_why(built, home, capsys):
    found = pretrained.vgg19("auto")
    assert (found.weights, built) == ("stand-in", [])
    line = capsys.readouterr().out
    assert line.startswith("Weights: the course's stand-in for VGG19") and line.count("\n") == 1
    assert str(home) in line and "does not answer" in line


def test_the_stand_in_is_taken_on_request_even_if_the_published_weights_are_here(built, home):
    put(home)
    found = pretrained.vgg19("stand-in")
    assert (found.weights, found.why, built) == ("stand-in", "WEIGHTS asks for it.", [])


def test_published_weights_that_cannot_be_had_are_an_error(home):
    with pytest.raises(NotAvailable, match="KERAS_HOME") as error:
        pretrained.vgg19("published")
    for part in (str(home), "storage.googleapis.com", FILE, 'WEIGHTS = "stand-in"'):
        assert part in str(error.value)


def test_a_server_that_hangs_costs_seconds(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("KERAS_HOME", "/nowhere")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/nowhere")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: time.sleep(3600))
    with pytest.raises(NotAvailable, match="does not answer"):
        pretrained.vgg19("published")


@pytest.mark.parametrize("content", [b"", b"cut short"])
def test_a_damaged_file_is_named(home, content, built, capsys):
    path = put(home, content)
    with pytest.raises(NotAvailable, match="is damaged") as error:
        pretrained.vgg19("published")
    assert str(path) in str(error.value) and "is not the published file" in str(error.value)
    assert pretrained.vgg19("auto").weights == "stand-in" and built == []
    assert "is damaged" in capsys.readouterr().out


def test_a_failing_download_is_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr(availability, "network_answers", lambda *_: True)

    def get_file(*arguments, **options):
        raise Exception("URL fetch failure on https://...: 503")

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    with pytest.raises(NotAvailable, match=r"could not be downloaded .*URL fetch failure"):
        pretrained.vgg19("published")
    assert pretrained.vgg19("auto").weights == "stand-in"


def test_other_values_are_refused():
    with pytest.raises(CourseError, match="none of 'auto', 'published', 'stand-in'"):
        pretrained.vgg19("imagenet")


def test_a_stand_in_that_is_not_as_shipped_is_not_opened(monkeypatch, tmp_path):
    hub = tmp_path / "data" / "hub"
    shutil.copytree(course_folder() / "data" / "hub", hub, ignore=shutil.ignore_patterns("*_v*"))
    monkeypatch.setattr(finding, "course_folder", lambda: tmp_path)
    monkeypatch.setattr(keras.saving, "load_model", lambda path, **_: small_vgg())
    assert pretrained.vgg19("stand-in").weights == "stand-in"
    with (hub / "vgg19.keras").open("ab") as file:
        file.write(b"more")
    with pytest.raises(NotAvailable, match=r"vgg19\.keras is not as it was shipped.*git checkout"):
        pretrained.vgg19("stand-in")


@pytest.mark.parametrize(("content", "problem"), [(None, "is not there"), (b"cut short", "is damaged")])
def test_a_stand_in_that_is_lost_or_damaged_is_named(monkeypatch, tmp_path, content, problem):
    monkeypatch.setattr(finding, "course_folder", lambda: tmp_path)
    if content:
        (tmp_path / STAND_IN).parent.mkdir(parents=True)
        (tmp_path / STAND_IN).write_bytes(content)
    with pytest.raises(NotAvailable, match=problem):
        pretrained.vgg19("auto")


def test_figures_made_with_the_stand_in_say_so():
    picture = [np.zeros((4, 4, 1))], [0]
    plots.use_source("tfds")
    pretrained.vgg19("stand-in")
    assert plots.grid(picture, ["black"]).alt.startswith("Stand-in weights, pretrained on drawings. ")
    plots.use_source("sample")
    assert plots.grid(picture, ["black"]).alt.startswith("Sample pictures, drawn by the course; stand-in")
    plots.use_source("tfds")
    plots.use_weights("published")
    assert "tand-in" not in plots.grid(picture, ["black"]).alt


def test_keras_own_vgg19_fits_what_lessons_expect(monkeypatch):
    """With weights of no use: its layers' names, any size of picture, and where its file lies."""
    network = keras.applications.VGG19(weights=None, include_top=False)
    assert set(BLOCKS) <= {layer.name for layer in network.layers}
    assert network.input_shape == (None, None, None, 3)
    from keras.src.applications import vgg19

    assert vgg19.WEIGHTS_PATH_NO_TOP == finding.VGG19_ADDRESS
    assert finding.VGG19_MD5 in inspect.getsource(vgg19)


class TestStandIn:
    """What the file that comes with the course has to be."""

    @pytest.fixture(scope="class")
    def network(self):
        return pretrained.vgg19("stand-in").network

    def test_it_is_small_and_frozen(self, network):
        assert (course_folder() / STAND_IN).stat().st_size < 2e6
        assert network.weights and not network.trainable_weights

    def test_its_layers_are_those_of_vgg19_and_take_any_size(self, network):
        names = [layer.name for layer in network.layers]
        assert [name for name in names if name.endswith("_pool")] == BLOCKS
        assert {f"block{block}_conv1" for block in range(1, 6)} <= set(names)
        assert network.input_shape == (None, None, None, 3)
        channels = network.output_shape[-1]
        for size in (32, 48, 150):
            assert network(np.zeros((2, size, size, 3))).shape == (2, size // 32, size // 32, channels)
        assert network.output is network.get_layer("block5_pool").output

    def test_it_tells_pictures_apart(self, network):
        pictures = np.random.default_rng(0).integers(0, 256, (8, 48, 48, 3)).astype("float32")
        pictures[4:] = pictures[4:, ::4, ::4].repeat(4, axis=1).repeat(4, axis=2)
        maps = network(keras.applications.vgg19.preprocess_input(pictures)).numpy()
        assert np.isfinite(maps).all() and maps.std(axis=0).max() > 0


MOBILENET = ADDRESS.format("mobilenet_v2/feature_vector")
CLASSIFIER = ADDRESS.format("mobilenet_v2/classification")


@pytest.fixture
def cached(home):
    """A module in TensorFlow Hub's cache; its folder."""
    return export_as(home, MOBILENET)


def export_as(home, handle):
    folder = home.parents[1] / "hub" / hashlib.sha1(handle.encode()).hexdigest()
    export(folder)
    return folder


def test_find_takes_the_published_module_where_it_is(cached, capsys):
    found = pretrained.find(MOBILENET)
    assert (found.handle, found.weights) == (MOBILENET, "published")
    assert "Weights: MobileNet V2, trained on ImageNet" in capsys.readouterr().out
    assert pretrained.find(MOBILENET, weights="stand-in").weights == "stand-in"


def test_find_without_network_takes_the_stand_in_and_says_why(capsys):
    found = pretrained.find(MOBILENET)
    assert (found.handle, found.weights) == ("data/hub/mobilenet_v2_feature_vector", "stand-in")
    line = capsys.readouterr().out
    assert "stand-in" in line and "does not answer" in line
    with pytest.raises(NotAvailable, match="TFHUB_CACHE_DIR"):
        pretrained.find(MOBILENET, weights="published")


@pytest.mark.parametrize(
    "damage", ["no files", "no weights", "cut weights", "empty graph", "cut graph", "flipped"]
)
def test_a_damaged_module_is_never_taken_for_the_published_one(cached, damage, capsys):
    weights = cached / "variables" / "variables.data-00000-of-00001"
    content = weights.read_bytes()
    if damage == "no files":  # as cleaners of temporary files leave it
        for path in (cached / "saved_model.pb", *weights.parent.iterdir()):
            path.unlink()
    elif damage == "no weights":
        shutil.rmtree(weights.parent)
    elif damage == "cut weights":
        weights.write_bytes(content[:-40])
    elif damage == "flipped":
        weights.write_bytes(content[:-40] + bytes(byte ^ 255 for byte in content[-40:]))
    else:
        graph = (cached / "saved_model.pb").read_bytes()
        (cached / "saved_model.pb").write_bytes(graph[:5000] if damage == "cut graph" else b"")
    (published,) = pretrained.published(MOBILENET)
    state, why = availability.outlook(published)
    assert state == "damaged" and str(cached) in why and "delete that folder" in why
    with pytest.raises(NotAvailable, match="damaged"):
        pretrained.find(MOBILENET, weights="published")
    assert pretrained.find(MOBILENET).weights == "stand-in"
    assert "damaged" in capsys.readouterr().out


def test_find_refuses_what_it_does_not_know():
    with pytest.raises(CourseError, match=r"WEIGHTS = 'imagenet' is none of 'auto', 'published', 'stand-in'"):
        pretrained.find(MOBILENET, weights="imagenet")
    with pytest.raises(CourseError, match=r"no stand-in for https://example.*HubLayer directly"):
        pretrained.find("https://example.org/module")


def test_a_classifier_comes_with_labels_and_an_example(home, monkeypatch):
    export_as(home, CLASSIFIER)
    datasets = home.parent / "datasets"
    datasets.mkdir(parents=True)
    for name in ("ImageNetLabels.txt", "grace_hopper.jpg"):
        (datasets / name).write_text("here")
    # Somebody else's list of labels is not taken for the published one.
    with pytest.raises(NotAvailable, match=r"ImageNetLabels\.txt is damaged: .*is not the published file"):
        pretrained.find(CLASSIFIER, weights="published")
    known = {
        "ImageNetLabels.txt": MODULES[CLASSIFIER].labels[2],
        "grace_hopper.jpg": MODULES[CLASSIFIER].example[2],
    }
    monkeypatch.setattr(finding.checksums, "digest", lambda path, algorithm: known[path.name])
    found = pretrained.find(CLASSIFIER)
    assert found.weights == "published"
    assert (found.labels.name, found.example.name) == ("ImageNetLabels.txt", "grace_hopper.jpg")

    # One file less, and no network: the classifier would be of no use, so all of it stands in.
    (datasets / "grace_hopper.jpg").unlink()
    found = pretrained.find(CLASSIFIER)
    assert found.weights == "stand-in" and "grace_hopper.jpg" in found.why
    assert found.labels.is_file() and found.example.is_file()
    with pytest.raises(NotAvailable, match=r"grace_hopper\.jpg is not in .*KERAS_HOME"):
        pretrained.find(CLASSIFIER, weights="published")
