"""The game that one leaf plays: what each feature on its way adds to it, exactly (Shapley 1953)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.explaining.quadrature import gauss

Floats = NDArray[np.float64]


def leaf_games(value: Floats, shares: Floats, followed: Floats) -> Floats:
    """Shapley values of games with one leaf each.

    A set S of known features reaches the leaf with weight prod(1 if followed else 0, in S) * prod(share, not in S). A
    feature's Shapley value is the mean, over t in (0, 1), of what it adds when every other feature is known with
    probability t (Owen 1972, "Multilinear extensions of games"): for one leaf the mean of a polynomial, which a few
    points of Gauss and Legendre give exactly, and without a difference of near numbers.

    Every number comes from the same operations in the same order, however many are made at once.

    Args:
        value: log-odds of the leaves; shape (...).
        shares: for each feature on the way, the share of the training rows that follow it, in (0, 1); shape (d, ...).
        followed: 1 where the row follows the way, else 0; shape (d, ...).

    Returns:
        What each feature adds, in log-odds; shape (d, ...), the arguments' shapes broadcast.

    >>> leaf_games(np.array(2.0), np.array([0.25]), np.array([1.0])).tolist()
    [1.5]
    """
    change = followed - shares
    result = np.zeros(change.shape)
    for point, weight in gauss((len(shares) + 1) // 2):
        factors = shares * (1.0 - point) + followed * point
        product = weight * value
        for factor in factors:
            product = product * factor
        np.divide(change, factors, out=factors)
        factors *= product
        result += factors
    return result


def pair_games(value: Floats, shares: Floats, followed: Floats, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Shapley interaction values of games with one leaf each, as `interactions` defines them.

    Args:
        value: as in `leaf_games`, and `shares` and `followed` too.
        shares: shape (d, ...).
        followed: shape (d, ...).
        pairs: two of the d features, or twice the same.

    Returns:
        For two features half their interaction; for one what is left of its Shapley value when its halves with all
        d - 1 others are taken away; shape (pairs, ...).

    >>> both = np.array([[1.0], [1.0]])
    >>> pair_games(np.array([8.0]), both / 2, both, [(0, 0), (0, 1), (1, 1)]).ravel().tolist()
    [2.0, 1.0, 2.0]
    """
    change = followed - shares
    points, weights = np.array(gauss((len(shares) + 1) // 2)).T.reshape(2, -1, *[1] * (change.ndim - 1))
    factors = [share * (1.0 - points) + one * points for share, one in zip(shares, followed, strict=True)]
    product = weights * value
    together = np.zeros_like(factors[0])
    for factor, one in zip(factors, change, strict=True):
        product = product * factor
        np.divide(one, factor, out=factor)
        together += factor
    result = np.empty((len(pairs), *change.shape[1:]))
    for place, (a, b) in enumerate(pairs):
        other = 1.0 - 0.5 * (together - factors[a]) if a == b else 0.5 * factors[b]
        (product * factors[a] * other).sum(axis=0, out=result[place])
    return result
