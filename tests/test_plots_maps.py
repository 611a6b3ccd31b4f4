"""Figures of the inside of a network: what they show, in words too, and what they refuse."""

import numpy as np
import pytest

from course_utils import plots
from course_utils.errors import CourseError

CAPTIONS = ["cat", "dog\n90 %", "cow"]


@pytest.fixture
def maps():
    """Two layers for two pictures; three of the first layer's channels are silent for the first picture."""
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 2, (2, 12, 12, 5)), rng.uniform(0, 9, (2, 4, 4, 20))
    first[0, :, :, [0, 2, 3]] = 0
    return {"conv_1": first, "conv_2": second}


def shown(axes):
    return np.asarray(axes.images[0].get_array())


def test_feature_maps_are_rows_of_the_strongest_channels_of_one_picture(maps):
    figure = plots.feature_maps(maps)
    panels = [axes for axes in figure.axes if axes.images]
    order = [np.argsort(-layer[0].mean(axis=(0, 1)), kind="stable")[:8] for layer in maps.values()]
    assert [axes.get_title() for axes in panels] == [str(number) for row in order for number in row]
    assert np.allclose(shown(panels[1]), maps["conv_1"][0, :, :, order[0][1]])
    assert panels[0].get_ylabel() == "conv_1\n12 x 12, 5 channels\n3 silent"
    assert panels[5].images[0].get_clim() == (0, maps["conv_2"][0, :, :, order[1][0]].max())
    assert "conv_1 12 x 12, 5 channels, 3 silent; conv_2 4 x 4, 20 channels, 0 silent" in figure.alt
    assert "8 strongest channels" in figure.alt and "8 strongest channels" in figure.get_suptitle()


def test_negative_maps_keep_their_order(maps):
    figure = plots.feature_maps({"norm": maps["conv_1"] - 1})
    low, high = figure.axes[1].images[0].get_clim()
    assert -1 <= low < -0.9 and high > 0.9


def test_maps_of_another_shape_are_refused(maps):
    for wrong in (maps["conv_1"][0, :, :, 0], maps["conv_1"][:0], np.full((1, 2, 2, 2), np.nan)):
        with pytest.raises(CourseError, match=r"maps of wrong must be|0 maps of wrong"):
            plots.feature_maps({"wrong": wrong})
    with pytest.raises(CourseError, match="nothing to show"):
        plots.feature_maps({})


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


@pytest.fixture
def heat():
    """Three maps, coarser than the pictures: bright at the top left, in the middle, nowhere."""
    maps = np.zeros((3, 4, 4))
    maps[0, 0, 0] = maps[1, 2, 2] = 1
    return maps


def test_heat_maps_lie_over_grey_pictures_below_the_pictures(pictures, heat):
    figure = plots.heat_maps(pictures, {"CAM": heat, "other": heat[::-1]}, CAPTIONS)
    panels = np.array([axes for axes in figure.axes if axes.images]).reshape(3, 3)
    assert [axes.get_title() for axes in panels[0]] == CAPTIONS
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["picture", "CAM", "other"]
    assert np.array_equal(shown(panels[0, 1]), pictures[1])
    under, over = panels[1, 0].images
    grey = pictures[0].mean(axis=2)
    pale = 110 + 130 * (grey - grey.min()) / np.ptp(grey)
    assert np.allclose(under.get_array(), pale) and np.array_equal(over.get_array(), heat[0])
    assert over.get_extent() == [-0.5, 15.5, 15.5, -0.5] and over.get_clim() == (0, 1)
    assert panels[1, 0].collections and not panels[1, 2].collections  # a line around what is above 0.5
    bar = figure.axes[-1]
    assert bar.get_ylabel() == "evidence for the class; line: 0.5"
    assert [text.get_text() for text in bar.get_yticklabels()] == ["0", "1"]
    assert "cat: CAM top left, other nowhere; dog 90 %: CAM middle centre" in figure.alt


def test_a_picture_under_a_map_is_visible_and_evidence_stays_brighter(pictures, heat):
    dark = pictures // 10  # a photograph at night
    figure = plots.heat_maps(dark, {"CAM": heat}, CAPTIONS)
    under, over = [axes for axes in figure.axes if axes.images][3].images
    grey = under.get_array()
    assert grey.min() == 110 and grey.max() == 240
    luminance = [0.2126, 0.7152, 0.0722]
    none, most = (255 * np.array(over.cmap(value)[:3]) @ luminance for value in (0.0, 1.0))
    veil = over.get_alpha()
    lowest, highest = (1 - veil) * grey.min(), (1 - veil) * grey.max()
    assert lowest + veil * none > 60  # nowhere nearly black
    assert highest - lowest > 50  # the picture
    assert lowest + veil * most > highest + veil * none  # the map, first of all


def test_a_picture_of_one_colour_under_a_map_is_drawn(heat):
    figure = plots.heat_maps(np.full((3, 16, 16, 3), 7, np.uint8), {"CAM": heat}, CAPTIONS)
    assert np.isin(shown(figure.axes[3]), (110, 240)).all()


def test_right_and_wrong_are_framed_and_a_sample_says_so(pictures, heat):
    plots.use_source("sample")
    figure = plots.heat_maps(pictures, {"CAM": heat}, CAPTIONS, [True, False, True], title="Maps")
    widths = [axes.spines["top"].get_linewidth() for axes in figure.axes[:3]]
    assert widths[1] > widths[0] == widths[2]
    assert figure.alt.startswith("Sample pictures") and "cat: CAM top left" in figure.alt
    assert figure.get_suptitle() == "Maps"


def test_grey_pictures_and_lists_of_other_sizes_work(pictures, heat):
    for images in (pictures[..., :1], [pictures[0], pictures[1, :10], pictures[2]]):
        figure = plots.heat_maps(images, {"CAM": heat}, CAPTIONS)
        shapes = [image.shape[:2] for image in images]
        assert [shown(axes).shape[:2] for axes in figure.axes[:3]] == shapes


def test_maps_that_are_not_normalised_or_do_not_belong_are_refused(pictures, heat):
    for wrong in (heat * 3, heat - 0.5, heat * np.nan, heat[..., np.newaxis]):
        with pytest.raises(CourseError, match=r"maps 'CAM' must be .* Take normalised maps"):
            plots.heat_maps(pictures, {"CAM": wrong}, CAPTIONS)
    with pytest.raises(CourseError, match=r"maps 'CAM' .* shape \(3, height, width\)"):
        plots.heat_maps(pictures, {"CAM": heat[:2]}, CAPTIONS)
    with pytest.raises(CourseError, match="2 right"):
        plots.heat_maps(pictures, {"CAM": heat}, CAPTIONS, right=[True, False])
    with pytest.raises(CourseError, match="0 maps"):
        plots.heat_maps(pictures, {}, CAPTIONS)
