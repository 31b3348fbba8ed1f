"""Records scored inside Spark: the features of `features.spark`, and the same scorer in every Python process."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from riskml.cohorts.register import CANCELLED
from riskml.errors import DataError
from riskml.export.record_checks import refuse_other_codes, refuse_other_labels
from riskml.export.scored_rows import Answers, riskiest_first
from riskml.export.scoring import made_ready, open_sites
from riskml.export.scoring_parts import SITE_COLUMNS, without_rows
from riskml.features.spark import ROWS_OF_PART, features_on_spark
from riskml.features.spark_session import in_one_line
from riskml.records.days import to_days
from riskml.records.decision_day import decision_day, refuse_later_snapshots
from riskml.records.store import META, Records
from riskml.scorer.header import Header
from riskml.scorer.opening.artifact import open_artifact
from riskml.scorer.opening.stored import read_files

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TYPES: Final = {"text": ("string", pa.string()), "number": ("double", pa.float64())}
DAY: Final = ("timestamp_ntz", pa.timestamp("us"))
"""Types of columns in Spark and in Arrow."""


def scores_on_spark(
    session: "SparkSession",
    artifact: "Path | str",
    records: "str | Path",
    as_of: str,
    *,
    reasons: int = 0,
    lang: str = "en",
    rows_per_part: int = ROWS_OF_PART,
) -> "DataFrame":
    """What `score_records(artifact, read_records(records), as_of)` gives, bit for bit, as a Spark table in no order.

    The artifact lies where the command runs; its bytes travel with the task, and a Python process of an executor opens
    them once. This machine reads of the records what belongs to no part: the register of the sites, the event codes
    and the label versions.

    Args:
        session: of Spark 4.
        artifact: an exported artifact: its folder, or one packed file.
        records: folder of canonical records, at any place that Spark reads.
        as_of: decision day.
        reasons: as `score_records`.
        lang: of the reasons.
        rows_per_part: records that one Python process holds at a time, about.

    Raises:
        ArtifactError, DataError, StudyError: as `score_records` and `features.spark.features_on_spark`.
    """
    folder = str(records).rstrip("/")
    answers, catalog = made_ready(artifact, as_of, reasons=reasons, lang=lang)
    with in_one_line(folder):
        bare = without_rows(_meta(session, folder), folder)
        day = decision_day(bare, as_of)
        refuse_later_snapshots(bare, catalog.columns(), day)
        _refuse_others(answers.scorer.header, session, folder, day, bare.source)
        known = _of_register(bare, session, folder)
        chosen = known.sites["site_id"][open_sites(known, day)]
        features = features_on_spark(session, folder, as_of, rows_per_part=rows_per_part, catalog=catalog)
        here = session.createDataFrame(pa.table({"site_id": pa.array(chosen, pa.string())}))
        columns = ", ".join(f"{name} {kind}" for name, (kind, _) in _types(reasons).items())
        scored = _scored(read_files(artifact), as_of, reasons, lang)
        return features.join(here, "site_id", "left_semi").mapInArrow(scored, columns)


def scores_in_one_table(
    session: "SparkSession", artifact: "Path | str", records: "str | Path", as_of: str, **asked: Any
) -> pd.DataFrame:
    """The same in the memory of this machine, with the order and the types of `score_records`."""
    made = scores_on_spark(session, artifact, records, as_of, **asked)
    with in_one_line(str(records)):
        frame: pd.DataFrame = made.toArrow().to_pandas()
    texts = {name: "str" for name in frame.columns if name not in ("as_of", "probability")}
    return riskiest_first([frame.astype({"as_of": "datetime64[s]", **texts})])


def write_scores_on_spark(
    session: "SparkSession", artifact: "Path | str", records: str, as_of: str, target: str, **asked: Any
) -> None:
    """The same as a folder of Parquet files, written by the executors; refused if there is one already."""
    made = scores_on_spark(session, artifact, records, as_of, **asked)
    with in_one_line(records):
        made.write.parquet(target)


def _scored(
    files: Mapping[str, bytes], as_of: str, reasons: int, lang: str
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that scores batches of feature rows in a Python process of an executor."""
    schema = pa.schema({name: arrow for name, (_, arrow) in _types(reasons).items()})
    packed = tuple(sorted(files.items()))

    def scored(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        answers = _opened_once(packed, as_of, reasons, lang)
        for batch in batches:
            found = answers.rows(batch["site_id"].to_pandas(), answers.matrix(batch))
            yield from pa.Table.from_pandas(found, preserve_index=False).cast(schema).to_batches()

    return scored


@lru_cache(maxsize=1)
def _opened_once(files: tuple[tuple[str, bytes], ...], as_of: str, reasons: int, lang: str) -> Answers:
    """The artifact opened, once in a process whose tasks follow each other."""
    return Answers.of(open_artifact(dict(files)), as_of, reasons=reasons, lang=lang)


def _types(reasons: int) -> dict[str, tuple[str, pa.DataType]]:
    """Each column of the outcome: its type in Spark and in Arrow."""
    text, number = TYPES["text"], TYPES["number"]
    found = {"site_id": text, "as_of": DAY, "probability": number, "level": text}
    return found | {f"reason_{place + 1}": text for place in range(reasons)} | {"artifact": text}


def _meta(session: "SparkSession", folder: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(session.read.text(f"{folder}/{META}", wholetext=True).first()[0])
    except (ValueError, TypeError) as error:
        raise DataError(f"{folder}/{META} is not readable as JSON: {error}") from error
    return found


def _refuse_others(header: Header, session: "SparkSession", folder: str, day: int, source: str) -> None:
    """Refuse codes and label versions that the artifact does not know."""
    before = f"known_on < DATE '{np.datetime64(day, 'D')}'"
    recorded = _table(session, folder, "events").where(before).select("code")
    corrected = _table(session, folder, "amendments").where(f"{before} and {before.replace('known', 'effective')}")
    codes = recorded.union(corrected.where("column = 'code'").select("value")).distinct().toArrow()
    refuse_other_codes(header, codes.column(0).to_pylist(), where=source)
    made = _table(session, folder, "inspections").where(before).select("label_version", "visited_on").distinct()
    visits = made.toArrow().to_pandas(date_as_object=False)
    told = pd.DataFrame({"label_version": visits["label_version"], "visited": to_days(visits["visited_on"])})
    refuse_other_labels(header, told, where=source)


def _of_register(bare: Records, session: "SparkSession", folder: str) -> Records:
    """The records with what the register reads: some columns of the sites, and the decisions that cancel a licence."""
    amendments, events = _table(session, folder, "amendments"), _table(session, folder, "events")
    codes = ", ".join(f"'{code}'" for code in CANCELLED)
    recoded = amendments.where("column = 'code'").select("event_id").distinct()
    cancels = events.where(f"code in ({codes})").select("event_id").union(recoded).distinct()
    found = [
        _table(session, folder, "sites").select(*SITE_COLUMNS),
        events.join(cancels, "event_id", "left_semi"),
        amendments.join(cancels, "event_id", "left_semi"),
    ]
    sites, decisions, changes = (table.toArrow().to_pandas(date_as_object=False) for table in found)
    return replace(bare, sites=sites, events=decisions, amendments=changes)


def _table(session: "SparkSession", folder: str, name: str) -> "DataFrame":
    return session.read.parquet(f"{folder}/{name}.parquet")
