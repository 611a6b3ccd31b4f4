"""Name what is on pictures with the model that a lesson saved: ``load(folder).classify(paths)``."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np

from course_utils import labels as model_labels
from course_utils.cli import model_files, saved_models
from course_utils.cli.annotate import is_copy
from course_utils.data.layout import files_in
from course_utils.data.reading import UnreadablePicture, is_picture, read_picture
from course_utils.errors import CourseError
from course_utils.labels import Label

BATCH = 16  # pictures, at most, that threads decode and the model judges at once


@dataclass(frozen=True)
class Answer:
    """What a model says about one picture; printed, it is one line."""

    path: Path
    outputs: list = field(default_factory=list)  # a list of Label for each output of the model, best first
    nearest: Label | None = None  # where no label is above the threshold: the best one below
    threshold: float | None = None
    error: str = ""  # why the picture could not be read

    @property
    def labels(self):
        """All named labels in one list."""
        return list(chain.from_iterable(self.outputs))

    @property
    def lines(self):
        """The labels in words, one a line."""
        if self.nearest:
            return [f"no label above {100 * self.threshold:g} %", f"nearest: {self.nearest}"]
        return list(map(str, self.labels))

    def __str__(self):
        if self.error:
            return f"{self.path}: cannot be read: {self.error}"
        groups = self.lines if self.nearest else [", ".join(map(str, labels)) for labels in self.outputs]
        several = self.nearest or any(len(labels) > 1 for labels in self.outputs)
        return f"{self.path}: {('; ' if several else ', ').join(groups)}"

    def as_dict(self):
        """The answer for JSON: path and error, or path, labels and (where none was named) the nearest."""
        if self.error:
            return {"path": str(self.path), "error": self.error}
        nearest = {"nearest": _as_dict(self.nearest)} if self.nearest else {}
        return {"path": str(self.path), "labels": list(map(_as_dict, self.labels)), **nearest}


class Classifier:
    """A saved model with what its outputs mean; ``load`` makes one.

    ``kind`` and ``threshold`` are those of ``Labels``, ``labels`` a list of names (of ``"multi_output"`` a
    dict of output name to list). ``size`` is (height, width) in pixels, ``channels`` 1 (grey) or 3 (RGB).
    """

    def __init__(self, model, labels):
        import tensorflow as tf

        self.kind, self.threshold, self._labels = labels.kind, labels.threshold, labels
        self.labels = labels.outputs.get(None, labels.outputs)
        self.size, self.channels = _input_of(model)
        names, dtype = getattr(model, "output_names", None), model.inputs[0].dtype

        @tf.function(reduce_retracing=True)
        def predict(images):
            outputs = model(tf.cast(images, dtype), training=False)
            if not isinstance(outputs, dict):
                outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
                outputs = dict(zip(names if len(outputs) > 1 else [""], outputs, strict=True))
            return {name: tf.reshape(rows, [tf.shape(rows)[0], -1]) for name, rows in outputs.items()}

        # For one picture, where every shape is known: what each step takes, within layers too.
        one = predict.get_concrete_function(tf.TensorSpec([1, *self.size, self.channels], tf.uint8))
        largest = model_files.largest_output(one.graph, model.count_params())
        self._predict, self._batch = predict, max(1, min(BATCH, model_files.LARGEST_OUTPUT // largest))

    def classify(self, paths, top=None, threshold=None):
        """Return an iterator over the ``Answer`` for each of ``paths`` (one path or several), in their order.

        A folder stands for the pictures in it, see ``find_pictures``; ``top`` and ``threshold`` are those of
        ``Labels.choose``. Raises CourseError where these do not fit and where the model gives no
        probabilities; a picture that cannot be read has an ``error``.
        """
        self._labels.check_choice(top, threshold)
        if isinstance(paths, str | os.PathLike):
            paths = [paths]
        return self._answers(find_pictures(paths), top, threshold)

    def _answers(self, paths, top, threshold):
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            while batch := list(islice(paths, self._batch)):
                pictures = list(threads.map(self._read, batch))
                yield from self._judge(batch, pictures, top, threshold)

    def _read(self, path):
        if os.path.isdir(path):
            reasons = [reason for place, reason in files_in(path)[1] if place == path]
            return UnreadablePicture(path, *reasons or ["a folder without pictures"])
        try:
            return read_picture(path, self.size, self.channels)
        except MemoryError:
            return UnreadablePicture(path, "it needs more memory than there is")
        except UnreadablePicture as error:
            return error

    def _judge(self, paths, pictures, top, threshold):
        images = [picture for picture in pictures if not isinstance(picture, Exception)]
        rows = iter(self._probabilities(np.stack(images)) if images else [])
        for path, picture in zip(paths, pictures, strict=True):
            if isinstance(picture, Exception):
                yield Answer(path, error=picture.reason)
                continue
            row = next(rows)
            chosen = self._labels.choose(row, top, threshold)
            limit = self.threshold if threshold is None else threshold
            nearest = None if any(chosen) else self._labels.choose(row, top=1)[0][0]
            yield Answer(path, chosen, nearest, limit)

    def _probabilities(self, images):
        """Return for each picture a dict of output name to probabilities; CourseError if they are none."""
        outputs = {name or None: rows.numpy() for name, rows in self._predict(images).items()}
        for rows in outputs.values():
            fits = np.isfinite(rows).all() and rows.min() > -1e-3 and rows.max() < 1 + 1e-3
            if self.kind != "multi_label":
                fits = fits and np.abs(rows.sum(axis=1) - 1).max() < 1e-2
            if not fits:
                last = "sigmoid" if self.kind == "multi_label" else "softmax"
                raise CourseError(
                    f"The model does not give probabilities; it answers {rows[0][:4]} ... to a picture. "
                    f"A model for {self.kind} labels ends in {last}; repair that and train it again."
                )
        return [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]


def load(folder, trust_modules=()):
    """Return the ``Classifier`` for an artifacts folder: ``model.keras`` and ``labels.json`` of a lesson.

    Modules (``HubLayer``) are programs: the model may name those of the course, and from now on those whose
    handles are in ``trust_modules``. Raises CourseError for a folder without these files, a model that is
    damaged or that ``saved_models.load_model`` refuses, and labels that do not fit it.
    """
    model_path, labels_path = saved_models.find_files(folder)
    labels = model_labels.read(labels_path)
    model = saved_models.load_model(model_path, trust_modules)
    try:
        labels.check_units(model)
        return Classifier(model, labels)
    except CourseError as error:
        raise CourseError(f"{folder} cannot be used to classify. {error}") from error


def find_pictures(paths, left_out=None):
    """Yield ``paths`` with each folder replaced by the pictures in it, at any depth, sorted.

    Of a folder, whatever is called like a picture is yielded, readable or not, so is a subfolder that cannot
    be looked into, and itself where there is nothing else. Other files, and all copies that ``--annotate``
    wrote, are appended to the list ``left_out`` as (path, reason).
    """
    left_out = [] if left_out is None else left_out
    for path in map(Path, paths):
        files, others = files_in(path) if os.path.isdir(path) else ([path], [])
        found = os.path.isfile(path)
        for entry, reason in [*((file, "no picture") for file in files), *others]:
            closed = os.path.isdir(entry) and not os.access(entry, os.R_OK | os.X_OK)
            if is_copy(entry):
                left_out.append((entry, "a copy with labels, by --annotate"))
            elif entry == path or closed or is_picture(entry):
                found = True
                yield entry
            else:
                left_out.append((entry, reason))
        if not found:
            yield path


def _input_of(model):
    """Return ((height, width), channels) that a model wants; CourseError if it does not want one picture."""
    shape = getattr(model, "input_shape", None)
    fits = isinstance(shape, tuple) and len(shape) == 4 and all(isinstance(n, int) for n in shape[1:])
    if not fits or shape[3] not in (1, 3):
        raise CourseError(
            f"Its model takes {shape}, and not pictures of a fixed size (height, width, 1 or 3 channels)."
        )
    return shape[1:3], shape[3]


def _as_dict(label):
    output = {"output": label.output} if label.output else {}
    return {"label": label.name, "probability": label.probability, **output}
