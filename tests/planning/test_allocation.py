"""Sharing out visits: scaling to a budget, stochastic rounding, apportionment."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.planning.allocation import Floats, apportion, equal_budget, nearest_whole, outcomes, whole_visits

SITES = np.array([100.0, 50.0, 20.0, 10.0])
RATIOS = np.array([0.01, 0.02, 0.10, 0.30])
"""The draw ratios of GRADES 6 (Henan 2021), on 180 sites: 1, 1, 2 and 3 visits."""


def scaled(budget: float) -> list[float]:
    return [round(float(visits), 9) for visits in equal_budget(SITES * RATIOS, np.zeros(4), SITES, budget)]


def test_ratios_are_scaled_to_the_budget() -> None:
    assert scaled(7) == [1, 1, 2, 3]
    assert scaled(14) == [2, 2, 4, 6]


def test_a_stratum_that_is_full_leaves_its_visits_to_the_others() -> None:
    # the ten sites of the last stratum are all visited; c = 25 / (1 + 1 + 2) = 6.25 for the rest
    assert scaled(35) == [6.25, 6.25, 12.5, 10]
    assert scaled(180) == SITES.tolist()


def test_due_sites_are_a_lower_bound() -> None:
    found = equal_budget(np.array([1.0, 4.0]), np.array([3.0, 0.0]), np.array([10.0, 10.0]), 5)
    assert found.tolist() == [3, 2]


def test_a_budget_beyond_the_bounds_is_refused() -> None:
    with pytest.raises(DataError, match="the bounds of the strata allow 3 to 10"):
        equal_budget(np.array([1.0, 0.0]), np.array([0.0, 3.0]), np.array([7.0, 9.0]), 11)
    with pytest.raises(DataError, match="2 visits cannot be shared out"):
        equal_budget(np.array([1.0, 0.0]), np.array([0.0, 3.0]), np.array([7.0, 9.0]), 2)


def by_bisection(wanted: Floats, least: Floats, most: Floats, budget: float) -> Floats:
    """The rule as GRADES 6 words it: c by bisection."""
    low, high = 0.0, 1e9
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * wanted, least, most).sum() < budget else (low, middle)
    return np.asarray(np.clip(high * wanted, least, most))


strata = st.lists(
    st.tuples(st.floats(0.01, 5), st.integers(0, 20), st.integers(0, 20)).map(
        lambda row: (row[0] * max(row[1:]), min(row[1:]), max(row[1:]))
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60)
@given(strata, st.floats(0, 1))
def test_scaling_agrees_with_bisection_and_sums_to_the_budget(rows: list[tuple[float, int, int]], part: float) -> None:
    wanted, least, most = np.array(rows, dtype=float).T
    budget = round(least.sum() + part * (most.sum() - least.sum()))
    found = equal_budget(wanted, least, most, budget)
    assert found.sum() == pytest.approx(budget, abs=1e-9)
    assert (found >= least - 1e-12).all()
    assert (found <= most + 1e-12).all()
    np.testing.assert_allclose(found, by_bisection(wanted, least, most, budget), atol=1e-6)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=7))
def test_stochastic_rounding_keeps_the_expectation_and_the_total(hundredths: list[int]) -> None:
    expected = np.array(hundredths) / 100
    drawn = np.array([whole_visits(expected, (k + 0.5) / 100) for k in range(100)])  # each step of the rounding once
    np.testing.assert_allclose(drawn.mean(axis=0), expected, atol=1e-9)
    assert np.isin(drawn.sum(axis=1), [np.floor(expected.sum() + 1e-9), np.ceil(expected.sum() - 1e-9)]).all()
    assert (np.abs(drawn - expected) < 1).all()


@settings(max_examples=40)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_expectations_given_the_total_are_those_of_the_rounding(hundredths: list[int]) -> None:
    expected = np.array(hundredths) / 100
    drawn = np.array([whole_visits(expected, (k + 0.5) / 100) for k in range(100)])
    for end in outcomes(expected):
        rows = drawn[drawn.sum(axis=1) == end.visits]
        assert len(rows) / 100 == pytest.approx(end.weight, abs=1e-9)
        np.testing.assert_allclose(rows.mean(axis=0), end.expected, atol=1e-9)


def test_apportionment_gives_the_largest_remainders_first() -> None:
    assert apportion(np.array([1.2, 1.5, 0.3]), 3).tolist() == [1, 2, 0]
    assert apportion(np.array([0.5, 0.5]), 1).tolist() == [1, 0]
    assert [nearest_whole(value) for value in (0.49, 0.5, 1.5)] == [0, 1, 2]
