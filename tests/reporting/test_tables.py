"""Tables for people: by the file's ending, whole or not at all, and never a formula from somebody's text."""

import datetime
from pathlib import Path

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.reporting import tables
from riskml.reporting.tables import write_table

DANGEROUS = ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "－2"]
TABLE = pd.DataFrame(
    {
        "name": ["=HYPERLINK(\"http://x\")", "美味店", None],
        "points": [-1.5, 0.0, None],
        "visits": pd.array([-3, 4, None], dtype="Int64"),
        "seen": pd.Series(["2025-06-01", None, "2025-06-03"], dtype="datetime64[s]"),
        "fail": pd.array([True, None, False], dtype="boolean"),
    }
)  # fmt: skip


def sheet(path: Path) -> list[list[object]]:
    import openpyxl  # type: ignore[import-untyped]

    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active.iter_rows()]


def test_a_csv_has_a_byte_order_mark_and_its_formulas_are_text(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.csv")
    content = (tmp_path / "t.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == [
        "name,points,visits,seen,fail",
        '"\'=HYPERLINK(""http://x"")",-1.5,-3,2025-06-01,True',
        "美味店,0.0,4,,",
        ",,,2025-06-03,False",
    ]


def test_an_excel_sheet_has_numbers_as_numbers_and_formulas_as_text(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.xlsx")
    assert sheet(tmp_path / "t.xlsx") == [
        ["name", "points", "visits", "seen", "fail"],
        ['\'=HYPERLINK("http://x")', -1.5, -3, "2025-06-01", True],
        ["美味店", 0, 4, None, None],
        [None, None, None, "2025-06-03", False],
    ]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_every_text_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path, ending: str, kind: str) -> None:
    path = tmp_path / f"t{ending}"
    write_table(pd.DataFrame({"text": pd.Series(DANGEROUS, dtype=kind)}), path)
    cells = [row[0] for row in sheet(path)[1:]] if ending == ".xlsx" else list(pd.read_csv(path, dtype="str")["text"])
    assert all(str(cell).startswith("'") for cell in cells)
    assert [str(cell)[1:].strip() for cell in cells] == [text.strip() for text in DANGEROUS]


def test_a_line_end_inside_a_text_begins_no_row_of_its_own(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"a": ["name\r=1+1", "name\r\n=1+1", "name\n=1+1"], "b": 1}), tmp_path / "t.csv")
    content = (tmp_path / "t.csv").read_bytes()
    assert b"\r" not in content
    assert content.count(b'"name\n=1+1",1\n') == 3


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_harmless_texts_and_numbers_stay_as_they_are(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    mixed = pd.DataFrame({"a": ["a=b", "1-2", "", "x@y"], "b": pd.Series([-1, -2.5, "-3", True], dtype="object")})
    write_table(mixed, path)
    rows = sheet(path)[1:] if ending == ".xlsx" else pd.read_csv(path, keep_default_na=False).to_numpy().tolist()
    assert [row[0] or "" for row in rows] == ["a=b", "1-2", "", "x@y"]
    assert [str(row[1]) for row in rows] == ["-1", "-2.5", "'-3", "True"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_control_characters_are_left_out(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    write_table(pd.DataFrame({"a": ["Joe\x0b's\x00", "\x01=1"]}), path)
    cells = [row[0] for row in sheet(path)[1:]] if ending == ".xlsx" else list(pd.read_csv(path)["a"])
    assert cells == ["Joe's", "'=1"]


def test_parquet_keeps_values_and_types_untouched(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "t.parquet")
    made = pd.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(made.assign(seen=made["seen"].dt.as_unit("s")), TABLE)


def test_dates_of_the_standard_library_are_written_as_days(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"d": [datetime.date(2025, 6, 1)]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8-sig") == "d\n2025-06-01\n"


@pytest.mark.parametrize("name", ["t.txt", "t", "t.xls", "t.CSV"])
def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"end the name in one of \['\.parquet', '\.csv', '\.xlsx'\]"):
        write_table(TABLE, tmp_path / "new" / name)
    assert not list(tmp_path.iterdir())


def test_more_rows_than_excel_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "EXCEL_ROWS", 2)
    with pytest.raises(DataError, match=r"3 rows are more than Excel holds \(2\); write \.csv or \.parquet"):
        write_table(TABLE, tmp_path / "t.xlsx")
    write_table(TABLE, tmp_path / "t.csv")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_a_write_that_fails_leaves_the_older_table_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = tmp_path / f"t{ending}"
    path.write_text("older")

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(
        pd.DataFrame, {".csv": "to_csv", ".xlsx": "to_excel", ".parquet": "to_parquet"}[ending], full_disk
    )
    with pytest.raises(OSError, match="No space left"):
        write_table(TABLE, path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_and_the_table_itself_is_left_alone(tmp_path: Path) -> None:
    before = TABLE.copy()
    write_table(TABLE, tmp_path / "a" / "b" / "t.csv")
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["t.csv"]
    pd.testing.assert_frame_equal(TABLE, before)
