"""Canonical rows find their sites: rows of sites their id, facts the sites they are of, amendments their events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from riskml.records import contract
from riskml.records.declarations import Emit
from riskml.records.emitting import PLACE
from riskml.records.linking import TOLD, UNLINKED, linked
from riskml.records.site_history import joined, site_rows
from riskml.records.taking import Taken

Made = dict[str, list[pd.DataFrame]]
"""Canonical table -> what each emit block made for it."""

LINKED: Final = ("inspections", "events", "grades")
AMENDMENT: Final = list(contract.TABLES["amendments"])


@dataclass(frozen=True)
class Block:
    """One emit block: the name of its input table, its number in it, and the block itself."""

    table: str
    number: int
    emit: Emit

    def mark(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows made by the block, with its name."""
        return rows.assign(_table=self.table, _block=f"{self.table}.{self.number}", _link=self.emit.link)


@dataclass(frozen=True)
class Placed:
    """Canonical rows with their sites.

    Attributes:
        sites, inspections, events, amendments, grades: columns of the contract and some of the engine.
        left_out: number of facts that found no site and were left out, by input table.
    """

    sites: pd.DataFrame
    inspections: pd.DataFrame
    events: pd.DataFrame
    amendments: pd.DataFrame
    grades: pd.DataFrame
    left_out: Mapping[str, int]


def place(made: Made, taken: Mapping[str, Taken], blocks: Mapping[str, Block]) -> Placed:
    """Give every fact its site; a row whose fact finds none is rejected, and nothing else of it is kept.

    Args:
        made: canonical rows by table, each part of one block.
        taken: input tables by name; rows are rejected in them.
        blocks: emit blocks by name.
    """
    made = {**made, "sites": _identified(made["sites"])}
    sites = site_rows(made, joined(made["inspections"]))
    names = _names(made["sites"])
    found = {table: _linked_parts(made[table], sites, names, blocks) for table in LINKED}
    left_out = _reject_lost(found, taken, blocks)
    gone = {name: table.rejected.index[table.rejected.notna()] for name, table in taken.items()}
    here = {table: [part[part[UNLINKED].isna()] for part in parts] for table, parts in found.items()}
    kept = {table: _without(parts, gone) for table, parts in {**here, "amendments": made["amendments"]}.items()}
    inspections, events = joined(kept["inspections"]), _told_once(joined(kept["events"]))
    return Placed(
        sites=site_rows(made, inspections),
        inspections=inspections,
        events=events,
        amendments=_following(joined(kept["amendments"]), events),
        grades=joined(kept["grades"]),
        left_out=left_out,
    )


def _linked_parts(
    parts: list[pd.DataFrame], sites: pd.DataFrame, names: pd.DataFrame, blocks: Mapping[str, Block]
) -> list[pd.DataFrame]:
    """Facts with their sites, or with the reason why they have none; one that may be left out makes no site."""
    done = []
    for part in parts:
        emit = blocks[part["_block"].iloc[0]].emit
        facts = linked(part, sites, emit.link, names=names)
        if emit.optional:
            stranger = facts[UNLINKED].isna() & ~facts["site_id"].isin(sites["site_id"])
            facts[UNLINKED] = facts[UNLINKED].mask(stranger, "site: none has this number")
        done.append(facts)
    return done


def _reject_lost(
    found: Mapping[str, list[pd.DataFrame]], taken: Mapping[str, Taken], blocks: Mapping[str, Block]
) -> dict[str, int]:
    """Reject the rows whose visit has no site, and those none of whose facts has one; count the facts left out."""
    left_out: dict[str, int] = {}
    facts = [part for table in LINKED for part in found[table]]
    there: dict[str, set[int]] = {name: set() for name in taken}
    for part in facts:
        there[part["_table"].iloc[0]] |= set(part.loc[part[UNLINKED].isna(), PLACE])
    for part in facts:
        block, lost = blocks[part["_block"].iloc[0]], part[part[UNLINKED].notna()]
        if block.emit.optional:
            left_out[block.table] = left_out.get(block.table, 0) + len(lost)
            continue
        for reason, places in lost.groupby(UNLINKED)[PLACE]:
            spared = set() if block.emit.to == "inspections" else there[block.table]
            taken[block.table].reject(set(places) - spared, str(reason))
    return {name: count for name, count in left_out.items() if count}


def _identified(parts: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Rows of sites that have only a subject_id are of all sites of that subject, or of one named by it."""
    rows = joined([part[["site_id", "subject_id"]] for part in parts if "subject_id" in part])
    owned = rows.dropna().drop_duplicates() if len(rows) else pd.DataFrame(columns=["site_id", "subject_id"])
    return [_spread(part, owned) if part["_link"].iloc[0] else part for part in parts if len(part)]


def _spread(part: pd.DataFrame, owned: pd.DataFrame) -> pd.DataFrame:
    loose = part["site_id"].isna()
    if not loose.any():
        return part
    given = part[loose].drop(columns="site_id").merge(owned, on="subject_id", how="left")
    given["site_id"] = given["site_id"].fillna(given["subject_id"])
    return pd.concat([part[~loose], given[given["site_id"].notna()]], ignore_index=True)


def _names(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Every name under which a site was written."""
    named = joined([part[["site_id", "name"]] for part in parts if "name" in part])
    return named.dropna().drop_duplicates() if len(named) else contract.empty("sites")[["site_id", "name"]]


def _without(parts: list[pd.DataFrame], gone: Mapping[str, "pd.Index[int]"]) -> list[pd.DataFrame]:
    return [part[~part[PLACE].isin(gone[part["_table"].iloc[0]])] for part in parts if len(part)]


def _told_once(events: pd.DataFrame) -> pd.DataFrame:
    """One event for one event_id: a fact that several blocks tell of is the first one's."""
    if events.empty:
        return contract.empty("events").assign(**{TOLD: pd.Series(dtype="str")})
    first = events.groupby("event_id")["_block"].transform("first")
    return events[~events["event_id"].duplicated() | (events["_block"] == first)]


def _following(amendments: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Amendments of the events kept; where an event was given to several sites, one for each."""
    if amendments.empty:
        return amendments
    pairs = events[[TOLD, "event_id"]].rename(columns={"event_id": "_given"})
    both = amendments.merge(pairs, left_on="event_id", right_on=TOLD)
    both["event_id"] = both["_given"]
    return both.drop_duplicates([name for name in AMENDMENT if name in both])
