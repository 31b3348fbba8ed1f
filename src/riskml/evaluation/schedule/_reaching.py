"""On which day the visits of an order are reached: weight by waiting day, under many weightings of the sites."""

from typing import Final

import numpy as np
from numba import njit

from riskml.evaluation._ranking import Floats, Multiplicity, ratio
from riskml.evaluation.schedule._visits import Ints, Visits

QUANTILES: Final = (0.5, 0.9)
SHORT_BY: Final = 1e-9
"""A share that falls short of a quantile by less has reached it: sums of fractions are not exact."""


def origin_days(visits: Visits) -> Ints:
    """Day number of each origin, shape (origins,)."""
    return visits.origins.to_numpy("datetime64[D]").astype(np.int64)


def waits(visits: Visits, multiplicity: Multiplicity, *, spans: Floats, pace: float) -> Floats:
    """Mean, median and ninth decile of the waiting days of the clean and of the failing.

    Args:
        visits: n visits, scored by k policies.
        multiplicity: how often each site was drawn, shape (draws, sites).
        spans: days over which each origin's visits are spread evenly, shape (origins,); read where pace is 0.
        pace: visits a day, the same at every origin; or 0.

    Returns:
        Shape (draws, k + 1, 2, 3): after the policies the days on which the visits were made; NaN where there is none.
    """
    order = np.argsort(visits.origin, kind="stable")
    starts = np.searchsorted(visits.origin[order], np.arange(len(spans) + 1))
    days = _days(visits, multiplicity, spans, pace, starts)
    found = []
    for score in visits.scores.values():
        order = np.lexsort((-score, visits.origin))
        last = np.append(np.diff(score[order]) != 0, True)
        last[starts[1:] - 1] = True
        reached = np.zeros((len(multiplicity), 2, days))
        ranked = (visits.site[order], visits.weight[order], visits.fail[order].astype(np.int64), last)
        _reach(multiplicity, *ranked, starts, spans, pace, reached)
        found.append(_summed(reached))
    made = np.zeros((len(multiplicity), 2, days))
    waited = visits.day - origin_days(visits)[visits.origin]
    _add_up(multiplicity, visits.site, visits.weight, visits.fail.astype(np.int64), waited, made)
    return np.stack([*found, _summed(made)], axis=1)


def _days(visits: Visits, multiplicity: Multiplicity, spans: Floats, pace: float, starts: Ints) -> int:
    """More days than anybody waits."""
    longest = float((visits.day - origin_days(visits)[visits.origin]).max(initial=0))
    if pace > 0 and len(visits.day):
        heaviest = np.add.reduceat(multiplicity[:, visits.site] * visits.weight, starts[:-1], axis=1).max(initial=0.0)
        longest = max(longest, float(heaviest) / pace)
    return int(max(longest, spans.max(initial=0.0))) + 2


def _summed(reached: Floats) -> Floats:
    """The figures of the weight that is reached on each day, shape (draws, outcomes, days) -> (draws, outcomes, 3)."""
    total = reached.sum(axis=2)
    share = ratio(reached.cumsum(axis=2), np.broadcast_to(total[..., None], reached.shape))
    found = [ratio(reached @ np.arange(reached.shape[2], dtype=np.float64), total)]
    for quantile in QUANTILES:
        within = (share >= quantile - SHORT_BY).argmax(axis=2).astype(np.float64)
        found.append(np.where(total > 0, within, np.nan))
    return np.stack(found, axis=-1)


@njit(nogil=True, cache=True)
def _reach(multiplicity, site, weight, fail, last, starts, spans, pace, reached):  # type: ignore[no-untyped-def]
    """From the highest score down: each tie group takes the next places, which its members share evenly."""
    group = np.zeros(2)
    for draw in range(len(multiplicity)):
        for origin in range(len(spans)):
            total = 0.0
            for row in range(starts[origin], starts[origin + 1]):
                total += multiplicity[draw, site[row]] * weight[row]
            if total == 0.0:
                continue
            a_day = pace if pace > 0.0 else total / spans[origin]
            begin = 0.0
            group[:] = 0.0
            for row in range(starts[origin], starts[origin + 1]):
                group[fail[row]] += multiplicity[draw, site[row]] * weight[row]
                size = group[0] + group[1]
                if not last[row] or size == 0.0:
                    continue
                _spread(group, begin, size, a_day, reached[draw])
                begin += size
                group[:] = 0.0


@njit(nogil=True, cache=True)
def _spread(group, begin, size, a_day, reached):  # type: ignore[no-untyped-def]
    day = int(begin / a_day)
    left = begin
    while left < begin + size and day < reached.shape[1] - 1:
        upto = min(begin + size, (day + 1) * a_day)
        if upto > left:
            for outcome in range(2):
                reached[outcome, day] += group[outcome] * (upto - left) / size
            left = upto
        day += 1


@njit(nogil=True, cache=True)
def _add_up(multiplicity, site, weight, fail, waited, reached):  # type: ignore[no-untyped-def]
    for draw in range(len(multiplicity)):
        for row in range(len(site)):
            reached[draw, fail[row], waited[row]] += multiplicity[draw, site[row]] * weight[row]
