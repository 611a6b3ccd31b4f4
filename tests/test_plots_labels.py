"""Figures of several labels or outputs: what is right, where curves and markers are, what is refused."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from course_utils import plots
from course_utils.errors import CourseError
from course_utils.plots import style

LABELS = ["black", "blue", "dress", "jeans"]
TRUTHS = np.array([[0, 1, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1]])
# Right in the other order, right, and blue jeans for black jeans.
PROBABILITIES = np.array([[0.01, 0.99, 0.97, 0.02], [0.1, 0.6, 0.3, 0.8], [0.4, 0.7, 0.1, 0.9]])
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 3), dtype=np.uint8)

NAMES = {"category_output": ["dress", "jeans"], "color_output": ["black", "blue", "red"]}
CLASSES = {"category_output": np.array([0, 1, 1]), "color_output": np.array([1, 2, 0])}
ROWS = {
    "category_output": np.array([[0.99, 0.01], [0.02, 0.98], [0.75, 0.25]]),
    "color_output": np.array([[0.1, 0.9, 0], [0.1, 0.61, 0.29], [0.2, 0.5, 0.3]]),
}


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def frames(figure):
    spines = [axes.spines["left"] for axes in figure.axes]
    return [(to_hex(spine.get_edgecolor()).upper(), spine.get_linewidth()) for spine in spines]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def points(axes):
    """The single points on axes, such as markers of a threshold."""
    lines = [line for line in axes.lines if len(line.get_xdata()) == 1]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


# label_predictions


def test_the_most_probable_labels_are_right_as_a_set():
    figure = plots.label_predictions(IMAGES, TRUTHS, PROBABILITIES, LABELS)
    assert titles(figure) == [
        "✓ blue 99 %\ndress 97 %",
        "✓ jeans 80 %\nblue 60 %",
        "✗ jeans 90 %\nblue 70 %\ntrue: black, jeans",
    ]
    assert frames(figure) == [(style.BLUE, 2), (style.BLUE, 2), (style.ORANGE, 5)]
    assert (
        figure.get_suptitle().replace("\n", " ") == "The most probable labels of each picture: 2 of 3 right"
    )
    assert figure.alt.startswith("The most probable labels of each picture, 2 of 3 right: ✓ blue 99 %, dress")
    assert figure.alt.endswith("; ✗ jeans 90 %, blue 70 %, true: black, jeans.")


def test_label_predictions_show_no_more_than_asked():
    figure = plots.label_predictions(IMAGES, TRUTHS, PROBABILITIES, LABELS, count=2, title="Two")
    assert len(figure.axes) == 2
    assert figure.get_suptitle() == "Two"
    assert "2 of 2 right" in figure.alt


def test_as_many_labels_are_named_as_are_true_and_at_least_one():
    truths = [[0, 1, 0, 0], [1, 1, 0, 1], [0, 0, 0, 0]]
    figure = plots.label_predictions(IMAGES, truths, PROBABILITIES, LABELS)
    assert titles(figure) == [
        "✓ blue 99 %",
        "✗ jeans 80 %\nblue 60 %\ndress 30 %\ntrue: black, blue, jeans",
        "✗ jeans 90 %\ntrue: none",
    ]
    assert figure.get_suptitle() == "The most probable labels of each picture: 1 of 3 right"


@pytest.mark.parametrize(
    ("truths", "rows", "message"),
    [
        (TRUTHS[:, :3], PROBABILITIES, r"truths must be .* \(pictures, 4\); these have shape \(3, 3\)"),
        (TRUTHS * 2, PROBABILITIES, "truths must be between 0 and 1.*A truth is 0 or 1"),
        (PROBABILITIES, TRUTHS, "probabilities come after truths"),
        (TRUTHS, PROBABILITIES[:, :3], r"probabilities must be .* have shape \(3, 3\)"),
        (TRUTHS, PROBABILITIES * 9, "between 0 and 1.*sigmoid"),
        (TRUTHS[:2], PROBABILITIES, "3 images, 2 truths, 3 probabilities"),
    ],
)
def test_label_predictions_explain_what_is_wrong(truths, rows, message):
    with pytest.raises(CourseError, match=message):
        plots.label_predictions(IMAGES, truths, rows, LABELS)


# output_predictions


def test_each_output_has_a_line_and_the_frame_asks_for_all():
    figure = plots.output_predictions(IMAGES, CLASSES, ROWS, NAMES)
    assert titles(figure) == [
        "✓ dress 99 %\n✓ blue 90 %",
        "✓ jeans 98 %\n✗ blue 61 % (red)",
        "✗ dress 75 % (jeans)\n✗ blue 50 % (black)",
    ]
    assert frames(figure) == [(style.BLUE, 2), (style.ORANGE, 5), (style.ORANGE, 5)]
    score = "All outputs together (category_output 2, color_output 1): 1 of 3 right"
    assert figure.get_suptitle().replace("\n", " ") == score
    assert figure.alt.endswith("✓ jeans 98 %, ✗ blue 61 % (red); ✗ dress 75 % (jeans), ✗ blue 50 % (black).")


def test_the_order_of_lines_is_that_of_the_names_not_of_the_predictions():
    swapped = dict(reversed(ROWS.items()))
    figure = plots.output_predictions(IMAGES, CLASSES, swapped, NAMES, count=1)
    assert titles(figure) == ["✓ dress 99 %\n✓ blue 90 %"]


@pytest.mark.parametrize(
    ("truths", "rows", "message"),
    [
        (CLASSES, list(ROWS.values()), "probabilities must be a dict.*this is a list.*dict\\(zip"),
        ({"category_output": [0, 1, 1]}, ROWS, "truths must be a dict.*this is category_output"),
        (
            CLASSES,
            ROWS | {"color_output": ROWS["category_output"]},
            "probabilities of color_output must be .* have shape",
        ),
        (CLASSES | {"color_output": np.array([0, 3, 1])}, ROWS, "labels of color_output go from 0 to 3"),
        (CLASSES | {"color_output": np.array([0, 1])}, ROWS, "2 labels of color_output"),
    ],
)
def test_output_predictions_explain_what_is_wrong(truths, rows, message):
    with pytest.raises(CourseError, match=message):
        plots.output_predictions(IMAGES, truths, rows, NAMES)


# precision_recall


def test_the_marker_is_the_precision_and_recall_of_the_threshold():
    # Four pictures have the label; at 0.5 three of them are found, and one picture too many.
    truth = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    score = np.array([0.9, 0.8, 0.5, 0.3, 0.6, 0.4, 0.2, 0.1])
    truths, scores = np.stack([truth, truth], axis=1), np.stack([score, truth * 0.8 + 0.1], axis=1)
    figure = plots.precision_recall(truths, scores, ["blue", "red"], threshold=0.5)
    assert points(figure.axes[0]) == [(0.75, 0.75), (1, 1)]
    # Average precision: 1/4 each at precision 1, 1, 3/4 and 4/6.
    assert legend(figure) == ["blue: AP 0.854", "red: AP 1.000"]
    assert figure.legends[0].get_title().get_text() == "marker: threshold 0.5"
    assert "blue 0.854 (precision 75 %, recall 75 %); red 1.000" in figure.alt


def test_axes_say_where_they_start():
    rng = np.random.default_rng(0)
    truths = rng.integers(0, 2, (400, 2))
    figure = plots.precision_recall(truths, truths * 0.6 + 0.4 * rng.random((400, 2)), ["blue", "red"])
    axes = figure.axes[0]
    assert axes.get_xlim()[0] == axes.get_ylim()[0] == pytest.approx(0.9)
    assert "axis starts at 90 %" in axes.get_xlabel() and "axis starts at 90 %" in axes.get_ylabel()
    poor = plots.precision_recall(truths, rng.random((400, 2)), ["blue", "red"], threshold=1).axes[0]
    assert poor.get_xlim()[0] == 0 and "starts" not in poor.get_xlabel()


def test_curves_differ_without_colour():
    truths = np.repeat([[0] * 7, [1] * 7], 3, axis=0)
    names = [*"abcdefg"]
    figure = plots.precision_recall(truths, truths * 0.9, names, threshold=0.5)
    marked = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert len({line.get_marker() for line in marked}) == 7
    assert len({line.get_color() for line in marked}) == 7
    assert len({line.get_linestyle() for line in figure.axes[0].lines}) == 4


def test_a_label_without_pictures_is_named():
    truths = np.array([[1, 0], [0, 0]])
    figure = plots.precision_recall(truths, truths * 0.5, ["blue", "red"])
    assert legend(figure) == ["blue: AP 1.000"]
    assert figure.alt.endswith("no picture has red.")
    with pytest.raises(CourseError, match="No picture has any of the labels"):
        plots.precision_recall(truths * 0, truths * 0.5, ["blue", "red"])


@pytest.mark.parametrize(
    ("rows", "threshold", "message"),
    [(PROBABILITIES[:2], 0.5, "3 truths, 2 probabilities"), (PROBABILITIES, 50, "threshold must be")],
)
def test_precision_recall_explains_what_is_wrong(rows, threshold, message):
    with pytest.raises(CourseError, match=message):
        plots.precision_recall(TRUTHS, rows, LABELS, threshold)


# threshold_scores


def test_the_chosen_threshold_is_marked_on_each_line():
    scores = {"exact match": [0.5, 0.8, 0.6], "F1": [0.7, 0.9, 0.95]}
    figure = plots.threshold_scores([0.2, 0.4, 0.6], scores, chosen=0.5)
    np.testing.assert_allclose(points(figure.axes[0]), [(0.5, 0.7), (0.5, 0.925)])
    assert legend(figure) == ["exact match: 70.0 %", "F1: 92.5 %"]
    assert "exact match is highest with 80.0 % at 0.4, and 70.0 % at 0.5" in figure.alt
    assert figure.axes[0].get_ylim() == (0.5, 1)
    assert "axis starts at 50 %" in figure.axes[0].get_ylabel()


@pytest.mark.parametrize(
    ("thresholds", "scores", "chosen", "message"),
    [
        ([0.2, 0.4], {}, 0.3, "0 scores"),
        ([0.4, 0.2], {"F1": [0.5, 0.6]}, 0.3, "must increase"),
        ([0.2, 0.4], {"F1": [0.5]}, 0.3, r"scores 'F1' must be .* shape \(2\)"),
        ([0.2, 0.4], {"F1": [50, 60]}, 0.3, "scores 'F1' must be.*such as 50"),
        ([0.2, 0.4], {"F1": [0.5, np.nan]}, 0.3, "scores 'F1' must be"),
        ([0.2, 0.4], {"F1": [0.5, 0.6]}, 0.5, "chosen must be between 0.2 and 0.4.*0.5"),
    ],
)
def test_threshold_scores_explain_what_is_wrong(thresholds, scores, chosen, message):
    with pytest.raises(CourseError, match=message):
        plots.threshold_scores(thresholds, scores, chosen)


def test_all_fit_the_page_and_are_marked_as_sample():
    plots.use_source("sample")
    made = [
        plots.label_predictions(IMAGES, TRUTHS, PROBABILITIES, LABELS),
        plots.output_predictions(IMAGES, CLASSES, ROWS, NAMES),
        plots.precision_recall(TRUTHS, PROBABILITIES, LABELS, 0.5),
        plots.threshold_scores([0.2, 0.4], {"F1": [0.5, 0.6]}, 0.3),
    ]
    for figure in made:
        assert figure.alt.startswith("Sample pictures, drawn by the course. ")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        assert Image.open(buffer).width <= 1000


def test_top_labels_are_ranked_and_described():
    image = np.full((8, 8, 3), 128, np.uint8)
    figure = plots.top_labels(image, [0.1, 0.7, 0.2], ["fox", "owl", "bear"])
    assert "owl 70.0 %; bear 20.0 %; fox 10.0 %" in figure.alt
    bars = figure.axes[1]
    assert [text.get_text() for text in bars.get_yticklabels()] == ["owl", "bear", "fox"]
    assert [bar.get_width() for bar in bars.patches] == [0.7, 0.2, 0.1]


@pytest.mark.parametrize("probabilities", [[0.5, 0.5], [0.5, 0.4, 1.2]])
def test_top_labels_refuse_what_are_no_probabilities_of_the_labels(probabilities):
    with pytest.raises(CourseError):
        plots.top_labels(np.zeros((8, 8, 3), np.uint8), probabilities, ["fox", "owl", "bear"])
