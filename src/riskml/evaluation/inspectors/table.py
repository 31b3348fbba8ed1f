"""Inspectors in one table: what is left of a score within one of them, whether it follows them, and their workload."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation._ranking import Floats, Multiplicity, Ranked, rank, tally
from riskml.evaluation.inspectors.blindness import inspector_association
from riskml.evaluation.inspectors.leniency import leniency
from riskml.evaluation.inspectors.workload import workload_skews
from riskml.evaluation.intervals import bootstrap, percentile_interval

WITHIN: Final = "within_inspector_auc"
RANDOM_ARM: Final = "DR"
COLUMNS: Final = {
    "metric": "str", "policy": "str", "value": "float64", "low": "float64", "high": "float64", "by_chance": "float64",
    "n": "int64", "reason": "str",
}  # fmt: skip
METRICS: Final = {
    "leniency_spread": "standard deviation over the inspectors of their log-odds of finding a failure at equal sites",
    WITHIN: "AUC over pairs of visits of one inspector on one planning day",
    "follows_inspector": "share of a score's variance that lies between inspectors, beyond office, day and history",
    "follows_inspector_p": "probability that inspectors drawn by lot within an office and day make it as large",
    "follows_inspector_by_lot": "the same share among the double-random visits, whose inspectors were drawn by lot",
    "follows_inspector_by_lot_p": "its probability",
    "workload_distance": "share of a policy's visits that would change hands, against the visits made now",
    "workload_gini": "Gini coefficient of a policy's visits over the inspectors or offices",
    "workload_gini_now": "the same of the visits made now",
}
"""What each metric is; the workload ones end in their budget, pool and unit."""

Row = dict[str, Any]


def inspectors_table(
    rows: pd.DataFrame,
    policies: Sequence[str],
    *,
    pairs: Sequence[tuple[str, str]] = (),
    probability_policy: str = "model",
    budget: float = 0.20,
    draws: int = 1000,
    permutations: int = 499,
    seed: int,
) -> pd.DataFrame:
    """What an inspector-blind policy is worth, and what it does to the inspectors.

    Args:
        rows: scored rows: site_id, origin, visited_on, fail (missing = no settled visit), weight, score_<policy>, and
            inspector, office and visit_type if known.
        policies: those to compare; higher scores are riskier.
        pairs: (a, b) whose paired difference of the within-inspector AUC is wanted, as policy "a - b".
        probability_policy: whose score is a probability of failure, behind the leniency.
        budget: of the workload, a share of each origin's pool.
        draws: bootstrap resamples of the sites.
        permutations: of the inspectors.
        seed: of both.

    Returns:
        metric (see `METRICS`), policy, value, low, high (95 %), by_chance (what inspectors drawn by lot, or as many
        random visits, give on average), n (visits or rows), reason (why a number is missing).

    Raises:
        DataError: for rows, policies, pairs or a budget that do not allow it.
    """
    unknown = sorted({name for pair in pairs for name in pair} - set(policies))
    if unknown:
        raise DataError(f"pairs name {unknown}; the policies compared are {list(policies)}")
    told: list[Row] = []
    if "inspector" not in rows.columns or not rows.loc[rows["fail"].notna(), "inspector"].notna().any():
        told.append({"metric": WITHIN, "policy": "", "n": 0, "reason": "no settled visit names its inspector"})
    else:
        told += _leniency(rows, probability_policy)
        told += _within(make_pool(rows, policies), pairs, draws, seed)
        told += _association(rows, policies, permutations, seed)
    told += _workload(rows, policies, budget, seed)
    numbers = {**dict.fromkeys(("value", "low", "high", "by_chance"), np.nan), "reason": ""}
    return pd.DataFrame([{**numbers, **row} for row in told], columns=list(COLUMNS)).astype(COLUMNS)


def _leniency(rows: pd.DataFrame, policy: str) -> Iterator[Row]:
    found = leniency(rows, policy=policy)
    about = {"metric": "leniency_spread", "policy": policy, "n": found.n, "reason": found.reason or ""}
    yield {**about, "value": found.spread, "low": found.low, "high": found.high}


def _within(pool: Pool, pairs: Sequence[tuple[str, str]], draws: int, seed: int) -> Iterator[Row]:
    """As `comparison.compare` has it: the same pairs, resamples and bits."""
    known = pool.labelled & (pool.inspector >= 0)
    ranked = {name: _ranked(pool, known, score) for name, score in pool.scores.items()}

    def statistic(multiplicity: Multiplicity) -> Floats:
        return np.column_stack([tally(one, multiplicity, shares=()).auc for one in ranked.values()])

    names = list(ranked)
    (once,) = statistic(np.ones((1, pool.sites), dtype=np.uint16))
    drawn = bootstrap(statistic, sites=pool.sites, draws=draws, seed=seed).reshape(draws, len(names))
    for place, name in enumerate(names):
        chance = {"by_chance": 0.5, "n": int(known.sum())}
        yield {"metric": WITHIN, "policy": name, **chance, **_interval(once[place], drawn[:, place], pool.sites)}
    for a, b in pairs:
        one, other = names.index(a), names.index(b)
        gap = _interval(once[one] - once[other], drawn[:, one] - drawn[:, other], pool.sites)
        yield {"metric": WITHIN, "policy": f"{a} - {b}", "by_chance": 0.0, "n": int(known.sum()), **gap}


def _ranked(pool: Pool, known: NDArray[np.bool_], score: Floats) -> Ranked:
    stratum = pool.origin * (int(pool.inspector.max(initial=-1)) + 1) + pool.inspector
    return rank(
        pool.fail[known], score[known], weight=pool.weight[known], stratum=stratum[known], site=pool.site[known]
    )


def _interval(value: float, drawn: Floats, sites: int) -> Row:
    if np.isnan(value):
        return {"value": np.nan, "reason": "no inspector has both a failed and a passed visit at one origin"}
    found = percentile_interval(drawn, sites=sites)
    return {"value": float(value), "low": found.low, "high": found.high, "reason": found.reason or ""}


def _association(rows: pd.DataFrame, policies: Sequence[str], permutations: int, seed: int) -> Iterator[Row]:
    parts = {"follows_inspector": rows}
    if "visit_type" in rows.columns:
        by_lot = (rows["visit_type"] == RANDOM_ARM).to_numpy(bool, na_value=False)
        parts["follows_inspector_by_lot"] = rows[by_lot]
    for metric, part in parts.items():
        for row in inspector_association(part, policies, draws=permutations, seed=seed).to_dict("records"):
            about = {"policy": row["policy"], "n": row["n"], "reason": row["reason"]}
            yield {"metric": metric, "value": row["share"], "by_chance": row["by_chance"], **about}
            yield {"metric": f"{metric}_p", "value": row["p"], **about}


def _workload(rows: pd.DataFrame, policies: Sequence[str], budget: float, seed: int) -> Iterator[Row]:
    for row in workload_skews(rows, policies, budget=budget, seed=seed).to_dict("records"):
        name = f"@{budget:.2f} {row['estimand']} {row['unit']}"
        about = {"policy": row["policy"], "n": row["n"], "reason": row["reason"]}
        distance = {"value": row["distance"], "by_chance": row["distance_by_chance"]}
        yield {"metric": f"workload_distance{name}", **distance, **about}
        unequal = {"value": row["gini"], "by_chance": row["gini_by_chance"]}
        yield {"metric": f"workload_gini{name}", **unequal, **about}
        yield {"metric": f"workload_gini_now{name}", "value": row["gini_now"], **about}
