"""Why a site is in a plan, or is not, in the words of an officer, in both languages."""

from collections.abc import Mapping
from typing import Any, Final

REASONS: Final = {
    "floor": (
        "No regular visit for so long that the least frequency falls due in this period",
        "距上次常规检查时间较长，本期应当满足最低检查频次",
    ),
    "ranked": ("High place by the risk score", "风险评分排序靠前"),
    "drawn": ("Drawn at random among the sites of its level", "在所属等级内随机抽取"),
    "random": ("Drawn at random among all sites that may be visited", "在全部可检查主体中随机抽取"),
    "licence_cancelled": (
        "Licence cancelled or revoked, or the site ordered to close",
        "许可已被撤销、吊销或主体被责令关闭",
    ),
    "visited_recently": ("Visited within the last three months", "近三个月内已检查"),
    "drawn_recently": ("Stands in a plan of the last three months", "近三个月内已列入检查计划"),
    "not_in_plan": ("May be visited, and is not in this plan", "可检查，未列入本期计划"),
}
"""Code of a reason -> English and Chinese."""

ARMS: Final = {
    "floor": ("least frequency due", "最低频次到期"),
    "ranked": ("by score", "按评分"),
    "drawn": ("drawn within the level", "等级内抽取"),
    "random": ("drawn from all", "全体随机抽取"),
}
"""Arm -> English and Chinese, for a line of counts."""
_LINES: Final = {
    "plan": (
        "{visits} visits from {as_of}, {period_days} days: {arms}",
        "自{as_of}起{period_days}天，计划检查{visits}次：{arms}",
    ),
    "sites": (
        "{open_sites} open sites, {eligible} may be visited; left out: {excluded}",
        "在营主体{open_sites}家，可检查{eligible}家；不列入：{excluded}",
    ),
    "floor": (
        "least frequency: {planned} of {due} sites that are due stand in the plan",
        "最低检查频次：到期主体{due}家，列入计划{planned}家",
    ),
    "prescribed": (
        "{follows} prescribes {prescribed_visits:.1f} visits in this period{mark}",
        "{follows}规定本期检查{prescribed_visits:.1f}次{mark}",
    ),
    "beyond": (
        "{beyond_one_visit:.1f} of them are second visits to the same site, which need a shorter period",
        "其中{beyond_one_visit:.1f}次为对同一主体的再次检查，需缩短计划周期",
    ),
    "team": ("{visits_without_pair} visits have no second inspector", "{visits_without_pair}次检查缺少第二名检查人员"),
}


def summary_lines(summary: Mapping[str, Any], lang: str) -> list[str]:
    """The account of a plan in a few lines.

    Args:
        summary: of `Plan`.
        lang: "en" or "zh".
    """
    at = {"en": 0, "zh": 1}[lang]

    def line(name: str, **values: Any) -> str:
        return _LINES[name][at].format(**{**summary, **values})

    def counts(numbers: Mapping[str, int], names: Mapping[str, tuple[str, str]]) -> str:
        told = [f"{names[code][at]} {number}" for code, number in numbers.items()]
        return ("; ", "；")[at].join(told) or ("none", "无")[at]

    lines = [
        line("plan", arms=counts(summary["by_arm"], ARMS)),
        line("sites", excluded=counts(summary["excluded"], REASONS)),
        line("floor", **summary["floor"]),
    ]
    if "prescribed_visits" in summary:
        mark = (" (reconstructed)", "（重构）")[at] if summary["reconstructed"] else ""
        lines.append(line("prescribed", mark=mark))
        if summary["beyond_one_visit"] > 0:
            lines.append(line("beyond"))
    if summary["inspectors"]["visits_without_pair"]:
        lines.append(line("team", **summary["inspectors"]))
    return lines + [note[lang] for note in summary["notes"]]
