"""The names of the policies in English and Chinese, and the order in which tables and legends show them."""

from typing import Final

POLICIES: Final = {
    "model": ("Model", "模型"),
    "last_outcome": ("Last outcome", "上次检查结果"),
    "past_fail_rate": ("Past fail rate", "历史不合格率"),
    "best_feature": ("Best single feature", "最佳单一特征"),
    "logistic": ("Logistic regression", "逻辑回归"),
    "scorecard": ("Scorecard (points)", "评分卡（积分）"),
    "model_leniency": ("Model adjusted for inspectors", "按检查员宽严调整的模型"),
    "expected_severity": ("Expected severity", "预期严重程度"),
    "inspector_only": ("Inspector only (diagnostic)", "仅按检查员（诊断用）"),
    "random": ("Random order", "随机顺序"),
    "perfect": ("Perfect order (upper bound)", "完美排序（上限）"),
}
ENDINGS: Final = {
    "_plus_model": (" and model together", "等级与模型合用"),
    "_points": (" with points", "等级加分值"),
    "_operated": (" as last published", "等级（按最近一次公布）"),
    "": ("", "等级"),
}
"""What follows the system in the name of a grade's policy, and the words for it."""
ORDER: Final = (
    *("model", "last_outcome", "past_fail_rate", "best_feature", "logistic", "scorecard", "model_leniency"),
    "expected_severity",
    *("grade_", "inspector_only", "random", "perfect"),
)
