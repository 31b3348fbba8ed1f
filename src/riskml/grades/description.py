"""A system in words: what `riskml systems show NAME` prints, every number marked as published or reconstructed."""

from riskml.errors import StudyError
from riskml.grades.description_scores import score_blocks
from riskml.grades.description_words import CONDITIONS, MARKS, Lang, aligned, event, mark, status, titled, word
from riskml.grades.grading_system import System
from riskml.grades.rules import ScoreRule
from riskml.grades.system import AttributeRule, Level, Period, PointRule, PolicyRule


def describe(system: System, lang: Lang = "en") -> str:
    """The system as plain text: who, whom, levels, points, vetoes, and the provenance of every number.

    Raises:
        StudyError: for a language other than "en" and "zh".

    >>> from riskml.grades.catalog import load_system
    >>> print(describe(load_system("chicago_risk")).splitlines()[0])
    chicago_risk/default: Chicago risk category 1, 2, 3
    """
    if lang not in ("en", "zh"):
        raise StudyError(f"unknown language {lang!r}; allowed are en and zh")
    blocks = [_head(system, lang), _levels(system, lang)]
    if isinstance(system.rule, PointRule):
        blocks += [_families(system, system.rule, lang), _vetoes(system, system.rule, lang)]
    if isinstance(system.rule, ScoreRule):
        blocks += score_blocks(system, system.rule, lang)
    return "\n\n".join([*blocks, _numbers(system, lang), _sources(system, lang)]) + "\n"


def _head(system: System, lang: Lang) -> str:
    chinese = lang == "zh"
    kind = f"{word('reconstructed' if system.reconstructed else 'published', lang)}: "
    rows = {
        "body": system.body_zh if chinese else system.body,
        "year": str(system.year),
        "subject": system.subject_zh if chinese else system.subject,
        "status": kind + (system.provenance_zh if chinese else system.provenance),
        "variant": f"{system.variant} ({', '.join(system.variants)})",
        "period": word("per_year" if system.period == "year" else system.period, lang)
        + f" [{MARKS[system.period_provenance][chinese]}]",
    }
    title = f"{system.name}/{system.variant}: {system.title_zh if chinese else system.title_en}"
    remarks = "".join(f"\n  * {remark[chinese]}" for remark in system.remarks)
    return title + "\n" + aligned([[word(key, lang), value] for key, value in rows.items()]) + remarks


def _levels(system: System, lang: Lang) -> str:
    rows = []
    for level in system.levels:
        visits = f"{_intensity(level, lang)} {mark(system, f'level.{level.code}.{level.intensity_unit}', lang)}"
        response = level.response_zh if lang == "zh" else level.response_en
        marked = f"{response} [{MARKS[level.response_provenance][lang == 'zh']}]"
        rows.append([level.zh if lang == "zh" else level.en, _condition(system, level, lang), visits, marked])
    return titled("levels", "level_heads", rows, lang)


def _intensity(level: Level, lang: Lang) -> str:
    """Visits a year; in the authority's own unit if that is another."""
    if level.draw_ratio is not None:
        return word("ratio", lang).format(level.draw_ratio)
    if level.intensity_unit == "visits_per_month":
        return word("months", lang).format(level.intensity)
    return f"{level.visits_per_year:g}"


def _condition(system: System, level: Level, lang: Lang) -> str:
    """Like "1 < points <= 3 [reconstructed]", or "risk_category = 3 [published]"."""
    prefix = f"level.{level.code}."
    if isinstance(system.rule, AttributeRule):
        value = system.numbers[prefix + "category"].value
        return f"{system.rule.column} = {value:g} {mark(system, prefix + 'category', lang)}"
    if isinstance(system.rule, PolicyRule):
        return f"{word('levels_of', lang)} {system.rule.system}"
    key = "score" if isinstance(system.rule, ScoreRule) else "points"
    text, paths = word(key, lang), []
    for kind, form in CONDITIONS.items():
        path = f"{prefix}{key}.{kind}"
        if path in system.numbers:
            text = form.format(system.numbers[path].value, text)
            paths.append(path)
    return f"{text} {mark(system, paths[0], lang)}"


def _families(system: System, rule: PointRule, lang: Lang) -> str:
    rows = []
    for family in rule.families:
        for place, (code, weight) in enumerate(family.weights.items()):
            points = f"{weight:g} {mark(system, f'family.{family.key}.weights.{code}', lang)}"
            cap = f"{family.cap:g} {mark(system, f'family.{family.key}.cap', lang)}"
            first = place == 0
            name = family.zh if lang == "zh" else family.en
            period = _period(system, family.period, f"family.{family.key}", lang)
            rows.append([name * first, event(code, lang), points, cap * first, period * first])
    second, later = rule.repeat.factors[1:]
    sentence = word("repeat", lang).format(rule.repeat.within_days, second, later, word(rule.repair_effect, lang))
    return titled("families", "family_heads", rows, lang) + "\n" + sentence


def _vetoes(system: System, rule: PointRule, lang: Lang) -> str:
    rows = []
    for veto in rule.vetoes:
        level = system.levels[veto.rank]
        period = _period(system, veto.period, f"veto.{veto.code}", lang)
        rows.append([event(veto.code, lang), level.zh if lang == "zh" else level.en, period])
    return titled("vetoes", "veto_heads", rows, lang)


def _period(system: System, period: Period, path: str, lang: Lang) -> str:
    if period.counts_while != "window":
        return word(period.counts_while, lang)
    return f"{word('days', lang).format(period.days)} {mark(system, f'{path}.window_days', lang)}"


def _numbers(system: System, lang: Lang) -> str:
    rows = [[path, f"{number.value:g}", status(number, lang)] for path, number in system.numbers.items()]
    return titled("numbers", "number_heads", rows, lang)


def _sources(system: System, lang: Lang) -> str:
    used = dict(number.source for number in system.numbers.values() if number.source[0])
    return word("sources", lang) + "\n" + aligned([[key, text] for key, text in used.items()])
