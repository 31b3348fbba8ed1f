"""Simulated worlds as folders: partition by partition, so that a city needs the memory of one partition."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pandas as pd

from riskml.records.hashing import canonical_hash
from riskml.records.store import TABLES, new_folder, table_writer, write_meta
from riskml.simulation.partitions import PARTITION_SITES
from riskml.simulation.world import World, worlds

TRUTH: Final = "truth"
HASH_FILE: Final = "HASH"


def write_world(world: World, folder: "Path | str") -> None:
    """Write the records, the truth and the hash of the records into one folder; it appears whole or not at all.

    Raises:
        DataError: if the folder holds something else than records.
    """
    _write([world], folder, _nothing)


def simulate_to(
    folder: "Path | str",
    *,
    sites: int,
    years: int,
    seed: int,
    end: "str | pd.Timestamp" = "2025-07-01",
    partition_sites: int = PARTITION_SITES,
    done: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Write the world that `simulate` makes of the same arguments, without ever holding more than one partition.

    Each partition is simulated, held to the contract, and written as row groups of the canonical tables and of
    truth.parquet; HASH has a line a partition, the `canonical_hash` of its records. About 1 GB of memory, whatever
    the number of sites; `read_records` needs room for all of them.

    Args:
        folder: to write; it appears whole or not at all.
        sites: as for `simulate`, like the next four.
        years: of records.
        seed: of all randomness.
        end: first day no longer covered.
        partition_sites: most sites of a partition.
        done: called with the number of partitions written so far, after each.

    Returns:
        The number of rows written, by table.

    Raises:
        DataError: as `simulate`, or if the folder holds something else than records.
    """
    parts = worlds(sites=sites, years=years, seed=seed, end=end, partition_sites=partition_sites)
    return _write(parts, folder, done or _nothing)


def _write(parts: Iterable[World], folder: "Path | str", done: Callable[[int], None]) -> dict[str, int]:
    rows, hashes = dict.fromkeys((*TABLES, TRUTH), 0), []
    with new_folder(folder) as place:
        with ExitStack() as files:
            writers = {name: files.enter_context(table_writer(name, place / f"{name}.parquet")) for name in rows}
            for world in parts:
                for name, frame in {**world.records.tables(), TRUTH: world.truth}.items():
                    writers[name](frame)
                    rows[name] += len(frame)
                hashes.append(canonical_hash(world.records))
                write_meta(world.records, place)
                done(len(hashes))
        (place / HASH_FILE).write_text("\n".join(hashes) + "\n", encoding="utf-8")
    return rows


def _nothing(_: int) -> None:
    """Tell nobody."""
