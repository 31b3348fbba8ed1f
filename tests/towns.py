"""A publisher made up for tests: its source file, and rows with the quirks that real files have."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from riskml.records.source import Source, source_of

SOURCE = """
name = "town"
title = "A made-up town"
label_version = "town-1"
notes = [{ en = "Made up.", zh = "虚构。" }]

[lag]
days = 3

[changes]
risk_category = "RISK_CATEGORY"

[[table]]
name = "visits"
key = ["inspection_id"]

[table.fields]
inspection_id = { from = ["No"], as = "code", required = true }
site_id = { from = ["Licence"], as = "code", required = true, reject = ["0"] }
visited_on = { from = ["Date"], as = "day", formats = ["%Y-%m-%d", "%d/%m/%Y"], required = true }
visit_type = { from = ["Type"], required = true }
result = { from = ["Result"], required = true }
inspector = { from = ["Officer"], as = "person" }
office = { from = ["District"] }
score = { from = ["Points"], as = "number" }
name = { from = ["Name"] }
format_code = { from = ["Kind"] }
risk_category = { from = ["Risk"] }
lon = { from = ["Lon"], as = "number" }
registered_on = { from = ["Since"], as = "day" }

[table.codes.visit_type]
"Routine" = "RI"
"*" = "CO"

[table.codes.result]
"Good" = "pass"
"Poor" = "fail"
"Closed" = "not_found"

[table.codes.risk_category]
"High" = 3
"Low" = 1

[table.codes.format_code]
"Café" = "cafe"
"*" = "other"

[table.items]
form = "matrix"
prefix = "v_"

[[table.items.class]]
first = 1
last = 2
code = "VIOL_CRITICAL"
severity = 3

[[table.items.class]]
first = 3
last = 9
code = "VIOL_MINOR"
severity = 1

[[table.emit]]
to = "sites"
[table.emit.set]
site_id = "site_id"
name = "name"
format_code = "format_code"
risk_category = "risk_category"
lon = "lon"
registered_on = "registered_on"

[[table.emit]]
to = "inspections"
[table.emit.set]
inspection_id = "inspection_id"
site_id = "site_id"
visited_on = "visited_on"
visit_type = "visit_type"
result = "result"
inspector = "inspector"
office = "office"
score = "score"

[[table.emit]]
to = "events"
each = "item"
[table.emit.set]
event_id = "{inspection_id}:{item_code}:{item}"
site_id = "site_id"
code = "item_code"
occurred_on = "visited_on"
inspection_id = "inspection_id"
item = "item"
severity = "item_severity"
quantity = "item_count"

[outcome]
visit_types = ["RI"]
follow_up_days = 0
settling_days = 4

[outcome.fail]
results = ["fail"]

[outcome.fail_severe]
codes = ["VIOL_CRITICAL"]

[outcome.severity]
VIOL_CRITICAL = 10
VIOL_MINOR = 1
"""
HEADER = "No,Licence,Date,Type,Result,Officer,District,Points,Name,Kind,Risk,Lon,Since,v_1,v_3"
ROW = {
    "No": "1", "Licence": "A", "Date": "2020-03-01", "Type": "Routine", "Result": "Good", "Officer": "Zhao Wei",
    "District": "North", "Points": "88.5", "Name": "Blue Door", "Kind": "Café", "Risk": "High", "Lon": "114.5",
    "Since": "2015-01-01", "v_1": "0", "v_3": "0",
}  # fmt: skip


class Town:
    """The source, and files of its rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def source(self, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Source:
        """The source, after a change made to its parsed file."""
        spec = tomllib.loads(SOURCE)
        change(spec)
        return source_of(spec, where="town.toml")

    def file(self, *rows: dict[str, str], name: str = "town.csv", without: str = "") -> Path:
        """A CSV file of rows, each a usual row with some cells changed."""
        columns = [column for column in HEADER.split(",") if column != without]
        lines = [",".join({**ROW, **row}[column] for column in columns) for row in rows]
        path = self.folder / name
        path.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
        return path
