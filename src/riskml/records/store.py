"""A folder of canonical Parquet tables: reading and writing it, whole or not at all."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskml.errors import DataError
from riskml.records import contract
from riskml.records.outcomes import OutcomeRule

META = "records.json"


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
        """Records of tables and meta, held to the contract; `where` names them in messages."""
        try:
            return cls(
                **{name: contract.conform(name, tables[name]) for name in TABLES},
                source=meta["source"],
                observed_from=pd.Timestamp(meta["observed_from"]),
                observed_to=pd.Timestamp(meta["observed_to"]),
                outcome=OutcomeRule.from_dict(meta["outcome"], where=where),
                snapshots=dict(meta["snapshots"]),
                notes=tuple(meta["notes"]),
            )
        except KeyError as error:
            raise DataError(f"{where} lacks {error}; make the records again") from error


TABLES = ("sites", "events", "amendments", "inspections", "grades", "quarantine")


def write_records(records: Records, folder: Path) -> None:
    """Write one Parquet file a table, and records.json; the folder appears whole or not at all."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name, table in records.tables().items():
        write_table(contract.conform(name, table), part / f"{name}.parquet")
    text = json.dumps(records.meta(), indent=1, ensure_ascii=False, sort_keys=True)
    (part / META).write_text(text + "\n", encoding="utf-8")
    if folder.exists():
        if not (folder / META).is_file() and any(folder.iterdir()):
            shutil.rmtree(part)
            raise DataError(f"{folder} exists and holds something else than records; choose another folder")
        shutil.rmtree(folder)
    part.rename(folder)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write one table as Parquet (zstd, days as date32)."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.date32()))
        elif pa.types.is_large_string(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.string()))
    pq.write_table(table.replace_schema_metadata(None), path, compression="zstd", compression_level=15)


def read_records(folder: "Path | str") -> Records:
    """Read a folder written by `write_records`.

    Raises:
        DataError: if the folder, a table or a column is missing or damaged.
    """
    folder = Path(folder)
    path = folder / META
    if not path.is_file():
        raise DataError(
            f"{folder} holds no records ({META} is missing); make some with riskml ingest or riskml simulate"
        )
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not readable as JSON: {error}") from error
    tables = {name: read_table(folder / f"{name}.parquet", name) for name in TABLES}
    return Records.of(tables, meta, where=str(folder))


def read_table(path: Path, table: str) -> pd.DataFrame:
    """One canonical table from its Parquet file, with the types of the contract."""
    if not path.is_file():
        raise DataError(f"{path} is missing; the folder is not a complete set of records")
    try:
        frame = pq.read_table(path).to_pandas(date_as_object=False)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error
    return contract.conform(table, frame)
