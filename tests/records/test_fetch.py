"""Fetching from a server that stalls, truncates, repeats, lies and changes: the file is whole, or there is none."""

import csv
import datetime
import ipaddress
import json
import ssl
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from portals import COLUMNS, Portal, csv_bytes, row, serving
from riskml.errors import DataError, StudyError
from riskml.records import _parts, _soda
from riskml.records._soda import AgainError, make_opener, parse
from riskml.records.fetch import Fetched, fetch


@pytest.fixture
def portal() -> Iterator[Portal]:
    """A server of 25 rows: pages of ten begin at rows 0, 9 and 18."""
    with serving(25) as server:
        yield server


def get(portal: Portal, folder: Path, **more: Any) -> Fetched:
    """Fetch with the patience of a test."""
    options = {"timeout": 0.25, "pause": 0.01, "retries": 2, **more}
    return fetch(portal.dataset(), folder, **options)


def numbers(path: Path) -> list[int]:
    """The first column of a fetched file."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == COLUMNS
    return [int(cells[0]) for cells in rows]


def test_the_file_holds_every_row_once_in_the_servers_order(portal: Portal, tmp_path: Path) -> None:
    lines: list[str] = []
    done = get(portal, tmp_path, report=lines.append)
    expected = [COLUMNS, *(cells[1:] for cells in portal.rows)]
    with done.path.open(encoding="utf-8", newline="") as file:
        assert [tuple(cells) for cells in csv.reader(file)] == expected
    assert (done.rows, done.rows_repeated, done.rows_stated, done.pages, done.retried) == (25, 0, 25, 3, 0)
    assert portal.pages == [(10, 0), (10, 9), (10, 18), (10, 24)]
    assert lines == ["10 of 25 rows", "19 of 25 rows", "25 of 25 rows"]
    assert done.sha256 == sha256(done.path.read_bytes()).hexdigest()


def test_the_facts_lie_beside_the_file_and_nothing_else_is_left(portal: Portal, tmp_path: Path) -> None:
    done = get(portal, tmp_path)
    facts = json.loads((tmp_path / "world.json").read_text(encoding="utf-8"))
    assert Fetched(path=done.path, **facts) == done
    assert facts["url"].startswith(f"http://127.0.0.1:{portal.server_port}/resource/abcd-1234.csv?")
    assert facts["started"] <= facts["finished"]
    assert {path.name for path in tmp_path.iterdir()} == {"world.csv", "world.json", ".world.lock"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("silence", "stalled: nothing came for 0.25 s"),
        ("silence midway", "stalled: nothing came for 0.25 s"),
        ("short", "broke off"),
        ("mid-row", "the answer (ends in the middle of a row|is not a whole CSV table)"),
        ("bad bytes", "is not a whole CSV table"),
        ("notice", "sent text/html instead of text/csv"),
        ("gzip", "compressed the answer"),
        ("wait and see", "status 429"),
        ("202", "status 202"),
        ("429", "status 429"),
        ("500", "status 500"),
        ("503", "status 503"),
    ],
)
def test_a_passing_fault_is_tried_again_and_a_lasting_one_named(fault: str, words: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with serving(25) as portal:
        portal.faults = {2: fault, 4: fault}
        lines: list[str] = []
        done = get(portal, tmp_path / "passing", report=lines.append)
        assert numbers(done.path) == list(range(25))
        assert (done.rows_repeated, done.retried) == (0, 2)
        assert sum("trying again in" in line for line in lines) == 2
        portal.faults = {0: fault}
        with pytest.raises(DataError, match=rf"{words}.*gave up after 2 attempts"):
            get(portal, tmp_path / "lasting", retries=1)
        assert not (tmp_path / "lasting" / "world.csv").exists()
    assert time.monotonic() - started < 10


def test_a_server_that_drips_is_given_up(portal: Portal, tmp_path: Path) -> None:
    portal.faults = {0: "drip"}
    with pytest.raises(DataError, match=r"not complete after 0\.5 s"):
        get(portal, tmp_path, timeout=0.05, retries=0)


def test_each_attempt_waits_twice_as_long_unless_the_server_says_how_long(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    portal.faults = {1: "500", 2: "500", 3: "wait and see", 4: "500"}
    get(portal, tmp_path, pause=3, retries=4)
    assert waits == [3, 6, 0, 24]
    portal.faults = {0: "500"}
    with pytest.raises(DataError, match="gave up"):
        get(portal, tmp_path, pause=50, retries=3, refresh=True)
    assert waits[4:] == [50, 100, 120]


@pytest.mark.parametrize("status", ["400", "403", "404"])
def test_a_refusal_is_not_tried_again_and_quotes_the_server(status: str, portal: Portal, tmp_path: Path) -> None:
    portal.faults = {0: status}
    with pytest.raises(DataError, match=rf"refused the request with status {status} \(No such column: x\): http://"):
        get(portal, tmp_path)
    assert len(portal.pages) == 1


def test_a_killed_fetch_goes_on_after_its_last_whole_page(portal: Portal, tmp_path: Path) -> None:
    portal.faults = {3: "500"}
    with pytest.raises(DataError, match="whole pages are kept"):
        get(portal, tmp_path, retries=0)
    assert not (tmp_path / "world.csv").exists()
    portal.pages.clear()
    portal.faults = {}
    assert numbers(get(portal, tmp_path).path) == list(range(25))
    assert portal.pages == [(10, 18), (10, 24)]


@pytest.mark.parametrize("harm", ["changed", "cut", "missing", "state", "other format", "other question"])
def test_a_damaged_page_and_all_after_it_are_fetched_again(harm: str, portal: Portal, tmp_path: Path) -> None:
    portal.faults = {4: "500"}
    with pytest.raises(DataError):
        get(portal, tmp_path, retries=0)
    page, state = tmp_path / ".world.parts" / "000001.csv", tmp_path / ".world.parts" / "state.json"
    text = state.read_text(encoding="utf-8")
    if harm == "changed":
        page.write_bytes(page.read_bytes().replace(b"row-000012", b"row-000099"))
    elif harm == "cut":
        page.write_bytes(page.read_bytes()[:50])
    elif harm == "missing":
        page.unlink()
    elif harm == "state":
        state.write_text(text[:50], encoding="utf-8")
    elif harm == "other format":
        state.write_text(text.replace('"format": 1', '"format": 2'), encoding="utf-8")
    else:
        state.write_text(text.replace("violations", "results"), encoding="utf-8")
    portal.pages.clear()
    portal.faults = {}
    assert numbers(get(portal, tmp_path).path) == list(range(25))
    assert portal.pages[0] == ((10, 9) if harm in ("changed", "cut", "missing") else (10, 0))


def test_a_second_call_verifies_the_file_and_asks_nobody(portal: Portal, tmp_path: Path) -> None:
    first = get(portal, tmp_path)
    asked = len(portal.headers)
    lines: list[str] = []
    assert get(portal, tmp_path, report=lines.append) == first
    assert len(portal.headers) == asked
    assert "25 rows" in lines[0]
    assert "checksum verified" in lines[0]
    portal.rows.append(row(25))
    assert get(portal, tmp_path, refresh=True).rows == 26


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("edited", "changed since it was fetched"),
        ("foreign", "not written by a fetch"),
        ("other facts", "not written by a fetch"),
        ("other question", "which is not what is asked for now"),
    ],
)
def test_a_file_that_is_not_what_was_fetched_is_not_touched(
    harm: str, words: str, portal: Portal, tmp_path: Path
) -> None:
    path = get(portal, tmp_path).path
    facts = tmp_path / "world.json"
    text = facts.read_text(encoding="utf-8")
    if harm == "edited":
        path.write_bytes(path.read_bytes()[:-5])
    elif harm == "foreign":
        facts.unlink()
    elif harm == "other facts":
        facts.write_text('{"rows": 25}', encoding="utf-8")
    else:
        facts.write_text(text.replace("violations", "results"), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(DataError, match=rf"world\.csv was .*?{words}.*refresh"):
        get(portal, tmp_path)
    assert path.read_bytes() == before


def test_rows_that_come_twice_are_taken_once_and_counted(portal: Portal, tmp_path: Path) -> None:
    portal.rows += [row(number) for number in (3, 4, 20)]
    portal.stated = 25
    done = get(portal, tmp_path)
    assert numbers(done.path) == list(range(25))
    assert done.rows_repeated == 3


def test_a_page_served_twice_is_noticed_and_asked_for_again(portal: Portal, tmp_path: Path) -> None:
    portal.faults = {2: "repeat"}
    lines: list[str] = []
    done = get(portal, tmp_path, report=lines.append)
    assert numbers(done.path) == list(range(25))
    assert done.rows == 25
    assert any("rows have moved" in line for line in lines)


def test_a_server_that_ignores_the_offset_is_given_up(portal: Portal, tmp_path: Path) -> None:
    portal.faults = {0: "repeat"}
    with pytest.raises(DataError, match="gives the same rows again and again"):
        get(portal, tmp_path)
    assert len(portal.pages) < 20


def test_a_page_with_fewer_rows_than_asked_is_not_the_end(portal: Portal, tmp_path: Path) -> None:
    portal.faults = {1: "half the rows", 3: "half the rows"}
    assert numbers(get(portal, tmp_path).path) == list(range(25))


def test_rows_added_while_fetching_skip_nobody(portal: Portal, tmp_path: Path) -> None:
    new = [row(100 + number, key=f"row-000001-{number}") for number in range(5)]
    portal.changes = {2: lambda: portal.rows.extend(new)}
    done = get(portal, tmp_path)
    assert sorted(numbers(done.path)) == list(range(25))
    assert (done.rows, done.rows_stated, done.rows_repeated) == (25, 30, 5)


def test_rows_added_at_the_end_are_fetched_too(portal: Portal, tmp_path: Path) -> None:
    portal.changes = {3: lambda: portal.rows.extend(row(number) for number in range(25, 31))}
    done = get(portal, tmp_path)
    assert numbers(done.path) == list(range(31))
    assert (done.rows_stated, done.rows_repeated) == (31, 0)


@pytest.mark.parametrize("gone", [1, 5, 9])
def test_rows_removed_while_fetching_skip_nobody(gone: int, portal: Portal, tmp_path: Path) -> None:
    portal.changes = {2: lambda: portal.rows.__delitem__(slice(0, gone))}
    lines: list[str] = []
    done = get(portal, tmp_path, report=lines.append)
    assert sorted(numbers(done.path)) == list(range(25))
    assert any("rows have moved" in line for line in lines)


def test_replaced_rows_start_the_fetch_again(portal: Portal, tmp_path: Path) -> None:
    def replace() -> None:
        portal.rows[:] = [row(number, key=f"new-{number:06d}") for number in range(30)]

    portal.changes = {3: replace}
    done = get(portal, tmp_path)
    assert numbers(done.path) == list(range(30))
    assert (done.rows, done.rows_stated) == (30, 30)


def test_a_server_that_replaces_its_rows_all_the_time_is_given_up(portal: Portal, tmp_path: Path) -> None:
    def replace() -> None:
        version = len(portal.pages)
        portal.rows[:] = [row(number, key=f"v{version}-{number:06d}") for number in range(25)]

    portal.changes = dict.fromkeys(range(1, 100), replace)
    with pytest.raises(DataError, match="gives other rows every time"):
        get(portal, tmp_path)


def test_fewer_rows_than_the_server_states_is_an_error(portal: Portal, tmp_path: Path) -> None:
    portal.stated = 26
    with pytest.raises(DataError, match="served 25 rows but states 26"):
        get(portal, tmp_path)
    assert not (tmp_path / "world.csv").exists()
    portal.stated = None
    assert get(portal, tmp_path).rows == 25


def test_an_empty_data_set_or_other_columns_are_an_error(portal: Portal, tmp_path: Path) -> None:
    portal.faults = {0: "no columns"}
    with pytest.raises(DataError, match=r"sent the columns \(':id', 'other'\); asked for were .*are missing"):
        get(portal, tmp_path)
    portal.rows.clear()
    with pytest.raises(DataError, match=r"states \['0'\] as the number of rows"):
        get(portal, tmp_path / "empty")


def test_size_is_capped(portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parts, "MAX_BYTES", 1500)
    with pytest.raises(DataError, match="larger than 1,500 bytes"):
        get(portal, tmp_path)
    monkeypatch.setattr(_soda, "MAX_PAGE_BYTES", 300)
    with pytest.raises(DataError, match="larger than 300 bytes"):
        get(portal, tmp_path / "page")


def test_only_one_fetch_at_a_time_into_a_folder(portal: Portal, tmp_path: Path) -> None:
    def second(_: str) -> None:
        with pytest.raises(DataError, match="is being fetched"):
            get(portal, tmp_path)

    assert get(portal, tmp_path, report=second).rows == 25


def test_no_cookie_is_ever_sent_back(portal: Portal, tmp_path: Path) -> None:
    get(portal, tmp_path)
    assert len(portal.headers) == 6
    assert all("cookie" not in {name.lower() for name in headers} for headers in portal.headers)


def test_a_redirect_is_followed_within_the_host_only(portal: Portal, tmp_path: Path) -> None:
    portal.faults = {1: f"to http://127.0.0.1:{portal.server_port}"}
    assert get(portal, tmp_path).rows == 25
    for target in ("http://localhost", "https://127.0.0.1", "ftp://127.0.0.1", "http://169.254.169.254", "file://"):
        portal.faults = {0: f"to {target}"}
        with pytest.raises(
            DataError, match=r"not the publisher: nothing was fetched|refused the request with status 302"
        ):
            get(portal, tmp_path, refresh=True)


def test_a_server_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    with serving(1) as portal:
        dataset = portal.dataset()
    with pytest.raises(DataError, match=r"connection failed or broke off: .*refused; gave up after 1 attempt\."):
        fetch(dataset, tmp_path, retries=0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A certificate for 127.0.0.1 that nobody vouches for, with its key, made for this run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=3))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    return str(path)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: str, tmp_path: Path) -> None:
    with serving(25, certificate=certificate) as portal:
        lines: list[str] = []
        with pytest.raises(DataError, match=r"certificate of 127\.0\.0\.1:\d+ is not valid .*nothing was fetched"):
            fetch(portal.dataset(scheme="https"), tmp_path, report=lines.append, timeout=2)
        assert (lines, portal.headers) == ([], [])


def test_a_trusted_certificate_is_accepted(certificate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(ssl, "create_default_context", lambda: context)
    with serving(25, certificate=certificate) as portal:
        done = fetch(portal.dataset(scheme="https"), tmp_path, opener=make_opener(loopback=True), timeout=2)
        assert numbers(done.path) == list(range(25))


@pytest.mark.parametrize("wrong", [{"page_rows": 1}, {"retries": -1}, {"timeout": 0}, {"pause": -1}])
def test_arguments_out_of_range_are_refused(wrong: dict[str, Any], portal: Portal, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=next(iter(wrong))):
        get(portal, tmp_path, **wrong)


@given(cut=st.integers(min_value=1))
def test_an_answer_cut_anywhere_is_never_taken_for_more_than_whole_rows(cut: int) -> None:
    rows = [row(number) for number in range(4)]
    body = csv_bytes([(":id", *COLUMNS), *rows])
    piece = body[: cut % len(body)]
    try:
        page = parse(piece)
    except AgainError:
        return
    assert [tuple(cells) for cells in page.rows] == rows[: len(page.rows)]


@pytest.mark.parametrize("text", ["", "a,b", "a,b\n1,2", 'a,b\n1,"2', "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n\n1,2\n"])
def test_an_unfinished_table_without_quotes_is_refused_too(text: str) -> None:
    assert parse(b"a,b\n1,2\n").rows == [["1", "2"]]
    with pytest.raises(AgainError):
        parse(text.encode())


@settings(max_examples=10)
@given(rows=st.integers(min_value=1, max_value=40), page_rows=st.integers(min_value=2, max_value=15))
def test_any_page_size_gives_the_same_file(rows: int, page_rows: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(rows) as portal:
        done = fetch(portal.dataset(page_rows=page_rows), tmp_path_factory.mktemp("pages"), timeout=2)
        assert numbers(done.path) == list(range(rows))
