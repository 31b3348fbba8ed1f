"""What one entry of a block's `set` gives for rows: a field, a template, a constant, a mapped or shifted value."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.records._cells import TEXT, as_column, as_texts, joined
from riskml.records.declarations import Source, references

PLACE: Final = "_place"
"""Column that tells from which row of the input table a canonical row comes."""


def value_of(value: Any, rows: pd.DataFrame, source: Source) -> Any:
    """What one entry of `set` gives for the rows.

    Args:
        value: as in `declarations.Emit.set`.
        rows: fields, shape (n, fields); a field that is no column is missing in every row.
        source: for its lag.

    Returns:
        A column with the index of the rows; or one value for all rows; or None where all rows have none.
    """
    if isinstance(value, list):
        return _first_value([value_of(one, rows, source) for one in value])
    if isinstance(value, dict):
        return value["const"] if "const" in value else _made_of_field(value, rows, source)
    if not isinstance(value, str):
        return value
    if "{" not in value:
        return rows.get(value)
    fields = references(value)
    if any(name not in rows for name in fields):
        return None
    parts = [as_texts(as_text(rows[part])) if part in fields else part for part in value.replace("}", "{").split("{")]
    return as_column(joined(*[part for part in parts if not isinstance(part, str) or part]), rows[fields[0]]).rename(
        None
    )


def _made_of_field(value: dict[str, Any], rows: pd.DataFrame, source: Source) -> Any:
    """A field whose values are mapped, or whose days are shifted."""
    field = value_of(value["field"], rows, source)
    if "map" in value:
        return mapped(field, value["map"], value.get("otherwise"))
    if field is None:
        return None
    if "plus_workdays" in value:
        return plus_workdays(field, int(value["plus_workdays"]))
    shift = value.get("plus_days", 0)
    days = source.lag_days if shift == "lag" else int(shift)
    return field + pd.Timedelta(days=days) if days else field


def mapped(field: "pd.Series[Any] | None", meanings: Mapping[str, Any], otherwise: Any = None) -> Any:
    """Each value's meaning, `otherwise` for one without.

    >>> mapped(pd.Series(["Y", "?", None], dtype="str"), {"Y": 3}, 2).tolist()
    [3, 2, 2]
    """
    if field is None:
        return otherwise
    codes, values = pd.factorize(field)
    found = pd.Series([*(meanings.get(value, otherwise) for value in values), otherwise])
    return found.iloc[codes].set_axis(field.index)


def plus_workdays(days: "pd.Series[Any]", count: int) -> "pd.Series[Any]":
    """The days so many working days later (Monday to Friday; holidays are not kept).

    >>> plus_workdays(pd.Series(pd.to_datetime(["2024-05-03", None])), 1).dt.strftime("%Y-%m-%d").tolist()
    ['2024-05-06', nan]
    """
    known = days.notna()
    later = days.astype("datetime64[s]")
    stamps = days[known].to_numpy(dtype="datetime64[D]")
    later[known] = np.busday_offset(stamps, count, roll="forward").astype("datetime64[s]")
    return later


def _first_value(values: list[Any]) -> Any:
    """For each row the first of the values that is not missing."""
    found = None
    for value in values:
        if not isinstance(found, pd.Series):
            if found is not None:
                break
            found = value
        elif value is not None and found.isna().any():
            found = _filled(found, value)
    return found


def _filled(found: "pd.Series[Any]", value: Any) -> "pd.Series[Any]":
    """A column with its missing cells taken from another one, or filled with one value."""
    if isinstance(found.dtype, pd.StringDtype):
        other = as_texts(value) if isinstance(value, pd.Series) else pa.scalar(value, type=TEXT)
        return as_column(pc.coalesce(as_texts(found), other), found)
    return found.where(found.notna(), value)


def as_text(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Values as text, days as 2025-06-01; missing ones stay missing.

    >>> as_text(pd.Series(pd.to_datetime(["2024-05-03", None]))).tolist()
    ['2024-05-03', nan]
    """
    if isinstance(column.dtype, pd.StringDtype):
        return column
    if pd.api.types.is_datetime64_any_dtype(column):
        return as_column(pa.array(column.to_numpy(dtype="datetime64[D]")).cast(pa.string()).cast(TEXT), column)
    return column.astype("str").mask(column.isna())
