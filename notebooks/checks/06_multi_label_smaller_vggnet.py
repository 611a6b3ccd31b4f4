"""Lesson 06: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, described, near, number_of, refuse, run
from course_utils.exercises import exercise

GARMENTS = {
    "black": ["jeans", "shoes"],
    "blue": ["dress", "jeans", "shirt", "shoes"],
    "red": ["dress", "jeans", "shirt"],
}


@exercise(
    "06.1",
    start="Write down the labels in their order. Which true label of each combination comes first?",
    wrong={
        "compares places": "accuracy = 100",
        "in the row": "accuracy = 0",
        "as a share": "accuracy = 0.222",
        "all red": "accuracy = 33.3",
        "One more garment": "accuracy = 11.1",
        "not chance": "accuracy = 50",
        "the other way round": "accuracy = 77.8",
        "to one decimal": "accuracy = 22",
        "For which combinations": "accuracy = 42.9",
    },
)
def kind_of_accuracy(accuracy):
    value = number_of(accuracy, "the accuracy")
    pairs = [(colour, garment) for colour, garments in GARMENTS.items() for garment in garments]
    labels = sorted({word for pair in pairs for word in pair})
    share = np.mean([labels.index(garment) < labels.index(colour) for colour, garment in pairs])
    order = "The order: " + ", ".join(labels) + ". Where does the garment stand before the colour?"
    slips = [
        (100, "All labels are right, and this metric compares places: the surest with the first.", order),
        (0, "So it would be if the colour always came first. In the names it does; and in the row?", order),
        (share, "Asked for is a number in per cent; you give it as a share.", "Times 100."),
        (100 / 3, "That would be all red things. `red` comes before some garments.", order),
        (100 / 9, "One combination of nine. One more garment stands before its colour.", order),
        (50, "One of two true labels is not chance here: the alphabet decides which comes first.", order),
        (100 / len(labels), "One of seven labels is not chance here: the alphabet decides.", order),
        (100 - 100 * share, "You have it the other way round: where the colour comes first.", order),
    ]
    refuse(value, slips, 0.06)
    if near(value, 100 * share, 0.06):
        return (
            "Only `dress` and `jeans` stand before `red` in the alphabet: two combinations of nine, 22.2 %. "
            "The network knows every label, and the number tells how the words are spelled."
        )
    if near(value, 100 * share, 0.5):
        raise Hint(
            "Nearly. Asked for is the number in per cent to one decimal.",
            "Round it to one decimal, or give all that Python prints.",
        )
    raise Hint(
        f"{value:g} % is not what Keras reports. For which combinations is the garment the first true label?",
        order,
    )


@exercise(
    "06.2",
    start="Go through the groups. In each one, find the column with the largest probability of each picture.",
    wrong={
        "yes to a group": """
            def decide(probabilities, groups):
                return probabilities > 0.5
            """,
        "largest two of the row": """
            def decide(probabilities, groups):
                order = np.argsort(-probabilities, axis=1)[:, : len(groups)]
                answers = np.zeros(probabilities.shape)
                np.put_along_axis(answers, order, 1, axis=1)
                return answers
            """,
        "one yes in a row": """
            def decide(probabilities, groups):
                answers = np.zeros(probabilities.shape)
                answers[np.arange(len(answers)), probabilities.argmax(axis=1)] = 1
                return answers
            """,
        "inside its group": """
            def decide(probabilities, groups):
                answers = np.zeros(probabilities.shape)
                for group in groups:
                    places = probabilities[:, group].argmax(axis=1)
                    answers[np.arange(len(answers)), places] = 1
                return answers
            """,
        "only for these": """
            def decide(probabilities, groups):
                answers = np.zeros(probabilities.shape)
                for group in [[0, 1, 4], [2, 3, 5, 6]]:
                    group = np.array(group)
                    places = group[probabilities[:, group].argmax(axis=1)]
                    answers[np.arange(len(answers)), places] = 1
                return answers
            """,
        "zeros and ones": """
            def decide(probabilities, groups):
                answers = np.zeros(probabilities.shape)
                for group in groups:
                    part = probabilities[:, group]
                    answers[:, group] = part * (part == part.max(axis=1, keepdims=True))
                return answers
            """,
        "the same answers to every picture": """
            def decide(probabilities, groups):
                answers = np.zeros(probabilities.shape)
                for group in groups:
                    answers[:, np.array(group)[probabilities[:, group].argmax(axis=1)]] = 1
                return answers
            """,
        "asked for is (200, 7)": """
            def decide(probabilities, groups):
                return np.stack([probabilities[:, group].argmax(axis=1) for group in groups], axis=1)
            """,
    },
)
def rule(decide):
    random = np.random.default_rng(6)
    groups = [[0, 1, 4], [2, 3, 5, 6]]
    probabilities = random.uniform(0.01, 0.99, (200, 7))
    answers = array_of(run(decide, probabilities, groups), probabilities.shape)
    if not np.isin(answers, (0, 1)).all():
        odd = answers[~np.isin(answers, (0, 1))][0]
        raise Hint(f"Among your answers is {odd:.3g}; asked for are zeros and ones.", "Write a 1 there.")
    right, inside = _exactly_one(probabilities, groups), np.zeros_like(probabilities)
    two = (np.argsort(np.argsort(-probabilities, axis=1), axis=1) < len(groups)).astype(float)
    largest = (probabilities == probabilities.max(axis=1, keepdims=True)).astype(float)
    for group in groups:
        inside[np.arange(len(inside)), probabilities[:, group].argmax(axis=1)] = 1
    each = "Take one group's columns, `probabilities[:, group]`, and find the largest in each row."
    slips = [
        (two, "These are the largest two of the row, whichever they are: often two garments.", each),
        (largest, "Only one yes in a row; each group has to get one.", each),
        (
            inside,
            "You use the place inside its group as the column: place 0 of the garments is column 2.",
            "`np.array(group)[places]` are the columns.",
        ),
    ]
    refuse(answers, slips, 1e-9)
    if near(answers, answers[:1], 0):
        raise Hint(
            "Your function gives the same answers to every picture.",
            "`answers[:, columns] = 1` writes into all rows; each row has a column of its own: "
            "`answers[np.arange(len(answers)), columns] = 1`.",
        )
    sums = np.stack([answers[:, group].sum(axis=1) for group in groups], axis=1)
    if (sums != 1).any():
        row, which = np.argwhere(sums != 1)[0]
        raise Hint(
            f"Picture {row} says {sums[row, which]:.0f} times yes to a group, {groups[which]}.",
            "No threshold is needed: whatever the numbers, the largest of the group is taken. " + each,
        )
    if not near(answers, right, 1e-9):
        row = int(np.flatnonzero((answers != right).any(axis=1))[0])
        raise Hint(
            f"Each group gets one yes, and it is not always the most probable: look at picture {row}, "
            f"{np.round(probabilities[row], 2).tolist()}.",
            each,
        )
    groups = [[5, 0], [3, 1, 6, 8], [2, 7, 4]]
    probabilities = random.uniform(0.01, 0.4, (50, 9))
    answers = run(decide, probabilities, groups)
    right = _exactly_one(probabilities, groups)
    if np.shape(answers) != right.shape or not near(answers, right, 1e-9):
        raise Hint("Right for the two groups of the task, and only for these. Try three groups.", each)
    return (
        "One yes in each group, however small the probabilities. "
        "The rule knows what the network was never told: that a picture has exactly one colour."
    )


def _exactly_one(probabilities, groups):
    answers = np.zeros_like(probabilities)
    for group in groups:
        answers[np.arange(len(answers)), np.array(group)[probabilities[:, group].argmax(axis=1)]] = 1
    return answers


@exercise(
    "06.3",
    start='Print what the binarizer calls its labels. What does Python give for `list("red_dress")`?',
    wrong={
        "a label for each whole name": """
            def rows_and_labels(names):
                binarizer = MultiLabelBinarizer()
                rows = binarizer.fit_transform([[name] for name in names])
                return rows, list(binarizer.classes_)
            """,
        "are still letters": """
            def rows_and_labels(names):
                binarizer = MultiLabelBinarizer()
                rows = binarizer.fit_transform([name.replace("_", "") for name in names])
                return rows, list(binarizer.classes_)
            """,
        "Only one word": """
            def rows_and_labels(names):
                binarizer = MultiLabelBinarizer()
                rows = binarizer.fit_transform([[name.split("_")[0]] for name in names])
                return rows, list(binarizer.classes_)
            """,
        "one row for all": """
            def rows_and_labels(names):
                binarizer = MultiLabelBinarizer()
                rows = binarizer.fit_transform(["_".join(names).split("_")])
                return rows, list(binarizer.classes_)
            """,
        "labels of another table": """
            def rows_and_labels(names):
                binarizer = MultiLabelBinarizer()
                rows = binarizer.fit_transform([name.split("_") for name in names])
                return rows, sorted(binarizer.classes_, reverse=True)
            """,
        "rows and labels": """
            def rows_and_labels(names):
                return MultiLabelBinarizer().fit_transform([name.split("_") for name in names])
            """,
        "white_raincoat says: coat": """
            def rows_and_labels(names):
                words = sorted({word for name in names for word in name.split("_")})
                return [[word in name for word in words] for name in names], words
            """,
        "only for it": """
            def rows_and_labels(names):
                words = ["blue", "dress", "jeans", "red"]
                return [[word in name.split("_") for word in words] for name in names], words
            """,
    },
)
def letters(rows_and_labels):
    example = ["red_dress", "blue_jeans", "blue_dress"]
    _compare(run(rows_and_labels, example), example)
    other = ["green_coat", "black_shoes", "white_raincoat", "green_shoes", "pink_hat"]
    try:
        _compare(run(rows_and_labels, other), other)
    except Hint as wrong:
        raise Hint(f"Right for the example, and only for it. {wrong.text}", wrong.stronger) from None
    return (
        "A label for each word. The binarizer wants a list of labels for each picture, and a string is, for "
        "Python, a list of letters: no error, and a network that learns to spell."
    )


def _compare(returned, names):
    words = sorted({word for name in names for word in name.split("_")})
    if not (isinstance(returned, tuple | list) and len(returned) == 2):
        raise Hint(
            f"{described(returned, True)}: asked for are two things, rows and labels.", "Two, in order."
        )
    rows, labels = returned[0], [str(label) for label in returned[1]]
    split = "Give the binarizer a list of words for each name: `name.split(...)`."
    if sorted(labels) == sorted(names):
        raise Hint(f"{len(labels)} labels, a label for each whole name. Which words are in one?", split)
    if labels and all(len(label) == 1 for label in labels):
        raise Hint(f"{len(labels)} labels, and they are still letters: {', '.join(labels)}.", split)
    if set(labels) < set(words):
        missing = ", ".join(sorted(set(words) - set(labels)))
        raise Hint(f"Only one word of each name, or not all of them. Missing: {missing}.", split)
    if sorted(labels) != words:
        raise Hint(f"The labels are {', '.join(labels)}; the words are {', '.join(words)}.", split)
    if np.shape(rows) == (1, len(words)):
        raise Hint("There is one row for all names; each needs its own.", split)
    rows = array_of(rows, (len(names), len(words)), "the table")
    for name, row in zip(names, rows, strict=True):
        said = sorted(label for label, one in zip(labels, row, strict=True) if one == 1)
        if set(said) > set(name.split("_")):
            says = f"The row of {name} says: {', '.join(said)}. A part of a word is not a label."
            raise Hint(says, split)
        if said != sorted(name.split("_")) or not np.isin(row, (0, 1)).all():
            raise Hint(
                f"The row of {name} says: {', '.join(said) or 'nothing'}. Rows and labels of another table?",
                "Return both from the same binarizer: what `fit_transform` gave, and `classes_`.",
            )
