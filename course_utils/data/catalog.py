"""What the course reads from outside: one entry for each data set, and which lesson needs which.

``course doctor``, ``course fetch`` and the loader all read this page; ``data/README.md`` tells the same in
prose, with licences.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    """A published data set of TensorFlow Datasets that has a drawn stand-in of the same name."""

    name: str  # as TensorFlow Datasets knows it
    title: str
    host: str  # the server that the pictures come from
    port: int
    download_bytes: int  # what travels
    prepared_bytes: int  # what stays on disk


DATA_SETS = {
    entry.name: entry
    for entry in (
        DataSet(
            "fashion_mnist",
            "Fashion-MNIST",
            host="fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            port=80,
            download_bytes=30_878_645,
            prepared_bytes=38_188_460,
        ),
    )
}

# Lessons that are in neither table need no pictures from outside.
NEEDED_BY_LESSON = {
    "01_meet_fashion_mnist": ["fashion_mnist"],
    "02_cnn_with_1_conv_layer": ["fashion_mnist"],
    "03_cnn_with_3_conv_layers": ["fashion_mnist"],
    "04_cnn_with_4_conv_layers": ["fashion_mnist"],
}

# These sets cannot be downloaded: their pictures come from a folder of the reader's own, or are drawn.
BROUGHT_BY_LESSON = {
    "06_multi_label_smaller_vggnet": "fashion_attributes",
    "07_multi_output_fashionnet": "fashion_attributes",
}
