"""Levels over time: the share of each on each day and its trend (inflation), and who moved between two days."""

from itertools import pairwise
from typing import Final

import numpy as np

from riskml.evaluation._ranking import Floats, ratio
from riskml.evaluation.levels._graded_rows import Finding, GradedRows, Ints, Resampling, estimate, finding, site_sums

DAYS_PER_YEAR: Final = 365.25
ONE_DAY: Final = "there is one day only"
NOBODY: Final = "no site has a level on two days in a row"


def level_shares(rows: GradedRows, resampling: Resampling) -> list[Finding]:
    """The share of each level on each day, and the slopes per year of the safest level's share and of the mean rank.

    A slope is that of the least-squares line over the days. Inflation is a rising share of the safest level
    (safest_share_slope above 0) or a falling mean rank (mean_rank_slope below 0) with its interval clear of 0.
    """
    days, k = len(rows.days), len(rows.levels)
    sums = site_sums(rows.site, rows.day * k + rows.rank, sites=rows.sites, columns=days * k)
    slope = _slope_weights(rows)

    def values(drawn: Floats) -> Floats:
        table = drawn.reshape(len(drawn), days, k)
        shares = ratio(table, np.broadcast_to(table.sum(axis=2, keepdims=True), table.shape))
        trends = np.column_stack([shares[:, :, 0] @ slope, (shares @ np.arange(k, dtype=np.float64)) @ slope])
        return np.hstack([shares.reshape(len(drawn), days * k), trends])

    point, intervals = estimate(sums, values, resampling)
    counts = sums.sum(axis=0).astype(int).reshape(days, k)
    found = []
    for place in range(days * k):
        day, level = divmod(place, k)
        about = {"level": rows.levels[level], "day": rows.days[day]}
        n = {"n": int(counts[day].sum()), "n_positive": int(counts[day, level])}
        found.append(finding("share", point[place], intervals[place], undefined="", **about, **n))
    for place, (name, level_code) in enumerate((("safest_share_slope", rows.levels[0]), ("mean_rank_slope", ""))):
        at = days * k + place
        about = {"level": level_code, "n": len(rows.rank)}
        found.append(finding(name, point[at], intervals[at], undefined=ONE_DAY, **about))
    return found


def _slope_weights(rows: GradedRows) -> Floats:
    """Weights w with slope = sum of w x value over the days; NaN for a single day."""
    years = (rows.days - rows.days[0]).days.to_numpy(np.float64) / DAYS_PER_YEAR
    centred = years - years.mean()
    if len(years) < 2:
        return np.full(1, np.nan)
    weights: Floats = centred / (centred**2).sum()
    return weights


def level_moves(rows: GradedRows, resampling: Resampling) -> list[Finding]:
    """Who moved from one day to the next: stayed, moved_riskier, moved_safer (shares), and moved, the transitions.

    A transition's value is the share of the sites at `level` on the earlier day that were at `other` on the later one,
    over all pairs of neighbouring days together; n is the sites at `level`, n_positive those that went to `other`.
    """
    site, before, after = _pairs(rows)
    k = len(rows.levels)
    move = np.where(after == before, 0, np.where(after > before, 1, 2)).astype(np.int64)
    columns = site_sums(site, move, sites=rows.sites, columns=3)

    def values(drawn: Floats) -> Floats:
        return ratio(drawn, np.broadcast_to(drawn.sum(axis=1, keepdims=True), drawn.shape))

    point, intervals = estimate(columns, values, resampling)
    counts = columns.sum(axis=0).astype(int)
    found = [
        finding(name, point[at], intervals[at], undefined=NOBODY, n=len(site), n_positive=int(counts[at]))
        for at, name in enumerate(("stayed", "moved_riskier", "moved_safer"))
    ]
    table = np.bincount(before * k + after, minlength=k * k).reshape(k, k)
    for start in np.flatnonzero(table.sum(axis=1)):
        n = int(table[start].sum())
        for end, count in enumerate(table[start].tolist()):
            names = rows.levels[start], rows.levels[end]
            found.append(Finding("moved", count / n, n=n, n_positive=count, level=names[0], other=names[1]))
    return found


def _pairs(rows: GradedRows) -> tuple[Ints, Ints, Ints]:
    """Site, rank before and rank after, of every site and pair of neighbouring days on which it has a level."""
    rank = np.full((len(rows.days), rows.sites), -1, dtype=np.int64)
    rank[rows.day, rows.site] = rows.rank
    parts = []
    for first, second in pairwise(range(len(rows.days))):
        both = np.flatnonzero((rank[first] >= 0) & (rank[second] >= 0))
        parts.append(np.stack([both, rank[first][both], rank[second][both]]))
    joined = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0), dtype=np.int64)
    return joined[0], joined[1], joined[2]
