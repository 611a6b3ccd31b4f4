"""The look inside: what layers answer, what excites them, and class maps that hold what they promise."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import availability, inspection, training
from course_utils.errors import CourseError, NotAvailable
from course_utils.pretrained import HubLayer, modules

layers = keras.layers
SIDE = 24
RAW = {"normalised": False, "upsample": False}


def convolutions(*filters):
    return [
        part
        for number, count in enumerate(filters, 1)
        for part in (
            layers.Conv2D(count, 3, padding="same", activation="relu", name=f"conv_{number}"),
            layers.MaxPooling2D(name=f"pool_{number}"),
        )
    ]


def pooled(classes=3, activation="softmax", dropout=True):
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.Rescaling(1 / 255),
            *convolutions(4, 6),
            layers.BatchNormalization(momentum=0.8, name="norm"),
            layers.GlobalAveragePooling2D(),
            *([layers.Dropout(0.5)] if dropout else []),
            layers.Dense(classes, activation=activation, bias_initializer="random_normal"),
        ]
    )


@pytest.fixture(autouse=True)
def seeded():
    training.set_seed(0)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (20, SIDE, SIDE, 3), dtype=np.uint8)


# activations


def test_activations_come_by_depth_and_are_those_of_the_layers(images):
    model = pooled()
    found = inspection.activations(model, images)
    assert {name: maps.shape for name, maps in found.items()} == {
        "conv_1": (20, 24, 24, 4),
        "pool_1": (20, 12, 12, 4),
        "conv_2": (20, 12, 12, 6),
        "pool_2": (20, 6, 6, 6),
    }
    assert all(maps.dtype == np.float32 for maps in found.values())
    by_keras = keras.Model(model.inputs, model.get_layer("conv_2").output).predict(images, verbose=0)
    assert np.allclose(found["conv_2"], by_keras, atol=1e-5)


def test_any_layer_with_maps_can_be_chosen_by_name(images):
    model = pooled()
    assert list(inspection.activations(model, images[:1], "norm")) == ["norm"]
    assert list(inspection.activations(model, images[:1], ["pool_2", "conv_1"])) == ["conv_1", "pool_2"]
    with pytest.raises(CourseError, match=r"no layer 'conv_9'.*conv_1, pool_1, conv_2, pool_2, norm"):
        inspection.activations(model, images, "conv_9")
    with pytest.raises(CourseError, match="no layer 'dense"):
        inspection.activations(model, images, model.layers[-1].name)


def test_models_inside_models_and_shared_layers_have_names_of_their_own(images):
    inner = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *convolutions(4)], name="inner")
    shared = layers.Conv2D(2, 3, padding="same", name="shared")
    picture = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(2, 1, name="after")(inner(layers.Rescaling(1 / 255)(picture)))
    x = shared(shared(x))
    model = keras.Model(picture, layers.Dense(2)(layers.Flatten()(x)))
    found = inspection.activations(model, images[:2])
    assert list(found) == ["inner/conv_1", "inner/pool_1", "after", "shared", "shared (2)"]
    assert np.allclose(found["inner/pool_1"], inner(images[:2] / 255.0), atol=1e-5)


def test_a_model_is_afterwards_as_it_was(images):
    model = pooled()
    before = [dict(vars(layer)).keys() for layer in model.layers], model.predict(images, verbose=0)
    inspection.grad_cam(model, images)
    with pytest.raises(CourseError):
        inspection.activations(model, images, "nothing")
    assert [dict(vars(layer)).keys() for layer in model.layers] == before[0]
    assert np.allclose(model.predict(images, verbose=0), before[1])
    assert all(type(layer).call == layer.call.__func__ for layer in model.layers)


@pytest.mark.parametrize(
    "look", [inspection.activations, inspection.grad_cam, inspection.class_activation_map]
)
def test_images_that_do_not_fit_and_models_without_maps_are_refused(look, images):
    model = pooled()
    for wrong in (images[0], images[:, :20], images[..., :1], images[:0], images.astype(str)):
        with pytest.raises(CourseError, match=r"this model takes numbers of shape \(None, 24, 24, 3\)"):
            look(model, wrong)
    with pytest.raises(CourseError, match="only a Keras model"):
        look(model.layers[1], images)
    flat = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Flatten(), layers.Dense(2)])
    with pytest.raises(CourseError, match="No layer of this model puts out feature maps"):
        look(flat, images)
    inputs = [keras.Input((SIDE, SIDE, 3)), keras.Input((SIDE, SIDE, 3))]
    with pytest.raises(CourseError, match="2 inputs"):
        look(keras.Model(inputs, layers.Add()(inputs)), images)


on_the_picture = [
    layers.Rescaling(1 / 255),
    layers.Resizing(32, 32),
    layers.CenterCrop(20, 20),
    layers.ZeroPadding2D(2),
    layers.Cropping2D(2),
    layers.UpSampling2D(),
    layers.RandomFlip(),
    layers.RandomRotation(0.1),
    layers.RandomZoom(0.1),
    layers.GaussianNoise(0.1),
    layers.Dropout(0.1),
    layers.Normalization(mean=[1.0] * 3, variance=[2.0] * 3),
    layers.Normalization(),
    layers.BatchNormalization(),
    layers.LayerNormalization(),
    layers.Activation("relu"),
    layers.ReLU(),
    layers.MaxPooling2D(),
    layers.AveragePooling2D(2),
    layers.Lambda(lambda pictures: pictures / 255),
    layers.Identity(),
    layers.Permute((2, 1, 3)),
]


@pytest.mark.parametrize("preparing", on_the_picture, ids=lambda layer: layer.name)
def test_what_is_still_the_picture_is_never_taken_for_a_feature_map(images, preparing):
    start = [keras.Input((SIDE, SIDE, 3)), preparing, layers.Rescaling(1 / 2, name="half")]
    hidden = keras.Sequential([*start, layers.Flatten(), layers.Dense(4, activation="relu"), layers.Dense(2)])
    pooled_picture = keras.Sequential([*start, layers.GlobalAveragePooling2D(), layers.Dense(2)])
    for model in (hidden, pooled_picture, keras.Sequential([keras.Input((SIDE, SIDE, 3)), hidden])):
        for look in (inspection.grad_cam, inspection.class_activation_map, inspection.activations):
            with pytest.raises(CourseError, match="No layer of this model puts out feature maps"):
                look(model, images)
    # Beside a convolution, and also after one on another branch, it is no feature map either.
    convolution = layers.Conv2D(2, 3, name="conv")
    picture = keras.Input((SIDE, SIDE, 3))
    joined = [layers.GlobalMaxPooling2D()(part) for part in (convolution(picture), preparing(picture))]
    model = keras.Model(picture, layers.Dense(2)(layers.Concatenate()(joined)))
    assert inspection.grad_cam(model, images).layer == "conv"
    assert list(inspection.activations(model, images)) == ["conv"]
    with pytest.raises(CourseError, match=rf"no layer '{preparing.name}' .*It has: conv\."):
        inspection.grad_cam(model, images, layer=preparing.name)


# class activation maps


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", None])
def test_the_mean_of_a_class_activation_map_and_the_bias_are_the_score(images, activation):
    model = pooled(activation=activation)
    found = inspection.class_activation_map(model, images, 1, **RAW)
    assert found.maps.shape == (20, 6, 6) and found.layer == "norm"
    bias = model.layers[-1].bias.numpy()[1]
    assert np.allclose(found.maps.mean(axis=(1, 2)) + bias, found.scores, atol=1e-5)
    logits = inspection.class_activation_map(pooled_like(model), images, 1).scores
    assert np.allclose(found.scores, logits, atol=1e-5)
    assert np.allclose(found.scale, np.maximum(found.maps.max(axis=(1, 2)), 0))


@pytest.mark.parametrize(
    "activation", ["tanh", "relu", "log_softmax", "hard_sigmoid", lambda x: keras.ops.softmax(x)]
)
def test_scores_are_those_before_the_last_activation_whichever_it_is(images, activation):
    model = pooled(activation=activation)
    plain = inspection.class_activation_map(pooled_like(model), images, 1, **RAW)
    for look, factor in ((inspection.class_activation_map, 1), (inspection.grad_cam, 36)):
        found = look(model, images, 1, **RAW)
        assert np.allclose(found.scores, plain.scores, atol=1e-5)
        assert np.allclose(factor * found.maps, plain.maps, atol=1e-4) and found.maps.any()


def pooled_like(model):
    """The same network without its last activation, so that it puts out the scores themselves."""
    other = pooled(activation=None)
    other.set_weights(model.get_weights())
    return other


@pytest.mark.parametrize("activation", ["softmax", None])
def test_grad_cam_is_the_class_activation_map_where_pooling_follows(images, activation):
    model = pooled(activation=activation)
    for target in (None, 2):
        cam = inspection.class_activation_map(model, images, target, **RAW)
        grad = inspection.grad_cam(model, images, target, **RAW)
        assert np.allclose(cam.maps, 36 * grad.maps, atol=1e-5)
        assert np.allclose(cam.scores, grad.scores, atol=1e-5) and (cam.targets == grad.targets).all()
        maps = [
            look(model, images, target).maps
            for look in (inspection.class_activation_map, inspection.grad_cam)
        ]
        assert maps[0].shape == (20, SIDE, SIDE) and np.allclose(*maps, atol=1e-4)


def test_normalised_maps_go_from_0_to_1_and_say_their_scale(images):
    model = pooled()
    raw = inspection.class_activation_map(model, images, **RAW)
    found = inspection.class_activation_map(model, images, upsample=False)
    some = raw.scale > 0
    assert some.any() and found.maps.min() >= 0 and found.maps.max() <= 1
    assert np.allclose(found.maps[some].max(axis=(1, 2)), 1) and not found.maps[~some].any()
    assert np.allclose(found.maps * found.scale[:, None, None], np.maximum(raw.maps, 0), atol=1e-5)
    assert found.layer == "norm"


def test_where_nothing_speaks_for_a_class_the_map_is_empty_and_its_scale_0(images):
    model = pooled()
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([-np.abs(kernel), bias])
    model.get_layer("norm").set_weights([np.ones(6), np.full(6, 9.0), np.zeros(6), np.ones(6)])
    found = inspection.class_activation_map(model, images[:2], 0)
    assert not found.maps.any() and not found.scale.any()


def test_the_highest_score_is_the_target_unless_one_is_named(images):
    model = pooled()
    best = model.predict(images, verbose=0).argmax(axis=1)
    assert (inspection.grad_cam(model, images).targets == best).all()
    assert (inspection.grad_cam(model, images, 1).targets == 1).all()
    asked = np.arange(20) % 3
    found = inspection.class_activation_map(model, images, asked)
    assert (found.targets == asked).all()
    one = inspection.class_activation_map(model, images[19:], int(asked[19]))
    assert np.allclose(found.maps[19], one.maps[0], atol=1e-5)


@pytest.mark.parametrize("look", [inspection.grad_cam, inspection.class_activation_map])
def test_unknown_classes_are_refused_with_the_allowed_ones(look, images):
    model = pooled()
    for wrong in (3, -1, True, 1.5, "cat", [0] * 19 + [3]):
        with pytest.raises(CourseError, match=r"no class .*Allowed are the numbers 0 to 2"):
            look(model, images, wrong)
    with pytest.raises(CourseError, match="2 targets for 20 images"):
        look(model, images, [0, 1])


def test_a_class_activation_map_needs_pooling_and_one_dense_layer(images):
    start = [keras.Input((SIDE, SIDE, 3)), *convolutions(4)]
    flat = keras.Sequential([*start, layers.Flatten(), layers.Dense(2)])
    deep = keras.Sequential([*start, layers.GlobalAveragePooling2D(), layers.Dense(8), layers.Dense(2)])
    for model in (flat, deep):
        with pytest.raises(CourseError, match=r"GlobalAveragePooling2D and one Dense layer.*Use grad_cam"):
            inspection.class_activation_map(model, images)
        assert inspection.grad_cam(model, images).maps.shape == (20, SIDE, SIDE)
    spatial = keras.Sequential(start)
    with pytest.raises(CourseError, match=r"a map needs \(pictures, classes\)"):
        inspection.grad_cam(spatial, images)


@pytest.mark.parametrize(
    "shares", [layers.Softmax(), layers.Activation("sigmoid"), keras.ops.softmax, keras.ops.sigmoid]
)
def test_a_softmax_of_its_own_and_a_model_inside_are_seen_through(images, shares):
    plain = pooled(activation=None, dropout=False)
    picture = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(picture, shares(plain(picture)))
    found = inspection.class_activation_map(model, images, 1, **RAW)
    expected = inspection.class_activation_map(plain, images, 1, **RAW)
    assert np.allclose(found.scores, expected.scores, atol=1e-5) and np.allclose(found.maps, expected.maps)
    assert found.layer.endswith("/norm")


def test_operations_between_layers_put_out_maps_too(images):
    picture = keras.Input((SIDE, SIDE, 3))
    x = keras.ops.relu(layers.Conv2D(4, 3, name="conv")(picture * 2))
    model = keras.Model(picture, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    for look in (inspection.class_activation_map, inspection.grad_cam):
        assert look(model, images).layer.startswith("relu")
    assert list(inspection.activations(model, images)) == ["conv"]


def test_one_place_makes_no_class_activation_map(images):
    start = [keras.Input((SIDE, SIDE, 3)), layers.Conv2D(4, 3, padding="same", name="conv")]
    end = [layers.GlobalAveragePooling2D(), layers.Dense(2)]
    one_place = keras.Sequential([*start, layers.AveragePooling2D(SIDE), *end])
    with pytest.raises(CourseError, match="maps of more than one place"):
        inspection.class_activation_map(one_place, images)
    assert inspection.grad_cam(one_place, images).layer == "conv"
    wide = keras.Sequential([start[0], layers.Conv2D(4, SIDE), *end])
    for look in (inspection.class_activation_map, inspection.grad_cam):
        with pytest.raises(CourseError, match="No layer of this model puts out feature maps"):
            look(wide, images)


def test_channels_first_is_refused(images):
    turned = [keras.Input((SIDE, SIDE, 3)), layers.Permute((3, 1, 2))]
    first = {"data_format": "channels_first"}
    end = [layers.GlobalAveragePooling2D(**first), layers.Dense(2)]
    model = keras.Sequential([*turned, layers.Conv2D(4, 3, **first), *end])
    for look in (inspection.class_activation_map, inspection.grad_cam, inspection.activations):
        with pytest.raises(CourseError, match="channels_last"):
            look(model, images)


def test_each_output_has_maps_of_its_own_branch(images):
    picture = keras.Input((SIDE, SIDE, 3))
    branches = {}
    for name, count in (("category", 4), ("color", 3)):
        x = layers.Conv2D(5, 3, activation="relu", name=f"{name}_conv")(picture)
        x = layers.Dense(8, activation="relu")(layers.Flatten()(x))
        branches[name] = layers.Dense(count, activation="softmax", name=name)(x)
    for model in (keras.Model(picture, branches), keras.Model(picture, list(branches.values()))):
        for name in branches:
            assert inspection.grad_cam(model, images, output=name).layer == f"{name}_conv"
        with pytest.raises(CourseError, match="output = None is none of 'category', 'color'"):
            inspection.grad_cam(model, images)
        with pytest.raises(CourseError, match="output = 'size' is none of"):
            inspection.grad_cam(model, images, output="size")
        with pytest.raises(CourseError, match="does not depend on color_conv"):
            inspection.grad_cam(model, images, output="category", layer="color_conv")


def test_grad_cam_asks_earlier_layers_too(images):
    found = inspection.grad_cam(pooled(), images, layer="conv_1", upsample=False)
    assert found.maps.shape == (20, SIDE, SIDE) and found.layer == "conv_1"


def corner_task(count=256, seed=1):
    """Noise with a red square at the top left (class 1) or none (class 0)."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 120, (count, SIDE, SIDE, 3))
    labels = rng.integers(0, 2, count)
    pixels[labels == 1, 1:7, 1:7, 0] = 255
    return pixels.astype(np.uint8), labels


def peaks_in_the_corner(maps):
    peaks = [np.unravel_index(one.argmax(), one.shape) for one in maps]
    return np.mean([row < SIDE / 3 and column < SIDE / 3 for row, column in peaks])


def test_the_map_of_a_network_that_learned_to_look_at_a_corner_peaks_there():
    pixels, labels = corner_task()
    model = pooled(classes=2, dropout=False)
    marked = pixels[labels == 1]
    untrained = peaks_in_the_corner(inspection.grad_cam(model, marked[:64], 0).maps)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(pixels, labels, epochs=12, batch_size=32, verbose=0)
    assert model.evaluate(pixels, labels, verbose=0)[1] > 0.95
    for look in (inspection.class_activation_map, inspection.grad_cam):
        assert peaks_in_the_corner(look(model, marked[:64], 1).maps) > 0.9
    assert untrained < 0.7


# patterns


def test_patterns_excite_their_channel_and_repeat_with_the_seed():
    model, channels = pooled(), list(range(6))
    made = inspection.patterns(model, "conv_2", channels, steps=10, seed=4)
    assert made.pictures.shape == (6, SIDE, SIDE, 3) and made.channels == channels
    assert made.pictures.min() >= 0 and made.pictures.max() <= 1
    heard = made.before > 0  # the others are silent for noise
    assert heard.sum() >= 2 and not made.after[~heard].any()
    assert (made.after > 1.5 * made.before)[heard].all()
    again = inspection.patterns(model, "conv_2", channels, steps=10, seed=4)
    other = inspection.patterns(model, "conv_2", channels, steps=10, seed=5)
    assert np.allclose(made.pictures, again.pictures) and not np.allclose(made.pictures, other.pictures)
    with pytest.raises(CourseError, match=r"channels = \[6\]: layer 'conv_2' has the channels 0 to 5"):
        inspection.patterns(model, "conv_2", 6)
    with pytest.raises(CourseError, match="no layer 'conv_7'"):
        inspection.patterns(model, "conv_7", 0)
    for wrong in (keras.Input((None, None, 3)), keras.Input((SIDE, SIDE, 3), dtype="uint8")):
        with pytest.raises(CourseError, match="floats and a fixed size"):
            inspection.patterns(
                keras.Sequential([wrong, layers.Rescaling(1 / 255), *convolutions(4)]), "conv_1", 0
            )


# modules of TensorFlow Hub


class Module(tf.Module):
    """A small network as MobileNet is built: strides, a residual block, padding, an average at the end."""

    def __init__(self, ending="mean"):
        super().__init__()
        rng, shapes = np.random.default_rng(0), [(3, 3, 3, 8), (3, 3, 8, 12), (1, 1, 12, 12), (1, 1, 12, 16)]
        self.kernels = [tf.Variable(rng.normal(0, 0.3, shape).astype("float32")) for shape in shapes]
        self.variables_ = self.kernels
        self.ending = ending

    @tf.function(input_signature=[tf.TensorSpec((None, 32, 32, 3))])
    def __call__(self, images):
        x = tf.nn.relu6(tf.nn.conv2d(images, self.kernels[0], 2, "SAME"))
        x = tf.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))
        x = tf.nn.relu6(tf.nn.conv2d(x, self.kernels[1], 2, "VALID"))
        x = x + tf.nn.relu(tf.nn.conv2d(x, self.kernels[2], 1, "SAME"))
        x = tf.nn.relu6(tf.nn.conv2d(x, self.kernels[3], 1, "SAME"))
        if self.ending == "mean":
            return tf.reduce_mean(x, (1, 2))
        if self.ending == "average pooling":
            return tf.squeeze(tf.nn.avg_pool2d(x, 8, 1, "VALID"), (1, 2))
        if self.ending == "part of the places":
            return tf.reshape(tf.nn.avg_pool2d(x, 4, 4, "VALID"), (-1, 64))
        return tf.reduce_max(x, (1, 2))


def hub_layer(folder, ending="mean"):
    tf.saved_model.save(Module(ending), str(folder))
    return HubLayer(folder)


@pytest.fixture
def bright():
    return np.random.default_rng(2).uniform(size=(5, 32, 32, 3)).astype("float32")


@pytest.mark.parametrize("ending", ["mean", "average pooling"])
def test_the_backbone_puts_out_the_maps_that_a_module_averages(tmp_path, bright, ending):
    layer = hub_layer(tmp_path, ending)
    backbone = inspection.spatial_backbone(layer)
    assert backbone.output_shape == (None, 8, 8, 16) and not backbone.trainable_weights
    assert np.allclose(keras.ops.mean(backbone(bright), (1, 2)), layer(bright), atol=1e-5)
    found = inspection.activations(backbone, bright)
    assert {name: maps.shape[1:] for name, maps in found.items()} == {
        "stage_1": (16, 16, 8),
        "stage_2": (8, 8, 16),
    }


def test_maps_see_through_a_head_that_was_trained_on_the_features(tmp_path, bright):
    layer = hub_layer(tmp_path)
    head = layers.Dense(2, activation="softmax")
    asked = keras.Sequential([keras.Input((32, 32, 3)), layer, head])
    scaling = keras.Sequential([keras.Input((32, 32, 3)), layers.Rescaling(1.0), layer, head])
    model = keras.Sequential([inspection.spatial_backbone(layer), layers.GlobalAveragePooling2D(), head])
    assert np.allclose(asked(bright), model(bright), atol=1e-5)
    cam = inspection.class_activation_map(model, bright, 1, **RAW)
    assert np.allclose(cam.maps.mean(axis=(1, 2)) + head.bias.numpy()[1], cam.scores, atol=1e-5)
    assert np.allclose(cam.maps, 64 * inspection.grad_cam(model, bright, 1, **RAW).maps, atol=1e-5)
    assert cam.layer == "spatial_backbone/stage_2"
    early = inspection.grad_cam(model, bright, 1, layer="spatial_backbone/stage_1", upsample=False)
    assert early.maps.shape == (5, 16, 16) and early.maps.any()
    made = inspection.patterns(model, "spatial_backbone/stage_1", [0, 1], steps=5, white=1)
    assert (made.after > made.before).all()
    for hiding in (asked, scaling):
        for look in (inspection.grad_cam, inspection.class_activation_map, inspection.activations):
            with pytest.raises(CourseError, match=r"HubLayer hides its layers.*spatial_backbone"):
                look(hiding, bright)


@pytest.mark.parametrize("ending", ["maximum", "part of the places"])
def test_a_module_that_does_not_end_in_an_average_is_refused(tmp_path, ending):
    with pytest.raises(CourseError, match="does not end in an average of maps over all places"):
        inspection.spatial_backbone(hub_layer(tmp_path, ending))


def test_only_a_hub_layer_has_a_backbone():
    with pytest.raises(CourseError, match=r"This is a Dense; spatial_backbone takes a HubLayer"):
        inspection.spatial_backbone(layers.Dense(2))
    any_size = SimpleNamespace(image_shape=(None, None, 3), handle="module")
    with pytest.raises(CourseError, match="module does not take pictures of one size"):
        inspection.spatial_backbone(any_size)


@pytest.mark.parametrize(
    ("name", "sides", "features"),
    [("mobilenet_v2", (112, 56, 28, 14, 7), 1280), ("inception_v3", (147, 71, 35, 17, 8), 2048)],
)
def test_the_published_backbones_show_their_stages(monkeypatch, name, sides, features):
    handle = f"https://tfhub.dev/google/tf2-preview/{name}/feature_vector/4"
    monkeypatch.setattr(availability, "network_answers", lambda address, seconds=4: False)
    try:
        modules.resolve(handle)
    except NotAvailable:
        pytest.skip(f"{name} is not in TensorFlow Hub's cache")
    layer = HubLayer(handle)
    backbone = inspection.spatial_backbone(layer)
    assert backbone.output_shape == (None, sides[-1], sides[-1], features)
    assert tuple(stage.output.shape[1] for stage in backbone.layers) == sides
    picture = np.random.default_rng(0).uniform(size=(1, *layer.image_shape)).astype("float32")
    assert np.allclose(keras.ops.mean(backbone(picture), (1, 2)), layer(picture), atol=1e-3)
    model = keras.Sequential([backbone, layers.GlobalAveragePooling2D(), layers.Dense(2)])
    cam, grad = (
        look(model, picture, 0, **RAW).maps for look in (inspection.class_activation_map, inspection.grad_cam)
    )
    assert np.allclose(cam, sides[-1] ** 2 * grad, atol=1e-3)
