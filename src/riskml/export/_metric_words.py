"""The names of the metrics in English and Chinese, how their numbers are written, and which side is better."""

from typing import Final

METRICS: Final[dict[str, tuple[tuple[str, str], tuple[str, str], bool, int, int]]] = {
    "recall": (
        ("Failures found, share (recall)", "发现率（召回率）"),
        (
            "the share of all {outcome} that stand within the first {budget} of the visits",
            "前{budget}的检查所发现的{outcome}占全部{outcome}的比例",
        ),
        True,
        1,
        1,
    ),
    "precision": (
        ("Hit rate (precision)", "命中率（精确率）"),
        ("the share of {outcome} among the first {budget} of the visits", "前{budget}的检查中{outcome}所占的比例"),
        True,
        1,
        1,
    ),
    "found": (
        ("Failures found, number", "发现数"),
        ("the number of {outcome} within the first {budget} of the visits", "前{budget}的检查所发现的{outcome}数"),
        False,
        1,
        1,
    ),
    "lift": (
        ("Times random (lift)", "相对随机的倍数（提升度）"),
        (
            "{outcome} within the first {budget} of the visits as a multiple of random order",
            "前{budget}的检查所发现的{outcome}相对随机顺序的倍数",
        ),
        False,
        2,
        1,
    ),
    "harm_recall": (
        ("Harm found, share", "危害发现率"),
        (
            "the share of the severity points of all {outcome} that stand within the first {budget} of the visits",
            "前{budget}的检查所发现的{outcome}的严重程度分值占全部的比例",
        ),
        True,
        1,
        1,
    ),
    "visits_saved": (
        ("Visits saved for equal finds", "发现数相同时节省的检查"),
        (
            "the share of all visits saved while finding as many {outcome} as the other does within the first {budget}",
            "发现与对方前{budget}的检查同样多的{outcome}时，所节省的检查占全部检查的比例",
        ),
        True,
        1,
        1,
    ),
    "budget_share": (
        ("Visits prescribed, share", "规定检查占比"),
        (
            "the visits that the grade prescribes as a share of those made",
            "等级规定的检查次数占已实施检查的比例",
        ),
        True,
        1,
        0,
    ),
    "clean_share": (
        ("Visits to sound sites", "检查合格主体的占比"),
        (
            "the share of the {budget} of visits that found no failure",
            "{budget}的检查中未发现不合格者所占的比例",
        ),
        True,
        1,
        -1,
    ),
    "auc": (
        ("AUC", "AUC"),
        ("telling {outcome} from the other visits (AUC)", "区分{outcome}与其他检查的能力（AUC）"),
        False,
        3,
        1,
    ),
    "within_inspector_auc": (
        ("AUC within inspector", "同一检查员内的AUC"),
        (
            "telling {outcome} from the other visits of the same inspector (AUC)",
            "在同一检查员的检查中区分{outcome}的能力（AUC）",
        ),
        False,
        3,
        1,
    ),
    "average_precision": (
        ("Average precision", "平均精确率"),
        ("the average precision over all {outcome}", "全部{outcome}的平均精确率"),
        False,
        3,
        1,
    ),
    "brier": (
        ("Brier score", "Brier评分"),
        ("the squared error of the probability of {outcome} (Brier score)", "{outcome}概率的均方误差（Brier评分）"),
        False,
        4,
        -1,
    ),
    "calibration_slope": (
        ("Calibration slope", "校准斜率"),
        ("the calibration slope", "校准斜率"),
        False,
        2,
        0,
    ),
    "calibration_intercept": (
        ("Calibration intercept", "校准截距"),
        ("the calibration intercept", "校准截距"),
        False,
        2,
        0,
    ),
    "labelled_share": (
        ("Labelled share", "有结果占比"),
        ("the share of sites with a known outcome", "结果已知的主体所占的比例"),
        True,
        1,
        0,
    ),
}
"""Stem -> name; what it measures, {outcome} and {budget} filled in; a share?; decimals; 1, -1 or 0: the better side."""
