"""The event log as arrays by site and code, made once and read for many days; nothing here depends on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.grades.facts import places, places_within, site_places
from riskml.records.contract import VISIT_TYPES
from riskml.records.days import NEVER, to_days

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Tiny = NDArray[np.int8]
TYPES: Final = tuple(VISIT_TYPES)
OF_RESULT: Final = {"pass": 0, "inspected": 0, "conditional": 1, "fail": 2}
"""Canonical results of visits that took place, as places in `rules.RESULTS`."""
DAYS: Final = ("occurred_on", "known_on", "gone_on", "repaired_on", "valid_to")


@dataclass(frozen=True)
class Tape:
    """The versions of the events of some codes; arrays of shape (m,), rows sorted by code.

    Attributes:
        sites: number of sites, n.
        codes: the codes, in the order of the rows.
        starts: first row of each code, and m at the end.
        row: place in the log. site: row of the site.
        days: column of the log -> day numbers.
        log: the log, for what few facts need (case, amount, quantity, event).
    """

    sites: int
    codes: tuple[str, ...]
    starts: Ints
    row: Ints
    site: Small
    days: dict[str, Small]
    log: pd.DataFrame

    def rows(self, code: str) -> slice:
        """The rows of a code."""
        if code not in self.codes:
            return slice(0, 0)
        place = self.codes.index(code)
        return slice(int(self.starts[place]), int(self.starts[place + 1]))

    def column(self, name: str, rows: Ints) -> "pd.Series[Any]":
        """Some rows of a column of the log."""
        return self.log[name].iloc[self.row[rows]]

    def numbers(self, name: str, rows: Ints) -> Ints:
        """A number for each distinct text of a column among some rows, -1 for a missing one."""
        return places_within(self.column(name, rows))


def make_tape(sites: pd.DataFrame, log: pd.DataFrame, codes: Sequence[str]) -> Tape:
    """The events of `codes` at `sites`.

    Args:
        sites: table with site_id (unique), n rows.
        log: event log in versions (`records.log`); days it lacks count as never.
        codes: event codes that any rule reads.

    Raises:
        DataError: if a site stands twice in `sites`.
    """
    wanted = tuple(dict.fromkeys(codes))
    code = places(log["code"], pd.Index(wanted)).astype(np.int16)
    rows = np.flatnonzero(code >= 0)
    site = site_places(sites, log["site_id"].iloc[rows]).astype(np.int32)
    rows, site = rows[site >= 0], site[site >= 0]
    order = np.argsort(code[rows], kind="stable")
    rows, site = rows[order], site[order]
    starts = np.searchsorted(code[rows], np.arange(len(wanted) + 1))
    days = {name: _days(log, name)[rows] for name in DAYS}
    return Tape(len(sites), wanted, starts.astype(np.int64), rows, site, days, log)


def _days(log: pd.DataFrame, name: str) -> Small:
    return log[name].to_numpy(np.int32) if name in log else np.full(len(log), NEVER, dtype=np.int32)


@dataclass(frozen=True)
class Visits:
    """The visits of the sites (canonical inspections), arrays of shape (v,) sorted by site and day.

    Attributes:
        site, day, known: row of the site, day of the visit, first known day.
        kind: place of the visit type in `TYPES`. result: 0 passed, 1 with defects, 2 failed.
        score, key, general: score and failed items; NaN where there are none.
        row: place in the table of inspections.
    """

    site: Small
    day: Small
    known: Small
    kind: Tiny
    result: Tiny
    score: NDArray[np.float64]
    key: NDArray[np.float64]
    general: NDArray[np.float64]
    row: Small

    def take(self, rows: "Ints | NDArray[np.bool_]") -> "Visits":
        """Some of the visits."""
        return Visits(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def make_visits(sites: pd.DataFrame, inspections: pd.DataFrame) -> Visits:
    """The visits that took place at `sites`."""
    site = site_places(sites, inspections["site_id"])
    result = places(inspections["result"], pd.Index(list(OF_RESULT)))
    rows = np.flatnonzero((site >= 0) & (result >= 0))
    day = to_days(inspections["visited_on"])
    rows = rows[np.lexsort((day[rows], site[rows]))]
    numbers: dict[str, Any] = {
        name: np.asarray(inspections[name].astype("float64"), dtype=np.float64)[rows]
        for name in ("score", "key_fail", "general_fail")
    }
    return Visits(
        site=site[rows].astype(np.int32),
        day=day[rows],
        known=to_days(inspections["known_on"])[rows],
        kind=places(inspections["visit_type"], pd.Index(TYPES))[rows].astype(np.int8),
        result=np.array(list(OF_RESULT.values()), dtype=np.int8)[result[rows]],
        score=numbers["score"],
        key=numbers["key_fail"],
        general=numbers["general_fail"],
        row=rows.astype(np.int32),
    )
