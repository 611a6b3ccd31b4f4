"""The diagram of a network: every layer has its box, branches stand side by side, nothing covers anything."""

import itertools

import pytest
from matplotlib.text import Text

from course_utils import quiet_tensorflow  # noqa: F401  # isort: skip
import keras

from course_utils import plots
from course_utils.errors import CourseError

layers = keras.layers


def boxes(figure):
    """The boxes of a diagram as (text, (left, top, right, bottom)), from top to bottom."""
    axes = figure.axes[0]
    found = []
    for patch in axes.patches:
        left, top = patch.get_xy()
        right, bottom = left + patch.get_width(), top + patch.get_height()
        inside = [
            text.get_text()
            for text in axes.texts
            if left < text.get_position()[0] < right and top < text.get_position()[1] < bottom
        ]
        found.append(("\n".join(inside), (left, top, right, bottom)))
    return sorted(found, key=lambda box: (box[1][1], box[1][0]))


def texts(figure):
    return [text for text, _ in boxes(figure)]


def assert_legible(figure):
    """No box covers another, no text leaves its box, and all is on the page."""
    figure.draw_without_rendering()  # settles the layout
    for (_, one), (_, other) in itertools.combinations(boxes(figure), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    frames = [patch.get_window_extent() for patch in figure.axes[0].patches]
    for text in filter(Text.get_text, figure.axes[0].texts):  # arrows are texts without one
        extent = text.get_window_extent()
        assert figure.bbox.x0 <= extent.x0 and extent.x1 <= figure.bbox.x1
        for frame in frames:
            assert not frame.overlaps(extent) or frame.x0 <= extent.x0 <= extent.x1 <= frame.x1, text


def fashion_net():
    """The published network with two outputs: grey pictures for the garment, coloured ones for the colour."""
    pictures = keras.Input((96, 96, 3))

    def branch(x, blocks, units, classes, name):
        for filters, pool in blocks:
            for size in filters:
                x = layers.Conv2D(size, 3, padding="same")(x)
                x = layers.BatchNormalization()(layers.Activation("relu")(x))
            x = layers.Dropout(0.25)(layers.MaxPooling2D(pool)(x))
        x = layers.Activation("relu")(layers.Dense(units)(layers.Flatten()(x)))
        x = layers.Dropout(0.5)(layers.BatchNormalization()(x))
        return layers.Dense(classes, activation="softmax", name=name)(x)

    grey = keras.ops.image.rgb_to_grayscale(pictures)
    category = branch(grey, [((32,), 3), ((64, 64), 2), ((128, 128), 2)], 256, 4, "category_output")
    color = branch(pictures, [((16,), 3), ((32,), 2), ((32,), 2)], 128, 3, "color_output")
    return keras.Model(pictures, [category, color], name="FashionNet")


def test_two_branches_stand_side_by_side_on_one_page():
    plots.use_source("sample")
    figure = plots.network_diagram(fashion_net())
    columns = {}
    for text, (left, *_) in boxes(figure):
        columns.setdefault(round(left, 3), []).append(text)
    category, _, color = (columns[left] for left in sorted(columns))
    assert category == [
        "RGBToGrayscale\n96 x 96 x 1",
        "Conv2D 32, 3 x 3\n96 x 96 x 32",
        "MaxPooling2D 3 x 3\n32 x 32 x 32",
        "Conv2D 64, 3 x 3\n32 x 32 x 64",
        "Conv2D 64, 3 x 3\n32 x 32 x 64",
        "MaxPooling2D 2 x 2\n16 x 16 x 64",
        "Conv2D 128, 3 x 3\n16 x 16 x 128",
        "Conv2D 128, 3 x 3\n16 x 16 x 128",
        "MaxPooling2D 2 x 2\n8 x 8 x 128",
        "Flatten\n8192",
        "Dense 256\n256",
        "Dense 4, softmax\ncategory_output: 4",
    ]
    assert color[0] == "Conv2D 16, 3 x 3\n96 x 96 x 16"
    assert color[-1] == "Dense 3, softmax\ncolor_output: 3"
    assert len(color) == 9
    assert texts(figure)[0] == "Input\n96 x 96 x 3"
    assert figure.get_figwidth() <= 10 and figure.get_figheight() <= 10.1
    assert_legible(figure)
    assert figure.get_suptitle() == "The network FashionNet"
    assert "Input (96 x 96 x 3); RGBToGrayscale (96 x 96 x 1); Conv2D 32, 3 x 3" in figure.alt
    assert "Conv2D 16, 3 x 3 (96 x 96 x 16) from Input; MaxPooling2D" in figure.alt
    assert figure.alt.endswith("ot drawn: Activation (10), BatchNormalization (10), Dropout (8).")
    assert (
        figure.axes[0]
        .texts[-1]
        .get_text()
        .replace("\n", " ")
        .endswith("ot drawn: Activation (10), BatchNormalization (10), Dropout (8).")
    )


def test_outputs_look_different():
    figure = plots.network_diagram(fashion_net(), title="Two answers")
    assert figure.get_suptitle() == "Two answers"
    looks = [(patch.get_facecolor(), patch.get_linewidth()) for patch in figure.axes[0].patches]
    assert sorted(looks.count(look) for look in set(looks)) == [2, 20]


def test_a_sequential_model_with_all_its_layers():
    model = keras.Sequential(
        [
            keras.Input((96, 96, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, (3, 5), strides=2),
            layers.MaxPooling2D(3, strides=2),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.25),
            layers.Dense(6),
            layers.Activation("sigmoid", name="labels"),
        ]
    )
    figure = plots.network_diagram(model)
    assert texts(figure) == [
        "Input\n96 x 96 x 3",
        "Conv2D 8, 3 x 5\n47 x 46 x 8",
        "MaxPooling2D 3 x 3\n23 x 22 x 8",
        "GlobalAveragePooling2D\n8",
        "Dense 6\n6",
        "Activation sigmoid\nlabels: 6",  # of a kind that is not drawn, but an output
    ]
    assert figure.alt.endswith("not drawn: Rescaling (1), Dropout (1).")
    assert_legible(figure)


def residual():
    """Ways past other layers, one inside another, an output amid the graph, branches that merge."""
    pictures = keras.Input((8, 8, 3))
    middle = layers.Conv2D(4, 3, padding="same", name="middle")(pictures)
    x = layers.Conv2D(4, 3, padding="same")(layers.MaxPooling2D(1)(middle))
    x = layers.Add()([layers.Dropout(0.5)(x), layers.Dropout(0.5)(middle)])
    x = layers.Concatenate()([x, layers.Conv2D(2, 1)(middle), pictures])
    return keras.Model(pictures, {"a": middle, "b": layers.Dense(2, name="end")(x * 2)})


def test_branches_that_merge_and_ways_past_layers():
    figure = plots.network_diagram(residual())
    assert texts(figure)[:2] == ["Input\n8 x 8 x 3", "Conv2D 4, 3 x 3, linear\nmiddle: 8 x 8 x 4"]
    assert "Multiply\n8 x 8 x 9" in texts(figure) and texts(figure)[-1] == "Dense 2, linear\nend: 8 x 8 x 2"
    assert len(boxes(figure)) == 9
    assert_legible(figure)
    # The second way into Add begins at the output "middle", past a Dropout.
    assert "Add (8 x 8 x 4) from Conv2D 4, 3 x 3 and Conv2D 4, 3 x 3, linear" in figure.alt


def test_a_layer_of_two_models_is_drawn_where_it_stands_in_each():
    head = layers.Dense(2, name="head")
    keras.Sequential([keras.Input((5,)), head])
    model = keras.Sequential([keras.Input((8,)), layers.Dense(5), head])
    assert texts(plots.network_diagram(model)) == ["Input\n8", "Dense 5\n5", "Dense 2, linear\nhead: 2"]


def test_a_model_as_a_layer_is_one_box():
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(5)], name="inner")
    pictures = keras.Input((8, 8, 3))
    figure = plots.network_diagram(keras.Model(pictures, layers.Dense(2, name="end")(inner(pictures))))
    assert texts(figure) == [
        "Input\n8 x 8 x 3",
        "Sequential\n5",
        "Dense 2, linear\nend: 2",
    ]
    assert_legible(figure)


def test_many_branches_still_fit_and_open_sizes_show():
    pictures = keras.Input((None, None, 3))
    ends = [layers.Conv2D(2, 3, name=f"end_{number}")(pictures) for number in range(8)]
    figure = plots.network_diagram(keras.Model(pictures, ends))
    assert texts(figure)[:2] == ["Input\n? x ? x 3", "Conv2D 2, 3 x 3, linear\nend_0: ? x ? x 2"]
    assert figure.get_figwidth() == pytest.approx(10)
    assert_legible(figure)


class Subclassed(keras.Model):
    def call(self, pictures):
        return pictures


@pytest.mark.parametrize("make", [Subclassed, lambda: keras.Sequential([layers.Dense(2)]), lambda: "model"])
def test_a_model_without_a_graph_is_explained(make):
    with pytest.raises(CourseError, match="has no graph to draw"):
        plots.network_diagram(make())
