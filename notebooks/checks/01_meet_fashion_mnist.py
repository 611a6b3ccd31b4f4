"""Lesson 01: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, near, number_of, refuse, run
from course_utils.exercises import exercise


@exercise(
    "01.1",
    start="Three factors: how many pictures are left, how many pixels has each, how many bytes has a pixel?",
    wrong={
        "all 60,000": "megabytes = 376.32",
        "one byte a pixel": "megabytes = 37.632",
        "the fifth that was set aside": "megabytes = 75.264",
        "4 bytes a number": "megabytes = 150.528",
        "in bytes": "megabytes = 60_000 * 4 // 5 * 28 * 28 * 8",
        "1,048,576": "megabytes = 48_000 * 28 * 28 * 8 / 2**20",
        "28 numbers a picture": "megabytes = 48_000 * 28 * 8 / 1e6",
        "bits": "megabytes = 48_000 * 28 * 28 * 64 / 1e6",
        "not the product": "megabytes = 250",
        "asked for is one number": "megabytes = '301 MB'",
    },
)
def memory(megabytes):
    value = number_of(megabytes, "the number of megabytes")
    right = 48_000 * 28 * 28 * 8 / 1e6
    split = "A fifth of 60,000 is 12,000; 48,000 stay for training."
    size = "`float64` has 64 bits, and a byte has 8."
    slips = [
        (right * 5 / 4, "That is for all 60,000. How many are left after the split?", split),
        (right / 4, "That is the fifth that was set aside; asked for is the rest.", split),
        (right / 8, "That is right for the pictures as they come, with one byte a pixel.", size),
        (right / 2, "That is right for 4 bytes a number (`float32`). How many has a `float64`?", size),
        (right * 8, "Eight times too much: do you count bits?", size),
        (right / 28, "That is 28 numbers a picture. A picture has 28 rows of 28 pixels.", "28 * 28 = 784"),
    ]
    refuse(value, slips, 0.5)
    if near(value, right * 1e6, 1e6):
        raise Hint("That is the memory in bytes; asked for are megabytes.", "Divide by a million.")
    if near(value, right * 1e6 / 2**20, 0.5):
        raise Hint("You divided by 1,048,576, which is 2²⁰.", "Here a megabyte is a million bytes.")
    if not near(value, right, 0.6):
        raise Hint(
            f"{value:g} is not the product of pictures, pixels and bytes, in millions.",
            f"{split} 28 * 28 pixels each, 8 bytes a pixel.",
        )
    return (
        f"{right:.0f} MB, eight times the 38 MB of the bytes. This is why later lessons keep the pictures as "
        "bytes and scale inside the network, a batch at a time."
    )


@exercise(
    "01.2",
    start="The direction is `mean_b - mean_a`. Measure every point from the mean of group a, along it.",
    wrong={
        "is not divided yet": """
            def place(group_a, group_b, points):
                start = group_a.mean(axis=0)
                return (points - start) @ (group_b.mean(axis=0) - start)
            """,
        "one length away": """
            def place(group_a, group_b, points):
                start = group_a.mean(axis=0)
                direction = group_b.mean(axis=0) - start
                return (points - start) @ direction / np.linalg.norm(direction)
            """,
        "measured from black": """
            def place(group_a, group_b, points):
                direction = group_b.mean(axis=0) - group_a.mean(axis=0)
                return points @ direction / (direction @ direction)
            """,
        "b to a": """
            def place(group_a, group_b, points):
                end = group_b.mean(axis=0)
                direction = group_a.mean(axis=0) - end
                return (points - end) @ direction / (direction @ direction)
            """,
        "from the middle": """
            def place(group_a, group_b, points):
                middle = (group_a.mean(axis=0) + group_b.mean(axis=0)) / 2
                direction = group_b.mean(axis=0) - group_a.mean(axis=0)
                return (points - middle) @ direction / (direction @ direction)
            """,
        "how far away a point is": """
            def place(group_a, group_b, points):
                start = group_a.mean(axis=0)
                length = np.linalg.norm(group_b.mean(axis=0) - start)
                return np.linalg.norm(points - start, axis=1) / length
            """,
        "for each pixel": """
            def place(group_a, group_b, points):
                start = group_a.mean(axis=0)
                return (points - start) / (group_b.mean(axis=0) - start)
            """,
        "The mean of group a lands on": """
            def place(group_a, group_b, points):
                direction = group_b.mean(axis=0) - group_a.mean(axis=0)
                return (points - points.mean(axis=0)) @ direction / (direction @ direction)
            """,
        "the mean of group b on 0.737": """
            def place(group_a, group_b, points):
                start = group_a.mean(axis=0)
                direction = group_b[0] - start
                return (points - start) @ direction / (direction @ direction)
            """,
        "not the others": """
            def place(group_a, group_b, points):
                from_a = np.linalg.norm(points - group_a.mean(axis=0), axis=1)
                from_b = np.linalg.norm(points - group_b.mean(axis=0), axis=1)
                return from_a / (from_a + from_b)
            """,
    },
)
def axis(place):
    random = np.random.default_rng(5)
    group_a, group_b = random.normal(2, 1, size=(5, 12)), random.normal(3, 1, size=(9, 12))
    start, end = group_a.mean(axis=0), group_b.mean(axis=0)
    points = np.stack([start, end, *random.normal(2, 2, size=(20, 12))])
    answers = run(place, group_a, group_b, points)
    if np.shape(answers) == points.shape:
        raise Hint(
            "You return a number for each pixel of each point; asked for is one number for each point.",
            "The dot product with the direction, `@`, sums over the pixels.",
        )
    answers = array_of(answers, (len(points),))
    direction = end - start
    length, along = np.linalg.norm(direction), (points - start) @ direction
    right = along / length**2
    on_one = f"The mean of group b lands on {answers[1]:.3f} instead of 1"
    square = "Divide by `direction @ direction`, the square of the length."
    from_a = "Subtract the mean of group a from every point first."
    slips = [
        (along, f"{on_one}: the dot product is not divided yet.", square),
        (along / length, f"{on_one}: in your unit it lies one length away.", square),
        (points @ direction / length**2, "Your points are measured from black, all pixels 0.", from_a),
        (1 - right, "Your axis runs from b to a: the mean of group a lands on 1.", "`mean_b - mean_a`"),
        (right - 0.5, "You measure from the middle: the means land on -0.5 and 0.5.", from_a),
        (
            np.linalg.norm(points - start, axis=1) / length,
            "That is how far away a point is, in any direction; asked for is how far along this one.",
            "Use the dot product with the direction; it can be negative.",
        ),
    ]
    refuse(answers, slips, 1e-3)
    if not near(answers[:2], [0, 1], 1e-3):
        raise Hint(
            f"The mean of group a lands on {answers[0]:.3f} and the mean of group b on {answers[1]:.3f}; "
            "they should land on 0 and 1.",
            f"{from_a} {square}",
        )
    if not near(answers, right, 1e-3):
        raise Hint(
            "The two means land where they should, but not the others: points beside the line are misplaced.",
            f"Dot product with the direction. {square}",
        )
    return (
        "Means on 0 and 1, everything else measured along the line between them, also below 0 and above 1. "
        "Whatever differs across the line does not count: that is what such an axis hides."
    )


@exercise(
    "01.3",
    start="Three terms make a squared distance. Which one is not in the code, and does it differ by class?",
    wrong={
        "same for every class": """
            def nearest(pictures, means):
                squares = (pictures**2).sum(axis=1)[:, None]
                return (squares - 2 * pictures @ means.T + squares).argmin(axis=1)
            """,
        "farthest": """
            def nearest(pictures, means):
                return ((pictures[:, None] - means) ** 2).sum(axis=2).argmax(axis=1)
            """,
        "smallest product": """
            def nearest(pictures, means):
                return ((pictures**2).sum(axis=1)[:, None] - 2 * pictures @ means.T).argmax(axis=1)
            """,
        "the wrong sign": """
            def nearest(pictures, means):
                return (-2 * pictures @ means.T - (means**2).sum(axis=1)).argmin(axis=1)
            """,
        "squared before": """
            def nearest(pictures, means):
                return (-2 * pictures @ means.T + means.sum(axis=1)).argmin(axis=1)
            """,
        "number of the class": """
            def nearest(pictures, means):
                return ((pictures[:, None] - means) ** 2).sum(axis=2).min(axis=1)
            """,
        "a row of distances": """
            def nearest(pictures, means):
                return ((pictures[:, None] - means) ** 2).sum(axis=2)
            """,
        "another mean than the nearest": """
            def nearest(pictures, means):
                return np.abs(pictures[:, None] - means).sum(axis=2).argmin(axis=1)
            """,
    },
)
def nearest_mean(nearest):
    random = np.random.default_rng(2)
    means = random.random((5, 12)) * np.array([0.5, 1, 1.5, 2, 3])[:, None]
    pictures = np.repeat(means, 12, axis=0) + random.normal(0, 0.6, size=(60, 12))
    answers = run(nearest, pictures, means)
    if np.shape(answers) == (60, 5):
        raise Hint("You return a row of distances for each picture.", "Which column is smallest? `argmin`")
    answers = array_of(answers, (60,))
    without = (pictures**2).sum(axis=1)[:, None] - 2 * pictures @ means.T
    squares = (means**2).sum(axis=1)
    distances = without + squares
    term = "The third term, m², is one number for each class: its mean, squared pixel by pixel and summed."
    near_or_far = "The nearest has the smallest distance."
    slips = [
        (
            without.argmin(axis=1),
            "The same answers as before. What you changed is the same for every class, like the squares of "
            "the picture's own pixels: it cannot change which class is nearest.",
            term,
        ),
        (distances.argmax(axis=1), "You name the farthest mean.", near_or_far),
        (without.argmax(axis=1), "You name the mean with the smallest product: far or near?", near_or_far),
        ((without - squares).argmin(axis=1), "The squared means have the wrong sign.", "(p - m)² has + m²."),
        ((without + means.sum(axis=1)).argmin(axis=1), "The means are not squared before the sum.", term),
    ]
    refuse(answers, slips, 0.1)
    if not np.isin(answers, range(5)).all():
        raise Hint(
            f"You return {answers[0]:g} for the first picture; asked for is the number of the class, 0 to 4.",
            "`argmin` says where the smallest is, `min` how small.",
        )
    wrong = np.flatnonzero(answers != distances.argmin(axis=1))
    if wrong.size:
        first, given = wrong[0], int(answers[wrong[0]])
        raise Hint(
            f"{wrong.size} of 60 pictures get another mean than the nearest. Picture {first}: you say class "
            f"{given}, and its distance is {distances[first, given] ** 0.5:.2f}; another mean is at "
            f"{distances[first].min() ** 0.5:.2f}.",
            term,
        )
    return (
        "Each picture has its nearest mean. Without m² the product alone decides, and a bright mean has a "
        "large product with everything; so it is wherever vectors of different length are compared."
    )
