"""Importing this module imports TensorFlow without its greeting, after ``machine.check_keras``.

Before its log is set up, TensorFlow writes lines about oneDNN and missing GPUs straight to file descriptor 2,
whatever TF_CPP_MIN_LOG_LEVEL says; in a notebook they would be the first thing that a learner sees.
"""

import contextlib
import os

from course_utils.machine import check_keras
from course_utils.whole_imports import uninterrupted


@contextlib.contextmanager
def stderr_closed():
    """Lose what is written to file descriptor 2 meanwhile, as TensorFlow's C++ writes its log."""
    try:
        kept = os.dup(2)
    except OSError:  # no such descriptor: nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _tells_news(record):
    # Each compile makes functions of the same names anew; TensorFlow takes them for one that is traced again
    # and again, and warns of it.
    return "triggered tf.function retracing" not in record.getMessage()


check_keras()
with uninterrupted(), stderr_closed():
    import tensorflow  # noqa: I001
    import keras  # noqa: F401

tensorflow.get_logger().addFilter(_tells_news)
