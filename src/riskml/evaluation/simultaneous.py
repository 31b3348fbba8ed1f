"""Intervals that hold together: when several rivals are compared, each interval is widened so that all hold at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats
from riskml.evaluation.intervals import MOST_DROPPED, TAILS

LEVEL: Final = 0.95
"""Share of the draws in which every difference lies inside its interval."""


@dataclass(frozen=True)
class Simultaneous:
    """Simultaneous intervals of several paired differences at one metric.

    Attributes:
        metric: at which the differences were compared.
        pairs: names of the differences, as they were declared.
        low, high: of each, in the order of the pairs; empty if there are none.
        critical: standard errors by which the widest interval reaches out (1.96 would be one pair alone); None if
            there are no intervals.
        draws: draws in which every difference had a value.
        reason: why there are no intervals; None if there are.
    """

    metric: str
    pairs: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    critical: float | None
    draws: int
    reason: str | None

    def of(self, pair: str) -> tuple[float, float] | None:
        """Both ends of a pair's interval; None if it is not among them or there are none."""
        if pair not in self.pairs or self.reason is not None:
            return None
        place = self.pairs.index(pair)
        return self.low[place], self.high[place]


def simultaneous(values: Sequence[float], drawn: Floats, *, metric: str = "", pairs: Sequence[str]) -> Simultaneous:
    """Intervals value +- c x standard error, c the 95th percentile of the largest |t| among the pairs in a draw.

    t is (drawn - value) / standard error, the standard error the spread of the draws. This is the bootstrap form of
    the max-|t| intervals of Hothorn, Bretz and Westfall (2008) and the sup-t band of Montiel Olea and
    Plagborg-Moller (2019): it knows how the differences move together, so it widens less than Bonferroni's. Where the
    draws are skewed an interval is stretched to hold the percentile interval of its pair alone. A difference that no
    draw moves keeps its value as both ends.

    Args:
        values: the differences on the rows as they are, shape (pairs,); finite.
        drawn: under each draw, the same resamples for all, shape (draws, pairs); NaN where undefined.
        metric: named in the result.
        pairs: names of the differences.

    Raises:
        DataError: if the shapes do not fit, or a value is not finite.

    >>> rng = np.random.default_rng(1)
    >>> one = rng.normal(size=(4000, 1))
    >>> round(simultaneous([0.0], one, pairs=["a - b"]).critical, 1)  # alone
    2.0
    >>> round(simultaneous([0.0] * 9, rng.normal(size=(4000, 9)), pairs=list("abcdefghi")).critical, 1)
    2.7
    >>> twins = simultaneous([0.0] * 9, np.repeat(one, 9, axis=1), pairs=list("abcdefghi"))
    >>> round(twins.critical, 1)  # nine names of one difference need no widening
    2.0
    """
    point, names = np.asarray(values, dtype=np.float64), tuple(pairs)
    if drawn.ndim != 2 or drawn.shape[1] != len(point) or len(names) != len(point):
        raise DataError(f"{len(point)} values, {len(names)} pairs and draws of shape {drawn.shape} do not fit")
    if not np.isfinite(point).all():
        raise DataError(f"differences {point.tolist()} must all have a value; leave out pairs without one")
    whole = drawn[~np.isnan(drawn).any(axis=1)]
    lost = len(drawn) - len(whole)
    if len(whole) < 2 or lost > MOST_DROPPED * len(drawn):
        reason = f"all differences have a value in {len(whole)} of {len(drawn)} draws; {1 - MOST_DROPPED:.0%} must have"
        return Simultaneous(metric, names, (), (), None, len(whole), reason)
    error = whole.std(axis=0, ddof=1)
    moved = error > 0
    largest = np.abs((whole - point)[:, moved] / error[moved]).max(axis=1, initial=0.0)
    critical = float(np.quantile(largest, LEVEL))
    own_low, own_high = np.quantile(whole, TAILS, axis=0)
    low = np.minimum(point - critical * error, own_low)
    high = np.maximum(point + critical * error, own_high)
    return Simultaneous(metric, names, tuple(low.tolist()), tuple(high.tolist()), critical, len(whole), None)


def note(told: Simultaneous, singly: Sequence[str]) -> dict[str, str]:
    """How many rivals were compared, and which verdicts stand when all intervals are to hold at once.

    Args:
        told: the intervals.
        singly: pairs whose own interval leaves 0 out.

    Returns:
        One text in English ("en") and Chinese ("zh").
    """
    compared = len(told.pairs)
    if told.reason is not None:
        en = f"{compared} declared differences are compared at {told.metric}, without simultaneous intervals: "
        zh = f"在 {told.metric} 上比较了 {compared} 个事先声明的差异，但没有同时置信区间："
        return {"en": f"{en}{told.reason}.", "zh": f"{zh}各差异均有值的重抽样为 {told.draws} 次，不够。"}
    stand = [pair for pair in singly if _apart(told, pair)]
    fall = [pair for pair in singly if not _apart(told, pair)]
    en = (
        f"{compared} declared differences are compared at {told.metric}. Of {len(singly)} whose own 95% interval "
        f"leaves 0 out, {len(stand)} still do when all {compared} intervals are to hold at once (max-|t| bootstrap)"
    )
    zh = (
        f"在 {told.metric} 上比较了 {compared} 个事先声明的差异。单独的 95% 区间不含 0 的有 {len(singly)} 个，"
        f"要求 {compared} 个区间同时成立时（max-|t| 自助法）仍不含 0 的有 {len(stand)} 个"
    )
    if stand:
        en, zh = f"{en}: {', '.join(stand)}", f"{zh}：{'、'.join(stand)}"
    if fall:
        en, zh = f"{en}; no longer: {', '.join(fall)}", f"{zh}；不再成立：{'、'.join(fall)}"
    return {"en": f"{en}.", "zh": f"{zh}。"}


def _apart(told: Simultaneous, pair: str) -> bool:
    ends = told.of(pair)
    return ends is not None and not ends[0] <= 0 <= ends[1]
