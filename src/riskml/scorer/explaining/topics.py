"""Which features tell of the same thing in an officer's words: those that read the same records."""

from collections.abc import Mapping
from typing import Any, Final

_OF_PER: Final = ("streak", "days_since_last_without")
"""Aggregates that tell of the events of `per`: how long there was none."""
_OF_SIZE: Final = ("mean", "max_quantity", "max_severity", "last_value")
"""Aggregates that tell how much an event weighed, not how many there were or when."""
_ADDED: Final = ("sum", "decayed")
"""Aggregates that add quantities: of the size if another feature tells the size of these events, else of the count."""


def topics(program: Mapping[str, Any]) -> tuple[int, ...]:
    """For each feature the place of the first feature of its topic, in catalog order.

    Features of one topic are counts, shares, ages and fading sums of the same events (with whatever window), the
    sizes of the same events, the same events at the same group of other sites, or one column of the site. Repeated
    views of one fact share its Shapley value between them more or less by chance; their sum does not depend on that.

    Args:
        program: the compiled catalog.

    >>> count = {"from": "events", "aggregate": "count", "codes": [3], "per": []}
    >>> row = {"from": "site", "column": "staff"}
    >>> topics({"features": [count, row, {**count, "aggregate": "decayed"}]})
    (0, 1, 0)
    """
    sized = {_codes(one["codes"]) for one in program["features"] if one.get("aggregate") in _OF_SIZE}
    first: dict[tuple[Any, ...], int] = {}
    return tuple(first.setdefault(_key(one, program, sized), place) for place, one in enumerate(program["features"]))


def _key(feature: Mapping[str, Any], program: Mapping[str, Any], sized: set[tuple[int, ...]]) -> tuple[Any, ...]:
    origin, aggregate = feature["from"], feature.get("aggregate")
    if origin == "events":
        codes = _codes(feature["per"] if aggregate in _OF_PER else feature["codes"])
        of_size = aggregate in _OF_SIZE or (aggregate in _ADDED and codes in sized)
        return origin, "size" if of_size else "events", codes
    if origin == "context":
        facts = program["context"]["facts"]
        told = _codes(facts[feature["fact"]]["codes"]) if feature["fact"] < len(facts) else ()
        return origin, feature["group"], told
    return origin, feature.get("column", "")


def _codes(places: list[int]) -> tuple[int, ...]:
    return tuple(sorted(places))
