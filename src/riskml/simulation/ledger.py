"""The ledger: what the bureau writes down, append-only, and its canonical tables."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.records import contract
from riskml.records.days import NEVER, Days, from_days
from riskml.simulation.settings import Ints, Texts

Rows = dict[str, "np.ndarray[Any, Any]"]
"""Columns of equal length."""

DAY_COLUMNS: Final = ("occurred_on", "known_on", "due_on", "valid_to", "effective_on", "visited_on")
NONE: Final = -1
"""No visit, no case."""

BLANKS: Final = {"due_on": NEVER, "valid_to": NEVER, "case": NONE, "visit": NONE, "quantity": 1, "amount": np.nan}
"""What a row holds in a column that was not written; any other column: nothing."""

NUMBERS: Final = 10_000_000
"""Numbers set aside for the events of each partition, and as many for its visits and its cases."""

TABLES: Final = ("events", "amendments", "inspections")
GRADED: Final = {
    "events": ("event", "code", "site", "occurred_on", "known_on", "case", "quantity", "amount"),
    "amendments": ("event", "kind", "effective_on", "known_on", "column", "value"),
}
"""What a grade reads of the tables."""


@dataclass
class Ledger:
    """Events, amendments and visits in the order in which they were written; each `add_*` returns the new numbers.

    Attributes:
        site_ids, offices: of each site, to write numbers as identifiers.
        severity: of each event code.
        partition: number of the partition; no two partitions give a number twice.
    """

    site_ids: Texts
    offices: Texts
    severity: dict[str, int]
    partition: int = 0
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {table: [] for table in TABLES})
    _counts: dict[str, int] = field(default_factory=lambda: {"events": 0, "inspections": 0, "cases": 0})
    _seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))

    def new_cases(self, count: int) -> Ints:
        """Numbers of new cases."""
        return self._next("cases", count)

    def add_events(self, code: "str | Texts", site: Ints, *, occurred_on: Days, known_on: Days, **columns: Any) -> Ints:
        """Write events; `known_on` may not lie before `occurred_on`."""
        numbers = self._next("events", len(site))
        codes = np.broadcast_to(np.asarray(code, dtype=np.str_), len(site))
        row = {"event": numbers, "code": codes, "site": site, "occurred_on": occurred_on, **columns}
        self._write("events", {**row, "known_on": np.maximum(known_on, occurred_on)})
        return numbers

    def amend(self, kind: str, event: Ints, *, effective_on: Days, known_on: Days, **columns: Any) -> None:
        """Write amendments of events by number; the caller sees to it that each event is known by then."""
        row = {"event": event, "kind": np.full(len(event), kind), "effective_on": effective_on, **columns}
        self._write("amendments", {**row, "known_on": np.maximum(known_on, effective_on)})

    def add_visits(self, site: Ints, *, visited_on: Days, known_on: Days, **columns: Any) -> Ints:
        """Write visits."""
        numbers = self._next("inspections", len(site))
        row = {"visit": numbers, "site": site, "visited_on": visited_on, **columns}
        self._write("inspections", {**row, "known_on": np.maximum(known_on, visited_on)})
        return numbers

    def news(self) -> tuple[Rows, Rows]:
        """What a grade reads of the events and of the amendments written since the last call."""
        events, amendments = (_stacked(self._rows[table][self._seen[table] :], GRADED[table]) for table in GRADED)
        self._seen = {table: len(rows) for table, rows in self._rows.items()}
        return events, amendments

    def table(self, table: str, *, known_before: int = NEVER) -> pd.DataFrame:
        """The rows of "events", "amendments" or "inspections" that became known before a day, canonical."""
        written = self._rows[table]
        rows = _stacked(written, tuple(dict.fromkeys(name for row in written for name in row)))
        if not rows:
            return contract.empty(table)
        known = rows["known_on"] < known_before
        raw = pd.DataFrame({name: values[known] for name, values in rows.items()})
        for name in DAY_COLUMNS:
            if name in raw:
                raw[name] = from_days(raw[name].to_numpy())
        return contract.conform(table, self._named(table, raw))

    def _write(self, table: str, row: dict[str, Any]) -> None:
        if len(row["known_on"]):
            self._rows[table].append(row)

    def _next(self, what: str, count: int) -> Ints:
        first = self._counts[what]
        self._counts[what] = first + count
        if first + count > NUMBERS:
            raise DataError(f"a partition wrote more than {NUMBERS} {what}; choose a smaller partition_sites")
        return self.partition * NUMBERS + np.arange(first, first + count)

    def _named(self, table: str, raw: pd.DataFrame) -> pd.DataFrame:
        """Numbers written as identifiers, and what follows from the code or the site."""
        if "site" in raw:
            site = raw.pop("site").to_numpy()
            raw["site_id"] = self.site_ids[site]
            if table == "inspections":
                raw["office"] = self.offices[site]
        names = (
            ("event", "event_id", "e{:07d}"),
            ("visit", "inspection_id", "v{:07d}"),
            ("case", "case_id", "c{:06d}"),
        )
        for number, name, pattern in names:
            if number in raw:
                raw[name] = _identifiers(raw.pop(number), pattern)
        if table == "events":
            raw["severity"] = raw["code"].map(self.severity).fillna(0).astype("int64")
            raw["source"] = raw["code"].str.split("_").str[0].str.lower()
        return raw


def _stacked(rows: list[dict[str, Any]], names: tuple[str, ...]) -> Rows:
    """The columns named, of rows that were written together in any number of turns."""
    if not rows:
        return {name: np.empty(0, dtype=np.int64) for name in names}
    return {name: np.concatenate([_column(row, name) for row in rows]) for name in names}


def _column(row: dict[str, Any], name: str) -> "np.ndarray[Any, Any]":
    """A column of rows written together; one that they lack is "none" there."""
    value = np.asarray(row.get(name, BLANKS.get(name)))
    return np.broadcast_to(value, len(row["known_on"]))


def _identifiers(numbers: "pd.Series[int]", pattern: str) -> list[str | None]:
    return [None if number == NONE else pattern.format(number) for number in numbers.tolist()]
