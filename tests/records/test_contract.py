"""The contract: a table that breaks it is refused with the column, the value and what is allowed."""

import datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaus import amendment, day, event, visit
from riskml.errors import DataError
from riskml.records import contract
from riskml.records.checking import checked
from riskml.records.fault import REFUSE


def sites(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"site_id": ["a", "b"], **columns})


WRONG: dict[str, tuple[str, pd.DataFrame, str]] = {
    "unknown column": ("sites", sites(colour=["red", "blue"]), r"sites\.colour is no column of the contract; allow"),
    "absent column": (
        "events",
        pd.DataFrame([event("e", "ABN", 1)]).drop(columns="known_on"),
        r"events\.known_on is missing; required are \['event_id', 'site_id', 'code', 'occurred_on', 'known_on'\]",
    ),
    "repeated column": (
        "sites",
        pd.DataFrame([["a", 1.0, 2.0]], columns=["site_id", "staff", "staff"]),
        "sites.staff is the name of several columns; keep one",
    ),
    "text for a number": (
        "sites",
        sites(area_m2=["12", "large"]),
        "sites.area_m2 must be a number: 1 of 2 rows, such as b: area_m2 large; correct the rows, or make",
    ),
    "a list for a number": ("sites", sites(area_m2=[3, [4]]), r"area_m2 must be a number: 1 of 2 rows, .* \[4\]"),
    "fraction for an integer": ("sites", sites(risk_category=[1.0, 1.5]), "must be an integer: 1 of 2 rows, .* b: r"),
    "integer beyond 64 bits": ("sites", sites(risk_category=[1, 2**70]), "risk_category must be an integer: 1 of 2"),
    "text for a day": ("sites", sites(registered_on=["2020-01-01", "soon"]), "must be a day like 2025-06-01: 1 of 2"),
    "a day as in America": ("sites", sites(registered_on=["2020-01-31", "03/04/2020"]), "a day like 2025-06-01: 1"),
    "a number for a day": ("sites", sites(closed_on=[20200101, 20200102]), "must be a day like 2025-06-01: 2 of 2"),
    "a day with a zone": (
        "sites",
        sites(closed_on=[pd.Timestamp("2020-01-01", tz="UTC"), None]),
        "closed_on must be a day like 2025-06-01: 1 of 2",
    ),
    "time of day": (
        "sites",
        sites(closed_on=[pd.Timestamp("2020-01-01 10:00"), pd.NaT]),
        "closed_on must be a day without a time of day: 1 of 2 rows, such as a: closed_on 2020-01-01 10:00:00",
    ),
    "half a second": (
        "sites",
        sites(closed_on=[pd.Timestamp("2020-01-01 00:00:00.5"), pd.NaT]),
        "closed_on must be a day without a time of day",
    ),
    "time of day as text": ("sites", sites(closed_on=["2020-01-01 10:00", None]), "a day without a time of day: 1"),
    "empty cell": (
        "sites",
        pd.DataFrame({"site_id": ["a", None, None]}),
        "sites.site_id is empty: 2 of 3 rows, such as row 2; row 3",
    ),
    "bytes for text": ("sites", sites(office=[b"ok", b"\xff"]), "office must be text: 1 of 2 rows, such as b: office"),
    "repeated key": (
        "sites",
        pd.DataFrame({"site_id": ["a", "b", "a", "a"]}),
        "sites.site_id stands in an earlier row too: 2 of 4 rows, such as row 3: site_id a; row 4: site_id a",
    ),
    "repeated visit": ("inspections", pd.DataFrame([visit("v", 1), visit("v", 2)]), "inspection_id stands in an ea"),
    "unknown visit type": (
        "inspections",
        pd.DataFrame([visit("v", 1, visit_type="XX")]),
        r"visit_type is none of \['RI', .*: 1 of 1 rows, such as v: visit_type XX",
    ),
    "unknown result": ("inspections", pd.DataFrame([visit("v", 1, result="Fail")]), "'not_found'.*: result Fail"),
    "unknown amendment": (
        "amendments",
        pd.DataFrame([amendment("e", "undo", 3)]),
        r"kind is none of \['repair', 'rev.*: 1 of 1 rows, such as e 2020-01-04: kind undo",
    ),
    "unknown scope": ("events", pd.DataFrame([event("e", "ABN", 1, scope="brand")]), r"\['site', 'legal_person'\]: 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_table_that_breaks_the_contract_is_refused_with_the_reason(case: str) -> None:
    table, frame, message = WRONG[case]
    with pytest.raises(DataError, match=message):
        contract.conform(table, frame)


def test_absent_columns_become_missing_or_their_default() -> None:
    made = contract.conform("events", pd.DataFrame([event("e", "ABN", 1)]))
    assert list(made.columns) == list(contract.TABLES["events"])
    assert made["severity"].tolist() == [0]
    assert made["quantity"].tolist() == [1]
    assert made[["due_on", "valid_to", "case_id", "amount"]].isna().to_numpy().all()


def test_empty_cells_of_a_column_with_a_default_are_filled() -> None:
    rows = [event("e", "ABN", 1, quantity=None, severity=2), event("f", "ABN", 1, quantity=4, severity=None)]
    made = contract.conform("events", pd.DataFrame(rows))
    assert made["quantity"].tolist() == [1, 4]
    assert made["severity"].tolist() == [2, 0]


def test_types_follow_the_contract_whatever_came_in() -> None:
    frame = sites(registered_on=["2020-01-02", None], risk_category=["1", None], area_m2=[1, 2], name=[7, None])
    made = contract.conform("sites", frame.set_axis([5, 3]))
    assert {name: str(dtype) for name, dtype in made.dtypes.items()} == {
        name: str(pd.Series(dtype=contract.DTYPES[c.kind]).dtype) for name, c in contract.TABLES["sites"].items()
    }
    assert made["registered_on"].tolist() == [day(1), pd.NaT]
    assert made.index.tolist() == [0, 1]


def test_dates_of_the_standard_library_are_days() -> None:
    made = contract.conform("sites", sites(closed_on=[datetime.date(2020, 1, 3), None]))
    assert made["closed_on"].iloc[0] == day(2)


def test_conforming_twice_changes_nothing_and_leaves_the_input_alone() -> None:
    frame = sites(area_m2=[1, 2])
    once = contract.conform("sites", frame)
    pd.testing.assert_frame_equal(contract.conform("sites", once), once)
    assert list(frame.columns) == ["site_id", "area_m2"]


@pytest.mark.parametrize("table", contract.TABLES)
def test_an_empty_table_keeps_the_contract(table: str) -> None:
    pd.testing.assert_frame_equal(contract.conform(table, contract.empty(table)), contract.empty(table))


def test_bytes_that_are_no_text_beside_an_empty_list_are_refused_like_any_cell() -> None:
    frame = pd.DataFrame({"site_id": pd.Series([b"\x80", []], dtype="object")})
    assert [fault.rule for fault in checked("sites", frame).faults if fault.column == "site_id"] == ["type"]


@settings(max_examples=40)
@given(st.data())
def test_cells_of_any_python_type_are_refused_or_taken_and_nothing_else_is_raised(data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(list(contract.TABLES)))
    cells = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=3), st.dates(),
        st.datetimes(), st.lists(st.integers(), max_size=2), st.just(pd.NaT), st.just(pd.NA), st.just("2020-01-01"),
        st.dictionaries(st.text(max_size=1), st.none(), max_size=1),
    )  # fmt: skip
    columns = data.draw(st.lists(st.sampled_from([*contract.TABLES[table], "more"]), max_size=4, unique=True))
    frame = pd.DataFrame(
        {name: pd.Series([data.draw(cells) for _ in range(2)], dtype="object") for name in columns}, index=[0, 1]
    )
    before = [list(frame[name]) for name in columns]
    found = checked(table, frame)
    try:
        made = contract.conform(table, frame)
    except DataError:
        assert [fault for fault in found.faults if fault.severity == REFUSE]
    else:
        assert not [fault for fault in found.faults if fault.severity == REFUSE]
        pd.testing.assert_frame_equal(contract.conform(table, made), made)
    assert repr(before) == repr([list(frame[name]) for name in columns])
