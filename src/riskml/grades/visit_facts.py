"""Facts of visits: results of visit-days from the event log; scores, failed items and types from the inspections.

All visits of one site on one day count as one, with the worst of their results.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.grades.event_facts import NOTHING, Measured
from riskml.grades.evidence import Evidence, Floats
from riskml.grades.rules import RESULTS, FactSpec
from riskml.grades.tape import TYPES, Ints, Visits

VISIT_RESULT: Final = {"VISIT": 0, "VISIT_FAIL_BROAD": 1, "VISIT_FAIL": 2, "INSP_FAIL": 2}
"""What each event says of its visit: place in `RESULTS`."""
SPAN: Final = 2**32
HALF: Final = 2**31
FORM_MAX: Final = 10.0
"""Catering forms score up to 10; a score above is on the 100-point form."""


@dataclass(frozen=True)
class VisitDays:
    """Days with a visit, sorted by site and day; arrays of shape (d,).

    Attributes:
        site, day: row of the site, day number. result: place in `RESULTS`.
        rows, of: rows of the tape behind them, and the visit-day each belongs to.
    """

    site: Ints
    day: Ints
    result: NDArray[np.int8]
    rows: Ints
    of: Ints


def visit_days(evidence: Evidence, window_days: int) -> VisitDays:
    """The visit-days in the window, by what was known of their results before the day."""
    key = ("visit days", window_days)
    if key not in evidence.kept:
        evidence.kept[key] = _visit_days(evidence, window_days)
    kept: VisitDays = evidence.kept[key]
    return kept


def _visit_days(evidence: Evidence, window_days: int) -> VisitDays:
    found = []
    for code in VISIT_RESULT:
        rows = evidence.current(code)
        age = evidence.day - evidence.tape.days["occurred_on"][rows].astype(np.int64)
        found.append(rows[age <= window_days])
    rows = np.concatenate(found)
    told = np.repeat(np.array(list(VISIT_RESULT.values()), dtype=np.int8), [len(part) for part in found])
    clock = evidence.tape.site[rows].astype(np.int64) * SPAN + evidence.tape.days["occurred_on"][rows] + HALF
    keys, of = np.unique(clock, return_inverse=True)
    result = np.zeros(len(keys), dtype=np.int8)
    np.maximum.at(result, of, told)
    return VisitDays(keys // SPAN, keys % SPAN - HALF, result, rows, of)


def visit_fact(evidence: Evidence, fact: FactSpec) -> Measured:
    """A fact of the kinds visit_latest, visit_worst, visit_mean, visit_items; NaN without a visit in the window."""
    days = visit_days(evidence, fact.period.days)
    n = evidence.tape.sites
    counts = np.bincount(days.site, minlength=n)
    if fact.kind == "visit_mean":
        worth = np.array([fact.table[name] for name in RESULTS])[days.result]
        with np.errstate(invalid="ignore"):
            return Measured(np.bincount(days.site, worth, minlength=n) / counts, days.rows, NOTHING)
    raw = np.full(n, np.nan)
    if fact.kind == "visit_worst":
        worst = np.zeros(n)
        np.maximum.at(worst, days.site, days.result)
        raw[counts > 0] = worst[counts > 0]
        behind = days.result[days.of] == worst[days.site[days.of]]
        return Measured(raw, days.rows[behind], NOTHING, RESULTS)
    last = np.flatnonzero(np.append(np.diff(days.site) != 0, [True])[: len(days.site)])
    raw[days.site[last]] = days.result[last]
    behind = np.isin(days.of, last)
    if fact.kind == "visit_items":
        raw[days.site[last]] = _items(evidence, fact, days, last)
    return Measured(raw, days.rows[behind], NOTHING, RESULTS if fact.kind == "visit_latest" else ())


def _items(evidence: Evidence, fact: FactSpec, days: VisitDays, last: Ints) -> Floats:
    """Points of each latest visit-day: those of its failed items, but no fewer than those of its result."""
    key_item, general_item, most = fact.items
    points = np.array([fact.table[name] for name in RESULTS])[days.result[last]]
    visits = evidence.visits
    if visits is None:
        return np.asarray(points)
    place = np.searchsorted(days.site[last], visits.site)
    inside = np.flatnonzero(place < len(last))
    same = days.day[last][place[inside]] == visits.day[inside]
    at = inside[same & (days.site[last][place[inside]] == visits.site[inside])]
    items = np.minimum(
        key_item * np.nan_to_num(visits.key[at]) + general_item * np.nan_to_num(visits.general[at]), most
    )
    np.maximum.at(points, place[at], items)
    return np.asarray(points)


def inspection_fact(evidence: Evidence, fact: FactSpec) -> Measured:
    """A fact of the kinds score_mean, score_graded, key_items, typed_problems, typed_latest.

    NaN without such a visit in the window, and everywhere if no inspections were brought; only typed_problems are 0.
    """
    n = evidence.tape.sites
    if evidence.visits is None:
        return Measured(np.full(n, np.nan), NOTHING, NOTHING)
    visits = evidence.visits
    kinds = [TYPES.index(name) for name in fact.types]
    ours = np.isin(visits.kind, kinds) & (evidence.day - visits.day <= fact.period.days)
    if fact.kind in ("score_mean", "score_graded", "key_items"):
        ours &= ~np.isnan(visits.score)
    if fact.kind == "score_graded":
        ours &= (visits.kind == TYPES.index("FU")) | (visits.score <= fact.posted_up_to)
    rows = np.flatnonzero(ours)
    site = visits.site[rows]
    if fact.kind == "typed_problems":
        rows = rows[visits.result[rows] > 0]
        return Measured(np.bincount(visits.site[rows], minlength=n).astype(np.float64), NOTHING, rows)
    if fact.kind == "score_mean":
        score = np.where(visits.score[rows] > FORM_MAX, visits.score[rows] / 10.0, visits.score[rows])
        with np.errstate(invalid="ignore"):
            return Measured(np.bincount(site, score, minlength=n) / np.bincount(site, minlength=n), NOTHING, rows)
    rows = _latest(visits, rows, n)
    value = {"score_graded": visits.score, "key_items": np.nan_to_num(visits.key)}
    of = value[fact.kind][rows] if fact.kind in value else visits.result[rows].astype(np.float64)
    raw = np.full(n, -1.0)
    np.maximum.at(raw, visits.site[rows], of)  # of several visits on the latest day, the worst
    names = RESULTS if fact.kind == "typed_latest" else ()
    return Measured(np.where(raw < 0, np.nan, raw), NOTHING, rows, names)


def _latest(visits: Visits, rows: Ints, n: int) -> Ints:
    """Those of the rows that lie on the last day of their site."""
    last = np.full(n, np.iinfo(np.int32).min, dtype=np.int32)
    np.maximum.at(last, visits.site[rows], visits.day[rows])
    return np.asarray(rows[visits.day[rows] == last[visits.site[rows]]])
