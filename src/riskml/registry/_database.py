"""Opens the tracking database: one program at a time, and only if it can be written to (MLflow retries for long)."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from riskml.errors import DataError

LOCK_SECONDS: Final = 5.0
"""How long to wait for another writer."""
PREFIX: Final = "sqlite:///"


@contextmanager
def opening(uri: str) -> Iterator[None]:
    """Hold the right to open an SQLite database, whose folder is made if need be; other databases are left alone.

    MLflow makes its tables when a database is first opened, and two programs that do so at once both fail.

    Args:
        uri: tracking URI; only those that begin with "sqlite:///" are looked at.

    Raises:
        DataError: if the folder cannot be made, or the file is locked, read-only or no database.
    """
    if not uri.startswith(PREFIX):
        yield
        return
    path = Path(uri.removeprefix(PREFIX).split("?")[0])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("w")
    except OSError as error:
        raise _refusal(path, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _check_writable(path)
        yield


def _check_writable(path: Path) -> None:
    """Take and release the write lock."""
    try:
        connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> DataError:
    return DataError(f"the tracking database {path} cannot be written to: {error}; {_advice(str(error))}")


def _advice(reason: str) -> str:
    if "locked" in reason:
        return "another program is writing to it: wait until that run or MLflow server has ended, then run again"
    if "not a database" in reason:
        return "it is damaged or something else: move it away, and a new one is made"
    return (
        "give yourself write access to it and its folder, set MLFLOW_TRACKING_URI to another place, or switch tracking "
        "off in the study ([tracking] mlflow = false)"
    )
