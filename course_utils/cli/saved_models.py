"""Load a saved model safely: no code from the file runs, and whatever is wrong is said in one paragraph."""

import os
import sys

from course_utils import portable
from course_utils.cli import model_files
from course_utils.errors import CourseError
from course_utils.files import expanded

# Optional to Keras, which imports them all the same: a third of the time that it takes to start.
_NOT_NEEDED = ("sklearn", "matplotlib")


def start_keras_light():
    """Import Keras without scikit-learn and Matplotlib, for a process that needs neither."""
    if "keras" in sys.modules:
        return
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # None: Python answers an import with ImportError
    try:
        from course_utils import quiet_tensorflow  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]


def find_files(folder):
    """Return the paths of ``model.keras`` and ``labels.json`` in an artifacts folder; CourseError without."""
    folder = expanded(folder)
    if os.path.isfile(folder):
        raise CourseError(f"{folder} is a file. Give the folder that holds it: {folder.parent}.")
    if not os.path.isdir(folder):
        example = "such as artifacts/02_cnn_with_1_conv_layer"
        raise CourseError(f"There is no folder {folder}. Give one in which a lesson kept a model, {example}.")
    model, labels = folder / "model.keras", folder / "labels.json"
    for path in (model, labels):
        if not path.is_file():
            inside = ", ".join(sorted(entry.parent.name for entry in folder.glob("*/model.keras")))
            hint = f"Give one of the folders in it: {inside}." if inside else "Run the lesson again."
            raise CourseError(f"{folder} has no {path.name}, so no lesson kept a model there. {hint}")
    return model, labels


def load_model(path, trust_modules=()):
    """Return the Keras model in ``path``, uncompiled.

    The file is checked before Keras reads it, and then Keras's safe mode is on. It may name the course's own
    modules and those with the handles ``trust_modules``. Raises CourseError for a damaged file, for one that
    is no model, that names layers that are not known or other modules, and for one that would take much more
    memory than its weights.
    """
    import keras

    if trust_modules:
        from course_utils.pretrained import modules

        for handle in [trust_modules] if isinstance(trust_modules, str) else trust_modules:
            modules.trust(handle)
    try:
        weights = model_files.check(path)
        with model_files.at_most(weights):
            return keras.saving.load_model(path, safe_mode=True, compile=False)
    except CourseError as error:
        raise type(error)(f"The model in {path} is not loaded. {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # damaged weights raise h5py's errors, strange layers Keras's own
        raise CourseError(
            f"The model in {path} cannot be loaded: {portable.why_not_loaded(path, error)}"
        ) from error
