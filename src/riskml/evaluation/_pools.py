"""Scored rows, checked and in one order whatever their order was: the rows of the two estimands, never mixed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats

REQUIRED: Final = ("site_id", "origin", "fail", "weight")
GRADE: Final = "grade_"
"""Begins the name of every policy that ranks by a grading system: grade_<system>, its column of rates rate_<system>."""


@dataclass(frozen=True, eq=False)
class Pool:
    """All active sites at every evaluation origin, n rows ordered by origin and site.

    Attributes:
        origins: evaluation origins, ascending.
        origin: code of each row's origin, ascending with its day, shape (n,).
        sites: number of sites.
        site: code of each row's site, shape (n,).
        labelled: whether the row's visit was made and is settled, shape (n,).
        fail: the outcome, shape (n,); False where not labelled.
        inspector: code of the visit's inspector, shape (n,); -1 where unknown or not labelled.
        weight: shape (n,).
        scores: of each policy, shape (n,); higher is riskier.
        harm: severity points of a failed visit, shape (n,), NaN where it is not known or nothing failed; None if the
            rows have no column harm.
        rates: of each grading system's policy, the share of its visits that the system prescribes, shape (n,), in
            [0, 1]; those whose rows have a column rate_<system>.
    """

    origins: pd.DatetimeIndex
    origin: NDArray[np.int64]
    sites: int
    site: NDArray[np.int32]
    labelled: NDArray[np.bool_]
    fail: NDArray[np.bool_]
    inspector: NDArray[np.int64]
    weight: Floats
    scores: dict[str, Floats]
    harm: Floats | None = None
    rates: dict[str, Floats] = field(default_factory=dict)

    def at_origin(self, place: int) -> "Pool":
        """The rows of one origin alone, with the same codes of sites."""
        here = self.origin == place
        return Pool(
            origins=self.origins[place : place + 1],
            origin=self.origin[here],
            sites=self.sites,
            site=self.site[here],
            labelled=self.labelled[here],
            fail=self.fail[here],
            inspector=self.inspector[here],
            weight=self.weight[here],
            scores={policy: score[here] for policy, score in self.scores.items()},
            harm=None if self.harm is None else self.harm[here],
            rates={policy: rate[here] for policy, rate in self.rates.items()},
        )


def make_pool(rows: pd.DataFrame, policies: Sequence[str]) -> Pool:
    """Check the scored rows and put them in the form of `Pool`.

    Args:
        rows: site_id, origin, fail, weight, a score_<policy> column for each policy, and perhaps inspector, harm and
            rate_<system>; one row a site and origin.
        policies: names, each once.

    Raises:
        DataError: for no rows, an absent column, a missing or repeated key, a NaN score (with policy and count), a
            weight that is not finite or negative, a negative harm, or a rate outside 0 to 1.
    """
    if rows.empty:
        raise DataError("there are no scored rows; a comparison needs at least one site at one origin")
    if not policies:
        raise DataError(f"policies {list(policies)} must be names, at least one and each once")
    check_columns(rows, policies, REQUIRED)
    ordered = rows.sort_values(["origin", "site_id"], kind="stable")
    twice = ordered.duplicated(["origin", "site_id"])
    if twice.any():
        examples = ordered.loc[twice, ["site_id", "origin"]].head(3).astype(str).to_numpy().tolist()
        raise DataError(f"{int(twice.sum())} repeated (site_id, origin); one row each is allowed; examples: {examples}")
    origin, origins = pd.factorize(ordered["origin"], sort=True)
    site, sites = pd.factorize(ordered["site_id"], sort=True)
    fail = ordered["fail"].astype("boolean")
    labelled = fail.notna().to_numpy()
    return Pool(
        origins=pd.DatetimeIndex(origins),
        origin=origin.astype(np.int64),
        sites=len(sites),
        site=site.astype(np.int32),
        labelled=labelled,
        fail=fail.fillna(False).to_numpy(bool),
        inspector=_inspectors(ordered, labelled),
        weight=weights_of(ordered),
        scores={policy: _scores(ordered, policy) for policy in policies},
        harm=_harm(ordered, fail.fillna(False).to_numpy(bool)),
        rates=_rates(ordered, policies),
    )


def check_columns(rows: pd.DataFrame, policies: Sequence[str], required: Sequence[str]) -> None:
    """Refuse scored rows that lack a column or a key, and a policy named twice.

    Raises:
        DataError: says which.
    """
    if len(set(policies)) < len(policies):
        raise DataError(f"policies {list(policies)} must be names, each once")
    absent = [name for name in (*required, *(f"score_{p}" for p in policies)) if name not in rows.columns]
    if absent:
        raise DataError(f"scored rows lack columns {absent}; they have {list(rows.columns)}")
    for name in ("site_id", "origin"):
        if rows[name].isna().any():
            raise DataError(f"scored rows: {name} is missing in {int(rows[name].isna().sum())} of {len(rows)} rows")


def _inspectors(rows: pd.DataFrame, labelled: NDArray[np.bool_]) -> NDArray[np.int64]:
    if "inspector" not in rows.columns:
        return np.full(len(rows), -1, dtype=np.int64)
    codes = pd.factorize(rows["inspector"], sort=True)[0]
    return np.where(labelled, codes, -1).astype(np.int64)


def weights_of(rows: pd.DataFrame) -> Floats:
    """The weights of scored rows, shape (n,).

    Raises:
        DataError: for one that is missing, infinite or negative.
    """
    values = rows["weight"].to_numpy(np.float64, na_value=np.nan)
    wrong = np.count_nonzero(~(np.isfinite(values) & (values >= 0)))
    if wrong:
        raise DataError(f"scored rows: {wrong} weights are missing, infinite or negative; a plain row weighs 1")
    return values


def _scores(rows: pd.DataFrame, policy: str) -> Floats:
    values = rows[f"score_{policy}"].to_numpy(np.float64, na_value=np.nan)
    holes = np.count_nonzero(np.isnan(values))
    if holes:
        raise DataError(
            f"policy {policy} has no score (NaN) in {holes} of {len(values)} rows; every active site needs a score"
        )
    return values


def _harm(rows: pd.DataFrame, fail: NDArray[np.bool_]) -> Floats | None:
    if "harm" not in rows.columns:
        return None
    values = np.where(fail, rows["harm"].to_numpy(np.float64, na_value=np.nan), np.nan)
    wrong = np.count_nonzero((values < 0) | np.isinf(values))
    if wrong:
        raise DataError(f"scored rows: harm is negative or infinite in {wrong} failed visits; points are 0 or more")
    return values


def _rates(rows: pd.DataFrame, policies: Sequence[str]) -> dict[str, Floats]:
    """Missing rates are the mean of the origin's others (of all origins' where it has none)."""
    rates = {}
    for policy in policies:
        name = f"rate_{policy.removeprefix(GRADE)}"
        if not policy.startswith(GRADE) or name not in rows.columns or rows[name].isna().all():
            continue
        known = rows[name].astype("float64")
        outside = int(((known < 0) | (known > 1)).sum())
        if outside:
            raise DataError(f"scored rows: {name} lies outside 0 to 1 in {outside} rows; it is a share of visits")
        filled = known.fillna(known.groupby(rows["origin"]).transform("mean")).fillna(known.mean())
        rates[policy] = np.asarray(filled, dtype=np.float64)
    return rates
