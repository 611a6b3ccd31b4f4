"""How every figure of the course looks, shows itself and is described; the other modules say what is on it.

Colours are those of Okabe and Ito (2008), for any colour vision; markers and patterns repeat them in grey.
"""

import base64
import html
import io
import textwrap

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import PercentFormatter

from course_utils.errors import printable
from course_utils.plots import inputs

BLUE, ORANGE, YELLOW = "#0072B2", "#E69F00", "#F0E442"
COLOURS = [BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#D55E00", YELLOW, "#000000", "#999999", "#7A4B00"]
LINE_COLOURS = [colour for colour in COLOURS if colour != YELLOW]  # too pale for a line
MARKERS = "osD^vPX*<>"
HATCHES = ["", "//", "..", "xx"]
LINES = ["-", "--", "-.", ":"]
WIDTH = 10  # inches; at 100 dpi a figure is as wide as a notebook's column
SMALL = 9  # points, for names under pictures and on ticks

_marks = {"pictures": "", "weights": ""}  # what the footer of a figure says, by what it is about


def use_source(source):
    """Mark all figures made from now on with a footer if their pictures are a ``"sample"``."""
    _marks["pictures"] = "sample pictures, drawn by the course" if source == "sample" else ""


def use_weights(weights):
    """Mark all figures made from now on with a footer if the weights behind them are ``"stand-in"``."""
    _marks["weights"] = "stand-in weights, pretrained on drawings" if weights == "stand-in" else ""


class CourseFigure(Figure):
    """A Matplotlib figure that shows itself in a notebook, once, with the alternative text ``alt``."""

    alt = ""

    def draw(self, renderer):
        """Draw all text as it stands: in a class named "cost_$" or "a$b^c$d" nothing is mathematics."""
        for text in self.findobj(Text):
            text.set_parse_math(False)
            text.set_text("\n".join(map(printable, text.get_text().split("\n"))))
        super().draw(renderer)

    def _ipython_display_(self):
        from IPython.display import display

        # The words stand where notebooks keep them, in the metadata of the PNG. JupyterLab and nbconvert do
        # not look there (jupyter/enhancement-proposals#120), so the same picture is offered as HTML.
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        png = base64.b64encode(buffer.getvalue()).decode()
        image = f'<img src="data:image/png;base64,{png}" alt="{html.escape(self.alt)}">'
        bundle = {"image/png": png, "text/html": image, "text/plain": self.alt}
        display(bundle, metadata={"image/png": {"alt": self.alt}}, raw=True)


def new_figure(height, width=WIDTH):
    return CourseFigure(figsize=(width, height), dpi=100, layout="constrained")


def finish(figure, title, alt, parts=()):
    """Add what every figure has: a title, the mark of a sample run, and ``alt`` with ``parts`` in words."""
    letters = int(figure.get_figwidth() * 72 / (0.6 * 13))
    figure.suptitle(textwrap.fill(title, letters), fontsize=13)
    figure.alt = printable(f"{alt}: {'; '.join(parts)}." if parts else f"{alt}.")
    if footer := "; ".join(filter(None, _marks.values())):
        figure.alt = f"{footer[0].upper()}{footer[1:]}. {figure.alt}"
        # A strip of its own at the foot, so that nothing moves and nothing is drawn over.
        figure.set_figheight(figure.get_figheight() + 0.25)
        strip = 0.25 / figure.get_figheight()
        figure.get_layout_engine().set(rect=(0, strip, 1, 1 - strip))
        figure.text(0.99, strip / 2, footer, ha="right", va="center", fontsize=SMALL, style="italic")
    return figure


def picture_grid(images, captions, columns):
    """Return a figure with a picture in each place and its caption above, and the axes of the pictures."""
    images = inputs.check_pixels(images)
    columns = max(1, min(columns, len(images)))
    cell = min(WIDTH / columns, 2)
    shapes = [min(1, image.shape[0] / image.shape[1]) for image in images]
    heights = [max(shapes[start : start + columns]) for start in range(0, len(images), columns)]
    letters = max(6, int(cell * 72 / (0.58 * SMALL)))
    captions = ["\n".join(textwrap.fill(line, letters) for line in text.split("\n")) for text in captions]
    lines = 1 + max(caption.count("\n") for caption in captions)
    figure = new_figure(sum(heights) * cell + len(heights) * lines * SMALL / 60 + 0.6, max(4, columns * cell))
    places = figure.subplots(len(heights), columns, squeeze=False, height_ratios=heights).ravel()
    for axes, image, caption in zip(places, images, captions, strict=False):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        axes.set_title(caption, fontsize=SMALL, pad=4)
        axes.set_anchor("N")  # with mixed sizes the names stay in one line
        hide_frame(axes)
    for axes in places[len(images) :]:
        axes.remove()
    return figure, places[: len(images)]


def hide_frame(axes):
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def frame_pictures(axes, right):
    """Frame each picture of a grid: thin and blue where ``right`` [n] is true, thick and orange where not."""
    for box, good in zip(axes, right, strict=True):
        for spine in box.spines.values():
            spine.set(visible=True, color=BLUE if good else ORANGE, linewidth=2 if good else 5)


def add_legend(figure, artists, **options):
    """Add a legend beside the axes with the labels of ``artists``; one label has one entry, the last."""
    # Named one by one, because Matplotlib finds no label by itself that begins with "_".
    artists = {artist.get_label(): artist for artist in artists}
    figure.legend(artists.values(), artists, loc="outside right upper", frameon=False, **options)


def add_grid_lines(axes, direction="y"):
    """Add faint lines across ("x", "y" or "both"), and leave of the frame what helps to read."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=direction, color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)


def name_ticks(axis, names, rotation=0):
    """Write ``names`` beside an axis at 0, 1, 2 ..., with a ``rotation`` slanting so that long ones fit."""
    slant = {"rotation": rotation, "ha": "right", "rotation_mode": "anchor"} if rotation else {}
    axis.set_ticks(range(len(names)), list(map(printable, names)), fontsize=SMALL, **slant)


def percent(share, decimals=0):
    return f"{100 * share:.{decimals}f} %"


def percent_axis(axis, decimals=None):
    axis.set_major_formatter(PercentFormatter(1, decimals=decimals, symbol=" %"))
