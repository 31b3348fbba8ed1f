"""Why a number is missing, or what it stands on, in Chinese: patterns of the English reasons and their translation."""

from typing import Final

from riskml.evaluation.enough import REASONS as TOO_FEW

COMPARISON: Final = (
    ("no origin holds both a failed and a passed visit", "没有任何决策日兼有不合格与合格的检查"),
    ("there is no failed visit", "没有不合格检查"),
    ("there is no failed visit of known harm", "没有危害程度已知的不合格检查"),
    ("there is no labelled visit", "没有结果已知的检查"),
    ("there is no row with a weight", "没有带权重的记录"),
    ("no inspector has both a failed and a passed visit at one origin", "没有检查员在同一决策日兼有不合格与合格的检查"),
    (
        "it does not exist: one outcome only, equal or separating probabilities, or one of 0 or 1",
        "不存在：只有一种结果，或概率全部相等、完全分开，或有概率为0或1",
    ),
    ("it does not exist: one outcome only, or a probability that is 0 or 1", "不存在：只有一种结果，或有概率为0或1"),
    ("there is one site only: nothing to resample", "只有一个主体，无法重抽样"),
    ("no bootstrap draws were asked for", "未要求重抽样"),
    (
        r"undefined in (\d+) of (\d+) bootstrap draws; at most (\d+%) may be dropped",
        r"\2次重抽样中有\1次无定义；最多允许舍去\3",
    ),
    (
        r"all differences have a value in (\d+) of (\d+) draws; (\d+%) must have",
        r"\2次重抽样中仅\1次各差异均有值；至少须有\3",
    ),
)
"""Reasons of the comparison and its intervals."""
CALIBRATION: Final = (
    ("not enough data", "数据不足"),
    (
        r"not enough data: (\d+) failures in (\d+) rows, (\d+) of either outcome are needed",
        r"数据不足：\2条记录中不合格\1次，两种结果各需\3次",
    ),
)
SELECTION: Final = (
    (
        r"not enough: (\d+) failures in (\d+) double-random visits, (\d+) are needed",
        r"不足：\2次双随机检查中不合格\1次，需要\3次",
    ),
    (
        r"not enough: no (?:\w+) has labels for (\d+%) of its sites; the most complete has (\d+%)",
        r"不足：没有任何单位对\1的主体有结果；最完整者为\2",
    ),
    (
        r"not enough: (\d+) failures in (\d+) complete units, (\d+) are needed",
        r"不足：\2个检查完整的单位中不合格\1次，需要\3次",
    ),
    (
        r"within (\d+) units that have labels for (\d+%) of their sites",
        r"仅限\1个单位，其\2的主体有结果",
    ),
    ("random visits weighed by 1 / (1 - propensity / 2), as other visits may come first",
     "随机检查按 1 /（1 − 受检概率 / 2）加权，因其他检查可能在先"),
    (
        "not corrected for visits that came before the random one: no propensity",
        "未就先于随机检查的其他检查作修正：无受检概率",
    ),
    ("scored rows have no column propensity", "评分记录没有受检概率"),
    ("no column propensity", "没有受检概率"),
    ("some row has no propensity", "有记录缺少受检概率"),
    (
        r"propensity is missing in (\d+) of (\d+) rows, some at every origin",
        r"\2条记录中\1条缺少受检概率，且各决策日均有缺失",
    ),
    (r"scored rows have no column (\w+)(?: for the outcome regression)?", r"评分记录没有\1列"),
    (
        "scored rows have no column visit_type, so no double-random visit can be told",
        "评分记录没有检查类型，无法识别双随机检查",
    ),
    (
        r"(\w+) is known for visited rows only, so nobody's labelled share can be told",
        r"\1仅检查过的记录才有，无法得知各单位的有结果占比",
    ),
    ("no labelled visit is among the chosen", "所选主体中没有结果已知的检查"),
    ("no failure is known, or none is known outside the chosen", "没有已知的不合格，或所选之外没有已知的不合格"),
    ("there is no labelled visit, or no failure is expected", "没有结果已知的检查，或预期没有不合格"),
)  # fmt: skip
SCHEDULE: Final = (
    (r"not enough data: (\d+) failed visits, (\d+) are needed", r"数据不足：不合格检查\1次，需要\2次"),
    (
        r"not enough data: (\d+) failed visits have another day to move to, (\d+) are needed",
        r"数据不足：可换到他日的不合格检查\1次，需要\2次",
    ),
    (
        r"not enough data: (\d+) failed visits stand where the day could change halves, (\d+) are needed",
        r"数据不足：换日可能改变前后半程的不合格检查\1次，需要\2次",
    ),
    (r"not enough data: (\d+) (?:clean|failing) visits, (\d+) are needed", r"数据不足：此类检查\1次，需要\2次"),
    (
        "no visit names its inspector: there are no slots to change places in",
        "检查均无检查员记录，无法划定可互换的范围",
    ),
    ("the rows name no office: slots are inspector x week", "记录无监管所：互换范围为同一检查员、同一周"),
    (
        "the spread of the random order is known for visits of equal weight only",
        "仅在各检查权重相同时可知随机次序的离散程度",
    ),
)
INSPECTORS: Final = (
    ("its scores do not differ within an office and origin", "其分数在同一监管所、同一决策日内没有差别"),
    ("a fact of these visits, not an estimate: no interval", "为这些检查的事实而非估计，故无区间"),
    ("no settled visit names its inspector", "结果已定的检查均无检查员记录"),
    (r"not enough data: (\d+) visits(?: now)?, (\d+) are needed", r"数据不足：检查\1次，需要\2次"),
    (
        r"not enough data: (\d+) visits could swap their inspector, (\d+) are needed",
        r"数据不足：可调换检查员的检查\1次，需要\2次",
    ),
    (
        r"not enough data: (\d+) inspectors, (\d+) failures in (\d+) visits; 3 inspectors and (\d+) visits of either "
        r"outcome are needed",
        r"数据不足：\1名检查员，\3次检查中不合格\2次；需要3名检查员及两种结果各\4次",
    ),
)
TRANSLATION: Final = (
    (r"levels left out, with fewer than 20 settled visits: (.+)", r"未计入已定检查少于20次的等级：\1"),
)
GRADE: Final = (
    ("no settled visit at this level", "该等级没有结果已定的检查"),
    ("every visit had the same outcome", "各次检查结果相同"),
    ("there is one outcome only", "只有一种结果"),
    ("there is no settled visit", "没有结果已定的检查"),
    ("all settled visits are at one level", "结果已定的检查都在同一等级"),
    ("no day has both outcomes", "没有任何一日兼有两种结果"),
    ("no site has a level on two days in a row", "没有主体在相邻两日均有等级"),
    ("no site has points near this cut", "该分界附近没有主体"),
    ("no site has points in the outer bins", "外侧区间没有主体"),
)
REASONS: Final = (*COMPARISON, *CALIBRATION, *GRADE, *SELECTION, *SCHEDULE, *INSPECTORS, *TRANSLATION, *TOO_FEW)
"""Pattern of a reason -> its Chinese form (an expansion of the match); the first that matches is taken."""
