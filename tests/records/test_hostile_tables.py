"""What the fuzz of the importer has found: files that once ended in no account, and persons that once were shown."""

from pathlib import Path

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.records.mapping import ingest, ingest_tables
from riskml.records.source import load_source
from small_sources import account, made, raw_table

SITE = {
    "许可证编号": "JY29999990000000",
    "主体名称": "老王饺子馆",
    "登记状态": "存续",
    "统一社会信用代码": "92999999MA00000076",
}
VISIT = {
    "检查编号": "V1",
    "许可证编号": "JY29999990000000",
    "检查日期": "2024-05-06",
    "检查类型": "日常检查",
    "检查结果": "符合",
}


@pytest.fixture(autouse=True)
def _salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKML_SALT", "a secret")


def test_files_that_tell_of_no_visit_and_no_event_are_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"no row could be kept; reasons: tables \['entity'\] tell of no visit"):
        ingest_tables(load_source("bureau"), [raw_table("register.csv", SITE)])


def test_a_grade_of_a_site_that_no_other_table_has_makes_its_site() -> None:
    grade = {"许可证编号": "JY29999990000018", "等级": "绿", "评定日期": "2024-01-01"}
    found = ingest_tables(load_source("bureau"), [raw_table("v.csv", VISIT), raw_table("g.csv", grade)])
    assert found.records.grades["site_id"].tolist() == ["JY29999990000018"]
    assert set(found.records.sites["site_id"]) == {"JY29999990000000", "JY29999990000018"}


def test_a_second_row_of_an_event_already_told_is_quarantined(tmp_path: Path) -> None:
    header = "Rec #,Establishment ID,Inspection ID,Establishment Name,Infraction Details,Inspection Date,Severity"
    rows = ("1,9,100,X,COLD,2001-02-15,C - Crucial", "1,9,100,X,DIRTY,2001-02-15,M - Minor")
    path = tmp_path / "dinesafe.csv"
    path.write_text("\n".join([header + ",Establishment Type", *(f"{row},Bakery" for row in rows)]) + "\n")
    found = made("toronto", path)
    assert account(found) == (2, 1, 0, 1)
    assert found.report["rules"] == {"event_id": 1}


def test_visits_without_a_column_of_violations_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "violations.csv"
    header = "camis,dba,boro,inspection_date,score,grade,grade_date,inspection_type,critical_flag\n"
    path.write_text(header + "1,A,BRONX,2014-03-03,28,,,Cycle Inspection / Initial Inspection,Critical\n")
    found = made("nyc", path)
    assert (len(found.records.inspections), len(found.records.events)) == (1, 0)


def test_a_damaged_parquet_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    pd.DataFrame({"a": ["b"]}).to_parquet(path)
    data = path.read_bytes()
    path.write_bytes(data[:-20] + b"\xff" * 12 + data[-8:])
    with pytest.raises(DataError, match="is not a readable Parquet file") as error:
        ingest(load_source("nyc"), [path])
    assert str(error.value).isprintable()


def test_a_parquet_file_whose_text_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    frame = pd.DataFrame({"violation_code": ["ABCD"], "critical_flag": ["x"], "violation_description": ["y"]})
    frame.to_parquet(path, use_dictionary=False, compression=None, write_statistics=False)
    path.write_bytes(path.read_bytes().replace(b"ABCD", b"\xff\xfe\xfd\xfc"))
    with pytest.raises(DataError, match=r"is not a readable Parquet file: .*UTF"):
        ingest(load_source("nyc"), [path])


def test_a_file_that_is_no_table_shows_little_of_its_header_and_no_person_of_a_first_row() -> None:
    row = {"张翀骞": "a", "13800001234": "b", "x" * 9_000: "c"}
    with pytest.raises(DataError, match=r"the file has \['xxx', '99999999999', 'x{40}'\]") as error:
        ingest_tables(load_source("bureau"), [raw_table("headless.csv", row)])
    assert "张翀骞" not in str(error.value)


def test_the_number_of_a_person_is_kept_neither_as_an_amount_nor_inside_a_name() -> None:
    site = {
        **SITE,
        "主体名称": "老王饺子馆 １３８０００１２３４５",
        "从业人数": "110101199003074477",
        "经营面积": "13800001234",
    }
    found = ingest_tables(load_source("bureau"), [raw_table("register.csv", site), raw_table("v.csv", VISIT)])
    kept = found.records.sites.iloc[0]
    assert kept["name"] == "老王饺子馆 99999999999"
    assert pd.isna(kept["staff"])
    assert pd.isna(kept["area_m2"])
    unread = found.report["cells_unread"]
    assert unread["entity.staff"] == {"count": 1, "examples": ["999999999999999999"]}
    assert unread["entity.area_m2"] == {"count": 1, "examples": ["99999999999"]}
