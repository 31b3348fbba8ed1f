"""Rows of a source table on their way: read by field, told apart, settled, and rejected with a reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.records._cells import TEXT, as_column
from riskml.records.account import PRIVATE
from riskml.records.declarations import Emit, Field, Join, Source, SourceTable
from riskml.records.fields import Cells, Reading, read_field
from riskml.records.matching import matrix_columns
from riskml.records.repeats import Places, repeats, twins
from riskml.records.set_values import PLACE, value_of

SHAPED: Final = (*PRIVATE, "uscc", "licence")
"""Kinds whose faults show no person's name or number."""


class Taken:
    """The rows of one source table on their way: raw, parsed, and what was rejected so far.

    Attributes:
        table: its declaration.
        raw: cells as text under field names, further columns, `_file` and `_row`; index 0 to n - 1, the places.
        merged: by place: an equal row stands before, shape (n,).
        parsed: the fields that the file brings, by place; a field of the table that is none of its columns is missing
            in every row. Rows that are not kept may have left it.
        unread: cells of kept rows that could not be read: field -> (count, examples).
    """

    def __init__(self, table: SourceTable, raw: pd.DataFrame) -> None:
        self.table = table
        self.raw = raw
        self.merged: NDArray[np.bool_] = np.zeros(len(raw), dtype=np.bool_)
        self.parsed = pd.DataFrame(index=raw.index)
        self.unread: dict[str, tuple[int, list[str]]] = {}
        self._reasons: list[str] = []
        self._reason: NDArray[np.int32] = np.full(len(raw), -1, dtype=np.int32)

    @property
    def gone(self) -> NDArray[np.bool_]:
        """By place: the row was rejected."""
        return self._reason >= 0

    @property
    def rejected(self) -> "pd.Series[str]":
        """Reason by place ("rule: words"); missing where the row was kept or merged."""
        codes = pa.array(self._reason, mask=self._reason < 0)
        return as_column(pa.array(self._reasons, type=TEXT).take(codes), pd.Series(self._reason, name="rejected"))

    @property
    def kept(self) -> pd.DataFrame:
        """Parsed rows neither merged nor rejected."""
        here = self.parsed.index.to_numpy()
        left = ~(self.merged | self.gone)[here]
        if not left.all():
            self.parsed = self.parsed[left]
        return self.parsed

    def forget(self) -> None:
        """Let go of the parsed rows."""
        self.parsed = self.parsed.iloc[:0]

    def reject(self, places: "Iterable[int] | Places", reason: str) -> None:
        """Quarantine rows that were not rejected before."""
        at = np.asarray(places if isinstance(places, np.ndarray) else list(places), dtype=np.int64)
        self._reject(at, [reason], np.zeros(len(at), dtype=np.int32))

    def reject_each(self, places: Places, reasons: Sequence[str]) -> None:
        """Quarantine rows that were not rejected before, each for its reason."""
        self._reject(places, list(reasons), np.arange(len(places), dtype=np.int32))

    def _reject(self, places: Places, reasons: list[str], which: NDArray[np.int32]) -> None:
        fresh = self._reason[places] < 0
        self._reason[places[fresh]] = which[fresh] + len(self._reasons)
        self._reasons += reasons


def take(source: Source, table: SourceTable, raw: pd.DataFrame) -> Taken:
    """The rows of a table, each field parsed; equal rows are merged, rows without what is required rejected.

    Args:
        source: for its missing marks.
        table: which of its tables.
        raw: cells as text under field names, further columns, `_file` and `_row`; index 0, 1, ...
    """
    taken = Taken(table, raw)
    cells = [name for name in raw.columns if name not in ("_file", "_row")]
    first = [name for name in table.key if name in cells]
    taken.merged = repeats([raw[name] for name in dict.fromkeys([*first, *cells])], len(raw))
    fields = {name: spec for name, spec in table.fields.items() if spec.value is None}
    fields |= {name: Field((name,), "integer") for name in matrix_columns(table, raw)}
    uses = Counter(spec.columns for name, spec in fields.items() if name in raw)
    shared: dict[tuple[str, ...], Cells] = {}
    columns = {}
    for name, spec in fields.items():
        if name not in raw:
            if spec.required:
                taken.reject(np.flatnonzero(~taken.merged), f"{name}: is missing")
            continue
        column = shared[spec.columns] if spec.columns in shared else Cells.of(raw[name])
        if uses[spec.columns] > 1:
            shared[spec.columns] = column
        reading = read_field(source, spec, column)
        columns[name] = reading.values
        _judge(taken, spec, name, reading)
    taken.parsed = pd.DataFrame(columns, index=raw.index, copy=False)
    return taken


def _judge(taken: Taken, spec: Field, name: str, reading: Reading) -> None:
    """Reject the rows that a field makes useless; count the cells of the others that could not be read."""
    if spec.required or spec.sound:
        wrong = reading.missing if spec.required else reading.places
        wrong = wrong[~(taken.merged | taken.gone)[wrong]]
        if len(wrong):
            taken.reject_each(wrong, reading.reasons(name, wrong))
        return
    bad = ~(taken.merged | taken.gone)[reading.places]
    if bad.any():
        at = reading.places[bad]
        shown = reading.faults[bad] if spec.kind in SHAPED else taken.raw[name].iloc[at[:3]]
        taken.unread[name] = (len(at), shown.head(3).tolist())


def look_up(taken: Taken, by_name: dict[str, Taken]) -> None:
    """Look fields up in the kept rows of other tables, in place; an optional table that is not there says nothing.

    Raises:
        DataError: if a table that is needed is not there.
    """
    for join in taken.table.joins:
        if join.table in by_name:
            _look_up_in(taken, join, by_name[join.table].kept)
        elif not join.optional:
            raise DataError(f"table {taken.table.name!r} needs the table {join.table!r} beside it; give its file too")


def _look_up_in(taken: Taken, join: Join, others: pd.DataFrame) -> None:
    if join.on not in taken.parsed or join.on not in others:
        return
    named = others[others[join.on].notna()]
    other = named[~repeats([named[join.on]], len(named))].set_index(join.on)
    for name in join.take:
        if name not in other or other[name].isna().all():
            continue
        found = other[name].reindex(taken.parsed[join.on]).set_axis(taken.parsed.index)
        taken.parsed[name] = taken.parsed[name].fillna(found) if name in taken.parsed else found


def settle(source: Source, taken: Taken) -> None:
    """Fill the fields made of others and tell rows apart by the key, in place.

    A row of a key already seen is merged if it says the same in every field, and rejected if it does not.
    """
    for name, spec in taken.table.fields.items():
        if spec.value is None:
            continue
        rows = taken.kept
        made = value_of(spec.value, rows, source)
        if made is not None:
            taken.parsed[name] = made
        if spec.required:
            missing = (
                rows.index.to_numpy() if made is None else taken.parsed.index[taken.parsed[name].isna()].to_numpy()
            )
            taken.reject(missing, f"{name}: is missing")
    if taken.table.key:
        _tell_apart(taken, list(taken.table.key))


def _tell_apart(taken: Taken, key: list[str]) -> None:
    """Merge the rows of a repeated key that say the same as an earlier one, and reject those that do not."""
    rows = taken.kept
    at, group = twins([rows[name] for name in key if name in rows], len(rows))
    if not len(at):
        return
    again = pd.Series(group).duplicated().to_numpy()
    alike = rows.iloc[at].astype("str").duplicated().to_numpy()
    places = rows.index.to_numpy()[at]
    taken.merged[places[again & alike]] = True
    taken.reject(places[again & ~alike], f"key: another row of the same {'+'.join(key)} says otherwise")


def left_to(taken: Taken, emit: Emit, by_name: dict[str, Taken]) -> pd.DataFrame:
    """The kept rows that a block is for: without those that it leaves to another table."""
    rows = taken.kept
    table, name = emit.unless
    if table not in by_name:
        return rows
    others = by_name[table].kept
    if not name:
        return rows.iloc[:0]
    if name not in others or name not in rows:
        return rows
    return rows[~rows[name].isin(others[name].dropna())]


def contradictions(emit: Emit, rows: pd.DataFrame) -> Places:
    """Places of rows that differ from the first row of their combination; a missing value says nothing."""
    keys = [name for name in emit.once_per if name in rows]
    differs = np.zeros(len(rows), dtype=np.bool_)
    for name in emit.agree:
        if name in rows:
            first = rows.groupby(keys, dropna=False)[name].transform("first") if keys else rows[name].bfill().iloc[0]
            differs |= (rows[name].notna() & (rows[name] != first)).to_numpy(dtype=np.bool_, na_value=False)
    places: Places = rows.index.to_numpy()[differs]
    return places


def known_too_early(rows: pd.DataFrame) -> Places:
    """Places of canonical rows known before the day they happened."""
    happened = next((name for name in ("occurred_on", "visited_on") if name in rows), None)
    if happened is None or "known_on" not in rows:
        return np.empty(0, dtype=np.int64)
    places: Places = rows.loc[rows["known_on"] < rows[happened], PLACE].to_numpy()
    return places


def ended_too_early(events: pd.DataFrame, amendments: pd.DataFrame) -> Places:
    """Places of amendments that take effect before the event they amend occurred."""
    occurred = events[~repeats([events["event_id"]], len(events))].set_index("event_id")["occurred_on"]
    since = occurred.reindex(amendments["event_id"]).set_axis(amendments.index)
    places: Places = amendments.loc[amendments["effective_on"] < since, PLACE].to_numpy()
    return places
