"""Grades from records: what was known when, published levels first, and levels that come from an attribute."""

from collections.abc import Callable

import pandas as pd
import pytest

from riskml.errors import DataError, StudyError
from riskml.grades import grade, grade_log, load_system
from riskml.records import Records

Maker = Callable[..., Records]
SITES = [{"site_id": "b"}, {"site_id": "a"}]


def fine(event_id: str, site_id: str = "a", on: str = "2024-03-01", known: str = "2024-03-10") -> dict[str, object]:
    return {"event_id": event_id, "site_id": site_id, "code": "PEN_STOP", "occurred_on": on, "known_on": known}


def test_every_site_gets_a_row_in_its_place(make_records: Maker) -> None:
    graded = grade(make_records(sites=SITES, events=[fine("1")]), "nanchang", "2024-06-01")
    columns = ["site_id", "points", "level", "rank", "veto", "coverage", "published", "score"]
    assert list(graded.columns) == columns
    assert graded["site_id"].tolist() == ["b", "a"]
    assert graded["points"].tolist() == [0, 3]
    assert graded["level"].tolist() == ["green", "yellow"]
    assert graded["rank"].dtype == "Int64"
    assert graded["veto"].isna().all()
    assert not graded["published"].any()


def test_a_fact_counts_from_the_day_after_it_was_known(make_records: Maker) -> None:
    records = make_records(sites=SITES, events=[fine("1")])
    assert grade(records, "nanchang", "2024-03-10")["points"].tolist() == [0, 0]
    assert grade(records, "nanchang", pd.Timestamp("2024-03-11"))["points"].tolist() == [0, 3]


def test_a_revocation_counts_from_the_day_after_it_was_known(make_records: Maker) -> None:
    revoked = {"event_id": "1", "kind": "revoke", "effective_on": "2024-03-01", "known_on": "2024-07-01"}
    records = make_records(sites=SITES, events=[fine("1")], amendments=[revoked])
    assert grade(records, "nanchang", "2024-07-01")["points"].tolist() == [0, 3]
    assert grade(records, "nanchang", "2024-07-02")["points"].tolist() == [0, 0]


def test_records_known_later_change_no_grade(make_records: Maker) -> None:
    early, late = fine("1"), [fine("2", known="2024-06-01"), fine("3", "b", known="2024-08-01")]
    later_grade = {"site_id": "a", "system": "nanchang", "level": "red", "valid_from": "2024-01-01"}
    less = make_records(sites=SITES, events=[early])
    more = make_records(sites=SITES, events=[early, *late], grades=[{**later_grade, "known_on": "2024-06-01"}])
    pd.testing.assert_frame_equal(grade(less, "nanchang", "2024-06-01"), grade(more, "nanchang", "2024-06-01"))


def test_a_published_level_wins_while_it_is_in_force(make_records: Maker) -> None:
    row = {"site_id": "a", "system": "nanchang", "level": "orange", "points": 4.5, "valid_from": "2024-05-01",
           "valid_to": "2024-06-01", "known_on": "2024-04-20"}  # fmt: skip
    other = {**row, "site_id": "b", "system": "wuhan2017", "level": "D"}
    serious = {**fine("1"), "code": "SERIOUS"}
    records = make_records(sites=SITES, events=[serious], grades=[row, other])
    levels = {"2024-04-30": "red", "2024-05-01": "orange", "2024-05-31": "orange", "2024-06-01": "red"}
    for day, level in levels.items():
        assert grade(records, "nanchang", day)["level"].tolist() == ["green", level], day
    row_of_a = grade(records, "nanchang", "2024-05-15").iloc[1]
    assert (row_of_a["points"], row_of_a["rank"], row_of_a["coverage"], row_of_a["published"]) == (4.5, 2, 1.0, True)
    assert pd.isna(row_of_a["veto"])


def test_of_several_published_levels_the_latest_is_in_force(make_records: Maker) -> None:
    rows = [
        {"site_id": "a", "system": "nanchang", "level": level, "valid_from": since, "known_on": since}
        for level, since in [("red", "2024-02-01"), ("green", "2024-05-01"), ("orange", "2023-01-01")]
    ]
    graded = grade(make_records(sites=SITES, grades=rows), "nanchang", "2024-06-01")
    assert graded["level"].tolist() == ["green", "green"]
    assert graded["published"].tolist() == [False, True]
    assert graded["points"].isna().tolist() == [False, True]


def test_a_published_level_that_the_system_does_not_have_is_refused(make_records: Maker) -> None:
    row = {"site_id": "a", "system": "nanchang", "level": "绿", "valid_from": "2024-01-01", "known_on": "2024-01-01"}
    with pytest.raises(DataError, match=r"grades of nanchang: unknown levels \['绿'\]; allowed are \['green'"):
        grade(make_records(sites=SITES, grades=[row]), "nanchang", "2024-06-01")


def test_a_wrong_day_or_system_is_refused(make_records: Maker) -> None:
    with pytest.raises(DataError, match="is not a calendar day"):
        grade(make_records(sites=SITES), "nanchang", "2024-06-31")
    with pytest.raises(StudyError, match="did you mean 'chicago_risk'"):
        grade(make_records(sites=SITES), "chicago_riks", "2024-06-01")


CATEGORIES = [{"site_id": name, "risk_category": value} for name, value in zip("abcd", [3, 2, 1, None], strict=True)]


def change(event_id: str, site_id: str, on: str, category: int) -> dict[str, object]:
    row = {"event_id": event_id, "site_id": site_id, "code": "RISK_CATEGORY", "quantity": category}
    return {**row, "occurred_on": on, "known_on": on}


def test_chicago_risk_follows_the_category_of_the_site(make_records: Maker) -> None:
    graded = grade(make_records(sites=CATEGORIES), "chicago_risk", "2024-06-01")
    assert graded["level"].tolist()[:3] == ["risk1", "risk2", "risk3"]
    assert graded["rank"].tolist()[:3] == [2, 1, 0]
    assert graded[["level", "rank"]].isna().all(axis=1).tolist() == [False, False, False, True]
    assert graded["points"].isna().all()
    assert graded["coverage"].tolist() == [1, 1, 1, 0]


def test_the_latest_known_change_of_category_wins(make_records: Maker) -> None:
    events = [change("1", "a", "2024-03-01", 1), change("2", "a", "2024-05-01", 2), change("3", "d", "2024-02-01", 1),
              change("4", "a", "2024-04-01", 3), change("5", "b", "2024-04-01", 9)]  # fmt: skip
    records = make_records(sites=CATEGORIES, events=events)
    assert grade(records, "chicago_risk", "2024-06-01")["level"].tolist() == ["risk2", "risk2", "risk3", "risk3"]
    assert grade(records, "chicago_risk", "2024-05-01")["level"].tolist()[0] == "risk1"
    assert grade(records, "chicago_risk", "2024-03-02")["level"].tolist()[0] == "risk3"


def test_a_snapshot_of_the_category_is_not_known_before_its_day(make_records: Maker) -> None:
    events = [change("1", "b", "2024-01-01", 3)]
    records = make_records(sites=CATEGORIES, events=events, snapshots={"risk_category": "2024-05-01"})
    assert grade(records, "chicago_risk", "2024-05-01")["level"].isna().tolist() == [True, False, True, True]
    assert grade(records, "chicago_risk", "2024-05-02")["level"].isna().tolist() == [False, False, False, True]


def test_a_missing_attribute_column_is_refused(make_log: Callable[..., pd.DataFrame]) -> None:
    with pytest.raises(DataError, match="sites has no column risk_category"):
        grade_log(pd.DataFrame({"site_id": ["a"]}), make_log([]), load_system("chicago_risk"), 20_000)
