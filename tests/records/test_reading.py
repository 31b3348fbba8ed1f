"""Reading: bytes become text and nothing else; what cannot be read says so in one line."""

import datetime
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskml.errors import DataError
from riskml.records.reading import read_text_table

TEXT = "名称,区,编号\n美味店,罗湖,007\n,NA, 1.50\n"
ROWS = {"名称": ["美味店", ""], "区": ["罗湖", "NA"], "编号": ["007", " 1.50"]}
FILES = {
    "plain.csv": TEXT.encode(),
    "with_bom.csv": TEXT.encode("utf-8-sig"),
    "chinese.csv": TEXT.encode("gb18030"),
    "packed.csv.gz": gzip.compress(TEXT.encode()),
    "packed_chinese.csv.gz": gzip.compress(TEXT.encode("gb18030")),
}
PACKED = gzip.compress("\n".join(f"{k},{k * k}" for k in range(3000)).encode())


@pytest.mark.parametrize("name", FILES)
def test_text_is_the_same_however_it_is_encoded_and_is_not_interpreted(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    assert read_text_table(tmp_path / name).to_dict("list") == ROWS


def test_parquet_of_any_type_becomes_text_and_missing_becomes_empty(tmp_path: Path) -> None:
    columns = {
        "whole": pa.array([1, None], pa.int64()),
        "number": [0.1, None],
        "day": [datetime.date(2020, 1, 2), None],
        "flag": [True, None],
        "text": ["007", None],
        "category": pa.array(["a", None]).dictionary_encode(),
        "nothing": pa.nulls(2),
        "list": [[1], None],
    }
    pq.write_table(pa.table(columns), tmp_path / "all.parquet")
    assert read_text_table(tmp_path / "all.parquet").to_dict("list") == {
        "whole": ["1", ""], "number": ["0.1", ""], "day": ["2020-01-02", ""], "flag": ["true", ""],
        "text": ["007", ""], "category": ["a", ""], "nothing": ["", ""],
    }  # fmt: skip


def test_fields_keep_their_commas_lines_and_blanks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('name,n\n"Joe\'s, ""Best""\nDiner", 1 \nshort\n')
    made = read_text_table(tmp_path / "a.csv")
    assert made.to_dict("list") == {"name": ['Joe\'s, "Best"\nDiner', "short"], "n": [" 1 ", ""]}


UNREADABLE = {
    "empty.csv": (b"", "is not a readable CSV file"),
    "header.csv": (b"a,b\n", "holds no rows; export it again"),
    "latin.csv": ("name,x\ncafé,1\n".encode("latin-1"), "is neither utf-8-sig nor gb18030; save it as UTF-8"),
    "wide.csv": ("a,b\n1,2\n".encode("utf-16"), "is neither utf-8-sig nor gb18030"),
    "open_quote.csv": (b'a,b\n"1,2\n', "is not a readable CSV file"),
    "one_long_row.csv": (b"a,b\n1,2\n1,2,3\n", "is not a readable CSV file"),
    "all_long_rows.csv": (b"a,b\n1,2,3\n4,5,6\n", "rows with more fields than its header"),
    "not_packed.csv.gz": (b"a,b\n1,2\n", "is not a readable CSV file"),
    "truncated.csv.gz": (PACKED[:-30], "is not a readable CSV file"),
    "damaged.csv.gz": (PACKED[:14] + bytes([PACKED[14] ^ 255]) + PACKED[15:], "is not a readable CSV file"),
    "text.parquet": (b"a,b\n1,2\n", "is not a readable Parquet file"),
    "sheet.xlsx": (b"PK", r"cannot read this kind of file; allowed are \.parquet, \.csv, \.csv\.gz"),
    "no_ending": (b"a\n1\n", "cannot read this kind of file"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    content, message = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_text_table(tmp_path / name)
    assert name in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError, match="is not a file; name an existing"):
            read_text_table(path)


def test_parquet_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([b"\xff"])}), tmp_path / "bytes.parquet")
    with pytest.raises(DataError, match="is not a readable Parquet file"):
        read_text_table(tmp_path / "bytes.parquet")


def test_a_parquet_table_without_rows_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([], pa.string())}), tmp_path / "none.parquet")
    with pytest.raises(DataError, match="holds no rows"):
        read_text_table(tmp_path / "none.parquet")
