"""Features: what an extractor computes, kept by content, and computed anew only where something changed."""

import resource
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from course_utils import features, store
from course_utils.errors import CourseError
from course_utils.pretrained import HubLayer

COUNT, SIZE = 10, 12


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


SEEN = []


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    """How many pictures the extractor saw, batch by batch."""
    monkeypatch.setattr(features, "BATCH", 4)
    SEEN.clear()
    return SEEN


@keras.saving.register_keras_serializable(package="tests")
class Counting(keras.layers.Layer):
    """Notes in ``SEEN`` how many pictures pass; what is asked eagerly, for the key or by a test, is not."""

    def call(self, images):
        if tf.executing_eagerly():
            return images

        def note(values):
            SEEN.append(len(values))
            return values

        return tf.ensure_shape(tf.numpy_function(note, [images], images.dtype), images.shape)


@tf.autograph.experimental.do_not_convert
def draw(number):
    """A picture of its own size, and a label."""
    noise = tf.random.stateless_uniform((20 + number, 24, 3), (7, number), 0, 256, tf.int32)
    return tf.ensure_shape(tf.cast(noise, tf.uint8), (None, None, 3)), number % 3


def pictures(count=COUNT):
    return tf.data.Dataset.range(count).map(draw)


def network(seed=1, activation="relu", **options):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            Counting(),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation=activation, **options),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.5),
        ]
    )


def plain(extractor, dataset):
    images = [tf.image.resize(image, (SIZE, SIZE)) for image, _ in dataset]
    return extractor(tf.stack(images), training=False).numpy()


def test_features_are_what_the_extractor_computes(seen):
    extractor = network()
    rows, labels = features.extract(extractor, pictures())
    assert rows.dtype == np.float32 and rows.shape == (COUNT, 4)
    assert np.allclose(rows, plain(extractor, pictures()), atol=1e-5)
    assert labels.tolist() == [number % 3 for number in range(COUNT)]
    assert seen == [4, 4, 2]


def test_normalizations_are_in_inference_mode():
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(), keras.layers.Flatten()]
    extractor = keras.Sequential([keras.Input((SIZE, SIZE, 3)), *layers])
    for weight in layers[1].weights:
        weight.assign(np.random.default_rng(0).uniform(1, 9, weight.shape))
    rows, _ = features.extract(extractor, pictures())
    assert np.allclose(rows, plain(extractor, pictures()), rtol=1e-3, atol=1e-2)


def test_only_the_weights_of_small_networks_become_constants(monkeypatch):
    """Those of large ones would be copied several times, for little."""
    made, convert = [], convert_to_constants.convert_variables_to_constants_v2
    note = lambda function: made.append(function) or convert(function)  # noqa: E731
    monkeypatch.setattr(convert_to_constants, "convert_variables_to_constants_v2", note)
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(), keras.layers.Flatten()]
    extractor = keras.Sequential([keras.Input((SIZE, SIZE, 3)), *layers])
    small, _ = features.extract(extractor, pictures(4))
    assert len(made) == 1
    monkeypatch.setattr(features, "CONSTANTS", extractor.count_params() - 1)
    large, _ = features.extract(extractor, pictures(5))
    assert len(made) == 1
    assert np.allclose(large, plain(extractor, pictures(5)), rtol=1e-3, atol=1e-2)
    assert np.array_equal(large[:4], small)  # kept


def test_a_second_time_nothing_is_computed(seen):
    first = features.extract(network(), pictures())
    seen.clear()
    again = network()  # the same weights under other layer names
    again.trainable = False
    again.compile("sgd", "mse")
    second = features.extract(again, pictures())
    assert np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1])
    assert seen == []
    order = [3, 1, 9]
    some = pictures().enumerate().filter(lambda number, pair: tf.reduce_any(number == [1, 3, 9]))
    rows, _ = features.extract(network(), some.map(lambda number, pair: pair))
    assert np.array_equal(rows, first[0][sorted(order)]) and seen == []


def test_only_changed_pictures_are_computed_anew(seen):
    first, _ = features.extract(network(), pictures())
    seen.clear()

    def retouch(image, label):
        return tf.where(label == 2, 255 - image, image), label

    second, _ = features.extract(network(), pictures().map(retouch))
    assert seen == [1, 1, 1]
    assert [not np.allclose(*pair) for pair in zip(first, second, strict=True)] == [
        number % 3 == 2 for number in range(COUNT)
    ]
    flipped = pictures().map(lambda image, label: (tf.image.flip_left_right(image), label))
    features.extract(network(), flipped)
    assert sum(seen) == 3 + COUNT


@pytest.mark.parametrize(
    ("extractor", "same"),
    [
        (lambda: network(seed=2), False),
        (lambda: network(activation="elu"), False),
        (lambda: network(activation="tanh", name="relu"), False),
        (lambda: network(activation="relu", name="tanh"), True),
        (lambda: network(activation="relu6"), False),  # the same for small numbers
        (lambda: network(dtype="mixed_float16"), False),
        (lambda: network(name="another_name"), True),
        (lambda: network(trainable=False), True),
    ],
)
def test_another_network_has_other_features(seen, extractor, same):
    features.extract(network(), pictures(4))
    seen.clear()
    rows, _ = features.extract(extractor(), pictures(4))
    assert sum(seen) == (0 if same else 4)
    assert np.allclose(rows, plain(extractor(), pictures(4)), atol=1e-2)


def nested(axis=-1):
    """A network within a network, whose inputs have the same name, and functions between its layers."""
    keras.utils.clear_session()
    inner = network()
    inner = keras.Model(inner.inputs, inner.outputs)
    keras.utils.clear_session()
    picture = keras.Input((SIZE, SIZE, 3))
    return keras.Model(picture, inner(keras.ops.flip(picture + np.float32([1, 2, 3]), axis=axis)))


def test_networks_within_networks_have_their_own_names(seen):
    first, _ = features.extract(nested(), pictures(4))
    seen.clear()
    inner = nested().layers[-1]
    picture = keras.Input((SIZE, SIZE, 3), name="picture")
    again = keras.Model(picture, inner(keras.ops.flip(picture + np.float32([1, 2, 3]), axis=-1)))
    assert np.array_equal(features.extract(again, pictures(4))[0], first) and seen == []
    features.extract(nested(axis=1), pictures(4))
    assert seen == [4]


def test_the_size_of_the_pictures_is_part_of_the_key():
    extractor = keras.Sequential([keras.Input((None, None, 3)), keras.layers.MaxPooling2D(4)])
    for size in ((8, 8), (16, 8)):
        resized = [(tf.image.resize(image, size), label) for image, label in pictures(3)]
        dataset = tf.data.Dataset.from_tensor_slices(tuple(map(tf.stack, zip(*resized, strict=True))))
        rows, _ = features.extract(extractor, dataset)
        assert rows.shape == (3, size[0] // 4, size[1] // 4, 3)


def test_what_a_layer_of_your_own_does_is_part_of_the_key():
    def times(factor):
        class Scaled(keras.layers.Layer):
            def call(self, images):
                return factor * keras.ops.mean(images, (1, 2))

        return keras.Sequential([keras.Input((SIZE, SIZE, 3)), Scaled()])

    doubled, _ = features.extract(times(2), pictures(3))
    tripled, _ = features.extract(times(3), pictures(3))
    assert np.allclose(3 * doubled, 2 * tripled)


class ByFunction(keras.layers.Layer):
    """Means of a picture up to a limit, by a function of TensorFlow."""

    limit = 200.0

    def call(self, images):
        return tf.function(lambda means: tf.minimum(means, self.limit))(keras.ops.mean(images, (1, 2)))


class ByTable(ByFunction):
    def call(self, images):
        table = tf.constant(np.minimum(np.arange(256), self.limit), tf.float32)
        return tf.gather(table, tf.cast(keras.ops.mean(images, (1, 2)), tf.int32))


def of_my_own(layer, limit):
    layer.limit = limit
    return layer


@pytest.mark.parametrize(
    "cut",
    [
        lambda means, limit: keras.ops.clip(keras.layers.GlobalAveragePooling2D()(means), 0, limit),
        lambda means, limit: keras.layers.ReLU(limit)(keras.layers.GlobalMaxPooling2D()(means)),
        lambda means, limit: of_my_own(ByFunction(), limit)(means),
        lambda means, limit: of_my_own(ByTable(), limit)(means),
    ],
    ids=["operation", "setting", "function", "table"],
)
def test_what_only_bright_pictures_show_is_part_of_the_key(cut):
    white = tf.data.Dataset.from_tensors((tf.fill((SIZE, SIZE, 3), np.uint8(255)), 1))
    for limit in (200.0, 250.0):
        picture = keras.Input((SIZE, SIZE, 3))
        rows, _ = features.extract(keras.Model(picture, cut(picture, limit)), white)
        assert np.allclose(rows, limit)


def test_a_hub_layer_gets_pixels_from_0_to_1(tmp_path):
    class Mean(tf.Module):
        def __init__(self):
            self.scale = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3))])
        def __call__(self, images):
            return self.scale * tf.reduce_mean(images, (1, 2))

    tf.saved_model.save(Mean(), str(tmp_path / "mean"))
    white = tf.data.Dataset.from_tensors((tf.fill((30, 40, 3), np.uint8(255)), 1))
    rows, _ = features.extract(HubLayer(tmp_path / "mean"), white)
    assert np.allclose(rows, 2)
    rows, _ = features.extract(
        keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Flatten()]), white
    )
    assert np.allclose(rows, 255)


def test_labels_may_have_any_structure():
    dataset = pictures(5).map(lambda image, label: (image, {"colour": label, "both": tf.one_hot(label, 3)}))
    _, labels = features.extract(network(), dataset)
    assert labels["colour"].tolist() == [0, 1, 2, 0, 1] and labels["both"].shape == (5, 3)


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped"])
def test_a_damaged_file_is_computed_anew(seen, cache, damage):
    first, _ = features.extract(network(), pictures())
    (file,) = cache.iterdir()
    content = file.read_bytes()
    middle = len(content) // 2
    file.write_bytes(
        {
            "cut": content[:middle],
            "empty": b"",
            "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        }[damage]
    )
    seen.clear()
    second, _ = features.extract(network(), pictures())
    assert np.array_equal(first, second) and 0 < sum(seen) <= COUNT
    seen.clear()
    features.extract(network(), pictures())
    assert seen == []


def test_an_interrupted_extraction_goes_on_where_it_was(seen):
    whole = plain(network(), pictures())

    def stop(image, label):
        with tf.control_dependencies([tf.debugging.assert_less(tf.shape(image)[0], 27)]):
            return tf.identity(image), label

    with pytest.raises(tf.errors.InvalidArgumentError):
        features.extract(network(), pictures().map(stop))
    done = sum(seen)
    assert done == 4
    rows, _ = features.extract(network(), pictures())
    assert sum(seen) == COUNT and np.allclose(rows, whole, atol=1e-5)


def test_a_second_process_in_the_middle_does_no_harm(seen, cache):
    results = []

    def generate():
        for number, (image, label) in enumerate(pictures()):
            if number == 5 and not results:
                results.append(None)
                results.append(features.extract(network(), pictures())[0])
            yield image, label

    dataset = tf.data.Dataset.from_generator(generate, output_signature=pictures().element_spec)
    rows, _ = features.extract(network(), dataset)
    assert np.allclose(rows, results[1], atol=1e-6) and np.allclose(
        rows, plain(network(), pictures()), atol=1e-5
    )
    seen.clear()
    features.extract(network(), pictures())
    assert seen == []


def test_without_a_place_to_write_features_are_computed_and_one_line_says_so(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "file"))
    rows, _ = features.extract(network(), pictures())
    assert np.allclose(rows, plain(network(), pictures()), atol=1e-5)
    assert capsys.readouterr().out.count("The features are not kept for the next time: Cannot write") == 1
    assert store.size("features") == 0


def test_a_full_disk_ends_the_keeping_only(monkeypatch, capsys, cache):
    cache.mkdir(parents=True)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(signal, "SIGXFSZ", signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # as good as a full disk
    try:
        rows, _ = features.extract(network(), pictures())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said = capsys.readouterr().out
    assert len(rows) == COUNT and said.count("not kept for the next time: Cannot write") == 1, said


def test_size_and_clear(seen, cache, capsys):
    assert store.size("features") == 0 and store.clear("features") == 0
    features.extract(network(), pictures())
    size = sum(file.stat().st_size for file in cache.iterdir())
    assert store.size("features") == size > COUNT * 4 * 4
    assert store.clear("features") == size and store.size("features") == 0
    assert capsys.readouterr() == ("", ""), "no bar where the output goes to a log"
    features.extract(network(), pictures())
    assert sum(seen) == 2 * COUNT


def test_a_notebook_shows_one_line(monkeypatch):
    import IPython
    from IPython import display

    states = []

    class Shown:
        def update(self, data, raw):
            states.append(data["text/plain"])

    def show(data, raw, display_id):
        states.append(data["text/plain"])
        return Shown()

    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": True})())
    monkeypatch.setattr(display, "display", show)
    features.extract(network(), pictures())
    assert states[0].startswith("Features:   0%") and states[-1].startswith("Features: 100%")


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (lambda: pictures().batch(2), "unbatch"),
        (lambda: pictures().map(lambda image, label: image), "single"),
        (lambda: pictures(0), "no pictures"),
        (
            lambda: pictures().map(lambda image, label: (tf.image.rgb_to_grayscale(image), label)),
            r"takes images \(12, 12, 3\), the dataset has .*grayscale_to_rgb",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(dataset, message):
    with pytest.raises(CourseError, match=message):
        features.extract(network(), dataset())


def test_an_open_size_and_several_outputs_are_errors():
    with pytest.raises(CourseError, match=r"keras\.Input"):
        features.extract(keras.layers.GlobalAveragePooling2D(), pictures())
    image = keras.Input((SIZE, SIZE, 3))
    several = keras.Model(image, [image, keras.layers.Flatten()(image)])
    with pytest.raises(CourseError, match="returns a list, not one tensor"):
        features.extract(several, pictures())
