"""What the shipped drawings are good for: neither hopeless nor told by colour, corners or a linear model."""

from itertools import combinations

import numpy as np
import pytest
from drawings.sets import SETS
from PIL import Image
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import cross_val_score

from course_utils import training
from course_utils.data import tfds_sets

# Bars for the accuracy of linear models that see 16 x 16 pixels of some pictures, their corners, their mean
# colour. By chance it is one in as many as there are classes: 10, 7, 2 and 5.
PIXELS = {
    "fashion_mnist": (0.6, 0.85),
    "fashion_attributes": (0.4, 0.85),
    "cats_vs_dogs": (0, 0.65),
    "tf_flowers": (0.25, 0.6),
}
SHUFFLED = {"fashion_mnist": 0.16, "fashion_attributes": 0.25, "cats_vs_dogs": 0.6, "tf_flowers": 0.3}
CORNERS = {"fashion_attributes": 0.2, "cats_vs_dogs": 0.6, "tf_flowers": 0.3}
COLOURS = {"cats_vs_dogs": 0.6, "tf_flowers": 0.45}
MOST = 1_400  # pictures that are looked at


@pytest.fixture(scope="module", params=SETS)
def pictures(request):
    """The name of a set, its training pictures (n, 16, 16, channels), 0 to 1, and their labels."""
    pairs = tfds_sets.examples(tfds_sets.sample(request.param), "train").take(MOST).as_numpy_iterator()
    images, labels = zip(*pairs, strict=True)
    resized = [Image.fromarray(image.squeeze()).resize((16, 16), Image.Resampling.BOX) for image in images]
    return request.param, np.stack([np.atleast_3d(image) for image in resized]) / 255, np.array(labels)


def accuracy(inputs, labels, alpha):
    return cross_val_score(RidgeClassifier(alpha=alpha), inputs.reshape(len(inputs), -1), labels, cv=4).mean()


def test_a_linear_model_learns_something_but_not_all(pictures):
    name, images, labels = pictures
    low, high = PIXELS[name]
    assert low < accuracy(images, labels, alpha=100) < high


def test_nothing_can_be_learned_from_shuffled_labels(pictures):
    name, images, labels = pictures
    assert accuracy(images, np.random.default_rng(0).permutation(labels), alpha=100) < SHUFFLED[name]


@pytest.mark.parametrize("pictures", CORNERS, indirect=True)
def test_the_corners_of_a_picture_tell_nothing(pictures):
    name, images, labels = pictures
    corners = images[:, [0, 0, 1, 1, -1, -1, -2, -2], [0, -1, 1, -2, 0, -1, 1, -2]]
    assert accuracy(corners, labels, alpha=1) < CORNERS[name]


@pytest.mark.parametrize("pictures", COLOURS, indirect=True)
def test_the_mean_colour_tells_little(pictures):
    name, images, labels = pictures
    assert accuracy(images.mean(axis=(1, 2)), labels, alpha=1) < COLOURS[name]


@pytest.mark.parametrize("pictures", ["fashion_mnist"], indirect=True)
def test_no_two_garments_look_alike_on_average(pictures):
    _, images, labels = pictures
    means = [images[labels == label].mean(axis=0) for label in range(10)]
    assert min(np.abs(one - other).mean() for one, other in combinations(means, 2)) > 0.012


@pytest.mark.parametrize("pictures", ["fashion_mnist"], indirect=True)
def test_most_shoes_point_to_the_left_and_some_to_the_right(pictures):
    _, images, labels = pictures
    shafts = images[labels == SETS["fashion_mnist"].NAMES.index("Ankle boot"), :7].sum(axis=(1, 3))
    assert 0.6 < (shafts[:, 8:].sum(axis=1) > shafts[:, :8].sum(axis=1)).mean() < 0.9


def test_a_small_network_is_at_least_five_points_better_than_a_linear_model():
    training.set_seed(0)
    builder = tfds_sets.sample("fashion_mnist")
    (images, labels), (tests, answers) = (tfds_sets.columns(builder, part) for part in ("train", "test"))
    images, labels = images[:3_000], labels[:3_000]
    linear = RidgeClassifier(alpha=100).fit(images.reshape(-1, 784) / 255, labels)
    layers = training.keras.layers
    network = training.keras.Sequential(
        [
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(images, labels, batch_size=32, epochs=6, verbose=0)
    learned = network.evaluate(tests, answers, verbose=0, return_dict=True)["accuracy"]
    assert learned > linear.score(tests.reshape(-1, 784) / 255, answers) + 0.05
