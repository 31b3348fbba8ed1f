"""Grades as prescribed: what a system's own frequencies of visits find, and a policy with as many (GRADES.md 11.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._policies import BUDGET_SHARE, CLEAN_SHARE, HARM, Prepared
from riskml.evaluation._pools import GRADE, Pool
from riskml.evaluation._ranking import Floats, Multiplicity, found_by_stratum, ratio, sum_rows
from riskml.grades import System
from riskml.planning.intensities import intensity

AT: Final = "@prescribed"
"""Ends the name of every metric at as many visits as a grade prescribes."""

FLOOR_DAYS: Final = 730.0
"""Everyone at least once in two years: Order 49 of the State Administration for Market Regulation (2021), art. 22."""

YEAR_DAYS: Final = 365.0


def visit_rates(level: "pd.Series[Any]", per_year: Mapping[str, float], *, horizon_days: int) -> "pd.Series[float]":
    """The share of a level's visits within a horizon that the level prescribes: min(1, visits a year x H / 365).

    Args:
        level: code of each row's level; missing without one.
        per_year: level -> visits a year that it prescribes, >= 0.
        horizon_days: H.

    Returns:
        In [0, 1], on the index of `level`; NaN without a level (the comparison puts the mean of the others there).

    Raises:
        DataError: for a level without a frequency, a frequency that is negative or no number, or no horizon.

    >>> visit_rates(pd.Series(["A", "D", None]), {"A": 0.5, "D": 6.0}, horizon_days=73).tolist()
    [0.1, 1.0, nan]
    """
    if horizon_days <= 0:
        raise DataError(f"a horizon of {horizon_days} days is not allowed; it is 1 day or more")
    unknown = sorted(set(level.dropna()) - set(per_year))
    if unknown:
        raise DataError(f"levels {unknown} have no prescribed visits; those with them are {list(per_year)}")
    wrong = {code: visits for code, visits in per_year.items() if not 0 <= visits < np.inf}
    if wrong:
        raise DataError(f"prescribed visits a year {wrong} are not allowed; they are numbers of 0 or more")
    rate = level.map({code: min(1.0, visits * horizon_days / YEAR_DAYS) for code, visits in per_year.items()})
    return rate.astype("float64")


def with_rates(
    rows: pd.DataFrame, grades: pd.DataFrame, systems: Mapping[str, System], *, horizon_days: int
) -> pd.DataFrame:
    """The scored rows with a column rate_<system> for each system: the share of its visits that its level prescribes.

    Args:
        rows: scored rows: site_id, as_of.
        grades: levels of every site on each origin: site_id, as_of, system, level; one row each.
        systems: name -> system, with its intensities.
        horizon_days: H.

    Returns:
        A copy; a name's "/" becomes "_", as in the names of the policies.
    """
    columns = {}
    for name, system in systems.items():
        mine = grades.loc[grades["system"] == name, ["site_id", "as_of", "level"]]
        found = rows[["site_id", "as_of"]].merge(mine, on=["site_id", "as_of"], how="left", validate="one_to_one")
        per_year = {level.code: intensity(level) for level in system.levels}
        rate = visit_rates(found["level"], per_year, horizon_days=horizon_days)
        columns[f"rate_{name.replace('/', '_')}"] = rate.to_numpy()
    return rows.assign(**columns)


@dataclass(frozen=True, eq=False)
class Prescribed:
    """The visits made, as a grading system prescribes them and as a policy with as many of them would.

    Within the visits made at an origin the grade keeps a random share r of the visits of each level, r being the rate
    of the rows (expected value). B is the sum of the rates. The policy has the same B and the same floor: a random
    share f = min(1, H / 730) of all visits, and the rest of B on its highest scores among what is left. Where B is
    smaller than the floor, all of B is spent at random, as the floor would.

    Attributes:
        grade: name of the system's policy.
        floor: f.
        columns: of the labelled rows, what is summed over each stratum: weight, weight x rate, failed weight, failed
            weight x rate, and where harm is known harm and harm x rate; shape (n, 4 or 6).
        site, stratum: of the labelled rows, shape (n,).
        strata: their number.
    """

    grade: str
    floor: float
    columns: Floats
    site: NDArray[np.int32]
    stratum: NDArray[np.int64]
    strata: int

    @property
    def system(self) -> str:
        """Name of the grading system."""
        return self.grade.removeprefix(GRADE)

    def values(
        self, multiplicity: Multiplicity, others: Mapping[str, Prepared]
    ) -> tuple[dict[str, dict[str, Floats]], Floats]:
        """Metrics of the grade and of the others, and the floor's share of the visits at each origin.

        Args:
            multiplicity: how often each site was drawn, shape (draws, sites).
            others: policy -> its pools.

        Returns:
            policy -> metric -> values of shape (draws,); and the share f that could be kept, shape (strata, draws).
        """
        sums = sum_rows(multiplicity, self.site, self.stratum, self.columns, strata=self.strata)
        made, budget, failed, kept = sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3]
        known = sums.shape[1] > 4
        told = {self.grade: _metrics(made, budget, failed, kept, (sums[:, 4], sums[:, 5]) if known else None)}
        floor = np.minimum(self.floor, np.divide(budget, made, out=np.zeros_like(made), where=made > 0))
        left = 1.0 - floor
        visits = np.divide(budget - floor * made, left, out=np.zeros_like(made), where=left > 0)
        for policy, ready in others.items():
            found = floor * failed + left * found_by_stratum(ready.visits, multiplicity, visits)
            harm = None
            if known and ready.harms is not None:
                harm = (sums[:, 4], floor * sums[:, 4] + left * found_by_stratum(ready.harms, multiplicity, visits))
            told[policy] = _metrics(made, budget, failed, found, harm)
            del told[policy][f"{BUDGET_SHARE}{AT}"]  # the grade's, by construction
        return told, floor


def prepare_prescribed(pool: Pool, grade: str, *, horizon_days: int) -> Prescribed:
    """The labelled rows of a pool with the rates of one grading system (`pool.rates`)."""
    rows = pool.labelled
    weight, rate, fail = pool.weight[rows], pool.rates[grade][rows], pool.fail[rows]
    columns = [weight, weight * rate, weight * fail, weight * fail * rate]
    if pool.harm is not None and np.isfinite(pool.harm[rows]).any():
        harm = weight * np.nan_to_num(pool.harm[rows])
        columns += [harm, harm * rate]
    codes, stratum = np.unique(pool.origin[rows], return_inverse=True)
    floor = min(1.0, horizon_days / FLOOR_DAYS)
    return Prescribed(grade, floor, np.column_stack(columns), pool.site[rows], stratum.astype(np.int64), len(codes))


def _metrics(
    made: Floats, budget: Floats, failed: Floats, found: Floats, harm: tuple[Floats, Floats] | None
) -> dict[str, Floats]:
    """Sums of shape (strata, draws) -> metrics of shape (draws,)."""
    chance = np.divide(failed * budget, made, out=np.zeros_like(made), where=made > 0).sum(axis=0)
    visits, hits, all_failed = budget.sum(axis=0), found.sum(axis=0), failed.sum(axis=0)
    precision = ratio(hits, visits)
    told = {
        "precision": precision,
        "recall": ratio(hits, all_failed),
        "found": np.where(visits > 0, hits, np.nan),
        "lift": ratio(hits, chance),
        CLEAN_SHARE: 1.0 - precision,
        BUDGET_SHARE: ratio(visits, made.sum(axis=0)),
    }
    if harm is not None:
        told[HARM] = ratio(harm[1].sum(axis=0), harm[0].sum(axis=0))
    return {f"{name}{AT}": value for name, value in told.items()}
