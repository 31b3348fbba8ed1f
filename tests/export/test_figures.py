"""Numbers as written: the sign is the true one, a missing value is none, a reading follows the interval alone."""

import math
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskml.evaluation._policies import UNDEFINED
from riskml.evaluation.intervals import percentile_interval
from riskml.export.figures import interval, number, read_difference, reason_text, write, write_difference

CHINESE = re.compile(r"[一-鿿]")

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


@pytest.mark.parametrize("reason", sorted(set(UNDEFINED.values())))
def test_every_reason_of_a_missing_value_is_said_in_chinese(reason: str) -> None:
    assert CHINESE.search(reason_text({"reason": reason})["zh"])
    assert reason_text({"reason": reason})["en"] == reason


def test_every_reason_of_a_missing_interval_is_said_in_chinese() -> None:
    lucky = np.where(np.arange(1000) < 70, np.nan, 0.5)
    reasons = [percentile_interval(values, sites=sites).reason for values, sites in product([lucky, lucky[:0]], [1, 9])]
    said = [reason_text({"reason": reason})["zh"] for reason in reasons]
    assert said[1] == "1000次重抽样中有70次无定义；最多允许舍去5%"
    assert all(CHINESE.search(words) for words in said)


def test_an_unknown_reason_stands_as_it_is_and_an_absent_one_is_admitted() -> None:
    assert reason_text({"reason": "the dog ate it"})["zh"] == "the dog ate it"
    assert reason_text({})["en"] == "no reason was recorded"
