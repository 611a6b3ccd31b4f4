"""Trained stand-in backbones become files: SavedModels, and a Keras model without batch normalization."""

import os
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from stand_ins.networks import EPSILON, VGG, Network


def save_network(network, folder):
    """Save ``network`` as a reusable SavedModel in ``folder``, in place of what was there."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=folder.parent) as private:
        new = Path(private) / "new"
        # Without the paths and lines of the code that made each operation: half of the file.
        options = tf.saved_model.SaveOptions(save_debug_info=False)
        tf.saved_model.save(network, os.fspath(new), {"serving_default": network.signature}, options)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(new, folder)


def copied(network, body, size, classes=0):
    """Return a ``Network`` with the weights of ``network``, for images of ``size``, with or without scores.

    Training traced ``network`` for other images too; a copy knows these alone.
    """
    copy = Network(body, size, classes)
    for name, variable in copy.named.items():
        variable.assign(network.named[name])
    return copy


def vgg_model(network, scale):
    """Return ``network`` as a Keras model named like ``keras.applications.VGG19`` without its top.

    ``network`` was trained on ``scale`` times what ``vgg19.preprocess_input`` puts out; the scale goes into
    the first kernel, the normalizations into all kernels and biases.
    """
    inputs = maps = keras.Input((None, None, 3))
    for block, stack in VGG.items():
        for number, filters in enumerate(stack, 1):
            name = f"{block}_conv{number}"
            maps = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(maps)
        maps = keras.layers.MaxPooling2D(name=f"{block}_pool")(maps)
    model = keras.Model(inputs, maps, name="vgg19")
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, gamma, beta, mean, variance = (
                network.named[f"{layer.name}/{part}"].numpy()
                for part in ("kernel", "gamma", "beta", "moving_mean", "moving_variance")
            )
            factor = gamma / np.sqrt(variance + EPSILON)
            layer.set_weights([kernel * factor * scale, beta - mean * factor])
            scale = 1
    return model
