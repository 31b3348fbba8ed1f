"""Facts of events: how many are in force, how heavy, how much money, how often again, and how many have ended."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from riskml.grades.evidence import Evidence, Floats, InForce, Terms, age_days
from riskml.grades.rules import LISTED, FactSpec
from riskml.grades.tape import Ints


@dataclass(frozen=True)
class Measured:
    """A fact of n sites.

    Attributes:
        raw: its value, shape (n,); NaN where there are no data.
        rows: rows of the tape behind it; `visits`: rows of the visits behind it.
        names: of the words, if `raw` counts them instead of being a number.
    """

    raw: Floats
    rows: Ints
    visits: Ints
    names: tuple[str, ...] = ()


NOTHING = np.zeros(0, dtype=np.int64)
LONG_AGO: Final = 1e6
"""Days since the registration of a business that was there before the records begin."""


def event_fact(evidence: Evidence, fact: FactSpec, terms: Terms) -> Measured:
    """A fact of `rules.EVENT_FACTS`; sites without such events have 0."""
    if fact.kind in ("gone", "listing"):
        return _ended_or_listed(evidence, fact, terms)
    force = evidence.in_force(fact, terms)
    if fact.one_case:
        force = _one_of_each_case(evidence, force, fact)
    rows, worth = force.rows, force.left * _weights(evidence, force.rows, fact)
    if fact.kind == "heaviest":
        raw = np.zeros(evidence.tape.sites)
        np.maximum.at(raw, evidence.tape.site[rows], worth)
        return Measured(raw, rows, NOTHING)
    if fact.kind == "days_clean":
        return _days_clean(evidence, rows)
    if fact.kind in ("amount", "quantity"):
        worth = force.left * np.nan_to_num(evidence.tape.column(fact.kind, rows).to_numpy(np.float64))
    if fact.kind == "repeats":
        rows, worth = _repeats(evidence, force, fact.within_days)
    return Measured(_sums(evidence, rows, worth), rows, NOTHING)


def _sums(evidence: Evidence, rows: Ints, worth: Floats) -> Floats:
    return np.bincount(evidence.tape.site[rows], worth, minlength=evidence.tape.sites).astype(np.float64, copy=False)


def _weights(evidence: Evidence, rows: Ints, fact: FactSpec) -> Floats:
    """Weight of the code of each row; 1 where the fact weighs nothing."""
    if not fact.weights:
        return np.ones(len(rows))
    weight = np.array([fact.weights.get(code, 0.0) for code in evidence.tape.codes])
    return np.asarray(weight[np.searchsorted(evidence.tape.starts, rows, side="right") - 1])


def _one_of_each_case(evidence: Evidence, force: InForce, fact: FactSpec) -> InForce:
    """Of the events of one case at a site the heaviest as far as repair leaves it; of equals, the earlier."""
    rows = force.rows
    case = evidence.tape.numbers("case_id", rows)
    inside = np.flatnonzero(case >= 0)
    worth = force.left * _weights(evidence, rows, fact)
    site, day = evidence.tape.site[rows], evidence.tape.days["occurred_on"][rows]
    order = inside[np.lexsort((day[inside], -worth[inside], case[inside], site[inside]))]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (np.diff(site[order]) == 0) & (np.diff(case[order]) == 0)
    keep = np.ones(len(rows), dtype=bool)
    keep[order[again]] = False
    return InForce(rows[keep], force.left[keep])


def _repeats(evidence: Evidence, force: InForce, within_days: int) -> tuple[Ints, Floats]:
    """The events that follow another one of their site within so many days (or on the same day)."""
    site, day = evidence.tape.site[force.rows], evidence.tape.days["occurred_on"][force.rows]
    order = np.lexsort((force.left, day, site))
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (np.diff(site[order]) == 0) & (np.diff(day[order].astype(np.int64)) <= within_days)
    return force.rows[order[again]], force.left[order[again]]


def _days_clean(evidence: Evidence, rows: Ints) -> Measured:
    """Days since the last of the events; without one since registration, LONG_AGO if that is missing."""
    last = np.full(evidence.tape.sites, -LONG_AGO)
    np.maximum.at(last, evidence.tape.site[rows], evidence.tape.days["occurred_on"][rows].astype(np.float64))
    age = np.where(np.isnan(age_days(evidence)), LONG_AGO, age_days(evidence))
    return Measured(np.minimum(evidence.day - last, age), rows, NOTHING)


def _ended_or_listed(evidence: Evidence, fact: FactSpec, terms: Terms) -> Measured:
    """How many ended in the last days; or 2 where one is in force, 1 where one ended in the last days."""
    rows = _gone(evidence, fact)
    gone = _sums(evidence, rows, np.ones(len(rows)))
    if fact.kind == "gone":
        return Measured(gone, rows, NOTHING)
    force = evidence.in_force(replace(fact, period=LISTED), terms)
    listed = _sums(evidence, force.rows, force.left)
    raw = np.where(listed > 0, 2.0, np.where(gone > 0, 1.0, 0.0))
    return Measured(raw, np.concatenate([force.rows, rows]), NOTHING)


def _gone(evidence: Evidence, fact: FactSpec) -> Ints:
    """The last versions of events that ended in the last days: what was only corrected has a later version."""
    found = []
    days = evidence.tape.days
    for code in fact.codes:
        span = evidence.tape.rows(code)
        known, gone = days["known_on"][span] < evidence.day, days["gone_on"][span]
        ended = known & (gone < evidence.day) & (evidence.day - gone.astype(np.int64) <= fact.period.days)
        rows = np.flatnonzero(ended) + span.start
        if len(rows):
            ids = evidence.tape.column("event_id", rows)
            still = ids.isin(evidence.tape.column("event_id", evidence.current(code)))
            rows = rows[~(still | ids.duplicated()).to_numpy()]
        found.append(rows)
    return np.concatenate([NOTHING, *found])
