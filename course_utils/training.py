"""Train: repeatable starts, a rate that rises and falls, fits that an interruption ends without loss."""

import contextlib
import itertools
import math
import re
import signal
import threading
import warnings

from course_utils import quiet_tensorflow  # noqa: F401 (before Keras, which starts TensorFlow)
from course_utils.data.splitting import check_seed
from course_utils.errors import CourseError

import keras  # isort: skip
import tensorflow as tf  # isort: skip

# Keras 3.15 warns so at each fit of a tf.data.Dataset, though nobody passed the argument: it is the default.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed, but will be ignored")


def set_seed(seed):
    """Seed Python, NumPy and TensorFlow, so that a lesson starts from the same weights and order each time.

    ``seed`` is a whole number from 0 to 2**32 - 1, else CourseError. Results still differ in the last digits
    between machines: floating-point sums depend on the number of threads.
    """
    check_seed(seed)
    keras.utils.set_random_seed(int(seed))


def one_cycle(peak, epochs, train):
    """Return a learning-rate schedule of one cycle: up to ``peak`` and down again, along a cosine.

    The rate rises from ``peak / 25`` over the first fifth of all steps and ends at ``peak / 100`` (L. N.
    Smith, "Super-Convergence", 2018, with fastai's cosine). ``train`` is the batched ``tf.data.Dataset`` that
    will be fitted for ``epochs`` passes. Raises CourseError for no epochs and a dataset that is empty,
    endless, of unknown length or not batched.
    """
    steps_per_epoch = int(train.cardinality())
    if steps_per_epoch < 1 or any(part.shape.rank == 0 for part in tf.nest.flatten(train.element_spec)):
        raise CourseError(
            "This dataset does not tell its number of batches: batch it first, give it as it is before "
            "repeat(), and after a filter use dataset.apply(tf.data.experimental.assert_cardinality(n))."
        )
    if epochs < 1:
        raise CourseError(f"EPOCHS = {epochs!r}: a schedule needs at least one pass over the pictures.")
    steps = steps_per_epoch * epochs
    rising = max(1, round(0.2 * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 25,
        warmup_target=peak,
        warmup_steps=rising,
        decay_steps=max(1, steps - rising),
        alpha=0.01,
    )


def augment(train, layers):
    """Return ``train`` (batches of images and labels) with each batch of images passed through ``layers``.

    ``layers`` is a Keras layer or model of random changes, drawn anew in each pass over the dataset and again
    the same with the same seeds. Only for training pictures: what is judged must stay as it is. Raises
    CourseError for layers that mix pictures with each other, which would leave the labels as they were.
    """
    if mixing := {type(layer).__name__ for layer in layers._flatten_layers()} & {"MixUp", "CutMix"}:
        raise CourseError(
            f"{mixing.pop()} mixes pictures and must mix their labels alike; augment changes pictures only. "
            "Map it over batches of {'images': ..., 'labels': ...} with one-hot labels instead."
        )
    weights = {id(weight) for weight in layers.weights}
    states = [state for state in layers.variables if id(state) not in weights]
    starts = [state.numpy() for state in states]  # each is a seed and a counter
    # Every batch has a number of its own, drawn anew in each pass. The layers' own counters would also move
    # with batches that were read ahead and never used, so that one seed gave now these pictures, now others.
    # Numbers of a dataset that was augmented before are others, or layers of one seed would draw the same.
    numbers = tf.data.Dataset.random(seed=_augmented(train), rerandomize_each_iteration=True)

    @tf.autograph.experimental.do_not_convert
    def change(batch, number):
        images, *others = batch
        # Layers that were given the same seed draw apart, or those that flip would always rotate to one side.
        drawn = [start + tf.stack([place * 1_000_003, number]) for place, start in enumerate(starts)]
        with keras.StatelessScope(state_mapping=zip(states, drawn, strict=True)):
            return layers(images, training=True), *others

    # One batch at a time: its operations share the processor's cores already.
    changed = tf.data.Dataset.zip(train, numbers).map(change)
    changed.augmented = True
    return changed.prefetch(tf.data.AUTOTUNE)


def _augmented(dataset):
    """Return how often ``dataset`` was augmented on its way."""
    return getattr(dataset, "augmented", 0) + sum(map(_augmented, dataset._inputs()))


@contextlib.contextmanager
def fading_dropout(model, share):
    """Inside the ``with`` block ``fit`` trains ``model`` with ``share`` (0 to 1) of its rates of dropout.

    For the last part of a training, where dropout is noise that hides fine differences (Z. Liu and others,
    "Dropout Reduces Underfitting", 2023). The rates are the model's own again afterwards, whatever happens.
    Raises CourseError for a model that is not compiled and other shares.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise CourseError(f"share = {share!r} is not a share of the rates from 0 to 1, such as 0.2.")
    if not model.compiled:
        raise CourseError(
            "This model is not compiled. Call compile first: the step of training is made anew."
        )
    rates = {
        layer: layer.rate for layer in model._flatten_layers() if isinstance(layer, keras.layers.Dropout)
    }
    try:
        _set_rates(model, {layer: share * rate for layer, rate in rates.items()})
        yield
    finally:
        _set_rates(model, rates)


def _set_rates(model, rates):
    for layer, rate in rates.items():
        layer.rate = rate
    model.make_train_function(force=True)  # the one that was made has the rates of its time built in


def refresh_averages(model, batches, steps=200):
    """Let the batch normalisations of ``model`` remember afresh, as its weights are now; nothing is learned.

    Their moving averages become plain means over up to ``steps`` batches of ``batches`` (a batched
    ``tf.data.Dataset`` of training pictures and labels), without dropout (X. Li and others, "Understanding
    the Disharmony between Dropout and Batch Normalization by Variance Shift", 2019); those of frozen
    normalisations stay. An interruption ends it early. Raises CourseError where there are no batches.
    """

    def averaging(layer):
        call, times = layer.call, itertools.count()

        def averaging_call(*args, **kwargs):
            time = next(times)
            layer.momentum = time / (time + 1)  # gives the mean of all calls so far
            return call(*args, **{**kwargs, "training": True})

        return averaging_call

    layers = model._flatten_layers()  # of models inside, too
    before = {layer: layer.momentum for layer in layers if isinstance(layer, keras.layers.BatchNormalization)}
    try:
        for layer in before:
            object.__setattr__(layer, "call", averaging(layer))  # past Keras' own bookkeeping
        images = None
        for images, *_ in batches.take(steps):
            model(images, training=False)
        if images is None:
            raise CourseError("There are no batches, so the averages are as before. Check how it was split.")
    except KeyboardInterrupt:  # the cell goes on, or a trained model that no name has yet would be lost
        print("Interrupted: the averages are those of the batches so far.", flush=True)
    finally:
        for layer, momentum in before.items():
            layer.__dict__.pop("call", None)  # the class's method is back
            layer.momentum = momentum


class _Running(threading.local):
    """The ``StopButton`` callbacks whose fits run now in this thread, the innermost last."""

    def __init__(self):
        self.buttons = []


_running = _Running()


class StopButton(keras.callbacks.Callback):
    """A callback for ``fit``: an interruption ends the fit instead of losing it.

    Interrupting the cell (the stop button, Ctrl-C) ends training after the running batch and one last
    validation, and ``fit`` returns the history of what was reached; a second interruption stops at once.
    ``interrupted`` is whether the fit was cut short.
    """

    message = "Interrupted: finishing this batch, then ending the fit."

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self.interrupted = self._ended = False
        # Python delivers signals to its main thread only; elsewhere an interruption keeps its usual meaning.
        self._listens = threading.current_thread() is threading.main_thread()
        if self._listens:
            self._previous = signal.signal(signal.SIGINT, self._interrupt)
        _running.buttons.append(self)

    def _interrupt(self, signum, frame):
        if self.interrupted:
            raise KeyboardInterrupt
        for button in _running.buttons:
            if button.model is self.model:  # all of this fit
                button.interrupted = True
        self.model.stop_training = True
        print(self.message, flush=True)

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        self._ended = True

    def let_go(self):
        """Give interruptions their earlier meaning back, and end what an error left without its end."""
        if self._listens:
            signal.signal(signal.SIGINT, self._previous or signal.SIG_DFL)
        if not self._ended:
            self.on_train_end()


@contextlib.contextmanager
def _stop_buttons_let_go():
    # Keras calls no callback after an error, and a handler that stays would swallow the next interruption.
    outside = len(_running.buttons)
    try:
        yield
    finally:
        while len(_running.buttons) > outside:
            _running.buttons.pop().let_go()


keras.Model.fit = _stop_buttons_let_go()(keras.Model.fit)  # around each fit, whatever ends it


# How the names of metrics end of which less is better; of all others more is.
LOWEST = re.compile(
    r"(loss|error|mae|mse|rmse|mape|msle|logcosh|perplexity|entropy|divergence|hinge|poisson|distance|negatives)$"
)


class KeepBest(StopButton, keras.callbacks.EarlyStopping):
    """A ``StopButton`` that also keeps the best weights so far.

    After ``fit``, however it ended, the model has the weights of the epoch with the best finite ``monitor``:
    the lowest (``mode`` ``"min"``) or the highest (``"max"``; None goes by the name). ``best_epoch`` (counted
    from 1; 0 for none) and ``best`` are its number and value. Raises CourseError for a metric that an epoch
    does not have.
    """

    message = "Interrupted: finishing this batch, then keeping the best weights so far."

    def __init__(self, monitor="val_accuracy", mode=None):
        mode = mode or ("min" if LOWEST.search(monitor) else "max")
        # It never stops by itself: only the weights of its best epoch are wanted.
        super().__init__(monitor, mode=mode, patience=float("inf"), restore_best_weights=True)

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor not in (logs or {}):
            raise CourseError(
                f"KeepBest watches {self.monitor!r}, and this epoch reports only {', '.join(logs or {})}. "
                "Give it one of these as monitor, or give fit its validation_data, asked after each epoch."
            )
        if math.isfinite(logs[self.monitor]):
            super().on_epoch_end(epoch + 1, logs)  # so that best_epoch counts from 1, as everybody does
