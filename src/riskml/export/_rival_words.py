"""What each policy that the model is held against ranks by, in both languages."""

from typing import Final

from riskml.export.wording import Text, text

RIVALS: Final[dict[str, Text]] = {
    "last_outcome": text(
        "the severity points of the last visit where the source has any, else its result; the hardest rival, as "
        "anybody can rank by it without a model.",
        "按上次检查的扣分排序，数据来源没有扣分的按上次结果；无需模型即可使用，是最难超过的对照。",
    ),
    "past_fail_rate": text(
        "failures per visit so far, drawn towards the mean where there were few visits.",
        "迄今每次检查的不合格率，检查次数少的向平均值收缩。",
    ),
    "best_feature": text(
        "the one feature that ranks best in the training rows.",
        "训练记录中排序效果最好的单一特征。",
    ),
    "logistic": text("a linear model of the same features.", "以相同特征拟合的线性模型。"),
    "scorecard": text("trees of one split each, written as points.", "每棵树只分裂一次的模型，写成积分表。"),
    "inspector_only": text(
        "the fail rate of the inspector who went; a diagnostic of who was sent, never a policy to use.",
        "按实施检查者的不合格率排序；仅用于诊断派员的影响，绝不作为策略使用。",
    ),
    "random": text("every order equally likely.", "各种顺序机会均等。"),
    "perfect": text("the outcomes themselves, which nobody knows beforehand.", "结果本身，事前无人能知。"),
}
"""Policies by their fixed name; grades are told by their titles."""
