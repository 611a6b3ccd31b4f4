"""Use what was kept: name what is on pictures with the model of a lesson.

    classifier = classify.load("artifacts/02_cnn_with_1_conv_layer")
    for answer in classifier.classify(["shoe.jpg", "coat.png"]):
        print(answer)

Importing this package is quick; TensorFlow starts in ``load``.
"""

import itertools
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_utils.classify import loading
from course_utils.data.reading import UnreadablePicture, read_picture
from course_utils.errors import CourseError
from course_utils.labels import Label, read

__all__ = ["SUFFIXES", "Answer", "Classifier", "Label", "find_pictures", "load"]

# What counts as a picture in a folder; a file that is named itself may be called anything.
SUFFIXES = (".avif", ".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

BATCH = 16  # pictures that the model judges at once
_AHEAD = 4 * BATCH  # decoded pictures that wait at most, so that memory does not grow with their number


@dataclass(frozen=True)
class Answer:
    """What a model says about one picture; printed, it is one line.

    ``outputs`` has a list of ``Label`` for each output of the model, the best first. It is empty where no
    label is above the threshold: ``nearest`` is then the best one below. ``error`` says why a picture could
    not be read.
    """

    path: Path
    outputs: list = field(default_factory=list)
    nearest: Label | None = None
    threshold: float | None = None
    error: str = ""

    @property
    def labels(self):
        """All named labels in one list."""
        return list(itertools.chain.from_iterable(self.outputs))

    @property
    def lines(self):
        """The labels in words, one a line."""
        if self.nearest:
            return [f"no label above {100 * self.threshold:g} %", f"nearest: {_in_words(self.nearest)}"]
        return list(map(_in_words, self.labels))

    def __str__(self):
        if self.error:
            return f"{self.path}: cannot be read: {self.error}"
        if self.nearest:
            return f"{self.path}: {'; '.join(self.lines)}"
        groups = [", ".join(map(_in_words, labels)) for labels in self.outputs]
        several = any(len(labels) > 1 for labels in self.outputs)
        return f"{self.path}: {('; ' if several else ', ').join(groups)}"

    def as_dict(self):
        """The answer for JSON: path and error, or path, labels and (where none was named) the nearest."""
        if self.error:
            return {"path": str(self.path), "error": self.error}
        nearest = {"nearest": _as_dict(self.nearest)} if self.nearest else {}
        return {"path": str(self.path), "labels": [_as_dict(label) for label in self.labels], **nearest}


class Classifier:
    """A kept model with what its outputs mean; ``load`` makes one.

    ``kind`` is ``"single_label"``, ``"multi_label"`` or ``"multi_output"``, ``labels`` a list of names (of
    ``"multi_output"`` a dict of output name to list), ``threshold`` the kept one of ``"multi_label"``.
    ``size`` is (height, width) in pixels and ``channels`` 1 (grey) or 3 (RGB): what the model wants to see.
    """

    def __init__(self, model, labels):
        import tensorflow as tf

        self.kind, self.threshold, self._labels = labels.kind, labels.threshold, labels
        self.labels = labels.outputs.get(None, labels.outputs)
        self.size, self.channels = _input_of(model)
        names, dtype = getattr(model, "output_names", None), model.inputs[0].dtype

        @tf.function(input_signature=[tf.TensorSpec([None, *self.size, self.channels], tf.uint8)])
        def predict(images):
            found = model(tf.cast(images, dtype), training=False)
            if isinstance(found, list | tuple) and len(found) > 1:
                found = dict(zip(names, found, strict=True))
            elif not isinstance(found, dict):
                found = {"": found[0] if isinstance(found, list | tuple) else found}
            return {name: tf.reshape(rows, [tf.shape(rows)[0], -1]) for name, rows in found.items()}

        self._predict = predict

    def classify(self, paths, top=None, threshold=None):
        """Return an iterator over the ``Answer`` for each of ``paths`` (one path or several), in their order.

        A folder stands for all picture files in it, at any depth. ``top`` names the best so many labels (of
        each output), ``threshold`` (0 to 1, ``"multi_label"`` only) all labels above it; without, one label
        of each output is named, and of ``"multi_label"`` all above the kept threshold. Pictures are decoded
        in threads and judged in batches while the answers are taken; memory does not grow with their number.

        Raises CourseError for a ``top`` or ``threshold`` that does not fit, and where the model does not give
        probabilities. A picture that cannot be read is no exception: its answer has an ``error``.
        """
        self._labels.check_choice(top, threshold)
        if isinstance(paths, str | os.PathLike):
            paths = [paths]
        return self._answers(find_pictures(paths), top, threshold)

    def _answers(self, paths, top, threshold):
        waiting, threads = deque(), ThreadPoolExecutor(os.cpu_count())
        try:
            while True:
                for path in itertools.islice(paths, _AHEAD - len(waiting)):
                    waiting.append((path, threads.submit(self._read, path)))
                if not waiting:
                    return
                batch = []  # what is decoded by now, and one at least: answers come as early as they can
                while waiting and len(batch) < BATCH and (not batch or waiting[0][1].done()):
                    path, picture = waiting.popleft()
                    batch.append((path, picture.result()))
                yield from self._judge(batch, top, threshold)
        finally:
            threads.shutdown(cancel_futures=True)

    def _read(self, path):
        try:
            if path.is_dir():
                raise UnreadablePicture(path, f"a folder without picture files ({', '.join(SUFFIXES)})")
            return read_picture(path, self.size, self.channels)
        except UnreadablePicture as error:
            return error

    def _judge(self, batch, top, threshold):
        images = [picture for _, picture in batch if not isinstance(picture, Exception)]
        rows = iter(self._probabilities(np.stack(images)) if images else [])
        for path, picture in batch:
            if isinstance(picture, Exception):
                yield Answer(path, error=picture.reason)
                continue
            row = next(rows)
            chosen = self._labels.choose(row, top, threshold)
            if any(chosen):
                yield Answer(path, chosen)
            else:
                limit = self.threshold if threshold is None else threshold
                yield Answer(path, nearest=self._labels.choose(row, top=1)[0][0], threshold=limit)

    def _probabilities(self, images):
        """Return for each picture a dict of output name to probabilities; CourseError if they are none."""
        found = {name or None: rows.numpy() for name, rows in self._predict(images).items()}
        for rows in found.values():
            fits = np.isfinite(rows).all() and rows.min() > -1e-3 and rows.max() < 1 + 1e-3
            if self.kind != "multi_label":
                fits = fits and np.abs(rows.sum(axis=1) - 1).max() < 1e-2
            if not fits:
                last = "sigmoid" if self.kind == "multi_label" else "softmax"
                raise CourseError(
                    f"The model does not give probabilities; it answers {rows[0][:4]} ... to a picture. "
                    f"A model for {self.kind} labels ends in {last}; repair that and train it again."
                )
        return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def load(folder):
    """Return the ``Classifier`` for an artifacts folder: ``model.keras`` and ``labels.json`` of a lesson.

    Raises CourseError, with the next step, for a folder without them, for a damaged model, one with layers
    that Keras and the course do not know, and for labels that do not fit the model.
    """
    model_path, labels_path = loading.find_files(folder)
    labels = read(labels_path)
    model = loading.load_model(model_path)
    try:
        labels.check_units(model)
        return Classifier(model, labels)
    except CourseError as error:
        raise CourseError(f"{folder} cannot be used to classify. {error}") from error


def find_pictures(paths, leave_out=None):
    """Yield ``paths`` with each folder replaced by the picture files in it, at any depth, sorted.

    Hidden files and folders do not count, nor does what lies in the folder ``leave_out``. A folder in which
    there is none, or that cannot be listed, is yielded itself.
    """
    for path in map(Path, paths):
        inside = _pictures_in(path, leave_out and Path(leave_out).resolve()) if path.is_dir() else iter(())
        yield next(inside, path)
        yield from inside


def _pictures_in(folder, leave_out):
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink() and entry.resolve() != leave_out:
                yield from _pictures_in(entry, leave_out)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry


def _input_of(model):
    """Return ((height, width), channels) that a model wants; CourseError if it does not want one picture."""
    shape = getattr(model, "input_shape", None)
    fits = isinstance(shape, tuple) and len(shape) == 4 and all(isinstance(n, int) for n in shape[1:])
    if not fits or shape[3] not in (1, 3):
        raise CourseError(
            f"Its model takes {shape}, and not pictures of a fixed size (height, width, 1 or 3 channels)."
        )
    return shape[1:3], shape[3]


def _in_words(label):
    return f"{label.name} {100 * label.probability:.1f} %"


def _as_dict(label):
    output = {"output": label.output} if label.output else {}
    return {"label": label.name, "probability": label.probability, **output}
