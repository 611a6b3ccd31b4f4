"""What a layer looks for: patterns that excite its channels."""

from dataclasses import dataclass

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before TensorFlow)
from course_utils.errors import CourseError
from course_utils.inspection.recording import check_images, record, with_maps

import keras  # isort: skip
import tensorflow as tf  # isort: skip


@dataclass(frozen=True)
class Patterns:
    """Pictures made to excite channels of a layer."""

    pictures: np.ndarray  # float32 [channels, height, width, 1 or 3], 0 to 1, stretched for looking at
    channels: list
    before: np.ndarray  # [channels]: the mean activation for the noise at the start
    after: np.ndarray  # [channels]: the mean activation for the result


def patterns(model, layer, channels, *, steps=30, rate=0.02, white=255, seed=0):
    """Return ``Patterns`` that excite ``channels`` (numbers) of the layer ``layer`` (a name).

    Gradient ascent from faint noise, drawn by ``seed``: each of ``steps`` steps raises the mean activation of
    the channel by moving the pixels by about ``rate``, a share of ``white`` (the model's value of white
    pixels: 255, or 1 for a ``HubLayer``). Raises CourseError for a layer or channels that are not there, and
    a model whose input has no fixed size.
    """
    shape = getattr(model, "input_shape", None)
    fits = isinstance(shape, tuple) and len(shape) == 4 and None not in shape[1:]
    if not fits or not keras.backend.is_float_dtype(model.inputs[0].dtype):
        raise CourseError(f"Patterns need a model with one input of floats and a fixed size; not {shape}.")
    rng = np.random.default_rng(seed)
    start = white * rng.uniform(0.45, 0.55, (1, *shape[1:])).astype("float32")
    check_images(model, start)
    (call,) = with_maps(record(model, start)[1], [layer])
    count, channels = int(call.output.shape[-1]), [int(channel) for channel in np.atleast_1d(channels)]
    if not channels or not all(0 <= channel < count for channel in channels):
        raise CourseError(f"channels = {channels}: layer {layer!r} has the channels 0 to {count - 1}.")

    def excitement(pictures):
        (call,) = with_maps(record(model, pictures)[1], [layer])
        maps = tf.cast(call.output, tf.float32)
        # Not at the rim, where what excites most is the black that padding adds.
        rim = 2 if min(maps.shape[1:3]) > 6 else 0
        inner = maps[:, rim : maps.shape[1] - rim, rim : maps.shape[2] - rim]
        return tf.gather(tf.reduce_mean(inner, (1, 2)), channels, batch_dims=1, axis=1)

    @tf.function(autograph=False)
    def step(pictures, shift):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            mean = excitement(tf.roll(pictures, shift, (1, 2)))
        gradient = tape.gradient(mean, pictures)
        size = tf.sqrt(tf.reduce_mean(gradient**2, (1, 2, 3), keepdims=True))
        return tf.clip_by_value(pictures + rate * white * gradient / (size + 1e-12), 0, white), mean

    pictures = tf.constant(np.repeat(start, len(channels), axis=0))
    _, before = step(pictures, [0, 0])
    for _ in range(steps):
        pictures, _ = step(pictures, rng.integers(-2, 3, 2))  # shifts keep fine noise down
    _, after = step(pictures, [0, 0])
    return Patterns(_stretched(pictures.numpy()), channels, before.numpy(), after.numpy())


def _stretched(pictures):
    """Return pictures 0 to 1: mid-grey is the mean of each, black and white are three deviations away."""
    pictures = pictures - pictures.mean(axis=(1, 2, 3), keepdims=True)
    deviation = pictures.std(axis=(1, 2, 3), keepdims=True)
    return np.clip(0.5 + pictures / np.maximum(6 * deviation, 1e-12), 0, 1).astype("float32")
