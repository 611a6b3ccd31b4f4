"""The drawn flowers, told by their build alone; the set itself is tested in test_sample_photographs."""

import numpy as np
import pytest

from course_utils.data.samples import tf_flowers
from course_utils.data.samples.motifs import backdrops, camera, drawing, flowers, petals

NAMES = ["dandelion", "daisy", "tulips", "sunflowers", "roses"]


def view(**changes):
    given = {"tilt": 0.9, "lamp": camera.lamp(np.random.default_rng(0)), "pixels": 50, "reach": 4, "kin": 1}
    return petals.View(**(given | changes))


def test_scenes_do_not_know_the_kind_of_flower(monkeypatch):
    seen = []
    scenery = backdrops.scenery
    monkeypatch.setattr(backdrops, "scenery", lambda *given: seen.append(scenery(*given)) or seen[-1])
    for name in NAMES:
        tf_flowers.draw(name, drawing.generator(0, "train", 3))
    assert len(seen) == 5
    assert all(np.array_equal(picture, seen[0]) for picture in seen)


# The flowers


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pixels", [8, 60])
def test_a_flower_has_a_stem_and_a_head_around_its_middle(name, pixels):
    under, head = flowers.KINDS[name](np.random.default_rng(3), view(pixels=pixels))
    points = np.concatenate([points for points, _, _ in head])
    assert max(points[:, 1].max() for points, _, _ in under) >= 3.9
    assert 0.5 < np.abs(points[:, 0]).max() < 1.6
    assert np.abs(points[:, 1]).max() < 1.6
    assert all(np.min(tone) >= 0 and np.max(tone) <= 1 for _, tone, _ in head)


def test_small_flowers_have_fewer_strokes():
    for name in NAMES:
        few, many = (len(flowers.KINDS[name](np.random.default_rng(0), view(pixels=p))[1]) for p in (8, 60))
        assert few < many


def test_flowers_of_one_kin_share_their_colour():
    assert np.array_equal(flowers.coloured(5), flowers.coloured(5))
    assert len({tuple(flowers.coloured(kin)) for kin in range(10)}) == 10


def test_looking_into_a_flower_and_at_its_side():
    tip = np.array([0, 0, 1.0])
    assert view(tilt=0).seen(tip) == pytest.approx([0, 0, 1])
    assert view(tilt=np.pi / 2).seen(tip) == pytest.approx([0, -1, 0])


def test_near_petals_are_painted_after_far_ones():
    rows = np.array([[0.2, 1.0]] * 4)
    surfaces = petals.whorl(np.arange(4) * np.pi / 2, rows, 0 * rows, 0 * rows + 0.2)
    assert surfaces.shape == (4, 2, 3, 3)
    nearness = [near for near, _ in petals.strokes(surfaces, np.ones(3), view(tilt=1.2))]
    assert nearness == sorted(nearness)
    assert nearness[0] < 0 < nearness[-1]


# What stands behind


@pytest.mark.parametrize("kind", sorted(backdrops.WALLS + backdrops.FLOORS))
def test_a_surface_fills_the_picture(kind):
    first, again, other = (backdrops.surface(np.random.default_rng(seed), kind, 40, 60) for seed in (0, 0, 1))
    assert first.shape == (40, 60, 3)
    assert first.dtype == np.float32
    assert first.min() > -60
    assert first.max() < 400
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
