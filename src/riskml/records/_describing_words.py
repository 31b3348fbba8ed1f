"""What the description of records says in words: headings, names of rows and columns, in English and Chinese."""

from typing import Final

LANGUAGES: Final = ("en", "zh")

VISIT_TYPES_ZH: Final = {
    "RI": "日常检查",
    "DR": "双随机抽查",
    "SP": "专项检查",
    "UA": "线索突击检查",
    "CO": "投诉核查",
    "FU": "复查",
    "LI": "许可核查",
    "SY": "体系检查",
    "RV": "网络巡查",
}
"""`contract.VISIT_TYPES` in Chinese."""

SECTIONS: Final = {
    "tables": ("Tables: rows, and the days they cover", "数据表：行数及所涉日期"),
    "sites": ("Sites at the end of the records", "记录期末的主体"),
    "visits": ("Visits by type", "按类型的检查"),
    "outcomes": ("Outcomes of eligible visits by year of the visit", "纳入统计的检查的结果，按检查年份"),
    "lags": ("From the day it happened to the day it was known, in days", "从发生日到入库日的天数"),
    "missing": ("Columns with missing values", "有缺失值的列"),
    "warnings": ("What the contract warns of", "数据约定的警告"),
    "workforce": ("Offices and inspectors (counts only)", "监管所与检查人员（仅计数）"),
    "labels": ("Label versions of the visits", "检查的标签版本"),
}
"""Each frame of a description, with its heading."""

COLUMNS: Final = {
    "table": "表",
    "rows": "行数",
    "occurred_from": "发生起",
    "occurred_to": "发生止",
    "known_from": "入库起",
    "known_to": "入库止",
    "what": "项目",
    "sites": "主体数",
    "share": "占比",
    "visit_type": "代码",
    "meaning": "含义",
    "visits": "检查数",
    "not_found": "未找到",
    "eligible": "纳入统计",
    "year": "年份",
    "outcome": "结果",
    "settled": "已定",
    "failed": "不合格",
    "code": "代码",
    "missing": "缺失",
    "same_day": "当日入库",
    "late": "迟于{late}天",
    "median_days": "中位",
    "p90_days": "九成以内",
    "most_days": "最长",
    "constant": "恒定",
    "column": "列",
    "text": "说明",
    "who": "对象",
    "number": "数量",
    "unstated": "未注明",
    "median_visits": "检查数中位",
    "least_visits": "最少",
    "most_visits": "最多",
    "label_version": "标签版本",
    "first": "首次",
    "last": "末次",
}
"""Columns of the frames in Chinese; English readers see the names themselves."""

ROWS: Final = {
    "all": ("all", "全部"),
    "open": ("open", "在营"),
    "not_open_yet": ("not open yet", "尚未开业"),
    "closed": ("closed", "已关闭"),
    "visited": ("visited at least once", "至少被检查一次"),
    "never_visited": ("never visited", "从未被检查"),
    "placed": ("with coordinates", "有坐标"),
    "office": ("offices", "监管所"),
    "inspector": ("inspectors", "检查人员"),
    "fail": ("fail", "不合格"),
    "fail_broad": ("fail, any problem", "发现任何问题"),
    "fail_severe": ("fail, severe", "严重不合格"),
}
"""Names of rows."""

LINES: Final = {
    "title": (
        "Records of the source “{source}”, known from {known_from} to {known_to} (the last day left out)",
        "来源“{source}”的记录，入库日 {known_from} 至 {known_to}（不含末日）",
    ),
    "complete": ("No column has a missing value.", "各列均无缺失。"),
    "no_warning": ("The contract warns of nothing.", "数据约定无警告。"),
    "no_rows": ("None.", "无。"),
    "empty": ("Columns without any value: {columns}.", "全空的列：{columns}。"),
    "eligible": (
        "Eligible: {types}. An outcome is settled {days} days after the visit; unsettled ones are in no share.",
        "纳入统计的检查类型：{types}。检查后 {days} 天结果方定；未定者不计入占比。",
    ),
    "constant": (
        "A constant lag is most likely stated by the source for all rows alike, not observed: {tables}.",
        "延迟恒定，多半是数据源统一设定而非实际观测：{tables}。",
    ),
    "late": ("late: known more than {late} days after it happened.", "迟于{late}天：发生后超过该天数才入库。"),
    "mixed": (
        "Several label versions: a share of failures means another thing under each; compare within one.",
        "有多个标签版本：各版本下的不合格率含义不同，只可在同一版本内比较。",
    ),
}
"""Sentences of the printed form."""


def line(name: str, lang: str, **values: object) -> str:
    """A sentence of `LINES`.

    >>> line("late", "en", late=30)
    'late: known more than 30 days after it happened.'
    """
    return LINES[name][LANGUAGES.index(lang)].format(**values)
