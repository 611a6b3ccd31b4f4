"""Train: a frozen network sees each picture once, and what it computes from it is kept on disk."""

import functools
import hashlib
import json
import math

import numpy as np

from course_utils.errors import CourseError
from course_utils.files import FEATURES
from course_utils.progress import progress
from course_utils.store import Store

BATCH = 32  # pictures that the extractor sees at once
CONSTANTS = 5_000_000  # weights of a network that is made faster by turning them into constants; no more
PREPROCESSING = "bilinear, 3"  # part of a store's name: to be changed with _resized or what is kept
NAMES = ("shared_name", "container", "debug_name", "token", "config_proto")  # settings that compute nothing


def extract(extractor, pictures):
    """Run ``extractor`` over ``pictures`` and return (features, labels) as arrays.

    ``extractor`` is a Keras layer or model with one input and one output, used in inference mode.
    ``pictures`` is an unbatched ``tf.data.Dataset`` of (image, label): images (height, width, channels) of
    any size with values 0 to 255, labels of any structure of tensors. Each image is resized to what the
    extractor takes, bilinear and without keeping its proportions, as the published lessons do; a
    ``HubLayer`` gets pixels from 0 to 1, any other from 0 to 255, because scaling is part of a model.

    Features are float32, (pictures, ...) with the shape of the extractor's output; both arrays are in the
    order of the dataset. They are kept on disk, picture by picture, so that an interrupted call goes on where
    it was and a second one reads; if nothing can be kept, one line says so. Raises CourseError for a batched
    or empty dataset, images that do not fit, and an extractor with several outputs.
    """
    shape = _image_shape(extractor, pictures.element_spec)
    if not extractor.built:
        extractor.build((None, *shape))
    function = _traced(extractor, shape)
    name, wanted = _key(extractor, shape, function)
    kept = Store(FEATURES, name)
    rows, labels, forward, keeping = [], [], None, True
    with progress(int(pictures.cardinality()), "Features") as bar:
        for keys, images, truth in _resized(pictures, shape):
            keys = keys.numpy().tolist()
            stored = kept.get(keys, length=4 * math.prod(wanted))
            here = {key: np.frombuffer(value, np.float32).reshape(wanted) for key, value in stored.items()}
            if new := [row for row, key in enumerate(keys) if key not in here]:
                forward = forward or _forward(function, extractor)
                computed = forward(images if len(new) == len(keys) else images.numpy()[new])
                here |= {keys[row]: features for row, features in zip(new, computed, strict=True)}
                keeping = keeping and _keep(kept, {keys[row]: here[keys[row]] for row in new})
            rows += [here[key] for key in keys]
            labels.append(_map(lambda part: part.numpy(), truth))
            bar.update(len(keys))
    if not rows:
        raise CourseError("The dataset has no pictures, so there are no features. Check how it was split.")
    return np.stack(rows), _map(lambda *parts: np.concatenate(parts), *labels)


def _image_shape(extractor, element):
    """Return the (height, width, channels) that the extractor gets, or raise CourseError."""
    if not isinstance(element, tuple) or len(element) != 2 or element[0].shape.rank not in (None, 3):
        raise CourseError(
            f"The dataset has elements {element}; features are extracted from single (image, label) pairs. "
            "Call dataset.unbatch() on a batched one."
        )
    given = element[0].shape.as_list() if element[0].shape.rank else [None] * 3
    wanted = getattr(extractor, "image_shape", None) or getattr(extractor, "input_shape", (None,) * 4)[1:]
    wanted = wanted if len(wanted) == 3 else (None,) * 3
    shape = [wanted[side] or given[side] for side in range(3)]
    if None in shape or given[2] not in (None, shape[2]):
        raise CourseError(
            f"The extractor takes images {tuple(wanted)}, the dataset has {tuple(given)} (height, width, "
            "channels; None: not known). Begin the extractor with keras.Input((224, 224, 3)), for instance; "
            "grey pictures become coloured with dataset.map and tf.image.grayscale_to_rgb."
        )
    return tuple(shape)


def _resized(pictures, shape):
    """Return a dataset of batches: a number for each picture's values, resized images, labels."""
    import tensorflow as tf

    @tf.autograph.experimental.do_not_convert
    def prepare(image, label):
        # Of the values with their shape and type: FarmHash, the same on every machine, in 0.05 ms.
        key = tf.strings.to_hash_bucket_fast(tf.io.serialize_tensor(image), 2**63 - 1)
        image = tf.image.resize(tf.ensure_shape(image, (None, None, shape[2])), shape[:2])
        return key, tf.cast(image, tf.float32), label

    return pictures.map(prepare, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(tf.data.AUTOTUNE)


def _key(extractor, shape, function):
    """Return the name of the store for what ``extractor``, built, computes from images, and its shape.

    The name depends on the weights, on the operations that ``function``, its traced call, is made of, and on
    what comes out for two pictures, noise and a ramp: so on whatever changes the features, layers of your own
    included (a Python function inside ``tf.numpy_function`` only through the two pictures), and on no names,
    which Keras and TensorFlow give anew in each session.
    """
    import keras

    noise = np.random.default_rng(0).uniform(0, 255, shape)
    ramp = np.linspace(0, 255, noise.size).reshape(shape)
    answers = extractor(_scaled(extractor, np.stack([noise, ramp]).astype("float32")), training=False)
    if not keras.ops.is_tensor(answers):
        raise CourseError(
            f"The extractor returns a {type(answers).__name__}, not one tensor. Build a keras.Model from its "
            "input to the one output that you want as features."
        )
    constants = [tensor for tensor in function.captured_inputs if tensor.dtype.name != "resource"]
    digest = hashlib.sha256(json.dumps([shape, PREPROCESSING]).encode())
    digest.update(_operations(function.graph.as_graph_def()))
    for values in map(keras.ops.convert_to_numpy, (answers, *extractor.weights, *constants)):
        digest.update(f"{values.dtype} {values.shape}".encode() + values.tobytes())
    return digest.hexdigest()[:20], tuple(answers.shape[1:])


def _operations(graph):
    """Return a digest of the operations of a ``GraphDef``, their settings and how they are connected."""
    bodies = {body.signature.name: body for body in graph.library.function}

    @functools.cache
    def of_function(name):
        return digest(bodies[name].signature.input_arg, bodies[name].node_def)

    def digest(arguments, nodes):
        places = {one.name: place for place, one in enumerate([*arguments, *nodes])}
        found = hashlib.sha256()
        for node in nodes:
            # What starts with "^" is an order without data.
            sources = [name.partition(":") for name in node.input if not name.startswith("^")]
            found.update(repr((node.op, [(places[name], output) for name, _, output in sources])).encode())
            for setting, value in sorted(node.attr.items()):
                if setting.startswith("_") or setting in NAMES:
                    continue
                called = [value.func] if value.HasField("func") else value.list.func
                inside = b"".join(of_function(function.name) for function in called)
                found.update(setting.encode() + (inside or value.SerializeToString(deterministic=True)))
        return found.digest()

    return digest((), graph.node)


def _scaled(extractor, images):
    return images * getattr(extractor, "pixel_scale", 1.0)


def _traced(extractor, shape):
    """Return the call of ``extractor`` for a batch of resized images as a function of TensorFlow."""
    import tensorflow as tf

    def call(images):
        return extractor(_scaled(extractor, images), training=False)

    return tf.function(call, autograph=False).get_concrete_function(tf.TensorSpec((None, *shape)))


def _forward(function, extractor):
    """Return a function from a batch of resized images to an array of features."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    normalized = any("moving_variance" in weight.path for weight in extractor.weights)
    if normalized and extractor.count_params() <= CONSTANTS:
        # With weights as constants TensorFlow fuses convolutions with the normalization that follows them:
        # MobileNet V2 becomes 1.4 times as fast on a processor. TensorFlow copies constants several times:
        # Inception V3 would gain 7 % for 1.7 GB more, VGG19, which has no normalization, nothing for 1.4 GB.
        function = convert_variables_to_constants_v2(function)

    def forward(images):
        (features,) = tf.nest.flatten(function(tf.convert_to_tensor(images)))
        return tf.cast(features, tf.float32).numpy()

    return forward


def _keep(kept, features):
    """Put a dict of key to array into the store; return whether that worked, and say it if not."""
    try:
        kept.put({key: array.tobytes() for key, array in features.items()})
    except CourseError as error:
        print(f"The features are not kept for the next time: {error}")
        return False
    return True


def _map(function, *structures):
    import tensorflow as tf

    return tf.nest.map_structure(function, *structures)
