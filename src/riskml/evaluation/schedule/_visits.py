"""The visits that were made and settled, checked and in one order: the pool of every schedule and inspector table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._pools import check_columns, weights_of
from riskml.evaluation._ranking import Floats
from riskml.records.days import to_days

REQUIRED: Final = ("site_id", "origin", "fail", "weight", "visited_on")
WEEK: Final = 7
MONDAY: Final = 3
"""Day 0, 1970-01-01, was a Thursday: (day + 3) // 7 counts weeks that begin on Monday."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Visits:
    """The settled visits of all origins, n rows ordered by origin, site and day.

    Attributes:
        origins: evaluation origins, ascending.
        origin: code of each visit's origin, shape (n,).
        sites: number of sites.
        site: code of each visit's site, shape (n,).
        day: day number of each visit, shape (n,).
        fail: shape (n,).
        weight: shape (n,).
        inspector, office: codes, shape (n,); -1 where unknown.
        inspectors, offices: their names, in the order of the codes.
        absent: those of the columns inspector and office that the rows do not have.
        scores: of each policy, shape (n,); higher is riskier.
    """

    origins: pd.DatetimeIndex
    origin: Ints
    sites: int
    site: NDArray[np.int32]
    day: Ints
    fail: NDArray[np.bool_]
    weight: Floats
    inspector: Ints
    office: Ints
    inspectors: tuple[str, ...]
    offices: tuple[str, ...]
    absent: tuple[str, ...]
    scores: dict[str, Floats]

    def slots(self) -> Ints:
        """Code of origin x inspector x office x calendar week of each visit, shape (n,).

        A visit whose inspector is not known is alone in its slot, and so never moves; so is one without an office where
        the rows have offices.
        """
        alone = (self.inspector < 0) | ((self.office < 0) if "office" not in self.absent else False)
        week = (self.day + MONDAY) // WEEK
        lonely = np.where(alone, np.arange(len(self.day)), -1)
        keys = np.column_stack([self.origin, self.inspector, self.office, week, lonely])
        return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def made_visits(rows: pd.DataFrame, policies: Sequence[str]) -> Visits:
    """Check the scored rows and keep those with an outcome.

    Args:
        rows: scored rows: site_id, origin, visited_on, fail (missing = no settled visit), weight, score_<policy>, and
            inspector and office if known. A site may have several visits at one origin.
        policies: names, each once.

    Raises:
        DataError: for an absent column, a missing key, a settled visit without a day or a score, or a weight that is
            not finite or negative.
    """
    _check(rows, policies)
    known = rows[rows["fail"].notna()].sort_values(["origin", "site_id", "visited_on"], kind="stable")
    origin, origins = pd.factorize(known["origin"], sort=True)
    site, sites = pd.factorize(known["site_id"], sort=True)
    inspector, inspectors = _codes(known, "inspector")
    office, offices = _codes(known, "office")
    return Visits(
        origins=pd.DatetimeIndex(origins),
        origin=origin.astype(np.int64),
        sites=len(sites),
        site=site.astype(np.int32),
        day=to_days(known["visited_on"]).astype(np.int64),
        fail=known["fail"].to_numpy(bool),
        weight=weights_of(known),
        inspector=inspector,
        office=office,
        inspectors=inspectors,
        offices=offices,
        absent=tuple(name for name in ("inspector", "office") if name not in rows.columns),
        scores={policy: known[f"score_{policy}"].to_numpy(np.float64) for policy in policies},
    )


def _check(rows: pd.DataFrame, policies: Sequence[str]) -> None:
    check_columns(rows, policies, REQUIRED)
    known = rows[rows["fail"].notna()]
    for name in ("visited_on", *(f"score_{policy}" for policy in policies)):
        holes = int(known[name].isna().sum())
        if holes:
            raise DataError(f"{name} is missing in {holes} of {len(known)} settled visits; every one needs it")


def _codes(rows: pd.DataFrame, name: str) -> tuple[Ints, tuple[str, ...]]:
    if name not in rows.columns:
        return np.full(len(rows), -1, dtype=np.int64), ()
    column: pd.Series[Any] = rows[name]
    codes, names = pd.factorize(column, sort=True)
    return codes.astype(np.int64), tuple(str(one) for one in names)
