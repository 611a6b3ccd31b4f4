"""The stand-in backbones in data/hub: they load, they are small, and their features are worth something."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_utils.data import tfds_sets
from course_utils.files import course_folder
from course_utils.pretrained import HubLayer

HUB = course_folder() / "data" / "hub"
LABELS = (HUB / "labels.txt").read_text().split("\n")[:-1]
CLASSIFIER = "data/hub/mobilenet_v2_classification"
# Side of the images, length of the output, parameters: as in the card.
MODULES = {
    "mobilenet_v2_feature_vector": (96, 512, 255_504),
    "mobilenet_v2_classification": (96, len(LABELS), 287_823),
    "inception_v3_feature_vector": (128, 240, 310_992),
}
LESSONS = (
    "t-shirt trouser pullover dress coat sandal shirt sneaker bag boot jeans shoe dandelion daisy tulip "
)
LESSONS += "sunflower rose cat dog"


def size(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_as_its_card_says(name):
    side, length, parameters = MODULES[name]
    layer = HubLayer(f"data/hub/{name}")
    assert layer.image_shape == (side, side, 3)
    assert layer(np.zeros((2, side, side, 3), "float32")).shape == (2, length)
    assert layer.count_params() == parameters
    assert f"{parameters:,}" in (HUB / "README.md").read_text()
    assert not layer.trainable_weights


def test_the_end_of_a_module_can_be_fine_tuned():
    layer = HubLayer("data/hub/mobilenet_v2_feature_vector", trainable=True, fine_tune="block_[67]|top")
    names = {weight.name for weight in layer.trainable_weights}
    assert "block_6_expand_kernel" in names
    assert "top_gamma" in names
    assert not any(name.startswith(("stem", "block_5")) or "moving" in name for name in names)


def test_a_feature_vector_is_the_mean_of_a_feature_map():
    module = tf.saved_model.load(str(HUB / "mobilenet_v2_feature_vector"))
    (graph,) = {function.graph for function in module.__call__.concrete_functions[:1]}
    (pooling,) = [operation for operation in graph.get_operations() if operation.type == "Mean"]
    features = pooling.inputs[0]
    assert features.op.type in ("Relu", "Relu6")
    assert features.shape.as_list() == [None, 6, 6, 512]


def test_the_stand_in_for_vgg_is_named_and_shaped_like_it():
    model = keras.models.load_model(HUB / "vgg19.keras", safe_mode=True)
    published = keras.applications.VGG19(include_top=False, weights=None)
    assert [layer.name for layer in model.layers][1:] == [layer.name for layer in published.layers][1:]
    assert f"{model.count_params():,}" in (HUB / "README.md").read_text()
    for side in (32, 48, 64):
        assert model(np.zeros((1, side, side, 3), "float32")).shape[1:3] == (side // 32, side // 32)


@pytest.mark.parametrize("name", [*MODULES, "vgg19.keras"])
def test_a_stand_in_is_small(name):
    assert 0 < size(HUB / name) <= 2_000_000


def test_no_class_of_a_lesson_is_among_the_labels():
    words = {word for label in LABELS for word in label.lower().split()}
    assert len(set(LABELS)) == len(LABELS) >= 30
    assert not words & {form for word in LESSONS.split() for form in (word, f"{word}s")}


def test_the_classifier_names_the_examples():
    layer = HubLayer(CLASSIFIER)
    examples = sorted((HUB / "examples").glob("*.jpg"))
    assert examples
    for path in examples:
        assert path.stat().st_size < 30_000
        image = keras.utils.img_to_array(keras.utils.load_img(path, target_size=layer.image_shape[:2]))
        assert LABELS[int(np.argmax(layer(image[None] / 255)))] == path.stem


@pytest.fixture(scope="module")
def flowers():
    pictures = tfds_sets.sample("tf_flowers").as_dataset(split="train", shuffle_files=False)
    images, labels = zip(*[(picture["image"], int(picture["label"])) for picture in pictures], strict=True)
    return [tf.image.resize(image, (128, 128)).numpy() for image in images], np.array(labels)


def judged(features, labels):
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=500))
    return head.fit(features[:350], labels[:350]).score(features[350:], labels[350:])


@pytest.mark.parametrize(
    "name", ["mobilenet_v2_feature_vector", "inception_v3_feature_vector", "vgg19.keras"]
)
def test_features_are_worth_more_than_pixels_and_than_features_of_random_weights(name, flowers):
    images, labels = np.stack(flowers[0]), flowers[1]
    if name == "vgg19.keras":
        backbone, side = keras.models.load_model(HUB / name), 64
        weights = [weight for weight in backbone.weights if "kernel" in weight.path]
    else:
        backbone = HubLayer(f"data/hub/{name}")
        side, weights = backbone.image_shape[0], [w for w in backbone.weights if "kernel" in w.name]
    images = tf.image.resize(images, (side, side)).numpy()
    inputs = keras.applications.vgg19.preprocess_input(images.copy()) if side == 64 else images / 255

    def accuracy():
        outputs = [backbone(inputs[start : start + 50]) for start in range(0, 500, 50)]
        return judged(np.concatenate(outputs).reshape(500, -1), labels)

    trained, pixels = accuracy(), judged(images[:, ::8, ::8].reshape(500, -1), labels)
    rng = np.random.default_rng(0)
    for weight in weights:
        weight.assign(rng.permuted(weight.numpy().ravel()).reshape(weight.shape))
    assert trained > pixels + 0.2
    assert trained > accuracy() + 0.15
