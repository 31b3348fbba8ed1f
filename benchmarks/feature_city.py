"""A city's records as Parquet, written in pieces: the sites of Shenzhen with 20 million events, for the memory test."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskml.records import contract
from riskml.records.days import from_days
from riskml.records.outcomes import Criterion, OutcomeRule
from riskml.records.store import META

START, DAYS, PIECE = 17_000, 3_000, 1_000_000
CODES = ("VIOL_MINOR", "VIOL_SERIOUS", "VIOL_CRITICAL", "COMPLAINT", "RECT_ORDER", "PEN_FINE", "SAMP_STD", "CERT_HACCP")
RULE = OutcomeRule(
    visit_types=("RI", "DR"),
    follow_up_days=90,
    settling_days=130,
    criteria={
        "fail": Criterion(results=("fail",)),
        "fail_broad": Criterion(results=("fail", "conditional")),
        "fail_severe": Criterion(codes=("PEN_FINE",)),
    },
    severity={"key_fail": 10, "general_fail": 1},
)


def write_city(folder: Path, *, sites: int, events: int, seed: int = 1) -> None:
    """Records in no order: a seventh of the events are visits, a fiftieth of the others is amended later."""
    folder.mkdir()
    draw = np.random.default_rng(seed)
    visits = events // 7
    _write(folder, "sites", sites, lambda ids: _sites(draw, ids))
    _write(folder, "inspections", visits, lambda ids: _inspections(draw, ids, sites))
    _write(folder, "events", events - visits, lambda ids: _events(draw, ids, sites))
    _write(folder, "amendments", (events - visits) // 50, lambda ids: _amendments(draw, ids * 50))
    for name in ("grades", "quarantine"):
        _write(folder, name, 0, None)
    first, last = (f"{from_days(np.array([day]))[0]:%Y-%m-%d}" for day in (START, START + DAYS))
    meta = {"source": "city", "observed_from": first, "observed_to": last, "outcome": RULE.as_dict()}
    (folder / META).write_text(json.dumps({**meta, "snapshots": {}, "notes": []}), encoding="utf-8")


def _write(folder, name, rows, piece):  # type: ignore[no-untyped-def]
    schema = pa.Table.from_pandas(contract.empty(name), preserve_index=False).schema
    schema = pa.schema([(f.name, pa.date32() if pa.types.is_timestamp(f.type) else f.type) for f in schema])
    with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as file:
        for first in range(0, rows, PIECE):
            frame = contract.conform(name, piece(np.arange(first, min(first + PIECE, rows))))
            file.write_table(pa.Table.from_pandas(frame, preserve_index=False).cast(schema))


def _ids(letter: str, numbers: "np.ndarray") -> "pd.Series[str]":
    return letter + pd.Series(numbers).astype("str").str.zfill(8)


def _sites(draw: np.random.Generator, ids: "np.ndarray") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": _ids("s", ids),
            "name": "食品经营店" + pd.Series(ids).astype("str"),
            "format_code": draw.choice(["C1", "C2", "R1", "R3"], len(ids)),
            "area_m2": draw.integers(10, 900, len(ids)).astype(float),
            "registered_on": from_days(START - draw.integers(0, 3000, len(ids))),
        }
    )


def _happened(ids: "np.ndarray") -> "np.ndarray":
    """A day for each number, so that amendments can be dated after their events."""
    return START + ids * 7919 % (DAYS - 50)


def _days(draw: np.random.Generator, ids: "np.ndarray") -> "dict[str, pd.Series[pd.Timestamp]]":
    known = _happened(ids) + draw.integers(0, 40, len(ids))
    return {"happened": from_days(_happened(ids)), "known": from_days(known)}


def _inspections(draw: np.random.Generator, ids: "np.ndarray", sites: int) -> pd.DataFrame:
    days = _days(draw, ids)
    return pd.DataFrame(
        {
            "inspection_id": _ids("v", ids),
            "site_id": _ids("s", draw.integers(0, sites, len(ids))),
            "visited_on": days["happened"],
            "known_on": days["known"],
            "visit_type": draw.choice(["RI", "DR", "FU"], len(ids)),
            "result": draw.choice(["pass", "conditional", "fail"], len(ids), p=[0.7, 0.2, 0.1]),
            "key_fail": draw.integers(0, 2, len(ids)),
            "general_fail": draw.integers(0, 5, len(ids)),
            "label_version": "v1",
        }
    )


def _events(draw: np.random.Generator, ids: "np.ndarray", sites: int) -> pd.DataFrame:
    days = _days(draw, ids)
    return pd.DataFrame(
        {
            "event_id": _ids("e", ids),
            "site_id": _ids("s", draw.integers(0, sites, len(ids))),
            "code": draw.choice(CODES, len(ids)),
            "occurred_on": days["happened"],
            "known_on": days["known"],
            "severity": draw.integers(0, 4, len(ids)),
            "quantity": draw.integers(1, 4, len(ids)),
        }
    )


def _amendments(draw: np.random.Generator, ids: "np.ndarray") -> pd.DataFrame:
    later = from_days(_happened(ids) + draw.integers(0, 300, len(ids)))
    return pd.DataFrame(
        {
            "event_id": _ids("e", ids),
            "kind": draw.choice(["repair", "revoke", "end"], len(ids)),
            "effective_on": later,
            "known_on": later,
        }
    )
