"""Tables of a run as tables of the report: a few columns, the top rows, and where the whole of it lies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from riskml.export.figures import Reading, number, reason_text
from riskml.export.wording import Lang, Text, text
from riskml.reporting._cells import Cell, Footnotes, Row, Table
from riskml.reporting._page import LANGUAGES, fill

TOP: Final = 20
"""Rows shown of a long table."""
_CUT: Final = text(
    "The first {shown} of {rows} rows are shown; all are in tables/{name}.parquet.",
    "仅显示前 {shown} 行，共 {rows} 行；全部见 tables/{name}.parquet。",
)
_WHOLE: Final = text("Source: tables/{name}.parquet.", "来源：tables/{name}.parquet。")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """How one column of a frame is written.

    Attributes:
        head: over the column.
        value: name of the frame's column.
        percent: a share, written in percent; a difference of shares (`signed`) in percentage points.
        decimals: digits after the point.
        signed: written with its sign.
        low, high: names of the columns of the interval; empty: none.
        lower, upper: names of the columns of a range that stands for a missing value; empty: none.
        better: of a difference, 1 if above zero is better, -1 if below is; 0: no reading.
        plain: text, not a number; in two languages where the frame has the columns <value>_en and <value>_zh.
    """

    head: Text
    value: str
    percent: bool = False
    decimals: int = 1
    signed: bool = False
    low: str = ""
    high: str = ""
    lower: str = ""
    upper: str = ""
    better: int = 0
    plain: bool = False

    @property
    def shown(self) -> Text:
        """The head with the unit of a difference of shares."""
        if not (self.percent and self.signed):
            return self.head
        return text(f"{self.head['en']}, percentage points", f"{self.head['zh']}（百分点）")


def count(head: Text, value: str) -> Column:
    """A column of counts."""
    return Column(head, value, decimals=0)


def with_interval(head: Text, value: str = "value", **more: Any) -> Column:
    """A column whose interval stands in the columns low and high."""
    return Column(head, value, low="low", high="high", **more)


def frame_table(
    title: Text,
    frame: pd.DataFrame,
    name: Callable[[Record], Text],
    columns: Sequence[Column],
    *,
    first: Text,
    source: str = "",
    top: int = TOP,
    strong: Callable[[Record], bool] = lambda _: False,
    rows_in_all: int | None = None,
) -> Table | None:
    """The first rows of a frame, written; None if it has none.

    Args:
        title: of the table.
        frame: rows in the order in which they are shown; a column `reason` says why a value is missing.
        name: display name of a row.
        columns: what is shown of it.
        first: head of the names.
        source: name of the table in the run's folder; empty: the summary.
        top: rows shown.
        strong: which rows are stressed.
        rows_in_all: of the table in the run's folder, if more than those of `frame`.
    """
    if frame.empty:
        return None
    notes = Footnotes()
    shown = records_of(frame.head(top))
    rows = [Row(name(one), tuple(_cell(one, column, notes) for column in columns), strong(one)) for one in shown]
    told = _told(len(shown), max(rows_in_all or 0, len(frame)), source)
    return Table(title, tuple(column.shown for column in columns), tuple(rows), (), _letters(notes), first, told)


def grid_table(
    title: Text,
    frame: pd.DataFrame,
    down: str,
    across: Mapping[Any, Column],
    *,
    by: str,
    name: Callable[[Any], Text],
    first: Text,
    source: str,
    top: int = TOP,
    strong: Any = None,
) -> Table | None:
    """A long frame as a grid: one row for each value of `down`, one column for each value of `by`; None if it has none.

    Args:
        title: of the table.
        frame: one row a cell, in the order in which the rows are shown.
        down: name of the column that names the rows.
        across: value of `by` -> how its cells are written, in order; those without any cell are left out.
        by: name of the column that names the columns.
        name: display name of a value of `down`.
        first: head of the names.
        source: name of the table in the run's folder.
        top: rows shown.
        strong: the value of `down` whose row is stressed.
    """
    held = frame[frame[by].isin(list(across))]
    if held.empty:
        return None
    notes = Footnotes()
    cells = {(one[down], one[by]): one for one in records_of(held)}
    keys = list(dict.fromkeys(held[down]))
    columns = {key: column for key, column in across.items() if (held[by] == key).any()}
    rows = []
    for key in keys[:top]:
        found = [(cells.get((key, other)), column) for other, column in columns.items()]
        written_cells = tuple(Cell() if one is None else _cell(one, column, notes) for one, column in found)
        rows.append(Row(name(key), written_cells, key == strong))
    heads = tuple(column.shown for column in columns.values())
    return Table(title, heads, tuple(rows), (), _letters(notes), first, _told(len(rows), len(keys), source))


def records_of(frame: pd.DataFrame) -> list[Record]:
    """The rows of a frame, each by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _letters(notes: Footnotes) -> tuple[tuple[str, Text], ...]:
    return tuple(notes.letters.values())


def _told(shown: int, rows: int, source: str) -> Text | None:
    """How much of a table is shown, and where all of it lies."""
    if not source:
        return None
    return fill(_CUT if rows > shown else _WHOLE, shown=f"{shown:,}", rows=f"{rows:,}", name=source)


def _cell(row: Record, column: Column, notes: Footnotes) -> Cell:
    if column.plain:
        return Cell(words=text(*(_plain(row, column.value, lang) for lang in LANGUAGES)))
    value = _number(row, column.value)
    low, high = (_number(row, end) if end else None for end in (column.low, column.high))
    held = row.get("reason")
    reason = "" if held is None or pd.isna(held) else str(held)
    ends = [_number(row, end) for end in (column.lower, column.upper) if end]
    if value is None and ends and None not in ends:
        range_of = " – ".join(written(end, column) for end in ends if end is not None)
        return Cell(range_of, _inside(low, high, column))
    if value is None:
        return Cell("–", "", notes.mark(reason_text({"reason": reason})) if reason else "")
    inside = _inside(low, high, column)
    mark = notes.mark(reason_text({"reason": reason})) if reason and column.low else ""
    return Cell(written(value, column), inside, mark, _reading(column, low, high))


def _plain(row: Record, name: str, lang: Lang) -> str:
    held = row.get(f"{name}_{lang}", row.get(name))
    return "" if held is None or pd.isna(held) else str(held)


def _inside(low: float | None, high: float | None, column: Column) -> str:
    if low is None or high is None:
        return ""
    return f"[{written(low, column, unit=False)}, {written(high, column, unit=False)}]"


def _number(row: Record, key: str) -> float | None:
    held = row.get(key)
    return None if held is None or pd.isna(held) else number({"value": float(held)})


def written(value: float, column: Column, *, unit: bool = True) -> str:
    """A number as it is shown.

    >>> share = Column(text("share", "占比"), "value", percent=True, signed=True)
    >>> written(0.0312, share), written(-0.2, share, unit=False)
    ('+3.1', '−20.0')
    """
    sign = "+" if column.signed and value > 0 else "−" if value < 0 else ""
    digits = f"{abs(value) * (100 if column.percent else 1):,.{column.decimals}f}"
    return f"{sign}{digits}{'%' if column.percent and unit and not column.signed else ''}"


def _reading(column: Column, low: float | None, high: float | None) -> Reading | None:
    """Of a difference: by its whole interval; None for a column that is no difference."""
    if not column.better:
        return None
    if low is None or high is None or low <= 0 <= high:
        return "undecided"
    return "better" if (low > 0) is (column.better > 0) else "worse"
