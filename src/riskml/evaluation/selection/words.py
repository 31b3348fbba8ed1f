"""What the selection table says about a difference, in sentences: do the methods agree, and what can nobody know."""

from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation.selection._values import (
    ARM,
    CONTRACTION,
    HAJEK,
    HT,
    NAIVE,
    OBSERVED,
    ROBUST,
    SENSITIVITY,
    WORST,
)  # fmt: skip
from riskml.evaluation.selection.overlap import overlap_fails

Pair = tuple[str, str]


class _Row(NamedTuple):
    """A figure of the table, or what stands there for one."""

    value: float
    low: float
    high: float
    gamma: float
    reason: str


METHOD_NAMES: Final[dict[str, Pair]] = {
    NAIVE: ("labelled sites only", "仅看有结果的主体"),
    HAJEK: ("weighted by propensity", "按受检概率加权"),
    HT: ("weighted, not normalised", "加权（未归一化）"),
    ROBUST: ("doubly robust", "双重稳健"),
    CONTRACTION: ("within units that visit nearly everybody", "仅看几乎全检的单位"),
    ARM: ("double-random visits only", "仅看双随机检查"),
}
FIGURES: Final[Pair] = ("{pair}, {metric}, all active sites: {figures}", "{pair}，{metric}，全部在营主体：{figures}")
AGREE: Final[Pair] = ("The methods agree within their intervals", "各方法在各自区间内一致")
DISAGREE: Final[Pair] = (
    "The methods disagree by more than their intervals ({which}): this difference is not settled by these records",
    "各方法的差异超出各自区间（{which}）：现有记录不能确定该差值",
)
ALONE: Final[Pair] = (
    "Only one method gives a number, so nothing confirms it",
    "只有一种方法能给出数值，无从相互印证",
)
FOLLOWED: Final[Pair] = (
    "Labels are not spread alike: of the sites that {more} chooses {high} have an outcome, of those of {less} {low}; a "
    "figure from labelled sites only rewards {more}",
    "结果的分布不均：{more}选中的主体中{high}有检查结果，{less}选中的仅{low}；只看有结果的主体会偏向{more}",
)
HOLDS: Final[Pair] = (
    "Its sign holds as long as the odds of failing of unlabelled sites are within a factor of {gamma:g} of labelled "
    "ones alike on record{next}",
    "只要未检主体的不合格几率与记录相同的已检主体相差不超过{gamma:g}倍，差值的方向即成立{next}",
)
NEXT: Final[Pair] = (", and no longer at {gamma:g}", "；到{gamma:g}倍时不再成立")
WORST_TOO: Final[Pair] = (", and even in the worst case", "，最坏情形下亦成立")
BREAKS: Final[Pair] = (
    "Its sign does not hold at the smallest departure tried: a factor of {gamma:g} between the odds of failing of "
    "unlabelled and labelled sites alike on record",
    "只要未检主体与记录相同的已检主体的不合格几率相差{gamma:g}倍（所试最小值），差值的方向即不能成立",
)
OPEN: Final[Pair] = (
    "Adjusted for who was visited, the difference is not distinguishable from 0",
    "校正受检差异后，该差值与0无法区分",
)
NO_ARM: Final[Pair] = (
    "Without a random arm nobody can know whether visits followed something that is not on record ({why})",
    "没有随机检查组，就无人能知道检查是否依据了记录以外的情况（{why}）",
)
NO_OVERLAP: Final[Pair] = (
    "Overlap fails: {below} of the sites had less than a 2 % chance of a visit and the labels are worth {ess} rows; "
    "weighted figures rest on few visits there, and the worst case is what the records can say",
    "重叠性不足：{below}的主体受检概率低于2%，有效样本量仅{ess}；加权结果在此依赖极少数检查，记录所能支持的只有最坏情形界限",
)
NO_PROPENSITY: Final[Pair] = (
    "No probability of a visit is known, so nothing corrects for who was visited ({why})",
    "受检概率未知，无法校正谁被检查（{why}）",
)
TOO_FEW_ZH: Final = "双随机检查中的不合格数不足"
NOT_RECORDED_ZH: Final = "记录中没有可用的双随机检查"
NOT_FITTED_ZH: Final = "评分表中没有可用的受检概率"
STOP: Final[Pair] = (". ", "。")


def selection_verdict(
    table: pd.DataFrame, overlap: pd.DataFrame | None = None, *, pair: str, metric: str
) -> dict[str, str]:
    """Whether a difference survives the question who was visited, in a few sentences of both languages.

    Methods disagree if two of their intervals do not touch, or their signs differ and neither value lies in the
    other's interval.

    Args:
        table: of `selection_table`.
        overlap: of `overlap_table`, to say whether overlap fails.
        pair: "a - b", as in the column policy.
        metric: such as "recall@0.20".

    Returns:
        {"en": ..., "zh": ...}.

    Raises:
        DataError: if the table holds no such pair and metric.
    """
    rows = table[(table["policy"] == pair) & (table["metric"] == metric)]
    if rows.empty or " - " not in pair:
        known = sorted({name for name in table["policy"] if " - " in name})
        raise DataError(f"no difference {pair!r} with {metric!r} in the table; it has {known}")
    points = {method: row for method, (row, *_) in _by_method(rows).items() if not np.isnan(row.value)}
    parts = [_figures(points, pair, metric), _agreement(points)]
    parts += _followed(table, pair, metric)
    found = _by_method(rows)
    parts += _sensitivity(found)
    parts += _arm(found)
    parts += _overlap(found, overlap)
    return {lang: "".join(part[k].strip() + STOP[k] for part in parts).strip() for k, lang in enumerate(("en", "zh"))}


def _by_method(rows: pd.DataFrame) -> dict[str, list[_Row]]:
    """The rows of one policy and metric by method, in the order of the gammas."""
    found: dict[str, list[_Row]] = {}
    for row in rows.sort_values("gamma", kind="stable").to_dict("records"):
        told = _Row(row["value"], row["low"], row["high"], row["gamma"], row["reason"])
        found.setdefault(row["method"], []).append(told)
    return found


def _figures(points: dict[str, _Row], pair: str, metric: str) -> Pair:
    said = []
    for k in (0, 1):
        figures = ("; ", "；")[k].join(f"{METHOD_NAMES[m][k]} {_number(row)}" for m, row in _each(points))
        said.append(FIGURES[k].format(pair=pair, metric=metric, figures=figures or "-"))
    return said[0], said[1]


def _number(row: _Row) -> str:
    if np.isnan(row.low):
        return f"{row.value:+.3f}"
    return f"{row.value:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"


def _agreement(points: dict[str, _Row]) -> Pair:
    if len(points) < 2:
        return ALONE
    apart = [(a, b) for (a, one), (b, other) in combinations(_each(points), 2) if _differ(one, other)]
    if not apart:
        return AGREE
    a, b = (METHOD_NAMES[name] for name in apart[0])
    return DISAGREE[0].format(which=f"{a[0]} / {b[0]}"), DISAGREE[1].format(which=f"{a[1]} / {b[1]}")


def _each(points: dict[str, _Row]) -> list[tuple[str, _Row]]:
    return [(method, points[method]) for method in METHOD_NAMES if method in points]


def _differ(one: _Row, other: _Row) -> bool:
    """Whether two figures contradict each other; without intervals, whether their signs do."""
    signs = one.value * other.value < 0
    if np.isnan(one.low) or np.isnan(other.low):
        return signs
    disjoint = one.high < other.low or other.high < one.low
    inside = other.low <= one.value <= other.high or one.low <= other.value <= one.high
    return disjoint or (signs and not inside)


def _followed(table: pd.DataFrame, pair: str, metric: str) -> list[Pair]:
    """Who is chosen has been visited more often by one policy than by the other."""
    at = f"labelled_share@{metric.partition('@')[2]}"
    rows = table[(table["method"] == OBSERVED) & (table["metric"] == at)]
    shares = {policy: float(value) for policy, value in zip(rows["policy"], rows["value"], strict=True)}
    apart = [row for _, (row,) in _by_method(rows[rows["policy"] == pair]).items()]
    if not apart or np.isnan(apart[0].low) or apart[0].low <= 0 <= apart[0].high:
        return []
    a, b = pair.split(" - ")
    more, less = (a, b) if apart[0].value > 0 else (b, a)
    said = {"more": more, "less": less, "high": f"{shares[more]:.0%}", "low": f"{shares[less]:.0%}"}
    return [(FOLLOWED[0].format(**said), FOLLOWED[1].format(**said))]


def _sensitivity(rows: dict[str, list[_Row]]) -> list[Pair]:
    """Up to which gamma the sign of the doubly robust figure holds, sampling error included."""
    robust, tried = rows.get(ROBUST, []), rows.get(SENSITIVITY, [])
    if not robust or np.isnan(robust[0].low):
        return []
    if not _has_sign(robust[0]):
        return [OPEN]
    holds = [_has_sign(row) for row in tried]
    if not holds:
        return []
    if not holds[0]:
        return [(BREAKS[0].format(gamma=tried[0].gamma), BREAKS[1].format(gamma=tried[0].gamma))]
    last = (holds.index(False) if False in holds else len(holds)) - 1
    always = any(_has_sign(row) for row in rows.get(WORST, []))
    said = []
    for k in (0, 1):
        further = NEXT[k].format(gamma=tried[last + 1].gamma) if last + 1 < len(tried) else WORST_TOO[k] * always
        said.append(HOLDS[k].format(gamma=tried[last].gamma, next=further))
    return [(said[0], said[1])]


def _has_sign(row: _Row) -> bool:
    return row.low > 0 or row.high < 0


def _arm(rows: dict[str, list[_Row]]) -> list[Pair]:
    arm = rows.get(ARM, [])
    if arm and not np.isnan(arm[0].value):
        return []
    why = arm[0].reason if arm else "none was asked for"
    why_zh = TOO_FEW_ZH if why.startswith("not enough") else NOT_RECORDED_ZH
    return [(NO_ARM[0].format(why=why), NO_ARM[1].format(why=why_zh))]


def _overlap(rows: dict[str, list[_Row]], overlap: pd.DataFrame | None) -> list[Pair]:
    weighted = rows.get(HAJEK, [])
    if not weighted or np.isnan(weighted[0].value):
        why = weighted[0].reason if weighted else "none was asked for"
        return [(NO_PROPENSITY[0].format(why=why), NO_PROPENSITY[1].format(why=NOT_FITTED_ZH))]
    if overlap is None or not overlap_fails(overlap):
        return []
    whole = overlap[overlap["origin"].isna()].iloc[0]
    said = {"below": f"{whole['below_02']:.0%}", "ess": f"{whole['ess']:.0f}"}
    return [(NO_OVERLAP[0].format(**said), NO_OVERLAP[1].format(**said))]
