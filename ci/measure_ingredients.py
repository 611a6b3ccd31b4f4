#!/usr/bin/env python
"""Measure what each ingredient of lesson 04's training brings, and enter it into the ledger.

    python ci/measure_ingredients.py --epochs 5

Trains the network once for each row on the published pictures, each row with one ingredient more than
the row above, and writes the validation accuracies to ``ci/results.json``. The network is the one in the
lesson's own cells. The test pictures are not read.
"""

import argparse
import json
import sys

import keras
import nbformat
import tensorflow as tf

from course_utils import data, training
from course_utils.artifacts import ledger
from course_utils.files import course_folder, written_whole

LESSON = "04_cnn_with_4_conv_layers"


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--epochs", type=int, default=5, help="passes over the training pictures for each row"
    )
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    pictures = data.load("fashion_mnist", source="tfds", validation=0.2, seed=options.seed)
    shuffled = pictures.train.shuffle(pictures.counts["train"], seed=options.seed)
    train = shuffled.batch(options.batch_size).prefetch(tf.data.AUTOTUNE)
    flipped = training.augment(train, keras.layers.RandomFlip("horizontal", seed=options.seed))
    validation = pictures.validation.batch(1000)

    def cycle():
        return training.one_cycle(peak=3e-3, epochs=options.epochs, train=train)

    rows = []
    for ingredient, momentum, optimizer, batches in (
        ("as published: Adam at 0.001, momentum 0.99", 0.99, lambda: keras.optimizers.Adam(1e-3), train),
        ("+ batch norm's momentum 0.9", 0.9, lambda: keras.optimizers.Adam(1e-3), train),
        ("+ one cycle, peak 0.003", 0.9, lambda: keras.optimizers.Adam(cycle()), train),
        ("+ weight decay 0.02", 0.9, lambda: keras.optimizers.AdamW(cycle(), weight_decay=0.02), train),
        ("+ horizontal flips", 0.9, lambda: keras.optimizers.AdamW(cycle(), weight_decay=0.02), flipped),
    ):
        training.set_seed(options.seed)
        network = build_network(momentum)
        network.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
        fit = network.fit(batches, epochs=options.epochs, validation_data=validation, verbose=2)
        # The last pass, not the best one: choosing by validation would flatter the noisier rows.
        row = {"ingredient": ingredient, "validation_accuracy": round(fit.history["val_accuracy"][-1], 5)}
        print(row, flush=True)
        rows.append(row)

    content = ledger()
    content[LESSON]["ingredients"] = {
        "title": f"{options.epochs} epochs, batches of {options.batch_size}, seed {options.seed}",
        "rows": rows,
    }
    with written_whole(course_folder() / "ci" / "results.json") as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def build_network(momentum):
    """Return the network of the lesson's cell ``network``."""
    notebook = nbformat.read(course_folder() / "notebooks" / f"{LESSON}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "network")
    namespace = {"keras": keras}
    exec(cell.source, namespace)
    return namespace["build_network"](momentum)


if __name__ == "__main__":
    sys.exit(main())
