"""Cut points that give published shares of levels on a reference month; frozen afterwards, never refitted."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError


def fit_cuts(points: "NDArray[np.float64]", shares: Sequence[float], *, decimals: int = 6) -> list[float]:
    """Upper ends of all levels but the riskiest, on points (higher is riskier), so that the shares are met.

    A level ends between two values of the points: of equal points all go one way, the way that misses the share least.

    Args:
        points: of the sites on the reference day; NaN for sites without points, which do not count.
        shares: of the levels, safest first; they sum to 1.
        decimals: the cuts are rounded so.

    Returns:
        One value fewer than shares, not falling; a site of exactly that many points belongs to the safer level.

    Raises:
        DataError: if the shares do not sum to 1, or there are no points.

    >>> fit_cuts(np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), [0.3, 0.6, 0.1])
    [2.0, 8.0]
    """
    known = np.sort(points[~np.isnan(points)])
    if abs(sum(shares) - 1) > 1e-9 or not len(known):
        raise DataError(
            f"{len(known)} points and shares that sum to {sum(shares):g}; needed are points, and shares of 1"
        )
    values, counts = np.unique(known, return_counts=True)
    reached = np.cumsum(counts) / len(known)
    ends = [int(np.argmin(np.abs(reached - share))) for share in np.cumsum(shares)[:-1]]
    return [float(np.round(values[end], decimals)) for end in np.maximum.accumulate(ends)]
