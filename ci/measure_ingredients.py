#!/usr/bin/env python
"""Measure what each ingredient of lesson 04's training brings, and enter it into the ledger.

    python ci/measure_ingredients.py --pictures 12000 --epochs 5 --seeds 0 1

Trains the network once for each row and seed on published pictures, each row with one ingredient more than
the row above, and writes the mean validation accuracies to ``ci/results.json``. The network is the lesson's
own cell. The test pictures are not read.
"""

import argparse
import statistics
import sys

import nbformat

from course_utils import data, training
from course_utils.artifacts import ledger, write_json
from course_utils.files import course_folder

import keras  # isort: skip (after course_utils, which keeps TensorFlow's greeting off the terminal)

LESSON = "04_cnn_with_4_conv_layers"
PEAK, BATCH_SIZE, DECAY, SHARE = 2e-3, 64, 0.05, 0.2  # as in the lesson


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=12_000, help="training pictures (default: 12000)")
    parser.add_argument("--epochs", type=int, default=5, help="passes over them for each row (default: 5)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="one run each (default: 0 1)")
    options = parser.parse_args(arguments)

    runs = [measure(seed, options.pictures, options.epochs) for seed in options.seeds]
    rows = [
        {
            "ingredient": ingredient,
            "validation_accuracy": round(statistics.fmean(run[ingredient] for run in runs), 5),
        }
        for ingredient in runs[0]
    ]
    seeds = ", ".join(map(str, options.seeds))
    content = ledger()
    content[LESSON]["ingredients"] = {
        "title": f"{options.pictures:,} pictures, {options.epochs} epochs, seeds {seeds}",
        "rows": rows,
    }
    write_json(course_folder() / "ci" / "results.json", content)
    return 0


def measure(seed, count, epochs):
    """Train once for each row; return ingredient -> validation accuracy after the last epoch.

    The last epoch, not the best one: choosing by validation would flatter the noisier rows.
    """
    pictures = data.load("fashion_mnist", source="tfds", validation=0.2, seed=seed)
    train = pictures.train.take(count).cache().shuffle(count, seed=seed).batch(BATCH_SIZE)
    flipped = training.augment(train, keras.layers.RandomFlip("horizontal", seed=seed))
    validation = pictures.validation.batch(1000)

    def constant():
        return keras.optimizers.Adam(1e-3)

    def cycle(weight_decay=0.0):
        schedule = training.one_cycle(PEAK, epochs, train)
        return keras.optimizers.AdamW(schedule, weight_decay=weight_decay)

    def train_network(momentum, optimizer, batches, fade=False):
        training.set_seed(seed)
        lesson = {"keras": keras, "pictures": pictures}
        exec(cell("network"), lesson)
        network = lesson["build_network"](momentum)
        network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        half = epochs // 2 if fade else epochs
        network.fit(batches, epochs=half, verbose=0)
        if fade:
            with training.fading_dropout(network, SHARE):
                network.fit(batches, initial_epoch=half, epochs=epochs, verbose=0)
        return network

    accuracies = {}
    for ingredient, settings in (
        ("Keras's defaults: Adam at 0.001, momentum 0.99", (0.99, constant(), train)),
        ("+ batch norm's momentum 0.9", (0.9, constant(), train)),
        (f"+ one cycle, peak {PEAK}", (0.9, cycle(), train)),
        (f"+ weight decay {DECAY}", (0.9, cycle(DECAY), train)),
        ("+ horizontal flips", (0.9, cycle(DECAY), flipped)),
        (f"+ dropout that fades to {SHARE}", (0.9, cycle(DECAY), flipped, True)),
        ("+ fresh averages", None),
    ):
        if settings:
            network = train_network(*settings)
        else:
            training.refresh_averages(network, flipped)
        accuracies[ingredient] = network.evaluate(validation, verbose=0, return_dict=True)["accuracy"]
        print(seed, ingredient, accuracies[ingredient], flush=True)
    return accuracies


def cell(name):
    """Return the source of the lesson's cell ``name``."""
    notebook = nbformat.read(course_folder() / "notebooks" / f"{LESSON}.ipynb", as_version=4)
    (source,) = (cell.source for cell in notebook.cells if cell.id == name)
    return source


if __name__ == "__main__":
    sys.exit(main())
