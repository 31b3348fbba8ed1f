"""Delimited text becomes a table: a compiled parser for what is well formed, a strict one for the rest."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskml.errors import DataError
from riskml.records.reading_bytes import ByteSource, UndecodableError, candidates, decoded
from riskml.records.reading_header import find_header, is_note, matching_name
from riskml.records.reading_limits import HEAD_ROWS, MAX_RAW_CHARS, MAX_ROW_CHARS
from riskml.records.reading_parser import ParsedText, chunks, parse
from riskml.records.reading_rows import DELIMITERS, TextRow, first_rows, row_at, well_formed
from riskml.records.reading_table import (
    ABOVE_HEADER,
    BLANK,
    NOTE,
    DroppedRow,
    Hints,
    RawTable,
    Sheet,
    check_width,
    finished,
)

_HEAD_CHARS = 4 * MAX_ROW_CHARS


@dataclass(frozen=True)
class _Layout:
    """Where the table begins: its delimiter, its header, and the characters before its body."""

    delimiter: str
    header: Sequence[str]
    header_row: int
    above: Sequence[DroppedRow]
    skip: int


def read_text(source: ByteSource, hints: Hints) -> RawTable:
    """A delimited text as a table.

    Raises:
        DataError: if it is in none of the encodings, holds no row, or is no table.
    """
    failures = []
    for encoding in candidates(source, hints.encodings):
        try:
            return _table(source, encoding, hints)
        except UndecodableError as error:
            failures.append(str(error))
            if error.certain:
                break
    raise DataError(
        f"{source.name}: this text is damaged or in another encoding: {'; '.join(failures)}; export it again as UTF-8"
    )


def _table(source: ByteSource, encoding: str, hints: Hints) -> RawTable:
    layout = _layout(source, encoding, hints)
    width, first_row = len(layout.header), layout.header_row + 1
    removed: list[DroppedRow] = []
    with closing(_below(source, encoding, layout.skip)) as blocks:
        parsed = parse(source.name, chunks(blocks), delimiter=layout.delimiter, width=width, strict=False)
    if parsed is None:
        with closing(_below(source, encoding, layout.skip)) as blocks:
            good = well_formed(
                blocks,
                file=source.name,
                delimiter=layout.delimiter,
                width=width,
                first_row=first_row,
                removed=removed,
            )
            encoded = (text.encode() for text in good)
            parsed = parse(source.name, encoded, delimiter=layout.delimiter, width=width, strict=True)
    if parsed is None:
        raise DataError(f"{source.name}: cannot be split into rows and cells; export it again as a plain table")
    place = _numbering(first_row, len(parsed.numbers) + len(parsed.misfits), removed)
    return finished(
        Sheet(
            file=source.name,
            encoding=encoding,
            header_row=layout.header_row,
            header=layout.header,
            body=parsed.body,
            rows=place[parsed.numbers - 1],
            dropped=[*layout.above, *removed, *_dropped(parsed, place, layout)],
            may_hold_nul=parsed.holds_nul,
        )
    )


def _dropped(parsed: ParsedText, place: npt.NDArray[np.int64], layout: _Layout) -> Iterator[DroppedRow]:
    """Why each row that does not fit is dropped."""
    for number, cells, text in parsed.misfits:
        reason = f"{cells} cells, but the header has {len(layout.header)}"
        if not text.strip():
            reason = BLANK
        elif is_note(row_at(text, 0, layout.delimiter).cells):
            reason = NOTE
        yield DroppedRow(int(place[number - 1]), reason, text[:MAX_RAW_CHARS])


def _numbering(first_row: int, count: int, removed: Sequence[DroppedRow]) -> npt.NDArray[np.int64]:
    """The source number of each parsed row, given those that were left out before."""
    numbers = np.arange(first_row, first_row + count + len(removed), dtype=np.int64)
    return np.delete(numbers, [row.row - first_row for row in removed])


def _layout(source: ByteSource, encoding: str, hints: Hints) -> _Layout:
    """Delimiter and header from the head of the text.

    Raises:
        DataError: if the text is blank, is no table or holds NUL bytes at its head.
    """
    head = ""
    with closing(decoded(source, encoding)) as blocks:
        whole = False
        while len(head) < _HEAD_CHARS and not whole:
            block = next(blocks, None)
            head, whole = head + (block or ""), block is None
    if "\0" in head[:MAX_RAW_CHARS]:
        raise DataError(f"{source.name}: holds NUL bytes: no text, or UTF-16 without its mark; save it as UTF-8")
    tried = {mark: first_rows(head, mark, HEAD_ROWS, whole=whole) for mark in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda mark: _fitness(tried[mark], hints))
    rows = tried[delimiter]
    if not any(cell.strip() for row in rows for cell in row.cells):
        raise DataError(f"{source.name} holds no rows; export it again")
    if hints.columns:
        return _Layout(delimiter, list(hints.columns), 0, (), 0)
    header = find_header([row.cells for row in rows], hints.matching) or 0
    check_width(source.name, len(rows[header].cells))
    if rows[header].is_open:
        raise DataError(f'{source.name}: row {header + 1}, the header, has a " that is not closed; correct the file')
    starts = [0, *(row.end for row in rows)]
    above = [
        DroppedRow(number, ABOVE_HEADER if text.strip() else BLANK, text.rstrip("\r\n")[:MAX_RAW_CHARS])
        for number in range(1, header + 1)
        for text in [head[starts[number - 1] : starts[number]]]
    ]
    return _Layout(delimiter, rows[header].cells, header + 1, above, rows[header].end)


def _fitness(rows: Sequence[TextRow], hints: Hints) -> tuple[int, int, int]:
    """How well a delimiter explains the first rows: names known, rows of the usual width, that width."""
    widths = [len(row.cells) for row in rows]
    known = max((len({matching_name(cell) for cell in row.cells} & hints.matching) for row in rows), default=0)
    if hints.columns:
        return known, widths.count(len(hints.columns)), 0
    usual = max((width for width in widths if width > 1), key=lambda width: (widths.count(width), width), default=1)
    return known, widths.count(usual) if usual > 1 else 0, usual


def _below(source: ByteSource, encoding: str, skip: int) -> Generator[str]:
    """The text after its first characters."""
    with closing(decoded(source, encoding)) as blocks:
        for block in blocks:
            yield block[skip:]
            skip = max(0, skip - len(block))
