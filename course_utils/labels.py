"""What the outputs of a saved model mean (``labels.json``), and which labels to name for a picture."""

import json
import math
import reprlib
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from course_utils.errors import CourseError, in_a_line, printable

# What labels.json holds, by kind; names stand in the order of the output's units.
EXAMPLES = {
    "single_label": {"kind": "single_label", "labels": ["cat", "dog"]},
    "multi_label": {"kind": "multi_label", "labels": ["black", "dress"], "threshold": 0.5},
    "multi_output": {"kind": "multi_output", "outputs": {"color_output": ["black", "red"]}},
}
# Of a file, which may be somebody else's. The longest name of a folder has 255 letters.
LARGEST_FILE, LONGEST = 10_000_000, 1_000


class Label(NamedTuple):
    """One label of a picture; ``probability`` is 0 to 1, ``output`` None for a model with one output."""

    name: str
    probability: float
    output: str | None = None

    def __str__(self):
        return f"{printable(self.name)} {100 * self.probability:.1f} %"


@dataclass(frozen=True)
class Labels:
    """The labels of a model: a dict of output name (None: a single output) to labels, in order of its units.

    ``kind`` is ``"single_label"`` (one is right: softmax), ``"multi_label"`` (any number, those above
    ``threshold``: sigmoid) or ``"multi_output"`` (one is right for each of several outputs).
    """

    kind: str
    outputs: dict
    threshold: float | None = None

    def check_units(self, model):
        """Raise CourseError unless the outputs of ``model`` (built) have these names and numbers of units."""
        units = _units_of(model)
        if set(self.outputs) != set(units):
            theirs = ", ".join(name or "a single one" for name in units)
            ours = ", ".join(name or "a single one" for name in self.outputs)
            raise CourseError(f"The model's outputs are {theirs}; the labels ({self.kind}) are for {ours}.")
        for output, names in self.outputs.items():
            if len(names) != units[output]:
                where = f"The output {output!r}" if output else "The model"
                raise CourseError(f"{where} has {units[output]} units, and there are {len(names)} labels.")

    def check_choice(self, top, threshold):
        """Raise CourseError unless ``choose`` can name labels by these two (None: by default)."""
        most = max(map(len, self.outputs.values()))
        if top is not None and threshold is not None:
            raise CourseError("Choose by top or by threshold, not by both.")
        if top is not None and not 1 <= top <= most:
            raise CourseError(f"top = {top}: this model has {most} labels, so choose 1 to {most}.")
        if threshold is not None and self.kind != "multi_label":
            raise CourseError(
                f"A threshold is for 'multi_label', and this one is {self.kind}: its best label is always "
                "named. Use top for more of them."
            )
        if threshold is not None and not 0 <= threshold < 1:
            raise CourseError(f"threshold = {threshold}: it is a probability, from 0 to below 1.")

    def choose(self, probabilities, top=None, threshold=None):
        """Return what to name for one picture: a list of ``Label`` for each output, the best first.

        ``probabilities`` is a dict of output name to a number (0 to 1) for each label. ``top`` names so many
        of each output, ``threshold`` (0 to 1, ``"multi_label"`` only) all above it; without, one of each
        output is named, and of ``"multi_label"`` all above the saved threshold.
        """
        chosen = []
        for output, names in self.outputs.items():
            pairs = zip(names, probabilities[output], strict=True)
            labels = [Label(name, float(probability), output) for name, probability in pairs]
            labels.sort(key=lambda label: -label.probability)
            if top is None and self.kind == "multi_label":
                limit = self.threshold if threshold is None else threshold
                chosen.append([label for label in labels if label.probability > limit])
            else:
                chosen.append(labels[: top or 1])
        return chosen


def parse(content):
    """Return ``Labels`` for the content of ``labels.json``; CourseError if it is none of ``EXAMPLES``."""
    kind = content.get("kind") if isinstance(content, dict) else None
    if kind not in list(EXAMPLES):
        raise CourseError(f"The labels are a dict with 'kind': one of {', '.join(map(repr, EXAMPLES))}.")
    if set(content) != set(EXAMPLES[kind]):
        raise CourseError(f"Labels of kind {kind!r} have exactly these parts: {EXAMPLES[kind]}.")
    outputs = content["outputs"] if kind == "multi_output" else {None: content["labels"]}
    if not isinstance(outputs, dict) or not outputs:
        raise CourseError("'outputs' is a dict: the name of each output of the model, to its labels.")
    for output, names in outputs.items():
        what = reprlib.repr(output or "labels")
        fits = isinstance(names, list | tuple) and all(isinstance(name, str) and name for name in names)
        if not fits or not names:
            raise CourseError(
                f"{what} is a list of names, one for each unit of the model, and not {reprlib.repr(names)}."
            )
        name, count = Counter(names).most_common(1)[0]
        if count > 1:
            raise CourseError(
                f"{what} has {reprlib.repr(name)} twice; every unit of the model needs a name of its own."
            )
    threshold = content.get("threshold")
    if kind == "multi_label" and not (type(threshold) in (int, float) and 0 < threshold < 1):
        raise CourseError(f"'threshold' is a probability between 0 and 1, and not {reprlib.repr(threshold)}.")
    return Labels(kind, {output: list(names) for output, names in outputs.items()}, threshold)


def read(path):
    """Return ``Labels`` for the file ``path``, not yet held against a model. Raises CourseError."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CourseError(f"It has {path.stat().st_size:,} bytes; {LARGEST_FILE:,} are allowed.")
        labels = parse(json.loads(path.read_text(encoding="utf-8")))
        longest = max(
            (name for output, names in labels.outputs.items() for name in [output or "", *names]), key=len
        )
        if len(longest) > LONGEST:
            raise CourseError(
                f"The label {longest[:40]!r}... has {len(longest):,} letters; {LONGEST:,} are allowed."
            )
        return labels
    except (OSError, ValueError, RecursionError) as error:
        raise CourseError(
            f"{path} cannot be read as JSON: {in_a_line(error)}. Run the lesson again."
        ) from error
    except CourseError as error:
        raise CourseError(f"{path} is not understood. {error}") from error


def _units_of(model):
    """Return the outputs of a built Keras model: a dict of name to number of units; a single one is None."""
    if not getattr(model, "outputs", None):
        raise CourseError("The model does not know its outputs: build it with keras.Input first.")
    output = model.output if hasattr(model, "output_names") else model.outputs[0]
    if isinstance(output, list | tuple):
        output = dict(zip(model.output_names, output, strict=True)) if len(output) > 1 else output[0]
    tensors = output if isinstance(output, dict) else {None: output}
    return {name: math.prod(tensor.shape[1:]) for name, tensor in tensors.items()}
