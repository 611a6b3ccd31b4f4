"""The helpers of training: seeds, the schedule, augmentation, and what survives an interruption."""

import os
import signal

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


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "0", None, True])
def test_seed_must_be_a_whole_number(seed):
    with pytest.raises(CourseError, match="SEED = "):
        training.set_seed(seed)


def test_one_cycle_rises_to_its_peak_and_ends_low():
    schedule = training.one_cycle(peak=0.1, epochs=10, train=batches(), warmup=0.2, final=0.01)
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


def test_interrupted_fresh_averages_are_those_of_the_batches_so_far(capsys):
    normalisation = keras.layers.BatchNormalization(momentum=0.9)
    model = keras.Sequential([keras.Input(shape=(3,)), normalisation, keras.layers.Dropout(0.5)])
    training.refresh_averages(model, InterruptedAfterTwo(batches()))
    images = np.concatenate([images for images, _ in batches().take(2).as_numpy_iterator()])
    np.testing.assert_allclose(normalisation.moving_mean, images.mean(axis=0), atol=1e-5)
    assert (model.layers[1].rate, normalisation.momentum) == (0.5, 0.9)
    assert "Interrupted" in capsys.readouterr().out
