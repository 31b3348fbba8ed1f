"""Every metric of one policy on a pool, for many weightings of its sites; and what stands beside each number."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.evaluation._calibration import calibrate
from riskml.evaluation._pools import Pool
from riskml.evaluation._ranking import Floats, Multiplicity, Ranked, Tally, rank, ratio, tally
from riskml.evaluation._recut import Recut, recut

Mask = NDArray[np.bool_]

REORDERING: Final = "reordering"
ALLOCATION: Final = "allocation"

LABELLED_SHARE: Final = "labelled_share"
WITHIN: Final = "within_inspector_auc"
HARM: Final = "harm_recall"
SAVED: Final = "visits_saved"
BUDGET_SHARE: Final = "budget_share"
CLEAN_SHARE: Final = "clean_share"
CALIBRATION: Final = ("brier", "calibration_slope", "calibration_intercept")

UNDEFINED: Final = {
    "auc": "no origin holds both a failed and a passed visit",
    "average_precision": "there is no failed visit",
    "brier": "there is no labelled visit",
    "calibration_slope": "it does not exist: one outcome only, equal or separating probabilities, or one of 0 or 1",
    "calibration_intercept": "it does not exist: one outcome only, or a probability that is 0 or 1",
    WITHIN: "no inspector has both a failed and a passed visit at one origin",
    "precision": "there is no labelled visit",
    "recall": "there is no failed visit",
    "found": "there is no labelled visit",
    "lift": "there is no failed visit",
    LABELLED_SHARE: "there is no row with a weight",
    HARM: "there is no failed visit of known harm",
    SAVED: "there is no failed visit",
    BUDGET_SHARE: "there is no labelled visit",
    CLEAN_SHARE: "there is no labelled visit",
}


@dataclass(frozen=True, eq=False)
class Recuts:
    """The linear re-cuts of a policy's visits, of all its sites, and of its visits by harm where that is known."""

    visits: Recut
    sites: Recut
    harms: Recut | None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A policy's pools, sorted once: `values` then costs one pass a draw.

    Attributes:
        pool: the rows.
        budgets: budget shares.
        visits: the labelled rows ranked within each origin.
        sites: all rows ranked within each origin; the positives are the labelled ones.
        harms: the labelled rows ranked within each origin, a positive of known harm counts its harm; None if no harm of
            a failed visit is known.
        inspectors: the labelled rows with a known inspector ranked within origin x inspector; None if there are none.
        probability: the score as a probability of failure; None for a policy that only ranks.
    """

    pool: Pool
    budgets: tuple[float, ...]
    visits: Ranked
    sites: Ranked
    harms: Ranked | None
    inspectors: Ranked | None
    probability: Floats | None

    def values(self, multiplicity: Multiplicity) -> dict[str, Floats]:
        """Each metric under each weighting: multiplicities of shape (draws, sites) -> values of shape (draws,)."""
        return self.measured(multiplicity)[0]

    def measured(self, multiplicity: Multiplicity, *, resampled: bool = False) -> tuple[dict[str, Floats], Tally]:
        """The values, and the sums over the labelled rows, cut exactly.

        Args:
            multiplicity: how often each site counts, shape (draws, sites).
            resampled: whether these are resamples: what a budget finds then follows the linear re-cut (`_recut`).
        """
        exact = reordered = tally(self.visits, multiplicity, shares=self.budgets)
        if resampled:
            reordered = self.recuts.visits.tally(exact, multiplicity)
        result = {"auc": reordered.auc, "average_precision": reordered.average_precision}
        if self.probability is not None:
            result |= dict(zip(CALIBRATION, self._calibration(self.probability, multiplicity).T, strict=True))
        if self.inspectors is not None:
            result[WITHIN] = tally(self.inspectors, multiplicity, shares=()).auc
        _, visits, labelled = self._cut(self.sites, self.recuts.sites if resampled else None, multiplicity)
        for place, budget in enumerate(self.budgets):
            share = ratio(labelled[:, place], visits[:, place])
            at = {**reordered.at_budget(place), LABELLED_SHARE: share}
            result |= {f"{name}@{budget:.2f}": value for name, value in at.items()}
        return result | self._harm_recall(multiplicity, resampled), exact

    @cached_property
    def recuts(self) -> Recuts:
        """The linear re-cuts of the ranked pools."""

        def of(ranked: Ranked) -> Recut:
            return recut(ranked, shares=self.budgets, sites=self.pool.sites)

        return Recuts(of(self.visits), of(self.sites), None if self.harms is None else of(self.harms))

    def _harm_recall(self, multiplicity: Multiplicity, resampled: bool) -> dict[str, Floats]:
        """Share of the harm of the failures that stands in the budget: what each found failure weighs is its harm."""
        if self.harms is None:
            return {}
        positive, _, found = self._cut(self.harms, self.recuts.harms if resampled else None, multiplicity)
        return {f"{HARM}@{budget:.2f}": ratio(found[:, k], positive) for k, budget in enumerate(self.budgets)}

    def _cut(self, ranked: Ranked, linear: Recut | None, multiplicity: Multiplicity) -> tuple[Floats, Floats, Floats]:
        """Positives of a pool, shape (draws,); visits and found by budget, cut exactly if there is no linear re-cut."""
        if linear is not None:
            return linear.budgets(multiplicity)
        sums = tally(ranked, multiplicity, shares=self.budgets, whole=False)
        return sums.positive, sums.visits, sums.found

    def _calibration(self, probability: Floats, multiplicity: Multiplicity) -> Floats:
        rows = self.pool.labelled
        fail, weight, site = self.pool.fail[rows], self.pool.weight[rows], self.pool.site[rows]
        return calibrate(fail, probability[rows], weight=weight, site=site, multiplicity=multiplicity)


def prepare(pool: Pool, policy: str, *, budgets: Sequence[float], probability: bool) -> Prepared:
    """Rank the pools of one policy, of the same rows for every policy."""
    known = pool.labelled & (pool.inspector >= 0)
    harm, harmed = _harm(pool)
    pairs = pool.origin * (int(pool.inspector.max(initial=-1)) + 1) + pool.inspector

    def ranked(rows: Mask, outcome: Mask, stratum: NDArray[np.int64], amount: Floats | None = None) -> Ranked:
        score, weight, site = pool.scores[policy][rows], pool.weight[rows], pool.site[rows]
        counted = None if amount is None else amount[rows]
        return rank(outcome[rows], score, weight=weight, stratum=stratum[rows], site=site, amount=counted)

    return Prepared(
        pool=pool,
        budgets=tuple(budgets),
        visits=ranked(pool.labelled, pool.fail, pool.origin),
        sites=ranked(np.ones(len(pool.site), dtype=bool), pool.labelled, pool.origin),
        harms=ranked(pool.labelled, harmed, pool.origin, pool.weight * np.nan_to_num(harm)) if harmed.any() else None,
        inspectors=ranked(known, pool.fail, pairs) if known.any() else None,
        probability=pool.scores[policy] if probability else None,
    )


def _harm(pool: Pool) -> tuple[Floats, Mask]:
    """Harm of each row, and which failures have a known one."""
    harm = np.full(len(pool.site), np.nan) if pool.harm is None else pool.harm
    return harm, pool.fail & ~np.isnan(harm)


def undefined(metric: str) -> str:
    """Why a metric can have no value.

    >>> undefined("recall@0.10")
    'there is no failed visit'
    """
    return UNDEFINED[metric.partition("@")[0]]


def pool_of(pool: Pool, metric: str) -> tuple[int, int, str]:
    """Rows and positives behind a metric, and its estimand; the positives of labelled_share are the labelled rows."""
    if metric.startswith(LABELLED_SHARE):
        return len(pool.site), int(pool.labelled.sum()), ALLOCATION
    rows = pool.labelled & (pool.inspector >= 0) if metric == WITHIN else pool.labelled
    positive = _harm(pool)[1] if metric.startswith(HARM) else pool.fail & rows
    return int(rows.sum()), int(positive.sum()), REORDERING
