"""What the lessons share: load, look, build, train, judge, practise, keep; one module a verb.

Importing the package alone loads nothing heavy: TensorFlow and Matplotlib come with the modules that need
them (``from course_utils import data, plots``).
"""

import os

from course_utils.files import ensure_caches, ensure_home

# TensorFlow's C++ parts greet every start with pages of log; what goes wrong still comes as an exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ensure_home()
ensure_caches()

__version__ = "1.0.0"
