"""Train: repeatable starts, a rate that rises and falls, weights that survive an interruption."""

import signal
import threading
import warnings

from course_utils import quiet_tensorflow  # noqa: F401 (before Keras, which starts TensorFlow)
from course_utils.errors import CourseError

import keras  # isort: skip

# Keras 3.15 warns so at each fit of a tf.data.Dataset, though nobody passed the argument: it is the default.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed, but will be ignored")


def set_seed(seed):
    """Seed Python, NumPy and TensorFlow, so that a lesson starts from the same weights and order each time.

    ``seed`` is a whole number from 0 to 2**32 - 1. Results still differ in the last digits between machines:
    floating-point sums depend on the number of threads.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise CourseError(f"SEED = {seed!r} is not a whole number from 0 to {2**32 - 1}.")
    keras.utils.set_random_seed(seed)


def one_cycle(peak, epochs, train, warmup=0.2, final=0.01):
    """Return a learning-rate schedule of one cycle: up to ``peak`` and down again, along a cosine.

    The rate rises linearly from ``peak / 25`` over the first ``warmup`` share (0 to 1) of all steps, and ends
    at ``final * peak``. ``train`` is the batched ``tf.data.Dataset`` that will be fitted for ``epochs``
    passes; its number of batches sets the length. Source: L. N. Smith, "Super-Convergence" (2018), with the
    cosine descent of fastai.
    """
    steps_per_epoch = int(train.cardinality())
    if steps_per_epoch < 1:
        raise CourseError(
            "The schedule needs to know the number of batches, and this dataset does not tell: batch it "
            "first, and use dataset.apply(tf.data.experimental.assert_cardinality(n)) after a filter."
        )
    if epochs < 1:
        raise CourseError(f"EPOCHS = {epochs!r}: a schedule needs at least one pass over the pictures.")
    steps = steps_per_epoch * epochs
    rising = max(1, round(warmup * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 25,
        warmup_target=peak,
        warmup_steps=rising,
        decay_steps=max(1, steps - rising),
        alpha=final,
    )


def augment(train, layers):
    """Return ``train`` (batches of images and labels) with each batch of images passed through ``layers``.

    ``layers`` is a Keras layer or model of random changes, such as ``keras.layers.RandomFlip``; each pass
    over the dataset draws new ones. Only for training pictures: what is judged must stay as it is.
    """
    import tensorflow as tf

    @tf.autograph.experimental.do_not_convert
    def change(images, labels):
        return layers(images, training=True), labels

    return train.map(change, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def refresh_averages(model, batches, steps=200):
    """Let the batch normalisations of ``model`` remember afresh, as its weights are now; nothing is learned.

    Their moving averages become plain means over up to ``steps`` batches of ``batches`` (a batched
    ``tf.data.Dataset`` of training pictures and labels), taken without dropout: as in use, not as in training
    (X. Li and others, "Understanding the Disharmony between Dropout and Batch Normalization by Variance
    Shift", 2019). An interruption ends it early: the means are then over the batches so far.
    """
    attributes = {keras.layers.BatchNormalization: "momentum", keras.layers.Dropout: "rate"}
    before = [
        (layer, name, getattr(layer, name))
        for layer in model.layers
        for kind, name in attributes.items()
        if isinstance(layer, kind)
    ]
    try:
        for step, (images, *_) in enumerate(batches.take(steps)):
            for layer, name, _ in before:
                # This momentum gives the mean of all batches so far.
                setattr(layer, name, step / (step + 1) if name == "momentum" else 0)
            model(images, training=True)
    except KeyboardInterrupt:  # the cell goes on, or a trained model that no name has yet would be lost
        print("Interrupted: the averages are those of the batches so far.", flush=True)
    finally:
        for layer, name, value in before:
            setattr(layer, name, value)


class KeepBest(keras.callbacks.EarlyStopping):
    """Keep the best weights so far, and let an interruption end the fit instead of losing it.

    After ``fit`` the model has the weights of the epoch with the best ``monitor`` (``"val_loss"`` and other
    losses: lowest; everything else: highest). Interrupting the cell (the stop button, Ctrl-C) ends training
    after the running batch and one last validation, so that ``fit`` returns the history of what was reached;
    a second interruption stops at once, as usual. ``best_epoch`` (counted from 1) and ``best`` are the number
    and the value of that epoch, ``interrupted`` is whether the fit was cut short. Raises CourseError for a
    metric that is not there.
    """

    def __init__(self, monitor="val_accuracy"):
        mode = "min" if monitor.endswith("loss") else "max"
        # It never stops by itself: only the weights of its best epoch are wanted.
        super().__init__(monitor, mode=mode, patience=float("inf"), restore_best_weights=True)

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self.interrupted = False
        self._previous = None
        # Python delivers signals to its main thread only; elsewhere an interruption keeps its usual meaning.
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, signum, frame):
        if self.interrupted:
            self.on_train_end()
            raise KeyboardInterrupt
        self.interrupted = True
        self.model.stop_training = True
        print("Interrupted: finishing this batch, then keeping the best weights so far.", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor not in (logs or {}):
            raise CourseError(
                f"KeepBest watches {self.monitor!r}, and this fit reports only {', '.join(logs or {})}. "
                "Give it one of these as monitor, or give fit its validation_data."
            )
        super().on_epoch_end(epoch + 1, logs)  # so that best_epoch counts from 1, as everybody does

    def on_train_end(self, logs=None):
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            self._previous = None
        super().on_train_end(logs)
