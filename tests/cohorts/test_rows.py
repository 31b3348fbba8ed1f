"""Rows: a site is one on every day on which it was known to be open."""

from typing import Any

import numpy as np
import pandas as pd

from bureaus import FIRST, bureau, day
from riskml.cohorts import active_rows

SITES: list[dict[str, Any]] = [
    {"site_id": "always"},
    {"site_id": "opens on 10", "registered_on": day(10)},
    {"site_id": "closes on 20", "closed_on": day(20)},
    {"site_id": "both", "registered_on": day(10), "closed_on": day(20)},
]


def active(*days: int) -> list[tuple[str, int]]:
    rows = active_rows(bureau(sites=SITES).sites, np.array(days, dtype=np.int32) + np.int32(FIRST))
    return list(zip(rows["site_id"], (rows["as_of"] - FIRST).tolist(), strict=True))


def test_a_site_is_active_from_the_day_after_its_registration() -> None:
    assert active(10) == [("always", 10), ("closes on 20", 10)]
    assert ("opens on 10", 11) in active(11)
    assert ("both", 11) in active(11)


def test_a_site_is_active_up_to_its_first_day_without_business() -> None:
    assert [site for site, _ in active(20)] == ["always", "opens on 10", "closes on 20", "both"]
    assert [site for site, _ in active(21)] == ["always", "opens on 10"]


def test_rows_stand_by_day_and_then_in_the_order_of_the_sites() -> None:
    assert active(5, 25) == [("always", 5), ("closes on 20", 5), ("always", 25), ("opens on 10", 25)]


def test_no_days_and_no_sites_give_no_rows() -> None:
    assert active() == []
    none = active_rows(bureau(sites=[]).sites, np.array([3], dtype=np.int32))
    assert none.empty
    assert list(none.columns) == ["site_id", "as_of"]


def test_a_day_number_is_a_small_integer_and_the_sites_stay_as_they_were() -> None:
    sites = bureau(sites=SITES).sites
    before = sites.copy()
    assert active_rows(sites, np.array([FIRST], dtype=np.int32))["as_of"].dtype == np.int32
    pd.testing.assert_frame_equal(sites, before)


def test_a_closure_that_a_later_snapshot_tells_is_not_known_yet() -> None:
    sites, days = bureau(sites=SITES).sites, np.array([FIRST + on for on in (21, 40, 41)], dtype=np.int32)
    rows = active_rows(sites, days, snapshots={"closed_on": f"{day(40):%Y-%m-%d}"})
    here = rows.groupby("as_of")["site_id"].agg(set).tolist()
    everyone = {site["site_id"] for site in SITES}
    assert here == [everyone, everyone, {"always", "opens on 10"}]
    pd.testing.assert_frame_equal(active_rows(sites, days, snapshots={"staff": "2030-01-01"}), active_rows(sites, days))
