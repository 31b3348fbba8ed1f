"""Records as engineers hold them: every form gives the same score; what cannot be meant is refused in clear words."""

import dataclasses
import math
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sqlalchemy import create_engine, text

from riskml.records import contract
from riskml.scorer import InputError
from riskml.scorer.header import Feature
from riskml.scorer.scanning import scan
from riskml.scorer.scanning.days import day_number
from riskml.scorer.scanning.events_in import AMENDMENT_COLUMNS, AMENDMENT_KINDS, CORRECTABLE, EVENT_COLUMNS
from riskml.scorer.scanning.inputs import row_of
from riskml.scorer.scanning.records_in import as_mapping, as_mappings
from riskml.scorer.scanning.sites_in import SITE_COLUMNS

PROGRAM: dict[str, Any] = {
    "codes": ["FINE", "VISIT"],
    "tables": [],
    "features": [
        {"name": "visits", "from": "events", "aggregate": "count", "codes": [1], "per": [], "window": 365}
        | {"skip_repaired": False},
        {"name": "fines", "from": "events", "aggregate": "sum", "codes": [0], "per": [], "window": None}
        | {"skip_repaired": True},
        {"name": "staff", "from": "site", "column": "staff"},
        {"name": "format_code", "from": "category", "column": "format_code", "categories": ["R1", "R2"]},
        {"name": "days_registered", "from": "site_days", "column": "registered_on"},
    ],
    "context": {"facts": [], "groups": [], "seen": None},
}
SITE = {"site_id": "s1", "staff": 4, "format_code": "R2", "registered_on": "2025-05-02"}
EVENTS = [
    {"event_id": "a", "code": "VISIT", "occurred_on": "2025-03-01", "known_on": "2025-03-02", "quantity": 3},
    {"event_id": "b", "code": "FINE", "occurred_on": "2025-04-01", "known_on": "2025-04-05", "quantity": 2},
    {"event_id": "c", "code": "FINE", "occurred_on": "2025-04-01", "known_on": "2025-06-01", "quantity": 7},
]
REPAIR = {"event_id": "b", "kind": "repair", "effective_on": "2025-05-01", "known_on": "2025-05-02"}
ROW = [1.0, 2.0, 4.0, 1.0, 30.0]
LIST = ("COMPLAINT", "FINE", "VISIT")


def features(site: Any = SITE, events: Any = EVENTS, amendments: Any = (), as_of: Any = "2025-06-01") -> list[float]:
    records = scan.read(PROGRAM, site, events, amendments, known_codes=LIST)
    return scan.features_of(PROGRAM, records, day_number(as_of, "as_of"))


def refused(message: str, **given: Any) -> None:
    with pytest.raises(InputError, match=message):
        features(**given)


def event(**changes: Any) -> list[dict[str, Any]]:
    """The second event with some values changed; None takes a value away."""
    changed = {name: value for name, value in {**EVENTS[1], **changes}.items() if value is not None}
    return [EVENTS[0], changed]


def test_the_columns_are_those_of_the_contract() -> None:
    kinds = {"text": "text", "day": "day", "integer": "number", "number": "number"}
    assert {name: kinds[column.kind] for name, column in contract.TABLES["sites"].items()} == SITE_COLUMNS
    assert tuple(contract.TABLES["events"]) == EVENT_COLUMNS
    assert tuple(contract.TABLES["amendments"]) == AMENDMENT_COLUMNS
    assert (contract.AMENDMENT_KINDS, contract.CORRECTABLE) == (AMENDMENT_KINDS, CORRECTABLE)


@dataclasses.dataclass(frozen=True, slots=True)
class SlottedEvent:
    event_id: str
    code: str
    occurred_on: date
    known_on: date
    quantity: int | None = None


def by_sqlite3(rows: list[dict[str, Any]]) -> list[Any]:
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        names = list(rows[0])
        connection.execute(f"create table t ({', '.join(names)})")
        marks = ", ".join("?" * len(names))
        connection.executemany(f"insert into t values ({marks})", [tuple(r.values()) for r in rows])  # noqa: S608
        found = connection.execute("select * from t").fetchall()
    connection.close()
    return found


def by_sqlalchemy(rows: list[dict[str, Any]]) -> list[Any]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        names = list(rows[0])
        connection.execute(text(f"create table t ({', '.join(names)})"))
        marks = ", ".join(f":{name}" for name in names)
        connection.execute(text(f"insert into t values ({marks})"), rows)  # noqa: S608
        found = list(connection.execute(text("select * from t")))
    engine.dispose()
    return found


FORMS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "dicts": lambda rows: rows,
    "a generator": lambda rows: (row for row in rows),
    "slotted dataclasses": lambda rows: [
        SlottedEvent(**row | {name: date.fromisoformat(row[name]) for name in ("occurred_on", "known_on")})
        for row in rows
    ],
    "named tuples": lambda rows: [namedtuple("Event", rows[0])(**row) for row in rows],
    "rows of sqlite3": by_sqlite3,
    "rows of SQLAlchemy": by_sqlalchemy,
    "mappings of SQLAlchemy": lambda rows: [row._mapping for row in by_sqlalchemy(rows)],
    "series of pandas": lambda rows: [pd.Series(row) for row in rows],
    "a frame of pandas": pd.DataFrame,
    "tuples of a frame": lambda rows: pd.DataFrame(rows).itertuples(),
    "a frame with timestamps": lambda rows: pd.DataFrame(rows).astype(
        {"occurred_on": "datetime64[ns]", "known_on": "datetime64[s]", "quantity": "Int64"}
    ),
    "a table of Arrow": pa.Table.from_pylist,
    "structs of Arrow": lambda rows: list(pa.array(rows)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_rows_gives_the_same_features(form: str) -> None:
    assert features(events=FORMS[form](EVENTS)) == ROW


@pytest.mark.parametrize("form", ["named tuples", "rows of sqlite3", "rows of SQLAlchemy", "series of pandas"])
def test_a_site_may_come_in_every_form_too(form: str) -> None:
    assert features(site=FORMS[form]([SITE])[0]) == ROW


def test_an_amendment_may_come_in_another_form_than_the_events() -> None:
    assert features(amendments=[REPAIR])[1] == 0.0
    assert features(amendments=pd.DataFrame([REPAIR]))[1] == 0.0


def test_rows_are_never_changed() -> None:
    site, events, amendments = dict(SITE), [dict(row) for row in EVENTS], [dict(REPAIR)]
    features(site, events, amendments)
    assert (site, events, amendments) == (SITE, EVENTS, [REPAIR])


@pytest.mark.parametrize("rows", [EVENTS[0], "events", None, 5, SlottedEvent("a", "VISIT", date.min, date.min), b"x"])
def test_one_row_or_none_is_no_list_of_rows(rows: Any) -> None:
    refused("events must be a list of rows, each a dict, a dataclass", events=rows)


@pytest.mark.parametrize("row", [None, "s1", [1, 2], 3.5, SlottedEvent, pd.DataFrame([SITE])])
def test_what_is_no_row_is_refused(row: Any) -> None:
    with pytest.raises(InputError, match="site must be a dict, a dataclass, a named tuple or a row"):
        as_mapping(row, "site")
    with pytest.raises(InputError, match=r"event row 2 must be a dict"):
        as_mappings([EVENTS[0], row], "event")


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 6, 1), datetime.fromisoformat("2025-06-01"), pd.Timestamp("2025-06-01"), np.datetime64("2025-06-01"),
        np.datetime64("2025-06-01T00:00:00", "ns"), np.str_("2025-06-01"), 20240, np.int32(20240),
    ],
)  # fmt: skip
def test_a_day_may_be_text_a_date_a_midnight_or_a_number(day: Any) -> None:
    assert day_number(day, "as_of") == 20240
    assert features(as_of=day) == ROW


@pytest.mark.parametrize(
    ("day", "hint"),
    [
        ("2025-06-01T00:00:00", "without a time of day"),
        ("2025-06-01 08:30", "without a time of day"),
        ("2025-02-29", "there is no such day"),
        ("20250601", "with hyphens"),
        ("2025-W22-7", "with hyphens"),
        ("2025/06/01", "with hyphens"),
        ("yesterday", "with hyphens"),
        ("２０２５-06-01", "with hyphens|no such day"),
        (datetime.fromisoformat("2025-06-01T08:00"), "without a time of day"),
        (datetime(2025, 6, 1, tzinfo=timezone(timedelta(hours=8))), "without a time of day or a zone"),
        (pd.Timestamp("2025-06-01 00:00:00.000000001"), "without a time of day"),
        (np.datetime64("2025-06-01T12:00"), "without a time of day"),
        (np.datetime64("30000-01-01"), "from -719162 to 2932896"),
        (20250601, "from -719162 to 2932896"),
        (1748736000, "from -719162 to 2932896"),
        (20240.0, "give it as text"),
        (True, "give it as text"),
        (None, "missing"),
        (math.nan, "missing"),
        (pd.NaT, "missing"),
        (pd.NA, "missing"),
        (np.datetime64("NaT"), "missing"),
        (["2025-06-01"], "give it as text"),
    ],
)
def test_what_leaves_open_which_day_is_meant_is_refused_everywhere(day: Any, hint: str) -> None:
    refused(f"as_of must be a day like 2025-06-01, got .*({hint})", as_of=day)
    refused(
        rf"event row 2 \(event_id 'b'\): known_on must be a day like .*({hint})",
        events=[EVENTS[0], {**EVENTS[1], "known_on": day}],
    )
    if "missing" not in hint:
        refused(rf"event row 2 .*: valid_to must be a day .*({hint})", events=event(valid_to=day))
        refused(f"site registered_on must be a day .*({hint})", site={**SITE, "registered_on": day})


@pytest.mark.parametrize("nothing", [None, math.nan, pd.NA, pd.NaT, np.nan, np.datetime64("NaT"), Decimal("NaN")])
def test_every_kind_of_nothing_is_missing_where_there_may_be_none(nothing: Any) -> None:
    row = features(
        site={**SITE, "staff": nothing, "format_code": nothing, "registered_on": nothing},
        events=[{**one, "valid_to": nothing, "severity": nothing, "inspection_id": nothing} for one in EVENTS],
    )
    assert row[:2] == ROW[:2]
    assert all(math.isnan(value) for value in row[2:])
    assert features(events=[{**EVENTS[0]}, {**EVENTS[1], "quantity": nothing}])[1] == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"event_id": None}, r"event row 2 \(event_id None\): event_id must be a text or a whole number, got None"),
        ({"event_id": ""}, "event_id must be a text or a whole number, got ''"),
        ({"event_id": 1.5}, "event_id must be a text or a whole number, got 1.5"),
        ({"code": None}, r"event row 2 \(event_id 'b'\): code must be a text such as 'VISIT', got None"),
        ({"code": 7}, "code must be a text such as 'VISIT', got 7"),
        (
            {"code": "FINES"},
            "code 'FINES' is of another code list: .* of the 3 codes .*; did you mean 'FINE'.*; map it",
        ),
        ({"code": "fine"}, "is of another code list: .*did you mean 'FINE'"),
        ({"code": "ZZZ"}, "code 'ZZZ' is of another code list: it is none of the 3 codes of the artifact; map it"),
        ({"occurred_on": "2025-04-06"}, "known_on lies before occurred_on: '2025-04-05' before '2025-04-06'"),
        ({"quantity": 1.5}, "quantity must be a whole number from -2147483647 to 2147483647, got 1.5"),
        ({"quantity": "3"}, "quantity must be a whole number .*got '3'"),
        ({"quantity": True}, "quantity must be a whole number .*got True"),
        ({"quantity": math.inf}, "quantity must be a whole number .*got inf"),
        ({"severity": np.True_}, "severity must be a whole number"),
        ({"severity": 2**31}, "severity must be a whole number"),
        ({"inspection_id": ""}, "inspection_id must be a text or a whole number"),
        ({"site_id": "s2"}, "it is of site 's2', not of 's1'; hand over one site's events"),
        (
            {"occured_on": "2025-04-01", "occurred_on": None},
            "column 'occured_on' is not known; did you mean 'occurred_on'",
        ),
        ({"dueOn": "2025-04-01"}, "column 'dueOn' is not known; did you mean 'due_on'"),
        ({"Valid To": "2025-04-01"}, "column 'Valid To' is not known; did you mean 'valid_to'"),
    ],
)
def test_an_impossible_event_is_refused_with_its_row_and_id(changes: dict[str, Any], message: str) -> None:
    refused(message, events=event(**changes))


def test_columns_that_look_like_none_that_is_read_are_left_aside() -> None:
    assert features(events=event(remark="x", created_at="2025", occurred_on_text="1 April")) == ROW
    assert features(site={**SITE, "telephone": "0", "registered": "yes"}) == ROW


def test_a_code_of_the_list_that_the_model_does_not_use_is_left_aside_and_without_a_list_any_is() -> None:
    assert features(events=[*EVENTS, {**EVENTS[0], "event_id": "d", "code": "COMPLAINT"}]) == ROW
    other = {**EVENTS[0], "event_id": "d", "code": "ZZZ"}
    assert scan.features(PROGRAM, SITE, [*EVENTS, other], (), "2025-06-01") == ROW


def test_numbers_may_be_of_any_type_of_number() -> None:
    for three, four in ((np.int64(3), np.float32(4)), (3.0, Decimal(4)), (Decimal(3), np.int8(4))):
        assert features(site={**SITE, "staff": four}, events=event(quantity=three))[1:3] == [3.0, 4.0]


def test_the_same_event_twice_counts_once_and_with_other_content_is_refused() -> None:
    assert features(events=[*EVENTS, dict(EVENTS[1], source="again")]) == ROW
    changed = {**EVENTS[1], "quantity": 5, "known_on": "2025-04-09"}
    refused(
        r"event row 4 \(event_id 'b'\): it comes twice, with different known_on, quantity;", events=[*EVENTS, changed]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"event_id": "z"}, "1 amendments name events that are not there, such as 'z'; hand over all events"),
        ({"event_id": None}, "amendment row 1 .*event_id must be a text"),
        ({"kind": "repaired"}, r"kind must be one of \['repair', .*got 'repaired'; did you mean 'repair'"),
        ({"kind": None}, "kind must be one of .*got None"),
        ({"kind": ["end"]}, "kind must be one of"),
        ({"kind": np.array(["end", "end"])}, "kind must be one of"),
        ({"kind": "correct", "column": pd.DataFrame(), "value": "1"}, "column, which names what"),
        ({"known_on": None}, r"amendment row 1 \(event_id 'b'\): known_on must be a day .*missing"),
        ({"effective_on": "2025-13-01"}, "effective_on must be a day .*no such day"),
        (
            {"effectiv_on": "2025-05-01", "effective_on": None},
            "column 'effectiv_on' is not known; did you mean 'effective_on'",
        ),
        ({"kind": "correct"}, "column, which names what of the event is corrected, must be one of .*got None"),
        ({"kind": "correct", "column": "quantaty", "value": "1"}, "got 'quantaty'; did you mean 'quantity'"),
        ({"kind": "correct", "column": "known_on", "value": "2025-04-01"}, "must be one of .*got 'known_on'"),
        ({"kind": "correct", "column": "quantity"}, "value is missing; say what quantity is corrected to"),
        ({"kind": "correct", "column": "quantity", "value": "1.5"}, "value, which corrects quantity, must be a whole"),
        ({"kind": "correct", "column": "quantity", "value": "1_0"}, "value, which corrects quantity, must be a whole"),
        ({"kind": "correct", "column": "due_on", "value": "soon"}, "value, which corrects due_on, must be a day"),
        ({"kind": "correct", "column": "code", "value": "FINES"}, "is of another code list.*did you mean 'FINE'"),
    ],
)
def test_an_impossible_amendment_is_refused(changes: dict[str, Any], message: str) -> None:
    changed = {name: value for name, value in {**REPAIR, **changes}.items() if value is not None}
    refused(message, amendments=[changed])


def test_a_correction_may_hold_text_or_a_value_of_its_type_and_one_of_the_amount_changes_no_feature() -> None:
    for column, value, wanted in (
        ("quantity", "5", 5.0),
        ("quantity", 5, 5.0),
        ("code", "VISIT", 0.0),
        ("amount", "9", 2.0),
    ):
        change = {**REPAIR, "kind": "correct", "column": column, "value": value}
        assert features(amendments=[change])[1] == wanted
    moved = {**REPAIR, "event_id": "a", "kind": "correct", "column": "occurred_on"}
    for day in ("2023-01-01", date(2023, 1, 1)):
        assert features(amendments=[{**moved, "value": day}])[0] == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"staff": "4"}, r"site staff must be a number from -1e\+15 to 1e\+15, got '4'; it is a text: convert it"),
        ({"staff": True}, "site staff must be a number"),
        ({"staff": math.inf}, "site staff must be a number .*got inf"),
        ({"staff": 10**400}, "site staff must be a number"),
        ({"staff": [4]}, "site staff must be a number"),
        ({"format_code": 2}, "site format_code must be a text, got 2; give its code as text"),
        ({"format_code": "R\ud800"}, "site format_code must be a text of whole characters, got .*decode it anew"),
        ({"registered_on": "soon"}, "site registered_on must be a day like"),
        (
            {"format-code": "R2", "format_code": None},
            "site: column 'format-code' is not known; did you mean 'format_code'",
        ),
        ({5: 1}, "site: the name of a column must be a text, got 5"),
    ],
)
def test_an_impossible_site_is_refused(changes: dict[Any, Any], message: str) -> None:
    refused(message, site={name: value for name, value in {**SITE, **changes}.items() if value is not None})


def test_a_message_stays_short_whatever_is_handed_over() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    for value in ("x" * 10**6, Odd(), 10**5000):
        change = {**REPAIR, "kind": "correct", "column": "due_on", "value": value}
        hostile: list[dict[str, Any]] = [
            {"site": {**SITE, "format_code": value, "staff": value}},
            {"events": event(quantity=value)},
            {"events": event(known_on=value)},
            {"amendments": [{**REPAIR, "event_id": value}]},
            {"amendments": [change]},
            {"as_of": value},
        ]
        for given in hostile:
            with pytest.raises(InputError) as caught:
                features(**given)
            assert len(str(caught.value)) < 500
    for number in (10**5000, -(10**18)):
        refused("site site_id must be a text or a whole number", site={**SITE, "site_id": number})
        refused("site_id must be a text or a whole number", events=event(site_id=number))
        refused("event_id must be a text or a whole number", events=event(event_id=number))


FEATURES = [
    Feature("staff", "number", "", "", "", "", "", 0, 0.0, 100.0, ()),
    Feature("format_code", "category", "", "", "", "", "", 0, None, None, ("R1", "R2")),
]


def test_a_feature_row_is_read_by_name_or_in_order() -> None:
    assert row_of(FEATURES, {"format_code": "R2", "more": "x", "staff": 4}) == [4.0, 1.0]
    assert row_of(FEATURES, [4, "R2"]) == row_of(FEATURES, (4.0, 1)) == [4.0, 1.0]
    for given in ({"staff": None, "format_code": "R9"}, [math.nan, None]):
        assert all(math.isnan(value) for value in row_of(FEATURES, given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"staf": 1}, r"lacks the feature columns \['staff', 'format_code'\] \('staff'; did you mean 'staf'\?\)"),
        ({"staff": "4", "format_code": "R1"}, "'staff' must be a number"),
        ({"staff": 4, "format_code": 1}, "'format_code' must be a text such as 'R1', got 1"),
        ({"staff": 101, "format_code": "R1"}, "'staff' must lie between 0.0 and 100.0"),
        ({"staff": 10**400, "format_code": "R1"}, "'staff' must lie between"),
        ([4], "a row needs 2 values, one for each feature of the artifact; got 1"),
        ("ab", "features must be an object by name or a list of 2 values, got 'ab'"),
        (None, "features must be an object by name"),
    ],
)
def test_an_impossible_feature_row_is_refused(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        row_of(FEATURES, given)
