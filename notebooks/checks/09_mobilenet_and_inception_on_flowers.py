"""Lesson 09: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, near, numbers_of, refuse, run
from course_utils.exercises import exercise

JUDGED = 70
RIGHT = np.array([65, 64, 63, 63, 61, 60, 58])


@exercise(
    "09.1",
    start="First p, the best recipe's share. Then the formula, with n = 70. Then count the recipes whose "
    "share is at least p minus two standard errors.",
    wrong={
        "the root is missing": "standard_error, within = 0.00095, 5",
        "not divided by": "standard_error, within = 0.258, 7",
        "what one picture moves": "standard_error, within = 1 / 70, 3",
        "root of p (1 - p) alone": "standard_error, within = 0.00368, 2",
        "already doubled": "standard_error, within = 0.0616, 5",
        "spread of the seven": "standard_error, within = 0.0324, 5",
        "in per cent": "standard_error, within = 3.08, 5",
        "in pictures": "standard_error, within = 2.155, 5",
        "Nearly": "standard_error, within = 0.03, 5",
        "What is p": "standard_error, within = 0.0418, 6",
        "best alone": "standard_error, within = 0.0308, 1",
        "within one standard error": "standard_error, within = 0.0308, 4",
        "from both sides": "standard_error, within = 0.0308, 7",
        "Where is the limit": "standard_error, within = 0.0308, 6",
    },
)
def near_the_best(answer):
    error, recipes = numbers_of(answer, 2)
    shares = RIGHT / JUDGED
    p = shares.max()
    right = np.sqrt(p * (1 - p) / JUDGED)
    formula = "p is 65 / 70. Its standard error: `np.sqrt(p * (1 - p) / 70)`."
    spread = "That is the spread of the seven recipes, not the standard error of one."
    slips = [
        (right**2, "For the standard error the root is missing.", formula),
        (np.sqrt(p * (1 - p)), "The standard error is not divided by the number of pictures.", formula),
        (1 / JUDGED, "1 / 70 is what one picture moves, not the standard error.", formula),
        (np.sqrt(p * (1 - p)) / JUDGED, "You took the root of p (1 - p) alone.", formula),
        (2 * right, "The standard error is already doubled: that is two of them.", formula),
        (np.std(shares), spread, formula),
        (np.std(shares, ddof=1), spread, formula),
        (100 * right, "The standard error looks like one in per cent; here shares go from 0 to 1.", formula),
    ]
    slips.append((JUDGED * right, "That is the error in pictures; asked for is that of the share.", formula))
    for slip, *texts in slips:
        refuse(error, [(slip, *texts)], 0.01 * slip)
    if not near(error, right, 0.0004) and near(error, right, 0.001):
        nearly = "Nearly. Asked for is the standard error to three decimals."
        raise Hint(nearly, "Round it to three decimals, or give all that Python prints.")
    if not near(error, right, 0.0004):
        raise Hint(f"{error:g} is not the standard error of the best recipe's share. What is p?", formula)
    limit = f"Count the shares from {p:.3f} - 2 x {right:.4f} = {p - 2 * right:.3f} up, the best one, too."
    fewer = "So many lie within one standard error. Or was the best one left out?"
    slips = [
        (1, "The best alone? The next recipe has one picture less, a third of what luck moves.", limit),
        ((shares >= p - right).sum(), fewer, limit),
        (7, "All seven, if errors were added from both sides. Here the best one's counts alone.", limit),
    ]
    refuse(recipes, slips, 0)
    if recipes != (shares >= p - 2 * right).sum():
        raise Hint(f"The standard error is right; {recipes:g} recipes are not. Where is the limit?", limit)
    return (
        "0.0308, so five of the seven recipes lie above 86.7 %: seventy pictures do not tell them apart. "
        "Half the error would take four times as many pictures."
    )


RECIPE = """
    def mean_of_heads(X, truth, train_head, parts, asked):
        parts, answers = {}, []
        labels = np.concatenate([truth[part] for part in parts])
        for name in ("mobilenet_v2", "inception_v3"):
            head = train_head(np.concatenate([X[name][part] for part in parts]), labels)
            answers.append(np.asarray(head(X[name][asked])))
        return {}
    """
MEAN = "np.mean(answers, axis=0)"


@exercise(
    "09.2",
    start="The same lines twice, once for each backbone: join the parts, train a head, ask it about `asked`.",
    wrong={
        "mean of class 1 and class 3": RECIPE.format(
            "parts", "np.mean([answer.argmax(axis=1) for answer in answers], axis=0)"
        ),
        "sum to 2": RECIPE.format("parts", "answers[0] + answers[1]"),
        "MobileNet's head alone": RECIPE.format("parts", "answers[0]"),
        "Inception's head alone": RECIPE.format("parts", "answers[1]"),
        "the mean is": RECIPE.format("parts", "np.maximum(*answers)"),
        "third idea": """
            def mean_of_heads(X, truth, train_head, parts, asked):
                both = {part: np.concatenate([X[name][part] for name in X], axis=1) for part in truth}
                labels = np.concatenate([truth[part] for part in parts])
                head = train_head(np.concatenate([both[part] for part in parts]), labels)
                return head(both[asked])
            """,
        "the truth of the pictures asked about": RECIPE.format("[*parts, asked]", MEAN),
        "first of the parts": RECIPE.format("parts[:1]", MEAN),
        "only for these": RECIPE.format('["train", "validation"]', MEAN),
    },
)
def two_heads(mean_of_heads):
    X, truth = _flowers()
    parts, asked = ["train", "validation"], "test"
    answers = run(mean_of_heads, X, truth, _train_head, parts, asked)
    if np.shape(answers) == (30,):
        text = (
            "One number for each picture. What is the mean of class 1 and class 3? Class 2 is another flower."
        )
        raise Hint(text, "Take the mean of probabilities, and leave `argmax` to whoever asks.")
    answers = array_of(answers, (30, 5))
    small, large = (_plain(columns, truth, parts, asked) for columns in X.values())
    both = {part: np.concatenate([columns[part] for columns in X.values()], axis=1) for part in truth}
    mean = "Train a head for each backbone on all of `parts`, ask both about `asked`, take the mean of two."
    leak = "The heads have learned the truth of the pictures asked about, and would shine on them alone."
    third = "One head on the features of both is the lesson's third idea. Here each backbone has its own."
    slips = [
        (small + large, "Your rows sum to 2, so these are no probabilities yet.", mean),
        (small, "That is MobileNet's head alone.", mean),
        (large, "That is Inception's head alone.", mean),
        (_plain(both, truth, parts, asked), third, mean),
        (_mean(X, truth, [*parts, asked], asked), leak, "Train on `parts` and on nothing else."),
        (_mean(X, truth, parts[:1], asked), "The heads know the first of the parts alone.", mean),
    ]
    refuse(answers, slips, 1e-5)
    right = _mean(X, truth, parts, asked)
    if not near(answers, right, 1e-5):
        raise Hint(f"The first picture gets {answers[0].round(3)}; the mean is {right[0].round(3)}.", mean)
    answers = run(mean_of_heads, X, truth, _train_head, ["train"], "validation")
    if np.shape(answers) != (20, 5) or not near(answers, _mean(X, truth, ["train"], "validation"), 1e-5):
        text = "Right when it learns from train and validation and is asked about test, and only for these."
        raise Hint(text, "Use `parts` and `asked`, whatever they are.")
    return (
        "Two heads, one answer: who is sure counts for more than who hesitates. The truth of `asked` was not "
        "used, so validation pictures can judge this recipe fairly."
    )


def _flowers():
    random, X = np.random.default_rng(9), {"mobilenet_v2": {}, "inception_v3": {}}
    counts = {"train": 40, "validation": 20, "test": 30}
    truth = {part: random.permutation(np.arange(count) % 5) for part, count in counts.items()}
    for name, features in (("mobilenet_v2", 6), ("inception_v3", 9)):
        centres = random.normal(size=(5, features))
        for part, labels in truth.items():
            X[name][part] = (centres[labels] + random.normal(size=(len(labels), features))).astype("float32")
    return X, truth


class _Answers(np.ndarray):
    """Probabilities that can be read as those of Keras are."""

    def numpy(self):
        return np.asarray(self)


def _train_head(inputs, labels):
    """Train at once, without TensorFlow: a class is the more probable the nearer its mean is."""
    inputs, labels = np.asarray(inputs), np.asarray(labels)
    if len(inputs) != len(labels):
        raise ValueError(f"{len(inputs)} rows of features, and {len(labels)} labels")
    means = np.stack([inputs[labels == label].mean(axis=0) for label in range(5)])

    def head(asked):
        powers = np.exp(-((np.asarray(asked)[:, None] - means) ** 2).sum(axis=2) / 4)
        return (powers / powers.sum(axis=1, keepdims=True)).view(_Answers)

    head.predict = lambda asked, **_: head(asked).numpy()
    return head


def _plain(columns, truth, parts, asked):
    inputs, labels = (np.concatenate([by_part[part] for part in parts]) for by_part in (columns, truth))
    return _train_head(inputs, labels)(columns[asked]).numpy()


def _mean(X, truth, parts, asked):
    return np.mean([_plain(columns, truth, parts, asked) for columns in X.values()], axis=0)


ROWS = """
    def rows_of(views, labels):
        inputs = np.concatenate(views)
        return {}, {}
    """


@exercise(
    "09.3",
    start="Try it on two views of three pictures, with the labels 0, 1, 2. Whose label stands in each row?",
    wrong={
        "You moved the rows": ROWS.format(
            "np.random.default_rng(0).permutation(inputs)", "np.tile(labels, len(views))"
        ),
        "belong to another picture's row": ROWS.format("inputs", "np.sort(np.tile(labels, len(views)))"),
        "side by side": ROWS.format("np.hstack(views)", "labels"),
        "60 rows and 20 labels": ROWS.format("inputs", "labels"),
        "mean of the views": ROWS.format("np.mean(views, axis=0)", "labels"),
        "one view alone": ROWS.format("views[0]", "labels"),
        "another time": ROWS.format(
            "np.repeat(views[0], len(views), axis=0)", "np.repeat(labels, len(views))"
        ),
        "always three": ROWS.format("inputs", "np.tile(labels, 3)"),
        "the shape (3, 20)": ROWS.format("inputs", "np.tile(labels, (len(views), 1))"),
        "two things": ROWS.format("*inputs", "labels"),
    },
)
def labels_of_views(rows_of):
    _compare(rows_of, 3, 20)
    try:
        _compare(rows_of, 2, 7)
    except Hint as wrong:
        text = "Right for three views of 20 pictures, and not for two of 7. Are there always three?"
        raise Hint(text, wrong.text) from None
    return (
        "Each row stands beside its own label. With `repeat` most stood beside a stranger's, and the head "
        "learned from them: no error is raised, because the lengths agree."
    )


def _compare(rows_of, count, pictures):
    random = np.random.default_rng(count)
    views, labels = list(random.normal(size=(count, pictures, 4))), np.arange(pictures) * 3 % 5
    answer = run(rows_of, views, labels)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Hint("Asked for are two things, the rows and their labels.", "`return inputs, labels`")
    rows = count * pictures
    each = "The first row of each view shows picture 0, so each gets its label. Where do these rows stand?"
    if np.shape(answer[0]) == (pictures, 4 * count):
        raise Hint("The views stand side by side, one longer list of features, not below each other.", each)
    if np.shape(answer[0]) == (pictures, 4):
        kind = "the mean of the views" if near(answer[0], np.mean(views, axis=0), 1e-9) else "one view alone"
        raise Hint(f"That is {kind}: {pictures} rows. The head is to learn from all {rows}.", each)
    inputs = array_of(answer[0], (rows, 4), "the first thing that your function returns")
    if np.ndim(answer[1]) == 1 and len(answer[1]) != rows:
        raise Hint(f"There are {rows} rows and {len(answer[1])} labels.", each)
    given = array_of(answer[1], (rows,), "the second thing that your function returns")
    distances = np.abs(inputs[:, None] - np.concatenate(views)).max(axis=2)
    place = distances.argmin(axis=1)  # of each row, among the rows of all views
    joined = "The first line, `np.concatenate(views)`, was right."
    if not near(distances.min(axis=1), 0, 1e-5):
        raise Hint("There are rows that stand in none of the views.", joined)
    if len(set(place)) < rows:
        raise Hint("Some rows come another time, and others not at all.", joined)
    wrong = (given != labels[place % pictures]).mean()
    if not wrong:
        return
    if not near(place, np.arange(rows), 0):
        raise Hint(f"You moved the rows, and {wrong:.0%} of them have a wrong label. Whose row is it?", each)
    raise Hint(f"The rows are right. Of the labels {wrong:.0%} belong to another picture's row.", each)
