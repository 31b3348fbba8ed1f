"""Features on Spark: the one compiled scan, by parts of sites, over Parquet on HDFS, S3 or a disk."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa

from riskml.errors import DataError, RiskmlError, StudyError
from riskml.features.build import own_on
from riskml.features.catalog import Catalog, load_catalog
from riskml.features.context import Sums
from riskml.features.partitions import half_part, whole_part
from riskml.features.spark_session import in_one_line
from riskml.features.spill import COLUMNS
from riskml.records import contract
from riskml.records.decision_day import decision_day, seen_columns
from riskml.records.log import event_log
from riskml.records.store import META, TABLES, Records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROWS_OF_PART: Final = 500_000
"""Records of a part, about: some 350 MB in the Python process that scans it."""
ROWS: Final = ("sites", *COLUMNS)
"""The tables whose rows are brought together, site by site."""
TOLD: Final = -1
EVERYONE: Final = -2
"""Kinds of rows of the first pass: what a part says of itself, and totals of its sites; the others number groups."""
PLACE: Final = ("place_file", "place_row")
"""Where a site stands in its table: the file, and the row within it."""


def features_on_spark(
    session: "SparkSession",
    records: "str | Path",
    as_of: str,
    *,
    rows_per_part: int = ROWS_OF_PART,
    catalog: Catalog | None = None,
) -> "DataFrame":
    """What `build_features(read_records(records), as_of, catalog)` gives, bit for bit, as a Spark table in no order.

    All rows of a site come together in one part. Each part is held to the contract, made into versions and scanned by
    itself, in a Python process of an executor, where riskml must be installed. The records are gone through twice: at
    once to check them and to gather what belongs to no one site, and when the table is used to scan them.

    Args:
        session: of Spark 4.
        records: folder of canonical records, at any place that Spark reads: "s3a://bucket/records", "hdfs:///records",
            or a path. A table is one Parquet file or a folder of them, as in sites.parquet/part-00000.parquet.
        as_of: decision day.
        rows_per_part: records that one Python process holds at a time, about.
        catalog: features wanted, none of which may read a later snapshot (`decision_day.refuse_later_snapshots`); by
            default all that these records can tell anything about.

    Returns:
        site_id, as_of (a timestamp without time zone) and one column a feature; missing is null.

    Raises:
        StudyError: if rows_per_part is below 1.
        DataError: as `build_features`; also if an event names an inspection of another site, as parts keep sites
            apart. A key that is repeated in two parts is not seen, nor a fault in a column that no feature reads.
    """
    with in_one_line(str(records)):
        made = _placed(session, str(records), as_of, rows_per_part, catalog)
    return made.drop(*PLACE)


def features_in_one_table(session: "SparkSession", records: "str | Path", as_of: str) -> pd.DataFrame:
    """The same as one table in the memory of this machine, with the order and the types of `build_features`."""
    with in_one_line(str(records)):
        frame: pd.DataFrame = _placed(session, str(records), as_of, ROWS_OF_PART).toArrow().to_pandas()
    ordered = frame.sort_values(list(PLACE), ignore_index=True).drop(columns=list(PLACE))
    return ordered.astype({"as_of": "datetime64[s]"})


def write_on_spark(session: "SparkSession", records: str, as_of: str, target: str) -> None:
    """The same as a folder of Parquet files, written by the executors; refused if there is one already."""
    with in_one_line(records):
        features_on_spark(session, records, as_of).write.parquet(target)


def _placed(
    session: "SparkSession", records: str, as_of: str, rows_per_part: int, wanted: Catalog | None = None
) -> "DataFrame":
    if rows_per_part < 1:
        raise StudyError(f"rows_per_part must be at least 1, got {rows_per_part}")
    source = _Source.at(session, records.rstrip("/"), rows_per_part)
    part = _Part(source.meta, source.folder, as_of)
    decision_day(part.records({}), as_of)  # refuses a day outside the records before any row is read
    rows = source.rows()
    found, sums = source.gathered(rows, part)
    catalog = wanted or found
    types = ", ".join(f"`{name}` {kind}" for name, (kind, _) in _types(catalog).items())
    return rows.groupBy("part").applyInArrow(part.second(catalog, sums), types)


@dataclass(frozen=True)
class _Source:
    """Canonical records where Spark finds them, to be sorted into parts by a hash of the site."""

    session: "SparkSession"
    folder: str
    meta: dict[str, Any]
    parts: int

    @classmethod
    def at(cls, session: "SparkSession", folder: str, rows_per_part: int) -> "_Source":
        """Read all but the tables, and count their rows (from the ends of the files)."""
        try:
            text = session.read.text(f"{folder}/{META}", wholetext=True).first()
            meta = json.loads(text[0])
        except ValueError as error:
            raise DataError(f"{folder}/{META} is not readable as JSON: {error}") from error
        made = cls(session, folder, meta, 1)
        total = sum(made.table(name).count() for name in ROWS)
        return cls(session, folder, meta, max(1, -(-total // rows_per_part)))

    def table(self, name: str) -> "DataFrame":
        """One table, in the columns that features and outcomes read."""
        from pyspark.sql import functions  # noqa: PLC0415 - an extra that few install

        table = self.session.read.parquet(f"{self.folder}/{name}.parquet")
        if name != "sites":
            return table.select(*COLUMNS[name])
        found = [functions.col(f"_metadata.{of}") for of in ("file_path", "row_index")]
        place = [column.alias(name) for column, name in zip(found, PLACE, strict=True)]
        return table.select("site_id", *sorted(load_catalog().columns() - {"site_id"}), *place)

    def rows(self) -> "DataFrame":
        """The rows of all tables: the number of their part, and one column a table, null but for the row's own."""
        from pyspark.sql import functions  # noqa: PLC0415

        tables = {name: self.table(name) for name in ROWS}
        tables["amendments"] = tables["amendments"].join(tables["events"].select("event_id", "site_id"), "event_id")
        packed = []
        for name, table in tables.items():
            number = functions.pmod(functions.xxhash64("site_id"), functions.lit(self.parts)).alias("part")
            kept = [column for column in table.columns if name != "amendments" or column != "site_id"]
            packed.append(table.select(number, functions.struct(*kept).alias(name)))
        return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), packed)

    def gathered(self, rows: "DataFrame", part: "_Part") -> tuple[Catalog, Sums]:
        """First pass: all parts checked; the features that the records can tell of, and the totals of all sites."""
        from pyspark.sql import functions  # noqa: PLC0415

        types = _first_types()
        names = [name for name in types if name not in ("kind", "key")]
        made = rows.groupBy("part").applyInArrow(
            part.first(), ", ".join(f"{name} {kind}" for name, kind in types.items())
        )
        found = made.groupBy("kind", "key").agg(*(functions.sum(name).alias(name) for name in names))
        frame = found.where("kind < 0 or sites > 1").toArrow().to_pandas()  # what one site brings alone it knows itself
        told = [json.loads(line) for line in frame.loc[frame["kind"] == TOLD, "key"]]
        faults = sorted((one["part"], one["fault"]) for one in told if "fault" in one)
        if faults:
            raise DataError(faults[0][1])
        self._refuse_lost(sum(one["amendments"] for one in told))
        self._refuse_divided()
        codes, columns = ({name for one in told for name in one[key]} for key in ("codes", "columns"))
        return load_catalog().applicable(codes, columns), _sums(frame)

    def _refuse_lost(self, found: int) -> None:
        """Refuse amendments that met no event, or several."""
        total = self.table("amendments").count()
        if found != total:
            raise DataError(
                f"{self.folder}: of {total} amendments {found} found an event: some name none, or an event_id stands "
                "twice; run without --engine spark to see which"
            )

    def _refuse_divided(self) -> None:
        """Refuse events that hang on an inspection of another site: the two may lie in different parts."""
        named = self.table("events").select("inspection_id", "site_id").where("inspection_id is not null")
        made = self.table("inspections").select("inspection_id", "site_id").withColumnRenamed("site_id", "visited")
        divided = named.join(made, "inspection_id").where("site_id <> visited").count()
        if divided:
            raise DataError(
                f"{self.folder}: {divided} events name inspections of sites other than their own, and parts keep sites "
                "apart; correct them, or run without --engine spark"
            )


@dataclass(frozen=True)
class _Part:
    """What a Python process of an executor does with the rows of one part; it is sent there, and holds plain data."""

    meta: dict[str, Any]
    where: str
    as_of: str

    def records(self, tables: dict[str, pd.DataFrame]) -> Records:
        """Records of some tables; the others are empty."""
        blank = {name: contract.empty(name) for name in TABLES}
        return Records.of(blank | tables, self.meta, where=self.where)

    def read(self, group: pa.Table) -> tuple[Records, pd.DataFrame, int, pd.DataFrame]:
        """The records of one part, their log, the decision day, and the places of the sites."""
        frames, place = _frames(group)
        records = self.records(frames)
        return records, event_log(records), decision_day(records, self.as_of), place

    def first(self) -> Callable[[pa.Table], pa.Table]:
        """First pass: the function that says what there is in one part, or what is wrong, and adds up its sites."""

        def told(group: pa.Table) -> pa.Table:
            number = group["part"][0].as_py()
            try:
                lines = self._brought(group, number)
            except RiskmlError as error:
                lines = pd.DataFrame({"kind": [TOLD], "key": [json.dumps({"part": number, "fault": str(error)})]})
            whole = lines.reindex(columns=list(_first_types())).fillna({"key": ""}).fillna(0)
            return pa.Table.from_pandas(whole, preserve_index=False).cast(_first_schema())

        return told

    def _brought(self, group: pa.Table, number: int) -> pd.DataFrame:
        records, log, day, _ = self.read(group)
        columns = [name for name in seen_columns(records, day) if records.sites[name].notna().any()]
        codes = log.loc[log["known_on"] < day, "code"].unique().tolist()
        told = {"part": number, "codes": codes, "columns": columns, "amendments": len(records.amendments)}
        own = own_on(records.sites, log, day, load_catalog().of_others().program({}))
        sums = own.sums()
        parts = [pd.DataFrame({"kind": [TOLD], "key": [json.dumps(told)]})]
        parts.append(pd.DataFrame([sums.everyone], columns=_facts()).assign(kind=EVERYONE, key=""))
        for place, table in enumerate(sums.groups):
            parts.append(table.set_axis([*_facts(), "sites"], axis=1).assign(kind=place, key=table.index))
        return pd.concat(parts, ignore_index=True)

    def second(self, catalog: Catalog, sums: Sums) -> Callable[[pa.Table], pa.Table]:
        """Second pass: the function that gives the features of one part."""
        types = {name: arrow for name, (_, arrow) in _types(catalog).items()}

        def scanned(group: pa.Table) -> pa.Table:
            records, log, day, place = self.read(group)
            made, own = half_part(records.sites, log, day)
            whole = pd.concat([whole_part(made, own.frame(), sums, catalog), place], axis=1)[list(types)]
            return pa.Table.from_pandas(whole, preserve_index=False).cast(pa.schema(types))

        return scanned


def _frames(group: pa.Table) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The tables whose rows lie in the columns of one part, and the places of its sites."""
    tables = {name: pa.Table.from_struct_array(group[name].drop_null()) for name in ROWS}
    place = tables["sites"].select(PLACE).to_pandas()
    tables["sites"] = tables["sites"].drop(PLACE)
    return {name: table.to_pandas(date_as_object=False) for name, table in tables.items()}, place


def _types(catalog: Catalog) -> dict[str, tuple[str, pa.DataType]]:
    """Each column of the outcome: its type in Spark and in Arrow."""
    text, number = ("string", pa.string()), ("double", pa.float64())
    found = {"site_id": text, "as_of": ("timestamp_ntz", pa.timestamp("us"))}
    found |= {feature.name: text if feature.is_category else number for feature in catalog.features}
    return found | {PLACE[0]: text, PLACE[1]: ("bigint", pa.int64())}


def _facts() -> list[str]:
    """The columns of the first pass that hold the facts of `context.Sums`, in their order."""
    return [f"fact_{place}" for place in range(len(load_catalog().of_others().program({})["context"]["facts"]) + 1)]


def _first_types() -> dict[str, str]:
    """The columns that the first pass makes of a part, and their types in Spark."""
    return {"kind": "int", "key": "string", "sites": "bigint"} | dict.fromkeys(_facts(), "bigint")


def _first_schema() -> pa.Schema:
    arrow = {"int": pa.int32(), "string": pa.string(), "bigint": pa.int64()}
    return pa.schema({name: arrow[kind] for name, kind in _first_types().items()})


def _sums(frame: pd.DataFrame) -> Sums:
    """The totals of all sites from the rows of the first pass, added up by kind and key."""
    groups = len(load_catalog().of_others().program({})["context"]["groups"])
    kind, names = frame["kind"].to_numpy(), [*_facts(), "sites"]
    tables = frame.set_index("key")[names].set_axis(range(len(names)), axis=1)
    everyone = tables[kind == EVERYONE].iloc[:, :-1].sum().to_numpy()
    return Sums(everyone, tuple(tables[kind == place] for place in range(groups)))
