"""What a lesson keeps: whole files, plain JSON, a model that reloads; and the table beside the ledger."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from course_utils import artifacts, data
from course_utils.errors import CourseError
from course_utils.files import written_whole

HISTORY = {"accuracy": [0.5, 0.75], "loss": [1.0, 0.5]}


@pytest.fixture(scope="module")
def pictures():
    return data.load("fashion_mnist", source="sample")


def model():
    network = keras.Sequential(
        [keras.Input(shape=(4,)), keras.layers.Dense(10), keras.layers.BatchNormalization()]
    )
    network.compile("sgd", "mse")
    return network


def test_save_writes_everything_whole(tmp_path, pictures):
    network = model()
    folder = artifacts.save(
        tmp_path,
        "02_lesson",
        pictures=pictures,
        metrics={"test_accuracy": 0.9, "seed": 0},
        model=network,
        histories={"plain": HISTORY},
        figures={"curves": Figure()},
    )
    assert sorted(path.name for path in folder.iterdir()) == [
        "curves.png",
        "history.csv",
        "labels.json",
        "metrics.json",
        "model.keras",
    ]
    record = json.loads((folder / "metrics.json").read_text())
    assert record["test_accuracy"] == 0.9 and record["data_source"] == "sample"
    assert record["counts"] == pictures.counts
    assert record["parameters"] == 4 * 10 + 10 + 4 * 10
    assert record["trainable_parameters"] == 4 * 10 + 10 + 2 * 10
    assert set(record["versions"]) == {"python", "tensorflow", "keras", "tensorflow-datasets", "numpy"}
    labels = {"kind": "single_label", "labels": pictures.class_names}
    assert json.loads((folder / "labels.json").read_text()) == labels
    assert (folder / "history.csv").read_text() == (
        "fit,epoch,accuracy,loss\nplain,1,0.5,1.0\nplain,2,0.75,0.5\n"
    )
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    reloaded = keras.saving.load_model(folder / "model.keras")
    assert np.allclose(reloaded.predict(inputs, verbose=0), network.predict(inputs, verbose=0), atol=1e-6)


def branches():
    """A model with two outputs: of two units and of three."""
    inputs = keras.Input(shape=(4,))
    color = keras.layers.Dense(2, name="color_output")(inputs)
    return keras.Model(inputs, [color, keras.layers.Dense(3, name="category_output")(inputs)])


@pytest.mark.parametrize(
    ("build", "labels"),
    [
        (model, {"kind": "multi_label", "labels": list("abcdefghij"), "threshold": 0.37}),
        (
            branches,
            {"kind": "multi_output", "outputs": {"category_output": list("abc"), "color_output": ["r", "b"]}},
        ),
    ],
)
def test_the_labels_say_what_the_outputs_mean(tmp_path, pictures, build, labels):
    folder = artifacts.save(tmp_path, "x", pictures=pictures, metrics={}, model=build(), labels=labels)
    assert json.loads((folder / "labels.json").read_text()) == labels
    assert (folder / "model.keras").is_file() and (folder / "metrics.json").is_file()


@pytest.mark.parametrize(
    ("build", "labels", "expected"),
    [
        (model, {"kind": "single_label", "labels": ["a", "b"]}, "The model has 10 units, and there are 2"),
        (branches, None, "outputs are color_output, category_output; the labels .* are for a single one"),
        (model, {"kind": "multi_output", "outputs": {"x": ["a"]}}, "outputs are a single one; .* are for x"),
        (
            branches,
            {"kind": "multi_output", "outputs": {"category_output": ["a"], "color_output": ["r", "b"]}},
            "The output 'category_output' has 3 units, and there are 1 labels",
        ),
        (keras.Sequential, {"kind": "single_label", "labels": ["a"]}, "does not know its outputs"),
        (model, {"kind": "multi_label", "labels": ["a"], "threshold": np.float32(0.5)}, "between 0 and 1"),
    ],
)
def test_labels_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path, pictures, build, labels, expected
):
    with pytest.raises(CourseError, match=expected):
        artifacts.save(tmp_path, "x", pictures=pictures, metrics={}, model=build(), labels=labels)
    assert list(tmp_path.iterdir()) == []


def test_several_fits_share_one_history(tmp_path, pictures):
    folder = artifacts.save(
        tmp_path, "x", pictures=pictures, metrics={}, histories={"a": HISTORY, "b": {"loss": [0.1]}}
    )
    assert (folder / "history.csv").read_text().splitlines() == [
        "fit,epoch,accuracy,loss",
        "a,1,0.5,1.0",
        "a,2,0.75,0.5",
        "b,1,,0.1",
    ]


@pytest.mark.parametrize("value", [float("nan"), np.float32(1), object()])
def test_metrics_must_be_plain_json(tmp_path, pictures, value):
    with pytest.raises(CourseError, match=r"metrics\.json takes plain numbers"):
        artifacts.save(tmp_path, "x", pictures=pictures, metrics={"test_accuracy": value})
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["labels.json"]


def test_another_lessons_numbers_are_those_about_the_same_pictures(tmp_path, pictures):
    assert artifacts.kept_metrics(tmp_path, "02_lesson", pictures) == {}
    artifacts.save(tmp_path, "02_lesson", pictures=pictures, metrics={"test_accuracy": 0.9})
    assert artifacts.kept_metrics(tmp_path, "02_lesson", pictures)["test_accuracy"] == 0.9
    published = dataclasses.replace(pictures, source="tfds")
    assert artifacts.kept_metrics(tmp_path, "02_lesson", published) == {}


def test_an_unwritable_folder_is_named(tmp_path, pictures):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match=r"Cannot write .*file.*Choose a folder"):
        artifacts.save(tmp_path / "file", "x", pictures=pictures, metrics={})


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    target = tmp_path / "metrics.json"
    target.write_text("old")
    with pytest.raises(RuntimeError), written_whole(target) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError("power cut")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


@pytest.mark.parametrize(
    ("source", "weights", "header"),
    [
        ("tfds", {}, "this run"),
        ("sample", {}, "this run (sample)"),
        ("folder", {"weights": "published"}, "this run (your pictures)"),
        ("tfds", {"weights": "stand-in"}, "this run (stand-in)"),
        ("sample", {"weights": "stand-in"}, "this run (sample) (stand-in)"),
    ],
)
def test_compare_sets_this_run_beside_the_ledger(monkeypatch, tmp_path, source, weights, header):
    entry = {
        "compare": ["test_accuracy", "parameters", "seconds"],
        "published": {"test_accuracy": 0.9229, "parameters": 693962},
        "ours": {
            "test_accuracy": {"mean": 0.924, "spread": 0.002},
            "seconds": {"mean": 150.0, "spread": 9.0},
        },
    }
    monkeypatch.setattr(artifacts, "ledger", lambda: {"02_lesson": entry})
    metrics = {"lesson": "02_lesson", "test_accuracy": 0.9, "parameters": 693962, "seconds": 61.0}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics | weights | {"data_source": source}))
    text = repr(artifacts.compare(tmp_path))
    rows = [line.split("  ") for line in text.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells[0] == [header, "the course", "published"]
    assert cells[2] == ["test_accuracy", "90.00 %", "92.40 % ± 0.10", "92.29 %"]
    assert cells[3] == ["parameters", "693,962", "-", "693,962"]
    assert cells[4] == ["seconds", "61 s", "2.5 min", "-"]


def test_ingredients_shows_the_gain_of_each_row(monkeypatch):
    rows = [
        {"ingredient": "as published", "validation_accuracy": 0.90},
        {"ingredient": "+ momentum", "validation_accuracy": 0.925},
    ]
    monkeypatch.setattr(
        artifacts, "ledger", lambda: {"04": {"ingredients": {"title": "3 epochs", "rows": rows}}}
    )
    assert repr(artifacts.ingredients("04")).splitlines()[-1].split("  ")[-1] == "+2.50"
