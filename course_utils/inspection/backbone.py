"""The layers that a module of TensorFlow Hub hides: its last maps, and maps on the way to them."""

import itertools

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before TensorFlow)
from course_utils.errors import CourseError

import keras  # isort: skip
import tensorflow as tf  # isort: skip

UNCHANGED = ("Identity", "Reshape", "Squeeze", "StopGradient", "PreventGradient", "Cast")
RECTIFIED = ("Relu", "Relu6", "Elu", "Selu", "LeakyRelu")
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")
NOT_SHOWN = (*UNCHANGED, *CONVOLUTIONS, "Pad", "PadV2", "MirrorPad")


def spatial_backbone(hub_layer):
    """Return a Keras model that puts out the last maps of a ``HubLayer``: what it averages to its features.

    Before ``GlobalAveragePooling2D`` and a head that was trained on the features it shows both kinds of class
    maps. Pixels go from 0 to 1; out come float32 maps (batch, height, width, features), through the layers
    ``stage_1``, ``stage_2`` ..., one a resolution. The weights are constants; the model cannot be saved.
    Raises CourseError for a module that takes pictures of any size, or does not end in an average.
    """
    shape = getattr(hub_layer, "image_shape", None)
    if shape is None:
        raise CourseError(f"This is a {type(hub_layer).__name__}; spatial_backbone takes a HubLayer.")
    trunk = None if None in shape else _trunk(hub_layer, shape)
    if trunk is not None:
        ends = [trunk.inputs[0], *_stages(trunk), trunk.outputs[0]]
        stages = [
            Stage(trunk.prune(before, after), tuple(after.shape[1:]), name=f"stage_{number}")
            for number, (before, after) in enumerate(itertools.pairwise(ends), 1)
        ]
        backbone = keras.Sequential([keras.Input(shape), *stages], name="spatial_backbone")
        backbone.trainable = False
        images = np.random.default_rng(0).uniform(size=(2, *shape)).astype("float32")
        means, features = keras.ops.mean(backbone(images), (1, 2)), np.asarray(hub_layer(images), "float32")
        tolerance = 1e-3 * np.abs(features).max()
        if means.shape == features.shape and np.allclose(means, features, rtol=1e-3, atol=tolerance):
            return backbone
    raise CourseError(
        f"The module {hub_layer.handle} does not take pictures of one size, or does not end in an average of "
        "maps over all places, as the feature vectors of MobileNet V2 and Inception V3 do."
    )


class Stage(keras.layers.Layer):
    """A piece of a frozen module as a Keras layer, from maps (or pictures) to maps."""

    def __init__(self, function, shape, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_jit = False
        self._function, self._shape = function, shape

    def call(self, inputs):
        (outputs,) = tf.nest.flatten(self._function(tf.cast(inputs, tf.float32)))
        return tf.ensure_shape(outputs, (None, *self._shape))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self._shape)


def _trunk(hub_layer, shape):
    """Return a flat function without variables from pictures to the maps that the layer averages, or None."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def call(images):
        return tf.cast(hub_layer(images, training=False), tf.float32)

    images = tf.TensorSpec((None, *shape))
    flat = convert_variables_to_constants_v2(tf.function(call, autograph=False).get_concrete_function(images))
    last = flat.outputs[0].op
    while last.type in UNCHANGED:
        last = last.inputs[0].op
    maps = last.inputs[0] if last.type in ("Mean", "AvgPool") else None
    if maps is None or maps.shape.rank != 4 or None in maps.shape[1:]:
        return None
    graph = flat.graph.as_graph_def()
    for node in graph.node:
        # Orders without data ("^other"): nothing is left here to be read or written.
        node.input[:] = [name for name in node.input if not name.startswith("^")]

    def imported(images):
        return tf.graph_util.import_graph_def(graph, {flat.inputs[0].name: images}, [maps.name], name="")

    return tf.compat.v1.wrap_function(imported, [images])


def _stages(trunk):
    """Return maps on the way from the picture to the last maps, one a resolution, the large ones first.

    Each is all that the rest is computed from: no earlier tensor is used later. Rectified maps are preferred.
    """
    way = [trunk.inputs[0].op]  # the operations that hang on the picture, in the order of computation
    for operation in trunk.graph.get_operations():
        if way[-1] is not trunk.outputs[0].op and any(tensor.op in way for tensor in operation.inputs):
            way.append(operation)
    last_use = {tensor.name: number for number, operation in enumerate(way) for tensor in operation.inputs}
    cuts, needed_until, convolved = [], 0, False
    for number, operation in enumerate(way[1:], 1):
        made = operation.outputs[0]
        convolved |= operation.type in CONVOLUTIONS
        if convolved and needed_until <= number and made.shape.rank == 4 and operation.type not in NOT_SHOWN:
            cuts.append(made)
        needed_until = max(needed_until, *(last_use.get(tensor.name, 0) for tensor in operation.outputs))
    stages, side = [], trunk.outputs[0].shape[1]
    while cuts := [cut for cut in cuts if cut.shape[1] >= 1.5 * side]:
        side = cuts[-1].shape[1]
        same = [cut for cut in cuts if cut.shape[1] == side]
        stages.insert(0, ([cut for cut in same if cut.op.type in RECTIFIED] or same)[-1])
    return stages
