"""Standard errors, and what is called a tie."""

import numpy as np
import pytest

from course_utils import uncertainty
from course_utils.errors import CourseError


def answers(right, wrong):
    return np.array([True] * right + [False] * wrong)


def test_a_share_and_its_standard_error():
    share = uncertainty.share(answers(90, 10))
    assert share == pytest.approx((0.9, 0.03, 100))
    assert str(share) == "90.0 ± 3.0 % of 100"
    assert uncertainty.share((0.9, 100)) == pytest.approx(share)
    assert uncertainty.share([1, 1]).error == 0


def test_answers_about_the_same_pictures_are_paired():
    """Equal answers cancel, however wrong both are."""
    one = np.tile([True, False], 200)
    other = one.copy()
    other[:20:2] = False  # ten answers fewer
    paired = uncertainty.difference({"one": one, "other": other})
    assert paired.points == pytest.approx(2.5)
    assert paired.error == pytest.approx(100 * np.std(one * 1.0 - other) / 20)
    assert not paired.tie
    apart = uncertainty.difference({"one": (0.5, 400), "other": (0.475, 400)})
    assert apart.error > 4 * paired.error and apart.tie


def test_the_sentence_says_a_tie_or_more_than_chance():
    tie = uncertainty.difference({"flips": answers(91, 9), "none": answers(90, 10)})
    assert str(tie) == (
        "flips 91.0 %, none 90.0 %: 1.0 points apart, standard error 1.0 on 100 pictures, so a tie."
    )
    clear = uncertainty.difference({"training": (0.95, 4000), "validation": (0.9, 1000)})
    assert "5.0 points apart" in str(clear) and str(clear).endswith(
        "1,000 and 4,000 pictures, so more than chance."
    )
    same = uncertainty.difference({"a": answers(3, 1), "b": answers(3, 1)})
    assert same.tie and same.error == 0


def test_swapping_changes_the_sign_alone():
    pair = {"a": answers(70, 30), "b": answers(55, 45)}
    swapped = dict(reversed(pair.items()))
    one, other = uncertainty.difference(pair), uncertainty.difference(swapped)
    assert one.points == -other.points and one.error == other.error and one.tie == other.tie


@pytest.mark.parametrize("wrong", [[], [0.3, 0.7], np.zeros((2, 2)), (1.2, 10), (0.5, 0), (float("nan"), 5)])
def test_what_is_no_share_is_refused(wrong):
    with pytest.raises(CourseError):
        uncertainty.share(wrong)


def test_a_difference_is_between_two():
    with pytest.raises(CourseError, match="these are 1"):
        uncertainty.difference({"alone": [1]})
