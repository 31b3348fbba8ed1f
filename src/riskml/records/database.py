"""Tables of a database as columns of text, in chunks: what the same tables exported as CSV would hold.

Only SELECT is ever sent, in one transaction for all tables, and the database is told to refuse writes where it can
(PostgreSQL, SQLite, MySQL, MariaDB, Oracle). PostgreSQL writes its values as text itself; values of other databases
become text by the same rules here.
"""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Inspector

from riskml.errors import DataError
from riskml.records._connection import Session, label, open_read_only, parse_url

_SORTABLE: Final = (sa.Integer, sa.Numeric, sa.String, sa.Date, sa.DateTime, sa.Time, sa.Boolean, sa.Uuid)
_NO_LONG_TEXT: Final = ("oracle", "mssql")
"""Dialects that cannot order by a long text."""


@dataclass(frozen=True)
class TableChunk:
    """Some rows of one table.

    Attributes:
        table: the name asked for (a key of `tables`).
        rows: columns of text as the database names them; a missing value is the empty string.
        numbers: place of each row in the table's order, from 1.
    """

    table: str
    rows: pd.DataFrame
    numbers: npt.NDArray[np.int64]


def is_database(text: str) -> bool:
    """Whether an input is a database URL rather than a file.

    >>> is_database("postgresql://reader@host/bureau"), is_database("visits.csv")
    (True, False)
    """
    return "://" in text


def database_label(url: str) -> str:
    """A database URL as it may be shown: no user, no password, no options.

    >>> database_label("postgresql://zhang:secret@db.bureau:5433/food?sslpassword=secret")
    'postgresql://db.bureau:5433/food'

    Raises:
        DataError: if it is no database URL.
    """
    return label(parse_url(url))


def tables(url: str, *, timeout: float = 600.0) -> dict[str, tuple[str, ...]]:
    """Names of the tables and views of the default schema, with their columns.

    Args:
        url: any SQLAlchemy URL.
        timeout: seconds that an answer may take.

    Raises:
        DataError: as `read_query_tables`.
    """
    with open_read_only(url, timeout=timeout) as session, session.waiting():
        inspector = sa.inspect(session.connection)
        return {name: tuple(c["name"] for c in inspector.get_columns(name)) for name in _names(inspector)}


def read_query_tables(
    url: str, *, tables: Mapping[str, str] | None = None, chunk_rows: int = 100_000, timeout: float = 600.0
) -> Iterator[TableChunk]:
    """Read tables in chunks, as text.

    Rows come in the order of the primary key; without one, of all columns that can be ordered, so that reading the
    same rows again gives the same chunks. An empty table gives one chunk without rows. Nothing is opened before the
    first chunk is asked for; closing the iterator closes the connection.

    Args:
        url: any SQLAlchemy URL.
        tables: name to give -> table or view of the database, written `schema.table` outside the default schema; if
            None, all tables and views of the default schema by their own names.
        chunk_rows: most rows of a chunk, at least 1; memory follows it.
        timeout: seconds that an answer may take.

    Raises:
        DataError: if the driver is not installed, the database cannot be opened, lacks a table, refuses or stalls.
    """
    if chunk_rows < 1:
        raise DataError(f"chunk_rows is {chunk_rows}; it must be at least 1")
    with open_read_only(url, timeout=timeout) as session:
        with session.waiting():
            plans = _plans(session, tables, database_label(url))
        for name, columns, statement in plans:
            yield from _chunks(session, name, columns, statement, chunk_rows)


_Plan = tuple[str, list[str], sa.Select[Any]]


def _plans(session: Session, wanted: Mapping[str, str] | None, shown: str) -> list[_Plan]:
    """What to select for each table: all of them are looked up before the first is read."""
    inspector = sa.inspect(session.connection)
    names = _names(inspector)
    if not names and not wanted:
        raise DataError(f"{shown} holds no table that this user can see")
    found = []
    for name, place in (wanted or {name: name for name in names}).items():
        schema, table = _locate(inspector, place, names, shown)
        columns = inspector.get_columns(table, schema=schema)
        key = inspector.get_pk_constraint(table, schema=schema)["constrained_columns"]
        order = key or [column["name"] for column in columns if _sortable(column["type"], inspector.dialect.name)]
        labels = [column["name"] for column in columns]
        source = sa.table(table, *map(sa.column, labels), schema=schema)
        found.append((name, labels, _select(source, order, as_text=inspector.dialect.name == "postgresql")))
    return found


def _sortable(kind: Any, dialect: str) -> bool:
    return isinstance(kind, _SORTABLE) and not (isinstance(kind, sa.Text) and dialect in _NO_LONG_TEXT)


def _names(inspector: Inspector) -> list[str]:
    names = inspector.get_table_names() + inspector.get_view_names()
    if inspector.dialect.name == "postgresql":
        names += inspector.get_materialized_view_names()
    return sorted(names)


def _locate(inspector: Inspector, place: str, names: Sequence[str], shown: str) -> tuple[str | None, str]:
    """Schema (None: the default one) and name of a table or view."""
    if inspector.has_table(place):
        return None, place
    schema, _, table = place.partition(".")
    if table and inspector.has_table(table, schema=schema):
        return schema, table
    near = difflib.get_close_matches(place, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise DataError(f"{shown} has no table {place!r} that this user can see; there are {list(names)[:20]}{hint}")


def _select(table: sa.TableClause, order: Sequence[str], *, as_text: bool) -> sa.Select[Any]:
    """All columns, as the driver gives them or cast to text (labelled by place, so that the order is not by text)."""
    columns: list[sa.ColumnElement[Any]] = list(table.columns)
    if as_text:
        columns = [sa.cast(column, sa.Text).label(f"c{place}") for place, column in enumerate(columns)]
    return sa.select(*columns).order_by(*(table.c[name] for name in order))


def _chunks(
    session: Session, name: str, columns: list[str], statement: sa.Select[Any], chunk_rows: int
) -> Iterator[TableChunk]:
    with session.waiting():
        result = session.connection.execute(statement, execution_options={"yield_per": chunk_rows})
    try:
        first = 1
        while True:
            with session.waiting():
                rows = result.fetchmany(chunk_rows)
            if first == 1 or rows:
                numbers = np.arange(first, first + len(rows), dtype=np.int64)
                yield TableChunk(name, _frame(rows, columns), numbers)
            first += len(rows)
            if len(rows) < chunk_rows:
                return
    except BaseException:
        session.connection.invalidate()  # so that closing the result does not ask a server that may be gone
        raise
    finally:
        result.close()


def _frame(rows: Sequence[Sequence[Any]], columns: list[str]) -> pd.DataFrame:
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    texts = [pd.Series([as_text(value) for value in column], dtype="str") for column in cells]
    table = pd.concat(texts, axis=1) if texts else pd.DataFrame()
    return table.set_axis(columns, axis=1)


def as_text(value: Any) -> str:
    """A value as a CSV export writes it: numbers in full, days as 2025-06-01, missing as nothing.

    >>> [as_text(value) for value in (None, True, 5.0, Decimal("1E+3"), Decimal("3200.00"), date(2025, 6, 1))]
    ['', 'true', '5', '1000', '3200.00', '2025-06-01']
    """
    return value if type(value) is str else _FORMS.get(type(value), str)(value)


_FORMS: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    float: lambda value: repr(value).removesuffix(".0"),
    Decimal: lambda value: format(value, "f"),
    date: date.isoformat,
    time: time.isoformat,
    datetime: lambda value: value.isoformat(sep=" "),
    bytes: lambda value: rf"\x{value.hex()}",
    dict: lambda value: json.dumps(value, ensure_ascii=False),
    list: lambda value: json.dumps(value, ensure_ascii=False),
}
