"""What the report says in words: the verdict on a comparison, and the plain meaning of each metric and policy."""

from collections.abc import Mapping
from typing import Any, Final

from riskml.errors import DataError
from riskml.export.figures import Reading, interval, number, read_difference, reason_text, write_difference
from riskml.export.wording import (
    METRICS,
    Text,
    metric_measure,
    metric_name,
    policy_name,
    policy_order,
    split_metric,
    text,
)

MODEL: Final = "model"
TOGETHER: Final = "_plus_model"
"""Ending of the policies in which a grade and the model work together."""
LAST_OUTCOME: Final = "last_outcome"
RIVALS: Final = (LAST_OUTCOME, "past_fail_rate")
"""What anybody could rank by: a model that does not beat these says so."""
Differences = Mapping[str, Mapping[str, Mapping[str, Any]]]

AXES: Final[dict[str, Text]] = {
    "origin": text("decision day", "决策日"),
    "budget": text("visits spent, share of all (budget)", "已用检查占全部的比例（预算）"),
    "recall": text("failures found, share of all", "已发现的不合格占全部的比例"),
    "predicted": text("predicted probability of failure", "预测的不合格概率"),
    "observed": text("observed share of failures", "实际不合格比例"),
    "contribution": text("mean absolute contribution (log-odds)", "平均绝对贡献（对数几率）"),
    "points": text("difference, percentage points", "差值（百分点）"),
    "difference": text("difference", "差值"),
}

_CLAUSES: Final[dict[Reading, Text]] = {
    "better": text("beats the {other}{measure} ({numbers})", "{measure}优于{other}（{numbers}）"),
    "undecided": text("does not beat the {other}{measure} ({numbers})", "{measure}未优于{other}（{numbers}）"),
    "worse": text(
        "does not beat the {other} but is worse{measure} ({numbers})", "{measure}未优于{other}，反而更差（{numbers}）"
    ),
    "unknown": text(
        "cannot be compared with the {other}{measure} ({numbers})", "{measure}无法与{other}比较（{numbers}）"
    ),
}
_UNCOMPARED: Final = text("was not compared with the last outcome{measure}", "{measure}未与上次检查结果比较")

MEANINGS: Final[dict[str, Text]] = {
    "recall": text(
        "Of all failed visits, the share that stands in the part of the order which the budget pays for.",
        "在全部不合格检查中，排在预算范围之内的比例。",
    ),
    "precision": text(
        "Of the visits that the budget pays for, the share that failed.",
        "在预算范围之内的检查中，不合格的比例。",
    ),
    "found": text(
        "How many failed visits stand in the part that the budget pays for. Equal scores count by what a random order "
        "among them finds on average, so the number may be a fraction.",
        "排在预算范围之内的不合格检查的次数。分数相同者按随机次序的平均发现数计，因此可能带小数。",
    ),
    "lift": text(
        "Failures found, as a multiple of what as many visits in random order find. One is no better than chance.",
        "发现数是同样次数随机检查的多少倍；一倍即不优于随机。",
    ),
    "harm_recall": text(
        "As the share of failures found, but each failed visit counts by its severity points: finding the grave ones "
        "first is worth more.",
        "与发现率相同，但每次不合格检查按其严重程度分值计：先发现严重者则更高。",
    ),
    "visits_saved": text(
        "How many visits fewer the first policy needs to find as many failures as the second finds with its budget, as "
        "a share of all visits. Above zero it saves visits; what is counted is visits, not money.",
        "前一策略要发现与后一策略在该预算内同样多的不合格，可少用多少检查，以占全部检查的比例表示；大于零即节省。所计为检查次数，而非费用。",
    ),
    "budget_share": text(
        "The visits that the grade's own rules ask for in the horizon, as a share of the visits that were made.",
        "按等级自身规定，在预测期内应有的检查次数占已实施检查的比例。",
    ),
    "clean_share": text(
        "Of the visits that are kept, the share that found no failure. Lower is better: fewer visits disturb sound "
        "sites.",
        "在保留的检查中，未发现不合格者的比例。越低越好：对合格主体的打扰越少。",
    ),
    "auc": text(
        "Take one failed and one passed visit of the same decision day: how often the failed one has the higher score. "
        "One half is chance, one is perfect.",
        "在同一决策日任取一次不合格与一次合格的检查，前者分数更高的机会。一半为随机，一为完美。",
    ),
    "within_inspector_auc": text(
        "The same, but both visits were made by the same inspector. What is left when strict inspectors cannot be "
        "mistaken for risky sites.",
        "同上，但两次检查由同一检查员实施，从而不会把检查员的严格程度误当作主体的风险。",
    ),
    "average_precision": text(
        "The hit rate at the place of each failed visit in the order, averaged over the failed visits.",
        "在每次不合格检查所处位置上的命中率，再对全部不合格检查取平均。",
    ),
    "brier": text(
        "Mean squared gap between the probability and what happened (one or zero). Lower is better.",
        "概率与实际结果（一或零）之差的平方的平均值，越低越好。",
    ),
    "calibration_slope": text(
        "One: differences between probabilities are as large as they should be. Below one: they are exaggerated.",
        "等于一：概率之间的差距恰当；小于一：差距被夸大。",
    ),
    "calibration_intercept": text(
        "Zero: the probabilities are right on average. Above zero: more fails than was announced.",
        "等于零：概率平均而言准确；大于零：实际不合格多于预测。",
    ),
    "labelled_share": text(
        "Of the active sites that a policy would visit first, the share whose outcome is known, because somebody went. "
        "It is no measure of quality; it says how much of a selection was never observed.",
        "在某策略最先安排检查的在营主体中，因实际检查过而结果已知的比例。它不衡量好坏，只说明所选主体有多少从未被观察到。",
    ),
}

_POLICY_MEANINGS: Final[dict[str, Text]] = {
    "model": text("The trained model's probability of failure.", "训练所得模型给出的不合格概率。"),
    "last_outcome": text(
        "The result of the site's last visit before the decision day, by its score or severity where one was recorded. "
        "The simplest rule that a model must beat.",
        "主体在决策日之前最近一次检查的结果（有分值或严重程度记录时按其排序）。这是模型必须超过的最简单规则。",
    ),
    "past_fail_rate": text("The share of the site's past visits that failed.", "主体历次检查中不合格的比例。"),
    "best_feature": text(
        "The one feature that ranked the training rows best, chosen without the rows judged here.",
        "在训练数据上排序最好的单一特征；选择时未使用此处被评判的数据。",
    ),
    "logistic": text(
        "A logistic regression on the features of the model: the plain statistical rival.",
        "使用与模型相同特征的逻辑回归：普通统计方法的对照。",
    ),
    "scorecard": text(
        "Whole points for each fact, added up by hand: trees of one split, written as a table.",
        "每项事实对应整数积分、可手工相加的评分卡（由单层提升树写成）。",
    ),
    "model_leniency": text(
        "The model with one more feature: past failures beyond what their inspectors find elsewhere. Beside the model "
        "it shows what the adjustment is worth; it is not exported, as a scorer is not told who made past visits.",
        "在模型上增加一项特征：以往不合格次数超出其检查员在他处所见水平的部分。与模型并列可见该调整的作用；评分程序不知道以往由谁检查，因此不导出。",
    ),
    "expected_severity": text(
        "The severity points that a second model expects of the visit: a ranking by harm, not by chance of failing.",
        "第二个模型预期的检查严重程度分值：按危害而非不合格概率排序。",
    ),
    "inspector_only": text(
        "The past fail rate of the inspector who made the visit, and nothing of the site. Nobody can plan by it; it "
        "shows how much of a ranking may be the inspector.",
        "仅为实施检查的检查员以往的不合格率，不含主体的任何信息。不能用于安排检查，只用于显示排序中有多少可能来自检查员。",
    ),
    "random": text("Visits in random order, on average.", "随机安排检查的平均情形。"),
    "perfect": text("Failed visits first: no policy can do better.", "不合格者全部排在最前：任何策略都不可能更好。"),
}


def metric_axis(metric: str) -> Text:
    """Title of an axis that shows a metric."""
    return metric_name(metric)


def metric_meaning(metric: str) -> Text:
    """Plain words for a metric, whatever its budget."""
    return MEANINGS[split_metric(metric)[0]]


def policy_meaning(policy: str) -> Text:
    """Plain words for a policy.

    >>> policy_meaning("grade_nanchang_points")["en"]
    'The rule-based grade; within a level, the points behind it.'
    """
    if not policy.startswith("grade_"):
        return _POLICY_MEANINGS[policy]
    if policy.endswith(TOGETHER):
        return text(
            "The grade and the model in one score, weighted by later visits than those the model learned from: above "
            "the model if the grade knows something that the model does not.",
            "等级与模型合成的分数，权重由晚于模型训练数据的检查确定；若优于模型，说明等级含有模型未掌握的信息。",
        )
    if policy.endswith("_operated"):
        return text(
            "The grade as it was last published, on 1 January or the first of the month: it stays so until the next.",
            "最近一次公布的等级（按制度每年1月1日或每月1日公布）：在下次公布之前保持不变。",
        )
    if policy.endswith("_points"):
        return text(
            "The rule-based grade; within a level, the points behind it.", "规则等级；同一等级之内按其分值排序。"
        )
    return text("The rule-based grade; within a level, random order.", "规则等级；同一等级之内为随机顺序。")


def headline_differences(differences: Differences) -> list[str]:
    """The rivals that the verdict names: the last outcome first, the past fail rate, then the grades; no others.

    >>> headline_differences({"model - grade_x": {}, "model - random": {}, "model - last_outcome": {}})
    ['last_outcome', 'grade_x']
    """
    others = [pair.removeprefix(f"{MODEL} - ") for pair in differences if pair.startswith(f"{MODEL} - ")]
    return policy_order(other for other in others if other in RIVALS or is_grade(other))


def is_grade(policy: str) -> bool:
    """Whether a policy is a grade alone, without the model.

    >>> is_grade("grade_x_points"), is_grade("grade_x_plus_model"), is_grade("model")
    (True, False, False)
    """
    return policy.startswith("grade_") and not policy.endswith(TOGETHER)


def verdict_text(differences: Differences, headline: str, systems: Mapping[str, Any], outcome: str) -> Text:
    """One sentence: does the model beat the last outcome, the past fail rate and each grade, at the headline metric?

    It beats if the interval of the paired difference lies wholly on the better side of 0; otherwise it does not.

    Args:
        differences: "model - <policy>" -> metric -> {"value", "low", "high", "reason"?}; any value may be None.
        headline: a metric such as "recall@0.20", with a better side.
        systems: grading system -> {"title_en", "title_zh", "reconstructed"}.
        outcome: "fail", "fail_broad" or "fail_severe".

    Raises:
        DataError: for an unknown metric, outcome or system, or a metric that has no better side.

    >>> found = {"model - last_outcome": {"recall@0.20": {"value": 0.004, "low": -0.010, "high": 0.018}}}
    >>> print(verdict_text(found, "recall@0.20", {}, "fail")["en"])  # doctest: +NORMALIZE_WHITESPACE
    The model does not beat the last outcome in the share of all failed visits that stand within the first 20% of the
    visits (difference +0.4 percentage points, 95% interval −1.0 to +1.8).
    """
    if METRICS[split_metric(headline)[0]].direction == 0:
        ordered = [name for name, metric in METRICS.items() if metric.direction]
        raise DataError(f"headline {headline!r} has no better side; allowed are {ordered}")
    measure = metric_measure(headline, outcome)
    filled = text(f" in {measure['en']}", f"以{measure['zh']}衡量，模型")
    others = headline_differences(differences)
    clauses: list[Text] = [] if LAST_OUTCOME in others else [_fill(_UNCOMPARED, measure=filled)]
    for other in others:
        entry = differences[f"{MODEL} - {other}"].get(headline, {})
        named = policy_name(other, systems)
        name = text(named["en"][0].lower() + named["en"][1:], named["zh"])
        clause = _CLAUSES[read_difference(headline, entry)]
        where = text("", "") if clauses else filled
        clauses.append(_fill(clause, other=name, measure=where, numbers=_numbers(headline, entry, brief=bool(clauses))))
    en, zh = ([clause[lang] for clause in clauses] for lang in ("en", "zh"))
    return text(f"The model {'; it '.join(en)}.", f"{'；'.join(zh)}。")


def _fill(clause: Text, **words: Text) -> Text:
    en, zh = ({name: word[lang] for name, word in words.items()} for lang in ("en", "zh"))
    return text(clause["en"].format(**en), clause["zh"].format(**zh))


def _numbers(metric: str, entry: Mapping[str, Any], *, brief: bool) -> Text:
    """Difference and interval, or the reason why they are missing; brief where the unit was just said."""
    value, bounds = number(entry), interval(entry)
    reason = reason_text(entry)
    if value is None:
        return reason
    percent = METRICS[split_metric(metric)[0]].percent and not brief
    unit = text(" percentage points", "个百分点") if percent else text("", "")
    signed = write_difference(metric, value)
    if bounds is None:
        return text(
            f"difference {signed}{unit['en']}, no interval: {reason['en']}",
            f"差值{signed}{unit['zh']}，无区间：{reason['zh']}",
        )
    low, high = (write_difference(metric, bound) for bound in bounds)
    return text(
        f"difference {signed}{unit['en']}, 95% interval {low} to {high}",
        f"差值{signed}{unit['zh']}，95%区间{low}至{high}",
    )
