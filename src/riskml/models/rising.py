"""A failure rate that never falls as the score rises, as a few knots: pooled bins, told in log-odds."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 50
"""Bins of equal size that the scores fall into at most, before neighbours are pooled."""
NEAREST: Final = 1e-4
"""Knots are at least so far apart in raw score: the line between two of them is never too steep for the artifact."""

Floats = NDArray[np.float64]


def rising_knots(raw: Floats, fail: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Knots of the isotonic map: strictly rising raw scores and strictly rising log-odds.

    The rates of the bins, (failures + 1/2) / (rows + 1), are pooled with their neighbours until they rise (Ayer et al.
    1955, pool adjacent violators); a pool becomes one knot at its mean raw score.

    Args:
        raw: scores, shape (n,).
        fail: outcomes, shape (n,).

    Returns:
        Two arrays of equal length, 1 at least.

    >>> knots, odds = rising_knots(np.repeat([0.0, 1.0, 2.0], 3), np.repeat([False, True, False], 3))
    >>> knots.tolist(), np.round(odds, 3).tolist()
    ([0.0, 1.5], [-1.946, 0.0])
    """
    _, place = np.unique(raw, return_inverse=True)
    upto = np.cumsum(np.bincount(place))
    bins = (upto[place] - 1) * BINS // len(raw)
    pools: list[tuple[float, float, float]] = []
    for number in np.unique(bins):
        inside = bins == number
        pools.append((float(inside.sum()), float(raw[inside].sum()), float(fail[inside].sum())))
        while len(pools) > 1 and _clash(pools[-2], pools[-1]):
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    table = np.array(pools)
    return table[:, 1] / table[:, 0], np.log((table[:, 2] + 0.5) / (table[:, 0] - table[:, 2] + 0.5))


def _clash(low: tuple[float, float, float], high: tuple[float, float, float]) -> bool:
    """Whether two neighbouring pools do not rise, or lie too close."""
    rates = [(fails + 0.5) / (rows + 1.0) for rows, _, fails in (low, high)]
    return rates[1] <= rates[0] or high[1] / high[0] - low[1] / low[0] < NEAREST
