"""Days earlier and the first half: hand-computed schedules, chance, and the bounds of any order."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.evaluation.schedule.days import (
    actual_first_half,
    by_chance,
    days_earlier,
    first_half,
    simulated_days,
)

# Six visits on days 1 (two), 2 (one), 5 (three); the failures are the second, the fourth and the last.
DAY = [1, 1, 2, 5, 5, 5]
FAIL = [0, 1, 0, 1, 0, 1]
SCORE = [0.1, 0.5, 0.5, 0.9, 0.2, 0.5]


def test_the_riskiest_go_first_and_each_day_keeps_its_number_of_visits() -> None:
    # order: 4th (0.9); 2nd, 3rd, 6th (0.5 each, as they stand); 5th; 1st -> days 1 1 2 5 5 5
    assert simulated_days(SCORE, DAY, ties="stable").tolist() == [5, 1, 2, 1, 5, 5]
    # the three of 0.5 share the days 1, 2, 5
    assert simulated_days(SCORE, DAY).tolist() == pytest.approx([5, 8 / 3, 8 / 3, 1, 5, 8 / 3])


def test_days_earlier_is_the_mean_move_of_the_failures() -> None:
    assert days_earlier(FAIL, SCORE, DAY, ties="stable") == pytest.approx(((1 - 1) + (5 - 1) + (5 - 5)) / 3)
    assert days_earlier(FAIL, SCORE, DAY) == pytest.approx(((1 - 8 / 3) + (5 - 1) + (5 - 8 / 3)) / 3)


def test_the_first_half_is_the_days_before_half_of_all_visits() -> None:
    # two of six visits on day 1; with day 2 it is three, no longer below half: the first two places count
    assert actual_first_half(FAIL, DAY) == pytest.approx(1 / 3)
    assert first_half(FAIL, SCORE, DAY, ties="stable") == pytest.approx(2 / 3)
    assert first_half(FAIL, SCORE, DAY) == pytest.approx((1 + 2 / 3) / 3)  # one of the three tied visits, two failed


def test_a_constant_score_is_the_random_order() -> None:
    chance = by_chance(FAIL, DAY)
    assert chance is not None
    assert days_earlier(FAIL, [0] * 6, DAY) == pytest.approx(chance.mean)
    moved = [days_earlier(FAIL, order, DAY) or 0.0 for order in itertools.permutations(range(6))]
    assert chance.mean == pytest.approx(np.mean(moved))
    assert chance.sd == pytest.approx(np.std(moved))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=12))
def test_no_order_beats_the_perfect_one_and_stable_ties_lie_around_the_expected(
    visits: "list[tuple[bool, int, int]]",
) -> None:
    fail, score, day = (list(column) for column in zip(*visits, strict=True))
    perfect, found = days_earlier(fail, fail, day), days_earlier(fail, score, day)
    if perfect is None or found is None:
        assert not any(fail)
        return
    assert found <= perfect + 1e-9
    forward = days_earlier(fail, score, day, ties="stable")
    worst = days_earlier(fail, [2 * s - f for s, f in zip(score, fail, strict=True)], day)
    best = days_earlier(fail, [2 * s + f for s, f in zip(score, fail, strict=True)], day)
    low, high = (worst or 0.0) - 1e-9, (best or 0.0) + 1e-9
    assert low <= (forward or 0.0) <= high
    assert low <= found <= high


def test_what_has_no_value_is_none_and_what_is_wrong_is_refused() -> None:
    assert days_earlier([0, 0], [1, 2], [1, 2]) is None
    assert first_half([0, 0], [1, 2], [1, 2]) is None
    assert actual_first_half([0, 0], [1, 2]) is None
    assert by_chance([0, 0], [1, 2]) is None
    with pytest.raises(DataError, match="of one length"):
        simulated_days([1, 2], [1])
    with pytest.raises(DataError, match="1 scores are NaN"):
        days_earlier([0, 1], [1, np.nan], [1, 2])
    with pytest.raises(DataError, match="1 outcomes are neither 0 nor 1"):
        first_half([0, 2], [1, 2], [1, 2])
    with pytest.raises(DataError, match="allowed are"):
        simulated_days([1], [1], ties="random")  # type: ignore[arg-type]
