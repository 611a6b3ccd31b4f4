"""Backbones: which weights of VGG19 are taken, and what the stand-in that comes with the course can do."""

import time

import keras
import numpy as np
import pytest

from course_utils import backbones, borrowing, plots
from course_utils.data import sources
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import course_folder

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
    """An empty folder of Keras, and no network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(borrowing.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    monkeypatch.setattr(sources, "network_answers", lambda host, port, seconds=4: False)
    return tmp_path / "keras" / "models"


def put(folder, content=b"weights"):
    folder.mkdir(parents=True)
    (folder / backbones.FILE).write_bytes(content)
    return folder / backbones.FILE


@pytest.mark.parametrize("weights", ["auto", "published"])
def test_a_file_in_keras_own_folder_comes_first(home, built, weights, capsys, monkeypatch):
    monkeypatch.setattr(sources, "network_answers", lambda *_: pytest.fail("nobody has to ask the network"))
    path = put(home)
    found = backbones.vgg19(weights)
    assert (built, found.weights, found.why) == ([str(path)], "published", f"from {path}")
    assert not found.network.trainable and not found.network.trainable_weights
    assert capsys.readouterr().out == f"Weights: VGG19, trained on ImageNet, from {path}.\n"


def test_where_keras_cannot_write_its_folder_it_uses_another(built, tmp_path):
    path = put(tmp_path / "temporary" / ".keras" / "models")
    assert backbones.vgg19("published").network.name and built == [str(path)]


def test_then_the_network_is_asked(built, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(sources, "network_answers", lambda *address: asked.append(address) or True)
    found = backbones.vgg19()
    assert (built, asked) == (["imagenet"], [("storage.googleapis.com", 443)])
    assert found.weights == "published" and "downloaded to" in capsys.readouterr().out


def test_without_either_the_stand_in_is_taken_and_says_why(built, home, capsys):
    found = backbones.vgg19("auto")
    assert (found.weights, built) == ("stand-in", [])
    line = capsys.readouterr().out
    assert line.startswith("Weights: the course's stand-in for VGG19") and line.count("\n") == 1
    assert str(home) in line and "does not answer" in line


def test_the_stand_in_is_taken_on_request_even_if_the_published_weights_are_here(built, home):
    put(home)
    found = backbones.vgg19("stand-in")
    assert (found.weights, found.why, built) == ("stand-in", "WEIGHTS asks for it.", [])


def test_published_weights_that_cannot_be_had_are_an_error(home):
    with pytest.raises(NotAvailable, match="KERAS_HOME") as error:
        backbones.vgg19("published")
    for part in (str(home), backbones.HOST, backbones.FILE, 'WEIGHTS = "stand-in"'):
        assert part in str(error.value)


def test_a_server_that_hangs_costs_seconds(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("KERAS_HOME", "/nowhere")
    monkeypatch.setattr(borrowing.tempfile, "gettempdir", lambda: "/nowhere")
    monkeypatch.setattr(sources.socket, "create_connection", lambda *_, **__: time.sleep(3600))
    with pytest.raises(NotAvailable, match="does not answer"):
        backbones.vgg19("published")


@pytest.mark.parametrize("content", [b"", b"cut short"])
def test_a_damaged_file_is_named(home, content, capsys):
    path = put(home, content)
    with pytest.raises(NotAvailable, match="is damaged") as error:
        backbones.vgg19("published")
    assert str(path) in str(error.value)
    assert backbones.vgg19("auto").weights == "stand-in"
    assert "is damaged" in capsys.readouterr().out


def test_a_damaged_file_is_downloaded_again(home, monkeypatch):
    put(home)
    monkeypatch.setattr(sources, "network_answers", lambda *_: True)

    def vgg19(weights, include_top):
        if weights != "imagenet":
            raise OSError("truncated file")
        return small_vgg()

    monkeypatch.setattr(keras.applications, "VGG19", vgg19)
    assert backbones.vgg19("published").why == f"downloaded to {home}"


def test_a_failing_download_is_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr(sources, "network_answers", lambda *_: True)

    def vgg19(weights, include_top):
        raise Exception("URL fetch failure on https://...: 503")

    monkeypatch.setattr(keras.applications, "VGG19", vgg19)
    with pytest.raises(NotAvailable, match=r"could not be downloaded .*URL fetch failure"):
        backbones.vgg19("published")
    assert backbones.vgg19("auto").weights == "stand-in"


def test_other_values_are_refused():
    with pytest.raises(CourseError, match="none of 'auto', 'published', 'stand-in'"):
        backbones.vgg19("imagenet")


@pytest.mark.parametrize(("content", "problem"), [(None, "is not in"), (b"cut short", "is damaged")])
def test_a_stand_in_that_is_lost_or_damaged_is_named(monkeypatch, tmp_path, content, problem):
    monkeypatch.setattr(backbones, "course_folder", lambda: tmp_path)
    if content:
        (tmp_path / backbones.STAND_IN).parent.mkdir(parents=True)
        (tmp_path / backbones.STAND_IN).write_bytes(content)
    with pytest.raises(NotAvailable, match=problem):
        backbones.vgg19("auto")


def test_figures_made_with_the_stand_in_say_so():
    picture = [np.zeros((4, 4, 1))], [0]
    plots.use_source("tfds")
    backbones.vgg19("stand-in")
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

    assert vgg19.WEIGHTS_PATH_NO_TOP.endswith(f"/{backbones.FILE}")
    assert f"//{backbones.HOST}/" in vgg19.WEIGHTS_PATH_NO_TOP


class TestStandIn:
    """What the file that comes with the course has to be."""

    @pytest.fixture(scope="class")
    def network(self):
        return backbones.vgg19("stand-in").network

    def test_it_is_small_and_frozen(self, network):
        assert (course_folder() / backbones.STAND_IN).stat().st_size < 2e6
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
