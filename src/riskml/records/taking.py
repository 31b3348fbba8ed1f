"""Rows of a source table on their way: read by field, looked up in other tables, told apart, and rejected."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from riskml.errors import DataError
from riskml.records.account import PRIVATE
from riskml.records.declarations import Emit, Field, Source, SourceTable
from riskml.records.emitting import PLACE, value_of
from riskml.records.matching import matrix_columns
from riskml.records.values import parse

SHAPED: Final = (*PRIVATE, "uscc", "licence")
"""Kinds whose faults show no person's name or number."""


@dataclass
class Taken:
    """The rows of one source table on their way: raw, parsed, and what was rejected so far."""

    table: SourceTable
    raw: pd.DataFrame
    parsed: pd.DataFrame
    merged: "pd.Series[bool]"
    rejected: "pd.Series[str]"
    unread: dict[str, tuple[int, list[str]]]

    @property
    def kept(self) -> pd.DataFrame:
        """Parsed rows neither merged nor rejected."""
        return self.parsed[~self.merged & self.rejected.isna()]

    def reject(self, places: Iterable[int], reason: str) -> None:
        """Quarantine rows that were not rejected before."""
        chosen = self.rejected.index.isin(list(places)) & self.rejected.isna()
        self.rejected = self.rejected.mask(chosen, reason)


def take(source: Source, table: SourceTable, raw: pd.DataFrame) -> Taken:
    """The rows of a table, each field parsed; equal rows are merged, rows without what is required rejected.

    Args:
        source: for its missing marks.
        table: which of its tables.
        raw: cells as text under field names, further columns, `_file` and `_row`.
    """
    rejected = pd.Series(None, index=raw.index, dtype="str")
    merged = raw.drop(columns=["_file", "_row"]).duplicated()
    columns, unread = {}, {}
    matrix = {name: Field((name,), "integer") for name in matrix_columns(table, raw)}
    for name, spec in {**table.fields, **matrix}.items():
        if spec.value is not None:
            continue
        values, faults = _read(source, spec, raw, name)
        columns[name] = values
        bad = faults.notna() & ~merged & rejected.isna()
        if spec.required or spec.sound:
            reason = (name + ": " + faults).where(faults.notna(), f"{name}: is missing")
            wrong = values.isna() if spec.required else faults.notna()
            rejected = rejected.mask(rejected.isna() & wrong & ~merged, reason)
        elif bad.any():
            shown = faults if spec.kind in SHAPED else raw[name]
            unread[name] = (int(bad.sum()), shown[bad].head(3).tolist())
    return Taken(table, raw, pd.DataFrame(columns, index=raw.index), merged, rejected, unread)


def _read(source: Source, spec: Field, raw: pd.DataFrame, name: str) -> "tuple[pd.Series[Any], pd.Series[str]]":
    """Values and faults of one field; a field whose column the file lacks is missing everywhere."""
    text = raw[name] if name in raw else pd.Series("", index=raw.index, dtype="str")
    if spec.reject:
        text = text.mask(text.str.strip().isin(spec.reject), "")
    if spec.pattern:
        text = text.str.strip().str.extract(spec.pattern, expand=False).fillna("")
    found = parse(text, spec.kind, **{"missing": source.missing, **spec.options})
    if spec.parts is None:
        return found.values, found.faults
    return _coded_parts(found.values, found.faults, spec.parts)


def _coded_parts(
    lists: "pd.Series[Any]", faults: "pd.Series[str]", codes: Any
) -> "tuple[pd.Series[Any], pd.Series[str]]":
    """Lists of codes for lists of words, each code once; one unknown word makes the whole cell a fault."""
    words = lists[lists.notna()].explode().astype("str")
    read = parse(words, "coded", codes=codes)
    unknown = read.faults[read.faults.notna()]
    unknown = unknown[~unknown.index.duplicated()]
    values = read.values.groupby(level=0, sort=False).agg(lambda group: list(dict.fromkeys(group)))
    values = values.drop(unknown.index).reindex(lists.index)
    return values.astype("object"), faults.where(faults.notna(), unknown.reindex(faults.index))


def look_up(taken: Taken, by_name: dict[str, Taken]) -> None:
    """Look fields up in the kept rows of other tables, in place; an optional table that is not there says nothing.

    Raises:
        DataError: if a table that is needed is not there.
    """
    for join in taken.table.joins:
        if join.table not in by_name and not join.optional:
            raise DataError(f"table {taken.table.name!r} needs the table {join.table!r} beside it; give its file too")
        if join.table not in by_name:
            for name in set(join.take) - set(taken.parsed):
                taken.parsed[name] = pd.Series(None, index=taken.parsed.index, dtype="str")
            continue
        others = by_name[join.table].kept
        other = others[others[join.on].notna()].drop_duplicates(join.on).set_index(join.on)
        for name in join.take:
            found = other[name].reindex(taken.parsed[join.on]).set_axis(taken.parsed.index)
            taken.parsed[name] = taken.parsed[name].fillna(found) if name in taken.parsed else found


def settle(source: Source, taken: Taken) -> None:
    """Fill the fields made of others and tell rows apart by the key, in place.

    A row of a key already seen is merged if it says the same in every field, and rejected if it does not.
    """
    for name, spec in taken.table.fields.items():
        if spec.value is not None:
            taken.parsed[name] = value_of(spec.value, taken.parsed, source)
            if spec.required:
                kept = taken.kept
                taken.reject(kept.index[kept[name].isna()], f"{name}: is missing")
    if not taken.table.key:
        return
    key = list(taken.table.key)
    kept = taken.kept
    again = kept.duplicated(key)
    if not again.any():
        return
    alike = kept[kept.duplicated(key, keep=False)].astype("str").duplicated().reindex(kept.index, fill_value=False)
    taken.merged = taken.merged | (again & alike).reindex(taken.merged.index, fill_value=False)
    taken.reject(kept.index[again & ~alike], f"key: another row of the same {'+'.join(key)} says otherwise")


def left_to(taken: Taken, emit: Emit, by_name: dict[str, Taken]) -> pd.DataFrame:
    """The kept rows that a block is for: without those that it leaves to another table."""
    rows = taken.kept
    table, name = emit.unless
    if table not in by_name:
        return rows
    return rows[~rows[name].isin(by_name[table].kept[name].dropna())] if name else rows.iloc[:0]


def contradictions(emit: Emit, rows: pd.DataFrame) -> "pd.Index[int]":
    """Places of rows that differ from the first row of their combination; a missing value says nothing."""
    grouped = rows.groupby(list(emit.once_per), dropna=False)
    differs = pd.Series(False, index=rows.index)
    for name in emit.agree:
        first = grouped[name].transform("first")
        differs |= rows[name].notna() & (rows[name] != first)
    places: pd.Index[int] = pd.Index(rows.index[differs])
    return places


def known_too_early(rows: pd.DataFrame) -> "pd.Index[int]":
    """Places of canonical rows known before the day they happened."""
    happened = next((name for name in ("occurred_on", "visited_on") if name in rows), None)
    if happened is None or "known_on" not in rows:
        return pd.Index([], dtype="int64")
    early: pd.Index[int] = pd.Index(rows.loc[rows["known_on"] < rows[happened], PLACE])
    return early


def ended_too_early(events: pd.DataFrame, amendments: pd.DataFrame) -> "pd.Index[int]":
    """Places of amendments that take effect before the event they amend occurred."""
    occurred = events.drop_duplicates("event_id").set_index("event_id")["occurred_on"]
    since = occurred.reindex(amendments["event_id"]).set_axis(amendments.index)
    early: pd.Index[int] = pd.Index(amendments.loc[amendments["effective_on"] < since, PLACE])
    return early
