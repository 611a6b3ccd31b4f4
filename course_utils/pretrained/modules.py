"""The modules of TensorFlow Hub behind ``HubLayer``: where they lie, and what they say about themselves."""

import hashlib
import inspect
import os
import warnings
from pathlib import Path

from course_utils import availability, checksums, quiet_tensorflow  # noqa: F401 (before TensorFlow)
from course_utils.availability import Published, obtain
from course_utils.data.catalog import MODULES, PRETRAINED
from course_utils.errors import CourseError, NotAvailable, in_a_line
from course_utils.files import course_folder, expanded, hub_folder
from course_utils.permissions import refuse_strangers

import tensorflow as tf  # isort: skip
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel  # isort: skip

_STAND_INS = {entry.stand_in for entry in MODULES.values()}
_trusted = set()  # the other modules that this process's own code named


def published(handle):
    """Return the ``availability.Published`` of the module at the address ``handle``; its value is a folder.

    How TensorFlow Hub names the folders in its cache: https://www.tensorflow.org/hub/caching
    """
    cache = hub_folder()
    folder = cache / hashlib.sha1(handle.encode()).hexdigest()
    known = PRETRAINED.get(handle)

    def look():
        try:
            if not folder.is_file() and not any(folder.iterdir()):
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _damaged(folder, in_a_line(error)) from error
        refuse_strangers(folder, cache)
        return _whole(folder)

    def download():
        refuse_strangers(cache, cache)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its use of pkg_resources
            import tensorflow_hub as hub
            from tensorflow_hub import compressed_module_resolver as resolver
        resolver.LOCK_FILE_TIMEOUT_SEC = availability.STALLED  # a killed download leaves its lock behind
        return _whole(Path(hub.resolve(handle)))

    return Published(
        title=f"The module {handle}",
        folder=cache,
        address=handle,
        look=look,
        download=download,
        download_bytes=known.download_bytes if known else 0,
        disk_bytes=2 * known.download_bytes if known else 0,  # the archive and what is in it
        advice="point TFHUB_CACHE_DIR at a folder that has it",
    )


def resolve(handle):
    """Return the folder of the module ``handle`` as a ``Path``, downloaded now if it is not here yet.

    ``handle`` is an address or the folder of a SavedModel. A relative one is looked up in the course's own
    folder, and only then in the working directory; a stand-in is never looked up there. Raises CourseError
    for a folder that is not there, NotAvailable within seconds if an address is not in TensorFlow Hub's cache
    and cannot be downloaded.
    """
    if "://" in handle:
        return obtain(published(handle))[0]
    if handle in _STAND_INS:
        return course_folder() / handle
    places = [*(course / handle for course in _course()), expanded(handle)]
    for folder in places:
        if os.path.isdir(folder):
            return folder
    raise CourseError(
        f"There is no folder {' or '.join(map(str, dict.fromkeys(places)))}. A module is named by an address "
        "that begins with https:// or by the folder of its SavedModel."
    )


def portable(handle):
    """Return ``handle`` as it holds elsewhere too: an address, a path in the course, or an absolute path."""
    if "://" in handle or handle in _STAND_INS:
        return handle
    folder = resolve(handle).resolve()
    inside = [course for course in _course() if folder.is_relative_to(course)]
    return folder.relative_to(inside[0]).as_posix() if inside else str(folder)


def trust(handle):
    """Let models that are loaded in this process name the module ``handle``, an address or a folder, too."""
    _trusted.update((handle, portable(handle)))


def check_trusted(handle):
    """Raise CourseError unless a saved model may name the module ``handle``. Nothing is read or fetched.

    It may name a module of the catalogue, its stand-in, and what ``trust`` was told of.
    """
    if not isinstance(handle, str) or (handle not in {*MODULES, *_STAND_INS, *_trusted}):
        raise CourseError(
            f"The model names the module {repr(handle)[:300]}, which is not one of the course's. A module "
            "is a program, and it would run. If you trust whoever made it: course classify --trust-module "
            "HANDLE, or classifier.load(folder, trust_modules=[HANDLE]) in Python."
        )


def _course():
    """Return a list with the course's folder, empty where it was installed without the lessons."""
    try:
        return [course_folder()]
    except CourseError:
        return []


def load(handle, files=None):
    """Return the module ``handle``, a function of images with its weights, and the checksum of its files.

    The files of a stand-in, and where ``files`` is given (that checksum) of any module, are compared before
    anything of them is loaded. Raises what ``resolve`` raises, and CourseError for a folder that is
    incomplete, holds something else or has other files.
    """
    folder = resolve(handle)
    try:
        if handle in _STAND_INS:
            checksums.check(course_folder() / "data" / "hub", folder.name)
        found = hashlib.sha256(checksums.as_text(checksums.sums(folder)).encode()).hexdigest()
    except (OSError, ValueError) as error:
        raise _damaged(folder, in_a_line(error)) from error
    if files not in (None, found):
        raise CourseError(
            f"The module {handle} in {folder} has other files than the one of this model, so nothing of it "
            "was loaded. Put that one back, or train the model again."
        )
    try:
        module = tf.saved_model.load(os.fspath(folder))
    except Exception as error:  # a missing, cut or damaged file: each layer below raises its own kinds
        raise _damaged(folder, in_a_line(error)) from error
    if not callable(module) or not module.__call__.concrete_functions:
        raise CourseError(
            f"{handle} is a SavedModel, but not one that can be called with images: export a tf.Module whose "
            "__call__ is a tf.function with an input_signature."
        )
    return module, found


def signature(module, handle):
    """Return the shapes (without batch) that ``module`` takes and puts out, and arguments for inference mode.

    ``None`` stands for a side that may vary. Raises CourseError if the module is not made for images.
    """
    takes_training = "training" in inspect.signature(module.__call__).parameters
    for function in module.__call__.concrete_functions:
        given = tf.nest.flatten(function.structured_input_signature)
        images = [spec.shape for spec in given if isinstance(spec, tf.TensorSpec) and spec.shape.rank == 4]
        output = function.structured_outputs
        if len(images) == 1 and isinstance(output, tf.TensorSpec) and output.shape.rank:
            shapes = tuple(images[0][1:]), tuple(output.shape[1:])
            return *shapes, {"training": False} if takes_training else {}
    raise CourseError(
        f"The module {handle} does not turn one batch of images (batch, height, width, channels) into one "
        "tensor. Choose one for image feature vectors or image classification."
    )


def variables(module):
    """Return all variables of ``module``, and those that it declares trainable, as reusable SavedModels do.

    Of others we see what their function uses. https://www.tensorflow.org/hub/reusable_saved_models
    """
    every = list(getattr(module, "variables", module.__call__.concrete_functions[0].variables))
    declared = getattr(module, "trainable_variables", [variable for variable in every if variable.trainable])
    return every, list(declared)


def _whole(folder):
    """Return the ``folder`` of a SavedModel if every weight can be read from it; else NotAvailable."""
    try:
        if not SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs:
            raise OSError("saved_model.pb is empty")
        weights = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        for name in weights.get_variable_to_shape_map():
            weights.get_tensor(name)  # with its checksum
    except Exception as error:  # TensorFlow raises a kind for each way to be damaged
        raise _damaged(folder, in_a_line(error)) from error
    return folder


def _damaged(folder, problem):
    return NotAvailable(
        f"The module in {folder} is damaged or no module: {problem}. If it was downloaded, delete that "
        "folder and try again; one of the course comes back with 'git checkout -- data/hub'; a folder of "
        "yours must hold a SavedModel of TensorFlow 2."
    )
