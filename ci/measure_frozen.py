#!/usr/bin/env python
"""Measure what it saves to compute the features of a frozen backbone once, as lessons 08 and 09 do.

    python ci/measure_frozen.py cats_vs_dogs mobilenet_v2
    python ci/measure_frozen.py tf_flowers mobilenet_v2 inception_v3 --validation 0.3 --pictures 1000

Beside it runs the published way: in each of 6 epochs all pictures go through the frozen backbone, and the
validation pictures after them. Both ways run in this process, one after the other, on the same split.
Published weights and pictures only; the cache of features is a new and empty one. For each backbone it prints
seconds, pictures a second and validation accuracy, and the ratios. On a busy machine read the processor's
seconds, of all cores together: what else runs hardly changes them.
"""

import argparse
import os
import sys
import tempfile
import time
from unittest import mock

from course_utils import data, features, pretrained, training
from course_utils.artifacts import Table
from course_utils.errors import CourseError

import keras  # isort: skip (after course_utils, which keeps TensorFlow's greeting off the terminal)
import tensorflow as tf  # isort: skip

HANDLE = "https://tfhub.dev/google/tf2-preview/{}/feature_vector/4"
PUBLISHED_EPOCHS, EPOCHS, BATCH_SIZE = 6, 20, 32


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures_of", choices=["cats_vs_dogs", "tf_flowers"], help="the data set")
    parser.add_argument("backbones", nargs="+", choices=["mobilenet_v2", "inception_v3"])
    parser.add_argument("--validation", type=float, default=0.2, help="share judged (default: 0.2)")
    parser.add_argument(
        "--pictures", type=int, help="take so many training pictures and that share of others"
    )
    parser.add_argument("--seed", type=int, default=0, help="of split, weights and order (default: 0)")
    options = parser.parse_args(arguments)
    try:
        pictures = data.load(options.pictures_of, "tfds", options.validation, options.seed)
        train, validation, classes = pictures.train, pictures.validation, len(pictures.class_names)
        if options.pictures:
            share = min(1, options.pictures / pictures.counts["train"])
            train = train.take(options.pictures)
            validation = validation.take(round(share * pictures.counts["validation"]))
        for backbone in options.backbones:
            handle = pretrained.find(HANDLE.format(backbone), weights="published").handle
            compare(backbone, handle, train, validation, classes, options.seed)
    except CourseError as error:
        print(f"measure_frozen: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def compare(backbone, handle, train, validation, classes, seed):
    """Run both ways and print their table."""
    count = int(train.cardinality()) + int(validation.cardinality())
    rows, seconds, processor = [], {}, {}
    for name, way in (("features once", features_once), ("published way", published_way)):
        training.set_seed(seed)
        module = pretrained.HubLayer(handle)  # loading it belongs to neither way
        started, worked = time.perf_counter(), time.process_time()
        accuracy, passes, looking = way(module, train, validation, classes)
        seconds[name], processor[name] = time.perf_counter() - started, time.process_time() - worked
        times = f"{seconds[name]:.0f} s", f"{processor[name]:.0f} s"
        rows.append((name, *times, f"{passes * count / looking:.0f}", f"{100 * accuracy:.2f} %"))
    print(f"\n{backbone}, {count:,} pictures")
    print(Table(("", "time", "processor", "pictures a second", "validation accuracy"), rows))
    ratios = [taken["published way"] / taken["features once"] for taken in (seconds, processor)]
    print(f"ratio {ratios[0]:.1f} in time, {ratios[1]:.1f} in the processor's\n", flush=True)


def features_once(module, train, validation, classes):
    """Lesson 08's way. Return validation accuracy, passes through the backbone, their seconds."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ, COURSE_CACHE_DIR=empty):
        (inputs, labels), judged = (features.extract(module, part) for part in (train, validation))
    looking = time.perf_counter() - started
    penalty = keras.regularizers.L2(0.1)
    head = keras.Sequential(
        [
            keras.Input(shape=inputs.shape[1:]),
            keras.layers.Dense(classes, activation="softmax", kernel_regularizer=penalty),
        ]
    )
    rows = tf.data.Dataset.from_tensor_slices((inputs, labels)).shuffle(len(labels)).batch(BATCH_SIZE)
    schedule = training.one_cycle(2e-3, EPOCHS, rows)
    head.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
    head.fit(rows, epochs=EPOCHS, verbose=0)
    return head.evaluate(*judged, verbose=0)[1], 1, looking


def published_way(module, train, validation, classes):
    """The way of the published lessons. Return what ``features_once`` does."""
    size = module.image_shape[:2]

    def prepared(part):
        return part.map(lambda image, label: (tf.image.resize(image, size) / 255, label))

    network = keras.Sequential(
        [
            keras.Input(shape=module.image_shape),
            module,
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    batches = prepared(train).shuffle(int(train.cardinality()) // 4).batch(BATCH_SIZE).prefetch(1)
    judged = prepared(validation).batch(BATCH_SIZE).prefetch(1)
    started = time.perf_counter()
    fit = network.fit(batches, epochs=PUBLISHED_EPOCHS, validation_data=judged, verbose=0)
    return fit.history["val_accuracy"][-1], PUBLISHED_EPOCHS, time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
