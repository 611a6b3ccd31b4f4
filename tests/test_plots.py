"""The figures: what they show, that they say it in words too, and that a notebook shows each of them once."""

import inspect
import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.colors import to_hex
from matplotlib.text import Text
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image

from course_utils import plots
from course_utils.errors import CourseError
from course_utils.plots import style

NAMES = ["T-shirt/top", "Trouser", "Pullover"]
HISTORY = {
    "loss": [0.9, 0.5, 0.25],
    "accuracy": [0.6, 0.7, 0.8],
    "val_loss": [0.8, 0.6, 0.5],
    "val_accuracy": [0.5, 0.625, 0.75],
}


@pytest.fixture
def pictures():
    """Twelve grey pictures of 8 x 8 pixels, four of each class in turn; class 1 is all black."""
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), dtype=np.uint8)
    labels = np.arange(12) % 3
    images[labels == 1] = 0
    return images, labels


def dataset(pictures):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(pictures)


def probabilities(guesses, confidence=0.8):
    """Rows with ``confidence`` for the guess; a number or one a row."""
    rows = np.full((len(guesses), 3), 1 - np.broadcast_to(confidence, len(guesses))[:, None]) / 2
    rows[np.arange(len(guesses)), guesses] = confidence
    return rows


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def shown(figure):
    """The pictures on a figure, as Matplotlib holds them."""
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer


# grid


def test_grid_shows_each_picture_under_its_name(pictures):
    figure = plots.grid(pictures, NAMES, columns=5)
    assert titles(figure) == NAMES * 4
    for picture, image in zip(shown(figure), pictures[0], strict=True):
        np.testing.assert_array_equal(picture, image[..., 0])
    assert len({axes.get_position().x0 for axes in figure.axes}) == 5
    assert figure.get_suptitle() == "12 pictures with their classes"
    assert figure.alt == "Grid of 12 pictures with their classes: T-shirt/top, Trouser, Pullover."


def test_grid_takes_a_dataset_and_keeps_labels_with_shuffled_pictures(pictures):
    images, labels = pictures
    images = images * 0 + labels[:, None, None, None].astype(np.uint8)
    figure = plots.grid(dataset((images, labels)).shuffle(12), NAMES)
    for title, picture in zip(titles(figure), shown(figure), strict=True):
        assert NAMES[picture[0, 0]] == title


def test_grid_reads_no_more_than_it_shows(pictures):
    figure = plots.grid(dataset(pictures).repeat(), NAMES, title="Endless")
    assert len(figure.axes) == 100
    assert figure.get_suptitle() == "Endless"


def test_grid_takes_pictures_of_different_sizes_and_colours():
    images = [np.full((20, 30, 3), (255, 0, 0), np.uint8), np.full((40, 25, 1), 9, np.uint8)]
    figure = plots.grid((images, [0, 1]), NAMES)
    assert [picture.shape for picture in shown(figure)] == [(20, 30, 3), (40, 25)]


def test_grid_without_class_names_takes_the_labels_as_captions(pictures):
    figure = plots.grid((pictures[0][:2], ["conv: 1", 7]), columns=2)
    assert titles(figure) == ["conv: 1", "7"]
    assert (figure.get_suptitle(), figure.alt) == ("2 pictures", "Grid of 2 pictures: conv: 1, 7.")


@pytest.mark.parametrize("factor", [1, 1 / 255])
def test_float_pictures_look_like_whole_ones(pictures, factor):
    images, labels = pictures
    floats = plots.grid((images * np.float32(factor), labels), NAMES)
    for left, right in zip(shown(floats), images, strict=True):
        np.testing.assert_array_equal(left, right[..., 0])


def test_dark_float_pictures_stay_dark(pictures):
    # Scaled twice, as in the mistake that a lesson shows: the figure must not hide it by stretching.
    figure = plots.grid((pictures[0] / 255**2, pictures[1]), NAMES)
    assert max(picture.max() for picture in shown(figure)) == 1
    assert figure.axes[0].images[0].get_clim() == (0, 255)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images, labels: (images[:0], labels[:0]), "nothing to show"),
        (lambda images, labels: (images, labels[:-1]), "12 images, 11 labels"),
        (lambda images, labels: (images, labels + 1), "1 to 3, but there are 3 class names"),
        (lambda images, labels: (images, labels - 1), "-1 to 1"),
        (lambda images, labels: (images, labels / 2), "whole numbers"),
        (lambda images, labels: (images, np.eye(3)[labels]), "argmax"),
        (lambda images, labels: (images / -255, labels), "between 0 and 255"),
        (lambda images, labels: (np.where(images > 9, np.nan, images), labels), "between 0 and 255"),
        (lambda images, labels: (images[..., 0, 0], labels), "shape"),
        (lambda images, labels: (images.repeat(4, axis=3), labels), "shape"),
        (lambda images, labels: images, "pair"),
    ],
)
def test_grid_explains_what_is_wrong(pictures, change, message):
    with pytest.raises(CourseError, match=message):
        plots.grid(change(*pictures), NAMES)


def test_a_batched_dataset_is_named(pictures):
    with pytest.raises(CourseError, match="batched"):
        plots.grid(dataset(pictures).batch(4), NAMES)


# class_balance


def test_class_balance_counts(pictures):
    parts = {"train": dataset(pictures), "validation": pictures[1], "test": [2, 2, 0]}
    figure = plots.class_balance(parts, NAMES)
    (axes,) = figure.axes
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    assert heights == [[4, 4, 4], [4, 4, 4], [1, 0, 2]]
    assert [text.get_text() for text in axes.get_xticklabels()] == NAMES
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["train: 12", "validation: 12", "test: 3"]
    # Blue and orange, and a pattern for those who see no colour.
    assert to_hex(axes.containers[0][0].get_facecolor()).upper() == style.BLUE
    assert len({bars[0].get_hatch() for bars in axes.containers}) == 3
    assert axes.get_xlabel() and axes.get_ylabel()
    assert "train 12 (4 to 4 a class)" in figure.alt and "test 3 (0 to 2 a class)" in figure.alt


def test_class_balance_names_the_part_with_a_wrong_label():
    with pytest.raises(CourseError, match="labels of test"):
        plots.class_balance({"train": [0, 1], "test": [3]}, NAMES)


# histories


def test_histories_draws_training_dashed_and_validation_solid():
    longer = {
        f"sparse_categorical_{key}" if key == "accuracy" else key: value for key, value in HISTORY.items()
    }
    longer["val_sparse_categorical_accuracy"] = longer.pop("val_accuracy")
    figure = plots.histories({"plain": HISTORY, "augmented": longer}, title="Two fits")
    loss, accuracy = figure.axes
    labels = ["plain, training", "plain, validation", "augmented, training", "augmented, validation"]
    assert [line.get_label() for line in accuracy.lines] == labels
    assert [line.get_linestyle() for line in loss.lines] == ["--", "-", "--", "-"]
    colours = [style.BLUE, style.BLUE, style.ORANGE, style.ORANGE]
    assert [line.get_color() for line in loss.lines] == colours
    assert len({line.get_marker() for line in loss.lines}) == 2
    np.testing.assert_array_equal(loss.lines[0].get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(accuracy.lines[3].get_ydata(), HISTORY["val_accuracy"])
    assert (loss.get_xlabel(), loss.get_ylabel(), accuracy.get_title()) == ("epoch", "loss", "accuracy")
    assert accuracy.yaxis.get_major_formatter()(0.75) == "75.0 %"
    assert all(tick == round(tick) for tick in loss.get_xticks())
    assert "plain validation accuracy 75.0 %" in figure.alt and "plain training loss 0.250" in figure.alt


def test_histories_takes_what_fit_returns_and_does_without_validation():
    figure = plots.histories(SimpleNamespace(history={"loss": [1.0], "accuracy": [0.5]}))
    assert [len(axes.lines) for axes in figure.axes] == [1, 1]
    assert figure.axes[0].lines[0].get_label() == "training"


def test_validation_that_was_asked_every_few_epochs_stands_at_these():
    history = {"loss": np.array([4.0, 3.0, 2.0, 1.0, 0.5]), "val_loss": np.array([3.5, 1.5])}
    lines = plots.histories(history, metrics="loss").axes[0].lines
    assert [line.get_xdata().tolist() for line in lines] == [[1, 2, 3, 4, 5], [2, 4]]


def test_histories_draws_a_fit_that_goes_on_where_it_begins():
    later = SimpleNamespace(epoch=[2, 3], history={"loss": [0.5, 0.4]})
    first, second = (
        plots.histories({"first": {"loss": [1.0, 0.7]}, "second": later}, metrics="loss").axes[0].lines
    )
    assert first.get_xdata().tolist() == [1, 2]
    assert second.get_xdata().tolist() == [3, 4]


def test_histories_of_a_diverged_fit_is_a_figure():
    png(plots.histories({"loss": [1.0, float("nan"), float("nan")]}, metrics=["loss"]))


@pytest.mark.parametrize(
    ("history", "metrics", "message"),
    [
        ({"loss": [1]}, ["accuracy"], "not there.*loss"),
        ({"colour_accuracy": [1], "category_accuracy": [1]}, ["accuracy"], "ambiguous.*category_accuracy"),
        ({}, ["loss"], "nothing"),
    ],
)
def test_histories_explains_what_is_wrong(history, metrics, message):
    with pytest.raises(CourseError, match=message):
        plots.histories(history, metrics)


# confusion_matrix


@pytest.mark.parametrize("as_probabilities", [True, False])
def test_confusion_matrix_counts(as_probabilities):
    labels, guesses = [0, 0, 0, 1, 1, 2], [0, 2, 2, 1, 1, 0]
    figure = plots.confusion_matrix(labels, probabilities(guesses) if as_probabilities else guesses, NAMES)
    (axes,) = figure.axes
    counts = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}
    assert counts[0, 0] == "1" and counts[0, 2] == "2" and counts[1, 1] == "2" and counts[2, 0] == "1"
    assert sum(map(int, counts.values())) == 6
    assert [text.get_text() for text in axes.get_xticklabels()] == NAMES
    assert [text.get_text() for text in axes.get_yticklabels()] == NAMES
    assert axes.get_xlabel().startswith("predicted") and axes.get_ylabel().startswith("true")
    np.testing.assert_allclose(axes.images[0].get_array()[0], [1 / 3, 0, 2 / 3])
    most = "most often T-shirt/top taken for Pullover (2)"
    assert figure.alt == f"Confusion matrix, 50.0 % of 6 right: {most}."


def test_confusion_matrix_numbers_stand_out_from_their_colour():
    labels = np.repeat(np.arange(3), 100)
    guesses = labels.copy()
    guesses[:35], guesses[100:150] = 1, 2
    axes = plots.confusion_matrix(labels, guesses, NAMES).axes[0]
    for text in axes.texts:
        column, row = text.get_position()
        background = axes.images[0].to_rgba(axes.images[0].get_array())[int(row), int(column)]
        assert contrast(text.get_color(), background) >= 4.5


def contrast(first, second):
    """The contrast of WCAG 2: 4.5 and more is readable."""
    from matplotlib.colors import to_rgb

    levels = np.array([to_rgb(first), to_rgb(second[:3])])
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


def test_confusion_matrix_without_mistakes_and_with_a_missing_class():
    assert plots.confusion_matrix([0, 2], [0, 2], NAMES).alt.endswith("100.0 % of 2 right.")


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ([0, 1], "3 labels, 2 predictions"),
        ([0, 1, 3], "predictions go from 0 to 3"),
        (np.ones((3, 2)) / 2, r"\(pictures, 3\)"),
        (np.full((3, 3), np.nan), "between 0 and 1"),
        (np.array([[4.0, -2, 1]] * 3), "logits"),
    ],
)
def test_confusion_matrix_explains_what_is_wrong(predictions, message):
    with pytest.raises(CourseError, match=message):
        plots.confusion_matrix([0, 1, 2], predictions, NAMES)


# predictions


def test_predictions_tell_right_from_wrong_with_and_without_colour(pictures):
    images, labels = pictures
    guesses = labels.copy()
    guesses[1] = 2
    figure = plots.predictions(images, labels, probabilities(guesses), NAMES, count=3)
    assert titles(figure) == ["✓ T-shirt/top 80 %", "✗ Pullover 80 %\ntrue: Trouser", "✓ Pullover 80 %"]
    frames = [axes.spines["left"] for axes in figure.axes]
    assert [to_hex(frame.get_edgecolor()).upper() for frame in frames] == [
        style.BLUE,
        style.ORANGE,
        style.BLUE,
    ]
    assert frames[1].get_linewidth() > frames[0].get_linewidth()
    assert figure.get_suptitle() == "Predictions: 2 of 3 right"
    each = "✓ T-shirt/top 80 %; ✗ Pullover 80 %, true: Trouser; ✓ Pullover 80 %"
    assert figure.alt == f"Predictions, 2 of 3 right: {each}."


def test_most_confident_mistakes_come_first(pictures):
    images, labels = pictures
    guesses = labels.copy()
    guesses[[2, 5, 7]] = [0, 1, 2]
    confidence = np.linspace(0.5, 0.9, 12)
    figure = plots.most_confident_mistakes(images, labels, probabilities(guesses, confidence), NAMES)
    assert [title.split()[0] for title in titles(figure)] == ["✗", "✗", "✗"]
    np.testing.assert_array_equal(shown(figure)[0], images[7, ..., 0])
    np.testing.assert_array_equal(shown(figure)[1], images[5, ..., 0])
    title = " ".join(figure.get_suptitle().split())
    assert title == "The 3 most confident of 3 mistakes in 12 pictures"


def test_no_mistake_is_a_figure_that_says_so(pictures):
    figure = plots.most_confident_mistakes(*pictures, probabilities(pictures[1]), NAMES)
    assert figure.alt == "No mistake in 12 pictures."
    png(figure)


@pytest.mark.parametrize("function", [plots.predictions, plots.most_confident_mistakes])
def test_predictions_of_other_pictures_are_refused(pictures, function):
    images, labels = pictures
    with pytest.raises(CourseError, match="12 images, 12 labels, 11 probabilities"):
        function(images, labels, probabilities(labels[:-1]), NAMES)


# scatter


def test_scatter_has_a_colour_a_marker_and_a_name_for_each_class(pictures):
    points = np.random.default_rng(1).normal(size=(12, 2))
    figure = plots.scatter(points, pictures[1], NAMES, xlabel="first", ylabel="second")
    (axes,) = figure.axes
    for label, cloud in enumerate(axes.collections):
        np.testing.assert_array_equal(cloud.get_offsets(), points[pictures[1] == label])
    assert len({tuple(cloud.get_facecolor()[0]) for cloud in axes.collections}) == 3
    assert len({cloud.get_paths()[0].vertices.tobytes() for cloud in axes.collections}) == 3
    assert sorted(text.get_text() for text in axes.texts) == sorted(NAMES)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == NAMES
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("first", "second")
    assert "12 pictures as points, second against first" in figure.alt


def test_colours_differ_for_everybody():
    """Any two of the first ten classes differ in colour, and all in marker."""
    assert len(set(style.COLOURS)) == len(set(style.MARKERS)) == 10
    combinations = {(label % 10, (label + label // 10) % 10) for label in range(100)}
    assert len(combinations) == 100


def test_scatter_names_do_not_cover_each_other():
    points = np.tile([[0.0, 0.0], [1.0, 1.0]], (3, 1))
    figure = plots.scatter(points, [0, 0, 1, 1, 2, 2], NAMES)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(one.overlaps(other) for index, one in enumerate(boxes) for other in boxes[:index])


def test_scatter_thins_its_thumbnails():
    generator = np.random.default_rng(2)
    images, labels = generator.integers(0, 256, (400, 8, 8), np.uint8), generator.integers(0, 3, 400)
    figure = plots.scatter(generator.normal(size=(400, 2)), labels, NAMES, images=images)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [artist.patch.get_window_extent() for artist in axes.artists]
    assert 20 < len(boxes) < 300
    assert not any(one.overlaps(other) for index, one in enumerate(boxes) for other in boxes[:index])
    names = [text.get_window_extent() for text in axes.texts]
    assert not any(name.overlaps(box) for name in names for box in boxes)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        ([[0, np.nan], [1, 1]], [0, 1], "1 are not, such as nan at .0, 1."),
        ([[0, 1, 2], [1, 1, 1]], [0, 1], r"\(n, 2\)"),
        ([[0, 1], [1, 1]], [0], "2 points, 1 labels"),
    ],
)
def test_scatter_explains_what_is_wrong(points, labels, message):
    with pytest.raises(CourseError, match=message):
        plots.scatter(points, labels, NAMES)


# all figures


def all_figures(pictures):
    images, labels = pictures
    rows = probabilities(np.roll(labels, 1))
    return {
        "grid": plots.grid(pictures, NAMES),
        "class_balance": plots.class_balance({"train": labels, "test": labels}, NAMES),
        "histories": plots.histories({"plain": HISTORY}),
        "confusion_matrix": plots.confusion_matrix(labels, rows, NAMES),
        "predictions": plots.predictions(images, labels, rows, NAMES),
        "most_confident_mistakes": plots.most_confident_mistakes(images, labels, rows, NAMES),
        "scatter": plots.scatter(rows[:, :2], labels, NAMES, images=images),
    }


def test_every_figure_fits_a_page_and_says_in_words_what_it_shows(pictures):
    for name, figure in all_figures(pictures).items():
        buffer = png(figure)
        assert Image.open(buffer).width <= 1000, name
        assert len(buffer.getvalue()) < 300_000, name
        assert figure.get_suptitle(), name
        assert len(figure.alt) > 20 and figure.alt.endswith(".") and "sample" not in figure.alt, name


# Names as people give them to folders: dollars, carets, braces, an underscore at the start.
ODD_NAMES = ["a$b^c_{d", "_$x^{2$", "100 % \\frac{$"]


def every_figure_with_odd_names():
    """A figure of each function of ``plots``, with ``ODD_NAMES`` wherever names go."""
    import keras

    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    labels, rows = np.arange(6) % 3, probabilities(np.arange(6) % 2)
    first, truths = ODD_NAMES[0], np.eye(3)[labels]
    judged = images, labels, rows, ODD_NAMES
    outputs = [{first: part} for part in (labels, rows, ODD_NAMES)]
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name=first)])
    return {
        "grid": plots.grid((images, labels), ODD_NAMES, title=" or ".join(ODD_NAMES)),
        "class_balance": plots.class_balance({name: labels for name in ODD_NAMES}, ODD_NAMES),
        "histories": plots.histories({name: HISTORY for name in ODD_NAMES}),
        "confusion_matrix": plots.confusion_matrix(labels, rows, ODD_NAMES),
        "predictions": plots.predictions(*judged),
        "most_confident_mistakes": plots.most_confident_mistakes(*judged),
        "label_predictions": plots.label_predictions(images, truths, rows, ODD_NAMES),
        "output_predictions": plots.output_predictions(images, *outputs),
        "top_labels": plots.top_labels(images[0], rows[0], ODD_NAMES),
        "precision_recall": plots.precision_recall(truths, rows, ODD_NAMES, threshold=0.5),
        "threshold_scores": plots.threshold_scores(
            [0.2, 0.4], {name: [0.5, 0.6] for name in ODD_NAMES}, chosen=0.3
        ),
        "scatter": plots.scatter(rows[:, :2], labels, ODD_NAMES, images, xlabel=first, ylabel=first),
        "feature_maps": plots.feature_maps({name: np.ones((1, 4, 4, 2)) for name in ODD_NAMES}),
        "heat_maps": plots.heat_maps(images[:3], {name: np.ones((3, 4, 4)) for name in ODD_NAMES}, ODD_NAMES),
        "network_diagram": plots.network_diagram(network, title=" or ".join(ODD_NAMES)),
    }


def test_names_are_never_read_as_mathematics():
    made = every_figure_with_odd_names()
    functions = {name for name, value in vars(plots).items() if inspect.isfunction(value)}
    assert set(made) == functions - {"use_source", "use_weights"}
    for name, figure in made.items():
        png(figure)
        texts = [text for text in figure.findobj(Text) if "$" in text.get_text()]
        assert texts and not any(text.get_parse_math() for text in texts), name
    for name in ("class_balance", "histories", "precision_recall", "threshold_scores", "scatter"):
        entries = " ".join(text.get_text() for text in made[name].legends[0].get_texts())
        assert all(odd in entries for odd in ODD_NAMES), name


def test_figures_of_a_sample_run_carry_the_word(pictures):
    plain = all_figures(pictures)
    plots.use_source("sample")
    for name, figure in all_figures(pictures).items():
        footers = [text for text in figure.texts if "sample" in text.get_text()]
        assert len(footers) == 1, name
        assert figure.alt == f"Sample pictures, drawn by the course. {plain[name].alt}", name
        # On a strip of its own: under everything else, and inside the page.
        figure.draw_without_rendering()
        box = footers[0].get_window_extent()
        assert box.y0 >= 0 and box.x1 <= figure.bbox.x1, name
        for part in [*figure.axes, *figure.legends]:
            assert not part.get_tightbbox().overlaps(box), name
    plots.use_source("tfds")
    assert not any("sample" in text.get_text() for text in plots.grid(pictures, NAMES).texts)


def test_a_long_title_is_broken_into_lines(pictures):
    figure = plots.grid((pictures[0][:1], pictures[1][:1]), NAMES, title="A very long title " * 6)
    figure.draw_without_rendering()
    (title,) = [text for text in figure.texts if text.get_text() == figure.get_suptitle()]
    box = title.get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1


def test_plots_come_without_tensorflow():
    code = "import sys; from course_utils import plots; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


CELLS = [
    "import numpy as np\nfrom course_utils import plots\npictures = np.zeros((4, 8, 8, 1)), [0, 1, 0, 1]",
    'plots.grid(pictures, ["cat", "dog"])',
    '%matplotlib inline\n%config InlineBackend.figure_formats = ["retina"]\nimport matplotlib.pyplot as plt\n'
    'figure = plots.grid(pictures, ["<cat> & \\"tom\\"", "dog"])\nfigure',
]


def test_a_notebook_shows_each_figure_once_with_its_words():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    root = str(Path(__file__).parent.parent)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": root}}).execute()
    outputs = [[output for output in cell.outputs if "data" in output] for cell in notebook.cells]
    assert [len(cell) for cell in outputs] == [0, 1, 1]
    alts = [f"Grid of 4 pictures with their classes: {cat}, dog." for cat in ("cat", '<cat> & "tom"')]
    for (output,), alt in zip(outputs[1:], alts, strict=True):
        assert output.metadata["image/png"]["alt"] == output.data["text/plain"] == alt
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert [image["alt"] for image in BeautifulSoup(page, "html.parser").find_all("img")] == alts
