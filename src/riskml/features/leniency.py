"""A site's past failures beyond what its inspectors find elsewhere: history adjusted for who was sent."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.features.feature import Feature
from riskml.records.days import Days
from riskml.records.outcomes import VISIT, outcome_as_of

WINDOW_DAYS: Final = 1095
PRIOR_VISITS: Final = 20
"""Visits with the failed share of all that an inspector's own share is shrunk by."""
OWN_PRIOR: Final = 5
"""Visits without excess that a site's mean is shrunk by."""
EXCESS: Final = Feature(
    name="excess_fails_1095d",
    unit="share",
    text_en="Failed visits of the last 3 years beyond what their inspectors find elsewhere, a visit",
    text_zh="近三年不合格次数超出其检查员在他处所见水平的部分（每次检查）",
    reason_en="visits of the last 3 years failed {value} more often than their inspectors find elsewhere",
    reason_zh="近三年不合格率比其检查员在他处所见高 {value}",
    origin="site",
    monotone=1,
    why="failed inspections, with lenient and strict inspectors made comparable",
    tags=("leniency",),
)
"""The feature as models see it; it is never exported: a scorer is not told who made past visits."""


def excess_fails(
    site_ids: "pd.Series[str]", as_of: Days, inspections: pd.DataFrame, log: pd.DataFrame
) -> NDArray[np.float64]:
    """The mean excess of each row's site, by what was known before the row's day.

    With n and f a site's eligible visits and failures of the window by one inspector, N and F those of the inspector at
    all sites, P the failed share of all visits and m = `PRIOR_VISITS`: the inspector's rate elsewhere is
    (F - f + m P) / (N - n + m), and the site's value the sum over inspectors of f - n x rate, divided by its visits +
    `OWN_PRIOR`. The inspector of the visit that is to be predicted is never read.

    Args:
        site_ids: shape (n,).
        as_of: day numbers, shape (n,).
        inspections: canonical visits; visits without an inspector count with the failed share of all.
        log: event log (`records.log.event_log`).

    Returns:
        Shape (n,); NaN for a site without a visit in the window.
    """
    visits = log.loc[log["code"] == VISIT, ["site_id", "inspection_id", "occurred_on", "known_on", "gone_on"]]
    inspector = visits["inspection_id"].map(inspections.set_index("inspection_id")["inspector"])
    visits = visits.assign(inspector=inspector).reset_index(drop=True)
    out = np.full(len(site_ids), np.nan)
    for day in np.unique(as_of):
        age = day - visits["occurred_on"].to_numpy(np.int64)
        held = (visits["known_on"] < day) & (visits["gone_on"] >= day) & (age > 0) & (age <= WINDOW_DAYS)
        rows = np.flatnonzero(as_of == day)
        out[rows] = site_ids.iloc[rows].map(_excess(visits[held.to_numpy(bool)], log, int(day))).to_numpy(np.float64)
    return out


def _excess(visits: pd.DataFrame, log: pd.DataFrame, day: int) -> "pd.Series[float]":
    """The value of each site on a day, by the visits that were known then."""
    if visits.empty:
        return pd.Series(dtype="float64")
    days = np.full(len(visits), day, dtype=np.int32)
    failed = outcome_as_of(log, visits["inspection_id"], days, "fail")
    pairs = visits.assign(fails=failed.astype(np.int64), visits=1, inspector=visits["inspector"].fillna(""))
    own = pairs.groupby(["site_id", "inspector"])[["fails", "visits"]].sum().reset_index()
    whole = own.groupby("inspector")[["fails", "visits"]].sum()
    whole.loc[whole.index == ""] = 0
    typical = float(failed.mean())
    known = (own["inspector"] != "").astype(np.int64)
    elsewhere = [own["inspector"].map(whole[name]) - known * own[name] for name in ("fails", "visits")]
    rate = (elsewhere[0] + PRIOR_VISITS * typical) / (elsewhere[1] + PRIOR_VISITS)
    by_site = own.assign(excess=own["fails"] - own["visits"] * rate).groupby("site_id")[["excess", "visits"]].sum()
    return by_site["excess"] / (by_site["visits"] + OWN_PRIOR)
