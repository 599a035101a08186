"""What every drawing has in common: its paper, its axis of time, the marks, and its SVG."""

from __future__ import annotations

import io
import logging
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import category

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from glasshive.report.theme import FAULT, GRID, INK, tinted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from glasshive.scenario.chart import Mark

__all__ = ["LETTER", "Box", "Scene", "drawing", "framed", "legible", "shortened", "svg_of"]

WIDTH = 920
"""Of every drawing, in the page's pixels, as all lengths here."""
_RIGHT = 46
"""Room beside the plot."""
_TOP = 8
_MARKED_TOP = 20
_BOTTOM = 38
LETTER = 6.3
"""Width of a letter."""
_MOST_NUMBERED = 60
"""Marks that still get numbers."""
_MARK_GAP = 18
"""Marks nearer than this share one number."""

_SETTINGS: dict[Any, Any] = {
    "font.size": 11,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.unicode_minus": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "ytick.major.size": 0,
    "agg.path.chunksize": 10_000,
}


class _Unit(NamedTuple):
    name: str
    seconds: float


_UNITS = (
    (180.0, _Unit("seconds", 1.0)),
    (3 * 3600.0, _Unit("minutes", 60.0)),
    (4 * 86400.0, _Unit("hours", 3600.0)),
    (float("inf"), _Unit("days", 86400.0)),
)


class Box(NamedTuple):
    """Where a plot lies in its drawing.

    Args:
        left: from the left edge.
        width: of the plot.
        height: of the plot.
    """

    left: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What all drawings of a page have in common.

    Args:
        until: seconds at which their time ends.
        marks: what is marked on them, in the order of time.
        left: room for labels before each plot.
    """

    until: float
    marks: Sequence[Mark]
    left: float = 70

    @property
    def unit(self) -> _Unit:
        """What time is counted in."""
        return next(unit for most, unit in _UNITS if self.until <= most)

    @property
    def plot(self) -> float:
        """Width of a plot that takes the whole drawing."""
        return WIDTH - self.left - _RIGHT

    @property
    def top(self) -> float:
        """Room above a plot, for the numbers of the marks."""
        return _MARKED_TOP if self.marks else _TOP

    def time_axis(self, axes: Axes, width: float) -> None:
        """Give a plot its axis of time, and every mark.

        Args:
            axes: the plot.
            width: of the plot.
        """
        unit = self.unit
        end = self.until / unit.seconds
        axes.set_xlim(0, end)
        axes.set_xlabel(unit.name)
        places = [mark.time / unit.seconds for mark in self.marks]
        for number, place in enumerate(places, start=1):
            line = axes.axvline(place, color=FAULT, linewidth=1, linestyle=(0, (4, 3)))
            line.set_gid(f"mark-{number}")
        if len(places) <= _MOST_NUMBERED:
            for first, last in _grouped([place / end * width for place in places]):
                text = f"{first + 1}" if first == last else f"{first + 1}-{last + 1}"
                middle = (places[first] + places[last]) / 2
                axes.annotate(
                    text,
                    (middle, 1.0),
                    xycoords=("data", "axes fraction"),
                    xytext=(0, 4),
                    textcoords="offset points",
                    ha="center",
                    color=FAULT,
                    fontsize=10.5,
                    annotation_clip=False,
                )


def _grouped(places: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last index of marks that lie close together."""
    first = 0
    for index in range(1, len(places) + 1):
        if index == len(places) or places[index] - places[index - 1] >= _MARK_GAP:
            yield first, index - 1
            first = index


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with this page's settings, whatever the user's own are, and without their warnings."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with mpl.rc_context(), warnings.catch_warnings():
            # A label may have any letter, and it is the reader's browser that has the font.
            warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
            mpl.rcdefaults()
            mpl.rcParams.update(_SETTINGS)
            yield
    finally:
        logger.setLevel(level)


def framed(scene: Scene, *boxes: Box) -> tuple[Figure, list[Axes]]:
    """Return a new drawing with its plots, as high as the highest of them asks."""
    height = max(box.height for box in boxes) + scene.top + _BOTTOM
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    FigureCanvasSVG(figure)
    return figure, [
        figure.add_axes(
            (
                box.left / WIDTH,
                (height - scene.top - box.height) / height,
                box.width / WIDTH,
                box.height / height,
            )
        )
        for box in boxes
    ]


def legible(text: str) -> str:
    """Return a text in which what no page may hold is shown by its escape."""
    return "".join(
        ascii(letter)[1:-1] if category(letter) in ("Cc", "Cs") and letter not in "\n\t" else letter
        for letter in text
    )


def shortened(label: str, room: float) -> str:
    """Return a label that fits into some room, its middle left out if it is too long."""
    most = max(3, int(room / LETTER))
    label = " ".join(legible(label).split())
    if len(label) <= most:
        return label
    head = (most - 1) // 2
    return f"{label[:head]}…{label[len(label) - (most - 1 - head) :]}"


def svg_of(figure: Figure, scene: Scene, title: str, salt: str) -> str:
    """Return a drawing as SVG to stand within HTML.

    Args:
        figure: the drawing.
        scene: what it was drawn for.
        title: what it shows, for those who cannot see it.
        salt: makes its ids differ from those of the page's other drawings.
    """
    written = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": salt}):
        figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    text = written.getvalue().decode()
    body = text[text.index("<svg") :].partition(">")[2]
    # It would hold for the whole page.
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r"<[^>]*>", lambda tag: _lean(tag[0]), body)
    body = re.sub(r">\s+<", "><", body)
    texts = [escape(legible(mark.text)) for mark in scene.marks]
    body = re.sub(
        r'<g id="mark-(\d+)">',
        lambda found: f'<g class="mark"><title>{texts[int(found[1]) - 1]}</title>',
        body,
    )
    height = round(figure.get_figheight() * 72)
    size = f'viewBox="0 0 {WIDTH} {height}"'
    return f'<svg {size} role="img" aria-label="{escape(legible(title))}">{body.strip()}'


def _lean(tag: str) -> str:
    """Return an element's tag without what a page does not need."""
    if tag.startswith("<image"):
        return tag  # its size must be exact, and it has no colours
    tag = re.sub(r' id="[\w.]+_\d+"', "", tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
    tag = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", tag)
    tag = re.sub(r"(\d\.\d\d)\d+", r"\1", tag)
    tag = re.sub(r"\s*\n\s*", " ", tag)
    return tinted(tag)
