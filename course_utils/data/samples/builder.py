"""What the builders of the drawn sets share: each of them says no more than what is its own."""

import numpy as np
import tensorflow_datasets as tfds

from course_utils.data.samples.motifs.drawing import generator


def drawn(draw, labels, split, count, seed):
    """Yield (image, label) of ``count`` pictures of ``split``: as many of each of ``labels``, in mixed order.

    ``draw(label, rng)`` returns one picture; ``labels`` is a sequence of whole numbers. A picture depends on
    ``seed``, ``split`` and its index alone.
    """
    order = generator(seed, split, count).permutation(np.arange(count) % len(labels))
    for index, position in enumerate(order.tolist()):
        yield draw(labels[position], generator(seed, split, index)), labels[position]


class Info(tfds.core.DatasetInfo):
    """A ``DatasetInfo`` that asks nobody."""

    def initialize_from_bucket(self):
        """Do nothing: TFDS 4.9.7 asks a server about every set that is not prepared yet, this one too."""


class SampleBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A drawn set as a data set of TFDS. A subclass has ``VERSION``, ``RELEASE_NOTES`` and what follows.

    ``DESCRIPTION`` begins with "Drawings made by the image-classification course"; ``HOMEPAGE`` is that of
    the published set; ``COUNTS`` are pictures in each split; ``SHAPE`` and ``NAMES`` are those of the feature
    ``image`` and the names of ``label``; ``ENCODING`` is "jpeg", or None for PNG files. ``pictures(split)``
    yields (image, label).
    """

    DESCRIPTION, HOMEPAGE = "", None
    COUNTS, SHAPE, NAMES, ENCODING = None, None, None, None

    def pictures(self, split):
        raise NotImplementedError

    def features(self):
        """Return the features of one picture, a dict of name to ``tfds.features`` connector."""
        return {
            "image": tfds.features.Image(shape=self.SHAPE, encoding_format=self.ENCODING),
            "label": tfds.features.ClassLabel(names=self.NAMES),
        }

    def _info(self):
        return Info(
            builder=self,
            description=self.DESCRIPTION,
            features=tfds.features.FeaturesDict(self.features()),
            supervised_keys=("image", "label"),
            homepage=self.HOMEPAGE,
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in self.COUNTS}

    def _generate_examples(self, split):
        for index, (image, label) in enumerate(self.pictures(split)):
            yield index, {"image": image, "label": label}
