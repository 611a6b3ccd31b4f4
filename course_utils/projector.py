"""Judge: clouds of pictures for TensorBoard's Embedding Projector, and its custom projection as numbers.

The files are those of https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin. Open them with
``tensorboard --logdir FOLDER`` and choose PROJECTOR; one that already runs has to be restarted.
"""

import math

import numpy as np

from course_utils.errors import CourseError
from course_utils.files import expanded, written_whole
from course_utils.plots import inputs

MAX_SPRITE = 8192  # pixels a side; the projector draws no larger image
THUMBNAIL = 64  # pixels a side, unless the pictures are smaller or too many
FLAT = "Flatten pictures with images.reshape(len(images), -1), and leave out rows with NaN or infinity."


def export(folder, vectors, labels, images):
    """Write ``vectors`` with labels and pictures to ``folder`` for the projector; return it as a ``Path``.

    ``vectors`` is a dict of name to arrays [n, dimensions], at least 2, of the same n things (a browser is
    comfortable up to 10,000); ``labels`` [n] are words or numbers, ``images`` [n] as in ``plots.grid``.
    Raises CourseError for different lengths and NaN, before it writes, and a folder that cannot be written.
    """
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    inputs.check_lengths(vectors=vectors)
    config = ProjectorConfig()
    sprite, side = _sprite(images)
    for number, (name, rows) in enumerate(vectors.items(), 1):
        rows = inputs.check_numbers(rows, f"vectors {name!r}", ("n", "dimensions"), hint=FLAT)
        inputs.check_lengths(**{f"vectors {name!r}": rows}, labels=labels, images=images)
        if rows.shape[1] < 2:
            raise CourseError(f"vectors {name!r} have one dimension; put two side by side with np.stack.")
        entry = config.embeddings.add(tensor_name=name, tensor_path=f"vectors_{number}.tsv")
        entry.metadata_path = "metadata.tsv"
        entry.tensor_shape.extend(rows.shape)
        entry.sprite.image_path = "sprite.png"
        entry.sprite.single_image_dim.extend([side, side])
    # Tabs and line breaks separate cells, and blank lines are skipped, which would shift all that follow.
    lines = [" ".join(str(label).split()) or "-" for label in labels]

    folder = expanded(folder)
    for number, rows in enumerate(vectors.values(), 1):
        with written_whole(folder / f"vectors_{number}.tsv") as path:
            np.savetxt(path, np.asarray(rows, np.float32), fmt="%.9g", delimiter="\t")
    with written_whole(folder / "metadata.tsv") as path:
        path.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")
    with written_whole(folder / "sprite.png") as path:
        sprite.save(path)
    with written_whole(folder / "projector_config.pbtxt") as path:  # last: what it names is there
        path.write_text(text_format.MessageToString(config), encoding="utf-8", newline="\n")
    return folder


def custom_axis(vectors, labels, left, right):
    """Project ``vectors`` [n, dimensions] on the line through two groups' centroids; return [n] numbers.

    This is the projector's "Custom" mode, scaled: 0 is the centroid of the ``left`` group, 1 that of the
    ``right`` one. Both are a label or a list of those in ``labels`` [n]. Raises CourseError for empty,
    overlapping and equal groups.
    """
    vectors = inputs.check_numbers(vectors, "vectors", ("n", "dimensions"), hint=FLAT)
    inputs.check_lengths(vectors=vectors, labels=labels)
    if common := np.intersect1d(left, right).tolist():
        raise CourseError(f"left and right both contain {common}; an axis needs two groups apart.")
    centroids = []
    for side, group in (("left", left), ("right", right)):
        members = np.isin(labels, group)
        if not members.any():
            known = ", ".join(map(str, np.unique(labels)[:20]))
            raise CourseError(f"{side} = {group!r}: no vector has this label. The labels are {known}.")
        centroids.append(vectors[members].mean(axis=0))
    direction = centroids[1] - centroids[0]
    if not direction.any():
        raise CourseError("Both groups have the same centroid: there is no axis between them. Choose others.")
    return (vectors - centroids[0]) @ direction / (direction @ direction)


def _sprite(images):
    """Return all pictures in one square ``PIL.Image``, row by row, and the side of each in pixels."""
    from PIL import Image, ImageOps

    pixels = inputs.check_pixels(images)
    per_row = math.ceil(math.sqrt(len(pixels)))
    side = min(THUMBNAIL, MAX_SPRITE // per_row, max(max(image.shape[:2]) for image in pixels))
    mode = "RGB" if any(image.ndim == 3 for image in pixels) else "L"
    sprite = Image.new(mode, (per_row * side, per_row * side))
    for index, image in enumerate(pixels):
        picture = ImageOps.pad(Image.fromarray(image), (side, side))
        sprite.paste(picture, (index % per_row * side, index // per_row * side))
    return sprite, side
