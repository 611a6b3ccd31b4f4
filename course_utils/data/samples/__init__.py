"""The sample sets: pictures that the course draws itself, for a machine without the published ones.

They are data sets of TensorFlow Datasets, drawn once into the course's own cache.
"""

import contextlib
import importlib
import io
import os
import tempfile

from course_utils import files
from course_utils.errors import CourseError

# Name, module here, builder in it, seconds that drawing takes on two cores. The modules import TensorFlow,
# and so are imported only when they are needed.
SETS = {"fashion_mnist": ("fashion_mnist", "FashionMnistSample", 10)}


def prepared(name):
    """Return the prepared ``tfds.core.DatasetBuilder`` of the sample set ``name``; draw it where it is not there.

    The pictures lie in ``files.cache_folder() / "samples"``. Drawing takes seconds and prints one line first.
    Raises CourseError for an unknown name and where the cache cannot be written.
    """
    _known(name)
    builder = _builder(name, _folder())
    return builder if _complete(builder) else redraw(name)


def redraw(name):
    """Draw the sample set ``name`` again, in place of a damaged copy or of none, and return its builder.

    Any number of processes may do this at once: each draws into a private folder beside the final place and
    moves it there when it is whole, and all draw the same pictures. Raises the errors of ``prepared``.
    """
    seconds = _known(name)
    folder = _folder()
    print(f"Drawing the sample pictures (once, about {seconds} s) ...", flush=True)
    import tensorflow as tf

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".drawing-", dir=folder, ignore_cleanup_errors=True) as private:
            drawn = _builder(name, private)
            _draw(drawn)
            final = folder / drawn.data_path.relative_to(private)
            ...
    except (OSError, tf.errors.OpError) as error:
        raise CourseError(
            f"The sample pictures cannot be written to {folder}: {error}. Set COURSE_CACHE_DIR to a folder that you may write "
            "to, on a disk with 20 MB free."
        ) from error
    return _builder(name, folder)
