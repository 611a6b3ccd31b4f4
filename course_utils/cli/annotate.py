"""Copies of classified pictures with their labels drawn on them."""

import contextlib
import importlib.util
import itertools
import os
import textwrap
from pathlib import Path

from course_utils.data.reading import open_picture
from course_utils.errors import CourseError, in_a_line, printable
from course_utils.files import written_whole

_TINY = 320  # pixels: a picture whose longer side has fewer is enlarged, so that there is room for words
_MARK = b"a copy with labels, by course classify"  # the comment in each copy's file


def is_copy(path):
    """Tell whether the file ``path`` is one that an ``Annotator`` wrote, under whatever name."""
    with contextlib.suppress(OSError):
        if os.path.isfile(path) and os.path.getsize(path):  # of length 0 in /proc, where reading may wait
            with open(path, "rb") as file:
                return _MARK in file.read(256)  # a JPEG's comment is at its beginning
    return False


class Annotator:
    """Writes each answer's picture, with the labels on it, into ``folder`` as ``NAME_annotated.jpg``.

    Only copies of an earlier call are overwritten; the second picture of a name in one call becomes
    ``NAME_annotated_2.jpg``. ``missing`` is the set of characters for which the font had no letter.
    """

    def __init__(self, folder):
        self.folder, self.missing = Path(folder), set()
        # In small letters: file systems that ignore case take A.jpg and a.jpg for one.
        names = (path for path in self.folder.iterdir() if "_annotated" in path.name.casefold())
        self._taken = {path.name.casefold() for path in names if not is_copy(path)}

    def write(self, answer):
        """Write the picture of an ``Answer`` that has labels, upright; return the new file's path.

        Raises CourseError where it cannot be written, UnreadablePicture where it cannot be read any more.
        """
        endings = itertools.chain([""], (f"_{number}" for number in itertools.count(2)))
        stem = printable(answer.path.stem).replace("\\", "_")  # a copy is no trap for the next reader
        names = (f"{stem}_annotated{ending}.jpg" for ending in endings)
        name = next(name for name in names if name.casefold() not in self._taken)
        self._taken.add(name.casefold())
        picture = open_picture(answer.path)
        try:
            picture = draw(picture, answer.lines)
            with written_whole(self.folder / name) as temporary:
                picture.save(temporary, quality=95, comment=_MARK)
        except (OSError, ValueError, MemoryError, CourseError) as error:
            cause = error.__cause__ or error
            reason = getattr(cause, "strerror", None) or in_a_line(cause)
            raise CourseError(f"its copy {self.folder / name} cannot be written: {reason}") from error
        self.missing |= missing_letters("".join(answer.lines))
        return self.folder / name


def draw(picture, lines):
    """Return a copy of a Pillow image (mode RGB) with ``lines`` of text in white on a dark box, top left.

    The letters grow with the narrower side; lines that are too long are broken. A tiny picture is enlarged,
    and where the box does not fit all the same, grey is added at the right and below.
    """
    from PIL import Image, ImageDraw

    longer = max(picture.size)
    if longer < _TINY:
        factor = -(-_TINY // longer)
        picture = picture.resize([factor * side for side in picture.size], Image.Resampling.NEAREST)
    font = _font(max(18, round(min(picture.size) / 21)))  # pixels
    margin, measure = font.size // 2, ImageDraw.Draw(picture).multiline_textbbox
    most = max(picture.width, 12 * font.size) - margin
    for letters in range(min(max(map(len, lines)), 4 * most // font.size), 0, -1):
        text = "\n".join(part for line in lines for part in textwrap.wrap(line, letters))
        *_, right, bottom = measure((margin, margin), text, font)
        if right <= most:
            break
    box = (round(right) + margin, round(bottom) + margin)
    canvas = Image.new("RGB", [max(sides) for sides in zip(picture.size, box, strict=True)], "grey")
    canvas.paste(picture)
    drawing = ImageDraw.Draw(canvas)
    drawing.rectangle((0, 0, box[0] - 1, box[1] - 1), fill="black")
    drawing.multiline_text((margin, margin), text, "white", font)
    return canvas


def missing_letters(text):
    """Return the set of characters in ``text`` for which ``draw`` can only draw a box."""
    font = _font(16)
    box = bytes(font.getmask("\U0010ffff"))  # no character: what every font draws for those that it lacks
    return {letter for letter in set(text) if bytes(font.getmask(letter)) == box}


def _font(size):
    from PIL import ImageFont

    # Pillow's own font has no letters beyond ASCII; Matplotlib, which need not start for it, brings one.
    folder = Path(importlib.util.find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(folder / "DejaVuSans.ttf", size)
