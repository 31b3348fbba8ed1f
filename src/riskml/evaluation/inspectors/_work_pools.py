"""The pools that a policy chooses visits from, and the visits that it would give each inspector or office."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, Multiplicity

REORDERING: Final = "reordering"
ALLOCATION: Final = "allocation"
OF_THE_VISIT: Final = ("perfect", "inspector_only")
"""Policies that read the visit itself: they say nothing of sites without one."""


@dataclass(frozen=True, eq=False)
class WorkPool:
    """Rows that a policy may choose from, m of them ordered by origin.

    Attributes:
        estimand, unit: which pool, and which units.
        members: names of the units.
        member: of each row, -1 where unknown, shape (m,).
        made: whether the visit is made now, shape (m,).
        site, weight, scores: as in the scored rows.
        starts: first row of each origin, and m.
    """

    estimand: str
    unit: str
    members: tuple[str, ...]
    member: NDArray[np.int64]
    made: NDArray[np.bool_]
    site: NDArray[np.int32]
    weight: Floats
    scores: dict[str, Floats]
    starts: NDArray[np.int64]


def work_pools(rows: pd.DataFrame, policies: Sequence[str], budget: float) -> list[WorkPool]:
    """The visits made, by inspector and by office, and all sites, by office; those whose units nobody knows left out.

    Raises:
        DataError: for an absent column, a row without a score, or a budget out of its range.
    """
    if not 0 < budget <= 1:
        raise DataError(f"budget {budget} is not allowed; it is a share above 0 and up to 1")
    needed = ["site_id", "origin", "fail", "weight", *(f"score_{policy}" for policy in policies)]
    absent = [name for name in needed if name not in rows.columns]
    if absent:
        raise DataError(f"scored rows lack columns {absent}; they have {list(rows.columns)}")
    holes = [policy for policy in policies if rows[f"score_{policy}"].isna().any()]
    if holes:
        raise DataError(f"policies {holes} have rows without a score; every active site needs one")
    ordered = rows.sort_values(["origin", "site_id"], kind="stable")
    made = ordered[ordered["fail"].notna()]
    asked = [(REORDERING, "inspector", made), (REORDERING, "office", made), (ALLOCATION, "office", ordered)]
    blind = [policy for policy in policies if policy not in OF_THE_VISIT]
    return [
        _pool(estimand, unit, part, policies if estimand == REORDERING else blind)
        for estimand, unit, part in asked
        if unit in rows.columns and made[unit].notna().any()
    ]


def _pool(estimand: str, unit: str, rows: pd.DataFrame, policies: Sequence[str]) -> WorkPool:
    member, members = pd.factorize(rows[unit], sort=True)
    origin = pd.factorize(rows["origin"], sort=True)[0]
    return WorkPool(
        estimand=estimand,
        unit=unit,
        members=tuple(str(name) for name in members),
        member=member.astype(np.int64),
        made=rows["fail"].notna().to_numpy(),
        site=pd.factorize(rows["site_id"], sort=True)[0].astype(np.int32),
        weight=rows["weight"].to_numpy(np.float64),
        scores={policy: rows[f"score_{policy}"].to_numpy(np.float64) for policy in policies},
        starts=np.append(np.flatnonzero(np.diff(origin, prepend=-1)), len(origin)),
    )


def visits_now(pool: WorkPool, multiplicity: Multiplicity) -> Floats:
    """Visits made now by each unit, shape (draws, members)."""
    rows = pool.made & (pool.member >= 0)
    sums = np.zeros((len(multiplicity), len(pool.members)))
    _count(multiplicity, pool.site[rows], pool.weight[rows], pool.member[rows], sums)
    return sums


def visits_chosen(pool: WorkPool, score: Floats, multiplicity: Multiplicity, budget: float) -> Floats:
    """Visits that the highest scores of each origin give each unit, shape (draws, members)."""
    origin = np.repeat(np.arange(len(pool.starts) - 1), np.diff(pool.starts))
    order = np.lexsort((-score, origin))
    last = np.append(np.diff(score[order]) != 0, True)
    last[pool.starts[1:] - 1] = True
    sums = np.zeros((len(multiplicity), len(pool.members)))
    ranked = (pool.site[order], pool.weight[order], pool.member[order], last)
    _choose(multiplicity, *ranked, pool.starts, budget, sums)
    return sums


@njit(nogil=True, cache=True)
def _count(multiplicity, site, weight, member, sums):  # type: ignore[no-untyped-def]
    for draw in range(len(multiplicity)):
        for row in range(len(site)):
            sums[draw, member[row]] += multiplicity[draw, site[row]] * weight[row]


@njit(nogil=True, cache=True)
def _choose(multiplicity, site, weight, member, last, starts, budget, sums):  # type: ignore[no-untyped-def]
    """From the highest score down; the tie group in which the budget ends gives each of its rows the same share."""
    for draw in range(len(multiplicity)):
        for origin in range(len(starts) - 1):
            left = 0.0
            for row in range(starts[origin], starts[origin + 1]):
                left += budget * multiplicity[draw, site[row]] * weight[row]
            first, size = starts[origin], 0.0
            for row in range(starts[origin], starts[origin + 1]):
                size += multiplicity[draw, site[row]] * weight[row]
                if not last[row]:
                    continue
                part = min(1.0, left / size) if size > 0.0 else 0.0
                for one in range(first, row + 1):
                    if member[one] >= 0:
                        sums[draw, member[one]] += part * multiplicity[draw, site[one]] * weight[one]
                left -= part * size
                first, size = row + 1, 0.0
                if left <= 0.0:
                    break
