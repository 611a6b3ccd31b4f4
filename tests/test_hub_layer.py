"""HubLayer: counts and shapes, frozen and fine-tuned, saved without copies, clear about what is no module."""

import hashlib
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_module import ADDRESS, FEATURES, SIZE, Network, export

from course_utils import availability
from course_utils.errors import CourseError, NotAvailable
from course_utils.pretrained import HubLayer, modules


@pytest.fixture(scope="module")
def handle(tmp_path_factory):
    return export(tmp_path_factory.mktemp("hub") / "tiny")


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).uniform(size=(8, SIZE, SIZE, 3)).astype("float32")


def with_head(layer, side=SIZE):
    return keras.Sequential(
        [keras.Input((side, side, 3)), layer, keras.layers.Dense(2, activation="softmax")]
    )


def parameters(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


def fitted(model, images):
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(images, np.arange(len(images)) % 2, batch_size=4, verbose=0)
    return model


def changed(layer, handle):
    """Return the names of the weights that differ from the module's."""
    pairs = zip(layer.weights, HubLayer(handle).weights, strict=True)
    originals = {weight.name: weight.numpy() for _, weight in pairs}
    return {
        weight.name for weight in layer.weights if not np.array_equal(weight.numpy(), originals[weight.name])
    }


def test_a_frozen_module_counts_as_such_and_never_changes(handle, images):
    layer = HubLayer(handle)
    model = with_head(layer)
    assert layer.image_shape == (SIZE, SIZE, 3)
    assert layer.compute_output_shape((None, SIZE, SIZE, 3)) == (None, FEATURES)
    assert layer.compute_output_shape((7, SIZE, SIZE, 3)) == (7, FEATURES)
    assert parameters(model.trainable_weights) == 2 * FEATURES + 2
    assert parameters(layer.non_trainable_weights) == layer.count_params() == 108 + 4 + 4 + 20
    lines = []
    model.summary(print_fn=lines.append)
    assert "(None, 5)" in "".join(lines) and "Trainable params: 12 " in "".join(lines)
    expected = Network()(images).numpy()
    assert np.allclose(layer(images), expected, atol=1e-5)
    fitted(model, images)
    assert model.jit_compile is False
    assert changed(layer, handle) == set()
    assert np.allclose(layer(images, training=True), expected, atol=1e-5)


def test_fine_tuning_reaches_what_the_module_declares_but_not_its_averages(handle, images):
    layer = HubLayer(handle, trainable=True)
    model = with_head(layer)
    assert parameters(layer.trainable_weights) == 108 + 4 + 20
    before = model.predict(images, verbose=0)
    fitted(model, images)
    assert changed(layer, handle) == {"block_1_kernel", "block_1_bn_gamma", "block_2_kernel"}
    assert not np.allclose(model.predict(images, verbose=0), before)


def test_fine_tune_chooses_weights_and_switching_keeps_the_choice(handle, images):
    layer = HubLayer(handle, fine_tune="block_2|gamma")
    model = with_head(layer)
    assert layer.trainable_weights == []
    layer.trainable = True
    assert {weight.name for weight in layer.trainable_weights} == {"block_2_kernel", "block_1_bn_gamma"}
    fitted(model, images)
    assert changed(layer, handle) == {"block_2_kernel", "block_1_bn_gamma"}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("block_9", r"matches no trainable weight.*block_2_kernel"),
        ("moving_mean", "no trainable weight"),
        ("(", "regular"),
    ],
)
def test_a_pattern_that_chooses_nothing_is_an_error(handle, pattern, message):
    with pytest.raises(CourseError, match=message):
        HubLayer(handle, fine_tune=pattern)


def test_a_frozen_module_is_saved_without_its_weights(handle, images, tmp_path):
    model = fitted(with_head(HubLayer(handle)), images)
    store = {}
    model.layers[0].save_own_variables(store)
    assert list(store) == ["fingerprint"]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert np.allclose(loaded.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6)
    assert parameters(loaded.trainable_weights) == 2 * FEATURES + 2


def test_a_fine_tuned_module_is_saved_with_the_weights_that_changed(handle, images, tmp_path):
    layer = HubLayer(handle, trainable=True, fine_tune="block_2")
    model = fitted(with_head(layer), images)
    store = {}
    layer.save_own_variables(store)
    assert set(store) == {"fingerprint", "3"}
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert np.allclose(loaded.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6)
    assert [weight.name for weight in loaded.layers[0].trainable_weights] == ["block_2_kernel"]


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_loading_weights_of_the_frozen_module_undoes_fine_tuning(handle, images, tmp_path):
    layer = HubLayer(handle, trainable=True)
    model = with_head(layer)
    model.save_weights(tmp_path / "before.weights.h5")
    before = model.predict(images, verbose=0)
    fitted(model, images)
    assert changed(layer, handle)
    model.load_weights(tmp_path / "before.weights.h5")
    assert changed(layer, handle) == set()
    assert np.allclose(model.predict(images, verbose=0), before, atol=1e-6)


def test_another_module_under_the_same_handle_is_noticed(images, tmp_path):
    handle = export(tmp_path / "module")
    model = with_head(HubLayer(handle))
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    shutil.rmtree(handle)
    export(handle, seed=1)
    with pytest.raises(CourseError, match="has other files than the one of this model, so nothing"):
        keras.saving.load_model(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="has other weights"):  # Keras collects what fails to load
        with_head(HubLayer(handle)).load_weights(tmp_path / "model.weights.h5")


def test_a_clone_has_the_same_module(handle, images):
    model = with_head(HubLayer(handle))
    clone = keras.models.clone_model(model)
    assert np.allclose(clone.layers[0](images), model.layers[0](images))
    assert clone.layers[0].trainable is False


def test_mixed_precision_casts_only_the_output(handle, images):
    layer = HubLayer(handle, dtype="mixed_float16")
    output = layer(images)
    assert output.dtype == tf.float16
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    assert np.allclose(output, Network()(images), rtol=1e-3)
    head = fitted(with_head(layer), images)
    assert head.layers[0].output.dtype == "float16"


def test_images_that_do_not_fit_are_refused_with_what_would(handle):
    for shape in ((20, SIZE, 3), (SIZE, SIZE, 1), (SIZE, SIZE)):
        with pytest.raises(
            CourseError, match=r"do not fit.*\(None, 16, 16, 3\).*keras\.Input\(\(16, 16, 3\)\)"
        ):
            keras.Sequential([keras.Input(shape), HubLayer(handle)])
    with pytest.raises(CourseError, match="uint8; the module takes floats from 0 to 1"):
        HubLayer(handle)(np.zeros((1, SIZE, SIZE, 3), np.uint8))


def test_a_folder_is_found_in_the_course_too_and_saved_relative_to_it(handle, monkeypatch, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(handle, course / "data" / "hub" / "tiny")
    monkeypatch.setattr(modules, "course_folder", lambda: course)
    monkeypatch.chdir(tmp_path)
    layer = HubLayer("data/hub/tiny")
    assert layer.get_config()["handle"] == "data/hub/tiny"
    assert HubLayer(course / "data" / "hub" / "tiny").get_config()["handle"] == "data/hub/tiny"
    assert HubLayer(handle).get_config()["handle"] == handle
    monkeypatch.chdir(course / "data")
    assert HubLayer("hub/tiny").get_config()["handle"] == "data/hub/tiny"


def test_a_folder_without_a_module_is_named(handle, tmp_path):
    with pytest.raises(CourseError, match=r"There is no folder .*nowhere"):
        HubLayer(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match=r"empty is damaged or no module"):
        HubLayer(tmp_path / "empty")
    for damage in ("saved_model.pb", "variables/variables.data-00000-of-00001"):
        broken = tmp_path / damage.replace("/", "-")
        shutil.copytree(handle, broken)
        file = broken / damage
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        with pytest.raises(CourseError, match="is damaged or no module"):
            HubLayer(broken)


def test_a_module_that_is_not_for_images_is_refused(tmp_path):
    class Other(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 3))])
        def __call__(self, table):
            return table

    class Uncalled(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3))])
        def serve(self, images):
            return images

    tf.saved_model.save(Other(), str(tmp_path / "other"))
    tf.saved_model.save(Uncalled(), str(tmp_path / "uncalled"))
    with pytest.raises(CourseError, match="does not turn one batch of images"):
        HubLayer(tmp_path / "other")
    with pytest.raises(CourseError, match="not one that can be called"):
        HubLayer(tmp_path / "uncalled")


def test_a_module_without_lists_and_training_argument_works(tmp_path):
    class Plain(tf.Module):
        def __init__(self):
            self.scale = tf.Variable([1.0, 2.0, 3.0], name="scale")
            self.shift = tf.Variable([0.0, 0.0, 1.0], name="shift", trainable=False)

        @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3))])
        def __call__(self, images):
            return tf.reduce_mean(images, (1, 2)) * self.scale + self.shift

    tf.saved_model.save(Plain(), str(tmp_path / "plain"))
    layer = HubLayer(tmp_path / "plain", trainable=True)
    assert np.allclose(layer(np.ones((1, 4, 6, 3), np.float32)), [[1, 2, 4]])
    assert [weight.name for weight in layer.trainable_weights] == ["scale"]
    assert layer.image_shape == (None, None, 3)


def test_without_network_an_address_fails_at_once(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(
        availability, "network_answers", lambda address, seconds=4: bool(asked.append(address))
    )
    address = ADDRESS.format("mobilenet_v2/feature_vector")
    with pytest.raises(NotAvailable, match=r"does not answer.*TFHUB_CACHE_DIR"):
        HubLayer(address)
    assert asked == [address]
    with pytest.raises(NotAvailable, match="does not answer"):
        HubLayer("https://")


def test_half_a_download_says_which_folder_to_delete(monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    address = ADDRESS.format("mobilenet_v2/feature_vector")
    folder = tmp_path / hashlib.sha1(address.encode()).hexdigest()
    (folder / "variables").mkdir(parents=True)
    with pytest.raises(CourseError, match=f"{folder.name}.*delete that folder"):
        HubLayer(address)


def published(monkeypatch, name):
    monkeypatch.setattr(availability, "network_answers", lambda address, seconds=4: False)
    try:
        modules.resolve(ADDRESS.format(name))
    except NotAvailable:
        pytest.skip(f"{name} is not in TensorFlow Hub's cache")
    return HubLayer(ADDRESS.format(name))


@pytest.mark.parametrize(
    ("name", "side", "count", "features"),
    [("mobilenet_v2", 224, 2_257_984, 1280), ("inception_v3", 299, 21_802_784, 2048)],
)
def test_the_published_backbones_have_their_counts(monkeypatch, name, side, count, features, tmp_path):
    layer = published(monkeypatch, f"{name}/feature_vector")
    model = with_head(layer, side)
    assert layer.image_shape == (side, side, 3)
    assert model.output_shape == (None, 2) and layer.output.shape == (None, features)
    assert parameters(layer.non_trainable_weights) == layer.count_params() == count
    assert parameters(model.trainable_weights) == 2 * features + 2
    model.save(tmp_path / "model.keras")
    assert (tmp_path / "model.keras").stat().st_size < 200_000


def test_the_published_classifier_knows_a_uniform(monkeypatch):
    layer = published(monkeypatch, "mobilenet_v2/classification")
    picture = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets" / "grace_hopper.jpg"
    if not picture.is_file():
        pytest.skip("the portrait is not in Keras' cache")
    pixels = keras.utils.img_to_array(keras.utils.load_img(picture, target_size=(224, 224))) / 255
    assert int(np.argmax(layer(pixels[np.newaxis]))) == 653
