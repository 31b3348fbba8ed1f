"""Stability of explanations: rank correlations against scipy's, reasons kept by hand, groups by their sums."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from riskml.errors import DataError
from riskml.explanation.stability import grouped, rank_correlation, stability


def contributions(rows: int = 30, features: int = 7, seed: int = 2) -> np.ndarray:
    """Contributions with equal values among them, and an expected value behind."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(size=(rows, features)).round(1), np.full(rows, -2.0)])


def test_rank_correlations_are_those_of_scipy() -> None:
    a, b = contributions(), contributions(seed=3)
    expected = [spearmanr(one, other).statistic for one, other in zip(a, b, strict=True)]
    assert rank_correlation(a, b) == pytest.approx(expected)
    assert np.isnan(rank_correlation(np.ones((1, 3)), a[:1, :3])).all()


def test_a_refit_that_changes_nothing_keeps_everything() -> None:
    first = contributions()
    table = stability(first, [first, first], [[0, 1], [2, 3, 4, 5, 6]])
    assert table["refit"].tolist() == [1, 2]
    assert (table.drop(columns="refit").round(12) == 1.0).all(axis=None)


def test_what_a_refit_keeps_is_counted_by_hand() -> None:
    first = np.array([[3.0, 2.0, 0.0, 0.0, 1.0], [-1.0, 4.0, 0.5, 0.0, 1.0]])
    again = np.array([[2.0, 3.0, 0.0, 0.0, 1.0], [-1.0, 5.0, 0.6, 0.0, 1.0]])
    row = stability(first, [again]).iloc[0]
    assert row["top_reason"] == 0.5  # the first site's strongest changes places with its second
    assert row["top_five"] == 1.0  # three features are in use
    assert row["reasons"] == pytest.approx((0.5 + 1.0) / 2)  # ranks 3 2 1 against 2 3 1; the fourth is in no use
    assert row["importance"] == pytest.approx(spearmanr([2.0, 3.0, 0.25], [1.5, 4.0, 0.3]).statistic)
    assert row["scores"] == pytest.approx(1.0)  # 6 and 4.5 against 6 and 5.6: the same order
    assert np.isnan(row["top_group"])


def test_features_that_stand_in_for_each_other_change_the_reason_and_not_the_topic() -> None:
    first = np.array([[2.0, 0.5, 1.0, 0.0]] * 4)
    again = np.array([[0.5, 2.0, 1.0, 0.0]] * 4)
    row = stability(first, [again], [[0, 1], [2]]).iloc[0]
    assert (row["top_reason"], row["top_group"]) == (0.0, 1.0)


def test_a_reason_is_strong_by_its_size_whatever_its_sign() -> None:
    first, again = np.array([[-5.0, 1.0, 0.0]]), np.array([[0.5, 1.0, 0.0]])
    assert stability(first, [again])["top_reason"].tolist() == [0.0]


def test_a_topic_of_facts_that_cancel_out_is_no_strong_one() -> None:
    first, again = np.array([[3.0, -3.0, 1.0, 0.0]]), np.array([[0.1, 0.1, 1.0, 0.0]])
    assert stability(first, [again], [[0, 1], [2]])["top_group"].tolist() == [1.0]


def test_a_feature_that_only_the_refit_uses_counts() -> None:
    first, again = np.array([[2.0, 0.0, 0.0, 1.0]]), np.array([[0.0, 2.0, 0.0, 1.0]])
    assert stability(first, [again])["importance"].tolist() == pytest.approx([-1.0])


def test_groups_add_up_with_their_signs() -> None:
    made = grouped(np.array([[1.0, -1.0, 0.5, 9.0]]), [[0, 1], [2]])
    assert made.tolist() == [[0.0, 0.5, 9.0]]
    first = contributions()
    assert grouped(first, [[0, 3], [1, 2, 4], [5, 6]]).sum(axis=1) == pytest.approx(first.sum(axis=1))


def test_a_model_of_no_feature_has_nothing_to_keep() -> None:
    nothing = np.array([[0.0, 0.0, -2.0]] * 3)
    assert stability(nothing, [nothing])[["importance", "reasons", "top_reason", "top_five"]].isna().all(axis=None)


def test_refits_of_other_rows_are_refused_and_no_refit_is_no_row() -> None:
    first = contributions()
    with pytest.raises(DataError, match=r"must have the shape of the model's contributions \(30, 8\), got \[\(29, 8\)"):
        stability(first, [first[1:]])
    assert len(stability(first, [])) == 0
