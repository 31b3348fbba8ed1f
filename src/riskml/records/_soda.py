"""One CSV answer of an open-data server: checked to be whole, and asked for again when it stalls or breaks off."""

import csv
import io
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final, NoReturn, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from riskml.errors import DataError

MAX_PAGE_BYTES: Final = 256 * 2**20
SLOW: Final = 10
"""A whole answer may take this many times the timeout, which is for one piece of it."""
LONGEST_WAIT: Final = 120.0
_LATER: Final = {202, 408, 425, 429, 500, 502, 503, 504}
"""Statuses after which the same question may be answered later (202: the server is still working on it)."""
_KINDS: Final = ("text/csv", "application/csv")
_HEADERS: Final = {"User-Agent": "riskml", "Accept": "text/csv", "Accept-Encoding": "identity"}


class Opener(Protocol):
    """What opens an address; `urllib.request.OpenerDirector` is one."""

    def open(self, request: Request, /, *, timeout: float) -> Any:
        """The answer, as `urllib.request` gives it."""


class AgainError(Exception):
    """This answer is not usable, but the next one may be; its text says what the server did."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


@dataclass(frozen=True)
class Page:
    """One whole answer.

    Attributes:
        body: its bytes as they came.
        header: column names.
        rows: as many cells each as the header.
    """

    body: bytes
    header: tuple[str, ...]
    rows: list[list[str]]


@dataclass
class Server:
    """Asks one server, patiently.

    Attributes:
        opener: what opens addresses.
        timeout: seconds without a byte after which an answer counts as stalled.
        retries: further attempts after the first, for every question.
        pause: seconds before the second attempt; doubled before each later one.
        say: told in one line what goes wrong.
        retried: attempts that had to be repeated so far.
    """

    opener: Opener
    timeout: float
    retries: int
    pause: float
    say: Callable[[str], None]
    retried: int = field(default=0, init=False)

    def page(self, url: str) -> Page:
        """The answer to a question.

        Raises:
            DataError: if the server refuses, cannot be trusted, or gave no whole answer in all attempts.
        """
        attempt = 0
        while True:
            try:
                return parse(self._body(url))
            except AgainError as error:
                trouble = error
            if attempt == self.retries:
                _give_up(url, trouble, attempt + 1)
            wait = min(self.pause * 2**attempt if trouble.wait is None else trouble.wait, LONGEST_WAIT)
            self.say(f"{trouble}; trying again in {wait:g} s")
            time.sleep(wait)
            attempt += 1
            self.retried += 1

    def _body(self, url: str) -> bytes:
        request = Request(url, headers=_HEADERS)  # noqa: S310 - https, or loopback: Dataset sees to it
        started = time.monotonic()
        try:
            with self.opener.open(request, timeout=self.timeout) as answer:
                return self._whole(answer, started)
        except HTTPError as error:
            with error:
                _refused(url, error)
        except (HTTPException, OSError) as error:
            _broken(url, error, self.timeout)

    def _whole(self, answer: Any, started: float) -> bytes:
        """The body, as long as announced and of the right kind."""
        _check_head(answer.status, answer.headers)
        announced = answer.headers.get("Content-Length")
        pieces, size = [], 0
        while piece := answer.read1(1 << 20):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_PAGE_BYTES:
                raise DataError(f"an answer is larger than {MAX_PAGE_BYTES:,} bytes; ask for fewer rows at once")
            if time.monotonic() - started > SLOW * self.timeout:
                raise AgainError(f"the answer was not complete after {SLOW * self.timeout:g} s")
        if announced is not None and str(size) != announced.strip():
            raise AgainError(f"the answer broke off: {size} of {announced} bytes came")
        return b"".join(pieces)


def parse(body: bytes) -> Page:
    r"""Read an answer; what is not finished, or not of one width, is refused.

    >>> parse(b'"a","b"\n"1","2"\n').rows
    [['1', '2']]

    Raises:
        AgainError: if it is not a whole CSV table in UTF-8.
    """
    if not body.endswith((b"\n", b'"')):
        raise AgainError("the answer ends in the middle of a row")
    try:
        header, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
    except (ValueError, csv.Error) as error:
        raise AgainError(f"the answer is not a whole CSV table: {error}") from error
    ragged = sum(len(row) != len(header) for row in rows)
    if ragged:
        raise AgainError(f"{ragged} rows of the answer have not the {len(header)} cells of its header")
    return Page(body, tuple(header), rows)


class _SameHost(HTTPRedirectHandler):
    """Follows a redirect within the same scheme and host only."""

    max_redirections = 3

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            fp.close()
            target = f"{new.scheme}://{new.hostname}"
            raise DataError(f"{old.netloc} sends us on to {target}, which is not the publisher: nothing was fetched")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def make_opener(*, loopback: bool) -> OpenerDirector:
    """Opens addresses with checked certificates, no cookies, redirects within the host; proxies as the system says."""
    handlers = [_SameHost(), HTTPSHandler(context=ssl.create_default_context())]
    return build_opener(*handlers, ProxyHandler({})) if loopback else build_opener(*handlers)


def _check_head(status: int, headers: Message) -> None:
    kind = headers.get_content_type()
    if status != 200:
        raise AgainError(f"the server answered with status {status}", _wait(headers))
    if kind not in _KINDS:
        raise AgainError(f"the server sent {kind} instead of text/csv (a notice or a login page?)")
    if headers.get("Content-Encoding", "identity") != "identity":
        raise AgainError(f"the server compressed the answer ({headers['Content-Encoding']}), which was not asked for")


def _refused(url: str, error: HTTPError) -> NoReturn:
    if error.code in _LATER:
        raise AgainError(f"the server answered with status {error.code}", _wait(error.headers)) from error
    host = urlsplit(url).netloc
    raise DataError(f"{host} refused the request with status {error.code}{_reason(error)}: {url}") from error


def _reason(error: HTTPError) -> str:
    """What a SODA server says in the JSON body of a refusal, if it says something."""
    try:
        said = json.loads(error.read(100_000))["message"]
    except (ValueError, KeyError, TypeError, OSError, HTTPException):
        return ""
    return f" ({' '.join(str(said).split())[:200]})"


def _broken(url: str, error: Exception, timeout: float) -> NoReturn:
    cause = error.reason if isinstance(error, URLError) else error
    host = urlsplit(url).netloc
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = cause.verify_message
        raise DataError(
            f"the certificate of {host} is not valid ({why}): nothing was fetched; check this machine's date, and "
            "whether a proxy stands between (its certificate authority belongs into the system's store)"
        ) from error
    if isinstance(cause, TimeoutError):
        raise AgainError(f"the server stalled: nothing came for {timeout:g} s") from error
    raise AgainError(f"the connection failed or broke off: {cause}") from error


def _wait(headers: Message) -> float | None:
    """Seconds that the server asks us to wait (Retry-After as a number); None if it does not say."""
    said = headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else None


def _give_up(url: str, trouble: AgainError, attempts: int) -> NoReturn:
    host, tries = urlsplit(url).netloc, "1 attempt" if attempts == 1 else f"{attempts} attempts"
    raise DataError(f"{host}: {trouble}; gave up after {tries}. Run it again: whole pages are kept") from trouble
