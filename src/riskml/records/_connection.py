"""Opens a database of others: read only, no answer waited for without end, no password in any message."""

import re
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from riskml.errors import DataError

OPENING: Final = {
    "postgresql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "SET LOCAL DateStyle = 'ISO, YMD'",
        "SET LOCAL statement_timeout = {milliseconds}",  # so that a query given up does not run on
    ),
    "sqlite": ("PRAGMA query_only = ON", "BEGIN"),
    "mysql": ("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
    "mariadb": ("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
    "oracle": ("SET TRANSACTION READ ONLY",),
}
"""What is said first, by dialect: writes are refused, and all tables are of one moment."""
GRACE: Final = 1.2
"""We wait this many times the time that the server was given, for the server's own answer that it gave up."""
CONNECT_SECONDS: Final = 15
_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
"""Our driver where a URL names none."""
_CONNECT: Final[dict[str, dict[str, Any]]] = {
    "psycopg": {"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"},
    "psycopg2": {"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"},
    "pymysql": {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4"},
}
"""How a driver is told to connect."""
_PACKAGES: Final = {"psycopg": '"riskml[postgres]"', "MySQLdb": "mysqlclient", "cx_Oracle": "cx-oracle"}
"""What to install for a driver whose package has another name."""
_CANCELLED: Final = "QueryCanceled"
"""The error of the PostgreSQL drivers for a statement that took longer than its time."""
_SECRET_KEYS: Final = re.compile(r"pass|pwd|secret|token|key|odbc_connect", re.IGNORECASE)


class Session:
    """One connection, whose every answer must come in time.

    Attributes:
        connection: the open connection.
        driver: the driver's connection below it.
        seconds: how long an answer may take; above 0.
        expired: whether one took longer; the connection is unusable then.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self.connection = connection
        self.driver = connection.connection.driver_connection
        self.seconds = seconds
        self.expired = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around every call that waits for the database: hangs up when it takes too long."""
        watch = threading.Timer(self.seconds * GRACE, self._hang_up)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _hang_up(self) -> None:
        """Make the waiting call fail: shut its socket, or interrupt SQLite."""
        self.expired = True
        with suppress(Exception):  # it may be closed by now, and nobody looks at this thread
            if isinstance(self.driver, sqlite3.Connection):
                self.driver.interrupt()
            elif self.driver is not None and hasattr(self.driver, "fileno"):
                with socket.socket(fileno=socket.dup(self.driver.fileno())) as line:  # a copy: closing it is ours
                    line.shutdown(socket.SHUT_RDWR)


@contextmanager
def open_read_only(url: str, *, timeout: float) -> Iterator[Session]:
    """A session that cannot write, closed at the end; a failure of the database in the block is one DataError.

    Args:
        url: any SQLAlchemy URL; PostgreSQL without a driver means psycopg.
        timeout: seconds that an answer may take.

    Raises:
        DataError: if the URL or its driver is wrong, or the database cannot be opened, refuses or stalls.
    """
    if timeout <= 0:
        raise DataError(f"timeout is {timeout} s; it must be above 0")
    parsed = parse_url(url)
    engine = _engine(parsed)
    session = None
    try:
        with engine.connect() as connection:
            session = Session(connection, timeout)
            try:
                with session.waiting():
                    for statement in OPENING.get(engine.dialect.name, ()):
                        connection.exec_driver_sql(statement.format(milliseconds=max(1, int(timeout * 1000))))
                yield session
            finally:
                connection.invalidate()  # just closed: nothing was written, and a lost connection cannot roll back
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        late = (session is not None and session.expired) or type(getattr(error, "orig", None)).__name__ == _CANCELLED
        reason = f"the server did not answer for {timeout:g} s; try again later" if late else _reason(error, parsed)
        raise DataError(f"{label(parsed)}: {reason}") from None  # the cause may quote the URL
    finally:
        engine.dispose()


def parse_url(text: str) -> URL:
    """A database URL with our driver where it names none.

    Raises:
        DataError: if it is none; the message does not quote it, for it may hold a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or "@" in (url.host or ""):
        raise DataError(
            "not a database URL: write dialect://user:password@host:port/database, with signs such as @ and / in "
            "the password percent-encoded (%40, %2F); the URL is not shown because it may hold a password"
        ) from None
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def label(url: URL) -> str:
    """A URL as it may be shown: no user, no password, no options."""
    place = f"{url.host or ''}{f':{url.port}' if url.port else ''}"
    return f"{url.get_backend_name()}://{place}/{url.database or ''}"


def _engine(url: URL) -> Engine:
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(url)
    driver = url.drivername.partition("+")[2]
    told = {key: value for key, value in _CONNECT.get(driver, {}).items() if key not in url.query}
    try:
        return sa.create_engine(url, poolclass=NullPool, connect_args=told)
    except ImportError as error:
        name = (error.name or driver).partition(".")[0]
        install = f"pip install {_PACKAGES.get(name, name)}"
        raise DataError(f"{label(url)}: the driver {name} is not installed: {install}") from None
    except NoSuchModuleError:
        raise DataError(
            f"{url.drivername} is no database that SQLAlchemy knows here: install the package with its dialect, or "
            "export the tables as CSV"
        ) from None
    except (SQLAlchemyError, TypeError) as error:
        raise DataError(f"{label(url)}: {_reason(error, url)}") from None


def _sqlite(url: URL) -> Engine:
    """An engine on an existing file, opened for reading only."""
    path = Path(url.database or "")
    if not path.is_file():
        raise DataError(
            f"sqlite: {str(url.database or '')!r} is not a file; write sqlite:///relative or sqlite:////absolute"
        )
    address = f"{path.absolute().as_uri()}?mode=ro"
    return sa.create_engine("sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(address, uri=True))


def _reason(error: Exception, url: URL) -> str:
    """What the driver says, in one line and without secrets."""
    if isinstance(error, UnicodeDecodeError):
        return f"text is not in the encoding that the database declares ({error.reason}); export the table as CSV"
    said = " ".join(str(getattr(error, "orig", None) or error).partition("(Background on")[0].split())[:300]
    for secret in sorted(_secrets(url), key=len, reverse=True):
        said = said.replace(secret, "***")
    return said


def _secrets(url: URL) -> set[str]:
    """Every text that must not be shown, plain and percent-encoded."""
    found = {str(url.password or "")}
    for key, value in url.query.items():
        if _SECRET_KEYS.search(key):
            found.update([value] if isinstance(value, str) else value)
    return {form for text in found if text for form in (text, quote(text, safe=""), quote_plus(text))}
