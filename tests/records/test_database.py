"""Reading databases (SQLite): the text of a CSV export, in a stable order, never a write, no password shown."""

import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.exc import SQLAlchemyError

from riskml.errors import DataError
from riskml.records._connection import _reason, open_read_only, parse_url
from riskml.records.database import TableChunk, database_label, read_query_tables, tables
from riskml.records.draft import write_draft
from riskml.records.mapping import ingest
from riskml.records.source import load_source

VISITS = """
CREATE TABLE 检查记录 (检查编号 TEXT PRIMARY KEY, 单位名称 TEXT, 检查日期 DATE, 得分 REAL, 次数 INTEGER, 附件 BLOB);
INSERT INTO 检查记录 VALUES
  ('V3', '大排档(个体工商户)', '2024.5.7', 91.5, 2, x'0aff'), ('V1', '餐馆 "一", 号', '2024-05-07', 88.0, 10, NULL),
  ('V2', NULL, '', NULL, 9007199254740993, NULL);
CREATE TABLE keyless (b INTEGER, a TEXT);
INSERT INTO keyless VALUES (10, 'x'), (9, 'y'), (9, 'x');
CREATE VIEW recent AS SELECT 检查编号 FROM 检查记录 WHERE 次数 > 5;
CREATE TABLE empty (site_id TEXT, name TEXT);
"""


def make(folder: Path, script: str = VISITS) -> str:
    """A database file with these tables, as a URL."""
    path = folder / "食品 100%#.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return f"sqlite:///{path}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Visits, a table without a key, a view and an empty table, in a file whose name is no good address."""
    return make(tmp_path)


def joined(chunks: Sequence[TableChunk]) -> pd.DataFrame:
    """All rows of the chunks of one table."""
    return pd.concat([chunk.rows for chunk in chunks], ignore_index=True)


def test_tables_and_views_are_listed_with_their_columns(url: str) -> None:
    assert tables(url) == {
        "empty": ("site_id", "name"),
        "keyless": ("b", "a"),
        "recent": ("检查编号",),
        "检查记录": ("检查编号", "单位名称", "检查日期", "得分", "次数", "附件"),
    }


def test_values_are_text_as_a_csv_export_shows_them_in_the_order_of_the_key(url: str) -> None:
    (chunk,) = read_query_tables(url, tables={"T6": "检查记录"})
    assert chunk.table == "T6"
    assert chunk.numbers.tolist() == [1, 2, 3]
    assert chunk.numbers.dtype == np.int64
    assert set(chunk.rows.dtypes.astype(str)) == {"str"}
    assert chunk.rows.to_dict("list") == {
        "检查编号": ["V1", "V2", "V3"],
        "单位名称": ['餐馆 "一", 号', "", "大排档(个体工商户)"],
        "检查日期": ["2024-05-07", "", "2024.5.7"],
        "得分": ["88", "", "91.5"],
        "次数": ["10", "9007199254740993", "2"],
        "附件": ["", "", r"\x0aff"],
    }


def test_a_table_without_a_key_is_ordered_by_all_its_columns_as_their_own_types(url: str) -> None:
    (chunk,) = read_query_tables(url, tables={"keyless": "keyless"})
    assert chunk.rows.to_numpy().tolist() == [["9", "x"], ["9", "y"], ["10", "x"]]


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 7, 100])
def test_chunks_put_together_are_the_table(chunk_rows: int, tmp_path: Path) -> None:
    url = make(tmp_path, "CREATE TABLE n (name TEXT, id INTEGER PRIMARY KEY);")
    with closing(sqlite3.connect(parse_url(url).database or "")) as connection:
        connection.executemany("INSERT INTO n VALUES (?, ?)", [(f"店{9 - k}", k) for k in (5, 3, 1, 6, 2, 4)])
        connection.commit()
    chunks = list(read_query_tables(url, chunk_rows=chunk_rows))
    assert all(1 <= len(chunk.rows) <= chunk_rows for chunk in chunks)
    assert np.concatenate([chunk.numbers for chunk in chunks]).tolist() == [1, 2, 3, 4, 5, 6]
    assert joined(chunks)["name"].tolist() == [f"店{9 - k}" for k in range(1, 7)]


def test_all_tables_are_read_when_none_is_named_and_an_empty_one_shows_its_columns(url: str) -> None:
    chunks = {chunk.table: chunk for chunk in read_query_tables(url)}
    assert list(chunks) == ["empty", "keyless", "recent", "检查记录"]
    assert list(chunks["empty"].rows.columns) == ["site_id", "name"]
    assert len(chunks["empty"].rows) == len(chunks["empty"].numbers) == 0
    assert sorted(chunks["recent"].rows["检查编号"]) == ["V1", "V2"]


def test_a_write_is_refused(url: str) -> None:
    def attempt(*statements: str) -> None:
        with open_read_only(url, timeout=5) as session:
            for statement in statements:
                session.connection.exec_driver_sql(statement)

    for statements in (["DELETE FROM keyless"], ["PRAGMA query_only = OFF", "CREATE TABLE mine (a TEXT)"]):
        with pytest.raises(DataError, match="attempt to write a readonly database"):
            attempt(*statements)
    (chunk,) = read_query_tables(url, tables={"keyless": "keyless"})
    assert len(chunk.rows) == 3


def test_reading_leaves_the_file_and_its_folder_as_they_were(url: str, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    list(read_query_tables(url))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_reading_begun_sees_one_moment_of_all_tables(tmp_path: Path) -> None:
    url = make(tmp_path, "PRAGMA journal_mode = WAL; CREATE TABLE a (x); CREATE TABLE b (x); INSERT INTO a VALUES (1)")
    reading = read_query_tables(url)
    first = next(reading)
    with closing(sqlite3.connect(parse_url(url).database or "")) as other:
        other.execute("INSERT INTO b VALUES (2)")
        other.commit()
    assert (len(first.rows), [len(chunk.rows) for chunk in reading]) == (1, [0])
    assert [len(chunk.rows) for chunk in read_query_tables(url)] == [1, 1]


def test_an_answer_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c"
    url = make(tmp_path, f"CREATE VIEW endless AS {endless};")
    started = time.monotonic()
    with pytest.raises(DataError, match=r"did not answer for 0\.2 s"):
        list(read_query_tables(url, timeout=0.2))
    assert time.monotonic() - started < 3


def test_a_missing_table_names_those_there_are_before_anything_is_read(url: str) -> None:
    reading = read_query_tables(url, tables={"first": "keyless", "T6": "检查纪录"})
    words = r"has no table '检查纪录' .* there are \['empty', 'keyless', .*; did you mean '检查记录'\?"
    with pytest.raises(DataError, match=words):
        next(reading)


def test_a_database_without_tables_and_a_wrong_chunk_size_are_refused(tmp_path: Path) -> None:
    url = make(tmp_path, "VACUUM")
    with pytest.raises(DataError, match="holds no table"):
        list(read_query_tables(url))
    with pytest.raises(DataError, match="chunk_rows is 0"):
        list(read_query_tables(url, chunk_rows=0))
    with pytest.raises(DataError, match="timeout is 0 s"):
        tables(url, timeout=0)


@pytest.mark.parametrize("name", ["", ":memory:", "absent.db", "file:absent.db?mode=rwc&uri=true"])
def test_a_file_that_does_not_exist_is_not_made(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="is not a file; write sqlite:///"):
        tables(f"sqlite:///{name}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_or_damaged_is_one_line(url: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("检查编号,单位名称\n" * 100, encoding="utf-8")
    with pytest.raises(DataError, match=r"text\.db: file is not a database$"):
        tables(f"sqlite:///{tmp_path}/text.db")
    path = Path(parse_url(url).database or "")
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(DataError, match=r"malformed|not a database"):
        list(read_query_tables(url))


def test_text_in_another_encoding_is_named(tmp_path: Path) -> None:
    url = make(tmp_path, "CREATE TABLE t (a TEXT)")
    with closing(sqlite3.connect(parse_url(url).database or "")) as connection:
        connection.execute("INSERT INTO t VALUES (CAST(? AS TEXT))", ("餐馆".encode("gb18030"),))
        connection.commit()
    with pytest.raises(DataError, match=r"[Cc]ould not decode"):
        list(read_query_tables(url))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "postgresql://reader:s3cret@db/food",
            r'the driver psycopg is not installed: pip install "riskml\[postgres\]"',
        ),
        ("postgres://reader:s3cret@db/food", r'pip install "riskml\[postgres\]"'),
        ("mysql+pymysql://reader:s3cret@db/food", "the driver pymysql is not installed: pip install pymysql"),
        ("mysql://reader:s3cret@db/food", "the driver MySQLdb is not installed: pip install mysqlclient"),
        ("dameng://reader:s3cret@db/food", "dameng is no database that SQLAlchemy knows here"),
    ],
)
def test_a_missing_driver_names_what_to_install(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("psycopg", "pymysql", "MySQLdb"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=words) as caught:
        tables(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["postgresql://u:s3cret@word@db/food", "postgresql://u:s3cret@db:port/food", "s3cret", "://s3cret"]
)
def test_a_url_that_cannot_be_read_is_not_quoted(url: str) -> None:
    with pytest.raises(DataError, match="not a database URL: write dialect://user:password") as caught:
        tables(url)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_message_of_a_driver_loses_its_secrets_and_its_lines() -> None:
    url = parse_url("mysql+pymysql://zhang:p%40ss@db/food?ssl_key_password=k3y&charset=utf8")
    said = _reason(
        SQLAlchemyError("no  login for\n zhang with p@ss\tor p%40ss, k3y, utf8 (Background on this error"), url
    )
    assert said == "no login for zhang with *** or ***, ***, utf8"


def test_a_label_shows_neither_user_nor_password_nor_options() -> None:
    shown = database_label("mysql+pymysql://zhang:p%40ss@db.bureau:3307/food?ssl_key=secret&password=p%40ss")
    assert shown == "mysql://db.bureau:3307/food"


def test_of_a_database_only_the_tables_of_the_source_are_read(tmp_path: Path) -> None:
    source = tmp_path / "town.toml"
    visits = tmp_path / "visits.csv"
    visits.write_text("Inspection ID,License #,Inspection Date,Results\n1,A,2020-03-01,Pass\n", encoding="utf-8")
    write_draft([visits], source)
    url = make(
        tmp_path,
        """
        CREATE TABLE visits ("Inspection ID" TEXT, "License #" TEXT, "Inspection Date" TEXT, Results TEXT);
        INSERT INTO visits VALUES ('1', 'A', '2020-03-01', 'Pass');
        CREATE VIEW refused AS SELECT abs(-9223372036854775807 - 1) AS number;
        """,
    )
    with pytest.raises(DataError):
        list(read_query_tables(url))
    assert len(ingest(load_source(str(source)), [url]).records.inspections) == 1
    (other := tmp_path / "other").mkdir()
    with pytest.raises(DataError, match="no table of source town that this user can see"):
        ingest(load_source(str(source)), [make(other, "CREATE TABLE empty (a TEXT);")])
