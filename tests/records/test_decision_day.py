"""Decision days: inside the records, and later than every snapshot that is read."""

import dataclasses

import pytest

from bureaus import bureau
from riskml.errors import DataError
from riskml.records.days import day_number
from riskml.records.decision_day import decision_day, refuse_later_snapshots, seen_columns

RECORDS = dataclasses.replace(bureau(days=100), snapshots={"staff": "2020-02-01"})


@pytest.mark.parametrize("as_of", ["2020-01-02", "2020-04-10"])
def test_the_first_and_the_last_day_that_the_records_cover_are_decision_days(as_of: str) -> None:
    assert decision_day(RECORDS, as_of) == day_number(as_of)


@pytest.mark.parametrize("as_of", ["2020-01-01", "2020-04-11", "1999-01-01"])
def test_a_day_outside_the_records_is_refused(as_of: str) -> None:
    message = rf"as_of {as_of} lies outside the records \(by hand: after 2020-01-01, up to 2020-04-10\)"
    with pytest.raises(DataError, match=message):
        decision_day(RECORDS, as_of)


def test_a_snapshot_is_seen_from_the_day_after_it_on() -> None:
    before, after = day_number("2020-02-01"), day_number("2020-02-02")
    assert "staff" not in seen_columns(RECORDS, before)
    assert "staff" in seen_columns(RECORDS, after)
    refuse_later_snapshots(RECORDS, ["staff", "office"], after)
    refuse_later_snapshots(RECORDS, ["office"], before)
    with pytest.raises(DataError, match=r"site columns \{'staff': '2020-02-01'\} are snapshots of these days, and the"):
        refuse_later_snapshots(RECORDS, ["staff", "office"], before)
