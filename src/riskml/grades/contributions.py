"""What each grade is made of: points by indicator, with the records behind them.

The points of a site are the sum of its contributions; what bounds and roundings of the whole score change is a row of
its own (`REST`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.grades.engine import chosen, open_bench
from riskml.grades.event_facts import Measured
from riskml.grades.facts import NO_FAMILY, code_table, facts_of
from riskml.grades.grading_system import System
from riskml.grades.part_contributions import part_contributions
from riskml.grades.points import family_points
from riskml.grades.rules import ScoreRule
from riskml.grades.system import PointRule, PolicyRule
from riskml.grades.tape import Ints
from riskml.grades.workbench import Workbench
from riskml.records.days import day_number
from riskml.records.store import Records

COLUMNS: Final = ("site_id", "part", "indicator", "raw", "points", "event_ids")
REST: Final = "(bounds)"
"""Indicator of the row that holds what the bounds of the score take or add."""
NEGLIGIBLE: Final = 1e-6


@dataclass(frozen=True)
class Entry:
    """One indicator's contribution at every site: points of shape (n,), and the records behind them by site."""

    part: str
    indicator: str
    raw: "NDArray[np.float64] | NDArray[np.object_]"
    points: NDArray[np.float64]
    site: Ints
    ids: NDArray[np.object_]


def contributions(
    records: Records,
    system: "str | System",
    as_of: "str | date | pd.Timestamp",
    *,
    sites: Sequence[str] | None = None,
    log: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The points of each site by indicator; indicators without points are left out.

    Args:
        records: canonical records; the reconstruction is explained, not a published grade.
        system: a system or its name.
        as_of: decision day.
        sites: site ids; all if not given.
        log: the records' event log, if the caller has it already.

    Returns:
        site_id, part, indicator, raw (the fact: a number or a word), points (higher is riskier), event_ids (list of the
        events and inspections behind the fact, sorted), in the order of the sites and of the system's file.
    """
    bench = open_bench(records, log=log)
    if sites is not None:
        bench.log = bench.log[bench.log["site_id"].isin(sites)].reset_index(drop=True)
    return contributions_on(bench, chosen(system), day_number(as_of), sites=sites)


def contributions_on(bench: Workbench, system: System, day: int, *, sites: Sequence[str] | None = None) -> pd.DataFrame:
    """As `contributions`, of a workbench."""
    while isinstance(system.rule, PolicyRule):
        system = chosen(system.rule.system)
    rule = system.rule
    if isinstance(rule, PointRule):
        entries = _of_families(bench, rule, day)
    elif isinstance(rule, ScoreRule):
        entries = _of_indicators(bench, system, rule, day)
    else:
        entries = []
    asked = np.ones(len(bench.sites), bool) if sites is None else bench.sites["site_id"].isin(sites).to_numpy(bool)
    tables = [_table(bench, entry, place, asked) for place, entry in enumerate(entries)]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    made = pd.concat(tables, ignore_index=True).sort_values(["site", "place"], kind="stable")
    return made[list(COLUMNS)].reset_index(drop=True)


def _table(bench: Workbench, entry: Entry, place: int, asked: NDArray[np.bool_]) -> pd.DataFrame:
    """The rows of one indicator: sites where it has points."""
    rows = np.flatnonzero(asked & (np.abs(entry.points) > NEGLIGIBLE))
    order = np.argsort(entry.site, kind="stable")
    starts = np.searchsorted(entry.site[order], rows, side="left")
    ends = np.searchsorted(entry.site[order], rows, side="right")
    ids = entry.ids[order]
    return pd.DataFrame(
        {
            "site": rows,
            "place": place,
            "site_id": bench.sites["site_id"].to_numpy(object)[rows],
            "part": entry.part,
            "indicator": entry.indicator,
            "raw": entry.raw[rows].astype(object),
            "points": np.round(entry.points[rows], 9),
            "event_ids": [sorted(set(ids[a:b])) for a, b in zip(starts, ends, strict=True)],
        }
    )


def _of_families(bench: Workbench, rule: PointRule, day: int) -> list[Entry]:
    table, sites = code_table(rule), bench.sites_on(day)
    facts, _ = facts_of(sites, bench.log, rule, table, day)
    points = family_points(facts, rule, len(sites))
    ids = bench.log["event_id"].to_numpy(object)
    entries = []
    for place, family in enumerate(rule.families):
        mine = (facts.family == place) & (facts.family != NO_FAMILY) & (facts.weight > 0)
        counts = np.bincount(facts.site[mine], minlength=len(sites)).astype(np.float64)
        entries.append(Entry(family.key, family.key, counts, points[:, place], facts.site[mine], ids[facts.row[mine]]))
    return entries


def _of_indicators(bench: Workbench, system: System, rule: ScoreRule, day: int) -> list[Entry]:
    scored = bench.scored(system, day, keep=True)
    entries = []
    whole = np.zeros(len(bench.sites))
    for part in rule.parts:
        for key, points in part_contributions(part, rule, scored).items():
            whole += np.nan_to_num(points)
            found = scored.found[key][0] if key else None
            entries.append(_entry(bench, part.key, key, found, points, day))
    rest = np.nan_to_num(scored.graded.points - whole)
    return [*entries, _entry(bench, "", REST, None, rest, day)]


def _entry(
    bench: Workbench, part: str, key: str, found: Measured | None, points: NDArray[np.float64], day: int
) -> Entry:
    n = len(bench.sites)
    if found is None:
        return Entry(part, key or part, np.full(n, np.nan), points, np.zeros(0, np.int64), np.zeros(0, object))
    raw: Any = found.raw
    if found.names:
        words = np.array([*found.names, None], dtype=object)
        raw = words[np.where(np.isnan(found.raw), -1, found.raw).astype(np.int64)]
    site, ids = records_behind(bench, found, day)
    return Entry(part, key, raw, points, site, ids)


def records_behind(bench: Workbench, found: Measured, day: int) -> tuple[Ints, NDArray[np.object_]]:
    """The events and inspections behind a fact: row of the site and name, arrays of shape (m,)."""
    site, ids = [np.zeros(0, np.int64)], [np.zeros(0, object)]
    if bench.tape is not None and len(found.rows):
        site.append(bench.tape.site[found.rows].astype(np.int64))
        ids.append(bench.tape.column("event_id", found.rows).to_numpy(object))
    if bench.visits is not None and bench.inspections is not None and len(found.visits):
        known = bench.visits.take(bench.visits.known < day).take(found.visits)
        site.append(known.site.astype(np.int64))
        ids.append(bench.inspections["inspection_id"].to_numpy(object)[known.row])
    return np.concatenate(site), np.concatenate(ids)
