"""What was found about a grade, in sentences: its quality by itself, and how much its assumed numbers decide."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from riskml.evaluation.levels._graded_rows import Finding
from riskml.evaluation.levels.quality import GradeQuality

Lang = Literal["en", "zh"]
Pair = tuple[str, str]

RATES: Final[Pair] = ("Failed visits by level, safest first: {}", "各等级检查不合格率（由低风险到高风险）：{}")
RISES: Final[dict[str, Pair]] = {
    "rise": ("no level fails less often than a safer one", "等级越高风险，不合格率均不降低"),
    "chance": (
        "a riskier level fails less often than a safer one, but no more than chance allows",
        "有较高风险等级的不合格率低于较低风险等级，但未超出偶然范围",
    ),
    "fall": (
        "a riskier level fails less often than a safer one, beyond chance",
        "有较高风险等级的不合格率低于较低风险等级，且超出偶然范围",
    ),
}
TREND: Final[Pair] = ("trend z = {:.1f}, p = {:.2g}", "趋势检验 z = {:.1f}，p = {:.2g}")
AUC: Final[Pair] = ("AUC of the level {:.3f}", "等级的AUC为{:.3f}")
SAFEST: Final[Pair] = ("{} of all failures are at the safest level", "全部不合格中{}处于最低风险等级")
INFLATION: Final[Pair] = (
    "The share of the safest level changes by {} a year",
    "最低风险等级占比每年变化{}",
)
MOVES: Final[Pair] = (
    "From one day to the next {} of the sites stay, {} move to a riskier level and {} to a safer one",
    "相邻两个评定日之间，{}的主体等级不变，{}升为较高风险，{}降为较低风险",
)
BUNCHED: Final[Pair] = (
    "Of the sites near the cut between {level} and {other}, {share} lie on its safe side; {expected} were expected",
    "在{level}与{other}的分界处，邻近主体中{share}落在较安全一侧，预期为{expected}",
)
UNAIMED: Final[Pair] = (
    "Bunching at the cuts is not read from a reconstruction: nobody could aim at points that were never published",
    "重构的分值从未公布，无从刻意迎合，故不判断分界处的聚集",
)
NO_BUNCHING: Final[Pair] = ("No cut shows more sites on its safe side than expected", "各分界处均未发现异常聚集")
VARIED: Final[Pair] = (
    "{policy}: {metric} of the model less that of the grade is {default} as it stands; over {draws} draws of the "
    "assumed numbers it runs from {least} to {most} (middle 90 %: {p05} to {p95}); the grade wins in {wins} of them",
    "{policy}：按现有重构，模型的{metric}减该等级为{default}；对推定数值作{draws}次抽取，差值介于{least}与{most}之间"
    "（中间90%：{p05}至{p95}）；该等级在{wins}的抽取中占优",
)
NOT_VARIED: Final[Pair] = (
    "{policy}: {metric} of the model less that of the grade is {default}; no number that leads to the grade is assumed",
    "{policy}：模型的{metric}减该等级为{default}；评级所用数值均非推定",
)
RECONSTRUCTED: Final[Pair] = (" (reconstructed)", "（重构）")
STOP: Final[Pair] = (".", "。")
COMMA: Final[Pair] = ("; ", "；")
NONE: Final = "-"


def quality_sentences(quality: GradeQuality, lang: Lang, *, names: Sequence[str] | None = None) -> list[str]:
    """What an officer should know about a grade.

    Args:
        quality: what was found.
        lang: "en" or "zh".
        names: of the levels in that language, safest first; absent: their codes.
    """
    of = lang == "zh"
    rates = quality.of("fail_rate")
    called = dict(zip([one.level for one in rates], names or [one.level for one in rates], strict=True))
    title = quality.system + (RECONSTRUCTED[of] if quality.reconstructed else "")
    first = f"{title}: " if not of else f"{title}："
    lines = [first + RATES[of].format(", ".join(f"{called[one.level]} {_share(one)}" for one in rates))]
    lines.append(COMMA[of].join(_trend(quality, of)))
    slope = quality.of("safest_share_slope")[0]
    if slope.value is not None:
        lines.append(INFLATION[of].format(_share(slope, signed=True)))
    moves = [quality.of(name)[0] for name in ("stayed", "moved_riskier", "moved_safer")]
    if moves[0].value is not None:
        lines.append(MOVES[of].format(*map(_share, moves)))
    lines += _bunches(quality, called, of)
    return [_spaced(line + STOP[of], of) for line in lines if line]


def _spaced(line: str, of: bool) -> str:
    """In Chinese no space stands before a percent sign."""
    return line.replace(" %", "%") if of else line


def _trend(quality: GradeQuality, of: bool) -> list[str]:
    found = {name: quality.of(name)[0].value for name in ("rates_rise", "trend_z", "trend_p", "auc")}
    falls = any(step.high is not None and step.high < 0 for step in quality.of("fail_rate_step"))
    reading = "rise" if found["rates_rise"] else "fall" if falls else "chance"
    parts = [] if found["rates_rise"] is None else [RISES[reading][of]]
    if found["trend_z"] is not None:
        parts.append(TREND[of].format(found["trend_z"], found["trend_p"]))
    if found["auc"] is not None:
        parts.append(AUC[of].format(found["auc"]))
    safest = quality.of("failures_in_safest")[0]
    return [*parts, SAFEST[of].format(_share(safest))] if safest.value is not None else parts


def _bunches(quality: GradeQuality, called: dict[str, str], of: bool) -> list[str]:
    excesses = quality.of("bunching_excess")
    if not any(one.low is not None for one in excesses):
        return []
    if quality.reconstructed:
        return [UNAIMED[of]]
    lines = []
    for at, excess in enumerate(excesses):
        if excess.low is not None and excess.low > 0:
            share, expected = quality.of("bunching")[at], quality.of("bunching_expected")[at]
            names = {"level": called[excess.level], "other": called[excess.other]}
            lines.append(BUNCHED[of].format(share=_share(share), expected=_percent(expected.value), **names))
    return lines or [NO_BUNCHING[of]]


def _share(one: Finding, *, signed: bool = False) -> str:
    if one.value is None:
        return NONE
    if one.low is None or one.high is None:
        return _percent(one.value, signed=signed)
    value, low, high = (_percent(number, signed=signed) for number in (one.value, one.low, one.high))
    return f"{value} [{low}, {high}]"


def _percent(value: float | None, *, signed: bool = False) -> str:
    return NONE if value is None else f"{100 * value:+.1f} %" if signed else f"{100 * value:.1f} %"


def range_sentences(ranges: pd.DataFrame, metric: str, lang: Lang) -> list[str]:
    """How far the assumed numbers move one metric, a sentence a policy.

    Args:
        ranges: see `evaluation.sensitivity.ranges`.
        metric: such as "recall@0.20".
        lang: "en" or "zh".
    """
    of = lang == "zh"
    lines = []
    for row in ranges[ranges["metric"] == metric].to_dict("records"):
        text = (VARIED if row["draws"] else NOT_VARIED)[of]
        numbers = {name: _number(row[name]) for name in ("default", "least", "p05", "p95", "most")}
        wins = _percent(row["grade_wins"])
        about: dict[str, Any] = {"policy": row["policy"], "metric": metric, "draws": row["draws"], "wins": wins}
        lines.append(_spaced(text.format(**about, **numbers) + STOP[of], of))
    return lines


def _number(value: float) -> str:
    return NONE if np.isnan(value) else f"{value:+.3f}"
