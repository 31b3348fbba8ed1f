"""Leniency: which inspectors find more, or less, than others would at the same visits, shrunk to the typical one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats
from riskml.evaluation.schedule._visits import Ints, Visits, made_visits

Z95: Final = 1.959963984540054
NEEDED: Final = 20
"""Visits of an inspector that a figure needs, and failures in all; below that it says "not enough data"."""
EDGE: Final = 1e-6
"""Probabilities are kept so far from 0 and 1, where the log-odds would be infinite."""
ROUNDS: Final = 100
TOLERANCE: Final = 1e-9
SPREADS: Final = (0.01, 4.0, 25)
"""Least and greatest standard deviation of leniency that is tried, and in how many steps, before the search."""
HALVINGS: Final = 12
DROP: Final = 1.9207
"""Half the 95th percentile of chi-squared with one degree of freedom: how far a log-likelihood may fall."""
COLUMNS: Final = {
    "inspector": "str", "visits": "int64", "failures": "int64", "expected": "float64", "ratio": "float64",
    "log_odds": "float64", "low": "float64", "high": "float64", "shrinkage": "float64", "reason": "str",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Leniency:
    """How inspectors differ.

    Attributes:
        table: one row an inspector, strictest first: inspector, visits, failures, expected (failures that the typical
            inspector would find at the same visits), ratio (failures / expected, as observed), log_odds (of finding a
            failure, against the typical inspector, shrunk; above 0 is strict, below 0 lenient), low, high (95 %),
            shrinkage (share of what was observed that is kept, 0 to 1), reason (why a number is missing).
        spread: standard deviation of log_odds over all inspectors; None where there is none.
        low, high: its 95 % interval; both None where there is none.
        n, n_positive: visits with a known inspector, and failures among them.
        reason: why there is no spread; None if there is one.
    """

    table: pd.DataFrame
    spread: float | None
    low: float | None
    high: float | None
    n: int
    n_positive: int
    reason: str | None


@dataclass(frozen=True, eq=False)
class _Fit:
    """The mode of the penalised likelihood at one spread."""

    likelihood: float
    fixed: Floats
    effect: Floats
    variance: Floats
    curvature: Floats


def leniency(rows: pd.DataFrame, *, policy: str = "model") -> Leniency:
    """Compare each inspector's failures with those expected from the sites that were visited.

    logit P(fail) = a + b logit(probability) + u, with one u ~ N(0, spread^2) an inspector: a penalised logistic
    regression whose penalty, the spread, has the greatest marginal likelihood by Laplace's approximation (Breslow and
    Clayton 1993, Approximate inference in generalized linear mixed models; for the profiling of providers Normand,
    Glickman and Gatsonis 1997). a and b put the probability right on these visits, so a model that is wrong for
    everybody makes nobody strict. The interval of an inspector takes the spread as known; that of the spread is a
    likelihood-ratio interval.

    It is leniency only if inspectors are drawn by lot: where somebody is sent to worse sites than the probability
    knows, that looks strict.

    Args:
        rows: scored rows: site_id, origin, visited_on, fail (missing = no settled visit), weight, inspector,
            score_<policy>. Each visit counts once, whatever its weight.
        policy: one whose score is a probability of failure, of a model or of the site's history.

    Raises:
        DataError: for rows that do not allow it, or a score outside 0 to 1.
    """
    visits = made_visits(rows, [policy])
    known = visits.inspector >= 0
    who, fail = visits.inspector[known], visits.fail[known]
    counts = np.bincount(who, minlength=len(visits.inspectors))
    failures = int(fail.sum())
    told: dict[str, Any] = {"n": len(who), "n_positive": failures}
    if min(failures, len(who) - failures) < NEEDED or len(counts) < 3:
        reason = (
            f"not enough data: {len(counts)} inspectors, {failures} failures in {len(who)} visits; 3 inspectors and "
            f"{NEEDED} visits of either outcome are needed"
        )
        return Leniency(_table(visits, who, fail, None, reason), None, None, None, **told, reason=reason)
    odds = _log_odds(visits.scores[policy][known], policy)
    best, spread, low, high = _fitted(odds, fail, who, len(counts))
    return Leniency(_table(visits, who, fail, (best, spread), ""), spread, low, high, **told, reason=None)


def _log_odds(probability: Floats, policy: str) -> Floats:
    outside = int(((probability < 0) | (probability > 1)).sum())
    if outside:
        raise DataError(
            f"policy {policy}: {outside} of {len(probability)} scores lie outside 0 to 1; leniency needs a policy "
            "whose score is a probability"
        )
    kept = np.clip(probability, EDGE, 1 - EDGE)
    return np.asarray(np.log(kept) - np.log1p(-kept), dtype=np.float64)


def _fitted(odds: Floats, fail: NDArray[np.bool_], who: Ints, people: int) -> tuple[_Fit, float, float, float]:
    """The mode at the best spread, and the spread with its likelihood-ratio interval."""

    def height(spread: float) -> float:
        return _mode(odds, fail, who, people, spread).likelihood

    tried = np.geomspace(*SPREADS)
    heights = [height(float(one)) for one in tried]
    at = int(np.argmax(heights))
    best = _highest(height, float(tried[max(at - 1, 0)]), float(tried[min(at + 1, len(tried) - 1)]))
    floor = height(best) - DROP
    inside = np.flatnonzero(np.array(heights) >= floor)
    first, last = int(inside.min(initial=at)), int(inside.max(initial=at))
    low = 0.0 if first == 0 else _crossing(height, floor, best, float(tried[first - 1]))
    high = float(tried[-1]) if last == len(tried) - 1 else _crossing(height, floor, best, float(tried[last + 1]))
    return _mode(odds, fail, who, people, best), 0.0 if at == 0 else best, low, high


def _highest(height: Callable[[float], float], low: float, high: float) -> float:
    """Golden-section search on the log scale (Kiefer 1953)."""
    golden = (5**0.5 - 1) / 2
    for _ in range(HALVINGS):
        width = np.log(high / low) * golden
        left, right = high * np.exp(-width), low * np.exp(width)
        low, high = (left, high) if height(left) < height(right) else (low, right)
    return float(np.sqrt(low * high))


def _crossing(height: Callable[[float], float], floor: float, inside: float, outside: float) -> float:
    """Where the height falls to the floor, by halving on the log scale."""
    for _ in range(HALVINGS):
        middle = float(np.sqrt(inside * outside))
        inside, outside = (middle, outside) if height(middle) >= floor else (inside, middle)
    return float(np.sqrt(inside * outside))


def _mode(odds: Floats, fail: NDArray[np.bool_], who: Ints, people: int, spread: float) -> _Fit:
    """Newton's method on a, b and every u at once; no step moves a row's log-odds by more than about 1."""
    design = np.column_stack([np.ones(len(odds)), odds]) if np.ptp(odds) > 0 else np.ones((len(odds), 1))
    k = design.shape[1]
    at = np.zeros(k + people)
    at[1:k] = 1.0
    penalty = np.append(np.zeros(k), np.full(people, spread**-2))
    for _ in range(ROUNDS):
        eta = design @ at[:k] + at[k + who]
        fitted = 1.0 / (1.0 + np.exp(-eta))
        curve = _curvature(design, fitted * (1 - fitted), who, people) + np.diag(penalty)
        gap = fail - fitted
        gradient = np.append(gap @ design, np.bincount(who, gap, minlength=people)) - penalty * at
        step = np.linalg.solve(curve, gradient)
        furthest = float(np.abs(design @ step[:k] + step[k + who]).max())
        at = at + step / max(1.0, furthest)
        if furthest < TOLERANCE:
            break
    effect, of_effects = at[k:], np.diag(curve)[k:]
    likelihood = -np.logaddexp(0.0, np.where(fail, -eta, eta)).sum() - 0.5 * (effect @ effect) / spread**2
    marginal = float(likelihood - 0.5 * np.log(of_effects * spread**2).sum())
    variance = np.diag(np.linalg.inv(curve))[k:]
    return _Fit(marginal, design @ at[:k], effect, variance, of_effects - spread**-2)


def _curvature(design: Floats, weight: Floats, who: Ints, people: int) -> Floats:
    k = design.shape[1]
    curve = np.zeros((k + people, k + people))
    curve[:k, :k] = (design * weight[:, None]).T @ design
    crossed = np.column_stack([np.bincount(who, weight * column, minlength=people) for column in design.T])
    curve[k:, :k], curve[:k, k:] = crossed, crossed.T
    people_at = np.arange(k, k + people)
    curve[people_at, people_at] = np.bincount(who, weight, minlength=people)
    return curve


def _table(
    visits: Visits, who: Ints, fail: NDArray[np.bool_], found: "tuple[_Fit, float] | None", reason: str
) -> pd.DataFrame:
    people = len(visits.inspectors)
    counts, failures = np.bincount(who, minlength=people), np.bincount(who, fail, minlength=people).astype(int)
    table = pd.DataFrame({"inspector": visits.inspectors, "visits": counts, "failures": failures})
    numbers = ("expected", "ratio", "log_odds", "low", "high", "shrinkage")
    table = table.assign(**dict.fromkeys(numbers, np.nan), reason=reason)
    if found is not None:
        fit, spread = found
        expected = np.bincount(who, 1.0 / (1.0 + np.exp(-fit.fixed)), minlength=people)
        half = Z95 * np.sqrt(fit.variance)
        table = table.assign(
            expected=expected,
            ratio=np.divide(failures, expected, out=np.full(people, np.nan), where=expected > 0),
            log_odds=fit.effect,
            low=fit.effect - half,
            high=fit.effect + half,
            shrinkage=spread**2 * fit.curvature / (1 + spread**2 * fit.curvature),
        )
        few = table["visits"] < NEEDED
        table.loc[few, numbers[1:]] = np.nan
        table.loc[few, "reason"] = [f"not enough data: {n} visits, {NEEDED} are needed" for n in counts[few]]
    ordered = table.sort_values(["log_odds", "inspector"], ascending=[False, True], kind="stable", ignore_index=True)
    return ordered[list(COLUMNS)].astype(COLUMNS)
