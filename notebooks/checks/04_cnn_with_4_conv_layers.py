"""Lesson 04: what is right in its exercises, and what each wrong answer shows."""

import numpy as np

from course_utils.answers import Hint, described, near, number_of, refuse, run
from course_utils.exercises import exercise


@exercise(
    "04.1",
    start="Write one step first: `momentum * old + (1 - momentum) * new`. Then take it 60 times.",
    wrong={
        "still missing": "mean = 2.736",
        "as much as the first": "mean = 60 * 0.01 * 5",
        "after one batch": "mean = 0.05",
        "momentum of 0.9": "mean = 4.991",
        "the true mean": "mean = 5",
        "share of the starting value": "mean = 0.99**60",
        "of which number": "mean = 1 - 0.99**60",
        "59 batches": "mean = 5 * (1 - 0.99**59)",
        "61 batches": "mean = 5 * (1 - 0.99**61)",
        "one batch after the other": "mean = 2.5",
        "asked for is one number": "mean = '2.26'",
    },
)
def remembered(mean):
    value = number_of(mean, "the mean")
    left = 0.99**60
    right = 5 * (1 - left)
    rest = "0.99⁶⁰ = 0.547 of the start is left, and the start is 0; the rest comes from the batches."
    slips = [
        (5 * left, "That is what is still missing to 5.", rest),
        (3, "In yours each batch adds as much as the first one; but 1 % of the old is lost.", rest),
        (0.05, "That is what it remembers after one batch.", "Put it in as the old value, 59 times more."),
        (5 * (1 - 0.9**60), "That is right for this lesson's momentum of 0.9; here it is 0.99.", rest),
        (5, "Yours has reached the true mean. Does the old value keep 0.99 of itself with each batch?", rest),
        (left, "That is the share of the starting value that is left; asked for is a mean.", rest),
        (1 - left, "That is a share: of which number?", "The mean of every batch is 5."),
        (5 * (1 - 0.99**59), "That is after 59 batches.", "The first batch counts, too."),
        (5 * (1 - 0.99**61), "That is after 61 batches.", "How often does your loop run?"),
    ]
    refuse(value, slips, 0.006)
    if not near(value, right, 0.006):
        raise Hint(
            f"{value:g} is not what is remembered. Go one batch after the other: 0.05, 0.0995 ...", rest
        )
    return (
        f"{right:.2f}, less than half of the true mean. So *Break it* showed a network that had learned "
        "while its memory had not arrived; with a momentum of 0.9 it would be 4.99."
    )


@exercise(
    "04.2",
    start="Find the step of the peak first, `steps / 5`. Up to it the line rises, after it the line falls.",
    wrong={
        "starts at 0": """
            def rate(step, steps, peak):
                if step < steps / 5:
                    return peak * step / (steps / 5)
                return peak + (step - steps / 5) / (steps * 4 / 5) * (peak / 100 - peak)
            """,
        "ends at 0": """
            def rate(step, steps, peak):
                if step < steps / 5:
                    return peak / 25 + step / (steps / 5) * (peak - peak / 25)
                return peak * (steps - step) / (steps * 4 / 5)
            """,
        "never falls": """
            def rate(step, steps, peak):
                return peak / 25 + min(1, step / (steps / 5)) * (peak - peak / 25)
            """,
        "halfway": """
            def rate(step, steps, peak):
                return float(np.interp(step, [0, steps / 2, steps], [peak / 25, peak, peak / 100]))
            """,
        "jumps": """
            def rate(step, steps, peak):
                if step < steps / 5:
                    return peak / 25 + step / (steps / 5) * (peak - peak / 25)
                return peak + step / steps * (peak / 100 - peak)
            """,
        "below zero": """
            def rate(step, steps, peak):
                if step < 0.2:
                    return peak / 25 + step / 0.2 * (peak - peak / 25)
                return peak + (step - 0.2) / 0.8 * (peak / 100 - peak)
            """,
        "along a cosine": """
            def rate(step, steps, peak):
                if step < steps / 5:
                    return peak / 25 + step / (steps / 5) * (peak - peak / 25)
                share = (step - steps / 5) / (steps * 4 / 5)
                return peak / 100 + (peak - peak / 100) * (1 + np.cos(np.pi * share)) / 2
            """,
        "It should be peak / 100": """
            def rate(step, steps, peak):
                return float(np.interp(step, [0, steps / 5, steps], [peak / 25, peak, peak / 25]))
            """,
        "only for these": """
            def rate(step, steps, peak):
                return float(np.interp(step, [0, 8, 40], [peak / 25, peak, peak / 100]))
            """,
        "asked for is one number": """
            def rate(step, steps, peak):
                return [peak / 25, peak, peak / 100]
            """,
    },
)
def one_cycle(rate):
    def asked(steps, peak, at):
        what = "what `rate` returns"
        return np.array([number_of(run(rate, step, steps, peak), what) for step in at]) / peak

    every = range(41)
    shares, right = asked(40, 0.002, every), _line(0.2)
    rises = "From 0 to steps / 5: `peak / 25 + step / (steps / 5) * (peak - peak / 25)`."
    falls = "After the peak: which share of the other four fifths has gone by? 0 at the peak, 1 at the end."
    after = np.clip((np.arange(41) - 8) / 32, 0, 1)
    slips = [
        (_line(0.2, start=0), "Your rate starts at 0: print `rate(0, 40, 0.002)`.", rises),
        (_line(0.2, end=0), "Your rate ends at 0: the last steps would learn nothing.", falls),
        (_line(0.2, end=1), "Your rate never falls: it stays at the peak.", falls),
        (_line(0.5), "Your peak comes halfway; it belongs to a fifth of the steps.", rises),
        (
            np.where(after > 0, 0.01 + 0.99 * (1 + np.cos(np.pi * after)) / 2, right),
            "You fall along a cosine, as the course's own cycle does; asked for is a straight line.",
            falls,
        ),
    ]
    refuse(shares, slips, 1e-3)
    jumping = np.where(after > 0, 1 - 0.99 * np.arange(41) / 40, right)
    jumps = "Your rate jumps after the peak: there, none of the way down has gone by."
    refuse(np.delete(shares, 8), [(np.delete(jumping, 8), jumps, falls)], 1e-3)
    if shares.min() < 0:
        step = int(shares.argmin())
        raise Hint(
            f"`rate({step}, 40, 0.002)` is below zero. Is `step` a share of the way in yours? It counts.",
            "The share is `step / steps`.",
        )
    for step, name in [(0, "peak / 25"), (8, "peak"), (40, "peak / 100")]:
        if not near(shares[step], right[step], 1e-3):
            said = f"`rate({step}, 40, 0.002)` is {shares[step] * 0.002:g}. It should be {name}."
            raise Hint(said, falls if step else rises)
    if not near(shares, right, 1e-3):
        step = int(np.abs(shares - right).argmax())
        raise Hint(
            f"Start, peak and end are right; between them, at step {step} of 40, the rate is off the line.",
            rises if step < 8 else falls,
        )
    others = [0, 50, 100, 300, 500]
    if not near(asked(500, 3.0, others), np.interp(others, [0, 100, 500], [1 / 25, 1, 1 / 100]), 1e-3):
        raise Hint("Right for 40 steps and a peak of 0.002, and only for these.", "Use `steps` and `peak`.")
    return (
        "Up from peak / 25, fast at a fifth, down to peak / 100. The course's own cycle falls along a cosine "
        "instead, which stays high for longer; the three numbers are the same."
    )


def _line(top, start=1 / 25, end=1 / 100):
    """Return shares of the peak at the steps 0 to 40, along straight lines that meet at the share ``top``."""
    return np.interp(np.arange(41), [0, top * 40, 40], [start, 1, end])


def _adam(rate):
    return f"def with_decay(rate, decay):\n    return keras.optimizers.Adam(learning_rate={rate})"


_SCHEDULE = "keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)"


@exercise(
    "04.3",
    start="Build a schedule with a rate for every step, and give it to Adam as its `learning_rate`.",
    wrong={
        "still the same": _adam("rate"),
        "another formula": _adam("keras.optimizers.schedules.ExponentialDecay(rate, 1, 1 - decay)"),
        "once in 100 steps": _adam("keras.optimizers.schedules.InverseTimeDecay(rate, 100, decay)"),
        "once in 1,000 steps": _adam("keras.optimizers.schedules.InverseTimeDecay(rate, 1000, decay)"),
        "already at step 0": _adam("rate / (1 + decay * 1000)"),
        "lowers weights": _adam("rate, weight_decay=decay"),
        "not as the formula says": _adam("keras.optimizers.schedules.InverseTimeDecay(rate, 1, decay / 2)"),
        "only for these": _adam("keras.optimizers.schedules.InverseTimeDecay(1e-3, 1, 1e-2)"),
        "a schedule, not yet an optimizer": f"def with_decay(rate, decay):\n    return {_SCHEDULE}",
        "asked for is an Adam": f"""
            def with_decay(rate, decay):
                return keras.optimizers.SGD(learning_rate={_SCHEDULE})
            """,
    },
)
def decayed(with_decay):
    import keras

    steps = np.array([0, 1, 100, 1000])

    def rates(rate, decay):
        optimizer = run(with_decay, rate, decay)
        if isinstance(optimizer, keras.optimizers.schedules.LearningRateSchedule):
            raise Hint("That is a schedule, not yet an optimizer.", "`Adam(learning_rate=schedule)`")
        if not isinstance(optimizer, keras.optimizers.Adam):
            raise Hint(
                f"Your function returns {described(optimizer)}; asked for is an Adam.",
                "`keras.optimizers.Adam`",
            )
        if optimizer.weight_decay:
            raise Hint("`weight_decay` lowers weights; asked for is a rate that falls.", "Use a schedule.")
        read = []
        for step in steps:
            optimizer.iterations.assign(step)
            read.append(float(optimizer.learning_rate))
        return np.array(read) / rate

    shares, decay = rates(1e-3, 1e-2), 1e-2
    each = "The denominator grows by `decay_rate` once in `decay_steps` steps; it shall grow with each step."
    formula = "Set the two formulas side by side: which `decay_steps` and `decay_rate` make them equal?"
    slips = [
        (np.ones(4), "Read back, the rate is still the same after 1,000 steps.", formula),
        ((1 - decay) ** steps, "Your rate falls by another formula, 0.99 to the power of t.", formula),
        (np.exp(-decay * steps), "Your rate falls by another formula, an exponential one.", formula),
        (1 / (1 + decay * steps / 100), "In yours the denominator grows by `decay` once in 100 steps.", each),
        (1 / (1 + decay * steps / 1000), "In yours it grows by `decay` once in 1,000 steps.", each),
    ]
    refuse(shares, slips, 1e-3)
    if not near(shares[0], 1, 1e-3):
        raise Hint(f"The rate is {shares[0] * 1e-3:.3g} already at step 0; it begins at 0.001.", formula)
    if not near(shares, 1 / (1 + decay * steps), 1e-4):
        said = ", ".join(f"{share * 1e-3:.3g}" for share in shares)
        raise Hint(f"After 0, 1, 100 and 1,000 steps the rate is {said}: not as the formula says.", formula)
    if not near(rates(0.02, 0.5), 1 / (1 + 0.5 * steps), 1e-4):
        raise Hint(
            "Right for a rate of 0.001 and a decay of 0.01, and only for these.", "Use both arguments."
        )
    return (
        "Read back at the steps 0, 1, 100 and 1,000, the rate is the one of the formula: 0.001 at the start, "
        "0.0000909 after 1,000 steps. An argument that is only warned about is found by reading back."
    )
