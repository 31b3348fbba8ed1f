"""Global importance: a hand-computed mean, its interval and ranks over the origins, one order, the catalog's words."""

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.explanation.importance import features_told, importance, mean_moves, over_origins
from riskml.features.catalog import load_catalog

CATALOG = load_catalog().select(["visits_365d", "fails_365d", "days_registered"])
TOLD = features_told(CATALOG)


def test_importance_is_the_mean_absolute_contribution_without_the_expected_value() -> None:
    contributions = np.array([[0.5, -1.0, 0.0, -2.0], [-0.5, 0.0, 0.2, -2.0]])
    made = importance(contributions, CATALOG)
    by_name = made.set_index("feature")["mean_abs_contribution"].to_dict()
    assert by_name == pytest.approx({"visits_365d": 0.5, "fails_365d": 0.5, "days_registered": 0.1})


def test_the_largest_comes_first_with_the_words_of_the_catalog() -> None:
    made = importance(np.array([[0.1, 0.3, 0.2, 5.0]]), CATALOG)
    assert made["feature"].tolist() == [CATALOG.names[1], CATALOG.names[2], CATALOG.names[0]]
    assert made["text_en"].iloc[0] == CATALOG.features[1].text_en
    assert made["text_zh"].iloc[0] == CATALOG.features[1].text_zh


def test_equal_contributions_keep_the_order_of_the_catalog() -> None:
    assert importance(np.array([[2.0, -2.0, 2.0, 0.0]]), CATALOG)["feature"].tolist() == CATALOG.names


def test_the_interval_is_students_of_the_mean_over_the_origins() -> None:
    moves = [np.array([1.0, 7.0, 0.0]), np.array([2.0, 7.0, 0.0]), np.array([3.0, 10.0, 0.0])]
    made = over_origins(moves, TOLD, np.array([9.0, 8.0, 0.0])).set_index("feature")
    first = made.loc[CATALOG.names[0]]
    assert first["mean_abs_contribution"] == pytest.approx(2.0)
    assert first["high"] == pytest.approx(2.0 + 4.302652729911275 / np.sqrt(3))  # t of 2 degrees of freedom, by table
    assert first["low"] == 0.0  # 2 - 2.484, which no mean absolute value can be
    assert made.loc[CATALOG.names[1], "low"] == pytest.approx(8.0 - 4.302652729911275)  # standard error 1
    assert (first["origins"], first["exported"]) == (3, 9.0)


def test_ranks_hold_the_best_and_the_worst_of_any_origin() -> None:
    moves = [np.array([3.0, 2.0, 0.0]), np.array([1.0, 2.0, 0.0]), np.array([9.0, 2.0, 2.0])]
    made = over_origins(moves, TOLD, np.zeros(3)).set_index("feature")
    ranks = made.loc[CATALOG.names, ["rank", "rank_low", "rank_high"]].to_numpy().tolist()
    assert ranks == [[1, 1, 2], [2, 1, 2], [3, 2, 3]]


def test_one_origin_has_no_interval_and_none_is_refused() -> None:
    made = over_origins([np.array([1.0, 2.0, 0.0])], TOLD, np.zeros(3))
    assert made[["low", "high"]].isna().all(axis=None)
    with pytest.raises(DataError, match="0 origins of 3 columns"):
        over_origins([], TOLD, np.zeros(3))
    with pytest.raises(DataError, match=r"1 origins of \[2\] columns; needs an origin and 3 columns"):
        over_origins([np.zeros(2)], TOLD, np.zeros(3))


def test_moves_are_of_the_features_alone() -> None:
    assert mean_moves(np.array([[1.0, -2.0, 50.0]])).tolist() == [1.0, 2.0]
    pd.testing.assert_index_equal(TOLD.columns, pd.Index(["feature", "text_en", "text_zh"]))
