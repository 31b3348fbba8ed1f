"""Bunching: are there more sites just on the safe side of a cut than its surroundings let expect?"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from riskml.evaluation._ranking import Floats, ratio
from riskml.evaluation.levels._graded_rows import Finding, Flags, GradedRows, Resampling, estimate, finding, site_sums

NOBODY: Final = "no site has points near this cut"
NO_SURROUNDINGS: Final = "no site has points in the outer bins"
DECIMALS: Final = 6

PointCut = tuple[float, bool]
"""A cut on points (higher is riskier), and whether the value itself belongs to the safer level."""


def bunching(
    rows: GradedRows, cuts: Sequence[PointCut], resampling: Resampling, *, width: float | None = None
) -> list[Finding]:
    """The share of the sites near each cut that lie on its safe side (bunching), expected share, and excess.

    After McCrary (2008), with four bins of one width about the cut: of n_1 (outer safe), n_2, n_3, n_4 (outer risky)
    the share is n_2 / (n_2 + n_3). A density whose logarithm is a straight line gives n_2 / n_3 = (n_1 / n_4)^(1/3),
    which is the expected share; the excess is the share less that. Above 0 with its interval clear of 0: bunched.
    Points that nobody could aim at, as those of a reconstruction, can be heaped but not gamed.

    Args:
        rows: with points.
        cuts: of the neighbouring levels, safest first.
        resampling: of the sites.
        width: of a bin, in points; absent: a quarter of the least distance between cuts (the first one's from 0).
    """
    if not cuts:
        return []
    step = default_width(cuts) if width is None else width
    found = []
    for place, cut in enumerate(cuts):
        names = {"level": rows.levels[place], "other": rows.levels[place + 1]}
        bins = _bins(rows.points, cut, step)
        near = np.flatnonzero(bins >= 0)
        sums = site_sums(rows.site[near], bins[near], sites=rows.sites, columns=4)
        point, intervals = estimate(sums, _shares, resampling)
        counts = sums.sum(axis=0).astype(int)
        inner = {"n": int(counts[1] + counts[2]), "n_positive": int(counts[1])}
        reasons = (NOBODY, NO_SURROUNDINGS, NO_SURROUNDINGS if inner["n"] else NOBODY)
        for at, name in enumerate(("bunching", "bunching_expected", "bunching_excess")):
            found.append(finding(name, point[at], intervals[at], undefined=reasons[at], **names, **inner))
    return found


def default_width(cuts: Sequence[PointCut]) -> float:
    """A quarter of the least distance between neighbouring cuts, the first one's being that from 0.

    >>> default_width([(1.0, True), (3.0, True), (6.0, True)])
    0.25
    """
    values = sorted({0.0, *(value for value, _ in cuts)})
    return float(np.diff(values).min()) / 4 if len(values) > 1 else 0.25


def _bins(points: Floats, cut: PointCut, width: float) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """0 to 3 for the four bins about the cut, safest first; -1 elsewhere."""
    value, safe_end = cut
    place = np.round((np.round(points, DECIMALS) - value) / width, DECIMALS)
    bins = (np.ceil(place) - 1 if safe_end else np.floor(place)) + 2
    inside: Flags = np.isfinite(bins) & (bins >= 0) & (bins <= 3)
    return np.where(inside, np.nan_to_num(bins), -1).astype(np.int64)


def _shares(sums: Floats) -> Floats:
    """Sums of the four bins -> share on the safe side, expected share, excess."""
    share = ratio(sums[:, 1], sums[:, 1] + sums[:, 2])
    surrounded = (sums[:, 0] > 0) & (sums[:, 3] > 0)
    odds = np.cbrt(ratio(sums[:, 0], np.where(surrounded, sums[:, 3], 0.0)))
    expected = odds / (1.0 + odds)
    return np.column_stack([share, expected, share - expected])
