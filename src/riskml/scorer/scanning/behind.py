"""Which records are behind a feature: those whose removal changes it, found by the scan that makes the feature."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from riskml.scorer.frozen import frozen
from riskml.scorer.scanning.kernel import NEVER
from riskml.scorer.scanning.layout import WITH_WINDOW, arrays
from riskml.scorer.scanning.plain import COLUMNS, scanned

_Row = Mapping[str, Any]


@frozen
class _Family:
    """Event features that are made of the same codes.

    Attributes:
        codes: numbers of their codes.
        places: of the features in the catalog.
        columns: of the site, whose value stands in where a feature is missing; None for none.
        flat: `layout.arrays` of these features alone.
        longest: the most days that one of them looks back.
    """

    codes: frozenset[int]
    places: tuple[int, ...]
    columns: tuple[str | None, ...]
    flat: _Row
    longest: int


class Behind:
    """Finds the events whose removal changes a feature. It never changes, so threads may share it.

    No other events need to be removed than those that a feature's codes and windows let it see on the day, and no
    others need to be scanned. The versions lie twice in a row, so that all but one event are a stretch of them.
    """

    def __init__(self, program: _Row) -> None:
        features = program["features"]
        groups: dict[frozenset[int], list[int]] = {}
        for place, feature in enumerate(features):
            if feature["from"] == "events":
                groups.setdefault(frozenset([*feature["codes"], *feature["per"]]), []).append(place)
        self._features = len(features)
        self._families = [_family(program, codes, places) for codes, places in groups.items()]

    def of(
        self, site: _Row, versions: Sequence[_Row], day: int, wanted: Collection[int] | None = None
    ) -> list[list[str]]:
        """For every feature the ids of the site's events whose removal changes it, in the order given.

        Behind a feature that is not made of the site's own events there is none.

        Args:
            site: its row, as `sites_in.read_site` gives it.
            versions: of its events, as `versions.versions` gives them.
            day: day number of the decision day.
            wanted: places of the features that matter; those of others stay empty. None for all.
        """
        behind: list[list[str]] = [[] for _ in range(self._features)]
        active = [one for one in versions if one["known_on"] < day <= one["gone_on"] and one["occurred_on"] < day]
        for family in self._families:
            if wanted is None or not set(wanted).isdisjoint(family.places):
                since = day - family.longest
                mine = [one for one in active if one["code"] in family.codes and one["occurred_on"] >= since]
                if mine:
                    _fill(behind, family, site, mine, day)
        return behind


def _family(program: _Row, codes: frozenset[int], places: Sequence[int]) -> _Family:
    features = [program["features"][place] for place in places]
    windows = [
        NEVER if f["window"] is None else f["window"] * (2 if f["aggregate"] in WITH_WINDOW else 1) for f in features
    ]
    flat = arrays({"codes": program["codes"], "tables": program["tables"], "features": features})
    columns = tuple(feature.get("otherwise") or None for feature in features)
    return _Family(codes, tuple(places), columns, flat, max(windows))


def _fill(behind: list[list[str]], family: _Family, site: _Row, versions: Sequence[_Row], day: int) -> None:
    """Add the events behind the features of one family.

    Args:
        behind: ids of events by feature, added to in place.
        family: features of the same codes.
        site: its row.
        versions: of the codes of the family and known on the day, so that each event has one.
        day: day number of the decision day.
    """
    count, ids = len(versions), [version["event_id"] for version in versions]
    columns = tuple([version[name] for version in versions] * 2 for name in COLUMNS)
    starts, stops = range(count + 1), [count, *range(count, 2 * count)]
    out = scanned(family.flat, columns, day, starts, stops)
    width = len(family.places)
    for f, (place, column) in enumerate(zip(family.places, family.columns, strict=True)):
        values = out[f::width]
        if column is not None:
            stated = math.nan if site.get(column) is None else float(site[column])
            values = [stated if math.isnan(value) else value for value in values]
        whole, *rest = values
        for event_id, without in zip(ids, rest, strict=True):
            if without != whole and not (math.isnan(whole) and math.isnan(without)):
                behind[place].append(event_id)
