"""Planning days of a study: counted back from the last origin, on to the settled end, and the day after the records."""

import pytest

from bureaus import FIRST, bureau
from riskml.cohorts import Planned, planned_days
from riskml.errors import DataError

SETTLING = 130


def planned(last: str = "2021-05-15", *, warmup: int = 0, horizon: int = 60, step: int = 100) -> Planned:
    records = bureau(days=1000)
    durations = {"step_days": step, "warmup_days": warmup, "horizon_days": horizon}
    return planned_days(records, last_origin=last, **durations, where="x.toml")


def test_days_go_back_to_the_first_and_on_as_long_as_outcomes_settle() -> None:
    found = planned()  # 2021-05-15 is day 500; a day's outcomes settle after 60 + 130 days
    assert (found.days - FIRST).tolist() == [100, 200, 300, 400, 500]
    assert (found.later - FIRST).tolist() == [600, 700, 800]
    assert found.deploy - FIRST == 1000
    assert (found.all - FIRST).tolist() == [100, 200, 300, 400, 500, 600, 700, 800, 1000]


def test_nothing_is_planned_on_the_first_day_or_while_it_warms_up() -> None:
    assert (planned(warmup=200).days - FIRST).tolist() == [200, 300, 400, 500]
    assert (planned(warmup=201).days - FIRST).tolist() == [300, 400, 500]


@pytest.mark.parametrize("last", ["2019-12-31", "2020-01-01", "2022-09-27"])
def test_an_origin_outside_the_records_is_refused(last: str) -> None:
    with pytest.raises(DataError, match=rf"x.toml: last_origin {last} lies outside .*2020-01-01 to 2022-09-27"):
        planned(last)


def test_an_origin_whose_outcomes_do_not_settle_is_refused_with_the_last_that_does() -> None:
    assert len(planned("2022-03-21").later) == 0  # day 810 = 1000 - 190
    with pytest.raises(DataError, match=r"settle after 190 days.*choose an origin on or before 2022-03-21"):
        planned("2022-03-22")
