"""The layers that a module of TensorFlow Hub hides: its last maps, and maps on the way to them."""

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before TensorFlow)
from course_utils.errors import CourseError

import keras  # isort: skip
import tensorflow as tf  # isort: skip

UNCHANGED = ("Identity", "Reshape", "Squeeze", "StopGradient", "PreventGradient", "Cast")
RECTIFIED = ("Relu", "Relu6", "Elu", "Selu", "LeakyRelu")
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")
NOT_SHOWN = (*UNCHANGED, *CONVOLUTIONS, "Pad", "PadV2", "MirrorPad")


def spatial_backbone(hub_layer, resolution=None):
    """Return a Keras model that puts out the last maps of a ``HubLayer``: what it averages to its features.

    With it, ``class_activation_map`` and ``grad_cam`` see through a head that was trained on the features:

        keras.Sequential([spatial_backbone(hub_layer), keras.layers.GlobalAveragePooling2D(), head])

    gives the answers of the model with ``hub_layer`` and ``head``. The input is that of the ``HubLayer``,
    with pixels from 0 to 1; the output float32 (batch, height, width, features), for MobileNet V2 (batch, 7,
    7, 1280). Its layers ``stage_1``, ``stage_2`` ... are one a resolution, so that ``activations`` shows what
    is seen by depth. ``resolution`` (pixels) is for modules that take every size.

    The weights are constants, copied now: train the ``HubLayer``, and this model knows nothing of it. It
    cannot be saved; make it again. Raises CourseError where a module does not end in an average over all
    places, as a classifier does not.
    """
    shape = getattr(hub_layer, "image_shape", None)
    if shape is None:
        raise CourseError(f"This is a {type(hub_layer).__name__}; spatial_backbone takes a hub.HubLayer.")
    shape = (shape[0] or resolution, shape[1] or resolution, shape[2])
    if None in shape:
        raise CourseError(f"{hub_layer.handle} takes pictures of any size. Say resolution=224, for instance.")
    flat = _flat(hub_layer, shape)
    entry, maps = flat.inputs[0], _averaged(flat.outputs[0])
    if maps is not None:
        # One function a stage, from the maps of the stage before.
        ends = [*_stages(entry, maps), maps]
        stages = [
            Stage(_piece(flat, before, after), tuple(after.shape[1:]), name=f"stage_{number}")
            for number, (before, after) in enumerate(zip([entry, *ends], ends, strict=False), 1)
        ]
        backbone = keras.Sequential([keras.Input(shape), *stages], name="spatial_backbone")
        backbone.trainable = False
        if _agree(backbone, hub_layer, shape):
            return backbone
    raise CourseError(
        f"The module {hub_layer.handle} does not end in an average of maps over all places, so no maps say "
        "where its features come from. The feature vectors of MobileNet V2 and Inception V3 do end so."
    )


class Stage(keras.layers.Layer):
    """A piece of a frozen module as a Keras layer, from maps (or pictures) to maps."""

    is_stage = True

    def __init__(self, function, shape, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_jit = False
        self._function, self._shape = function, shape

    def call(self, inputs):
        (outputs,) = tf.nest.flatten(self._function(tf.cast(inputs, tf.float32)))
        return tf.ensure_shape(outputs, (None, *self._shape))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self._shape)


def _flat(hub_layer, shape):
    """Return the layer as one flat function without variables and without calls of other functions."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def call(images):
        return tf.cast(hub_layer(images, training=False), tf.float32)

    images = tf.TensorSpec((None, *shape))
    traced = tf.function(call, autograph=False).get_concrete_function(images)
    return convert_variables_to_constants_v2(traced)


def _piece(flat, before, after):
    """Return the part of ``flat`` that computes the tensor ``after`` from the tensor ``before``."""
    graph = tf.compat.v1.GraphDef()
    for operation in _between(before, after)[0]:
        if operation is not before.op:
            node = graph.node.add()
            node.CopyFrom(operation.node_def)
            # Orders without data ("^other"): nothing is left here to be read or written.
            node.input[:] = [name for name in node.input if not name.startswith("^")]

    def imported(given):
        return tf.graph_util.import_graph_def(graph, {before.name: given}, [after.name], name="")

    return tf.compat.v1.wrap_function(imported, [tf.TensorSpec((None, *before.shape[1:]))])


def _averaged(features):
    """Return the maps of which ``features`` are the mean, as far as the operations tell, or None."""
    while features.op.type in UNCHANGED:
        features = features.op.inputs[0]
    before = features.op.inputs[0] if features.op.type in ("Mean", "AvgPool") else None
    return before if before is not None and before.shape.rank == 4 and None not in before.shape[1:] else None


def _stages(entry, maps):
    """Return maps on the way from ``entry`` to ``maps``, one a resolution, the large ones first.

    Each one is a place that all ways from the picture pass, so that the rest can be computed from it alone:
    no earlier tensor is used later. Rectified maps are preferred: what they show is "seen" or "not seen".
    """
    _, way = _between(entry, maps)
    last_use = {tensor.name: number for number, operation in enumerate(way) for tensor in operation.inputs}
    cuts, needed_until, convolved = [], 0, False
    for number, operation in enumerate(way):
        made = operation.outputs[0]
        convolved |= operation.type in CONVOLUTIONS
        if convolved and needed_until <= number and made.shape.rank == 4 and operation.type not in NOT_SHOWN:
            cuts.append(made)
        needed_until = max(needed_until, *(last_use.get(tensor.name, 0) for tensor in operation.outputs))
    found, side = [], maps.shape[1]
    while cuts := [cut for cut in cuts if cut.shape[1] >= 1.5 * side]:
        side = cuts[-1].shape[1]
        same = [cut for cut in cuts if cut.shape[1] == side]
        found.append(([cut for cut in same if cut.op.type in RECTIFIED] or same)[-1])
    return found[::-1]


def _between(before, after):
    """Return two lists of operations: what ``after`` needs beyond ``before``; what of it hangs on ``before``.

    Both in the order of computation.
    """
    needed, waiting = {before.op}, [after.op]
    while waiting:
        operation = waiting.pop()
        if operation not in needed:
            needed.add(operation)
            waiting += [tensor.op for tensor in operation.inputs]
    ordered = [operation for operation in before.graph.get_operations() if operation in needed]
    depends = {before.op}
    for operation in ordered:
        if any(tensor.op in depends for tensor in operation.inputs):
            depends.add(operation)
    return ordered, [operation for operation in ordered if operation in depends]


def _agree(backbone, hub_layer, shape):
    """Tell whether the mean of the maps is the feature vector, for two noise pictures."""
    images = np.random.default_rng(0).uniform(size=(2, *shape)).astype("float32")
    means, features = keras.ops.mean(backbone(images), (1, 2)), tf.cast(hub_layer(images), tf.float32)
    return means.shape == features.shape and np.allclose(
        means, features, rtol=1e-3, atol=1e-3 * float(np.abs(features).max())
    )
