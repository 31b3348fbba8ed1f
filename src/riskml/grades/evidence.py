"""What is known on one day: the events in force by each kind of period, with what repair leaves of them."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.grades.conventions import not_repairable
from riskml.grades.rules import FactSpec
from riskml.grades.system import REPAIR_EFFECT, Publicity
from riskml.grades.tape import Ints, Tape, Visits
from riskml.records.days import NEVER, to_days

EPOCH: Final = date(1970, 1, 1).toordinal()
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """How a rule treats penalties: what repair leaves, and how long they are public."""

    repair_effect: str
    publicity: Publicity | None

    def key(self) -> tuple[str, str]:
        """What tells two terms apart, unless numbers were replaced."""
        return self.repair_effect, repr(self.publicity)


@dataclass(frozen=True)
class InForce:
    """Events in force; arrays of shape (m,): row of the tape, and what repair leaves of it (0 to 1)."""

    rows: Ints
    left: Floats


@dataclass(frozen=True)
class Evidence:
    """What a grade of one day may look at.

    Attributes:
        sites: table of the n sites, later snapshots blanked.
        tape: the events.
        visits: the visits known before the day; None if nobody brought them.
        day: decision day, as a day number.
        provided: values given directly, n rows; None if there are none.
        cache, kept: events in force, and visit-days, that were asked for before.
    """

    sites: pd.DataFrame
    tape: Tape
    visits: Visits | None
    day: int
    provided: pd.DataFrame | None = None
    cache: dict[object, InForce] = field(default_factory=dict)
    kept: dict[object, Any] = field(default_factory=dict)

    def current(self, code: str) -> Ints:
        """Rows of a code that are known and not gone."""
        span = self.tape.rows(code)
        days = self.tape.days
        held = (days["known_on"][span] < self.day) & (days["gone_on"][span] >= self.day)
        return np.asarray(np.flatnonzero(held) + span.start)

    def seen(self, code: str) -> bool:
        """Whether the records held any event of the code by the day."""
        return bool((self.tape.days["known_on"][self.tape.rows(code)] < self.day).any())

    def in_force(self, fact: FactSpec, terms: Terms) -> InForce:
        """The events that count for a fact, in the order of its codes."""
        key = (fact.codes, fact.period, terms.key())
        if key not in self.cache:
            found = [self._of_code(code, fact, terms) for code in fact.codes]
            rows = np.concatenate([np.zeros(0, dtype=np.int64), *(one.rows for one in found)])
            self.cache[key] = InForce(rows, np.concatenate([np.zeros(0), *(one.left for one in found)]))
        return self.cache[key]

    def _of_code(self, code: str, fact: FactSpec, terms: Terms) -> InForce:
        rows = self.current(code)
        rows = rows[self._counts(code, rows, fact, terms.publicity)]
        left = np.ones(len(rows))
        if code not in not_repairable():
            left[self.tape.days["repaired_on"][rows] < self.day] = REPAIR_EFFECT[terms.repair_effect]
        return InForce(rows[left > 0], left[left > 0])

    def _counts(self, code: str, rows: Ints, fact: FactSpec, publicity: Publicity | None) -> Flags:
        """Whether each event of a code is inside its period."""
        while_, days = fact.period.counts_while, self.tape.days
        if while_ == "window":
            return np.asarray(self.day - days["occurred_on"][rows] <= fact.period.days)
        if while_ == "valid":
            return np.asarray(days["valid_to"][rows] >= self.day)
        if while_ == "calendar_year":
            first = date.fromordinal(self.day - 1 + EPOCH).replace(month=1, day=1).toordinal() - EPOCH
            return np.asarray(days["occurred_on"][rows] >= first)
        if while_ == "publicity" and publicity is not None:
            age = self.day - self._first_known(code, rows)
            longest = np.full(len(rows), publicity.days.get(code, publicity.default_days))
            if code == publicity.small_code:
                longest[self._is_small(rows, publicity)] = publicity.small_days
            return np.asarray(age <= longest)
        return np.ones(len(rows), dtype=bool)

    def _first_known(self, code: str, rows: Ints) -> Ints:
        """First day each event was known, over all its versions: a correction does not publish it anew."""
        span = self.tape.rows(code)
        known = self.tape.days["known_on"][span].astype(np.int64)
        numbers = self.tape.numbers("event_id", np.arange(span.start, span.stop))
        first = np.full(len(known), NEVER)
        np.minimum.at(first, numbers, known)
        return np.asarray(first[numbers[rows - span.start]])

    def _is_small(self, rows: Ints, publicity: Publicity) -> Flags:
        """Whether each fine is a small one; a person is told by the credit code."""
        limit = np.full(len(rows), publicity.small_limit)
        if "subject_id" in self.sites.columns:
            subject = self.sites["subject_id"].iloc[self.tape.site[rows]].astype("str")
            persons = subject.str.startswith(publicity.person_prefix, na=False).to_numpy(bool)
            limit[persons] = publicity.small_person_limit
        return np.asarray(self.tape.column("amount", rows).to_numpy(np.float64) <= limit)


def age_days(evidence: Evidence) -> Floats:
    """Days since registration; NaN where it is missing (before the records begin) or still to come."""
    days = evidence.day - site_day(evidence, "registered_on")
    return np.where(days < 0, np.nan, days)


def site_day(evidence: Evidence, column: str) -> Floats:
    """Day numbers of a column of the sites; NaN where there is none."""
    if column not in evidence.sites:
        return np.full(evidence.tape.sites, np.nan)
    days = to_days(evidence.sites[column])
    return np.where(days == NEVER, np.nan, days).astype(np.float64)
