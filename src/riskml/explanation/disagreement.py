"""Why model and grade differ on one site: what the grade counted, what the model saw, and on which records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from riskml.errors import DataError
from riskml.explanation.movers import listed
from riskml.grades import GradeReason, GradeReasons, Level, System, explain_grade, load_system
from riskml.grades.grade_reasons import KINDS
from riskml.records.log import raw_history
from riskml.records.store import Records
from riskml.scorer import Reason, Score, Scorer

TOP: Final = 5
VETO: Final = {
    "en": "The grade stands on a veto, which the model does not know: it holds whatever the probability.",
    "zh": "规则评级出自一票否决，模型不含此规则：无论概率高低均应适用。",
}


@dataclass(frozen=True)
class Disagreement:
    """What both say of one site, and why.

    Attributes:
        site_id, system: which site; the grade's full name.
        level, model_level: codes; None where there is none. names, model_names: in both languages, likewise.
        steps: levels that the model stands above the grade (below 0: under it); None where either is missing.
        probability: the model's.
        published: the grade is the authority's own, its reasons are those of the reconstruction.
        grade_reasons: what the grade counted. raises, lowers: what the model saw.
        shared, only_grade, only_model: records behind the reasons of both, or of one of them.
        vetoed: the grade stands on a veto.
        text_en, text_zh: all of it in words.
    """

    site_id: str
    system: str
    level: str | None
    model_level: str | None
    names: dict[str, str] | None
    model_names: dict[str, str] | None
    steps: int | None
    probability: float
    published: bool
    grade_reasons: tuple[GradeReason, ...]
    raises: tuple[Reason, ...]
    lowers: tuple[Reason, ...]
    shared: tuple[str, ...]
    only_grade: tuple[str, ...]
    only_model: tuple[str, ...]
    vetoed: bool
    text_en: str
    text_zh: str


def explain_disagreement(
    records: Records,
    scorer: Scorer,
    as_of: "str | date | pd.Timestamp",
    site: str,
    *,
    system: "str | System | None" = None,
    top: int = TOP,
) -> Disagreement:
    """Why the exported model and a grade differ on a site, both from the same records.

    Args:
        records: canonical records.
        scorer: the exported artifact; with the context of the day (`Scorer.with_context`), if it tells of other sites.
        as_of: decision day.
        site: site_id.
        system: a system or its name; the one that the artifact's levels are of if not given.
        top: reasons of each kind at most.

    Raises:
        DataError: if there is no such site, or neither a system nor levels in the artifact.
    """
    named = system or (scorer.header.levels.system if scorer.header.levels else None)
    if named is None:
        raise DataError(f"artifact {scorer.header.name!r} has no levels; say with which system it is to be compared")
    rules = load_system(named) if isinstance(named, str) else named
    graded = explain_grade(records, rules, as_of, site)
    raw, day = raw_history(records, site), f"{pd.Timestamp(as_of):%Y-%m-%d}"
    scored = scorer.score(raw["site"], raw["events"], day, raw["amendments"], top=top)
    return disagreement(graded, scored, rules, top=top)


def disagreement(graded: GradeReasons, scored: Score, system: System, *, top: int = TOP) -> Disagreement:
    """The same from what the two have said of a site.

    Args:
        graded: the grade with its reasons.
        scored: the model's score with its reasons; its level is taken if it is one of the system's.
        system: the grade's.
        top: reasons of each kind in the text at most.
    """
    levels = {one.code: one for one in system.levels}
    old, new = (levels.get(code) if code else None for code in (graded.level, scored.level))
    steps = None if old is None or new is None else new.rank - old.rank
    seen = _records(one.event_ids for one in graded.reasons)
    known = _records(one.event_ids for one in (*scored.reasons_up, *scored.reasons_down))
    counts = (len(seen & known), len(seen - known), len(known - seen))
    return Disagreement(
        site_id=graded.site_id,
        system=graded.system,
        level=graded.level,
        model_level=None if new is None else new.code,
        names=_names(old),
        model_names=_names(new),
        steps=steps,
        probability=scored.probability,
        published=graded.published,
        grade_reasons=graded.reasons,
        raises=scored.reasons_up,
        lowers=scored.reasons_down,
        shared=tuple(sorted(seen & known)),
        only_grade=tuple(sorted(seen - known)),
        only_model=tuple(sorted(known - seen)),
        vetoed=_vetoed(graded),
        text_en=_english(graded, scored, (old, new), steps, counts, top),
        text_zh=_chinese(graded, scored, (old, new), steps, counts, top),
    )


def _records(ids: Iterable[Sequence[str]]) -> set[str]:
    """The records behind facts: a fact that was derived from a visit carries its name and, after a colon, its code."""
    return {one.rpartition(":")[0] or one for group in ids for one in group}


Pair = tuple[Level | None, Level | None]
Counts = tuple[int, int, int]


def _english(graded: GradeReasons, scored: Score, levels: Pair, steps: int | None, counts: Counts, top: int) -> str:
    old, new = (None if one is None else one.en for one in levels)
    moved = "" if steps is None else ", the same level" if not steps else f", {levels_told(abs(steps))} {way(steps)}"
    said = f"The grade: {old or 'none'}. The model: {new or 'no level'}, probability {scored.probability:.1%}{moved}."
    counted = listed([one.en for one in graded.reasons[:top]], "en")
    why = " (reasons of the reconstruction; the level is the authority's own)" if graded.published else ""
    raises, lowers = (
        listed([one.text_en for one in side[:top]], "en") or "nothing"
        for side in (scored.reasons_up, scored.reasons_down)
    )
    parts = [
        said,
        f"The grade counted{why}: {counted}." if counted else "The grade counted nothing.",
        f"The model's risk is raised by: {raises}.",
        f"It is lowered by: {lowers}.",
        f"Records behind these reasons: {counts[0]} of both, {counts[1]} of the grade alone, {counts[2]} of the model "
        "alone.",
    ]
    return " ".join([*parts, VETO["en"]] if _vetoed(graded) else parts)


def _chinese(graded: GradeReasons, scored: Score, levels: Pair, steps: int | None, counts: Counts, top: int) -> str:
    old, new = (None if one is None else one.zh for one in levels)
    way = "" if not steps else "高" if steps > 0 else "低"
    moved = "" if steps is None else "，等级相同" if not steps else f"，风险{way}{abs(steps)}级"
    said = f"规则评级：{old or '无'}。模型：{new or '无等级'}，概率{scored.probability:.1%}{moved}。"
    counted = listed([one.zh for one in graded.reasons[:top]], "zh")
    why = "（等级由主管部门公布，理由来自重构）" if graded.published else ""
    raises, lowers = (
        listed([one.text_zh for one in side[:top]], "zh") or "无" for side in (scored.reasons_up, scored.reasons_down)
    )
    parts = [
        said,
        f"规则计入{why}：{counted}。" if counted else "规则未计入任何事实。",
        f"模型升高风险的理由：{raises}。",
        f"降低风险的理由：{lowers}。",
        f"以上理由所依据的记录：双方共有{counts[0]}条，仅规则{counts[1]}条，仅模型{counts[2]}条。",
    ]
    return "".join([*parts, VETO["zh"]] if _vetoed(graded) else parts)


def _names(level: Level | None) -> dict[str, str] | None:
    return None if level is None else {"en": level.en, "zh": level.zh}


def _vetoed(graded: GradeReasons) -> bool:
    return any(one.en.startswith(f"{KINDS['veto'][0]}: ") for one in graded.reasons)


def levels_told(number: int) -> str:
    """So many levels, in English."""
    return "one level" if number == 1 else f"{number} levels"


def way(steps: int) -> str:
    """The direction of a move, in English."""
    return "riskier" if steps > 0 else "safer"
