"""Which pretrained networks a lesson gets: the published ones where they can be had, else the stand-ins."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils import availability, machine, portable, quiet_tensorflow  # noqa: F401 (before Keras, which starts TensorFlow)
from course_utils.data.catalog import MODULES, PRETRAINED, VGG19
from course_utils.errors import CourseError, NotAvailable, in_a_line
from course_utils.files import course_folder, keras_folders
from course_utils.pretrained import modules

import keras  # isort: skip

VGG19_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"  # as keras.applications names it
STORAGE = "https://storage.googleapis.com"


@dataclass(frozen=True)
class Module:
    """The module to take: its ``handle``, whose ``weights`` they are ("published" or "stand-in"), and why.

    Of a classifier, ``labels`` is the path of a text file with the name of one class a line, in the order of
    its outputs, and ``example`` that of a picture to try it on.
    """

    handle: str
    weights: str
    why: str
    labels: Path | None = None
    example: Path | None = None


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


def find(handle, weights="auto"):
    """Return a ``Module`` for the published module ``handle``, and say in one line which one was taken.

    ``"published"`` takes that module, cached already or downloaded now; ``"stand-in"`` the small one that the
    course brings for it, pretrained on drawings; ``"auto"`` the published one where it can be had, else the
    stand-in. Raises CourseError for a handle without a stand-in and for other ``weights``, and its
    NotAvailable for ``"published"`` where the module cannot be had.
    """
    if handle not in MODULES:
        raise CourseError(
            f"The course has no stand-in for {handle}. It has some for {', '.join(MODULES)}. Any other "
            "module can be used with HubLayer directly."
        )
    entry = MODULES[handle]
    beside = {name: pair for name in ("labels", "example") if (pair := getattr(entry, name))}

    def of_google():
        (_, why), *others = map(availability.obtain, published(handle))
        return (handle, dict(zip(beside, (value for value, _ in others), strict=True))), why

    def of_the_course():
        return entry.stand_in, {name: course_folder() / pair[1] for name, pair in beside.items()}

    choice = availability.choose("WEIGHTS", weights, of_google, of_the_course)
    availability.announce(entry.title, choice.taken, choice.why)
    handle, paths = choice.value
    return Module(handle, choice.taken, choice.why, **paths)


def vgg19(weights="auto"):
    """Return VGG19 without its classifier as a ``Backbone`` and say in one line which weights, and why.

    ``"published"`` takes those trained on ImageNet, from Keras's own folder (``KERAS_HOME``) or downloaded
    there now; ``"stand-in"`` a small network of the same kind that comes with the course; ``"auto"`` the
    published ones where that works, else the stand-in. Raises CourseError for any other value, NotAvailable
    within seconds where what was asked for cannot be had.
    """
    (weights_file,) = published(VGG19)
    choice = availability.choose("WEIGHTS", weights, lambda: availability.obtain(weights_file), _vgg_stand_in)
    choice.value.trainable = False
    availability.announce("VGG19", choice.taken, choice.why)
    return Backbone(choice.value, choice.taken, choice.why)


def published(handle):
    """Return the list of ``availability.Published`` that the pretrained network ``handle`` is made of.

    ``handle`` is a key of ``catalog.PRETRAINED``. Of a classifier these are the module, the names of its
    classes and a picture to try it on.
    """
    if handle == VGG19:
        return [_vgg_file()]
    entry = PRETRAINED[handle]
    addresses = [pair[0] for pair in (entry.labels, entry.example) if pair]
    return [modules.published(handle), *map(_keras_file, addresses)]


def _vgg_file():
    folder = keras_folders()[0] / "models"

    def build(weights):
        return keras.applications.VGG19(weights=os.fspath(weights), include_top=False)

    def look():
        damage = None
        for path in _in_keras_folders("models", VGG19_FILE):
            try:
                return build(path)
            except Exception as error:  # h5py and Keras raise many kinds; each of them means: no weights
                damage = NotAvailable(
                    f"{path} is damaged: {in_a_line(error)}. Delete that file and run "
                    f"'{machine.as_typed('course fetch')}', or choose WEIGHTS = \"stand-in\"."
                )
        if damage:
            raise damage
        return None

    return availability.Published(
        title="VGG19's file of weights",
        folder=folder,
        address=STORAGE,
        look=look,
        download=lambda: build("imagenet"),
        download_bytes=PRETRAINED[VGG19].download_bytes,
        disk_bytes=PRETRAINED[VGG19].download_bytes,
        advice=f"put {VGG19_FILE} there, or point KERAS_HOME at a folder whose 'models' has it, or choose "
        'WEIGHTS = "stand-in"',
    )


def _keras_file(address):
    """Return the ``Published`` of a file that Keras keeps in its ``datasets``; its value is a path."""
    name = address.rsplit("/", 1)[1]
    return availability.Published(
        title=name,
        folder=keras_folders()[0] / "datasets",
        address=address,
        look=lambda: next(iter(_in_keras_folders("datasets", name)), None),
        download=lambda: Path(keras.utils.get_file(name, address)),
        download_bytes=100_000,
        disk_bytes=100_000,
        advice="point KERAS_HOME at a folder whose 'datasets' has it",
    )


def _in_keras_folders(kind, name):
    return [path for folder in keras_folders() if os.path.isfile(path := folder / kind / name)]


def _vgg_stand_in():
    path = course_folder() / PRETRAINED[VGG19].stand_in
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # missing, or damaged: zipfile, h5py and Keras raise their own kinds
        reason = (
            f"cannot be loaded: {portable.why_not_loaded(path, error)}" if path.is_file() else "is not there."
        )
        raise NotAvailable(
            f"The stand-in for VGG19 in {path} {reason} It comes with the course: restore it with "
            "'git checkout -- data/hub', or choose WEIGHTS = \"published\" where there is a network."
        ) from error
