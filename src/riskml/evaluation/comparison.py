"""Policies side by side at equal budget: metrics with intervals, paired differences, and each origin alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._measures import (
    DIFFERENCES,
    POLICIES,
    Measures,
    Pairs,
    Values,
    as_they_are,
    of_part,
    prepare_measures,
    under_resamples,
)
from riskml.evaluation._notes import notes, prescribed_notes
from riskml.evaluation._policies import pool_of, prepare
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation.estimates import Difference, Estimate, estimates, verdict
from riskml.evaluation.simultaneous import Simultaneous, note, simultaneous
from riskml.scorer.messages import meant

__all__ = ["BUDGETS", "Comparison", "Difference", "Estimate", "compare", "verdict"]

BUDGETS: Final = (0.10, 0.20)

PRESCRIBED_COLUMNS: Final = {
    "system": "str", "policy": "str", "metric": "str", "value": "float64", "low": "float64", "high": "float64",
    "n": "int64", "n_positive": "int64", "reason": "str",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found.

    Attributes:
        policies: policy -> metric -> estimate.
        differences: "a - b" -> metric -> paired difference.
        per_origin: origin, policy, metric, value (NaN where undefined), n, n_positive, estimand.
        notes: what a reader must know about the rows, each as {"en": ..., "zh": ...}.
        prescribed: each grading system as prescribed, beside the policies paired with it at as many visits: system,
            policy (the grade's, a rival, or "a - grade"), metric, value, low, high, n, n_positive, reason ("" if there
            is nothing to say). No rows without prescribed visits.
        simultaneous: intervals of the declared pairs that hold together; None for fewer than two.
    """

    policies: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]
    per_origin: pd.DataFrame
    notes: tuple[dict[str, str], ...]
    prescribed: pd.DataFrame
    simultaneous: Simultaneous | None

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
    pairs: Pairs,
    horizon_days: int | None = None,
    headline: str | None = None,
    declared: Pairs = (),
) -> Comparison:
    """Compare policies on the same scored rows (METHOD.md 4).

    The budget is a share of the pool's weight, cut within each origin and again in each resample, there to first order
    (`_recut`); visits may be fractional. Counts are summed over origins before they are divided. Ties count by expected
    value.

    Differences also hold visits_saved: the share of all visits that b needs to find what it finds at the budget, less
    the share that a needs to find as many (`saved.share_needed`); above 0, a saves visits. A policy named
    grade_<system> with a column rate_<system> is also held against its rivals as prescribed (`prescribed.Prescribed`).

    Args:
        rows: scored rows, all active sites at each origin: site_id, origin, fail (missing = no visit, or not settled),
            weight, score_<policy>; and where known inspector, harm (severity points of the visit, read where it
            failed), rate_<system> (`prescribed.visit_rates`). Their order is irrelevant.
        policies: those to compare; higher scores are riskier.
        budgets: whole hundredths in (0, 1].
        draws: bootstrap resamples of the sites, the same for all policies.
        seed: of the resamples, >= 0.
        probability_policies: those whose score is a probability of failure; names not compared are left aside.
        pairs: (a, b) whose difference a - b is wanted.
        horizon_days: H, for the comparison as prescribed; None leaves it out.
        headline: metric at which the declared pairs get simultaneous intervals.
        declared: those of `pairs` that were declared as rivals beforehand; of two or more the intervals are widened so
            that all hold at once (`simultaneous`).

    Raises:
        DataError: for rows, budgets, policies or pairs that do not allow the comparison.
    """
    pool = make_pool(rows, policies)
    _check(pool, budgets, probability_policies, pairs, horizon_days)
    measures = prepare_measures(
        pool, budgets=budgets, probability_policies=probability_policies, pairs=pairs, horizon_days=horizon_days
    )
    point = as_they_are(measures, sites=pool.sites)
    drawn = under_resamples(measures, point, sites=pool.sites, draws=draws, seed=seed)
    differences = _part(pool, point, drawn, DIFFERENCES, Difference)
    together = _together(differences, drawn, headline, declared)
    return Comparison(
        policies=_part(pool, point, drawn, POLICIES, Estimate),
        differences=_widened(differences, together),
        per_origin=_per_origin(pool, budgets, probability_policies),
        notes=(*notes(pool), *_prescribed_notes(pool, measures, pairs, horizon_days), *_many(differences, together)),
        prescribed=_prescribed(pool, point, drawn, measures),
        simultaneous=together,
    )


def _check(
    pool: Pool,
    budgets: Sequence[float],
    probability_policies: Sequence[str],
    pairs: Pairs,
    horizon_days: int | None,
) -> None:
    for budget in budgets:
        if not 0 < budget <= 1 or abs(budget * 100 - round(budget * 100)) > 1e-9:
            raise DataError(f"budget {budget} is not allowed; budgets are whole hundredths above 0 and up to 1")
    if horizon_days is not None and horizon_days <= 0:
        raise DataError(f"a horizon of {horizon_days} days is not allowed; it is 1 day or more")
    unknown = sorted({name for pair in pairs for name in pair} - set(pool.scores))
    if unknown:
        raise DataError(
            f"pairs name {unknown}; the policies compared are {list(pool.scores)}{meant(unknown[0], pool.scores)}"
        )
    for policy in set(probability_policies) & set(pool.scores):
        score = pool.scores[policy]
        outside = np.count_nonzero((score < 0) | (score > 1))
        if outside:
            advice = "calibrate it, or leave it out of probability_policies"
            raise DataError(f"policy {policy}: {outside} of {len(score)} probabilities lie outside 0 to 1; {advice}")


def _part(pool: Pool, point: Values, drawn: Values, part: str, kind: type[Estimate]) -> dict[str, dict[str, Estimate]]:
    under = of_part(drawn, part)
    return {name: estimates(pool, values, under[name], kind) for name, values in of_part(point, part).items()}


def _together(
    differences: dict[str, dict[str, Estimate]], drawn: Values, headline: str | None, declared: Pairs
) -> Simultaneous | None:
    """The declared pairs that have a value at the headline metric, their intervals widened to hold at once."""
    names = list(dict.fromkeys(f"{a} - {b}" for a, b in declared))
    wrong = [name for name in names if name not in differences or headline not in differences[name]]
    if wrong:
        raise DataError(f"declared pairs {wrong} are no differences at the headline {headline!r}; name them in pairs")
    metric = str(headline)
    values = {name: differences[name][metric].value for name in names}
    known = {name: value for name, value in values.items() if value is not None}
    if len(known) < 2:
        return None
    table = np.column_stack([drawn[DIFFERENCES, name, metric] for name in known])
    return simultaneous(list(known.values()), table, metric=metric, pairs=list(known))


def _widened(
    differences: dict[str, dict[str, Estimate]], together: Simultaneous | None
) -> dict[str, dict[str, Estimate]]:
    """The differences with the simultaneous intervals beside their own."""
    widened = {name: dict(metrics) for name, metrics in differences.items()}
    if together is None:
        return widened
    for name in together.pairs:
        ends, entry = together.of(name), widened[name][together.metric]
        if ends is not None and isinstance(entry, Difference):
            widened[name][together.metric] = replace(entry, low_simultaneous=ends[0], high_simultaneous=ends[1])
    return widened


def _many(differences: dict[str, dict[str, Estimate]], together: Simultaneous | None) -> Iterator[dict[str, str]]:
    if together is not None:
        apart = [name for name in together.pairs if verdict(differences[name][together.metric]) != "undecided"]
        yield note(together, apart)


def _prescribed(pool: Pool, point: Values, drawn: Values, measures: Measures) -> pd.DataFrame:
    found = []
    for one in measures.prescribed:
        for name, metrics in _part(pool, point, drawn, one.grade, Estimate).items():
            for metric, e in metrics.items():
                numbers = [np.nan if value is None else value for value in (e.value, e.low, e.high)]
                found.append((one.system, name, metric, *numbers, e.n, e.n_positive, e.reason or ""))
    return pd.DataFrame(found, columns=list(PRESCRIBED_COLUMNS)).astype(PRESCRIBED_COLUMNS)


def _prescribed_notes(
    pool: Pool, measures: Measures, pairs: Pairs, horizon_days: int | None
) -> Iterator[dict[str, str]]:
    if horizon_days is not None:
        once = np.ones((1, pool.sites), dtype=np.uint16)
        floors = {one.grade: (one.floor, one.values(once, {})[1][:, 0]) for one in measures.prescribed}
        yield from prescribed_notes(pool, list(dict.fromkeys(b for _, b in pairs)), floors)


def _per_origin(pool: Pool, budgets: Sequence[float], probability_policies: Sequence[str]) -> pd.DataFrame:
    rows = []
    once = np.ones((1, pool.sites), dtype=np.uint16)
    for place, origin in enumerate(pool.origins):
        here = pool.at_origin(place)
        for policy in here.scores:
            ready = prepare(here, policy, budgets=budgets, probability=policy in probability_policies)
            values = ready.values(once)
            rows += [(origin, policy, name, float(v), *pool_of(here, name)) for name, (v,) in values.items()]
    columns = ["origin", "policy", "metric", "value", "n", "n_positive", "estimand"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"origin": "datetime64[s]", "policy": "str", "metric": "str", "estimand": "str"})


def _entries(table: dict[str, dict[str, Estimate]]) -> dict[str, dict[str, dict[str, Any]]]:
    return {name: {metric: e.as_dict() for metric, e in metrics.items()} for name, metrics in table.items()}
