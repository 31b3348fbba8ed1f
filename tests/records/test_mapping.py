"""Mapping: every input row is kept, merged or quarantined, and counted; each quirk ends where it should."""

import json
from pathlib import Path
from typing import Any

import pytest

from bureaus import day
from riskml.errors import DataError
from riskml.records import write_records
from riskml.records.mapping import Ingested, ingest, ingest_tables
from small_sources import VISITS, raw_table, small_source
from towns import ROW, Town

RULES = {
    "no number": ({"No": " "}, "inspection_id", ""),
    "no licence": ({"Licence": ""}, "site_id", ""),
    "licence 0": ({"Licence": "0"}, "site_id", ""),
    "bad date": ({"Date": "next Monday"}, "visited_on", "next Monday"),
    "impossible date": ({"Date": "30/02/2020"}, "visited_on", "30/02/2020"),
    "no type": ({"Type": ""}, "visit_type", ""),
    "unknown result": ({"Result": "Excellent"}, "result", "Excellent"),
    "two faults": ({"Licence": "0", "Result": "?"}, "site_id", ""),
}
"""What is wrong with a row: its cells, the rule that names it, and what the reason quotes."""


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("RISKML_SALT", "a secret of the town")
    return Town(tmp_path)


def account(made: Ingested) -> tuple[int, ...]:
    names = ("rows_in", "rows_kept", "rows_merged", "rows_quarantined")
    return tuple(made.report[name] for name in names)


def adds_up(made: Ingested) -> bool:
    parts = [made.report, *made.report["files"].values()]
    right = all(p["rows_in"] == p["rows_kept"] + p["rows_merged"] + p["rows_quarantined"] for p in parts)
    by_file = all(
        sum(file[name] for file in made.report["files"].values()) == made.report[name]
        for name in ("rows_in", "rows_kept", "rows_merged", "rows_quarantined")
    )
    kept = len(made.records.inspections) == made.report["rows_kept"]
    gone = len(made.records.quarantine) == made.report["rows_quarantined"] == sum(made.report["rules"].values())
    return right and by_file and kept and gone


@pytest.mark.parametrize("rule", RULES)
def test_a_row_that_cannot_be_used_is_quarantined_with_its_rule_and_raw_text(town: Town, rule: str) -> None:
    change, name, quoted = RULES[rule]
    made = ingest(town.source(), [town.file({}, {"No": "2", **change})])
    assert account(made) == (2, 1, 0, 1)
    assert adds_up(made)
    row = made.records.quarantine.iloc[0]
    assert (row["file"], row["rule"]) == ("town.csv", name)
    assert row["reason"].startswith(f"{name}: ")
    assert quoted in row["reason"]
    cells = {key: cell for key, cell in {**ROW, "No": "2", **change}.items() if key != "Officer"}
    assert {cell.strip() for cell in cells.values()} - {""} <= {
        str(cell).strip() for cell in json.loads(row["raw"]).values()
    }


def test_a_repeated_row_is_merged_and_the_same_number_with_other_content_is_quarantined(town: Town) -> None:
    made = ingest(town.source(), [town.file({}, {}, {"Result": "Poor"}, {"No": "2"})])
    assert account(made) == (4, 2, 1, 1)
    assert adds_up(made)
    assert made.records.inspections["result"].tolist() == ["pass", "pass"]
    row = made.records.quarantine.iloc[0]
    assert row["rule"] == "key"
    assert json.loads(row["raw"])["result"] == "Poor"


def test_a_bad_row_that_repeats_is_quarantined_once_and_merged_then(town: Town) -> None:
    made = ingest(town.source(), [town.file({}, {"No": "2", "Date": "?"}, {"No": "2", "Date": "?"})])
    assert account(made) == (3, 1, 1, 1)
    assert adds_up(made)


def test_a_good_row_is_kept_although_an_earlier_one_of_its_number_was_bad(town: Town) -> None:
    made = ingest(town.source(), [town.file({"Date": "?"}, {})])
    assert account(made) == (2, 1, 0, 1)
    assert made.records.quarantine["rule"].tolist() == ["visited_on"]


def test_rows_are_counted_by_file_and_merged_across_files(town: Town) -> None:
    first = town.file({}, {"No": "2", "Licence": "0"}, name="first.csv")
    second = town.file({}, {"No": "3"}, {"No": "3", "Points": "1"}, name="second.csv")
    made = ingest(town.source(), [first, second])
    assert adds_up(made)
    assert made.report["files"] == {
        "first.csv": {"rows_in": 2, "rows_kept": 1, "rows_merged": 0, "rows_quarantined": 1},
        "second.csv": {"rows_in": 3, "rows_kept": 1, "rows_merged": 1, "rows_quarantined": 1},
    }
    assert made.records.quarantine["file"].tolist() == ["first.csv", "second.csv"]


def test_a_visit_is_mapped_cell_by_cell(town: Town) -> None:
    made = ingest(
        town.source(), [town.file({"Type": "Hygiene week", "Result": "Closed", "Points": "n/a", "Officer": ""})]
    )
    row = made.records.inspections.iloc[0].dropna().to_dict()
    assert row == {
        "inspection_id": "1", "site_id": "A", "visited_on": day(60), "known_on": day(63), "visit_type": "CO",
        "result": "not_found", "label_version": "town-1", "office": "North",
    }  # fmt: skip


@pytest.mark.parametrize("written", ["2020-03-01", "01/03/2020", " 2020-03-01 "])
def test_a_day_may_be_written_in_each_format_of_the_source(town: Town, written: str) -> None:
    made = ingest(town.source(), [town.file({"Date": written})])
    assert made.records.inspections["visited_on"].tolist() == [day(60)]


def test_a_visit_at_which_nobody_was_found_is_kept_as_such(town: Town) -> None:
    made = ingest(town.source(), [town.file({"Result": "Closed"})])
    assert made.records.inspections["result"].tolist() == ["not_found"]


def test_a_site_has_its_first_known_values_and_no_registration_after_its_first_visit(town: Town) -> None:
    rows = (
        {"No": "2", "Date": "2020-05-01", "Name": "New Name", "Kind": "Bar"},
        {"Kind": "", "Since": "2020-03-02"},
        {"No": "3", "Licence": "B", "Since": "2020-03-01", "Lon": "x"},
    )
    sites = ingest(town.source(), [town.file(*rows)]).records.sites.set_index("site_id")
    assert sites.loc["A", "name"] == "Blue Door"
    assert sites.loc["A", "format_code"] == "other"
    assert sites["registered_on"].isna().tolist() == [True, False]
    assert sites["lon"].isna().tolist() == [False, True]


def test_a_later_value_of_a_site_column_is_an_event_known_with_its_visit(town: Town) -> None:
    risks = [
        ("2020-01-05", "High"),
        ("2020-02-05", ""),
        ("2020-03-05", "Low"),
        ("2020-04-05", "Low"),
        ("2020-05-05", "High"),
    ]
    rows = [{"No": str(number), "Date": on, "Risk": risk} for number, (on, risk) in enumerate(risks)]
    records = ingest(town.source(), [town.file(*reversed(rows))]).records
    assert records.sites["risk_category"].tolist() == [3]
    events = records.events[["code", "quantity", "occurred_on", "known_on", "inspection_id", "item"]]
    assert events.to_numpy().tolist() == [
        ["RISK_CATEGORY", 1, day(64), day(67), "2", "risk_category"],
        ["RISK_CATEGORY", 3, day(125), day(128), "4", "risk_category"],
    ]


def test_a_violation_matrix_becomes_one_event_for_each_item_found(town: Town) -> None:
    rows = ({"v_1": "2", "v_3": ""}, {"No": "2", "Date": "2020-03-02", "v_3": "1.0"}, {"No": "3"})
    records = ingest(town.source(), [town.file(*rows)]).records
    columns = ["event_id", "code", "item", "severity", "quantity", "inspection_id", "occurred_on", "known_on"]
    assert records.events[columns].to_numpy().tolist() == [
        ["1:VIOL_CRITICAL:1", "VIOL_CRITICAL", "1", 3, 2, "1", day(60), day(63)],
        ["2:VIOL_MINOR:3", "VIOL_MINOR", "3", 1, 1, "2", day(61), day(64)],
    ]


def test_a_visit_with_a_violation_of_no_class_is_quarantined_and_the_others_are_kept(town: Town) -> None:
    def short(spec: dict[str, Any]) -> None:
        del spec["table"][0]["items"]["class"][1]

    made = ingest(town.source(short), [town.file({"v_1": "1"}, {"No": "2", "v_1": "1", "v_3": "1"})])
    assert account(made) == (2, 1, 0, 1)
    assert adds_up(made)
    assert made.records.events["event_id"].tolist() == ["1:VIOL_CRITICAL:1"]
    assert made.records.quarantine[["rule", "reason"]].to_numpy().tolist() == [
        ["v_3", "v_3: item '3' is in no class of the source's items"]
    ]


def test_a_source_without_violations_and_changes_has_no_events(town: Town) -> None:
    def plain(spec: dict[str, Any]) -> None:
        del spec["changes"], spec["table"][0]["items"], spec["table"][0]["emit"][2]

    rows = ({"v_1": "2"}, {"No": "2", "Date": "2020-05-01", "Risk": "Low"})
    assert ingest(town.source(plain), [town.file(*rows)]).records.events.empty


def test_the_window_covers_all_visits_until_the_last_one_was_known(town: Town) -> None:
    made = ingest(town.source(), [town.file({}, {"No": "2", "Date": "2020-03-11"})])
    assert (made.records.observed_from, made.records.observed_to) == (day(60), day(74))
    assert made.records.notes == ({"en": "Made up.", "zh": "虚构。"},)


def test_an_inspector_who_is_a_person_is_stored_as_a_hash_in_every_file(town: Town, tmp_path: Path) -> None:
    rows: tuple[dict[str, str], ...] = (
        {},
        {"No": "2"},
        {"No": "3", "Officer": "Qian Li"},
        {"No": "4", "Licence": "0"},
        {"Points": "1"},
    )
    made = ingest(town.source(), [town.file(*rows)])
    inspectors = made.records.inspections["inspector"].tolist()
    assert inspectors[0] == inspectors[1] != inspectors[2]
    assert all(len(name) == 16 for name in inspectors)
    assert json.loads(made.records.quarantine["raw"].iloc[0])["inspector"] == inspectors[0]
    write_records(made.records, tmp_path / "records")
    texts = [str(table.to_dict("list")) for table in made.records.tables().values()]
    content = [path.read_bytes() for path in (tmp_path / "records").iterdir()] + [json.dumps(made.report).encode()]
    assert len(content) > 6
    for name in ("Zhao", "Qian"):
        assert not any(name in text for text in texts)
        assert not any(name.encode() in part for part in content)


def test_another_salt_gives_other_hashes_and_no_salt_is_refused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    one = ingest(town.source(), [town.file({})]).records.inspections["inspector"]
    monkeypatch.setenv("RISKML_SALT", "another secret")
    two = ingest(town.source(), [town.file({})]).records.inspections["inspector"]
    assert one.tolist() != two.tolist()
    for unset in ("", None):
        monkeypatch.setenv("RISKML_SALT", unset) if unset is not None else monkeypatch.delenv("RISKML_SALT")
        with pytest.raises(DataError, match="set RISKML_SALT to a secret of your own") as caught:
            ingest(town.source(), [town.file({})])
        assert "Zhao" not in str(caught.value)


def test_an_inspector_who_is_no_person_is_kept_as_text(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RISKML_SALT")

    def cluster(spec: dict[str, Any]) -> None:
        spec["table"][0]["fields"]["inspector"] = {"from": ["Officer"]}

    made = ingest(town.source(cluster), [town.file({"Officer": "blue"}, {"No": "2", "Licence": "0"})])
    assert made.records.inspections["inspector"].tolist() == ["blue"]


def test_every_file_must_have_the_columns_that_the_source_needs(town: Town) -> None:
    whole = town.file({}, name="whole.csv")
    part = town.file({"No": "2"}, name="part.csv", without="Result")
    with pytest.raises(DataError, match=r"part\.csv: is no table of source town; .*'result': \['Result'\]"):
        ingest(town.source(), [whole, part])


def test_a_violation_column_that_one_file_lacks_counts_as_none_found(town: Town) -> None:
    files = [town.file({"v_3": "1"}, name="whole.csv"), town.file({"No": "2"}, name="part.csv", without="v_3")]
    made = ingest(town.source(), files)
    assert adds_up(made)
    assert made.records.events["inspection_id"].tolist() == ["1"]


def test_nothing_to_keep_and_nothing_to_read_are_refused(town: Town) -> None:
    with pytest.raises(DataError, match=r"source town: no row could be kept; reasons: \['site_id: "):
        ingest(town.source(), [town.file({"Licence": "0"})])
    with pytest.raises(DataError, match="no input"):
        ingest(town.source(), [])


def test_a_code_list_that_leads_out_of_the_contract_is_refused(town: Town) -> None:
    def wrong(spec: dict[str, Any]) -> None:
        spec["table"][0]["codes"]["result"]["Good"] = "fine"

    with pytest.raises(DataError, match=r"inspections\.result is none of .*: result fine"):
        ingest(town.source(wrong), [town.file({})])


def test_the_order_of_the_rows_changes_nothing_but_the_row_numbers(town: Town) -> None:
    rows = [
        {"No": str(k), "Date": f"2020-0{1 + k % 5}-11", "v_1": str(k % 3), "Risk": "Low" * (k % 2)} for k in range(8)
    ]
    one, two = (ingest(town.source(), [town.file(*some)]).records for some in (rows, rows[::-1]))
    for name, table in one.tables().items():
        other = two.tables()[name]
        keys = ["event_id"] if name == "events" else list(table.columns[:1])
        assert table.sort_values(keys).to_csv(index=False) == other.sort_values(keys).to_csv(index=False)


def test_a_file_whose_visits_are_all_rejected_is_refused_with_the_reasons() -> None:
    visits = raw_table("visits.csv", {"id": "1", "site": "", "day": "2024-05-01"}, {"id": "2", "site": "a", "day": "?"})
    with pytest.raises(
        DataError, match=r"no row could be kept; reasons: \[.day: not a day: .\?.., .site: is missing.\]"
    ):
        ingest_tables(small_source(VISITS), [visits])


EVENTS = """
[[table]]
name = "fines"
files = ["fines*"]
key = ["no"]
[table.fields]
no = { from = ["no"], required = true }
site = { from = ["site"], required = true }
day = { from = ["day"], as = "day" }
[[table.emit]]
to = "events"
set = { event_id = "{no}", site_id = "site", code = { const = "FINE" }, occurred_on = "day" }
"""


def test_events_are_kept_where_all_visits_are_rejected() -> None:
    visits = raw_table("visits.csv", {"id": "1", "site": "", "day": "2024-05-01"})
    fines = raw_table("fines.csv", {"no": "7", "site": "a", "day": "2024-05-01"}, {"no": "8", "site": "b", "day": ""})
    made = ingest_tables(small_source(VISITS + EVENTS), [visits, fines])
    assert made.records.inspections.empty
    assert made.records.events["event_id"].tolist() == ["7"]
    assert made.records.sites["site_id"].tolist() == ["a"]
    assert (made.report["rows_in"], made.report["rows_kept"], made.report["rows_quarantined"]) == (3, 2, 1)


def test_files_that_tell_of_no_visit_and_no_event_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"no row could be kept; reasons: tables \['fines'\] tell of no visit and no event"
    ):
        ingest_tables(small_source(VISITS + EVENTS), [raw_table("fines.csv", {"no": "8", "site": "b", "day": ""})])


def test_the_tables_given_are_left_as_they_were() -> None:
    visits = raw_table(
        "visits.csv", {"id": "1", "site": "a", "day": "2024-05-01"}, {"id": "1", "site": "a", "day": "2024-05-01"}
    )
    before, given = visits.frame.copy(), [visits]
    ingest_tables(small_source(VISITS), given)
    assert given == [visits]
    assert visits.frame.equals(before)
