"""The account of every input row: kept, merged or quarantined, by file and rule, and the cells that were not read."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.records import contract
from riskml.records.declarations import SourceTable
from riskml.records.matching import matrix_columns
from riskml.records.persons import hashed
from riskml.records.reading import RawTable
from riskml.records.reading_table import ABOVE_HEADER, BLANK, HEADER_AGAIN

NO_ROWS = (ABOVE_HEADER, BLANK, HEADER_AGAIN)
"""Why a line of a file is no row of its table."""


PRIVATE = ("person", "phone")
"""Kinds of field that name a person; no output shows them."""


@dataclass(frozen=True)
class Fate:
    """What became of the rows of one input table.

    Attributes:
        table: name of the source table, or "" for rows that no table took.
        rows: columns `_file`, `_row` and the raw cells; index = places.
        merged: booleans by place: an equal row stands before.
        rejected: reason by place ("rule: words"); missing where the row was kept or merged.
        unread: cells of kept rows that could not be read: field -> (count, examples).
    """

    table: str
    rows: pd.DataFrame
    merged: "NDArray[np.bool_]"
    rejected: "pd.Series[str]"
    unread: dict[str, tuple[int, list[str]]]


def make_report(source: str, fates: list[Fate]) -> dict[str, Any]:
    """Content of ingest_report.json: rows_in = rows_kept + rows_merged + rows_quarantined, in all and by file."""
    told = [fate for fate in fates if len(fate.rows)]
    rules = Counter(reason.split(":")[0] for fate in told for reason in fate.rejected.dropna())
    tables = {fate.table: _account(fate, np.ones(len(fate.rows), dtype=np.bool_)) for fate in told}
    parts = [(str(file), fate, (fate.rows["_file"] == file).to_numpy()) for fate in told for file in _files(fate)]
    files: dict[str, dict[str, int]] = {}
    for file, fate, mine in parts:
        files[file] = _sum(*([files[file]] if file in files else []), _account(fate, mine))
    return {
        "source": source,
        **_sum(*tables.values()),
        "files": files,
        "tables": tables,
        "rules": dict(sorted(rules.items())),
        "cells_unread": {
            f"{fate.table}.{name}": {"count": count, "examples": examples}
            for fate in fates
            for name, (count, examples) in sorted(fate.unread.items())
        },
    }


def _files(fate: Fate) -> list[str]:
    return [str(file) for file in fate.rows["_file"].unique()]


def _sum(*counts: Mapping[str, int]) -> dict[str, int]:
    return {name: sum(one[name] for one in counts) for name in counts[0]}


def _account(fate: Fate, mine: "NDArray[np.bool_]") -> dict[str, int]:
    """What became of some of the rows."""
    quarantined = mine & fate.rejected.notna().to_numpy()
    merged = mine & fate.merged & ~quarantined
    counts = {"rows_in": mine, "rows_kept": mine & ~quarantined & ~merged, "rows_merged": merged}
    return {name: int(rows.sum()) for name, rows in {**counts, "rows_quarantined": quarantined}.items()}


def dropped(raws: Sequence[RawTable]) -> Fate:
    """The rows of the files that are no data (totals, notes, ragged ones); each counts as quarantined.

    Titles above the header and blank rows are no rows of the table, and are left out.
    """
    found = [(raw.file, entry) for raw in raws for entry in raw.dropped if entry.reason not in NO_ROWS]
    rows = pd.DataFrame(
        {
            "_file": pd.Series([file for file, _ in found], dtype="str"),
            "_row": pd.Series([entry.row for _, entry in found], dtype="int64"),
            "raw": pd.Series([entry.text for _, entry in found], dtype="str"),
        }
    )
    reasons = pd.Series([f"file: {entry.reason}" for _, entry in found], dtype="str")
    return Fate("", rows, np.zeros(len(rows), dtype=np.bool_), reasons, {})


class Rejecting(Protocol):
    """What the quarantine needs of a table's rows on their way."""

    @property
    def table(self) -> SourceTable:
        """Its declaration."""
        ...

    @property
    def raw(self) -> pd.DataFrame:
        """Cells as text under field names, `_file` and `_row`."""
        ...

    @property
    def rejected(self) -> "pd.Series[str]":
        """Reasons; missing for a row that was not rejected."""
        ...


@dataclass(frozen=True, eq=False)
class Shown:
    """Rejected rows as the quarantine may show them; attributes as in `Rejecting`."""

    table: SourceTable
    raw: pd.DataFrame
    rejected: "pd.Series[str]"


def quarantined(taken: Sequence[Rejecting], raws: Sequence[RawTable]) -> pd.DataFrame:
    """The rejected rows with file, row number, rule, reason and their raw text.

    Columns that the source does not name are left out, since they may name persons; for the same reason lines that
    are no rows show their shape only (9 for a digit, x for a letter) where the source tells of persons.
    """
    parts = [_rejected_rows(table) for table in taken if table.rejected.notna().any()]
    rest = dropped(raws)
    if len(rest.rows):
        texts = rest.rows["raw"]
        if any(spec.kind in PRIVATE for table in taken for spec in table.table.fields.values()):
            texts = texts.str.replace(r"\d", "9", regex=True).str.replace(r"[^\W\d_]", "x", regex=True)
        parts.append(_entries(rest.rows["_file"], rest.rows["_row"], rest.rejected, texts.tolist()))
    return pd.concat(parts, ignore_index=True) if parts else contract.empty("quarantine")


def _rejected_rows(table: Rejecting) -> pd.DataFrame:
    """The rejected rows of a table, the cells of named columns as JSON, what names a person being hashed."""
    bad = table.rejected.notna().to_numpy()
    named = [*table.table.fields, *matrix_columns(table.table, table.raw)]
    columns = {name: table.raw[name][bad] for name in table.raw.columns if name in named}
    for name, spec in table.table.fields.items():
        if spec.kind in PRIVATE and name in columns:
            columns[name] = hashed(columns[name]).fillna("")
    cells = zip(*(column.tolist() for column in columns.values()), strict=True) if columns else [()] * int(bad.sum())
    filled = [{name: cell for name, cell in zip(columns, row, strict=True) if cell != ""} for row in cells]
    texts = [json.dumps(row, ensure_ascii=False) for row in filled]
    return _entries(table.raw["_file"][bad], table.raw["_row"][bad], table.rejected[bad], texts)


def _entries(file: Any, row: Any, reasons: "pd.Series[str]", texts: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": np.asarray(file, dtype=object),
            "row": np.asarray(row, dtype=np.int64),
            "rule": reasons.str.split(":").str[0].to_numpy(),
            "reason": reasons.to_numpy(),
            "raw": np.asarray(texts, dtype=object),
        }
    )
