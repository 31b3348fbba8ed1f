"""Days: one number a day, nothing but whole calendar days, missing ones never."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.records.days import NEVER, day_number, from_days, to_days


@pytest.mark.parametrize("written", ["2025-06-01", datetime.date(2025, 6, 1), pd.Timestamp("2025-06-01")])
def test_a_day_has_one_number_however_it_is_given(written: "str | datetime.date | pd.Timestamp") -> None:
    assert day_number(written) == 20_240


@pytest.mark.parametrize(
    "written",
    [
        "06/07/2025",
        "2025-06",
        "2025",
        "today",
        "",
        "2025-02-30",
        "2025-06-01 10:00",
        pd.Timestamp(2025, 6, 1, 10),
        pd.NaT,
    ],
    ids=str,
)
def test_what_is_no_calendar_day_or_could_be_two_is_refused(written: "str | pd.Timestamp") -> None:
    with pytest.raises(DataError, match="is not a calendar day; write it like 2025-06-01"):
        day_number(written)


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)))))
def test_days_survive_the_way_to_numbers_and_back(days: list[datetime.date | None]) -> None:
    column = pd.Series(pd.to_datetime(pd.Series(days, dtype="object"))).astype("datetime64[s]")
    numbers = to_days(column)
    assert numbers.tolist() == [NEVER if d is None else (d - datetime.date(1970, 1, 1)).days for d in days]
    pd.testing.assert_series_equal(from_days(numbers), column)


def test_a_missing_day_may_stand_for_another_one() -> None:
    assert to_days(pd.Series([pd.NaT], dtype="datetime64[s]"), missing=-NEVER).tolist() == [-NEVER]
    assert np.isnat(from_days(np.array([NEVER])).to_numpy()[0])
