"""Records cut at a day, and records with hindsight."""

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.records import Records
from riskml.records.hindsight import known_at_once, known_before
from worlds import known_before as plain
from worlds import world


@pytest.fixture
def records() -> Records:
    return world(seed=3)


def test_records_cut_at_a_day_hold_what_was_known_before_it(records: Records) -> None:
    day = records.events["known_on"].sort_values().iloc[len(records.events) // 2]
    cut = known_before(records, f"{day:%Y-%m-%d}")
    slow = plain(records, (day - pd.Timestamp("1970-01-01")).days)
    for name in ("events", "amendments", "inspections"):
        pd.testing.assert_frame_equal(getattr(cut, name), getattr(slow, name))
        assert 0 < len(getattr(cut, name)) < len(getattr(records, name))
    assert cut.sites is records.sites


def test_with_hindsight_every_fact_is_known_on_its_day(records: Records) -> None:
    late = (records.events["known_on"] > records.events["occurred_on"]).sum()
    made = known_at_once(records)
    assert late > 0
    assert (made.events["known_on"] == made.events["occurred_on"]).all()
    assert (made.amendments["known_on"] == made.amendments["effective_on"]).all()
    assert (made.inspections["known_on"] == made.inspections["visited_on"]).all()
    assert (records.events["known_on"] > records.events["occurred_on"]).sum() == late


def test_what_is_no_day_is_refused(records: Records) -> None:
    with pytest.raises(DataError, match="as_of must be a day like 2025-06-01, got 'soon'"):
        known_before(records, "soon")
