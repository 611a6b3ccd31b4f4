"""Models for telephones: they say what Keras says, in float to the last digits, in 8 bits nearly."""

import numpy as np
import pytest
import tiny_module

from course_utils import litert, training
from course_utils.errors import CourseError
from course_utils.pretrained import HubLayer

keras = training.keras


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (40, 24, 24, 3)).astype("uint8")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """From pixels to probabilities, with a module of TensorFlow Hub and layers of Keras."""
    folder = tmp_path_factory.mktemp("module")
    tiny_module.export(folder)
    training.set_seed(0)
    return keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            keras.layers.Resizing(16, 16),
            keras.layers.Rescaling(1 / 255),
            HubLayer(folder),
            keras.layers.Dense(256, "relu"),
            keras.layers.Dense(256, "relu"),
            keras.layers.Dense(3, "softmax", bias_initializer="random_normal"),
        ]
    )


@pytest.fixture(scope="module")
def files(network, pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("litert")
    return litert.convert(network, folder / "float.tflite"), litert.convert(
        network, folder / "int8.tflite", pictures[:20]
    )


def test_both_say_what_keras_says(network, pictures, files):
    of_keras = network.predict(pictures, verbose=0)
    in_float, in_8_bits = (litert.predict(path, pictures) for path in files)
    assert in_float.shape == in_8_bits.shape == (40, 3) and in_float.dtype == np.float32
    assert np.abs(in_float - of_keras).max() < 1e-4
    assert 0 < np.abs(in_8_bits - of_keras).max() < 0.1
    assert len(np.unique(in_8_bits)) > 60, "probabilities are no steps of 1/256"


def test_the_shift_by_rounding_is_taken_away(network, pictures, files):
    shift = np.log(litert.predict(files[1], pictures[:20])) - np.log(
        network.predict(pictures[:20], verbose=0)
    )
    shift = shift.mean(axis=0)
    assert np.abs(shift - shift.mean()).max() < 1e-3


def test_8_bits_take_less_than_a_third(files):
    in_float, in_8_bits = (path.stat().st_size for path in files)
    assert in_8_bits < 0.33 * in_float


def test_pictures_may_come_one_by_one(pictures, files):
    answers = litert.predict(files[0], (picture for picture in pictures[:3]))
    assert np.array_equal(answers, litert.predict(str(files[0]), pictures[:3].astype("float32")))


def test_no_line_is_printed(network, pictures, tmp_path, capfd):
    litert.predict(litert.convert(network, tmp_path / "a.tflite", pictures[:2]), pictures[:1])
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_written(network, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError):
        litert.convert(network, tmp_path / "file" / "a.tflite")
