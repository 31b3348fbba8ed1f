"""The numbers of a system by what they are for: how many of each group are published, and how many reconstructed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from riskml.grades.catalog import load_system
from riskml.grades.grading_system import System
from riskml.grades.rules import ScoreRule
from riskml.grades.system import Number, PointRule, PolicyRule

Pair = tuple[str, str]

GROUPS: Final[dict[str, Pair]] = {
    "cuts": ("cuts between levels", "等级分界"),
    "category": ("value that each level stands for", "各等级对应的类别值"),
    "visits": ("prescribed visits or draw ratios", "规定的检查次数或抽取比例"),
    "score": ("scale of the score", "总分尺度"),
    "family": ("events: {}", "事件：{}"),
    "part": ("parts: weights, caps, what stands in for missing data", "各部分权重、上限与缺失处理"),
    "indicator": ("indicators: {}", "指标：{}"),
    "scale": ("common scale of penalties", "处罚通用尺度"),
    "publicity": ("how long a penalty counts", "处罚计入期限"),
    "repeat": ("repeated events", "重复违法加重"),
    "veto": ("vetoes", "一票否决"),
    "limit": ("limits of the level", "等级限制"),
    "shift": ("shifts of the level", "等级调整"),
    "new_site": ("new sites", "新登记主体"),
}
STATUS: Final[dict[str, Pair]] = {
    "published": ("published", "已公开"),
    "known": ("to be verified", "待核实"),
    "assumed": ("reconstructed", "推定"),
    "mixed": ("in part reconstructed", "部分推定"),
}


@dataclass(frozen=True)
class NumberGroup:
    """Numbers for one purpose.

    Attributes:
        en, zh: what they are for.
        published, known, assumed: how many are published, to be verified, and assumed.
        sources: key -> full name of the texts they were taken from.
        numbers: path -> number.
    """

    en: str
    zh: str
    published: int
    known: int
    assumed: int
    sources: Mapping[str, str]
    numbers: Mapping[str, Number]

    @property
    def status(self) -> str:
        """Key of `STATUS`."""
        if self.assumed:
            return "mixed" if self.published or self.known else "assumed"
        return "known" if self.known else "published"


def number_groups(system: System) -> tuple[NumberGroup, ...]:
    """Every number of a system in exactly one group, in the order of `GROUPS` and of the file.

    >>> [(group.en, group.status) for group in number_groups(load_system("chicago_risk"))]
    [('value that each level stands for', 'published'), ('prescribed visits or draw ratios', 'published')]
    """
    found: dict[tuple[str, str], dict[str, Number]] = {}
    for path, number in system.numbers.items():
        found.setdefault(_key(system, path), {})[path] = number
    order = list(GROUPS)
    keys = sorted(found, key=lambda key: order.index(key[0]))
    return tuple(_group(system, kind, inner, found[kind, inner]) for kind, inner in keys)


def _key(system: System, path: str) -> tuple[str, str]:
    """Kind of the group, and the family or part it is about."""
    parts = path.split(".")
    if parts[0] == "level":
        middle = parts[2]
        return ("cuts" if middle in ("points", "score") else "category" if middle == "category" else "visits"), ""
    if path == "floor_visits_per_year":
        return "visits", ""
    if parts[0] == "family":
        return "family", parts[1]
    if parts[0] == "indicator" and isinstance(system.rule, ScoreRule):
        return "indicator", next(one.part for one in system.rule.indicators if one.key == parts[1])
    return parts[0], ""


def _group(system: System, kind: str, inner: str, numbers: dict[str, Number]) -> NumberGroup:
    en, zh = _names(system, inner)
    told = [number.provenance for number in numbers.values()]
    return NumberGroup(
        en=GROUPS[kind][0].format(en),
        zh=GROUPS[kind][1].format(zh),
        published=told.count("stated") + told.count("public"),
        known=told.count("known"),
        assumed=told.count("assumed"),
        sources=dict(number.source for number in numbers.values() if number.source[0]),
        numbers=numbers,
    )


def _names(system: System, inner: str) -> Pair:
    rule = system.rule
    if not inner or not isinstance(rule, PointRule | ScoreRule):
        return "", ""
    things = rule.families if isinstance(rule, PointRule) else rule.parts
    return next((thing.en, thing.zh) for thing in things if thing.key == inner)


def grade_status(system: System) -> str:
    """Key of `STATUS` for all numbers that lead to the grade together; that of the other system where one is taken."""
    if isinstance(system.rule, PolicyRule):
        return grade_status(load_system(system.rule.system))
    leading = [group for group in number_groups(system) if group.en != GROUPS["visits"][0]]
    return _together(leading)


def intensity_status(system: System) -> str:
    """Key of `STATUS` for the prescribed intensities."""
    return _together([group for group in number_groups(system) if group.en == GROUPS["visits"][0]])


def _together(groups: list[NumberGroup]) -> str:
    """Whatever stands on an assumed number is reconstructed."""
    found = {group.status for group in groups}
    if found & {"assumed", "mixed"}:
        return "assumed"
    return "known" if "known" in found else "published"
