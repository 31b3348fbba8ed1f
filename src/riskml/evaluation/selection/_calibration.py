"""Are probabilities right for the sites nobody visited: failures a expected one, intercept and slope, by every method.

Observed / expected is (failures among all active sites, as a method estimates them) / (sum of their probabilities).
Intercept and slope solve sum w (y - s(a + b logit p)) (1, logit p) = 0 with y the outcome as a method puts it, s the
logistic function (Cox 1958; Van Calster et al. 2019); with weights they are a weighted logistic regression. An end of
the bounds of the intercept is above 0 just where that of observed / expected is above 1, so the bounds are given for
the latter only; the slope does not move one way with the outcomes, and has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from riskml.evaluation._calibration import ROUNDS, damped_step
from riskml.evaluation._ranking import Floats, Multiplicity, ratio
from riskml.evaluation.selection._bounds import nested
from riskml.evaluation.selection._rows import Selected
from riskml.evaluation.selection._values import (
    ARM,
    HAJEK,
    HT,
    NAIVE,
    ROBUST,
    SENSITIVITY,
    WORST,
    Key,
    Values,
    outcome_columns,
)  # fmt: skip

RATIO, INTERCEPT, SLOPE = "observed_expected", "calibration_intercept", "calibration_slope"
LAST_MOVE: Final = 1e-6
"""The fit ends with a step that moves no log-odds further: what is left is of the order of its square."""
_WEIGHTED: Final = {NAIVE: ("labelled", "failed"), HAJEK: ("ipw", "ipw_failed"), ARM: ("arm", "arm_failed")}
"""Methods that weigh the labelled rows, with their columns."""


@dataclass(frozen=True, eq=False)
class CalibrationEstimators:
    """Calibration of one policy's probabilities.

    Attributes:
        policy: its name; chosen: the rows.
        gammas: ascending.
        columns: of `outcome_columns`; by_site: each summed over a site's rows times weight, shape (sites,).
    """

    policy: str
    chosen: Selected
    gammas: tuple[float, ...]
    columns: dict[str, Floats]
    by_site: dict[str, Floats]

    def values(self, multiplicity: Multiplicity) -> Values:
        """Every number under each weighting of the sites."""
        times = multiplicity.astype(np.float64)
        sums = {name: np.asarray(times @ column) for name, column in self.by_site.items()}
        found = {Key(self.policy, RATIO, method): value for method, value in self._ratios(sums).items()}
        found |= self._bounds(sums, found.get(Key(self.policy, RATIO, ROBUST)))
        for method, (weight, outcome) in self._fits().items():
            solved = _solved(self, weight, outcome, multiplicity)
            found[Key(self.policy, INTERCEPT, method)] = solved[:, 0]
            found[Key(self.policy, SLOPE, method)] = solved[:, 1]
        return found

    def _ratios(self, sums: dict[str, Floats]) -> dict[str, Floats]:
        expected = sums["expected"]
        found = {NAIVE: ratio(sums["failed"], sums["expected labelled"])}
        for method in (HAJEK, ARM):
            weight, failed = _WEIGHTED[method]
            if weight in sums:
                found[method] = ratio(sums["all"] * ratio(sums[failed], sums[weight]), expected)
        if "ipw" in sums:
            found[HT] = ratio(sums["ipw_failed"], expected)
        if "robust" in sums:
            found[ROBUST] = ratio(sums["robust"], expected)
        return found

    def _bounds(self, sums: dict[str, Floats], centre: Floats | None) -> Values:
        tilts = self.gammas if centre is not None else ()
        lower = np.stack([*(sums[f"tilt {1 / g!r}"] for g in tilts), sums["failed"]], axis=-1)
        upper = np.stack([*(sums[f"tilt {g!r}"] for g in tilts), sums["most"]], axis=-1)
        expected = sums["expected"][:, None] + 0 * lower
        middle = np.full(len(lower), np.nan) if centre is None else centre
        ends = nested(ratio(lower, expected), ratio(upper, expected), centre=middle)
        found: Values = {}
        for end, values in (("lower", ends.lower), ("upper", ends.upper)):
            found |= {Key(self.policy, RATIO, SENSITIVITY, g, end): values[:, k] for k, g in enumerate(tilts)}
            found[Key(self.policy, RATIO, WORST, None, end)] = values[:, -1]
        return found

    def _fits(self) -> dict[str, tuple[Floats, Floats]]:
        """Weight and outcome of each row, by method; rows of weight 0 are left out."""
        failed = self.columns["failed"]
        found = {
            method: (self.columns[weight], failed)
            for method, (weight, _) in _WEIGHTED.items()
            if weight in self.columns
        }
        if "robust" in self.columns:
            found[ROBUST] = (np.ones(len(failed)), self.columns["robust"])
        return found


def calibration_estimators(
    chosen: Selected, policies: Sequence[str], gammas: Sequence[float]
) -> list[CalibrationEstimators]:
    """Prepare the policies whose scores are probabilities."""
    pool = chosen.pool
    columns = outcome_columns(chosen, gammas)
    found = []
    for policy in policies:
        probability = pool.scores[policy]
        parts = {"all": np.ones(len(probability)), "expected": probability}
        parts |= {**columns, "expected labelled": probability * columns["labelled"]}
        by_site = {
            name: np.asarray(np.bincount(pool.site, part * pool.weight, minlength=pool.sites), dtype=np.float64)
            for name, part in parts.items()
        }
        found.append(CalibrationEstimators(policy, chosen, tuple(gammas), columns, by_site))
    return found


def _solved(of: CalibrationEstimators, weight: Floats, outcome: Floats, multiplicity: Multiplicity) -> Floats:
    """Intercept and slope under each weighting, shape (draws, 2); NaN where they do not exist."""
    pool, kept = of.chosen.pool, weight > 0
    probability = pool.scores[of.policy][kept]
    with np.errstate(divide="ignore"):
        log_odds = np.log(probability) - np.log1p(-probability)
    found = np.full((len(multiplicity), 2), np.nan)
    if np.isfinite(log_odds).all() and len(log_odds):
        reach = float(np.abs(log_odds).max())
        _solve(multiplicity, pool.site[kept], (weight * pool.weight)[kept], outcome[kept], log_odds, reach, found)
    return found


@njit(nogil=True, cache=True)
def _solve(multiplicity, site, weight, outcome, log_odds, reach, found):  # type: ignore[no-untyped-def]
    drawn = np.empty(len(site))
    level = _newton(weight, outcome, log_odds, reach, (0.0, 1.0), False)
    line = _newton(weight, outcome, log_odds, reach, level, True)  # both are where every draw begins
    for draw in range(multiplicity.shape[0]):
        total = positive = 0.0
        for row in range(len(site)):
            drawn[row] = multiplicity[draw, site[row]] * weight[row]
            total += drawn[row]
            positive += drawn[row] * outcome[row]
        if 0.0 < positive < total:
            found[draw, 0] = _newton(drawn, outcome, log_odds, reach, level, False)[0]
            found[draw, 1] = _newton(drawn, outcome, log_odds, reach, line, True)[1]


@njit(nogil=True, cache=True)
def _newton(weight, outcome, log_odds, reach, start, free_slope):  # type: ignore[no-untyped-def]
    """The root by damped Newton steps as in `_calibration`, for outcomes that may be any number; (NaN, NaN) if none."""
    intercept, slope = start if start[0] == start[0] else (0.0, 1.0)  # NaN: there was no root to begin at
    for _ in range(ROUNDS):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for row in range(len(weight)):
            if weight[row] > 0.0:
                x = log_odds[row]
                fitted = 1.0 / (1.0 + np.exp(-(intercept + slope * x)))
                gap = weight[row] * (outcome[row] - fitted)
                curve = weight[row] * fitted * (1.0 - fitted)
                g0, g1 = g0 + gap, g1 + gap * x
                h00, h01, h11 = h00 + curve, h01 + curve * x, h11 + curve * x * x
        up, turn, move = damped_step((g0, g1), (h00, h01, h11), reach, free_slope)
        if np.isnan(move):
            break
        intercept, slope = intercept + up, slope + turn
        if move < LAST_MOVE:
            return intercept, slope
    return np.nan, np.nan
