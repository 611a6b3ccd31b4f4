"""Tools for drawing sample pictures: outlines in units of the object become anti-aliased pixels.

A picture is made in four steps. A ``Sketch`` collects outlines and lines; ``pose`` places them in the
picture; a ``Canvas``, several times larger than the picture, is painted and printed with ``fabric``; reducing
it smooths the edges, and light and noise come last. All chance comes from the ``numpy.random.Generator``
that is handed in, one for each picture, so that a picture depends on its seed, split and index alone.
"""

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter


class Sketch:
    """The strokes of one object: ``cloth``, which takes the fabric, and ``trim``, drawn over it.

    Where a drawing needs them, there are also ``back``, for what the object hides (the person who wears it),
    and ``shade``, soft light and shadow on the cloth: its ``tone`` is from -1 (black) over 0 to 1 (shining).

    A stroke is an outline to fill, or with a ``width`` above 0 a line. ``points`` are (x, y) pairs, x to the
    right and y downwards, in any unit: ``pose`` scales them to the picture. ``tone`` is a grey from 0 (black)
    to 1 (white), or three of them (red, green, blue). With ``both`` a stroke is repeated, reflected about
    x = 0.
    """

    def __init__(self):
        self.cloths, self.trims, self.backs, self.shades = [], [], [], []

    def cloth(self, points, tone, width=0.0, both=False):
        self._add(self.cloths, points, tone, width, both)

    def trim(self, points, tone, width=0.0, both=False):
        self._add(self.trims, points, tone, width, both)

    def back(self, points, tone, width=0.0, both=False):
        self._add(self.backs, points, tone, width, both)

    def shade(self, points, tone, width=0.0, both=False):
        self._add(self.shades, points, tone, width, both)

    @staticmethod
    def _add(strokes, points, tone, width, both):
        points = np.asarray(points, float)
        strokes.append((points, tone, width))
        if both:
            strokes.append((points * (-1, 1), tone, width))


def mirrored(half):
    """Complete the right half of an outline, given from top to bottom, by its reflection about x = 0."""
    half = np.asarray(half, float)
    return np.concatenate([half, half[::-1] * (-1, 1)])


def rounded(points, rounds=2):
    """Cut the corners of a closed outline ``rounds`` times, each doubling its points (Chaikin's way)."""
    points = np.asarray(points, float)
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following], axis=1)
        points = points.reshape(-1, 2)
    return points


def arc(center, radii, start=0, end=360, count=14):
    """Return ``count`` points of an ellipse, angles in degrees (0 right, 90 down)."""
    angles = np.radians(np.linspace(start, end, count))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + center


def contrasting(rng, tone, least=0.3):
    """Return a random grey from 0.05 to 1 that differs in lightness from ``tone`` by at least ``least``."""
    while abs((other := rng.uniform(0.05, 1)) - np.mean(tone)) < least:
        pass
    return other


def pose(strokes, rng, fill=(0.9, 1.0), turn=3.0, shift=0.02, stretch=0.06, shear=0.04, mirror=0.0):
    """Return the 3 x 3 matrix that places an object in the picture, more or less as a photographer would.

    The bounding box of ``strokes`` is centred and its longer side covers a share ``fill`` (low, high) of the
    picture. Then chance takes its part: ``turn`` is the standard deviation in degrees, ``shift``, ``stretch``
    and ``shear`` are the largest shares, ``mirror`` is the probability of swapping left and right.
    """
    points = np.concatenate([stroke[0] for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = rng.uniform(*fill) / (high - low).max()
    wide, tall = scale * (1 + rng.uniform(-stretch, stretch, 2))
    if rng.random() < mirror:
        wide = -wide
    angle, lean = np.radians(rng.normal(0, turn)), rng.uniform(-shear, shear)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3)
    matrix[:2, :2] = turned @ [[wide, lean * tall], [0, tall]]
    matrix[:2, 2] = 0.5 + rng.uniform(-shift, shift, 2) - matrix[:2, :2] @ (low + high) / 2
    return matrix


class Canvas:
    """A picture of ``height`` x ``width`` pixels under construction, painted ``factor`` times larger.

    ``matrix`` takes the object's coordinates to the picture's, in which (0, 0) is the upper left corner and
    (1, 1) the lower right one. A mask remembers where something was painted.
    """

    def __init__(self, height, width, matrix, channels=1, factor=4):
        self.height, self.width, self.factor, self.matrix = height, width, factor, matrix
        size = (width * factor, height * factor)
        self.image = Image.new("L" if channels == 1 else "RGB", size)
        self.mask = Image.new("L", size)

    def paint(self, strokes):
        """Paint ``strokes`` in their order, each over those before it."""
        size = np.array(self.image.size)
        linear, offset = self.matrix[:2, :2].T * size, self.matrix[:2, 2] * size
        unit = abs(np.linalg.det(linear)) ** 0.5
        image, mask = ImageDraw.Draw(self.image), ImageDraw.Draw(self.mask)
        for points, tone, width in strokes:
            # Whole numbers: versions of Pillow round fractions in different ways.
            points = np.rint(points @ linear + offset).ravel().tolist()
            ink = np.rint(np.clip(tone, 0, 1) * 255).astype(int).tolist()
            for brush, value in ((image, tuple(ink) if isinstance(ink, list) else ink), (mask, 255)):
                if width:
                    brush.line(points, value, width=max(1, round(width * unit)), joint="curve")
                else:
                    brush.polygon(points, value)

    def grid(self, factor=1):
        """Return the object's coordinates x and y at the pixels, ``factor`` times as many: two arrays."""
        rows = np.linalg.inv(self.matrix).astype("float32").tolist()[:2]
        across = (np.arange(self.width * factor, dtype="float32") + 0.5) / (self.width * factor)
        down = ((np.arange(self.height * factor, dtype="float32") + 0.5) / (self.height * factor))[:, None]
        return tuple(row[0] * across + row[1] * down + row[2] for row in rows)

    def printed(self, rng, kind):
        """Multiply all that was painted by a ``fabric`` of ``kind``."""
        if kind == "plain":
            return
        pixels = np.asarray(self.image, "float32")
        field = fabric(rng, kind, *self.grid(self.factor))
        pixels = pixels * field.reshape(field.shape + (1,) * (pixels.ndim - 2))
        self.image = Image.fromarray(np.minimum(pixels, 255).astype("uint8"))

    def shaded(self, strokes, blur):
        """Lay soft light and shadow over all that was painted: the ``shades`` of a ``Sketch``.

        Their edges are blurred over ``blur`` pixels of the picture.
        """
        soft = Canvas(self.height, self.width, self.matrix, factor=1)
        soft.image.paste(128, (0, 0, self.width, self.height))
        soft.paint([(points, (1 + tone) / 2, width) for points, tone, width in strokes])
        field = soft.image.filter(ImageFilter.GaussianBlur(blur))
        field = field.resize(self.image.size, Image.Resampling.BILINEAR)
        dark = field.point([min(2 * value, 255) for value in range(256)]).convert(self.image.mode)
        bright = field.point([max(2 * value - 256, 0) for value in range(256)])
        # What shines becomes brighter itself, and mirrors some white light besides.
        gleam = ImageChops.multiply(bright.point([value // 4 for value in range(256)]), self.mask)
        image = ImageChops.multiply(self.image, dark)
        image = ImageChops.add(image, ImageChops.multiply(image, bright.convert(image.mode)))
        self.image = ImageChops.add(image, gleam.convert(image.mode))

    def picture(self, rng, slope=0.25, folds=0.15, round_off=0.4, noise=0.02, background=0):
        """Reduce, light and photograph: a ``uint8`` array of shape (height, width, channels).

        ``slope`` and ``folds`` are those of ``light``; ``round_off`` is how much darker the object becomes
        towards its edge, as a round body does; ``noise`` is the standard deviation as a share of white.
        ``background`` (0 to 255, a number or an array) shows where nothing was painted.
        """
        image = np.atleast_3d(np.asarray(self.image.reduce(self.factor), "float32"))
        mask = self.mask.reduce(self.factor)
        inner = np.asarray(mask.filter(ImageFilter.BoxBlur(0.1 * min(mask.size))), "float32") / 255
        cover = np.asarray(mask, "float32")[:, :, None] / 255
        field = light(rng, *self.grid(), slope, folds) * (1 - round_off + round_off * inner)
        image = image * field[:, :, None] + background * (1 - cover)
        image += cover * rng.normal(0, 255 * noise, image.shape)
        return np.clip(np.rint(image), 0, 255).astype("uint8")


def fabric(rng, kind, x, y):
    """Return factors around 1 that look like ``kind`` of cloth, at the coordinates ``x``, ``y`` (two arrays).

    Kinds are ``"stripes"``, ``"pinstripes"``, ``"checks"``, ``"dots"``, ``"knit"``, ``"heather"`` and
    ``"pattern"``.
    """
    period, share = rng.uniform(0.09, 0.24), rng.uniform(0.3, 0.65)
    ink = np.float32(rng.uniform(0.35, 0.75) if rng.random() < 0.7 else rng.uniform(1.3, 1.8))
    one = np.float32(1)
    if kind == "stripes":
        return np.where((y / period) % 1 < share, ink, one)
    if kind == "pinstripes":
        return np.where((x / (0.7 * period)) % 1 < 0.4, ink, one)
    if kind == "checks":
        ink = np.sqrt(ink)
        return np.where((x / period) % 1 < share, ink, one) * np.where((y / period) % 1 < share, ink, one)
    if kind == "dots":
        across, down = (x / (0.6 * period)) % 1 - 0.5, (y / (0.6 * period)) % 1 - 0.5
        return np.where(across**2 + down**2 < (0.4 * share) ** 2, ink, one)
    if kind == "knit":
        # Triangle waves: cheaper than sines, and the same on every processor.
        return 1 + rng.uniform(0.1, 0.25) * (np.abs((y / 0.07) % 2 - 1) - np.abs((x / 0.09) % 2 - 1))
    if kind == "heather":
        return blotches(rng, x.shape, cells=28, contrast=rng.uniform(0.1, 0.3))
    if kind == "pattern":
        field = blotches(rng, x.shape, cells=int(rng.integers(7, 13)), contrast=1)
        return np.where(field > rng.uniform(0.9, 1.3), ink, one)
    raise ValueError(f"unknown kind of fabric: {kind!r}")


def blotches(rng, shape, cells, contrast):
    """Return factors of soft random spots, ``cells`` a side, from ``1 - contrast`` to ``1 + contrast``."""
    spots = Image.fromarray(rng.integers(0, 256, (cells, cells)).astype("uint8"))
    field = np.asarray(spots.resize(shape[::-1], Image.Resampling.BILINEAR), "float32")
    return 1 + contrast * (field / 127.5 - 1)


def light(rng, x, y, slope, folds):
    """Return factors around 1: a lamp from one side, and folds that hang more or less straight down.

    ``slope`` is the largest change from the middle to a side, ``folds`` the largest change at a fold.
    """
    across, down = rng.uniform(-slope, slope, 2).tolist()
    count, tilt, start, depth = rng.uniform((2, -0.35, 0, 0), (6, 0.35, 1, folds)).tolist()
    wave = 2 * np.abs(2 * ((count * (x + tilt * y) + start) % 1) - 1) - 1
    return 1 + across * x + down * (y - 0.5) + depth * wave
