"""What the course reads from outside: one entry for each data set and each pretrained network.

``course doctor``, ``course fetch`` and the loaders all read this page; ``data/README.md`` tells the same in
prose, with licences.
"""

from dataclasses import dataclass

from course_utils.errors import CourseError


@dataclass(frozen=True)
class DataSet:
    """A published data set of TensorFlow Datasets that has a drawn stand-in of the same name."""

    name: str  # as TensorFlow Datasets knows it
    title: str
    address: str  # the server that the pictures come from
    shape: tuple  # of a picture: (height, width, channels)
    download_bytes: int  # what travels
    prepared_bytes: int  # what stays on disk
    splits: tuple = ("train", "test")


DATA_SETS = {
    entry.name: entry
    for entry in (
        DataSet(
            "fashion_mnist",
            "Fashion-MNIST",
            address="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            shape=(28, 28, 1),
            download_bytes=30_878_645,
            prepared_bytes=38_188_460,
        ),
        DataSet(
            "cats_vs_dogs",
            "Cats and dogs",
            address="https://download.microsoft.com",
            shape=(None, None, 3),
            download_bytes=824_887_076,
            prepared_bytes=1_120_000_000,
            splits=("train",),
        ),
        DataSet(
            "tf_flowers",
            "Flowers",
            address="http://download.tensorflow.org",
            shape=(None, None, 3),
            download_bytes=228_813_984,
            prepared_bytes=233_000_000,
            splits=("train",),
        ),
    )
}


def data_set(name):
    """Return the ``DataSet`` called ``name``; CourseError with the known names for any other."""
    if name not in DATA_SETS:
        raise CourseError(f"There is no data set {name!r} in this course. It has: {', '.join(DATA_SETS)}.")
    return DATA_SETS[name]


@dataclass(frozen=True)
class Module:
    """A published network, most often a module of TensorFlow Hub, that has a small stand-in in the course."""

    title: str
    stand_in: str  # a folder or file of the course
    download_bytes: int  # about; what its weights take
    labels: tuple = ()  # the names of its classes: address, file of the course, SHA-256 of the first
    example: tuple = ()  # a picture to try it on, likewise


_STORAGE = "https://storage.googleapis.com/download.tensorflow.org"
_TF2 = "https://tfhub.dev/google/tf2-preview"
MODULES = {
    f"{_TF2}/mobilenet_v2/feature_vector/4": Module(
        "MobileNet V2", "data/hub/mobilenet_v2_feature_vector", download_bytes=9_000_000
    ),
    f"{_TF2}/mobilenet_v2/classification/4": Module(
        "MobileNet V2 with its classifier",
        "data/hub/mobilenet_v2_classification",
        download_bytes=14_000_000,
        labels=(
            f"{_STORAGE}/data/ImageNetLabels.txt",
            "data/hub/labels.txt",
            "536feacc519de3d418de26b2effb4d75694a8c4c0063e36499a46fa8061e2da9",
        ),
        example=(
            f"{_STORAGE}/example_images/grace_hopper.jpg",
            "data/hub/examples/owl.jpg",
            "e1f57e98cf38076c0f9a058d74ffddf90f20453e436033784606b63c8ed2e49a",
        ),
    ),
    f"{_TF2}/inception_v3/feature_vector/4": Module(
        "Inception V3", "data/hub/inception_v3_feature_vector", download_bytes=87_000_000
    ),
}

# From Keras itself, where it has no handle; and all networks that lessons use.
VGG19 = "keras.applications.VGG19"
VGG19_MD5 = "253f8cb515780f3b799900260a226db6"  # what Keras publishes of its file
PRETRAINED = {VGG19: Module("VGG19", "data/hub/vgg19.keras", download_bytes=80_134_624), **MODULES}
