"""Judge: clouds of pictures for TensorBoard's Embedding Projector, and its custom projection as numbers.

The files are those of https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin. Open them with
``tensorboard --logdir FOLDER`` and choose PROJECTOR. TensorBoard looks into FOLDER itself, and below it only
into folders with training logs; one that already runs has to be restarted after an export.
"""

import math
import re
from pathlib import Path

import numpy as np

from course_utils.errors import CourseError
from course_utils.files import written_whole
from course_utils.plots import inputs

MAX_SPRITE = 8192  # pixels a side; the projector draws no larger image
THUMBNAIL = 64  # pixels a side, unless the pictures are smaller or too many


def export(folder, vectors, labels, images=None):
    """Write ``vectors`` with labels and pictures to ``folder`` for the projector; return it as a ``Path``.

    ``vectors`` is a dict of name to arrays [n, dimensions] (at least 2), all of the same n things; the
    projector shows at most 100,000 of them, and a browser is comfortable up to about 10,000. ``labels`` [n]
    are words or numbers, ``images`` [n] pictures as in ``plots.grid``, shown with at most 64 pixels a side.
    Exporting again replaces what the projector shows. Raises CourseError for different lengths, NaN, labels
    with tabs or line breaks or without text, and a folder that cannot be written; then nothing is written.
    """
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    inputs.check_lengths(vectors=vectors)
    vectors = {name: inputs.check_points(rows, f"vectors {name!r}") for name, rows in vectors.items()}
    files = {name: _file_name(name) for name in vectors}
    if len({file.casefold() for file in files.values()}) < len(files):
        raise CourseError(f"Two of the names {', '.join(files)} give the same file. Choose others.")
    if flat := [name for name, rows in vectors.items() if rows.shape[1] < 2]:
        raise CourseError(
            f"vectors {flat[0]!r} have one dimension, and the projector needs two. Put two axes side by "
            "side: np.stack([first, second], axis=1)."
        )
    columns = {f"vectors {name!r}": rows for name, rows in vectors.items()}
    inputs.check_lengths(**columns, labels=labels, **({} if images is None else {"images": images}))
    lines = _metadata(labels)
    sprite, side = (None, 0) if images is None else _sprite(images)

    folder = Path(folder)
    config = ProjectorConfig()
    for name, values in vectors.items():
        with written_whole(folder / files[name]) as path:
            np.savetxt(path, values.astype(np.float32), fmt="%.9g", delimiter="\t")
        entry = config.embeddings.add(tensor_name=name, tensor_path=files[name], metadata_path="metadata.tsv")
        entry.tensor_shape.extend(values.shape)
        if sprite:
            entry.sprite.image_path = "sprite.png"
            entry.sprite.single_image_dim.extend([side, side])
    with written_whole(folder / "metadata.tsv") as path:
        path.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")
    if sprite:
        with written_whole(folder / "sprite.png") as path:
            sprite.save(path)
    with written_whole(folder / "projector_config.pbtxt") as path:  # last: what it names is there
        path.write_text(text_format.MessageToString(config), encoding="utf-8", newline="\n")
    return folder


def custom_axis(vectors, labels, left, right):
    """Project ``vectors`` [n, dimensions] on the line through two groups' centroids; return [n] numbers.

    0 is the centroid of the ``left`` group, 1 that of the ``right`` one; points may lie outside. ``left`` and
    ``right`` are a label or a list of labels as in ``labels`` [n]. This is the projector's "Custom" mode, on
    another scale (Smilkov et al., "Embedding Projector", 2016). Raises CourseError for empty, overlapping and
    equal groups.
    """
    vectors, labels = inputs.check_points(vectors, "vectors"), np.asarray(labels)
    inputs.check_lengths(vectors=vectors, labels=labels)
    groups = {"left": np.atleast_1d(left), "right": np.atleast_1d(right)}
    if common := np.intersect1d(groups["left"], groups["right"]).tolist():
        raise CourseError(f"left and right both contain {common}; an axis needs two groups apart.")
    centroids = {}
    for side, group in groups.items():
        members = np.isin(labels, group)
        if not members.any():
            raise CourseError(
                f"{side} = {group.tolist()}: no vector has this label. The labels are "
                f"{', '.join(map(str, np.unique(labels)[:20]))}."
            )
        centroids[side] = vectors[members].mean(axis=0)
    direction = centroids["right"] - centroids["left"]
    length = direction @ direction
    if not length:
        raise CourseError("Both groups have the same centroid: there is no axis between them. Choose others.")
    return (vectors - centroids["left"]) @ direction / length


def _file_name(name):
    # The projector cuts ":0" off names, and every name becomes a file.
    if not re.fullmatch(r"\w[\w .+-]*", name) or name.casefold() == "metadata":
        raise CourseError(
            f"The embedding cannot be called {name!r}. Use letters, digits, spaces, '-', '+', '.' and '_', "
            "and not 'metadata'."
        )
    return name.replace(" ", "_") + ".tsv"


def _metadata(labels):
    """Return the lines of ``metadata.tsv``; of a single column the projector wants no header."""
    lines = [str(label) for label in labels]
    for number, line in enumerate(lines):
        # The projector skips blank lines, which would shift every label after them by one.
        if not line.strip() or re.search(r"[\t\r\n]", line):
            raise CourseError(
                f"The projector's metadata cannot hold {line!r} (label {number}): tabs and line breaks "
                "separate its cells, and it skips blank ones. Replace it by other text."
            )
    return lines


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
