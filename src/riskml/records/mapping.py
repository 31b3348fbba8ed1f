"""Files of a source become canonical records: read, matched, parsed, checked, emitted, placed, and counted."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.records import contract
from riskml.records.account import Fate, Rejecting, dropped, make_report, quarantined
from riskml.records.declarations import TARGETS, Emit, Source
from riskml.records.emitting import emitted
from riskml.records.inputs import raw_tables
from riskml.records.linking import with_sites_of_visits
from riskml.records.masking import masked, masked_drops, without_examples, without_persons
from riskml.records.matching import joined_cells, match_table, named_cells
from riskml.records.placing import Block, Made, Part, Placed, place
from riskml.records.reading import RawTable
from riskml.records.repeats import repeats
from riskml.records.set_values import PLACE, value_of
from riskml.records.site_history import SEEN, changes, joined
from riskml.records.source_checks import settling_order
from riskml.records.store import Records
from riskml.records.taking import (
    Taken,
    contradictions,
    ended_too_early,
    known_too_early,
    left_to,
    look_up,
    settle,
    take,
)


@dataclass(frozen=True)
class Ingested:
    """Canonical records, and the account of every input row.

    Attributes:
        records: what was kept.
        report: rows_in = rows_kept + rows_merged + rows_quarantined, in all, by file, by table and by rule.
    """

    records: Records
    report: dict[str, Any]


def ingest(source: Source, inputs: Sequence["Path | str"]) -> Ingested:
    """Read the files of one source and map them to canonical records.

    Args:
        source: see `riskml.records.source`.
        inputs: files or database URLs, read in the order given; the first of two equal rows is kept.

    Raises:
        DataError: if a file is unreadable or no table of the source, or nothing is left to keep.
    """
    return _ingested(source, raw_tables(source, inputs))


def ingest_tables(source: Source, raws: Sequence[RawTable]) -> Ingested:
    """As `ingest`, from tables of text already read."""
    return _ingested(source, list(raws))


def _ingested(source: Source, raws: list[RawTable]) -> Ingested:
    """As `ingest_tables`; the list is emptied, so that no cell is held twice."""
    lines = [dataclasses.replace(raw, frame=raw.frame.iloc[:0]) for raw in raws]
    taken = _taken(source, raws)
    for name in settling_order(source.tables):
        if name in taken:
            look_up(taken[name], taken)
            settle(source, taken[name])
    placed = place(_emit_all(source, taken), taken)
    if placed.inspections.empty and placed.events.empty:
        raise DataError(_nothing_kept(source, taken))
    fates = [Fate(t.table.name, t.raw, t.merged, t.rejected, t.unread) for t in taken.values()]
    report = make_report(source.name, [*fates, dropped(lines)])
    left_out = {"facts_left_out": dict(placed.left_out)} if placed.left_out else {}
    return Ingested(_records(source, taken, placed, lines), {**report, **left_out})


def _nothing_kept(source: Source, taken: dict[str, Taken]) -> str:
    """What is wrong with files of which neither a visit nor an event is left."""
    reasons = {reason for table in taken.values() for reason in table.rejected.dropna().unique()}
    shown = sorted(without_persons(one)[:200] if source.private else one[:200] for one in reasons)[:3]
    tables = f"tables {list(taken)} tell of no visit and no event"
    return f"source {source.name}: no row could be kept; reasons: {shown or tables}"


def _taken(source: Source, raws: list[RawTable]) -> dict[str, Taken]:
    """Every source table with the rows of all files that are one of it."""
    parts: dict[str, list[pd.DataFrame]] = {}
    while raws:
        raw = raws.pop(0)
        table = match_table(source, raw)
        parts.setdefault(table.name, []).append(named_cells(table, raw))
    del raw
    tables = [table for table in source.tables if table.name in parts]
    taken = {table.name: take(source, table, joined_cells(parts.pop(table.name))) for table in tables}
    if source.private:
        for rows in taken.values():
            without_examples(rows)
    return taken


def _emit_all(source: Source, taken: dict[str, Taken]) -> Made:
    """Canonical rows by table; rows whose facts contradict themselves are rejected on the way."""
    made: Made = {name: [] for name in TARGETS}
    blocks = 0
    for number, table in enumerate(taken.values()):
        mine = [
            Part(Block(table.table.name, emit, number, blocks + at), _emit(source, table, emit, taken))
            for at, emit in enumerate(table.table.emits)
        ]
        blocks += len(mine)
        told = {name: [part.rows for part in mine if part.block.emit.to == name] for name in ("events", "amendments")}
        events, amendments = joined(told["events"]), joined(told["amendments"])
        if len(events) and len(amendments):
            table.reject(ended_too_early(events, amendments), "amendment: takes effect before the fact it amends")
        for part in mine:
            left = part.only(~table.gone[part.rows[PLACE]])
            made[part.block.emit.to] += [left] if len(left.rows) else []
    for table in taken.values():
        table.forget()
    return made


def _emit(source: Source, table: Taken, emit: Emit, taken: dict[str, Taken]) -> pd.DataFrame:
    """The canonical rows of one block; input rows that contradict themselves or cannot be classed are rejected."""
    if emit.agree:
        table.reject(
            contradictions(emit, table.kept), f"agree: says otherwise on {' or '.join(emit.agree)} than the first row"
        )
    rows, reasons = emitted(source, table.table, emit, left_to(table, emit, taken))
    table.reject_each(np.fromiter(reasons, dtype=np.int64), list(reasons.values()))
    table.reject(known_too_early(rows), "known_on: lies before the day it happened")
    if emit.to in ("events", "inspections") and len(rows):
        (key,) = contract.KEYS[emit.to]
        again = repeats([rows[key]], len(rows))
        table.reject(rows[PLACE].to_numpy()[again], f"{key}: another row tells of the same")
    return rows.assign(**{SEEN: _visit_days(source, table)[rows[PLACE]]}) if emit.to == "sites" else rows


def _visit_days(source: Source, taken: Taken) -> "NDArray[np.datetime64]":
    """By place, the day of the visit that the row tells of; missing in a table that tells of none."""
    days = np.full(len(taken.raw), "NaT", dtype="datetime64[s]")
    visit = next((emit.set["visited_on"] for emit in taken.table.emits if emit.to == "inspections"), None)
    told = None if visit is None else value_of(visit, taken.kept, source)
    if told is not None:
        days[told.index.to_numpy()] = told.to_numpy(dtype="datetime64[s]")
    return days


def _records(source: Source, taken: dict[str, Taken], placed: Placed, lines: Sequence[RawTable]) -> Records:
    facts = {
        "sites": with_sites_of_visits(placed.sites, placed.inspections, placed.events, placed.grades),
        "events": joined([placed.events, changes(source, placed.site_parts, placed.inspections)]),
        "amendments": placed.amendments,
        "inspections": placed.inspections,
        "grades": placed.grades,
    }
    snapshots = {name: day for name, day in source.snapshots.items() if name in placed.sites}
    del placed
    tables = {name: _canonical(name, facts.pop(name)) for name in list(facts)}
    first, last = _window(tables["inspections"], tables["events"])
    hidden: list[Rejecting] = [
        masked(table) if source.private and table.gone.any() else table for table in taken.values()
    ]
    rejected = quarantined(hidden, masked_drops(lines) if source.private else lines)
    return Records(
        **tables,
        quarantine=contract.conform("quarantine", rejected),
        source=source.name,
        observed_from=first,
        observed_to=last,
        outcome=source.outcome,
        snapshots={name: f"{last:%Y-%m-%d}" if day == "observed_to" else day for name, day in snapshots.items()},
        notes=source.notes,
    )


def _window(inspections: pd.DataFrame, events: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First day covered and first day no longer covered: from the first visit, or else the first fact known, on."""
    known = pd.concat([inspections["known_on"], events["known_on"]])
    visited = pd.concat([inspections["visited_on"], events.loc[events["inspection_id"].notna(), "occurred_on"]])
    first = visited.min() if len(visited) else events["known_on"].min()
    return first, known.max() + pd.Timedelta(days=1)


def _canonical(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Only the columns of the contract, held to it."""
    if frame.empty:
        return contract.empty(name)
    kept = frame[[column for column in contract.TABLES[name] if column in frame]]
    return contract.conform(name, kept.reset_index(drop=True))
