"""Grades of one set of sites by any systems on any days: what is common to them is made once."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from riskml.errors import DataError, StudyError
from riskml.grades.attribute import grade_by_attribute
from riskml.grades.catalog import load_system
from riskml.grades.event_facts import NOTHING, Measured
from riskml.grades.evidence import Evidence, InForce
from riskml.grades.grading_system import System
from riskml.grades.points import Graded, grade_by_points
from riskml.grades.published import published_ranks
from riskml.grades.rules import ScoreRule
from riskml.grades.score_parsing import facts_read
from riskml.grades.scoring import Scored, score_sites
from riskml.grades.system import AttributeRule, PointRule, PolicyRule
from riskml.grades.tape import Tape, Visits, make_tape, make_visits
from riskml.grades.visit_facts import VISIT_RESULT

HEALTH = ("HEALTH_CERT", "HEALTH_CERT_EXPIRED")


@dataclass
class Workbench:
    """Sites and what is known of them.

    Attributes:
        sites, log: tables as in `grade_log`.
        inspections, grades: canonical tables, None if nobody brought them.
        snapshots: columns of the sites that hold the value of one day -> day number.
        provided: values given directly, a row a site.
        tape, visits, forces, kept: made when first needed.
    """

    sites: pd.DataFrame
    log: pd.DataFrame
    inspections: pd.DataFrame | None = None
    grades: pd.DataFrame | None = None
    snapshots: dict[str, int] = field(default_factory=dict)
    provided: pd.DataFrame | None = None
    tape: Tape | None = None
    visits: Visits | None = None
    forces: dict[int, dict[object, InForce]] = field(default_factory=dict)
    kept: dict[int, dict[object, Any]] = field(default_factory=dict)

    def graded(self, system: System, day: int) -> tuple[Graded, "np.ndarray[tuple[int], np.dtype[np.float64]]"]:
        """Grade of every site by the reconstruction, and its score on the system's own scale."""
        rule = system.rule
        if isinstance(rule, PointRule):
            graded = grade_by_points(self.sites_on(day), self.log, rule, day)
            return graded, graded.points
        if isinstance(rule, AttributeRule):
            graded = grade_by_attribute(self.sites_on(day), self.log, rule, day)
            return graded, graded.points
        if isinstance(rule, PolicyRule):
            other = load_system(rule.system)
            graded, score = self.graded(other, day)
            rank = self._published_first(other, graded, day)
            return Graded(graded.points, rank, np.full(len(rank), -1), graded.coverage), score
        scored = self.scored(system, day)
        return scored.graded, scored.score

    def scored(self, system: System, day: int, *, keep: bool = False) -> Scored:
        """As `graded`, for a system with a score rule, with what the grade was made of."""
        rule = system.rule
        if not isinstance(rule, ScoreRule):
            raise StudyError(f"system {system.full_name} has no score rule")
        return score_sites(self._evidence(rule, day), rule, lambda name: self._level_of(name, day), keep=keep)

    def sites_on(self, day: int) -> pd.DataFrame:
        """The sites, columns blank that are snapshots of `day` or later."""
        later = [name for name, taken in self.snapshots.items() if taken >= day and name in self.sites]
        blank = {name: pd.Series(pd.NA, index=self.sites.index).astype(self.sites[name].dtype) for name in later}
        return self.sites.assign(**blank) if later else self.sites

    def _evidence(self, rule: ScoreRule, day: int) -> Evidence:
        if self.tape is None:
            self.tape = make_tape(self.sites, self.log, sorted(self._codes(rule)))
        elif not self._codes(rule) <= set(self.tape.codes):
            self.tape = make_tape(self.sites, self.log, sorted({*self._codes(rule), *self.tape.codes}))
            self.forces.clear()
            self.kept.clear()
        if self.visits is None and self.inspections is not None and len(self.inspections):
            self.visits = make_visits(self.sites, self.inspections)
        known = None if self.visits is None else self.visits.take(self.visits.known < day)
        cache, kept = self.forces.setdefault(day, {}), self.kept.setdefault(day, {})
        return Evidence(self.sites_on(day), self.tape, known, day, self.provided, cache, kept)

    def _codes(self, rule: ScoreRule) -> set[str]:
        """The codes a rule reads, those of the systems whose levels it reads included."""
        facts = facts_read(rule.indicators, rule.limits, rule.shifts)
        codes = {code for fact in facts for code in fact.codes} | set(VISIT_RESULT) | set(HEALTH)
        for fact in facts:
            other = load_system(fact.system).rule if fact.system else None
            codes |= self._codes(other) if isinstance(other, ScoreRule) else set()
        return codes

    def _level_of(self, name: str, day: int) -> Measured:
        """Ranks of another system's levels, as words; given values are of this system alone."""
        system = load_system(name)
        bench = self if self.provided is None else Workbench(
            self.sites, self.log, self.inspections, self.grades, self.snapshots
        )  # fmt: skip
        rank = bench._published_first(system, bench.graded(system, day)[0], day)
        names = tuple(level.code for level in system.levels)
        return Measured(np.where(rank < 0, np.nan, rank), NOTHING, NOTHING, names)

    def _published_first(
        self, system: System, graded: Graded, day: int
    ) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        own = published_ranks(self.sites, self.grades, system, day)
        return np.where(own >= 0, own, graded.rank)


def checked_sites(sites: pd.DataFrame) -> pd.DataFrame:
    """The sites with an index 0, 1, ...

    Raises:
        DataError: if a site stands twice.
    """
    twice = sites["site_id"].duplicated()
    if twice.any():
        examples = sites.loc[twice, "site_id"].head(3).tolist()
        raise DataError(
            f"sites holds {int(twice.sum())} site ids more than once, such as {examples}; keep one row each"
        )
    return sites.reset_index(drop=True)
