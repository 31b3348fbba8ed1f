"""How card and report write the numbers of summary.json: value, interval, difference, and why one is missing."""

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from riskml.export._reason_words import REASONS
from riskml.export.wording import METRICS, Text, as_text, split_metric, text

Reading = Literal["better", "worse", "undecided", "unknown"]


def number(entry: Mapping[str, Any], key: str = "value") -> float | None:
    """A value of an entry; None where it is missing or NaN."""
    value = entry.get(key)
    return None if value is None or math.isnan(value) else float(value)


def interval(entry: Mapping[str, Any]) -> tuple[float, float] | None:
    """Both ends of an entry's interval; None where there is none."""
    low, high = number(entry, "low"), number(entry, "high")
    return None if low is None or high is None else (low, high)


def write(metric: str, value: float, *, unit: bool = True) -> str:
    """A metric's value; shares in percent.

    >>> write("recall@0.20", 0.4567), write("auc", 0.61249), write("recall@0.20", 0.4567, unit=False)
    ('45.7%', '0.612', '45.7')
    """
    spec = METRICS[split_metric(metric)[0]]
    digits = f"{value * (100 if spec.percent else 1):,.{spec.decimals}f}{'%' if spec.percent and unit else ''}"
    return digits.replace("-", "−")


def write_difference(metric: str, value: float) -> str:
    """A difference of two values with its true sign, even where it rounds to zero; shares in percentage points.

    >>> write_difference("recall@0.20", 0.0312), write_difference("auc", -0.00001), write_difference("auc", 0.0)
    ('+3.1', '−0.000', '0.000')
    """
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + write(metric, abs(value), unit=False)


def read_difference(metric: str, entry: Mapping[str, Any]) -> Reading:
    """Whether the first policy of a difference is better, by the whole interval.

    Returns:
        "better" or "worse" if the interval lies wholly on one side of 0; "undecided" if it does not, is absent, or the
        metric has no better side; "unknown" without a value.

    >>> read_difference("auc", {"value": 0.02, "low": 0.01, "high": 0.03})
    'better'
    """
    bounds = interval(entry)
    direction = METRICS[split_metric(metric)[0]].direction
    if number(entry) is None:
        return "unknown"
    if bounds is None or direction == 0 or bounds[0] <= 0 <= bounds[1]:
        return "undecided"
    return "better" if (bounds[0] > 0) is (direction > 0) else "worse"


def reason_text(entry: Mapping[str, Any]) -> Text:
    """Why a value or interval is missing; a reason that has no Chinese text stands in English in both."""
    reason = entry.get("reason") or "no reason was recorded"
    if isinstance(reason, Mapping):
        return as_text(reason)
    for pattern, zh in REASONS:
        found = re.fullmatch(pattern, reason)
        if found:
            return text(reason, found.expand(zh))
    return text(reason, "未记录原因" if reason == "no reason was recorded" else reason)
