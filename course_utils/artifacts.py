"""Keep: what a lesson leaves behind, and how its numbers stand beside the published ones."""

import csv
import importlib.metadata
import json
import math
import platform
from pathlib import Path

from course_utils import portable
from course_utils.errors import CourseError, printable
from course_utils.files import course_folder, expanded, written_whole
from course_utils.labels import parse

PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy")


def save(artifacts, lesson, *, pictures, metrics, model=None, histories=None, figures=None, labels=None):
    """Write a lesson's results to ``artifacts/lesson/`` and return that folder as a ``Path``.

    - ``metrics.json``: ``metrics``, a dict of numbers (shares 0 to 1, times in seconds) and strings, with
      what they depend on: data source, counts, parameters of the model, package versions.
    - ``labels.json``: what the model's outputs mean, one of ``labels.EXAMPLES`` (None: the class names).
    - ``model.keras``; ``history.csv``, a row for each epoch of ``histories``, a dict of name to ``History``
      or dict; and a PNG for each of ``figures``, a dict by file name without suffix.

    Raises CourseError where the labels do not fit the model (before anything is written), where the folder
    cannot be written, and for other metrics.
    """
    folder = expanded(artifacts) / lesson
    labels = labels or {"kind": "single_label", "labels": list(pictures.class_names)}
    meaning = parse(labels)
    record = {"lesson": lesson, **metrics, "data_set": pictures.name, "data_source": pictures.source}
    record["counts"] = pictures.counts
    record["versions"] = {name: importlib.metadata.version(name) for name in PACKAGES}
    record["versions"]["python"] = platform.python_version()
    if model is not None:
        meaning.check_units(model)
        record["parameters"] = model.count_params()
        record["trainable_parameters"] = sum(math.prod(weight.shape) for weight in model.trainable_weights)
        portable.save(model, folder / "model.keras")
    write_json(folder / "labels.json", labels)
    if histories:
        _write_history(folder / "history.csv", histories)
    for name, figure in (figures or {}).items():
        with written_whole(folder / f"{name}.png") as path:
            figure.savefig(path)
    write_json(folder / "metrics.json", record)
    return folder


def _write_history(path, histories):
    rows = []
    for fit, history in histories.items():
        columns = getattr(history, "history", history)
        for epoch, values in enumerate(zip(*columns.values(), strict=True), 1):
            rows.append({"fit": fit, "epoch": epoch, **dict(zip(columns, map(float, values), strict=True))})
    names = list(dict.fromkeys(name for row in rows for name in row))
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def compare(folder):
    """Return a table of the results in ``folder`` (from ``save``) beside the ledger's, published and ours."""
    metrics = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))
    entry = ledger()[metrics["lesson"]]
    columns = metrics, entry["ours"], entry["published"]
    rows = [(name, *(readable(name, column.get(name)) for column in columns)) for name in entry["compare"]]
    about = {"tfds": "", "folder": " (your pictures)"}.get(metrics["data_source"], " (sample)")
    about += " (stand-in)" * (metrics.get("weights") == "stand-in")
    return Table(("", f"this run{about}", "the course", "published"), rows)


def kept_metrics(artifacts, lesson, pictures):
    """Return what another lesson wrote into its ``metrics.json``, for a comparison with this one's numbers.

    {} where it kept nothing yet, or was about another data set or source than ``pictures``.
    """
    path = expanded(artifacts) / lesson / "metrics.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    same = (record.get("data_set"), record.get("data_source")) == (pictures.name, pictures.source)
    return record if same else {}


def ingredients(lesson):
    """Return the ledger's table of what each ingredient of ``lesson`` added to those above it."""
    measured = ledger()[lesson]["ingredients"]
    rows, before = [], None
    for row in measured["rows"]:
        accuracy = row["validation_accuracy"]
        gain = "-" if before is None else f"{100 * (accuracy - before):+.2f}"
        rows.append((row["ingredient"], readable("validation_accuracy", accuracy), gain))
        before = accuracy
    return Table((measured["title"], "validation accuracy", "gain (points)"), rows)


def ledger():
    """Return ``ci/results.json`` as a dict: lesson to published numbers and ours."""
    return json.loads((course_folder() / "ci" / "results.json").read_text(encoding="utf-8"))


def readable(metric, value):
    """Format one number of ``metrics.json`` or the ledger for people; ``None`` becomes a dash.

    A value with a spread over seeds is a dict with ``mean`` and ``spread`` (largest minus smallest).
    """
    is_share = metric.endswith(("accuracy", "match", "f1"))
    if value is None:
        return "-"
    if isinstance(value, dict):
        spread = f" ± {100 * value['spread'] / 2:.2f}" if is_share else ""
        return readable(metric, value["mean"]) + spread
    if is_share:
        return f"{100 * value:.2f} %"
    if metric.endswith("seconds"):
        return f"{value:.0f} s" if value < 120 else f"{value / 60:.1f} min"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


class Table:
    """Rows of text under a header, aligned when printed or shown at the end of a cell."""

    def __init__(self, header, rows):
        self.header, *self.rows = (tuple(printable(str(cell)) for cell in row) for row in (header, *rows))

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        rows = [self.header, ["-" * width for width in widths], *self.rows]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def write_json(path, content):
    """Write ``content`` to ``path`` as indented JSON, whole; CourseError for NaN and for what is not JSON."""
    try:
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        if any(line != printable(line) for line in text.split("\n")):
            text = json.dumps(content, indent=2)  # which escapes them
    except (TypeError, ValueError) as error:
        allowed = f"{path.name} takes plain numbers, strings, lists and dicts, and no NaN"
        raise CourseError(f"{allowed}: {error}. Convert NumPy values with float() or int().") from error
    with written_whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
