"""The checks of the explanations: their names, the limits they are held against, how findings and verdicts are said."""

import math
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

Words = dict[str, str]
Rule = Literal["at_most", "at_least", "low_above"]

ROUNDING: Final = 1e-9
"""Log-odds by which a score may miss the sum of its parts: what sums of floating-point numbers leave open."""
AGREED: Final = 0.5
"""Least correlation of what the contributions announce with what happens."""
STAYED: Final = 0.8
"""Least share of sites that keep a reason, and least rank correlation, on average over the refits."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: in a list of checks, by language.
        words: the finding in a sentence, with {value}, {low}, {high} and {limit}.
        rule: what must hold: the value at most or at least at the limit, or the whole interval above it.
        limit: see `rule`.
        form: how the numbers are written: "share", "number" or "tiny".
    """

    name: Words
    words: Words
    rule: Rule
    limit: float
    form: Literal["share", "number", "tiny"] = "number"

    def holds(self, value: float, low: float) -> bool | None:
        """Whether the finding keeps to the limit; None where an interval is asked for and there is none."""
        if self.rule == "low_above":
            return None if math.isnan(low) else low > self.limit
        return value <= self.limit if self.rule == "at_most" else value >= self.limit

    def said(self, lang: str, value: float, low: float, high: float) -> str:
        """The finding in a sentence."""
        named = {key: self.written(number) for key, number in {"value": value, "low": low, "high": high}.items()}
        return self.words[lang].format(limit=self.written(self.limit, f"{self.limit:g}"), **named)

    def written(self, number: float, plain: str = "") -> str:
        """A number as people read it; a limit as `plain` where that is shorter.

        >>> [CHECKS[name].written(0.8612) for name in ("top_reason", "reasons")], CHECKS["sum"].written(3e-15)
        (['86%', '0.86'], '3e-15')
        """
        if math.isnan(number):
            return "–"
        forms = {"share": f"{number:.0%}", "number": plain or f"{number:.2f}", "tiny": f"{number:.0e}"}
        return forms[self.form].replace("-", "−" if self.form == "number" else "-")


CHECKS: Final = {
    "sum": Check(
        {"en": "Parts add up to the score", "zh": "各部分之和等于分数"},
        {
            "en": "The parts of a score add up to it: the largest gap is {value} log-odds (limit {limit}).",
            "zh": "分数等于各部分贡献之和：最大差为{value}（对数几率，限值{limit}）。",
        },
        "at_most", ROUNDING, "tiny",
    ),
    "over_random": Check(
        {"en": "Deletion: reasons against random facts", "zh": "删除检验：理由与随机事实"},
        {
            "en": "If the facts that a site's reasons name first are replaced by those of other sites, its score moves "
            "by {value} log-odds more than with as many random facts ({low} to {high}; it must lie above {limit}).",
            "zh": "将该主体理由中居前的事实换成其他主体的，比随机换掉同样数量的事实多使分数变动{value}"
            "（对数几率，区间{low}至{high}，须完全大于{limit}）。",
        },
        "low_above", 0.0,
    ),
    "over_overall": Check(
        {"en": "Deletion: a site's reasons against those of all", "zh": "删除检验：个别理由与总体重要性"},
        {
            "en": "It moves by {value} log-odds more than with the facts that matter most over all sites ({low} to "
            "{high}; it must lie above {limit}): a list that is the same for every site would say less.",
            "zh": "比换掉总体上最重要的事实多变动{value}（对数几率，区间{low}至{high}，须完全大于{limit}）："
            "即优于对所有主体都相同的理由。",
        },
        "low_above", 0.0,
    ),
    "agreement": Check(
        {"en": "Deletion: announced against observed", "zh": "删除检验：预告与实际"},
        {
            "en": "What the contributions of random sets of facts announce and how far the score then moves have a "
            "correlation of {value} within a site ({low} to {high}; limit {limit}).",
            "zh": "各组随机事实的贡献之和与换掉它们后分数的实际变动，在同一主体内的相关系数为{value}"
            "（{low}至{high}，限值{limit}）。",
        },
        "at_least", AGREED,
    ),
    "importance": Check(
        {"en": "Other seeds: order of the features", "zh": "更换种子：特征次序"},
        {
            "en": "Trained again with other seeds, the order of the features by importance has a rank correlation of "
            "{value} with the model's (at worst {low}; limit {limit}).",
            "zh": "更换种子重新训练后，特征重要性次序与原模型的秩相关为{value}（最低{low}，限值{limit}）。",
        },
        "at_least", STAYED,
    ),
    "reasons": Check(
        {"en": "Other seeds: contributions of a site", "zh": "更换种子：单个主体的各项贡献"},
        {
            "en": "The contributions to one site's score have a rank correlation of {value} with the model's (at worst "
            "{low}; limit {limit}).",
            "zh": "单个主体各项贡献与原模型的秩相关平均为{value}（最低{low}，限值{limit}）。",
        },
        "at_least", STAYED,
    ),
    "scores": Check(
        {"en": "Other seeds: order of the sites", "zh": "更换种子：主体次序"},
        {
            "en": "The order of the sites has a rank correlation of {value} with the model's (at worst {low}; limit "
            "{limit}).",
            "zh": "主体排序与原模型的秩相关为{value}（最低{low}，限值{limit}）。",
        },
        "at_least", STAYED,
    ),
    "top_reason": Check(
        {"en": "Other seeds: strongest reason", "zh": "更换种子：最强理由"},
        {
            "en": "{value} of the sites keep the same strongest fact (at worst {low}; limit {limit}).",
            "zh": "{value}的主体最强的一项事实不变（最低{low}，限值{limit}）。",
        },
        "at_least", STAYED, "share",
    ),
    "top_five": Check(
        {"en": "Other seeds: five strongest reasons", "zh": "更换种子：最强五项理由"},
        {
            "en": "Of a site's five strongest facts {value} stay among the five (at worst {low}; limit {limit}).",
            "zh": "主体最强的五项事实中平均有{value}仍在其列（最低{low}，限值{limit}）。",
        },
        "at_least", STAYED, "share",
    ),
    "top_group": Check(
        {"en": "Other seeds: topic of the strongest reason", "zh": "更换种子：最强理由的主题"},
        {
            "en": "{value} of the sites keep the same strongest topic, facts from the same records taken together (at "
            "worst {low}; limit {limit}).",
            "zh": "将出自同一类记录的事实合并后，{value}的主体最强主题不变（最低{low}，限值{limit}）。",
        },
        "at_least", STAYED, "share",
    ),
    "over_time": Check(
        {"en": "Earlier days: order of the features", "zh": "以往决策日：特征次序"},
        {
            "en": "The order of the features by importance on the earlier decision days, each by the model of that "
            "day, has a rank correlation of {value} with the exported model's (at worst {low}; limit {limit}).",
            "zh": "以往各决策日（各用当日的模型）的特征重要性次序与导出模型的秩相关平均为{value}"
            "（最低{low}，限值{limit}）。",
        },
        "at_least", STAYED,
    ),
}  # fmt: skip
"""In the order in which they are shown."""

FAITHFUL: Final = ("sum", "over_random", "over_overall", "agreement")
STAYS: Final = ("reasons", "top_reason", "top_five")
LASTS: Final = ("over_time",)
"""The checks that the three verdicts stand on."""

NOT_MADE: Final = {"en": "this run did not make the check", "zh": "本次运行未做该项检验"}
NOT_RANDOM: Final = {
    "en": "nothing in the settings is left to chance: other seeds give the same model",
    "zh": "设置中没有随机成分：更换种子得到同一模型",
}
VERDICTS: Final[dict[tuple[str, bool], Words]] = {
    ("faithful", True): {
        "en": "The reasons name what the score hangs on: every check of it holds.",
        "zh": "理由确实说明分数取决于什么：各项检验均成立。",
    },
    ("faithful", False): {
        "en": "The reasons do not name all that the score hangs on: {failed} of {made} checks fail. Read the reasons "
        "of a site with care.",
        "zh": "理由未能充分说明分数取决于什么：{made}项检验中有{failed}项不成立。解读单个主体的理由时须谨慎。",
    },
    ("stable", True): {
        "en": "The reasons of a score are stable: trained again with other seeds the model gives nearly the same.",
        "zh": "分数的理由是稳定的：更换种子重新训练，模型给出的理由基本相同。",
    },
    ("stable", False): {
        "en": "The reasons of a score are not stable: trained again with other seeds the model names other facts for "
        "too many sites ({failed} of {made} checks fail). Facts that tell nearly the same stand in for each other; "
        "rely on topics rather than on single facts.",
        "zh": "分数的理由不稳定：更换种子重新训练后，过多主体的理由改变（{made}项检验中有{failed}项不成立）。"
        "含义相近的事实会互相替代，应以主题而非单项事实为准。",
    },
    ("lasting", True): {
        "en": "What the model uses has lasted: the models of the earlier decision days put the facts in nearly the "
        "same order.",
        "zh": "模型所依据的事实是持续的：以往各决策日的模型给出的重要性次序基本相同。",
    },
    ("lasting", False): {
        "en": "What the model uses has changed: the models of the earlier decision days, which had fewer records to "
        "learn from, put the facts in another order. Expect it to change again when the model is next trained.",
        "zh": "模型所依据的事实有变化：以往各决策日的模型（可学习的记录较少）给出的重要性次序不同，"
        "下次训练后可能再变。",
    },
}


def verdicts(table: pd.DataFrame) -> tuple[dict[str, str], ...]:
    """Whether the reasons are faithful, stable and lasting, a sentence each; none where no check was made.

    Args:
        table: of `faithfulness.faithfulness`.

    Returns:
        {"en", "zh"} of each verdict.
    """
    told = []
    for about, names in (("faithful", FAITHFUL), ("stable", STAYS), ("lasting", LASTS)):
        held = table.loc[table["check"].isin(list(names)), "holds"].dropna()
        if len(held):
            counts = {"failed": int((~held).sum()), "made": len(held)}
            told.append({lang: one.format(**counts) for lang, one in VERDICTS[about, bool(held.all())].items()})
    return tuple(told)
