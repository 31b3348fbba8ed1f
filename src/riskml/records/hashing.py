"""One fingerprint of records: the same rows give the same hash, whatever the order or the file format."""

from hashlib import sha256

import pandas as pd

from riskml.records import contract
from riskml.records.store import TABLES, Records


def canonical_hash(records: Records) -> str:
    """SHA-256 (hexadecimal) over every table as CSV text with its rows sorted as text.

    Args:
        records: canonical records; their source, window and outcome rule do not enter, their rows do.
    """
    digest = sha256()
    for table in TABLES:
        text = _as_csv(contract.conform(table, getattr(records, table)))
        head, *rows = text.splitlines(keepends=True)
        digest.update(f"# {table}\n{head}".encode())
        digest.update("".join(sorted(rows)).encode())
    return digest.hexdigest()


def _as_csv(frame: pd.DataFrame) -> str:
    """CSV text; days as 2025-06-01, numbers in their shortest exact form, missing values empty."""
    return frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
