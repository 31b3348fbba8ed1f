"""The roll: who may be visited on a day, by what was known before it."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from riskml.errors import DataError, StudyError
from riskml.planning import plan
from riskml.planning.roll import roll
from riskml.planning.wording import summary_lines
from riskml.records import Records
from riskml.records.days import day_number, from_days

Make = Callable[..., Records]
DAY = "2025-04-01"


def on(records: Records, day: str = DAY, *, floor: float = 0.5, **asked: Any) -> pd.DataFrame:
    return roll(records, day_number(day), period_days=91, floor_visits_per_year=floor, **asked).sites.set_index(
        "site_id"
    )


def one(make: Make, visits: list[dict[str, Any]] = (), day: str = DAY, **tables: Any) -> Any:  # type: ignore[assignment]
    records = make([{"site_id": "a", "subject_id": "u"}], [{"site_id": "a", **visit} for visit in visits], **tables)
    return on(records, day).loc["a"]


def test_a_site_rests_for_92_days_after_a_visit(make_records: Make) -> None:
    visit = [{"visited_on": "2025-01-01"}]
    assert one(make_records, visit, "2025-04-03")["excluded"] == "visited_recently"  # the 92nd day after it
    assert one(make_records, visit, "2025-04-04")["excluded"] == ""


@pytest.mark.parametrize(
    ("visit", "reason"),
    [
        ({"visit_type": "CO"}, "visited_recently"),
        ({"visit_type": "FU"}, "visited_recently"),
        ({"visit_type": "RV"}, ""),  # a patrol on a screen
        ({"result": "not_found"}, ""),
        ({"known_on": pd.Timestamp(DAY)}, ""),  # nobody knows of it yet
    ],
)
def test_only_a_known_visit_on_site_rests_it(make_records: Make, visit: dict[str, Any], reason: str) -> None:
    assert one(make_records, [{"visited_on": "2025-03-01", **visit}])["excluded"] == reason


def test_a_site_is_due_when_two_years_end_within_the_period(make_records: Make) -> None:
    # 730 days after the visit; the period ends before 2025-07-01
    assert one(make_records, [{"visited_on": "2023-07-01"}])["overdue"] == 1
    assert one(make_records, [{"visited_on": "2023-07-02"}])["overdue"] == 0
    late = one(make_records, [{"visited_on": "2022-04-02"}])
    assert from_days(late[["floor_due_on"]].to_numpy("int64"))[0] == pd.Timestamp("2024-04-01")
    assert late["overdue"] == 456  # to the end of the period


@pytest.mark.parametrize("visit", [{"visit_type": "CO"}, {"visit_type": "FU"}, {"result": "not_found"}])
def test_only_a_regular_visit_fills_the_floor(make_records: Make, visit: dict[str, Any]) -> None:
    visits = [{"visited_on": "2022-01-01"}, {"visited_on": "2024-12-01", **visit}]
    found = one(make_records, visits)
    assert found["overdue"] > 0
    assert found["last_full_visit"] == pd.Timestamp("2022-01-01")


def test_without_a_visit_time_counts_from_registration_and_never_from_before_the_records(make_records: Make) -> None:
    sites = [
        {"site_id": "new", "registered_on": pd.Timestamp("2025-01-10")},
        {"site_id": "three years", "registered_on": pd.Timestamp("2022-01-10")},
        {"site_id": "old", "registered_on": pd.Timestamp("1999-01-01")},
        {"site_id": "unknown"},
    ]
    due = on(make_records(sites))["overdue"] > 0
    assert due.index[due].tolist() == ["old", "three years", "unknown"]
    # on 2021-06-01 the records are seventeen months old: they cannot show that nobody came for two years
    early = on(make_records(sites), "2021-06-01")
    assert early.index.tolist() == ["old", "unknown"]
    assert early["overdue"].tolist() == [0, 0]


def test_a_higher_floor_is_due_earlier_and_none_never(make_records: Make) -> None:
    records = make_records([{"site_id": "a"}], [{"site_id": "a", "visited_on": "2024-06-01"}])
    late = [int(on(records, floor=floor)["overdue"].sum()) > 0 for floor in (0, 0.5, 1.0)]
    assert late == [False, False, True]
    with pytest.raises(StudyError, match="at least 0 visits a year, got -1"):
        on(records, floor=-1)


def test_closed_sites_and_sites_to_come_are_not_on_the_roll(make_records: Make) -> None:
    sites = [
        {"site_id": "closed", "closed_on": pd.Timestamp("2025-03-01")},
        {"site_id": "to come", "registered_on": pd.Timestamp("2025-05-01")},
        {"site_id": "open", "closed_on": pd.Timestamp("2025-08-01")},
    ]
    assert on(make_records(sites)).index.tolist() == ["open"]
    with pytest.raises(DataError, match="no site of test is open"):
        on(make_records(sites[:2]))
    with pytest.raises(DataError, match="no site of test is open"):
        on(make_records([]))


def test_a_closure_that_a_later_snapshot_tells_keeps_nobody_off_the_roll(make_records: Make) -> None:
    sites = [{"site_id": "closed", "closed_on": pd.Timestamp("2025-03-01")}, {"site_id": "open"}]
    records = make_records(sites)
    assert on(dataclasses.replace(records, snapshots={"closed_on": "2025-03-31"})).index.tolist() == ["open"]
    later = dataclasses.replace(records, snapshots={"closed_on": DAY})
    assert on(later).index.tolist() == ["closed", "open"]
    scores = pd.DataFrame({"site_id": ["closed", "open"], "score": [1.0, 2.0]})
    told = [plan(one, DAY, seed=1, scores=scores, budget=1).summary for one in (later, records)]
    assert [len(summary["notes"]) for summary in told] == [1, 0]
    assert summary_lines(told[0], "zh")[-1].startswith("closed_on 为 2025-04-01 的快照")


def test_a_site_whose_licence_has_expired_may_be_visited(make_records: Make) -> None:
    records = make_records([{"site_id": "a", "licence_valid_to": pd.Timestamp("2025-01-01")}])
    assert on(records)["excluded"].tolist() == [""]


def penalty(**changes: Any) -> dict[str, Any]:
    row = {"event_id": "e", "site_id": "a", "code": "PEN_REVOKE", "occurred_on": "2025-01-01", "known_on": "2025-01-02"}
    row |= changes
    return {name: pd.Timestamp(value) if name.endswith("_on") else value for name, value in row.items()}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "licence_cancelled"),
        ({"code": "PEN_CLOSE"}, "licence_cancelled"),
        ({"code": "PEN_CANCEL"}, "licence_cancelled"),
        ({"code": "PEN_FINE"}, ""),
        ({"known_on": DAY}, ""),
        ({"scope": "legal_person"}, "licence_cancelled"),  # the owner has no other site
    ],
)
def test_a_cancelled_licence_ends_the_visits(make_records: Make, event: dict[str, Any], reason: str) -> None:
    assert one(make_records, events=[penalty(**event)])["excluded"] == reason


def test_a_decision_that_was_withdrawn_does_not_count(make_records: Make) -> None:
    change = {"event_id": "e", "effective_on": pd.Timestamp("2025-02-01"), "known_on": pd.Timestamp("2025-02-01")}
    withdrawn = [{**change, "kind": "revoke"}]
    assert one(make_records, events=[penalty()], amendments=withdrawn)["excluded"] == ""
    corrected = [{**change, "kind": "correct", "column": "code", "value": "PEN_REVOKE"}]
    found = one(make_records, events=[penalty(code="PEN_SUSP")], amendments=corrected)
    assert found["excluded"] == "licence_cancelled"


def test_a_decision_against_an_owner_of_several_sites_closes_none_of_them(make_records: Make) -> None:
    sites = [{"site_id": "a", "subject_id": "u"}, {"site_id": "b", "subject_id": "u"}]
    rows = [penalty(event_id=f"e{site}", site_id=site, scope="legal_person") for site in "ab"]
    assert on(make_records(sites, events=rows))["excluded"].tolist() == ["", ""]


def test_sites_of_an_earlier_plan_rest(make_records: Make) -> None:
    records = make_records([{"site_id": name} for name in "abc"])
    earlier = pd.DataFrame({"site_id": ["a", "b"], "as_of": pd.to_datetime(["2025-01-01", "2024-12-01"])})
    assert on(records, earlier=earlier)["excluded"].tolist() == ["drawn_recently", "", ""]
    with pytest.raises(DataError, match=r"an earlier plan has no column \['as_of'\]"):
        on(records, earlier=earlier[["site_id"]])
