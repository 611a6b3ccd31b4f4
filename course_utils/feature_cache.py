"""Where ``features.extract`` keeps what it computed: one folder for each network, files of many pictures."""

import contextlib
import hashlib
import json
import shutil
import zipfile
import zlib

import numpy as np

from course_utils.errors import CourseError
from course_utils.files import cache_folder, written_whole

CHUNK = 256  # pictures in a file: what an interruption can cost

# What a network's configuration holds that says nothing about what it computes from a picture.
BESIDE_THE_POINT = {"trainable", "seed", "handle", "fine_tune", "compile_config", "build_config"}
# What tells the configuration of a layer, whose name is beside the point too, from that of a data type.
OF_A_LAYER = {"trainable", "batch_shape", "inbound_nodes"}


def folder():
    """Return where features are kept, ``files.cache_folder() / "features"``, as a ``Path``; may not exist."""
    return cache_folder() / "features"


def size():
    """Return how many bytes the kept features take on disk."""
    return sum(path.stat().st_size for path in folder().glob("*/*"))


def clear():
    """Delete all kept features and return how many bytes that freed; they are computed again when needed."""
    before = size()
    shutil.rmtree(folder(), ignore_errors=True)
    return before - size()


class Cache:
    """The features of the pictures that one network has seen, in files of ``CHUNK`` pictures in ``place``.

    ``keys`` (int64, sorted) are the fingerprints of the pictures that were there at the beginning,
    ``features`` a list of what belongs to each. A file is a ZIP archive with checksums, named by its content;
    it appears whole, so any number of processes may write.
    """

    def __init__(self, place):
        self.place, self.usable = place, True
        self._new = []
        keys, features = [np.empty(0, np.int64)], []
        for path in sorted(place.glob("[!.]*.npz")):
            with contextlib.suppress(OSError):
                chunk = _read(path)
                if chunk is None:
                    path.unlink(missing_ok=True)  # its pictures count as new
                    continue
                keys.append(chunk[0])
                features.extend(chunk[1])
        self.keys, first = np.unique(np.concatenate(keys), return_index=True)
        self.features = [features[number] for number in first]

    def add(self, keys, features):
        """Take the features of new pictures; every ``CHUNK`` of them are written."""
        self._new += zip(keys, features, strict=True)
        if len(self._new) >= CHUNK:
            self.write()

    def write(self):
        """Write what ``add`` took; where that is not possible, say so once and keep nothing."""
        if not self._new or not self.usable:
            return
        keys, features = map(np.stack, zip(*self._new, strict=True))
        self._new = []
        name = hashlib.sha256(keys.tobytes()).hexdigest()[:16]
        try:
            with written_whole(self.place / f"{name}.npz") as path:
                np.savez(path, keys=keys, features=features)
        except (CourseError, OSError) as error:
            self.usable = False
            print(f"The features are not kept for the next time: {error}")


def _read(path):
    """Return (keys, features) of a file, or None if it is cut short or damaged."""
    try:
        with np.load(path) as chunk:
            keys, features = chunk["keys"], chunk["features"]
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return (keys, features) if len(keys) == len(features) else None


def key(network, *conditions):
    """Return the name of the folder for what ``network``, built, computes under ``conditions`` (plain JSON).

    It depends on the values of all weights and on the configuration without names: the same network built
    again in another session has the same key. Code of layers outside Keras is not looked at.
    """
    import keras

    configuration = keras.saving.serialize_keras_object(network)
    essence = json.dumps([_essence(configuration, {}), conditions], default=str)
    digest = hashlib.sha256(essence.encode())
    for weight in network.weights:
        values = keras.ops.convert_to_numpy(weight)
        digest.update(f"{values.dtype} {values.shape}".encode() + values.tobytes())
    return digest.hexdigest()[:20]


def _essence(configuration, numbered):
    """Return a configuration with numbers for the names of layers, which differ from session to session.

    Each model numbers its own layers: one inside another may use the same names again.
    """
    if isinstance(configuration, dict):
        layers = configuration.get("layers")
        if isinstance(layers, list):
            names = [layer.get("name") or layer["config"].get("name") for layer in layers]
            numbered = {name: f"layer {number}" for number, name in enumerate(names)}
        beside = BESIDE_THE_POINT | ({"name"} if configuration.keys() & OF_A_LAYER else set())
        return {name: _essence(part, numbered) for name, part in configuration.items() if name not in beside}
    if isinstance(configuration, (list, tuple)):
        return [_essence(part, numbered) for part in configuration]
    return numbered.get(configuration, configuration) if isinstance(configuration, str) else configuration
