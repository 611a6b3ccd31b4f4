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
    """One call of a layer: its ``name`` (``"inner/conv"`` inside a model ``inner``), what went in and out.

    ``convolved`` is False as long as no layer with a kernel was on the way: then the output is still the
    picture, maybe scaled, resized, padded or changed at random.
    """

    name: str
    layer: Any
    input: Any
    output: Any
    convolved: bool

    @property
    def is_map(self):
        """Whether the output is a feature map (batch, height, width, channels) with more than one place."""
        shape = getattr(self.output, "shape", ())
        places = shape[1] * shape[2] if len(shape) == 4 else 0
        return self.convolved and places > 1 and self.output.dtype.is_floating


def activations(model, images, layers=None):
    """Return the feature maps of ``model`` for ``images``: a dict of name to float32 [n, h, w, channels].

    ``layers`` is a name or a list of names, such as ``"inner_model/layer"`` or, of the second call of a
    shared layer, ``"layer (2)"``; without it, all convolutions, poolings and stages of a ``spatial_backbone``
    in the order of computation. All maps are held in memory: give a few pictures. Raises CourseError for
    images that do not fit, names that are not there, and a model without feature maps.
    """
    names = [layers] if isinstance(layers, str) else layers
    maps = {}
    for batch in batches(check_images(model, images)):
        calls = with_maps(record(model, batch)[1], names)
        if names is None:
            shown = [call for call in calls if any(word in type(call.layer).__name__ for word in SHOWN)]
            calls = shown or calls
        for call in calls:
            maps.setdefault(call.name, []).append(np.asarray(keras.ops.cast(call.output, "float32")))
    return {name: np.concatenate(parts) for name, parts in maps.items()}


def with_maps(calls, names=None):
    """Return the calls that put out feature maps, all or those of the layers ``names``; else CourseError."""
    maps = {call.name: call for call in calls if call.is_map}
    if not maps:
        raise CourseError(no_maps(calls))
    if unknown := [name for name in names or () if name not in maps]:
        raise CourseError(
            f"There is no layer {', '.join(map(repr, unknown))} that puts out feature maps in this model. It "
            f"has: {', '.join(maps)}."
        )
    return [call for name, call in maps.items() if names is None or name in names]


def no_maps(calls):
    """Return the sentences for a model in which no layer puts out feature maps."""
    cure = "Use a model with a convolution."
    if any(type(call.layer).__name__ == "HubLayer" for call in calls):
        cure = (
            "A HubLayer hides its layers: put inspection.spatial_backbone(layer) and "
            "keras.layers.GlobalAveragePooling2D() in its place."
        )
    return f"No layer of this model puts out feature maps (batch, height, width, channels). {cure}"


def record(model, images, watch=None):
    """Return the outputs of ``model`` for ``images``, and the calls of its layers, inner models' included.

    ``watch`` is called with each ``Call`` before its output flows on, so that a tape can watch it.
    """
    calls, times, convolved = [], Counter(), {}  # the last: of each tensor, by its id

    def recorded(name, layer):
        original, has_kernel = layer.call, _has_kernel(layer)

        def call(*args, **kwargs):
            output = original(*args, **kwargs)
            given = list(map(id, keras.tree.flatten(args)))
            # A tensor that nothing here made is the picture, or was computed inside a model's own call.
            known = [convolved[one] for one in given if one in convolved]
            before = any(known) if known else any(call.convolved for call in calls)
            convolved.update({one: before for one in given if one not in convolved})
            convolved.update({id(one): has_kernel or before for one in keras.tree.flatten(output)})
            times[name] += 1
            number = f" ({times[name]})" * (times[name] > 1)
            calls.append(Call(name + number, layer, args[0] if args else None, output, has_kernel or before))
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


def _has_kernel(layer):
    """Tell layers that compute features from those that scale or normalise: these have vectors at most."""
    weights = getattr(layer, "weights", ())  # an operation has none
    return type(layer).__name__ == "Stage" or any(len(weight.shape) > 1 for weight in weights)


def _leaves(model, path=""):
    """Yield (name, layer) of all layers, and operations between them, that are not models themselves."""
    for layer in getattr(model, "operations", model.layers):
        if isinstance(layer, keras.Model):
            yield from _leaves(layer, f"{path}{layer.name}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            yield path + layer.name, layer


def check_images(model, images):
    """Return ``images`` as an array [n, height, width, channels] that fits ``model``; else CourseError."""
    if not isinstance(model, keras.Model):
        raise CourseError(
            f"This is a {type(model).__name__}; only a Keras model can be inspected, such as "
            "keras.Sequential([keras.Input(shape), layer])."
        )
    shapes = getattr(model, "input_shape", None) if model.built else None
    if isinstance(shapes, (list, dict)):
        raise CourseError(f"The model has {len(shapes)} inputs; only models with one can be inspected.")
    if any(getattr(layer, "data_format", None) == "channels_first" for layer in model._flatten_layers()):
        raise CourseError(
            "This model has layers with data_format='channels_first'; only models with the channels last can "
            "be inspected. Build it with data_format='channels_last'."
        )
    images, wanted = np.asarray(images), tuple(shapes or (None,) * 4)
    fits = images.ndim == len(wanted) == 4 and all(
        side in (None, length) for side, length in zip(wanted[1:], images.shape[1:], strict=True)
    )
    if not fits or not images.size or images.dtype.kind not in "fiu":
        raise CourseError(
            f"The images have shape {images.shape} and type {images.dtype}; this model takes numbers of "
            f"shape {wanted}. Resize them with tf.image.resize; give one as picture[None]."
        )
    return images


def batches(images):
    for start in range(0, len(images), BATCH):
        yield keras.ops.convert_to_tensor(images[start : start + BATCH])
