"""Where the modules behind ``hub.HubLayer`` come from, and what they say about themselves."""

import contextlib
import hashlib
import inspect
import os
import tempfile
import urllib.parse
import warnings
from dataclasses import dataclass
from pathlib import Path

from course_utils import borrowing, quiet  # noqa: F401 (quiet before TensorFlow)
from course_utils.data import sources
from course_utils.data.catalog import MODULES
from course_utils.errors import CourseError, NotAvailable, in_a_line
from course_utils.files import course_folder

import tensorflow as tf  # isort: skip


@dataclass(frozen=True)
class Found:
    """The module to take: its ``handle``, whose ``weights`` they are ("published" or "stand-in"), and why.

    Of a classifier, ``labels`` is the path of a text file with the name of one class a line, in the order of
    its outputs, and ``example`` that of a picture to try it on.
    """

    handle: str
    weights: str
    why: str
    labels: Path | None = None
    example: Path | None = None


def find(handle, weights="auto"):
    """Return a ``Found`` for the published module ``handle``, and say in one line which one was taken.

    ``"published"`` takes that module, cached already or downloaded now; ``"stand-in"`` the small one that the
    course brings for it, pretrained on drawings; ``"auto"`` the published one where it can be had, else the
    stand-in. Raises CourseError for a handle without a stand-in and for other ``weights``, and its
    NotAvailable for ``"published"`` where the module cannot be had.
    """
    borrowing.check(weights, "module")
    if handle not in MODULES:
        raise CourseError(
            f"The course has no stand-in for {handle}. It has some for {', '.join(MODULES)}. Any other "
            "module can be used with HubLayer directly."
        )
    module, why = MODULES[handle], "WEIGHTS asks for it."
    if weights != "stand-in":
        try:
            folder = resolve(handle)
            beside = {name: _keras_file(pair[0]) for name, pair in _beside(module)}
        except NotAvailable as error:
            if weights == "published":
                raise
            why = str(error)
        else:
            borrowing.announce(module.title, "published", f"from {folder}")
            return Found(handle, "published", f"from {folder}", **beside)
    borrowing.announce(module.title, "stand-in", why)
    beside = {name: course_folder() / pair[1] for name, pair in _beside(module)}
    return Found(module.stand_in, "stand-in", why, **beside)


def resolve(handle):
    """Return the folder of the module ``handle`` as a ``Path``, downloaded now if it is not here yet.

    ``handle`` is an address or the folder of a SavedModel, relative to the working directory or to the
    course's own folder. Raises CourseError for a folder that is not there, NotAvailable within seconds if an
    address is not in TensorFlow Hub's cache and cannot be downloaded.
    """
    if "://" not in handle:
        places = list(_places(handle))
        for folder in places:
            if folder.is_dir():
                return folder
        raise CourseError(
            f"There is no folder {' or '.join(map(str, places))}. A module is named by an address that "
            "begins with https:// or by the folder of its SavedModel."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its use of pkg_resources
        import tensorflow_hub as hub

    cache = _hub_cache()
    if not is_here(handle) and not _answers(handle):  # without network, TensorFlow Hub may try for minutes
        raise NotAvailable(
            f"The module {handle} is not in {cache} and its server does not answer. Connect to the network, "
            "or point TFHUB_CACHE_DIR at a folder that has the module."
        )
    try:
        return Path(hub.resolve(handle))
    except Exception as error:  # its resolvers raise many kinds; each of them means: no module
        raise NotAvailable(
            f"The module {handle} could not be downloaded to {cache}: {in_a_line(error)}. Check the address, "
            "the disk and the network, then try again."
        ) from error


def is_here(handle):
    """Tell whether the published module ``handle`` is in TensorFlow Hub's cache; nothing is downloaded.

    How it names the folders there: https://www.tensorflow.org/hub/caching
    """
    cached = _hub_cache() / hashlib.sha1(handle.encode()).hexdigest()
    return cached.is_dir() and any(cached.iterdir())


def portable(handle):
    """Return ``handle`` as it holds elsewhere too: addresses unchanged, folders of the course relative to it.

    Other folders become absolute. Raises CourseError for a folder that is not there.
    """
    if "://" in handle:
        return handle
    folder = resolve(handle).resolve()
    with contextlib.suppress(CourseError, ValueError):
        return folder.relative_to(course_folder()).as_posix()
    return str(folder)


def load(handle):
    """Return the module ``handle``, a function of images with its weights.

    Raises what ``resolve`` raises, and CourseError for a folder that is incomplete or holds something else.
    """
    folder = resolve(handle)
    try:
        module = tf.saved_model.load(os.fspath(folder))
    except Exception as error:  # a missing, cut or damaged file: each layer below raises its own kinds
        raise CourseError(
            f"The module {handle} cannot be read from {folder}: {in_a_line(error)}. If its download was cut "
            "off, delete that folder and try again; a folder of yours must hold a SavedModel of TensorFlow 2."
        ) from error
    if not callable(module) or not module.__call__.concrete_functions:
        raise CourseError(
            f"{handle} is a SavedModel, but not one that can be called with images. Export it as a reusable "
            "SavedModel: a tf.Module whose __call__ is a tf.function with an input_signature."
        )
    return module


def signature(module, handle):
    """Return which images ``module`` takes, and the arguments that keep it in inference mode.

    The first is a dict of input shape, (batch, height, width, channels), to output shape; ``None`` stands for
    a side that may vary. Raises CourseError if the module is not made for images.
    """
    shapes = {}
    for function in module.__call__.concrete_functions:
        given = tf.nest.flatten(function.structured_input_signature)
        images = [spec.shape for spec in given if isinstance(spec, tf.TensorSpec) and spec.shape.rank == 4]
        output = function.structured_outputs
        if len(images) == 1 and isinstance(output, tf.TensorSpec) and output.shape.rank:
            shapes[tuple(images[0].as_list())] = tuple(output.shape.as_list())
    if not shapes:
        raise CourseError(
            f"The module {handle} does not turn one batch of images (batch, height, width, channels) into "
            "one tensor. Choose a module for image feature vectors or image classification."
        )
    takes_training = "training" in inspect.signature(module.__call__).parameters
    return shapes, {"training": False} if takes_training else {}


def variables(module):
    """Return all variables of ``module``, and those of them that it declares trainable.

    Reusable SavedModels list both; of others we see what their function uses.
    https://www.tensorflow.org/hub/reusable_saved_models
    """
    every = list(getattr(module, "variables", module.__call__.concrete_functions[0].variables))
    declared = getattr(module, "trainable_variables", [variable for variable in every if variable.trainable])
    return every, list(declared)


def _beside(module):
    """Yield (name, (published address, file of the course)) for each file that belongs to ``module``."""
    for name in ("labels", "example"):
        if pair := getattr(module, name):
            yield name, pair


def _keras_file(address):
    """Return the file of ``address`` in Keras's cache (``KERAS_HOME``), downloaded now if it is not there."""
    import keras

    name = address.rsplit("/", 1)[1]
    if here := borrowing.kept("datasets", name):
        return here[0]
    folder = borrowing.keras_folders("datasets")[0]
    if not _answers(address):
        raise NotAvailable(
            f"{name} is not in {folder} and its server does not answer. Connect to the network, or "
            "point KERAS_HOME at a folder whose datasets/ has it."
        )
    try:
        return Path(keras.utils.get_file(name, address))
    except Exception as error:  # urllib and the file system raise many kinds; each means: no file
        raise NotAvailable(f"{address} could not be downloaded to {folder}: {in_a_line(error)}.") from error


def _hub_cache():
    return Path(os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir(), "tfhub_modules"))


def _places(handle):
    yield Path(handle).expanduser()
    with contextlib.suppress(CourseError):  # installed without the lessons
        yield course_folder() / handle


def _answers(address):
    parts = urllib.parse.urlsplit(address)
    ports = {"http": 80, "https": 443}
    if parts.scheme not in ports:  # such as gs://, which TensorFlow reads itself
        return True
    return bool(parts.hostname) and sources.network_answers(parts.hostname, parts.port or ports[parts.scheme])
