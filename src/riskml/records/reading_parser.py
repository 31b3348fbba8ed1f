"""Text below a header becomes columns, by a compiled parser that is fed whole rows; what it may have got wrong is told.

The parser gets bytes, never a stream: it would read a stream from a thread of its own, and go on after an error.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from riskml.records.reading_rows import row_at
from riskml.records.reading_table import check_dropped

_CHUNK_BYTES = 8 << 20
_LAST = "\x1eend of the text\x1e"
"""Appended to each chunk as a row of its own: a quote that is still open swallows it, and so is found out."""


@dataclass(frozen=True, eq=False)
class ParsedText:
    """What the parser made of a text.

    Attributes:
        body: the rows that fit, one large_string column for each column of the header.
        numbers: of these rows, counted from 1 over all rows.
        misfits: number, count of cells and text of the others.
        holds_nul: whether there is a NUL in it.
    """

    body: pa.Table
    numbers: npt.NDArray[np.int64]
    misfits: list[tuple[int, int, str]]
    holds_nul: bool


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Some rows as parsed: those that fit, and number (from 1) and text of the others."""

    body: pa.Table
    unfit: list[tuple[int, str]]


def chunks(blocks: Iterable[str]) -> Iterator[bytes]:
    r"""The text as UTF-8 in pieces that end with a row: at a line end with an even number of quotes before it.

    Where there is none, at any line end: the parser finds out if a quote is open there. Where there is no line end, the
    row is too long, and the next piece goes on in it.

    Examples:
        >>> list(chunks(["a,b\nc", ",d\n"]))
        [b'a,b\nc,d\n']
    """
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        parts.append(block.encode())
        size += len(parts[-1])
        if size >= _CHUNK_BYTES:
            text = b"".join(parts)
            cut = _row_end(text)
            yield text[:cut]
            parts, size = [text[cut:]], len(text) - cut
    if size:
        yield b"".join(parts)


def _row_end(text: bytes) -> int:
    mark = b"\n" if b"\n" in text else b"\r"
    last = at = text.rfind(mark, 0, -1) + 1
    quotes = text.count(b'"', 0, at)
    while at and quotes % 2:
        before = text.rfind(mark, 0, at - 1) + 1
        quotes -= text.count(b'"', before, at)
        at = before
    return at or last or len(text) - text.endswith(b"\r")


def parse(file: str, texts: Iterable[bytes], *, delimiter: str, width: int, strict: bool) -> ParsedText | None:
    """Parse chunks of whole rows.

    Args:
        file: its name as shown.
        texts: the chunks.
        delimiter: one character.
        width: columns of the header.
        strict: whether the chunks come from `well_formed`, so that no stray quote is left in them.

    Returns:
        None if a row does not end with its chunk, or a stray quote may have made one row of several.

    Raises:
        DataError: if too many rows do not fit.
    """
    bodies, numbers, misfits = [_empty(width)], [np.empty(0, dtype=np.int64)], []
    done, holds_nul, row_is_open = 0, False, False
    for text in filter(None, texts):
        chunk = None if row_is_open else _parsed(text, delimiter, width)
        row_is_open = not text.endswith((b"\n", b"\r"))  # that no further chunk may follow
        if chunk is None or (not strict and b'"' in text and _may_swallow(chunk, delimiter)):
            return None
        body, kept, unfit = _refit(chunk, delimiter, width)
        bodies.append(body)
        numbers.append(kept + done)
        misfits += [(number + done, cells, row) for number, cells, row in unfit]
        check_dropped(file, len(misfits))
        done += chunk.body.num_rows + len(chunk.unfit)
        holds_nul |= b"\0" in text
    return ParsedText(pa.concat_tables(bodies), np.concatenate(numbers), misfits, holds_nul)


def _empty(width: int) -> pa.Table:
    return pa.table([pa.array([], pa.large_string())] * width, names=[str(place) for place in range(width)])


def _parsed(text: bytes, delimiter: str, width: int) -> _Chunk | None:
    """One chunk; None if it does not end with a row, or has a row longer than the parser can hold."""
    names = [str(place) for place in range(width)]
    last = [_LAST, *[""] * (width - 1)]
    unfit: list[tuple[int, str]] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        unfit.append((row.number, row.text))
        return "skip"

    data = b"".join([text, b"" if text.endswith((b"\n", b"\r")) else b"\n", delimiter.join(last).encode(), b"\n"])
    try:
        body = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=set_aside
            ),
            convert_options=pacsv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.large_string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if not body.num_rows or [column[-1].as_py() for column in body.columns] != last:
        return None
    return _Chunk(body.slice(0, body.num_rows - 1), unfit)


def _may_swallow(chunk: _Chunk, delimiter: str) -> bool:
    """Whether a stray quote may have made several rows one.

    Such a row rarely fits. If it does, a cell in it holds a line break and the delimiters of a whole row.
    """
    if any("\n" in text or "\r" in text for _, text in chunk.unfit):
        return True
    for column in chunk.body.columns:
        long = column.filter(pc.match_substring_regex(column, r"[\r\n]"))
        enough = chunk.body.num_columns - 1
        if len(long) and pc.any(pc.greater_equal(pc.count_substring(long, delimiter), enough)).as_py():
            return True
    return False


def _refit(
    chunk: _Chunk, delimiter: str, width: int
) -> tuple[pa.Table, npt.NDArray[np.int64], list[tuple[int, int, str]]]:
    """Rows whose surplus cells are all empty are trimmed and put back into their place."""
    back: list[tuple[int, Sequence[str]]] = []
    misfits = []
    for number, text in chunk.unfit:
        cells = row_at(text, 0, delimiter).cells if text else [""]
        if len(cells) > width and not any(cells[width:]):
            back.append((number, cells[:width]))
        else:
            misfits.append((number, len(cells), text))
    count = chunk.body.num_rows + len(chunk.unfit)
    numbers = np.delete(np.arange(1, count + 1, dtype=np.int64), [number - 1 for number, _ in chunk.unfit])
    if not back:
        return chunk.body, numbers, misfits
    columns = zip(*(cells for _, cells in back), strict=True)
    added = pa.table([pa.array(cells, pa.large_string()) for cells in columns], names=chunk.body.column_names)
    numbers = np.concatenate([numbers, np.array([number for number, _ in back], dtype=np.int64)])
    order = np.argsort(numbers, kind="stable")
    return pa.concat_tables([chunk.body, added]).take(pa.array(order)), numbers[order], misfits
