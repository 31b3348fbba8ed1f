"""Time to inspection: how many days until the failing sites are reached, and the clean ones, at a bureau's pace."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, Multiplicity
from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.evaluation.schedule._reaching import origin_days, waits
from riskml.evaluation.schedule._visits import Visits, made_visits

OUTCOMES: Final = ("clean", "failing")
METRICS: Final = ("wait_mean", "wait_median", "wait_90")
AS_MADE: Final = "as_made"
NEEDED: Final = 20
"""Visits of an outcome that its figures need; below that it says "not enough data"."""
COLUMNS: Final = {
    "policy": "str", "outcome": "str", "metric": "str", "value": "float64", "low": "float64", "high": "float64",
    "visits_per_day": "float64", "n": "int64", "n_positive": "int64", "reason": "str",
}  # fmt: skip


def waiting_days(score: ArrayLike, *, visits_per_day: float) -> Floats:
    """Whole days until each site is reached if the riskiest go first, so many a day; 0 is the planning day.

    Equal scores share the days that fall to them (expected value under random order), so a mean may be no whole number.

    Args:
        score: higher is riskier, shape (n,); no NaN.
        visits_per_day: above 0; a fraction is carried over to the next day.

    Returns:
        Shape (n,).

    Raises:
        DataError: for a NaN score or a pace that is not above 0.

    >>> waiting_days([5, 1, 9, 1, 1], visits_per_day=2).tolist()
    [0.0, 1.3333333333333333, 0.0, 1.3333333333333333, 1.3333333333333333]
    """
    scores = np.asarray(score, dtype=np.float64)
    if scores.ndim != 1 or np.isnan(scores).any():
        raise DataError(f"score must be a vector without NaN; got shape {scores.shape}")
    _check_pace(visits_per_day)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    begins = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]) if len(ranked) else [])
    edges = np.append(begins, len(ranked)).astype(np.float64)
    means = np.diff(_days_before(edges, visits_per_day)) / np.diff(edges)
    waited = np.empty(len(scores))
    waited[order] = np.repeat(means, np.diff(edges).astype(np.int64))
    return waited


def waiting_table(
    rows: pd.DataFrame,
    policies: Sequence[str],
    *,
    pairs: Sequence[tuple[str, str]] = (),
    visits_per_day: float | None = None,
    draws: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """Days until the failing and the clean visits of each origin's pool are reached, the riskiest first.

    Reordering: the pool is the visits that were made and settled; each is reached in the end. The pace is constant.

    Args:
        rows: scored rows: site_id, origin, visited_on, fail (missing = no settled visit), weight, score_<policy>.
        policies: those to compare; higher scores are riskier.
        pairs: (a, b) whose paired difference is wanted, as policy "a - b"; below 0: a reaches them earlier.
        visits_per_day: the same at every origin; absent means that each origin's visits are spread evenly over the days
            from the origin to its last visit.
        draws: bootstrap resamples of the sites, the same for all.
        seed: of the resamples.

    Returns:
        policy (as_made: the days on which they were made), outcome ("clean", "failing"), metric (wait_mean; wait_median
        and wait_90: whole days within which half, and nine tenths, are reached), value, low, high (95 %),
        visits_per_day (mean over the origins), n (visits of the outcome), n_positive (failures), reason (why a number
        is missing).

    Raises:
        DataError: for rows, pairs or a pace that do not allow it.
    """
    unknown = sorted({name for pair in pairs for name in pair} - set(policies))
    if unknown:
        raise DataError(f"pairs name {unknown}; the policies compared are {list(policies)}")
    visits = made_visits(rows, policies)
    spans, paces = _paces(visits, visits_per_day)

    def statistic(multiplicity: Multiplicity) -> Floats:
        return waits(visits, multiplicity, spans=spans, pace=visits_per_day or 0.0).reshape(len(multiplicity), -1)

    shape = (len(policies) + 1, len(OUTCOMES), len(METRICS))
    once = statistic(np.ones((1, visits.sites), dtype=np.uint16)).reshape(shape)
    drawn = bootstrap(statistic, sites=visits.sites, draws=draws, seed=seed).reshape(draws, *shape)
    told = list(_told([*policies, AS_MADE], pairs, once, drawn, visits))
    numbers = {"value": np.nan, "low": np.nan, "high": np.nan, "reason": "", "visits_per_day": paces}
    return pd.DataFrame([{**numbers, **row} for row in told], columns=list(COLUMNS)).astype(COLUMNS)


def _check_pace(visits_per_day: float) -> None:
    if not (np.isfinite(visits_per_day) and visits_per_day > 0):
        raise DataError(f"a pace of {visits_per_day} visits a day is not allowed; it is above 0")


def _days_before(positions: Floats, pace: float) -> Floats:
    """Sum of the waiting days of all positions before each one: floor(position / pace), integrated."""
    days = np.floor(positions / pace)
    return np.asarray(pace * days * (days - 1) / 2 + days * (positions - days * pace), dtype=np.float64)


def _paces(visits: Visits, visits_per_day: float | None) -> tuple[Floats, float]:
    """Days from each origin to its last visit, shape (origins,), and the mean number of visits a day."""
    if visits_per_day is not None:
        _check_pace(visits_per_day)
    starts = origin_days(visits)
    early = int((visits.day < starts[visits.origin]).sum())
    if early:
        raise DataError(f"{early} settled visits were made before their origin; they belong to an earlier one")
    ends = np.zeros(len(starts), dtype=np.int64)
    np.maximum.at(ends, visits.origin, visits.day - starts[visits.origin] + 1)
    sizes = np.bincount(visits.origin, visits.weight, minlength=len(starts))
    mean = float((sizes / ends).mean()) if len(starts) else float("nan")
    return ends.astype(np.float64), mean if visits_per_day is None else visits_per_day


def _told(
    names: Sequence[str], pairs: Sequence[tuple[str, str]], once: Floats, drawn: Floats, visits: Visits
) -> "Iterator[dict[str, Any]]":
    failures = int(visits.fail.sum())
    for at, outcome in enumerate(OUTCOMES):
        n = failures if outcome == "failing" else len(visits.fail) - failures
        about = {"outcome": outcome, "n": n, "n_positive": failures}
        few = f"not enough data: {n} {outcome} visits, {NEEDED} are needed" if n < NEEDED else ""
        for place, metric in enumerate(METRICS):
            value, values = once[:, at, place], drawn[:, :, at, place]
            for one, name in enumerate(names):
                row = {"policy": name, "metric": metric, **about}
                yield {**row, "reason": few} if few else {**row, **_interval(value[one], values[:, one], visits.sites)}
            for a, b in pairs:
                one, other = names.index(a), names.index(b)
                row = {"policy": f"{a} - {b}", "metric": metric, **about}
                gap = _interval(value[one] - value[other], values[:, one] - values[:, other], visits.sites)
                yield {**row, "reason": few} if few else {**row, **gap}


def _interval(value: float, drawn: Floats, sites: int) -> "dict[str, Any]":
    found = percentile_interval(drawn, sites=sites)
    return {"value": float(value), "low": found.low, "high": found.high, "reason": found.reason or ""}
