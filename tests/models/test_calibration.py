"""Calibration: Platt's two numbers by maximum likelihood, and none, with a note, where the rows do not allow it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from riskml.models.calibration import MIN_POSITIVES, Calibration, fit_platt


def drawn(slope: float, intercept: float, *, rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Raw scores, and outcomes with probability 1 / (1 + exp(-(slope x raw + intercept)))."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1, 1.5, rows)
    return raw, rng.random(rows) < 1 / (1 + np.exp(-(slope * raw + intercept)))


def newton(raw: NDArray[np.float64], fail: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Slope and intercept of greatest likelihood by Newton's method, and their standard errors."""
    design, beta = np.column_stack([raw, np.ones(len(raw))]), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-(design @ beta)))
        information = (design * (p * (1 - p))[:, None]).T @ design
        beta += np.linalg.solve(information, design.T @ (fail - p))
    return np.concatenate([beta, np.sqrt(np.diag(np.linalg.inv(information)))])


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.6, -0.8), (1.7, 0.5)])
def test_slope_and_intercept_are_recovered_within_their_error(slope: float, intercept: float) -> None:
    raw, fail = drawn(slope, intercept, rows=8_000, seed=5)
    found = fit_platt(raw, fail)
    _, _, slope_error, intercept_error = newton(raw, fail)
    assert found.kind == "platt"
    assert found.slope == pytest.approx(slope, abs=3 * slope_error)
    assert found.intercept == pytest.approx(intercept, abs=3 * intercept_error)
    assert (found.rows, found.positives, found.note) == (8_000, fail.sum(), "")


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.floats(0.2, 2.0), st.floats(-1.0, 1.0))
def test_the_fit_is_the_one_of_greatest_likelihood(seed: int, slope: float, intercept: float) -> None:
    raw, fail = drawn(slope, intercept, rows=600, seed=seed)
    found = fit_platt(raw, fail)
    if found.kind == "platt":
        assert (found.slope, found.intercept) == pytest.approx(tuple(newton(raw, fail)[:2]), abs=1e-5)
        assert found.probabilities(raw).mean() == pytest.approx(fail.mean(), abs=1e-6)


def test_a_slope_that_turns_the_order_round_is_refused_with_a_note() -> None:
    raw, fail = drawn(-0.9, 0.0, rows=3_000, seed=2)
    found = fit_platt(raw, fail)
    assert (found.kind, found.slope, found.intercept) == ("none", 1.0, 0.0)
    assert found.note.startswith("not calibrated: the slope on later rows is -0.")
    assert found.note.endswith(", not positive")


@pytest.mark.parametrize(
    ("failures", "kind"), [(0, "none"), (19, "none"), (20, "platt"), (80, "platt"), (81, "none"), (100, "none")]
)
def test_twenty_rows_of_either_outcome_are_needed(failures: int, kind: str) -> None:
    rng = np.random.default_rng(3)
    fail = np.arange(100) < failures
    found = fit_platt(rng.normal(size=100) + fail, fail)
    assert MIN_POSITIVES == 20
    assert found.kind == kind
    if kind == "none":
        assert found.note == f"not calibrated: {failures} failures in 100 rows, 20 of either outcome are needed"


def test_no_rows_at_all_are_too_few() -> None:
    found = fit_platt(np.empty(0), np.empty(0, dtype=bool))
    assert (found.kind, found.rows) == ("none", 0)


def test_one_score_for_all_is_no_ground_for_a_slope() -> None:
    fail = np.arange(100) < 30
    assert fit_platt(np.zeros(100), fail).kind == "none"


def test_outcomes_that_a_score_separates_still_give_finite_numbers() -> None:
    raw = np.concatenate([np.linspace(-2, -1, 40), np.linspace(1, 2, 40)])
    found = fit_platt(raw, raw > 0)
    assert np.isfinite([found.slope, found.intercept]).all()
    assert np.isfinite(found.probabilities(np.array([-30.0, 30.0]))).all()


def test_probabilities_by_hand_and_in_the_order_of_the_scores() -> None:
    platt = Calibration("platt", 2.0, -1.0, 100, 50)
    assert platt.probabilities(np.array([0.5, 0.5 + np.log(3) / 2])).tolist() == pytest.approx([0.5, 0.75])
    raw = np.sort(np.random.default_rng(1).normal(0, 3, 200))
    assert (np.diff(platt.probabilities(raw)) > 0).all()
    none = Calibration("none", 1.0, 0.0, 0, 0)
    assert none.probabilities(np.array([0.0, np.log(4)])).tolist() == pytest.approx([0.5, 0.8])


def test_the_artifact_stores_the_numbers_only_where_there_are_some() -> None:
    assert Calibration("platt", 2.0, -1.0, 100, 50).as_dict() == {"kind": "platt", "slope": 2.0, "intercept": -1.0}
    assert Calibration("none", 1.0, 0.0, 100, 5, "why").as_dict() == {"kind": "none"}
