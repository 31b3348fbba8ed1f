"""Workbooks become tables, one for each sheet; the bytes are parsed in a process of its own, within limits."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from riskml.errors import DataError
from riskml.records.reading_bytes import ByteSource, in_one_line
from riskml.records.reading_header import find_header
from riskml.records.reading_limits import (
    HEAD_ROWS,
    MAX_RAW_CHARS,
    WORKBOOK_SECONDS,
    WORKBOOK_SECONDS_PER_MB,
    allowed_bytes,
    workbook_memory,
)
from riskml.records.reading_table import (
    ABOVE_HEADER,
    BLANK,
    DroppedRow,
    Hints,
    RawTable,
    Sheet,
    check_dropped,
    check_width,
    finished,
)

_WORKER = Path(__file__).with_name("reading_worker.py")
_BATCH = 16_384
Cells = list[str]


def read_workbook(source: ByteSource, hints: Hints) -> list[RawTable]:
    """Every sheet that is not blank, in the order of the workbook.

    Raises:
        DataError: if it is damaged, encrypted, too large, or has no filled sheet.
    """
    with source.seekable() as packed, tempfile.TemporaryFile() as parsed:
        _parse(source.name, packed, parsed)
        parsed.seek(0)
        tables = [table for sheet in _sheets(parsed) if (table := _table(source.name, *sheet, hints))]
    if not tables:
        raise DataError(f"{source.name}: every sheet is blank; export it again")
    return tables


def _parse(name: str, packed: IO[bytes], parsed: IO[bytes]) -> None:
    """Run the worker on a workbook.

    Raises:
        DataError: if it fails, or does not end in time.
    """
    size = os.fstat(packed.fileno()).st_size
    command = [sys.executable, "-P", str(_WORKER), str(workbook_memory(size)), str(allowed_bytes(size))]
    environment = {**os.environ, "RUST_BACKTRACE": "0"}  # a long one takes seconds to write
    seconds = WORKBOOK_SECONDS + WORKBOOK_SECONDS_PER_MB * size / 1e6
    try:
        done = subprocess.run(  # noqa: S603  (our own script, no word of the user in the command)
            command, stdin=packed, stdout=parsed, stderr=subprocess.PIPE, timeout=seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{name}: not read after {seconds:.0f} s; save it again as .xlsx or .csv") from error
    if done.returncode == 3:
        words = in_one_line(done.stderr.decode(errors="replace"))
        if "assword" in words:
            raise DataError(f"{name} is protected by a password; save it without one")
        raise DataError(f"{name} is not a readable workbook ({words}); open it and save it again as .xlsx")
    if done.returncode:
        raise DataError(
            f"{name}: parsing it took more than {workbook_memory(size) >> 20} MiB or broke off; it is damaged, or has "
            "cells far outside its table; copy the table to a new workbook"
        )


def _sheets(parsed: IO[bytes]) -> Iterator[tuple[dict[str, Any], Iterator[Cells]]]:
    """Each sheet's description and rows; the rows must be used up before the next sheet is asked for."""
    line = parsed.readline()
    while line:
        description: dict[str, Any] = json.loads(line)
        following: list[bytes] = []
        yield description, _rows(parsed, following)
        line = following[0]


def _rows(parsed: IO[bytes], following: list[bytes]) -> Iterator[Cells]:
    while (line := parsed.readline()).startswith(b"["):
        yield json.loads(line)
    following.append(line)


def _table(file: str, description: dict[str, Any], rows: Iterator[Cells], hints: Hints) -> RawTable | None:
    """One sheet; None if it is blank."""
    name = f"{file}#{description['sheet']}"
    merged = [
        (first[0], last[0], first[1] - description["left"])
        for first, last in description["merged"]
        if last[0] > first[0]
    ]
    filled = _filled_down(rows, merged, name)
    head = list(islice(filled, HEAD_ROWS))
    header = -1 if hints.columns else find_header(head, hints.matching)
    if not head:
        return None
    if header is None:
        raise DataError(f"{name}: the first {HEAD_ROWS} rows are blank; delete them")
    header = max([header, *(last for first, last, _ in merged if first <= header <= last < len(head))])
    cells = list(hints.columns) if hints.columns else head[header]
    check_width(name, len(cells))
    above = [
        DroppedRow(row, ABOVE_HEADER if any(texts) else BLANK, ",".join(texts)[:MAX_RAW_CHARS])
        for row, texts in enumerate(head[: max(header, 0)], start=1)
    ]
    dropped: list[DroppedRow] = []
    body, numbers = _body(chain(head[header + 1 :], filled), len(cells), header + 2, dropped, name)
    sheet = Sheet(
        file=name,
        encoding="workbook",
        header_row=header + 1,
        header=cells,
        body=body,
        rows=numbers,
        dropped=[*above, *dropped],
    )
    return finished(sheet)


def _filled_down(rows: Iterable[Cells], merged: Sequence[tuple[int, int, int]], name: str) -> Iterator[Cells]:
    """Rows in which a cell merged over several rows has its text in each of them (in its first column only).

    Args:
        rows: from row 0; blank rows may be empty lists.
        merged: first row, last row, column.
        name: of the sheet.

    Raises:
        DataError: if merged ranges overlap, which no spreadsheet allows.
    """
    begins: dict[int, list[tuple[int, int]]] = {}
    for first, last, column in merged:
        begins.setdefault(first, []).append((column, last))
    active: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows):
        cells = row
        for column, (last, text) in list(active.items()):
            if number > last:
                del active[column]
            elif column < len(cells) and not cells[column]:
                cells[column] = text
        for column, last in begins.get(number, ()):
            if column in active:
                raise DataError(f"{name}: merged cells overlap in row {number + 1}; save it again as .xlsx")
            if 0 <= column < len(cells) and cells[column]:  # so no more of them than the sheet has columns
                active[column] = (last, cells[column])
        yield cells


def _body(
    rows: Iterable[Cells], width: int, first_row: int, dropped: list[DroppedRow], name: str
) -> tuple[pa.Table, Any]:
    """Rows below the header as columns; those that are wholly blank or have text outside the header are dropped."""
    schema = pa.schema([(str(place), pa.large_string()) for place in range(width)])
    batches, numbers = [], []
    source = enumerate(rows, start=first_row)
    while part := list(islice(source, _BATCH)):
        kept = []
        for number, cells in part:
            if not any(cells) or any(cells[width:]):
                reason = f"text to the right of the {width} columns of the header" if cells else BLANK
                dropped.append(DroppedRow(number, reason, ",".join(cells)[:MAX_RAW_CHARS]))
                continue
            numbers.append(number)
            kept.append((*cells[:width], *[""] * (width - len(cells))))
        check_dropped(name, len(dropped))
        columns = [pa.array(column, pa.large_string()) for column in zip(*kept, strict=True)]
        if kept:
            batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
    return pa.Table.from_batches(batches, schema=schema), np.array(numbers, dtype=np.int64)
