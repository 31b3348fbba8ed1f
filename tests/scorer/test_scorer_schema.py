"""The columns that an artifact reads: derived from its program, and right: nothing else makes a difference."""

import math
from typing import Any

import pytest

from riskml.scorer import InputError, Scorer
from riskml.scorer.opening.artifact import open_artifact
from riskml.scorer.scanning.schema import Column, input_schema
from small_models import AMENDMENTS, AS_OF, EVENTS, SITE, small_models

ARTIFACT = open_artifact(small_models()[0])
COLUMNS = {(column.table, column.name): column for column in input_schema(ARTIFACT.header)}
FULL = [
    {**event, "severity": 2, "quantity": 3, "inspection_id": f"v{number % 3}"} for number, event in enumerate(EVENTS)
]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(ARTIFACT, on_stale="ignore")


def test_every_column_that_features_read_is_listed() -> None:
    assert [name for table, name in COLUMNS if table == "site"] == [
        "area", "registered_on", "licence_to", "kind", "street", "risk", "lon", "lat", "name",
    ]  # fmt: skip
    assert [name for table, name in COLUMNS if table == "events"] == [
        "event_id", "code", "occurred_on", "known_on", "quantity", "severity", "due_on", "valid_to", "inspection_id",
    ]  # fmt: skip
    assert {name for table, name in COLUMNS if table == "amendments"} == {
        "event_id", "kind", "effective_on", "known_on", "column", "value",
    }  # fmt: skip


def test_types_units_bounds_and_values_are_those_of_the_features() -> None:
    assert COLUMNS["site", "area"] == Column("site", "area", "number", "days", 0.0, None, used_by=("area",))
    assert COLUMNS["site", "kind"].values == ("catering", "maker", "sales")
    assert COLUMNS["site", "kind"].used_by == ("kind", "other_sites")
    assert COLUMNS["site", "registered_on"].type == "day (YYYY-MM-DD)"
    assert COLUMNS["site", "lon"].type == "number"
    assert COLUMNS["site", "risk"].used_by == ("last_value",)
    assert COLUMNS["events", "code"].values == tuple(ARTIFACT.header.program["codes"])
    assert COLUMNS["events", "due_on"].used_by == ("overdue",)


def test_a_column_that_is_not_listed_makes_no_difference(scorer: Scorer) -> None:
    bare = {name: value for name, value in SITE.items() if ("site", name) in COLUMNS}
    events = [{name: value for name, value in row.items() if ("events", name) in COLUMNS} for row in FULL]
    assert same(scorer.features(bare, events, AS_OF, AMENDMENTS), scorer.features(SITE, FULL, AS_OF, AMENDMENTS))


@pytest.mark.parametrize("name", [name for table, name in COLUMNS if table == "site"])
def test_a_listed_column_of_the_site_changes_a_feature_that_reads_it(scorer: Scorer, name: str) -> None:
    events = [event for event in FULL if event["code"] != "RISK_CATEGORY"]
    full = scorer.features(SITE, events, AS_OF, AMENDMENTS)
    bare = scorer.features({key: value for key, value in SITE.items() if key != name}, events, AS_OF, AMENDMENTS)
    changed = {
        feature.name for feature, a, b in zip(ARTIFACT.header.features, full, bare, strict=True) if not same([a], [b])
    }
    assert changed or name == "registered_on"
    assert changed <= set(COLUMNS["site", name].used_by)


@pytest.mark.parametrize(
    "name", [name for (table, name), column in COLUMNS.items() if table == "events" and not column.needed]
)
def test_a_listed_column_of_events_changes_a_feature_that_reads_it(scorer: Scorer, name: str) -> None:
    full = scorer.features(SITE, FULL, AS_OF)
    events = [{key: value for key, value in event.items() if key != name} for event in FULL]
    bare = scorer.features(SITE, events, AS_OF)
    changed = {
        feature.name for feature, a, b in zip(ARTIFACT.header.features, full, bare, strict=True) if not same([a], [b])
    }
    assert changed
    assert changed <= set(COLUMNS["events", name].used_by)


@pytest.mark.parametrize(
    "name", [name for (table, name), column in COLUMNS.items() if table == "events" and column.needed]
)
def test_an_event_without_a_needed_column_is_refused(scorer: Scorer, name: str) -> None:
    events = [{key: value for key, value in event.items() if key != name} for event in FULL]
    with pytest.raises(InputError, match=name):
        scorer.features(SITE, events, AS_OF, AMENDMENTS)


def same(a: list[Any], b: list[Any]) -> bool:
    return all(x == y or (math.isnan(x) and math.isnan(y)) for x, y in zip(a, b, strict=True))
