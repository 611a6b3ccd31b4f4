"""Lesson 07: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, described, near, numbers_of, refuse, run
from course_utils.exercises import exercise

KINDS = ["black_jeans", "black_shoes", "blue_dress", "blue_jeans", "blue_shirt", "red_dress", "red_shirt"]


@exercise(
    "07.1",
    start="A constant answer is right for all pictures of that kind. Which colour has the most pictures?",
    wrong={
        "classes at random": "color_constant, category_constant = 33.3, 25",
        "exchanged": "color_constant, category_constant = 28.6, 42.9",
        "as shares": "color_constant, category_constant = 0.429, 0.286",
        "one combination": "color_constant, category_constant = 14.3, 14.3",
        "`black`, or `red`": "color_constant, category_constant = 28.6, 28.6",
        "`shoes`": "color_constant, category_constant = 42.9, 14.3",
        "by guessing among four": "color_constant, category_constant = 42.9, 25",
        "is not the share of the colour": "color_constant, category_constant = 40, 28.6",
        "Nearly": "color_constant, category_constant = 43, 28.6",
        "right; 30 %": "color_constant, category_constant = 42.9, 30",
    },
)
def constant_answers(answer):
    color, category = numbers_of(answer, 2)
    right = [max(shares.values()) for shares in (_shares(0), _shares(1))]
    count = "Count the pictures of each answer: the commonest one's, divided by all pictures."
    slips = [
        (np.array([100 / 3, 25]), "That is what guessing the classes at random brings.", count),
        (np.array(right[::-1]), "Both numbers are right, and exchanged.", "The colour first."),
        (np.array(right) / 100, "Asked for is per cent; these are the same as shares.", "Times 100."),
        (np.array([100 / 7, 100 / 7]), "That is the share of one combination.", count),
    ]
    refuse(np.array([color, category]), slips, 0.06)
    if near([color, category], right, 0.5) and not near([color, category], right, 0.06):
        raise Hint(
            "Nearly. Asked for are numbers in per cent to one decimal.",
            "Round them to one decimal, or give all that Python prints.",
        )
    if near(color, _shares(0)["black"], 0.06):
        raise Hint("`black`, or `red`, reaches this. Is there a commoner colour?", count)
    if not near(color, right[0], 0.06):
        raise Hint(f"{color:g} % is not the share of the colour that most pictures have.", count)
    slips = [
        (_shares(1)["shoes"], "The colour is right. `shoes` reach this; other garments are commoner.", count),
        (25, "The colour is right. 25 % come by guessing among four; a constant answer does better.", count),
    ]
    refuse(category, slips, 0.06)
    if not near(category, right[1], 0.06):
        raise Hint(f"The colour is right; {category:g} % is not the share of the commonest garment.", count)
    return (
        "Three combinations of seven are blue, 42.9 %, and two are dresses (or jeans, or shirts), 28.6 %. "
        "A curve that stands still at such a number belongs to a network that says one thing to all pictures."
    )


def _shares(place):
    """Return what share of the pictures has each word at this ``place`` of its name, in per cent."""
    words = [kind.split("_")[place] for kind in KINDS]
    return {word: 100 * words.count(word) / len(words) for word in words}


_HEADS = """
    def build_heads(features, garments, colours):
        x = keras.Input(shape=(features,))
        category = keras.layers.Dense(garments, "softmax", name="category_output")(x)
        color = keras.layers.Dense(colours, "sigmoid", name="color_output")(x)
        model = keras.Model(x, {"category_output": category, "color_output": color})
        losses = {
            "category_output": "sparse_categorical_crossentropy", "color_output": "binary_crossentropy"
        }
        model.compile(loss=losses)
        return model
    """  # right; a wrong answer is one change of it


@exercise(
    "07.2",
    start="`keras.Input(shape=(features,))`, then two `keras.layers.Dense` on it, each with a name.",
    wrong={
        "red takes from blue": _HEADS.replace("sigmoid", "softmax"),
        "one true garment": _HEADS.replace("softmax", "sigmoid"),
        "not compiled": _HEADS.replace("model.compile(loss=losses)", ""),
        "picks one": _HEADS.replace("binary_cross", "categorical_cross"),
        "cannot compute": _HEADS.replace("binary_cross", "sparse_categorical_cross"),
        "go by name": _HEADS.replace(
            '{"category_output": category, "color_output": color}', "[category, color]"
        ),
        "not probabilities": _HEADS.replace('"sigmoid", ', ""),
        "asked for is (None, 6)": _HEADS.replace("(features,)", "(96, 96, features)"),
        "only for these": _HEADS.replace("Dense(garments", "Dense(4").replace("Dense(colours", "Dense(3"),
        "sum of your losses": _HEADS.replace("binary_crossentropy", "mse"),
    },
)
def heads(build_heads):
    _judge_heads(build_heads, 6, 4, 3)
    try:
        _judge_heads(build_heads, 9, 3, 5)
    except Hint as wrong:
        raise Hint(f"Right for 4 garments and 3 colours, and only for these. {wrong.text}") from None
    return (
        "Each output has the loss that fits. A network that knows nothing begins near ln 4 = 1.39 for the "
        "garment, and near ln 2 = 0.69 for the colours, however many they are: each is a yes or a no."
    )


def _judge_heads(build_heads, features, garments, colours):
    import keras

    model = run(build_heads, features, garments, colours)
    if not isinstance(model, keras.Model):
        raise Hint(f"{described(model, True)}: asked for is a `keras.Model`.", "Return the compiled model.")
    names = {"category_output": garments, "color_output": colours}
    dictionary = '`keras.Model(inputs, {"category_output": ..., "color_output": ...})`'
    outputs = getattr(model, "output", None)
    if not isinstance(outputs, dict) or set(outputs) != set(names):
        raise Hint("The outputs should go by name: `category_output` and `color_output`.", dictionary)
    if model.input_shape != (None, features):
        raise Hint(
            f"The input has the shape {model.input_shape}; asked for is {(None, features)}.",
            "`features` is the length of a row: `keras.Input(shape=(features,))`.",
        )
    random = np.random.default_rng(9)
    pictures = random.normal(size=(64, features)).astype("float32")
    for variable in model.trainable_variables:  # the same numbers each time
        variable.assign(random.uniform(-0.6, 0.6, variable.shape))
    said = {
        name: array_of(answers, (64, names[name]), f"`{name}`")
        for name, answers in model(pictures, training=False).items()
    }
    category, color = said["category_output"], said["color_output"]
    for name, answers in said.items():
        if answers.min() < 0 or answers.max() > 1:
            raise Hint(
                f"`{name}` says {answers.min():.2f}: these are not probabilities.", "Which activation?"
            )
        if near(answers, answers[:1], 1e-6):
            raise Hint(f"`{name}` says the same to every picture.", "It must hang on the input.")
    if not near(category.sum(axis=1), 1, 1e-4):
        raise Hint(
            "The garments' probabilities do not sum to 1, and there is one true garment.",
            "One true answer: a softmax. A yes or no for each: a sigmoid.",
        )
    if near(color.sum(axis=1), 1, 1e-4):
        raise Hint(
            "The colours' probabilities sum to 1 in every picture: red takes from blue what it gets. May a "
            "picture show both?",
            "A yes or no for each colour is a sigmoid.",
        )
    _judge_losses(model, pictures, category, color)


def _judge_losses(model, pictures, category, color):
    import keras

    if not model.compiled:
        raise Hint("The model is not compiled.", "`model.compile(loss={...})` with a loss for each output.")
    random = np.random.default_rng(10)
    garment = random.integers(0, category.shape[1], len(pictures))
    shown = random.integers(0, 2, color.shape).astype("float32")
    truths = {"category_output": garment, "color_output": shown}
    fits = "Whole numbers and one true class: `sparse_categorical_crossentropy`. A yes or no for each: "
    fits += "`binary_crossentropy`."
    try:
        total = float(
            model.compute_loss(pictures, truths, {"category_output": category, "color_output": color})
        )
    except Exception as error:
        raise Hint(
            "Keras cannot compute your losses for garments as whole numbers and colours as rows of zeros "
            f"and ones ({type(error).__name__}).",
            fits,
        ) from None
    of_garment = -np.log(category[np.arange(len(garment)), garment]).mean()
    of_colours = -np.log(np.where(shown == 1, color, 1 - color)).mean()
    one_colour = float(keras.ops.mean(keras.losses.categorical_crossentropy(shown, color.astype("float32"))))
    slips = [
        (
            of_garment + one_colour,
            "The colours' loss is one that picks one of them, as if only one could be true.",
            fits,
        ),
        (of_garment, "The colours have no loss, or the weight 0.", fits),
        (of_colours, "The garments have no loss, or the weight 0.", fits),
    ]
    refuse(total, slips, 1e-3)
    if not near(total, of_garment + of_colours, 1e-3):
        raise Hint(
            f"The sum of your losses is {total:.3f}; the two cross-entropies sum to "
            f"{of_garment + of_colours:.3f}.",
            fits + " Both with weight 1.",
        )


COLOURS = np.array([[30, 30, 30], [40, 60, 200], [200, 40, 50], [230, 210, 50]])  # red, green, blue each

_NAMES = """
    def name_colours(network, pictures):
        said = network(pictures[..., ::-1])
        return np.argmax(said["color_output"], axis=1)
    """  # right; a wrong answer is one change of it


@exercise(
    "07.3",
    start="What must happen to a red pixel, so that it looks blue, while black stays black?",
    wrong={
        "black every time": _NAMES.replace("[..., ::-1]", " / 255"),
        "The names are exchanged": _NAMES.replace("[..., ::-1]", "")
        .replace("np.argmax", "np.array([0, 2, 1, 3])[np.argmax")
        .replace("axis=1)", "axis=1)]"),
        "same pixels as before": _NAMES.replace("[..., ::-1]", " * 1.0"),
        "another order of pictures": _NAMES.replace("..., ", ""),
        "upside down": _NAMES.replace("...", ":"),
        "mirrored": _NAMES.replace("...", ":, :"),
        "grey": _NAMES.replace("..., ::-1", "..., [1, 1, 1]"),
        "the number of a colour": _NAMES.replace(
            'np.argmax(said["color_output"], axis=1)', 'said["color_output"]'
        ),
        "rows and columns, too": _NAMES.replace("...", ":, ::-1, ::-1"),
        "does not get the right pixels": _NAMES.replace("..., ::-1", "..., [1, 2, 0]"),
    },
)
def order_of_channels(name_colours):
    random = np.random.default_rng(8)
    truths = np.concatenate([np.arange(4), random.integers(0, 4, 56)])
    right = COLOURS[truths][:, None, None] + random.uniform(-25, 25, (60, 8, 8, 3))
    pictures, given = right[..., ::-1].astype("float32"), []

    def network(images):
        given.append(np.asarray(images, "float32"))
        # Scaling is inside; what is near to a colour is called it.
        distances = np.linalg.norm(given[-1].mean(axis=(1, 2))[:, None] / 255 - COLOURS / 255, axis=-1)
        likely = np.exp(-9 * distances)
        return {"color_output": likely / likely.sum(axis=1, keepdims=True)}

    network.predict = lambda images, **_: network(images)

    returned = run(name_colours, network, pictures)
    if np.shape(returned) == (60, 4):
        raise Hint("These are probabilities; asked for is the number of a colour.", "Keep the `argmax`.")
    answers = array_of(returned, (60,))
    if not given:
        raise Hint("The network was not asked.", "Call `network` with the pictures.")
    seen, last = np.concatenate(given), "The last axis has the channels. Which order do they stand in?"
    black = "Now the network says black every time: it scales inside, and you did before."
    slips = [
        (pictures / 255, black, last),
        (right / 255, black, last),
        (pictures[::-1], "You gave another order of pictures: the last is now the first.", last),
        (pictures[:, ::-1], "You turned the pictures upside down; they were upright.", last),
        (pictures[:, :, ::-1], "You mirrored the pictures, left and right; the colours stayed.", last),
        (right[:, ::-1, ::-1], "The colours are right; you turned rows and columns, too.", last),
    ]
    refuse(seen, slips, 1e-2)
    same = seen.shape == pictures.shape
    if same and near(seen, pictures, 1e-2):
        if near(answers[truths != 3], truths[truths != 3], 0):
            raise Hint("The names are exchanged, the pixels are not: what is yellow now?", last)
        raise Hint("The network gets the same pixels as before.", last)
    if same and near(seen[..., 0], seen[..., 2], 1e-2):
        raise Hint("The network got grey: red and blue cannot be told apart.", last)
    if same and not near(seen, right, 1e-2):
        share = (answers == truths).mean()
        raise Hint(f"{share:.0%} of the colours are right; the network does not get the right pixels.", last)
    if (answers != truths).any():
        raise Hint("The pixels are right now; what comes back is another thing than the `argmax`.", last)
    return (
        "All colours are right. OpenCV reads pictures blue first; the sign is always the same: no error, "
        "shapes as they were, red and blue exchanged."
    )
