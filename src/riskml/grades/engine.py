"""Grades of all sites as of a day, from records or from their event log, by whichever rule the system has."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.grades.catalog import load_system
from riskml.grades.facts import places, site_places
from riskml.grades.points import Graded, grade_by_points
from riskml.grades.system import AttributeRule, PointRule, System
from riskml.records.days import day_number, to_days
from riskml.records.log import event_log
from riskml.records.store import Records


def grade(
    records: Records, system: str, as_of: "str | date | pd.Timestamp", *, log: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The grade of every site on a day, by what was known before it.

    Args:
        records: canonical records; published grades of the system win over the reconstruction.
        system: name of a shipped system, with its variant if wanted ("nanchang/repair_keep").
        as_of: decision day; only facts with known_on < as_of count.
        log: the records' event log, if the caller has it already.

    Returns:
        One row for each row of `records.sites`, in their order: site_id, points (higher is riskier, NaN if there are
        none), level (missing if the system says nothing of the site), rank (Int64, 0 safest), veto (code, or missing),
        coverage (0 to 1: share of indicators for which there are data), published (the level is the authority's own).

    Raises:
        StudyError: for an unknown system.
        DataError: if `as_of` is no day, or a published level is none of the system's.
    """
    rules, day = load_system(system), day_number(as_of)
    sites = _without_future_snapshots(records, rules, day)
    known = event_log(records) if log is None else log
    return _with_published(grade_log(sites, known, rules, day), records.grades, rules, day)


def grade_log(sites: pd.DataFrame, log: pd.DataFrame, system: System, day: int) -> pd.DataFrame:
    """As `grade`, from an event log that is already built; published grades are not looked at.

    Args:
        sites: table with site_id (unique) and, where the rule reads them, subject_id or the attribute; n rows.
        log: event log in versions (`records.log`).
        system: the system.
        day: decision day, as a day number.

    Raises:
        DataError: if a site stands twice, or the attribute's column is missing.
    """
    if isinstance(system.rule, PointRule):
        graded = grade_by_points(sites, log, system.rule, day)
        vetoes = [veto.code for veto in system.rule.vetoes]
    else:
        graded, vetoes = _grade_by_attribute(sites, log, system.rule, day), []
    return pd.DataFrame(
        {
            "site_id": sites["site_id"].reset_index(drop=True),
            "points": graded.points,
            "level": _names(graded.rank, [level.code for level in system.levels]),
            "rank": _ranks(graded.rank),
            "veto": _names(graded.veto, vetoes),
            "coverage": graded.coverage,
            "published": False,
        }
    )


def _names(places_of: NDArray[np.int64], names: list[str]) -> "pd.Series[Any]":
    return pd.Series(np.array([*names, None], dtype=object)[places_of], dtype="str")


def _ranks(rank: NDArray[np.int64]) -> "pd.Series[Any]":
    return pd.Series(rank, dtype="Int64").mask(rank < 0)


def _grade_by_attribute(sites: pd.DataFrame, log: pd.DataFrame, rule: AttributeRule, day: int) -> Graded:
    """The level that the site's attribute stands for, or the latest event that changed it."""
    if rule.column not in sites.columns:
        raise DataError(f"sites has no column {rule.column}; it has {list(sites.columns)}; ingest it from the source")
    known = (log["known_on"].to_numpy() < day) & (log["gone_on"].to_numpy() >= day)
    rows = np.flatnonzero((log["code"] == rule.event_code).to_numpy() & known)
    values = log["quantity"].to_numpy()[rows]
    site = site_places(sites, log["site_id"].iloc[rows])
    told = np.isin(values, list(rule.rank_of)) & (site >= 0)
    rows, values, site = rows[told], values[told], site[told]
    order = np.lexsort((values, log["known_on"].to_numpy()[rows], log["occurred_on"].to_numpy()[rows]))
    value = sites[rule.column].fillna(-1).to_numpy(np.int64, copy=True)
    value[site[order]] = values[order]
    rank = places(pd.Series(value), pd.Index(list(rule.rank_of)))  # values stand in the order of their ranks
    return Graded(np.full(len(sites), np.nan), rank, np.full(len(sites), -1), (rank >= 0).astype(np.float64))


def _without_future_snapshots(records: Records, system: System, day: int) -> pd.DataFrame:
    """The sites, the attribute blank if it is a snapshot of `day` or later."""
    rule = system.rule
    if not isinstance(rule, AttributeRule) or rule.column not in records.snapshots:
        return records.sites
    if day_number(records.snapshots[rule.column]) < day:
        return records.sites
    return records.sites.assign(**{rule.column: pd.Series(pd.NA, index=records.sites.index, dtype="Int64")})


def _with_published(graded: pd.DataFrame, grades: pd.DataFrame, system: System, day: int) -> pd.DataFrame:
    """The same table, the authority's own levels in place of the reconstruction where it had published one."""
    own = grades[grades["system"] == system.name]
    valid = (to_days(own["known_on"]) < day) & (to_days(own["valid_from"]) <= day) & (to_days(own["valid_to"]) > day)
    own = own[valid].sort_values(["valid_from", "known_on", "level"]).drop_duplicates("site_id", keep="last")
    unknown = sorted(set(own["level"]) - {level.code for level in system.levels})
    if unknown:
        allowed = [level.code for level in system.levels]
        raise DataError(f"grades of {system.name}: unknown levels {unknown}; allowed are {allowed}; map them on import")
    row = places(graded["site_id"], pd.Index(own["site_id"]))
    here = row >= 0
    rank = graded["rank"].fillna(-1).to_numpy(np.int64)
    levels = [level.code for level in system.levels]
    rank[here] = places(own["level"], pd.Index(levels))[row[here]]
    points = graded["points"].to_numpy().copy()
    points[here] = own["points"].to_numpy()[row[here]]
    return graded.assign(
        points=points,
        level=_names(rank, levels),
        rank=_ranks(rank),
        veto=graded["veto"].mask(here),
        coverage=graded["coverage"].mask(here, 1.0),
        published=here,
    )
