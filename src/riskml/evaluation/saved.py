"""Visits saved for equal finds: how many fewer visits one order needs to find what another finds at a budget."""

from typing import Final

import numpy as np
from numba import njit

from riskml.evaluation._ranking import Floats, Multiplicity, Ranked

HALVINGS: Final = 60
"""Bisections of the budget share between 0 and 1: the last step is below the precision of a number near 1."""

SLACK: Final = 1e-12
"""Relative: a sum that falls short of the target by rounding alone counts as having reached it."""

NOTHING: Final = 1e-9
"""Shares of visits below this are rounding: what is saved is then exactly 0."""


def visits_saved(needed: Floats, by_rival: Floats) -> Floats:
    """The share of all visits that a policy saves: what its rival needs, less what it needs itself; above 0 it saves.

    >>> visits_saved(np.array([0.15, 0.1]), np.array([0.2, 0.1 + 1e-14])).round(9).tolist()
    [0.05, 0.0]
    """
    gain = by_rival - needed
    return np.where(np.abs(gain) < NOTHING, 0.0, gain)


def share_needed(ranked: Ranked, multiplicity: Multiplicity, wanted: Floats) -> Floats:
    """The smallest budget, a share of every stratum, at which a policy finds as many positives as wanted.

    The number found at a share s is summed over the strata, each cut at s, ties by expected value: a piecewise linear
    curve of s that never falls. What is looked for is the first s at which it reaches `wanted`, that is the budget at
    which the recall over all strata equals the other policy's.

    Args:
        ranked: the pool, sorted by the policy.
        multiplicity: how often each site was drawn, shape (draws, sites).
        wanted: positives to find, at most those there are, shape (draws, targets).

    Returns:
        Shares in [0, 1], shape (draws, targets); NaN in a draw without positives, or where `wanted` is NaN.
    """
    rows = (ranked.site, ranked.weight, ranked.outcome, ranked.last, ranked.starts)
    found = np.full(wanted.shape, np.nan)
    _needed(np.ascontiguousarray(multiplicity), *rows, np.ascontiguousarray(wanted), found)
    return found


@njit(nogil=True, cache=True)
def _needed(multiplicity, site, weight, outcome, last, starts, wanted, found):  # type: ignore[no-untyped-def]
    groups = (np.empty(len(site)), np.empty(len(site)), np.empty(len(site)), np.empty(len(site)))
    ends, totals = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts) - 1)
    for draw in range(multiplicity.shape[0]):
        kept = np.int64(0)
        for stratum in range(len(starts) - 1):
            begin, end = starts[stratum], starts[stratum + 1]
            rows = (site[begin:end], weight[begin:end], outcome[begin:end], last[begin:end])
            kept, totals[stratum] = _collect(multiplicity[draw], rows, groups, kept)
            ends[stratum + 1] = kept
        if kept == 0:
            continue
        for place in range(wanted.shape[1]):
            target = wanted[draw, place] * (1.0 - SLACK)
            if target <= 0.0:
                found[draw, place] = 0.0
            elif target > 0.0:
                found[draw, place] = _bisect(groups, ends, totals, target)


@njit(nogil=True, cache=True)
def _collect(drawn, rows, groups, kept):  # type: ignore[no-untyped-def]
    """The tie groups of one stratum that hold positives: visits before each, its visits, hits before, its hits."""
    site, weight, outcome, last = rows
    before, size, hits_before, hits = groups
    seen = found = group = group_hits = 0.0
    for row in range(len(site)):
        one = drawn[site[row]] * weight[row]
        group += one
        group_hits += one * outcome[row]
        if last[row]:
            before[kept], size[kept], hits_before[kept], hits[kept] = seen, group, found, group_hits
            kept += group_hits > 0.0
            found += group_hits
            seen += group
            group = group_hits = 0.0
    return kept, seen


@njit(nogil=True, cache=True)
def _bisect(groups, ends, totals, target):  # type: ignore[no-untyped-def]
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _found(groups, ends, totals, middle) >= target:
            high = middle
        else:
            low = middle
    return high


@njit(nogil=True, cache=True, error_model="numpy")
def _found(groups, ends, totals, share):  # type: ignore[no-untyped-def]
    """Positives found when every stratum is cut at the share."""
    before, size, hits_before, hits = groups
    total = 0.0
    for stratum in range(len(totals)):
        visits, low, high = share * totals[stratum], ends[stratum], ends[stratum + 1]
        first = low
        while low < high:
            middle = (low + high) // 2
            if before[middle] < visits:
                low = middle + 1
            else:
                high = middle
        if low > first:
            last = low - 1
            total += hits_before[last] + hits[last] * min(1.0, (visits - before[last]) / size[last])
    return total
