"""What a model file may hold, checked before Keras reads it: layers, and no more than its weights fill."""

import contextlib
import importlib
import io
import json
import math
import os
import re
import sys
import zipfile

from course_utils.errors import CourseError

# Layers of the course's own, by class name: the module that registers one is imported when a model names it.
OWN_LAYERS = {"HubLayer": "course_utils.pretrained"}

WEIGHTS = "model.weights.h5"
MEMBERS = ["config.json", "metadata.json", WEIGHTS]
LARGEST_CONFIG = 10_000_000  # bytes; the largest networks of keras.applications have a tenth
MOST_LAYERS = 5_000
SPARE = 1_000_000  # weights that a model may create beyond those in its file
LARGEST_OUTPUT = 2**26  # numbers that a layer may answer to one picture: 256 MB
# What a file may describe: layers and operations, and what is named in their arguments, by the class of Keras
# that it is derived from; functions of these modules of Keras; and values written down as dicts.
KINDS = {"Operation", "Initializer", "Regularizer", "Constraint", "DTypePolicy", "Quantizer"}
KINDS |= {"QuantizationConfig", "Optimizer", "LearningRateSchedule", "Loss", "Metric"}
FUNCTIONS = ["activations", "losses", "metrics"]
VALUES = ["__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"]
# Layers of Keras that run code, load programs or read files that they name, with all that derive from them.
REFUSED = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "IndexLookup", "TextVectorization"}


def check(path):
    """Return how many numbers the weights in the model file ``path`` are.

    Raises CourseError for a file that unpacks to much more than it is, and for one that names anything but
    layers of Keras and what they are made of, modules that are trusted, and classes that are registered. What
    is damaged raises errors of zipfile, json and h5py. Nothing that the file names is imported (the course's
    own layers apart), built, read or fetched.
    """
    with zipfile.ZipFile(path) as archive:
        _check_members(archive, os.path.getsize(path))
        config = json.loads(archive.read("config.json"))
        if not isinstance(config, dict):
            raise ValueError("its config.json is no description of a model")
        config.pop("compile_config", None)  # not read without compiling; a loss of one's own may stand there
        waiting, layers = [config], 0
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict) and part.get("class_name") is not None:
                layers += _check_part(part, part["class_name"], part.get("config"))
            waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
        if layers > MOST_LAYERS:
            raise CourseError(f"It has more than {MOST_LAYERS:,} layers.")
        return _count(archive.read(WEIGHTS))


def _check_members(archive, size):
    entries = archive.infolist()
    if strange := [entry.filename for entry in entries if entry.filename not in MEMBERS]:
        raise CourseError(f"It holds {strange[0][:100]!r}; a kept model holds only {', '.join(MEMBERS)}.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > 10 * size + LARGEST_CONFIG or archive.getinfo("config.json").file_size > LARGEST_CONFIG:
        raise CourseError(f"Its {size:,} bytes would unpack to {unpacked:,}, far more than a kept model.")


def _check_part(part, name, config):
    """Check one dict of ``config.json`` by itself; return whether it is a layer or another operation."""
    if name in VALUES:
        kind_of_number = str(config.get("dtype") if isinstance(config, dict) else None)
        if name == "__numpy__" and not re.fullmatch(r"bool|(u?int|b?float)\d{1,2}", kind_of_number):
            raise CourseError(f"It has an array of {kind_of_number[:100]!r}, which is no kind of number.")
        return False
    kind = None if name == "__lambda__" else _described(part)
    bases = {base.__name__ for base in getattr(kind, "__mro__", ())}
    if name == "__lambda__" or bases & REFUSED:
        raise CourseError(
            f"It has a {'Lambda' if kind is None else kind.__name__} layer: Python code, a program, or files "
            "that it names, which no model file brings along. Write the step as other layers of Keras and "
            "train the model again."
        )
    if kind is None:
        registered = f"registered as {str(part.get('registered_name'))[:100]!r}"
        raise CourseError(
            f"It needs {str(name)[:100]} ({registered}), which is neither a layer of Keras nor the course's. "
            "In Python, import the module that defines it before classifier.load."
        )
    if "HubLayer" in bases:
        from course_utils.pretrained import modules

        modules.check_trusted(config.get("handle") if isinstance(config, dict) else None)
    for key, sides in [*_items(config), *_items(part.get("build_config"))]:
        whole = [side for side in sides if type(side) is int] if isinstance(sides, list) else []
        if key.endswith("shape") and math.prod(map(abs, filter(None, whole))) > LARGEST_OUTPUT:
            raise CourseError(f"It has a {kind.__name__} of shape {whole[:6]}, which takes too much memory.")
    if isinstance(config, dict) and config.get("stateful"):
        raise CourseError("It has a layer that remembers earlier pictures (stateful); train it without.")
    return "Operation" in bases


def _items(part):
    return part.items() if isinstance(part, dict) else []


def _described(part):
    """Return the class or function that Keras would take for a piece of ``config.json``, None if not allowed.

    Registered ones come first, as with Keras; this process's own code registered them.
    """
    import keras

    is_function = part["class_name"] == "function"
    names = [part.get("config")] if is_function else [part.get("registered_name"), part["class_name"]]
    names = [name for name in names if isinstance(name, str)]
    for own in OWN_LAYERS:
        if any(name.rpartition(">")[2] == own for name in names):
            with contextlib.suppress(ImportError):
                importlib.import_module(OWN_LAYERS[own])
    for name in names:
        if registered := keras.saving.get_registered_object(name):
            return registered
    module, name = part.get("module"), names[-1]
    if is_function:
        places = [getattr(keras, place) for place in FUNCTIONS if module in ("builtins", f"keras.{place}")]
        found = [getattr(place, name) for place in places if callable(getattr(place, name, None))]
        return found[0] if found else None
    if str(module).partition(".")[0] != "keras":
        return None
    kind = getattr(sys.modules.get(module), name, None)  # all of Keras's layers are imported by now
    bases = {base.__name__ for base in getattr(kind, "__mro__", ())}
    return kind if bases & KINDS else None


def _count(content):
    """Return how many numbers the HDF5 file ``content`` (bytes) holds; CourseError if it only claims to."""
    import h5py

    numbers = size = 0
    with h5py.File(io.BytesIO(content)) as file:
        waiting, seen = [file], set()
        while waiting:
            group = waiting.pop()
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise CourseError("Its weights are links to something else.")
                entry = group[name]
                address = h5py.h5o.get_info(entry.id).addr
                if address in seen:
                    continue
                seen.add(address)
                if isinstance(entry, h5py.Group):
                    waiting.append(entry)
                elif isinstance(entry, h5py.Dataset):
                    if entry.external or entry.is_virtual or entry.dtype.hasobject:
                        raise CourseError("Its weights lie in other files, or are no numbers.")
                    numbers += entry.size or 0
                    size += (entry.size or 0) * entry.dtype.itemsize
    if size > len(content):
        raise CourseError(f"Its weights claim to be {size:,} bytes; their file has {len(content):,}.")
    return numbers


@contextlib.contextmanager
def at_most(numbers):
    """Let layers create so many weights, and ``SPARE``; CourseError before one takes the memory for more."""
    import keras

    add_weight, left = keras.Layer.add_weight, numbers + SPARE

    def counted(layer, shape=None, *arguments, **options):
        nonlocal left
        left -= abs(math.prod(shape or ()))
        if left < 0:
            raise CourseError(
                f"Its layer {layer.name[:100]!r} asks for weights of shape {tuple(shape)}, more than the "
                f"{numbers:,} numbers in the file."
            )
        return add_weight(layer, shape, *arguments, **options)

    keras.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.Layer.add_weight = add_weight


def largest_output(graph, weights):
    """Return how many numbers the largest answer in ``graph``, of the model to one picture, is.

    Raises CourseError for more than ``LARGEST_OUTPUT``, or as many as the model has ``weights``.
    """
    steps = [step for step in graph.get_operations() if step.type != "ReadVariableOp"]  # weights are here
    shapes = [tensor.shape for step in steps for tensor in step.outputs]
    largest = max(math.prod(side or 1 for side in shape.as_list()) for shape in shapes if shape.rank)
    if largest > max(LARGEST_OUTPUT, weights):
        raise CourseError(
            f"Its layers answer up to {largest:,} numbers to one picture; {LARGEST_OUTPUT:,} are allowed. "
            "Train it with smaller pictures."
        )
    return largest
