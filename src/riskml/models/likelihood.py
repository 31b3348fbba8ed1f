"""Logistic regression on a few columns by Newton's method: the same bits whatever the number of threads."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

ROUNDS: Final = 100
"""Steps at most: outcomes that the columns separate have their maximum at infinity, and the climb is ended there."""
GAIN: Final = 1e-12
"""The climb ends when a step lowers the mean log loss by less."""

Floats = NDArray[np.float64]


def greatest_likelihood(columns: Floats, fail: NDArray[np.bool_], *, ridge: float = 0.0) -> list[float]:
    """Coefficients b and intercept a of greatest likelihood of logit P(fail) = columns b + a.

    No step moves a row's log-odds by more than 1, within which the curvature changes by at most the factor e: so the
    damped steps converge from anywhere (Bach 2010, Self-concordant analysis for logistic regression).

    Args:
        columns: shape (n, k), finite, a few columns; where they do not tell two coefficients apart, NaN comes back.
        fail: outcomes, shape (n,).
        ridge: penalty 0.5 x ridge x b^2 on each coefficient but the intercept, in units of rows.

    Returns:
        k + 1 numbers, the intercept last.

    >>> [round(value, 6) for value in greatest_likelihood(np.array([[0.0], [0.0], [1.0], [1.0]]),
    ...     np.array([True, False, True, False]))]
    [0.0, 0.0]
    """
    design = np.column_stack([columns, np.ones(len(columns))])
    penalty = np.append(np.full(columns.shape[1], ridge), 0.0)
    beta = np.zeros(design.shape[1])
    loss = np.inf
    for _ in range(ROUNDS):
        odds = np.einsum("ij,j->i", design, beta)
        before, loss = loss, float(np.logaddexp(0.0, np.where(fail, -odds, odds)).mean())
        if before - loss < GAIN:
            break
        step = _step(design, fail, odds, penalty, beta)
        if step is None:
            return [float("nan")] * len(beta)
        furthest = float(np.abs(np.einsum("ij,j->i", design, step)).max())
        beta = beta + step / max(1.0, furthest)
    return [float(value) for value in beta]


def _step(design: Floats, fail: NDArray[np.bool_], odds: Floats, penalty: Floats, beta: Floats) -> Floats | None:
    """Newton's step; None where the columns are not independent."""
    fitted = 1.0 / (1.0 + np.exp(-odds))
    gradient = np.einsum("ij,i->j", design, fail - fitted) - penalty * beta
    curve = np.einsum("ij,i,ik->jk", design, fitted * (1.0 - fitted), design) + np.diag(penalty)
    scale = np.sqrt(np.diag(curve))
    if not (scale > 0).all():
        return None
    even = curve / np.outer(scale, scale)
    if np.linalg.cond(even) > 1e12:
        return None
    return np.asarray(np.linalg.solve(even, gradient / scale) / scale)
