"""The records behind a feature are those whose removal changes it: against a scan of all but each, one by one."""

import math
import random
from typing import Any

import pytest

from riskml.scorer.scanning import scan
from riskml.scorer.scanning.behind import Behind
from riskml.scorer.scanning.layout import AGGREGATES, WITH_PER

DAY = 20_000
CODES = ["A", "B", "C"]


def program(*windows: int | None) -> dict[str, Any]:
    """Every aggregate of several codes, of some windows, repaired events in and out, with a value that stands in."""
    features = [
        {"name": f"{aggregate}-{codes}-{window}-{skip}", "from": "events", "aggregate": aggregate, "codes": codes}
        | {"per": [1, 2] if aggregate in WITH_PER else [], "window": window, "skip_repaired": skip, "table": 0}
        | ({"otherwise": "stated"} if aggregate == "last_value" else {})
        for aggregate in AGGREGATES
        for codes in ([0], [0, 1])
        for window in windows
        for skip in (False, True)
        if aggregate != "trend" or window
    ]
    site = {"name": "stated", "from": "site", "column": "stated"}
    table = [2**32 >> (age // 8) for age in range(200)]
    return {"codes": CODES, "tables": [table], "features": [features[0], site, *features[1:]]}


ENDLESS, WINDOWED = program(None, 40), program(40)


def crowded(seed: int) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """A site whose few days, codes and visits make ties, repeats, repairs, ends and corrections common."""
    draw = random.Random(seed)  # noqa: S311
    events, amendments = [], []
    for number in range(draw.randrange(14)):
        occurred = DAY - draw.choice([-1, 0, 1, 2, 2, 40, 41, 80, 81, 150])
        events.append(
            {"event_id": f"e{number}", "code": draw.choice([*CODES, "other"]), "occurred_on": occurred}
            | {"known_on": occurred + draw.choice([0, 0, 1, 5]), "quantity": draw.choice([0, 1, 1, 3])}
            | {"severity": draw.randrange(3), "inspection_id": draw.choice([None, "v1", "v2"])}
            | {"due_on": occurred + draw.choice([0, 30]), "valid_to": occurred + draw.choice([1, 60, 100])}
        )
        for kind in draw.choices(["repair", "end", "revoke", "correct"], k=draw.choice([0, 0, 0, 1, 2])):
            on = occurred + draw.choice([0, 3, 50])
            change = draw.choice([("code", "B"), ("quantity", "2"), ("occurred_on", "2024-09-01")])
            amendments.append(
                {"event_id": f"e{number}", "kind": kind, "effective_on": on, "known_on": on}
                | dict(zip(("column", "value"), change, strict=True))
            )
    return {"stated": draw.choice([None, 1, 2.5])}, events, amendments


def removed_one_by_one(made: Any, site: Any, events: list[Any], amendments: list[Any], day: int) -> list[list[str]]:
    whole = scan.features(made, site, events, amendments, day)
    behind: list[list[str]] = [[] for _ in whole]
    for event in events:
        rest = [one for one in events if one is not event]
        others = [one for one in amendments if one["event_id"] != event["event_id"]]
        without = scan.features(made, site, rest, others, day)
        for place, (a, b) in enumerate(zip(whole, without, strict=True)):
            if a != b and not (math.isnan(a) and math.isnan(b)):
                behind[place].append(event["event_id"])
    return behind


def differing(made: Any, found: list[list[str]], wanted: list[list[str]]) -> dict[str, Any]:
    """The features whose records differ, with both answers."""
    names = [feature["name"] for feature in made["features"]]
    return {name: (a, b) for name, a, b in zip(names, found, wanted, strict=True) if a != b}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("made", [ENDLESS, WINDOWED], ids=["endless", "windowed"])
def test_an_event_is_behind_a_feature_if_and_only_if_its_removal_changes_it(made: Any, seed: int) -> None:
    given = crowded(seed)
    records, finder = scan.read(made, *given), Behind(made)
    for day in (DAY, DAY - 39):
        wanted = removed_one_by_one(made, *given, day)
        assert not differing(made, finder.of(records.site, records.versions, day), wanted)
        assert not differing(made, scan.records_behind(made, *given, day), wanted)
        asked = finder.of(records.site, records.versions, day, [2, 17])
        assert [asked[place] for place in (2, 17)] == [wanted[place] for place in (2, 17)]


@pytest.mark.parametrize("made", [ENDLESS, WINDOWED], ids=["endless", "windowed"])
def test_the_crowd_puts_records_behind_every_feature_of_events(made: Any) -> None:
    seen: set[str] = set()
    for seed in range(40):
        records = scan.read(made, *crowded(seed))
        found = Behind(made).of(records.site, records.versions, DAY)
        seen |= {feature["name"] for feature, ids in zip(made["features"], found, strict=True) if ids}
    assert seen == {feature["name"] for feature in made["features"] if feature["from"] == "events"}


def test_an_event_whose_value_also_stands_in_the_register_is_not_behind_it() -> None:
    place = next(n for n, feature in enumerate(ENDLESS["features"]) if feature.get("otherwise"))
    for quantity, wanted in ((1, []), (3, ["e"])):
        event = {"event_id": "e", "code": "A", "occurred_on": DAY - 5, "known_on": DAY - 5, "quantity": quantity}
        assert scan.records_behind(ENDLESS, {"stated": 1}, [event], (), DAY)[place] == wanted
