"""Are the probabilities right, for everybody and at all times? Slope, intercept, Brier and reliability by group."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.evaluation._calibration import calibrate
from riskml.evaluation._policies import CALIBRATION, undefined
from riskml.evaluation.curves import reliability_curve
from riskml.evaluation.intervals import bootstrap, percentile_interval

OVERALL: Final = "overall"
ORIGIN: Final = "origin"
NEEDED: Final = 20
"""Labelled rows of either outcome that a slope and an intercept need; below that it says "not enough data"."""
MOST_MEMBERS: Final = 50
"""Members shown of a group, those with most labelled rows."""
MOST_DRAWS: Final = 500
SIZES: Final = ((50.0, "1: up to 50 m2"), (150.0, "2: up to 150 m2"), (500.0, "3: up to 500 m2"))
LARGEST: Final = "4: above 500 m2"
COLUMNS: Final = {
    "group": "str", "member": "str", "metric": "str", "bin": "Int64", "predicted": "float64", "value": "float64",
    "low": "float64", "high": "float64", "n": "int64", "n_positive": "int64", "reason": "str",
}  # fmt: skip
Row = dict[str, Any]


def calibration_table(
    rows: pd.DataFrame, groups: Mapping[str, "pd.Series[Any]"], *, policy: str = "model", draws: int, seed: int
) -> pd.DataFrame:
    """Calibration overall, at each origin (its drift), and for the members of each group.

    Args:
        rows: scored rows; only those with an outcome count. The policy's score is a probability.
        groups: name -> member of each row, on the index of `rows`; a missing member is left out.
        policy: the one looked at.
        draws: bootstrap resamples of a member's sites, 500 at most.
        seed: of the resamples.

    Returns:
        group ("overall", "origin", or a name of `groups`), member, metric, bin, predicted, value, low, high, n,
        n_positive, reason. Metrics: brier, calibration_slope, calibration_intercept (intervals by resampling the sites)
        and, a row for each of ten bins of equal size, reliability: the observed rate beside `predicted`, the mean
        probability (Wilson intervals). Where a value or interval is missing, `reason` says why.
    """
    known = rows[rows["fail"].notna()]
    days = known["origin"].dt.strftime("%Y-%m-%d")
    divided = {OVERALL: pd.Series("", index=known.index), ORIGIN: days}
    divided |= {name: members.loc[known.index] for name, members in groups.items()}
    found: list[Row] = []
    for group, members in divided.items():
        for member in _shown(members, by_size=group != ORIGIN):
            part = known[(members == member).to_numpy(bool, na_value=False)]
            told = [*_numbers(part, policy, min(draws, MOST_DRAWS), seed), *_reliability(part, policy)]
            found += [{"group": group, "member": str(member), **row} for row in told]
    empty = {"bin": pd.NA, "predicted": np.nan, "low": np.nan, "high": np.nan, "reason": ""}
    return pd.DataFrame([{**empty, **row} for row in found], columns=list(COLUMNS)).astype(COLUMNS)


def size_of(area_m2: "pd.Series[float]") -> "pd.Series[str]":
    """Size bands of sites by their area; missing where it is not known.

    >>> size_of(pd.Series([20.0, 150.0, 900.0, float("nan")])).fillna("-").tolist()
    ['1: up to 50 m2', '2: up to 150 m2', '4: above 500 m2', '-']
    """
    names = [name for _, name in SIZES] + [LARGEST]
    place = np.searchsorted([limit for limit, _ in SIZES], area_m2.to_numpy(np.float64, na_value=np.nan))
    return pd.Series(np.array(names)[np.minimum(place, len(SIZES))], index=area_m2.index, dtype="str").where(
        area_m2.notna()
    )


def _shown(members: "pd.Series[Any]", *, by_size: bool) -> list[Any]:
    """The members with most rows, in the order of their names."""
    counts = members.value_counts()
    return sorted(counts.index[:MOST_MEMBERS] if by_size else counts.index, key=str)


def _numbers(part: pd.DataFrame, policy: str, draws: int, seed: int) -> Iterator[Row]:
    """Brier score, slope and intercept with their intervals."""
    fail = part["fail"].to_numpy(bool)
    probability = part[f"score_{policy}"].to_numpy(np.float64)
    weight = part["weight"].to_numpy(np.float64)
    site, sites = pd.factorize(part["site_id"], sort=True)

    def statistic(multiplicity: NDArray[np.uint16]) -> NDArray[np.float64]:
        return calibrate(fail, probability, weight=weight, site=site.astype(np.int32), multiplicity=multiplicity)

    failures = int(fail.sum())
    counts = {"n": len(fail), "n_positive": failures}
    point = statistic(np.ones((1, len(sites)), dtype=np.uint16))[0]
    drawn = bootstrap(statistic, sites=len(sites), draws=draws, seed=seed) if draws else np.empty((0, 3))
    for place, metric in enumerate(CALIBRATION):
        if metric != "brier" and min(failures, len(fail) - failures) < NEEDED:
            reason = f"not enough data: {failures} failures in {len(fail)} rows, {NEEDED} of either outcome are needed"
            yield {"metric": metric, "value": np.nan, "reason": reason, **counts}
        elif np.isnan(point[place]):
            yield {"metric": metric, "value": np.nan, "reason": undefined(metric), **counts}
        else:
            told = percentile_interval(drawn[:, place], sites=len(sites))
            low, high = (np.nan if end is None else end for end in (told.low, told.high))
            value = float(point[place])
            yield {"metric": metric, "value": value, "low": low, "high": high, "reason": told.reason or "", **counts}


def _reliability(part: pd.DataFrame, policy: str) -> Iterator[Row]:
    for place, row in enumerate(reliability_curve(part["fail"], part[f"score_{policy}"]).to_dict("records")):
        positives = round(row["observed"] * row["n"])
        ends = {name: row[name] for name in ("predicted", "low", "high", "n")}
        yield {"metric": "reliability", "bin": place, "value": row["observed"], "n_positive": positives, **ends}
