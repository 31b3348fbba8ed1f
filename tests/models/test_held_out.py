"""The held-out days: the last ones, whole, later than all that is learned from; none where they could not tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskml.models.held_out import NEEDED, SHARE, last_days


@given(st.integers(0, 10**6), st.integers(2, 12))
def test_whole_days_later_than_all_others_and_no_more_of_them_than_needed(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)
    days = rng.integers(0, number, 3_000) * 30
    held = last_days(days, rng.random(3_000) < 0.4)
    if held is None:
        assert len(np.unique(days)) < 3
        return
    assert days[held].min() > days[~held].max()
    assert held.mean() >= SHARE
    later = days > days[held].min()
    assert later.mean() < SHARE


def test_by_hand() -> None:
    days = np.repeat([10, 20, 30, 40], [500, 400, 150, 100])
    fail = np.arange(1_150) % 2 == 0
    held = last_days(days, fail)
    assert held is not None
    assert np.unique(days[held]).tolist() == [30, 40]  # 250 of 1,150 rows; day 40 alone holds 9 %


@pytest.mark.parametrize("failures", [NEEDED - 1, NEEDED])
def test_both_parts_need_both_outcomes(failures: int) -> None:
    days = np.repeat([1, 2], [1_000, 500])
    fail = np.concatenate([np.arange(1_000) < 300, np.arange(500) < failures])
    assert (last_days(days, fail) is None) is (failures < NEEDED)
    assert (last_days(days, ~fail) is None) is (failures < NEEDED)


def test_one_day_alone_holds_nothing_out() -> None:
    assert last_days(np.zeros(900), np.arange(900) < 300) is None
