"""Can the tracking database be written to? Asked before a run is logged, for MLflow itself retries for minutes."""

import sqlite3
from pathlib import Path
from typing import Final

from riskml.errors import DataError

LOCK_SECONDS: Final = 5.0
"""How long to wait for another writer."""
PREFIX: Final = "sqlite:///"


def check_writable(uri: str) -> None:
    """Make the folder of an SQLite database, and take and release its write lock; other databases are left alone.

    Args:
        uri: tracking URI; only those that begin with "sqlite:///" are looked at.

    Raises:
        DataError: if the folder cannot be made, or the file is locked, read-only or no database.
    """
    if not uri.startswith(PREFIX):
        return
    path = Path(uri.removeprefix(PREFIX).split("?")[0])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        raise DataError(f"the tracking database {path} cannot be written to: {error}; {_advice(error)}") from error


def _advice(error: Exception) -> str:
    if "locked" in str(error):
        return "another program is writing to it: wait until that run or MLflow server has ended, then run again"
    if "not a database" in str(error):
        return "it is damaged or something else: move it away, and a new one is made"
    return (
        "give yourself write access to it and its folder, set MLFLOW_TRACKING_URI to another place, or switch tracking "
        "off in the study ([tracking] mlflow = false)"
    )
