"""Matching: a column is found under any usual writing of its names, and a file is the table whose columns it has."""

import pytest

from riskml.errors import DataError
from riskml.records.matching import found_columns, header_key, is_table, match_table, named_cells
from riskml.records.source import load_source
from small_sources import VISITS, raw_table, small_source

PAIR = """
[[table]]
name = "fines"
files = ["fines*"]
[table.fields]
id = { from = ["决定书文号", "case no"], required = true }
amount = { from = ["罚款金额(万元)"], as = "money", unit = "wan" }
[[table]]
name = "wide"
[table.fields]
id = { from = ["id"], required = true }
more = { from = ["more"] }
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Inspection_ID", "INSPECTION ID"),
        ("Ｌｉｃｅｎｓｅ　＃", "License #"),
        ("罚款金额（万元）", "罚款金额(万元)"),
        (" 许可证 编号", "许可证编号"),
        ("InspectionDate", "inspection-date"),
    ],
)
def test_case_width_blanks_and_marks_make_no_other_column(one: str, other: str) -> None:
    assert header_key(one) == header_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("罚款金额(元)", "罚款金额(万元)"), ("License #", "License"), ("Rate %", "Rate")]
)
def test_a_unit_or_a_sign_that_means_something_makes_another_column(one: str, other: str) -> None:
    assert header_key(one) != header_key(other)


def test_the_first_name_in_the_source_goes_before_and_the_first_of_two_equal_columns_counts() -> None:
    fines = small_source(PAIR).tables[0]
    assert found_columns(fines, ["CASE_NO", "决定书文号"])["id"] == "决定书文号"
    assert found_columns(fines, ["case no", "CASE_NO"])["id"] == "case no"
    assert found_columns(fines, ["罚款金额(元)"]) == {}


def test_a_file_is_a_table_whose_name_and_needed_columns_fit() -> None:
    source = small_source(VISITS + PAIR)
    assert match_table(source, raw_table("FINES_2024.csv", {"Case No": "1", "罚款金额（万元）": "2"})).name == "fines"
    assert match_table(source, raw_table("x.zip/fines.csv", {"Case No": "1"})).name == "fines"
    assert match_table(source, raw_table("fines.zip/other.csv", {"id": "1"})).name == "wide"
    assert match_table(source, raw_table("visits.csv", {"id": "1", "site": "a", "day": "x"})).name == "visits"


def test_of_two_tables_that_fit_the_one_with_more_of_its_columns_is_meant() -> None:
    row = {"id": "1", "site": "a", "day": "2024-05-01"}
    assert match_table(small_source(VISITS + PAIR), raw_table("visits.csv", row)).name == "visits"
    canvass = dict.fromkeys(
        ["Inspection_ID", "License", "Inspection_Date", "Inspection_Type", "Results", "viol_1"], "1"
    )
    chicago = load_source("chicago")
    assert match_table(chicago, raw_table("a.csv", canvass)).name == "canvass"
    portal = {name: cell for name, cell in canvass.items() if name != "viol_1"} | {"Violations": ""}
    assert match_table(chicago, raw_table("a.csv", portal)).name == "portal"


def test_what_the_nearest_table_lacks_is_said() -> None:
    source = small_source(VISITS)
    with pytest.raises(DataError, match=r"visits\.csv: is no table of source small; .*'day': \['day'\].*has \['id'"):
        match_table(source, raw_table("visits.csv", {"id": "1", "site": "a"}))
    with pytest.raises(DataError, match=r"other\.csv: its name is of no table of source small"):
        match_table(source, raw_table("other.csv", {"id": "1"}))


def test_a_table_of_a_database_is_known_by_the_same_rules() -> None:
    source = small_source(VISITS + PAIR)
    assert is_table(source, "visits", ["ID", "Site", "Day", "else"])
    assert is_table(source, "fines", ["case_no"])
    assert not is_table(source, "visits", ["site", "day"])
    assert not is_table(small_source(VISITS), "fines", ["id", "site", "day"])


def test_cells_are_named_by_field_and_a_column_may_bring_two_fields() -> None:
    source = small_source(VISITS.replace("day = {", 'code = { from = ["ID"] }\nday = {'))
    named = named_cells(source.tables[0], raw_table("visits.csv", {"Id": "7", "SITE": "a", "Day": "x", "Else": "e"}))
    assert named.to_dict("records") == [
        {"id": "7", "site": "a", "code": "7", "day": "x", "Else": "e", "_file": "visits.csv", "_row": 2}
    ]
