"""Read one picture from a file, whatever its format: the same way for training and for classifying."""

import contextlib
import mimetypes
import stat
import warnings
from pathlib import Path

import numpy as np

from course_utils.errors import CourseError

# Pillow warns of damaged EXIF data, which can be read; what it says of very large pictures is decided here.
warnings.filterwarnings("ignore", module=r"PIL\.")

# Formats of pictures, as Pillow calls them (HEIF with a plugin). Others, such as EPS, are programs.
FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "HEIF", "ICO", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM", "QOI"),
    *("TGA", "TIFF", "WEBP"),
)
# Pictures by their names, whatever Pillow and this system's list of types know.
_NAMES = (
    *(".heic", ".heif", ".hif", ".avif", ".jxl", ".tga", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf"),
    *(".raf", ".rw2", ".mpo", ".jpe", ".jfif"),
)
LARGEST = 64_000_000  # pixels that are decoded: 200 MB and copies; a JPEG may have 64 times as many


class UnreadablePicture(CourseError):
    """A file that no picture can be read from, with the ``reason`` in a few words."""

    exit_code = 1

    def __init__(self, path, reason):
        super().__init__(f"{path} cannot be read as a picture: {reason}.")
        self.reason = reason


def open_picture(path, least=None):
    """Return the picture in the file ``path`` as a Pillow image in mode RGB, upright.

    Any of ``FORMATS``: of an animation the first frame, transparent parts laid on white, turned as its EXIF
    orientation says. With ``least`` = (height, width) a JPEG may come smaller than it is, but no smaller than
    that, which is several times faster for large photographs; one of more than ``LARGEST`` pixels always
    does. Raises UnreadablePicture.
    """
    from PIL import ImageOps, UnidentifiedImageError

    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise UnreadablePicture(path, "it is no ordinary file")
        with _opened(path) as image:
            if least is not None:
                # EXIF may turn the picture: its longer wanted side counts for both, and twice of it, so
                # that the resizing that follows still has something to average.
                image.draft("RGB", (2 * max(least),) * 2)
            if np.prod(image.size) > LARGEST:
                image.draft("RGB", (4000, 4000))
            width, height = image.size
            if width * height > LARGEST:
                raise UnreadablePicture(path, f"{width:,} x {height:,} pixels; make it smaller")
            image.load()
            return ImageOps.exif_transpose(_on_white(_eight_bits(image)).convert("RGB"))
    except (MemoryError, UnreadablePicture):
        raise
    except FileNotFoundError as error:
        raise UnreadablePicture(path, "there is no such file") from error
    except Exception as error:  # Pillow's decoders raise many kinds for damaged files
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "no format of pictures" if unknown else str(error) or type(error).__name__
        raise UnreadablePicture(path, reason) from error


def is_picture(path):
    """Tell whether the file ``path`` begins as a picture does, or is called like one (``mimetypes``)."""
    with contextlib.suppress(Exception):  # Pillow raises many kinds
        if Path(path).is_file():  # opening a pipe would wait
            with _opened(path):
                return True
    suffix = Path(path).suffix.lower()
    return suffix in _NAMES or (mimetypes.guess_type(f"x{suffix}")[0] or "").startswith("image/")


def read_picture(path, size, channels=3):
    """Return the picture in the file ``path`` as a ``uint8`` array (height, width, channels), 0 to 255.

    It is read by ``open_picture`` and squashed to ``size`` = (height, width), as the original tutorials do,
    with an antialiasing filter; ``channels`` is 3 (RGB) or 1 (grey). Raises UnreadablePicture.
    """
    from PIL import Image

    height, width = size
    image = open_picture(path, least=size)
    if channels == 1:
        image = image.convert("L")
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(height, width, channels)


def _opened(path):
    """Open a picture of one of ``FORMATS`` without decoding it."""
    from PIL import Image, JpegImagePlugin

    Image.init()
    try:
        return Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN])
    except Image.DecompressionBombError as error:  # by what it claims to be; a JPEG can come reduced
        with open(path, "rb") as file:
            if file.read(2) == b"\xff\xd8":
                return JpegImagePlugin.JpegImageFile(path)
        raise UnreadablePicture(path, "more pixels than can be decoded; make it smaller") from error


def _eight_bits(image):
    """Bring a picture with more than 8 bits a channel, of which Pillow would keep only white, to 8."""
    from PIL import Image

    if isinstance(clear := image.info.get("transparency"), tuple) and max(clear) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in clear)  # 16 bits as the file had them
    if image.mode != "F" and not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype("float64")
    highest = values.max(initial=0)
    if not np.isfinite(values).all() or values.min(initial=0) < 0 or highest > 65535:
        raise ValueError(f"its pixels (mode {image.mode}) are not from 0 to 1, 255 or 65,535")
    scale = 255 if image.mode == "F" and highest <= 1 else 1 if highest <= 255 else 255 / 65535
    grey = Image.fromarray(np.round(values * scale).astype("uint8"))
    grey.info = {key: value for key, value in image.info.items() if key != "transparency"}
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype("uint8")))
    grey.getexif().update(image.getexif())
    return grey


def _on_white(image):
    from PIL import Image

    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
