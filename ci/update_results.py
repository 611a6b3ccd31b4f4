#!/usr/bin/env python
"""Enter measured runs into the ledger, ``ci/results.json``, and draw the README's table from it.

    for seed in 0 1 2; do
        python ci/run_lessons.py --profile standard -p DATA tfds -p SEED $seed --out build/seed$seed
    done
    python ci/update_results.py build/seed0 build/seed1 build/seed2 --hardware "2 cores of an AMD EPYC"

Each folder is the ``--out`` of one run. A lesson's entry is replaced when at least three seeds on published
pictures are given for it; runs on drawings or with stand-in weights are refused. Without folders only the
README is drawn anew.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from course_utils.artifacts import ledger, readable, write_json
from course_utils.cli.lessons import find_lesson, needs
from course_utils.data import attributes
from course_utils.errors import CourseError
from course_utils.files import course_folder, written_whole

BEGIN, END = "<!-- results: drawn by ci/update_results.py -->", "<!-- end of results -->"
MEASURED = ("accuracy", "loss", "seconds", "match", "f1")
FEWEST_SEEDS = 3


def main(arguments=None):
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folders", nargs="*", type=Path, help="the --out folders of the runs, one for each seed"
    )
    parser.add_argument("--hardware", help="what the runs ran on, in words; needed with folders")
    options = parser.parse_args(arguments)
    try:
        if options.folders and not options.hardware:
            raise CourseError(
                '--hardware is missing: say what the runs ran on, such as "2 cores of an AMD EPYC".'
            )
        content = ledger()
        for lesson, runs in collect(options.folders).items():
            content[lesson]["ours"] = summarise(lesson, runs, options.hardware)
        write_json(course_folder() / "ci" / "results.json", content)
        readme = course_folder() / "README.md"
        text = with_table(readme.read_text(encoding="utf-8"), table(content))
        with written_whole(readme) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except CourseError as error:
        print(f"update_results: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def collect(folders):
    """Return lesson -> list of metrics, for the lessons of the ledger found in ``folders``."""
    found = {}
    for folder in folders:
        paths = sorted(folder.glob("artifacts/*/metrics.json"))
        if not paths:
            raise CourseError(f"{folder} has no artifacts/*/metrics.json: it is not the --out of a run.")
        for path in paths:
            metrics = json.loads(path.read_text(encoding="utf-8"))
            if metrics["lesson"] in ledger():
                found.setdefault(metrics["lesson"], []).append(metrics)
    return found


def summarise(lesson, runs, hardware):
    """Return the ledger's entry for one lesson from its runs, one for each seed."""
    seeds = sorted(run["seed"] for run in runs)
    if len(set(seeds)) < max(FEWEST_SEEDS, len(seeds)):
        raise CourseError(
            f"{lesson}: seeds {seeds}; the ledger wants at least {FEWEST_SEEDS} different ones."
        )
    brought = attributes.NAME in needs(find_lesson(lesson))[0]
    wanted, how = ("folder", "/path") if brought else ("tfds", "tfds")
    if {run["data_source"] for run in runs} != {wanted}:
        raise CourseError(
            f"{lesson}: a run on other pictures, such as drawn ones, is no result; run it with -p DATA {how}."
        )
    if "stand-in" in {run.get("weights") for run in runs}:
        raise CourseError(
            f"{lesson}: a run on stand-in weights is no result; run it with -p WEIGHTS published."
        )
    entry = {"seeds": seeds, "hardware": hardware, "data_source": wanted, "versions": runs[0]["versions"]}
    for name, value in runs[0].items():
        if isinstance(value, float) and name.endswith(MEASURED):
            values = [run[name] for run in runs]
            entry[name] = {
                "mean": round(statistics.fmean(values), 5),
                "spread": round(max(values) - min(values), 5),
            }
        elif isinstance(value, int) and name != "seed":
            entry[name] = value
    return entry


def table(content):
    """Return the README's table of results as Markdown."""
    lines = [
        "| lesson | published | epochs | ours, mean of the seeds | epochs | time |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for lesson, entry in content.items():
        published, ours = entry["published"], entry["ours"]
        if "headline" not in entry:
            continue
        cells = [
            f"[{lesson}](notebooks/{lesson}.ipynb)",
            *_columns(entry["headline"], published),
            *(_columns(entry["headline"], ours) if ours else ("not measured yet", "-")),
            readable("seconds", ours.get("seconds")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _columns(headline, entry):
    """Return the numbers under ``headline`` (metric to its name in words) and the epochs, as two cells."""
    there = {metric: words for metric, words in headline.items() if metric in entry}
    numbers = [f"{words} {readable(metric, entry[metric])}".strip() for metric, words in there.items()]
    return ", ".join(numbers), readable("epochs", entry["epochs"])


def with_table(readme, text):
    """Return the README's text with the part between the two markers replaced by ``text``."""
    head, found, rest = readme.partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not found or not ended:
        raise CourseError(f"README.md has lost its markers {BEGIN!r} and {END!r}; put them around the table.")
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


if __name__ == "__main__":
    sys.exit(main())
