"""The way down a ranked pool, for all draws of a chunk at once: they share every branch, so the sums run in vectors.

Arrays named in `_descend` have one entry a draw. Each draw's sums are added in the order of its rows, whatever other
draws are made beside it: the numbers do not depend on the chunk.
"""

from typing import Final

import numpy as np
from numba import njit

POSITIVE: Final = 0
PAIRS: Final = 1
RIGHT: Final = 2
STEPS: Final = 3
BUDGET: Final = 4
PER_BUDGET: Final = 4
"""Columns of a stratum's sums; from BUDGET on four a budget: visits, found, found by chance, and the share of the
stratum after which nothing more was found."""

TINY: Final = 1e-300
"""Keeps 0 / 0 at 0: a tie group that a draw left empty has no visits and no hits."""

CHECK_EVERY: Final = 64
"""Rows between two looks at whether every draw has spent its deepest budget."""


@njit(nogil=True, cache=True, error_model="numpy")
def scan(lanes, site, weight, amount, outcome, last, starts, share, visits, whole, sums):  # type: ignore[no-untyped-def]
    """Fill `sums`, shape (strata, BUDGET + PER_BUDGET x budgets, draws), of a pool sorted as `Ranked` says.

    `lanes` is how often each site was drawn, shape (sites, draws); `share` the budgets as shares of a stratum, shape
    (budgets,); `visits` is added to each, shape (strata, draws); not `whole` stops at the deepest budget, and RIGHT and
    STEPS are then of no use; `sums` comes as zeros.
    """
    for stratum in range(len(starts) - 1):
        begin, end = starts[stratum], starts[stratum + 1]
        rows = (site[begin:end], weight[begin:end], amount[begin:end], outcome[begin:end], last[begin:end])
        out, total = sums[stratum], np.zeros(lanes.shape[1])
        _totals(lanes, rows, total, out[POSITIVE])
        deepest = 0.0
        for draw in range(len(total)):
            positive = out[POSITIVE, draw]
            out[PAIRS, draw] = positive * (total[draw] - positive)
            for place in range(len(share)):
                at = BUDGET + PER_BUDGET * place
                spent = share[place] * total[draw] + visits[stratum, draw]
                out[at, draw], deepest = spent, max(deepest, spent)
                if total[draw] > 0.0:
                    out[at + 2, draw] = positive * spent / total[draw]
        _descend(lanes, rows, np.inf if whole else deepest, len(share), out)
        for place in range(len(share)):
            _divide(out[BUDGET + PER_BUDGET * place + 3], total)


@njit(nogil=True, cache=True, error_model="numpy")
def _totals(lanes, rows, total, positive):  # type: ignore[no-untyped-def]
    site, weight, amount, outcome, _ = rows
    for row in range(len(site)):
        if outcome[row]:
            _add_hit(total, positive, lanes[site[row]], weight[row], amount[row])
        else:
            _add(total, lanes[site[row]], weight[row])


@njit(nogil=True, cache=True, error_model="numpy")
def _descend(lanes, rows, deepest, budgets, out):  # type: ignore[no-untyped-def]
    """From the highest score down, one tie group after the other; a cut group gives its share of hits."""
    site, weight, amount, outcome, last = rows
    state, right, steps = np.zeros((4, lanes.shape[1])), out[RIGHT], out[STEPS]
    seen, hits, group, hit = state[0], state[1], state[2], state[3]
    any_hit, look = False, CHECK_EVERY
    for row in range(len(site)):
        if outcome[row]:
            any_hit = True
            _add_hit(group, hit, lanes[site[row]], weight[row], amount[row])
        else:
            _add(group, lanes[site[row]], weight[row])
        if not last[row]:
            continue
        if any_hit:
            for place in range(budgets):
                at = BUDGET + PER_BUDGET * place
                _cut(out[at + 1], out[at + 3], out[at], seen, group, hit)
            _close_with_hits(right, steps, seen, hits, group, hit)
            any_hit = False
        else:
            _close(right, seen, hits, group)
        if row >= look:
            look = row + CHECK_EVERY
            if _spent(seen, deepest):
                return


@njit(nogil=True, cache=True)
def _spent(seen, deepest):  # type: ignore[no-untyped-def]
    """Whether every draw has reached its deepest budget."""
    least = np.inf
    for draw in range(len(seen)):
        least = min(least, seen[draw])
    return least >= deepest


@njit(nogil=True, cache=True, error_model="numpy")
def _add(group, drawn, weight):  # type: ignore[no-untyped-def]
    for draw in range(len(group)):
        group[draw] += drawn[draw] * weight


@njit(nogil=True, cache=True, error_model="numpy")
def _add_hit(group, hit, drawn, weight, amount):  # type: ignore[no-untyped-def]
    for draw in range(len(group)):
        group[draw] += drawn[draw] * weight
        hit[draw] += drawn[draw] * amount


@njit(nogil=True, cache=True, error_model="numpy")
def _cut(found, reach, budget, seen, group, hit):  # type: ignore[no-untyped-def]
    """What a group gives to a budget: all its hits, its share of them, or none; and how far the last hit lies."""
    for draw in range(len(found)):
        left = max(budget[draw] - seen[draw], 0.0)
        found[draw] += hit[draw] * min(1.0, left / max(group[draw], TINY))
        if left * hit[draw] > 0.0:
            reach[draw] = min(budget[draw], seen[draw] + group[draw])


@njit(nogil=True, cache=True, error_model="numpy")
def _close_with_hits(right, steps, seen, hits, group, hit):  # type: ignore[no-untyped-def]
    for draw in range(len(seen)):
        right[draw] += (group[draw] - hit[draw]) * (hits[draw] + 0.5 * hit[draw])
        sofar = hits[draw] + hit[draw]
        steps[draw] += hit[draw] * sofar / max(seen[draw] + group[draw], TINY)
        hits[draw] = sofar
        seen[draw] += group[draw]
        group[draw] = 0.0
        hit[draw] = 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _close(right, seen, hits, group):  # type: ignore[no-untyped-def]
    for draw in range(len(seen)):
        right[draw] += group[draw] * hits[draw]
        seen[draw] += group[draw]
        group[draw] = 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _divide(part, whole):  # type: ignore[no-untyped-def]
    for draw in range(len(part)):
        part[draw] = part[draw] / max(whole[draw], TINY)


@njit(nogil=True, cache=True)
def add_rows(lanes, site, stratum, columns, sums):  # type: ignore[no-untyped-def]
    """Add columns, shape (rows, columns), as often as each row's site was drawn: `sums` (strata, columns, draws)."""
    for row in range(len(site)):
        for column in range(columns.shape[1]):
            if columns[row, column] != 0.0:
                _add(sums[stratum[row], column], lanes[site[row]], columns[row, column])
