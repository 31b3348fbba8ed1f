"""Newton's logistic regression against scikit-learn, and where there is no greatest likelihood."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from riskml.models.likelihood import greatest_likelihood


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from([0.0, 1.0, 20.0]))
def test_it_is_the_fit_of_scikit_learn(seed: int, columns: int, ridge: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(500, columns)) * rng.uniform(0.01, 30, columns) + rng.normal(size=columns)
    fail = rng.random(500) < 1 / (1 + np.exp(-(x / x.std(axis=0)) @ rng.normal(size=columns)))
    oracle = LogisticRegression(C=1 / ridge if ridge else np.inf, tol=1e-12, max_iter=5_000, solver="newton-cholesky")
    oracle.fit(x, fail)
    wanted = [*oracle.coef_[0], oracle.intercept_[0]]
    assert greatest_likelihood(x, fail, ridge=ridge) == pytest.approx(wanted, rel=1e-4, abs=1e-5)


def test_separated_outcomes_end_the_climb_at_finite_numbers() -> None:
    x = np.concatenate([np.linspace(-2, -1, 50), np.linspace(1, 2, 50)])[:, None]
    slope, intercept = greatest_likelihood(x, x[:, 0] > 0)
    assert 5 < slope < 1e3
    assert abs(intercept) < 1


def test_columns_that_say_the_same_have_no_answer() -> None:
    x = np.random.default_rng(1).normal(size=200)
    assert np.isnan(greatest_likelihood(np.column_stack([x, 2 * x]), x > 0.3)).all()
    assert np.isnan(greatest_likelihood(np.ones((200, 1)), x > 0.3)).all()
