"""Build: a network from TensorFlow Hub as one layer of a Keras model."""

import hashlib
import os
import re

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before Keras, which starts TensorFlow)
from course_utils.errors import CourseError
from course_utils.pretrained import modules

import keras  # isort: skip
import tensorflow as tf  # isort: skip


@keras.saving.register_keras_serializable(package="course_utils")
class HubLayer(keras.layers.Layer):
    """A module of TensorFlow Hub as a Keras layer: images in, feature vectors or class scores out.

    ``handle`` is the module's address or the folder of a SavedModel; a relative one is looked up in the
    course's own folder first, then in the working directory. In go images (batch, height, width, channels),
    float, 0 to 1, of the size ``image_shape``; it computes in float32, and the output comes in the layer's
    compute dtype.

    Frozen (``trainable=False``) no weight changes. With ``trainable=True`` those weights train that the
    module declares trainable, or only those whose name contains a match of the regular expression
    ``fine_tune``: ``"block_1[56]|Conv_1"`` for the end of MobileNet V2. Batch normalization and dropout stay
    in inference mode all the same: small batches would overwrite the averages that the module brings (Keras
    guide "Transfer learning and fine-tuning").

    A saved model holds the handle, the checksum of the module's ``files``, a ``fingerprint`` of its weights
    and those weights that differ. Whoever loads it needs the module. A module is a program, so a saved model
    gets only those of the course, those that this process made a HubLayer of, and those that
    ``classifier.load`` was told to trust.

    Raises CourseError for a handle that is no module, a pattern that matches no weight, images that do not
    fit, and a module that is not the one of a saved model; NotAvailable where it cannot be downloaded.
    """

    pixel_scale = 1 / 255  # from the pixels of a picture, 0 to 255, to those that the layer takes

    def __init__(self, handle, trainable=False, fine_tune=None, fingerprint=None, files=None, **kwargs):
        if not isinstance(handle, str | os.PathLike):  # a saved model may name this class as an activation
            raise CourseError(f"A module is named by address or folder, not by a {type(handle).__name__}.")
        # The module computes in float32 whatever the policy says, hence no automatic cast of its input.
        super().__init__(autocast=False, **kwargs)
        # fit's jit_compile="auto" asks this: XLA makes such modules about ten times slower on a processor.
        self.supports_jit = False
        # Resolved now: a path may be relative to a working directory that changes.
        self.handle, self.fine_tune = modules.portable(os.fspath(handle)), fine_tune
        self._module, self.files = modules.load(self.handle, files)
        self.image_shape, self._output_shape, self._arguments = modules.signature(self._module, self.handle)
        variables, declared = modules.variables(self._module)
        self._digests = [_digest(variable) for variable in variables]
        self.fingerprint = hashlib.sha256("".join(self._digests).encode()).hexdigest()[:16]
        if fingerprint is not None:
            self._compare(fingerprint)
        chosen = {id(variable) for variable in _matching(fine_tune, declared)}
        # Each is a view of the module's own variable, not a copy. Keras tracks the list.
        self._views = [_view(variable, trainable=id(variable) in chosen) for variable in variables]
        # Only now, as the setter passes it on to the weights that are there.
        self.trainable = trainable
        modules.trust(self.handle)  # copies of this layer, and models saved from now on, may name it

    def build(self, input_shape):
        self._check(input_shape)

    def _check(self, input_shape):
        if not tf.TensorShape((None, *self.image_shape)).is_compatible_with(input_shape):
            raise CourseError(
                f"Images of shape {tuple(input_shape)} do not fit the module {self.handle}. It takes "
                f"{(None, *self.image_shape)}: (batch, height, width, channels). Resize them, and "
                f"begin the model with keras.Input({self.image_shape})."
            )

    def call(self, inputs):
        if not inputs.dtype.is_floating:
            raise CourseError(
                f"The pixels are {inputs.dtype.name}; the module takes floats from 0 to 1. Put "
                "keras.layers.Rescaling(1 / 255) before the HubLayer."
            )
        self._check(inputs.shape)
        images = tf.ensure_shape(tf.cast(inputs, tf.float32), (None, *self.image_shape))
        return tf.cast(self._module(images, **self._arguments), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        self._check(input_shape)
        return (input_shape[0], *self._output_shape)

    def get_config(self):
        own = ("handle", "fine_tune", "fingerprint", "files")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}

    @classmethod
    def from_config(cls, config):
        modules.check_trusted(config.get("handle"))
        return cls(**config)  # Keras' own would turn each CourseError into a TypeError

    def save_own_variables(self, store):
        store["fingerprint"] = np.frombuffer(bytes.fromhex(self.fingerprint), np.uint8)
        for number in self._changed():
            store[str(number)] = self._views[number]

    def load_own_variables(self, store):
        saved = set(store.keys())
        self._compare(bytes(np.asarray(store["fingerprint"])).hex() if "fingerprint" in saved else "none")
        reset = [number for number in self._changed() if str(number) not in saved]
        if reset:
            originals, _ = modules.variables(modules.load(self.handle, self.files)[0])
            for number in reset:
                self._views[number].assign(originals[number])
        for number, view in enumerate(self._views):
            if str(number) in saved:
                view.assign(store[str(number)])

    def _changed(self):
        """Return the numbers of the weights that are no longer the module's."""
        pairs = zip(self._views, self._digests, strict=True)
        return [number for number, (view, digest) in enumerate(pairs) if _digest(view.value) != digest]

    def _compare(self, fingerprint):
        if fingerprint != self.fingerprint:
            raise CourseError(
                f"The module {self.handle} has other weights (fingerprint {self.fingerprint}) than the one "
                f"of this model ({fingerprint}). Put that one back, or train the model again."
            )


def _matching(pattern, variables):
    """Return those of ``variables`` whose name contains a match of ``pattern``; all of them for ``None``."""
    if pattern is None:
        return variables
    try:
        chosen = [variable for variable in variables if re.search(pattern, _name(variable))]
    except re.error as error:
        raise CourseError(f"fine_tune = {pattern!r} is not a regular expression: {error}.") from error
    if not chosen:
        names = ", ".join(map(_name, variables[-6:]))
        raise CourseError(f"fine_tune = {pattern!r} matches no trainable weight. The last ones are {names}.")
    return chosen


def _view(variable, trainable):
    shape, dtype = variable.shape, variable.dtype.name
    return keras.Variable(variable, shape=shape, dtype=dtype, trainable=trainable, name=_name(variable))


def _name(variable):
    return variable.name.split(":")[0].replace("/", "_")  # Keras takes no slash


def _digest(variable):
    values = variable.numpy()
    return hashlib.sha256(f"{values.dtype} {values.shape} ".encode() + values.tobytes()).hexdigest()
