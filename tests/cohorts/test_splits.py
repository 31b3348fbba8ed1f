"""Folds: nothing teaches an origin whose outcome was not settled by then, and calibration is later than training."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bureaus import PLAIN
from riskml.cohorts import evaluation_origins, month_starts, planning_days, rolling_folds, settled_targets
from riskml.errors import DataError, StudyError
from riskml.records.days import day_number, to_days
from riskml.records.log import event_log
from worlds import DAYS, RULE, START, world

DAY = np.arange(0, 60, 10, dtype=np.int32).repeat(2)
"""Two sites on the days 0, 10, ... 50."""
EVERY = np.ones(len(DAY), dtype=bool)


def test_a_fold_by_hand() -> None:
    labelled = EVERY.copy()
    labelled[[1, 4]] = False
    (fold,) = rolling_folds(DAY, labelled, origins=[50], gap_days=20, calibration_windows=1)
    assert fold.origin == 50
    assert fold.train.tolist() == [0, 2, 3, 5]
    assert fold.calibrate.tolist() == [6, 7]
    assert fold.test.tolist() == [10, 11]


@pytest.mark.parametrize(("gap", "latest"), [(20, 30), (21, 20), (30, 20), (31, 10)])
def test_a_planning_day_teaches_when_its_gap_is_just_over(gap: int, latest: int) -> None:
    (fold,) = rolling_folds(DAY, EVERY, origins=[50], gap_days=gap, calibration_windows=0)
    assert DAY[fold.train].max() == latest
    assert fold.calibrate.tolist() == []


def test_each_origin_has_its_own_fold_and_learns_from_ever_more() -> None:
    folds = rolling_folds(DAY, EVERY, origins=[30, 40, 50], gap_days=10, calibration_windows=1)
    assert [fold.origin for fold in folds] == [30, 40, 50]
    assert [len(fold.train) for fold in folds] == [4, 6, 8]


@pytest.mark.parametrize(("origin", "windows"), [(0, 0), (20, 3), (5, 2)])
def test_an_origin_without_earlier_days_to_learn_from_is_refused(origin: int, windows: int) -> None:
    with pytest.raises(
        DataError, match=r"origin 1970-01-\d\d: \d earlier planning days are settled by then, .*move the first"
    ):
        rolling_folds(DAY, EVERY, origins=[50, origin], gap_days=1, calibration_windows=windows)


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=60),
    st.integers(0, 10**6),
    st.integers(0, 600),
    st.integers(1, 200),
    st.integers(0, 3),
)
def test_nothing_of_a_fold_is_later_than_it_may_be(
    days: list[int], seed: int, origin: int, gap: int, windows: int
) -> None:
    as_of = np.array(days, dtype=np.int32)
    labelled: NDArray[np.bool_] = np.random.default_rng(seed).random(len(days)) < 0.7
    allowed = sorted({d for d in days if d + gap <= origin})
    assume(len(allowed) > windows)
    (fold,) = rolling_folds(as_of, labelled, origins=[origin], gap_days=gap, calibration_windows=windows)
    early, late = allowed[: len(allowed) - windows], allowed[len(allowed) - windows :]
    assert fold.train.tolist() == [k for k, d in enumerate(days) if d in early and labelled[k]]
    assert fold.calibrate.tolist() == [k for k, d in enumerate(days) if d in late and labelled[k]]
    assert fold.test.tolist() == [k for k, d in enumerate(days) if d == origin]


def test_no_row_of_a_world_teaches_before_its_outcome_is_settled() -> None:
    horizon, learned = 90, 0
    for seed in range(5):
        records = dataclasses.replace(world(seed, sites=8, visits=150, events=60), outcome=PLAIN)
        days = planning_days(first=START, last=START + 900, step_days=horizon)
        rows = pd.DataFrame({"site_id": records.sites["site_id"]}).merge(pd.DataFrame({"as_of": days}), how="cross")
        found = settled_targets(rows, records, event_log(records), outcome="fail", horizon_days=horizon)
        settles = to_days(found["visited_on"]).astype(np.int64) + RULE.settling_days
        as_of, labelled = rows["as_of"].to_numpy(), found["fail"].notna().to_numpy()
        gap = horizon + RULE.settling_days
        for fold in rolling_folds(as_of, labelled, origins=days[-3:].tolist(), gap_days=gap, calibration_windows=2):
            for places in (fold.train, fold.calibrate):
                assert (settles[places] <= fold.origin).all()
                assert (settles[places] < START + DAYS).all()
            assert as_of[fold.calibrate].min() > as_of[fold.train].max()
            learned += len(fold.train)
    assert learned > 100


def test_planning_days_are_counted_back_from_the_last() -> None:
    assert planning_days(first=10, last=100, step_days=30).tolist() == [10, 40, 70, 100]
    assert planning_days(first=11, last=100, step_days=30).tolist() == [40, 70, 100]
    assert planning_days(first=100, last=100, step_days=30).tolist() == [100]
    assert planning_days(first=101, last=100, step_days=30).tolist() == []


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.integers(1, 400))
def test_planning_days_are_a_step_apart_and_inside_their_bounds(first: int, length: int, step: int) -> None:
    days = planning_days(first=first, last=first + length, step_days=step)
    assert days.dtype == np.int32
    assert days[-1] == first + length
    assert first <= days[0] < first + step
    assert set(np.diff(days).tolist()) <= {step}


def test_month_starts_lie_inside_their_bounds() -> None:
    def starts(first: str, last: str) -> list[str]:
        days = month_starts(first=day_number(first), last=day_number(last))
        assert days.dtype == np.int32
        return [f"{day}" for day in days.astype("datetime64[D]")]

    assert starts("2024-02-01", "2024-04-01") == ["2024-02-01", "2024-03-01", "2024-04-01"]
    assert starts("2024-02-02", "2024-03-31") == ["2024-03-01"]
    assert starts("2024-02-02", "2024-02-29") == []
    assert starts("1969-12-15", "1970-01-31") == ["1970-01-01"]


def test_origins_just_a_horizon_apart_are_taken() -> None:
    days = np.array([0, 10, 20], dtype=np.int32)
    assert evaluation_origins(days, number=3, horizon_days=10) == [0, 10, 20]
    assert evaluation_origins(days, number=2, horizon_days=11) == [0, 20]


@given(st.lists(st.integers(0, 2_000), min_size=1, unique=True), st.integers(1, 5), st.integers(1, 400))
def test_evaluation_origins_are_the_latest_days_a_horizon_apart(days: list[int], number: int, horizon: int) -> None:
    wanted = [max(days)]
    while len(wanted) < number and (earlier := [day for day in days if wanted[0] - day >= horizon]):
        wanted.insert(0, max(earlier))
    planned = np.array(sorted(days), dtype=np.int32)
    if len(wanted) == number:
        assert evaluation_origins(planned, number=number, horizon_days=horizon) == wanted
        return
    with pytest.raises(DataError, match=f"allow {len(wanted)} origins at least {horizon} days apart, {number} are"):
        evaluation_origins(planned, number=number, horizon_days=horizon)


def test_a_training_day_whose_horizon_reaches_the_calibration_days_is_left_out() -> None:
    asked: dict[str, Any] = {"origins": [50], "gap_days": 10, "calibration_windows": 1}
    (near,) = rolling_folds(DAY, EVERY, **asked, horizon_days=10)
    assert (DAY[near.train].max(), DAY[near.calibrate].min()) == (30, 40)
    (far,) = rolling_folds(DAY, EVERY, **asked, horizon_days=11)
    assert (DAY[far.train].max(), DAY[far.calibrate].min()) == (20, 40)


def test_an_origin_whose_training_days_all_reach_the_calibration_days_is_refused() -> None:
    with pytest.raises(DataError, match=r"horizons of all 2 settled planning days reach .* begin on 1970-01-11"):
        rolling_folds(DAY, EVERY, origins=[20], gap_days=10, calibration_windows=1, horizon_days=11)


def test_origins_within_one_horizon_are_refused() -> None:
    with pytest.raises(StudyError, match="origins 1970-01-31 and 1970-02-10 lie less than the horizon of 20 days"):
        rolling_folds(DAY, EVERY, origins=[40, 30], gap_days=10, calibration_windows=1, horizon_days=20)
