#!/usr/bin/env python
"""Pretrain the stand-in backbones in ``data/hub`` on drawn pictures, and measure what they are worth.

    python ci/pretrain_stand_ins.py                      # draw the pictures (once), train and save all
    python ci/pretrain_stand_ins.py --only mobilenet
    python ci/pretrain_stand_ins.py --measure            # print their table in data/hub/README.md

Everything is seeded; the last digits depend on the processor and its number of threads.
"""

import argparse
import statistics
import sys
import time

import numpy as np
from drawings.classes import CLASSES, pictures, textiles
from drawings.kit.chance import generator
from stand_ins import exporting, measuring, networks, training

from course_utils import checksums, portable
from course_utils.files import course_folder, written_whole

import keras  # isort: skip (after course_utils, which keeps TensorFlow's greeting off the terminal)
import tensorflow as tf  # isort: skip

HUB = course_folder() / "data" / "hub"
COUNT, VALIDATION = 200, 20  # pictures of each class: drawn, and of these kept to judge by
VGG_SCALE = 1 / 58  # brings what vgg19.preprocess_input puts out to about -2 to 2
EXAMPLES = {"owl": 205, "ladybird": 204}  # class -> which of its pictures, none that was trained with


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=list(MAKERS), help="make or measure this one alone")
    parser.add_argument("--epochs", type=int, help="passes over the pictures, in place of each one's own")
    parser.add_argument("--measure", action="store_true", help="measure what is saved; train nothing anew")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of --measure")
    options = parser.parse_args(arguments)

    names = [options.only] if options.only else list(MAKERS)
    if options.measure:
        for name in names:
            measure(name, options.seeds)
        return 0
    train, validation = pictures.split(CLASSES, COUNT, VALIDATION)
    for name in names:
        MAKERS[name](train, validation, options.epochs)
    checksums.write(HUB)  # compared before a stand-in is loaded
    return 0


def mobilenet(train, validation, epochs):
    """Make the feature vector, the classifier, the names of its classes and pictures to try it on."""
    network = networks.Network(networks.mobilenet, 96, len(CLASSES))
    fitted(network, train, validation, 96, epochs or 14, ((64,), (96,)))
    # In a second cycle it learns what was too fine for the first. After random crops 80 pixels show as much
    # of a thing as 96 do in use.
    fitted(network, train, validation, 96, epochs or 16, ((64,), (80,)), seed=1)
    for folder, classes in (("classification", len(CLASSES)), ("feature_vector", 0)):
        copy = exporting.copied(network, networks.mobilenet, 96, classes)
        exporting.save_network(copy, HUB / f"mobilenet_v2_{folder}")
    with written_whole(HUB / "labels.txt") as path:
        path.write_text("\n".join(CLASSES) + "\n")
    for name, index in EXAMPLES.items():
        with written_whole(HUB / "examples" / f"{name}.jpg") as path:
            keras.utils.save_img(path, CLASSES[name](generator(0, name, index)), scale=False, quality=92)


def inception(train, validation, epochs):
    """Make the feature vector of the network with parallel branches."""
    network = networks.Network(networks.inception, 128, len(CLASSES))
    fitted(network, train, validation, 128, epochs or 10, ((80,), (128,)))
    fitted(network, train, validation, 128, epochs or 12, ((80,), (104,)), seed=1)
    copy = exporting.copied(network, networks.inception, 128)
    exporting.save_network(copy, HUB / "inception_v3_feature_vector")


def vgg(train, validation, epochs):
    """Make the Keras model of plain stacks: many scales, much grey, and small things of cloth."""
    cloths = pictures.split(textiles.CLASSES, COUNT, VALIDATION)
    train, validation = (
        (np.concatenate([images, more]), np.concatenate([labels, len(CLASSES) + others]))
        for (images, labels), (more, others) in zip((train, validation), cloths, strict=True)
    )
    network = networks.Network(networks.vgg, 64, len(CLASSES) + len(textiles.CLASSES))
    options = {"sides": ((48, 64),) * 2, "peak": 3e-3, "zoom": 0.5, "grey": 0.3, "prepare": for_vgg}
    fitted(network, train, validation, 64, epochs or 16, **options)
    portable.save(exporting.vgg_model(network, VGG_SCALE), HUB / "vgg19.keras")


def for_vgg(images):
    """Return images with pixels from 0 to 1 as ``networks.vgg`` trains on them."""
    return keras.applications.vgg19.preprocess_input(255 * images) * VGG_SCALE


MAKERS = {"mobilenet": mobilenet, "inception": inception, "vgg": vgg}


def fitted(network, train, validation, size, epochs, sides, **options):
    """Train ``network`` and report on it."""

    def report(epoch, loss, seconds):
        line = f"epoch {epoch + 1}: loss {loss:.3f}, {seconds / 60:.1f} min"
        if epoch % 4 == 3 or epoch + 1 == epochs:
            scores = training.computed(network, validation[0], size, options.get("prepare"))
            line += f", validation accuracy {np.mean(scores.argmax(1) == validation[1]):.3f}"
        print(line, flush=True)

    start = time.process_time()
    training.fit(network, train, epochs, sides, report=report, **options)
    print(f"{(time.process_time() - start) / 60:.1f} minutes of one core", flush=True)


def measure(name, seeds):
    """Print one row of the table for each drawn set: a head on frozen features, and from scratch twice."""
    body, size, prepare = {
        "mobilenet": (networks.mobilenet, 96, None),
        "inception": (networks.inception, 128, None),
        "vgg": (networks.vgg, 64, for_vgg),
    }[name]
    network = saved(name)

    def features(images):
        return training.computed(network, images, size, prepare)

    for drawn in measuring.SETS:
        results = zip(*measuring.compared(drawn, features, body, size, seeds, prepare), strict=True)
        shown = [f"{statistics.fmean(found):.1%} ± {statistics.pstdev(found):.1%}" for found in results]
        print(f"| {name} | {drawn} | {' | '.join(shown)} |", flush=True)


def saved(name):
    """Return the saved backbone, called as a ``networks.Network`` and giving one vector for each image."""
    if name != "vgg":
        folder = {"mobilenet": "mobilenet_v2_feature_vector", "inception": "inception_v3_feature_vector"}
        return tf.saved_model.load(str(HUB / folder[name]))
    model = keras.models.load_model(HUB / "vgg19.keras")
    return lambda images, training: tf.reduce_mean(model(images / VGG_SCALE, training=training), (1, 2))


if __name__ == "__main__":
    sys.exit(main())
