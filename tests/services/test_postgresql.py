"""A real PostgreSQL: the text of its own CSV export, in server-side chunks, no write, one clear error when it fails."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.records._connection import open_read_only
from riskml.records.database import read_query_tables, tables

pytestmark = pytest.mark.services

PASSWORD = "p@ss/wörd"  # noqa: S105 - of a server that lives for one test run
IN_URL = "p%40ss%2Fw%C3%B6rd"
TABLES = """
CREATE TABLE 检查记录 (检查编号 varchar(20) PRIMARY KEY, 单位名称 text, 检查日期 date, 录入时间 timestamp,
  上报时间 timestamptz, 金额 numeric(12,2), 得分 double precision, 次数 bigint, 是否合格 boolean, 代码 char(6),
  明细 jsonb, 标签 text[], 编号 uuid, 附件 bytea);
INSERT INTO 检查记录 VALUES
  ('V2', '大排档（个体工商户）' || chr(10) || '"二"', '2024-05-07', '2024-05-07 13:45:00.5', '2024-05-07 13:45:00+08',
   3200.00, 88, 9007199254740993, true, '0007', '{"项": [1, 2]}', '{甲,"乙,丙"}',
   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\\x0aff'),
  ('V1', '', 'infinity', '9999-12-31', '2024-01-01 00:00:00+00', 1e9, 91.25, NULL, false, '', NULL, NULL, NULL, NULL),
  ('V3', NULL, NULL, NULL, NULL, NULL, 'NaN', -1, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE keyless (b numeric, a text, extra json);
INSERT INTO keyless VALUES (10, 'x', '{}'), (9, 'y', NULL), (9, 'x', NULL);
CREATE VIEW recent AS SELECT 检查编号 FROM 检查记录 WHERE 次数 > 5;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM 检查记录;
CREATE TABLE many AS SELECT k AS id, repeat('食', 200) AS text FROM generate_series(1, 20000) AS k;
ALTER TABLE many ADD PRIMARY KEY (id);
CREATE SCHEMA archive;
CREATE TABLE archive.visits (id int PRIMARY KEY);
INSERT INTO archive.visits VALUES (2), (1);
CREATE TABLE written (n int);
CREATE FUNCTION write() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO written VALUES (1); RETURN 1; END';
CREATE VIEW trap AS SELECT write() AS n;
CREATE VIEW slow AS SELECT pg_sleep(30)::text AS n;
CREATE TABLE secret (n int);
CREATE ROLE reader LOGIN PASSWORD 'p@ss/wörd';
GRANT SELECT ON ALL TABLES IN SCHEMA public, archive TO reader;
GRANT USAGE ON SCHEMA archive TO reader;
GRANT INSERT ON written TO reader;
REVOKE ALL ON secret FROM reader;
"""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL of this test's own."""

    tools: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """As a user who may read everything but `secret`, and even write to `written`."""
        return f"postgresql://reader:{IN_URL}@127.0.0.1:{self.port}/food"

    def run(self, tool: str, *arguments: str) -> str:
        """Run a program of PostgreSQL; as a user of no rights if we are root, whom it refuses."""
        command = [str(self.tools / tool), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "nobody", "--", *command]
        settings = {"PGPASSWORD": PASSWORD, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, cwd=self.folder, env=settings
        )
        assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}"
        return done.stdout

    def sql(self, text: str) -> str:
        """Run statements as the owner."""
        place = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "owner", "-d", "food")
        return self.run("psql", *place, "-v", "ON_ERROR_STOP=1", "-qAtc", text)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self.run(
            "pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options
        )

    def stop(self) -> None:
        """End it at once."""
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.folder / "data"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with the tables above."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        pytest.skip("postgresql is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # not below pytest's, which others may not enter
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    made = Server(tools=found[-1], folder=folder, port=port)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        password.chmod(0o644)
        access = ("-U", "owner", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--no-locale", "-N")
        made.run("initdb", "-D", str(folder / "data"), *access)
        made.start()
        stack.callback(made.stop)
        made.run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "owner", "food")
        made.sql(TABLES)
        yield made


def test_tables_and_views_are_listed_with_their_columns(server: Server) -> None:
    found = tables(server.url)
    assert set(found) >= {"检查记录", "keyless", "recent", "totals", "many", "written", "trap", "slow"}
    assert "visits" not in found
    assert found["keyless"] == ("b", "a", "extra")


def test_values_are_the_text_of_the_servers_own_csv_export(server: Server) -> None:
    (chunk,) = read_query_tables(server.url, tables={"T6": "检查记录"})
    rows = chunk.rows.set_index("检查编号").T.to_dict("list")
    assert list(rows) == ["V1", "V2", "V3"]
    assert rows["V2"] == [
        '大排档（个体工商户）\n"二"', "2024-05-07", "2024-05-07 13:45:00.5", "2024-05-07 05:45:00+00", "3200.00", "88",
        "9007199254740993", "true", "0007", '{"项": [1, 2]}', '{甲,"乙,丙"}',
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", r"\x0aff",
    ]  # fmt: skip
    assert rows["V1"][:5] == ["", "infinity", "9999-12-31 00:00:00", "2024-01-01 00:00:00+00", "1000000000.00"]
    assert rows["V3"] == ["", "", "", "", "", "NaN", "-1", "", "", "", "", "", ""]
    exported = server.sql("COPY (SELECT * FROM 检查记录 ORDER BY 检查编号) TO STDOUT (FORMAT csv, HEADER)")
    path = server.folder / "export.csv"
    path.write_text(exported, encoding="utf-8")
    export = pd.read_csv(path, dtype="str", keep_default_na=False)
    export["是否合格"] = export["是否合格"].map({"t": "true", "f": "false", "": ""})
    export["代码"] = export["代码"].str.rstrip()
    pd.testing.assert_frame_equal(chunk.rows, export)


def test_chunks_come_in_the_order_of_the_key_and_from_a_cursor_on_the_server(server: Server) -> None:
    reading = read_query_tables(server.url, tables={"many": "many"}, chunk_rows=3000)
    first = next(reading)
    held = server.sql("SELECT query FROM pg_stat_activity WHERE usename = 'reader'")
    assert "FETCH FORWARD" in held
    chunks = [first, *reading]
    assert [len(chunk.rows) for chunk in chunks] == [3000] * 6 + [2000]
    ids = pd.concat([chunk.rows["id"] for chunk in chunks]).astype(int)
    assert ids.tolist() == list(range(1, 20001))
    assert [int(chunk.numbers[0]) for chunk in chunks] == [1 + 3000 * k for k in range(7)]


def test_tables_without_a_key_and_of_other_schemas_are_read_in_order(server: Server) -> None:
    wanted = {"keyless": "keyless", "old": "archive.visits", "totals": "totals"}
    chunks = {chunk.table: chunk.rows for chunk in read_query_tables(server.url, tables=wanted)}
    assert chunks["keyless"].to_numpy().tolist() == [["9", "x", ""], ["9", "y", ""], ["10", "x", "{}"]]
    assert chunks["old"]["id"].tolist() == ["1", "2"]
    assert chunks["totals"]["n"].tolist() == ["3"]


def test_a_write_is_refused_even_by_a_view_that_tries(server: Server) -> None:
    with pytest.raises(DataError, match="cannot execute INSERT in a read-only transaction"):
        list(read_query_tables(server.url, tables={"trap": "trap"}))
    with (
        pytest.raises(DataError, match="cannot execute INSERT in a read-only transaction"),
        open_read_only(server.url, timeout=5) as session,
    ):
        session.connection.exec_driver_sql("INSERT INTO written VALUES (1)")
    assert server.sql("SELECT count(*) FROM written").strip() == "0"


def test_all_tables_are_of_one_moment(server: Server) -> None:
    reading = read_query_tables(server.url, tables={"old": "archive.visits", "written": "written"})
    next(reading)
    server.sql("INSERT INTO written VALUES (7)")
    assert len(next(reading).rows) == 0
    reading.close()  # type: ignore[attr-defined]
    server.sql("DELETE FROM written")


def test_wrong_passwords_and_rights_are_one_line_without_the_password(server: Server) -> None:
    with pytest.raises(DataError, match="password authentication failed") as wrong:
        tables(server.url.replace(IN_URL, "s3cret"))
    with pytest.raises(DataError, match="permission denied for table secret") as denied:
        list(read_query_tables(server.url, tables={"secret": "secret"}))
    with pytest.raises(DataError, match='database "absent" does not exist'):
        tables(server.url.replace("/food", "/absent"))
    for message in (str(wrong.value), str(denied.value)):
        assert message.startswith(f"postgresql://127.0.0.1:{server.port}/food: ")
        assert not any(secret in message for secret in ("s3cret", PASSWORD, IN_URL))
        assert "\n" not in message


def test_a_slow_answer_is_given_up(server: Server) -> None:
    started = time.monotonic()
    with pytest.raises(DataError, match=r"did not answer for 2 s"):
        list(read_query_tables(server.url, tables={"slow": "slow"}, timeout=2))
    assert time.monotonic() - started < 10
    assert "pg_sleep" not in server.sql("SELECT query FROM pg_stat_activity WHERE usename = 'reader'")


def test_a_server_that_freezes_in_the_middle_is_given_up(server: Server) -> None:
    reading = read_query_tables(server.url, tables={"many": "many"}, chunk_rows=10, timeout=2)
    next(reading)
    process = int(server.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'reader'"))
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(DataError, match=r"did not answer for 2 s"):
            next(reading)
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_server_that_closes_in_the_middle_is_one_line(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    reading = read_query_tables(server.url, tables={"many": "many"}, chunk_rows=10)
    next(reading)
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
    with pytest.raises(DataError, match=r"terminating connection|closed the connection") as caught:
        next(reading)
    assert "\n" not in str(caught.value)
    assert not caplog.records


def test_closing_a_reading_whose_server_is_gone_says_nothing(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    reading = read_query_tables(server.url, tables={"many": "many"}, chunk_rows=10)
    next(reading)
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
    reading.close()  # type: ignore[attr-defined]
    assert not caplog.records


def test_a_port_without_a_server_and_a_server_that_never_answers_are_one_line(server: Server) -> None:
    with pytest.raises(DataError, match="refused"):
        tables(server.url.replace(f":{server.port}/", ":1/"))
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never says a word
        url = server.url.replace(str(server.port), str(mute.getsockname()[1]))
        started = time.monotonic()
        with pytest.raises(DataError, match=r"timeout|timed out"):
            tables(f"{url}?connect_timeout=2")
        assert time.monotonic() - started < 5
