"""The cells of one column in the type of the contract, and which of them are of another type."""

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from riskml.records.contract import DTYPES

BEYOND: Final = 2.0**63
"""The first number that no integer column holds."""
FLAGS: Final = {"true": True, "false": False}


def typed(kind: str, values: "pd.Series[Any]") -> "pd.Series[Any]":
    """The cells in the type of a kind of column; one that does not fit is missing.

    Args:
        kind: a kind of `contract.Column`.
        values: cells of any type.

    >>> typed("integer", pd.Series(["1", "1.5", None])).tolist()
    [1, <NA>, <NA>]
    """
    dtype: Any = DTYPES[kind]
    if kind == "day":
        return _days(values).astype(dtype)
    try:
        return values.astype(dtype)
    except (ValueError, TypeError, OverflowError):
        text = _text(values)
        if kind == "text":
            return text
        return text.str.lower().map(FLAGS).astype(dtype) if kind == "flag" else _numbers(kind, text).astype(dtype)


def misfits(kind: str, values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Which cells are not empty and do not fit, shape (n,).

    >>> misfits("day", pd.Series(["2025-06-01", "soon", None])).tolist()
    [False, True, False]
    """
    if str(values.dtype) == DTYPES[kind]:
        return np.zeros(len(values), dtype=bool)
    found = _days(values) if kind == "day" else typed(kind, values)
    return np.asarray(values.notna() & found.isna(), dtype=bool)


def within_a_day(values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Which cells are days that have a time of day, shape (n,)."""
    days = _days(values)
    return np.asarray(days.notna() & (days != days.dt.normalize()), dtype=bool)


def _days(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Days as the standard writes them (2025-06-01) or as dates; a number is none, nor is a day with a time zone."""
    none = pd.Series(pd.NaT, index=values.index, dtype="datetime64[s]")
    if isinstance(values.dtype, pd.DatetimeTZDtype) or is_numeric_dtype(values) or is_bool_dtype(values):
        return none
    if is_datetime64_any_dtype(values):
        return values
    stamps: pd.Series[Any] = pd.to_datetime(_text(values), errors="coerce", format="ISO8601", utc=True)
    found: pd.Series[Any] = stamps.dt.tz_localize(None)
    return found


def _numbers(kind: str, text: "pd.Series[str]") -> "pd.Series[Any]":
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    return numbers.where((numbers % 1 == 0) & (numbers.abs() < BEYOND)) if kind == "integer" else numbers


def _text(values: "pd.Series[Any]") -> "pd.Series[str]":
    """The cells as text; bytes that are none are missing."""
    try:
        return values.astype("str").mask(values.isna())
    except UnicodeError:
        return values.map(_readable, na_action="ignore").astype("str")


def _readable(cell: Any) -> Any:
    try:
        return cell.decode() if isinstance(cell, bytes) else str(cell).encode().decode()
    except UnicodeError:
        return None
