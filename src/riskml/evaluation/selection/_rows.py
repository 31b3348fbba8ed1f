"""Scored rows as the selection methods need them: who was labelled, how probably, in which unit, by what draw."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation._ranking import Floats

RANDOM_VISIT: Final = "DR"
"""Visit type of a double-random draw (RECORDS.md 5)."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SelectionRules:
    """What the methods assume beyond the rows, stated in one place.

    Attributes:
        clip: largest weight 1 / propensity; a row labelled with less than 1 / clip counts as if it had that.
        regression: column with P(fail | visited) made at the origin, for the doubly robust method and the sensitivity
            bounds.
        unit: column with the unit whose labelled share decides on contraction; known for visited and unvisited rows.
        complete: labelled share that a unit needs for contraction, in (0, 1].
        unit_failures: known failures that those units together need.
        arm_failures: failures that the random arm needs.

    Raises:
        DataError: for a clip below 1, a share outside (0, 1], or a negative number.
    """

    clip: float = 50.0
    regression: str = "score_model"
    unit: str = "office"
    complete: float = 0.8
    unit_failures: int = 20
    arm_failures: int = 100

    def __post_init__(self) -> None:
        if not self.clip >= 1:
            raise DataError(f"clip {self.clip} is not allowed; the largest weight is 1 or more")
        if not 0 < self.complete <= 1:
            raise DataError(f"complete {self.complete} is not allowed; a labelled share lies above 0 and up to 1")
        if min(self.unit_failures, self.arm_failures) < 0:
            raise DataError(
                f"unit_failures {self.unit_failures} and arm_failures {self.arm_failures} must be 0 or more"
            )


@dataclass(frozen=True, eq=False)
class Selected:
    """The rows of the origins that every method can use, n of them, ordered by origin and site.

    Attributes:
        pool: the rows (`_pools.Pool`).
        rules: see there.
        left_out: origins without a propensity for every row; empty if no origin has one.
        propensity: probability of being labelled, in (0, 1], shape (n,); None where it is not known.
        regression: P(fail | visited) made at the origin, in [0, 1], shape (n,); None where it is not known.
        unit: code of the unit, -1 where missing, shape (n,); None without that column.
        arm: labelled by a double-random visit, shape (n,); None without visit types.
        arm_propensity: probability of that, where the design states it, shape (n,); else None.
        missing: why a part above is None, by its name.
    """

    pool: Pool
    rules: SelectionRules
    left_out: tuple[str, ...] = ()
    propensity: Floats | None = None
    regression: Floats | None = None
    unit: NDArray[np.int64] | None = None
    arm: Flags | None = None
    arm_propensity: Floats | None = None
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def raw_weight(self) -> Floats:
        """1 / propensity before clipping, shape (n,); 1 where no propensity is known."""
        return np.ones(len(self.pool.site)) if self.propensity is None else 1.0 / self.propensity

    @property
    def inverse(self) -> Floats:
        """1 / propensity, clipped, shape (n,)."""
        return np.minimum(self.raw_weight, self.rules.clip)

    @property
    def arm_raw_weight(self) -> Floats:
        """Inverse of the probability that the first visit is the random one, up to a factor; shape (n,).

        Where the design does not state it: random draws reach all sites alike, and the visits of a site fall evenly
        over the horizon, so that a random visit comes before any other with probability 1 - propensity / 2.
        """
        if self.arm_propensity is not None:
            return 1.0 / self.arm_propensity
        return np.ones(len(self.pool.site)) if self.propensity is None else 1.0 / (1.0 - self.propensity / 2.0)


def select(rows: pd.DataFrame, policies: Sequence[str], rules: SelectionRules) -> Selected:
    """Check the scored rows and take the origins at which every row has a propensity (all of them if none has).

    Raises:
        DataError: for rows that `_pools.make_pool` refuses, or a probability outside its range.
    """
    whole = make_pool(rows, policies)
    ordered = rows.sort_values(["origin", "site_id"], kind="stable")
    usable, left_out, missing = _usable(ordered, whole)
    if not usable.all():
        ordered = ordered[usable]
        whole = make_pool(ordered, policies)
    propensity = None if "propensity" in missing else _probabilities(ordered, "propensity", least=0.0)
    regression = _regression(ordered, rules.regression, missing)
    unit = _unit(ordered, rules.unit, missing)
    arm = _arm(ordered, whole, missing)
    stated = None
    if arm is not None and "random_propensity" in ordered and ordered["random_propensity"].notna().all():
        stated = _probabilities(ordered, "random_propensity", least=0.0)
    return Selected(whole, rules, left_out, propensity, regression, unit, arm, stated, missing)


def _usable(ordered: pd.DataFrame, pool: Pool) -> tuple[Flags, tuple[str, ...], dict[str, str]]:
    """The rows of origins with a propensity for every row; the other origins; and why there is none at all."""
    everywhere = np.ones(len(ordered), dtype=bool)
    if "propensity" not in ordered:
        return everywhere, (), {"propensity": "scored rows have no column propensity"}
    known = ordered["propensity"].notna().to_numpy()
    holes = np.bincount(pool.origin, ~known)
    if (holes > 0).all():
        reason = f"propensity is missing in {int((~known).sum())} of {len(known)} rows, some at every origin"
        return everywhere, (), {"propensity": reason}
    left_out = tuple(f"{day:%Y-%m-%d}" for day, hole in zip(pool.origins, holes, strict=True) if hole)
    return holes[pool.origin] == 0, left_out, {}


def _probabilities(rows: pd.DataFrame, name: str, *, least: float) -> Floats:
    values = rows[name].to_numpy(np.float64, na_value=np.nan)
    wrong = np.count_nonzero(~((values > least) & (values <= 1)))
    if wrong:
        raise DataError(f"scored rows: {name} of {wrong} rows is not above 0 and up to 1; such a row has no weight")
    return values


def _regression(rows: pd.DataFrame, name: str, missing: dict[str, str]) -> Floats | None:
    if name not in rows:
        missing["regression"] = f"scored rows have no column {name} for the outcome regression"
        return None
    values = rows[name].to_numpy(np.float64, na_value=np.nan)
    wrong = np.count_nonzero(~((values >= 0) & (values <= 1)))
    if wrong:
        missing["regression"] = f"{name} is no probability: {wrong} of {len(values)} values are not from 0 to 1"
        return None
    return values


def _unit(rows: pd.DataFrame, name: str, missing: dict[str, str]) -> NDArray[np.int64] | None:
    if name not in rows:
        missing["unit"] = f"scored rows have no column {name}"
        return None
    unvisited = rows["fail"].isna()
    if unvisited.any() and rows.loc[unvisited, name].isna().all():
        missing["unit"] = f"{name} is known for visited rows only, so nobody's labelled share can be told"
        return None
    codes: NDArray[Any] = pd.factorize(rows[name], sort=True)[0]
    return codes.astype(np.int64)


def _arm(rows: pd.DataFrame, pool: Pool, missing: dict[str, str]) -> Flags | None:
    if "visit_type" not in rows:
        missing["arm"] = "scored rows have no column visit_type, so no double-random visit can be told"
        return None
    drawn = (rows["visit_type"] == RANDOM_VISIT).to_numpy(bool, na_value=False)
    return np.asarray(drawn & pool.labelled, dtype=bool)
