"""Importing this module imports TensorFlow without its greeting, after ``machine.check_keras``.

Before its log is set up, TensorFlow writes lines about oneDNN and missing GPUs straight to file descriptor 2,
whatever TF_CPP_MIN_LOG_LEVEL says; in a notebook they would be the first thing that a learner sees.
"""

import contextlib
import os

from course_utils.machine import check_keras


@contextlib.contextmanager
def _stderr_closed():
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


check_keras()
with _stderr_closed():
    import tensorflow  # noqa: F401
