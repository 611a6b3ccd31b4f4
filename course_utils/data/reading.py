"""Read one picture from a file, whatever its format: the same way for training and for classifying.

However many threads read, decoding takes at most ``MEMORY`` bytes at any time, and what is kept of files
about 100 MB more: large pictures wait for each other. One that would need more by itself is refused with
that number, unless it is a JPEG that can be decoded at a smaller size.
"""

import contextlib
import functools
import mimetypes
import os
import stat
import struct
import threading
import warnings
from pathlib import Path

import numpy as np

from course_utils.data.modes import rgb_bands
from course_utils.errors import CourseError

# Pillow warns of damaged EXIF data, which can be read; what it says of very large pictures is decided here.
warnings.filterwarnings("ignore", module=r"PIL\.")

# Formats of pictures, as Pillow calls them (HEIF with a plugin). Others, such as EPS, are programs, or are
# decoded before their size is known, as icons are.
FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "HEIF", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM", "QOI", "TGA"),
    *("TIFF", "WEBP"),
)
# Pictures by their names, whatever Pillow and this system's list of types know.
_NAMES = (
    *(".heic", ".heif", ".hif", ".avif", ".jxl", ".tga", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf"),
    *(".raf", ".rw2", ".mpo", ".jpe", ".jfif"),
)
MEMORY = 512_000_000  # bytes for all pictures that are decoded at one time: one of 64 megapixels
PIXEL = 8  # bytes of that for each pixel: as it is decoded, and as RGB
# Bytes a pixel that decoders take beside that, as measured: most go line by line, these decode the whole.
_DECODERS = {"AVIF": 5, "HEIF": 5, "JPEG2000": 16, "WEBP": 11}
_ORIENTATION, _HEIGHT, _BITS, _ROWS, _TILE = 0x112, 257, 258, 278, (322, 323)  # TIFF tags
_LONGEST = 200_000_000  # bytes of a file: some are read as a whole before anything is known


class UnreadablePicture(CourseError):
    """A file that no picture can be read from, with the ``reason`` in a few words."""

    exit_code = 1

    def __init__(self, path, reason):
        super().__init__(f"{path} cannot be read as a picture: {reason}.")
        self.reason = reason


class _Memory:
    """So many bytes that threads take and give back."""

    def __init__(self, size):
        self._size, self._free, self._changed = size, size, threading.Condition()

    @contextlib.contextmanager
    def taken(self, amount):
        """Wait until ``amount`` bytes, or all that there are, are free, and hold them."""
        amount = min(amount, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        try:
            yield
        finally:
            with self._changed:
                self._free += amount
                self._changed.notify_all()


# Two, taken in this order: whoever has the second lacks nothing to come to an end.
_of_files, _of_pixels = _Memory(100_000_000), _Memory(MEMORY)


def open_picture(path, least=None):
    """Return the picture in the file ``path`` as a Pillow image in mode RGB, upright.

    Any of ``FORMATS``: of an animation the first frame, transparent parts laid on white, turned as its EXIF
    orientation says. A JPEG that would take more than ``MEMORY`` comes smaller; with ``least`` = (height,
    width) any JPEG may, but no smaller than that, which is faster. Raises UnreadablePicture.
    """
    with _decoded(path, least) as image:
        return image


def format_of(path):
    """Return what the file ``path`` is, one of ``FORMATS``, whatever it is called."""
    with _opened(path) as image:
        return image.format


def is_picture(path):
    """Tell whether the file ``path`` begins as a picture does, or is called like one (``mimetypes``)."""
    with contextlib.suppress(Exception), _opened(path):  # Pillow raises many kinds
        return True
    suffix = Path(path).suffix.lower()
    return suffix in _NAMES or (mimetypes.guess_type(f"x{suffix}")[0] or "").startswith("image/")


def read_picture(path, size, channels=3):
    """Return the picture in the file ``path`` as a ``uint8`` array (height, width, channels), 0 to 255.

    It is read as by ``open_picture``, a JPEG several times faster where it is much larger than ``size``, and
    squashed to ``size`` = (height, width), as the original tutorials do, with an antialiasing filter;
    ``channels`` is 3 (RGB) or 1 (grey). Raises UnreadablePicture.
    """
    from PIL import Image

    height, width = size
    with _decoded(path, least=size) as image:
        if channels == 1:
            image = image.convert("L")
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(height, width, channels)


@contextlib.contextmanager
def _decoded(path, least=None):
    """Hold the memory for the picture in ``path``, decoded: mode RGB, upright.

    With ``least`` = (height, width) a JPEG may come smaller than it is, but no smaller than that.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with _opened(path) as image:
            (width, height), buffered = image.size, _buffered(image)
            if least is not None:
                # EXIF may turn the picture: its longer wanted side counts for both, and twice of it, so
                # that the resizing that follows still has something to average.
                image.draft("RGB", (2 * max(least),) * 2)
            if _pixels(image) * PIXEL + buffered > MEMORY:
                image.draft("RGB", (4000, 4000))
            each = PIXEL + _DECODERS.get(image.format, 0)
            if (needed := _pixels(image) * each + buffered) > MEMORY:
                takes = f"its {width:,} x {height:,} pixels take {needed / 1e6:,.0f} MB of memory to decode"
                raise UnreadablePicture(path, f"{takes}, and {MEMORY / 1e6:.0f} are allowed; make it smaller")
            with _of_pixels.taken(needed):
                image.load()
                upright = Image.new("RGB", image.size)
                for top, band in rgb_bands(image):
                    upright.paste(band, (0, top))
                upright.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
                image.close()
                ImageOps.exif_transpose(upright, in_place=True)
                yield upright
    except (MemoryError, UnreadablePicture):
        raise
    except FileNotFoundError as error:
        raise UnreadablePicture(path, "there is no such file") from error
    except Exception as error:  # Pillow's decoders raise many kinds for damaged files
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "no format of pictures" if unknown else str(error) or type(error).__name__
        raise UnreadablePicture(path, reason) from error


@contextlib.contextmanager
def _opened(path):
    """Open a picture of one of ``FORMATS`` without decoding it."""
    from PIL import Image, JpegImagePlugin

    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise UnreadablePicture(path, "it is no ordinary file")
    if not status.st_size:  # in /proc, opening it may wait
        raise UnreadablePicture(path, "it is empty")
    if status.st_size > _LONGEST:
        raise UnreadablePicture(path, f"a file of {status.st_size / 1e6:,.0f} MB; make it smaller")
    _know_formats()
    # In larger blocks than C's malloc keeps for itself, for each thread, when they are given back.
    Image.core.set_block_size(64 * 2**20)
    # Pillow gets the file and not its path, or it would map it into memory: the process dies of a mapped file
    # that somebody shortens. Reading it can take three times its size.
    with _of_files.taken(3 * status.st_size), open(path, "rb") as file:
        _check_tiff(file)
        try:
            image = Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
        except Image.DecompressionBombError as error:  # by what it claims to be; a JPEG can come reduced
            file.seek(0)
            if file.read(2) != b"\xff\xd8":
                raise UnreadablePicture(path, "more pixels than can be decoded; make it smaller") from error
            file.seek(0)
            image = JpegImagePlugin.JpegImageFile(file)
        yield image


@functools.cache
def _know_formats():
    from PIL import Image

    Image.init()
    with contextlib.suppress(ImportError):  # a plugin of its own for the format of telephones
        import pillow_heif

        pillow_heif.register_heif_opener()


def _check_tiff(file):
    """Raise ValueError for a TIFF with lists of millions of numbers, each of which Pillow makes an object."""
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order and start[2:4] in (b"*\0", b"\0*", b"+\0", b"\0+"):
        large = b"+" in start[2:4]
        (place,) = struct.unpack_from(order + ("Q" if large else "I"), start, 8 if large else 4)
        file.seek(place)
        count = file.read(8 if large else 2)
        (count,) = struct.unpack(order + ("Q" if large else "H"), count)
        entry = struct.Struct(order + ("HHQQ" if large else "HHII"))
        for _ in range(count):
            _, kind, length, _ = entry.unpack(file.read(entry.size))
            if length > 1_000_000 and kind not in (1, 2, 6, 7):  # bytes and text
                raise ValueError(f"a list of {length:,} numbers beside its pixels")
    file.seek(0)


def _pixels(image):
    return image.width * image.height


def _buffered(image):
    """Return how many bytes a decoder takes for parts of the picture that it decodes as a whole."""
    if image.format in ("JPEG", "MPO"):
        # In several scans, the coefficients of all blocks are kept, however small the picture comes.
        scan = 6 + 2 * image.layers  # bytes of the scan's header, if it is for all layers
        image.fp.seek(max(0, image.fp.tell() - scan))
        if "progressive" in image.info or image.fp.read(3) != struct.pack(">HB", scan, image.layers):
            shares = [across * down for _, across, down, _ in image.layer]
            return 2 * _pixels(image) * sum(shares) // max(shares)
    if image.format == "TIFF" and image.tile[0].codec_name == "libtiff":
        tags = image.tag_v2
        strip = _pixels(image) * min(1, tags.get(_ROWS, 2**32) / tags[_HEIGHT])
        part = tags[_TILE[0]] * tags[_TILE[1]] if _TILE[0] in tags else strip
        return int(part * sum(tags.get(_BITS, (8,))) / 8)
    return 0
