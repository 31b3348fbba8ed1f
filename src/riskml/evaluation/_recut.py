"""What a budget finds under a resample: the cut moves over rows that fail at the rate around it (a linear re-cut).

A budget cut again in a resample moves over single rows, and which of them failed is noise that the sample holds
already: an exact re-cut counts that noise twice, and its intervals are too wide. Here the rows chosen in the sample
stay chosen with their multiplicities, and the visits left over or lacking find what the rows around the cut find: the
first-order (von Mises 1947) expansion of the exact re-cut. Both agree where pools are large; docs/coverage.md tells how
often the intervals hold the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from riskml.evaluation._ranking import Floats, Multiplicity, Ranked, Tally

AROUND: Final = 0.25
"""The rows around a cut: those from (1 - AROUND) to (1 + AROUND) of the budget, in the order of the policy."""


@dataclass(frozen=True, eq=False)
class Recut:
    """The linear re-cut of one ranked pool at each of its budgets.

    Attributes:
        by_site: what one more draw of a site adds to what is found, shape (sites, budgets).
        weight, positive: what it adds to the weight of the pool and to its positives, shape (sites,).
        shares: the budgets.
    """

    by_site: Floats
    weight: Floats
    positive: Floats
    shares: Floats

    def tally(self, exact: Tally, multiplicity: Multiplicity) -> Tally:
        """The same sums with what is found by the linear re-cut, at least 0 and at most all positives.

        Args:
            exact: sums under the same weightings, cut exactly.
            multiplicity: shape (draws, sites).
        """
        return replace(exact, found=np.clip(self.found(multiplicity), 0.0, exact.positive[:, None]))

    def budgets(self, multiplicity: Multiplicity) -> tuple[Floats, Floats, Floats]:
        """As `tally`, where nothing else of the exact sums is needed: no pass down the pool.

        Returns:
            Positives, shape (draws,); visits and positives found at each budget, shape (draws, budgets).
        """
        columns = np.column_stack([self.weight, self.positive, self.by_site])
        sums = multiplicity.astype(np.float64) @ columns
        positive = sums[:, 1]
        return positive, sums[:, :1] * self.shares, np.clip(sums[:, 2:], 0.0, positive[:, None])

    def found(self, multiplicity: Multiplicity) -> Floats:
        """Positives found under each weighting: multiplicities of shape (draws, sites) -> shape (draws, budgets)."""
        return np.asarray(multiplicity.astype(np.float64) @ self.by_site)


def recut(ranked: Ranked, *, shares: Sequence[float], sites: int) -> Recut:
    """Prepare the linear re-cut.

    Args:
        ranked: the pool.
        shares: budgets as shares of each stratum's weight.
        sites: number of sites.

    >>> from riskml.evaluation._ranking import rank
    >>> score, site = np.array([4.0, 3.0, 2.0, 1.0]), np.arange(4, dtype=np.int32)
    >>> failed = np.array([True, False, True, False])
    >>> pool = rank(failed, score, weight=np.ones(4), stratum=np.zeros(4), site=site)
    >>> recut(pool, shares=[0.5], sites=4).found(np.ones((1, 4), dtype=np.uint16)).tolist()
    [[1.0]]
    """
    start, end, total = _places(ranked)
    hits = np.where(ranked.outcome, ranked.amount, 0.0)
    columns = []
    for share in shares:
        chosen = _overlap(start, end, 0.0, share * total)
        near = _overlap(start, end, share * (1 - AROUND) * total, np.minimum(share * (1 + AROUND), 1.0) * total)
        weighed = float(near @ ranked.weight)
        rate = float(near @ hits) / weighed if weighed > 0 else 0.0
        adds = chosen * hits + rate * (share - chosen) * ranked.weight
        columns.append(np.bincount(ranked.site, adds, minlength=sites))
    by_site: Floats = np.stack(columns, axis=1) if columns else np.empty((sites, 0))
    weight = np.bincount(ranked.site, ranked.weight, minlength=sites).astype(np.float64)
    positive = np.bincount(ranked.site, hits, minlength=sites).astype(np.float64)
    return Recut(by_site, weight, positive, np.asarray(shares, dtype=np.float64))


def _places(ranked: Ranked) -> tuple[Floats, Floats, Floats]:
    """Where each row's tie group begins and ends in the weight of its stratum, and that weight; each of shape (n,)."""
    rows = np.diff(ranked.starts)
    upto = np.concatenate([[0.0], np.cumsum(ranked.weight)])
    before = np.repeat(upto[ranked.starts[:-1]], rows)
    total = np.repeat(upto[ranked.starts[1:]], rows) - before
    ends = np.flatnonzero(ranked.last)
    group = np.concatenate([[0], np.cumsum(ranked.last)[:-1]]) if len(ranked.last) else np.empty(0, dtype=np.int64)
    begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else np.empty(0, dtype=np.int64)
    start, end = upto[begins][group] - before, upto[ends + 1][group] - before
    return start, end, total


def _overlap(start: Floats, end: Floats, low: "Floats | float", high: Floats) -> Floats:
    """The share of each tie group that lies between two places of its stratum; 0 of a group without weight."""
    inside = np.minimum(end, high) - np.maximum(start, low)
    share: Floats = np.divide(np.maximum(inside, 0.0), end - start, out=np.zeros_like(start), where=end > start)
    return share
