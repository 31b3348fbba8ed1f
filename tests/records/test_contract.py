"""The contract: a table that breaks it is refused with the column, the value and what is allowed."""

import datetime
from typing import Any

import pandas as pd
import pytest

from bureaus import amendment, day, event, visit
from riskml.errors import DataError
from riskml.records import contract


def sites(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"site_id": ["a", "b"], **columns})


WRONG: dict[str, tuple[str, pd.DataFrame, str]] = {
    "unknown column": ("sites", sites(colour=["red", "blue"]), r"unknown columns \['colour'\]; allowed are \['s"),
    "absent column": ("events", pd.DataFrame([event("e", "ABN", 1)]).drop(columns="known_on"), r"\['known_on'\] are m"),
    "text for a number": ("sites", sites(area_m2=["12", "large"]), "area_m2 must be number: .*large"),
    "fraction for an integer": ("sites", sites(risk_category=[1.0, 1.5]), "risk_category must be integer"),
    "integer beyond 64 bits": ("sites", sites(risk_category=[1, 2**70]), "risk_category must be integer"),
    "text for a day": ("sites", sites(registered_on=["2020-01-01", "soon"]), "registered_on must be day"),
    "time of day": ("sites", sites(closed_on=[pd.Timestamp("2020-01-01 10:00"), pd.NaT]), "closed_on must hold days w"),
    "empty cell": ("sites", pd.DataFrame({"site_id": ["a", None, None]}), "site_id is empty in 2 of 3 rows"),
    "repeated key": ("sites", pd.DataFrame({"site_id": ["a", "b", "a"]}), r"1 repeated site_id; examples: \['a'\]"),
    "repeated visit": ("inspections", pd.DataFrame([visit("v", 1), visit("v", 2)]), "1 repeated inspection_id"),
    "unknown visit type": (
        "inspections",
        pd.DataFrame([visit("v", 1, visit_type="XX")]),
        r"visit_type holds \['XX'\] in 1 of 1 rows; .*'RI'",
    ),
    "unknown result": ("inspections", pd.DataFrame([visit("v", 1, result="Fail")]), r"result holds \['Fail'\] .*'no"),
    "unknown amendment": ("amendments", pd.DataFrame([amendment("e", "undo", 3)]), r"\['undo'\] .* \['repair', 'rev"),
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
