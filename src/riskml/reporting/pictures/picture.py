"""A drawn chart with its title and how to read it, as one SVG that a notebook shows without script or request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Final

from riskml.errors import DataError
from riskml.export.wording import Lang
from riskml.export.writing import write_whole
from riskml.reporting import charts
from riskml.reporting._lines import lines
from riskml.reporting._svg import LANGUAGES
from riskml.reporting.charts import FONT, INK

EDGE: Final = 8
"""Pixels left free at the sides."""
TITLE: Final = 16
"""Size of the title's letters, in pixels."""
BOLD: Final = 1.08
"""How much wider bold letters are."""
CAPTION: Final = 13
"""Size of the caption's letters."""
SPARE: Final = 4
"""Pixels that a line of the caption leaves free, as a machine's letters may be a little wider."""
LINE: Final = 18
"""Height of a line of the caption."""
PARAGRAPH: Final = 4
"""Pixels free between two paragraphs of the caption."""
ENDINGS: Final = (".svg", ".png")
_SIZE: Final = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True)
class Picture:
    """One chart with its words, in one language.

    Jupyter shows it as it is: the SVG holds no script and asks nobody for anything. A screen reader says its title and
    caption. Two pictures of the same rows are the same bytes.

    Attributes:
        title: what it shows, as a question or a finding.
        caption: how to read it and what is left out; a line feed begins a new paragraph.
        drawing: the chart: of altair, with its rows, to look into or to change; or, of a run, the SVG of its report.
        lang: of all words.
    """

    title: str
    caption: str
    drawing: Any = field(repr=False, compare=False)
    lang: Lang = "en"

    @cached_property
    def chart(self) -> str:
        """The chart alone, an SVG element."""
        if isinstance(self.drawing, str):
            return self.drawing
        return charts.to_svg(self.drawing, label=self.title, lang=self.lang)

    @cached_property
    def svg(self) -> str:
        """Title, chart and caption below one another, as one SVG document.

        Raises:
            DataError: if `chart` is no SVG with a width and a height.
        """
        found = _SIZE.match(self.chart)
        if found is None:
            raise DataError(f"a picture needs an SVG that begins with its width and height; got {self.chart!r:.60}")
        width, high = float(found[1]), float(found[2])
        heads = lines(self.title, (width - 2 * EDGE) / TITLE / BOLD)
        told = [lines(part, (width - 2 * EDGE - SPARE) / CAPTION) for part in self.caption.split("\n") if part]
        top = 6 + len(heads) * (TITLE + 6)
        below = sum(len(part) * LINE + PARAGRAPH for part in told)
        height = top + high + below + EDGE
        size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
        words, at = [_words(heads, TITLE + 4, TITLE + 6, f'font-size="{TITLE}" font-weight="bold"')], top + high
        for part in told:
            words.append(_words(part, at + CAPTION, LINE, f'font-size="{CAPTION}"'))
            at += len(part) * LINE + PARAGRAPH
        said = f"<title>{escape(self.title)}</title><desc>{escape(self.caption)}</desc>"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" lang="{LANGUAGES[self.lang]}" '
            f'aria-label="{escape(self._spoken)}">{said}<rect width="100%" height="100%" fill="white"/>'
            f'<g font-family="{escape(FONT)}" fill="{INK}">{"".join(words)}</g>'
            f'<g transform="translate(0,{top:g})">{self.chart}</g></svg>'
        )

    @property
    def _spoken(self) -> str:
        """Title and caption in one line."""
        mark = {"en": ". ", "zh": "。"}[self.lang]
        title = self.title if self.title[-1:] in ".?!。？！" else f"{self.title}{mark.strip()}"
        return f"{title} {self.caption}".replace("\n", " ").strip()

    def save(self, path: "Path | str") -> Path:
        """Write the picture as a file: .svg, which stays sharp at any size, or .png for slides and letters.

        Args:
            path: of the file; it appears whole or not at all.

        Raises:
            DataError: for another ending.
        """
        target = Path(path)
        if target.suffix not in ENDINGS:
            raise DataError(f"{target}: a picture is written as one of {list(ENDINGS)}; end the name in one of them")
        write_whole(target, charts.to_png(self.svg) if target.suffix == ".png" else self.svg.encode())
        return target

    def _repr_svg_(self) -> str:
        """What Jupyter shows."""
        return self.svg


def picture(drawing: charts.AnyChart, title: str, told: Sequence[str], lang: Lang) -> Picture:
    """A chart with its title, and with the sentences below it that have something to say."""
    return Picture(title, "\n".join(one for one in told if one), drawing, lang)


def _words(told: Sequence[str], y: float, step: int, style: str) -> str:
    """Lines below one another as one text, so that it can be marked and copied whole."""
    rows = "".join(
        f'<tspan x="{EDGE}" y="{y + place * step:g}">{escape(one)}</tspan>' for place, one in enumerate(told)
    )
    return f"<text {style}>{rows}</text>"
