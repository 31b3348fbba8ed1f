"""One number of a comparison and what is needed to read it: interval, pool, or the reason why it is missing."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from riskml.evaluation._policies import pool_of, undefined
from riskml.evaluation._pools import Pool
from riskml.evaluation._ranking import Floats
from riskml.evaluation.intervals import percentile_interval


@dataclass(frozen=True)
class Estimate:
    """One number and what is needed to read it.

    Attributes:
        value: the metric on the rows as they are; None where it is undefined.
        low, high: 95 % interval by bootstrap of the sites; both None where there is none.
        n: rows of the metric's pool.
        n_positive: failures among them; for labelled_share the labelled rows.
        estimand: "reordering" (pool: visits made and settled) or "allocation" (pool: all active sites).
        draws: bootstrap draws behind the interval.
        reason: why value or interval is missing; None if both are there.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    n_positive: int
    estimand: str
    draws: int
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The entry of summary.json; `reason` only where something is missing."""
        names = ("value", "low", "high", "n", "n_positive", "estimand")
        entry = {name: getattr(self, name) for name in names}
        return entry if self.reason is None else {**entry, "reason": self.reason}


@dataclass(frozen=True)
class Difference(Estimate):
    """An `Estimate` of metric(a) - metric(b), both on the same rows in every draw.

    Attributes:
        low_simultaneous, high_simultaneous: interval that holds together with those of the other declared rivals
            (`simultaneous`), for a declared pair at the headline metric; else None.
    """

    low_simultaneous: float | None = None
    high_simultaneous: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """As for an estimate, with the number of draws, and the simultaneous interval where there is one."""
        entry = {**super().as_dict(), "draws": self.draws}
        if self.low_simultaneous is None:
            return entry
        return {**entry, "low_simultaneous": self.low_simultaneous, "high_simultaneous": self.high_simultaneous}


def estimates(
    pool: Pool, point: dict[str, Floats], drawn: dict[str, Floats], kind: type[Estimate]
) -> dict[str, Estimate]:
    """Estimates of some metrics.

    Args:
        pool: that they were measured on.
        point: metric -> its value, shape (1,); NaN where undefined.
        drawn: metric -> values under each draw, shape (draws,).
        kind: `Estimate` or `Difference`.
    """
    result = {}
    for metric, (value,) in point.items():
        n, n_positive, estimand = pool_of(pool, metric)
        if np.isnan(value):
            result[metric] = kind(None, None, None, n, n_positive, estimand, 0, undefined(metric))
            continue
        found = percentile_interval(drawn[metric], sites=pool.sites)
        result[metric] = kind(float(value), found.low, found.high, n, n_positive, estimand, found.draws, found.reason)
    return result


def verdict(difference: Estimate, *, lower_is_better: bool = False) -> Literal["better", "worse", "undecided"]:
    """Whether the first policy of a difference is better: undecided if the interval holds 0 or is absent.

    Args:
        difference: of a metric with a direction (not of the calibration slope or intercept).
        lower_is_better: True for the Brier score and the share of visits to clean sites.

    >>> verdict(Difference(0.02, 0.01, 0.03, 900, 90, "reordering", 1000))
    'better'
    >>> verdict(Difference(0.02, -0.01, 0.05, 900, 90, "reordering", 1000))
    'undecided'
    """
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return "undecided"
    return "better" if (difference.low > 0) is not lower_is_better else "worse"
