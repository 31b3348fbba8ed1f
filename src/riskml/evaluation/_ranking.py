"""One pass down a ranked pool: the sums of which every ranking metric is a ratio, for many weightings of its sites."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Multiplicity = NDArray[np.uint16]

POSITIVE: Final = 0
PAIRS: Final = 1
RIGHT: Final = 2
STEPS: Final = 3
BUDGET: Final = 4
"""Columns of a stratum's sums; from BUDGET on three a budget: visits, found, found by chance."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """A pool of n rows sorted by stratum and, within it, from the highest score down; equal scores form a tie group.

    Attributes:
        site: code of each row's site, shape (n,): which multiplicity weighs it.
        weight: each row's own weight, shape (n,).
        outcome: whether the row is a positive, shape (n,).
        last: whether the row ends its tie group, shape (n,).
        starts: first row of each stratum, and n, shape (strata + 1,).
    """

    site: NDArray[np.int32]
    weight: Floats
    outcome: NDArray[np.bool_]
    last: NDArray[np.bool_]
    starts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums over the strata, one entry a weighting (draw); shapes (draws,), of the last three (draws, budgets).

    Attributes:
        positive: weight of the positives.
        pairs, right: weight of the (positive, negative) pairs of one stratum, and of those ordered rightly (ties half).
        steps: sum over the positives of the precision at the end of their tie group.
        visits: budget in visits; found: positives among them; chance: positives that random order would find.
    """

    positive: Floats
    pairs: Floats
    right: Floats
    steps: Floats
    visits: Floats
    found: Floats
    chance: Floats

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
    outcome: NDArray[np.bool_], score: Floats, *, weight: Floats, stratum: NDArray[Any], site: NDArray[np.int32]
) -> Ranked:
    """Sort n rows for `tally`; all arguments have shape (n,), and strata may be codes of any sortable kind."""
    order = np.lexsort((-score, stratum))
    strata, scores = stratum[order], score[order]
    new_stratum = np.ones(len(order), dtype=bool)
    new_stratum[1:] = strata[1:] != strata[:-1]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = new_stratum[1:] | (scores[1:] != scores[:-1])
    starts = np.append(np.flatnonzero(new_stratum), len(order)).astype(np.int64)
    return Ranked(site[order].astype(np.int32), weight[order].astype(np.float64), outcome[order], last, starts)


def tally(
    ranked: Ranked, multiplicity: Multiplicity, *, shares: Sequence[float], visits: float = 0.0, whole: bool = True
) -> Tally:
    """The sums of one ranked pool under each weighting of the sites.

    Args:
        ranked: the pool.
        multiplicity: how often each site was drawn, shape (draws, sites); a row weighs multiplicity times own weight.
        shares: budgets as shares of each stratum's weight.
        visits: visits in each stratum added to each budget: zero where the budget is a share.
        whole: False stops at the deepest budget, for a caller that reads neither right nor steps (they stay zero).
    """
    share = np.asarray(shares, dtype=np.float64)
    sums = np.zeros((len(multiplicity), len(ranked.starts) - 1, BUDGET + 3 * len(share)))
    rows = (ranked.site, ranked.weight, ranked.outcome, ranked.last, ranked.starts)
    _scan(multiplicity, *rows, share, float(visits), whole, sums)
    pooled = sums.sum(axis=1)
    return Tally(
        positive=pooled[:, POSITIVE],
        pairs=pooled[:, PAIRS],
        right=pooled[:, RIGHT],
        steps=pooled[:, STEPS],
        visits=pooled[:, BUDGET::3],
        found=pooled[:, BUDGET + 1 :: 3],
        chance=pooled[:, BUDGET + 2 :: 3],
    )


@njit(nogil=True, cache=True)
def _scan(multiplicity, site, weight, outcome, last, starts, share, fixed, whole, sums):  # type: ignore[no-untyped-def]
    buffer = np.empty(len(site))
    for draw in range(multiplicity.shape[0]):
        drawn = multiplicity[draw]
        for stratum in range(len(starts) - 1):
            begin, end = starts[stratum], starts[stratum + 1]
            out = sums[draw, stratum]
            total = positive = 0.0
            for row in range(begin, end):
                buffer[row] = drawn[site[row]] * weight[row]
                total += buffer[row]
                positive += buffer[row] * outcome[row]
            out[POSITIVE], out[PAIRS] = positive, positive * (total - positive)
            for place in range(len(share)):
                visits = share[place] * total + fixed
                out[BUDGET + 3 * place] = visits
                if total > 0.0:
                    out[BUDGET + 3 * place + 2] = positive * visits / total
            _descend(buffer[begin:end], outcome[begin:end], last[begin:end], len(share), whole, out)


@njit(nogil=True, cache=True)
def _descend(weight, outcome, last, budgets, whole, out):  # type: ignore[no-untyped-def]
    """From the highest score down, one tie group after the other; a cut group gives its share of hits."""
    deepest = np.inf if whole else 0.0
    for place in range(budgets):
        deepest = max(deepest, out[BUDGET + 3 * place])
    seen = hits = group = group_hits = right = steps = 0.0
    for row in range(len(weight)):
        group += weight[row]
        group_hits += weight[row] * outcome[row]
        if not last[row] or group == 0.0:
            continue
        right += (group - group_hits) * (hits + 0.5 * group_hits)
        if group_hits > 0.0:
            hits += group_hits
            steps += group_hits * hits / (seen + group)
            for place in range(budgets):
                left = out[BUDGET + 3 * place] - seen
                if left > 0.0:
                    out[BUDGET + 3 * place + 1] += group_hits * min(1.0, left / group)
        seen += group
        group = group_hits = 0.0
        if seen >= deepest:
            return
    out[RIGHT], out[STEPS] = right, steps
