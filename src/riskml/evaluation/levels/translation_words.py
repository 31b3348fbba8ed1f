"""What the tables of the translated grade and of net benefit mean and do not say, in both languages."""

from typing import Final

MEASURES: Final[dict[str, dict[str, str]]] = {
    "fail_rate": {"en": "Of the settled visits at a level, the share that failed", "zh": "该等级检查的不合格率"},
    "fail_rate_from": {
        "en": "Of the settled visits at a level or a riskier one, the share that failed",
        "zh": "该等级及更高风险等级检查的不合格率",
    },
    "failures_share": {"en": "Of all failures, the share at a level", "zh": "全部不合格中该等级所占比例"},
    "rates_rise": {
        "en": "1 if no level fails less often than a safer one, among levels with 20 settled visits",
        "zh": "在有20次以上已定结果检查的等级中，风险越高不合格率均不降低时为1",
    },
    "nri_failed": {
        "en": "Of the visits that failed, the share moved to a riskier level less the share moved to a safer one",
        "zh": "不合格检查中升级（更高风险）比例减去降级比例",
    },
    "nri_passed": {
        "en": "Of the visits that passed, the share moved to a safer level less the share moved to a riskier one",
        "zh": "合格检查中降级（更低风险）比例减去升级比例",
    },
    "nri": {
        "en": "Net reclassification index: the sum of the two (Pencina et al. 2008)",
        "zh": "净重新分类指数：以上两项之和（Pencina等 2008）",
    },
}
"""Measure of `reclassification.translated_rates` -> what it is."""

GRADES: Final[dict[str, dict[str, str]]] = {
    "old": {"en": "The rule's grade", "zh": "规则评级"},
    "new": {"en": "The model's grade", "zh": "模型评级"},
    "difference": {"en": "Model's less rule's", "zh": "模型减规则"},
}
"""Grade of a row -> its name."""

SIZES: Final = {
    "en": "At each origin the sites that the rule grades are put in the order of the model's probability and cut so "
    "that each level keeps the number of sites that the rule gave it; equal probabilities stay together. No outcome is "
    "looked at, and the exported artifact is cut by the same rule.",
    "zh": "在每个决策日，将规则已评级的主体按模型概率排序并切分，使各等级主体数与规则评级一致；概率相同者不拆分。"
    "切分不看任何检查结果，导出的模型文件使用同一规则。",
}
"""How the levels are made."""

VETOES: Final = {
    "en": "The model's grade knows no veto. A site that a rule of law puts at the riskiest level stays there whatever "
    "its probability: a move down from there is a question to ask, not a decision.",
    "zh": "模型评级不含一票否决。依法一票否决列为最高风险等级的主体，无论概率高低均应保留该等级："
    "其降级只是提示复核，并非结论。",
}
"""What the model's grade must not be used for."""

VISITED_ONLY: Final = {
    "en": "Rates are those of the sites that were visited. Visits followed the rule's grade among other things: where "
    "its risky levels were visited more often than the rest, these rates say how often visited sites failed, not how "
    "often all sites of a level would have.",
    "zh": "不合格率只来自已检查的主体。检查安排受规则评级等因素影响；高风险等级检查更多时，"
    "此处是已检查主体的不合格率，而非该等级全部主体若都检查时的不合格率。",
}
"""What the rates do not say."""

NRI_CAVEAT: Final = {
    "en": "The index weighs every move alike and can be above 0 for a model that adds nothing but is badly calibrated "
    "(Hilden and Gerds 2014; Pepe et al. 2015). Where sites at risky levels of the rule are visited more, moves down "
    "from there are seen more often than moves up. It is shown because it is asked for; the paired differences of the "
    "comparison decide.",
    "zh": "该指数对每次升降一视同仁；没有增益但校准不良的模型也可能大于0（Hilden和Gerds 2014；Pepe等 2015）。"
    "规则高风险等级检查更多时，其降级比升级更易被观察到。此处仅供参考，结论以配对差异为准。",
}
"""How far the index can be trusted."""

NET_BENEFIT: Final = {
    "en": "A threshold of 10% means: one failure missed is held to be as bad as nine visits in vain. Net benefit "
    "counts failures found, less visits in vain at that exchange rate, per visit of the pool. A curve that is higher "
    "over the whole range that the bureau would defend is better whatever its exact threshold. Other policies get as "
    "many visits as the model has at each threshold. The pool is the visits that were made: 'everybody' is everybody "
    "who was visited.",
    "zh": "阈值10%意为：漏掉一次不合格与白跑九次检查同样糟糕。净收益为查出的不合格数减去按此比例折算的白跑次数，"
    "再除以检查总数。在监管部门认可的整个阈值范围内曲线更高者更优，无须确定具体阈值。"
    "其他方案在每个阈值下使用与模型相同的检查次数。范围为已做的检查：“全部检查”指全部已检查的主体。",
}
"""How to read the curves."""

NET_BENEFIT_POLICIES: Final[dict[str, dict[str, str]]] = {
    "visit_all": {"en": "Everybody", "zh": "全部检查"},
    "visit_none": {"en": "Nobody", "zh": "都不检查"},
    "random": {"en": "By chance, as many visits", "zh": "随机，检查次数相同"},
}
"""Policies that only net benefit has -> their names."""


def visits_in_vain(threshold: float) -> float:
    """How many visits in vain a failure missed is held to be as bad as, by who inspects from this probability on.

    Args:
        threshold: in (0, 1).

    >>> visits_in_vain(0.1)
    9.0
    """
    return round((1 - threshold) / threshold, 9)
