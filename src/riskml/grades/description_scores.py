"""The point table of a score rule in words: parts, indicators with what they look at, vetoes, limits and shifts."""

from math import inf

from riskml.grades.description_words import Lang, mark, titled, word
from riskml.grades.grading_system import System
from riskml.grades.rules import FACTS, Indicator, Part, ScoreRule
from riskml.grades.system import Period
from riskml.records.days import NEVER


def score_blocks(system: System, rule: ScoreRule, lang: Lang) -> list[str]:
    """The blocks of text of a score rule; those without rows are left out."""
    blocks = [_indicators(system, rule, lang)]
    if rule.limits:
        blocks.append(_limits(system, rule, lang))
    if rule.shifts:
        blocks.append(_shifts(rule, lang))
    return blocks


def _indicators(system: System, rule: ScoreRule, lang: Lang) -> str:
    rows = []
    for part in rule.parts:
        mine = [one for one in rule.indicators if one.part == part.key]
        for place, one in enumerate(mine):
            rows.append([_part(part, lang) * (place == 0), *_indicator(system, one, lang)])
    lines = [titled("indicators", "indicator_heads", rows, lang)]
    lines.append(word("safer" if rule.higher_is_safer else "riskier", lang))
    if rule.new_site is not None:
        rank = rule.new_site.rank
        level = "" if rank < 0 else system.levels[rank].zh if lang == "zh" else system.levels[rank].en
        what = word("not_safer", lang).format(level) if level else word("no_level", lang)
        lines.append(word("new_site", lang).format(rule.new_site.days, what))
    return "\n".join(lines)


def _part(part: Part, lang: Lang) -> str:
    sign = "-" if part.subtract else ""
    weight = f" ({sign}x{part.weight:g})" if part.weight != 1 or part.subtract else ""
    return (part.zh if lang == "zh" else part.en) + weight


def _indicator(system: System, one: Indicator, lang: Lang) -> list[str]:
    """Name, most points with their mark, what it looks at, and how long that counts."""
    path = f"indicator.{one.key}.max"
    most = f"{one.most:g} {mark(system, path, lang)}" if one.most < inf else "-"
    seen = word("no_data", lang) if one.fact.kind == "none" else FACTS[one.fact.kind][lang == "zh"]
    what = f"{seen}: {', '.join(one.fact.codes)}" if one.fact.codes else seen
    return [f"{one.key} {one.zh if lang == 'zh' else one.en}", most, what, _period(one.fact.period, one, lang)]


def _period(period: Period, one: Indicator, lang: Lang) -> str:
    if period.counts_while == "window":
        return "" if period.days == NEVER else word("days", lang).format(period.days)
    return word(period.counts_while, lang) if one.fact.codes else ""


def _limits(system: System, rule: ScoreRule, lang: Lang) -> str:
    rows = []
    for limit in rule.limits:
        level = system.levels[limit.rank]
        name = limit.zh if lang == "zh" else limit.en
        rows.append([f"{limit.key} {name}", level.zh if lang == "zh" else level.en])
    return titled("limits", "limit_heads", rows, lang)


def _shifts(rule: ScoreRule, lang: Lang) -> str:
    rows = []
    for shift in rule.shifts:
        by = word("riskier_by" if shift.steps > 0 else "safer_by", lang).format(abs(shift.steps))
        rows.append([f"{shift.key} {shift.zh if lang == 'zh' else shift.en}", by])
    return titled("shifts", "shift_heads", rows, lang)
