"""The words of a described system in both languages, and its tables as aligned text."""

from collections.abc import Sequence
from typing import Final, Literal
from unicodedata import east_asian_width

from riskml.grades.conventions import code_names
from riskml.grades.grading_system import System
from riskml.grades.system import Number

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
    "score": ("score", "得分"),
    "period": ("published", "发布周期"),
    "day": ("as facts become known", "动态更新"),
    "month": ("every month", "每月"),
    "per_year": ("every year", "每年"),
    "valid": ("while valid", "有效期内"),
    "calendar_year": ("in the calendar year", "本年度内"),
    "months": ("{:g} a month", "每月{:g}次"),
    "ratio": ("{:g} of the sites drawn", "抽取比例{:g}"),
    "safer": ("A higher score is safer.", "得分越高越安全。"),
    "riskier": ("A higher score is riskier.", "得分越高风险越大。"),
    "indicators": ("Indicators, by part", "各部分指标"),
    "indicator_heads": ("part|indicator|most|looks at|counts", "部分|指标|分值或权重|依据|计入期限"),
    "no_data": ("no data in the records", "现有记录无此数据"),
    "limits": ("Vetoes and limits: at least this level", "一票否决与等级限制"),
    "limit_heads": ("condition|level", "情形|等级"),
    "shifts": ("Shifts of the level", "等级调整"),
    "shift_heads": ("condition|levels", "情形|级数"),
    "riskier_by": ("{} riskier", "上调{}级"),
    "safer_by": ("{} safer", "下调{}级"),
    "new_site": ("Registered for less than {} days: {}", "登记不足{}天：{}"),
    "no_level": ("no level", "不评级"),
    "not_safer": ("not safer than {}", "不高于{}"),
    "levels_of": ("Levels of", "等级取自"),
}


def word(key: str, lang: Lang) -> str:
    """A fixed word of the description."""
    return TEXTS[key][lang == "zh"]


def mark(system: System, path: str, lang: Lang) -> str:
    """The mark of one number, like "[reconstructed]"."""
    return f"[{status(system.numbers[path], lang)}]"


def status(number: Number, lang: Lang) -> str:
    """Like "published: order45", the key being that of the source, or "reconstructed"."""
    return ": ".join(filter(None, [MARKS[number.provenance][lang == "zh"], number.source[0]]))


def event(code: str, lang: Lang) -> str:
    """An event code with its name."""
    return f"{code} {code_names()[code][lang == 'zh']}"


def titled(title: str, heads: str, rows: Sequence[Sequence[str]], lang: Lang) -> str:
    """A table with a title and heads (keys of `TEXTS`)."""
    return word(title, lang) + "\n" + aligned([word(heads, lang).split("|"), *rows])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns padded to their width on a terminal, where a Chinese character takes two places."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
