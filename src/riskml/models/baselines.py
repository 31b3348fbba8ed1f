"""Policies without a trained model: what anybody could rank by. Higher is riskier."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRIOR_VISITS: Final = 5.0
"""Weight of the base rate in the shrunk past fail rate, in visits."""

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
    return (fails + PRIOR_VISITS * base_rate) / (visits + PRIOR_VISITS)
