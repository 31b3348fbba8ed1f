"""Parsed rows become rows of canonical tables, by the `emit` blocks of a source's TOML."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import StudyError
from riskml.records.contract import KEYS, TABLES
from riskml.records.declarations import Emit, Items, Source, SourceTable, references

PLACE: Final = "_place"
"""Column that tells from which row of the input table a canonical row comes."""
_HAPPENED: Final = {
    "events": "occurred_on",
    "inspections": "visited_on",
    "amendments": "effective_on",
    "grades": "valid_from",
}


def emitted(source: Source, table: SourceTable, emit: Emit, rows: pd.DataFrame) -> pd.DataFrame:
    """The canonical rows of one emit block.

    Args:
        source: for its lag and label versions.
        table: the input table.
        emit: the block.
        rows: parsed fields of the rows kept, shape (n, fields), index = places.

    Returns:
        The columns that the block sets, the defaults of its table (known_on, label_version, event_id), and `PLACE`.
    """
    chosen = rows.assign(**{PLACE: rows.index})
    chosen = _fitting(chosen, {name: values for name, values in emit.where.items() if name != emit.each})
    if emit.each == "item":
        chosen = exploded_items(source, table.items, chosen) if table.items else chosen
    elif emit.each:
        chosen = chosen.explode(emit.each)
        chosen = chosen[chosen[emit.each].notna() & ~chosen.duplicated([PLACE, emit.each])]
    chosen = _fitting(chosen, {name: values for name, values in emit.where.items() if name == emit.each})
    if emit.once_per:
        for name in emit.agree:  # the first value that is known speaks for all rows of a combination
            chosen = chosen.assign(**{name: chosen.groupby(list(emit.once_per), dropna=False)[name].transform("first")})
        chosen = chosen[~chosen.duplicated(list(emit.once_per))]
    made = pd.DataFrame({name: value_of(value, chosen, source) for name, value in emit.set.items()}, index=chosen.index)
    made[PLACE] = chosen[PLACE]
    made = _with_defaults(source, table, emit, made.reset_index(drop=True), chosen.reset_index(drop=True))
    if emit.number:
        _number(made, KEYS[emit.to])
    needed = [name for name, column in TABLES[emit.to].items() if column.required and name in made]
    return made.dropna(subset=[name for name in needed if name != "site_id" or not emit.link], ignore_index=True)


def _fitting(rows: pd.DataFrame, where: Mapping[str, tuple[Any, ...]]) -> pd.DataFrame:
    """The rows whose fields have one of the values named; no value named means any."""
    for name, values in where.items():
        rows = rows[rows[name].notna() if not values else rows[name].isin(values)]
    return rows


def _number(made: pd.DataFrame, key: list[str]) -> None:
    """Give repeated ids their number, in place: the second one ends in ":2"."""
    for name in key:
        again = made.groupby(name).cumcount()
        made[name] = made[name].where(again == 0, made[name] + ":" + (again + 1).astype("str"))


def value_of(value: Any, rows: pd.DataFrame, source: Source) -> Any:
    """What one entry of `set` gives for the rows: a field, template, constant or shifted day, or the first of such."""
    if isinstance(value, list):
        return _first_value([value_of(one, rows, source) for one in value], rows)
    if isinstance(value, dict):
        return value["const"] if "const" in value else _made_of_field(value, rows, source)
    if not isinstance(value, str):
        return value
    if "{" not in value:
        return rows[value]
    text: pd.Series[str] = pd.Series("", index=rows.index, dtype="str")
    for part in value.replace("}", "{").split("{"):
        text = text + (as_text(rows[part]) if part in references(value) else part)
    return text


def _made_of_field(value: dict[str, Any], rows: pd.DataFrame, source: Source) -> "pd.Series[Any]":
    """A field whose values are mapped, or whose days are shifted."""
    field: pd.Series[Any] = value_of(value["field"], rows, source)
    if "map" in value:
        found: pd.Series[Any] = field.map(value["map"])
        return found.fillna(value["otherwise"]) if "otherwise" in value else found
    if "plus_workdays" in value:
        return plus_workdays(field, int(value["plus_workdays"]))
    shift = value.get("plus_days", 0)
    moved: pd.Series[Any] = field + pd.Timedelta(days=source.lag_days if shift == "lag" else int(shift))
    return moved


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


def _first_value(values: list[Any], rows: pd.DataFrame) -> "pd.Series[Any]":
    """For each row the first of the values that is not missing."""
    columns = [value if isinstance(value, pd.Series) else pd.Series(value, index=rows.index) for value in values]
    found = columns[0]
    for column in columns[1:]:
        found = found.where(found.notna(), column)
    return found


def as_text(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Values as text, days as 2025-06-01; missing ones stay missing."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.Series(column.dt.strftime("%Y-%m-%d").astype("str"))
    return column.astype("str").mask(column.isna())


def exploded_items(source: Source, items: Items, rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each item that a row holds, with the fields item, item_code, item_severity and item_count.

    Raises:
        StudyError: if an item belongs to no class.
    """
    parts = _matrix_items(items, rows) if items.form == "matrix" else _text_items(items, rows)
    version = label_versions(source, parts[items.dated_by]) if items.dated_by else pd.Series("", index=parts.index)
    pairs = pd.MultiIndex.from_arrays([version, parts["item"]])
    classes = {pair: class_of(items, *pair) for pair in pairs.unique()}
    return parts.assign(
        item_code=[classes[pair]["code"] for pair in pairs],
        item_severity=[int(classes[pair].get("severity", 0)) for pair in pairs],
    )


def _matrix_items(items: Items, rows: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in rows.columns if str(name).startswith(items.prefix)]
    counts = rows[columns].fillna(0).to_numpy(np.int64)
    place, column = np.nonzero(counts)
    names = np.array([str(name).removeprefix(items.prefix) for name in columns], dtype=object)
    found = rows.drop(columns=columns).iloc[place]
    return found.assign(item=names[column], item_count=counts[place, column])


def _text_items(items: Items, rows: pd.DataFrame) -> pd.DataFrame:
    texts = rows[items.field].str.split(items.separator, regex=False) if items.separator else rows[items.field]
    single = rows.assign(item=texts).explode("item")
    if items.pattern:
        single["item"] = single["item"].str.strip().str.extract(items.pattern, expand=True)["item"]
    single = single[single["item"].notna() & (single["item"] != "")]
    count = single.groupby([PLACE, "item"])["item"].transform("size")
    return single.assign(item_count=count)[~single.duplicated([PLACE, "item"])]


def class_of(items: Items, version: str, item: str) -> Any:
    """The class of an item under a label version; a class without `is` and `first` takes what no other does."""
    mine = [kind for kind in items.classes if kind.get("version", version) == version]
    for kind in mine:
        if "is" in kind and item in kind["is"]:
            return kind
        if "first" in kind and item.isdigit() and kind["first"] <= int(item) <= kind["last"]:
            return kind
    rest = [kind for kind in mine if "is" not in kind and "first" not in kind]
    if rest:
        return rest[0]
    raise StudyError(f"item {item!r} is in no class of the source's items{f' of {version}' if version else ''}")


def _with_defaults(
    source: Source, table: SourceTable, emit: Emit, made: pd.DataFrame, rows: pd.DataFrame
) -> pd.DataFrame:
    """Fill what a block may leave out: known_on (the day plus the lag), label_version, event_id, source."""
    happened = _HAPPENED.get(emit.to)
    if happened in made and "known_on" not in made:
        made["known_on"] = made[happened] + pd.Timedelta(days=source.lag_days)
    if emit.to == "inspections" and "label_version" not in made:
        made["label_version"] = label_versions(source, made["visited_on"])
    if emit.to == "events":
        if "event_id" not in made:
            made["event_id"] = _event_ids(table, emit, made, rows)
        made["source"] = table.name
    return made


def label_versions(source: Source, visited: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    """The code set in force on each day."""
    version = pd.Series(source.label_versions[0][1], index=visited.index, dtype="str")
    for first, name in source.label_versions[1:]:
        version = version.mask(visited >= pd.Timestamp(first), name)
    return version


def _event_ids(table: SourceTable, emit: Emit, made: pd.DataFrame, rows: pd.DataFrame) -> "pd.Series[str]":
    """Ids from the table, the key of the row, and what tells events of one row apart."""
    number = table.emits.index(emit)
    text = pd.Series(f"{table.name}.{number}", index=made.index, dtype="str")
    for name in table.key:
        text = text + ":" + as_text(rows[name])
    if emit.each == "item":
        text = text + ":" + rows["item"].astype("str")
    elif emit.each:
        text = text + ":" + as_text(rows[emit.each])
    return text
