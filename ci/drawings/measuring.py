"""How hard the drawn sets are: a linear model on raw pixels beside a small convolutional network."""

import numpy as np
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from course_utils import training
from course_utils.data import sources

keras = training.keras
# Set -> side in pixels at which it is read, and passes of the network over the training pictures.
SETTINGS = {
    "fashion_mnist": (28, 8),
    "fashion_attributes": (64, 25),
    "cats_vs_dogs": (64, 40),
    "tf_flowers": (64, 40),
}


def read(name, split, side):
    """Return images (n, side, side, channels), 0 to 1, and labels (n,) of a shipped set."""
    pairs = sources.examples(sources.sample(name), split).as_numpy_iterator()
    images, labels = zip(*pairs, strict=True)
    resized = [tf.image.resize(image, (side, side), antialias=True).numpy() / 255 for image in images]
    return np.stack(resized).astype("float32"), np.array(labels)


def compared(name, seed):
    """Return two accuracies on pictures that were not trained with: of the linear model, of the network.

    These are the test pictures, or where there are none, a quarter of all, chosen by ``seed``.
    """
    side, epochs = SETTINGS[name]
    images, labels = read(name, "train", side)
    if "test" in sources.sample(name).info.splits:
        parts = images, *(part for part in read(name, "test", side)), labels
        fit, test_images, test_labels, fit_labels = parts
    else:
        fit, test_images, fit_labels, test_labels = train_test_split(
            images, labels, test_size=0.25, random_state=seed, stratify=labels
        )
    linear = LogisticRegression(C=0.01, max_iter=200).fit(fit.reshape(len(fit), -1), fit_labels)
    network = trained(fit, fit_labels, epochs, seed)
    scores = network.predict(test_images, verbose=0)
    return (
        linear.score(test_images.reshape(len(test_images), -1), test_labels),
        float(np.mean(scores.argmax(axis=1) == test_labels)),
    )


def trained(images, labels, epochs, seed):
    """Return a network of four convolutions, trained from scratch on mirrored and shifted pictures."""
    training.set_seed(seed)
    layers = [keras.Input(images.shape[1:]), keras.layers.RandomFlip("horizontal")]
    layers.append(keras.layers.RandomTranslation(0.08, 0.08))
    for filters in (32, 64, 96, 128):
        layers += [keras.layers.Conv2D(filters, 3, padding="same"), keras.layers.BatchNormalization()]
        layers += [keras.layers.ReLU(), keras.layers.MaxPooling2D(padding="same")]
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dropout(0.3)]
    layers.append(keras.layers.Dense(int(labels.max()) + 1, "softmax"))
    network = keras.Sequential(layers)
    steps = -(-len(images) // 32) * epochs
    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        "sparse_categorical_crossentropy",
    )
    network.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)
    return network
