"""What each policy chooses at each budget, and sums of many columns over it, for many weightings of the sites.

Whom a policy visits depends on its scores alone, never on an outcome or a label. So every method that replaces the
outcomes nobody saw by something is a sum, over the rows chosen, of another column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from riskml.evaluation._ranking import Floats, Multiplicity

PART, FULL = 0, 1
"""Rows of the tie group in which the budget ends (chosen in part), and rows chosen whole."""
BOTH: Final = 4
"""Classes of a row chosen by both of two policies: 2 x class by the first + class by the second."""
SLACK: Final = 1e-9
"""A group that exceeds the budget by less than this share of the stratum is chosen whole: it is rounding."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums under d weightings; S strata, P policies, Q pairs, B budgets, K columns.

    Attributes:
        total: over all rows, shape (d, K).
        weight: weight of each stratum, shape (d, S).
        share: what is chosen of the group in which the budget ends, shape (d, P, B, S).
        classes: over the rows chosen in part and whole, shape (d, P, B, S, 2, K).
        both: over the rows chosen by both of a pair, by class, of the first columns only, shape (d, Q, B, S, 4, K').
    """

    total: Floats
    weight: Floats
    share: Floats
    classes: Floats
    both: Floats

    def everywhere(self, column: int) -> Floats:
        """Sum of a column over all rows, shape (d, 1, 1)."""
        return self.total[:, column, None, None]

    def chosen(self, column: int, *, power: int = 1) -> Floats:
        """Sum over the rows chosen, each times its chosen share to that power; shape (d, P, B)."""
        part, full = self.classes[..., PART, column], self.classes[..., FULL, column]
        return np.asarray((full + self.share**power * part).sum(axis=-1))


@dataclass(frozen=True, eq=False)
class Choice:
    """Policies ranked once; `sums` then costs one pass a draw.

    Attributes:
        site, weight: of n rows that stand together by stratum.
        starts: first row of each stratum, and n, shape (S + 1,).
        order: rows from the highest score down within each stratum, shape (P, n); last: whether the row so placed ends
            its tie group.
        budgets: shares of each stratum's weight, shape (B,).
        pairs: places of the policies of each pair, shape (Q, 2).
    """

    site: NDArray[np.int32]
    weight: Floats
    starts: NDArray[np.int64]
    order: NDArray[np.int64]
    last: NDArray[np.bool_]
    budgets: Floats
    pairs: NDArray[np.int64]

    def sums(self, columns: Floats, multiplicity: Multiplicity, *, paired: int = 0) -> Sums:
        """Sums of the columns, each row weighed by multiplicity x own weight.

        Args:
            columns: shape (n, K).
            multiplicity: how often each site was drawn, shape (d, sites).
            paired: so many of the first columns are summed over the rows chosen by both of each pair too.
        """
        d, k, s = len(multiplicity), columns.shape[1], len(self.starts) - 1
        p, b, q = len(self.order), len(self.budgets), len(self.pairs)
        found = Sums(
            total=multiplicity @ self.by_site(columns, multiplicity.shape[1]),
            weight=np.zeros((d, s)),
            share=np.zeros((d, p, b, s)),
            classes=np.zeros((d, p, b, s, 2, k)),
            both=np.zeros((d, q, b, s, BOTH, paired)),
        )
        out = (found.weight, found.share, found.classes, found.both)
        fixed = (self.site, self.weight, self.starts, self.order, self.last, self.budgets, self.pairs)
        _sum(multiplicity, np.ascontiguousarray(columns, dtype=np.float64), *fixed, *out)
        return found

    def by_site(self, columns: Floats, sites: int) -> Floats:
        """Sums of the columns over each site's rows by weight, shape (sites, K)."""
        found = [np.bincount(self.site, column * self.weight, minlength=sites) for column in columns.T]
        return np.column_stack(found).astype(np.float64)


def choice(
    scores: Sequence[Floats],
    *,
    site: NDArray[np.int32],
    weight: Floats,
    stratum: NDArray[np.int64],
    budgets: Sequence[float],
    pairs: Sequence[tuple[int, int]],
) -> Choice:
    """Rank the policies' scores, each of shape (n,), within each stratum; the strata's codes ascend with the rows."""
    new_stratum = np.append(True, stratum[1:] != stratum[:-1])
    ends = np.append(new_stratum[1:], True)
    order = np.empty((len(scores), len(stratum)), dtype=np.int64)
    last = np.ones((len(scores), len(stratum)), dtype=bool)
    for place, score in enumerate(scores):
        order[place] = np.lexsort((-score, stratum))
        ranked = score[order[place]]
        last[place, :-1] = ends[:-1] | (ranked[1:] != ranked[:-1])
    return Choice(
        site=site.astype(np.int32),
        weight=weight.astype(np.float64),
        starts=np.append(np.flatnonzero(new_stratum), len(stratum)).astype(np.int64),
        order=order,
        last=last,
        budgets=np.asarray(budgets, dtype=np.float64),
        pairs=np.asarray(pairs, dtype=np.int64).reshape(-1, 2),
    )


@njit(nogil=True, cache=True)
def _sum(  # type: ignore[no-untyped-def]
    multiplicity, columns, site, weight, starts, order, last, budgets, pairs, sizes, share, classes, both
):
    drawn = np.empty(len(site))
    kind = np.zeros((len(order), len(budgets), len(site)), dtype=np.int8)
    for draw in range(multiplicity.shape[0]):
        kind[:] = 0
        for stratum in range(len(starts) - 1):
            begin, end = starts[stratum], starts[stratum + 1]
            for row in range(begin, end):
                drawn[row] = multiplicity[draw, site[row]] * weight[row]
                sizes[draw, stratum] += drawn[row]
            for policy in range(len(order)):
                _choose(
                    drawn, columns, order[policy, begin:end], last[policy, begin:end], budgets, sizes[draw, stratum],
                    kind[policy], share[draw, policy, :, stratum], classes[draw, policy, :, stratum],
                )  # fmt: skip
            for pair in range(len(pairs) if both.shape[5] else 0):
                a, b = pairs[pair, 0], pairs[pair, 1]
                for place in range(len(budgets)):
                    _meet(
                        drawn, columns, order[a, begin:end], kind[a, place], kind[b, place],
                        both[draw, pair, place, stratum],
                    )  # fmt: skip


@njit(nogil=True, cache=True)
def _meet(drawn, columns, order, first, second, both):  # type: ignore[no-untyped-def]
    """Down the first policy's ranking to its last row chosen: those that the second chooses too."""
    for row in order:
        if drawn[row] > 0.0:
            if first[row] == 0:
                return
            if second[row] > 0:
                _add(both[2 * (first[row] - 1) + second[row] - 1], columns[row], drawn[row])


@njit(nogil=True, cache=True)
def _choose(drawn, columns, order, last, budgets, size, kind, share, classes):  # type: ignore[no-untyped-def]
    """From the highest score down, one tie group after the other, until the largest budget is spent."""
    deepest, seen, group, first = budgets.max() * size - SLACK * size, 0.0, 0.0, 0
    for place in range(len(order)):
        group += drawn[order[place]]
        if not last[place]:
            continue
        for budget in range(len(budgets)):
            left = budgets[budget] * size - seen
            if group > 0.0 and left > SLACK * size:
                full = group <= left + SLACK * size
                if not full:
                    share[budget] = left / group
                for member in range(first, place + 1):
                    row = order[member]
                    if drawn[row] > 0.0:
                        kind[budget, row] = 2 if full else 1
                        _add(classes[budget, 1 if full else 0], columns[row], drawn[row])
        seen += group
        group, first = 0.0, place + 1
        if seen >= deepest:
            return


@njit(nogil=True, cache=True, inline="always")
def _add(into, values, weight):  # type: ignore[no-untyped-def]
    for column in range(len(into)):
        into[column] += weight * values[column]
