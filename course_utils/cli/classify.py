"""``course classify``: a line for each picture as soon as it is judged, or one JSON document."""

import json
import sys
from pathlib import Path

from course_utils import labels
from course_utils.cli import classifier, saved_models
from course_utils.cli.annotate import Annotator
from course_utils.errors import CourseError
from course_utils.files import ensure_writable


def run(options):
    """Classify ``options.images`` (files and folders) with ``options.model``; return the exit code.

    It is 0, or 1 if some picture could not be read; such pictures are reported on stderr. ``annotate`` is the
    folder for annotated copies, or None; ``top`` and ``threshold`` are those of ``Classifier.classify``.
    Raises CourseError for what is wrong with the model or the call.
    """
    # Whatever can be checked without TensorFlow comes before the seconds that it takes to start.
    _, labels_path = saved_models.find_files(options.model)
    labels.read(labels_path).check_choice(options.top, options.threshold)
    images, annotator = options.images, None
    if options.annotate is not None:
        images, annotator = _prepare_copies(images, options.annotate)
    saved_models.start_keras_light()
    exit_code, separator = 0, "["
    for answer in classifier.load(options.model).classify(images, options.top, options.threshold):
        if answer.error:
            exit_code = 1
            print(f"course classify: {answer}", file=sys.stderr, flush=True)
        elif annotator:
            annotator.write(answer)
        if options.json:
            print(separator + json.dumps(answer.as_dict()), end="", flush=True)
            separator = ",\n "
        elif not answer.error:
            print(answer, flush=True)
    if options.json:
        print("]")
    return exit_code


def _prepare_copies(images, folder):
    """Return all pictures' paths and the ``Annotator`` that will write into ``folder``."""
    if any(Path(image).resolve() == folder.resolve() for image in images):
        raise CourseError(
            f"--annotate {folder} is a folder of pictures to classify; with the copies in it, the next call "
            "would classify them too. Choose another folder."
        )
    ensure_writable(folder)
    images = list(classifier.find_pictures(images, leave_out=folder))
    return images, Annotator(folder, images)
