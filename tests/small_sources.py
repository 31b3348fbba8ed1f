"""Sources and tables of a few lines, for tests of one option each, and the account of what was made of them."""

from pathlib import Path

import pandas as pd

from riskml.records.checking import faults
from riskml.records.fault import REFUSE
from riskml.records.mapping import Ingested, ingest
from riskml.records.reading import RawTable
from riskml.records.source import Source, load_source, parse_source

TOP = """
name = "small"
label_version = "small-1"
[lag]
days = 2
[outcome]
visit_types = ["RI"]
follow_up_days = 0
settling_days = 3
[outcome.fail]
results = ["fail"]
"""
VISITS = """
[[table]]
name = "visits"
files = ["visits*"]
[table.fields]
id = { from = ["id"], required = true }
site = { from = ["site"], required = true }
day = { from = ["day"], as = "day", required = true }
[[table.emit]]
to = "inspections"
[table.emit.set]
inspection_id = "id"
site_id = "site"
visited_on = "day"
visit_type = { const = "RI" }
result = { const = "pass" }
"""
"""A table of visits, so that there is something to keep."""


def small_source(tables: str, *, top: str = "") -> Source:
    """The source of these tables; `top` stands before its sections."""
    return parse_source(f"{top}\n{TOP}\n{tables}", where="small.toml")


def raw_table(file: str, *rows: dict[str, str]) -> RawTable:
    """A table of text with these rows, the first one being row 2; a cell that a row lacks is empty."""
    frame = pd.DataFrame(list(rows)).fillna("").astype("str")
    numbers = pd.RangeIndex(2, 2 + len(frame)).to_numpy("int64")
    return RawTable(file, frame, numbers, "utf-8-sig", 1, ())


def visit_rows(*sites: str) -> RawTable:
    """One visit of each site on 2024-05-01."""
    return raw_table("visits.csv", *({"id": f"v{site}", "site": site, "day": "2024-05-01"} for site in sites))


def made(source: str, *files: Path) -> Ingested:
    """The records of the files, after a look at their account."""
    found = ingest(load_source(source), list(files))
    parts = [found.report, *found.report["files"].values(), *found.report["tables"].values()]
    for part in parts:
        assert part["rows_in"] == part["rows_kept"] + part["rows_merged"] + part["rows_quarantined"]
    for name in ("files", "tables"):
        assert sum(part["rows_in"] for part in found.report[name].values()) == found.report["rows_in"]
    assert not [fault.line() for fault in faults(found.records) if fault.severity == REFUSE]
    assert len(found.records.quarantine) == found.report["rows_quarantined"] == sum(found.report["rules"].values())
    return found


def account(found: Ingested) -> tuple[int, ...]:
    """Rows in, kept, merged, quarantined."""
    return tuple(found.report[f"rows_{name}"] for name in ("in", "kept", "merged", "quarantined"))
