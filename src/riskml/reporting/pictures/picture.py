"""A drawn chart with its title and how to read it, as one SVG that a notebook shows without script or request."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Final
from unicodedata import east_asian_width

from riskml.errors import DataError
from riskml.reporting.charts import FONT, INK

EDGE: Final = 8
"""Pixels left free at the sides."""
TITLE: Final = 16
"""Size of the title's letters, in pixels."""
CAPTION: Final = 13
"""Size of the caption's letters; a line takes a third more."""
LINE: Final = 18
NARROW: Final = 0.48
"""Mean width of a Latin letter, in parts of its size; a Chinese one takes the whole of it."""
_SIZE: Final = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')
_PIECES: Final = re.compile(r"[^\s⺀-鿿　-〿＀-￯]+\s*|.\s*")
"""What a line may break after: a Latin word, a Chinese letter."""
_NEVER_FIRST: Final = "，。、；：！？）】》”’%％"


@dataclass(frozen=True)
class Picture:
    """One chart as the report shows it, with its words.

    Jupyter shows it as it is: the SVG holds no script and asks nobody for anything.

    Attributes:
        title: what it shows.
        caption: how to read it.
        chart: the chart alone, an SVG element, byte for byte as in the report.
    """

    title: str
    caption: str
    chart: str = field(repr=False)

    @property
    def svg(self) -> str:
        """Title, chart and caption below one another, as one SVG document.

        Raises:
            DataError: if `chart` is no SVG with a width and a height.
        """
        found = _SIZE.match(self.chart)
        if found is None:
            raise DataError(f"a picture needs an SVG that begins with its width and height; got {self.chart!r:.60}")
        width, high = float(found[1]), float(found[2])
        heads = lines(self.title, (width - 2 * EDGE) / TITLE)
        below = lines(self.caption, (width - 2 * EDGE) / CAPTION)
        top = 6 + len(heads) * (TITLE + 6)
        height = top + high + len(below) * LINE + EDGE
        size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
        words = [_words(one, TITLE + 4 + place * (TITLE + 6), TITLE, "bold") for place, one in enumerate(heads)]
        words += [_words(one, top + high + CAPTION + place * LINE, CAPTION) for place, one in enumerate(below)]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="100%" height="100%" fill="white"/>'
            f'<g font-family="{escape(FONT)}" fill="{INK}">{"".join(words)}</g>'
            f'<g transform="translate(0,{top:g})">{self.chart}</g></svg>'
        )

    def _repr_svg_(self) -> str:
        """What Jupyter shows."""
        return self.svg


def _words(line: str, y: float, size: int, weight: str = "normal") -> str:
    return f'<text x="{EDGE}" y="{y:g}" font-size="{size}" font-weight="{weight}">{escape(line)}</text>'


def lines(words: str, width: float) -> list[str]:
    """A text broken into lines of about a width, in letters as wide as high; no line begins with a closing mark.

    >>> lines("one two three", 4.5)
    ['one two', 'three']
    >>> lines("预测期内，不合格。", 4)
    ['预测期', '内，不合', '格。']
    """
    made: list[str] = []
    for piece in _pieces(words):
        if made and _wide(made[-1]) + _wide(piece.rstrip()) <= width:
            made[-1] += piece
        else:
            made.append(piece)
    return [line.rstrip() for line in made]


def _pieces(words: str) -> Iterator[str]:
    """The parts that stay together; a closing mark stays with what it closes."""
    held = ""
    for piece in _PIECES.findall(words):
        if held and piece[0] not in _NEVER_FIRST:
            yield held
            held = ""
        held += piece
    if held:
        yield held


def _wide(words: str) -> float:
    return sum(1.0 if east_asian_width(letter) in "WF" else NARROW for letter in words)
