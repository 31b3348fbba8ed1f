"""One pass down a ranked pool: the sums of which every ranking metric is a ratio, for many weightings of its sites."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskml.evaluation._descent import BUDGET, PAIRS, PER_BUDGET, POSITIVE, RIGHT, STEPS, add_rows, scan

Floats = NDArray[np.float64]
Multiplicity = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Ranked:
    """A pool of n rows sorted by stratum and, within it, from the highest score down; equal scores form a tie group.

    Attributes:
        site: code of each row's site, shape (n,): which multiplicity weighs it.
        weight: each row's own weight, shape (n,).
        amount: what the row counts if it is a positive, shape (n,): its weight, or that times the harm of a failure.
        outcome: whether the row is a positive, shape (n,).
        last: whether the row ends its tie group, shape (n,).
        starts: first row of each stratum, and n, shape (strata + 1,).
    """

    site: NDArray[np.int32]
    weight: Floats
    amount: Floats
    outcome: NDArray[np.bool_]
    last: NDArray[np.bool_]
    starts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums over the strata, one entry a weighting (draw); shapes (draws,), of the last four (draws, budgets).

    Attributes:
        positive: amount of the positives: their weight, unless `rank` was given another.
        pairs, right: weight of the (positive, negative) pairs of one stratum, and of those ordered rightly (ties half).
        steps: sum over the positives of the precision at the end of their tie group.
        visits: budget in visits; found: positives among them; chance: positives that random order would find.
        reach: largest share of a stratum after which nothing more was found within the budget; 0 if nothing was.
    """

    positive: Floats
    pairs: Floats
    right: Floats
    steps: Floats
    visits: Floats
    found: Floats
    chance: Floats
    reach: Floats

    @property
    def auc(self) -> Floats:
        """Share of pairs ordered rightly; NaN without pairs."""
        return ratio(self.right, self.pairs)

    @property
    def average_precision(self) -> Floats:
        """Mean precision over the positives; NaN without positives."""
        return ratio(self.steps, self.positive)

    def at_budget(self, place: int) -> dict[str, Floats]:
        """precision, recall, found and lift at the budget in that place; NaN where undefined."""
        visits, found, chance = self.visits[:, place], self.found[:, place], self.chance[:, place]
        return {
            "precision": ratio(found, visits),
            "recall": ratio(found, self.positive),
            "found": np.where(visits > 0, found, np.nan),
            "lift": ratio(found, chance),
        }


def ratio(part: Floats, whole: Floats) -> Floats:
    """Elementwise part / whole; NaN where the whole is not positive.

    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def rank(
    outcome: NDArray[np.bool_],
    score: Floats,
    *,
    weight: Floats,
    stratum: NDArray[Any],
    site: NDArray[np.int32],
    amount: Floats | None = None,
) -> Ranked:
    """Sort n rows for `tally`; all arguments have shape (n,), and strata may be codes of any sortable kind."""
    order = np.lexsort((-score, stratum))
    strata, scores = stratum[order], score[order]
    new_stratum = np.ones(len(order), dtype=bool)
    new_stratum[1:] = strata[1:] != strata[:-1]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = new_stratum[1:] | (scores[1:] != scores[:-1])
    starts = np.append(np.flatnonzero(new_stratum), len(order)).astype(np.int64)
    weights = weight[order].astype(np.float64)
    amounts = weights if amount is None else amount[order].astype(np.float64)
    return Ranked(site[order].astype(np.int32), weights, amounts, outcome[order], last, starts)


def tally(
    ranked: Ranked,
    multiplicity: Multiplicity,
    *,
    shares: Sequence[float],
    visits: float | Floats = 0.0,
    whole: bool = True,
) -> Tally:
    """The sums of one ranked pool under each weighting of the sites.

    Args:
        ranked: the pool.
        multiplicity: how often each site was drawn, shape (draws, sites); a row weighs multiplicity times own weight.
            In Fortran order it is read without a copy.
        shares: budgets as shares of each stratum's weight.
        visits: added to each budget, where it is no share: in each stratum, or of shape (strata, draws).
        whole: False stops at the deepest budget, for a caller that reads neither right nor steps.
    """
    strata, draws, share = len(ranked.starts) - 1, len(multiplicity), np.asarray(shares, dtype=np.float64)
    sums = np.zeros((strata, BUDGET + PER_BUDGET * len(share), draws))
    fixed = np.zeros((strata, draws)) + visits
    rows = (ranked.site, ranked.weight, ranked.amount, ranked.outcome, ranked.last, ranked.starts)
    scan(np.asfortranarray(multiplicity).T, *rows, share, fixed, whole, sums)
    pooled = sums.sum(axis=0)
    return Tally(
        positive=pooled[POSITIVE],
        pairs=pooled[PAIRS],
        right=pooled[RIGHT],
        steps=pooled[STEPS],
        visits=pooled[BUDGET::PER_BUDGET].T,
        found=pooled[BUDGET + 1 :: PER_BUDGET].T,
        chance=pooled[BUDGET + 2 :: PER_BUDGET].T,
        reach=sums[:, BUDGET + 3 :: PER_BUDGET].max(axis=0, initial=0.0).T,
    )


def found_by_stratum(ranked: Ranked, multiplicity: Multiplicity, visits: Floats) -> Floats:
    """Positives among the first visits of each stratum, in each draw; `visits` and result of shape (strata, draws)."""
    sums = np.zeros((*visits.shape[:1], BUDGET + PER_BUDGET, visits.shape[1]))
    rows = (ranked.site, ranked.weight, ranked.amount, ranked.outcome, ranked.last, ranked.starts)
    scan(np.asfortranarray(multiplicity).T, *rows, np.zeros(1), np.ascontiguousarray(visits), False, sums)
    return sums[:, BUDGET + 1]


def sum_rows(
    multiplicity: Multiplicity, site: NDArray[np.int32], stratum: NDArray[np.int64], columns: Floats, *, strata: int
) -> Floats:
    """Sums of columns, shape (n, columns), by stratum under each weighting: shape (strata, columns, draws)."""
    sums = np.zeros((strata, columns.shape[1], len(multiplicity)))
    add_rows(np.asfortranarray(multiplicity).T, site, stratum, np.ascontiguousarray(columns), sums)
    return sums
