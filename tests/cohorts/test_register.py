"""The register: a site is open and licensed by what was known, and a decision counts while it stands."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from bureaus import FIRST, amendment, bureau, day, event
from riskml.cohorts import cohort_rows, later_snapshots
from riskml.cohorts.register import STATES, register
from riskml.records import Records


def state(records: Records, on: int, place: int = 0) -> str:
    return STATES[register(records).states(on + FIRST)[place]]


def site(**columns: Any) -> list[dict[str, Any]]:
    return [{"site_id": "s1", **columns}]


@pytest.mark.parametrize(
    ("columns", "on", "wanted"),
    [
        ({}, 1, "active"),
        ({"registered_on": day(10)}, 10, "not_open_yet"),
        ({"registered_on": day(10)}, 11, "active"),
        ({"closed_on": day(20)}, 20, "active"),
        ({"closed_on": day(20)}, 21, "closed"),
        ({"licence_valid_to": day(30)}, 30, "active"),
        ({"licence_valid_to": day(30)}, 31, "licence_expired"),
        ({"licence_valid_to": day(30), "closed_on": day(20)}, 31, "closed"),
    ],
)
def test_the_days_of_the_register_hold(columns: dict[str, Any], on: int, wanted: str) -> None:
    assert state(bureau(sites=site(**columns)), on) == wanted


@pytest.mark.parametrize(("column", "after"), [("closed_on", "closed"), ("licence_valid_to", "licence_expired")])
def test_a_snapshot_says_nothing_of_a_day_up_to_its_own(column: str, after: str) -> None:
    records = dataclasses.replace(bureau(sites=site(**{column: day(20)})), snapshots={column: f"{day(100):%Y-%m-%d}"})
    assert [state(records, on) for on in (21, 100, 101)] == ["active", "active", after]


@pytest.mark.parametrize("code", ["PEN_REVOKE", "PEN_CANCEL", "PEN_CLOSE"])
def test_a_cancelled_licence_counts_from_the_day_it_was_known(code: str) -> None:
    records = bureau(events=[event("p", code, 40, known=50)])
    assert [state(records, on) for on in (50, 51)] == ["active", "licence_cancelled"]
    assert state(records, 51, place=1) == "active"


def test_a_decision_that_was_withdrawn_counts_while_it_stood() -> None:
    records = bureau(events=[event("p", "PEN_REVOKE", 40)], amendments=[amendment("p", "revoke", 60)])
    assert [state(records, on) for on in (40, 41, 60, 61)] == [
        "active",
        "licence_cancelled",
        "licence_cancelled",
        "active",
    ]


def test_a_decision_that_was_recoded_counts_by_the_code_of_the_day() -> None:
    recoded = amendment("p", "correct", 60, column="code", value="PEN_REVOKE")
    records = bureau(events=[event("p", "PEN_FINE", 40)], amendments=[recoded])
    assert [state(records, on) for on in (60, 61)] == ["active", "licence_cancelled"]


@pytest.mark.parametrize(("subjects", "wanted"), [(("u", "w"), "licence_cancelled"), (("u", "u"), "active")])
def test_a_decision_against_a_legal_person_counts_for_its_only_site(subjects: tuple[str, str], wanted: str) -> None:
    sites = [{"site_id": name, "subject_id": subject} for name, subject in zip(("s1", "s2"), subjects, strict=True)]
    records = bureau(events=[event("p", "PEN_REVOKE", 40, scope="legal_person")], sites=sites)
    assert state(records, 50) == wanted


def test_a_part_of_the_register_keeps_the_decisions_of_its_sites() -> None:
    records = bureau(events=[event("p", "PEN_REVOKE", 40, site="s2"), event("q", "PEN_CLOSE", 45)])
    part = register(records).part(np.array([1]))
    assert part.states(50 + FIRST).tolist() == [3]
    assert register(records).part(np.array([0])).states(44 + FIRST).tolist() == [0]


def test_the_rows_of_a_cohort_say_what_the_register_knew() -> None:
    records = bureau(events=[event("p", "PEN_REVOKE", 40)], sites=site(licence_valid_to=day(30)))
    found = cohort_rows(records, [on + FIRST for on in (30, 31, 41)], horizon_days=20, every_site=True)
    assert found["reason"].tolist() == ["not_visited", "licence_expired", "licence_cancelled"]


def test_a_decision_against_an_unknown_owner_counts_for_no_site() -> None:
    sites: list[dict[str, Any]] = [{"site_id": "s1", "subject_id": None}, {"site_id": "s2", "subject_id": "u"}]
    records = bureau(events=[event("p", "PEN_REVOKE", 40, scope="legal_person")], sites=sites)
    assert state(records, 50) == "active"


def test_snapshots_of_the_day_or_later_are_told() -> None:
    snapshots = {"closed_on": f"{day(20):%Y-%m-%d}", "staff": f"{day(900):%Y-%m-%d}"}
    records = dataclasses.replace(bureau(), snapshots=snapshots)
    assert later_snapshots(records, FIRST + 20) == {"closed_on": f"{day(20):%Y-%m-%d}"}
    assert later_snapshots(records, FIRST + 21) == {}
