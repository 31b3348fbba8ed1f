"""The translated grade in a sentence: how often its riskiest sites fail, beside the rule's, and whether rates rise."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from riskml.evaluation.levels.reclassification import DIFFERENCE, NEW, OLD

READINGS: Final = {
    "above": ("more often beyond chance", "更高，且超出偶然范围"),
    "below": ("less often beyond chance", "更低，且超出偶然范围"),
    "unknown": ("with no interval to judge it by", "没有区间可供判断"),
    "undecided": ("no more than chance allows", "差异未超出偶然范围"),
}
RISING: Final = {
    (True, True): ("The failure rates of both rise from level to level.", "两者的不合格率均随风险等级上升。"),
    (True, False): (
        "The failure rates of the model's levels rise from level to level, those of the rule's do not.",
        "模型各等级不合格率随风险等级上升，规则各等级则不然。",
    ),
    (False, True): (
        "The failure rates of the rule's levels rise from level to level, those of the model's do not.",
        "规则各等级不合格率随风险等级上升，模型各等级则不然。",
    ),
    (False, False): ("The failure rates of neither rise from level to level.", "两者的不合格率均未随风险等级上升。"),
}
NOTHING: Final = {
    "en": "Too few visited sites stand at the riskier levels to set the model's grade against the rule's.",
    "zh": "较高风险等级中已检查的主体过少，无法比较模型评级与规则评级。",
}


def translation_sentence(
    rates: pd.DataFrame, names: Mapping[str, Mapping[str, str]], *, same_sizes: bool = True
) -> dict[str, str]:
    """The sentence, at the riskiest level from which on both grades have enough settled visits.

    Args:
        rates: table of `reclassification.translated_rates`.
        names: code -> {"en", "zh"} of every level, safest first.
        same_sizes: whether the levels keep the rule's sizes (False: fixed bounds of risk).

    Returns:
        {"en", "zh"}.
    """
    codes = list(names)
    for code in codes[:0:-1]:
        found = {grade: _row(rates, "fail_rate_from", grade, code) for grade in (OLD, NEW, DIFFERENCE)}
        if not any(pd.isna(row["value"]) for row in found.values()):
            told = _said(found, names[code], same_sizes=same_sizes, top=code == codes[-1])
            return {lang: told[lang] + _risen(rates)[lang] for lang in told}
    return NOTHING


def _said(
    found: Mapping[str, "pd.Series[Any]"], name: Mapping[str, str], *, same_sizes: bool, top: bool
) -> dict[str, str]:
    new, old, less = (found[grade] for grade in (NEW, OLD, DIFFERENCE))
    reading = READINGS[_reading(less)]
    points = "" if pd.isna(less["low"]) else f" [{100 * less['low']:+.1f}, {100 * less['high']:+.1f}]"
    mine, rules = (f"{row['value']:.1%} ({row['n_positive']}/{row['n']})" for row in (new, old))
    sizes_en = " The levels of both hold the same numbers of sites." if same_sizes else ""
    sizes_zh = "两者各等级主体数相同。" if same_sizes else ""
    en = (
        f"Of the visited sites, those that the model puts at {name['en']}{'' if top else ' or riskier'} failed in "
        f"{mine} of their visits, those that the rule puts there in {rules}: {100 * less['value']:+.1f} "
        f"percentage points{points}, {reading[0]}.{sizes_en} "
    )
    level = f"{name['zh']}{'' if top else '及以上风险'}"
    zh = (
        f"在已检查的主体中，模型评为{level}的不合格率为{mine}，规则评为该等级的为{rules}，"
        f"相差{100 * less['value']:+.1f}个百分点{points}，{reading[1]}。{sizes_zh}"
    )
    return {"en": en, "zh": zh}


def _reading(less: "pd.Series[Any]") -> str:
    if pd.isna(less["low"]):
        return "unknown"
    if less["low"] <= 0 <= less["high"]:
        return "undecided"
    return "above" if less["low"] > 0 else "below"


def _risen(rates: pd.DataFrame) -> dict[str, str]:
    """Whether the rates rise; nothing where it could not be asked of both."""
    values = [_row(rates, "rates_rise", grade)["value"] for grade in (NEW, OLD)]
    if any(pd.isna(value) for value in values):
        return {"en": "", "zh": ""}
    en, zh = RISING[values[0] == 1, values[1] == 1]
    return {"en": en, "zh": zh}


def _row(rates: pd.DataFrame, measure: str, grade: str, level: str = "") -> "pd.Series[Any]":
    keys = (rates["measure"] == measure) & (rates["grade"] == grade) & (rates["level"] == level)
    return rates[keys].iloc[0]
