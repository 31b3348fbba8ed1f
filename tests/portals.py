"""An open-data server on this machine that misbehaves on request."""

import csv
import io
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from riskml.records.datasets import Dataset

COLUMNS = ("inspection_id", "name", "violations")
Row = tuple[str, ...]


def row(number: int, *, key: str = "") -> Row:
    """A row whose texts need quoting; its identifier sorts like its number."""
    name = key or f"row-{number:06d}"
    return (name, str(number), f'餐馆 "{number}", 店', f"1. FOOD - Comments: a\nb | {number}")


def csv_bytes(table: list[Row]) -> bytes:
    """As SODA servers write CSV: every cell in quotes."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    return text.getvalue().encode()


class Portal(ThreadingHTTPServer):
    """Serves `rows` in the order of their identifiers, by $limit and $offset, and counts the requests.

    Attributes:
        rows: the table now; the first cell of a row is its identifier.
        faults: what goes wrong at the n-th request for a page (from 1); see `_Handler`.
        changes: called before the n-th request for a page is answered.
        stated: the count it states; the number of rows if None.
        pages: requests for a page so far: (limit, offset).
        headers: those of every request.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, rows: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows: list[Row] = [row(number) for number in range(rows)]
        self.faults: dict[int, str] = {}
        self.changes: dict[int, Callable[[], None]] = {}
        self.stated: int | None = None
        self.pages: list[tuple[int, int]] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()

    def dataset(self, *, scheme: str = "http", page_rows: int = 10) -> Dataset:
        """The data set that this server holds."""
        return Dataset(
            name="world",
            title="A table for tests",
            host=f"127.0.0.1:{self.server_port}",
            id="abcd-1234",
            source="chicago",
            page_rows=page_rows,
            columns=COLUMNS,
            terms="none",
            scheme=scheme,
        )

    def encrypt(self, certificate: str) -> None:
        """Speak TLS with a certificate (a file with its key)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected here."""


class _Handler(BaseHTTPRequestHandler):
    """One request; the name of a fault says what it does instead."""

    server: Portal

    def do_GET(self) -> None:
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.headers.append(dict(self.headers.items()))
        if "$limit" not in query:
            stated = self.server.stated
            self._send(csv_bytes([("total",), (str(len(self.server.rows) if stated is None else stated),)]))
            return
        limit, offset = int(query["$limit"]), int(query["$offset"])
        self.server.pages.append((limit, offset))
        number = len(self.server.pages)
        self.server.changes.get(number, lambda: None)()
        fault = self.server.faults.get(number, self.server.faults.get(0, ""))
        if fault == "repeat":
            offset = 0
        rows = sorted(self.server.rows)[offset : offset + limit]
        head = tuple(query["$select"].split(","))
        assert head == (":id", *COLUMNS)
        assert query["$order"] == ":id"
        self._answer(fault, csv_bytes([head, *(rows[: len(rows) // 2] if fault == "half the rows" else rows)]))

    def _answer(self, fault: str, body: bytes) -> None:
        half = body[: len(body) // 2]
        answers: dict[str, Callable[[], object]] = {
            "wait and see": lambda: self._send(b"", status=429, more={"Retry-After": "0"}),
            "notice": lambda: self._send(b"<html>We will be back soon</html>\n", kind="text/html"),
            "gzip": lambda: self._send(body, more={"Content-Encoding": "gzip"}),
            "no columns": lambda: self._send(csv_bytes([(":id", "other"), ("a", "b")])),
            "bad bytes": lambda: self._send(body.replace("餐".encode(), "餐".encode("gb18030"))),
            "short": lambda: self._send(half, length=len(body)),  # fewer bytes than announced
            "mid-row": lambda: self._send(half, length=-1),  # no length announced, and the text just ends
            "silence": lambda: self.server.over.wait(5),
            "silence midway": lambda: self._send(half, length=len(body), end=lambda: self.server.over.wait(5)),
            "drip": lambda: self._send(b"", length=len(body), end=lambda: self._drip(body)),
        }
        if fault.isdigit():
            self._send(b'{"message": "No such\\n column: x"}', status=int(fault), kind="application/json")
        elif fault.startswith("to "):
            self._send(b"", status=302, more={"Location": fault.removeprefix("to ") + self.path + "&moved=1"})
        else:
            answers.get(fault, lambda: self._send(body))()

    def _drip(self, body: bytes) -> None:
        for byte in body:
            if self.server.over.wait(0.02):
                return
            self.wfile.write(bytes([byte]))

    def _send(
        self,
        body: bytes,
        *,
        status: int = 200,
        kind: str = "text/csv; charset=UTF-8",
        length: int | None = None,
        more: dict[str, str] | None = None,
        end: Callable[[], object] = lambda: None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length != -1:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in {"Set-Cookie": "id=1", **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        end()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Silence."""


@contextmanager
def serving(rows: int, *, certificate: str = "") -> Iterator[Portal]:
    """A portal with so many rows, for as long as the block runs."""
    with Portal(rows) as portal:
        if certificate:
            portal.encrypt(certificate)
        thread = threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield portal
        finally:
            portal.over.set()
            portal.shutdown()
            thread.join()
