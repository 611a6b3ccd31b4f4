"""What came out: summary.json, written anew after each lesson, and the table at the end."""

import importlib.metadata
import json
import os
import platform

from course_utils.artifacts import Table, write_json
from course_utils.errors import CourseError
from course_utils.files import from_home


class Summary:
    """``summary.json``: what is known of every lesson so far, written anew after each."""

    def __init__(self, path, profile, keep):
        self.path, self.profile, self.records = path, profile, {}
        self.this_run, self.explanations = set(), {}
        if keep and path.is_file():
            try:
                self.records = {
                    record["lesson"]: record for record in json.loads(path.read_text())["lessons"]
                }
            except (ValueError, KeyError, TypeError) as error:
                raise CourseError(f"{path} is no summary to resume from; run without --resume.") from error
        self._write()

    def has_passed(self, task):
        """Return whether exactly this run of this lesson passed before and its result is still there."""
        record = self.records.get(task.lesson)
        return bool(
            record
            and record.get("outcome") == "passed"
            and record.get("profile") == self.profile
            and record.get("parameters") == from_home(task.values)
            and record.get("fingerprint") == task.fingerprint
            and (self.path.parent / record.get("executed", "")).is_file()
        )

    def add(self, task, outcome):
        """Record the ``Outcome`` of a ``Task`` and write the file."""
        metric = outcome.main_metric
        self.this_run.add(task.lesson)
        self.explanations[task.lesson] = outcome.explanation
        record = {
            "lesson": task.lesson,
            "outcome": outcome.outcome,
            "seconds": round(outcome.seconds, 1),
            "peak_memory_bytes": outcome.peak_memory,
            "main_metric": dict(zip(("name", "value"), metric, strict=True)) if metric else None,
            "data_source": outcome.metrics.get("data_source"),
            "profile": self.profile,
            "parameters": task.values,
            "started": outcome.started,
            "versions": versions(),
            "fingerprint": task.fingerprint,
            "executed": os.path.relpath(outcome.output, self.path.parent),
            "cell": outcome.cell and outcome.cell._asdict(),
            "error": outcome.error,
            "last_output": outcome.last_output,
        }
        self.records[task.lesson] = from_home(record)
        self._write()

    def _write(self):
        content = {"profile": self.profile, "lessons": [self.records[name] for name in sorted(self.records)]}
        write_json(self.path, content)


def report(records, earlier, explanations):
    """Print the table, then what is known about each lesson that ran and did not pass."""
    rows = []
    for lesson, record in records.items():
        outcome = "passed earlier" if lesson in earlier else record.get("outcome", "not run")
        metric, source = "-", record.get("data_source")
        if record.get("main_metric"):
            name, value = record["main_metric"].values()
            metric = f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
            metric += f" ({source})" if source else ""
        seconds = f"{record['seconds']:.0f}" if record else "-"
        memory = f"{record['peak_memory_bytes'] / 1e6:.0f} MB" if record else "-"
        rows.append((lesson, outcome, seconds, memory, metric))
    print()
    print(Table(("lesson", "outcome", "seconds", "peak memory", "main metric"), rows))
    for lesson, record in records.items():
        if record and record["outcome"] != "passed":
            print(f"\n{explanations[lesson]}")


def versions():
    """Return the versions of Python and of the two packages that shape the results (None: not installed)."""
    installed = {"python": platform.python_version()}
    for package in ("tensorflow", "keras"):
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            installed[package] = None
    return installed
