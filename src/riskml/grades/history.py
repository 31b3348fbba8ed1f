"""Levels over time: graded anew on each day, or as operated, frozen from the first day of the system's period."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from riskml.errors import StudyError
from riskml.grades.engine import chosen, grade_on, open_bench, with_published
from riskml.grades.grading_system import System
from riskml.records.days import day_number, from_days
from riskml.records.store import Records

MODES: Final = ("recomputed", "operated")


def grade_history(
    records: Records,
    system: "str | System",
    days: "Sequence[str | date | pd.Timestamp]",
    *,
    mode: str = "recomputed",
    log: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The grade of every site on many days.

    Args:
        records: canonical records; a published level wins on the days on which it is in force, in both modes.
        system: a system or its name.
        days: decision days, in any order.
        mode: "recomputed": on each day by what was known before it. "operated": as the authority lives with it, by what
            was known before the first day of the period (month, year) that the day lies in.
        log: the records' event log, if the caller has it already.

    Returns:
        The columns of `grade`, as_of, and graded_on (the day by whose knowledge the level was found); the days in their
        order, each with a row a site.

    Raises:
        StudyError: for an unknown mode, or no days.
    """
    if mode not in MODES or not len(days):
        raise StudyError(f"mode {mode!r} with {len(days)} days; allowed modes are {list(MODES)}, with at least one day")
    rules, bench = chosen(system), open_bench(records, log=log)
    made: dict[int, pd.DataFrame] = {}
    tables = []
    for day in map(day_number, days):
        graded_on = period_start(rules.period, day) if mode == "operated" else day
        if graded_on not in made:
            made[graded_on] = grade_on(bench, rules, graded_on)
            bench.forces.clear()
            bench.kept.clear()
        table = with_published(rules, made[graded_on], records.grades, day)
        told = from_days(np.array([day, graded_on]))
        tables.append(table.assign(as_of=told[0], graded_on=told[1]))
    return pd.concat(tables, ignore_index=True)


def period_start(period: str, day: int) -> int:
    """First day of the day's month or year; the day itself if levels follow from day to day.

    >>> period_start("month", day_number("2025-06-17")) == day_number("2025-06-01")
    True
    >>> period_start("year", day_number("2025-06-17")) == day_number("2025-01-01")
    True
    """
    if period == "day":
        return day
    when = date.fromordinal(day + EPOCH)
    return (when.replace(day=1) if period == "month" else when.replace(month=1, day=1)).toordinal() - EPOCH


EPOCH: Final = date(1970, 1, 1).toordinal()
