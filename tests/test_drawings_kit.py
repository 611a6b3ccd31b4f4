"""The tools that all drawings share: outlines, canvas and cloth, sceneries, camera, solids, petals."""

import numpy as np
import pytest
from drawings.kit import backdrops, camera, canvas, petals, solids
from drawings.sets.cats_vs_dogs import pets
from PIL import Image

FRONT = solids.rotation(0)


# Outlines


def test_a_mirrored_outline_is_symmetric():
    assert canvas.mirrored([(1, 0), (2, 1)]).tolist() == [[1, 0], [2, 1], [-2, 1], [-1, 0]]


def test_rounding_cuts_corners_and_keeps_the_middle():
    square = canvas.rounded([(0, 0), (1, 0), (1, 1), (0, 1)], rounds=2)
    assert square.shape == (16, 2)
    assert square.mean(axis=0) == pytest.approx([0.5, 0.5])
    assert not (square == 0).all(axis=1).any()


def test_the_trim_stands_out_from_the_cloth():
    rng = np.random.default_rng(0)
    assert min(abs(canvas.contrasting(rng, 0.5) - 0.5) for _ in range(50)) >= 0.3


def test_a_pose_centres_the_object_in_the_picture():
    sketch = canvas.Sketch()
    sketch.cloth([(-3, 10), (3, 10), (3, 14), (-3, 14)], 1)
    still = {"turn": 0, "shift": 0, "stretch": 0, "shear": 0}
    matrix = canvas.pose(sketch.cloths, np.random.default_rng(0), fill=(0.9, 0.9), **still)
    corners = np.array([[-3, 10, 1], [3, 14, 1]]) @ matrix[:2].T
    assert corners == pytest.approx(np.array([[0.05, 0.2], [0.95, 0.8]]))


# Canvas and cloth


def test_a_canvas_paints_in_colour_on_any_background_and_with_soft_edges():
    sketch, rng = canvas.Sketch(), np.random.default_rng(0)
    sketch.cloth([(0.26, 0.26), (0.74, 0.26), (0.74, 0.74), (0.26, 0.74)], (1, 0, 0.5))
    painted = canvas.Canvas(20, 30, np.eye(3), channels=3)
    painted.paint(sketch.cloths)
    image = painted.picture(rng, slope=0, folds=0, round_off=0, noise=0, background=100)
    assert image.shape == (20, 30, 3)
    assert image.dtype == np.uint8
    assert image[10, 15].tolist() == [255, 0, 128]
    assert image[0, 0].tolist() == [100, 100, 100]
    assert 100 < image[5, 15, 0] < 255


def test_shades_darken_and_lighten_what_is_painted_and_nothing_else():
    painted = canvas.Canvas(20, 20, np.eye(3), channels=3)
    painted.paint([(np.array([(0, 0), (1, 0), (1, 0.8), (0, 0.8)]), (0.5, 0.25, 0.0), 0)])
    before = np.asarray(painted.image)[::4, ::4].astype(int)
    dark, bright = (np.array([(x, 0), (x, 1)]) for x in (0.2, 0.8))
    painted.shaded([(dark, -0.8, 0.2), (bright, 0.8, 0.2)], 1)
    after = np.asarray(painted.image)[::4, ::4].astype(int)
    assert (after[5, 4, :2] < before[5, 4, :2] * 0.7).all()
    assert (after[5, 16] > before[5, 16]).all()
    assert after[5, 10] == pytest.approx(before[5, 10], abs=8)
    assert (after[18] == 0).all()


@pytest.mark.parametrize("kind", ["stripes", "pinstripes", "checks", "dots", "knit", "heather", "pattern"])
def test_a_fabric_varies_around_one(kind):
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 112), np.linspace(0, 1, 112))
    field = canvas.fabric(np.random.default_rng(0), kind, x, y)
    assert field.shape == (112, 112)
    assert field.std() > 0.01
    assert 0 < field.min() < field.max() < 2


def test_an_unknown_fabric_is_refused():
    with pytest.raises(ValueError, match="denim"):
        canvas.fabric(np.random.default_rng(0), "denim", np.zeros((2, 2)), np.zeros((2, 2)))


# What stands behind, and the camera


@pytest.mark.parametrize("kind", sorted(backdrops.WALLS + backdrops.FLOORS))
def test_a_surface_fills_the_picture(kind):
    first, again, other = (backdrops.surface(np.random.default_rng(seed), kind, 40, 60) for seed in (0, 0, 1))
    assert first.shape == (40, 60, 3)
    assert -60 < first.min() < first.max() < 400
    assert first.std() > 1
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_unknown_surface_is_refused():
    with pytest.raises(ValueError, match="lava"):
        backdrops.surface(np.random.default_rng(0), "lava", 4, 4)


@pytest.mark.parametrize("horizon", [0, 0.01, 0.5, 1])
def test_the_horizon_parts_wall_and_floor(horizon):
    picture = backdrops.scenery(np.random.default_rng(0), "sky", "soil", 50, 80, horizon)
    assert picture.shape == (50, 80, 3)
    is_sky = picture[:, :, 2].mean(axis=1) > picture[:, :, 0].mean(axis=1)
    assert is_sky.sum() == round(50 * horizon)


def test_a_picture_out_of_focus_has_less_contrast():
    picture = np.random.default_rng(0).uniform(0, 255, (30, 40, 3))
    assert camera.soften(picture, 2).std() < 0.3 * picture.std()
    assert camera.soften(picture, 0) == pytest.approx(picture, abs=1)


# Solids


def test_the_nearer_of_two_balls_hides_the_other():
    body = solids.Body()
    body.ball("head", (0, 0, 0), (1, 1, 1))
    body.ball("nose", (0, 0, 1), (0.3, 0.3, 0.3))
    seen = solids.look(body, solids.Viewpoint(FRONT, 20, np.array([30, 30]), 60, 60), pets.PARTS)
    assert pets.PARTS[seen.part[30, 30]] == "nose"
    assert pets.PARTS[seen.part[30, 45]] == "head"
    assert seen.part[0, 0] == -1 and not seen.mask[0, 0]
    assert seen.nearness[30, 30] == pytest.approx(26, abs=0.1)
    assert seen.normals[30, 44, 0] > 0.3 > seen.normals[30, 16, 0]


def test_a_limb_passes_smoothly_through_its_points():
    body = solids.Body()
    body.limb("tail", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], [0.1, 0.2, 0.1])
    centres = np.stack(body.centres)
    assert centres[[0, -1]] == pytest.approx(np.array([[0, 0, 0], [1, 1, 0]]))
    assert np.linalg.norm(np.diff(centres, axis=0), axis=1).max() < 0.3
    assert body.along[0] == 0 and body.along[-1] == 1


# Petals


def view(tilt):
    return petals.View(tilt=tilt, lamp=camera.lamp(np.random.default_rng(0)), pixels=50, reach=4, kin=1)


def test_looking_into_a_flower_and_at_its_side():
    tip = np.array([0, 0, 1.0])
    assert view(0).seen(tip) == pytest.approx([0, 0, 1])
    assert view(np.pi / 2).seen(tip) == pytest.approx([0, -1, 0])


def test_near_petals_are_painted_after_far_ones():
    rows = np.array([[0.2, 1.0]] * 4)
    surfaces = petals.whorl(np.arange(4) * np.pi / 2, rows, 0 * rows, 0 * rows + 0.2)
    nearness = [near for near, _ in petals.strokes(surfaces, np.ones(3), view(1.2))]
    assert nearness == sorted(nearness)
    assert nearness[0] < 0 < nearness[-1]


# The studio of the drawn clothes


def test_a_shadow_darkens_and_falls_near_what_casts_it():
    from drawings.sets.fashion_attributes import studio

    mask = Image.new("L", (96, 96))
    mask.paste(255, (30, 30, 60, 60))
    factors = studio.shadow(np.random.default_rng(0), mask)
    assert factors.shape == (96, 96, 1)
    assert factors.max() <= 1
    assert factors[45, 45] < 0.95
    assert factors[5, 5] == pytest.approx(1, abs=0.01)
