"""A table of text as read, and the account of the rows that are not in it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.errors import DataError
from riskml.records.reading_bytes import ENCODINGS
from riskml.records.reading_header import column_names, is_note, matching_name
from riskml.records.reading_limits import MAX_COLUMNS, MAX_DROPPED, MAX_RAW_CHARS, TAIL_ROWS

ABOVE_HEADER = "above the header"
BLANK = "blank row"
NOTE = "totals or notes row"
NUL = "holds NUL bytes: the file is damaged here"
STRAY_QUOTE = "a quote is opened and never closed"
TOO_LONG = "longer than any row can be"
HEADER_AGAIN = "the header again"


class DroppedRow(NamedTuple):
    """A source row that is not in the table.

    Attributes:
        row: its 1-based number in the source.
        reason: why.
        text: its raw text, cut after MAX_RAW_CHARS characters.
    """

    row: int
    reason: str
    text: str


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table of text; nothing is interpreted.

    Attributes:
        file: its name as shown: "a.csv", "a.zip/b.csv", "b.xlsx#Sheet1".
        frame: text columns, a missing value being the empty string; the index is 0, 1, ...
        rows: the 1-based number of each row in the source (int64, ascending); a row of text is numbered as a
            spreadsheet shows it, a quoted line break starting no new row.
        encoding: of the text, or "parquet", "workbook".
        header_row: the number of the row that names the columns; 0 if the file has none.
        dropped: the other rows, ascending: titles, blank rows, rows with too many or too few cells, totals and notes.
    """

    file: str
    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    encoding: str
    header_row: int
    dropped: tuple[DroppedRow, ...]

    @property
    def source_rows(self) -> int:
        """Rows of the source: those in the frame, those dropped, and the header."""
        return len(self.rows) + len(self.dropped) + (self.header_row > 0)


@dataclass(frozen=True)
class Hints:
    """What the caller knows of the tables.

    Attributes:
        known: names of columns, in any writing.
        encodings: of text, tried in this order.
        columns: the names of all columns of a file without header; empty if it has one.
    """

    known: Collection[str] = ()
    encodings: Sequence[str] = ENCODINGS
    columns: Sequence[str] = ()
    matching: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matching", frozenset(matching_name(name) for name in self.known))


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows below a header, before the blank ones and the notes are set aside.

    Attributes:
        file, encoding, header_row: as in RawTable.
        header: the cells of the header.
        body: one large_string column for each.
        rows: the 1-based source number of each body row, ascending.
        dropped: rows set aside so far, in any order.
        may_hold_nul: whether a NUL was seen.
    """

    file: str
    encoding: str
    header_row: int
    header: Sequence[str]
    body: pa.Table
    rows: npt.NDArray[np.int64]
    dropped: Sequence[DroppedRow]
    may_hold_nul: bool = False


def check_width(file: str, width: int) -> None:
    """Refuse a table that is wider than any spreadsheet.

    Raises:
        DataError: if it is.
    """
    if width > MAX_COLUMNS:
        raise DataError(f"{file}: {width} columns; a table has at most {MAX_COLUMNS}; is this a table at all?")


def check_dropped(file: str, count: int) -> None:
    """Refuse a file of which too many rows would be set aside.

    Raises:
        DataError: if it is one.
    """
    if count > MAX_DROPPED:
        raise DataError(f"{file}: more than {MAX_DROPPED} rows do not fit the header; export it again as a plain table")


def finished(sheet: Sheet) -> RawTable:
    """Set aside what is no record, drop columns that have neither a name nor a value, and name the rest.

    Raises:
        DataError: if too many rows are set aside.
    """
    columns = sheet.body.columns
    keep = np.ones(sheet.body.num_rows, dtype=bool)
    dropped = list(sheet.dropped)
    for reason, places in _set_aside(sheet, columns):
        check_dropped(sheet.file, len(dropped) + len(places))
        texts = sheet.body.take(pa.array(places)).to_pylist() if reason != BLANK else [{}] * len(places)
        dropped += [
            DroppedRow(int(sheet.rows[place]), reason, ",".join(text.values())[:MAX_RAW_CHARS])
            for place, text in zip(places, texts, strict=True)
        ]
        keep[places] = False
    body = sheet.body if keep.all() else sheet.body.filter(pa.array(keep))
    names = column_names(sheet.header)
    named = [
        place
        for place, cell in enumerate(sheet.header)
        if cell.strip() or pc.any(pc.not_equal(body.column(place), "")).as_py()
    ]
    body = body.select(named).rename_columns([names[place] for place in named])
    return RawTable(
        file=sheet.file,
        frame=body.to_pandas(split_blocks=True),
        rows=sheet.rows[keep],
        encoding=sheet.encoding,
        header_row=sheet.header_row,
        dropped=tuple(sorted(dropped)),
    )


def _set_aside(sheet: Sheet, columns: Sequence[pa.ChunkedArray]) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Places of body rows that are no records, by reason; no place comes twice."""
    count = sheet.body.num_rows
    blank = _places(columns, count, lambda cells, _: pc.or_(pc.equal(cells, ""), pc.utf8_is_space(cells)))
    yield BLANK, blank
    again = _places(columns, count, lambda cells, place: pc.equal(cells, sheet.header[place]))
    again = np.setdiff1d(again, blank)
    yield HEADER_AGAIN, again
    gone = {*blank.tolist(), *again.tolist()}
    if sheet.may_hold_nul:
        hit = np.zeros(count, dtype=bool)
        for column in columns:
            hit |= pc.match_substring(column, "\0").to_numpy()
        nul = np.setdiff1d(np.flatnonzero(hit), again)
        yield NUL, nul
        gone |= set(nul.tolist())
    notes = []
    left = (place for place in range(count - 1, -1, -1) if place not in gone)
    for _, place in zip(range(TAIL_ROWS), left, strict=False):
        if not is_note([column[place].as_py() for column in columns]):
            break
        notes.append(place)
    yield NOTE, np.array(notes[::-1], dtype=np.int64)


def _places(
    columns: Sequence[pa.ChunkedArray], count: int, holds: Callable[[pa.ChunkedArray, int], pa.ChunkedArray]
) -> npt.NDArray[np.int64]:
    """Where a condition holds in every column; later columns are looked at only where the earlier ones hold."""
    places = np.arange(count, dtype=np.int64)
    for place, column in enumerate(columns):
        left = column if len(places) == count else column.take(pa.array(places))
        places = places[holds(left, place).to_numpy()]
        if not len(places):
            break
    return places
