"""Policies without a trained model: what anybody could rank by. Higher is riskier."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRIOR_VISITS: Final = 5.0
"""Weight of the base rate in a shrunk fail rate, in visits."""

Scores = NDArray[np.float64]


def random_order(rows: int) -> Scores:
    """One score for all: ties are judged by their expected value, so this is the exact random order."""
    return np.zeros(rows, dtype=np.float64)


def perfect(fail: "pd.Series[bool]") -> Scores:
    """The outcome itself, the upper bound; rows without an outcome tie at the base rate."""
    known = fail.astype("Float64")
    filled = known.fillna(known.mean() if known.notna().any() else 0.0)
    return np.asarray(filled, dtype=np.float64)


def last_outcome(last_points: Scores, fallback: float) -> Scores:
    """The severity points (or result) of the last visit; sites without one get `fallback`, a typical value.

    >>> last_outcome(np.array([3.0, np.nan]), fallback=1.5).tolist()
    [3.0, 1.5]
    """
    return np.where(np.isnan(last_points), fallback, last_points)


def past_fail_rate(fails: Scores, visits: Scores, base_rate: float) -> Scores:
    """Failures per visit, shrunk towards the base rate as if `PRIOR_VISITS` more visits had been typical.

    >>> past_fail_rate(np.array([0.0, 1.0]), np.array([0.0, 5.0]), base_rate=0.2).tolist()
    [0.2, 0.2]
    """
    return shrunk_rate(fails, visits, base_rate)


def shrunk_rate(fails: Scores, visits: Scores, base_rate: float) -> Scores:
    """(fails + PRIOR_VISITS x base rate) / (visits + PRIOR_VISITS), elementwise."""
    return (fails + PRIOR_VISITS * base_rate) / (visits + PRIOR_VISITS)


def inspector_only(
    learned: "pd.Series[str]", fail: "NDArray[np.bool_]", judged: "pd.Series[str]"
) -> "tuple[Scores, int]":
    """The shrunk fail rate of the inspector who will make the visit: a diagnostic, and no policy to use.

    Whoever ranks well by it ranks inspectors, not sites (METHOD.md 1). Nobody knows the inspector of a visit that was
    not made: such a row gets the base rate.

    Args:
        learned: inspector of each training row's visit, shape (n,); missing where unknown.
        fail: outcomes of the training rows.
        judged: inspector of each judged row's visit, shape (m,); missing where unknown or not visited.

    Returns:
        Scores, shape (m,), and the number of inspectors known from the training rows.
    """
    table = pd.DataFrame({"inspector": learned.to_numpy(), "fail": fail}).groupby("inspector")["fail"]
    counts = table.agg(["sum", "size"])
    base_rate = float(fail.mean())
    rates = shrunk_rate(counts["sum"].to_numpy(np.float64), counts["size"].to_numpy(np.float64), base_rate)
    known = judged.map(pd.Series(rates, index=counts.index)).fillna(base_rate)
    return np.asarray(known, dtype=np.float64), len(counts)
