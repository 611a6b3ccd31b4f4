"""What passes through the layers of a model while it looks at pictures."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before Keras, which starts TensorFlow)
from course_utils.errors import CourseError

import keras  # isort: skip

BATCH = 16  # pictures at once: all that is recorded of them is in memory
SHOWN = ("Conv", "Pooling", "Stage")  # in the names of the kinds of layers that are shown unasked


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer: its ``name`` (``"inner/conv"`` inside a model ``inner``), what went in and out."""

    name: str
    layer: Any
    input: Any
    output: Any

    @property
    def is_spatial(self):
        """Whether the output is a map: (batch, height, width, channels) with more than one place."""
        shape = getattr(self.output, "shape", ())
        return len(shape) == 4 and shape[1] * shape[2] > 1 and self.output.dtype.is_floating


def activations(model, images, layers=None):
    """Return what layers of ``model`` put out for ``images``: a dict of name to float32 [n, h, w, channels].

    ``layers`` is a name or a list of names of any layers that put out maps; without it, all convolutions and
    poolings (and the stages of a ``spatial_backbone``), in the order of computation. A layer of a model
    inside ``model`` is called ``"inner_model/layer"``, the second call of a shared layer ``"layer (2)"``.
    All maps are held in memory: give a few pictures, not a data set. Raises CourseError for images that do
    not fit, names that are not there, and a model that puts out no maps.
    """
    images = check_images(model, images)
    names = [layers] if isinstance(layers, str) else layers
    maps = {}
    for batch in batches(images):
        calls = with_maps(record(model, batch)[1], names)
        if names is None:
            shown = [call for call in calls if any(word in type(call.layer).__name__ for word in SHOWN)]
            calls = shown or calls
        for call in calls:
            maps.setdefault(call.name, []).append(np.asarray(keras.ops.cast(call.output, "float32")))
    return {name: np.concatenate(parts) for name, parts in maps.items()}


def with_maps(calls, names=None):
    """Return the calls that put out maps, all of them or those of the layers ``names``; else CourseError."""
    spatial = {call.name: call for call in calls if call.is_spatial}
    if not spatial:
        raise CourseError(no_maps(calls))
    if unknown := [name for name in names or () if name not in spatial]:
        raise CourseError(
            f"There is no layer {', '.join(map(repr, unknown))} that puts out maps (batch, height, width, "
            f"channels) in this model. It has: {', '.join(spatial)}."
        )
    return [call for name, call in spatial.items() if names is None or name in names]


def no_maps(calls):
    """Return the sentence for a model in which no layer puts out maps."""
    sentence = "No layer of this model puts out maps (batch, height, width, channels)."
    if any(type(call.layer).__name__ == "HubLayer" for call in calls):
        return sentence + (
            " A HubLayer hides its layers: put inspection.spatial_backbone(layer) and "
            "keras.layers.GlobalAveragePooling2D() in its place."
        )
    return f"{sentence} Use a model with a convolution."


def record(model, images, watch=None):
    """Return the outputs of ``model`` for ``images``, and the calls of its layers, inner models' included.

    ``watch`` is called with each ``Call`` before its output flows on, so that a tape can watch it.
    """
    calls, times = [], Counter()

    def recorded(name, layer):
        original = layer.call

        def call(*args, **kwargs):
            output = original(*args, **kwargs)
            times[name] += 1
            number = f" ({times[name]})" * (times[name] > 1)
            calls.append(Call(name + number, layer, args[0] if args else None, output))
            if watch is not None:
                watch(calls[-1])
            return output

        return call

    # As attributes of the objects, past Keras' own bookkeeping; without them the class's method is back.
    covered = {id(layer): (name, layer) for name, layer in _leaves(model)}.values()
    try:
        for name, layer in covered:
            object.__setattr__(layer, "call", recorded(name, layer))
        return model(images, training=False), calls
    finally:
        for _, layer in covered:
            object.__delattr__(layer, "call")


def _leaves(model, path=""):
    """Yield (name, layer) of all layers that are not models themselves."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer, f"{path}{layer.name}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            yield path + layer.name, layer


def check_images(model, images):
    """Return ``images`` as an array [n, height, width, channels] that fits ``model``; else CourseError."""
    if not isinstance(model, keras.Model):
        raise CourseError(
            f"This is a {type(model).__name__}, and only a Keras model can be inspected: "
            "keras.Sequential([keras.Input(shape), layer]) makes one of a layer."
        )
    shapes = getattr(model, "input_shape", None) if model.built else None
    if isinstance(shapes, (list, dict)):
        raise CourseError(f"The model has {len(shapes)} inputs; only models with one can be inspected.")
    images, wanted = np.asarray(images), tuple(shapes or (None,) * 4)
    fits = images.ndim == len(wanted) == 4 and all(
        side in (None, length) for side, length in zip(wanted[1:], images.shape[1:], strict=True)
    )
    if not fits or not images.size or images.dtype.kind not in "fiu":
        sides = ", ".join("any" if side is None else str(side) for side in wanted[1:])
        raise CourseError(
            f"The images have shape {images.shape} and type {images.dtype}; this model takes numbers of "
            f"shape (pictures, {sides}). Resize them with tf.image.resize; a single picture goes in as "
            "picture[np.newaxis]."
        )
    return images


def batches(images):
    for start in range(0, len(images), BATCH):
        yield keras.ops.convert_to_tensor(images[start : start + BATCH])
