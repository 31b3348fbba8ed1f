"""The engine packs columns as narrow as they are, says what it cannot sum, and needs no column that is not read."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.features import slices
from riskml.features.engine import scan_rows
from riskml.scorer.scanning import scan

DAY, NEVER = 20_000, 2**30


def program(*aggregates: str, **more: Any) -> dict[str, Any]:
    rows = [
        {"name": f"{number}", "from": "events", "aggregate": aggregate, "codes": [0], "per": [], "window": None,
         "skip_repaired": False, "table": 0, **more}
        for number, aggregate in enumerate(aggregates)
    ]  # fmt: skip
    return {"codes": ["A"], "tables": [[2**32, 2**31]], "features": rows}


def log(**columns: list[int]) -> dict[str, NDArray[np.int64]]:
    number = len(next(iter(columns.values())))
    usual = {"site": 0, "code": 0, "occurred_on": DAY - 1, "known_on": DAY - 1, "gone_on": NEVER, "repaired_on": NEVER}
    return {name: np.array(columns.get(name, [usual.get(name, 0)] * number)) for name in {**usual, **columns}}


def scanned(made: dict[str, Any], given: dict[str, NDArray[np.int64]]) -> list[list[float]]:
    rows = scan_rows(made, np.array([0, 1]), np.array([DAY, DAY]), given, 2)
    return [list(row) for row in rows]


def test_days_centuries_apart_take_two_lanes_and_keep_their_values() -> None:
    made = program("days_since_first", "days_until_expiry", "count")
    days, ends = [-350_000, DAY - 1], [2_932_896, DAY + 5]
    given = log(occurred_on=days, valid_to=ends)
    packed = slices.sliced(scan.arrays(made), given, 2, earliest=DAY, latest=DAY)
    assert {lane.name for lane in packed.lanes if lane.wide} == {"occurred_on", "valid_to"}
    assert scanned(made, given)[0] == [DAY + 350_000, 5, 2]
    assert scanned(made, log(occurred_on=days[:1], valid_to=ends[:1]))[0] == [DAY + 350_000, 2_932_896 - DAY, 1]


def test_all_columns_of_a_plain_catalog_take_fourteen_bytes_an_event() -> None:
    made = program("count", "sum", "decayed", "max_severity", "last_value", skip_repaired=True)
    given = log(quantity=[1, 9, 65_000], severity=[3, 2, 1])
    packed = slices.sliced(scan.arrays(made), given, 2, earliest=DAY, latest=DAY)
    assert packed.packed.nbytes == 14 * 3


def test_events_that_no_window_reaches_take_no_room_in_a_slice() -> None:
    given = log(occurred_on=[DAY - 31, DAY - 30, DAY - 1])
    packed = slices.sliced(scan.arrays(program("count", window=30)), given, 2, earliest=DAY, latest=DAY)
    assert (packed.end - packed.begin).sum() == 2
    assert scanned(program("count", window=30), given)[0] == [2]


def test_events_of_other_sites_and_codes_are_left_out() -> None:
    assert scanned(program("count"), log(site=[0, 1, 1, -1], code=[0, 0, -1, 0])) == [[1], [1]]


def test_no_rows_and_no_events_are_no_error() -> None:
    nothing = {name: values[:0] for name, values in log(site=[0]).items()}
    assert scanned(program("count", "days_since_last"), nothing)[0][0] == 0
    assert scan_rows(program("count"), np.array([], int), np.array([], int), log(site=[0]), 2).shape == (0, 1)


def test_quantities_that_cannot_be_summed_exactly_are_refused() -> None:
    with pytest.raises(DataError, match="allowed are -2147483647 to 2147483647"):
        scanned(program("sum"), log(quantity=[2**31]))
    half = log(quantity=[2**30, 2**30 - 1])
    assert scanned(program("decayed"), half)[0] == [(2**31 - 1) / 2]
    with pytest.raises(DataError, match="quantities of one site add up to 2147483648"):
        scanned(program("decayed"), log(quantity=[2**30, 2**30]))
    assert scanned(program("decayed"), log(quantity=[2**30, 2**30], site=[0, 1]))[0] == [2**29]
