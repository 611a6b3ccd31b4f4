"""What kind of machine this is: one of Colab's or another, and how a terminal's commands are typed on it."""

import os
import sys

from course_utils.files import course_folder

KEEPING = """\
Colab takes this machine back when the page is closed for a while; what lessons kept on it is then lost.
To keep results, connect your Drive in a new cell, above the parameters:
    from google.colab import drive; drive.mount("/content/drive")
and set ARTIFACTS = "/content/drive/MyDrive/course". 'File > Save a copy in Drive' keeps the page itself."""


def on_colab():
    """Tell whether this process runs on Colab."""
    return "COLAB_RELEASE_TAG" in os.environ or "google.colab" in sys.modules


def as_typed(command):
    """Return a terminal's ``command`` as it works on this machine: on Colab, in a cell of the page."""
    if not on_colab():
        return command
    if command.startswith("tensorboard "):
        return f"%load_ext tensorboard\n%{command}"
    mark = "%" if command.startswith("pip ") else "!"
    return mark + command.replace("python ci/", f"python {course_folder()}/ci/")
