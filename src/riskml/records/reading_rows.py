"""Text becomes rows of cells, strictly: the head of a file, a row that does not fit, a file with stray quotes."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from riskml.errors import DataError
from riskml.records.reading_limits import MAX_RAW_CHARS, MAX_ROW_CHARS, MAX_ROW_LINES, MAX_STRAY_QUOTES
from riskml.records.reading_table import STRAY_QUOTE, TOO_LONG, DroppedRow, check_dropped

DELIMITERS = (",", "\t", ";", "|")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BREAK = re.compile(r"[\r\n]")
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_PLAIN = {delimiter: re.compile(rf"[^\r\n{re.escape(delimiter)}]*") for delimiter in DELIMITERS}
_BATCH_CHARS = 2 << 20


@dataclass(frozen=True)
class TextRow:
    """One row of a text table.

    Attributes:
        cells: its cells.
        end: where the next row starts in the text.
        is_open: whether a quote is not closed by the end of the text; then it is its first line, as one cell.
        loose: the most delimiters in a quoted cell that spans lines and is followed by more text; -1 if there is none.
    """

    cells: list[str]
    end: int
    is_open: bool = False
    loose: int = -1


def row_at(text: str, start: int, delimiter: str) -> TextRow:
    r"""The row that starts somewhere in a text; unless a quote is open, the time needed is proportional to its length.

    A quote opens a quoted cell at its start only, and text after its closing quote belongs to the cell, as in the
    compiled parser.

    Args:
        text: not at its end.
        start: where the row starts.
        delimiter: one of DELIMITERS.

    Examples:
        >>> row_at('a,"b ""c"",\nd"\r\ne,f', 0, ",")
        TextRow(cells=['a', 'b "c",\nd'], end=16, is_open=False, loose=-1)
        >>> row_at('5" pan,"x"y\nz', 0, ",").cells, row_at('a,"b\nc', 0, ",").is_open
        (['5" pan', 'xy'], True)
    """
    line = _LINES.match(text, start)
    if line is None:
        return TextRow([""], start)
    plain = line.group().rstrip("\r\n")
    if '"' not in plain:
        return TextRow(plain.split(delimiter), line.end())
    cells, at, loose = [], start, -1
    while True:
        cell = ""
        if text.startswith('"', at):
            quoted = _QUOTED.match(text, at, at + MAX_ROW_CHARS)
            if quoted is None:
                return TextRow([plain], line.end(), is_open=True)
            cell = quoted[1].replace('""', '"')
            at = quoted.end()
        bare = _PLAIN[delimiter].match(text, at)
        more = bare.group() if bare else ""
        if cell and more and _BREAK.search(cell):
            loose = max(loose, cell.count(delimiter))
        cells.append(cell + more)
        at += len(more)
        if not text.startswith(delimiter, at):
            end = at + (2 if text.startswith("\r\n", at) else 1 if at < len(text) else 0)
            return TextRow(cells, end, loose=loose)
        at += 1


def first_rows(text: str, delimiter: str, count: int, *, whole: bool) -> list[TextRow]:
    """The first rows of a text; its last row only if the text is `whole`, for else it may be cut."""
    rows: list[TextRow] = []
    at = 0
    while at < len(text) and len(rows) < count:
        rows.append(row_at(text, at, delimiter))
        at = rows[-1].end
    return rows if whole or at < len(text) else rows[:-1]


def lines(blocks: Iterable[str]) -> Iterator[str]:
    r"""Physical lines with their ends, however the blocks are cut; of one that is too long, only the start.

    Examples:
        >>> list(lines(["a\r", "\nb", "c\n\rd"]))
        ['a\r\n', 'bc\n', '\r', 'd']
    """
    begun: list[str] = []
    held = 0
    carry = ""
    for block in blocks:
        text = carry + block
        carry = "\r" if text.endswith("\r") else ""
        for piece in _LINES.findall(text.removesuffix("\r")):
            if held <= MAX_ROW_CHARS:
                begun.append(piece)
                held += len(piece)
            if piece[-1] in "\r\n":
                yield "".join(begun)
                begun, held = [], 0
    if begun or carry:
        yield "".join(begun) + carry


def well_formed(
    blocks: Iterable[str], *, file: str, delimiter: str, width: int, first_row: int, removed: list[DroppedRow]
) -> Iterator[str]:
    """The same text without rows that are too long, and without lines whose quotes are not closed.

    Args:
        blocks: the text below the header.
        file: its name as shown.
        delimiter: one of DELIMITERS.
        width: cells of the header.
        first_row: the source number of the first row.
        removed: what is left out is appended here.

    Raises:
        DataError: if more than MAX_STRAY_QUOTES lines, or MAX_DROPPED rows, have to be left out.
    """
    rest, queue = lines(blocks), deque[str]()
    batch: list[str] = []
    row, strays, held = first_row - 1, 0, 0
    while line := queue.popleft() if queue else next(rest, ""):
        row += 1
        text = line
        if '"' in line and len(line) <= MAX_ROW_CHARS:
            text = _whole_row(line, queue, rest, delimiter=delimiter, width=width)
            strays += not text
        if text and len(text) <= MAX_ROW_CHARS:
            batch.append(text)
            held += len(text)
        else:
            removed.append(DroppedRow(row, TOO_LONG if text else STRAY_QUOTE, line.rstrip("\r\n")[:MAX_RAW_CHARS]))
            check_dropped(file, len(removed))
        if strays > MAX_STRAY_QUOTES:
            raise DataError(f'{file}: more than {MAX_STRAY_QUOTES} rows have a " that is not closed; export it again')
        if held >= _BATCH_CHARS:
            yield "".join(batch)
            batch, held = [], 0
    yield "".join(batch)


def _whole_row(line: str, queue: deque[str], rest: Iterator[str], *, delimiter: str, width: int) -> str:
    """The text of the row that begins with this line, the lines it needs taken from the queue; "" if it has no end.

    The number of further lines looked at is doubled each time, so that a long row is not looked at once per line.
    """
    text, ahead = line, 0
    while (row := row_at(text, 0, delimiter)).is_open and ahead < MAX_ROW_LINES and len(text) < MAX_ROW_CHARS:
        wanted = max(1, 2 * ahead)
        queue.extend(islice(rest, max(0, wanted - len(queue))))
        if len(queue) <= ahead:
            break
        ahead = min(wanted, len(queue))
        text = line + "".join(islice(queue, ahead))
    if row.is_open or _swallows_rows(text[: row.end], row, delimiter=delimiter, width=width):
        return ""
    taken = row.end - len(line)
    while taken > 0:
        taken -= len(queue.popleft())
    return text[: row.end]


def _swallows_rows(text: str, row: TextRow, *, delimiter: str, width: int) -> bool:
    """Whether the first quote of a row is a stray one that made several rows one.

    So it is if the row does not fit the header but a line in it would, or if a cell that holds the delimiters of a
    whole row ends at a quote that does not close it.
    """
    enough = max(1, width - 1)
    if len(row.cells) == width:
        return row.loose >= enough
    return any(line.count(delimiter) >= enough for line in _LINES.findall(text)[1:])
