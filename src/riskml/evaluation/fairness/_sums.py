"""Sums over groups of sites of one ranked pool, for many weightings: who is visited, how early, and what is found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from riskml.evaluation._pools import Pool
from riskml.evaluation._ranking import Floats, Multiplicity, Ranked, rank
from riskml.evaluation._recut import recut

WEIGHT: Final = 0
POSITIVE: Final = 1
EXPECTED: Final = 2
PLACE: Final = 3
PLACE_POSITIVE: Final = 4
BUDGET: Final = 5
PER_BUDGET: Final = 3
"""Columns of a group's sums; from BUDGET on three a budget: visits, positives among them, their probabilities."""


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """A ranked pool of n rows and the groups that each row belongs to, one of each of A attributes.

    Attributes:
        ranked: the pool.
        labelled: whether the row's visit was made and is settled, shape (n,).
        expected: probability of a positive, shape (n,); zeros where the policy gives none.
        code: code of each row's group by attribute, shape (n, A), -1 for none; no two attributes share a code.
        groups: number of codes.
    """

    ranked: Ranked
    labelled: NDArray[np.bool_]
    expected: Floats
    code: NDArray[np.int32]
    groups: int


def grouped_rows(
    pool: Pool, policy: str, *, rows: NDArray[np.bool_], code: NDArray[np.int32], groups: int, probability: bool
) -> GroupedRows:
    """The rows of a pool that are asked for, ranked within each origin; the positives are the failed visits.

    Args:
        pool: all rows.
        policy: by whose score they are ranked.
        rows: which of them, shape (n,).
        code: groups of all rows, shape (n, A).
        groups: number of codes.
        probability: whether the score is a probability.
    """
    score = pool.scores[policy][rows]
    order = np.lexsort((-score, pool.origin[rows]))
    kept = np.flatnonzero(rows)[order]
    ranked = rank(
        pool.fail[kept],
        pool.scores[policy][kept],
        weight=pool.weight[kept],
        stratum=pool.origin[kept],
        site=pool.site[kept],
    )
    expected = pool.scores[policy][kept] if probability else np.zeros(len(kept))
    return GroupedRows(ranked, pool.labelled[kept], expected, np.ascontiguousarray(code[kept]), groups)


def group_sums(grouped: GroupedRows, multiplicity: Multiplicity, *, shares: Sequence[float]) -> Floats:
    """The sums of each group under each weighting of the sites.

    A row's place is the share of its origin's weight that comes before it (0 first, 1 last); rows of one tie group
    share the middle of it. The budget is cut within each origin; the tie group in which it ends is visited in part.

    Args:
        grouped: the pool.
        multiplicity: how often each site was drawn, shape (draws, sites).
        shares: budgets as shares of each origin's weight.

    Returns:
        Shape (draws, groups, BUDGET + PER_BUDGET * budgets): weight, weight of the positives, sum of the probabilities,
        sums of the places of all and of the positives, and for each budget the visits, the positives among them and the
        sum of their probabilities.
    """
    share = np.asarray(shares, dtype=np.float64)
    sums = np.zeros((len(multiplicity), grouped.groups, BUDGET + PER_BUDGET * len(share)))
    ranked = grouped.ranked
    rows = (ranked.site, ranked.weight, ranked.outcome, grouped.expected, ranked.last, ranked.starts)
    _scan(multiplicity, *rows, share, grouped.code, sums)
    return sums


def linear_cuts(grouped: GroupedRows, *, shares: Sequence[float], sites: int) -> Floats:
    """What one more draw of a site adds to each group's sums at each budget: the linear re-cut of the comparison.

    The same as `_recut` does for what is found by all: rows chosen stay chosen with their multiplicities, and the
    visits left over or lacking are shared among the groups as the rows around the cut are.

    Args:
        grouped: the pool.
        shares: budgets as shares of each origin's weight.
        sites: number of sites.

    Returns:
        Shape (sites, groups * PER_BUDGET * budgets), in the order of `group_sums`.
    """
    ranked = grouped.ranked
    visits = replace(ranked, outcome=np.ones(len(ranked.outcome), dtype=bool))
    columns = np.zeros((sites, grouped.groups, len(shares), PER_BUDGET))
    for group in range(grouped.groups):
        weight = np.where((grouped.code == group).any(axis=1), ranked.weight, 0.0)
        if not weight.any():
            continue
        kinds = (visits, weight), (ranked, weight), (visits, weight * grouped.expected)
        for place, (kind, amount) in enumerate(kinds):
            if amount.any():
                cut = recut(replace(kind, amount=amount), shares=shares, sites=sites)
                columns[:, group, :, place] = cut.by_site
    return columns.reshape(sites, -1)


def resampled_sums(grouped: GroupedRows, multiplicity: Multiplicity, cuts: Floats) -> Floats:
    """As `group_sums`, of resamples: what stands within a budget by the linear re-cut, the rest exactly.

    Args:
        grouped: the pool.
        multiplicity: how often each site was drawn, shape (draws, sites).
        cuts: of `linear_cuts`.
    """
    exact = group_sums(grouped, multiplicity, shares=())
    within = (multiplicity.astype(np.float64) @ cuts).reshape(len(exact), grouped.groups, -1, PER_BUDGET)
    weight, positive, expected = (exact[:, :, column, None] for column in (WEIGHT, POSITIVE, EXPECTED))
    found = np.clip(within[..., 1], 0.0, positive)
    visits = np.clip(within[..., 0], found, weight - positive + found)
    hoped = np.clip(within[..., 2], 0.0, expected)
    return np.concatenate([exact, np.stack([visits, found, hoped], axis=-1).reshape(*exact.shape[:2], -1)], axis=2)


@njit(nogil=True, cache=True)
def _scan(multiplicity, site, weight, outcome, expected, last, starts, share, code, sums):  # type: ignore[no-untyped-def]
    part = np.empty(len(share))
    for draw in range(multiplicity.shape[0]):
        drawn = multiplicity[draw]
        for stratum in range(len(starts) - 1):
            total = 0.0
            for row in range(starts[stratum], starts[stratum + 1]):
                total += drawn[site[row]] * weight[row]
            seen = group = 0.0
            first = starts[stratum]
            for row in range(starts[stratum], starts[stratum + 1]):
                group += drawn[site[row]] * weight[row]
                if not last[row]:
                    continue
                if group > 0.0:
                    for place in range(len(share)):
                        part[place] = min(1.0, max(0.0, (share[place] * total - seen) / group))
                    middle = (seen + 0.5 * group) / total
                    for member in range(first, row + 1):
                        own = drawn[site[member]] * weight[member]
                        if own > 0.0:
                            _add(own, outcome[member], expected[member], middle, part, code[member], sums[draw])
                seen += group
                group = 0.0
                first = row + 1


@njit(nogil=True, cache=True)
def _add(own, positive, expected, middle, part, codes, out):  # type: ignore[no-untyped-def]
    """One row's weight to the sums of each of its groups."""
    for code in codes:
        if code < 0:
            continue
        out[code, WEIGHT] += own
        out[code, EXPECTED] += own * expected
        out[code, PLACE] += own * middle
        if positive:
            out[code, POSITIVE] += own
            out[code, PLACE_POSITIVE] += own * middle
        for place in range(len(part)):
            if part[place] > 0.0:
                visited = own * part[place]
                out[code, BUDGET + PER_BUDGET * place] += visited
                out[code, BUDGET + PER_BUDGET * place + 2] += visited * expected
                if positive:
                    out[code, BUDGET + PER_BUDGET * place + 1] += visited
