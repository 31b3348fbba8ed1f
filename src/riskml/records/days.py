"""Calendar days as integers (days since 1970-01-01): exact, small, and the same in every runtime."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError

Days = NDArray[np.int32]

NEVER = 2**30
"""A day that never comes: the value of a missing end, repair, due or expiry day."""


def day_number(day: "str | date | pd.Timestamp") -> int:
    """Days since 1970-01-01 of one calendar day.

    Raises:
        DataError: if `day` is not a calendar day written like 2025-06-01.

    >>> day_number("1970-01-31")
    30
    """
    try:
        stamp = pd.Timestamp(date.fromisoformat(day) if isinstance(day, str) else day)
    except (ValueError, TypeError) as error:
        raise DataError(f"{day!r} is not a calendar day; write it like 2025-06-01") from error
    if pd.isna(stamp) or stamp != stamp.normalize():
        raise DataError(f"{day!r} is not a calendar day; write it like 2025-06-01, without a time of day")
    return int((stamp.tz_localize(None) - pd.Timestamp(0)).days)


def to_days(values: "pd.Series[Any]", *, missing: int = NEVER) -> Days:
    """Day numbers of a column of days, shape (n,); a missing day becomes `missing`.

    >>> to_days(pd.Series(pd.to_datetime(["1970-01-02", None]))).tolist()
    [1, 1073741824]
    """
    stamps = np.asarray(values.to_numpy(), dtype="datetime64[D]")
    days = stamps.astype(np.int64)
    return np.where(np.isnat(stamps), missing, days).astype(np.int32)


def from_days(days: "Days | NDArray[np.int64]") -> "pd.Series[Any]":
    """The inverse of `to_days`: a column of type datetime64[s], NEVER becoming missing.

    >>> from_days(np.array([1, NEVER])).isna().tolist()
    [False, True]
    """
    wide = np.asarray(days, dtype=np.int64)
    stamps = wide.astype("datetime64[D]")
    stamps[wide >= NEVER] = np.datetime64("NaT")
    return pd.Series(stamps.astype("datetime64[s]"))
