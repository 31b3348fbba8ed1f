"""Records scored in parts of sites, so that memory follows the part: the rows of one pass, in the same order."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskml.cohorts.register import CANCELLED
from riskml.export.record_checks import refuse_other_codes, refuse_other_labels
from riskml.export.scored_rows import riskiest_first
from riskml.export.scoring import made_ready, open_sites
from riskml.features.partitions import features_in_parts
from riskml.features.spill import readable
from riskml.records import contract
from riskml.records.days import to_days
from riskml.records.decision_day import decision_day, refuse_later_snapshots
from riskml.records.store import TABLES, Records, read_meta
from riskml.scorer.header import Header

BATCH: Final = 2**17
"""Rows read at a time."""
SITE_COLUMNS: Final = ("site_id", "subject_id", "registered_on", "closed_on", "licence_valid_to")
"""Columns by which a site is open or not (`cohorts.register`)."""


def score_in_parts(
    artifact: "Path | str", folder: "Path | str", as_of: str, *, memory: int, reasons: int = 0, lang: str = "en"
) -> pd.DataFrame:
    """What `score_records(artifact, read_records(folder), as_of)` gives.

    The totals of groups are made once, of all parts; a part is scanned, scored and left behind.

    Args:
        artifact: an exported artifact.
        folder: canonical records.
        as_of: decision day.
        memory: bytes to stay within; the more, the fewer parts. The scores of all sites come on top.
        reasons: as `score_records`.
        lang: of the reasons.

    Raises:
        ArtifactError, DataError, StudyError: as `score_records` and `features.partitions.features_in_parts`.
    """
    folder = Path(folder)
    bare = without_rows(read_meta(folder), str(folder))
    day = decision_day(bare, as_of)
    answers, catalog = made_ready(artifact, as_of, reasons=reasons, lang=lang)
    header = answers.scorer.header
    refuse_later_snapshots(bare, catalog.columns(), day)
    with readable(folder):
        _refuse_others(header, folder, day, bare.source)
        chosen = open_sites(_of_register(bare, folder), day)
    return riskiest_first(
        answers.rows(frame["site_id"][here], answers.matrix(frame[here]))
        for frame, here in _with_flags(features_in_parts(folder, as_of, memory=memory, catalog=catalog), chosen)
    )


def without_rows(meta: dict[str, Any], where: str) -> Records:
    """Records without a row, which say what they cover."""
    return Records.of({name: contract.empty(name) for name in TABLES}, meta, where=where)


def _with_flags(frames: Iterator[pd.DataFrame], chosen: Any) -> Iterator[tuple[pd.DataFrame, Any]]:
    """Each part with those of the flags that are its sites'."""
    start = 0
    for frame in frames:
        yield frame, chosen[start : start + len(frame)]
        start += len(frame)


def _refuse_others(header: Header, folder: Path, day: int, source: str) -> None:
    """Go once through codes and label versions, and refuse what the artifact does not know."""
    codes: set[str] = set()
    for batch in _known(folder, "events", ["code"], ["known_on"], day):
        codes.update(pc.unique(batch["code"]).to_pylist())
    for batch in _known(folder, "amendments", ["column", "value"], ["known_on", "effective_on"], day):
        codes.update(batch.filter(pc.equal(batch["column"], "code"))["value"].to_pylist())
    refuse_other_codes(header, codes, where=source)
    visits = [pd.DataFrame({"label_version": pd.Series(dtype="str"), "visited": pd.Series(dtype="int32")})]
    for batch in _known(folder, "inspections", ["label_version", "visited_on"], ["known_on"], day):
        found = pa.Table.from_batches([batch]).group_by(["label_version", "visited_on"]).aggregate([]).to_pandas()
        visited = to_days(pd.to_datetime(found["visited_on"]))
        visits.append(pd.DataFrame({"label_version": found["label_version"], "visited": visited}))
    refuse_other_labels(header, pd.concat(visits, ignore_index=True), where=source)


def _known(folder: Path, table: str, columns: list[str], days: list[str], day: int) -> Iterator[pa.RecordBatch]:
    """Columns of the rows of a table whose days all lie before a day, batch by batch."""
    with pq.ParquetFile(folder / f"{table}.parquet") as file:
        for batch in file.iter_batches(BATCH, columns=[*columns, *days]):
            before = pa.scalar(np.datetime64(day, "D").astype(object)).cast(batch.schema.field(days[0]).type)
            known = [pc.less(batch[name], before) for name in days]
            yield batch.filter(known[0] if len(known) == 1 else pc.and_(*known))


def _of_register(bare: Records, folder: Path) -> Records:
    """The records with what the register reads: some columns of the sites, and the decisions that cancel a licence."""
    recoded = pq.read_table(folder / "amendments.parquet", columns=["event_id"], filters=[("column", "==", "code")])
    cancels = pc.field("code").isin(CANCELLED) | pc.field("event_id").isin(recoded["event_id"].combine_chunks())
    events = pq.read_table(folder / "events.parquet", filters=cancels)
    of_these = pc.field("event_id").isin(events["event_id"].combine_chunks())
    amendments = pq.read_table(folder / "amendments.parquet", filters=of_these)
    sites = pq.read_table(folder / "sites.parquet", columns=list(SITE_COLUMNS))
    frames = [table.to_pandas(date_as_object=False) for table in (sites, events, amendments)]
    return replace(bare, sites=frames[0], events=frames[1], amendments=frames[2])
