"""A folder of canonical Parquet tables: reading and writing it, whole or not at all."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskml.errors import DataError, StudyError
from riskml.records import contract
from riskml.records.checking import check_tables
from riskml.records.fault import refuse
from riskml.records.outcomes import OutcomeRule
from riskml.scorer.messages import meant_place

if TYPE_CHECKING:
    from riskml.records.describing import Description

META = "records.json"
TABLES = ("sites", "events", "amendments", "inspections", "grades", "quarantine")
OF_RECORDS: Final = (META, *(f"{name}.parquet" for name in contract.TABLES), "HASH", "ingest_report.json")
"""Every file that stands in a folder of records; any other one is somebody's own, and is never removed."""
PARQUET: Final = {"compression": "zstd", "compression_level": 15}


@dataclass(frozen=True)
class Records:
    """Canonical records of one bureau or portal.

    Attributes:
        sites, events, amendments, inspections, grades, quarantine: tables of `contract.TABLES`.
        source: name of the source they came from.
        observed_from, observed_to: first day covered, and first day no longer covered (a half-open window on known_on).
        outcome: how a visit's outcome is derived from what was known.
        snapshots: site columns that hold the value of one day, with that day; refused as features before it.
        notes: what a reader of any result should know about this source, each as {"en": ..., "zh": ...}.
    """

    sites: pd.DataFrame
    events: pd.DataFrame
    amendments: pd.DataFrame
    inspections: pd.DataFrame
    source: str
    observed_from: pd.Timestamp
    observed_to: pd.Timestamp
    outcome: OutcomeRule
    grades: pd.DataFrame = field(default_factory=lambda: contract.empty("grades"))
    quarantine: pd.DataFrame = field(default_factory=lambda: contract.empty("quarantine"))
    snapshots: dict[str, str] = field(default_factory=dict)
    notes: tuple[dict[str, str], ...] = ()

    def tables(self) -> dict[str, pd.DataFrame]:
        """The canonical tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def describe(self, lang: str = "en") -> "Description":
        """What the records hold: rows, days, sites, visits, outcomes, lags, gaps and warnings, with a printed form.

        Args:
            lang: language of the printed form, "en" or "zh".

        Raises:
            StudyError: for another language.
        """
        from riskml.records.describing import describe  # noqa: PLC0415 - it is made of records

        return describe(self, lang=lang)

    def meta(self) -> dict[str, Any]:
        """All but the tables, as values that JSON can hold."""
        return {
            "source": self.source,
            "observed_from": f"{self.observed_from:%Y-%m-%d}",
            "observed_to": f"{self.observed_to:%Y-%m-%d}",
            "outcome": self.outcome.as_dict(),
            "snapshots": self.snapshots,
            "notes": list(self.notes),
        }

    @classmethod
    def of(cls, tables: dict[str, pd.DataFrame], meta: dict[str, Any], *, where: str) -> "Records":
        """Records of tables and meta, held to the contract; `where` names them in messages.

        Raises:
            DataError: with all faults at once if the tables do not keep the contract, or if the meta are incomplete or
                damaged.
        """
        try:
            told: dict[str, Any] = {
                "source": meta["source"],
                "observed_from": pd.Timestamp(date.fromisoformat(meta["observed_from"])),
                "observed_to": pd.Timestamp(date.fromisoformat(meta["observed_to"])),
                "outcome": OutcomeRule.from_dict(meta["outcome"], where=where),
                "snapshots": dict(meta["snapshots"]),
                "notes": tuple(meta["notes"]),
            }
            given = {name: tables[name] for name in TABLES}
        except KeyError as error:
            raise DataError(f"{where} lacks {error}; make the records again") from error
        except (TypeError, ValueError, StudyError) as error:
            raise DataError(f"{where}: {META} is damaged: {error}; make the records again") from error
        made, found = check_tables(given, told["snapshots"])
        refuse(found, where)
        told.update(made)
        return cls(**told)


def write_records(records: Records, folder: "Path | str") -> None:
    """Write one Parquet file a table, and records.json; the folder appears whole or not at all.

    Raises:
        DataError: if the records do not keep the contract (all faults at once), or if the folder is a file, holds
            anything else than records, or is being written by another process.
    """
    made, found = check_tables(records.tables(), records.snapshots)
    refuse(found, f"records of {records.source}")
    with new_folder(folder) as part:
        for name, table in made.items():
            write_table(table, part / f"{name}.parquet")
        write_meta(records, part)


@contextmanager
def new_folder(folder: "Path | str") -> Iterator[Path]:
    """A folder of records to fill, which takes the place of `folder` when the block ends, and vanishes if it fails.

    A killed run leaves `<folder>.part` behind, which the next one clears; `folder` is the old one or the new one. Files
    that are not of records are never removed: with one of them in a place that would be cleared nothing is written.

    Raises:
        DataError: if the folder is a file, holds something else than records, or is being written by another process.
    """
    folder = Path(folder).absolute()
    part, old = (folder.with_name(folder.name + end) for end in (".part", ".old"))
    for place in (folder, old):
        _refuse_strangers(place)
    if folder.exists() and not (folder / META).is_file() and any(folder.iterdir()):
        raise DataError(f"{folder} exists and holds something else than records; choose another folder")
    if old.exists() and not folder.exists():
        old.rename(folder)  # a run was killed between the two renames
    part.mkdir(parents=True, exist_ok=True)
    with _alone(part):
        _refuse_strangers(part)
        try:
            _clear(part)
            yield part
            shutil.rmtree(old, ignore_errors=True)
            if folder.exists():
                folder.rename(old)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def _refuse_strangers(folder: Path) -> None:
    """Refuse a path that is no folder, or that holds anything that is not of records: it would be lost."""
    strange = [folder.name] if folder.is_file() else []
    if folder.is_dir():
        strange = sorted(path.name for path in folder.iterdir() if path.name not in OF_RECORDS or path.is_dir())
    if strange:
        raise DataError(
            f"{folder} exists and holds something else than records; choose another folder, or move away {strange[:3]}"
            + (f" and {len(strange) - 3} more" if len(strange) > 3 else "")
        )


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Hold the lock of a folder that is being filled; it goes with the folder when that is renamed."""
    handle = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not part.exists() or part.stat().st_ino != os.fstat(handle).st_ino:
            raise BlockingIOError
        yield
    except BlockingIOError as error:
        raise DataError(f"another process is writing {part}; wait until it ends, or choose another folder") from error
    finally:
        os.close(handle)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def write_meta(records: Records, folder: Path) -> None:
    """Write records.json, all but the tables."""
    text = json.dumps(records.meta(), indent=1, ensure_ascii=False, sort_keys=True)
    (folder / META).write_text(text + "\n", encoding="utf-8")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write one table as Parquet (zstd, days as date32)."""
    pq.write_table(_arrow(frame), path, **PARQUET)


@contextmanager
def table_writer(table: str, path: Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Write a canonical table in parts: what is given takes one part, holds it to the contract, and writes it.

    Keys that stand in two parts are the caller's to avoid: only one part is in memory.
    """
    with pq.ParquetWriter(path, _arrow(contract.empty(table)).schema, **PARQUET) as file:
        yield lambda frame: file.write_table(_arrow(contract.conform(table, frame)))


def _arrow(frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.date32()))
        elif pa.types.is_large_string(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.string()))
    return table.replace_schema_metadata(None)


def read_records(folder: "Path | str") -> Records:
    """Read a folder written by `write_records`.

    Raises:
        DataError: if the folder or a table is missing or damaged; with all faults at once if the tables do not keep
            the contract.
    """
    folder = Path(folder)
    meta = read_meta(folder)
    tables = {name: _frame(folder / f"{name}.parquet") for name in TABLES}
    return Records.of(tables, meta, where=str(folder))


def read_meta(folder: Path) -> dict[str, Any]:
    """All but the tables of a folder of records.

    Raises:
        DataError: if there are none, or they are damaged.
    """
    path = folder / META
    if not path.is_file():
        raise DataError(
            f"{folder} holds no records ({META} is missing); make some with riskml ingest or riskml simulate"
            f"{meant_place(folder)}"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not readable as JSON: {error}") from error
    return dict(found)


def read_table(path: Path, table: str) -> pd.DataFrame:
    """One canonical table from its Parquet file, with the types of the contract.

    Raises:
        DataError: if the file is missing or damaged, or the table does not keep the contract.
    """
    return contract.conform(table, _frame(path))


def _frame(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(f"{path} is missing; the folder is not a complete set of records")
    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas(date_as_object=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error
    return frame
