"""Graded sites on several days as arrays, and estimates from sums over sites, resampled by site."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats
from riskml.evaluation.intervals import Interval, bootstrap, percentile_interval

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEEDED: Final = ("site_id", "as_of", "level")


@dataclass(frozen=True, eq=False)
class GradedRows:
    """Sites with a level, n rows ordered by day and site; arrays of shape (n,).

    Attributes:
        levels: codes of the levels, safest first.
        days: the days, ascending.
        sites: number of sites.
        site, day: code of each row's site and day.
        rank: place of the level in `levels`.
        points: higher is riskier; NaN where there are none.
        labelled: whether the visit after the day was made and is settled.
        fail: its outcome; False where not labelled.
        unlevelled: rows left out because they have no level.
    """

    levels: tuple[str, ...]
    days: pd.DatetimeIndex
    sites: int
    site: Ints
    day: Ints
    rank: Ints
    points: Floats
    labelled: Flags
    fail: Flags
    unlevelled: int


@dataclass(frozen=True)
class Resampling:
    """How intervals are drawn: number of resamples of the sites, and their seed."""

    draws: int
    seed: int


@dataclass(frozen=True)
class Finding:
    """One number about a grade.

    Attributes:
        measure: what it is (see `grade_quality`).
        value: the number; None where it is undefined.
        low, high: 95 % interval; both None where there is none.
        n, n_positive: rows behind it, and those of them that count for it (failures, movers).
        level, other: codes of the levels it is about; empty if it is about all.
        day: the day it is about, or None.
        interval: "bootstrap" of the sites, "wilson" over the sites, or "" where there is none.
        reason: why value or interval is missing.
    """

    measure: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    n_positive: int = 0
    level: str = ""
    other: str = ""
    day: pd.Timestamp | None = None
    interval: str = ""
    reason: str = ""


def graded_rows(rows: pd.DataFrame, levels: Sequence[str]) -> GradedRows:
    """Check graded rows and put them in the form of `GradedRows`.

    Args:
        rows: site_id, as_of, level (missing: none), and where known points and fail (missing: no settled visit); one
            row a site and day, in any order.
        levels: codes of the levels, safest first.

    Raises:
        DataError: for an absent column, a repeated key, an unknown level, or no row with a level.
    """
    absent = [name for name in NEEDED if name not in rows.columns]
    if absent:
        raise DataError(f"graded rows lack columns {absent}; they have {list(rows.columns)}")
    twice = int(rows.duplicated(["site_id", "as_of"]).sum())
    if twice:
        raise DataError(f"graded rows: {twice} repeated (site_id, as_of); keep one row each")
    unknown = sorted(set(rows["level"].dropna()) - set(levels))
    if unknown:
        raise DataError(f"graded rows: unknown levels {unknown}; allowed are {list(levels)}")
    held = rows[rows["level"].notna()].sort_values(["as_of", "site_id"], kind="stable")
    if held.empty:
        raise DataError(f"none of {len(rows)} graded rows has a level; there is nothing to say about the grade")
    day, days = pd.factorize(held["as_of"], sort=True)
    site, sites = pd.factorize(held["site_id"], sort=True)
    fail = _column(held, "fail").astype("boolean")
    return GradedRows(
        levels=tuple(levels),
        days=pd.DatetimeIndex(days),
        sites=len(sites),
        site=site.astype(np.int64),
        day=day.astype(np.int64),
        rank=pd.Index(levels).get_indexer(pd.Index(held["level"])).astype(np.int64),
        points=_column(held, "points").to_numpy(np.float64, na_value=np.nan),
        labelled=fail.notna().to_numpy(),
        fail=fail.fillna(False).to_numpy(bool),
        unlevelled=len(rows) - len(held),
    )


def _column(rows: pd.DataFrame, name: str) -> "pd.Series[Any]":
    return rows[name] if name in rows.columns else pd.Series(pd.NA, index=rows.index, dtype="Float64")


def site_sums(site: Ints, column: Ints, *, sites: int, columns: int, weight: "Floats | None" = None) -> Floats:
    """Sums by site and column, shape (sites, columns).

    >>> site_sums(np.array([0, 0, 1]), np.array([1, 1, 0]), sites=2, columns=2).tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    sums = np.bincount(site * columns + column, weight, minlength=sites * columns)
    return sums.reshape(sites, columns).astype(np.float64)


def estimate(
    sums: Floats, function: Callable[[Floats], Floats], resampling: Resampling
) -> tuple[Floats, list[Interval]]:
    """A function of the sums over all sites, with the interval of each of its values.

    Args:
        sums: by site, shape (sites, k).
        function: sums of shape (d, k) -> values of shape (d, m); NaN where undefined.
        resampling: of the sites.

    Returns:
        The values, shape (m,), and their percentile intervals.
    """
    sites = len(sums)
    point = function(sums.sum(axis=0, keepdims=True))[0]
    drawn = bootstrap(
        lambda multiplicity: function(multiplicity.astype(np.float64) @ sums),
        sites=sites,
        draws=resampling.draws,
        seed=resampling.seed,
    )
    if not resampling.draws:
        drawn = np.empty((0, len(point)))
    return point, [percentile_interval(drawn[:, place], sites=sites) for place in range(len(point))]


def finding(measure: str, value: float, found: Interval, *, undefined: str, **about: Any) -> Finding:
    """A finding from a value and its interval.

    Args:
        measure: its name.
        value: NaN where it is undefined.
        found: its interval.
        undefined: what to say where the value is.
        about: level, other, day, n, n_positive.
    """
    if np.isnan(value):
        return Finding(measure, None, reason=undefined, **about)
    how = "" if found.low is None else "bootstrap"
    return Finding(measure, float(value), found.low, found.high, interval=how, reason=found.reason or "", **about)
