"""Many sets of numbers on the same sites and days: the facts are made ready once, only the numbers change."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import pandas as pd

from riskml.grades.engine import grade_on, open_bench, with_published
from riskml.grades.event_facts import Measured
from riskml.grades.facts import code_table
from riskml.grades.grading_system import System
from riskml.grades.scores import policy_scores
from riskml.grades.system import PointRule
from riskml.grades.workbench import Workbench
from riskml.records.store import Records

TEXTS: Final = ("event_id", "site_id", "code", "case_id")


@dataclass
class KeepingBench(Workbench):
    """A workbench that keeps the levels by other systems, whose numbers are not the ones that change."""

    other_levels: dict[tuple[str, int], Measured] = field(default_factory=dict)

    def _level_of(self, name: str, day: int) -> Measured:
        if (name, day) not in self.other_levels:
            self.other_levels[name, day] = super()._level_of(name, day)
        return self.other_levels[name, day]


def _keeping(bench: Workbench) -> KeepingBench:
    return KeepingBench(**{part.name: getattr(bench, part.name) for part in fields(bench)})


@dataclass(frozen=True)
class Regrading:
    """The sites of some records on some days, ready to be graded by one system with many sets of numbers.

    Attributes:
        records: canonical records.
        days: day numbers.
        benches: day -> what is known by then.
    """

    records: Records
    days: tuple[int, ...]
    benches: dict[int, Workbench]

    def scores(self, system: System) -> list[pd.DataFrame]:
        """On each day, for every site: rank (NaN without a level), level_score and points_score (`policy_scores`).

        Rows stand as in the sites; what `grade` and `policy_scores` give, to the bit.
        """
        own = bool((self.records.grades["system"] == system.name).any())
        return [self._on(system, day, own=own) for day in self.days]

    def _on(self, system: System, day: int, *, own: bool) -> pd.DataFrame:
        bench = self.benches[day]
        if own:
            graded = with_published(system, grade_on(bench, system, day), self.records.grades, day)
            rank, points = graded["rank"].to_numpy(np.float64, na_value=np.nan), graded["points"].to_numpy(np.float64)
        else:
            found, _ = bench.graded(system, day)
            rank, points = np.where(found.rank < 0, np.nan, found.rank), found.points
        bench.forces.clear()  # what was found by these numbers is of no use with the next
        bench.kept.clear()
        table = pd.DataFrame({"rank": rank, "points": points})
        return policy_scores(table).assign(rank=rank)


def make_regrading(records: Records, log: pd.DataFrame, system: System, days: Sequence[int]) -> Regrading:
    """Make ready what does not depend on the numbers.

    Args:
        records: canonical records.
        log: their event log.
        system: any set of numbers of it: the event codes that count are the same.
        days: decision days, as day numbers.
    """
    if not isinstance(system.rule, PointRule):
        return Regrading(records, tuple(days), dict.fromkeys(days, _keeping(open_bench(records, log=log))))
    read = log["code"].isin(code_table(system.rule).codes).to_numpy()
    known = log["known_on"].to_numpy()
    told = dict.fromkeys(TEXTS, "category")  # texts are compared in each draw: numbers are quicker
    logs = {day: log[read & (known < day)].reset_index(drop=True).astype(told) for day in days}
    return Regrading(records, tuple(days), {day: open_bench(records, log=logs[day]) for day in days})
