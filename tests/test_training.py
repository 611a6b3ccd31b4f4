"""The helpers of training: seeds, the schedule, augmentation, and what survives an interruption."""

import os
import signal
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from course_utils import training
from course_utils.errors import CourseError


def batches(count=10, size=4):
    images = np.random.default_rng(0).normal(size=(count * size, 3)).astype("float32")
    labels = (images[:, 0] > 0).astype("int64")
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(size)


def network(learning_rate=0.1):
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(
        keras.optimizers.SGD(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def test_one_seed_gives_the_same_weights_and_training():
    weights = []
    for seed in (1, 1, 2):
        training.set_seed(seed)
        model = network()
        model.fit(batches().shuffle(10), epochs=2, verbose=0)
        weights.append(model.get_weights()[0])
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_tensorflow_does_not_warn_of_many_compiled_networks(caplog):
    """It takes the networks of one lesson for a function that is traced anew again and again."""
    with caplog.at_level("WARNING"):
        tf.get_logger().warning("5 out of the last 6 calls to %s triggered tf.function retracing.", "f")
        tf.get_logger().warning("Something else.")
    assert [record.getMessage() for record in caplog.records] == ["Something else."]


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", None, True])
def test_seed_must_be_a_whole_number(seed):
    with pytest.raises(CourseError, match="SEED = "):
        training.set_seed(seed)


def test_one_cycle_rises_to_its_peak_and_ends_low():
    schedule = training.one_cycle(peak=0.1, epochs=10, train=batches())
    rates = [float(schedule(step)) for step in range(101)]
    assert rates[0] == pytest.approx(0.1 / 25)
    assert np.argmax(rates) == 20 and rates[20] == pytest.approx(0.1)
    assert rates[100] == pytest.approx(0.001, rel=1e-3)
    assert all(np.diff(rates[:20]) > 0) and all(np.diff(rates[20:]) < 0)


def test_one_cycle_of_a_single_step():
    schedule = training.one_cycle(peak=0.1, epochs=1, train=batches(count=1))
    assert 0 < float(schedule(0)) <= 0.1


def test_one_cycle_needs_epochs_and_a_known_length():
    with pytest.raises(CourseError, match="EPOCHS = 0"):
        training.one_cycle(peak=0.1, epochs=0, train=batches())
    with pytest.raises(CourseError, match="number of batches"):
        training.one_cycle(peak=0.1, epochs=1, train=batches().filter(lambda images, labels: True))
    with pytest.raises(CourseError, match="before repeat"):
        training.one_cycle(peak=0.1, epochs=1, train=batches().repeat())
    single = tf.data.Dataset.from_tensor_slices((np.zeros((40, 3)), np.zeros(40)))
    with pytest.raises(CourseError, match="batch it first"):
        training.one_cycle(peak=0.1, epochs=1, train=single)


def test_augment_changes_images_anew_in_each_pass_and_leaves_labels():
    images = np.arange(6 * 8 * 8, dtype="float32").reshape(6, 8, 8, 1)
    source = tf.data.Dataset.from_tensor_slices((images, np.arange(6))).batch(6)
    changed = training.augment(source, keras.layers.RandomFlip("horizontal", seed=0))
    passes = [next(changed.as_numpy_iterator()) for _ in range(8)]
    assert all((labels == np.arange(6)).all() for _, labels in passes)
    for result, _ in passes:
        for before, after in zip(images, result, strict=True):
            assert (after == before).all() or (after == before[:, ::-1]).all()
    assert any((result != passes[0][0]).any() for result, _ in passes)


def changes(seed=3):
    return keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal", seed=seed),
            keras.layers.RandomRotation(0.1, seed=seed),
            keras.Sequential([keras.layers.RandomZoom(0.3, seed=seed), keras.layers.GaussianNoise(0.1)]),
        ]
    )


def augmented_passes(glances=0):
    """All pictures of two passes over an augmented dataset, after some looks at its first batch."""
    training.set_seed(7)
    images = np.random.default_rng(0).uniform(0, 255, (40, 12, 12, 3)).astype("float32")
    source = tf.data.Dataset.from_tensor_slices((images, np.arange(40))).shuffle(40, seed=1).batch(4)
    layers = changes()
    changed = training.augment(source, layers)
    for _ in range(glances):
        layers(images[:4], training=True)
    return [np.concatenate([part for part, _ in changed.as_numpy_iterator()]) for _ in range(2)]


def test_one_seed_gives_the_same_augmented_pictures_in_each_run_and_others_in_each_pass():
    runs = [augmented_passes(), augmented_passes(), augmented_passes(glances=3)]
    for run in runs[1:]:
        np.testing.assert_array_equal(run, runs[0])
    assert not np.array_equal(*runs[0])


def test_one_seed_gives_the_same_history_on_augmented_pictures_also_of_a_model_that_fit_builds():
    histories = []
    for _ in range(2):
        training.set_seed(1)
        images = np.random.default_rng(0).uniform(0, 1, (64, 12, 12, 3)).astype("float32")
        source = tf.data.Dataset.from_tensor_slices((images, np.arange(64) % 2)).shuffle(64, seed=1).batch(4)
        model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        fit = model.fit(training.augment(source, changes()), epochs=3, verbose=0)
        histories.append(fit.history["loss"])
    assert histories[0] == histories[1]


@pytest.mark.parametrize("at_once", [True, False])
def test_layers_of_one_seed_do_not_draw_the_same(at_once):
    # A white left half, flipped or not, made brighter or not: all four are seen.
    images = np.zeros((256, 4, 4, 1), "float32")
    images[:, :, :2] = 100
    source = tf.data.Dataset.from_tensors((images, np.arange(256)))
    layers = [keras.layers.RandomFlip("horizontal", seed=0), keras.layers.RandomBrightness(0.2, seed=0)]
    for change in [keras.Sequential(layers)] if at_once else layers:
        source = training.augment(source, change).map(lambda *batch: batch)
    result, _ = next(source.as_numpy_iterator())
    flipped = result[:, 0, 3, 0] > result[:, 0, 0, 0]
    brighter = result[:, 0, :, 0].max(axis=1) > 100
    assert min(np.bincount(2 * flipped + brighter, minlength=4)) > 20


@pytest.mark.parametrize("mixing", [keras.layers.MixUp, keras.layers.CutMix])
def test_layers_that_mix_pictures_would_leave_the_labels_wrong(mixing):
    with pytest.raises(CourseError, match=rf"{mixing.__name__} mixes pictures and must mix their labels"):
        training.augment(batches(), keras.Sequential([keras.layers.RandomFlip(), mixing()]))


def test_keep_best_restores_the_best_epoch():
    model = network()
    values = iter([0.5, 0.9, 0.7])
    seen = []

    class Report(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_accuracy"] = next(values)
            seen.append(self.model.get_weights()[0].copy())

    keep = training.KeepBest()
    model.fit(batches(), epochs=3, callbacks=[Report(), keep], verbose=0)
    assert (keep.best_epoch, keep.best, keep.interrupted) == (2, 0.9, False)
    assert np.array_equal(model.get_weights()[0], seen[1])
    assert not np.array_equal(seen[1], seen[2])


def test_keep_best_takes_the_lowest_loss():
    keep = training.KeepBest(monitor="loss")
    history = network().fit(batches(), epochs=4, callbacks=[keep], verbose=0)
    assert keep.best == pytest.approx(min(history.history["loss"]))


def test_keep_best_names_the_metrics_that_are_there():
    with pytest.raises(CourseError, match=r"'val_accuracy'.*accuracy, loss.*validation_data"):
        network().fit(batches(), callbacks=[training.KeepBest()], verbose=0)


class Interrupt(keras.callbacks.Callback):
    """Press the stop button in the third batch of the second epoch, ``times`` times."""

    def __init__(self, times=1):
        super().__init__()
        self.times, self.epoch = times, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, 2):
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)


def test_interrupted_fit_keeps_the_best_weights_and_the_history(capsys):
    before = signal.getsignal(signal.SIGINT)
    keep = training.KeepBest()
    model = network()
    history = model.fit(
        batches(), epochs=50, validation_data=batches(), callbacks=[keep, Interrupt()], verbose=0
    )
    assert keep.interrupted and len(history.history["val_accuracy"]) == 2
    assert keep.best == max(history.history["val_accuracy"])
    accuracy = model.evaluate(batches(), verbose=0, return_dict=True)["accuracy"]
    assert accuracy == pytest.approx(keep.best)
    assert "Interrupted" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) == before


def test_second_interruption_stops_at_once_and_still_restores():
    before = signal.getsignal(signal.SIGINT)
    keep = training.KeepBest()
    model = network()
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            batches(), epochs=50, validation_data=batches(), callbacks=[keep, Interrupt(times=2)], verbose=0
        )
    assert signal.getsignal(signal.SIGINT) == before
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), keep.best_weights, strict=True))


def test_a_stop_button_ends_the_fit_with_what_was_reached(capsys):
    before = signal.getsignal(signal.SIGINT)
    button = training.StopButton()
    history = network().fit(batches(), epochs=50, callbacks=[button, Interrupt()], verbose=0)
    assert button.interrupted and len(history.history["loss"]) == 2
    assert "Interrupted: finishing this batch" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) == before
    history = network().fit(batches(), epochs=3, callbacks=[button], verbose=0)
    assert not button.interrupted and len(history.history["loss"]) == 3


def test_a_second_press_of_the_stop_button_stops_at_once():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        network().fit(batches(), epochs=50, callbacks=[training.StopButton(), Interrupt(times=2)], verbose=0)
    assert signal.getsignal(signal.SIGINT) == before


class Failing(keras.callbacks.Callback):
    """Raise an error in the method ``at``."""

    def __init__(self, at):
        super().__init__()
        setattr(self, at, self.fail)

    def fail(self, number=None, logs=None):
        if not isinstance(number, int) or number == 2:
            raise OSError("No space left on device")


@pytest.mark.parametrize(
    "at",
    ["on_train_begin", "on_train_batch_begin", "on_train_batch_end", "on_test_batch_end", "on_epoch_end",
     "on_train_end"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [training.StopButton, training.KeepBest])
def test_whatever_ends_a_fit_an_interruption_means_again_what_it_did(at, kind):
    before = signal.getsignal(signal.SIGINT)
    model = network()
    with pytest.raises(OSError, match="No space left"):
        model.fit(
            batches(), epochs=4, validation_data=batches(), callbacks=[kind(), kind(), Failing(at)], verbose=0
        )
    assert signal.getsignal(signal.SIGINT) == before
    weights = model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_data_that_fails_ends_a_fit_with_the_best_weights():
    before = signal.getsignal(signal.SIGINT)
    passes = []

    def rows():
        passes.append(1)
        yield from batches().as_numpy_iterator()
        if len(passes) == 4:
            raise OSError("a picture that cannot be read")

    types = (tf.TensorSpec((None, 3)), tf.TensorSpec((None,), tf.int64))
    keep, model = training.KeepBest("loss"), network()
    with pytest.raises(tf.errors.OpError, match="cannot be read"):
        model.fit(tf.data.Dataset.from_generator(rows, output_signature=types), epochs=9, callbacks=[keep],
                  verbose=0)  # fmt: skip
    assert signal.getsignal(signal.SIGINT) == before
    assert keep.best_epoch >= 2
    for best, weights in zip(keep.best_weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(best, weights)


def test_fits_inside_a_fit_let_go_one_by_one():
    inner, outer = training.StopButton(), training.StopButton()
    handlers = []

    class Inside(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            handlers.append(signal.getsignal(signal.SIGINT))
            network().fit(batches(), callbacks=[inner], verbose=0)
            handlers.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    network().fit(batches(), callbacks=[outer, Inside()], verbose=0)
    assert handlers[0] == handlers[1] != before
    assert signal.getsignal(signal.SIGINT) == before


class Report(keras.callbacks.Callback):
    """Report these values, an epoch each, as those of a metric."""

    def __init__(self, monitor, *values):
        super().__init__()
        self.monitor, self.values = monitor, values

    def on_epoch_end(self, epoch, logs=None):
        logs[self.monitor] = self.values[epoch]


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        ("val_loss", (NAN, 0.4, NAN, 0.5), 2),
        ("val_accuracy", (NAN, 0.4, NAN, 0.5), 4),
        ("val_loss", (0.5, -INF, 0.4), 3),
        ("val_accuracy", (0.5, INF, 0.6, 0.6), 3),
        ("val_loss", (NAN, NAN), 0),
        *((name, (0.5, 0.3, 0.4), 2) for name in ("category_output_loss", "val_error", "val_mae")),
        *((name, (0.5, 0.3, 0.4), 2) for name in ("val_mean_squared_error", "val_perplexity", "val_rmse")),
        *((name, (0.5, 0.7, 0.4), 2) for name in ("val_auc", "val_f1_score", "val_color_output_accuracy")),
    ],
)
def test_keep_best_knows_which_values_are_best(monitor, values, best):
    keep = training.KeepBest(monitor)
    network().fit(batches(), epochs=len(values), callbacks=[Report(monitor, *values), keep], verbose=0)
    assert (keep.best_epoch, keep.best) == (best, values[best - 1] if best else None)


def test_keep_best_takes_a_direction():
    keep = training.KeepBest("val_regret", mode="min")
    network().fit(batches(), epochs=3, callbacks=[Report("val_regret", 3, 1, 2), keep], verbose=0)
    assert keep.best_epoch == 2


def test_all_callbacks_of_a_fit_know_that_it_was_interrupted():
    before = signal.getsignal(signal.SIGINT)
    kept = [training.KeepBest("loss"), training.KeepBest("accuracy"), training.StopButton()]
    network().fit(batches(), epochs=9, callbacks=[*kept, Interrupt()], verbose=0)
    assert all(callback.interrupted for callback in kept)
    assert signal.getsignal(signal.SIGINT) == before


def test_a_fit_in_another_thread_keeps_its_best_weights_and_leaves_other_fits_alone():
    before, best, started, go_on = signal.getsignal(signal.SIGINT), [], threading.Event(), threading.Event()

    class Wait(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            started.set()
            assert go_on.wait(30)

    class Join(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            go_on.set()
            thread.join()

    def fit():
        model, keep = network(), training.KeepBest("loss")
        with pytest.raises(OSError):
            model.fit(batches(), epochs=4, callbacks=[keep, Wait(), Failing("on_epoch_end")], verbose=0)
        pairs = zip(model.get_weights(), keep.best_weights, strict=True)
        best.append(all(np.array_equal(*pair) for pair in pairs))

    thread = threading.Thread(target=fit)
    thread.start()
    assert started.wait(30)
    button = training.StopButton()
    network().fit(batches(), epochs=3, callbacks=[button, Join(), Interrupt()], verbose=0)
    assert best == [True] and button.interrupted
    assert signal.getsignal(signal.SIGINT) == before


def with_dropout(rate=0.5):
    """A network that passes its input on, but for dropout: its error while training tells the rate."""
    model = keras.Sequential([keras.Input(shape=(1000,)), keras.layers.Dropout(rate)])
    model.compile("sgd", "mse")
    return model


def training_error(model):
    ones = np.ones((8, 1000), "float32")
    return model.fit(ones, ones, verbose=0).history["loss"][0]


def test_fading_dropout_acts_in_the_fits_inside_and_not_after():
    training.set_seed(0)
    model = with_dropout(0.5)
    # Dropout leaves a share r at 0 and makes the others 1 / (1 - r): a mean squared error of r / (1 - r).
    assert training_error(model) == pytest.approx(1, rel=0.1)
    with training.fading_dropout(model, share=0.4):
        assert training_error(model) == pytest.approx(0.25, rel=0.1)
    assert training_error(model) == pytest.approx(1, rel=0.1)
    with training.fading_dropout(model, share=0):
        assert training_error(model) == 0


def test_fading_dropout_restores_the_rates_after_an_error_and_reaches_models_inside():
    inside = with_dropout(0.25)
    model = keras.Sequential(
        [
            keras.Input(shape=(1000,)),
            inside,
            keras.layers.Reshape((10, 100)),
            keras.layers.SpatialDropout1D(0.5),
        ]
    )
    model.compile("sgd", "mse")
    with pytest.raises(KeyboardInterrupt), training.fading_dropout(model, share=0.2):
        assert (inside.layers[0].rate, model.layers[2].rate) == pytest.approx((0.05, 0.1))
        raise KeyboardInterrupt
    assert (inside.layers[0].rate, model.layers[2].rate) == (0.25, 0.5)


@pytest.mark.parametrize("share", [-0.1, 1.5, True, "half", None])
def test_fading_dropout_takes_a_share(share):
    with pytest.raises(CourseError, match="share"), training.fading_dropout(with_dropout(), share):
        pass


def test_fading_dropout_wants_a_compiled_model():
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dropout(0.5)])
    with pytest.raises(CourseError, match="Call compile first"), training.fading_dropout(model, 0.5):
        pass


def test_fresh_averages_are_the_means_in_use_and_nothing_is_learned():
    model = keras.Sequential(
        [
            keras.Input(shape=(3,)),
            keras.layers.Dropout(0.5),
            keras.layers.BatchNormalization(momentum=0.99),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    dropout, normalisation, dense = model.layers
    weights = [weight.numpy() for weight in (*dense.weights, normalisation.gamma, normalisation.beta)]
    given = batches()
    training.refresh_averages(model, given)
    images = np.concatenate([images for images, _ in given.as_numpy_iterator()])
    # Without dropout: with it, the variance of these inputs would be about twice as large.
    np.testing.assert_allclose(normalisation.moving_mean, images.mean(axis=0), atol=1e-5)
    within = np.mean([image.var(axis=0) for image in np.split(images, 10)], axis=0)
    np.testing.assert_allclose(normalisation.moving_variance, within, rtol=1e-4)
    assert (dropout.rate, normalisation.momentum) == (0.5, 0.99)
    for before, after in zip(weights, (*dense.weights, normalisation.gamma, normalisation.beta), strict=True):
        np.testing.assert_array_equal(before, after)


def test_fresh_averages_stop_after_the_given_steps_and_restore_after_an_error():
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.BatchNormalization(momentum=0.9)])
    given = batches()
    training.refresh_averages(model, given, steps=1)
    first = next(given.as_numpy_iterator())[0]
    np.testing.assert_allclose(model.layers[0].moving_mean, first.mean(axis=0), atol=1e-5)
    with pytest.raises(ValueError):
        training.refresh_averages(model, tf.data.Dataset.from_tensors((np.zeros((2, 5)), 0)))
    assert model.layers[0].momentum == 0.9


class InterruptedAfterTwo:
    """A dataset of which the reader presses stop while the third batch is on its way."""

    def __init__(self, dataset):
        self.dataset = dataset

    def take(self, steps):
        yield from self.dataset.take(2)
        raise KeyboardInterrupt


def test_fresh_averages_need_batches():
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.BatchNormalization()])
    with pytest.raises(CourseError, match="no batches"):
        training.refresh_averages(model, batches().take(0))


def test_interrupted_fresh_averages_are_those_of_the_batches_so_far(capsys):
    normalisation = keras.layers.BatchNormalization(momentum=0.9)
    model = keras.Sequential([keras.Input(shape=(3,)), normalisation, keras.layers.Dropout(0.5)])
    training.refresh_averages(model, InterruptedAfterTwo(batches()))
    images = np.concatenate([images for images, _ in batches().take(2).as_numpy_iterator()])
    np.testing.assert_allclose(normalisation.moving_mean, images.mean(axis=0), atol=1e-5)
    assert (model.layers[1].rate, normalisation.momentum) == (0.5, 0.9)
    assert "Interrupted" in capsys.readouterr().out


def test_fresh_averages_reach_normalisations_inside_models_and_wrappers():
    layers = keras.layers
    innermost = keras.Sequential([layers.Dropout(0.5), layers.BatchNormalization(), layers.Dense(3)])
    picture = keras.Input((3,))
    steps = layers.Reshape((3, 1))(layers.GaussianNoise(1.0)(picture))
    steps = layers.TimeDistributed(layers.BatchNormalization())(steps)
    branch = keras.Model(picture, [innermost(picture), layers.Flatten()(steps)])
    model = keras.Sequential([keras.Input((3,)), layers.Lambda(lambda x: x + 8.66), branch])
    training.refresh_averages(model, batches())
    images = np.concatenate([images for images, _ in batches().as_numpy_iterator()]) + 8.66
    normalisation = innermost.layers[1]
    np.testing.assert_allclose(normalisation.moving_mean, images.mean(axis=0), rtol=1e-4)
    within = np.mean([image.var(axis=0) for image in np.split(images, 10)], axis=0)
    np.testing.assert_allclose(normalisation.moving_variance, within, rtol=1e-3)
    (wrapped,) = [part.layer for part in branch.layers if isinstance(part, layers.TimeDistributed)]
    np.testing.assert_allclose(wrapped.moving_mean, [images.mean()], rtol=1e-4)
    assert (normalisation.momentum, innermost.layers[0].rate) == (0.99, 0.5)
    assert normalisation.call.__func__ is layers.BatchNormalization.call
