"""Every mode of Pillow as RGB, some rows at a time, so that little memory is needed in between."""

import numpy as np

_BAND = 250_000  # pixels that are converted at one time
_BITS, _PHOTOMETRIC = 258, 262  # TIFF tags: bits a channel, and whether 0 is white


def rgb_bands(image):
    """Yield (top, part in mode RGB) for parts of a Pillow image of any mode, transparent ones laid on white.

    Raises ValueError for numbers whose range is not known.
    """
    in_eight_bits = _to_eight_bits(image)
    for top, band in _bands(image):
        yield top, _on_white(in_eight_bits(band)).convert("RGB")


def _bands(image):
    """Yield (top, part) for parts of a picture, each some rows of it."""
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _to_eight_bits(image):
    """Return a function for the parts of ``image``: of more than 8 bits Pillow would keep only white."""
    from PIL import Image

    clear = image.info.get("transparency")
    if isinstance(clear, tuple) and max(clear) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in clear)  # 16 bits as the file had them
    if image.mode != "F" and not image.mode.startswith("I"):
        return lambda band: band
    ends = np.array([(part.min(), part.max()) for part in (np.asarray(band) for _, band in _bands(image))])
    lowest, highest = ends.min(), ends.max()  # a NaN if there is one
    if not (lowest >= 0 and highest <= 65535) or (image.mode == "F" and 1 < highest < 16):
        raise ValueError(f"its pixels (mode {image.mode}) are not from 0 to 1, 255, 4,095 or 65,535")
    # 12 bits, of cameras and microscopes, come in 16; what is mode I with 16 bits has a sign.
    is_signed = image.mode == "I" and image.format == "TIFF" and image.tag_v2.get(_BITS) == (16,)
    tops = (1 if image.mode == "F" else 255, 255, 4095, 32767 if is_signed else 65535)
    white = next(top for top in tops if highest <= top)
    # Pillow turns "0 is white" round for 8 bits alone.
    inverted = image.format == "TIFF" and image.tag_v2.get(_PHOTOMETRIC) == 0

    def in_eight_bits(band):
        values = np.asarray(band)
        shades = np.round((white - values if inverted else values) * (255 / white)).astype("uint8")
        grey = Image.fromarray(shades)
        if isinstance(clear, int):
            grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype("uint8")))
        return grey

    return in_eight_bits


def _on_white(image):
    from PIL import Image

    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
