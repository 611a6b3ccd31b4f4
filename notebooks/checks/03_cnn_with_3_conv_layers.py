"""Lesson 03: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, described, near, number_of, refuse, run
from course_utils.exercises import exercise


@exercise(
    "03.1",
    start="Keep two numbers, as the loop of *What depth buys* does: the width, and the step to a neighbour.",
    wrong={
        "always lie 1 pixel apart": "width = 11",
        "third convolution": "width = 13",
        "3 apart, not 2": "width = 15",
        "a window of its own": "width = 17",
        "before its own window": "width = 23",
        "2 by 2": "width = 14",
        "is left out": "width = 9",
        "lesson's own network": "width = 18",
        "count along one side": "width = 361",
        "size of the map": "width = 4",
        "layer by layer": "width = 20",
        "asked for is one number": "width = (19, 19)",
    },
)
def receptive_field(width):
    value = number_of(width, "the width")
    conv, pool = (3, 1), (3, 3)
    right, of_lesson_04 = _field([conv, conv, pool, conv, conv]), _field([conv, conv, (2, 2), conv, conv])
    grow = "Each layer adds (size - 1) * step to the width. Then a pooling that moves by 3 triples the step."
    slips = [
        (_field([conv] * 5), "In yours neighbours always lie 1 pixel apart, also after the pooling.", grow),
        (_field([conv] * 4), "In yours the pooling is left out.", grow),
        (_field([conv, conv, pool, conv]), "That is what the third convolution sees; go on.", grow),
        (_field([conv, conv, (1, 3), conv, conv]), "The pooling has a window of its own, too.", grow),
        (
            _field([conv, conv, (7, 3), conv, conv]),
            "Your pooling takes wider steps before its own window; they count for the layers after it.",
            grow,
        ),
        (15, "The sizes summed give 15, and so do steps of 2. Here neighbours lie 3 apart, not 2.", grow),
        (of_lesson_04, "That is right for a pooling of 2 by 2; this one is 3 by 3.", grow),
        (18, "18 is what this lesson's own network sees. The layers are others here.", grow),
        (right**2, "Those are the pixels of the whole patch; count along one side.", "Take the root."),
        (4, "That is the size of the map of the fourth convolution, not of what one number sees.", grow),
    ]
    refuse(value, slips, 0.01)
    if not near(value, right, 0.01):
        raise Hint(f"{value:g} is not the width. Go layer by layer: one convolution sees 3, two see 5.", grow)
    return (
        f"{right} of 28 pixels. With a pooling of 2 by 2, as in lesson 04, it is {of_lesson_04}, less than "
        "the 18 of this lesson's three convolutions, because the last of these has two poolings before it."
    )


def _field(layers):
    width, step = 1, 1
    for size, stride in layers:
        width, step = width + (size - 1) * step, step * stride
    return width


def _network(head, filters=(32, 64, 128)):
    """Return code that builds this page's convolutions with these filters, and then ``head``."""
    first, second, third = filters
    return f"""
def build():
    layers = keras.layers
    return keras.Sequential([
        keras.Input(shape=(28, 28, 1)), layers.Rescaling(1 / 255),
        layers.Conv2D({first}, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D({second}, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D({third}, 3, activation="relu"), {head}
    ])"""


_ANSWER = 'layers.Dense(10, activation="softmax")'


@exercise(
    "03.2",
    start="Copy the network of this page. Which layer has most of its weights, and how many numbers feed it?",
    wrong={
        "111,290 weights": _network(f'layers.Flatten(), layers.Dense(16, activation="relu"), {_ANSWER}'),
        "104,202 weights": _network(f"layers.Flatten(), {_ANSWER}"),
        "241,546 weights": _network(f'layers.Flatten(), layers.Dense(128, activation="relu"), {_ANSWER}'),
        "at each of 9 places": _network(_ANSWER),
        "do not sum to 1": _network("layers.MaxPooling2D(3), layers.Flatten(), layers.Dense(10)"),
        "each on its own": _network(
            'layers.MaxPooling2D(3), layers.Flatten(), layers.Dense(10, activation="sigmoid")'
        ),
        "(16, 32, 64)": _network(f"layers.Flatten(), {_ANSWER}", filters=(16, 32, 64)),
        "asked for are 3 convolutions": """
            def build():
                layers = keras.layers
                return keras.Sequential([
                    keras.Input(shape=(28, 28, 1)), layers.Conv2D(32, 3), layers.Conv2D(64, 3),
                    layers.GlobalAveragePooling2D(), layers.Dense(10, activation="softmax"),
                ])
            """,
        "5 by 5": _network(f"layers.Flatten(), {_ANSWER}").replace("Conv2D(128, 3", "Conv2D(128, 5"),
        "not a network": """
            def build():
                return [keras.layers.Conv2D(32, 3), keras.layers.Conv2D(64, 3), keras.layers.Conv2D(128, 3)]
            """,
        "cannot take pictures": _network(f"layers.Flatten(), {_ANSWER}").replace("28, 28, 1", "28, 28, 3"),
    },
)
def small_network(build):
    import keras

    network = run(build)
    if not isinstance(network, keras.Model):
        raise Hint(
            f"Your function returns {described(network)}: not a network.",
            "Return a `keras.Sequential([...])`.",
        )
    pictures = np.random.default_rng(1).integers(0, 256, (6, 28, 28, 1)).astype("float32")
    try:
        answers = keras.ops.convert_to_numpy(network(pictures, training=False))
    except Exception as error:  # whatever Keras says of it
        raise Hint(
            f"Your network cannot take pictures of 28 by 28 by 1: {str(error).splitlines()[0]}",
            "Begin it with `keras.Input(shape=(28, 28, 1))`.",
        ) from None
    kernels = [tuple(weight.shape) for weight in network.weights if len(weight.shape) == 4]
    if len(kernels) < 3:
        raise Hint(
            f"I find {len(kernels)} of these layers; asked for are 3 convolutions.",
            "32, then 64, then 128 filters, each `Conv2D(..., kernel_size=3)`.",
        )
    if any(kernel[:2] != (3, 3) for kernel in kernels[:3]):
        wide, high = next(kernel[:2] for kernel in kernels if kernel[:2] != (3, 3))
        raise Hint(f"One window is {wide} by {high}; all three stay 3 by 3.", "`kernel_size=3`")
    if kernels[:3] != [(3, 3, 1, 32), (3, 3, 32, 64), (3, 3, 64, 128)]:
        filters = tuple(kernel[3] for kernel in kernels[:3])
        raise Hint(
            f"The filters of your convolutions are {filters}. They stay 32, 64, 128, each convolution fed by "
            "all maps of the one before: save elsewhere.",
            "How many numbers feed the first dense layer?",
        )
    if answers.ndim == 4:
        places = answers.shape[1] * answers.shape[2]
        raise Hint(
            f"The answer has the shape {answers.shape}: ten numbers at each of {places} places of a picture. "
            "Asked for are ten for the whole picture.",
            "`Flatten()`, or a pooling over all places, before the dense layers.",
        )
    if answers.shape != (6, 10):
        raise Hint(f"For 6 pictures you answer {answers.shape}; asked for is (6, 10).", "`Dense(10)`")
    if answers.min() < 0 or not near(answers.sum(axis=1), 1, 1e-4):
        if answers.min() >= 0 and answers.max() <= 1:
            raise Hint("Each number is a share, but each on its own: ten classes share 1.", "`softmax`")
        raise Hint("Ten scores for each picture, which do not sum to 1.", "`softmax` at the end.")
    count = network.count_params()
    if count >= 100_000:
        later = [weight.shape for weight in network.weights if len(weight.shape) > 1][3:]
        *fed, outputs = max(later, key=np.prod)
        raise Hint(
            f"{count:,} weights; asked for are fewer than 100,000. The largest layer after the convolutions "
            f"has a weight for each of {np.prod(fed):,} numbers and each of its {outputs:,} outputs.",
            "The convolutions have 92,672 of them. "
            + ("What made maps smaller before?" if np.prod(fed) > 128 else "Which dense layer can go?"),
        )
    return (
        f"{count:,} weights, of which the convolutions have 92,672. What a network costs is decided where "
        "its maps become a list of numbers: pool before that."
    )


def _twice(lines):
    return f"def train_twice(network, first_training, second_training):\n    {lines}"


_FIRST, _SECOND = "first_training(network)", "second_training(network)"
_CLONE = "plain_network = keras.models.clone_model(network)"
_COPY = f"{_CLONE}; plain_network.set_weights(network.get_weights())"
_RETURN = "return plain_network, network"


@exercise(
    "03.3",
    start="After `a = b`, how many networks are there? Look at how this page keeps its copy to judge later.",
    wrong={
        "two names for one network": _twice(f"{_FIRST}; copied = network; {_SECOND}; return copied, network"),
        "freshly drawn": _twice(f"{_FIRST}; {_CLONE}; {_SECOND}; {_RETURN}"),
        "after the second training": _twice(f"{_FIRST}; {_SECOND}; {_COPY}; {_RETURN}"),
        "before the first training": _twice(f"{_COPY}; {_FIRST}; {_SECOND}; {_RETURN}"),
        "share their weights": _twice(
            f"{_FIRST}; plain_network = keras.Sequential(network.layers); {_SECOND}; {_RETURN}"
        ),
        "has changed places": _twice(f"{_FIRST}; {_COPY}; second_training(plain_network); {_RETURN}"),
        "lacks the second training": _twice(f"{_FIRST}; {_COPY}; {_RETURN}"),
        "asked for are two networks": _twice(
            f"{_FIRST}; kept = network.get_weights(); {_SECOND}; return kept, network"
        ),
    },
)
def kept_copy(train_twice):
    import keras

    layers = [keras.Input(shape=(4,)), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(3)]
    network, asked = keras.Sequential(layers), np.random.default_rng(4).normal(size=(6, 4))
    network.set_weights([np.random.default_rng(9).normal(size=weight.shape) for weight in network.weights])

    def first_training(network):
        network.set_weights([0.5 * weight + 0.1 for weight in network.get_weights()])

    def second_training(network):
        network.set_weights([0.3 - weight**2 for weight in network.get_weights()])

    def answers(network):
        return keras.ops.convert_to_numpy(network(asked, training=False))

    start, stages = network.get_weights(), [answers(network)]
    for training in (first_training, second_training):
        training(network)
        stages.append(answers(network))
    network.set_weights(start)
    returned = run(train_twice, network, first_training, second_training)
    pair = isinstance(returned, tuple | list) and len(returned) == 2
    if not pair or not all(isinstance(one, keras.Model) for one in returned):
        raise Hint(
            f"Your function returns {described(returned)}; asked for are two networks, a pair.",
            "Kept weights become a network again with `clone_model` and `set_weights`.",
        )
    plain, both = returned
    said, said_both = answers(plain), answers(both)
    untrained, once, twice = (near(said, stage, 1e-4) for stage in stages)
    page = "The plain training on this page ends on two lines: one copies the layers, one the weights."
    if plain is both:
        raise Hint("`=` copies nothing: these are two names for one network.", page)
    if twice and near(said_both, stages[1], 1e-4):
        raise Hint("The copy was trained on, and the network was not: each has changed places.", page)
    if twice and any(one is other for one in plain.weights for other in both.weights):
        raise Hint("Two networks now, but they share their weights: what trains one trains both.", page)
    if twice:
        raise Hint("A copy, made after the second training. When was the network plain?", page)
    if untrained:
        raise Hint("A copy of the network as it was before the first training.", page)
    if not once:
        apart = "The first is not as it was after the first training; a clone's weights are freshly drawn."
        raise Hint(apart, page)
    if not near(said_both, stages[2], 1e-4):
        raise Hint("The first is right. The second lacks the second training, or had another.", page)
    return (
        "The first keeps its weights while the second trains on. Judged with one network under two names, "
        "both trainings would have had the same score, and augmentation would seem worth nothing."
    )
