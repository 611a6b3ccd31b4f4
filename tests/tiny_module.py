"""A tiny module, as TensorFlow Hub would give it, for tests of what is pretrained."""

import numpy as np
import tensorflow as tf

SIZE, FEATURES = 16, 5
ADDRESS = "https://tfhub.dev/google/tf2-preview/{}/4"


class Network(tf.train.Checkpoint):
    """A reusable SavedModel: convolution, batch normalization, averages, one dense layer."""

    def __init__(self, seed=0):
        super().__init__()
        rng = np.random.default_rng(seed)

        def variable(name, *shape, trainable=True):
            values = rng.uniform(0.5, 1.5, shape).astype("float32")
            return tf.Variable(values, name=name, trainable=trainable)

        self.kernel = variable("block_1/kernel", 3, 3, 3, 4)
        self.gamma = variable("block_1_bn/gamma", 4)
        self.mean = variable("block_1_bn/moving_mean", 4, trainable=False)
        self.top = variable("block_2/kernel", 4, FEATURES)
        self.variables = [self.kernel, self.gamma, self.mean, self.top]
        self.trainable_variables = [self.kernel, self.gamma, self.top]

    @tf.function
    def __call__(self, images, training=False):
        maps = tf.nn.conv2d(images, self.kernel, 2, "SAME")
        if training:
            self.mean.assign(tf.reduce_mean(maps, (0, 1, 2)))
        return tf.reduce_mean(tf.nn.relu((maps - self.mean) * self.gamma), (1, 2)) @ self.top


def export(folder, seed=0):
    network = Network(seed)
    images = tf.TensorSpec((None, SIZE, SIZE, 3), name="images")
    calls = [network.__call__.get_concrete_function(images, training=flag) for flag in (False, True)]
    tf.saved_model.save(network, str(folder), signatures={"serving_default": calls[0]})
    return str(folder)
