"""Which pretrained networks a lesson gets: the published ones where they can be had, else the stand-ins."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils import (
    availability,
    checksums,
    machine,
    portable,
    quiet_tensorflow,  # noqa: F401 (before Keras)
)
from course_utils.data.catalog import MODULES, PRETRAINED, VGG19, VGG19_MD5
from course_utils.errors import CourseError, NotAvailable, in_a_line
from course_utils.files import course_folder, keras_folders
from course_utils.permissions import keras_downloads, refuse_strangers
from course_utils.pretrained import modules

import keras  # isort: skip

VGG19_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"  # as keras.applications names it
VGG19_ADDRESS = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg19/{VGG19_FILE}"


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
    """A frozen Keras model without its classifier, whose ``weights`` they are, and why those were taken."""

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
            f"The course has no stand-in for {handle}, only for {', '.join(MODULES)}. Use any other "
            "module with HubLayer directly."
        )
    entry = MODULES[handle]
    beside = {name: file for name in ("labels", "example") if (file := getattr(entry, name))}

    def of_google():
        (_, why), *others = map(availability.obtain, published(handle))
        return (handle, dict(zip(beside, (value for value, _ in others), strict=True))), why

    def of_the_course():
        return entry.stand_in, {name: course_folder() / file[1] for name, file in beside.items()}

    choice = availability.choose("WEIGHTS", weights, of_google, of_the_course)
    availability.announce(entry.title, choice.taken, choice.why)
    handle, paths = choice.value
    return Module(handle, choice.taken, choice.why, **paths)


def vgg19(weights="auto"):
    """Return VGG19 without its classifier as a ``Backbone``, and say in one line which weights it has.

    The network takes pictures (batch, height, width, 3) of any size that went through
    ``keras.applications.vgg19.preprocess_input``, and puts out the maps of its last pooling,
    ``block5_pool``. ``weights`` and errors are those of ``find``.
    """
    (file,) = published(VGG19)
    choice = availability.choose("WEIGHTS", weights, lambda: availability.obtain(file), _vgg19_stand_in)
    choice.value.trainable = False
    availability.announce("VGG19", choice.taken, choice.why)
    return Backbone(choice.value, choice.taken, choice.why)


def published(handle):
    """Return the list of ``availability.Published`` that the pretrained network ``handle`` is made of.

    ``handle`` is a key of ``catalog.PRETRAINED``. Of a classifier these are the module, the names of its
    classes and a picture to try it on.
    """
    entry = PRETRAINED[handle]
    if handle == VGG19:
        return [_keras_file("models", VGG19_ADDRESS, entry.download_bytes, VGG19_MD5, read=_vgg19)]
    beside = [file for file in (entry.labels, entry.example) if file]
    files = [_keras_file("datasets", address, 100_000, checksum) for address, _, checksum in beside]
    return [modules.published(handle), *files]


def _keras_file(kind, address, size, checksum, read=Path):
    """Return the ``Published`` of a file of ``size`` bytes in one of Keras's folders, "models" or "datasets".

    That folder is in ``KERAS_HOME``, or in the course's cache if that is read-only. The value is what
    ``read`` makes of the path of a file with that ``checksum``, a SHA-256 or MD5.
    """
    name = address.rsplit("/", 1)[1]
    homes = keras_folders()

    def look():
        home = next((home for home in homes if os.path.lexists(home / kind / name)), None)
        if home is None:
            return None
        path = home / kind / name
        refuse_strangers(path, home)
        try:
            algorithm = "md5" if len(checksum) == 32 else "sha256"
            if checksums.digest(path, algorithm) != checksum:
                raise ValueError("it is not the published file")
            return read(path)
        except Exception as error:  # h5py and Keras raise many kinds; each of them means: no weights
            raise NotAvailable(
                f"{path} is damaged: {in_a_line(error)}. Delete that file and run "
                f"'{machine.as_typed('course fetch')}', or choose WEIGHTS = \"stand-in\"."
            ) from error

    def download():
        home = keras_downloads()
        options = {"cache_subdir": kind, "cache_dir": home, "file_hash": checksum}
        return read(Path(keras.utils.get_file(name, address, **options)))

    return availability.Published(
        title=name,
        folder=homes[0] / kind,
        address=address,
        look=look,
        download=download,
        download_bytes=size,
        disk_bytes=size,
        advice=f'point KERAS_HOME at a folder whose {kind!r} has it, or choose WEIGHTS = "stand-in"',
    )


def _vgg19(weights):
    return keras.applications.VGG19(weights=os.fspath(weights), include_top=False)


def _vgg19_stand_in():
    path = course_folder() / PRETRAINED[VGG19].stand_in
    try:
        checksums.check(path.parent, path.name)
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # missing, or damaged: zipfile, h5py and Keras raise their own kinds
        reason = (
            f"cannot be loaded: {portable.why_not_loaded(path, error)}" if path.is_file() else "is not there."
        )
        raise NotAvailable(
            f"The stand-in for VGG19 in {path} {reason} Restore it with 'git checkout -- data/hub', or "
            'choose WEIGHTS = "published" where there is a network.'
        ) from error
