"""Emitting: each option of an emit block, by rows small enough to read."""

from typing import Any

import pandas as pd
import pytest

from bureaus import day
from riskml.errors import DataError, StudyError
from riskml.records.mapping import Ingested, ingest_tables
from small_sources import VISITS, raw_table, small_source, visit_rows

FACTS = """
[[table]]
name = "facts"
files = ["facts*"]
key = ["no"]
[table.fields]
no = { from = ["no"], required = true }
site = { from = ["site"], required = true }
day = { from = ["day"], as = "day" }
late = { from = ["late"], as = "day" }
kind = { from = ["kind"] }
parts = { from = ["parts"], as = "list", separators = "、;" }
count = { from = ["count"], as = "integer" }
words = { from = ["words"] }
who = { from = ["who"], as = "person" }
"""
EVENT = 'site_id = "site", code = { const = "FACT" }, occurred_on = "day"'
TEXT_ITEMS = """
[table.items]
form = "text"
field = "words"
separator = " | "
pattern = "^(?P<item>[0-9A-Z]+)[.]"
dated_by = "day"
[[table.items.class]]
version = "old"
is = ["A", "7"]
code = "SEVERE"
severity = 3
[[table.items.class]]
version = "old"
code = "LIGHT"
[[table.items.class]]
version = "new"
first = 1
last = 9
code = "SERIOUS"
severity = 2
"""
VERSIONS = """
label_versions = [{ from = "2010-01-01", name = "old" }, { from = "2018-07-01", name = "new" }]
"""


def emit(values: str, rest: str = "", *, to: str = "events") -> str:
    return f'[[table.emit]]\nto = "{to}"\n{rest}\nset = {{ {values} }}\n'


def ingested(tables: str, *rows: dict[str, str], top: str = "") -> Ingested:
    filled = [{"no": str(number), "site": "a", "day": "2024-05-02", **row} for number, row in enumerate(rows)]
    source = small_source(VISITS + tables, top=top)
    return ingest_tables(source, [visit_rows("a"), raw_table("facts.csv", *filled)])


def events(tables: str, *rows: dict[str, str], top: str = "") -> list[dict[str, Any]]:
    """The events as dictionaries of what they hold."""
    table = ingested(tables, *rows, top=top).records.events
    return [{str(name): cell for name, cell in row.items() if pd.notna(cell)} for row in table.to_dict("records")]


def values(column: str, tables: str, *rows: dict[str, str], top: str = "") -> list[Any]:
    return [row.get(column) for row in events(tables, *rows, top=top)]


def test_a_fact_has_its_day_its_lag_its_table_and_an_id_of_its_key() -> None:
    assert events(FACTS + emit(EVENT), {"no": "9"}) == [
        {
            "event_id": "facts.0:9", "site_id": "a", "code": "FACT", "occurred_on": day(1583), "known_on": day(1585),
            "severity": 0, "quantity": 1, "source": "facts",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("shift", "after"), [('"lag"', 2), ("30", 30), ("0", 0)])
def test_a_day_may_be_shifted_by_days_or_by_the_lag(shift: str, after: int) -> None:
    block = emit(EVENT + f', known_on = {{ field = "day", plus_days = {shift} }}')
    assert values("known_on", FACTS + block, {}) == [day(1583 + after)]


def test_a_fact_known_before_it_happened_is_quarantined_with_all_that_its_row_tells() -> None:
    blocks = emit('site_id = "site", name = "kind"', to="sites") + emit(EVENT + ', known_on = "late"')
    made = ingested(FACTS + blocks, {"late": "2024-05-01", "site": "b", "kind": "B"}, {"late": "2024-05-02"})
    assert made.records.events["event_id"].tolist() == ["facts.1:1"]
    assert made.records.sites["site_id"].tolist() == ["a"]
    assert made.records.quarantine["rule"].tolist() == ["known_on"]
    assert made.records.quarantine["row"].tolist() == [2]


def test_a_template_joins_fields_and_writes_days_and_numbers_plainly() -> None:
    block = emit(EVENT + ', item = "{no}/{day} ({count})"')
    assert values("item", FACTS + block, {"count": "7"}, {"count": ""}) == ["0/2024-05-02 (7)", None]
    assert values("item", FACTS + block, {}, {}) == [None, None]


def test_a_map_gives_a_value_for_each_text_and_otherwise_one_for_all_others() -> None:
    mapped = EVENT + ', severity = { field = "kind", map = { Y = 3, N = 1 } OTHER }'
    rows = ({"kind": "Y"}, {"kind": "?"}, {"kind": ""}, {"kind": "N"})
    assert values("severity", FACTS + emit(mapped.replace("OTHER", ", otherwise = 2")), *rows) == [3, 2, 2, 1]
    assert values("severity", FACTS + emit(mapped.replace("OTHER", "")), *rows) == [3, 0, 0, 1]


def test_only_rows_with_the_values_of_where_make_a_fact() -> None:
    rows = ({"kind": "x"}, {"kind": "y", "count": "1"}, {"kind": "", "count": "2"}, {"kind": "z", "count": "3"})
    block = emit(EVENT, 'where = { kind = ["x", "y"] }')
    assert values("event_id", FACTS + block, *rows) == ["facts.0:0", "facts.0:1"]
    block = emit(EVENT, "where = { kind = [], count = [] }")
    assert values("event_id", FACTS + block, *rows) == ["facts.0:1", "facts.0:3"]
    assert values("event_id", FACTS + block, {"kind": "x"}) == []


def test_a_row_without_a_needed_day_makes_no_such_fact_and_is_kept() -> None:
    made = ingested(FACTS + emit(EVENT), {"day": ""}, {"day": "2024-05-03"})
    assert made.records.events["event_id"].tolist() == ["facts.0:1"]
    assert made.report["rows_quarantined"] == 0


def test_a_list_makes_a_fact_of_each_of_its_different_parts() -> None:
    block = emit(EVENT + ', item = "parts"', 'each = "parts"')
    found = events(FACTS + block, {"parts": "罚款、警告;罚款"}, {"parts": ""}, {"parts": "警告"})
    assert [(row["event_id"], row["item"]) for row in found] == [
        ("facts.0:0:罚款", "罚款"), ("facts.0:0:警告", "警告"), ("facts.0:2:警告", "警告"),
    ]  # fmt: skip


def test_several_rows_of_one_fact_make_it_once_from_the_first_value_known() -> None:
    block = emit(
        'event_id = "{kind}", item = "words", quantity = "count", ' + EVENT, 'once_per = ["kind"]\nagree = ["count"]'
    )
    rows = (
        {"kind": "k", "words": "first", "count": ""},
        {"kind": "k", "words": "second", "count": "5"},
        {"kind": "k", "words": "third", "count": "6"},
        {"kind": "m", "count": "1"},
    )
    made = ingested(FACTS + block, *rows)
    assert made.records.events[["event_id", "quantity"]].to_numpy().tolist() == [["k", 5], ["m", 1]]
    assert made.records.events["item"].tolist()[0] == "first"
    assert made.records.quarantine[["row", "rule", "reason"]].to_numpy().tolist() == [
        [4, "agree", "agree: says otherwise on count than the first row"]
    ]


def test_a_row_of_a_repeated_id_is_quarantined_or_numbered() -> None:
    rows = ({"kind": "k"}, {"kind": "k"}, {"kind": "k"}, {"kind": "m"})
    same = 'event_id = "{kind}", ' + EVENT
    made = ingested(FACTS + emit(same), *rows)
    assert made.records.events["event_id"].tolist() == ["k", "m"]
    assert made.records.quarantine[["row", "rule", "reason"]].to_numpy().tolist() == [
        [3, "event_id", "event_id: another row tells of the same"],
        [4, "event_id", "event_id: another row tells of the same"],
    ]
    assert values("event_id", FACTS + emit(same, "number = true"), *rows) == ["k", "k:2", "k:3", "m"]


def test_items_of_a_text_are_classed_by_the_code_set_of_the_day() -> None:
    block = emit(
        EVENT.replace('{ const = "FACT" }', '"item_code"')
        + ', item = "item", severity = "item_severity", quantity = "item_count"',
        'each = "item"',
    )
    words = "7. DIRTY - Comments: no. 8 | A. COLD | 7. DIRTY again |  no number | 12. LATE"
    rows = ({"day": "2018-06-30", "words": words}, {"day": "2018-07-01", "words": "7. x"}, {"words": ""})
    found = events(FACTS + TEXT_ITEMS + block, *rows, top=VERSIONS)
    assert [(r["event_id"], r["item"], r["code"], r["severity"], r["quantity"]) for r in found] == [
        ("facts.0:0:7", "7", "SEVERE", 3, 2),
        ("facts.0:0:A", "A", "SEVERE", 3, 1),
        ("facts.0:0:12", "12", "LIGHT", 0, 1),
        ("facts.0:1:7", "7", "SERIOUS", 2, 1),
    ]


def test_a_row_with_an_item_of_no_class_is_quarantined_and_all_others_are_kept() -> None:
    block = emit(EVENT.replace('{ const = "FACT" }', '"item_code"') + ', item = "item"', 'each = "item"')
    told = emit('event_id = "{no}", ' + EVENT)
    rows = ({"words": "7. A | 12. LATE | 13. LATER"}, {"words": "8. B"}, {"day": "2018-06-30", "words": "12. C"})
    made = ingested(FACTS + TEXT_ITEMS + told + block, *rows, top=VERSIONS)
    assert made.records.quarantine[["file", "row", "rule", "reason"]].to_numpy().tolist() == [
        ["facts.csv", 2, "words", "words: item '12' is in no class of the source's items of new"]
    ]
    assert sorted(made.records.events["event_id"]) == ["1", "2", "facts.1:1:8", "facts.1:2:12"]
    assert (made.report["rows_in"], made.report["rows_kept"], made.report["rows_quarantined"]) == (4, 3, 1)


def test_a_column_of_a_matrix_that_is_in_no_class_is_the_rule_that_quarantines_its_rows() -> None:
    matrix = MATRIX.replace('code = "FOUND"', 'is = ["1"]\ncode = "FOUND"')
    made = ingested(FACTS + matrix + EACH, {"v_1": "1", "v_9": "0"}, {"v_1": "1", "v_9": "2"})
    assert made.records.events["event_id"].tolist() == ["facts.0:0:1"]
    assert made.report["rules"] == {"v_9": 1}


def test_a_visit_is_labelled_by_the_code_set_of_its_day() -> None:
    source = small_source(VISITS, top=VERSIONS)
    days = ["2018-06-30", "2018-07-01", "2009-01-01"]
    rows = [{"id": str(number), "site": "a", "day": on} for number, on in enumerate(days)]
    visits = ingest_tables(source, [raw_table("visits.csv", *rows)]).records.inspections
    assert visits.set_index("inspection_id")["label_version"].sort_index().tolist() == ["old", "new", "old"]


MATRIX = """
[table.items]
form = "matrix"
prefix = "v_"
[[table.items.class]]
code = "FOUND"
severity = 1
"""
EACH = emit(
    'site_id = "site", code = "item_code", occurred_on = "day", item = "item", quantity = "item_count"', 'each = "item"'
)


def test_a_cell_of_a_matrix_that_is_no_number_is_counted_and_none_is_guessed() -> None:
    made = ingested(FACTS + MATRIX + EACH, {"v_1": "yes", "v_2": "2"}, {"v_1": "1.0", "v_2": "-"})
    assert made.records.events[["item", "quantity"]].to_numpy().tolist() == [["2", 2], ["1", 1]]
    assert made.report["cells_unread"] == {"facts.v_1": {"count": 1, "examples": ["yes"]}}


def test_a_file_without_any_column_of_the_matrix_holds_no_item() -> None:
    made = ingested(FACTS + MATRIX + EACH, {}, {})
    assert made.records.events.empty
    assert made.report["rows_kept"] == 3


LOOKUP = """
[[table]]
name = "kinds"
files = ["kinds*"]
key = ["kind"]
[table.fields]
kind = { from = ["kind"], required = true }
words = { from = ["words"], required = true }
rank = { from = ["rank"], as = "integer" }
"""


def looked_up(join: str, *kinds: dict[str, str], table: bool = True) -> list[Any]:
    """The items of three facts that take fields from a table of kinds."""
    block = emit(EVENT + ', item = "words", quantity = "rank"')
    source = small_source(VISITS + FACTS + join + block + LOOKUP)
    rows = ({"kind": "k", "words": "own"}, {"kind": "k"}, {"kind": "?"}, {"kind": ""})
    facts = raw_table("facts.csv", *({"no": str(n), "site": "a", "day": "2024-05-02", **r} for n, r in enumerate(rows)))
    raws = [visit_rows("a"), facts, *([raw_table("kinds.csv", *kinds)] if table else [])]
    found = ingest_tables(source, raws).records.events.sort_values("event_id")
    return found["item"].fillna("-").tolist() + found["quantity"].tolist()


JOIN = '[[table.join]]\ntable = "kinds"\non = "kind"\ntake = ["words", "rank"]\n'


def test_fields_are_looked_up_in_another_table_and_what_the_row_says_itself_goes_before() -> None:
    kinds = ({"kind": "k", "words": "theirs", "rank": "4"}, {"kind": "k", "words": "contradicts", "rank": "5"})
    assert looked_up(JOIN, *kinds) == ["own", "theirs", "-", "-", 4, 4, 1, 1]


def test_a_rejected_row_of_the_other_table_says_nothing() -> None:
    kinds = ({"kind": "k", "words": "", "rank": "9"}, {"kind": "k", "words": "theirs", "rank": "4"})
    assert looked_up(JOIN, *kinds) == ["own", "theirs", "-", "-", 4, 4, 1, 1]


def test_a_needed_table_that_is_not_there_is_asked_for_and_an_optional_one_is_not() -> None:
    with pytest.raises(DataError, match="table 'facts' needs the table 'kinds' beside it"):
        looked_up(JOIN, table=False)
    assert looked_up(JOIN + "optional = true\n", table=False) == ["own", "-", "-", "-", 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (JOIN.replace('"kinds"', '"kind"'), "join: unknown 'kind'; allowed are ['facts', 'kinds', 'visits']"),
        (JOIN.replace('"rank"', '"rang"'), "join take: unknown 'rang'"),
        (JOIN.replace('on = "kind"', 'on = "rank"'), "join on: unknown 'rank'; allowed are ['kind', 'words']"),
        (emit(EVENT, 'each = "item"'), "each: unknown 'item'; allowed are ['', 'parts']"),
        (emit(EVENT, 'each = "kind"'), "each: unknown 'kind'"),
        (TEXT_ITEMS.replace('field = "words"', 'field = "word"'), "items: unknown 'word'"),
        (TEXT_ITEMS.replace('dated_by = "day"', 'dated_by = "dey"'), "did you mean 'day'?"),
    ],
)
def test_what_points_nowhere_is_refused_when_the_source_is_read(tables: str, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        small_source(VISITS + FACTS + tables + LOOKUP)
    assert message in str(caught.value)


def test_a_snapshot_says_of_which_day_the_value_of_a_site_column_is() -> None:
    block = emit('site_id = "site", format_code = "kind"', to="sites") + emit(EVENT)
    top = 'snapshots = { format_code = "2024-12-31", office = "2024-12-31" }'
    assert ingested(FACTS + block, {"kind": "bar"}, top=top).records.snapshots == {"format_code": "2024-12-31"}


def test_no_person_leaves_by_the_quarantine_or_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKML_SALT", "a secret")
    facts = raw_table(
        "facts.csv",
        {"no": "1", "site": "a", "day": "2024-05-02", "who": "Zhao*", "Owner": "Zhao Wei", "Tel": "13912345678"},
        {"no": "2", "site": "", "day": "2024-05-02", "who": "Zhao Wei", "Owner": "Zhao Wei", "Tel": "13912345678"},
    )
    made = ingest_tables(small_source(VISITS + FACTS + emit(EVENT)), [visit_rows("a"), facts])
    assert made.report["cells_unread"]["facts.who"] == {
        "count": 1, "examples": ["a name with hidden characters: 'xxxx*'"],
    }  # fmt: skip
    assert made.records.quarantine["rule"].tolist() == ["site"]
    told = str(made.report) + "".join(str(table.to_dict("list")) for table in made.records.tables().values())
    for name in ("Zhao", "13912345678"):
        assert name not in told
