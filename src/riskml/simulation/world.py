"""A simulated bureau from beginning to end: records, and the truth behind them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.grades import load_system
from riskml.records import Records, contract, write_records
from riskml.records.days import NEVER, from_days
from riskml.records.hashing import canonical_hash
from riskml.records.log import event_versions
from riskml.records.outcomes import OutcomeRule
from riskml.records.store import write_table
from riskml.simulation.facts import Scene, write_facts
from riskml.simulation.ledger import Ledger
from riskml.simulation.months import Months
from riskml.simulation.register import register
from riskml.simulation.risk import draw_risk, months_since_registration
from riskml.simulation.rounds import Bureau, work_month
from riskml.simulation.settings import read_settings

STREAMS = ("register", "risk", "facts", "visits", "findings", "aftermath")
"""One generator a stage, so that a change in one leaves the draws of the others alone."""

TRUTH_FILE = "truth.parquet"
HASH_FILE = "HASH"


@dataclass(frozen=True)
class World:
    """A simulated bureau.

    Attributes:
        records: what the bureau has written down.
        truth: table "truth" of the contract: by site and month the latent risk at an average inspector of its office,
            the probability of an eligible visit, and the outcome such a visit has or would have had.
    """

    records: Records
    truth: pd.DataFrame


def simulate(*, sites: int, years: int, seed: int, end: "str | pd.Timestamp" = "2025-07-01") -> World:
    """Simulate a bureau month by month; visits follow the grade in force.

    Args:
        sites: number of sites over the whole time, at least 100; entries and exits leave about 7 in 10 open at once.
        years: years of records, at least 1.
        seed: of all randomness; the same seed gives the same tables.
        end: first day no longer covered, the first of a month.

    Raises:
        DataError: for a number below the least allowed, or an `end` inside a month.
    """
    for name, value, least in (("sites", sites, 100), ("years", years, 1), ("seed", seed, 0)):
        if value < least:
            raise DataError(f"{name} is {value}; a simulation needs {name} of at least {least}")
    bureau = _open_bureau(sites=sites, months=Months.until(end, years=years), seed=seed)
    for month in range(len(bureau.months)):
        work_month(bureau, month)
    return World(_records(bureau), _truth(bureau))


def write_world(world: World, folder: "Path | str") -> None:
    """Write the records, the truth and the hash of the records into one folder."""
    folder = Path(folder)
    write_records(world.records, folder)
    for name in (TRUTH_FILE, HASH_FILE):
        part = folder / f"{name}.part"
        if name == TRUTH_FILE:
            write_table(contract.conform("truth", world.truth), part)
        else:
            part.write_text(canonical_hash(world.records) + "\n", encoding="utf-8")
        part.rename(folder / name)


def _open_bureau(*, sites: int, months: Months, seed: int) -> Bureau:
    streams: dict[str, np.random.Generator] = dict(
        zip(STREAMS, np.random.default_rng(seed).spawn(len(STREAMS)), strict=True)
    )
    settings = read_settings()
    roll = register(streams["register"], settings, months, sites=sites, seed=seed)
    risk = draw_risk(streams["risk"], settings, roll, months)
    ids, offices = (roll.sites[name].to_numpy(dtype=np.str_) for name in ("site_id", "office"))
    ledger = Ledger(ids, offices, settings["severity"])
    checks = write_facts(Scene(streams["facts"], settings, roll, risk, months, ledger))
    bureau = Bureau(
        settings=settings,
        months=months,
        register=roll,
        risk=risk,
        ledger=ledger,
        system=load_system(settings["incumbent"]),
        streams=streams,
        checks=checks,
        since=months_since_registration(roll, months, streams["risk"]),
        last_visit=np.zeros(sites, dtype=np.int32),
        struck=np.where(roll.silent, NEVER, roll.leaves).astype(np.int32),
        log=event_versions(contract.empty("events"), contract.empty("amendments")),
    )
    bureau.close_books()
    return bureau


def _records(bureau: Bureau) -> Records:
    """What had become known before the end; closings that were decided by then."""
    end = pd.Timestamp(bureau.months.end, unit="D")
    events = _known(bureau.events, "events", end).sort_values(["known_on", "event_id"], ignore_index=True)
    amendments = _known(bureau.amendments, "amendments", end)
    amendments = amendments[amendments["event_id"].isin(events["event_id"])]
    visits = _known([bureau.ledger.take("inspections")], "inspections", end)
    closed = np.where(bureau.struck < bureau.months.end, bureau.struck, NEVER).astype(np.int32)
    return Records(
        sites=contract.conform("sites", bureau.register.sites.assign(closed_on=from_days(closed))),
        events=events,
        amendments=amendments.sort_values(["known_on", "event_id", "kind"], ignore_index=True),
        inspections=visits.sort_values(["visited_on", "inspection_id"], ignore_index=True),
        source="simulated",
        observed_from=pd.Timestamp(bureau.months.start, unit="D"),
        observed_to=end,
        outcome=OutcomeRule.from_dict(bureau.settings["outcome"], where="bureau.toml"),
        snapshots={"licence_valid_to": f"{end:%Y-%m-%d}"},
        notes=tuple(bureau.settings["notes"]),
    )


def _known(frames: list[pd.DataFrame], table: str, end: pd.Timestamp) -> pd.DataFrame:
    rows = pd.concat([contract.empty(table), *frames], ignore_index=True)
    return contract.conform(table, rows[rows["known_on"] < end])


def _truth(bureau: Bureau) -> pd.DataFrame:
    """The truth of all months, site by site."""
    names = list(contract.TABLES["truth"])
    columns = {name: np.concatenate([month[name] for month in bureau.truth]) for name in names}
    rows = pd.DataFrame({**columns, "as_of": from_days(columns["as_of"])})
    return contract.conform("truth", rows.sort_values(["site_id", "as_of"]))
