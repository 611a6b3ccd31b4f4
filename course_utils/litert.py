"""Keep: a model as LiteRT (formerly TensorFlow Lite) runs it on telephones, in float or in whole numbers."""

import contextlib
import logging
import os
import warnings
from pathlib import Path

import numpy as np

from course_utils import quiet_tensorflow
from course_utils.files import written_whole

import tensorflow as tf  # isort: skip


FLOAT_SHARE = 0.02  # of the weights stay float in an 8-bit model, those of its first layers


def convert(network, path, representative=None):
    """Write ``network``, a Keras model for pictures of one size, to ``path`` and return that as a ``Path``.

    It ends in a dense layer with bias and softmax. Weights and arithmetic are float32. With
    ``representative``, pictures as the network takes them [n, height, width, channels] of the kind that it
    will see (one or two hundred), they are whole numbers of 8 bits: what comes out of each layer for these
    pictures decides which range its 256 steps cover, and by how much the biases of the last layer are
    shifted, so that the logits agree on average. The first layers and the last stay float: they have few
    weights, the rounding of the first goes through all others, and that of the last would leave 256
    probabilities. In and out go float32 either way, a picture at a time.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    shape = tf.TensorSpec((1, *network.input_shape[1:]), tf.float32)
    call = tf.function(lambda images: network(images, training=False), autograph=False)
    with _quiet():
        # Weights as constants, as the converter does not find those of a HubLayer's module; so none to track.
        function = convert_variables_to_constants_v2(call.get_concrete_function(shape))
        model = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module()).convert()
        if representative is not None:
            model = _in_8_bits(function, model, list(representative))
    with written_whole(path) as temporary:
        temporary.write_bytes(_packed(_contents(model)))
    return Path(path)


def _in_8_bits(function, in_float, representative):
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([_float(picture)[None]] for picture in representative)
    # Meant for finding layers that lose by rounding; the one public way to leave them out.
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=_first_and_last(in_float))
    debugger = tf.lite.experimental.QuantizationDebugger(converter=converter, debug_options=options)
    model = debugger.get_nondebug_quantized_model()
    contents = _contents(model)
    graph = contents.subgraphs[0]
    buffer = contents.buffers[graph.tensors[graph.operators[-2].inputs[-1]].buffer]
    if buffer.data is None or len(buffer.data) != 4 * graph.tensors[graph.outputs[0]].shape[-1]:
        return model  # biases that are all zero are not stored
    # Rounding moves the logits a little to one side; on these pictures it is known by how much.
    wanted, given = (np.log(_answers(representative, model_content=m) + 1e-9) for m in (in_float, model))
    shift = (given - wanted).mean(axis=0)
    bias = np.frombuffer(bytes(buffer.data), "float32") - (shift - shift.mean())
    buffer.data = np.frombuffer(bias.astype("float32").tobytes(), "uint8")
    return _packed(contents)


def _first_and_last(model):
    """Return the names of a float model's first operations, and of its dense layer and softmax."""
    contents = _contents(model)
    graph, size, first = contents.subgraphs[0], 0, 0
    for operation in graph.operators:
        buffers = (contents.buffers[graph.tensors[place].buffer].data for place in operation.inputs)
        size += sum(len(data) for data in buffers if data is not None)
        if size > FLOAT_SHARE * len(model):
            break
        first += 1
    chosen = [*graph.operators[:first], *graph.operators[-2:]]
    return [graph.tensors[operation.outputs[0]].name.decode() for operation in chosen]


def predict(path, images):
    """Return what the model in the file ``path`` says about each of ``images``: an array [n, outputs].

    ``images`` are arrays [height, width, channels] as the network takes them, which may come one by one: so
    they are asked, on one thread, as a telephone would.
    """
    return _answers(images, model_path=os.fspath(path))


def _answers(images, **model):
    with _quiet():
        interpreter = tf.lite.Interpreter(num_threads=1, **model)
        interpreter.allocate_tensors()
    (taken,), (out,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for image in images:
        interpreter.set_tensor(taken["index"], _float(image)[None])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(out["index"])[0])
    return np.stack(answers)


def _float(images):
    return np.asarray(images, "float32")


def _contents(model):
    from tensorflow.lite.tools import flatbuffer_utils

    return flatbuffer_utils.read_model_from_bytearray(bytearray(model))


def _packed(contents):
    """Return a model's ``_contents`` as bytes, with lists that are equal stored once.

    With a scale and a zero point for each channel, a tenth of an 8-bit MobileNet are lists of zeros.
    """
    import flatbuffers

    class Builder(flatbuffers.Builder):
        known = None

        def CreateNumpyVector(self, values):
            self.known = self.known or {}
            key = values.dtype.str, values.tobytes()
            if key not in self.known:
                self.known[key] = super().CreateNumpyVector(values)
            return self.known[key]

    builder = Builder(1_000_000)
    builder.Finish(contents.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@contextlib.contextmanager
def _quiet():
    """Silence the converter's log, and the advice to move to a package that TensorFlow 2.19 does not need."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), quiet_tensorflow.stderr_closed():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
