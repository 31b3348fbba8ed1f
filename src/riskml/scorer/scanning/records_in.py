"""Rows in whatever form an engineer holds them become mappings by column; no library of frames is imported for it."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, Final

from riskml.scorer.errors import InputError
from riskml.scorer.messages import near, shown

_ROW: Final = "a dict, a dataclass, a named tuple or a row of a database or frame"
_FRAMES: Final = ("to_pylist", "to_dicts")
"""How a table of Arrow and a frame of Polars give their rows; one of pandas gives them by to_dict("records")."""


def as_mapping(row: Any, what: str) -> Mapping[str, Any]:
    """One row as a mapping from column to value; the row itself is never changed.

    Args:
        row: a mapping, an instance of a dataclass (slots too), a named tuple, a row of sqlite3 or SQLAlchemy, a series
            of pandas or a struct of Arrow.
        what: is named in the message.

    Raises:
        InputError: for anything else, and for a column whose name is no text.

    >>> from collections import namedtuple
    >>> as_mapping(namedtuple("Site", "staff area_m2")(3, 80.0), "site")
    {'staff': 3, 'area_m2': 80.0}
    """
    found = row if isinstance(row, Mapping) and not hasattr(row, "as_py") else _taken_apart(row)
    if found is None:
        raise InputError(f"{what} must be {_ROW}, got {shown(row)}")
    wrong = [name for name in found if not isinstance(name, str)]
    if wrong:
        raise InputError(f"{what}: the name of a column must be a text, got {shown(wrong[0])}")
    return found


def as_mappings(rows: Any, what: str) -> list[Mapping[str, Any]]:
    """Many rows, each as a mapping from column to value.

    Args:
        rows: any iterable of rows (see `as_mapping`), or a frame of pandas, Polars or Arrow.
        what: is named in the message, such as "event"; a row is named by it and its number, from 1.

    Raises:
        InputError: for a single row, a text, or something that has no rows.
    """
    return [as_mapping(row, f"{what} row {number}") for number, row in enumerate(_rows(rows, what), 1)]


def identifier(value: Any, name: str) -> str:
    """A key of a row as text: a text that is not empty, or a whole number of up to 18 digits.

    Raises:
        InputError: for anything else.

    >>> identifier("v01", "event_id"), identifier(7, "event_id")
    ('v01', '7')
    """
    if isinstance(value, str) and value:
        return value
    if type(value) is not bool and isinstance(value, Integral) and abs(int(value)) < 10**18:
        return str(value)
    raise InputError(f"{name} must be a text or a whole number, got {shown(value)}")


def check_columns(row: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse a column that is none of the known ones but looks like one that the row lacks; others are left aside.

    Raises:
        InputError: with the name that was meant.

    >>> check_columns({"event_id": "a", "colour": "red"}, ["event_id", "known_on"])
    >>> check_columns({"event_id": "a", "knwon_on": "2025-01-02"}, ["event_id", "known_on"])
    Traceback (most recent call last):
    riskml.scorer.errors.InputError: column 'knwon_on' is not known; did you mean 'known_on'? Rename it
    """
    known = tuple(known)
    for name in row.keys() - set(known):
        found = near(name, known)
        if found and found not in row:
            raise InputError(f"column {name!r} is not known; did you mean {found!r}? Rename it")


def _taken_apart(row: Any) -> Mapping[str, Any] | None:
    """The columns of a row that is no mapping, None if it is no row."""
    found: Any = None
    if isinstance(row, (type, str, bytes, list)) or row is None:
        return None
    if isinstance(getattr(row, "_mapping", None), Mapping):
        found = dict(row._mapping)
    elif hasattr(row, "__dataclass_fields__"):
        found = {name: getattr(row, name) for name in row.__dataclass_fields__}
    elif isinstance(row, tuple) and hasattr(row, "_fields"):
        found = dict(zip(row._fields, row, strict=True))
    elif callable(getattr(row, "as_py", None)):
        found = row.as_py()
    elif callable(getattr(row, "keys", None)) and hasattr(row, "__getitem__") and not hasattr(row, "columns"):
        found = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row of sqlite3 iterates over its values
    return found if isinstance(found, Mapping) else None


def _rows(rows: Any, what: str) -> Sequence[Any]:
    """The rows of a frame or of an iterable."""
    if type(rows) in (list, tuple):
        return rows  # type: ignore[no-any-return]
    if not isinstance(rows, Mapping):
        for name in _FRAMES:
            if callable(getattr(rows, name, None)):
                return list(getattr(rows, name)())
        if hasattr(rows, "columns") and callable(getattr(rows, "to_dict", None)):
            return list(rows.to_dict("records"))
    if isinstance(rows, (str, bytes, Mapping)) or _taken_apart(rows) is not None or not isinstance(rows, Iterable):
        raise InputError(f"{what}s must be a list of rows, each {_ROW}; got {shown(rows)}")
    return list(rows)
