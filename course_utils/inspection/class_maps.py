"""Where in a picture the evidence for a class lies: class activation maps and Grad-CAM."""

from dataclasses import dataclass

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before TensorFlow)
from course_utils.errors import CourseError
from course_utils.inspection.recording import batches, check_images, no_maps, record, with_maps

import keras  # isort: skip
import tensorflow as tf  # isort: skip


@dataclass(frozen=True, repr=False)
class ClassMaps:
    """Maps of the evidence for a class; two that both reach 1 may differ a hundredfold in ``scale``."""

    maps: np.ndarray  # float32 [n, height, width]
    scale: np.ndarray  # [n]: the largest value of each map before normalising; 0 where nothing speaks for it
    scores: np.ndarray  # [n]: the class scores (before softmax or what else the last layer applies)
    targets: np.ndarray  # [n]: the class numbers that the maps are about
    layer: str  # the name of the layer whose maps were weighted


def class_activation_map(model, images, target=None, *, output=None, normalised=True, upsample=True):
    """Return ``ClassMaps`` by CAM: the last maps, weighted with the dense layer's weights of the class.

    The model must end in global average pooling and one dense layer: the mean of a map, plus the bias, is the
    class score (Zhou and others, "Learning Deep Features for Discriminative Localization", 2016). ``target``
    is a class number or one for each picture (None: the highest score), ``output`` the name of one of several
    outputs. ``normalised`` maps go from 0 to 1, negative values as 0; else they are in units of the score.
    ``upsample`` enlarges them to the size of the pictures. Raises CourseError for a model that ends
    otherwise, an unknown target or output, and images that do not fit.
    """

    def evidence(batch, asked):
        outputs, calls = record(model, batch)
        head, scores = _head(calls, _one_output(model, outputs, output))
        pooling, targets = _pooling(calls, head), _targets(asked, scores)
        weights = tf.gather(tf.transpose(tf.cast(head.layer.kernel, tf.float32)), targets)
        names = [call.name for call in calls if call.output is pooling.input] or [pooling.name]
        return pooling.input, weights, scores, targets, names[-1]

    return _collected(evidence, model, images, target, normalised, upsample)


def grad_cam(model, images, target=None, *, output=None, layer=None, normalised=True, upsample=True):
    """Return ``ClassMaps`` by Grad-CAM: maps of a layer, weighted with the mean gradient of the class score.

    ``layer`` is the name of a layer that puts out feature maps (None: the last that the score depends on),
    the rest as in ``class_activation_map``; where both work, maps that are not normalised differ by the
    number of places. Selvaraju and others, "Grad-CAM: Visual Explanations from Deep Networks via
    Gradient-based Localization", 2017. Raises CourseError for a layer that is not there or not on the way to
    the score, an unknown target or output, and images that do not fit.
    """
    on_the_way = []  # names of layers, known once the first picture has told

    def gradients(batch, asked, names):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            outputs, calls = record(model, batch, lambda call: call.name in names and tape.watch(call.output))
            _, scores = _head(calls, _one_output(model, outputs, output))
            targets = _targets(asked, scores)
            score = tf.reduce_sum(tf.gather(scores, targets, batch_dims=1))
        maps = {call.name: call.output for call in calls if call.name in names}
        return maps, tape.gradient(score, maps), scores, targets

    def evidence(batch, asked):
        if not on_the_way:
            calls = with_maps(record(model, batch[:1])[1], layer and [layer])
            _, found, *_ = gradients(batch[:1], asked[:1], [call.name for call in calls])
            on_the_way.extend(name for name, gradient in found.items() if gradient is not None)
        if not on_the_way:
            raise CourseError(
                f"The score does not depend on {layer or 'any layer with feature maps'}: name one on the way "
                "from the picture to this output."
            )
        name = on_the_way[-1]
        maps, found, scores, targets = gradients(batch, asked, [name])
        return maps[name], tf.reduce_mean(tf.cast(found[name], tf.float32), (1, 2)), scores, targets, name

    return _collected(evidence, model, images, target, normalised, upsample)


def _collected(evidence, model, images, target, normalised, upsample):
    """Return ``ClassMaps`` of all images; ``evidence`` has maps and their weights for a batch."""
    images, asked = check_images(model, images), target
    if not np.ndim(target):
        asked = [target] * len(images)
    elif len(target) != len(images):
        raise CourseError(f"There are {len(target):,} targets for {len(images):,} images: give one for each.")
    parts, start = [], 0
    for batch in batches(images):
        maps, weights, *others = evidence(batch, asked[start : start + len(batch)])
        parts.append((tf.einsum("nhwc,nc->nhw", tf.cast(maps, tf.float32), weights), *others))
        start += len(batch)
    maps, scores, targets = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in range(3))
    scale = np.maximum(maps.max(axis=(1, 2)), 0)
    if normalised:
        maps = np.maximum(maps, 0) / np.where(scale > 0, scale, 1)[:, np.newaxis, np.newaxis]
    if upsample:
        maps = tf.image.resize(maps[..., np.newaxis], images.shape[1:3]).numpy()[..., 0]
    scores = np.take_along_axis(scores, targets[:, np.newaxis], axis=1)[:, 0]
    return ClassMaps(maps.astype("float32"), scale, scores, targets, parts[0][3])


def _one_output(model, outputs, name):
    """Return the tensor of the output ``name``, which may be left out where there is one output."""
    if not isinstance(outputs, dict):
        names = getattr(model, "output_names", ["output"])  # a Sequential has one, and no names
        outputs = dict(zip(names, keras.tree.flatten(outputs), strict=True))
    if name is None and len(outputs) == 1:
        (name,) = outputs
    if name not in outputs:
        raise CourseError(f"output = {name!r} is none of {', '.join(map(repr, outputs))}.")
    return outputs[name]


def _head(calls, scores):
    """Return the call that made the output ``scores``, and the scores before its activation [n, classes].

    What only applies softmax or sigmoid is passed over.
    """
    made = {id(call.output): call for call in calls}
    call = made.get(id(scores))
    while call and _makes_shares(call.layer):
        scores, call = call.input, made.get(id(call.input))
    if call and type(call.layer) is keras.layers.Dense:
        scores = tf.matmul(call.input, tf.cast(call.layer.kernel, call.input.dtype))
        if call.layer.bias is not None:
            scores += tf.cast(call.layer.bias, scores.dtype)
    if len(scores.shape) != 2:
        raise CourseError(f"This output has shape {scores.shape}; a map needs (pictures, classes).")
    return call, tf.cast(scores, tf.float32)


def _makes_shares(layer):
    """Tell whether a layer or operation only applies softmax or sigmoid."""
    kind = layer.activation.__name__ if isinstance(layer, keras.layers.Activation) else type(layer).__name__
    return kind.lower().replace("_", "") in ("softmax", "sigmoid", "logsoftmax", "logsigmoid")


def _pooling(calls, head):
    """Return the call of the global average pooling of feature maps that ``head``, a dense layer, reads."""
    if head and type(head.layer) is keras.layers.Dense:
        for call in calls:
            pools = isinstance(call.layer, keras.layers.GlobalAveragePooling2D) and call.convolved
            many = pools and call.input.shape[1] * call.input.shape[2] > 1
            # Another tensor of the same values: dropout may copy.
            if many and call.output.shape == head.input.shape and np.allclose(call.output, head.input):
                return call
    if not any(call.is_map for call in calls):
        raise CourseError(no_maps(calls))
    end = ", ".join(type(call.layer).__name__ for call in calls[-4:])
    raise CourseError(
        "A class activation map needs maps of more than one place, then GlobalAveragePooling2D and one Dense "
        f"layer at the end, and this model ends in {end}. Use grad_cam."
    )


def _targets(asked, scores):
    """Return class numbers, one for each row of ``scores``: those asked for, or the best (for None)."""
    classes = scores.shape[1]
    if asked[0] is None:
        return tf.argmax(scores, axis=1)
    for one in asked:
        if isinstance(one, bool) or not isinstance(one, (int, np.integer)) or not 0 <= one < classes:
            raise CourseError(f"There is no class {one!r}. Allowed are the numbers 0 to {classes - 1}.")
    return tf.constant(asked, tf.int64)
