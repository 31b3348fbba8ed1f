"""Selective labels: what a policy finds among all active sites, by every method side by side (METHOD.md 2.1, 4).

Estimand: allocation. The pool is all active sites; the outcome of a site is that of its first eligible visit had there
been one; the budget is cut within each origin. Only visited sites have an outcome, and the visits followed the grade,
so the naive figure rewards the grade. No method is right alone: where they disagree, that is the finding.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._policies import ALLOCATION
from riskml.evaluation._ranking import Floats, Multiplicity
from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.evaluation.selection._calibration import INTERCEPT, RATIO, SLOPE, calibration_estimators
from riskml.evaluation.selection._facts import FactsOf
from riskml.evaluation.selection._rows import Selected, SelectionRules, select
from riskml.evaluation.selection._values import (
    ARM,
    CONTRACTION,
    HAJEK,
    HT,
    METHODS,
    METRICS,
    NAIVE,
    OBSERVED,
    ROBUST,
    SENSITIVITY,
    WORST,
    Key,
    Values,
    estimators,
)  # fmt: skip
from riskml.evaluation.selection.contraction import complete_units, contraction_estimators
from riskml.evaluation.selection.overlap import overlap_table
from riskml.evaluation.selection.words import selection_verdict

__all__ = ["COLUMNS", "GAMMAS", "METHODS", "SelectionRules", "overlap_table", "selection_table", "selection_verdict"]

GAMMAS: Final = (1.2, 1.5, 2.0, 3.0)
"""Sensitivity parameters shown: odds ratios between the failing of unlabelled and labelled sites alike on record."""
MOST_DRAWS: Final = 500
"""Resamples behind the intervals of calibration, whose fits take most of the time."""
COLUMNS: Final = {
    "policy": "str", "metric": "str", "method": "str", "gamma": "float64", "value": "float64", "low": "float64",
    "high": "float64", "lower": "float64", "upper": "float64", "n": "int64", "n_positive": "int64", "ess": "float64",
    "clipped": "float64", "estimand": "str", "reason": "str",
}  # fmt: skip
_OF_BUDGET: Final = (NAIVE, HAJEK, HT, ROBUST, SENSITIVITY, WORST, CONTRACTION, ARM)
_OF_RATIO: Final = (NAIVE, HAJEK, HT, ROBUST, SENSITIVITY, WORST, ARM)
_OF_FIT: Final = (NAIVE, HAJEK, ROBUST, ARM)


class _Source(Protocol):
    def values(self, multiplicity: Multiplicity) -> Values: ...


def selection_table(
    rows: pd.DataFrame,
    policies: Sequence[str],
    budgets: Sequence[float],
    *,
    pairs: Sequence[tuple[str, str]] = (),
    gammas: Sequence[float] = GAMMAS,
    draws: int = 1000,
    seed: int,
    probability_policies: Sequence[str] = ("model",),
    rules: SelectionRules | None = None,
) -> pd.DataFrame:
    """Precision, recall and lift at budget, and calibration, by every method, with paired differences.

    Methods: `naive` (labelled rows only, as if there were no others); `ipw_hajek` and `ipw_horvitz_thompson` (weights 1
    / propensity, clipped; Hajek 1971, Horvitz and Thompson 1952); `doubly_robust` (Robins, Rotnitzky and Zhao 1994);
    `sensitivity` (bounds at each gamma, `_bounds`); `worst_case` (every unlabelled site passes, or fails;
    Manski 1990); `contraction`; `random_arm` (double-random visits only); `observed` needs none. All rows serve every
    method, but for origins where some row has no propensity; those are left out for all, unless that is every origin.

    Args:
        rows: scored rows: site_id, origin, fail (missing = no settled visit), weight, score_<policy>; and where known
            propensity (probability of a settled first eligible visit, fitted before the origin), visit_type ("DR" =
            double-random), random_propensity (probability that this visit is the double-random one), and the columns
            that `rules` names.
        policies: those to judge; each scores every site, so not those that read the visit itself.
        budgets: whole hundredths in (0, 1], shares of the rows' weight at each origin.
        pairs: (a, b) whose difference a - b is wanted; of the bounds, the exact ones of the difference.
        gammas: 1 or more, finite; 1 is the doubly robust value held within the worst case.
        draws: resamples of the sites, the same for every method, policy and pair; propensity and scores stay fixed.
            Those of calibration are `MOST_DRAWS` at most.
        seed: of the resamples.
        probability_policies: those whose score is a probability of failure; others are not asked for calibration.
        rules: see there.

    Returns:
        policy (or "a - b"), metric (precision@0.20, recall@, lift@, labelled_share@; observed_expected,
        calibration_intercept, calibration_slope), method, gamma (NaN but for `sensitivity`), value, low, high, lower,
        upper, n, n_positive, ess, clipped, estimand, reason. A bound has no value but a lower and an upper end, and
        [low, high] runs from the 2.5th percentile of the one to the 97.5th of the other (Zhao, Small and Bhattacharya
        2019). `reason` says why a number is missing, or what it stands on.

    Raises:
        DataError: for rows, policies, budgets, pairs or gammas that do not allow it.
    """
    _check(policies, budgets, pairs, gammas)
    chosen = select(rows, policies, rules or SelectionRules())
    limits = sorted(set(map(float, gammas)))
    probabilities = _probabilities(chosen, probability_policies)
    prepared = estimators(chosen, budgets=budgets, pairs=pairs, gammas=limits)
    units = complete_units(chosen)
    ranking: list[_Source] = [prepared]
    if not units.reason:
        ranking.append(contraction_estimators(chosen, units.inside, budgets=budgets, pairs=pairs))
    fits: list[_Source] = [*calibration_estimators(chosen, probabilities, limits)]
    sizes = {"sites": chosen.pool.sites, "seed": seed}
    (once, drawn), (more, more_drawn) = (
        _drawn(ranking, draws=draws, **sizes),
        _drawn(fits, draws=min(draws, MOST_DRAWS), **sizes),
    )
    names = [*policies, *(f"{a} - {b}" for a, b in pairs)]
    asked = _asked(names, budgets, probabilities, limits)
    told = _Told(chosen, once | more, drawn | more_drawn, FactsOf(chosen, units, prepared))
    return pd.DataFrame([told.row(key) for key in asked], columns=list(COLUMNS)).astype(COLUMNS)


def _drawn(sources: Sequence[_Source], *, sites: int, draws: int, seed: int) -> tuple[Values, Values]:
    """Every number once on the rows as they are, and under each resample of the sites."""

    def values(multiplicity: Multiplicity) -> Values:
        return {name: value for source in sources for name, value in source.values(multiplicity).items()}

    def table(multiplicity: Multiplicity) -> Floats:
        return np.column_stack(list(values(multiplicity).values()))

    if not sources:
        return {}, {}
    once = values(np.ones((1, sites), dtype=np.uint16))
    drawn = bootstrap(table, sites=sites, draws=draws, seed=seed)
    columns = drawn.T if draws else np.empty((len(once), 0))
    return once, dict(zip(once, columns, strict=True))


def _check(
    policies: Sequence[str], budgets: Sequence[float], pairs: Sequence[tuple[str, str]], gammas: Sequence[float]
) -> None:
    for budget in budgets:
        if not 0 < budget <= 1 or abs(budget * 100 - round(budget * 100)) > 1e-9:
            raise DataError(f"budget {budget} is not allowed; budgets are whole hundredths above 0 and up to 1")
    if not budgets:
        raise DataError("no budget was given; give at least one share above 0 and up to 1")
    for gamma in gammas:
        if not 1 <= gamma < float("inf"):
            raise DataError(
                f"gamma {gamma} is not allowed; it is finite and 1 or more (the worst case is always shown)"
            )
    unknown = sorted({name for pair in pairs for name in pair} - set(policies))
    if unknown:
        raise DataError(f"pairs name {unknown}; the policies judged are {list(policies)}")


def _probabilities(chosen: Selected, policies: Sequence[str]) -> list[str]:
    """The policies judged whose scores are probabilities."""
    judged = [policy for policy in policies if policy in chosen.pool.scores]
    for policy in judged:
        score = chosen.pool.scores[policy]
        outside = np.count_nonzero((score < 0) | (score > 1))
        if outside:
            advice = "calibrate it, or leave it out of probability_policies"
            raise DataError(f"policy {policy}: {outside} of {len(score)} probabilities lie outside 0 to 1; {advice}")
    return judged


def _asked(
    names: Sequence[str], budgets: Sequence[float], probabilities: Sequence[str], gammas: Sequence[float]
) -> list[Key]:
    """The rows of the table in their order."""
    wanted: list[tuple[str, str, tuple[str, ...]]] = []
    wanted += [(name, f"labelled_share@{b:.2f}", (OBSERVED,)) for name in names for b in budgets]
    wanted += [(name, f"{metric}@{b:.2f}", _OF_BUDGET) for name in names for metric in METRICS for b in budgets]
    wanted += [(name, RATIO, _OF_RATIO) for name in probabilities]
    wanted += [(name, metric, _OF_FIT) for name in probabilities for metric in (INTERCEPT, SLOPE)]
    return [
        Key(name, metric, method, gamma)
        for name, metric, methods in wanted
        for method in methods
        for gamma in (gammas if method == SENSITIVITY else (None,))
    ]


class _Told:
    """Point values, their draws and what stands beside them, as rows of the table."""

    def __init__(self, chosen: Selected, once: Values, drawn: Values, facts: FactsOf) -> None:
        self.chosen, self.once, self.drawn, self.facts = chosen, once, drawn, facts

    def row(self, key: Key) -> dict[str, object]:
        """One row: of a bound its ends, else the value; with its interval or the reason why there is none."""
        nan = float("nan")
        facts = self.facts.of(key.policy, key.metric, key.method)
        row: dict[str, object] = {
            "policy": key.policy, "metric": key.metric, "method": key.method,
            "gamma": nan if key.gamma is None else key.gamma, "value": nan, "low": nan, "high": nan, "lower": nan,
            "upper": nan, "n": facts.n, "n_positive": facts.n_positive, "ess": facts.ess, "clipped": facts.clipped,
            "estimand": ALLOCATION, "reason": self.facts.note(key.method),
        }  # fmt: skip
        ends = ("lower", "upper") if key.method in (SENSITIVITY, WORST) else ("value", "value")
        points = [self._point(key._replace(end=end)) for end in ends]
        if np.isnan(points).any():
            return {**row, "reason": self.facts.reason(key.metric, key.method)}
        row |= dict(zip(ends, points, strict=True))
        told = [percentile_interval(self.drawn[key._replace(end=end)], sites=self.chosen.pool.sites) for end in ends]
        if told[0].low is None or told[1].high is None:
            reasons = [self.facts.note(key.method), told[0].reason or told[1].reason]
            return {**row, "reason": "; ".join(filter(None, reasons))}
        return {**row, "low": told[0].low, "high": told[1].high}

    def _point(self, key: Key) -> float:
        return float(self.once[key][0]) if key in self.once else float("nan")
