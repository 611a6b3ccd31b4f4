"""Where in a picture the evidence for a class lies: class activation maps and Grad-CAM."""

import contextlib
from dataclasses import dataclass

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before TensorFlow)
from course_utils.errors import CourseError
from course_utils.inspection.recording import batches, check_images, chosen, no_maps, recorded

import keras  # isort: skip
import tensorflow as tf  # isort: skip


@dataclass(frozen=True)
class ClassMaps:
    """Maps of the evidence for a class, and what they must not be read without.

    ``maps`` is float32 [n, height, width]. ``scale`` [n] is the largest value of each map before it was
    divided by it: two maps that both reach 1 may differ a hundredfold in ``scale``; 0 where nothing speaks
    for the class. ``scores`` [n] are the class scores (logits, before softmax or sigmoid), ``targets`` [n]
    the class numbers that the maps are about, ``layer`` the name of the layer whose maps were weighted.
    """

    maps: np.ndarray
    scale: np.ndarray
    scores: np.ndarray
    targets: np.ndarray
    layer: str

    def __repr__(self):
        return (
            f"ClassMaps of {len(self.maps)} pictures, {self.maps.shape[1]} x {self.maps.shape[2]}, from "
            f"layer {self.layer}; scale {self.scale.min():.3g} to {self.scale.max():.3g}, "
            f"scores {self.scores.min():.3g} to {self.scores.max():.3g}"
        )


class _Unconnected(Exception):
    """The score has no gradient at any of the layers asked for."""


def class_activation_map(
    model, images, target=None, *, output=None, class_names=None, normalised=True, upsample=True
):
    """Return ``ClassMaps`` by CAM: the last maps, weighted with the dense layer's weights of the class.

    The model must end in global average pooling and one dense layer (dropout between them does not matter).
    Then the class score is the mean of the map over all places, plus the bias: the map shows exactly how the
    score comes about. Zhou and others, "Learning Deep Features for Discriminative Localization", 2016.

    - ``target``: a class number, a name out of ``class_names``, or a list with one of these for each picture;
      ``None`` takes the class with the highest score.
    - ``output``: the name of one output, where the model has several.
    - ``normalised``: negative values become 0, then each map is divided by its largest value, so that it goes
      from 0 to 1. ``False`` gives the values as they are, in units of the score.
    - ``upsample``: bilinear to the size of the pictures. ``False`` keeps the size of the layer, for which the
      sentence about the mean holds exactly.

    Raises CourseError where the model is not built so (``grad_cam`` takes every model with a convolution),
    for an unknown target or output, and for images that do not fit.
    """

    def evidence(batch, number):
        with recorded(model) as calls:
            outputs = model(batch, training=False)
        head, scores = _head(calls, _one(model, outputs, output))
        pooled = _pooled(calls, head)
        targets = _targets(target, scores, class_names, number)
        weights = tf.gather(tf.transpose(tf.cast(head.layer.kernel, tf.float32)), targets)
        maps = tf.einsum("nhwc,nc->nhw", tf.cast(pooled.given, tf.float32), weights)
        before = [call.name for call in calls if call.output is pooled.given]
        return maps, scores, targets, before[-1] if before else pooled.name

    return _collected(evidence, model, images, target, normalised, upsample)


def grad_cam(
    model, images, target=None, *, output=None, layer=None, class_names=None, normalised=True, upsample=True
):
    """Return ``ClassMaps`` by Grad-CAM: maps of a layer, weighted with the mean gradient of the class score.

    Works for every model with a layer that puts out maps. ``layer`` is its name; ``None`` takes the last one
    that the score depends on, which for one of several outputs is the last of its branch. Where global
    average pooling and one dense layer follow, the result is that of ``class_activation_map``, before
    normalising divided by the number of places. Selvaraju and others, "Grad-CAM: Visual Explanations from
    Deep Networks via Gradient-based Localization", 2017.

    The score is what enters the last softmax or sigmoid, if a layer applies it, else the model's output. The
    other arguments are those of ``class_activation_map``. Raises CourseError for a model without maps, an
    unknown layer, target or output, a layer that the score does not depend on, and images that do not fit.
    """

    names = []  # of the layers that may be it; one, once the first batch has told

    def evidence(batch, number):
        if not names:
            names.extend(_candidates(model, batch[:1], layer))
            # Nearly always it is the last one; only then no gradient of the layers before it is computed.
            with contextlib.suppress(_Unconnected):
                return weighted(batch, number, names[-1:])
        return weighted(batch, number, names)

    def weighted(batch, number, watched):
        def watch(call):
            if call.name in watched:
                tape.watch(call.output)

        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            with recorded(model, watch) as calls:
                outputs = model(batch, training=False)
            _, scores = _head(calls, _one(model, outputs, output))
            targets = _targets(target, scores, class_names, number)
            score = tf.reduce_sum(tf.gather(scores, targets, batch_dims=1))
        for call in reversed([call for call in calls if call.name in watched]):
            gradient = tape.gradient(score, call.output)
            if gradient is not None:
                names[:] = [call.name]
                weights = tf.reduce_mean(tf.cast(gradient, tf.float32), (1, 2))
                maps = tf.einsum("nhwc,nc->nhw", tf.cast(call.output, tf.float32), weights)
                return maps, scores, targets, call.name
        raise _Unconnected

    try:
        return _collected(evidence, model, images, target, normalised, upsample)
    except _Unconnected:
        raise CourseError(
            f"The score does not depend on {layer or 'any layer that puts out maps'}: leave layer out, or "
            "name one on the way from the picture to this output."
        ) from None


def _candidates(model, images, layer):
    """Return the names of the layers that put out maps, or ``layer`` alone; CourseError without any."""
    with recorded(model) as calls:
        model(images, training=False)
    if layer is not None:
        return [call.name for call in chosen(calls, [layer])]
    if names := [call.name for call in calls if call.is_spatial]:
        return names
    raise CourseError(no_maps(calls))


def _collected(evidence, model, images, target, normalised, upsample):
    """Return ``ClassMaps`` of all images; ``evidence`` makes maps, scores, targets and a name for a batch."""
    images = check_images(model, images)
    if not isinstance(target, str) and np.ndim(target) and len(target) != len(images):
        raise CourseError(
            f"There are {len(target):,} targets for {len(images):,} images. Give one class for all of them, "
            "or one for each."
        )
    parts, start = [], 0
    for batch in batches(images):
        parts.append(evidence(batch, slice(start, start + len(batch))))
        start += len(batch)
    maps, scores, targets = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in range(3))
    scale = np.maximum(maps.max(axis=(1, 2)), 0)
    if normalised:
        maps = np.maximum(maps, 0) / np.where(scale > 0, scale, 1)[:, np.newaxis, np.newaxis]
    if upsample:
        maps = tf.image.resize(maps[..., np.newaxis], images.shape[1:3]).numpy()[..., 0]
    rows = np.arange(len(images))
    return ClassMaps(maps.astype("float32"), scale, scores[rows, targets], targets, parts[0][3])


def _one(model, outputs, name):
    """Return the tensor of the output ``name``, which may be left out where there is one output."""
    if isinstance(outputs, dict):
        named = outputs
    else:
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        names = getattr(model, "output_names", None) or [f"output_{n}" for n in range(len(outputs))]
        named = dict(zip(names, outputs, strict=True))
    if name is None and len(named) == 1:
        return next(iter(named.values()))
    if name not in named:
        asked = f"There is no output {name!r}" if name else f"The model has {len(named)} outputs"
        raise CourseError(f"{asked}. Say output= one of: {', '.join(map(repr, named))}.")
    return named[name]


def _head(calls, tensor):
    """Return the call that made the scores behind the output ``tensor``, and the scores [n, classes]."""
    made = {id(call.output): call for call in calls}
    call, scores = made.get(id(tensor)), tensor
    softmax_like = (keras.activations.softmax, keras.activations.sigmoid)
    while call is not None:
        activation = getattr(call.layer, "activation", None)
        if isinstance(call.layer, keras.layers.Softmax) or (
            isinstance(call.layer, keras.layers.Activation) and activation in softmax_like
        ):
            scores = call.given
            call = made.get(id(scores))
            continue
        if isinstance(call.layer, keras.layers.Dense) and activation in softmax_like:
            scores = tf.matmul(call.given, tf.cast(call.layer.kernel, call.given.dtype))
            if call.layer.bias is not None:
                scores += tf.cast(call.layer.bias, scores.dtype)
        break
    if len(scores.shape) != 2:
        raise CourseError(
            f"This output has the shape {tuple(scores.shape)}; a map needs one score a class: (pictures, "
            "classes)."
        )
    return call, tf.cast(scores, tf.float32)


def _pooled(calls, head):
    """Return the call of the global average pooling that ``head``, a dense layer, reads."""
    if head is not None and isinstance(head.layer, keras.layers.Dense):
        for call in calls:
            if isinstance(call.layer, keras.layers.GlobalAveragePooling2D) and (
                call.output is head.given
                or (call.output.shape == head.given.shape and np.allclose(call.output, head.given))
            ):
                return call
    end = ", ".join(type(call.layer).__name__ for call in calls[-4:])
    raise CourseError(
        "A class activation map needs a model that ends in GlobalAveragePooling2D and one Dense layer. This "
        f"one ends in {end}. Use grad_cam, which asks for a layer with maps only"
        + (f"; but: {no_maps(calls)}" if not any(call.is_spatial for call in calls) else ".")
    )


def _targets(target, scores, class_names, number):
    """Return class numbers, one for each row of ``scores``; ``number`` are the places of these rows."""
    classes = int(scores.shape[1])
    if class_names is not None and len(class_names) != classes:
        raise CourseError(f"There are {len(class_names)} class names, and the output has {classes} classes.")
    if target is None:
        return tf.argmax(scores, axis=1)
    several = not isinstance(target, str) and np.ndim(target)
    asked = list(target)[number] if several else [target] * int(scores.shape[0])
    known = list(class_names) if class_names is not None else []
    numbers = [known.index(one) if isinstance(one, str) and one in known else one for one in asked]
    for one in numbers:
        if isinstance(one, (str, bool)) or not isinstance(one, (int, np.integer)) or not 0 <= one < classes:
            names = f" or {', '.join(map(repr, known))}" if known else " (names need class_names=)"
            raise CourseError(f"There is no class {one!r}. Allowed are 0 to {classes - 1}{names}.")
    return tf.constant(numbers, tf.int64)
