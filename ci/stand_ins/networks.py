"""The networks of the stand-in backbones in plain TensorFlow, their variables named by their place."""

import numpy as np

from course_utils import quiet_tensorflow  # noqa: F401 (before TensorFlow)

import tensorflow as tf  # isort: skip

MOMENTUM, EPSILON = 0.9, 1e-3  # of all batch normalizations


class Network(tf.train.Checkpoint):
    """Images with pixels from 0 to 1 become feature vectors, or class scores where ``classes`` is not 0.

    ``body(network, images)`` returns the last feature maps; it is made of the methods below, which create
    their variables at the first call. ``size`` is the side of the images. ``tf.saved_model.save`` makes a
    reusable SavedModel of it (https://www.tensorflow.org/hub/reusable_saved_models).
    """

    def __init__(self, body, size, classes=0, seed=0):
        super().__init__()
        self.variables, self.trainable_variables, self.named = [], [], {}
        self._body, self._classes, self._training = body, classes, False
        self._rng = np.random.default_rng(seed)
        self._forward(tf.zeros((1, size, size, 3)))  # creates the variables
        spec = tf.TensorSpec((None, size, size, 3), tf.float32, name="images")
        calls = [self.__call__.get_concrete_function(spec, training) for training in (False, True)]
        self.signature = calls[0]

    @tf.function
    def __call__(self, images, training=False):
        self._training = training
        return self._forward(images)

    def _forward(self, images):
        features = tf.reduce_mean(self._body(self, images), (1, 2))
        if not self._classes:
            return features
        return self.dense(features, "predictions", self._classes)

    def _variable(self, name, shape, values, trainable=True):
        if name not in self.named:
            values = np.broadcast_to(np.asarray(values, "float32"), shape)
            self.named[name] = tf.Variable(values, name=name, trainable=trainable)
            self.variables.append(self.named[name])
            if trainable:
                self.trainable_variables.append(self.named[name])
        return self.named[name]

    def _kernel(self, name, shape, inputs):
        values = None if name in self.named else self._rng.normal(0, (2 / inputs) ** 0.5, shape)
        return self._variable(name, shape, values)

    def conv(self, maps, name, filters, size=1, stride=1, activation=tf.nn.relu):
        """Convolve, normalize, activate; ``size`` is a number of pixels or a pair."""
        size = (size, size) if isinstance(size, int) else size
        shape = (*size, maps.shape[-1], filters)
        kernel = self._kernel(f"{name}/kernel", shape, np.prod(shape[:3]))
        return self.normalized(tf.nn.conv2d(maps, kernel, stride, "SAME"), name, activation)

    def depthwise(self, maps, name, stride=1, activation=tf.nn.relu6):
        """Convolve each channel with a kernel of its own, 3 x 3; normalize, activate."""
        kernel = self._kernel(f"{name}/kernel", (3, 3, maps.shape[-1], 1), 9)
        maps = tf.nn.depthwise_conv2d(maps, kernel, (1, stride, stride, 1), "SAME")
        return self.normalized(maps, name, activation)

    def normalized(self, maps, name, activation):
        """Normalize each channel over the batch; in use, by averages over the batches of training."""
        shape = (maps.shape[-1],)
        gamma, beta, mean, variance = (
            self._variable(f"{name}/{part}", shape, start, trainable)
            for part, start, trainable in (
                ("gamma", 1, True),
                ("beta", 0, True),
                ("moving_mean", 0, False),
                ("moving_variance", 1, False),
            )
        )
        if self._training:
            maps, *found = tf.compat.v1.nn.fused_batch_norm(maps, gamma, beta, epsilon=EPSILON)
            for average, new in zip((mean, variance), found, strict=True):
                average.assign_sub((1 - MOMENTUM) * (average - new))
        else:
            maps, _, _ = tf.compat.v1.nn.fused_batch_norm(
                maps, gamma, beta, mean, variance, epsilon=EPSILON, is_training=False
            )
        return activation(maps) if activation else maps

    def dense(self, features, name, units):
        shape = (features.shape[-1], units)
        kernel = self._kernel(f"{name}/kernel", shape, 8 * shape[0])
        return features @ kernel + self._variable(f"{name}/bias", (units,), 0)


def mobilenet(network, images):
    """Inverted residuals with linear bottlenecks (Sandler and others, "MobileNetV2", 2018)."""
    maps = network.conv(2 * images - 1, "stem", 16, 3, 2, tf.nn.relu6)
    for number, (expanded, filters, stride) in enumerate(
        [(16, 16, 1), (64, 24, 2), (96, 24, 1), (144, 48, 2), (288, 48, 1), (288, 96, 2), (480, 96, 1)], 1
    ):
        name, before = f"block_{number}", maps
        if expanded != maps.shape[-1]:
            maps = network.conv(maps, f"{name}/expand", expanded, activation=tf.nn.relu6)
        maps = network.depthwise(maps, f"{name}/depthwise", stride)
        maps = network.conv(maps, f"{name}/project", filters, activation=None)
        if maps.shape[1:] == before.shape[1:]:
            maps = maps + before
    return network.conv(maps, "top", 512, activation=tf.nn.relu6)


def inception(network, images):
    """Parallel branches (Szegedy and others, "Rethinking the Inception Architecture", 2015)."""
    maps = network.conv(2 * images - 1, "stem_1", 16, 3, 2)
    maps = tf.nn.max_pool2d(network.conv(maps, "stem_2", 24, 3), 3, 2, "SAME")
    maps = tf.nn.max_pool2d(network.conv(maps, "stem_3", 48, 3), 3, 2, "SAME")
    for number, (single, inner, filters, pooled, long) in enumerate(
        [(24, 16, 24, 16, 3), (24, 24, 32, 24, 3), (48, 32, 48, 32, 7), (64, 48, 64, 48, 7)]
    ):
        name = f"mixed_{number}"
        if number == 2:  # half the side, twice the channels
            wide = network.conv(maps, "reduction/branch3x3", 64, 3, 2)
            maps = tf.concat([wide, tf.nn.max_pool2d(maps, 3, 2, "SAME")], -1)
        double = network.conv(maps, f"{name}/double_1", inner)
        if long == 3:
            double = network.conv(double, f"{name}/double_2", filters, 3)
            double = network.conv(double, f"{name}/double_3", filters, 3)
        else:  # one convolution of 7 x 7, in factors
            double = network.conv(double, f"{name}/double_2", filters, (1, long))
            double = network.conv(double, f"{name}/double_3", filters, (long, 1))
        middle = network.conv(maps, f"{name}/branch3x3_1", inner)
        branches = [
            network.conv(maps, f"{name}/branch1x1", single),
            network.conv(middle, f"{name}/branch3x3_2", filters, 3),
            double,
            network.conv(tf.nn.avg_pool2d(maps, 3, 1, "SAME"), f"{name}/pool", pooled),
        ]
        maps = tf.concat(branches, -1)
    return maps


VGG = {
    "block1": (16, 16),
    "block2": (32, 32),
    "block3": (48, 48, 48, 48),
    "block4": (56, 56, 56, 56),
    "block5": (72, 72, 72, 96),
}


def vgg(network, images):
    """Stacks of 3 x 3 convolutions (Simonyan and Zisserman, 2014), normalized as long as they train."""
    maps = images
    for block, stack in VGG.items():
        for number, filters in enumerate(stack, 1):
            maps = network.conv(maps, f"{block}_conv{number}", filters, 3)
        maps = tf.nn.max_pool2d(maps, 2, 2, "VALID")
    return maps
