"""Lesson 10: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, near, numbers_of, refuse, run
from course_utils.exercises import exercise


@exercise(
    "10.1",
    start="Write side, window and step of each layer in three columns, from the picture to `conv_4`. First "
    "with all poolings: that must end with 12 places and 38 pixels.",
    wrong={
        "with all three poolings": "side, window, factor = 12, 38, 144",
        "all places of a map": "side, window, factor = 576, 26, 576",
        "cuts nothing off": "side, window, factor = 22, 26, 484",
        "halves the side": "side, window, factor = 48, 26, 2304",
        "conv_4 looks further": "side, window, factor = 24, 18, 576",
        "does not widen": "side, window, factor = 24, 23, 576",
        "still doubles": "side, window, factor = 24, 34, 576",
        "always 1": "side, window, factor = 24, 11, 576",
        "of one side": "side, window, factor = 24, 26, 24",
        "the other way round": "side, window, factor = 24, 26, 1 / 576",
        "How many numbers is the mean": "side, window, factor = 24, 26, 9",
    },
)
def without_a_pooling(answer):
    side, window, factor = numbers_of(answer, 3)
    layers = ["conv", "pool", "conv", "pool", "conv", "conv"]
    whole = [*layers[:5], "pool", "conv"]
    if near(answer, (12, _window(whole), 144), 0):
        raise Hint(
            "That is the network with all three poolings.", "Two are left: what changes behind conv_3?"
        )
    halves = "96 pixels, and each pooling halves the side. How many poolings are left?"
    slips = [
        (24 * 24, "576 are all places of a map; asked first is for one side.", halves),
        (12, "12 is the side with all three poolings.", halves),
        (22, 'With `padding="same"` a convolution cuts nothing off.', halves),
        (48, "Each of the poolings that are left halves the side; how many are these?", halves),
    ]
    refuse(side, slips, 0)
    if not near(side, 24, 0):
        raise Hint(f"A side of the last map has not {side:g} places. What makes maps smaller?", halves)
    table = "Window and step: conv_1 3, 1; pool_1 4, 2; conv_2 8, 2. Go on to conv_4."
    widening = "A pooling looks at two neighbours. In your numbers it does not widen the window."
    doubled = "The third pooling is gone, but in your numbers it still doubles the step."
    slips = [
        (_window(whole), "38 is the window with all three poolings.", table),
        (_window(layers[:-1]), "18 is the window of conv_3, and conv_4 looks further.", table),
        (_window(layers, pooling=0), widening, table),
        (_window(layers[:-1]) + 2 * 8, doubled, table),
        (1 + 4 * 2 + 2, "The step is not always 1: each pooling doubles it for the layers behind.", table),
    ]
    refuse(window, slips, 0)
    if not near(window, _window(layers), 0):
        raise Hint(f"The window is not {window:g} pixels. Do you get 38 for the network as it is?", table)
    mean = "A score is the mean over all places, so its gradient at one place is the weight divided by what?"
    slips = [
        (24, "24 are the places of one side; the mean is taken over all.", mean),
        (144, "144 is the factor with all three poolings.", mean),
        (1 / 576, "That is Grad-CAM over CAM, the other way round.", mean),
    ]
    refuse(factor, slips, 1e-5)
    if not near(factor, 24**2, 0):
        raise Hint(f"The factor is not {factor:g}. How many numbers is the mean taken of?", mean)
    return (
        "Finer maps, and each place sees less: 24 by 24 places with windows of 26 pixels, where 12 by 12 had "
        "38. Normalised, CAM and Grad-CAM are the same all the while."
    )


def _window(layers, pooling=1):
    """Return the side of the window that one place behind ``layers`` answers for."""
    window = step = 1
    for layer in layers:
        window += step * (2 if layer == "conv" else pooling)
        step *= 1 if layer == "conv" else 2
    return window


CAT_OR_DOG = """
    def cat_or_dog(maps, kernel, bias):
        plain = maps @ kernel
        scores = plain + bias
        difference = scores[..., 0] - scores[..., 1]
        return {}
    """


@exercise(
    "10.2",
    start="The score of a class is the mean of its map plus its bias. And log(p_cat / p_dog) is the score of "
    "cat minus the score of dog, because both are divided by the same sum.",
    wrong={
        "Without the biases": CAT_OR_DOG.format("plain[..., 0] - plain[..., 1]"),
        "may not become 0": CAT_OR_DOG.format("np.maximum(difference, 0)"),
        "would be lost": CAT_OR_DOG.format("np.maximum(plain[..., 0], 0) - np.maximum(plain[..., 1], 0)"),
        "dog speaks against cat": CAT_OR_DOG.format("-difference"),
        "cat alone": CAT_OR_DOG.format("scores[..., 0]"),
        "not subtracted from each other": CAT_OR_DOG.format("plain[..., 0] - plain[..., 1] + bias.sum()"),
        "shared the biases out": CAT_OR_DOG.format(
            "plain[..., 0] - plain[..., 1] + (bias[0] - bias[1]) / maps[0, ..., 0].size"
        ),
        "two maps for each": CAT_OR_DOG.format("scores"),
        "that has it as its mean": CAT_OR_DOG.format("difference.mean(axis=(1, 2))"),
        "not the single places": CAT_OR_DOG.format(
            "np.ones(maps.shape[:3]) * difference.mean(axis=(1, 2), keepdims=True)"
        ),
        "divided by its largest value": CAT_OR_DOG.format(
            "difference / np.abs(difference).max(axis=(1, 2), keepdims=True)"
        ),
        "The mean of your first map": CAT_OR_DOG.format("scores[..., 0] / scores[..., 1]"),
    },
)
def difference_map(cat_or_dog):
    random = np.random.default_rng(10)
    maps, kernel = random.gamma(1, size=(3, 6, 5, 9)), random.normal(size=(9, 2))
    bias = np.array([0.9, -0.3])
    answers = run(cat_or_dog, maps, kernel, bias)
    both = "Weight the maps for cat and for dog, as in the lesson, each with its bias; then subtract."
    if np.shape(answers) == (3, 6, 5, 2):
        raise Hint("These are two maps for each picture; asked for is one, of cat against dog.", both)
    if np.shape(answers) == (3,):
        raise Hint("That is one number for each picture; asked for is a map that has it as its mean.", both)
    answers, scores = array_of(answers, (3, 6, 5)), maps @ kernel + bias
    right, plain = scores[..., 0] - scores[..., 1], maps @ kernel
    means, largest = right.mean(axis=(1, 2)), np.abs(right).max(axis=(1, 2), keepdims=True)
    cut = [np.maximum(each, 0) for each in (scores, plain)]
    zeros = "Without the biases. Think of maps of zeros: what does the network say then?"
    signs = "Negative places may not become 0 here: what speaks against a class would be lost."
    bias_hint = "Add the bias of cat and take away that of dog, at each place."
    slips = [
        (plain[..., 0] - plain[..., 1], zeros, bias_hint),
        (np.maximum(right, 0), signs, both),
        *[(each[..., 0] - each[..., 1], signs, both) for each in cut],
        (-right, "The sign: yours is large where dog speaks against cat.", "Class 0 is the cat."),
        (scores[..., 0], "That is the map of cat alone.", both),
        (
            plain[..., 0] - plain[..., 1] + bias.sum(),
            "The biases are not subtracted from each other.",
            bias_hint,
        ),
        (
            plain[..., 0] - plain[..., 1] + (bias[0] - bias[1]) / 30,
            "You shared the biases out among the places. Add 1 to every number: what does the mean do?",
            bias_hint,
        ),
        (right / largest, "A map divided by its largest value: its mean says nothing any more.", both),
    ]
    refuse(answers, slips, 1e-4)
    if not near(answers, right, 1e-4):
        if near(answers.mean(axis=(1, 2)), means, 1e-4):
            raise Hint("The means are right, but not the single places. Where is the evidence?", both)
        wanted = f"log(p_cat / p_dog) {means[0]:.3f}"
        raise Hint(f"The mean of your first map is {answers[0].mean():.3f}, and {wanted}.", both)
    return (
        "At each place: how much it speaks for cat rather than dog. What both classes share falls out, so "
        "such a map says why the network did not choose the other one."
    )


CONTROL = """
    def control(maps, share=0.2):
        own = maps >= np.quantile(maps, 1 - share, axis=(1, 2), keepdims=True)
        other = np.roll(maps, 1, axis=0)
        return {}
    """
BRIGHTEST = "{0} >= np.quantile({0}, 1 - share, axis=(1, 2), keepdims=True)"


@exercise(
    "10.3",
    start="Count for each picture: at how many places does the control meet the picture's own brightest "
    "fifth? How could these be kept out before the fifth is taken?",
    wrong={
        "it meets them": CONTROL.format(BRIGHTEST.format("np.roll(maps, 1, axis=1)")),
        "no longer the share": CONTROL.format(f"({BRIGHTEST.format('other')}) & ~own"),
        "one limit for all pictures": CONTROL.format(
            "np.where(own, -99, other) >= np.quantile(np.where(own, -99, other), 1 - share)"
        ),
        "The darkest places": CONTROL.format(BRIGHTEST.format("-maps")),
        "not the brightest ones": CONTROL.format(BRIGHTEST.format("np.where(own, -99, -other)")),
        "0 is bright": CONTROL.format(BRIGHTEST.format("np.where(own, 0, other)")),
        "True or False": CONTROL.format("np.where(own, -99, other)"),
        "for a fifth, and not for a tenth": """
            def control(maps, share=0.2):
                own = maps >= np.quantile(maps, 0.8, axis=(1, 2), keepdims=True)
                other = np.where(own, -np.inf, np.roll(maps, 1, axis=0))
                return other >= np.quantile(other, 0.8, axis=(1, 2), keepdims=True)
            """,
    },
)
def covered_elsewhere(control):
    maps = _bright_middles()
    _compare(control, maps, 0.2)
    try:
        _compare(control, maps, 0.1)
    except Hint as wrong:
        raise Hint("Right for a fifth, and not for a tenth: `share` says how much.", wrong.text) from None
    return (
        "As many pixels as before, and none that the map points at: now the costs of the two covers can be "
        "compared. With an overlap the control costs too much, and the map seems to prove less than it does."
    )


def _bright_middles():
    """Return maps [6, 24, 24] as photographs give them: bright near the middle, each with its own scale."""
    random, (rows, columns) = np.random.default_rng(11), np.mgrid[:24, :24]
    maps = []
    for scale, shift in ((1, 0), (3, 0), (0.4, -1), (2, 0), (6, 1), (1.5, 0)):
        row, column = random.uniform(9, 14, 2)
        bump = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 40)
        maps.append(scale * (bump + 0.05 * random.normal(size=bump.shape)) + shift)
    return np.array(maps)


def _brightest(maps, share):
    return maps >= np.quantile(maps, 1 - share, axis=(1, 2), keepdims=True)


def _same(covered, others):
    """Tell whether two masks agree in each picture, but for a few places at the edge of the share."""
    return (covered != others).mean(axis=(1, 2)).max() < 0.01


def _compare(control, maps, share):
    covered = array_of(run(control, maps, share), maps.shape)
    if not np.isin(covered, (0, 1)).all():
        raise Hint("These are values of a map; asked for is True or False for each place.", "End with `>=`.")
    covered, own, other = covered > 0, _brightest(maps, share), np.roll(maps, 1, axis=0)
    first = "Make the picture's own brightest places the darkest of the other map, then take the quantile."
    met, parts = ((covered & own).sum(axis=(1, 2)) / own.sum(axis=(1, 2))).max(), covered.mean(axis=(1, 2))
    if _same(covered, _brightest(np.where(own, 0, other), share)):
        zero = "A map may lie below zero nearly everywhere. There 0 is bright, and the own places are taken."
        raise Hint(zero, "Is there a number that is smaller than every other? `-np.inf`")
    if met > 0.03:
        raise Hint(f"In one picture {met:.0%} of its own brightest places are covered; it meets them.", first)
    if np.ptp(parts) > 0.02 and near(parts.mean(), share, 0.01):
        limits = f"from {parts.min():.0%} to {parts.max():.0%} of a picture"
        raise Hint(f"You cover {limits}. Is there one limit for all pictures?", first)
    if not near(parts, share, 0.01):
        worst = parts[np.abs(parts - share).argmax()]
        raise Hint(f"They meet nowhere, but it is no longer the share: {worst:.1%} of one picture.", first)
    if _same(covered, _brightest(-maps, share)):
        raise Hint("The darkest places of the picture itself. The control asks another one's map.", first)
    if not _same(covered, _brightest(np.where(own, -np.inf, other), share)):
        raise Hint("The share is right, and nothing meets, but these are not the brightest ones left.", first)
