"""What the lessons share: load, look, build, train, judge, practise, keep; one module a verb.

Importing the package alone loads nothing heavy: TensorFlow and Matplotlib come with the modules that need
them (``from course_utils import data, plots``); in a notebook, Matplotlib comes at once.
"""

import os
import sys

from course_utils.files import ensure_caches, ensure_home
from course_utils.whole_imports import uninterrupted

# TensorFlow's C++ parts greet every start with pages of log; what goes wrong still comes as an exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ensure_home()
ensure_caches()

if "ipykernel" in sys.modules:  # there somebody may press the stop button
    with uninterrupted():
        from course_utils import plots  # noqa: F401

__version__ = "1.0.0"
