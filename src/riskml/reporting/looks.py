"""How the marks of a chart look and where they stand: axes, series, and the lines of a chart of dots."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from riskml.export.wording import Lang, Text
from riskml.reporting._lines import lines
from riskml.reporting.charts import COLOURS, WIDTH

HEADING: Final = 21
"""Height in pixels of the words above a group of dots, and of each further line of them."""
LETTER: Final = 14
"""Size in pixels of these words."""
NOTE: Final = 12
"""Size of the words that stand where a dot is missing."""
QUIET: Final = "#5c636b"
"""Colour of notes; 4.5 to 1 and more against white."""
HALO: Final[dict[str, Any]] = {"color": "white", "stroke": "white", "strokeWidth": 5, "strokeJoin": "round"}
"""What stands behind words, so that a line below does not cross them."""
DOT: Final = 15
"""Height of a dot's line."""
DRAWN: Final = ("series", "value", "low", "high", "lower", "upper", "x", "y")
"""Columns that are drawn: a chart carries no others."""
GAP: Final = 7
"""Height between two groups."""


@dataclass(frozen=True)
class Axis:
    """How values are written on an axis.

    Attributes:
        title: what is measured, with its unit.
        percent: shares, written in percent.
        zero: whether zero is always shown.
        domain: least and greatest value shown; what lies outside is cut at the edge.
        log: a logarithmic axis.
    """

    title: Text
    percent: bool = False
    zero: bool = False
    domain: tuple[float, float] | None = None
    log: bool = False


@dataclass(frozen=True)
class Series:
    """One kind of mark, told apart by colour and by form.

    Attributes:
        key: its value in the column `series`.
        name: in the legend.
        colour: of the mark.
        dash: of its line, in pixels on and off.
        shape: of its dot.
        width: of its line, in pixels.
    """

    key: str
    name: Text
    colour: str = COLOURS["model"]
    dash: tuple[int, ...] = (1, 0)
    shape: str = "circle"
    width: float = 2.0


ONE: Final = (Series("", {"en": "", "zh": ""}),)
"""The series of a chart that has only one kind of mark, and no legend."""


def once(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without those that only repeat why their group has no value."""
    if "note" not in rows:
        return rows
    again = rows["value"].isna() & (rows["note"] != "") & rows.duplicated(["words", "note"])
    return rows[~again]


def places(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The rows with the middle of their line in pixels, the words of the groups with theirs, and the height of all.

    Words and notes that are wider than the chart are broken into several lines.
    """
    at, last = 0.0, None
    places: list[float] = []
    headings: list[tuple[str, float]] = []
    for words, note in zip(rows["words"], rows.get("note", pd.Series("", index=rows.index)), strict=True):
        if words != last:
            at += GAP if headings else 0
            for line in lines(words, (WIDTH - 8) / LETTER):
                headings.append((line, at + HEADING / 2 + 2))
                at += HEADING
            last = words
        places.append(at + DOT / 2)
        at += DOT * max(len(told(note)), 1) + (2 if note else 0)
    return rows.assign(y=places), pd.DataFrame(headings, columns=["words", "y"]), int(at + GAP)


def reach(ends: pd.DataFrame, *held_too: float) -> tuple[float, float] | None:
    """From the least to the greatest end of dots and bars, with room for half a dot; None where there is none.

    Args:
        ends: places of dots and ends of bars, missing ones included.
        held_too: further places, such as zero.

    >>> low, high = reach(pd.DataFrame({"value": [1.0, None]}), 0.0)
    >>> round(low, 3), round(high, 3)
    (-0.025, 1.025)
    """
    held = [*ends.astype("float64").stack().dropna(), *held_too]
    if not held:
        return None
    room = 0.025 * ((max(held) - min(held)) or max(abs(max(held)), 1.0))
    return min(held) - room, max(held) + room


def told(note: str) -> list[str]:
    """The lines of a note."""
    return lines(note, (WIDTH - 20) / NOTE)


def called(rows: pd.DataFrame, series: Sequence[Series], lang: Lang) -> "pd.Series[str]":
    """The display name of each row's series."""
    names = {one.key: one.name[lang] for one in series}
    return rows["series"].map(names) if "series" in rows else pd.Series(series[0].name[lang], index=rows.index)
