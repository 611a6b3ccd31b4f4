"""The smoke run of every lesson, on drawn pictures: it runs, it obeys its parameters, its network learns."""

import ast
import json
import re

import nbformat
import numpy as np
import pytest
import yaml

from course_utils import artifacts, data, training
from course_utils.cli import running
from course_utils.cli.lessons import all_lessons, find_lesson
from course_utils.files import course_folder

SEED = 1  # not the lessons' own, so that a run which ignores its parameters shows
# The lowest main metric that counts as learned. A network trained on shuffled labels stays near one in ten;
# of two labels it has both right even less often. Of two classes it has about half right.
BAR = 0.4
HIGHER_BARS = {
    "02_cnn_with_1_conv_layer": 0.6,
    "08_mobilenet_on_cats_vs_dogs": 0.6,
    "09_mobilenet_and_inception_on_flowers": 0.6,
    "10_inside_a_cnn": 0.6,
}
# What a lesson breaks on purpose may warn.
MEANT = ("Argument `decay` is no longer supported", "warnings.warn(")
MOST_MEMORY = 2.5e9  # bytes


def smoke_parameters(lesson):
    """The parameters of the smoke profile for one lesson, with a seed of our own."""
    profile = yaml.safe_load((course_folder() / "ci" / "profiles" / "smoke.yaml").read_text(encoding="utf-8"))
    return profile["parameters"] | profile["lessons"].get(lesson, {}) | {"SEED": SEED}


def ends_on_a_figure(source):
    """Whether the last line of a cell shows what a function of ``plots`` returned."""
    statements = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)).body
    last = ast.unparse(statements[-1]) if statements and isinstance(statements[-1], ast.Expr) else ""
    return last.startswith("plots.") or bool(
        last and re.search(rf"^\s*{re.escape(last)} = plots\.", source, re.M)
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lesson", all_lessons())
def test_smoke_run(lesson, tmp_path):
    given = smoke_parameters(lesson)
    outcome = running.run(
        find_lesson(lesson), tmp_path / "out.ipynb", given | {"ARTIFACTS": str(tmp_path)}, timeout=800
    )
    assert outcome.outcome == "passed", f"{outcome.error}\n{outcome.last_output}"

    metrics = json.loads((tmp_path / lesson / "metrics.json").read_text(encoding="utf-8"))
    assert outcome.metrics == metrics
    assert (metrics["data_source"], metrics["seed"]) == ("sample", SEED)
    assert metrics.get("weights") == given.get("WEIGHTS")
    assert metrics["epochs"] == given["EPOCHS"] + given.get("PLAIN_EPOCHS", 0)
    assert metrics[metrics["main_metric"]] >= HIGHER_BARS.get(lesson, BAR)
    in_the_ledger = artifacts.ledger().get(lesson, {"compare": [], "ours": {}})
    assert set(in_the_ledger["compare"]) <= set(metrics)
    if in_the_ledger["ours"] and "WEIGHTS" not in given:  # measured; and a stand-in has fewer
        counts = {name: in_the_ledger["ours"].get(name) for name in ("parameters", "trainable_parameters")}
        assert {name: metrics.get(name) for name in counts} == counts
    assert (tmp_path / lesson / "model.keras").is_file() == ("parameters" in metrics)
    assert outcome.peak_memory < MOST_MEMORY

    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert figures and all(figure.metadata["image/png"]["alt"] for figure in figures)
    meant = [cell for cell in cells if ends_on_a_figure(cell.source)]
    without = [
        cell.id for cell in meant if not any("image/png" in out.get("data", {}) for out in cell.outputs)
    ]
    assert meant and without == []
    noise = [
        line for output in outputs if output.get("name") == "stderr" for line in output.text.splitlines()
    ]
    assert [line for line in noise if line.strip() and not any(text in line for text in MEANT)] == []


def test_shuffled_labels_stay_far_below_the_bars():
    """The network of lesson 02, as the lesson builds it, learns nothing where there is nothing to learn."""
    notebook = nbformat.read(find_lesson("02"), as_version=4)
    (source,) = (cell.source for cell in notebook.cells if cell.id == "network")
    training.set_seed(SEED)
    pictures = data.load("fashion_mnist", source="sample", seed=SEED)
    lesson = {"keras": training.keras, "pictures": pictures}
    exec(source.replace("network.summary()", ""), lesson)
    network = lesson["network"]
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = data.arrays(pictures.train)
    network.fit(images, np.random.default_rng(SEED).permutation(labels), epochs=4, batch_size=64, verbose=0)
    test_images, test_labels = data.arrays(pictures.test)
    accuracy = network.evaluate(test_images, test_labels, verbose=0, return_dict=True)["accuracy"]
    assert accuracy < 0.6 * BAR


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lesson", ["02", "06", "09"])
def test_two_runs_with_one_seed_have_one_history(lesson, tmp_path):
    """On one machine, with its number of threads; the caches are warm for neither or both."""
    notebook = find_lesson(lesson)
    runs = []
    for run in ("first", "second"):
        given = smoke_parameters(notebook.stem) | {"ARTIFACTS": str(tmp_path / run), "EPOCHS": 1}
        outcome = running.run(notebook, tmp_path / f"{run}.ipynb", given, timeout=800)
        assert outcome.outcome == "passed", f"{outcome.error}\n{outcome.last_output}"
        printed = re.findall(
            r"\w*(?:loss|accuracy): [\d.e-]+", (tmp_path / f"{run}.ipynb").read_text("utf-8")
        )
        numbers = {name: value for name, value in outcome.metrics.items() if not name.endswith("seconds")}
        history = tmp_path / run / notebook.stem / "history.csv"  # lesson 09 keeps none
        runs.append((printed, numbers, history.read_text("utf-8") if history.is_file() else ""))
    assert runs[0][0] and runs[0] == runs[1]
