"""Linking: a fact of a legal person reaches all its sites, a fact of a name the one site that has it."""

import pandas as pd
import pytest

from riskml.errors import StudyError
from riskml.records.linking import UNLINKED, linked, name_key, with_sites_of_visits
from riskml.records.mapping import ingest_tables
from small_sources import VISITS, raw_table, small_source, visit_rows

SITES = pd.DataFrame(
    {
        "site_id": ["a", "b", "c", "d", "e"],
        "subject_id": ["S1", "S1", "S2", None, None],
        "name": ["老王面馆", "Blue Door", "Twin", "twin", None],
    }
)
PENALTIES = """
[[table]]
name = "register"
files = ["register*"]
[table.fields]
site = { from = ["site"], required = true }
subject = { from = ["subject"] }
name = { from = ["name"] }
[[table.emit]]
to = "sites"
set = { site_id = "site", subject_id = "subject", name = "name" }
[[table]]
name = "penalties"
files = ["penalties*"]
key = ["no"]
[table.fields]
no = { from = ["no"], required = true }
subject = { from = ["subject"] }
name = { from = ["name"] }
maker = { from = ["maker"] }
day = { from = ["day"], as = "day", required = true }
[[table.emit]]
to = "events"
link = "subject"
set = { event_id = "{no}", subject_id = "subject", name = "name", code = { const = "PENALTY" }, occurred_on = "day" }
"""


def facts(**columns: list[str | None]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame({"event_id": [f"e{number}" for number in range(size)], **columns})


def test_a_fact_of_a_legal_person_stands_once_at_each_of_its_sites() -> None:
    found = linked(facts(subject_id=["S1", "S2", "S9"]), SITES, "subject")
    assert found[["event_id", "site_id", "scope"]].fillna("-").to_numpy().tolist() == [
        ["e0@a", "a", "legal_person"],
        ["e0@b", "b", "legal_person"],
        ["e1", "c", "legal_person"],
        ["e2", "-", "legal_person"],
    ]
    assert found[UNLINKED].fillna("-").tolist() == ["-", "-", "-", "subject: no site has this subject_id"]


def test_a_fact_without_a_legal_person_goes_by_its_name() -> None:
    found = linked(facts(subject_id=["S2", None], name=["老王面馆", "老王面馆"]), SITES, "subject")
    assert found.set_index("event_id")["site_id"].to_dict() == {"e0": "c", "e1": "a"}
    assert found.set_index("event_id")["scope"].isna().to_dict() == {"e0": False, "e1": True}


def test_a_name_of_one_site_is_found_however_it_is_written_and_no_other_is_guessed() -> None:
    asked = ["老王面馆（原小王面馆）", "ＢＬＵＥ　door", "Twin", "nobody", None]
    found = linked(facts(name=list(asked)), SITES, "name")
    assert found["site_id"].fillna("-").tolist() == ["a", "b", "-", "-", "-"]
    assert found[UNLINKED].fillna("-").tolist() == [
        "-",
        "-",
        "name: several sites have this name",
        "name: no site has this name",
        "name: no site has this name",
    ]


@pytest.mark.parametrize("written", ["老王面馆(个体工商户)", "老王面馆（个体工商户）", "老王 面馆", "老王面馆(原A店)"])
def test_trailing_kinds_old_names_and_blanks_make_no_other_name(written: str) -> None:
    assert name_key(written) == "老王面馆"


def test_a_name_with_an_open_bracket_stays_as_it_is() -> None:
    assert name_key("面馆(原") == "面馆(原"


def test_without_a_link_the_facts_stay_at_their_sites() -> None:
    found = linked(facts(site_id=["a", "b"]), SITES, "")
    assert found["site_id"].tolist() == ["a", "b"]
    assert found[UNLINKED].isna().all()


def test_sites_that_only_a_visit_names_are_added_once() -> None:
    visits, events = pd.DataFrame({"site_id": ["z", "a", "z"]}), pd.DataFrame({"site_id": ["y", None]})
    sites = with_sites_of_visits(SITES, visits, events)
    assert sites["site_id"].tolist() == ["a", "b", "c", "d", "e", "y", "z"]
    assert with_sites_of_visits(SITES, SITES) is SITES


def test_a_row_that_finds_no_site_is_quarantined_by_the_rule_that_looked() -> None:
    register = raw_table(
        "register.csv",
        {"site": "a", "subject": "S1", "name": "One"},
        {"site": "b", "subject": "S1", "name": "Two"},
        {"site": "c", "subject": "", "name": "two"},
    )
    rows = [
        {"no": "p1", "subject": "S1", "name": "", "day": "2024-05-02"},
        {"no": "p2", "subject": "S9", "name": "One", "day": "2024-05-02"},
        {"no": "p3", "subject": "", "name": "ONE", "day": "2024-05-02"},
        {"no": "p4", "subject": "", "name": "Two", "day": "2024-05-02"},
        {"no": "p5", "subject": "", "name": "Three", "day": "2024-05-02"},
    ]
    made = ingest_tables(
        small_source(VISITS + PENALTIES), [visit_rows("a"), register, raw_table("penalties.csv", *rows)]
    )
    assert made.records.events[["event_id", "site_id"]].to_numpy().tolist() == [
        ["p1@a", "a"],
        ["p1@b", "b"],
        ["p3", "a"],
    ]
    quarantine = made.records.quarantine
    assert quarantine[["row", "rule"]].to_numpy().tolist() == [[3, "subject"], [5, "name"], [6, "name"]]
    assert made.report["rules"] == {"name": 2, "subject": 1}
    assert made.report["tables"]["penalties"] == {
        "rows_in": 5, "rows_kept": 2, "rows_merged": 0, "rows_quarantined": 3,
    }  # fmt: skip


def test_a_row_one_of_whose_two_facts_finds_its_site_is_kept() -> None:
    two = (
        PENALTIES
        + """
[[table.emit]]
to = "events"
link = "subject"
set = { event_id = "{no}:maker", subject_id = "maker", code = { const = "MADE" }, occurred_on = "day" }
"""
    )
    register = raw_table("register.csv", {"site": "a", "subject": "S1", "name": "One"})
    row = {"no": "p1", "subject": "S1", "name": "", "maker": "S9", "day": "2024-05-02"}
    made = ingest_tables(small_source(VISITS + two), [visit_rows("a"), register, raw_table("penalties.csv", row)])
    assert made.records.events["event_id"].tolist() == ["p1"]
    assert made.report["rows_quarantined"] == 0


def test_only_events_can_be_linked() -> None:
    with pytest.raises(StudyError, match="to inspections: only events can be linked"):
        small_source(VISITS.replace('to = "inspections"', 'to = "inspections"\nlink = "subject"'))
