"""What a reader must know about the rows of a comparison, in English and Chinese."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from riskml.evaluation._policies import WITHIN
from riskml.evaluation._pools import GRADE, Pool
from riskml.evaluation._ranking import Floats

Note = dict[str, str]

NOT_A_SYSTEM: Final = ("_points", "_plus_model", "_operated")
"""Ends the names of policies made of a grading system's that have no frequency of their own."""


def notes(pool: Pool) -> tuple[Note, ...]:
    """Origins that cannot count, visits left out of a metric, and rows too few for an interval."""
    return (*_origins(pool), *_left_out(pool))


def _origins(pool: Pool) -> Iterator[Note]:
    silent, single = [], []
    for place, origin in enumerate(pool.origins):
        fails = pool.fail[(pool.origin == place) & pool.labelled]
        if not len(fails):
            silent.append(f"{origin:%Y-%m-%d}")
        elif fails.all() or not fails.any():
            single.append(f"{origin:%Y-%m-%d}")
    if silent:
        days = ", ".join(silent)
        en = "Origins without a labelled visit add nothing to the reordering metrics"
        yield {"en": f"{en}: {days}.", "zh": f"下列决策日没有已出结果的检查，不计入重排指标：{days}。"}
    if single:
        days = ", ".join(single)
        en, zh = "Origins with one outcome only add no pairs to the AUC", "下列决策日只有一种结果，不为 AUC 提供配对"
        yield {"en": f"{en}: {days}.", "zh": f"{zh}：{days}。"}


def _left_out(pool: Pool) -> Iterator[Note]:
    nameless = int((pool.labelled & (pool.inspector < 0)).sum())
    if 0 < nameless < pool.labelled.sum():
        en = f"{nameless} labelled visits without an inspector are left out of {WITHIN}."
        yield {"en": en, "zh": f"{nameless} 次已出结果的检查没有检查人员记录，不计入 {WITHIN}。"}
    failed = int(pool.fail.sum())
    harmless = 0 if pool.harm is None else int((pool.fail & np.isnan(pool.harm)).sum())
    if harmless:
        en = f"{harmless} of {failed} failed visits have no severity points; the harm-weighted metrics leave them out."
        yield {"en": en, "zh": f"{failed} 次不合格检查中有 {harmless} 次没有严重程度分值，不计入按危害加权的指标。"}
    if pool.sites < 2:
        yield {"en": "There is one site only: no intervals.", "zh": "只有一个主体：没有区间。"}


def prescribed_notes(pool: Pool, grades: Sequence[str], floors: dict[str, tuple[float, Floats]]) -> Iterator[Note]:
    """Systems whose prescribed visits are not known, and those that prescribe less than the floor.

    Args:
        pool: the rows.
        grades: policies that the others were held against.
        floors: system's policy -> the floor, and the share of it that its visits allow at each origin with visits.
    """
    silent = [
        name for name in grades if name.startswith(GRADE) and not name.endswith(NOT_A_SYSTEM) and name not in pool.rates
    ]
    if silent:
        names = ", ".join(silent)
        en = "The rows do not hold the visits that these systems prescribe; they are not compared as prescribed"
        yield {"en": f"{en}: {names}.", "zh": f"数据中没有下列等级规定的检查频次，未按规定频次比较：{names}。"}
    for grade, (floor, kept) in floors.items():
        short = int((kept < floor).sum())
        if short:
            yield {
                "en": f"{grade} prescribes fewer visits than the floor (everyone once in two years) at {short} of "
                f"{len(kept)} origins; there the floor of its rivals is scaled down to its visits.",
                "zh": f"{grade} 在 {len(kept)} 个决策日中的 {short} 个所规定的检查少于底线（每两年至少一次）；"
                "在这些决策日，对手的底线按其检查总量缩减。",
            }
