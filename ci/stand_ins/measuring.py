"""What the features of a stand-in are worth: a head on them, beside the same network trained from scratch."""

import numpy as np
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_utils.data import tfds_sets
from stand_ins import networks, training

SETS = {"tf_flowers": 0.3, "cats_vs_dogs": 0.2}  # the share that is kept to judge by
# From scratch: with as many passes over the pictures as the published lessons make, and with more.
EPOCHS, BATCH, PEAK = (6, 15), 32, 3e-3


def drawn(name, size):
    """Return the images (``uint8``) and labels of the drawn set ``name``, resized as the lessons do."""
    pictures = tfds_sets.sample(name).as_dataset(split="train", shuffle_files=False)
    images, labels = [], []
    for picture in pictures:
        image = tf.image.resize(picture["image"], (size, size))
        images.append(tf.cast(tf.round(image), tf.uint8).numpy())
        labels.append(int(picture["label"]))
    return np.stack(images), np.array(labels)


def head(features, labels):
    """Return a softmax head trained on ``features``."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=2000)).fit(features, labels)


def compared(name, features_of, body, size, seeds, prepare=None):
    """Return rows of accuracies, one for each of ``seeds``: a head on the features, then from scratch.

    From scratch there is one for each number of ``EPOCHS``.
    ``features_of(images)`` returns one row for each ``uint8`` image; ``body`` and ``size`` are those of the
    ``networks.Network`` that is trained from scratch.
    """
    images, labels = drawn(name, size)
    features = features_of(images)
    rows = []
    for seed in seeds:
        train, test = train_test_split(
            np.arange(len(labels)), test_size=SETS[name], random_state=seed, stratify=labels
        )
        found = [head(features[train], labels[train]).score(features[test], labels[test])]
        for epochs in EPOCHS:
            network = networks.Network(body, size, int(labels.max()) + 1, seed)
            training.fit(
                network,
                (images[train], labels[train]),
                epochs,
                ((size,), (size,)),
                peak=PEAK,
                batch=BATCH,
                zoom=0.85,
                grey=0,
                seed=seed,
                prepare=prepare,
            )
            scores = training.computed(network, images[test], size, prepare)
            found.append(np.mean(scores.argmax(1) == labels[test]))
        print(name, body.__name__, "seed", seed, *(f"{accuracy:.3f}" for accuracy in found), flush=True)
        rows.append(found)
    return rows
