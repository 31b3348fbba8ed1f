"""Features become the program that the scan of every runtime reads: plain data, codes as numbers."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from riskml.errors import StudyError
from riskml.features.feature import Feature, Group
from riskml.records.outcomes import CODE_OF, VISIT_CODES
from riskml.scorer.scanning import context as others
from riskml.scorer.scanning.scan import MAX_CODES, SCALE

SEEN_CODES: Final = tuple(sorted(set(VISIT_CODES) - set(CODE_OF.values())))
"""Codes of the visits themselves: what shows that a site was there, where no register says since when."""


def compiled(features: Sequence[Feature], groups: Sequence[Group], categories: dict[str, list[str]]) -> dict[str, Any]:
    """The program of features, in their order.

    Args:
        features: the catalog's.
        groups: those that features may name.
        categories: for each category feature its fixed list of values; any other value is missing.

    Raises:
        StudyError: if the features name more event codes than the scan holds.
    """
    named = {code for feature in features for code in (*feature.codes, *feature.per)}
    codes = sorted(named | (set(SEEN_CODES) if any(f.origin == "context" for f in features) else set()))
    if len(codes) > MAX_CODES:
        raise StudyError(f"the catalog names {len(codes)} event codes; the scan holds at most {MAX_CODES}")
    half_lives = sorted({f.half_life_days for f in features if f.half_life_days is not None})
    place = {code: number for number, code in enumerate(codes)}
    compiler = _Compiler(features, groups, place, half_lives, categories)
    rows = [compiler.row(feature) for feature in features]
    groups_used = [group.compiled() for group in compiler.groups]
    context = {"facts": compiler.facts, "groups": groups_used, "seen": 0 if compiler.facts else None}
    tables = [list(decay_table(days)) for days in half_lives]
    return {"codes": codes, "tables": tables, "features": rows, "context": context}


@cache
def decay_table(half_life_days: int) -> tuple[int, ...]:
    """Fixed-point weights round(2^32 x 2^(-age / half-life)) by age in days, down to the last that is not zero.

    >>> decay_table(365)[0] == 2**32, decay_table(365)[365] == 2**31
    (True, True)
    """
    table = []
    age = 0
    while (weight := round(SCALE * math.pow(2.0, -age / half_life_days))) > 0:
        table.append(weight)
        age += 1
    return tuple(table)


class _Compiler:
    """Writes features as plain data, and gathers the facts and groups that those of other sites need."""

    def __init__(
        self,
        features: Sequence[Feature],
        groups: Sequence[Group],
        place: dict[str, int],
        half_lives: Sequence[int],
        categories: dict[str, list[str]],
    ) -> None:
        self.place, self.half_lives, self.categories = place, half_lives, categories
        told = [feature for feature in features if feature.origin == "context"]
        used = {feature.group for feature in told}
        self.groups = [group for group in groups if group.name in used]
        seen = {"codes": [place[code] for code in SEEN_CODES if told], "window": None, "skip_repaired": False}
        self.facts: list[dict[str, Any]] = [seen] if told else []
        for feature in told:
            for codes in (feature.codes, feature.per):
                if codes and self._fact(feature, codes) not in self.facts:
                    self.facts.append(self._fact(feature, codes))

    def row(self, feature: Feature) -> dict[str, Any]:
        """One feature as the scan reads it."""
        row: dict[str, Any] = {"name": feature.name, "from": feature.origin}
        if feature.origin == "events":
            row |= {"aggregate": feature.aggregate, **self._fact(feature, feature.codes)}
            row["per"] = [self.place[code] for code in feature.per]
            if feature.half_life_days is not None:
                row["table"] = self.half_lives.index(feature.half_life_days)
            if feature.otherwise:
                row["otherwise"] = feature.otherwise
        elif feature.origin == "context":
            row |= self._of_others(feature)
        elif feature.origin != "calendar":
            row["column"] = feature.column
        if feature.is_category:
            row["categories"] = list(self.categories[feature.name])
        return row

    def _of_others(self, feature: Feature) -> dict[str, Any]:
        sites = len(self.facts)
        top = self.facts.index(self._fact(feature, feature.codes)) if feature.codes else sites
        below = self.facts.index(self._fact(feature, feature.per)) if feature.per else sites
        shrunk = feature.aggregate in (others.SHARE, others.PER_SITE)
        return {
            "aggregate": feature.aggregate,
            "group": [group.name for group in self.groups].index(feature.group),
            "fact": top,
            "per": below if shrunk else None,
            "prior": feature.prior,
        }

    def _fact(self, feature: Feature, codes: Sequence[str]) -> dict[str, Any]:
        places = [self.place[code] for code in codes]
        return {"codes": places, "window": feature.window_days, "skip_repaired": feature.skip_repaired}
