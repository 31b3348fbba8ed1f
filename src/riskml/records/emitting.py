"""Parsed rows become rows of canonical tables, by the `emit` blocks of a source's TOML."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.records._cells import as_column, as_texts, joined
from riskml.records.contract import KEYS, TABLES
from riskml.records.declarations import Emit, Source, SourceTable, references
from riskml.records.items import ITEM_FIELDS, exploded_items, label_versions
from riskml.records.repeats import repeats
from riskml.records.set_values import PLACE, as_text, value_of

_HAPPENED: Final = {
    "events": "occurred_on",
    "inspections": "visited_on",
    "amendments": "effective_on",
    "grades": "valid_from",
}
_OWNERS: Final = ("site_id", "subject_id", "name")
"""Columns by which a row finds its site: a block that sets one has it, and each has site_id, even without a value."""
NOTHING: Final = pd.DataFrame({PLACE: pd.Series(dtype="int64")})
"""What a block makes of no row."""


def emitted(
    source: Source, table: SourceTable, emit: Emit, rows: pd.DataFrame
) -> tuple[pd.DataFrame, Mapping[int, str]]:
    """The canonical rows of one emit block.

    Args:
        source: for its lag and label versions.
        table: the input table.
        emit: the block.
        rows: parsed fields of the rows kept, shape (n, fields), index = places; a field without a column is missing.

    Returns:
        The columns that the block sets and that have a value, the defaults of its table (known_on, label_version,
        event_id), and `PLACE`; and why the row of a place cannot be used, for those with an item of no class.
    """
    if rows.empty or any(name not in rows for name in emit.where if not (table.items and name in ITEM_FIELDS)):
        return NOTHING, {}
    wanted = _fields(table, emit)
    extra = {name for name in rows.columns if table.items and emit.each == "item" and _is_item(table, str(name))}
    chosen = rows[[name for name in rows.columns if name in wanted | extra]]
    chosen = _fitting(chosen, {name: values for name, values in emit.where.items() if name != emit.each})
    chosen = chosen.assign(**{PLACE: chosen.index.to_numpy(dtype=np.int64)})
    reasons: Mapping[int, str] = {}
    if emit.each == "item" and table.items:
        chosen, reasons = exploded_items(source, table.items, chosen, wanted)
    elif emit.each:
        chosen = _parted(chosen, emit.each)
    chosen = _fitting(chosen, {name: values for name, values in emit.where.items() if name == emit.each})
    if emit.once_per:
        chosen = _once(emit, chosen)
    return _made(source, table, emit, chosen.reset_index(drop=True)), reasons


def _fields(table: SourceTable, emit: Emit) -> set[str]:
    """The fields that a block names."""
    named = {name for value in emit.set.values() for name in references(value)}
    key = table.key if emit.to == "events" and "event_id" not in emit.set else ()
    return {*named, *emit.once_per, *emit.agree, *emit.where, *key, *([emit.each] if emit.each else [])}


def _is_item(table: SourceTable, name: str) -> bool:
    items = table.items
    if items is None:
        return False
    return name.startswith(items.prefix) if items.form == "matrix" else name in (items.field, items.dated_by)


def _fitting(rows: pd.DataFrame, where: Mapping[str, tuple[Any, ...]]) -> pd.DataFrame:
    """The rows whose fields have one of the values named; no value named means any."""
    for name, values in where.items():
        fits = rows[name].isin(values) if values else rows[name].notna()
        rows = rows if fits.all() else rows[fits]
    return rows


def _parted(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """One row for each different part of a list."""
    lists = rows[name].tolist() if name in rows else [None] * len(rows)
    parts = [list(dict.fromkeys(told)) if isinstance(told, list) else [] for told in lists]
    single = rows.iloc[np.repeat(np.arange(len(rows)), [len(told) for told in parts])]
    return single.assign(**{name: pd.Series([part for told in parts for part in told], dtype=None).array})


def _once(emit: Emit, rows: pd.DataFrame) -> pd.DataFrame:
    """The first row of each combination, with the first value that is known of what all its rows agree in."""
    keys = [name for name in emit.once_per if name in rows]
    for name in (name for name in emit.agree if name in rows):
        first = rows.groupby(keys, dropna=False)[name].transform("first") if keys else rows[name].bfill()
        rows = rows.assign(**{name: first})
    return rows[~repeats([rows[name] for name in keys], len(rows))]


def _made(source: Source, table: SourceTable, emit: Emit, rows: pd.DataFrame) -> pd.DataFrame:
    """The canonical rows of fields; a row without a value that its table needs makes none."""
    columns = {name: value_of(value, rows, source) for name, value in emit.set.items()}
    needed = [name for name, column in TABLES[emit.to].items() if column.required and name in emit.set]
    needed = [name for name in needed if name != "site_id" or not emit.link]
    if rows.empty or any(columns[name] is None for name in needed):
        return NOTHING
    there = {name: value for name, value in columns.items() if value is not None}
    absent = ({*emit.set} & {*_OWNERS} | {"site_id"}) - {*there} if emit.to != "amendments" else set()
    there |= {name: pd.Series(None, index=rows.index, dtype="str") for name in absent}
    made = pd.DataFrame({**there, PLACE: rows[PLACE]}, index=rows.index, copy=False)
    _add_defaults(source, table, emit, made, rows)
    if emit.number:
        _number(made, KEYS[emit.to])
    for name in needed:
        if made[name].isna().any():
            made = made[made[name].notna()]
    return made.reset_index(drop=True)


def _number(made: pd.DataFrame, key: list[str]) -> None:
    """Give repeated ids their number, in place: the second one ends in ":2"."""
    for name in key:
        again = made.groupby(name).cumcount()
        made[name] = made[name].where(again == 0, made[name] + ":" + (again + 1).astype("str"))


def _add_defaults(source: Source, table: SourceTable, emit: Emit, made: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Fill what a block may leave out, in place: known_on (the day plus the lag), label_version, event_id, source."""
    happened = _HAPPENED.get(emit.to)
    if happened in made and "known_on" not in made:
        made["known_on"] = made[happened] + pd.Timedelta(days=source.lag_days)
    if emit.to == "inspections" and "label_version" not in made:
        made["label_version"] = label_versions(source, made["visited_on"])
    if emit.to == "events":
        if "event_id" not in made:
            made["event_id"] = _event_ids(table, emit, rows)
        made["source"] = table.name


def _event_ids(table: SourceTable, emit: Emit, rows: pd.DataFrame) -> "pd.Series[str]":
    """Ids from the table, the key of the row, and what tells events of one row apart."""
    parts: list[Any] = [f"{table.name}.{table.emits.index(emit)}"]
    for name in (*table.key, *([emit.each] if emit.each else [])):
        parts += [":", as_texts(as_text(rows[name]).fillna("")) if name in rows else ""]
    if all(isinstance(part, str) for part in parts):
        return pd.Series("".join(parts), index=rows.index, dtype="str")
    return as_column(joined(*parts), rows[PLACE]).rename(None)
