"""What kind of machine this is: one of Colab's or another, and how a terminal's commands are typed on it."""

import json
import os
import sys

from course_utils.errors import CourseError
from course_utils.files import course_folder, keras_folders

# The settings of Keras (https://keras.io/api/utils/config_utils) that lessons are written for.
KERAS = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32"}

KEEPING = """\
Colab takes this machine back when the page is closed for a while; what lessons kept on it is then lost.
To keep results, connect your Drive in a new cell, above the parameters:
    from google.colab import drive; drive.mount("/content/drive")
and set ARTIFACTS = "/content/drive/MyDrive/course". 'File > Save a copy in Drive' keeps the page itself."""
KEEPING_PROGRESS = """\
On Colab this file goes with the machine. To keep it, connect your Drive and write, before the first check:
    import os; os.environ["COURSE_DATA_DIR"] = "/content/drive/MyDrive/course\""""


def on_colab():
    """Tell whether this process runs on Colab."""
    return "COLAB_RELEASE_TAG" in os.environ or "google.colab" in sys.modules


def check_keras():
    """Raise CourseError if ``KERAS_BACKEND`` or the file ``keras.json`` sets Keras up unlike ``KERAS``."""
    file = keras_folders()[0] / "keras.json"
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # Keras goes on with its defaults, too
        settings = {}
    except OSError as error:  # TensorFlow does not
        raise CourseError(
            f"{file} cannot be read: {error.strerror}. Delete it: Keras writes it anew."
        ) from error
    if not isinstance(settings, dict):
        raise CourseError(f"{file} holds no settings of Keras. Delete it: Keras writes it anew.")
    if backend := os.environ.get("KERAS_BACKEND"):
        settings["backend"] = backend
    for name, wanted in KERAS.items():
        if (found := settings.get(name, wanted)) != wanted:
            if name == "backend" and backend:
                where, cure = "the variable KERAS_BACKEND", "Unset it"
            else:
                where, cure = file, f"Write {wanted!r} there, or delete the file: Keras writes it anew"
            raise CourseError(
                f"Keras's setting {name} is {found!r} (from {where}), and lessons need {wanted!r}. {cure};"
                " then start this notebook's kernel or the command again."
            )


def as_typed(command):
    """Return a terminal's ``command`` as it works on this machine: on Colab, in a cell of the page."""
    if not on_colab():
        return command
    if command.startswith("tensorboard "):
        return f"%load_ext tensorboard\n%{command}"
    mark = "%" if command.startswith("pip ") else "!"
    return mark + command.replace("python ci/", f"python {course_folder()}/ci/")
