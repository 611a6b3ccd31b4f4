"""The smoke run of every lesson, on drawn pictures: it runs, it obeys its parameters, its network learns."""

import json

import nbformat
import numpy as np
import pytest
import yaml

from course_utils import data, training
from course_utils.cli import running
from course_utils.cli.lessons import all_lessons, find_lesson
from course_utils.files import course_folder

SEED = 1  # not the lessons' own, so that a run which ignores its parameters shows
# The lowest main metric that counts as learned. A network trained on shuffled labels stays near one in ten;
# of two labels it has both right even less often. Of two classes it has about half right: on the 100 pictures
# of lesson 08, in four tries, 46 to 57 %.
BARS = {
    "00_start_here": 0.4,
    "01_meet_fashion_mnist": 0.5,
    "02_cnn_with_1_conv_layer": 0.6,
    "03_cnn_with_3_conv_layers": 0.5,
    "04_cnn_with_4_conv_layers": 0.5,
    "05_transfer_from_vgg19": 0.4,
    "06_multi_label_smaller_vggnet": 0.4,
    "07_multi_output_fashionnet": 0.4,
    "08_mobilenet_on_cats_vs_dogs": 0.6,
    "09_mobilenet_and_inception_on_flowers": 0.6,
    "10_inside_a_cnn": 0.6,
}
PUBLISHED_PARAMETERS = {
    "02_cnn_with_1_conv_layer": (693_962, 693_962),
    "03_cnn_with_3_conv_layers": (241_546, 241_546),
    "04_cnn_with_4_conv_layers": (1_221_546, 1_219_754),
    "06_multi_label_smaller_vggnet": (8_680_327, 8_677_447),
    "07_multi_output_fashionnet": (2_656_135, 2_654_375),
}
FIGURES = {
    "00_start_here": 1,
    "01_meet_fashion_mnist": 6,
    "02_cnn_with_1_conv_layer": 6,
    "03_cnn_with_3_conv_layers": 4,
    "04_cnn_with_4_conv_layers": 4,
    "05_transfer_from_vgg19": 4,
    "06_multi_label_smaller_vggnet": 8,
    "07_multi_output_fashionnet": 6,
    "08_mobilenet_on_cats_vs_dogs": 5,
    "09_mobilenet_and_inception_on_flowers": 3,
    "10_inside_a_cnn": 13,
}
# The numbers that a lesson with one label a picture keeps, and those of the others.
SINGLE = {"test_accuracy", "test_loss", "plain_test_accuracy"}
METRICS = {
    "05_transfer_from_vgg19": {
        "test_accuracy",
        "test_loss",
        "small_test_accuracy",
        "feature_seconds",
        "head_seconds",
    },
    "06_multi_label_smaller_vggnet": {
        "label_accuracy",
        "exact_match",
        "label_f1",
        "threshold",
        "unseen_exact_match",
    },
    "07_multi_output_fashionnet": {
        "category_accuracy",
        "color_accuracy",
        "both_accuracy",
        "unseen_both_accuracy",
    },
    "08_mobilenet_on_cats_vs_dogs": {"validation_accuracy", "feature_seconds", "head_seconds"},
    "09_mobilenet_and_inception_on_flowers": {
        "validation_accuracy",
        "mobilenet_accuracy",
        "inception_accuracy",
        "best_accuracy",
        "feature_seconds",
        "head_seconds",
    },
}
# What a lesson breaks on purpose may warn.
MEANT = ("Argument `decay` is no longer supported", "warnings.warn(")
MOST_MEMORY = 2.5e9  # bytes


def smoke_parameters(lesson):
    """The parameters of the smoke profile for one lesson, with a seed of our own."""
    profile = yaml.safe_load((course_folder() / "ci" / "profiles" / "smoke.yaml").read_text(encoding="utf-8"))
    return profile["parameters"] | profile["lessons"].get(lesson, {}) | {"SEED": SEED}


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
    assert metrics[metrics["main_metric"]] >= BARS[lesson]
    if lesson in PUBLISHED_PARAMETERS:
        assert (metrics["parameters"], metrics["trainable_parameters"]) == PUBLISHED_PARAMETERS[lesson]
    if lesson in PUBLISHED_PARAMETERS | METRICS:
        assert METRICS.get(lesson, SINGLE) | {"seconds"} <= set(metrics)
        assert (tmp_path / lesson / "model.keras").is_file()
    assert outcome.peak_memory < MOST_MEMORY

    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    outputs = [output for cell in executed.cells if cell.cell_type == "code" for output in cell.outputs]
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) >= FIGURES[lesson]
    assert all(figure.metadata["image/png"]["alt"] for figure in figures)
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
    assert accuracy < 0.6 * min(BARS.values())
