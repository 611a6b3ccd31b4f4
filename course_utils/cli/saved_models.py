"""Load a saved model safely: no code from the file runs, and whatever is wrong is said in one paragraph."""

import contextlib
import importlib
import json
import os
import sys
import zipfile

from course_utils import portable
from course_utils.errors import CourseError
from course_utils.files import expanded

# Layers of the course's own, by class name: the module that registers one is imported when a model names it.
OWN_LAYERS = {"HubLayer": "course_utils.pretrained"}

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


def load_model(path):
    """Return the Keras model in ``path``, uncompiled.

    Keras's safe mode is on, so that Python code in the file is refused. Raises CourseError for a damaged
    file, for one that is no model, and for layers that are neither Keras's nor the course's.
    """
    classes = _classes_in(path)
    if "Lambda" in classes:
        raise CourseError(
            f"The model in {path} has a Lambda layer: Python code, which is not run from a file. Write the "
            "step as layers of Keras and train the model again."
        )
    import keras

    for name, registered in classes.items():
        if name in OWN_LAYERS:
            with contextlib.suppress(ImportError):
                importlib.import_module(OWN_LAYERS[name])
        if registered and keras.saving.get_registered_object(registered) is None:
            raise CourseError(
                f"The model in {path} needs {name} (registered as {registered!r}), which is neither Keras's "
                "nor the course's. In Python, import the module that defines it before classifier.load."
            )
    try:
        return keras.saving.load_model(path, safe_mode=True, compile=False)
    except (CourseError, MemoryError):
        raise
    except Exception as error:  # damaged weights raise h5py's errors, strange layers Keras's own
        raise CourseError(
            f"The model in {path} cannot be loaded: {portable.why_not_loaded(path, error)}"
        ) from error


def _classes_in(path):
    """Return the classes that a model file names: a dict of each to the name that it is registered under.

    That is None for Keras's own; some of these give one all the same, beside their module.
    """
    classes = {}

    def note(entry):
        if isinstance(entry.get("class_name"), str):
            of_keras = str(entry.get("module")).partition(".")[0] == "keras"
            classes[entry["class_name"]] = None if of_keras else entry.get("registered_name")
        return entry

    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"), object_hook=note)
        if isinstance(config, dict):
            return classes
        reason = "its config.json is no description of a model"
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        reason = error.args[-1] if error.args else type(error).__name__
    raise CourseError(
        f"{path} is damaged or no Keras model: {reason}. Run the lesson again, or copy the file anew."
    )
