"""Why a site has its grade, in words of both languages, with the records behind each reason."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.grades.contributions import REST, contributions_on, records_behind
from riskml.grades.conventions import code_names
from riskml.grades.engine import chosen, grade_on, open_bench, with_published
from riskml.grades.grading_system import System
from riskml.grades.rules import ScoreRule
from riskml.grades.system import PointRule, PolicyRule
from riskml.grades.workbench import Workbench
from riskml.records.days import day_number
from riskml.records.store import Records


@dataclass(frozen=True)
class GradeReason:
    """One reason.

    Attributes:
        code: of the indicator, family, part or veto.
        en, zh: the reason in words.
        points: what it adds to the points (higher is riskier); 0 for a veto or shift.
        event_ids: events and inspections behind it.
    """

    code: str
    en: str
    zh: str
    points: float
    event_ids: tuple[str, ...]


@dataclass(frozen=True)
class GradeReasons:
    """A site's grade and why it has it.

    Attributes:
        site_id, system: which; the system with its variant.
        level: code; None if the system says nothing of the site.
        score: on the system's own scale; None if there is none.
        published: the level is the authority's own; the reasons are those of the reconstruction.
        reasons: vetoes, limits and shifts first, then by points, most first.
    """

    site_id: str
    system: str
    level: str | None
    score: float | None
    published: bool
    reasons: tuple[GradeReason, ...]


def explain_grade(
    records: Records,
    system: "str | System",
    as_of: "str | date | pd.Timestamp",
    site: str,
    *,
    log: pd.DataFrame | None = None,
) -> GradeReasons:
    """Why a site has its grade on a day.

    Args:
        records: canonical records.
        system: a system or its name.
        as_of: decision day.
        site: site_id.
        log: the records' event log, if the caller has it already.

    Raises:
        DataError: if there is no such site.
    """
    rules, day = chosen(system), day_number(as_of)
    bench = open_bench(records, log=log)
    bench.log = bench.log[bench.log["site_id"] == site].reset_index(drop=True)
    graded = with_published(rules, grade_on(bench, rules, day), records.grades, day)
    mine = graded[graded["site_id"] == site]
    if mine.empty:
        raise DataError(f"no site {site!r} among {len(graded)} sites; examples: {graded['site_id'].head(3).tolist()}")
    row = mine.iloc[0]
    made = contributions_on(bench, rules, day, sites=[site])
    ordered = made.reindex(made["points"].abs().sort_values(ascending=False, kind="stable").index)
    names = _names(rules)
    reasons = [_reason(names, **entry) for entry in ordered.to_dict("records")]  # type: ignore[arg-type]
    reasons = [*_moves(bench, rules, day, site, names), *reasons]
    if isinstance(rules.rule, PointRule) and not pd.isna(row["veto"]):
        reasons.insert(0, _veto(names, str(row["veto"])))
    return GradeReasons(
        site_id=site,
        system=rules.full_name,
        level=None if pd.isna(row["level"]) else str(row["level"]),
        score=None if pd.isna(row["score"]) else float(row["score"]),
        published=bool(row["published"]),
        reasons=tuple(reasons),
    )


def _moves(
    bench: Workbench, system: System, day: int, site: str, names: dict[str, tuple[str, str]]
) -> list[GradeReason]:
    """The vetoes, limits and shifts that hold for the site, with the records behind them."""
    while isinstance(system.rule, PolicyRule):
        system = chosen(system.rule.system)
    if not isinstance(system.rule, ScoreRule):
        return []
    row = int(np.flatnonzero(bench.sites["site_id"] == site)[0])
    vetoes = {limit.key for limit in system.rule.limits if limit.veto}
    shifts = {shift.key for shift in system.rule.shifts}
    told = []
    for move in bench.scored(system, day, keep=True).moves:
        if move.holds[row]:
            behind = [records_behind(bench, fact, day) for fact in move.facts]
            ids = {str(name) for places, found in behind for name in found[places == row]}
            kind = "veto" if move.key in vetoes else "shift" if move.key in shifts else "limit"
            told.append(_veto(names, move.key, kind=kind, event_ids=tuple(sorted(ids))))
    return sorted(told, key=lambda reason: reason.code not in vetoes)


def _names(system: System) -> dict[str, tuple[str, str]]:
    """English and Chinese name of everything that can be a reason."""
    while isinstance(system.rule, PolicyRule):
        system = chosen(system.rule.system)
    rule = system.rule
    names = {REST: ("bounds of the score", "分值上下限")}
    if isinstance(rule, PointRule):
        names |= {family.key: (family.en, family.zh) for family in rule.families}
        names |= {veto.code: code_names()[veto.code] for veto in rule.vetoes}
    if isinstance(rule, ScoreRule):
        names |= {part.key: (part.en, part.zh) for part in rule.parts}
        names |= {one.key: (one.en, one.zh) for one in rule.indicators}
        names |= {limit.key: (limit.en, limit.zh) for limit in rule.limits}
        names |= {shift.key: (shift.en, shift.zh) for shift in rule.shifts}
    return names


def _reason(
    names: dict[str, tuple[str, str]],
    *,
    indicator: str,
    raw: object,
    points: float,
    event_ids: list[str],
    **_: object,
) -> GradeReason:
    en, zh = names[indicator]
    fact = "" if raw is None or (isinstance(raw, float) and pd.isna(raw)) else _fact(raw)
    return GradeReason(
        code=indicator,
        en=f"{en}{f' ({fact})' if fact else ''}: {points:+.6g} points",
        zh=f"{zh}{f'（{fact}）' if fact else ''}：{points:+.6g}分",
        points=points,
        event_ids=tuple(event_ids),
    )


def _fact(raw: object) -> str:
    return f"{raw:.6g}" if isinstance(raw, float) else str(raw)


KINDS = {"veto": ("veto", "一票否决"), "limit": ("limit", "等级限制"), "shift": ("shift", "等级调整")}


def _veto(
    names: dict[str, tuple[str, str]], code: str, *, kind: str = "veto", event_ids: tuple[str, ...] = ()
) -> GradeReason:
    (en, zh), (kind_en, kind_zh) = names[code], KINDS[kind]
    return GradeReason(code, f"{kind_en}: {en}", f"{kind_zh}：{zh}", 0.0, event_ids)
