"""Lesson 02: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, near, number_of, refuse, run
from course_utils.exercises import exercise


@exercise(
    "02.1",
    start="Two steps: softmax makes probabilities of the scores, and the loss looks at one of them alone.",
    wrong={
        "one minus the probability": "loss = 0.341",
        "the probability itself": "loss = 0.659",
        "base 10": "loss = 0.181",
        "base 2": "loss = 0.601",
        "below zero": "loss = -0.417",
        "class 1": "loss = 1.417",
        "sum to 1, too": "loss = 2 / 3.1",
        "no softmax": "loss = -np.log(2 / 3.1)",
        "all three classes": "loss = 4.151",
        "What are the three probabilities": "loss = 0.7",
        "asked for is one number": "loss = '0.417'",
    },
)
def cross_entropy(loss):
    value = number_of(loss, "the loss")
    first, second, third = np.exp([2.0, 1.0, 0.1]) / np.exp([2.0, 1.0, 0.1]).sum()
    powers = "Softmax takes e to the power of each score, and divides these powers by their sum."
    slips = [
        (1 - first, "That is one minus the probability of the true class.", "A loss takes its logarithm."),
        (first, "That is the probability itself; a loss is small where it is near 1.", "Take its logarithm."),
        (-np.log10(first), "That is a logarithm to base 10; Keras takes the natural one.", "`np.log`"),
        (-np.log2(first), "That is a logarithm to base 2; Keras takes the natural one.", "`np.log`"),
        (np.log(first), "A loss is never below zero.", "It is minus the logarithm."),
        (
            -np.log(second),
            "That is the loss if class 1, the second, were the true one.",
            "The first is true.",
        ),
        (2 / 3.1, "Scores divided by their sum do sum to 1, too. Softmax does one thing before.", powers),
        (-np.log(2 / 3.1), "A logarithm of a share, but there was no softmax.", powers),
        (
            -np.log(first * second * third),
            "You sum over all three classes; the loss looks at the true one alone.",
            "Leave out the other two: the first class is true.",
        ),
    ]
    refuse(value, slips, 0.003)
    if not near(value, -np.log(first), 0.003):
        raise Hint(
            f"{value:g} is not the loss. What are the three probabilities? They sum to 1.",
            f"{powers} Where the lesson compiles its network, it says what the loss makes of them.",
        )
    return (
        "The true class has the probability 0.659, and -ln 0.659 = 0.417. Had the network been sure (0.99), "
        "the loss would be 0.01; had it given 0.01, it would be 4.6."
    )


@exercise(
    "02.2",
    start="Two loops go over the places where the window fits. At each one: multiply window and kernel, sum.",
    wrong={
        "last place": """
            def convolve(image, kernel):
                answers = np.zeros((25, 25))
                for row in range(25):
                    for column in range(25):
                        answers[row, column] = (image[row : row + 3, column : column + 3] * kernel).sum()
                return answers
            """,
        "no padding": """
            def convolve(image, kernel):
                answers, padded = np.zeros(image.shape), np.pad(image, 1)
                for row in range(28):
                    for column in range(28):
                        answers[row, column] = (padded[row : row + 3, column : column + 3] * kernel).sum()
                return answers
            """,
        "does not turn it": """
            def convolve(image, kernel):
                answers = np.zeros((26, 26))
                for row in range(26):
                    for column in range(26):
                        window = image[row : row + 3, column : column + 3]
                        answers[row, column] = (window * kernel[::-1, ::-1]).sum()
                return answers
            """,
        "sums the nine products": """
            def convolve(image, kernel):
                answers = np.zeros((26, 26))
                for row in range(26):
                    for column in range(26):
                        answers[row, column] = (image[row : row + 3, column : column + 3] * kernel).mean()
                return answers
            """,
        "in the wrong places": """
            def convolve(image, kernel):
                answers = np.zeros((26, 26))
                for row in range(26):
                    for column in range(26):
                        answers[column, row] = (image[row : row + 3, column : column + 3] * kernel).sum()
                return answers
            """,
        "only for these": """
            def convolve(image, kernel):
                answers = np.zeros((26, 26))
                for row in range(26):
                    for column in range(26):
                        window = image[row : row + 3, column : column + 3]
                        answers[row, column] = (window * kernel).sum() if window.shape == (3, 3) else 0
                return answers
            """,
        "below 0": """
            def convolve(image, kernel):
                answers = np.zeros((26, 26))
                for row in range(26):
                    for column in range(26):
                        window = image[row : row + 3, column : column + 3]
                        answers[row, column] = max(0, (window * kernel).sum())
                return answers
            """,
        "On a picture of noise": """
            def convolve(image, kernel):
                answers = np.zeros((26, 26))
                for row in range(26):
                    for column in range(26):
                        answers[row, column] = (image[row : row + 3, column : column + 3] @ kernel).sum()
                return answers
            """,
        "returns nothing": """
            def convolve(image, kernel):
                answers = np.zeros((26, 26))
                for row in range(26):
                    for column in range(26):
                        answers[row, column] = (image[row : row + 3, column : column + 3] * kernel).sum()
            """,
    },
)
def convolution(convolve):
    random = np.random.default_rng(7)
    image, kernel = random.normal(size=(28, 28)), random.normal(size=(3, 3))
    answers = run(convolve, image, kernel)
    places = "A window of 3 begins at the pixels 0 to 25 of 28: these are 26 places."
    if np.shape(answers) == (25, 25):
        raise Hint("25 by 25: the last place in each direction is missing.", places)
    if np.shape(answers) == (28, 28):
        raise Hint("28 by 28, one for each pixel. Here there is no padding: the window stays inside.", places)
    answers, right = array_of(answers, (26, 26)), _of_keras(image, kernel)
    as_it_is = "Multiply `window * kernel` as they are."
    slips = [
        (_of_keras(image, kernel[::-1, ::-1]), "You turned the kernel; Keras does not turn it.", as_it_is),
        (right / 9, "A ninth of what Keras says: it sums the nine products.", "`.sum()`"),
        (right.T, "The numbers are right, in the wrong places.", "Rows and columns are exchanged."),
        (_of_keras(image, kernel.T), "The kernel lies on its side.", as_it_is),
        (np.maximum(right, 0), "No answer of yours is below 0: that is a relu.", "Keep the sums."),
    ]
    refuse(answers, slips, 1e-3)
    if not near(answers, right, 1e-3):
        row, column = np.unravel_index(np.abs(answers - right).argmax(), right.shape)
        raise Hint(
            f"On a picture of noise, row {row}, column {column}, yours says {answers[row, column]:.3f} and "
            f"Keras {right[row, column]:.3f}.",
            "At each place: nine pixels times the nine numbers of the kernel, summed. No bias, no relu.",
        )
    smaller = run(convolve, image[:9, :12], kernel)
    if np.shape(smaller) != (7, 10) or not near(smaller, right[:7, :10], 1e-3):
        raise Hint("Right for 28 by 28 pixels, and only for these. Try 9 by 12.", "Use `image.shape`.")
    return "The same numbers as Keras, on pictures that you have not seen."


def _of_keras(image, kernel):
    import keras

    batch, kernels = image[None, ..., None].astype("float32"), kernel[..., None, None].astype("float32")
    return keras.ops.convert_to_numpy(keras.ops.conv(batch, kernels))[0, ..., 0]


@exercise(
    "02.3",
    start="Call it twice with the same pictures and compare. Which lines draw anew each time?",
    wrong={
        "still shifted": """
            def judge(network, images, labels):
                keras.utils.set_random_seed(0)
                shift = keras.layers.RandomTranslation(0.2, 0.2)
                probabilities = network(shift(images, training=True), training=False).numpy()
                return (probabilities.argmax(axis=1) == labels).mean()
            """,
        "another number": """
            def judge(network, images, labels):
                shift = keras.layers.RandomTranslation(0.3, 0.3)
                probabilities = network(shift(images, training=True), training=False).numpy()
                return (probabilities.argmax(axis=1) == labels).mean()
            """,
        "dropout is on": """
            def judge(network, images, labels):
                probabilities = network(images, training=True).numpy()
                return (probabilities.argmax(axis=1) == labels).mean()
            """,
        "asked for is one number": """
            def judge(network, images, labels):
                probabilities = network(images, training=False).numpy()
                return probabilities.argmax(axis=1) == labels
            """,
    },
)
def evaluation(judge):
    import keras

    random = np.random.default_rng(3)
    labels = random.integers(0, 4, 400)
    # A bright pixel in one of four quarters tells the class; it lies so near to the others that a shift moves
    # it there.
    images = np.zeros((400, 8, 8, 1), "float32")
    images[np.arange(400), 3 + labels // 2, 3 + labels % 2] = 1
    labels[:100] = (labels[:100] + 1) % 4  # so that 75 % is right

    def network(dropout):  # of Keras and compiled: it can be called, and has predict and evaluate
        layers = [keras.layers.AveragePooling2D(4), keras.layers.Flatten(), keras.layers.Dropout(dropout)]
        built = keras.Sequential([keras.Input(shape=(8, 8, 1)), *layers, keras.layers.Softmax()])
        built.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return built

    def asked(network):
        return [number_of(run(judge, network, images, labels), "what it returns") for _ in range(3)]

    answers = asked(network(0.5))
    if len(set(answers)) > 1:
        if near(asked(network(0)), 0.75, 1e-6):
            raise Hint(
                "The pictures are as they should be, and the answer still changes: dropout is on.",
                "Whoever only asks a network calls it with `training=False`.",
            )
        raise Hint(
            "Three times the same pictures, another number each time: " + ", ".join(map(str, answers)) + ".",
            "What is only judged is neither shuffled nor changed. Which line changes the pictures?",
        )
    if not near(answers, 0.75, 1e-6):
        raise Hint(
            "Always the same number now, and a wrong one. Are the pictures still shifted, or is dropout on?",
            "A seed makes a mistake repeatable, it does not mend it. Take away what draws at random.",
        )
    return "The same number each time: 75 %, on pictures of which a quarter has a wrong label on purpose."
