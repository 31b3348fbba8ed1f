"""The ledger: what the bureau writes down, append-only, and its canonical tables."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from riskml.records import contract
from riskml.records.days import NEVER, Days, from_days
from riskml.simulation.settings import Ints, Texts

DAY_COLUMNS = ("occurred_on", "known_on", "due_on", "valid_to", "effective_on", "visited_on")
NONE = -1
"""No visit, no case."""

BLANKS = {"due_on": NEVER, "valid_to": NEVER, "case": NONE, "visit": NONE, "quantity": 1, "amount": np.nan}
"""What a row holds in a column that was not written; any other column: nothing."""


@dataclass
class Ledger:
    """Events, amendments and visits in the order in which they were written; each `add_*` returns the new numbers.

    Attributes:
        site_ids, offices: of each site, to write numbers as identifiers.
        severity: of each event code.
    """

    site_ids: Texts
    offices: Texts
    severity: dict[str, int]
    _rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"events": [], "amendments": [], "inspections": []}
    )
    _counts: dict[str, int] = field(default_factory=lambda: {"events": 0, "inspections": 0, "cases": 0})

    def new_cases(self, count: int) -> Ints:
        """Numbers of new cases."""
        return self._next("cases", count)

    def add_events(self, code: "str | Texts", site: Ints, *, occurred_on: Days, known_on: Days, **columns: Any) -> Ints:
        """Write events; `known_on` may not lie before `occurred_on`."""
        numbers = self._next("events", len(site))
        codes = np.broadcast_to(np.asarray(code, dtype=np.str_), len(site))
        row = {"event": numbers, "code": codes, "site": site, "occurred_on": occurred_on, **columns}
        self._rows["events"].append({**row, "known_on": np.maximum(known_on, occurred_on)})
        return numbers

    def amend(self, kind: str, event: Ints, *, effective_on: Days, known_on: Days, **columns: Any) -> None:
        """Write amendments of events by number; the caller sees to it that each event is known by then."""
        row = {"event": event, "kind": np.full(len(event), kind), "effective_on": effective_on, **columns}
        self._rows["amendments"].append({**row, "known_on": np.maximum(known_on, effective_on)})

    def add_visits(self, site: Ints, *, visited_on: Days, known_on: Days, **columns: Any) -> Ints:
        """Write visits."""
        numbers = self._next("inspections", len(site))
        row = {"visit": numbers, "site": site, "visited_on": visited_on, **columns}
        self._rows["inspections"].append({**row, "known_on": np.maximum(known_on, visited_on)})
        return numbers

    def take(self, table: str) -> pd.DataFrame:
        """The rows written to "events", "amendments" or "inspections" since the last call, canonical."""
        rows, self._rows[table] = [row for row in self._rows[table] if len(row["known_on"])], []
        if not rows:
            return contract.empty(table)
        names = list(dict.fromkeys(name for row in rows for name in row))
        raw = pd.DataFrame({name: np.concatenate([_column(row, name) for row in rows]) for name in names})
        for name in DAY_COLUMNS:
            if name in raw:
                raw[name] = from_days(raw[name].to_numpy())
        return contract.conform(table, self._named(table, raw))

    def _next(self, what: str, count: int) -> Ints:
        first = self._counts[what]
        self._counts[what] = first + count
        return np.arange(first, first + count)

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


def _column(row: dict[str, Any], name: str) -> "np.ndarray[Any, Any]":
    """A column of rows written together; one that they lack is "none" there."""
    value = np.asarray(row.get(name, BLANKS.get(name)))
    return np.broadcast_to(value, len(row["known_on"]))


def _identifiers(numbers: "pd.Series[int]", pattern: str) -> list[str | None]:
    return [None if number == NONE else pattern.format(number) for number in numbers.tolist()]
