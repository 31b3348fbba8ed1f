"""Importance: the mean size of each feature's contribution, by hand."""

import numpy as np

from riskml.explanation.importance import importance
from riskml.features.catalog import load_catalog

CATALOG = load_catalog().select(["fails_all", "visits_all", "month"])


def test_importance_is_the_mean_absolute_contribution_without_the_expected_value() -> None:
    contributions = np.array([[1.0, -4.0, 0.0, 90.0], [-1.0, 2.0, 0.0, 90.0]])
    made = importance(contributions, CATALOG)
    assert made["feature"].tolist() == [CATALOG.names[1], CATALOG.names[0], CATALOG.names[2]]
    assert made["mean_abs_contribution"].tolist() == [3.0, 1.0, 0.0]


def test_each_feature_carries_its_own_texts() -> None:
    made = importance(np.array([[0.1, 0.3, 0.2, 5.0]]), CATALOG)
    texts = made[["feature", "text_en", "text_zh"]].to_numpy().tolist()
    assert sorted(texts) == sorted([f.name, f.text_en, f.text_zh] for f in CATALOG.features)


def test_equal_features_keep_the_order_of_the_catalog() -> None:
    assert importance(np.array([[2.0, -2.0, 2.0, 0.0]]), CATALOG)["feature"].tolist() == CATALOG.names
