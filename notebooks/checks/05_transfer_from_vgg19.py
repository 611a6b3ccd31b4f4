"""Lesson 05: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, array_of, near, number_of, numbers_of, refuse, run
from course_utils.exercises import exercise

VGG19 = 20_024_384  # numbers of VGG19 without its dense layers
BLUE_FIRST = np.array([103.939, 116.779, 123.68])  # means over ImageNet that `preprocess_input` takes away


@exercise(
    "05.1",
    start="Halve 150 five times and round down each time: so many places there are in a row.",
    wrong={
        "round up": "feature_count, number_count = 5 * 5 * 512, 24_224_330",
        "one row of places": "feature_count, number_count = 4 * 512, 24_224_330",
        "after four poolings": "feature_count, number_count = 9 * 9 * 512, 24_224_330",
        "averaged": "feature_count, number_count = 512, 24_224_330",
        "no channels": "feature_count, number_count = 16, 24_224_330",
        "biases are missing": "feature_count, number_count = 8192, 24_223_808",
        "the head alone": "feature_count, number_count = 8192, 4_199_946",
        "last layer is missing": "feature_count, number_count = 8192, 24_219_200",
        "not the sum": "feature_count, number_count = 8192, 24_000_000",
        "Now the second line": "feature_count, number_count = 8192, ...",
    },
)
def sizes(answer):
    pair = isinstance(answer, tuple) and len(answer) == 2  # the first is judged while the second is open
    features, numbers = answer if pair else numbers_of(answer, 2)
    features = number_of(features, "the number of features")
    side = 150
    for _ in range(5):
        side //= 2
    right = side * side * 512
    halving = "150, 75, 37, 18, 9: and once more. A pooling leaves out the last row where the number is odd."
    slips = [
        (5 * 5 * 512, "12,800 features come of 5 by 5 places: you round up.", halving),
        (
            2 * 2 * 512,
            "2,048 features are those of 64 pixels, or of one row of places.",
            f"{halving} Then count rows times columns times channels.",
        ),
        (9 * 9 * 512, "41,472 are the features after four poolings, were there 512 channels.", halving),
        (512, "512 features would come of maps that are averaged; here all places are kept.", halving),
        (side**2, "These are the places, with no channels counted.", "Each place has 512 of them."),
    ]
    refuse(features, slips, 0.5)
    if features != right:
        raise Hint(
            f"{features:,.0f} is not the number of features. How large are the maps behind the fifth?",
            halving + " Places times channels are the features.",
        )
    parts = "VGG19; 512 units with 8,192 weights and a bias each; 10 units with 512 weights and a bias each."
    if numbers is ...:
        raise Hint("The features are right. Now the second line: how many numbers has the whole?", parts)
    numbers = number_of(numbers, "the number of all numbers")
    first, last = right * 512 + 512, 512 * 10 + 10
    slips = [
        (VGG19 + first + last - 522, "522 fewer than there are: the biases are missing.", "512 and 10."),
        (first + last, "That is the head alone.", "Asked for is the whole network: VGG19 is a part of it."),
        (VGG19 + first, "The last layer is missing.", "Ten units, each with 512 weights and a bias."),
        (VGG19 + last, "The layer of 512 units is missing.", "Each has 8,192 weights and a bias."),
    ]
    refuse(numbers, slips, 0.5)
    if numbers != VGG19 + first + last:
        raise Hint(f"The features are right; {numbers:,.0f} is not the sum of the three parts.", parts)
    return (
        "8,192 features, and 24,224,330 numbers, of which 4,199,946 are trained: five in six are borrowed. "
        "Most of the trained ones stand between the features and the 512 units."
    )


_MEANS = """
    def mean_features(network, images):
        eyes = keras.Model(network.input, network.get_layer("block4_pool").output)
        prepared = keras.applications.vgg19.preprocess_input(images.copy())
        return keras.ops.mean(eyes(prepared), axis=(1, 2))
    """  # right; a wrong answer is one change of it
_MEAN = "keras.ops.mean(eyes(prepared), axis=(1, 2))"


@exercise(
    "05.2",
    start="Three steps: `preprocess_input`, a `keras.Model` that ends at `block4_pool`, and a mean.",
    wrong={
        "all places, side by side": _MEANS.replace(_MEAN, "keras.layers.Flatten()(eyes(prepared))"),
        "four dimensions": _MEANS.replace(_MEAN, "eyes(prepared)"),
        "three colours already": _MEANS.replace("images.copy()", "keras.ops.repeat(images, 3, axis=-1)"),
        "over the pictures": _MEANS.replace("(1, 2)", "(0, 1)"),
        "as read": _MEANS.replace("eyes(prepared)", "eyes(images)"),
        "range of one": _MEANS.replace("images.copy()", "images / 255"),
        "another layer": _MEANS.replace("block4", "block5"),
        "one number for each place": _MEANS.replace("axis=(1, 2)", "axis=-1"),
        "largest answer": _MEANS.replace("ops.mean", "ops.max"),
        "before its pooling": _MEANS.replace("block4_pool", "block4_conv4"),
        "red first": _MEANS.replace("eyes(prepared)", "eyes(prepared[..., ::-1])"),
        "the numbers are not": _MEANS.replace("ops.mean", "ops.sum"),
    },
)
def extractor(mean_features):
    random = np.random.default_rng(5)
    for channels, count, height, width in [((4, 5, 6, 7, 9), 3, 64, 80), ((3, 4, 5, 6, 8), 5, 32, 96)]:
        images = random.integers(0, 256, (count, height, width, 3)).astype("float32")
        network = _eyes(channels)
        returned = run(mean_features, network, images)
        _compare(returned, network, images, channels[3])
    return (
        "The same numbers, with pictures and channels that you have not seen. "
        "Averaged features are as many for a large picture as for a small one; with VGG19 there are 512."
    )


def _eyes(channels):
    """Return a small network with the layer names of VGG19, a convolution a block; its weights are fixed."""
    import keras

    x = picture = keras.Input(shape=(None, None, 3))
    for block, count in enumerate(channels, 1):
        start = keras.initializers.RandomNormal(stddev=0.3, seed=block)
        shape = {"padding": "same", "activation": "relu", "kernel_initializer": start}
        x = keras.layers.Conv2D(count, 3, name=f"block{block}_conv{2 if block < 3 else 4}", **shape)(x)
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    return keras.Model(picture, x)


def _compare(returned, network, images, channels):
    import keras

    def maps(pixels, layer="block4_pool"):
        eyes = keras.Model(network.input, network.get_layer(layer).output)
        return keras.ops.convert_to_numpy(eyes(np.asarray(pixels, "float32")))

    prepared = images[..., ::-1] - BLUE_FIRST
    whole = maps(prepared)
    right, shape, places = whole.mean(axis=(1, 2)), np.shape(returned), whole[..., 0].size // len(whole)
    axes = "The maps are [pictures, rows, columns, channels]: take the mean over rows and columns."
    if len(shape) == 4:
        raise Hint(f"These are four dimensions, {shape}: maps, not averages.", axes)
    if shape == (len(images), places * channels):
        raise Hint(f"{shape[1]} numbers for a picture are all places, side by side. Forget where.", axes)
    if shape == whole.shape[:3]:
        raise Hint("You average the channels; what is left is one number for each place.", axes)
    if len(shape) == 2 and shape[1] != channels:
        raise Hint(f"{shape[1]} channels, and `block4_pool` has {channels} here: it is another layer.", axes)
    if shape in ((whole.shape[1], channels), (whole.shape[2], channels)) and shape != right.shape:
        raise Hint(f"{shape[0]} rows for {len(images)} pictures: you average over the pictures, too.", axes)
    values = array_of(returned, right.shape)
    # Two convolutions of float32 differ by less than a thousandth of what they say.
    tolerance = 1e-3 * np.abs(right).max()
    if near(values, right, tolerance):
        return
    eyes_want = "The eyes want blue first, minus the means of 0 to 255. `preprocess_input` does both."
    slips = [
        (maps(images), "The network got the pixels as read, not as VGG19 expects them.", eyes_want),
        (maps(images / 255), "The network got pixels in a range of one.", eyes_want),
        (maps(images[..., ::-1] / 255 - BLUE_FIRST), "The network got pixels in a range of one.", eyes_want),
        (
            maps(images[..., :1] - BLUE_FIRST),
            "You repeat the channels, as for grey; these pictures have three colours already.",
            "Give them to `preprocess_input` as they are.",
        ),
        (
            maps(prepared[..., ::-1]),
            "The network got red first, minus means.",
            "`preprocess_input` has turned the colours. Of an array it changes the pixels in place, too.",
        ),
        (maps(prepared, "block4_conv4"), "These are the fourth block's answers before its pooling.", axes),
    ]
    refuse(values, [(wrong.mean(axis=(1, 2)), *words) for wrong, *words in slips], tolerance)
    refuse(values, [(whole.max(axis=(1, 2)), "That is the largest answer, not the mean.", axes)], tolerance)
    raise Hint(
        f"The form is right, the numbers are not: {values[0, 0]:.4g} where {right[0, 0]:.4g} is wanted.",
        f"{eyes_want} {axes}",
    )


@exercise(
    "05.3",
    start="A byte holds 0 to 255. What can it say of 0 - 104? `print(coloured.dtype)`.",
    wrong={
        "cut off": """
            def prepare_bytes(pictures):
                coloured = np.repeat(pictures, 3, axis=-1).astype("float32")
                return np.maximum(keras.applications.vgg19.preprocess_input(coloured), 0)
            """,
        "range of one": """
            def prepare_bytes(pictures):
                coloured = keras.ops.repeat(pictures / 255, 3, axis=-1)
                return keras.applications.vgg19.preprocess_input(coloured)
            """,
        "comes too late": """
            def prepare_bytes(pictures):
                coloured = keras.ops.repeat(pictures, 3, axis=-1)
                return keras.ops.cast(keras.applications.vgg19.preprocess_input(coloured), "float32")
            """,
        "whole numbers": """
            def prepare_bytes(pictures):
                coloured = keras.ops.repeat(keras.ops.cast(pictures, "int32"), 3, axis=-1)
                return keras.applications.vgg19.preprocess_input(coloured)
            """,
        "red first": """
            def prepare_bytes(pictures):
                coloured = np.repeat(pictures, 3, axis=-1).astype("float32")
                return coloured - np.array([123.68, 116.779, 103.939])
            """,
        "asked for is (5, 6, 7, 3)": """
            def prepare_bytes(pictures):
                return keras.ops.cast(pictures, "float32") - 103.939
            """,
        "minus nothing": """
            def prepare_bytes(pictures):
                return np.repeat(pictures, 3, axis=-1).astype("float32")
            """,
    },
)
def preprocessing(prepare_bytes):
    random = np.random.default_rng(11)
    pictures = random.integers(0, 256, (5, 6, 7, 1)).astype("uint8")
    pictures[0, 0, 0], pictures[0, 0, 1] = 0, 255
    values = array_of(run(prepare_bytes, pictures), (5, 6, 7, 3))
    grey = np.repeat(pictures, 3, axis=-1).astype("float64")
    right, whole = grey - BLUE_FIRST, grey - np.trunc(BLUE_FIRST)
    before = "Turn bytes into floats before anything is taken away from them."
    slips = [
        (np.maximum(right, 0), "Whatever was below zero is cut off: dark greys all became 0.", before),
        (whole % 256, "Still bytes went around: making floats of the result comes too late.", before),
        (whole, "The range is right, and all are whole numbers: the means have decimals.", before),
        (
            grey - BLUE_FIRST[::-1],
            "The means stand in the wrong order: red first.",
            "VGG19 wants blue first.",
        ),
        (grey, "The grey values, minus nothing.", "`preprocess_input` takes the means away."),
        (grey / 255 - BLUE_FIRST, "Pixels in a range of one: see `Break it`.", "Do not divide."),
        (right / 255, "The result is in a range of one: see `Break it`.", "Do not divide."),
    ]
    refuse(values, slips, 0.02)
    if not near(values, right, 0.15):  # half precision will do; whole numbers are 0.7 off
        place = np.unravel_index(np.abs(values - right).argmax(), right.shape)
        raise Hint(
            f"The grey {pictures[place[:3]][0]} becomes {values[place]:.3f} in colour {place[3]}, "
            f"and {right[place]:.3f} is wanted.",
            before,
        )
    return (
        "Black is -104, -117, -124 and white 151, 138, 131, for every grey between them, too. "
        "A byte that goes below zero starts again at 255, and no library warns."
    )
