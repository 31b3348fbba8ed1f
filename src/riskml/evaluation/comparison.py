"""Policies side by side at equal budget: metrics with intervals, paired differences, and each origin alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._policies import WITHIN, Prepared, pool_of, prepare, undefined
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation._ranking import Floats, Multiplicity
from riskml.evaluation.intervals import bootstrap, percentile_interval

BUDGETS: Final = (0.10, 0.20)

Drawn = dict[str, dict[str, Floats]]
"""Values by policy and metric, each of shape (draws,)."""


@dataclass(frozen=True)
class Estimate:
    """One number and what is needed to read it.

    Attributes:
        value: the metric on the rows as they are; None where it is undefined.
        low, high: 95 % interval by bootstrap of the sites; both None where there is none.
        n: rows of the metric's pool.
        n_positive: failures among them; for labelled_share the labelled rows.
        estimand: "reordering" (pool: visits made and settled) or "allocation" (pool: all active sites).
        draws: bootstrap draws behind the interval.
        reason: why value or interval is missing; None if both are there.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    n_positive: int
    estimand: str
    draws: int
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The entry of summary.json; `reason` only where something is missing."""
        names = ("value", "low", "high", "n", "n_positive", "estimand")
        entry = {name: getattr(self, name) for name in names}
        return entry if self.reason is None else {**entry, "reason": self.reason}


class Difference(Estimate):
    """An `Estimate` of metric(a) - metric(b), both on the same rows in every draw."""

    def as_dict(self) -> dict[str, Any]:
        """As for an estimate, with the number of draws."""
        return {**super().as_dict(), "draws": self.draws}


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found.

    Attributes:
        policies: policy -> metric -> estimate.
        differences: "a - b" -> metric -> paired difference.
        per_origin: origin, policy, metric, value (NaN where undefined), n, n_positive, estimand.
        notes: what a reader must know about the rows, each as {"en": ..., "zh": ...}.
    """

    policies: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]
    per_origin: pd.DataFrame
    notes: tuple[dict[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """The keys policies, differences and notes of summary.json."""
        return {
            "policies": _entries(self.policies),
            "differences": _entries(self.differences),
            "notes": list(self.notes),
        }


def compare(
    rows: pd.DataFrame,
    policies: Sequence[str],
    *,
    budgets: Sequence[float] = BUDGETS,
    draws: int = 1000,
    seed: int,
    probability_policies: Sequence[str] = ("model",),
    pairs: Sequence[tuple[str, str]],
) -> Comparison:
    """Compare policies on the same scored rows (METHOD.md 4).

    The budget is a share of the pool's weight, cut within each origin and again in each resample; visits may be
    fractional. Counts are summed over origins before they are divided. Ties count by expected value.

    Args:
        rows: scored rows, all active sites at each origin: site_id, origin, fail (missing = no visit, or not settled),
            weight, score_<policy>, and inspector if known. Their order is irrelevant.
        policies: those to compare; higher scores are riskier.
        budgets: whole hundredths in (0, 1].
        draws: bootstrap resamples of the sites, the same for all policies.
        seed: of the resamples, >= 0.
        probability_policies: those whose score is a probability of failure; names not compared are left aside.
        pairs: (a, b) whose difference a - b is wanted.

    Raises:
        DataError: for rows, budgets, policies or pairs that do not allow the comparison.
    """
    pool = make_pool(rows, policies)
    _check(pool, budgets, probability_policies, pairs)
    prepared = _prepare(pool, budgets, probability_policies)
    point = {policy: ready.values(_once(pool)) for policy, ready in prepared.items()}
    drawn = _draw(prepared, point, sites=pool.sites, draws=draws, seed=seed)
    return Comparison(
        policies={policy: _estimates(pool, point[policy], drawn[policy], Estimate) for policy in policies},
        differences={
            f"{a} - {b}": _estimates(pool, _minus(point[a], point[b]), _minus(drawn[a], drawn[b]), Difference)
            for a, b in pairs
        },
        per_origin=_per_origin(pool, budgets, probability_policies),
        notes=_notes(pool),
    )


def verdict(difference: Estimate, *, lower_is_better: bool = False) -> Literal["better", "worse", "undecided"]:
    """Whether the first policy of a difference is better: undecided if the interval holds 0 or is absent.

    Args:
        difference: of a metric with a direction (not of the calibration slope or intercept).
        lower_is_better: True for the Brier score.

    >>> verdict(Difference(0.02, 0.01, 0.03, 900, 90, "reordering", 1000))
    'better'
    >>> verdict(Difference(0.02, -0.01, 0.05, 900, 90, "reordering", 1000))
    'undecided'
    """
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return "undecided"
    return "better" if (difference.low > 0) is not lower_is_better else "worse"


def _check(
    pool: Pool, budgets: Sequence[float], probability_policies: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> None:
    for budget in budgets:
        if not 0 < budget <= 1 or abs(budget * 100 - round(budget * 100)) > 1e-9:
            raise DataError(f"budget {budget} is not allowed; budgets are whole hundredths above 0 and up to 1")
    unknown = sorted({name for pair in pairs for name in pair} - set(pool.scores))
    if unknown:
        raise DataError(f"pairs name {unknown}; the policies compared are {list(pool.scores)}")
    for policy in set(probability_policies) & set(pool.scores):
        score = pool.scores[policy]
        outside = np.count_nonzero((score < 0) | (score > 1))
        if outside:
            advice = "calibrate it, or leave it out of probability_policies"
            raise DataError(f"policy {policy}: {outside} of {len(score)} probabilities lie outside 0 to 1; {advice}")


def _prepare(pool: Pool, budgets: Sequence[float], probability_policies: Sequence[str]) -> dict[str, Prepared]:
    return {
        policy: prepare(pool, policy, budgets=budgets, probability=policy in probability_policies)
        for policy in pool.scores
    }


def _once(pool: Pool) -> Multiplicity:
    return np.ones((1, pool.sites), dtype=np.uint16)


def _draw(prepared: dict[str, Prepared], point: Drawn, *, sites: int, draws: int, seed: int) -> Drawn:
    """The same values as `point` under each resample; every resample serves all policies."""
    columns = [(policy, metric) for policy, metrics in point.items() for metric in metrics]

    def statistic(multiplicity: Multiplicity) -> Floats:
        values = {policy: ready.values(multiplicity) for policy, ready in prepared.items()}
        return np.column_stack([values[policy][metric] for policy, metric in columns])

    table = bootstrap(statistic, sites=sites, draws=draws, seed=seed)
    drawn: Drawn = {policy: {} for policy in point}
    for place, (policy, metric) in enumerate(columns):
        drawn[policy][metric] = table[:, place] if draws else np.empty(0)
    return drawn


def _minus(a: dict[str, Floats], b: dict[str, Floats]) -> dict[str, Floats]:
    return {metric: a[metric] - b[metric] for metric in a if metric in b}


def _estimates(
    pool: Pool, point: dict[str, Floats], drawn: dict[str, Floats], kind: type[Estimate]
) -> dict[str, Estimate]:
    result = {}
    for metric, (value,) in point.items():
        n, n_positive, estimand = pool_of(pool, metric)
        if np.isnan(value):
            result[metric] = kind(None, None, None, n, n_positive, estimand, 0, undefined(metric))
            continue
        found = percentile_interval(drawn[metric], sites=pool.sites)
        result[metric] = kind(float(value), found.low, found.high, n, n_positive, estimand, found.draws, found.reason)
    return result


def _per_origin(pool: Pool, budgets: Sequence[float], probability_policies: Sequence[str]) -> pd.DataFrame:
    rows = []
    for place, origin in enumerate(pool.origins):
        here = pool.at_origin(place)
        for policy, ready in _prepare(here, budgets, probability_policies).items():
            values = ready.values(_once(pool))
            rows += [(origin, policy, name, float(v), *pool_of(here, name)) for name, (v,) in values.items()]
    columns = ["origin", "policy", "metric", "value", "n", "n_positive", "estimand"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"origin": "datetime64[s]", "policy": "str", "metric": "str", "estimand": "str"})


def _notes(pool: Pool) -> tuple[dict[str, str], ...]:
    notes = []
    silent, single = [], []
    for place, origin in enumerate(pool.origins):
        fails = pool.fail[(pool.origin == place) & pool.labelled]
        if not len(fails):
            silent.append(f"{origin:%Y-%m-%d}")
        elif fails.all() or not fails.any():
            single.append(f"{origin:%Y-%m-%d}")
    if silent:
        days = ", ".join(silent)
        en, zh = (
            "Origins without a labelled visit add nothing to the reordering metrics",
            "下列决策日没有已出结果的检查，不计入重排指标",
        )
        notes.append({"en": f"{en}: {days}.", "zh": f"{zh}：{days}。"})
    if single:
        days = ", ".join(single)
        en, zh = "Origins with one outcome only add no pairs to the AUC", "下列决策日只有一种结果，不为 AUC 提供配对"
        notes.append({"en": f"{en}: {days}.", "zh": f"{zh}：{days}。"})
    nameless = int((pool.labelled & (pool.inspector < 0)).sum())
    if 0 < nameless < pool.labelled.sum():
        en = f"{nameless} labelled visits without an inspector are left out of {WITHIN}."
        notes.append({"en": en, "zh": f"{nameless} 次已出结果的检查没有检查人员记录，不计入 {WITHIN}。"})
    if pool.sites < 2:
        notes.append({"en": "There is one site only: no intervals.", "zh": "只有一个主体：没有区间。"})
    return tuple(notes)


def _entries(table: dict[str, dict[str, Estimate]]) -> dict[str, dict[str, dict[str, Any]]]:
    return {name: {metric: e.as_dict() for metric, e in metrics.items()} for name, metrics in table.items()}
