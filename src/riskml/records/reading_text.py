"""Delimited text becomes a table: a compiled parser for what is well formed, a strict one for the rest."""

import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from riskml.errors import DataError
from riskml.records.reading_bytes import ByteSource, UndecodableError, candidates, decoded
from riskml.records.reading_header import find_header, is_note, matching_name
from riskml.records.reading_limits import HEAD_ROWS, MAX_DROPPED, MAX_RAW_CHARS, MAX_ROW_CHARS
from riskml.records.reading_rows import DELIMITERS, TextRow, first_rows, row_at, well_formed
from riskml.records.reading_table import (
    ABOVE_HEADER,
    BLANK,
    NOTE,
    DroppedRow,
    Hints,
    RawTable,
    Sheet,
    check_dropped,
    check_width,
    finished,
)

_HEAD_CHARS = 4 * MAX_ROW_CHARS
_PARSER_BLOCK = 4 << 20
_LAST = "\x1eend of the text\x1e"
"""Appended as a row of its own: a quote that is still open swallows it, and so is found out."""


@dataclass(frozen=True)
class _Layout:
    """Where the table begins: its delimiter, its header, and the characters before its body."""

    delimiter: str
    header: Sequence[str]
    header_row: int
    above: Sequence[DroppedRow]
    skip: int


@dataclass
class _Parsed:
    """What the compiled parser made of a text.

    `numbers` counts its rows from 1, as the numbers in `unfit` do; `broken`: it gave up, or a quote is open at the end;
    `doubtful`: so, or a stray quote may have made several rows one.
    """

    body: pa.Table
    numbers: npt.NDArray[np.int64]
    unfit: list[tuple[int, str]]
    broken: bool
    doubtful: bool
    may_hold_nul: bool


@dataclass
class _Seen:
    """What passed by while a text was read."""

    quote: bool = False
    nul: bool = False
    unfit: list[tuple[int, str]] = field(default_factory=list)


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
    first_row = layout.header_row + 1
    removed: list[DroppedRow] = []
    with closing(_below(source, encoding, layout.skip)) as blocks:
        parsed = _parse(source.name, blocks, layout)
    if parsed.doubtful:
        with closing(_below(source, encoding, layout.skip)) as blocks:
            good = well_formed(
                blocks,
                file=source.name,
                delimiter=layout.delimiter,
                width=len(layout.header),
                first_row=first_row,
                removed=removed,
            )
            parsed = _parse(source.name, good, layout)
        if parsed.broken:
            raise DataError(f"{source.name}: cannot be split into rows and cells; export it again as a plain table")
    place = _numbering(first_row, len(parsed.numbers) + len(parsed.unfit), removed)
    body, rows, dropped = _refit(parsed, layout, place)
    return finished(
        Sheet(
            file=source.name,
            encoding=encoding,
            header_row=layout.header_row,
            header=layout.header,
            body=body,
            rows=rows,
            dropped=[*layout.above, *removed, *dropped],
            may_hold_nul=parsed.may_hold_nul,
        )
    )


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
    if rows[header].fault:
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


class _Utf8(io.RawIOBase):
    """Blocks of text as a stream of UTF-8 that ends with the row `_LAST`."""

    def __init__(self, blocks: Iterator[str], last: str, seen: _Seen) -> None:
        super().__init__()
        self._blocks, self._last, self._seen = blocks, last, seen
        self._held: list[bytes] = []
        self._end = "\n"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Exactly `size` bytes until the end, for the parser needs whole rows in its blocks."""
        held = sum(map(len, self._held))
        while held < size and (block := self._next()):
            self._held.append(block)
            held += len(block)
        text = b"".join(self._held)
        self._held = [text[size:]]
        return text[:size]

    def _next(self) -> bytes:
        for block in self._blocks:
            if block:
                self._end = block[-1]
                data = block.encode()
                self._seen.quote |= b'"' in data
                self._seen.nul |= b"\0" in data
                return data
        last, self._last = self._last, ""
        return (last if self._end in "\r\n" else "\n" + last).encode() if last else b""


def _parse(file: str, blocks: Iterator[str], layout: _Layout) -> _Parsed:
    """Run the compiled parser."""
    width, seen = len(layout.header), _Seen()
    names = [str(place) for place in range(width)]
    last = [_LAST, *[""] * (width - 1)]

    def set_aside(row: pacsv.InvalidRow) -> str:
        seen.unfit.append((row.number, row.text))
        return "skip" if len(seen.unfit) <= MAX_DROPPED else "error"

    stream = _Utf8(blocks, layout.delimiter.join(last) + "\n", seen)
    try:
        reader = pacsv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=pacsv.ReadOptions(use_threads=False, column_names=names, block_size=_PARSER_BLOCK),
            parse_options=pacsv.ParseOptions(
                delimiter=layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=set_aside,
            ),
            convert_options=pacsv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.large_string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
        body = reader.read_all()
    except pa.ArrowInvalid:
        check_dropped(file, len(seen.unfit))
        return _Parsed(pa.table({}), np.empty(0, dtype=np.int64), [], broken=True, doubtful=True, may_hold_nul=seen.nul)
    closed = body.num_rows > 0 and [column[-1].as_py() for column in body.columns] == last
    body = body.slice(0, body.num_rows - 1) if closed else body
    count = body.num_rows + len(seen.unfit)
    numbers = np.delete(np.arange(1, count + 1), [number - 1 for number, _ in seen.unfit])
    doubtful = not closed or (seen.quote and _may_swallow(body, seen.unfit, layout.delimiter))
    return _Parsed(body, numbers, seen.unfit, broken=not closed, doubtful=doubtful, may_hold_nul=seen.nul)


def _may_swallow(body: pa.Table, unfit: Sequence[tuple[int, str]], delimiter: str) -> bool:
    """Whether a stray quote may have made several rows one.

    Such a row rarely fits. If it does, its long cell ends at the next opening quote, so that it holds a quote, and the
    delimiters of at least one row.
    """
    if any("\n" in text or "\r" in text for _, text in unfit):
        return True
    for column in body.columns:
        long = column.filter(pc.match_substring(column, '"'))
        long = long.filter(pc.match_substring_regex(long, r"[\r\n]"))
        if len(long) and pc.any(pc.greater_equal(pc.count_substring(long, delimiter), body.num_columns - 1)).as_py():
            return True
    return False


def _numbering(first_row: int, count: int, removed: Sequence[DroppedRow]) -> npt.NDArray[np.int64]:
    """The source number of each parsed row, given those that were left out before."""
    numbers = np.arange(first_row, first_row + count + len(removed), dtype=np.int64)
    return np.delete(numbers, [row.row - first_row for row in removed])


def _refit(
    parsed: _Parsed, layout: _Layout, place: npt.NDArray[np.int64]
) -> tuple[pa.Table, npt.NDArray[np.int64], list[DroppedRow]]:
    """Rows whose surplus cells are empty are trimmed and put back; the others that do not fit are dropped."""
    width = len(layout.header)
    back: list[tuple[int, list[str]]] = []
    dropped = []
    for number, text in parsed.unfit:
        cells = row_at(text, 0, layout.delimiter).cells if text else [""]
        source_row = int(place[number - 1])
        if len(cells) > width and not any(cells[width:]):
            back.append((source_row, cells[:width]))
            continue
        reason = NOTE if is_note(cells) else f"{len(cells)} cells, but the header has {width}"
        dropped.append(DroppedRow(source_row, reason if text.strip() else BLANK, text[:MAX_RAW_CHARS]))
    rows = place[parsed.numbers - 1]
    if not back:
        return parsed.body, rows, dropped
    cells_back = zip(*(cells for _, cells in back), strict=True)
    columns = [pa.array(cells, pa.large_string()) for cells in cells_back]
    added = pa.table(columns, names=parsed.body.column_names)
    rows = np.concatenate([rows, np.array([row for row, _ in back], dtype=np.int64)])
    order = np.argsort(rows, kind="stable")
    return pa.concat_tables([parsed.body, added]).take(pa.array(order)), rows[order], dropped
