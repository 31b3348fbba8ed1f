"""Files of every kind and fault become tables of text, and every row of them is accounted for."""

import gzip
import io
import re
import stat
import struct
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reading_samples as files
from riskml.errors import DataError
from riskml.records import reading_bytes, reading_limits, reading_parser, reading_rows, reading_workbooks
from riskml.records.reading import RawTable, read_tables
from riskml.records.reading_header import column_names, find_header

HEADER, ROWS = files.HEADER, files.ROWS


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def put(data: "bytes | str", name: str = "a.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return put


def only(path: Path, **hints: Any) -> RawTable:
    (table,) = read_tables(path, **hints)
    assert_accounted(table)
    return table


def assert_accounted(table: RawTable) -> None:
    """Rows, dropped rows and the header are the numbers from one on, each once."""
    numbers = [*table.rows.tolist(), *(row.row for row in table.dropped), table.header_row]
    assert sorted(number for number in numbers if number) == list(range(1, table.source_rows + 1))
    assert table.rows.dtype == np.int64
    assert len(table.frame) == len(table.rows)
    assert all(str(kind) == "str" for kind in table.frame.dtypes)
    assert not table.frame.isna().to_numpy().any()


def values(table: RawTable) -> list[list[str]]:
    return table.frame.to_numpy().tolist()


def reasons(table: RawTable) -> dict[int, str]:
    return {row.row: row.reason for row in table.dropped}


# --- text: encodings


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("gb18030", "gb18030")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("zipped", [False, True])
def test_every_encoding_and_delimiter_gives_the_same_table(
    write: Any, encoding: str, shown: str, delimiter: str, zipped: bool
) -> None:
    data = files.csv_text([HEADER, *ROWS], delimiter).encode(encoding)
    table = only(write(gzip.compress(data) if zipped else data, "a.csv.gz" if zipped else "a.txt"))
    assert (table.encoding, table.header_row, table.dropped) == (shown, 1, ())
    assert list(table.frame.columns) == HEADER
    assert values(table) == ROWS


def test_utf_16_of_either_byte_order_is_read(write: Any) -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert values(only(write(mark + "甲,乙\n1,2\n".encode(encoding)))) == [["1", "2"]]


def test_an_undecodable_text_names_the_byte_for_each_encoding(write: Any) -> None:
    with pytest.raises(DataError, match="as utf-8 it breaks at byte 4; as gb18030 it breaks at byte 4"):
        read_tables(write(b"a,b\n\xff,2\n"))


def test_the_byte_named_counts_the_mark_and_crosses_blocks(write: Any) -> None:
    body = b"a,b\n" + b"1,2\n" * 100_000
    with pytest.raises(DataError, match=f"as utf-8-sig it breaks at byte {len(body) + 3}"):
        read_tables(write(b"\xef\xbb\xbf" + body + b"\xff"))
    with pytest.raises(DataError, match=f"as utf-16 it breaks at byte {len(body) * 2 + 2}"):
        read_tables(write(b"\xff\xfe" + body.decode().encode("utf-16-le") + b"x"))


def test_damaged_utf_8_is_never_read_as_gb18030(write: Any) -> None:
    """The damaged bytes are a valid GB18030 text, so a reader that simply tries the next encoding returns nonsense."""
    text = "中文" * 40
    data = f"{text},{text}\n".encode() + "好".encode("gb18030") + b",1\n"
    assert data.decode("gb18030")
    with pytest.raises(DataError, match=f"as utf-8 it breaks at byte {len(data) - 5}; export"):
        read_tables(write(data))


def test_latin_1_is_tried_only_when_asked_for(write: Any) -> None:
    path = write("name,city\nCaf\xe9,Cary\n".encode("latin-1"))
    with pytest.raises(DataError, match="in another encoding"):
        read_tables(path)
    table = only(path, encodings=("utf-8-sig", "latin-1"))
    assert (table.encoding, values(table)) == ("latin-1", [["Caf\xe9", "Cary"]])
    with pytest.raises(
        DataError, match=r"encodings \['cp37'\]: allowed are utf-8-sig, utf-16, gb18030, latin-1, cp1252"
    ):
        read_tables(path, encodings=("cp37",))


# --- text: rows


def test_rows_that_do_not_fit_are_set_aside_with_their_text(write: Any) -> None:
    table = only(write("a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12,,\n13,14,15\n"))
    assert values(table) == [["1", "2", "3"], ["10", "11", "12"], ["13", "14", "15"]]
    assert table.rows.tolist() == [2, 5, 6]
    assert table.dropped == (
        (3, "2 cells, but the header has 3", "4,5"),
        (4, "4 cells, but the header has 3", "6,7,8,9"),
    )


def test_a_row_is_numbered_as_a_spreadsheet_shows_it(write: Any) -> None:
    table = only(write('a,b\n"x\r\ny","say ""hi"", twice"\n\n,\n2,3\n'))
    assert values(table) == [["x\r\ny", 'say "hi", twice'], ["2", "3"]]
    assert table.rows.tolist() == [2, 5]
    assert reasons(table) == {3: "blank row", 4: "blank row"}


def test_titles_totals_and_notes_are_set_aside(write: Any) -> None:
    text = (
        "附件2 检查结果,,\n单位：东湖,,\n编号,名称,罚款\n1,甲,2\n2,合计超市,3\n\n合 计,,5\n备注：无,,\n填表人: 张三\n"
    )
    table = only(write(text))
    assert (table.header_row, values(table)) == (3, [["1", "甲", "2"], ["2", "合计超市", "3"]])
    note = "totals or notes row"
    above = "above the header"
    assert reasons(table) == {1: above, 2: above, 6: "blank row", 7: note, 8: note, 9: note}


def test_a_total_in_the_middle_stays_and_a_header_printed_again_goes(write: Any) -> None:
    table = only(write("编号,罚款\n1,2\n小计,2\n编号,罚款\n2,3\n"))
    assert table.frame["编号"].tolist() == ["1", "小计", "2"]
    assert reasons(table) == {4: "the header again"}


def test_a_stray_quote_costs_its_own_row_only(write: Any) -> None:
    good = [f'{i},"a, ""b""",{i}\n' for i in range(1000)]
    text = ["id,name,n\n", *good[:500], '500x,"stray,1\n', *good[500:]]
    table = only(write("".join(text)))
    assert len(table.frame) == 1000
    assert table.dropped == ((502, "a quote is opened and never closed", '500x,"stray,1'),)


def test_a_quote_open_at_the_end_costs_its_own_row_only(write: Any) -> None:
    table = only(write('a,b\n1,2\n3,"4\n5,6\n'))
    assert (values(table), reasons(table)) == ([["1", "2"], ["5", "6"]], {3: "a quote is opened and never closed"})
    table = only(write('a,b\n1,2\n3,"4'))
    assert (values(table), reasons(table)) == ([["1", "2"]], {3: "a quote is opened and never closed"})


def test_swallowed_rows_are_found_even_when_the_swallowing_row_fits_the_header(write: Any) -> None:
    """The next opening quote closes the stray one in the same column, so the count of cells is right by accident."""
    table = only(write('a,b,c\n1,"stray,3\n4,5,6\n7,"x",9\n'))
    assert values(table) == [["4", "5", "6"], ["7", "x", "9"]]
    assert reasons(table) == {2: "a quote is opened and never closed"}


def test_long_quoted_texts_with_many_delimiters_and_breaks_stay_one_cell(write: Any) -> None:
    comment = 'no soap, no towels, "dirty" floor\nlate, again, and again\n'
    table = only(write(files.csv_text([["id", "text", "n"], ["1", comment, "2"], ["3", "", "4"]])))
    assert values(table) == [["1", comment, "2"], ["3", "", "4"]]


def test_rows_with_nul_bytes_are_set_aside(write: Any) -> None:
    table = only(write("a,b\n1,2\n" * 4000 + "3,\0\0\n" + "4,5\n"))
    assert reasons(table)[8001] == "holds NUL bytes: the file is damaged here"
    assert values(table)[-1] == ["4", "5"]
    with pytest.raises(DataError, match="UTF-16 without its mark"):
        read_tables(write("a,b\n1,2\n".encode("utf-16-le")))


def test_a_row_that_is_too_long_is_set_aside_and_cut(write: Any) -> None:
    long = "x" * (10_000_000)
    table = only(write(f"a,b\n1,2\n{long},3\n4,5\n"))
    assert (values(table), reasons(table)) == ([["1", "2"], ["4", "5"]], {3: "longer than any row can be"})
    assert len(table.dropped[0].text) == reading_limits.MAX_RAW_CHARS


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(write: Any, end: str) -> None:
    assert values(only(write(end.join(["a,b", "1,2", "3,4"])))) == [["1", "2"], ["3", "4"]]


def test_a_file_with_only_a_header_has_no_rows(write: Any) -> None:
    for text in ("a,b\n", "a,b", "标题\n\na,b\n"):
        table = only(write(text), known=("a", "b"))
        assert table.frame.shape == (0, 2)


@pytest.mark.parametrize("text", ["", "\n\n", " , \n", "\ufeff"])
def test_a_blank_file_is_refused(write: Any, text: str) -> None:
    with pytest.raises(DataError, match="holds no rows"):
        read_tables(write(text))


def test_a_file_without_header_takes_the_names_given(write: Any) -> None:
    table = only(write("1,甲,3\n2,乙,4\n,,\n"), columns=("编号", "名称", "数"))
    assert (list(table.frame.columns), table.rows.tolist()) == (["编号", "名称", "数"], [1, 2])
    assert (table.header_row, table.source_rows, reasons(table)) == (0, 3, {3: "blank row"})


def test_too_many_columns_dropped_rows_or_stray_quotes_are_refused(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="20000 columns; a table has at most 16384"):
        read_tables(write(",".join(f"c{i}" for i in range(20_000)) + "\n1,2\n"))
    monkeypatch.setattr(reading_rows, "MAX_STRAY_QUOTES", 3)
    with pytest.raises(DataError, match='more than 3 rows have a " that is not closed'):
        read_tables(write("a,b\n" + '1,"x\n' * 5))
    monkeypatch.setattr(sys.modules["riskml.records.reading_table"], "MAX_DROPPED", 3)
    for text in ("a,b\n" + "1\n" * 5, "a,b\n" + "\n" * 5 + "1,2\n"):
        with pytest.raises(DataError, match="more than 3 rows do not fit the header"):
            read_tables(write(text))


SPECIAL = st.text(st.sampled_from('a甲, \t"\n\r;|'), max_size=6)


@settings(max_examples=40)
@given(st.lists(st.lists(SPECIAL, min_size=3, max_size=3), max_size=8), st.sampled_from(["utf-8", "utf-16"]))
def test_any_cells_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], encoding: str
) -> None:
    header = ["编号", "名称", "结果"]
    text = "".join(
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\n" for row in [header, *rows]
    )
    path = tmp_path_factory.mktemp("cells") / "a.csv"
    path.write_bytes(text.encode(encoding))
    table = only(path, known=header)
    kept = [row for row in rows if "".join(row).strip()]
    assert values(table) == kept
    assert len(rows) == len(table.frame) + len(table.dropped)


PIECES = st.lists(
    st.sampled_from(["1,2,3\n", "4,5\n", '"', ",", "\n", '"a\nb",c,d\r\n', "x", '""', "\r", "甲"]), max_size=30
)


@given(PIECES)
def test_strict_and_compiled_parsing_agree_on_what_both_accept(pieces: list[str]) -> None:
    """Oracle: rows cut one by one by the slow tokenizer, compared where no quote is open."""
    body = "".join(pieces)
    rows, at = [], 0
    while at < len(body):
        rows.append(reading_rows.row_at(body, at, ","))
        at = rows[-1].end
    parsed = reading_parser.parse("a.csv", [body.encode()], delimiter=",", width=3, strict=True)
    if any(row.is_open for row in rows):
        return
    assert parsed is not None
    cells = {n: row.cells for n, row in enumerate(rows, start=1) if len(row.cells) >= 3}
    fitting = {n: row[:3] for n, row in cells.items() if not any(row[3:])}
    got = dict(zip(parsed.numbers.tolist(), (list(row.values()) for row in parsed.body.to_pylist()), strict=True))
    blank = {n for n, row in enumerate(rows, start=1) if row.cells == [""]}
    assert {n: cells for n, cells in got.items() if n not in blank} == fitting


@settings(max_examples=40)
@given(PIECES, st.integers(1, 40), st.integers(1, 9), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_blocks_and_chunks_of_any_size_give_the_same_table(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], chunk: int, block: int, encoding: str
) -> None:
    path = tmp_path_factory.mktemp("chunks") / "a.csv"
    path.write_bytes(("编号,名称,结果\n" + "".join(pieces)).encode(encoding))
    whole = only(path, known=HEADER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading_parser, "_CHUNK_BYTES", chunk)
        patch.setattr(reading_bytes, "BLOCK_BYTES", block)
        cut = only(path, known=HEADER)
    assert values(cut) == values(whole)
    assert (cut.rows.tolist(), cut.dropped) == (whole.rows.tolist(), whole.dropped)


@given(PIECES, st.integers(1, 7))
def test_well_formed_text_is_the_text_without_the_rows_removed(pieces: list[str], cut: int) -> None:
    body = "".join(pieces)
    removed: list[Any] = []
    blocks = [body[i : i + cut] for i in range(0, len(body), cut)]
    good = "".join(reading_rows.well_formed(blocks, file="a", delimiter=",", width=3, first_row=1, removed=removed))
    at, rows = 0, 0
    while at < len(good):
        row = reading_rows.row_at(good, at, ",")
        assert not row.is_open
        at, rows = row.end, rows + 1
    assert len(good) + sum(len(row.text) for row in removed) <= len(body)
    numbers = [row.row for row in removed]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers, default=0) <= rows + len(removed)


# --- header


@pytest.mark.parametrize(
    ("rows", "known", "index"),
    [
        (
            [["标题"], ["统一 社会\n信用代码", "罚款金额（万元）"], ["a", "b"]],
            ("统一社会信用代码", "罚款金额(万元)"),
            1,
        ),
        ([["a", "b"], ["x", "y"]], ("x",), 1),
        ([["名称", "甲", "乙"], ["x", "y", "z"]], ("甲",), 0),
        ([["a", "a"], ["x", "y"]], (), 0),
        ([["2019", "2020"], ["3", "4"]], (), 0),
        ([["题", "", "", ""], ["a", "b", "c", "d"], ["1", "2", "3", "4"]], (), 1),
    ],
)
def test_the_header_is_the_row_that_names_the_columns(rows: list[list[str]], known: Sequence[str], index: int) -> None:
    from riskml.records.reading_header import matching_name

    assert find_header(rows, {matching_name(name) for name in known}) == index


def test_names_are_shown_as_written_and_numbered_when_repeated(write: Any) -> None:
    table = only(write("（名 称）,备注,备注,,\n1,2,3,4,\n"))
    assert list(table.frame.columns) == ["（名 称）", "备注", "备注_2", "column_4"]


@given(st.lists(st.sampled_from(["", "a", "a_2", "column_1", " "]), max_size=12))
def test_column_names_are_always_different(header: list[str]) -> None:
    names = column_names(header)
    assert len(set(names)) == len(header)
    assert all(
        name == cell or name.startswith((cell or "column", "column")) for name, cell in zip(names, header, strict=True)
    )


# --- workbooks


def test_a_workbook_gives_every_sheet_unmerged_with_values_as_text(write: Any) -> None:
    visible, hidden = read_tables(write(files.xlsx_bytes(), "a.xlsx"), known=("检查编号", "检查日期"))
    assert_accounted(visible)
    assert (visible.file, hidden.file, hidden.frame.shape) == ("a.xlsx#检查", "a.xlsx#底表", (0, 2))
    assert list(visible.frame.columns) == ["检查编号", "统一社会信用代码", "检查日期", "重点项", "一般项"]
    assert values(visible) == [
        ["JC001", "9.14403007084611E+17", "2021-05-07", "12", "0.3"],
        ["JC002", "9.14E+17", "2021-05-07 13:04:05", "TRUE", ""],
        ["JC002", "92360100MA3000003X", "2021年5月8日", "-3", "123456789012345"],
        ["JC004", "", "", "", ""],
    ]
    assert visible.header_row == 4
    assert list(reasons(visible).values()) == ["above the header"] * 3 + ["blank row"] + ["totals or notes row"] * 2


def test_the_header_over_two_rows_is_found_without_known_names(write: Any) -> None:
    assert read_tables(write(files.xlsx_bytes(), "a.xlsx"))[0].header_row == 4


def test_an_old_workbook_is_read_whatever_its_name(write: Any) -> None:
    data = files.xls_bytes([HEADER, *ROWS, ["JC005", 914403007084611360.0, "", 44323.0, 1.5]], sheet="表")
    for name in ("a.xls", "a.xlsx", "a.csv"):
        table = only(write(data, name))
        assert table.file == f"{name}#表"
        assert values(table)[:4] == ROWS
        assert values(table)[4] == ["JC005", "9.14403007084611E+17", "", "44323", "1.5"]


def test_text_called_xls_is_read_as_text_and_a_web_page_is_refused(write: Any) -> None:
    assert values(only(write(files.csv_text([HEADER, *ROWS], "\t").encode("gb18030"), "a.xls"))) == ROWS
    for name, text in (("a.xls", "<html><table><tr><td>1"), ("a.csv", "\n <!DOCTYPE html><p>404")):
        with pytest.raises(
            DataError, match=r"its content is \.html, .* open it in a spreadsheet and save it as \.xlsx"
        ):
            read_tables(write(text, name))


def test_cells_in_both_corners_of_a_sheet_do_not_take_the_process_down(write: Any) -> None:
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"], book.active["XFD1048576"] = "a", "b"
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(DataError, match=r"more than 1024 MiB or broke off; .* cells far outside its table"):
        read_tables(write(stream.getvalue(), "a.xlsx"))


def test_a_workbook_that_takes_too_long_is_given_up(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_workbooks, "WORKBOOK_SECONDS", 0.0)
    monkeypatch.setattr(reading_workbooks, "WORKBOOK_SECONDS_PER_MB", 0.0)
    with pytest.raises(DataError, match="not read after 0 s"):
        read_tables(write(files.xlsx_bytes(), "a.xlsx"))


def test_damaged_blank_and_exploding_workbooks_are_refused(write: Any) -> None:
    with pytest.raises(DataError, match=r"a\.xlsx is not a readable workbook"):
        read_tables(write(b"PK\x03\x04" + bytes(100), "a.xlsx"))
    with pytest.raises(DataError, match="every sheet is blank"):
        read_tables(write(files.xls_bytes([["", ""]]), "a.xls"))
    parts = zipfile.ZipFile(io.BytesIO(files.xlsx_bytes()))
    contents = {name: parts.read(name) for name in parts.namelist()}
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    contents["xl/sharedStrings.xml"] = b"<sst %s><si><t>%s</t></si></sst>" % (space, b"x" * 10_000_000)
    sheet = re.sub(rb't="inlineStr"><is>.*?</is>', b't="s"><v>0</v>', contents["xl/worksheets/sheet1.xml"])
    contents["xl/worksheets/sheet1.xml"] = sheet
    with pytest.raises(DataError, match="bytes of text"):
        read_tables(write(files.zip_bytes(contents), "a.xlsx"))


def test_overlapping_merged_cells_are_refused(write: Any) -> None:
    parts = zipfile.ZipFile(io.BytesIO(files.xlsx_bytes()))
    contents = {name: parts.read(name) for name in parts.namelist()}
    sheet = contents["xl/worksheets/sheet1.xml"]
    contents["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A6:A7"', b'ref="A2:A7"')
    with pytest.raises(DataError, match="merged cells overlap"):
        read_tables(write(files.zip_bytes(contents), "a.xlsx"))


# --- archives


def test_an_archive_gives_the_tables_of_all_members(write: Any) -> None:
    data = files.zip_bytes({
        "plain.csv": files.csv_text([HEADER, *ROWS]).encode(),
        "月报/b.xlsx": files.xlsx_bytes(),
        "c.parquet": files.parquet_bytes(pd.DataFrame(ROWS, columns=HEADER)),
        "d.csv.gz": gzip.compress(b"a,b\n1,2\n"),
        "__MACOSX/._plain.csv": b"\0\0",
        "月报/": b"",
    })  # fmt: skip
    tables = read_tables(write(data, "a.zip"))
    assert [table.file for table in tables] == [
        "a.zip/plain.csv", "a.zip/月报/b.xlsx#检查", "a.zip/月报/b.xlsx#底表", "a.zip/c.parquet", "a.zip/d.csv.gz"
    ]  # fmt: skip
    assert values(tables[0]) == values(tables[3]) == ROWS


@pytest.mark.parametrize(
    "name",
    ["/etc/a.csv", "../a.csv", "b/../../a.csv", "C:\\a.csv", "c:a.csv", "..\\a.csv", "\\\\host\\a.csv", "a\n.csv"],
)
def test_paths_that_lead_out_of_the_archive_are_refused(write: Any, name: str) -> None:
    with pytest.raises(DataError, match="leads out of the archive"):
        read_tables(write(files.zip_bytes({name: b"a,b\n1,2\n"}), "a.zip"))


def archive(**changes: Any) -> bytes:
    info = zipfile.ZipInfo("a.csv")
    for key, value in changes.items():
        setattr(info, key, value)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(info, b"a,b\n1,2\n")
    return stream.getvalue()


def test_links_encrypted_twice_stored_and_nested_members_are_refused(write: Any) -> None:
    with pytest.raises(DataError, match=r"a\.csv is a link or a device"):
        read_tables(write(archive(external_attr=(stat.S_IFLNK | 0o777) << 16), "a.zip"))
    with pytest.raises(DataError, match="packed by method 12; allowed are store and deflate"):
        read_tables(write(archive(compress_type=zipfile.ZIP_BZIP2), "a.zip"))
    data = bytearray(archive())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(DataError, match=r"a\.csv is encrypted; pack it without a password"):
        read_tables(write(bytes(data), "a.zip"))
    with pytest.raises(DataError, match="is in it 2 times"):
        read_tables(write(doubled(), "a.zip"))
    with pytest.raises(DataError, match=r"b\.zip: cannot read this kind of file"):
        read_tables(write(files.zip_bytes({"b.zip": archive()}), "a.zip"))
    with pytest.raises(DataError, match="holds no file"):
        read_tables(write(files.zip_bytes({}), "a.zip"))


def doubled() -> bytes:
    data = files.zip_bytes({"a.csv": b"a\n1\n", "b.csv": b"a\n1\n"})
    return data.replace(b"b.csv", b"a.csv")


def test_bombs_are_refused_by_what_they_declare_and_by_what_comes_out(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_limits, "SMALL_BYTES", 1 << 20)
    bomb = b"a,b\n" + b"1,2\n" * 1_000_000
    for name, data in (("a.zip", files.zip_bytes({"b.csv": bomb})), ("a.csv.gz", gzip.compress(bomb))):
        with pytest.raises(DataError, match=r"bytes (would )?unpack to (more than )?[0-9]+, which no|if it is honest"):
            read_tables(write(data, name))
    lying = bytearray(files.zip_bytes({"b.csv": bomb}))
    at = lying.index(b"PK\x01\x02")
    lying[at + 24 : at + 28] = struct.pack("<I", 1000)
    with pytest.raises(DataError, match=r"a\.zip/b\.csv: (damaged|cannot be read).*CRC"):
        read_tables(write(bytes(lying), "a.zip"))
    monkeypatch.setattr(sys.modules["riskml.records.reading_archives"], "MAX_MEMBERS", 2)
    with pytest.raises(DataError, match="holds 3 files; allowed are 2"):
        read_tables(write(files.zip_bytes(dict.fromkeys(("a.csv", "b.csv", "c.csv"), b"a\n1\n")), "a.zip"))


def test_names_written_by_a_chinese_system_are_shown_right(write: Any) -> None:
    data = files.zip_bytes({"1234.csv": b"a,b\n1,2\n"}).replace(b"1234.csv", "检查.csv".encode("gb18030"))
    assert only(write(data, "a.zip")).file == "a.zip/检查.csv"


# --- other files


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.pdf", "copy its table to a workbook"), ("a.docx", "copy its table"), ("a.rar", "unpack it"),
        ("a.xlsb", "open it and save it as .xlsx"), ("a.html", "open it in a spreadsheet"), ("a.gz", "unpack it"),
        ("a.dat", "export it as .csv or .xlsx"), ("a", "export it as .csv or .xlsx"), ("a.xlsx.gz", "unpack it"),
    ],
)  # fmt: skip
def test_other_kinds_are_refused_with_what_to_do(write: Any, name: str, advice: str) -> None:
    with pytest.raises(DataError, match=rf"cannot read this kind of file; allowed are \.csv, .*: {re.escape(advice)}"):
        read_tables(write(b"x", name))


def test_a_pdf_called_csv_is_refused(write: Any) -> None:
    with pytest.raises(DataError, match=r"its content is \.pdf"):
        read_tables(write(b"%PDF-1.7 ...", "a.csv"))


@pytest.mark.parametrize("name", ["", "none.csv", "a\0b.csv"])
def test_what_is_no_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"is not a file|cannot be read"):
        read_tables(str(tmp_path / name) if "\0" not in name else name)


def test_parquet_gives_text_and_refuses_damage(write: Any) -> None:
    frame = pd.DataFrame({
        "s": ["a", None], "n": [1.0, 2.5], "d": [pd.Timestamp("2024-01-02"), pd.NaT],
        "l": [["甲", "乙"], None], "b": [True, None], "t": pd.to_timedelta([1, 2], unit="h"),
    })  # fmt: skip
    table = only(write(files.parquet_bytes(frame), "a.parquet"))
    assert table.frame["l"].tolist() == ['["甲", "乙"]', ""]
    assert table.frame["n"].tolist() == ["1", "2.5"]
    assert table.frame["d"].str[:10].tolist() == ["2024-01-02", ""]
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_tables(write(b"PAR1" + bytes(50), "a.parquet"))


def test_a_damaged_gzip_file_is_refused_wherever_it_breaks(write: Any) -> None:
    data = gzip.compress(files.csv_text([HEADER, *ROWS * 9999]).encode())
    for broken in (data[: len(data) // 2], data[:5], data[:-4] + b"abcd", data[:40] + bytes(40) + data[80:]):
        with pytest.raises(DataError, match=r"damaged|holds no rows"):
            read_tables(write(broken, "a.csv.gz"))


def test_reading_holds_no_quadratic_step(write: Any) -> None:
    """Ten times the text takes about ten times as long, also where quotes are stray and lines are long."""
    import time

    seconds = []
    for count in (1_000, 8_000):
        text = "a,b,c\n" + '1,"x,2\n' * count + "1,2\n" * count + '"' * count
        started = time.process_time()
        read_tables(write(text))
        seconds.append(time.process_time() - started)
    assert seconds[1] < 8 * 4 * max(seconds[0], 0.05)


def test_encodings_named_in_the_reader_exist() -> None:
    assert all(b"a".decode(name) for name in (*reading_bytes.ENCODINGS[::2], *reading_bytes.ON_REQUEST))
