"""Build: whose weights a lesson borrows, the published ones or a stand-in's, and what is said about it."""

import os
import tempfile
from pathlib import Path

from course_utils.errors import CourseError

WEIGHTS = ("auto", "published", "stand-in")


def check(weights, what):
    """Raise CourseError unless ``weights`` is one of ``WEIGHTS``; ``what`` is "module" or "network"."""
    if weights not in WEIGHTS:
        raise CourseError(
            f"WEIGHTS = {weights!r} is none of {', '.join(map(repr, WEIGHTS))}: the published {what} where "
            "it can be had, only that, or the course's small stand-in."
        )


def announce(title, weights, why):
    """Say in one line whose ``weights`` of ``title`` were taken, and mark the figures that follow."""
    from course_utils import plots

    plots.use_weights(weights)
    if weights == "published":
        print(f"Weights: {title}, trained on ImageNet, {why}.")
    else:
        print(f"Weights: the course's stand-in for {title}, pretrained on drawings. Why: {why}")


def keras_folders(kind):
    """Return where Keras keeps files of a ``kind`` ("models", "datasets"): its own folder, then a temporary.

    The second is where it writes if its own (``KERAS_HOME``) is read-only.
    """
    home = os.environ.get("KERAS_HOME") or "~/.keras"
    return [Path(home).expanduser() / kind, Path(tempfile.gettempdir(), ".keras", kind)]


def kept(kind, name):
    """Return the paths of the files ``name`` in Keras's folders of a ``kind``: none, one or two."""
    return [folder / name for folder in keras_folders(kind) if (folder / name).is_file()]
