"""What a reordering moves: sums over the failures of days earlier, early finds and persistence, under many weightings.

A stratum is the set of visits that may change places: all visits of an origin, or one slot. Its days keep their number
of visits; equal scores share the days that fall to them (expected value under random order).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from riskml.evaluation._ranking import Floats, Multiplicity
from riskml.evaluation.schedule._visits import Ints, Visits

SHIFT: Final = 0
EARLY: Final = 1
SWEEP: Final = 2
"""Columns of a measure: days earlier, found in the first half; from SWEEP on two a half-life: days earlier of what is
still there, and the share that is still there."""


@dataclass(frozen=True, eq=False)
class Arranged:
    """Visits in their strata, ready for `move`.

    Attributes:
        visits: n visits, of one order for all policies.
        stratum: code of each visit's stratum, shape (n,).
        days: unique days of each stratum, ascending, one stratum after the other.
        day_starts: first of them in each stratum, and their number, shape (strata + 1,).
        starts: first row of each stratum among the sorted rows, and n, shape (strata + 1,).
        by_day: rows sorted by stratum and day, shape (n,).
        place: of each row's day among the days of its stratum, shape (n,).
        by_score: rows sorted by stratum and, within it, from the highest score down, shape (policies, n).
        last: whether the row there ends its tie group, shape (policies, n).
        origin: of each stratum, shape (strata,).
    """

    visits: Visits
    stratum: Ints
    days: Ints
    day_starts: Ints
    starts: Ints
    by_day: Ints
    place: Ints
    by_score: Ints
    last: NDArray[np.bool_]
    origin: Ints


def arrange(visits: Visits, stratum: Ints, policies: Sequence[str]) -> Arranged:
    """Sort the visits once.

    Args:
        visits: those of at least one row.
        stratum: code of each visit's stratum, 0, 1, ... without a gap; all its visits are of one origin.
        policies: those whose orders are wanted, at least one.
    """
    by_day = np.lexsort((visits.day, stratum))
    strata, days = stratum[by_day], visits.day[by_day]
    starts = np.append(np.flatnonzero(np.diff(strata, prepend=-1)), len(strata))
    new = np.diff(strata, prepend=-1).astype(bool) | np.diff(days, prepend=days[0]).astype(bool)
    unique = np.flatnonzero(new)
    day_starts = np.searchsorted(unique, starts)
    place = np.empty(len(strata), dtype=np.int64)
    place[by_day] = np.cumsum(new) - 1 - day_starts[strata]
    orders = [np.lexsort((-visits.scores[policy], stratum)) for policy in policies]
    ends = [_ends(stratum[order], visits.scores[policy][order]) for order, policy in zip(orders, policies, strict=True)]
    return Arranged(
        visits, stratum, days[unique], day_starts, starts, by_day, place, np.array(orders), np.array(ends),
        visits.origin[by_day[starts[:-1]]],
    )  # fmt: skip


def _ends(strata: Ints, scores: Floats) -> NDArray[np.bool_]:
    last = np.ones(len(strata), dtype=bool)
    last[:-1] = (strata[1:] != strata[:-1]) | (scores[1:] != scores[:-1])
    return last


def move(
    arranged: Arranged,
    multiplicity: Multiplicity,
    *,
    halves: Ints,
    half_lives: Sequence[float],
    cell: "Ints | None" = None,
) -> Floats:
    """Sums of each measure over the failed visits, and the weight of these.

    Args:
        arranged: n visits in their strata, under k policies.
        multiplicity: how often each site was drawn, shape (draws, sites).
        halves: last day of each origin's first half, shape (draws, origins) (`first_halves`).
        half_lives: in days, above 0.
        cell: which sum each visit goes into, 0, 1, ..., shape (n,); absent means one sum.

    Returns:
        Shape (draws, cells, k + 2, 3 + 2 x half-lives): after the policies the random order (its exact mean) and the
        order in which the visits were made; the last measure is the weight of the failed visits.
    """
    visits, measures = arranged.visits, SWEEP + 2 * len(half_lives)
    cells = np.zeros(len(visits.day), dtype=np.int64) if cell is None else cell
    shape = (len(multiplicity), int(cells.max(initial=0)) + 1, len(arranged.by_score) + 2, measures + 1)
    sums = np.zeros(shape)
    widest = int(np.diff(arranged.day_starts).max(initial=0))
    persistence = _persistence(arranged, half_lives)
    _move(
        multiplicity, visits.site, visits.weight, visits.fail, halves, persistence, widest,
        (arranged.days, arranged.day_starts, arranged.starts, arranged.origin, arranged.place),
        (arranged.by_score, arranged.last), cells, sums,
    )  # fmt: skip
    return sums


def first_halves(visits: Visits, multiplicity: Multiplicity) -> Ints:
    """The last day of each origin up to which fewer than half of its visits were made, shape (draws, origins).

    Where there is none it is a day before all others.
    """
    order = np.lexsort((visits.day, visits.origin))
    starts = np.searchsorted(visits.origin[order], np.arange(len(visits.origins) + 1))
    found = np.full((len(multiplicity), len(visits.origins)), np.iinfo(np.int64).min)
    _halves(multiplicity, visits.site[order], visits.weight[order], visits.day[order], starts, found)
    return found


def _persistence(arranged: Arranged, half_lives: Sequence[float]) -> Floats:
    """2^(-shift / half-life) for shifts of 0, 1, ... days, shape (half-lives, longest shift + 1)."""
    ends = arranged.days[arranged.day_starts[1:] - 1] - arranged.days[arranged.day_starts[:-1]]
    shifts = np.arange(int(ends.max(initial=0)) + 1)
    return np.exp2(-shifts[None, :] / np.asarray(half_lives, dtype=np.float64)[:, None])


@njit(nogil=True, cache=True)
def _halves(multiplicity, site, weight, day, starts, found):  # type: ignore[no-untyped-def]
    for draw in range(len(multiplicity)):
        for origin in range(len(starts) - 1):
            total = 0.0
            for row in range(starts[origin], starts[origin + 1]):
                total += multiplicity[draw, site[row]] * weight[row]
            seen = 0.0
            for row in range(starts[origin], starts[origin + 1]):
                seen += multiplicity[draw, site[row]] * weight[row]
                if seen >= total / 2.0:
                    break
                if row + 1 == starts[origin + 1] or day[row + 1] != day[row]:
                    found[draw, origin] = day[row]


@njit(nogil=True, cache=True)
def _move(multiplicity, site, weight, fail, halves, persistence, widest, layout, orders, cell, sums):  # type: ignore[no-untyped-def]
    days, day_starts, starts, origin, place = layout
    by_score, last = orders
    policies, measures = by_score.shape[0], sums.shape[3] - 1
    drawn = np.empty(len(site))
    upto = np.empty(widest + 1)
    failing = np.empty(widest)
    area = np.empty((widest, widest + 1, measures))
    for draw in range(len(multiplicity)):
        for row in range(len(site)):
            drawn[row] = multiplicity[draw, site[row]] * weight[row]
        for stratum in range(len(starts) - 1):
            rows = by_score[0, starts[stratum] : starts[stratum + 1]]
            mine = days[day_starts[stratum] : day_starts[stratum + 1]]
            if _weigh(drawn, fail, place, rows, len(mine), upto, failing) == 0.0:
                continue
            half = halves[draw, origin[stratum]]
            _integrate(mine, failing, upto, half, persistence, area)
            for policy in range(policies):
                rows = by_score[policy, starts[stratum] : starts[stratum + 1]]
                ends = last[policy, starts[stratum] : starts[stratum + 1]]
                _walk(rows, ends, drawn, fail, place, upto, area, len(mine), policy, cell, sums[draw])
            _stay(rows, drawn, fail, place, upto, area, mine, half, cell, sums[draw])


@njit(nogil=True, cache=True)
def _stay(rows, drawn, fail, place, upto, area, mine, half, cell, sums):  # type: ignore[no-untyped-def]
    """The random order, the order as made, and the weight of the failures."""
    policies, measures = sums.shape[1] - 2, sums.shape[2] - 1
    for row in rows:
        if not fail[row] or drawn[row] == 0.0:
            continue
        into, day = sums[cell[row]], place[row]
        for measure in range(measures):
            into[policies, measure] += drawn[row] * area[day, len(mine), measure] / upto[len(mine)]
        into[policies + 1, EARLY] += drawn[row] * (mine[day] <= half)
        for measure in range(SWEEP + 1, measures, 2):
            into[policies + 1, measure] += drawn[row]
        for one in range(policies + 2):
            into[one, measures] += drawn[row]


@njit(nogil=True, cache=True)
def _weigh(drawn, fail, place, rows, count, upto, failing):  # type: ignore[no-untyped-def]
    """Cumulative weight of the days (upto) and weight of the failures of each day; returns that of all failures."""
    upto[: count + 1] = 0.0
    failing[:count] = 0.0
    positive = 0.0
    for row in rows:
        upto[place[row] + 1] += drawn[row]
        if fail[row]:
            failing[place[row]] += drawn[row]
            positive += drawn[row]
    for day in range(count):
        upto[day + 1] += upto[day]
    return positive


@njit(nogil=True, cache=True)
def _integrate(mine, failing, upto, half, persistence, area):  # type: ignore[no-untyped-def]
    """For a failure of each day: every measure, added up over the visits on the days before each day."""
    for day in range(len(mine)):
        if failing[day] == 0.0:
            continue
        area[day, 0, :] = 0.0
        for offered in range(len(mine)):
            visits = upto[offered + 1] - upto[offered]
            shift = mine[day] - mine[offered]
            here, after = area[day, offered], area[day, offered + 1]
            after[SHIFT] = here[SHIFT] + visits * shift
            after[EARLY] = here[EARLY] + visits * (mine[offered] <= half)
            for place in range(len(persistence)):
                there = visits * persistence[place, abs(shift)]
                after[SWEEP + 2 * place] = here[SWEEP + 2 * place] + there * shift
                after[SWEEP + 2 * place + 1] = here[SWEEP + 2 * place + 1] + there


@njit(nogil=True, cache=True)
def _walk(rows, ends, drawn, fail, place, upto, area, count, policy, cell, sums):  # type: ignore[no-untyped-def]
    """From the highest score down: each tie group takes the next places, and its failures their mean."""
    begin = seen = 0.0
    first = start_day = end_day = 0
    for index in range(len(rows)):
        seen += drawn[rows[index]]
        if not ends[index]:
            continue
        if seen > begin:
            while start_day + 1 < count and upto[start_day + 1] <= begin:
                start_day += 1
            end_day = max(end_day, start_day)
            while end_day + 1 < count and upto[end_day + 1] < seen:
                end_day += 1
            for row in rows[first : index + 1]:
                if fail[row] and drawn[row] > 0.0:
                    share, into = drawn[row] / (seen - begin), sums[cell[row], policy]
                    _add(area[place[row]], upto, start_day, begin, -share, into)
                    _add(area[place[row]], upto, end_day, seen, share, into)
        begin, first = seen, index + 1


@njit(nogil=True, cache=True)
def _add(area, upto, day, position, share, sums):  # type: ignore[no-untyped-def]
    """Share x each measure added up over the visits before a position that lies in a day."""
    width = upto[day + 1] - upto[day]
    part = (position - upto[day]) / width if width > 0.0 else 0.0
    for measure in range(area.shape[1]):
        here = area[day, measure]
        sums[measure] += share * (here + part * (area[day + 1, measure] - here))
