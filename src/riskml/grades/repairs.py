"""Repairs that the records hold but the law does not know: they change no grade, and are reported."""

import numpy as np
import pandas as pd

from riskml.grades.conventions import not_repairable
from riskml.grades.grading_system import Rule, System
from riskml.grades.rules import ScoreRule
from riskml.grades.score_parsing import facts_read
from riskml.grades.system import PointRule


def ignored_repairs(log: pd.DataFrame, system: System, day: int) -> pd.DataFrame:
    """Repairs known before a day on penalties that cannot be repaired early, so that their points stay.

    Args:
        log: event log in versions.
        system: the system; one without penalties ignores nothing.
        day: day number.

    Returns:
        event_id, site_id and code of the penalties, in the order of the log.
    """
    codes = sorted(_read(system.rule) & not_repairable())
    held = (log["known_on"].to_numpy() < day) & (log["gone_on"].to_numpy() >= day)
    repaired = log["repaired_on"].to_numpy() < day
    rows = np.flatnonzero(held & repaired & log["code"].isin(codes).to_numpy())
    return log[["event_id", "site_id", "code"]].iloc[rows].reset_index(drop=True)


def _read(rule: Rule) -> set[str]:
    """The event codes a rule reads."""
    if isinstance(rule, PointRule):
        return {code for family in rule.families for code in family.weights} | {veto.code for veto in rule.vetoes}
    if isinstance(rule, ScoreRule):
        return {code for fact in facts_read(rule.indicators, rule.limits, rule.shifts) for code in fact.codes}
    return set()
