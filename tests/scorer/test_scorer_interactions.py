"""Interaction values against their definition, and how they add up."""

from typing import Any

import numpy as np
import pytest

from riskml.export.lightgbm_text import parse_model
from riskml.scorer.errors import InputError
from riskml.scorer.explaining.interactions import interaction_values
from riskml.scorer.explaining.shapley import BatchContributions
from riskml.scorer.forest import decisions
from riskml.scorer.forest.trees import Trees
from small_trees import FEATURES, forest, interaction_by_definition, some_rows


@pytest.mark.parametrize("seed", range(6))
def test_interactions_are_those_of_the_definition(seed: int) -> None:
    trees, rows = forest(seed), some_rows(seed, 3)
    got = interaction_values(trees, rows, range(FEATURES))
    for row, values in zip(rows.tolist(), got, strict=True):
        for a in range(FEATURES):
            for b in range(a):
                assert values[a, b] == pytest.approx(interaction_by_definition(trees, row, a, b), abs=1e-12)


def test_a_row_of_the_matrix_adds_up_to_the_contribution(trained: Any) -> None:
    trees, rows = parse_model(trained.booster.model_to_string()).trees, trained.matrix[:25]
    values = interaction_values(trees, rows, range(rows.shape[1]))
    contributions = BatchContributions(trees).values(rows)
    assert np.array_equal(values, values.transpose(0, 2, 1))
    assert np.abs(values.sum(axis=2) - contributions).max() <= 1e-12
    assert np.abs(contributions).max() > 0.1


def test_features_are_asked_in_any_order_without_changing_their_values() -> None:
    trees, rows = forest(4), some_rows(4, 20)
    whole = interaction_values(trees, rows, range(FEATURES))
    assert interaction_values(trees, rows, [3, 0]).tolist() == whole[:, [3, 0]][:, :, [3, 0]].tolist()
    assert interaction_values(trees, rows, [2]).tolist() == whole[:, 2:3, 2:3].tolist()
    assert interaction_values(trees, rows[5:6], range(FEATURES)).tolist() == whole[5:6].tolist()
    assert interaction_values(trees, rows, []).shape == (20, 0, 0)
    assert interaction_values(trees, rows[:0], [1]).shape == (0, 1, 1)


def test_two_features_interact_by_what_neither_does_alone() -> None:
    """A leaf of 8 for the quarter of the rows that has both: sets are worth 2, 4, 4 and 8, 8 - 4 - 4 + 2 is shared."""
    both = Trees([0, 2], [0, 1], [0.0, 0.0], [0, 0], [1, -1], [-2, -3], [4, 2], [8.0, 0.0, 0.0], [1, 2, 1], [0], [])
    assert interaction_values(both, np.array([[-1.0, -1.0]]), [0, 1]).tolist() == [[[2.0, 1.0], [1.0, 2.0]]]


@pytest.mark.parametrize("features", [[0, 0], [-1], [FEATURES]])
def test_features_that_cannot_be_asked_are_refused(features: list[int]) -> None:
    with pytest.raises(InputError, match=r"different places from 0 to 4, got \["):
        interaction_values(forest(0), some_rows(0, 2), features)


def test_a_model_too_large_for_its_tables_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOST_CELLS", 5)
    with pytest.raises(InputError, match="too many ways"):
        interaction_values(forest(0), some_rows(0, 2), [0])
