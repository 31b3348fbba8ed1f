"""Canonical rows find their sites: rows of sites their id, facts the sites they are of, amendments their events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskml.records import contract
from riskml.records._cells import as_texts
from riskml.records.declarations import Emit
from riskml.records.linking import TOLD, UNLINKED, linked
from riskml.records.repeats import firsts, twins
from riskml.records.set_values import PLACE
from riskml.records.site_history import TABLE, joined, site_rows
from riskml.records.taking import Taken

LINKED: Final = ("inspections", "events", "grades")
AMENDMENT: Final = list(contract.TABLES["amendments"])
BLOCK: Final = "_block"
"""Column with the number of the emit block that a canonical row comes from."""


@dataclass(frozen=True)
class Block:
    """One emit block.

    Attributes:
        table: name of its input table.
        emit: the block itself.
        table_number, number: of table and block among those of the import.
    """

    table: str
    emit: Emit
    table_number: int
    number: int


@dataclass(frozen=True, eq=False)
class Part:
    """What one emit block made: canonical rows, with `PLACE`."""

    block: Block
    rows: pd.DataFrame

    def marked(self) -> pd.DataFrame:
        """The rows with the numbers of their table and block."""
        numbers = {TABLE: np.int16(self.block.table_number), BLOCK: np.int16(self.block.number)}
        return self.rows.assign(**numbers)

    def only(self, left: "pd.Series[bool] | NDArray[np.bool_]") -> "Part":
        """The part with some of its rows."""
        return self if left.all() else replace(self, rows=self.rows[left])


Made = dict[str, list[Part]]
"""Canonical table -> what each emit block made for it."""


@dataclass(frozen=True)
class Placed:
    """Canonical rows with their sites.

    Attributes:
        sites, inspections, events, amendments, grades: columns of the contract and some of the engine; visits by day
            and number.
        site_parts: rows of sites as told at each visit.
        left_out: number of facts that found no site and were left out, by input table.
    """

    sites: pd.DataFrame
    inspections: pd.DataFrame
    events: pd.DataFrame
    amendments: pd.DataFrame
    grades: pd.DataFrame
    site_parts: list[pd.DataFrame]
    left_out: Mapping[str, int]


class _Register:
    """The sites and their names as facts look for them; made only if one does."""

    def __init__(self, made: Made) -> None:
        self._made = made

    @cached_property
    def sites(self) -> pd.DataFrame:
        return site_rows(_marked(self._made["sites"]), joined(_marked(self._made["inspections"])))

    @cached_property
    def names(self) -> pd.DataFrame:
        """Every name under which a site was written."""
        named = joined([part.rows[["site_id", "name"]] for part in self._made["sites"] if "name" in part.rows])
        return named.dropna().drop_duplicates() if len(named) else contract.empty("sites")[["site_id", "name"]]


def place(made: Made, taken: Mapping[str, Taken]) -> Placed:
    """Give every fact its site; a row whose fact finds none is rejected, and nothing else of it is kept.

    Args:
        made: canonical rows by table; it is emptied on the way.
        taken: input tables by name; rows are rejected in them.
    """
    made["sites"] = _identified(made["sites"])
    register = _Register(made)
    found = {table: [_linked(part, register) for part in made[table]] for table in LINKED}
    left_out = _reject_lost([part for parts in found.values() for part in parts], taken)
    here = {table: [part.only(part.rows[UNLINKED].isna()) for part in parts] for table, parts in found.items()}
    kept = {table: _marked(_without_gone(parts, taken)) for table, parts in here.items()}
    sites, changed = (_marked(_without_gone(made[table], taken)) for table in ("sites", "amendments"))
    del found, here, register
    made.clear()
    inspections, events = by_day(joined(kept.pop("inspections"))), _told_once(joined(kept.pop("events")))
    return Placed(
        sites=site_rows(sites, inspections),
        inspections=inspections,
        events=events,
        amendments=_following(joined(changed), events),
        grades=joined(kept.pop("grades")),
        site_parts=sites,
        left_out=left_out,
    )


def _marked(parts: list[Part]) -> list[pd.DataFrame]:
    return [part.marked() for part in parts]


def _linked(part: Part, register: _Register) -> Part:
    """Facts with their sites, or with the reason why they have none; one that may be left out makes no site."""
    emit = part.block.emit
    if part.rows["site_id"].notna().all():
        facts = linked(part.rows, NO_SITES, emit.link)
    else:
        facts = linked(part.rows, register.sites, emit.link, names=register.names)
    if emit.optional:
        stranger = facts[UNLINKED].isna() & ~facts["site_id"].isin(register.sites["site_id"])
        facts[UNLINKED] = facts[UNLINKED].mask(stranger, "site: none has this number")
    return Part(part.block, facts)


def _reject_lost(parts: list[Part], taken: Mapping[str, Taken]) -> dict[str, int]:
    """Reject the rows whose visit has no site, and those none of whose facts has one; count the facts left out."""
    left_out: dict[str, int] = {}
    losing = [(part.block, part.rows[part.rows[UNLINKED].notna()]) for part in parts]
    losing = [(block, lost) for block, lost in losing if len(lost)]
    found = {block.table: np.zeros(len(taken[block.table].raw), dtype=np.bool_) for block, _ in losing}
    for part in parts:
        if part.block.table in found:
            found[part.block.table][part.rows.loc[part.rows[UNLINKED].isna(), PLACE]] = True
    for block, lost in losing:
        if block.emit.optional:
            left_out[block.table] = left_out.get(block.table, 0) + len(lost)
            continue
        for reason, group in lost.groupby(UNLINKED)[PLACE]:
            places = group.unique()
            spared = found[block.table][places] & (block.emit.to != "inspections")
            taken[block.table].reject(places[~spared], str(reason))
    return left_out


def _identified(parts: list[Part]) -> list[Part]:
    """Rows of sites that have only a subject_id are of all sites of that subject, or of one named by it."""
    loose = [bool(part.block.emit.link) and part.rows["site_id"].isna().any() for part in parts]
    if not any(loose):
        return parts
    rows = joined([part.rows[["site_id", "subject_id"]] for part in parts if "subject_id" in part.rows])
    owned = rows.dropna().drop_duplicates()
    return [
        Part(part.block, _spread(part.rows, owned)) if spread else part
        for part, spread in zip(parts, loose, strict=True)
    ]


def _spread(rows: pd.DataFrame, owned: pd.DataFrame) -> pd.DataFrame:
    loose = rows["site_id"].isna()
    given = rows[loose].drop(columns="site_id").merge(owned, on="subject_id", how="left")
    given["site_id"] = given["site_id"].fillna(given["subject_id"])
    return pd.concat([rows[~loose], given[given["site_id"].notna()]], ignore_index=True)


def _without_gone(parts: list[Part], taken: Mapping[str, Taken]) -> list[Part]:
    return [part.only(~taken[part.block.table].gone[part.rows[PLACE]]) for part in parts]


def by_day(visits: pd.DataFrame) -> pd.DataFrame:
    """Visits by day and number."""
    if visits.empty:
        return visits
    ids, days = as_texts(visits["inspection_id"]), visits["visited_on"].to_numpy()
    ordered = pc.all(pc.less_equal(ids.slice(0, len(ids) - 1), ids.slice(1))).as_py()
    by_id = np.arange(len(ids)) if ordered else pc.sort_indices(ids).to_numpy()
    order = by_id[np.argsort(days[by_id], kind="stable")]
    return pd.DataFrame(visits.iloc[order].reset_index(drop=True))


def _told_once(events: pd.DataFrame) -> pd.DataFrame:
    """One event for one event_id: a fact that several blocks tell of is the first one's."""
    if events.empty:
        return contract.empty("events").assign(**{TOLD: pd.Series(dtype="str")})
    at, group = twins([events["event_id"]], len(events))
    if not len(at):
        return events
    block = events[BLOCK].to_numpy()[at]
    other = block != block[firsts(group, int(group.max()) + 1)][group]
    left = np.ones(len(events), dtype=np.bool_)
    left[at[other]] = False
    return events if left.all() else events[left]


def _following(amendments: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Amendments of the events kept; where an event was given to several sites, one for each."""
    if amendments.empty:
        return amendments
    pairs = events[[TOLD, "event_id"]].rename(columns={"event_id": "_given"})
    both = amendments.merge(pairs, left_on="event_id", right_on=TOLD)
    both["event_id"] = both["_given"]
    return both.drop_duplicates([name for name in AMENDMENT if name in both])


NO_SITES: Final = pd.DataFrame({"site_id": pd.Series(dtype="str"), "name": pd.Series(dtype="str")})
"""Where no fact asks for its site."""
