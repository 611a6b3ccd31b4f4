"""Load models with the Keras of this interpreter and print, as JSON, what each answers; check.py runs this.

With KEEP_IN set, each model is also kept there anew, as a lesson would keep it with this Keras.
"""

import json
import os
import sys
from pathlib import Path

from course_utils import portable
from course_utils.cli.saved_models import load_model
from course_utils.errors import CourseError

import keras  # isort: skip
import numpy as np


def answer(model):
    """Return the model's first 100 outputs for one picture, as a flat list."""
    shape = [side or 64 for side in model.input_shape[1:]]
    picture = np.linspace(0, 255, np.prod(shape), dtype="float32").reshape(1, *shape)
    outputs = keras.tree.flatten(model(picture, training=False))
    return [float(value) for output in outputs for value in np.ravel(output)[:100]]


found = {"keras": keras.__version__, "answers": {}, "kept": [], "failures": []}
for number, path in enumerate(map(Path, sys.argv[1:])):
    try:
        model = load_model(path)
    except CourseError as error:
        found["failures"].append(str(error))
        continue
    found["answers"][str(path)] = answer(model)
    if os.environ["KEEP_IN"]:
        new = Path(os.environ["KEEP_IN"], f"kept{number}.keras")
        portable.save(model, new)
        found["answers"][str(new)] = found["answers"][str(path)]
        found["kept"].append(str(new))
print(json.dumps(found))
