"""The account of every input row: kept, merged or quarantined, by file and rule, and the cells that were not read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

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
    merged: "pd.Series[bool]"
    rejected: "pd.Series[str]"
    unread: dict[str, tuple[int, list[str]]]


def make_report(source: str, fates: list[Fate]) -> dict[str, Any]:
    """Content of ingest_report.json: rows_in = rows_kept + rows_merged + rows_quarantined, in all and by file."""
    one = pd.concat([_fates(fate) for fate in fates], ignore_index=True)
    rules = one["rejected"].dropna().str.split(":").str[0].value_counts()
    return {
        "source": source,
        **_account(one),
        "files": {str(name): _account(part) for name, part in one.groupby("file", sort=False)},
        "tables": {str(name): _account(part) for name, part in one.groupby("table", sort=False)},
        "rules": {str(rule): int(rules[rule]) for rule in sorted(rules.index)},
        "cells_unread": {
            f"{fate.table}.{name}": {"count": count, "examples": examples}
            for fate in fates
            for name, (count, examples) in sorted(fate.unread.items())
        },
    }


def _fates(fate: Fate) -> pd.DataFrame:
    return pd.DataFrame(
        {"file": fate.rows["_file"], "table": fate.table, "merged": fate.merged, "rejected": fate.rejected}
    )


def _account(part: pd.DataFrame) -> dict[str, int]:
    quarantined = part["rejected"].notna()
    return {
        "rows_in": len(part),
        "rows_kept": int((~quarantined & ~part["merged"]).sum()),
        "rows_merged": int((part["merged"] & ~quarantined).sum()),
        "rows_quarantined": int(quarantined.sum()),
    }


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
    return Fate("", rows, pd.Series(False, index=rows.index), reasons, {})


class Rejecting(Protocol):
    """What the quarantine needs of a table's rows on their way."""

    table: SourceTable
    raw: pd.DataFrame
    rejected: "pd.Series[str]"


def quarantined(taken: Sequence[Rejecting], raws: Sequence[RawTable]) -> pd.DataFrame:
    """The rejected rows with file, row number, rule, reason and their raw text.

    Columns that the source does not name are left out, since they may name persons; for the same reason lines that
    are no rows show their shape only (9 for a digit, x for a letter) where the source tells of persons.
    """
    parts = [_rejected_rows(_without_people(table), table.rejected) for table in taken]
    rest = dropped(raws)
    if len(rest.rows):
        texts = rest.rows["raw"]
        if any(spec.kind in PRIVATE for table in taken for spec in table.table.fields.values()):
            texts = texts.str.replace(r"\d", "9", regex=True).str.replace(r"[^\W\d_]", "x", regex=True)
        parts.append(_entries(rest.rows["_file"], rest.rows["_row"], rest.rejected, texts.tolist()))
    return pd.concat(parts, ignore_index=True)


def _without_people(table: Rejecting) -> pd.DataFrame:
    """The raw cells of named columns, what names a person being hashed."""
    named = ["_file", "_row", *table.table.fields, *matrix_columns(table.table, table.raw)]
    raw = table.raw[[name for name in table.raw.columns if name in named]]
    private = [name for name, spec in table.table.fields.items() if spec.kind in PRIVATE and name in table.raw]
    bad = table.rejected.notna()
    hidden = {name: table.raw[name].mask(bad, hashed(table.raw.loc[bad, name])).fillna("") for name in private}
    return raw.assign(**hidden) if bad.any() else raw


def _rejected_rows(raw: pd.DataFrame, rejected: "pd.Series[str]") -> pd.DataFrame:
    bad = raw[rejected.notna()]
    cells = bad.drop(columns=["_file", "_row"])
    filled = [{name: cell for name, cell in row.items() if cell != ""} for row in cells.to_dict("records")]
    texts = [json.dumps(row, ensure_ascii=False) for row in filled]
    return _entries(bad["_file"], bad["_row"], rejected[rejected.notna()], texts)


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
