"""The metrics: hand-computed numbers, exhaustive tie expectations, and outside oracles."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from riskml.errors import DataError
from riskml.evaluation.metrics import (
    at_budget,
    auc,
    average_precision,
    brier,
    calibration_intercept,
    calibration_slope,
)

Floats = NDArray[np.float64]

rows_with_ties = st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=6)


def drawn(n: int = 400, levels: int = 12, seed: int = 3) -> tuple[NDArray[np.bool_], Floats, Floats]:
    generator = np.random.default_rng(seed)
    score = generator.integers(0, levels, n) / levels
    outcome = generator.random(n) < 0.1 + 0.5 * score
    return outcome, score, generator.integers(1, 4, n).astype(float)


def levels_as_rows(sizes: list[int], hits: list[int]) -> tuple[NDArray[np.bool_], Floats]:
    outcome = np.concatenate([np.arange(n) < h for n, h in zip(sizes, hits, strict=True)])
    return outcome, np.repeat(-np.arange(len(sizes), dtype=float), sizes)


def test_budget_that_cuts_a_level_finds_the_published_example() -> None:
    outcome, score = levels_as_rows([2, 20, 85, 40], [2, 8, 10, 1])
    cut = at_budget(outcome, score, visits=31)
    assert cut.found == pytest.approx(11.058823529411764, abs=1e-12)
    assert cut.precision == pytest.approx(11.058823529411764 / 31)
    assert cut.recall == pytest.approx(11.058823529411764 / 21)
    assert cut.lift == pytest.approx(11.058823529411764 / (21 * 31 / 147))


@settings(max_examples=60, deadline=None)
@given(rows=rows_with_ties, data=st.data())
def test_found_in_ties_is_the_mean_over_every_order(rows: list[tuple[bool, int]], data: st.DataObject) -> None:
    visits = data.draw(st.integers(1, len(rows)))
    outcome, score = zip(*rows, strict=True)
    orders = [sorted(order, key=lambda row: -row[1]) for order in permutations(rows)]
    mean = np.mean([sum(hit for hit, _ in order[:visits]) for order in orders])
    assert at_budget(outcome, score, visits=visits).found == pytest.approx(float(mean))


def test_fractional_visits_lie_on_the_line_between_whole_ones() -> None:
    outcome, score = [1, 0, 1, 1, 0], [5, 4, 3, 3, 1]
    two, three = (at_budget(outcome, score, visits=k).found for k in (2, 3))
    cut = at_budget(outcome, score, share=0.5)
    assert cut.visits == 2.5
    assert cut.found == pytest.approx((two + three) / 2)


def test_budget_is_cut_within_each_stratum() -> None:
    outcome = [1, 1, 0, 0, 1, 0, 0, 0]
    score = [8, 7, 6, 5, 4, 3, 2, 1]
    day = ["a"] * 4 + ["b"] * 4
    cut = at_budget(outcome, score, share=0.25, stratum=day)
    assert (cut.visits, cut.found, cut.precision) == (2.0, 2.0, 1.0)
    assert cut.recall == pytest.approx(2 / 3)
    assert cut.lift == pytest.approx(2 / (2 * 0.25 + 1 * 0.25))
    assert at_budget(outcome, score, visits=2, stratum=day).found == 3.0


def test_perfect_order_finds_all_that_the_budget_allows() -> None:
    outcome = np.arange(50) < 7
    assert at_budget(outcome, outcome, visits=7).recall == 1.0
    assert at_budget(outcome, outcome, visits=5).precision == 1.0
    assert auc(outcome, outcome) == 1.0
    assert average_precision(outcome, outcome) == 1.0


def test_constant_score_is_exactly_the_random_policy() -> None:
    outcome, _, weight = drawn()
    constant = np.full(len(outcome), 0.3)
    cut = at_budget(outcome, constant, share=0.1, weight=weight)
    assert cut.recall == pytest.approx(0.1)
    assert cut.lift == pytest.approx(1.0)
    assert auc(outcome, constant, weight=weight) == 0.5
    rate = float(weight[outcome].sum() / weight.sum())
    assert average_precision(outcome, constant, weight=weight) == pytest.approx(rate)


@pytest.mark.parametrize("levels", [2, 12, 10_000])
def test_one_stratum_agrees_with_scikit_learn(levels: int) -> None:
    outcome, score, weight = drawn(levels=levels)
    assert auc(outcome, score, weight=weight) == pytest.approx(roc_auc_score(outcome, score, sample_weight=weight))
    expected = average_precision_score(outcome, score, sample_weight=weight)
    assert average_precision(outcome, score, weight=weight) == pytest.approx(expected)


def test_strata_are_pooled_by_pairs_and_by_positives() -> None:
    outcome, score, _ = drawn()
    day = np.arange(len(outcome)) % 3
    parts = [(outcome[day == k], score[day == k]) for k in range(3)]
    pairs = [y.sum() * (~y).sum() for y, _ in parts]
    mean = np.average([roc_auc_score(y, s) for y, s in parts], weights=pairs)
    assert auc(outcome, score, stratum=day) == pytest.approx(mean)
    mean = np.average([average_precision_score(y, s) for y, s in parts], weights=[y.sum() for y, _ in parts])
    assert average_precision(outcome, score, stratum=day) == pytest.approx(mean)


def test_pairs_never_cross_strata() -> None:
    inspector = ["strict", "strict", "mild", "mild"]
    outcome, score = [1, 0, 1, 0], [0.8, 0.9, 0.1, 0.2]
    assert auc(outcome, score, stratum=inspector) == 0.0
    assert auc(outcome, score) == pytest.approx(1 / 4)


def test_stratum_with_one_outcome_adds_no_pairs() -> None:
    outcome, score = [1, 0, 1, 1], [2, 1, 1, 2]
    assert auc(outcome, score, stratum=["a", "a", "b", "b"]) == 1.0
    assert auc([1, 1, 0], [1, 2, 3], stratum=["a", "a", "b"]) is None


@settings(max_examples=40, deadline=None)
@given(rows=rows_with_ties, share=st.sampled_from([0.1, 0.35, 1.0]))
def test_whole_weights_equal_repeated_rows(rows: list[tuple[bool, int]], share: float) -> None:
    outcome, score = (np.array(part) for part in zip(*rows, strict=True))
    weight = np.arange(len(rows)) % 3
    many = np.repeat(np.arange(len(rows)), weight)
    short, long = (
        at_budget(outcome, score, share=share, weight=weight),
        at_budget(outcome[many], score[many], share=share),
    )
    assert short.found == pytest.approx(long.found)
    assert short.recall == pytest.approx(long.recall)
    assert auc(outcome, score, weight=weight) == pytest.approx(auc(outcome[many], score[many]))
    one, two = average_precision(outcome, score, weight=weight), average_precision(outcome[many], score[many])
    assert one == pytest.approx(two)


@settings(max_examples=40, deadline=None)
@given(rows=rows_with_ties)
def test_only_the_order_of_scores_matters(rows: list[tuple[bool, int]]) -> None:
    outcome, score = (np.array(part) for part in zip(*rows, strict=True))
    bent = np.exp(3.0 * score) - 7
    assert auc(outcome, score) == auc(outcome, bent)
    assert at_budget(outcome, score, share=0.3) == at_budget(outcome, bent, share=0.3)


def test_brier_is_the_weighted_mean_square() -> None:
    assert brier([1, 0, 0], [0.5, 0.5, 1.0], weight=[2, 1, 1]) == pytest.approx((2 * 0.25 + 0.25 + 1) / 4)


def test_calibration_agrees_with_an_outside_logistic_regression() -> None:
    generator = np.random.default_rng(8)
    odds = generator.normal(-1, 1.5, 600)
    outcome = generator.random(600) < 1 / (1 + np.exp(-(0.3 + 0.7 * odds)))
    probability = 1 / (1 + np.exp(-odds))
    weight = generator.integers(0, 3, 600)
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(odds[:, None], outcome, sample_weight=weight)
    assert calibration_slope(outcome, probability, weight=weight) == pytest.approx(oracle.coef_[0, 0], rel=1e-5)
    shift = calibration_intercept(outcome, probability, weight=weight)
    assert shift is not None
    assert weight @ (1 / (1 + np.exp(-(odds + shift)))) == pytest.approx(weight @ outcome)


def test_slope_halves_when_log_odds_double_and_converges_from_far() -> None:
    outcome, score, _ = drawn(levels=50)
    odds = 2 * score - 1
    slopes = [calibration_slope(outcome, 1 / (1 + np.exp(-factor * odds))) for factor in (0.01, 1, 30)]
    assert all(slope is not None for slope in slopes)
    first, middle, last = (float(slope or 0) for slope in slopes)
    assert first == pytest.approx(100 * middle, rel=1e-6)
    assert last == pytest.approx(middle / 30, rel=1e-6)


@pytest.mark.parametrize(
    ("outcome", "probability"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3]),
        ([0, 1, 1], [0.1, 0.2, 0.3]),
        ([0, 1, 0], [0.2, 0.2, 0.2]),
        ([0, 1, 0], [0.0, 0.2, 0.3]),
        ([0, 1, 0], [0.1, 0.2, 1.0]),
        ([], []),
    ],
)
def test_slope_that_does_not_exist_is_none(outcome: list[int], probability: list[float]) -> None:
    assert calibration_slope(outcome, probability) is None


def test_nothing_is_a_number_without_rows_or_positives() -> None:
    assert auc([], []) is None
    assert average_precision([0, 0], [1, 2]) is None
    assert brier([], []) is None
    assert calibration_intercept([1, 1], [0.2, 0.3]) is None
    assert calibration_intercept([0, 1, 0], [0.0, 0.2, 0.3]) is None
    cut = at_budget([0, 0], [1, 2], share=0.5)
    assert (cut.found, cut.precision, cut.recall, cut.lift) == (0.0, 0.0, None, None)
    assert at_budget([], [], share=0.5).precision is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"visits": 3}, "3 visits is not allowed; the smallest pool has 2"),
        ({"visits": 2, "stratum": ["a", "b"]}, "the smallest pool has 1"),
        ({"visits": 0}, "0 visits is not allowed"),
        ({"share": 1.01}, "budget share 1.01"),
        ({"share": 0.0}, "budget share 0.0"),
        ({}, "one of them"),
        ({"share": 0.1, "visits": 1}, "one of them"),
        ({"share": 0.1, "weight": [1, -1]}, "not negative"),
        ({"share": 0.1, "weight": [1]}, "one length"),
        ({"share": 0.1, "score": [np.nan, 1]}, "1 scores are NaN"),
        ({"share": 0.1, "outcome": [2, 1]}, "1 outcomes are neither 0 nor 1"),
    ],
)
def test_input_that_cannot_be_judged_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        at_budget(**{"outcome": [1, 0], "score": [2, 1], **arguments})


def test_probabilities_outside_zero_to_one_are_refused() -> None:
    with pytest.raises(DataError, match="1 probabilities lie outside 0 to 1"):
        brier([1, 0], [0.5, 1.5])
