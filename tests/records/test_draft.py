"""The draft of a source for files nobody has seen: it names what it guesses, and what it wrote can be ingested."""

from pathlib import Path

import pytest

from riskml.errors import DataError
from riskml.records.draft import guess_columns, write_draft
from riskml.records.mapping import ingest
from riskml.records.reading import read_tables
from riskml.records.source import load_source

ROWS = """Inspection ID,License #,Inspection Date,Inspection Type,Results,Colour
1,A,03/01/2020,Canvass,Pass,red
2,B,03/25/2020,Canvass,Fail,red
3,A,06/13/2020,License,Pass,blue
"""


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    path = tmp_path / "visits.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_columns_are_guessed_by_name_and_by_how_they_read(visits: Path) -> None:
    guesses = {guess.column: guess for guess in guess_columns(read_tables(visits)[0])}
    assert guesses["License #"].field == "site_id"
    assert (guesses["Inspection Date"].field, guesses["Inspection Date"].formats) == ("visited_on", ("%m/%d/%Y",))
    assert guesses["Colour"].field == ""
    assert guesses["Inspection Date"].why == "100% of 3 filled cells read as day, 3 different"


def test_a_draft_can_be_ingested_as_it_is(visits: Path, tmp_path: Path) -> None:
    target = tmp_path / "town.toml"
    assert write_draft([visits], target) == 5
    made = ingest(load_source(str(target)), [visits])
    assert made.report["rows_kept"] == 3
    assert made.records.inspections["result"].tolist() == ["pass", "fail", "pass"]
    assert made.records.inspections["visit_type"].tolist() == ["RI", "RI", "RI"]
    assert "?" in target.read_text(encoding="utf-8")


def test_a_result_is_what_a_known_source_says_and_never_a_guess(tmp_path: Path) -> None:
    path, target = tmp_path / "检查.csv", tmp_path / "town.toml"
    results = ["符合", "不符合", "基本符合", "不合格", "Unclear"]
    rows = [f"{number},A,2020-03-0{number},Canvass,{result}" for number, result in enumerate(results, start=1)]
    path.write_text(
        "\n".join(["Inspection ID,License #,Inspection Date,Inspection Type,Results", *rows]), encoding="utf-8"
    )
    write_draft([path], target)
    assert '# "Unclear" = ?' in target.read_text(encoding="utf-8")
    made = ingest(load_source(str(target)), [path])
    assert made.records.inspections["result"].tolist() == ["pass", "fail", "conditional", "fail"]
    assert made.records.quarantine["reason"].str.contains("Unclear").tolist() == [True]


def test_a_draft_without_visit_numbers_makes_them_from_site_and_day(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("License #,Inspection Date,Results\nA,2020-03-01,Pass\nA,2020-03-01,Fail\n", encoding="utf-8")
    target = tmp_path / "plain.toml"
    write_draft([path], target)
    made = ingest(load_source(str(target)), [path])
    assert made.records.inspections["inspection_id"].tolist() == ["A_2020-03-01", "A_2020-03-01:2"]
    assert made.records.inspections["visit_type"].tolist() == ["RI", "RI"]


def test_a_day_column_that_does_not_read_as_days_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("License #,Inspection Date\nA,soon\nB,later\n", encoding="utf-8")
    assert [guess.field for guess in guess_columns(read_tables(path)[0])] == ["site_id", ""]


def test_a_draft_never_replaces_a_file(visits: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.toml"
    target.write_text("precious")
    with pytest.raises(DataError, match="is there already"):
        write_draft([visits], target)
    assert target.read_text() == "precious"
