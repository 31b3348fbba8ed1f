"""Why a score is high or low, in words: the topics that moved it, with their value and the records behind them."""

import math
from collections.abc import Sequence

from riskml.scorer.explaining.peers import Compare, Comparison
from riskml.scorer.explaining.wording import MISSING_EN, MISSING_ZH, said, sentence, shown
from riskml.scorer.frozen import frozen
from riskml.scorer.header import Feature

__all__ = ["MISSING_EN", "MISSING_ZH", "Reason", "reasons", "sentence", "shown"]


@frozen
class Reason:
    """One topic's part in one score.

    Attributes:
        feature: the feature of the topic that moved the score most in the topic's direction.
        value: what the site has: a number, a category, or None if missing.
        contribution: of all features of the topic together: change of the calibrated log-odds against the average
            training row; above 0 raises the risk.
        text_en, text_zh: what `feature` says, as a sentence.
        event_ids: the records whose removal changes a value of the topic, those behind `feature` first.
        features: all features of the topic that moved the score, `feature` first, then strongest first.
        peers: how the value of `feature` compares with that of similar sites, if it is known.
        also_en, also_zh: what the rest of `features` says, in their order.
    """

    feature: str
    value: float | str | None
    contribution: float
    text_en: str
    text_zh: str
    event_ids: tuple[str, ...]
    features: tuple[str, ...] = ()
    peers: Comparison | None = None
    also_en: tuple[str, ...] = ()
    also_zh: tuple[str, ...] = ()


def reasons(
    features: Sequence[Feature],
    row: Sequence[float],
    contributions: Sequence[float],
    events: Sequence[Sequence[str]],
    *,
    top: int,
    topics: Sequence[int] | None = None,
    peers: Compare | None = None,
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The strongest reasons for a higher and for a lower risk, at most `top` of each, strongest first.

    Shapley values add up, so a topic's part is the exact sum of its features'; all topics together make the score. A
    topic whose features cancel out is no reason. Equal topics keep the order of the catalog.

    Args:
        features: F declarations in catalog order, which also breaks ties.
        row: F values.
        contributions: F changes of the log-odds; a feature without one is no reason.
        events: the ids of the records behind each of the F features.
        top: the most reasons of each kind.
        topics: for each feature its topic (`topics.topics`); each is its own if not given.
        peers: says of each feature how its value compares (`peers.Peers.of`).
    """
    members: dict[int, list[int]] = {}
    for place in range(len(features)):
        if contributions[place]:
            members.setdefault(place if topics is None else topics[place], []).append(place)
    moved = [(math.fsum(contributions[place] for place in places), places) for places in members.values()]
    moved.sort(key=lambda one: (-abs(one[0]), one[1][0]))

    def reason(moved: tuple[float, list[int]]) -> Reason:
        total, places = moved
        sign = math.copysign(1.0, total)
        lead = max(places, key=lambda place: sign * contributions[place])
        rest = sorted((place for place in places if place != lead), key=lambda place: -abs(contributions[place]))
        value, (text_en, text_zh) = _said(features[lead], row[lead])
        also = [_said(features[place], row[place])[1] for place in rest]
        return Reason(
            feature=features[lead].name,
            value=value,
            contribution=total,
            text_en=text_en,
            text_zh=text_zh,
            event_ids=tuple(dict.fromkeys(one for place in (lead, *rest) for one in events[place])),
            features=tuple(features[place].name for place in (lead, *rest)),
            peers=peers(lead) if peers else None,
            also_en=tuple(en for en, _ in also),
            also_zh=tuple(zh for _, zh in also),
        )

    up = [one for one in moved if one[0] > 0.0][:top]
    down = [one for one in moved if one[0] < 0.0][:top]
    return tuple(map(reason, up)), tuple(map(reason, down))


def _said(feature: Feature, value: float) -> tuple[float | str | None, tuple[str, str]]:
    """A value as the records have it (the code of a category, None if missing), and in words (its name)."""
    if feature.kind == "number":
        number = None if math.isnan(value) else value
        return number, said(feature, number)
    listed = not math.isnan(value) and 0 <= value < len(feature.categories)
    category = feature.categories[int(value)] if listed else None
    names = feature.category_names[int(value)] if listed and feature.category_names else None
    return category, said(feature, category, category=True, names=names)
