"""Numbers as written: the sign is the true one, a missing value is none, a reading follows the interval alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskml.export.figures import interval, number, read_difference, write, write_difference

bounded = st.floats(-1, 1, allow_nan=False)


@given(bounded)
def test_a_difference_shows_its_true_sign_even_when_it_rounds_to_zero(value: float) -> None:
    written = write_difference("recall@0.20", value)
    assert written[0] == ("+" if value > 0 else "−" if value < 0 else "0")
    assert float(written.replace("−", "-")) == pytest.approx(value * 100, abs=0.051)


@given(bounded, bounded)
def test_a_reading_follows_the_interval_alone(one: float, other: float) -> None:
    low, high = sorted((one, other))
    expected = "better" if low > 0 else "worse" if high < 0 else "undecided"
    assert read_difference("auc", {"value": 0.5, "low": low, "high": high}) == expected
    mirrored = {"better": "worse", "worse": "better"}.get(expected, expected)
    assert read_difference("brier", {"value": 0.5, "low": low, "high": high}) == mirrored
    assert read_difference("calibration_slope", {"value": 0.5, "low": low, "high": high}) == "undecided"


def test_a_missing_value_or_bound_is_none() -> None:
    assert number({"value": None}) is number({}) is number({"value": math.nan}) is None
    assert interval({"low": 0.1, "high": None}) is interval({"low": math.nan, "high": 0.2}) is None
    assert read_difference("auc", {"value": None, "low": 0.1, "high": 0.2}) == "unknown"
    assert read_difference("auc", {"value": 0.1, "low": None, "high": None}) == "undecided"


def test_numbers_are_written_by_their_metric() -> None:
    written = [write("found@0.10", 1234.56), write("lift@0.10", 2.0), write("calibration_intercept", -0.042)]
    assert written == ["1,234.6", "2.00", "−0.04"]
