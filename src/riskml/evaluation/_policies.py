"""Every metric of one policy on a pool, for many weightings of its sites; and what stands beside each number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.evaluation._calibration import calibrate
from riskml.evaluation._pools import Pool
from riskml.evaluation._ranking import Floats, Multiplicity, Ranked, rank, tally

Mask = NDArray[np.bool_]

REORDERING: Final = "reordering"
ALLOCATION: Final = "allocation"

LABELLED_SHARE: Final = "labelled_share"
WITHIN: Final = "within_inspector_auc"
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
}


@dataclass(frozen=True, eq=False)
class Prepared:
    """A policy's pools, sorted once: `values` then costs one pass a draw.

    Attributes:
        pool: the rows.
        budgets: budget shares.
        visits: the labelled rows ranked within each origin.
        sites: all rows ranked within each origin; the positives are the labelled ones.
        inspectors: the labelled rows with a known inspector ranked within origin x inspector; None if there are none.
        probability: the score as a probability of failure; None for a policy that only ranks.
    """

    pool: Pool
    budgets: tuple[float, ...]
    visits: Ranked
    sites: Ranked
    inspectors: Ranked | None
    probability: Floats | None

    def values(self, multiplicity: Multiplicity) -> dict[str, Floats]:
        """Each metric under each weighting: multiplicities of shape (draws, sites) -> values of shape (draws,)."""
        reordered = tally(self.visits, multiplicity, shares=self.budgets)
        allocated = tally(self.sites, multiplicity, shares=self.budgets, whole=False)
        result = {"auc": reordered.auc, "average_precision": reordered.average_precision}
        if self.probability is not None:
            result |= dict(zip(CALIBRATION, self._calibration(self.probability, multiplicity).T, strict=True))
        if self.inspectors is not None:
            result[WITHIN] = tally(self.inspectors, multiplicity, shares=()).auc
        for place, budget in enumerate(self.budgets):
            at = {**reordered.at_budget(place), LABELLED_SHARE: allocated.at_budget(place)["precision"]}
            result |= {f"{name}@{budget:.2f}": value for name, value in at.items()}
        return result

    def _calibration(self, probability: Floats, multiplicity: Multiplicity) -> Floats:
        rows = self.pool.labelled
        fail, weight, site = self.pool.fail[rows], self.pool.weight[rows], self.pool.site[rows]
        return calibrate(fail, probability[rows], weight=weight, site=site, multiplicity=multiplicity)


def prepare(pool: Pool, policy: str, *, budgets: Sequence[float], probability: bool) -> Prepared:
    """Rank the pools of one policy, of the same rows for every policy."""
    known = pool.labelled & (pool.inspector >= 0)
    pairs = pool.origin * (int(pool.inspector.max(initial=-1)) + 1) + pool.inspector

    def ranked(rows: Mask, outcome: Mask, stratum: NDArray[np.int64]) -> Ranked:
        score = pool.scores[policy][rows]
        return rank(outcome[rows], score, weight=pool.weight[rows], stratum=stratum[rows], site=pool.site[rows])

    return Prepared(
        pool=pool,
        budgets=tuple(budgets),
        visits=ranked(pool.labelled, pool.fail, pool.origin),
        sites=ranked(np.ones(len(pool.site), dtype=bool), pool.labelled, pool.origin),
        inspectors=ranked(known, pool.fail, pairs) if known.any() else None,
        probability=pool.scores[policy] if probability else None,
    )


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
    return int(rows.sum()), int(pool.fail[rows].sum()), REORDERING
