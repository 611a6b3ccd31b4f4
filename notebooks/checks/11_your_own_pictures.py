"""Lesson 11: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, near, number_of, refuse, run
from course_utils.exercises import exercise


@exercise(
    "11.1",
    start="For each bin: how far is the share that is right from the probability? Then a mean over pictures.",
    wrong={
        "each bin counts the same": "error = 0.0690",
        "a claim that is too low": "error = 0.030",
        "the largest distance": "error = 0.15",
        "in per cent": "error = 4.0",
        "not divided by the number of pictures": "error = 4",
        "the share that is right": "error = 0.84",
        "squares the distances": "error = 0.0048",
        "what it is in the three bins": "error = 0.2",
        "asked for is one number": "error = [0.05, 0.15, 0.007]",
    },
)
def calibration_error(error):
    value = number_of(error, "the error")
    claimed, right = np.array([0.55, 0.75, 0.95]), np.array([6, 12, 66])
    count = np.array([10, 20, 70])
    distance = claimed - right / count
    wanted = (abs(distance) * count).sum() / count.sum()
    weigh = "Multiply each distance by the number of its pictures, sum, and divide by 100."
    slips = [
        (abs(distance).mean(), "That is the mean in which each bin counts the same.", weigh),
        (
            (distance * count).sum() / count.sum(),
            "With its sign, a claim that is too low makes good for one that is too high.",
            "Take `abs` of each distance before you sum.",
        ),
        (abs(distance).max(), "That is the largest distance; asked for is their mean.", weigh),
        (
            (abs(distance) * count).sum(),
            "That is the sum, not divided by the number of pictures, or the error in per cent.",
            "Probabilities go from 0 to 1, and so does this error.",
        ),
        (right.sum() / count.sum(), "That is the share that is right of all pictures.", weigh),
        ((claimed * count).sum() / count.sum(), "That is the mean probability, over all pictures.", weigh),
        (
            (distance**2 * count).sum() / count.sum(),
            "That squares the distances; this error takes them as they are.",
            "`abs`, not a square.",
        ),
    ]
    refuse(value, slips, 0.0006)
    if not near(value, wanted, 0.0006):
        raise Hint(
            f"{value:g} is not the error. How far is the share from the claim: what it is in the three bins?",
            "0.55 against 6/10, 0.75 against 12/20, 0.95 against 66/70: each distance counts 10, 20 and 70.",
        )
    return (
        "0.04: on average the probability is 4 points away from the share that is right. The twenty "
        "answers at 0.75 bring three quarters of it, though they are a fifth of the pictures."
    )


@exercise(
    "11.2",
    start="What does an answer with probability 0.9 cost on average, if a wrong one costs 5? Compare with 1.",
    wrong={
        "only if a wrong answer costs 5": """
            def decide(probabilities, wrong_cost):
                return np.where(probabilities.max(axis=1) < 0.8, -1, probabilities.argmax(axis=1))
            """,
        "wrong with probability": """
            def decide(probabilities, wrong_cost):
                limit = 1 / wrong_cost
                return np.where(probabilities.max(axis=1) < limit, -1, probabilities.argmax(axis=1))
            """,
        "asks where it is sure": """
            def decide(probabilities, wrong_cost):
                expected = wrong_cost * (1 - probabilities.max(axis=1))
                return np.where(expected <= 1, -1, probabilities.argmax(axis=1))
            """,
        "never asks": """
            def decide(probabilities, wrong_cost):
                return probabilities.argmax(axis=1)
            """,
        "has the shape": """
            def decide(probabilities, wrong_cost):
                return np.where(wrong_cost * (1 - probabilities) > 1, -1, 1)
            """,
        "not whole numbers": """
            def decide(probabilities, wrong_cost):
                best = probabilities.max(axis=1)
                return np.where(wrong_cost * (1 - best) > 1, -1, best)
            """,
        "the class is wrong": """
            def decide(probabilities, wrong_cost):
                best = probabilities.max(axis=1)
                return np.where(wrong_cost * (1 - best) > 1, -1, probabilities.argmax(axis=1) + 1)
            """,
        "never answers": """
            def decide(probabilities, wrong_cost):
                return np.full(len(probabilities), -1)
            """,
    },
)
def decision(decide):
    random = np.random.default_rng(11)
    for wrong_cost, classes in ((5, 12), (2, 3), (20, 6), (1.5, 2)):
        probabilities = np.concatenate([random.dirichlet(np.full(classes, a), 100) for a in (0.3, 5)])
        best, answer = probabilities.max(axis=1), probabilities.argmax(axis=1)
        clear = abs(wrong_cost * (1 - best) - 1) > 1e-6
        wanted = np.where(wrong_cost * (1 - best) > 1, -1, answer)
        given = array_of(run(decide, probabilities, wrong_cost), (200,))
        if near(given[clear], wanted[clear], 0):
            continue
        _explain(given, answer, best, wrong_cost)
    return (
        "A question where the chance to be wrong is above one in `wrong_cost`. The rule needs no data, only "
        "probabilities that keep their promise: that is why calibration comes first."
    )


def _explain(given, answer, best, wrong_cost):
    """Raise the Hint that says what is wrong with ``given``."""
    rule = "Answer where `wrong_cost * (1 - p)` is at most 1."
    if (given != np.round(given)).any():
        raise Hint("The answers are not whole numbers: classes are, and -1 is.", "`argmax` gives the class.")
    asks = given == -1
    if not asks.any():
        raise Hint(f"It never asks, not even where the best class has {best.min():.2f}.", rule)
    if asks.all():
        raise Hint("It never answers; a question for each picture costs 1 each.", rule)
    if (given[~asks] != answer[~asks]).any():
        raise Hint(
            "Where it answers, the class is wrong: asked for is the column with the highest probability.",
            "`probabilities.argmax(axis=1)`",
        )
    if best[asks].min() > best[~asks].max():
        raise Hint(
            "It asks where it is sure, and answers where it is not.", "The comparison is turned round."
        )
    if wrong_cost != 5:
        raise Hint(
            f"Right only if a wrong answer costs 5; with {wrong_cost:g} the limit is another.",
            "The limit follows from `wrong_cost`: no number like 0.8 should stand in the code.",
        )
    raise Hint(
        f"If a wrong answer costs 5, it asks below about {best[asks].max():.2f} and answers above. An answer "
        "with probability p is wrong with probability 1 - p: what does it cost on average?",
        rule,
    )


@exercise(
    "11.3",
    start="Call it with `groups = np.array([0, 0, 1, 1, 2, 2])` and look at the groups on both sides.",
    wrong={
        "on both sides": """
            def split(groups, share, seed):
                rows = np.argsort(groups, kind="stable")
                count = round(share * len(groups))
                return rows[count:], rows[:count]
            """,
        "lost": """
            def split(groups, share, seed):
                numbers, rows = np.unique(groups, return_index=True)
                rows = np.random.default_rng(seed).permutation(rows)
                count = round(share * len(rows))
                return rows[count:], rows[:count]
            """,
        "numbers of groups": """
            def split(groups, share, seed):
                numbers = np.random.default_rng(seed).permutation(np.unique(groups))
                count = round(share * len(numbers))
                return numbers[count:], numbers[:count]
            """,
        "same groups for each seed": """
            def split(groups, share, seed):
                numbers = np.unique(groups)
                aside = np.isin(groups, numbers[: round(share * len(numbers))])
                return np.flatnonzero(~aside), np.flatnonzero(aside)
            """,
        "of the groups are aside": """
            def split(groups, share, seed):
                numbers = np.random.default_rng(seed).permutation(np.unique(groups))
                aside = np.isin(groups, numbers[: round(share * len(numbers))])
                return np.flatnonzero(aside), np.flatnonzero(~aside)
            """,
        "positions, not": """
            def split(groups, share, seed):
                numbers = np.random.default_rng(seed).permutation(np.unique(groups))
                aside = np.isin(groups, numbers[: round(share * len(numbers))])
                return ~aside, aside
            """,
        "two arrays": """
            def split(groups, share, seed):
                numbers = np.random.default_rng(seed).permutation(np.unique(groups))
                return np.flatnonzero(np.isin(groups, numbers[: round(share * len(numbers))]))
            """,
        "another result for the same seed": """
            def split(groups, share, seed):
                numbers = np.random.permutation(np.unique(groups))
                aside = np.isin(groups, numbers[: round(share * len(numbers))])
                return np.flatnonzero(~aside), np.flatnonzero(aside)
            """,
    },
)
def split_by_groups(split):
    random = np.random.default_rng(3)
    sizes = random.integers(1, 9, (2, 50))
    first, second = (random.permutation(np.repeat(np.arange(50) * 7 + 100, size)) for size in sizes)
    chosen = [
        _checked(run(split, groups, share, seed), groups, share)
        for groups, share, seed in ((first, 0.3, 0), (first, 0.3, 1), (first, 0.3, 0), (second, 0.5, 2))
    ]
    if chosen[0] == chosen[1]:
        raise Hint("The same groups for each seed.", "`np.random.default_rng(seed).permutation(...)` draws.")
    if chosen[0] != chosen[2]:
        raise Hint("It gives another result for the same seed.", "Draw with `np.random.default_rng(seed)`.")
    return (
        "Each group is on one side, no picture is lost, and the seed decides. `data.load` does the same with "
        "the near-duplicates of a folder."
    )


def _checked(parts, groups, share):
    """Return the set of groups aside; raise Hint for whatever is wrong with the two parts."""
    if not isinstance(parts, tuple | list) or len(parts) != 2:
        raise Hint("Asked for are two arrays: those to train with, and those aside.", "`return train, aside`")
    parts = [np.asarray(part) for part in parts]
    if any(part.dtype.kind == "b" for part in parts):
        raise Hint("Asked for are positions, not True and False.", "`np.flatnonzero(...)` makes positions.")
    train, aside = (array_of(part, (None,), "a part").astype(int) for part in parts)
    rows = np.concatenate([train, aside])
    if rows.size and (rows.min() < 0 or rows.max() >= len(groups)):
        raise Hint(
            "These look like numbers of groups; asked for are positions of pictures.",
            "`np.isin(groups, numbers)` says for each picture whether its group is among these.",
        )
    if both := set(groups[train]) & set(groups[aside]):
        raise Hint(
            f"{len(both)} groups have pictures on both sides.",
            "Deal the numbers of the groups, `np.unique(groups)`; each picture follows its group.",
        )
    if sorted(rows) != list(range(len(groups))):
        lost = len(groups) - len(set(rows))
        raise Hint(
            f"{lost} of {len(groups)} pictures are lost, or some come twice.", "Every picture has a side."
        )
    part = len(set(groups[aside])) / len(set(groups))
    if abs(part - share) > 0.06:
        raise Hint(
            f"With a share of {share:g}, {part:.0%} of the groups are aside.",
            "First the pictures to train with, then those aside.",
        )
    return set(groups[aside])
