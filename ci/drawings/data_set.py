"""A drawn set as a data set of TensorFlow Datasets (TFDS), in files that open without any class of ours."""

import io

import tensorflow_datasets as tfds
from PIL import Image


class Info(tfds.core.DatasetInfo):
    """A ``DatasetInfo`` that asks nobody."""

    def initialize_from_bucket(self):
        """Do nothing: TFDS asks a server about every set that is not prepared yet, this one too."""


class DrawnSet(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """The builder of one module of ``drawings.sets``, called ``<name>_sample``, prepared in ``data_dir``.

    The module says what is in the set: ``COUNTS`` of pictures for each split, ``SHAPE`` of a picture (None
    where sizes vary), ``NAMES`` of the classes, ``QUALITY`` of its JPEG files (None: PNG), ``DESCRIPTION``,
    ``HOMEPAGE`` of the published set; ``pictures(split)`` yields (image, label), ``file_name(index, label)``
    is there if the published set has file names.
    """

    # A set that changes what is drawn or how it is kept gets another version.
    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, name, drawn, data_dir):
        self.name, self._drawn = f"{name}_sample", drawn
        super().__init__(data_dir=data_dir)

    def _info(self):
        drawn = self._drawn
        features = {
            "image": tfds.features.Image(
                shape=drawn.SHAPE, encoding_format="jpeg" if drawn.QUALITY else None
            ),
            "label": tfds.features.ClassLabel(names=drawn.NAMES),
        }
        if hasattr(drawn, "file_name"):
            features["image/filename"] = tfds.features.Text()
        return Info(
            builder=self,
            description=drawn.DESCRIPTION,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("image", "label"),
            homepage=drawn.HOMEPAGE,
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in self._drawn.COUNTS}

    def _generate_examples(self, split):
        for index, (image, label) in enumerate(self._drawn.pictures(split)):
            example = {"image": encoded(image, self._drawn.QUALITY), "label": label}
            if hasattr(self._drawn, "file_name"):
                example["image/filename"] = self._drawn.file_name(index, label)
            yield index, example


def encoded(image, quality):
    """Return the bytes of a file: JPEG of ``quality`` (1 to 95), or PNG where it is None.

    ``image`` is ``uint8`` of shape (height, width, 1 or 3).
    """
    file = io.BytesIO()
    picture = Image.fromarray(image.squeeze())
    if quality is None:
        picture.save(file, "PNG", optimize=True)
    else:
        picture.save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()
