"""Columns known later than the first planning day: whatever reads them is left out, and said so."""

import dataclasses

import numpy as np
import pytest

from riskml.features import load_catalog
from riskml.features.build import applicable, features_of_rows
from riskml.features.known_columns import known_from
from riskml.records.days import day_number
from riskml.records.log import event_log
from worlds import START, world

FIRST, LAST = START + 200, START + 900
BETWEEN = f"{np.datetime64(START + 500, 'D')}"


@pytest.mark.parametrize("column", ["area_m2", "risk_category", "lon", "registered_on"])
def test_a_snapshot_between_the_planning_days_is_read_by_no_feature(column: str) -> None:
    records = dataclasses.replace(world(3, sites=12, visits=80, events=120), snapshots={column: BETWEEN})
    log = event_log(records)
    wanted = applicable(records, log, LAST)
    assert column in wanted.columns()
    kept, notes = known_from(records, wanted, FIRST)
    assert set(kept.names) < set(wanted.names)
    assert column not in kept.columns()
    assert [set(note) for note in notes] == [{"en", "zh"}]
    assert f"'{column}': '{BETWEEN}'" in notes[0]["en"]
    assert all(name in notes[0]["zh"] for name in set(wanted.names) - set(kept.names))
    changed = records.sites.assign(**{column: records.sites[column].to_numpy()[::-1]})
    days = np.full(len(changed), FIRST, dtype=np.int32)
    one, other = (features_of_rows(s["site_id"], days, s, log, kept).values for s in (records.sites, changed))
    np.testing.assert_array_equal(one, other)


def test_a_snapshot_of_before_the_first_day_is_read() -> None:
    records = dataclasses.replace(world(3), snapshots={"area_m2": f"{np.datetime64(FIRST - 1, 'D')}"})
    assert day_number(records.snapshots["area_m2"]) < FIRST
    assert known_from(records, load_catalog(), FIRST) == (load_catalog(), [])
