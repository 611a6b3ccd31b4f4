"""``course classify``: a line for each picture as soon as it is judged, or one JSON document."""

import json
import os
import sys

from course_utils import labels
from course_utils.cli import classifier, saved_models
from course_utils.cli.annotate import Annotator
from course_utils.errors import CourseError, in_words, say
from course_utils.files import ensure_writable


def run(options):
    """Classify ``options.images`` (files and folders) with ``options.model``; return the exit code.

    It is 0, or 1 if some picture could not be read or some copy not be written: each is told on stderr, and
    the others go on. ``annotate`` is the folder for annotated copies, or None. Raises CourseError for what is
    wrong with the model or the call; a JSON document that was begun is closed all the same.
    """
    # Whatever can be checked without TensorFlow comes before the seconds that it takes to start.
    _, labels_path = saved_models.find_files(options.model)
    labels.read(labels_path).check_choice(options.top, options.threshold)
    annotator = _annotator(options) if options.annotate is not None else None
    left_out, exit_code, separator = [], 0, ""
    images = classifier.find_pictures(options.images, left_out)
    if options.json:
        print("[", end="", flush=True)
    try:
        saved_models.start_keras_light()
        network = classifier.load(options.model, options.trust_module)
        for answer in network.classify(images, options.top, options.threshold):
            problem = str(answer) if answer.error else ""
            if annotator and not problem:
                try:
                    annotator.write(answer)
                except CourseError as error:
                    problem = f"{answer.path}: {getattr(error, 'reason', error)}"
            if problem:
                exit_code = 1
                _note(problem)
            if options.json:
                print(separator + json.dumps(answer.as_dict()), end="", flush=True)
                separator = ",\n "
            elif not answer.error:
                say(str(answer))
    finally:
        if options.json:
            print("]", flush=True)
        if left_out:
            _note(in_words(left_out))
        if annotator and annotator.missing:
            _note(f"no letters for {' '.join(sorted(annotator.missing))} on the copies: boxes instead")
    return exit_code


def _note(text):
    say(f"course classify: {text}", file=sys.stderr)


def _annotator(options):
    """Return the ``Annotator``; CourseError for a folder that cannot be written or is to be classified."""
    folder = options.annotate
    if os.path.realpath(folder) in map(os.path.realpath, options.images):
        raise CourseError(
            f"--annotate {folder} is a folder of pictures to classify, and the copies would lie among them. "
            "Choose another folder."
        )
    ensure_writable(folder)
    return Annotator(folder)
