"""Keep: Keras models as files that older and newer versions of Keras load."""

import importlib
import inspect
import json
import re
import zipfile
from pathlib import Path

from course_utils.files import written_whole

LONGEST = 100_000  # letters of a file that says versions


def save(model, path):
    """Write ``model`` to ``path`` (``.keras``), whole or not at all, so that Keras 3.10 and later load it.

    Keras names all arguments of its layers in the file, and an older version refuses those that it does not
    have. So arguments that only say their default are left out.
    """
    with written_whole(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            parts = {entry: archive.read(entry) for entry in archive.infolist()}
        with zipfile.ZipFile(temporary, "w") as archive:
            for entry, content in parts.items():
                if entry.filename == "config.json":
                    config = json.loads(content)
                    content = json.dumps(_without_defaults(config, set(_layer_names(config)))).encode()
                archive.writestr(entry, content)


def _without_defaults(part, layer_names):
    """Return a piece of ``config.json`` without the arguments of Keras's objects that have their defaults."""
    if isinstance(part, list):
        return [_without_defaults(entry, layer_names) for entry in part]
    if not isinstance(part, dict):
        return part
    part = {name: _without_defaults(value, layer_names) for name, value in part.items()}
    kind, config = _kind(part), part.get("config")
    if kind is None or not isinstance(config, dict):
        return part
    defaults = _defaults(kind)
    part["config"] = {
        name: value
        for name, value in config.items()
        if name not in defaults or (type(value), value) != (type(defaults[name]), defaults[name])
    }
    # Up to Keras 3.10 operations (x + 1, keras.ops.cast) take no name. The graph does not need it, unless the
    # name that such an operation then gets by itself may be a layer's.
    if _is_operation(kind) and _snake_case(kind.__name__) not in layer_names:
        part["config"].pop("name", None)
    return part


def _kind(part):
    """Return the class of Keras that a piece of ``config.json`` describes, or None."""
    module, class_name = part.get("module"), part.get("class_name")
    if str(module).partition(".")[0] != "keras" or not isinstance(class_name, str):
        return None
    try:
        kind = getattr(importlib.import_module(module), class_name)
    except (ImportError, AttributeError):
        return None
    return kind if isinstance(kind, type) else None


def _defaults(kind):
    """Return which arguments of a class may be left out when they have their defaults: a dict of these."""
    import keras

    defaults = {name: argument.default for name, argument in inspect.signature(kind).parameters.items()}
    # These build an object from nothing but its arguments. Other kinds read some of them from the file and do
    # not ask whether they are there (Rescaling), or have changed their defaults over time (optimizers).
    plain = [base.from_config.__func__ for base in (keras.Layer, keras.Initializer)]
    if getattr(getattr(kind, "from_config", None), "__func__", None) in plain:
        return defaults
    return {name: default for name, default in defaults.items() if default is None or default is False}


def _is_operation(kind):
    import keras

    return issubclass(kind, keras.Operation) and not issubclass(kind, keras.Layer)


def _layer_names(part):
    """Yield the names of all layers in a piece of ``config.json``, without the numbers at their ends."""
    if isinstance(part, dict):
        kind, config = _kind(part), part.get("config")
        if kind is not None and not _is_operation(kind) and isinstance(config, dict):
            yield re.sub(r"_\d+$", "", str(config.get("name")))
        part = list(part.values())
    if isinstance(part, list):
        for entry in part:
            yield from _layer_names(entry)


def _snake_case(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def why_not_loaded(path, error):
    """Return sentences that say why ``path`` was not loaded, a newer Keras or damage, and what to do.

    ``error`` is what ``keras.saving.load_model`` raised. The versions that the model was kept with are named.
    """
    import keras

    here, versions = keras.__version__, kept_with(path)
    known = ", ".join(f"{name} {version}" for name, version in versions.items())
    cure = "Run the lesson again, or copy the file anew."
    if not versions:
        problem = "it is damaged or no Keras model"
    elif _numbers(versions["Keras"]) > _numbers(here):
        problem = f"it was kept with {known}, and needs more than the Keras {here} that is here"
        cure = "Run the lesson again here, or load it where Keras is as new."
    else:
        problem = f"it is damaged, or Keras {here} does not read what was kept with {known}"
    said = ([line for line in str(error).splitlines() if line.strip()] or [type(error).__name__])[-1]
    return f"{problem}. {cure} (Keras says: {said.strip()[:200]})"


def kept_with(path):
    """Return the versions that the model in ``path`` was kept with: a dict of package to version.

    Empty where the file does not say; ``metrics.json`` beside it, if a lesson kept it, adds to ``"Keras"``.
    """
    versions = {}
    try:  # the files may be damaged, or made to do harm
        with zipfile.ZipFile(path) as archive, archive.open("metadata.json") as file:
            versions["Keras"] = str(json.loads(file.read(LONGEST))["keras_version"])[:20]
        with (Path(path).parent / "metrics.json").open(encoding="utf-8") as file:
            noted = json.loads(file.read(LONGEST))["versions"]
        versions |= {name: str(noted[name.lower()])[:20] for name in ("TensorFlow", "Python")}
    except (OSError, zipfile.BadZipFile, LookupError, ValueError, TypeError, RecursionError):
        pass
    return versions


def _numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)]
