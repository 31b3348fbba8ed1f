"""History adjusted for inspectors: by hand, blind to the future, and to who makes the visit that is to be predicted."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.features.leniency import excess_fails
from riskml.records import Records
from riskml.records.days import day_number
from riskml.records.log import event_log
from worlds import DAYS, START, known_before, world

SEEDS = st.integers(0, 10**6)
AS_OF = st.integers(START + 1, START + DAYS)


def made(visits: list[tuple[str, str | None, str]]) -> Records:
    """Visits as (site, inspector, result), one a month, all known on the day after."""
    plain = world(1, sites=3, visits=len(visits), events=0, amendments=0)
    days = pd.date_range("2020-01-01", periods=len(visits), freq="30D")  # no visit is a recheck of another
    sites, inspectors, results = zip(*visits, strict=True)
    told = {"site_id": list(sites), "inspector": list(inspectors), "result": list(results)}
    shaped = plain.inspections.assign(
        visited_on=days, known_on=days + pd.Timedelta(days=1), visit_type="RI", key_fail=0, general_fail=0, **told
    ).astype(plain.inspections.dtypes)
    return dataclasses.replace(plain, inspections=shaped)


def values(records: Records, day: int) -> np.ndarray:
    days = np.full(len(records.sites), day, dtype=np.int32)
    return excess_fails(records.sites["site_id"], days, records.inspections, event_log(records))


def test_the_value_is_what_the_inspectors_do_not_find_elsewhere() -> None:
    strict = [("s1", "a", "fail"), ("s1", "a", "fail"), ("s1", "a", "pass")]
    records = made([("s0", "a", "fail"), ("s0", "b", "pass"), *strict, ("s1", "b", "pass")])
    typical = 3 / 6
    elsewhere_a, elsewhere_b = (2 + 20 * typical) / (3 + 20), (0 + 20 * typical) / (1 + 20)
    wanted = ((1 - elsewhere_a) + (0 - elsewhere_b)) / (2 + 5)
    found = values(records, day_number("2021-01-01"))
    assert found[0] == pytest.approx(wanted, abs=1e-15)
    assert np.isnan(found[2])


def test_a_visit_by_nobody_known_counts_with_the_share_of_all() -> None:
    records = made([("s0", None, "fail"), ("s1", None, "pass"), ("s1", "a", "pass")])
    assert values(records, day_number("2021-01-01"))[0] == pytest.approx((1 - 1 / 3) / (1 + 5), abs=1e-15)


@settings(max_examples=10)
@given(SEEDS, AS_OF)
def test_what_becomes_known_later_and_who_comes_later_change_nothing(seed: int, day: int) -> None:
    records = world(seed)
    later = records.inspections["known_on"] >= pd.Timestamp(day, unit="D")
    swapped = records.inspections["inspector"].where(~later, "somebody else")
    changed = dataclasses.replace(records, inspections=records.inspections.assign(inspector=swapped))
    np.testing.assert_array_equal(values(records, day), values(known_before(records, day), day))
    np.testing.assert_array_equal(values(records, day), values(changed, day))
