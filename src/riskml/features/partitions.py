"""Features of records that need not fit in memory: in parts of sites, with the values and the order of one pass."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskml.errors import DataError, StudyError
from riskml.features.build import features_of_sites, own_on
from riskml.features.catalog import Catalog, load_catalog
from riskml.features.context import Own, Sums, added, slim, told
from riskml.features.spill import Spill, readable, spilled, store
from riskml.records.decision_day import decision_day, seen_columns
from riskml.records.keys import among
from riskml.records.log import event_log
from riskml.records.store import Records, read_meta

UNITS: Final = {"MB": 2**20, "GB": 2**30}


def bytes_of(text: str) -> int:
    """Bytes of a size like 4GB or 800MB.

    Raises:
        StudyError: if it is none.

    >>> bytes_of("4GB") == 4 * 2**30
    True
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(MB|GB)", text.strip(), re.IGNORECASE)
    if not found:
        raise StudyError(f"--memory is a size like 4GB or 800MB, got {text!r}")
    return int(float(found[1]) * UNITS[found[2].upper()])


def features_in_parts(
    folder: "Path | str", as_of: str, *, memory: int, catalog: Catalog | None = None
) -> Iterator[pd.DataFrame]:
    """What `build_features(read_records(folder), as_of, catalog)` gives, as frames in the order of the sites.

    The records are read once, sorted into parts of sites in the temporary folder (TMPDIR), and scanned part by part.
    Each part is held to the contract on its own: a key repeated in two parts is not seen, nor a fault in a column
    that no feature reads.

    Args:
        folder: canonical records.
        as_of: decision day.
        memory: bytes to stay within; the more, the fewer parts.
        catalog: features wanted, none of which may read a later snapshot (`decision_day.refuse_later_snapshots`); by
            default all that these records can tell anything about.

    Raises:
        StudyError: if the memory is too small for the sites.
        DataError: as `read_records` and `build_features`, or if an event names an inspection of a site that lies in
            another part.
    """
    folder = Path(folder)
    meta = read_meta(folder)
    with tempfile.TemporaryDirectory(prefix="riskml-features-") as name, readable(folder):
        spill = spilled(folder, Path(name), memory=memory)
        seen = _Seen()
        for number in range(spill.parts):
            _scan_part(spill, number, meta, as_of, seen)
        _refuse_divided(spill, seen)
        chosen = catalog or load_catalog().applicable(seen.codes, seen.columns)
        sums = added(seen.sums)
        for number in range(spill.parts):
            made, own = (_stored(spill.folder / f"{kind}-{number}") for kind in ("made", "own"))
            yield whole_part(made, own, sums, chosen)


def write_parts(frames: Iterator[pd.DataFrame], target: Path) -> int:
    """Write frames below each other as one Parquet file, which appears whole or not at all; how many rows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    rows = 0
    try:
        first = pa.Table.from_pandas(next(frames), preserve_index=False)
        with pq.ParquetWriter(part, first.schema, compression="zstd") as file:
            for table in chain([first], (pa.Table.from_pandas(f, first.schema, preserve_index=False) for f in frames)):
                file.write_table(table)
                rows += table.num_rows
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return rows


@dataclass
class _Seen:
    """What the parts said of themselves.

    Attributes:
        codes: event codes known before the decision day. columns: site columns that may be read and hold something.
        amendments: how many found their event. strangers: inspections named by events, and not among those of the part.
        sums: what each part brings to the totals that features of other sites are made of.
    """

    codes: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    amendments: int = 0
    strangers: set[str] = field(default_factory=set)
    sums: list[Sums] = field(default_factory=list)


def _scan_part(spill: Spill, number: int, meta: dict[str, Any], as_of: str, seen: _Seen) -> None:
    """Write the features of one part, all that the catalog has of a site alone, and what it brings to the totals."""
    records = Records.of(spill.tables(number), meta, where=str(spill.records))
    day = decision_day(records, as_of)
    log = event_log(records)
    seen.codes.update(log.loc[log["known_on"] < day, "code"].unique())
    seen.columns.update(name for name in seen_columns(records, day) if records.sites[name].notna().any())
    seen.amendments += len(records.amendments)
    named = records.events["inspection_id"].dropna()
    seen.strangers.update(named[~among(named, records.inspections["inspection_id"])])
    made, own = half_part(records.sites, log, day)
    own = own.shortened()
    seen.sums.append(slim(own.sums(), load_catalog().of_others().program({})))
    for kind, frame in (("made", made), ("own", own.frame())):
        store(pa.Table.from_pandas(frame, preserve_index=False), spill.folder / f"{kind}-{number}")


def half_part(sites: pd.DataFrame, log: pd.DataFrame, day: int) -> tuple[pd.DataFrame, Own]:
    """The features of some sites that tell of the site alone, and what these sites bring to the totals."""
    catalog = load_catalog()
    own = own_on(sites, log, day, catalog.of_others().program({}))
    return features_of_sites(sites, log, day, catalog.of_site()), own


def whole_part(made: pd.DataFrame, own: pd.DataFrame, sums: Sums, catalog: Catalog) -> pd.DataFrame:
    """A part with its features of other sites, by the totals of all parts: site_id, as_of and the catalog's columns.

    Args:
        made: as `half_part` makes it, site_id and as_of before its features.
        own: the frame of what the part brings.
        sums: `context.added` of all parts.
        catalog: the features wanted.
    """
    others = load_catalog().of_others()
    values = told(others.program({}), Own.of(own), sums)
    whole = pd.concat([made, pd.DataFrame(values, columns=others.names)], axis=1)
    return whole[["site_id", "as_of", *catalog.names]]


def _refuse_divided(spill: Spill, seen: _Seen) -> None:
    """Refuse records whose parts cannot be told apart: facts of one site that hang on those of another."""
    total = spill.rows("amendments")
    if seen.amendments != total:
        raise DataError(
            f"{spill.records}: of {total} amendments {seen.amendments} found an event: some name none, or an event_id "
            "stands twice; leave --memory out to see which"
        )
    ids = pa.array(sorted(seen.strangers), pa.string())
    found = sum(
        pc.sum(pc.is_in(batch.column(0).cast(pa.string()), ids)).as_py() or 0
        for batch in spill.batches("inspections", ["inspection_id"])
    )
    if found:
        raise DataError(
            f"{spill.records}: events name {found} inspections of sites other than their own, and parts keep sites "
            "apart; correct them, or leave --memory out"
        )


def _stored(path: Path) -> pd.DataFrame:
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as made:
        return pd.DataFrame(made.read_all().to_pandas())
