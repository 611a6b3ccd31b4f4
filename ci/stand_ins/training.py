"""Training of the stand-in backbones: heavy augmentation, AdamW, one cycle."""

import time

import numpy as np
import tensorflow as tf


class AdamW:
    """Adam with weight decay on kernels; its rate rises for a fifth of ``steps``, then falls as a cosine."""

    def __init__(self, variables, peak, steps, decay=0.02):
        self.variables, self.decay = variables, decay
        self.peak, self.steps, self.step = peak, steps, tf.Variable(0.0)
        self.slots = [[tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2)]

    def apply(self, gradients):
        self.step.assign_add(1)
        share = self.step / self.steps
        falling = 0.505 + 0.495 * tf.cos(np.pi * (share - 0.2) / 0.8)
        rate = self.peak * tf.where(share < 0.2, 0.04 + 0.96 * share / 0.2, falling)
        for variable, mean, square, gradient in zip(self.variables, *self.slots, gradients, strict=True):
            if "kernel" in variable.name:
                variable.assign_sub(rate * self.decay * variable)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=0.9**self.step,
                beta2_power=0.999**self.step,
                lr=rate,
                beta1=0.9,
                beta2=0.999,
                epsilon=1e-7,
                grad=gradient,
            )


def augmented(images, size, zoom, grey):
    """Return ``uint8`` images as floats from 0 to 1: a random part of each, mirrored, other light and colour.

    ``zoom`` is the smallest share of a side that is kept, ``grey`` the share of pictures without colour.
    """
    count = tf.shape(images)[0]

    def chance(columns, low, high):
        return tf.random.uniform((count, columns), low, high)

    sides = chance(1, zoom, 1) * tf.exp(chance(2, -0.15, 0.15))
    sides = tf.minimum(sides, 1)
    corner = chance(2, 0, 1) * (1 - sides)
    top, left, low, right = tf.unstack(tf.concat([corner, corner + sides], 1), axis=1)
    mirrored = tf.random.uniform((count,)) < 0.5
    boxes = tf.stack([top, tf.where(mirrored, right, left), low, tf.where(mirrored, left, right)], 1)
    images = tf.image.crop_and_resize(images, boxes, tf.range(count), (size, size)) / 255

    def each(columns, low, high):
        return chance(columns, low, high)[:, None, None, :]

    tone = tf.reduce_mean(images, -1, keepdims=True)
    less = tf.where(chance(1, 0, 1) < grey, 0.0, chance(1, 0.4, 1.3))[:, None, None, :]
    images = tone + (images - tone) * less
    images = (images - 0.5) * each(1, 0.7, 1.25) * each(3, 0.92, 1.08) + 0.5 + each(1, -0.12, 0.12)
    return tf.clip_by_value(images, 0, 1)


def fit(
    network,
    data,
    epochs,
    sides,
    *,
    peak=2e-3,
    batch=32,
    zoom=0.6,
    grey=0.05,
    seed=0,
    prepare=None,
    report=None,
):
    """Train all of ``network`` on ``data``: images (``uint8``) and labels.

    ``sides`` are two tuples of pixels a side: one of the first is chosen for each batch of the first 70 % of
    the epochs, one of the second for each of the others. ``prepare`` maps augmented images to what the
    network takes; ``report(epoch, loss, seconds)`` is called after each epoch.
    """
    images, labels = data
    tf.random.set_seed(seed)
    rng = np.random.default_rng(seed)
    optimizer = AdamW(network.trainable_variables, peak, epochs * (len(images) // batch))

    @tf.function
    def step(images, labels, side):
        inputs = augmented(images, side, zoom, grey)
        with tf.GradientTape() as tape:
            scores = network(prepare(inputs) if prepare else inputs, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores))
        optimizer.apply(tape.gradient(loss, network.trainable_variables))
        return loss

    start = time.time()
    for epoch in range(epochs):
        order = rng.permutation(len(images))[: len(images) // batch * batch].reshape(-1, batch)
        chosen = rng.choice(sides[epoch >= round(0.7 * epochs)], len(order)).tolist()
        losses = [
            float(step(images[rows], labels[rows], side)) for rows, side in zip(order, chosen, strict=True)
        ]
        if report:
            report(epoch, np.mean(losses), time.time() - start)


def computed(network, images, size, prepare=None, batch=64):
    """Return the outputs of ``network`` for ``uint8`` images of any one size, resized as the lessons do."""
    outputs = []
    for start in range(0, len(images), batch):
        part = tf.image.resize(images[start : start + batch], (size, size)) / 255
        outputs.append(network(prepare(part) if prepare else part, training=False).numpy())
    return np.concatenate(outputs)
