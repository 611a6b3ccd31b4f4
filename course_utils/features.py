"""Train: a frozen network sees each picture once, and what it computes from it is kept on disk."""

import io
import sys

import numpy as np

from course_utils.errors import CourseError
from course_utils.feature_cache import Cache, clear, folder, key, size

__all__ = ["clear", "extract", "folder", "size"]

BATCH = 32  # pictures that the extractor sees at once
PREPROCESSING = "bilinear, 1"  # part of the key: to be changed together with _stream


def extract(extractor, pictures, *, resolution=None):
    """Run ``extractor`` over ``pictures`` and return (features, labels) as arrays.

    ``extractor`` is a Keras layer or model with one input and one output, used in inference mode; its weights
    stay as they are. ``pictures`` is a ``tf.data.Dataset`` of single ``(image, label)`` pairs, unbatched:
    images (height, width, channels) of any size with values 0 to 255, labels of any structure of tensors.
    Each image is resized to ``resolution`` (a number of pixels or a pair (height, width); by default what the
    extractor or else the dataset tells), bilinear and without keeping its proportions, as the published
    lessons do. A ``HubLayer`` then gets pixels from 0 to 1, as it asks for; every other extractor gets
    them from 0 to 255, because scaling is part of a model.

    Features are float32, (pictures, ...) with the shape of the extractor's output; features and labels are in
    the order of the dataset. Pictures stream: only features and labels are held in memory.

    What was computed is kept in ``folder()``, picture by picture, under the content of the picture (its
    values before resizing), the extractor's weights and configuration, and the resolution; where one of these
    changed it is computed anew, everything else is read again. An interrupted call goes on where it was, a
    damaged file is computed anew, and any number of processes may run at once. If the folder cannot be
    written, one line says so and nothing is kept. Of layers that you program yourself the configuration
    counts, not the code: call ``clear()`` after changing it.

    Raises CourseError for a batched or empty dataset, images whose size or channels do not fit, and an
    extractor with several outputs.
    """
    shape = _image_shape(extractor, pictures.element_spec, resolution)
    if not extractor.built:
        extractor.build((None, *shape))
    cache = Cache(folder() / key(extractor, shape, PREPROCESSING))
    rows, labels, forward = [], [], None
    try:
        with _progress(int(pictures.cardinality())) as bar:
            for keys, known, new, truth in _stream(pictures, shape, cache.keys):
                keys, known = keys.numpy(), known.numpy()
                computed = ()
                if (known < 0).any():
                    forward = forward or _forward(extractor, shape)
                    computed = forward(new.values)
                    cache.add(keys[known < 0], computed)
                computed = iter(computed)
                rows += [cache.features[row] if row >= 0 else next(computed) for row in known]
                labels.append(_map(lambda part: part.numpy(), truth))
                bar.update(len(keys))
    finally:
        cache.write()
    if not rows:
        raise CourseError("The dataset has no pictures, so there are no features. Check how it was split.")
    return np.stack(rows), _map(lambda *parts: np.concatenate(parts), *labels)


def _image_shape(extractor, element, resolution):
    """Return the (height, width, channels) that the extractor gets, or raise CourseError."""
    if not isinstance(element, tuple) or len(element) != 2 or element[0].shape.rank not in (None, 3):
        raise CourseError(
            f"The dataset has elements {element}; features are extracted from single (image, label) pairs "
            "with images (height, width, channels). Call dataset.unbatch() on a batched one."
        )
    given = element[0].shape.as_list() if element[0].shape.rank else [None] * 3
    wanted = getattr(extractor, "image_shape", None) or getattr(extractor, "input_shape", (None,) * 4)[1:]
    wanted = wanted if len(wanted) == 3 else (None,) * 3
    if resolution is not None:
        given[:2] = np.broadcast_to(resolution, 2).tolist()
    elif None not in wanted[:2]:
        given[:2] = wanted[:2]
    if any(None not in sides and sides[0] != sides[1] for sides in zip(given, wanted, strict=True)):
        raise CourseError(
            f"The extractor takes images of shape {tuple(wanted)} and would get {tuple(given)}, (height, "
            "width, channels). Leave out the resolution, or make grey pictures coloured with "
            "dataset.map(lambda image, label: (tf.image.grayscale_to_rgb(image), label))."
        )
    shape = tuple(found or needed for found, needed in zip(given, wanted, strict=True))
    if None in shape:
        raise CourseError(
            f"The images have shape {shape}, (height, width, channels), and neither the extractor nor the "
            "dataset tells more. Say resolution=224, for instance; channels are set with tf.ensure_shape."
        )
    return shape


def _stream(pictures, shape, keys):
    """Return a dataset of batches: fingerprints, rows in ``keys`` or -1, images of the new ones, labels."""
    import tensorflow as tf

    # Sorted, and longer by one that is larger than every fingerprint, so that a search always ends within.
    sorted_keys = tf.constant([*keys, 2**63 - 1], tf.int64)

    @tf.autograph.experimental.do_not_convert
    def prepare(image, label):
        # Of the values with their shape and type: FarmHash, the same on every machine, in 0.05 ms.
        fingerprint = tf.strings.to_hash_bucket_fast(tf.io.serialize_tensor(image), 2**63 - 1)
        place = tf.searchsorted(sorted_keys, [fingerprint], out_type=tf.int64)[0]
        row = tf.where(sorted_keys[place] == fingerprint, place, -1)
        image = tf.ensure_shape(image, (None, None, shape[2]))
        new = tf.cond(
            row < 0,
            lambda: tf.cast(tf.image.resize(image, shape[:2]), tf.float32)[tf.newaxis],
            lambda: tf.zeros((0, *shape)),
        )
        return fingerprint, row, tf.ensure_shape(new, (None, *shape)), label

    # A ragged batch holds none or one image of each picture; its values are the new images alone.
    prepared = pictures.map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
    return prepared.ragged_batch(BATCH).prefetch(tf.data.AUTOTUNE)


def _forward(extractor, shape):
    """Return a function from a batch of resized images to an array of features."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    from course_utils.hub import HubLayer

    scale = 1 / 255 if isinstance(extractor, HubLayer) else 1.0

    def call(images):
        return extractor(images * scale, training=False)

    traced = tf.function(call, autograph=False).get_concrete_function(tf.TensorSpec((None, *shape)))
    if not tf.is_tensor(traced.structured_outputs):
        raise CourseError(
            f"The extractor returns a {type(traced.structured_outputs).__name__}, not one tensor. Build a "
            "keras.Model from its input to the one output that you want as features."
        )
    if any("moving_variance" in weight.path for weight in extractor.weights):
        # With weights as constants TensorFlow fuses convolutions with the normalization that follows them:
        # MobileNet V2 becomes 1.4 times as fast on a processor. VGG19, which has none, gains next to nothing
        # and would take seconds and 1.4 GB more for it.
        constant = convert_variables_to_constants_v2(traced)
        return lambda images: tf.cast(constant(images)[0], tf.float32).numpy()
    return lambda images: tf.cast(traced(images), tf.float32).numpy()


def _map(function, *structures):
    import tensorflow as tf

    return tf.nest.map_structure(function, *structures)


def _progress(total):
    """Return a bar: one line in a notebook or on a terminal, nothing where the output goes to a log."""
    from tqdm import tqdm

    class Line(tqdm):
        """A line that is rewritten in place, so that a saved page has its last state and not all of them."""

        shown = None

        def display(self, msg=None, pos=None):
            from IPython.display import display

            text = {"text/plain": str(self)}
            if self.shown is None:
                self.shown = display(text, raw=True, display_id=True)
            else:
                self.shown.update(text, raw=True)

    total = total if total >= 0 else None
    options = {"total": total, "desc": "Features", "unit": " pictures", "mininterval": 0.5}
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        return Line(file=io.StringIO(), ascii=False, **options)
    return tqdm(disable=None, **options)
