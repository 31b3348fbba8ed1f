"""Failure rate of each level, whether it rises from level to level, and the share of failures in the safest one."""

from itertools import pairwise
from math import erfc, sqrt
from typing import Any, Final

import numpy as np

from riskml.evaluation._ranking import Floats, ratio
from riskml.evaluation.levels._graded_rows import Finding, GradedRows, Resampling, estimate, finding, site_sums
from riskml.evaluation.metrics import auc

Z95: Final = 1.959963984540054
NO_VISIT: Final = "no settled visit at this level"
NO_FAILURE: Final = "there is no failed visit"


def level_rates(rows: GradedRows, resampling: Resampling) -> list[Finding]:
    """Failure rate by level (fail_rate), its step to the next riskier level (fail_rate_step), failures_in_safest.

    Intervals are bootstrapped by site; where all or none of a level's visits failed, nothing varies, and the Wilson
    interval over its sites stands instead.
    """
    k = len(rows.levels)
    held = np.flatnonzero(rows.labelled)
    site, rank, fail = rows.site[held], rows.rank[held], rows.fail[held].astype(np.float64)
    visits = site_sums(site, rank, sites=rows.sites, columns=k)
    failures = site_sums(site, rank, sites=rows.sites, columns=k, weight=fail)
    here = np.flatnonzero(visits.sum(axis=0) > 0)  # steps lead over levels without visits

    def values(sums: Floats) -> Floats:
        rates = ratio(sums[:, k:], sums[:, :k])
        steps = rates[:, here[1:]] - rates[:, here[:-1]]
        safest = ratio(sums[:, k], sums[:, k:].sum(axis=1))
        return np.column_stack([rates, steps, safest])

    point, intervals = estimate(np.hstack([visits, failures]), values, resampling)
    n, failed = visits.sum(axis=0).astype(int), failures.sum(axis=0).astype(int)
    found = []
    for place, code in enumerate(rows.levels):
        about = {"level": code, "n": int(n[place]), "n_positive": int(failed[place])}
        one = finding("fail_rate", point[place], intervals[place], undefined=NO_VISIT, **about)
        certain = one.value in (0.0, 1.0)
        found.append(_with_wilson(one, int((visits[:, place] > 0).sum())) if certain else one)
    for step, (below, above) in enumerate(pairwise(here)):
        names = {"level": rows.levels[below], "other": rows.levels[above]}
        counts = {"n": int(n[below] + n[above]), "n_positive": int(failed[below] + failed[above])}
        at = k + step
        found.append(finding("fail_rate_step", point[at], intervals[at], undefined=NO_VISIT, **names, **counts))
    about = {"level": rows.levels[0], "n": int(failed.sum()), "n_positive": int(failed[0])}
    found.append(finding("failures_in_safest", point[-1], intervals[-1], undefined=NO_FAILURE, **about))
    return found


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson 95 % interval of a share of n (Wilson 1927), n > 0.

    >>> tuple(round(bound, 4) for bound in wilson(0.0, 10))
    (0.0, 0.2775)
    """
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _with_wilson(one: Finding, sites: int) -> Finding:
    low, high = wilson(float(one.value or 0.0), sites)
    reason = "every visit had the same outcome"
    return Finding(
        one.measure, one.value, low, high, one.n, one.n_positive, one.level, interval="wilson", reason=reason
    )


def level_trend(rows: GradedRows) -> list[Finding]:
    """Whether failures go with the level: rates_rise, trend_z and trend_p, and the AUC of the level alone.

    rates_rise is 1 where no rate is below that of a safer level. trend_z is the Cochran-Armitage statistic (Armitage
    1955) with variance by site: U / sqrt(sum over sites of U_s^2), U_s = sum of (rank - mean rank)(fail - mean fail);
    above 0 riskier levels fail more. trend_p is its two-sided p-value. The AUC pools the pairs within each day.
    """
    held = np.flatnonzero(rows.labelled)
    rank, fail, n = rows.rank[held].astype(np.float64), rows.fail[held].astype(np.float64), len(held)
    about: dict[str, Any] = {"n": n, "n_positive": int(fail.sum())}
    if not 0 < fail.sum() < n:
        reason = "there is one outcome only" if n else "there is no settled visit"
        return [Finding(name, None, reason=reason, **about) for name in ("rates_rise", "trend_z", "trend_p", "auc")]
    visits = np.bincount(rows.rank[held], minlength=len(rows.levels))
    rates = np.bincount(rows.rank[held], fail)[visits[: rows.rank[held].max() + 1] > 0] / visits[visits > 0]
    if len(rates) < 2:
        reason = "all settled visits are at one level"
        return [Finding(name, None, reason=reason, **about) for name in ("rates_rise", "trend_z", "trend_p", "auc")]
    part = (rank - rank.mean()) * (fail - fail.mean())
    spread = sqrt(float((np.bincount(rows.site[held], part) ** 2).sum()))
    z = float(part.sum()) / spread if spread else 0.0
    area = auc(rows.fail[held], rank, stratum=rows.day[held])
    return [
        Finding("rates_rise", float((np.diff(rates) >= 0).all()), **about),
        Finding("trend_z", z, **about),
        Finding("trend_p", erfc(abs(z) / sqrt(2.0)), **about),
        Finding("auc", area, reason="" if area is not None else "no day has both outcomes", **about),
    ]
