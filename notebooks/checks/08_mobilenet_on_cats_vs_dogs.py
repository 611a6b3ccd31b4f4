"""Lesson 08: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, near, numbers_of, refuse, run
from course_utils.exercises import exercise

PICTURES, PUBLISHED_EPOCHS, OUR_EPOCHS = 23_262, 6, 20


@exercise(
    "08.1",
    start="Which pictures does one epoch send through the backbone? And how often is it asked, if all that "
    "it ever says of a picture is kept?",
    wrong={
        "leaves out the pictures that are judged": "published, ours = 111_660, 23_262",
        "judged once": "published, ours = 6 * 18_610 + 4_652, 23_262",
        "a head on stored features needs": "published, ours = 23_262, 139_572",
        "number of epochs of the other": "published, ours = 20 * 23_262, 23_262",
        "answers the same each time": "published, ours = 139_572, 20 * 23_262",
        "need features, too": "published, ours = 139_572, 18_610",
        "come from the backbone": "published, ours = 139_572, 0",
        "one picture makes the way": "published, ours = 6, 1",
        "for one picture": "published, ours = 139_572, 1",
        "is not the number of the published way": "published, ours = 100_000, 23_262",
    },
)
def passes(answer):
    published, ours = numbers_of(answer, 2)
    training, judged = 0.8 * PICTURES, 0.2 * PICTURES
    epoch = "Count one epoch: the pictures that train, and those that are judged after it. There are six."
    free = "The published number leaves out the pictures that are judged. Are their answers free?"
    once = "In the published number the fifth set aside is judged once; it is after each epoch."
    stored = "As published number you gave each picture once: that is what a head on stored features needs."
    other = "The published number was made with the number of epochs of the other way."
    slips = [
        (PUBLISHED_EPOCHS * training, free, epoch),
        (PUBLISHED_EPOCHS * training + judged, once, epoch),
        (PICTURES, stored, epoch),
        (OUR_EPOCHS * PICTURES, other, epoch),
    ]
    refuse(published, slips, 10)
    if near(published, PUBLISHED_EPOCHS, 0.5):
        raise Hint("So often one picture makes the way. Asked for is the sum over all pictures.", epoch)
    if not near(published, PUBLISHED_EPOCHS * PICTURES, 0.5):
        raise Hint(f"{published:,.0f} is not the number of the published way. What costs one epoch?", epoch)
    kept = "What the backbone says of a picture is computed once and kept, whatever the number of epochs."
    frozen = "Yours counts every epoch of the head. But a frozen network answers the same each time."
    if near(ours, 1, 0.5):
        raise Hint("That is for one picture. Asked for is the sum over all pictures.", kept)
    slips = [
        (OUR_EPOCHS * PICTURES, frozen, kept),
        (OUR_EPOCHS * training, frozen, kept),
        (training, "The pictures that are judged need features, too.", kept),
        (0, "The head sees features alone. But these come from the backbone.", kept),
    ]
    refuse(ours, slips, 10)
    if not near(ours, PICTURES, 0.5):
        raise Hint(f"{ours:,.0f} is not the number for stored features. Which layers see a picture?", kept)
    return (
        "The published way asks six times as often, with less than a third of our epochs. A hundred epochs "
        "of the head would not cost one question more."
    )


@exercise(
    "08.2",
    start="Three steps: a score for each picture and class, the bias, the softmax. The scores are a product "
    "of two matrices, `@`.",
    wrong={
        "without the bias": """
            def dense_softmax(features, kernel, bias):
                scores = np.exp(features @ kernel)
                return scores / scores.sum(axis=1, keepdims=True)
            """,
        "down the columns": """
            def dense_softmax(features, kernel, bias):
                scores = np.exp(features @ kernel + bias)
                return scores / scores.sum(axis=0)
            """,
        "over all pictures together": """
            def dense_softmax(features, kernel, bias):
                scores = np.exp(features @ kernel + bias)
                return scores / scores.sum()
            """,
        "the scores themselves": """
            def dense_softmax(features, kernel, bias):
                return features @ kernel + bias
            """,
        "were not raised": """
            def dense_softmax(features, kernel, bias):
                scores = features @ kernel + bias
                return scores / scores.sum(axis=1, keepdims=True)
            """,
        "sigmoid": """
            def dense_softmax(features, kernel, bias):
                return 1 / (1 + np.exp(-(features @ kernel + bias)))
            """,
        "after the softmax": """
            def dense_softmax(features, kernel, bias):
                scores = np.exp(features @ kernel)
                return scores / scores.sum(axis=1, keepdims=True) + bias
            """,
        "one number for each picture": """
            def dense_softmax(features, kernel, bias):
                return (features @ kernel + bias).argmax(axis=1)
            """,
        "yours says [0.01": """
            def dense_softmax(features, kernel, bias):
                scores = 2.718 ** (features @ kernel + bias)
                return scores / scores.sum(axis=1, keepdims=True)
            """,
        "line 2 of your cell": """
            def dense_softmax(features, kernel, bias):
                return kernel @ features + bias
            """,
    },
)
def head(dense_softmax):
    _compare(dense_softmax, *_parts_of_a_head(6, 10, 4))
    try:
        _compare(dense_softmax, *_parts_of_a_head(3, 8, 2))
    except Hint as wrong:
        text = "Right for 6 pictures, 10 features and 4 classes, and not for 3, 8 and 2."
        raise Hint(text, wrong.text) from None
    return (
        "The numbers of Keras within 0.00001; with 1,280 features and 2 classes this is the whole head, of "
        "2,562 weights. Keras first takes the largest score of a row away, so that `exp` does not overflow."
    )


def _parts_of_a_head(pictures, features, classes):
    random = np.random.default_rng(pictures)
    kernel, bias = random.normal(size=(features, classes)) / 2, random.normal(size=classes)
    return [array.astype("float32") for array in (random.normal(size=(pictures, features)), kernel, bias)]


def _compare(dense_softmax, features, kernel, bias):
    scores = features @ kernel + bias
    answers = run(dense_softmax, features, kernel, bias)
    if np.shape(answers) == (len(features),):
        raise Hint(
            "That is one number for each picture; asked for is a probability for each picture and class.",
            "Softmax keeps the shape of the scores, (pictures, classes).",
        )
    answers, right = array_of(answers, scores.shape), _softmax(scores)
    divide = "`exp` of the scores, then each row divided by its own sum: `.sum(axis=1, keepdims=True)`."
    powers, unbiased = np.exp(scores), _softmax(features @ kernel)
    raised = "Rows sum to 1, but the scores were not raised to powers of e, and some are below zero."
    slips = [
        (unbiased, "A softmax without the bias.", "Add `bias` to the scores, before `exp`."),
        (unbiased + bias, "You added the bias after the softmax.", "The bias is a part of the score."),
        (powers / powers.sum(axis=0), "You divided by sums down the columns. What do rows sum to?", divide),
        (powers / powers.sum(), "One softmax over all pictures together. What do your rows sum to?", divide),
        (scores, "These are the scores themselves, the logits. Some are below zero.", divide),
        (powers, "All above zero now. What do your rows sum to?", divide),
        (scores / scores.sum(axis=1, keepdims=True), raised, divide),
        (1 / (1 + np.exp(-scores)), "A sigmoid: each class alone. What do your rows sum to?", divide),
    ]
    refuse(answers, slips, 1e-5)
    if not near(answers, right, 1e-5):
        worst = np.abs(answers - right).max(axis=1).argmax()
        digits = 3 if np.abs(answers - right).max() > 1e-3 else 6
        yours, keras_says = answers[worst].round(digits), right[worst].round(digits)
        raise Hint(f"For picture {worst} yours says {yours} and Keras {keras_says}.", divide)


def _softmax(scores):
    import keras

    return keras.ops.convert_to_numpy(keras.ops.softmax(scores))


@exercise(
    "08.3",
    start="Print the smallest and the largest number that reaches the layer behind `Rescaling`. From where "
    "to where should they go?",
    wrong={
        "nearly the same answer": """
            def ask_kept(model, images):
                pixels = np.asarray(images, "float32") / 255
                return model.predict(pixels, verbose=0)
            """,
        "behind the scaling": """
            def ask_kept(model, images):
                unscaled = keras.Sequential(model.layers[1:])
                return unscaled(np.asarray(images, "float32")).numpy()
            """,
        "for pixels from -1 to 1": """
            def ask_kept(model, images):
                unscaled = keras.Sequential(model.layers[1:])
                return unscaled(np.asarray(images, "float32") / 255).numpy()
            """,
        "Cut to whole numbers": """
            def ask_kept(model, images):
                pixels = (np.asarray(images) / 255).astype("uint8")
                return model(pixels).numpy()
            """,
        "Another scaling": """
            def ask_kept(model, images):
                pixels = np.asarray(images, "float32") / 127.5 - 1
                return model(pixels).numpy()
            """,
        "One number for each picture": """
            def ask_kept(model, images):
                return model(np.asarray(images, "float32")).numpy().argmax(axis=1)
            """,
    },
)
def twice_scaled(ask_kept):
    images = np.random.default_rng(8).integers(0, 256, (12, 6, 6, 3)).astype("uint8")
    model, behind = _model(1 / 255, 0)
    pixels = images.astype("float32")
    right = np.asarray(model(pixels))
    answers = run(ask_kept, model, images)
    if np.shape(answers) == (12,):
        raise Hint(
            "One number for each picture; asked for are the probabilities of both.", "Leave `argmax` away."
        )
    answers = array_of(answers, (12, 2))
    once = "Scaling belongs to the model, once. This one brings its own: what does it want to be given?"
    black = "Still nearly the same answer for every picture: to the model they are nearly black."
    zeros = "Cut to whole numbers, pixels from 0 to 1 are zeros."
    unscaled = "Now 0 to 255 reach the layer behind the scaling, and the model is sure of everything."
    slips = [
        (model(pixels / 255), black, once),
        (model((pixels / 255).astype("uint8")), zeros, once),
        (behind(pixels), unscaled, once),
        (model(pixels / 127.5 - 1), "Another scaling, and the model's own comes after it.", once),
    ]
    refuse(answers, [(np.asarray(slip), *texts) for slip, *texts in slips], 1e-6)
    if not near(answers, right, 1e-4):
        both = f"{answers[0].round(3)}; asked as it wants to be, the model says {right[0].round(3)}"
        raise Hint(f"The first picture gets {both}.", once)
    other, _ = _model(1 / 127.5, -1)
    if not near(array_of(run(ask_kept, other, images), (12, 2)), other(pixels), 1e-4):
        raise Hint("Right for this model. The next was made for pixels from -1 to 1: right by luck.", once)
    return (
        "The model's own `Rescaling` is the only one now. Divided twice, all pictures are nearly black "
        "to it, and it says the same of each, here 69 % sure: no error, and no warning."
    )


def _model(scale, offset):
    """Return (model, what is behind its scaling): on black pictures it is 69 % sure."""
    import keras

    dense = keras.layers.Dense(2, activation="softmax")
    behind = [keras.layers.Flatten(), dense]
    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Rescaling(scale, offset), *behind])
    kernel = np.random.default_rng(5).normal(size=(108, 2)) / 2
    dense.set_weights([kernel - kernel.mean(axis=0), np.array([0.0, 0.8])])
    return model, keras.Sequential(behind)
