"""Files of a source become canonical records: read, matched, parsed, checked, emitted, linked, and counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskml.errors import DataError
from riskml.records import contract
from riskml.records.account import PRIVATE, Fate, dropped, make_report, quarantined
from riskml.records.declarations import Emit, Field, Source, SourceTable
from riskml.records.emitting import PLACE, emitted, value_of
from riskml.records.inputs import raw_tables
from riskml.records.linking import UNLINKED, linked, with_sites_of_visits
from riskml.records.matching import match_table, matrix_columns, named_cells
from riskml.records.reading import RawTable
from riskml.records.site_history import changes, joined, site_rows
from riskml.records.store import Records
from riskml.records.values import parse


@dataclass(frozen=True)
class Ingested:
    """Canonical records, and the account of every input row.

    Attributes:
        records: what was kept.
        report: rows_in = rows_kept + rows_merged + rows_quarantined, in all, by file, by table and by rule.
    """

    records: Records
    report: dict[str, Any]


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


def ingest(source: Source, inputs: Sequence["Path | str"]) -> Ingested:
    """Read the files of one source and map them to canonical records.

    Args:
        source: see `riskml.records.source`.
        inputs: files or database URLs, read in the order given; the first of two equal rows is kept.

    Raises:
        DataError: if a file is unreadable or no table of the source, or nothing is left to keep.
    """
    return ingest_tables(source, raw_tables(source, inputs))


def ingest_tables(source: Source, raws: Sequence[RawTable]) -> Ingested:
    """As `ingest`, from tables of text already read."""
    taken = _taken(source, raws)
    by_name = {table.table.name: table for table in taken}
    for table in taken:
        _join(table, by_name)
    made = _emit_all(source, taken)
    records = _records(source, taken, made, raws)
    fates = [Fate(t.table.name, t.raw, t.merged, t.rejected, t.unread) for t in taken]
    fates.append(dropped(raws))
    if records.inspections.empty and records.events.empty:
        reasons = sorted({str(reason) for t in taken for reason in t.rejected.dropna().unique()[:3]})
        raise DataError(f"source {source.name}: no row could be kept; reasons: {reasons[:3]}")
    return Ingested(records, make_report(source.name, fates))


def _taken(source: Source, raws: Sequence[RawTable]) -> list[Taken]:
    """Every source table with the rows of all files that are one of it."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for raw in raws:
        table = match_table(source, raw)
        named = named_cells(table, raw)
        parts.setdefault(table.name, []).append(named)
    return [
        _parsed(source, table, pd.concat(parts[table.name], ignore_index=True).fillna(""))
        for table in source.tables
        if table.name in parts
    ]


def _parsed(source: Source, table: SourceTable, raw: pd.DataFrame) -> Taken:
    rejected = pd.Series(None, index=raw.index, dtype="str")
    merged = raw.drop(columns=["_file", "_row"]).duplicated()
    columns, unread = {}, {}
    matrix = {name: Field((name,), "integer") for name in matrix_columns(table, raw)}
    for name, spec in {**table.fields, **matrix}.items():
        values, faults = _field(source, spec, raw, name)
        columns[name] = values
        bad = faults.notna() & ~merged & rejected.isna()
        if spec.required:
            reason = (name + ": " + faults).where(faults.notna(), f"{name}: is missing")
            rejected = rejected.mask(rejected.isna() & values.isna() & ~merged, reason)
        elif bad.any():
            shown = faults if spec.kind in PRIVATE else raw[name]  # the fault shows the shape of a name only
            unread[name] = (int(bad.sum()), shown[bad].head(3).tolist())
    taken = Taken(table, raw, pd.DataFrame(columns, index=raw.index), merged, rejected, unread)
    if table.key:
        again = taken.kept.duplicated(list(table.key))
        taken.reject(again.index[again], f"key: another row of the same {'+'.join(table.key)} says otherwise")
    return taken


def _field(source: Source, spec: Field, raw: pd.DataFrame, name: str) -> "tuple[pd.Series[Any], pd.Series[str]]":
    """Values and faults of one field; a field whose column the file lacks is missing everywhere."""
    text = raw[name] if name in raw else pd.Series("", index=raw.index, dtype="str")
    if spec.reject:
        text = text.mask(text.str.strip().isin(spec.reject), "")
    if spec.pattern:
        text = text.str.strip().str.extract(spec.pattern, expand=False).fillna("")
    found = parse(text, spec.kind, **{"missing": source.missing, **spec.options})
    return found.values, found.faults


def _join(taken: Taken, by_name: dict[str, Taken]) -> None:
    """Look fields up in the kept rows of other tables, in place; an optional table that is not there says nothing."""
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
            found = taken.parsed[join.on].map(other[name])
            taken.parsed[name] = taken.parsed[name].fillna(found) if name in taken.parsed else found


def _emit_all(source: Source, taken: list[Taken]) -> dict[str, list[pd.DataFrame]]:
    """Canonical rows by table; rows whose facts contradict themselves are rejected on the way."""
    made: dict[str, list[pd.DataFrame]] = {
        name: [] for name in ("sites", "events", "amendments", "inspections", "grades")
    }
    for table in taken:
        for emit in table.table.emits:
            if emit.agree:
                table.reject(
                    _disagreeing(emit, table.kept),
                    f"agree: says otherwise on {' or '.join(emit.agree)} than the first row",
                )
            rows = emitted(source, table.table, emit, table.kept)
            early = _known_too_early(rows)
            table.reject(rows.loc[early, PLACE], "known_on: lies before the day it happened")
            seen_on = _visit_days(source, table).reindex(rows[PLACE]).to_numpy()
            made[emit.to].append(rows.assign(_table=table.table.name, _link=emit.link, _seen_on=seen_on))
    gone = {table.table.name: table.rejected.index[table.rejected.notna()] for table in taken}
    return {
        to: [part[~part[PLACE].isin(gone[part["_table"].iloc[0]])] for part in parts if len(part)]
        for to, parts in made.items()
    }


def _visit_days(source: Source, taken: Taken) -> "pd.Series[pd.Timestamp]":
    """The day of the visit that each row tells of, by place; empty for a table that tells of none."""
    visit = next((emit.set["visited_on"] for emit in taken.table.emits if emit.to == "inspections"), None)
    return pd.Series(dtype="datetime64[s]") if visit is None else value_of(visit, taken.kept, source)


def _disagreeing(emit: Emit, rows: pd.DataFrame) -> "pd.Index[int]":
    """Places of rows that differ from the first row of their combination; a missing value says nothing."""
    grouped = rows.groupby(list(emit.once_per), dropna=False)
    differs = pd.Series(False, index=rows.index)
    for name in emit.agree:
        first = grouped[name].transform("first")
        differs |= rows[name].notna() & (rows[name] != first)
    return rows.index[differs]


def _known_too_early(rows: pd.DataFrame) -> "pd.Series[bool]":
    happened = next((name for name in ("occurred_on", "visited_on") if name in rows), None)
    if happened is None or "known_on" not in rows:
        return pd.Series(False, index=rows.index)
    return rows["known_on"] < rows[happened]


def _records(
    source: Source, taken: list[Taken], made: dict[str, list[pd.DataFrame]], raws: Sequence[RawTable]
) -> Records:
    inspections = joined(made["inspections"])
    sites = site_rows(made, inspections)
    events = _linked_events(taken, made["events"], sites)
    amendments = joined(made["amendments"])
    if len(amendments):
        amendments = amendments[amendments["event_id"].isin(events["event_id"])]
    facts = {
        "sites": with_sites_of_visits(sites, inspections, events),
        "events": pd.concat([events, changes(source, made["sites"], inspections)], ignore_index=True),
        "amendments": amendments,
        "inspections": inspections.sort_values(["visited_on", "inspection_id"]) if len(inspections) else inspections,
        "grades": joined(made["grades"]),
    }
    tables = {name: contract.conform(name, _plain(name, frame)) for name, frame in facts.items()}
    known = pd.concat([tables["inspections"]["known_on"], tables["events"]["known_on"]])
    first = pd.concat([tables["inspections"]["visited_on"], tables["events"]["occurred_on"]])
    return Records(
        **tables,
        quarantine=contract.conform("quarantine", quarantined(taken, raws)),
        source=source.name,
        observed_from=first.min(),
        observed_to=known.max() + pd.Timedelta(days=1),
        outcome=source.outcome,
        snapshots={name: day for name, day in source.snapshots.items() if name in sites},
        notes=source.notes,
    )


def _plain(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Only the columns of the contract; an empty table gets them all."""
    kept = frame[[column for column in contract.TABLES[name] if column in frame]]
    return kept.reset_index(drop=True) if len(kept) else contract.empty(name)


def _linked_events(taken: list[Taken], parts: list[pd.DataFrame], sites: pd.DataFrame) -> pd.DataFrame:
    """Events with their sites; a row none of whose facts found one is rejected."""
    done, losses = [contract.empty("events").assign(_table="", _link="")], []
    for part in parts:
        if part.empty:
            continue
        facts = linked(part, sites, part["_link"].iloc[0])
        lost = facts[UNLINKED].notna() | facts["site_id"].isna()
        losses.append(facts[lost])
        done.append(facts[~lost])
    found = pd.concat(done, ignore_index=True)
    for table in taken:
        mine = [loss[loss["_table"] == table.table.name] for loss in losses]
        linked_places = found.loc[found["_table"] == table.table.name, PLACE] if PLACE in found else ()
        for reason, places in ((r, p) for loss in mine for r, p in loss.groupby(UNLINKED)[PLACE]):
            table.reject(set(places) - set(linked_places), str(reason))
    return found
