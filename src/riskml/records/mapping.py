"""Files of a source become canonical records: read, matched, parsed, checked, emitted, placed, and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskml.errors import DataError
from riskml.records import contract
from riskml.records.account import Fate, dropped, make_report, quarantined
from riskml.records.declarations import Source
from riskml.records.emitting import PLACE, emitted, value_of
from riskml.records.inputs import raw_tables
from riskml.records.linking import with_sites_of_visits
from riskml.records.masking import masked, masked_drops, without_examples
from riskml.records.matching import match_table, named_cells
from riskml.records.placing import Block, Made, Placed, place
from riskml.records.reading import RawTable
from riskml.records.site_history import changes
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
    return ingest_tables(source, raw_tables(source, inputs))


def ingest_tables(source: Source, raws: Sequence[RawTable]) -> Ingested:
    """As `ingest`, from tables of text already read."""
    taken = _taken(source, raws)
    for table in taken.values():
        look_up(table, taken)
    for table in taken.values():
        settle(source, table)
    blocks, made = _emit_all(source, taken)
    placed = place(made, taken, blocks)
    records = _records(source, taken, made, placed, raws)
    fates = [Fate(t.table.name, t.raw, t.merged, t.rejected, t.unread) for t in taken.values()]
    fates.append(dropped(raws))
    if records.inspections.empty and records.events.empty:
        reasons = sorted({str(reason) for t in taken.values() for reason in t.rejected.dropna().unique()[:3]})
        raise DataError(f"source {source.name}: no row could be kept; reasons: {reasons[:3]}")
    left_out = {"facts_left_out": dict(placed.left_out)} if placed.left_out else {}
    return Ingested(records, {**make_report(source.name, fates), **left_out})


def _taken(source: Source, raws: Sequence[RawTable]) -> dict[str, Taken]:
    """Every source table with the rows of all files that are one of it."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for raw in raws:
        table = match_table(source, raw)
        named = named_cells(table, raw)
        parts.setdefault(table.name, []).append(named)
    taken = {
        table.name: take(source, table, pd.concat(parts[table.name], ignore_index=True).fillna(""))
        for table in source.tables
        if table.name in parts
    }
    if source.private:
        for rows in taken.values():
            without_examples(rows)
    return taken


def _emit_all(source: Source, taken: dict[str, Taken]) -> tuple[dict[str, Block], Made]:
    """The emit blocks, and canonical rows by table; rows whose facts contradict themselves are rejected on the way."""
    blocks: dict[str, Block] = {}
    made: Made = {name: [] for name in ("sites", "events", "amendments", "inspections", "grades")}
    for table in taken.values():
        mine: Made = {name: [] for name in made}
        for number, emit in enumerate(table.table.emits):
            if emit.agree:
                table.reject(
                    contradictions(emit, table.kept),
                    f"agree: says otherwise on {' or '.join(emit.agree)} than the first row",
                )
            rows = emitted(source, table.table, emit, left_to(table, emit, taken))
            table.reject(known_too_early(rows), "known_on: lies before the day it happened")
            block = Block(table.table.name, number, emit)
            blocks[f"{block.table}.{number}"] = block
            seen_on = _visit_days(source, table).reindex(rows[PLACE]).to_numpy()
            mine[emit.to].append(block.mark(rows).assign(_seen_on=seen_on))
        if mine["amendments"] and mine["events"]:
            early = ended_too_early(pd.concat(mine["events"]), pd.concat(mine["amendments"]))
            table.reject(early, "amendment: takes effect before the fact it amends")
        for to, parts in mine.items():
            made[to] += [kept for part in parts if len(kept := part[~part[PLACE].isin(_gone(table))])]
    return blocks, made


def _gone(table: Taken) -> "pd.Index[int]":
    return table.rejected.index[table.rejected.notna()]


def _visit_days(source: Source, taken: Taken) -> "pd.Series[pd.Timestamp]":
    """The day of the visit that each row tells of, by place; empty for a table that tells of none."""
    visit = next((emit.set["visited_on"] for emit in taken.table.emits if emit.to == "inspections"), None)
    return pd.Series(dtype="datetime64[s]") if visit is None else value_of(visit, taken.kept, source)


def _records(source: Source, taken: dict[str, Taken], made: Made, placed: Placed, raws: Sequence[RawTable]) -> Records:
    inspections = placed.inspections
    facts = {
        "sites": with_sites_of_visits(placed.sites, inspections, placed.events),
        "events": pd.concat([placed.events, changes(source, made["sites"], inspections)], ignore_index=True),
        "amendments": placed.amendments,
        "inspections": inspections.sort_values(["visited_on", "inspection_id"]) if len(inspections) else inspections,
        "grades": placed.grades,
    }
    tables = {name: contract.conform(name, _plain(name, frame)) for name, frame in facts.items()}
    first, last = _window(tables["inspections"], tables["events"])
    hidden = [masked(table) for table in taken.values()] if source.private else list(taken.values())
    rejected = quarantined(hidden, masked_drops(raws) if source.private else raws)
    days = {name: f"{last:%Y-%m-%d}" if day == "observed_to" else day for name, day in source.snapshots.items()}
    return Records(
        **tables,
        quarantine=contract.conform("quarantine", rejected),
        source=source.name,
        observed_from=first,
        observed_to=last,
        outcome=source.outcome,
        snapshots={name: day for name, day in days.items() if name in placed.sites},
        notes=source.notes,
    )


def _window(inspections: pd.DataFrame, events: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First day covered and first day no longer covered: from the first visit, or else the first fact known, on."""
    known = pd.concat([inspections["known_on"], events["known_on"]])
    visited = pd.concat([inspections["visited_on"], events.loc[events["inspection_id"].notna(), "occurred_on"]])
    first = visited.min() if len(visited) else events["known_on"].min()
    return first, known.max() + pd.Timedelta(days=1)


def _plain(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Only the columns of the contract; an empty table gets them all."""
    kept = frame[[column for column in contract.TABLES[name] if column in frame]]
    return kept.reset_index(drop=True) if len(kept) else contract.empty(name)
