"""A system in words: what `riskml systems show NAME` prints, every number marked as published or reconstructed."""

from collections.abc import Sequence
from typing import Final, Literal
from unicodedata import east_asian_width

from riskml.errors import StudyError
from riskml.grades.conventions import code_names
from riskml.grades.system import AttributeRule, Level, Number, Period, PointRule, System

Lang = Literal["en", "zh"]

MARKS: Final = {
    "stated": ("published", "已公开"),
    "public": ("published", "已公开"),
    "known": ("to be verified", "待核实"),
    "assumed": ("reconstructed", "推定"),
}

CONDITIONS: Final = {"above": "{:g} < {}", "from": "{:g} <= {}", "up_to": "{1} <= {0:g}", "below": "{1} < {0:g}"}

TEXTS: Final = {
    "body": ("authority", "发布机关"),
    "year": ("year", "年份"),
    "subject": ("subject", "适用对象"),
    "status": ("status", "状态"),
    "variant": ("variant", "变体"),
    "reconstructed": ("reconstructed", "推定重构"),
    "published": ("published", "已公开"),
    "levels": ("Levels, safest first", "等级（由低风险到高风险）"),
    "level_heads": ("level|condition|visits a year|response", "等级|条件|每年检查次数|监管措施"),
    "families": ("Points of one event, by family", "各类事件分值"),
    "family_heads": ("family|event|points|cap|counts", "类别|事件|分值|上限|计入期限"),
    "vetoes": ("Vetoes: the level is set whatever the points", "一票否决（不论分值）"),
    "veto_heads": ("event|level|counts", "事件|等级|计入期限"),
    "numbers": ("All numbers and where they come from", "全部数值及其来源"),
    "number_heads": ("number|value|status", "数值|取值|状态"),
    "sources": ("Sources", "来源"),
    "days": ("{} days", "{}天"),
    "publicity": ("while in publicity", "公示期内"),
    "listed": ("while listed", "列入期间"),
    "repeat": (
        "2nd event of a family within {} days counts x{:g}, later ones x{:g}; repaired: {}; of one case: the heaviest.",
        "同类事件{}天内第2次乘{:g}，第3次起乘{:g}；信用修复：{}；同一案件只计最重一项。",
    ),
    "exclude": ("counts 0", "不计分"),
    "half": ("counts half", "减半计分"),
    "keep": ("counts in full", "照常计分"),
    "points": ("points", "分值"),
}


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
    return "\n\n".join([*blocks, _numbers(system, lang), _sources(system, lang)]) + "\n"


def _word(key: str, lang: Lang) -> str:
    return TEXTS[key][lang == "zh"]


def _mark(system: System, path: str, lang: Lang) -> str:
    return f"[{_status(system.numbers[path], lang)}]"


def _status(number: Number, lang: Lang) -> str:
    """Like "published: order45", the key being that of the source, or "reconstructed"."""
    return ": ".join(filter(None, [MARKS[number.provenance][lang == "zh"], number.source[0]]))


def _head(system: System, lang: Lang) -> str:
    chinese = lang == "zh"
    status = f"{_word('reconstructed' if system.reconstructed else 'published', lang)}: "
    rows = {
        "body": system.body_zh if chinese else system.body,
        "year": str(system.year),
        "subject": system.subject_zh if chinese else system.subject,
        "status": status + (system.provenance_zh if chinese else system.provenance),
        "variant": f"{system.variant} ({', '.join(system.variants)})",
    }
    title = f"{system.name}/{system.variant}: {system.title_zh if chinese else system.title_en}"
    return title + "\n" + _aligned([[_word(key, lang), value] for key, value in rows.items()])


def _levels(system: System, lang: Lang) -> str:
    rows = []
    for level in system.levels:
        visits = f"{level.visits_per_year:g} {_mark(system, f'level.{level.code}.visits_per_year', lang)}"
        response = level.response_zh if lang == "zh" else level.response_en
        marked = f"{response} [{MARKS[level.response_provenance][lang == 'zh']}]"
        rows.append([level.zh if lang == "zh" else level.en, _condition(system, level, lang), visits, marked])
    return _titled("levels", "level_heads", rows, lang)


def _condition(system: System, level: Level, lang: Lang) -> str:
    """Like "1 < points <= 3 [reconstructed]", or "risk_category = 3 [published]"."""
    prefix = f"level.{level.code}."
    if isinstance(system.rule, AttributeRule):
        value = system.numbers[prefix + "category"].value
        return f"{system.rule.column} = {value:g} {_mark(system, prefix + 'category', lang)}"
    text, paths = _word("points", lang), []
    for kind, form in CONDITIONS.items():
        path = f"{prefix}points.{kind}"
        if path in system.numbers:
            text = form.format(system.numbers[path].value, text)
            paths.append(path)
    return f"{text} {_mark(system, paths[0], lang)}"


def _families(system: System, rule: PointRule, lang: Lang) -> str:
    rows = []
    for family in rule.families:
        for place, (code, weight) in enumerate(family.weights.items()):
            points = f"{weight:g} {_mark(system, f'family.{family.key}.weights.{code}', lang)}"
            cap = f"{family.cap:g} {_mark(system, f'family.{family.key}.cap', lang)}"
            first = place == 0
            name = family.zh if lang == "zh" else family.en
            period = _period(system, family.period, f"family.{family.key}", lang)
            rows.append([name * first, _event(code, lang), points, cap * first, period * first])
    second, later = rule.repeat.factors[1:]
    sentence = _word("repeat", lang).format(rule.repeat.within_days, second, later, _word(rule.repair_effect, lang))
    return _titled("families", "family_heads", rows, lang) + "\n" + sentence


def _vetoes(system: System, rule: PointRule, lang: Lang) -> str:
    rows = []
    for veto in rule.vetoes:
        level = system.levels[veto.rank]
        period = _period(system, veto.period, f"veto.{veto.code}", lang)
        rows.append([_event(veto.code, lang), level.zh if lang == "zh" else level.en, period])
    return _titled("vetoes", "veto_heads", rows, lang)


def _event(code: str, lang: Lang) -> str:
    return f"{code} {code_names()[code][lang == 'zh']}"


def _period(system: System, period: Period, path: str, lang: Lang) -> str:
    if period.counts_while != "window":
        return _word(period.counts_while, lang)
    return f"{_word('days', lang).format(period.days)} {_mark(system, f'{path}.window_days', lang)}"


def _numbers(system: System, lang: Lang) -> str:
    rows = [[path, f"{number.value:g}", _status(number, lang)] for path, number in system.numbers.items()]
    return _titled("numbers", "number_heads", rows, lang)


def _sources(system: System, lang: Lang) -> str:
    used = dict(number.source for number in system.numbers.values() if number.source[0])
    return _word("sources", lang) + "\n" + _aligned([[key, text] for key, text in used.items()])


def _titled(title: str, heads: str, rows: Sequence[Sequence[str]], lang: Lang) -> str:
    return _word(title, lang) + "\n" + _aligned([_word(heads, lang).split("|"), *rows])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns padded to their width on a terminal, where a Chinese character takes two places."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
