"""Why a score is high or low, in words: the features that moved it, with their value and the records behind it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from riskml.scorer.header import Feature

MISSING_EN: Final = "not on record"
MISSING_ZH: Final = "无记录"


@dataclass(frozen=True)
class Reason:
    """One feature's part in one score.

    Attributes:
        feature: its name.
        value: what the site has: a number, a category, or None if missing.
        contribution: change of the calibrated log-odds against the average training row; above 0 raises the risk.
        text_en, text_zh: the reason as a sentence.
        event_ids: the records whose removal changes the value.
    """

    feature: str
    value: float | str | None
    contribution: float
    text_en: str
    text_zh: str
    event_ids: tuple[str, ...]


def reasons(
    features: Sequence[Feature],
    row: Sequence[float],
    contributions: Sequence[float],
    events: Sequence[Sequence[str]],
    *,
    top: int,
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The strongest reasons for a higher and for a lower risk, at most `top` of each.

    Args:
        features: F declarations in catalog order, which also breaks ties.
        row: F values.
        contributions: F changes of the log-odds; a feature without one is no reason.
        events: the ids of the records behind each of the F features.
        top: the most reasons of each kind.
    """
    order = sorted(range(len(features)), key=lambda place: -abs(contributions[place]))

    def reason(place: int) -> Reason:
        value = _shown_value(features[place], row[place])
        return Reason(
            feature=features[place].name,
            value=value,
            contribution=contributions[place],
            text_en=sentence(features[place].reason_en, value, features[place].unit, MISSING_EN),
            text_zh=sentence(features[place].reason_zh, value, features[place].unit, MISSING_ZH),
            event_ids=tuple(events[place]),
        )

    up = [place for place in order if contributions[place] > 0.0][:top]
    down = [place for place in order if contributions[place] < 0.0][:top]
    return tuple(map(reason, up)), tuple(map(reason, down))


def shown(value: float) -> str:
    """A number as an officer reads it: at most two decimals, or two digits if it is small.

    >>> [shown(value) for value in (3.0, 0.30000000000000004, 12345.678, 0.00123, -0.0)]
    ['3', '0.3', '12345.68', '0.0012', '0']
    """
    text = f"{value:.2g}" if 0.0 < abs(value) < 0.01 else f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _shown_value(feature: Feature, value: float) -> float | str | None:
    if math.isnan(value):
        return None
    if feature.kind == "number":
        return value
    place = int(value)
    return feature.categories[place] if 0 <= place < len(feature.categories) else None


def sentence(template: str, value: float | str | None, unit: str, missing: str) -> str:
    """The template with its {value}; nothing else in it has a meaning, so it cannot reach into an object.

    >>> sentence("the share is {value}", 0.1234, "share", "not on record")
    'the share is 12.34%'
    """
    if value is None or isinstance(value, str):
        return template.replace("{value}", missing if value is None else value)
    return template.replace("{value}", f"{shown(100.0 * value)}%" if unit == "share" else shown(value))
