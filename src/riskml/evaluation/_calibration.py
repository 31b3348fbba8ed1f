"""Brier score, calibration slope and calibration in the large of probabilities, for many weightings of the sites."""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from riskml.evaluation._ranking import Floats, Multiplicity

TOLERANCE: Final = 1e-10
"""The fit has converged when no row's log-odds moves further than this."""

ROUNDS: Final = 100
"""Newton steps before the fit is given up: the maximum is then at infinity (the outcomes are separated)."""


def calibrate(
    outcome: NDArray[np.bool_],
    probability: Floats,
    *,
    weight: Floats,
    site: NDArray[np.int32],
    multiplicity: Multiplicity,
) -> Floats:
    """Brier score, slope and intercept under each weighting.

    Args:
        outcome: whether each of n rows failed, shape (n,).
        probability: in [0, 1], shape (n,).
        weight: of each row, shape (n,).
        site: code of each row's site, shape (n,).
        multiplicity: how often each site was drawn, shape (draws, sites).

    Returns:
        Shape (draws, 3). NaN where undefined: no weight; or for slope and intercept one outcome only, a probability of
        exactly 0 or 1 (its log-odds is infinite); for the slope also equal probabilities or separated outcomes.
    """
    result = np.full((len(multiplicity), 3), np.nan)
    with np.errstate(divide="ignore"):
        log_odds = np.log(probability) - np.log1p(-probability)
    finite = bool(np.isfinite(log_odds).all())
    reach = float(np.abs(log_odds).max(initial=0.0)) if finite else 0.0
    place = site.astype(np.int32)
    _fit(
        np.ascontiguousarray(multiplicity),
        place,
        weight.astype(np.float64),
        outcome,
        probability,
        log_odds,
        finite,
        reach,
        result,
    )
    return result


@njit(nogil=True, cache=True)
def _fit(multiplicity, site, weight, outcome, probability, log_odds, finite, reach, result):  # type: ignore[no-untyped-def]
    drawn, failed, odds, first = np.empty(len(site)), np.empty(len(site)), np.empty(len(site)), np.empty(len(site))
    start = 1.0 / (1.0 + np.exp(-(0.0 + 1.0 * log_odds)))  # where every fit of every draw begins
    for draw in range(multiplicity.shape[0]):
        total = positive = squares = 0.0
        kept = 0
        for row in range(len(site)):  # a row that was not drawn is written over by the next: no branch to mispredict
            one, fail = multiplicity[draw, site[row]] * weight[row], 1.0 if outcome[row] else 0.0
            drawn[kept], failed[kept], odds[kept], first[kept] = one, fail, log_odds[row], start[row]
            kept += one > 0.0
            total += one
            positive += one * fail
            squares += one * (probability[row] - fail) ** 2
        if total > 0.0:
            result[draw, 0] = squares / total
        if finite and 0.0 < positive < total:
            rows = (drawn[:kept], failed[:kept], odds[:kept], first[:kept])
            result[draw, 1] = _newton(rows, reach, True)[1]
            result[draw, 2] = _newton(rows, reach, False)[0]


@njit(nogil=True, cache=True, error_model="numpy")
def _newton(rows, reach, free_slope):  # type: ignore[no-untyped-def]
    """Maximum likelihood of logit P(outcome) = a + b log_odds; b stays 1 unless `free_slope`. (NaN, NaN) if none."""
    weight, failed, log_odds, first = rows
    intercept, slope = 0.0, 1.0
    for turned in range(ROUNDS):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for row in range(len(weight)):
            x = log_odds[row]
            fitted = 1.0 / (1.0 + np.exp(-(intercept + slope * x))) if turned else first[row]
            gap = weight[row] * (failed[row] - fitted)
            curve = weight[row] * fitted * (1.0 - fitted)
            g0, g1 = g0 + gap, g1 + gap * x
            h00, h01, h11 = h00 + curve, h01 + curve * x, h11 + curve * x * x
        up, turn, move = damped_step((g0, g1), (h00, h01, h11), reach, free_slope)
        if np.isnan(move):
            break
        intercept, slope = intercept + up, slope + turn
        if move < TOLERANCE:
            return intercept, slope
    return np.nan, np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def damped_step(gradient, curvature, reach, free_slope):  # type: ignore[no-untyped-def]
    """One Newton step of intercept and slope, damped so that no log-odds moves by more than 1; how far it would move.

    No step moves a row's log-odds by more than 1, within which the curvature changes by at most the factor e: so the
    damped steps converge from anywhere (Bach 2010, Self-concordant analysis for logistic regression). The move is NaN
    where there is no step: the rows do not tell the parameters apart.
    """
    (g0, g1), (h00, h01, h11) = gradient, curvature
    determinant = h00 * h11 - h01 * h01 if free_slope else h00
    if not determinant > (1e-12 * h00 * h11 if free_slope else 0.0):
        return 0.0, 0.0, np.nan
    up = (h11 * g0 - h01 * g1) / determinant if free_slope else g0 / h00
    turn = (h00 * g1 - h01 * g0) / determinant if free_slope else 0.0
    move = abs(up) + abs(turn) * reach
    damped = 1.0 / max(1.0, move)
    return damped * up, damped * turn, move
