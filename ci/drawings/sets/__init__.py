"""The four drawn sets, each with what it alone draws; ``ci/make_samples.py`` keeps them in files."""

from drawings.sets import cats_vs_dogs, fashion_attributes, fashion_mnist, tf_flowers

SETS = {
    "fashion_mnist": fashion_mnist,
    "fashion_attributes": fashion_attributes,
    "cats_vs_dogs": cats_vs_dogs,
    "tf_flowers": tf_flowers,
}
