"""``course classify``: a line for each picture as soon as it is judged, or one JSON document."""

import json
import sys
from pathlib import Path

from course_utils import classify
from course_utils.classify import loading
from course_utils.classify.annotate import Annotator
from course_utils.errors import CourseError
from course_utils.labels import read
from course_utils.running import ensure_writable


def run(model_folder, images, top=None, threshold=None, annotate=None, as_json=False):
    """Classify ``images`` (files and folders), print the answers, and return the exit code.

    It is 0, or 1 if some picture could not be read; such pictures are told on stderr. ``annotate`` is the
    folder for annotated copies, or None. Raises CourseError for what is wrong with the model or the call.
    """
    # Whatever can be checked without TensorFlow comes before the seconds that it takes to start.
    read(loading.find_files(model_folder)[1]).check_choice(top, threshold)
    annotator = None
    if annotate is not None:
        images, annotator = _prepare_copies(images, annotate)
    loading.start_keras_light()
    failed, lead = 0, "["
    for answer in classify.load(model_folder).classify(images, top, threshold):
        if answer.error:
            failed += 1
            print(f"course classify: {answer}", file=sys.stderr, flush=True)
        elif annotator:
            annotator.write(answer)
        if as_json:
            print(lead + json.dumps(answer.as_dict()), end="", flush=True)
            lead = ",\n "
        elif not answer.error:
            print(answer, flush=True)
    if as_json:
        print("]")
    return 1 if failed else 0


def _prepare_copies(images, folder):
    """Return all pictures' paths and the ``Annotator`` that will write into ``folder``."""
    if any(Path(image).resolve() == folder.resolve() for image in images):
        raise CourseError(
            f"--annotate {folder} is a folder of pictures to classify; with the copies in it, the next call "
            "would classify them too. Choose another folder."
        )
    ensure_writable(folder)
    images = list(classify.find_pictures(images, leave_out=folder))
    return images, Annotator(folder, images)
