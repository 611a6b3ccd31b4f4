"""Copies of classified pictures with their labels drawn on them."""

import importlib.util
import itertools
import os
from pathlib import Path

from course_utils.data.reading import open_picture
from course_utils.errors import CourseError
from course_utils.files import written_whole

_TINY = 320  # pixels: a picture whose longer side has fewer is enlarged, so that there is room for words


class Annotator:
    """Writes each answer's picture, with the labels on it, into ``folder`` as ``NAME_annotated.jpg``.

    No file of ``inputs`` is overwritten and no two pictures of one call get the same name: the second becomes
    ``NAME_annotated_2.jpg``.
    """

    def __init__(self, folder, inputs=()):
        self.folder = Path(folder)
        self._taken = set(map(_key, inputs))

    def write(self, answer):
        """Write the picture of an ``Answer`` that has labels, upright; return the new file's path.

        Raises CourseError where it cannot be written, UnreadablePicture where it cannot be read any more.
        """
        endings = itertools.chain([""], (f"_{number}" for number in itertools.count(2)))
        paths = (self.folder / f"{answer.path.stem}_annotated{ending}.jpg" for ending in endings)
        path = next(path for path in paths if _key(path) not in self._taken)
        self._taken.add(_key(path))
        picture = draw(open_picture(answer.path), answer.lines)
        try:
            with written_whole(path) as temporary:
                picture.save(temporary, quality=95)
        except OSError as error:
            raise CourseError(f"Cannot write {path}: {error.strerror or error}. Is the disk full?") from error
        return path


def draw(picture, lines):
    """Return a copy of a Pillow image (mode RGB) with ``lines`` of text in white on a dark box, top left.

    A tiny picture is enlarged; where the box does not fit, grey is added at the right and below.
    """
    from PIL import Image, ImageDraw

    longer = max(picture.size)
    if longer < _TINY:
        factor = -(-_TINY // longer)
        picture = picture.resize([factor * side for side in picture.size], Image.Resampling.NEAREST)
    font = _font(max(16, round(max(picture.size) / 28)))  # pixels: letters that grow with the picture
    margin, text = font.size // 2, "\n".join(lines)
    *_, right, bottom = ImageDraw.Draw(picture).multiline_textbbox((margin, margin), text, font)
    box = (round(right) + margin, round(bottom) + margin)
    canvas = Image.new("RGB", [max(sides) for sides in zip(picture.size, box, strict=True)], "grey")
    canvas.paste(picture)
    drawing = ImageDraw.Draw(canvas)
    drawing.rectangle((0, 0, box[0] - 1, box[1] - 1), fill="black")
    drawing.multiline_text((margin, margin), text, "white", font)
    return canvas


def _font(size):
    from PIL import ImageFont

    # Pillow's own font has no letters beyond ASCII; Matplotlib, which need not start for it, brings one.
    fonts = Path(importlib.util.find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    try:
        return ImageFont.truetype(fonts / "DejaVuSans.ttf", size)
    except OSError:
        return ImageFont.load_default(size)


def _key(path):
    """Return what two names of one file share, on file systems that ignore case as well."""
    return os.path.realpath(path).casefold()
