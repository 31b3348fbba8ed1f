"""Records sorted into parts of sites, on disk: each row is read once, and a part is as small as memory asks for."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskml.errors import DataError, StudyError
from riskml.features.catalog import load_catalog
from riskml.records import contract

BATCH: Final = 2**17
"""Rows read at a time."""
BYTES_OF_ROW: Final = 700
"""Bytes that a record takes at the peak of its part: read, checked, made into versions, packed (measured)."""
BYTES_OF_SITE: Final = 400
"""Bytes that a site takes throughout: its columns, and its id in the table by which records find their part."""
BYTES_OF_PROCESS: Final = 500 * 2**20
"""Bytes that the libraries and the batch in hand take."""
SMALLEST: Final = 64 * 2**20
"""Bytes that must be left for a part."""

COLUMNS: Final = {
    "events": (
        "event_id", "site_id", "code", "occurred_on", "known_on", "due_on", "valid_to", "inspection_id", "severity",
        "quantity",
    ),
    "inspections": (
        "inspection_id", "site_id", "visited_on", "known_on", "visit_type", "result", "action", "score", "key_fail",
        "general_fail", "label_version",
    ),
    "amendments": tuple(contract.TABLES["amendments"]),
}  # fmt: skip
"""Columns that features and outcomes read, of the tables that grow with time."""


@dataclass(frozen=True)
class Spill:
    """Records in parts of neighbouring sites.

    Attributes:
        records: their folder. folder: where the parts lie, a file a part of events and of inspections.
        sites: the columns of sites that features read.
        size: sites of a part; the last may have fewer.
    """

    records: Path
    folder: Path
    sites: pa.Table
    size: int

    @property
    def parts(self) -> int:
        """How many parts there are, at least one."""
        return max(1, -(-int(self.sites.num_rows) // self.size))

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return int(pq.read_metadata(self.records / f"{table}.parquet").num_rows)

    def batches(self, table: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """A table of the records, batch by batch."""
        with pq.ParquetFile(self.records / f"{table}.parquet") as file:
            yield from file.iter_batches(BATCH, columns=columns)

    def tables(self, number: int) -> dict[str, pd.DataFrame]:
        """The tables of one part; published grades and quarantined rows are left out, no feature reads them."""
        found = {"sites": self.sites.slice(number * self.size, self.size)}
        for name in ("events", "inspections"):
            with pa.OSFile(str(self.folder / f"{name}-{number}")) as file, pa.ipc.open_file(file) as part:
                found[name] = part.read_all()
        ids = found["events"]["event_id"].combine_chunks()
        mine = [
            batch.filter(pc.is_in(batch.column("event_id").cast(ids.type), ids))
            for batch in self.batches("amendments", list(COLUMNS["amendments"]))
        ]
        schema = pq.read_schema(self.records / "amendments.parquet")
        found["amendments"] = pa.Table.from_batches(mine, pa.schema([schema.field(n) for n in COLUMNS["amendments"]]))
        frames = {name: table.to_pandas(date_as_object=False) for name, table in found.items()}
        return frames | {name: contract.empty(name) for name in ("grades", "quarantine")}


def spilled(records: Path, folder: Path, *, memory: int) -> Spill:
    """Sort the events and inspections of a folder of records into parts that fit a memory.

    Args:
        records: folder of canonical records.
        folder: an empty folder for the parts.
        memory: bytes to stay within.

    Raises:
        StudyError: if the memory is too small for the sites.
        DataError: if a site stands twice.
    """
    sites = pq.read_table(records / "sites.parquet", columns=sorted({"site_id", *load_catalog().columns()}))
    made = Spill(records, folder, sites, 1)
    rows = sum(made.rows(name) for name in COLUMNS)
    made = Spill(records, folder, sites, _size(sites.num_rows, rows, memory))
    place = pd.Index(sites["site_id"].to_numpy(zero_copy_only=False))
    if not place.is_unique:
        raise DataError(f"{records}: site_id {place[place.duplicated()][0]!r} stands in two rows of sites; keep one")
    for name in ("events", "inspections"):
        _divide(made, name, place)
    return made


def _size(sites: int, rows: int, memory: int) -> int:
    room = memory - BYTES_OF_PROCESS - sites * BYTES_OF_SITE
    if room < SMALLEST:
        least = -(-(memory - room + SMALLEST) // 2**20)
        raise StudyError(f"--memory {memory // 2**20}MB is too small for {sites} sites; give at least {least}MB")
    return max(1, int(sites * min(1.0, room / max(1, rows * BYTES_OF_ROW))))


def _divide(spill: Spill, table: str, place: "pd.Index[Any]") -> None:
    """Write each row of a table into the file of its part, in order; a row of no known site into the first part's."""
    with ExitStack() as stack:
        schema = pq.read_schema(spill.records / f"{table}.parquet")
        schema = pa.schema([schema.field(name) for name in COLUMNS[table]])
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        files = [stack.enter_context(pa.OSFile(str(spill.folder / f"{table}-{n}"), "wb")) for n in range(spill.parts)]
        parts = [stack.enter_context(pa.ipc.new_file(file, schema, options=options)) for file in files]
        for batch in spill.batches(table, list(COLUMNS[table])):
            ids = batch.column("site_id").to_numpy(zero_copy_only=False)
            number = np.maximum(place.get_indexer(ids), 0) // spill.size
            ordered = batch.take(pa.array(np.argsort(number, kind="stable")))
            ends = np.cumsum(np.bincount(number, minlength=spill.parts))
            for part, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
                if end > begin:
                    parts[part].write_batch(ordered.slice(begin, end - begin))


def store(table: pa.Table, path: Path) -> None:
    """Write a table beside the parts."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as part:
        part.write_table(table)


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Say of a file that cannot be read which records it belongs to; a full disk is no fault of theirs."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise
        raise DataError(f"{folder} is not a complete set of readable records: {error}") from error
