"""What study 2 says: bias, error and coverage of each method, the bounds, and what the reports warned of."""

from typing import Final

import numpy as np
import pandas as pd
from coverage_worlds import share_error

POINTS: Final = ("naive", "ipw_hajek", "ipw_horvitz_thompson", "doubly_robust", "contraction", "random_arm")
"""Methods that give a value."""
BARRED: Final = ("ipw_hajek", "ipw_horvitz_thompson", "doubly_robust")
"""Methods whose bias must be small beside the naive one's."""
BOUNDS: Final = ("sensitivity", "worst_case")
"""Methods that give two ends."""
WORLD: Final = ["scenario", "propensity", "city", "world", "policy", "metric"]
CASE: Final = ["scenario", "propensity", "policy", "metric"]


def bias_table(found: pd.DataFrame) -> pd.DataFrame:
    """Of the methods with a value, by scenario, propensity, policy, metric and method.

    Returns:
        worlds (with a value), truth (mean), bias (mean of the value less the truth), error (its Monte-Carlo standard
        error), share (absolute bias as a share of the naive one's in the same worlds), rmse, coverage of the interval
        (NaN without intervals) and ess (mean effective sample size).
    """
    points = found[found["method"].isin(POINTS)]
    naive = points[points["method"] == "naive"].set_index(WORLD)["value"]
    points = points.join(naive.rename("naive"), on=WORLD)
    points = points[points["value"].notna()]
    rows = []
    for case, worlds in points.groupby([*CASE, "method"], sort=False):
        n, off = len(worlds), worlds["value"] - worlds["truth"]
        share = abs(off.mean()) / abs((worlds["naive"] - worlds["truth"]).mean())
        rmse = float(np.sqrt((off**2).mean()))
        error = off.std() / np.sqrt(n)
        ess = worlds["ess"].mean()
        rows.append((*case, n, worlds["truth"].mean(), off.mean(), error, share, rmse, _coverage(worlds), ess))
    names = ["worlds", "truth", "bias", "error", "share", "rmse", "coverage", "ess"]
    return pd.DataFrame(rows, columns=[*CASE, "method", *names])


def bounds_table(found: pd.DataFrame) -> pd.DataFrame:
    """Of the bounds, by scenario, propensity, policy, metric, method and gamma.

    Returns:
        worlds, coverage of the interval (bounds and sampling error), its Monte-Carlo error, width of the interval,
        ends (mean distance of the estimated bounds), narrower (share of the worlds in which the interval is narrower
        than the worst case's).
    """
    bounds = found[found["method"].isin(BOUNDS)].assign(width=lambda t: t["high"] - t["low"])
    worst = bounds[bounds["method"] == "worst_case"].set_index(WORLD)["width"]
    bounds = bounds.join(worst.rename("worst"), on=WORLD)
    rows = []
    for case, worlds in bounds.groupby([*CASE, "method", "gamma"], sort=False, dropna=False):
        n, covered = len(worlds), _coverage(worlds)
        ends = (worlds["upper"] - worlds["lower"]).mean()
        narrower = (worlds["width"] < worlds["worst"]).mean()
        rows.append((*case, n, covered, share_error(covered, n), worlds["width"].mean(), ends, narrower))
    names = ["worlds", "coverage", "error", "width", "ends", "narrower"]
    return pd.DataFrame(rows, columns=[*CASE, "method", "gamma", *names])


def warnings_table(found: pd.DataFrame) -> pd.DataFrame:
    """By scenario and propensity: worlds, and in what share of them the reports said what.

    Returns:
        labelled_ess (mean effective number of labelled rows), below_02 (mean share of rows with a propensity below
        0.02), overlap_fails, says_overlap, says_arm, disagree (shares of the worlds; see `selection_worlds`), arm
        (share in which the random arm gave a value), arm_reason (the commonest reason why not).
    """
    flags = ["below_02", "overlap_fails", "says_overlap", "says_arm", "disagree"]
    rows = []
    for case, table in found.groupby(["scenario", "propensity"], sort=False):
        worlds = table.groupby(["city", "world"])[flags].first().astype(float)
        arm = table[table["method"] == "random_arm"]
        ess = table[table["method"] == "ipw_hajek"].groupby(["city", "world"])["ess"].max().mean()
        reason = _commonest(arm.loc[arm["value"].isna(), "reason"])
        rows.append((*case, len(worlds), ess, *worlds.mean(), arm["value"].notna().mean(), reason))
    names = ["scenario", "propensity", "worlds", "labelled_ess", *flags, "arm", "arm_reason"]
    return pd.DataFrame(rows, columns=names)


def _coverage(worlds: pd.DataFrame) -> float:
    """Share of the worlds whose interval holds the truth; an interval that is not given does not. NaN without any."""
    if worlds["low"].isna().all():
        return float("nan")
    return float(((worlds["low"] <= worlds["truth"]) & (worlds["truth"] <= worlds["high"])).mean())


def _commonest(texts: "pd.Series[str]") -> str:
    counts = texts.dropna().value_counts()
    return str(counts.index[0]) if len(counts) else ""
