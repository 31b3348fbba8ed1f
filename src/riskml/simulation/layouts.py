"""Text tables as the files people export: title rows, merged cells, totals and notes; and where each row stands."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from openpyxl import Workbook  # type: ignore[import-untyped]

from riskml.simulation.settings import Ints, Settings

SHEET: Final = "Sheet1"
WORKBOOK_ROWS: Final = 50_000
"""Larger tables are written as CSV."""


@dataclass(frozen=True)
class Written:
    """A file as written.

    Attributes:
        path: of the file.
        name: as the reader shows it, with the sheet of a workbook.
        rows: 1-based number of each row of the table, shape (n,).
        notes: numbers of the rows below the table that are no data of it.
    """

    path: Path
    name: str
    rows: Ints
    notes: list[int]


def write_table(cells: pd.DataFrame, layout: Settings, folder: Path, *, signature: str) -> Written:
    """Write a table with what stands above and below it.

    Args:
        cells: text, n rows.
        layout: entry of files.toml; its file decides between CSV and a workbook.
        folder: to write into.
        signature: whose note stands at the end, if the layout has one.
    """
    above = [[layout["title"]], ["单位：某市市场监督管理局"]] if "title" in layout else []
    below = [["合计", str(len(cells))]] if layout.get("total") else []
    if layout.get("note"):
        below += [["备注：数据由业务系统导出"], [f"填表人：{signature}"]]
    rows = np.arange(len(cells)) + len(above) + 2
    notes = [int(number) for number in np.arange(len(below)) + len(above) + len(cells) + 2]
    path = folder / layout["file"]
    if path.suffix == ".xlsx" and len(cells) <= WORKBOOK_ROWS:
        _workbook(path, cells, above, below, layout.get("merged", ""))
        return Written(path, f"{path.name}#{SHEET}", rows, notes)
    path = path.with_suffix(".csv")
    _text(path, cells, above, below, layout.get("encoding", "gb18030"))
    return Written(path, path.name, rows, notes)


def _text(path: Path, cells: pd.DataFrame, above: list[list[str]], below: list[list[str]], encoding: str) -> None:
    width = len(cells.columns)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerows([*row, *[""] * (width - len(row))] for row in above)
        writer.writerow(cells.columns)
        writer.writerows(cells.itertuples(index=False, name=None))
        writer.writerows([*row, *[""] * (width - len(row))] for row in below)


def _workbook(path: Path, cells: pd.DataFrame, above: list[list[str]], below: list[list[str]], merged: str) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    for row in (*above, list(cells.columns), *cells.itertuples(index=False, name=None), *below):
        sheet.append(list(row))
    for number in range(1, len(above) + 1):
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=len(cells.columns))
    if merged:
        column = list(cells.columns).index(merged) + 1
        for first, last in _runs(cells[merged]):
            start, end = first + len(above) + 2, last + len(above) + 2
            sheet.merge_cells(start_row=start, end_row=end, start_column=column, end_column=column)
    book.save(path)


def _runs(values: "pd.Series[str]") -> list[tuple[int, int]]:
    """First and last place of each run of two or more equal values."""
    change = np.flatnonzero(values.to_numpy()[1:] != values.to_numpy()[:-1])
    first, last = np.append(0, change + 1), np.append(change, len(values) - 1)
    return [(int(a), int(b)) for a, b in zip(first, last, strict=True) if b > a]
