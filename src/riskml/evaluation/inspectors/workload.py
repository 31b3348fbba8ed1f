"""Workload: how unequally a policy's visits fall on inspectors and offices, beside what they do now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, Multiplicity, ratio
from riskml.evaluation.inspectors._work_pools import WorkPool, visits_chosen, visits_now, work_pools
from riskml.evaluation.intervals import bootstrap, percentile_interval

NEEDED: Final = 20
"""Visits of a unit that its figures need; below that it says "not enough data"."""
MOST_DRAWS: Final = 500
ORDERS: Final = 100
"""Random orders behind the skew that chance alone makes."""
COLUMNS: Final = {
    "policy": "str", "estimand": "str", "unit": "str", "member": "str", "visits_now": "float64", "share_now": "float64",
    "share": "float64", "ratio": "float64", "low": "float64", "high": "float64", "n": "int64", "reason": "str",
}  # fmt: skip
SKEWS: Final = {
    "policy": "str", "estimand": "str", "unit": "str", "budget": "float64", "distance": "float64",
    "distance_by_chance": "float64", "gini": "float64", "gini_by_chance": "float64", "gini_now": "float64",
    "n": "int64", "reason": "str",
}  # fmt: skip
FACT: Final = "a fact of these visits, not an estimate: no interval"


@dataclass(frozen=True, eq=False)
class Skew:
    """How the work of a plan is spread over units, beside the work now.

    Attributes:
        units: unit, planned, now (visits), share, share_now, ratio (share / share_now; NaN where nothing is done now).
        distance: total variation distance of the two: the share of the visits that would have to change hands, 0 to 1.
        gini, gini_now: Gini coefficient of the visits over the units, 0 (all alike) to below 1.
    """

    units: pd.DataFrame
    distance: float
    gini: float
    gini_now: float


def workload_skew(planned: "pd.Series[Any]", now: "pd.Series[Any]") -> Skew:
    """Compare who would have the visits of a plan with who has them now.

    Args:
        planned: unit (inspector, office) of each planned visit; of a team of two give both, one below another. Missing
            ones are left out.
        now: unit of each visit that is made now.

    Raises:
        DataError: if no planned visit, or none now, has a unit.

    >>> skew = workload_skew(pd.Series(["east", "east", "east", "west"]), pd.Series(["east", "west"]))
    >>> skew.distance, skew.gini, skew.gini_now
    (0.25, 0.25, 0.0)
    """
    if not planned.notna().any() or not now.notna().any():
        raise DataError(
            f"{int(planned.notna().sum())} planned visits and {int(now.notna().sum())} made ones have a unit; at least "
            "one of either is needed"
        )
    counts = pd.DataFrame({"planned": planned.value_counts(), "now": now.value_counts()}).fillna(0.0).sort_index()
    share, share_now = (_shares(counts[name].to_numpy(np.float64)) for name in ("planned", "now"))
    units = counts.rename_axis("unit").reset_index().assign(share=share, share_now=share_now)
    units["ratio"] = ratio(share, share_now)
    return Skew(units, _distance(share, share_now), gini(counts["planned"]), gini(counts["now"]))


def gini(amounts: ArrayLike) -> float:
    """Gini coefficient of amounts that are not negative (Gini 1912): half the mean difference over the mean.

    Returns:
        0 where all are alike, up to (n - 1) / n where one has all; NaN where nobody has anything.

    >>> gini([1, 1, 1]), gini([0, 0, 6])
    (0.0, 0.6666666666666666)
    """
    ordered = np.sort(np.asarray(amounts, dtype=np.float64))
    n, total = len(ordered), ordered.sum()
    if not total > 0:
        return float("nan")
    return float(((2 * np.arange(1, n + 1) - n - 1) @ ordered) / (n * total))


def workload_table(
    rows: pd.DataFrame, policies: Sequence[str], *, budget: float = 0.20, draws: int = MOST_DRAWS, seed: int
) -> pd.DataFrame:
    """Who would have the highest scores of each origin, against who has the visits now.

    Reordering: the pool is the visits that were made, by the inspector who made them and by office. Allocation: the
    pool is all active sites, by office; no outcome is read, so it says nothing of what would be found there, and the
    policies that read the visit itself (perfect, inspector_only) are left out.

    Args:
        rows: scored rows: site_id, origin, fail (missing = no settled visit), weight, score_<policy>, and inspector and
            office if known. Rows whose unit is not known are in the budget and in no share.
        policies: those to compare; higher scores are riskier, equal ones count by expected value.
        budget: visits as a share of each origin's pool, above 0 and up to 1.
        draws: bootstrap resamples of the sites, 500 at most.
        seed: of the resamples.

    Returns:
        policy, estimand, unit ("inspector", "office"), member, visits_now, share_now (of the visits that are made),
        share (of those that the policy chooses), ratio (share / share_now) with low and high (95 %), n (rows of the
        pool), reason (why a number is missing).

    Raises:
        DataError: for rows or a budget that do not allow it.
    """
    pools = work_pools(rows, policies, budget)
    found = [row for pool in pools for row in _members(pool, budget, min(draws, MOST_DRAWS), seed)]
    numbers = dict.fromkeys(("share", "ratio", "low", "high"), np.nan)
    return pd.DataFrame([{**numbers, **row} for row in found], columns=list(COLUMNS)).astype(COLUMNS)


def workload_skews(
    rows: pd.DataFrame, policies: Sequence[str], *, budget: float = 0.20, orders: int = ORDERS, seed: int
) -> pd.DataFrame:
    """How unequal the work of a policy is over all units, in one number: see `workload_table` and `Skew`.

    Args:
        rows: as in `workload_table`.
        policies: as there.
        budget: as there.
        orders: random orders whose mean skew stands beside; a choice of few visits is never spread evenly.
        seed: of the orders.

    Returns:
        policy, estimand, unit, budget, distance, distance_by_chance, gini, gini_by_chance, gini_now, n, reason. They
        are facts of these visits, not estimates, so they have no interval.

    Raises:
        DataError: as in `workload_table`.
    """
    found = []
    for pool in work_pools(rows, policies, budget):
        once = np.ones((1, int(pool.site.max()) + 1), dtype=np.uint16)
        now = visits_now(pool, once)[0]
        rng = np.random.default_rng(seed)
        lots = [rng.random(len(pool.site)) for _ in range(orders)]
        chance = np.array([_two(visits_chosen(pool, lot, once, budget)[0], now) for lot in lots]).mean(axis=0)
        about = {"estimand": pool.estimand, "unit": pool.unit, "budget": budget, "n": len(pool.site), "reason": FACT}
        for policy, score in pool.scores.items():
            distance, unequal = _two(visits_chosen(pool, score, once, budget)[0], now)
            beside = {"distance_by_chance": chance[0], "gini_by_chance": chance[1], "gini_now": gini(now)}
            found.append({"policy": policy, **about, "distance": distance, "gini": unequal, **beside})
    return pd.DataFrame(found, columns=list(SKEWS)).astype(SKEWS)


def _two(chosen: Floats, now: Floats) -> tuple[float, float]:
    return _distance(_shares(chosen), _shares(now)), gini(chosen)


def _shares(amounts: Floats) -> Floats:
    """Amounts by their sum along the last axis; NaN where there is nothing."""
    return ratio(amounts, np.broadcast_to(amounts.sum(axis=-1, keepdims=True), amounts.shape))


def _distance(share: Floats, other: Floats) -> float:
    """Total variation distance of two sets of shares."""
    return float(np.abs(share - other).sum() / 2)


def _members(pool: WorkPool, budget: float, draws: int, seed: int) -> Iterator[dict[str, Any]]:
    """A row for each policy and unit."""
    sites = int(pool.site.max()) + 1

    def shares(multiplicity: Multiplicity) -> Floats:
        chosen = [visits_chosen(pool, score, multiplicity, budget) for score in pool.scores.values()]
        return np.column_stack([_shares(part) for part in (visits_now(pool, multiplicity), *chosen)])

    shape = (len(pool.scores) + 1, len(pool.members))
    once = np.ones((1, sites), dtype=np.uint16)
    point = shares(once).reshape(shape)
    drawn = bootstrap(shares, sites=sites, draws=draws, seed=seed).reshape(draws, *shape)
    visits = visits_now(pool, once)[0]
    for place, policy in enumerate(pool.scores, start=1):
        for at, member in enumerate(pool.members):
            row = {
                "policy": policy, "estimand": pool.estimand, "unit": pool.unit, "member": member, "n": len(pool.site),
                "visits_now": visits[at], "share_now": point[0, at], "share": point[place, at], "reason": "",
            }  # fmt: skip
            if visits[at] < NEEDED:
                yield {**row, "reason": f"not enough data: {visits[at]:g} visits now, {NEEDED} are needed"}
                continue
            told = percentile_interval(ratio(drawn[:, place, at], drawn[:, 0, at]), sites=sites)
            ends = {"low": told.low, "high": told.high, "reason": told.reason or ""}
            yield {**row, "ratio": point[place, at] / point[0, at], **ends}
