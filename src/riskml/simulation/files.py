"""A simulated world as the Chinese files a bureau exports, with dirt whose fate is known to the row."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.simulation.dirt import KEPT, MERGED, QUARANTINED, Soiled, clean, soil, strangers
from riskml.simulation.export_facts import complaints, defaulters, honours, listings, penalties, samples
from riskml.simulation.exports import Export, entities, levels, licences, orders, visits
from riskml.simulation.layouts import Written, write_table
from riskml.simulation.scribe import Scribe, read_layouts
from riskml.simulation.settings import read_settings
from riskml.simulation.world import World

ACCOUNT: Final = "planted.json"
NOTE_RULE: Final = "file"


@dataclass(frozen=True)
class Planted:
    """What must become of the files.

    Attributes:
        files: names of the files, in the order in which they are to be read.
        rows: rows of tables in them, notes and totals included, by file as the reader shows it.
        merged: rows that say again what an earlier row says: file, row.
        quarantined: rows that cannot be used: file, row, rule.
        unread: cells that cannot be read in rows that are kept, by their name in the report.
        missing: identifiers of the world's rows that no kept row tells of, by table; an amendment is "event:kind", a
            grade "site:day", "licences" are the sites whose licence row is lost.
        licences: licence number in the files -> site_id in the world.
        inspectors: name in the files -> inspector in the world.
        people: names and telephone numbers of persons in the files; nothing made of them may show one.
    """

    files: list[str]
    rows: dict[str, int]
    merged: list[tuple[str, int]]
    quarantined: list[tuple[str, int, str]]
    unread: dict[str, int]
    missing: dict[str, list[str]]
    licences: dict[str, str]
    inspectors: dict[str, str]
    people: list[str]


def write_files(world: World, folder: "Path | str", *, seed: int, dirt: bool = True) -> Planted:
    """Write a world as tables T1 to T8, T9, T10, T12 and T14 of RECORDS.md 3, and planted.json beside them.

    CSV in GB18030 and in UTF-8 with a byte order mark, and workbooks; title rows, merged cells, totals and notes;
    days in every form, every missing mark. What such files cannot carry is left out: corrections of an event and
    health certificates that were found expired.

    Args:
        world: of `simulate`.
        folder: new or empty.
        seed: of all choices; the same seed writes the same tables.
        dirt: plant the dirt of files.toml (RECORDS.md 8); without it every row can be kept.

    Returns:
        The account that is in planted.json.

    Raises:
        DataError: if the folder holds anything.
    """
    place = Path(folder)
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise DataError(f"{place} exists and is not an empty folder; choose another")
    place.mkdir(parents=True, exist_ok=True)
    scribe = Scribe(world.records, np.random.default_rng(seed), read_layouts())
    exports = _exports(scribe)
    soiled = _soiled(exports, scribe, dirt=dirt)
    layouts = {layout["name"]: layout for layout in scribe.settings["table"]}
    written = {
        name: write_table(table.cells, layouts[name], place, signature=_signature(scribe))
        for name, table in soiled.items()
    }
    planted = _planted(scribe, exports, soiled, written)
    text = json.dumps(asdict(planted), ensure_ascii=False, indent=1, sort_keys=True)
    (place / ACCOUNT).write_text(text + "\n", encoding="utf-8")
    return planted


def _exports(scribe: Scribe) -> dict[str, Export]:
    """The tables that have a row; the visits of the last year come from another system."""
    visited = visits(scribe)
    last_year = scribe.records.observed_to - pd.DateOffset(years=1)
    late = visited.frame["检查日期"] >= last_year
    tables = {
        "T1": entities(scribe),
        "T2": licences(scribe),
        "T3": visited.rows(~late),
        "T3x": visited.rows(late),
        "T4": samples(scribe),
        "T5": orders(scribe),
        "T6": penalties(scribe),
        "T7": complaints(scribe),
        "T8": listings(scribe, "ABN"),
        "T9": listings(scribe, "SERIOUS"),
        "T10": defaulters(scribe),
        "T12": honours(scribe),
        "T14": levels(scribe, read_settings()["incumbent"]),
    }
    return {name: table for name, table in tables.items() if len(table.frame)}


def _soiled(exports: dict[str, Export], scribe: Scribe, *, dirt: bool) -> dict[str, Soiled]:
    """The tables as text; the licence row of a site is left clean where its row in the register is not."""
    if not dirt:
        return {name: clean(table) for name, table in exports.items()}
    rng, settings = scribe.rng, scribe.settings
    layouts = {layout["name"]: layout for layout in settings["table"]}
    done: dict[str, Soiled] = {}
    for name, table in exports.items():
        spare = _lost_licences(exports["T1"], done["T1"]) if name == "T2" else set()
        done[name] = soil(table, layouts[name], settings, rng, spare=spare)
    if "T7" in done:
        done["T7"] = done["T7"] + strangers(exports["T7"], settings, rng)
    if {"T3", "T3x"} <= set(done):  # the other system exports again what the first one had
        again = done["T3"].fates["fate"] == MERGED
        done["T3x"] = done["T3x"] + done["T3"].only(again)
        done["T3"] = done["T3"].only(~again)
    done["T1"] = _sorted(done["T1"], layouts["T1"]["merged"])
    return done


def _lost_licences(register: Export, soiled: Soiled) -> set[str]:
    lost = soiled.fates.loc[soiled.fates["fate"] == QUARANTINED, "origin"]
    return set(register.frame.loc[lost, "许可证编号"])


def _sorted(soiled: Soiled, column: str) -> Soiled:
    order = soiled.cells[column].argsort(kind="stable")
    return Soiled(
        soiled.cells.iloc[order].reset_index(drop=True), soiled.fates.iloc[order].reset_index(drop=True), soiled.unread
    )


def _signature(scribe: Scribe) -> str:
    one = pd.Series([0])
    return f"{scribe.names(one).iloc[0]}    联系电话：{scribe.phones(one).iloc[0]}"


def _planted(
    scribe: Scribe, exports: dict[str, Export], soiled: dict[str, Soiled], written: dict[str, Written]
) -> Planted:
    fates = {name: table.fates.assign(row=written[name].rows) for name, table in soiled.items()}
    rows = {
        fate: [
            (written[name].name, int(row), str(rule))
            for name, table in fates.items()
            for row, rule in table.loc[table["fate"] == fate, ["row", "rule"]].itertuples(index=False)
        ]
        for fate in (MERGED, QUARANTINED)
    }
    notes = [(file.name, row, NOTE_RULE) for file in written.values() for row in file.notes]
    return Planted(
        files=[file.path.name for file in written.values()],
        rows={file.name: len(file.rows) + len(file.notes) for file in written.values()},
        merged=[(file, row) for file, row, _ in rows[MERGED]],
        quarantined=[*rows[QUARANTINED], *notes],
        unread={name: count for table in soiled.values() for name, count in table.unread.items() if count},
        missing=_missing(scribe, exports, soiled),
        licences={number: str(site) for site, number in scribe.licences.items()},
        inspectors={name: str(inspector) for inspector, name in scribe.inspector_names.items()},
        people=sorted(scribe.people),
    )


def _missing(scribe: Scribe, exports: dict[str, Export], soiled: dict[str, Soiled]) -> dict[str, list[str]]:
    """What the world has and no kept row of a file tells of."""
    told = pd.concat([table.carries[table.carries["row"].isin(_kept(soiled[name]))] for name, table in exports.items()])
    records = scribe.records
    everything: dict[str, Any] = {
        "sites": records.sites["site_id"],
        "licences": records.sites["site_id"],
        "inspections": records.inspections["inspection_id"],
        "events": records.events["event_id"],
        "amendments": records.amendments["event_id"] + ":" + records.amendments["kind"],
        "grades": exports["T14"].carries["id"] if "T14" in exports else [],
    }
    return {table: sorted(set(ids) - set(told.loc[told["table"] == table, "id"])) for table, ids in everything.items()}


def _kept(soiled: Soiled) -> "pd.Series[Any]":
    return soiled.fates.loc[soiled.fates["fate"] == KEPT, "origin"]
