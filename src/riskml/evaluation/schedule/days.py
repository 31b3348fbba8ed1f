"""Days earlier: when the failures would have been found, had the same visits been made in the order of a score."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskml.errors import DataError

Floats = NDArray[np.float64]
Ties = Literal["stable", "expected"]
TIES: Final = ("stable", "expected")
"""Equal scores keep the order of the rows (as the field's published figures do), or count by expected value."""


@dataclass(frozen=True)
class ByChance:
    """Days earlier of a random order of the same visits.

    Attributes:
        mean: over all orders; not 0 where failures were not spread evenly over the days.
        sd: standard deviation over the orders.
    """

    mean: float
    sd: float


def simulated_days(score: ArrayLike, day: ArrayLike, *, ties: Ties = "expected") -> Floats:
    """The day of each visit if the riskiest had gone first and each day had kept its number of visits (METHOD.md 1).

    Args:
        score: higher is riskier, shape (n,); no NaN.
        day: day number on which each visit was made, shape (n,).
        ties: see `TIES`; "expected" gives equal scores the mean of the days that fall to them.

    Raises:
        DataError: for vectors of unequal length, no visit, or a NaN score.

    >>> simulated_days([1, 3, 2], [10, 10, 14], ties="stable").tolist()
    [14.0, 10.0, 10.0]
    >>> simulated_days([0, 0, 9], [10, 12, 20]).tolist()
    [16.0, 16.0, 10.0]
    """
    scores, days = _vectors(score, day)
    if ties not in TIES:
        raise DataError(f"ties {ties!r} is unknown; allowed are {list(TIES)}")
    order = np.argsort(-scores, kind="stable")
    offered = np.sort(days)
    if ties == "expected":
        offered = _mean_of_ties(scores[order], offered)
    simulated = np.empty(len(days))
    simulated[order] = offered
    return simulated


def days_earlier(failed: ArrayLike, score: ArrayLike, day: ArrayLike, *, ties: Ties = "expected") -> float | None:
    """Mean over the failed visits of (the day they were made - the day the score would have made them).

    The assumption behind it: visits may change places freely, and a failure would have been there on either day.

    Returns:
        Days, above 0 if failures would have been found earlier; None without a failed visit.

    Raises:
        DataError: as in `simulated_days`, and for outcomes that are neither 0 nor 1.

    >>> days_earlier([0, 0, 1], [0.1, 0.2, 0.9], [10, 12, 20])
    10.0
    """
    outcome = _outcomes(failed, day)
    simulated = simulated_days(score, day, ties=ties)
    moved = np.asarray(day, dtype=np.float64) - simulated
    return float(moved[outcome].mean()) if outcome.any() else None


def by_chance(failed: ArrayLike, day: ArrayLike) -> ByChance | None:
    """Days earlier of a random order: its exact mean and standard deviation (sampling without replacement).

    With n visits, k failures and S^2 the variance of the days (divisor n - 1) the simulated days of the failures are a
    sample of k out of n: variance of their mean S^2 / k (1 - k / n).

    Returns:
        None without a failed visit, or with fewer than two visits.

    >>> by_chance([0, 0, 1], [10, 12, 20]).mean
    6.0
    """
    outcome = _outcomes(failed, day)
    days = np.asarray(day, dtype=np.float64)
    n, k = len(days), int(outcome.sum())
    if not k or n < 2:
        return None
    variance = days.var(ddof=1) / k * (1 - k / n)
    return ByChance(float(days[outcome].mean() - days.mean()), float(np.sqrt(variance)))


def first_half(failed: ArrayLike, score: ArrayLike, day: ArrayLike, *, ties: Ties = "expected") -> float | None:
    """Share of the failures found on the first days: those up to which fewer than half of all visits were made.

    Returns:
        In [0, 1]; None without a failed visit.

    Raises:
        DataError: as in `days_earlier`.

    >>> first_half([0, 1, 0, 1], [0.1, 0.9, 0.3, 0.2], [10, 11, 12, 13])
    0.5
    """
    outcome = _outcomes(failed, day)
    scores, days = _vectors(score, day)
    if not outcome.any():
        return None
    if ties not in TIES:
        raise DataError(f"ties {ties!r} is unknown; allowed are {list(TIES)}")
    order = np.argsort(-scores, kind="stable")
    inside = (np.arange(len(days)) < _visits_of_first_half(days)).astype(np.float64)
    if ties == "expected":
        inside = _mean_of_ties(scores[order], inside)
    return float(inside[outcome[order]].sum() / outcome.sum())


def actual_first_half(failed: ArrayLike, day: ArrayLike) -> float | None:
    """The same share in the order in which the visits were made; None without a failed visit.

    >>> actual_first_half([1, 0, 0, 1], [10, 11, 12, 13])
    0.5
    """
    outcome = _outcomes(failed, day)
    days = np.asarray(day, dtype=np.float64)
    if not outcome.any():
        return None
    early = np.sort(days)[: _visits_of_first_half(days)]
    return float(outcome[np.isin(days, early)].sum() / outcome.sum())


def _visits_of_first_half(days: Floats) -> int:
    """Visits on the days up to which fewer than half of all visits were made."""
    upto = np.cumsum(np.unique(days, return_counts=True)[1])
    return int(upto[upto < len(days) / 2].max(initial=0))


def _mean_of_ties(ranked: Floats, values: Floats) -> Floats:
    """Each group of equal scores (they stand together) gets the mean of its values."""
    group = np.cumsum(np.append(0, ranked[1:] != ranked[:-1]))
    means = np.bincount(group, values) / np.bincount(group)
    return np.asarray(means[group], dtype=np.float64)


def _vectors(score: ArrayLike, day: ArrayLike) -> tuple[Floats, Floats]:
    scores, days = np.asarray(score, dtype=np.float64), np.asarray(day, dtype=np.float64)
    if scores.ndim != 1 or scores.shape != days.shape or not len(scores):
        raise DataError(
            f"score and day must be vectors of one length, not empty; got shapes {scores.shape}, {days.shape}"
        )
    if np.isnan(scores).any():
        raise DataError(f"{np.count_nonzero(np.isnan(scores))} scores are NaN; every visit needs a score")
    return scores, days


def _outcomes(failed: ArrayLike, day: ArrayLike) -> NDArray[np.bool_]:
    outcome: NDArray[Any] = np.asarray(failed)
    if outcome.shape != np.shape(day):
        raise DataError(f"failed and day must be vectors of one length; got shapes {outcome.shape}, {np.shape(day)}")
    wrong = np.count_nonzero(~np.isin(outcome, [0, 1]))
    if wrong:
        raise DataError(f"{wrong} outcomes are neither 0 nor 1; leave visits without a settled outcome out")
    return outcome.astype(bool)
