"""Grades of all sites as of a day, from records or from their event log, by whichever rule the system has."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.grades.catalog import load_system
from riskml.grades.facts import places
from riskml.grades.grading_system import System
from riskml.grades.points import DECIMALS
from riskml.grades.published import published_levels
from riskml.grades.rules import ScoreRule
from riskml.grades.system import PointRule
from riskml.grades.workbench import Workbench, checked_sites
from riskml.records.days import day_number
from riskml.records.log import event_log
from riskml.records.store import Records


def grade(
    records: Records, system: "str | System", as_of: "str | date | pd.Timestamp", *, log: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The grade of every site on a day, by what was known before it.

    Args:
        records: canonical records; published grades of the system win over the reconstruction.
        system: a system, or the name of a shipped one, with its variant if wanted ("nanchang/repair_keep").
        as_of: decision day; only facts with known_on < as_of count.
        log: the records' event log, if the caller has it already.

    Returns:
        One row for each row of `records.sites`, in their order: site_id, points (higher is riskier, NaN if there are
        none; of a system whose score is higher the safer: the points lost), level (missing if the system says nothing
        of the site), rank (Int64, 0 safest), veto (code, or missing), coverage (0 to 1: share of indicators for which
        there are data), published (the level is the authority's own), score (on the system's own scale).

    Raises:
        StudyError: for an unknown system.
        DataError: if `as_of` is no day, or a published level is none of the system's.
    """
    rules, day = chosen(system), day_number(as_of)
    bench = open_bench(records, log=log)
    return with_published(rules, grade_on(bench, rules, day), records.grades, day)


def chosen(system: "str | System") -> System:
    """The system itself, or the shipped one of this name."""
    return load_system(system) if isinstance(system, str) else system


def open_bench(records: Records, *, log: pd.DataFrame | None = None) -> Workbench:
    """What the records hold, ready to be graded by any system on any day."""
    known = event_log(records) if log is None else log
    snapshots = {name: day_number(day) for name, day in records.snapshots.items()}
    return Workbench(checked_sites(records.sites), known, records.inspections, records.grades, snapshots)


def grade_log(
    sites: pd.DataFrame,
    log: pd.DataFrame,
    system: System,
    day: int,
    *,
    visits: pd.DataFrame | None = None,
    published: pd.DataFrame | None = None,
    provided: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """As `grade`, from an event log that is already built; published grades of the system are not looked at.

    Args:
        sites: table with site_id (unique) and, where the rule reads them, subject_id or other columns; n rows.
        log: event log in versions (`records.log`).
        system: the system.
        day: decision day, as a day number.
        visits: canonical inspections, for rules that read scores, failed items or kinds of visits.
        published: canonical grades, for rules that read the level by another system.
        provided: values given directly, n rows: a column named as a part, an indicator, a shift, a veto or "score"
            stands in place of what the records say, where it is not missing.

    Raises:
        DataError: if a site stands twice, or the attribute's column is missing.
    """
    return grade_on(Workbench(checked_sites(sites), log, visits, published, provided=provided), system, day)


def grade_on(bench: Workbench, system: System, day: int) -> pd.DataFrame:
    """The table that `grade` returns, by the reconstruction alone."""
    graded, score = bench.graded(system, day)
    return pd.DataFrame(
        {
            "site_id": bench.sites["site_id"],
            "points": graded.points,
            "level": _names(graded.rank, [level.code for level in system.levels]),
            "rank": _ranks(graded.rank),
            "veto": _names(graded.veto, veto_names(system)),
            "coverage": graded.coverage,
            "published": False,
            "score": score,
        }
    )


def veto_names(system: System) -> list[str]:
    """The vetoes of a system, in the order of its file."""
    if isinstance(system.rule, PointRule):
        return [veto.code for veto in system.rule.vetoes]
    return [limit.key for limit in system.rule.limits] if isinstance(system.rule, ScoreRule) else []


def _names(places_of: NDArray[np.int64], names: list[str]) -> "pd.Series[Any]":
    return pd.Series(np.array([*names, None], dtype=object)[places_of], dtype="str")


def _ranks(rank: NDArray[np.int64]) -> "pd.Series[Any]":
    return pd.Series(rank, dtype="Int64").mask(rank < 0)


def with_published(system: System, graded: pd.DataFrame, grades: pd.DataFrame, day: int) -> pd.DataFrame:
    """The same table, the authority's own levels in place of the reconstruction where it had published one."""
    own = published_levels(grades, system, day)
    row = places(graded["site_id"], pd.Index(own["site_id"]))
    here = row >= 0
    rank = graded["rank"].fillna(-1).to_numpy(np.int64, copy=True)
    levels = [level.code for level in system.levels]
    rank[here] = places(own["level"], pd.Index(levels))[row[here]]
    score, points = graded["score"].to_numpy(copy=True), graded["points"].to_numpy(copy=True)
    score[here] = own["points"].to_numpy()[row[here]]
    safer = isinstance(system.rule, ScoreRule) and system.rule.higher_is_safer
    full = system.rule.full if isinstance(system.rule, ScoreRule) else 0.0
    points[here] = np.round(full - score[here], DECIMALS) if safer else score[here]
    return graded.assign(
        points=points,
        level=_names(rank, levels),
        rank=_ranks(rank),
        veto=graded["veto"].mask(here),
        coverage=graded["coverage"].mask(here, 1.0),
        published=here,
        score=score,
    )
