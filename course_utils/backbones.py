"""Build: VGG19 as a frozen backbone, with the published weights where they can be had, else the stand-in."""

import os
from dataclasses import dataclass, field
from typing import Any

from course_utils import borrowing, portable, quiet  # noqa: F401 (quiet before Keras, which starts TensorFlow)
from course_utils.data import sources
from course_utils.data.catalog import BORROWED, VGG19
from course_utils.errors import NotAvailable, in_a_line
from course_utils.files import course_folder

import keras  # isort: skip

FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"  # as keras.applications names it
HOST = "storage.googleapis.com"
STAND_IN = BORROWED[VGG19].stand_in


@dataclass(frozen=True)
class Backbone:
    """A network without its classifier, whose weights they are (``weights``) and why those were taken.

    ``network`` is a frozen Keras model from pictures of any size that went through
    ``keras.applications.vgg19.preprocess_input`` to the maps of its last pooling, the layer ``block5_pool``;
    ``weights`` is ``"published"`` or ``"stand-in"``.
    """

    network: Any = field(repr=False)
    weights: str
    why: str


def vgg19(weights="auto"):
    """Return VGG19 without its classifier as a ``Backbone`` and say in one line which weights, and why.

    ``"published"`` takes those trained on ImageNet, from Keras's own folder (``KERAS_HOME``) or downloaded
    there now; ``"stand-in"`` a small network of the same kind that comes with the course; ``"auto"`` the
    published ones where that works, else the stand-in. Raises CourseError for any other value, NotAvailable
    within seconds where what was asked for cannot be had.
    """
    borrowing.check(weights, "network")
    backbone = _find(weights)
    backbone.network.trainable = False
    borrowing.announce("VGG19", backbone.weights, backbone.why)
    return backbone


def is_here():
    """Tell whether VGG19's published weights are in one of Keras's folders; nothing is downloaded."""
    return bool(borrowing.kept("models", FILE))


def _find(weights):
    if weights == "stand-in":
        return Backbone(_stand_in(), "stand-in", "WEIGHTS asks for it.")
    try:
        return _published()
    except NotAvailable as error:
        if weights == "published":
            raise
        return Backbone(_stand_in(), "stand-in", str(error))


def _published():
    """Return the ``Backbone`` with the weights of ImageNet, or raise NotAvailable."""
    damage = ""
    for path in borrowing.kept("models", FILE):
        try:
            return Backbone(_build(path), "published", f"from {path}")
        except Exception as error:  # h5py and Keras raise many kinds; each of them means: no weights
            damage = f" ({path} is damaged: {in_a_line(error)})"
    # Without network, Keras may try for minutes, so we ask first.
    folder = borrowing.keras_folders("models")[0]
    if not sources.network_answers(HOST, 443):
        raise NotAvailable(
            f"The weights of VGG19 are not in {folder}{damage} and {HOST} does not answer. Connect to the "
            f"network, or put {FILE} there, or point KERAS_HOME at a folder whose 'models' has it, or choose "
            'WEIGHTS = "stand-in".'
        )
    try:
        network = _build("imagenet")
    except Exception as error:  # urllib, h5py and Keras raise many kinds
        raise NotAvailable(
            f"The weights of VGG19 could not be downloaded to {folder}: {in_a_line(error)}. Check the "
            'network and the disk (80 MB are needed) and try again, or choose WEIGHTS = "stand-in".'
        ) from error
    return Backbone(network, "published", f"downloaded to {folder}")


def _build(weights):
    return keras.applications.VGG19(weights=os.fspath(weights), include_top=False)


def _stand_in():
    path = course_folder() / STAND_IN
    if not path.is_file():
        raise NotAvailable(
            f"The stand-in for VGG19 is not in {path}. It comes with the course: restore the file with git, "
            'or choose WEIGHTS = "published" where there is a network.'
        )
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # damaged archives raise zipfile's, h5py's and Keras's own
        raise NotAvailable(
            f"The stand-in for VGG19 in {path} cannot be loaded: {portable.why_not_loaded(path, error)} "
            "Or restore the file with git."
        ) from error
