"""A simulated bureau from beginning to end: records, and the truth behind them."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from riskml.errors import DataError
from riskml.records import Records
from riskml.simulation.books import records_of, truth_of
from riskml.simulation.bureau import open_bureau
from riskml.simulation.months import Months
from riskml.simulation.partitions import PARTITION_SITES, divide
from riskml.simulation.rounds import work_month
from riskml.simulation.settings import read_settings

LEAST = {"sites": 100, "years": 1, "seed": 0, "partition_sites": 100}


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


def simulate(
    *,
    sites: int,
    years: int,
    seed: int,
    end: "str | pd.Timestamp" = "2025-07-01",
    partition_sites: int = PARTITION_SITES,
) -> World:
    """Simulate a bureau month by month; visits follow the grade in force.

    A city of more than `partition_sites` sites is several partitions, one after the other, each sorted for itself.

    Args:
        sites: number of sites over the whole time, at least 100; entries and exits leave about 7 in 10 open at once.
        years: years of records, at least 1.
        seed: of all randomness; the same seed gives the same tables.
        end: first day no longer covered, the first of a month.
        partition_sites: most sites of a partition, at least 100; another number makes another city.

    Raises:
        DataError: for a number below the least allowed, or an `end` inside a month.
    """
    parts = list(worlds(sites=sites, years=years, seed=seed, end=end, partition_sites=partition_sites))
    if len(parts) == 1:
        return parts[0]
    tables = {
        name: pd.concat([part.records.tables()[name] for part in parts], ignore_index=True)
        for name in parts[0].records.tables()
    }
    records = Records.of(tables, parts[0].records.meta(), where="a simulated city")
    return World(records, pd.concat([part.truth for part in parts], ignore_index=True))


def worlds(*, sites: int, years: int, seed: int, end: "str | pd.Timestamp", partition_sites: int) -> Iterator[World]:
    """The partitions of the city that `simulate` makes of the same arguments, one at a time.

    Raises:
        DataError: as `simulate`.
    """
    given = {"sites": sites, "years": years, "seed": seed, "partition_sites": partition_sites}
    for name, value in given.items():
        if value < LEAST[name]:
            raise DataError(f"{name} is {value}; a simulation needs {name} of at least {LEAST[name]}")
    months = Months.until(end, years=years)
    for part in divide(read_settings(), sites=sites, seed=seed, partition_sites=partition_sites):
        bureau = open_bureau(part, months, seed=seed)
        for month in range(len(months)):
            work_month(bureau, month)
        yield World(records_of(bureau), truth_of(bureau))
