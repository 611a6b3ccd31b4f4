"""Read one picture from a file, whatever its format: the same way for training and for classifying."""

import warnings

import numpy as np

from course_utils.errors import CourseError

# Pillow warns of damaged EXIF data and of very large pictures; both can be read, or raise an error.
warnings.filterwarnings("ignore", module=r"PIL\.")


class UnreadablePicture(CourseError):
    """A file that no picture can be read from, with the ``reason`` in a few words."""

    exit_code = 1

    def __init__(self, path, reason):
        super().__init__(f"{path} cannot be read as a picture: {reason}.")
        self.reason = reason


def open_picture(path, least=None):
    """Return the picture in the file ``path`` as a Pillow image in mode RGB, upright.

    Any format that Pillow reads: of an animation the first frame, transparent parts laid on white, turned as
    its EXIF orientation says. With ``least`` = (height, width) a JPEG may come smaller than it is, but no
    smaller than that, which is several times faster for large photographs. Raises UnreadablePicture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if least is not None:
                # EXIF may turn the picture: its longer wanted side counts for both, and twice of it, so
                # that the resizing that follows still has something to average.
                image.draft("RGB", (2 * max(least),) * 2)
            image.load()
            upright = ImageOps.exif_transpose(image)
            if "A" in upright.getbands() or "transparency" in upright.info:
                upright = upright.convert("RGBA")
                white = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(white, upright)
            return _eight_bits(upright).convert("RGB")
    except MemoryError:
        raise
    except FileNotFoundError as error:
        raise UnreadablePicture(path, "there is no such file") from error
    except Exception as error:  # Pillow's decoders raise many kinds for damaged files
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "no format that Pillow knows" if unknown else str(error) or type(error).__name__
        raise UnreadablePicture(path, reason) from error


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


def _eight_bits(image):
    """Bring 16 bits (some PNG and TIFF files), of which Pillow would keep only white, to 8."""
    if not image.mode.startswith("I"):
        return image
    from PIL import Image

    values = np.asarray(image)
    high = values.max(initial=0) > 255
    return Image.fromarray((values // 256 if high else values).clip(0, 255).astype("uint8"))
