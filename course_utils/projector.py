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


def export(folder, vectors, metadata, images=None, name="vectors"):
    """Write ``vectors`` with labels and pictures to ``folder`` for the projector; return it as a ``Path``.

    - ``vectors``: an array [n, dimensions] (at least 2), or a dict of name to such arrays, all of the same n
      things: ``{"pixels": ..., "PCA": ...}``. The projector shows at most 100,000 rows, and a browser is
      comfortable up to about 10,000.
    - ``metadata``: n labels, or a dict of column name to n values.
    - ``images``: n pictures as in ``plots.grid``, shown with at most 64 pixels a side.

    Exporting again replaces what the projector shows. Files appear whole, ``projector_config.pbtxt`` last.
    Raises CourseError for different lengths, NaN, labels with tabs or line breaks or without text, and a
    folder that cannot be written; then nothing is written.
    """
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    embeddings = vectors if isinstance(vectors, dict) else {name: vectors}
    embeddings = {name: inputs.check_points(rows, f"vectors {name!r}") for name, rows in embeddings.items()}
    files = {name: _file_name(name) for name in embeddings}
    inputs.check_lengths(embeddings=embeddings)
    if len({file.casefold() for file in files.values()}) < len(files):
        raise CourseError(f"Two of the names {', '.join(files)} give the same file. Choose others.")
    for name, values in embeddings.items():
        if values.shape[1] < 2:
            raise CourseError(
                f"vectors {name!r} have one dimension, and the projector needs two. Put two axes side by "
                "side: np.stack([first, second], axis=1)."
            )
    columns = metadata if isinstance(metadata, dict) else {"label": metadata}
    parts = {f"vectors {name!r}": values for name, values in embeddings.items()}
    parts |= {f"values of {name!r}": values for name, values in columns.items()}
    inputs.check_lengths(**parts, **({} if images is None else {"images": images}))
    rows = _rows(columns)
    sprite, side = (None, 0) if images is None else _sprite(images)

    folder = Path(folder)
    config = ProjectorConfig()
    for name, values in embeddings.items():
        lines = ("\t".join(map("{:.9g}".format, row)) for row in values.astype(np.float32).tolist())
        _write_lines(folder / files[name], lines)
        entry = config.embeddings.add(tensor_name=name, tensor_path=files[name], metadata_path="metadata.tsv")
        entry.tensor_shape.extend(values.shape)
        if sprite:
            entry.sprite.image_path = "sprite.png"
            entry.sprite.single_image_dim.extend([side, side])
    _write_lines(folder / "metadata.tsv", rows)
    if sprite:
        with written_whole(folder / "sprite.png") as path:
            sprite.save(path)
    _write_lines(folder / "projector_config.pbtxt", text_format.MessageToString(config).splitlines())
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
        raise CourseError(
            "Both groups have the same centroid, so there is no axis between them. Choose others."
        )
    return (vectors - centroids["left"]) @ direction / length


def _file_name(name):
    # The projector cuts ":0" off names, and every name becomes a file.
    if not re.fullmatch(r"\w[\w .+-]*", name) or name.casefold() == "metadata":
        raise CourseError(
            f"The embedding cannot be called {name!r}. Use letters, digits, spaces, '-', '+', '.' and '_', "
            "and not 'metadata'."
        )
    return name.replace(" ", "_") + ".tsv"


def _rows(columns):
    """Return the lines of ``metadata.tsv`` for a dict of column name to values."""
    columns = {str(name): [str(value) for value in values] for name, values in columns.items()}
    for name, values in columns.items():
        for position, value in enumerate([name, *values]):
            # The projector skips blank lines, which would shift every label after them by one.
            if not value.strip() or re.search(r"[\t\r\n]", value):
                place = f"value {position - 1} of column {name!r}" if position else "a column name"
                raise CourseError(
                    f"The projector's metadata cannot hold {value!r} ({place}): tabs and line breaks "
                    "separate its cells, and it skips blank ones. Replace it by other text."
                )
    header = [tuple(columns)] if len(columns) > 1 else []
    return ["\t".join(row) for row in [*header, *zip(*columns.values(), strict=True)]]


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


def _write_lines(path, lines):
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
