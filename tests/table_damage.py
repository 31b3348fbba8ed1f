"""Seeded damage to tables of cells, as people and programs do it, and the bytes that hold them."""

import csv
import gzip
import io
import random
from collections.abc import Callable

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
from openpyxl.utils.exceptions import IllegalCharacterError  # type: ignore[import-untyped]

Rows = list[list[str]]
CELLS = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://127.0.0.1","a")', "@SUM(A1)", "+1+1", "-2+3", "1e308", "9" * 400,
    "-1e400", "NaN", "Infinity", "-0", "0x10", "1_000", "1,000", "2万元", "１２３", "٣", "9.14E+17", "2147483648",
    "9223372036854775808", "-9223372036854775809", "9999-12-31", "0001-01-01", "1677-09-20", "2262-04-12", "99999999",
    "2958466", "-1", "60", "0", "2024-02-30", "23.5.7", "2024-05-06 25:61:61", "2024-05-06T00:00:00+14:00",
    "12/31/1969", "1900-01-01", "0000-00-00", "A" * 40_000, "龘" * 5_000, "\0", "a\0b", "\x1f",
    "\x85", "\u2028", "\u202e", "\ufeff", "e\u0301", "🍜", "\n", "a\r\nb", "\r", '"', '""', "'", "{licence}", "{", "%s",
    "(((", "\\1", ".*", "~x", "*", "/", "——", "无", "null", "NULL", "None", "<NA>", "True", "是", " ", "　", "\t", "、",
    "a;b,c、d|e║f", "@", ":", "#", "92999999MA00000076", "JY29999990000000", "110101199003074477", "13800000000",
    "张三", "张*三", "合计", "备注：",
]  # fmt: skip
"""Texts that mean something to a reader, a parser, a spreadsheet, or nobody."""
HEADERS = ["", "_file", "_row", "_place", "_table", "site_id", "item", "name", "raw", "index", "0", "统一社会信用代码"]
"""Names of columns, some of them also names inside the importer."""


def one_cell(rng: random.Random, rows: Rows) -> Rows:
    """A cell says something else."""
    row = rng.choice(rows[1:] or rows)
    row[rng.randrange(len(row))] = rng.choice(CELLS)
    return rows


def one_column(rng: random.Random, rows: Rows) -> Rows:
    """Every cell of a column says the same, or something of its own."""
    place, text = rng.randrange(len(rows[0])), rng.choice((None, *CELLS))
    for row in rows[1:]:
        row[place] = rng.choice(CELLS) if text is None else text
    return rows


def copied(rng: random.Random, rows: Rows) -> Rows:
    """A cell stands in another place too."""
    rng.choice(rows)[rng.randrange(len(rows[0]))] = rng.choice(rng.choice(rows))
    return rows


def swapped_columns(rng: random.Random, rows: Rows) -> Rows:
    """Two columns change places; or their names only."""
    a, b = (rng.randrange(len(rows[0])) for _ in range(2))
    for row in rows if rng.random() < 0.5 else rows[:1]:
        row[a], row[b] = row[b], row[a]
    return rows


def header_name(rng: random.Random, rows: Rows) -> Rows:
    """A column is called like another, by a strange name, or not at all."""
    rows[0][rng.randrange(len(rows[0]))] = rng.choice((*HEADERS, *rows[0]))
    return rows


def more_or_fewer_columns(rng: random.Random, rows: Rows) -> Rows:
    """A column gone, or there twice, perhaps with other cells."""
    place = rng.randrange(len(rows[0]))
    if rng.random() < 0.5 and len(rows[0]) > 1:
        return [row[:place] + row[place + 1 :] for row in rows]
    cells = [[rows[0][place]], *([rng.choice((row[place], rng.choice(CELLS)))] for row in rows[1:])]
    return [row + cell for row, cell in zip(rows, cells, strict=True)]


def more_or_fewer_rows(rng: random.Random, rows: Rows) -> Rows:
    """Rows gone, there again, in another order; the header again; blank rows; a totals row in the middle."""
    body = rows[1:]
    if not body:
        return rows
    way = rng.randrange(5)
    if way == 0:
        body = body[: rng.randrange(len(body))]
    elif way == 1:
        body += [list(row) for row in rng.choices(body, k=rng.choice((1, 5, 60)))]
    elif way == 2:
        rng.shuffle(body)
    else:
        strange = [rows[0], [""] * len(rows[0]), ["合计", "9", *[""] * len(rows[0])][: len(rows[0])]]
        body.insert(rng.randrange(len(body) + 1), list(rng.choice(strange)))
    return [rows[0], *body]


def ragged(rng: random.Random, rows: Rows) -> Rows:
    """A row longer or shorter than the header."""
    row = rng.choice(rows)
    if rng.random() < 0.5:
        row += [rng.choice(CELLS)] * rng.choice((1, 3, 300))
    else:
        del row[rng.randrange(len(row)) :]
        row += row or [""]
    return rows


ROW_DAMAGE: list[Callable[[random.Random, Rows], Rows]] = [
    one_cell, one_cell, one_cell, one_column, copied, swapped_columns, header_name, more_or_fewer_columns,
    more_or_fewer_rows,
]  # fmt: skip
"""Kinds that leave as many cells in each row."""


def damaged_rows(rng: random.Random, rows: Rows, others: list[Rows]) -> Rows:
    """A damaged copy of a table.

    Args:
        rng: generator.
        rows: header and rows.
        others: tables that may be written below it by mistake.
    """
    made = [list(row) for row in rows]
    for _ in range(rng.choice((1, 1, 2, 4, 12))):
        made = rng.choice(ROW_DAMAGE)(rng, made)
    if rng.random() < 0.1:
        made += [list(row) for row in rng.choice(others)]
    return ragged(rng, made) if rng.random() < 0.1 else made


def csv_bytes(rng: random.Random, rows: Rows, encoding: str) -> bytes:
    """Delimited text: any delimiter, any line ends, mixed ones too; titles above and notes below now and then."""
    stream = io.StringIO()
    end = rng.choice(("\n", "\r\n", "\r\n", "\r"))
    titles = [["附件2 检查结果"], ["单位：某局"]] if rng.random() < 0.2 else []
    notes = [["合计", str(len(rows))], ["填表人：王某"]] if rng.random() < 0.2 else []
    writer = csv.writer(stream, delimiter=rng.choice(",,,,;\t"), lineterminator=end)
    writer.writerows([*titles, *rows, *notes])
    lines = stream.getvalue().split(end)
    mixed = rng.random() < 0.1
    text = "".join(line + (rng.choice(("\n", "\r\n", "\r")) if mixed else end) for line in lines[:-1]) + lines[-1]
    return text.encode(encoding, "replace")


def workbook_bytes(rng: random.Random, rows: Rows) -> bytes:
    """A workbook; merged cells, a second sheet and numbers as numbers now and then."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        try:
            sheet.append([float(cell) if cell.isdigit() and rng.random() < 0.1 else cell[:32_767] for cell in row])
        except IllegalCharacterError:
            sheet.append(["".join(c for c in cell if c.isprintable())[:32_767] for cell in row])
    if rng.random() < 0.3:
        first, column = rng.randrange(1, len(rows) + 1), rng.randrange(1, len(rows[0]) + 2)
        sheet.merge_cells(
            start_row=first, end_row=first + rng.randrange(5), start_column=column, end_column=column + rng.randrange(3)
        )
    if rng.random() < 0.2:
        book.create_sheet("底表").append(rng.choice(rows))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parquet_bytes(rng: random.Random, rows: Rows) -> bytes:
    """A Parquet file of text, or of numbers and days where a column reads so."""
    width = len(rows[0])
    body = [(row + [""] * width)[:width] for row in rows[1:]]
    names = [name if name not in rows[0][:place] else f"{name}.{place}" for place, name in enumerate(rows[0])]
    frame = pd.DataFrame(body, columns=names, dtype="str")
    for name in frame.columns:
        if rng.random() < 0.2:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


def packed(data: bytes) -> bytes:
    """The bytes as .gz."""
    return gzip.compress(data, 1, mtime=0)
