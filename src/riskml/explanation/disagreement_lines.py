"""Why model and grade differ on a site, as lines to print: what each says, its reasons, and the records behind them."""

from collections.abc import Iterator, Sequence
from typing import Final

from riskml.explanation.disagreement import VETO, Disagreement, levels_told, way
from riskml.explanation.movers import in_one_line

MOST_RECORDS: Final = 6
"""Records named after a reason; of more, the others are counted."""
WORDS: Final = {
    "en": {
        "head": "Site {site}: {system} and the model",
        "grade": "The grade: {level}",
        "none": "none",
        "model": "The model: {level}, probability {chance}",
        "no_level": "no level",
        "counted": "The grade counted:",
        "rebuilt": "The grade counted (reasons of the reconstruction; the level is the authority's own):",
        "raises": "The model's risk is raised by:",
        "lowers": "It is lowered by:",
        "nothing": "nothing",
        "parts": "({points:+.3g} log-odds)",
        "records": "records: {ids}",
        "more": "and {number} more",
        "shared": "Records behind both: {ids}",
        "only_grade": "Records of the grade alone: {ids}",
        "only_model": "Records of the model alone: {ids}",
        "stop": ", ",
    },
    "zh": {
        "head": "主体{site}：{system}与模型",
        "grade": "规则评级：{level}",
        "none": "无",
        "model": "模型：{level}，概率{chance}",
        "no_level": "无等级",
        "counted": "规则计入：",
        "rebuilt": "规则计入（等级由主管部门公布，理由来自重构）：",
        "raises": "模型升高风险的理由：",
        "lowers": "模型降低风险的理由：",
        "nothing": "无",
        "parts": "（对数几率{points:+.3g}）",
        "records": "依据记录：{ids}",
        "more": "另有{number}条",
        "shared": "双方共同依据的记录：{ids}",
        "only_grade": "仅规则依据的记录：{ids}",
        "only_model": "仅模型依据的记录：{ids}",
        "stop": "、",
    },
}


def disagreement_lines(found: Disagreement, lang: str) -> list[str]:
    """The lines, none with a line end or a control character of the records in it.

    Args:
        found: of `disagreement.explain_disagreement`.
        lang: "en" or "zh".
    """
    words = WORDS[lang]
    old, new = (one[lang] if one else None for one in (found.names, found.model_names))
    chance = f"{found.probability:.1%}"
    lines = [
        words["head"].format(site=found.site_id, system=found.system),
        words["grade"].format(level=old or words["none"]),
        words["model"].format(level=new or words["no_level"], chance=chance) + _moved(found.steps, lang),
    ]
    told = [(one.en if lang == "en" else one.zh, "", one.event_ids) for one in found.grade_reasons]
    lines += [words["rebuilt" if found.published else "counted"], *_reasons(told, lang)]
    for side, reasons in (("raises", found.raises), ("lowers", found.lowers)):
        told = [
            (
                one.text_en if lang == "en" else one.text_zh,
                words["parts"].format(points=one.contribution),
                one.event_ids,
            )
            for one in reasons
        ]
        lines += [words[side], *_reasons(told, lang)]
    for side, ids in (
        ("shared", found.shared),
        ("only_grade", found.only_grade),
        ("only_model", found.only_model),
    ):
        lines.append(words[side].format(ids=_named(ids, lang)))
    return [in_one_line(line) for line in ([*lines, VETO[lang]] if found.vetoed else lines)]


def _moved(steps: int | None, lang: str) -> str:
    if steps is None:
        return ""
    if lang == "en":
        return f", {levels_told(abs(steps))} {way(steps)}" if steps else ", the same level"
    return f"，风险{'高' if steps > 0 else '低'}{abs(steps)}级" if steps else "，等级相同"


def _reasons(told: Sequence[tuple[str, str, Sequence[str]]], lang: str) -> Iterator[str]:
    """Each reason numbered, its records below it."""
    if not told:
        yield f"  {WORDS[lang]['nothing']}"
    mark = ") " if lang == "en" else "）"
    for place, (text, part, ids) in enumerate(told, start=1):
        yield f"  {place}{mark}{text}" + (f" {part}" if part and lang == "en" else part)
        if ids:
            yield f"     {WORDS[lang]['records'].format(ids=_named(ids, lang))}"


def _named(ids: Sequence[str], lang: str) -> str:
    words = WORDS[lang]
    named = words["stop"].join(ids[:MOST_RECORDS]) or words["none"]
    more = len(ids) - MOST_RECORDS
    return f"{named}{words['stop']}{words['more'].format(number=more)}" if more > 0 else named
