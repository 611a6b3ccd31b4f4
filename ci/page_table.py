#!/usr/bin/env python
"""Print a summary.json of ci/run_lessons.py or ci/colab/check.py as a table in Markdown, for a run's page.

python ci/page_table.py build/lessons/summary.json >> "$GITHUB_STEP_SUMMARY"
"""

import html
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_utils.errors import printable


def table(summary):
    """Return the lines of the table: one a lesson, with its set of versions where it has one."""
    runs = summary.get("runs") or summary.get("lessons") or []
    lines = ["| lesson | versions | outcome | seconds | main metric |", "| --- | --- | --- | --- | --- |"]
    for run in runs:
        metric = run.get("main_metric") or {}
        value = metric.get("value", "")
        cells = (
            run.get("what") or run["lesson"],
            run.get("set") or ", ".join(f"{name} {version}" for name, version in run["versions"].items()),
            run["outcome"] if run["outcome"] == "passed" else f"**{run['outcome']}**",
            round(run["seconds"]),
            f"{metric.get('name', '')} {value:.3f}" if isinstance(value, float) else "",
        )
        plain = (html.escape(printable(str(cell))).replace("|", "&#124;") for cell in cells)
        lines.append(f"| {' | '.join(plain)} |")
    return lines


if __name__ == "__main__":
    path = Path(sys.argv[1])
    print(
        "\n".join(table(json.loads(path.read_text()))) if path.is_file() else f"No {path}: nothing was run."
    )
