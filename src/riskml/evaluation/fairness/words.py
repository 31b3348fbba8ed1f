"""What the figures of the fairness table mean, in both languages: for the report, the card and the gate."""

from typing import Final

FAIRNESS_METRICS: Final[dict[str, dict[str, str]]] = {
    "detection_rate": {
        "en": "Of the group's failures, the share found when the riskiest visits of all groups are made first, up to "
        "the budget",
        "zh": "在全部检查中按风险高低优先检查至预算为止，该组不合格被查出的比例",
    },
    "clean_visit_rate": {
        "en": "Of the group's visits that found nothing, the share made within the budget: the burden on those who did "
        "nothing wrong",
        "zh": "该组合格的检查中，落入预算之内的比例：守法者承受的负担",
    },
    "precision": {
        "en": "Of the group's visits within the budget, the share that failed",
        "zh": "该组预算内检查的不合格率",
    },
    "selection_share": {
        "en": "Of the group's visits that were made, the share within the budget",
        "zh": "该组已做的检查中，落入预算之内的比例",
    },
    "mean_place": {
        "en": "Mean place of the group's visits in the order: 0 is first, 1 is last, 0.5 by chance",
        "zh": "该组检查在排序中的平均位置：0为最先，1为最后，随机为0.5",
    },
    "mean_place_failing": {
        "en": "Mean place of the group's failed visits in the order: how long its failures would wait",
        "zh": "该组不合格检查在排序中的平均位置：其不合格要等待多久",
    },
    "observed_expected": {
        "en": "Failures observed over failures that the probabilities promised; 1 is right, above 1 the risk of the "
        "group is understated",
        "zh": "实际不合格数与概率预期数之比；1为准确，大于1说明低估该组风险",
    },
    "promised_detection": {
        "en": "The detection rate that the probabilities of the group's own visits promise",
        "zh": "按该组各次检查的概率推算应有的查出率",
    },
    "detection_parity": {
        "en": "The group's detection rate over that of all other groups; off 1 also where groups fail at different "
        "rates, so it is shown and not judged",
        "zh": "该组查出率与其余各组合计查出率之比；各组不合格率不同也会使其偏离1，故只展示、不作判定",
    },
    "clean_visit_parity": {
        "en": "The group's share of clean visits made over that of all other groups; shown, not judged",
        "zh": "该组合格检查落入预算比例与其余各组同一比例之比；只展示、不作判定",
    },
    "detection_ratio": {
        "en": "Detection rate over the promised one, over the same of all other groups; below 1 more of the group's "
        "failures are missed than its probabilities say",
        "zh": "查出率与推算查出率之比，除以其余各组的同一比值；小于1说明该组漏查多于其概率所示",
    },
    "calibration_ratio": {
        "en": "The group's observed over expected failures, over that of all other groups; above 1 the group's risk is "
        "understated against the others",
        "zh": "该组实际与预期不合格数之比，除以其余各组的同一比值；大于1说明相对其余各组低估该组风险",
    },
    "site_selection_share": {
        "en": "Of all the group's active sites, visited before or not, the share within the budget (needs no outcome)",
        "zh": "该组全部在业主体（无论是否检查过）中，落入预算之内的比例（无需检查结果）",
    },
    "site_mean_place": {
        "en": "Mean place of the group's active sites in the order of all sites (needs no outcome)",
        "zh": "该组在业主体在全部主体排序中的平均位置（无需检查结果）",
    },
    "not_recorded": {"en": "Share of the rows whose group is not recorded", "zh": "未记录所属组别的行的比例"},
    "not_shown": {"en": "Share of the rows in groups too many to show", "zh": "因组别过多而未列出的行的比例"},
}
"""Metric -> what it is."""

ATTRIBUTES: Final[dict[str, dict[str, str]]] = {
    "overall": {"en": "All sites", "zh": "全部主体"},
    "office": {"en": "District office", "zh": "辖区"},
    "format_code": {"en": "Format", "zh": "业态"},
    "size": {"en": "Floor area", "zh": "面积"},
    "legal_form": {"en": "Legal form", "zh": "主体类型"},
}
"""Attribute -> its name."""

LEGAL_FORM_NAMES: Final[dict[str, dict[str, str]]] = {
    "enterprise": {"en": "Enterprise", "zh": "企业"},
    "household": {"en": "Household business", "zh": "个体工商户"},
    "cooperative": {"en": "Farmers' cooperative", "zh": "农民专业合作社"},
    "other": {"en": "Other", "zh": "其他"},
}
"""Group of legal_form -> its name."""

SIZE_NAMES: Final[dict[str, dict[str, str]]] = {
    "1: up to 50 m2": {"en": "1: up to 50 m2", "zh": "1：50平方米及以下"},
    "2: up to 150 m2": {"en": "2: up to 150 m2", "zh": "2：50至150平方米"},
    "3: up to 500 m2": {"en": "3: up to 500 m2", "zh": "3：150至500平方米"},
    "4: above 500 m2": {"en": "4: above 500 m2", "zh": "4：500平方米以上"},
}
"""Group of size (`calibration_table.size_of`) -> its name."""
_NAMED: Final = {"legal_form": LEGAL_FORM_NAMES, "size": SIZE_NAMES}


def group_name(attribute: str, code: str) -> dict[str, str]:
    """What a group is called in both languages; by its code where it has no name, as an office has none.

    >>> group_name("size", "4: above 500 m2")["zh"], group_name("office", "office-01")["zh"]
    ('4：500平方米以上', 'office-01')
    """
    return _NAMED.get(attribute, {}).get(code, {"en": code, "zh": code})


CAVEAT: Final = {
    "en": "All but the two figures of all active sites are of visits that were made: a group that is seldom visited is "
    "described by the visits it had. Where groups differ in how often they fail, no score can give all of them equal "
    "detection, equal burden and right probabilities at once (Chouldechova 2017; Kleinberg et al. 2016).",
    "zh": "除两项全部在业主体指标外，各项均只针对已做的检查：检查少的组只能由其已有检查说明。"
    "各组不合格率不同时，任何评分都不可能同时做到查出率相等、负担相等且概率准确"
    "（Chouldechova 2017；Kleinberg等 2016）。",
}
"""What stands beside the table."""
