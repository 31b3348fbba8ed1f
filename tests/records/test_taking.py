"""Taking: tables settle in the order in which they look into each other; what a file lacks is missing in each row."""

from typing import Any

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.records.mapping import Ingested, ingest_tables
from riskml.records.source import load_source
from small_sources import VISITS, raw_table, small_source, visit_rows

CHAIN = """
[[table]]
name = "items"
files = ["items*"]
key = ["visit", "item"]
[table.fields]
visit = { from = ["visit"], required = true }
item = { from = ["item"], required = true }
seen = { from = ["seen"], as = "day" }
day_of_visit = { value = "known", required = true }
[[table.join]]
table = "rounds"
on = "visit"
take = ["place", "known", "seen"]
OPTIONAL
[[table.emit]]
to = "events"
[table.emit.set]
event_id = "{visit}:{item}"
site_id = "place"
code = { const = "FOUND" }
occurred_on = ["seen", "known"]
known_on = "known"
[[table]]
name = "rounds"
files = ["rounds*"]
key = ["visit"]
[table.fields]
visit = { from = ["visit"], required = true }
round = { from = ["round"] }
seen = { from = ["seen"], as = "day" }
known = { value = ["entered", { field = "seen", plus_days = 1 }] }
place = { value = "site" }
[[table.join]]
table = "plans"
on = "round"
take = ["site", "entered"]
[[table]]
name = "plans"
files = ["plans*"]
key = ["round"]
[table.fields]
round = { from = ["round"], required = true }
area = ["area"]
entered = { from = ["entered"], as = "day" }
site = { value = ["area"], required = true }
"""
"""Items look into rounds, which look into plans; `known`, `place` and `site` are made fields of these."""


def chained(items: list[dict[str, str]], rounds: list[dict[str, str]], plans: list[dict[str, str]]) -> Ingested:
    source = small_source(VISITS + CHAIN.replace("OPTIONAL", ""))
    tables = {"items.csv": items, "rounds.csv": rounds, "plans.csv": plans}
    return ingest_tables(source, [visit_rows("a"), *(raw_table(name, *rows) for name, rows in tables.items())])


def told(made: Ingested) -> list[Any]:
    events = made.records.events
    days = events[["occurred_on", "known_on"]].apply(lambda day: day.dt.strftime("%m-%d"))
    rows: list[Any] = pd.concat([events[["event_id", "site_id"]], days], axis=1).to_numpy().tolist()
    return rows


def test_made_fields_are_looked_up_through_a_chain_of_tables() -> None:
    made = chained(
        [{"visit": "v1", "item": "1"}, {"visit": "v2", "item": "1"}],
        [{"visit": "v1", "round": "r", "seen": "2024-05-01"}, {"visit": "v2", "round": "q", "seen": "2024-05-03"}],
        [{"round": "r", "area": "a", "entered": "2024-05-09"}, {"round": "q", "area": "b", "entered": ""}],
    )
    assert told(made) == [["v1:1", "a", "05-01", "05-09"], ["v2:1", "b", "05-03", "05-04"]]


def test_a_day_is_looked_up_in_a_table_whose_days_are_all_empty() -> None:
    made = chained(
        [{"visit": "v1", "item": "1", "seen": "2024-05-02"}],
        [{"visit": "v1", "round": "r", "seen": ""}],
        [{"round": "r", "area": "a", "entered": "2024-05-09"}],
    )
    assert told(made) == [["v1:1", "a", "05-02", "05-09"]]


def test_a_row_rejected_when_its_table_settles_is_not_looked_up() -> None:
    made = chained(
        [{"visit": "v1", "item": "1", "seen": "2024-05-02"}],
        [{"visit": "v1", "round": "r", "seen": "2024-05-01"}],
        [{"round": "r", "area": "", "entered": "2024-05-09"}],
    )
    assert made.records.events.empty
    assert made.report["rules"] == {"site": 1}
    assert made.report["rows_kept"] == 3


def test_what_cannot_be_looked_up_in_an_empty_table_is_missing() -> None:
    made = chained(
        [{"visit": "v1", "item": "1", "seen": "2024-05-02"}],
        [{"visit": "", "round": ""}],
        [{"round": "", "area": "", "entered": ""}],
    )
    assert made.records.events.empty
    assert made.report["rules"] == {"day_of_visit": 1, "round": 1, "visit": 1}


def test_an_optional_table_that_is_not_there_leaves_the_day_of_the_row() -> None:
    optional = CHAIN.replace("OPTIONAL", "optional = true").replace(
        'value = "known", required = true', 'value = "known"'
    )
    items = raw_table("items.csv", {"visit": "v1", "item": "1", "seen": "2024-05-02"})
    made = ingest_tables(small_source(VISITS + optional), [visit_rows("a"), items])
    assert made.report["tables"]["items"]["rows_kept"] == 1
    with pytest.raises(DataError, match="table 'items' needs the table 'rounds' beside it"):
        ingest_tables(small_source(VISITS + CHAIN.replace("OPTIONAL", "")), [visit_rows("a"), items])


SITE = "JY29999990000000"
MORE = "处理方式,录入日期,任务来源,检查人员,是否立案,案件编号,整改期限,得分,被检查单位,统一社会信用代码"
BUREAU = {
    "entity": [
        {"许可证编号": SITE, "主体名称": "老王面馆", "登记状态": "存续"}
        | dict.fromkeys(["统一社会信用代码", "字号名称", "成立日期", "经营面积"], "")
    ],
    "visits": [
        {"检查编号": number, "许可证编号": SITE, "检查日期": on, "检查类型": kind, "检查结果": result}
        | dict.fromkeys(MORE.split(","), "")
        for number, on, kind, result in (
            ("V1", "2024-05-06", "日常监督检查", "不符合"),
            ("V2", "2024-06-06", "双随机", "发现问题已责令改正"),
        )
    ],
    "orders": [
        {"整改通知书文号": "Z1", "许可证编号": SITE, "下达日期": "2024-05-06", "检查编号": "V1"}
        | dict.fromkeys(["期限", "完成日期", "是否逾期", "主体名称"], "")
    ],
}
"""Three tables of a bureau, all that is optional in them being empty."""


def test_a_column_that_a_file_lacks_says_what_an_empty_one_says() -> None:
    """The optional columns of three tables of a bureau, left out table by table, and all of them at once."""

    def made(without: set[tuple[str, str]]) -> dict[str, Any]:
        tables = [
            raw_table(f"{name}.csv", *({k: v for k, v in row.items() if (name, k) not in without} for row in rows))
            for name, rows in BUREAU.items()
        ]
        records = ingest_tables(load_source("bureau"), tables).records
        return {name: table.to_csv() for name, table in records.tables().items()}

    empty = {(name, key) for name, rows in BUREAU.items() for key in rows[0] if not any(row[key] for row in rows)}
    whole = made(set())
    assert "order:Z1" in whole["events"]
    assert "V2:RECT_ORDER" in whole["events"]
    assert len(empty) == 18
    for table in BUREAU:
        assert made({one for one in empty if one[0] == table}) == whole, table
    assert made(empty) == whole
