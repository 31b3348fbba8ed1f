"""Calibration: four maps by maximum likelihood or pooling, the choice among them, and "none" where rows are too few."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from riskml.models.calibration import (
    KINDS,
    MIN_POSITIVES,
    NEEDED_TO_CHOOSE,
    Calibration,
    calibrate,
    fit_map,
    fit_platt,
    log_loss,
    odds_of,
)
from riskml.models.rising import rising_knots
from riskml.scorer.forest.calibration import parse_calibration

Floats = NDArray[np.float64]
Outcomes = NDArray[np.bool_]


def drawn(slope: float, intercept: float, *, rows: int, seed: int) -> tuple[Floats, Outcomes]:
    """Raw scores, and outcomes with probability 1 / (1 + exp(-(slope x raw + intercept)))."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1, 1.5, rows)
    return raw, rng.random(rows) < 1 / (1 + np.exp(-(slope * raw + intercept)))


def windows(rows: int, number: int = 3) -> NDArray[np.int64]:
    """Planning days of rows in time order: `number` windows of equal size."""
    return np.arange(rows) * number // rows


def newton(raw: Floats, fail: Outcomes) -> Floats:
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
    found = calibrate(np.empty(0), np.empty(0, dtype=bool), np.empty(0))
    assert (found.kind, found.rows) == ("none", 0)
    assert "0 failures in 0 rows" in found.note


@pytest.mark.parametrize("kind", ["platt", "beta", "isotonic"])
def test_one_score_for_all_is_no_ground_for_a_map(kind: str) -> None:
    found = fit_map(kind, np.full(1_000, -1.0), np.arange(1_000) < 300)
    assert found.kind == "none"
    assert found.note.startswith("not calibrated: ")


def test_outcomes_that_a_score_separates_still_give_finite_numbers() -> None:
    raw = np.concatenate([np.linspace(-2, -1, 400), np.linspace(1, 2, 400)])
    for kind in ("platt", "beta", "isotonic"):
        found = fit_map(kind, raw, raw > 0)
        assert found.kind == kind
        assert np.isfinite(found.probabilities(np.array([-30.0, 30.0]))).all()
        parse_calibration(found.as_dict(), "here")


def test_probabilities_by_hand_and_in_the_order_of_the_scores() -> None:
    platt = Calibration("platt", 2.0, -1.0)
    assert platt.probabilities(np.array([0.5, 0.5 + np.log(3) / 2])).tolist() == pytest.approx([0.5, 0.75])
    raw = np.sort(np.random.default_rng(1).normal(0, 3, 200))
    assert (np.diff(platt.probabilities(raw)) > 0).all()
    assert Calibration("none").probabilities(np.array([0.0, np.log(4)])).tolist() == pytest.approx([0.5, 0.8])


def test_the_beta_map_of_equal_parts_is_platts() -> None:
    raw, fail = drawn(0.8, -0.4, rows=60_000, seed=9)
    beta, platt = fit_map("beta", raw, fail), fit_platt(raw, fail)
    assert beta.rise == pytest.approx(0.8, abs=0.08)
    assert beta.fall == pytest.approx(0.8, abs=0.08)
    assert log_loss(beta, raw, fail) <= log_loss(platt, raw, fail) + 1e-12
    same = Calibration("beta", rise=0.7, fall=0.7, intercept=-0.2)
    assert [same.odds(x) for x in (-3.0, 0.0, 5.0)] == pytest.approx([0.7 * x - 0.2 for x in (-3.0, 0.0, 5.0)])


def test_a_part_of_the_beta_map_that_would_fall_is_left_out() -> None:
    rng = np.random.default_rng(4)
    raw = rng.normal(0, 2, 20_000)
    chance = 1 / (1 + np.exp(-(1.5 * np.minimum(raw, 0.0) + 0.5 - 0.6 * np.maximum(raw, 0.0))))  # falls above 0
    found = fit_map("beta", raw, rng.random(20_000) < chance)
    assert found.kind == "beta"
    assert found.fall == 0.0
    assert found.rise > 0.0


def test_the_isotonic_map_is_the_pooled_rate_of_scikit_learn_where_bins_are_single_scores() -> None:
    rng = np.random.default_rng(8)
    raw = np.repeat(np.arange(20.0), 500)
    fail = rng.random(len(raw)) < (0.05 + 0.02 * raw)
    knots, odds = rising_knots(raw, fail)
    oracle = IsotonicRegression().fit_transform(raw, fail)
    pooled = {float(raw[oracle == rate].mean()): float(rate) for rate in np.unique(oracle)}
    assert knots.tolist() == pytest.approx(list(pooled))
    assert (1 / (1 + np.exp(-odds))).tolist() == pytest.approx(list(pooled.values()), abs=2e-3)


def test_isotonic_knots_by_hand() -> None:
    # rates (f + 1/2) / (n + 1): 1.5 / 5, then 0.5 / 5 and 2.5 / 5; the first two are pooled to 1.5 / 9
    raw, fail = np.repeat([0.0, 1.0, 2.0], 4), np.array([1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0], dtype=bool)
    knots, odds = rising_knots(raw, fail)
    assert knots.tolist() == [0.5, 2.0]
    assert odds.tolist() == pytest.approx([np.log(1.5 / 7.5), 0.0])


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(["platt", "beta", "isotonic"]), st.integers(2, 400))
def test_no_map_reverses_an_order_or_joins_scores_that_differ(seed: int, kind: str, distinct: int) -> None:
    rng = np.random.default_rng(seed)
    raw = rng.choice(rng.normal(-2, 1, distinct), 2_000)
    fail = rng.random(2_000) < 1 / (1 + np.exp(-(rng.normal() * np.sin(3 * raw) + raw + 1.5)))
    found = fit_map(kind, raw, fail)
    asked = np.unique(np.concatenate([raw, np.linspace(-9, 9, 200), found.raw]))
    odds = [found.odds(one) for one in asked.tolist()]
    assert (np.diff(odds) >= 0).all()
    assert (np.diff(odds)[np.diff(asked) > 1e-9] > 0).all()
    np.testing.assert_allclose(odds, odds_of(found, asked), atol=1e-9)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from(KINDS))
def test_what_the_artifact_stores_gives_the_same_probabilities_to_the_bit(seed: int, kind: str) -> None:
    raw, fail = drawn(0.7, -0.5, rows=1_500, seed=seed)
    found = fit_map(kind, raw, fail)
    stored = parse_calibration(json.loads(json.dumps(found.as_dict())), "here")
    assert [stored.probability(one) for one in raw.tolist()] == found.probabilities(raw).tolist()
    assert Calibration(**json.loads(json.dumps(found.facts()))).as_dict() == found.as_dict()


def test_the_artifact_stores_the_numbers_of_its_kind_only() -> None:
    assert Calibration("platt", 2.0, -1.0, rows=100).as_dict() == {"kind": "platt", "slope": 2.0, "intercept": -1.0}
    assert Calibration("none", note="why").as_dict() == {"kind": "none"}
    assert Calibration("isotonic", raw=(0.0, 1.0), log_odds=(-1.0, 2.0)).as_dict() == {
        "kind": "isotonic", "raw": [0.0, 1.0], "log_odds": [-1.0, 2.0],
    }  # fmt: skip


def bent(raw: Floats, seed: int) -> Outcomes:
    """Failures whose rate jumps once: only a map with steps can say it."""
    return np.random.default_rng(seed).random(len(raw)) < np.where(raw > 0, 0.6, 0.1)


def test_the_map_of_least_loss_on_the_last_window_is_taken_and_fitted_on_all_windows() -> None:
    raw = np.random.default_rng(1).normal(0, 2, 9_000)
    days, fail = windows(9_000), bent(raw, 2)
    found = calibrate(raw, fail, days)
    assert found.kind == "isotonic"
    assert found.rows == 9_000
    assert list(found.losses) == list(KINDS)
    earlier, last = days < 2, days == 2
    for kind, loss in found.losses.items():
        p = fit_map(kind, raw[earlier], fail[earlier]).probabilities(raw[last])
        assert loss == pytest.approx(-np.log(np.where(fail[last], p, 1 - p)).mean())
    assert found.as_dict() == fit_map("isotonic", raw, fail).as_dict()


def test_the_choice_is_made_by_the_last_window_and_not_by_the_earlier_ones() -> None:
    raw, straight = drawn(1.0, 0.0, rows=9_000, seed=6)
    days = windows(9_000)
    mixed = np.where(days == 2, straight, bent(raw, 2))
    assert calibrate(raw, np.where(days == 2, bent(raw, 3), bent(raw, 2)), days).kind == "isotonic"
    assert calibrate(raw, mixed, days).kind != "isotonic"


def test_calibrated_scores_are_left_as_they_are() -> None:
    raw, fail = drawn(1.0, 0.0, rows=30_000, seed=12)
    found = calibrate(raw, fail, windows(30_000))
    assert max(found.losses.values()) - found.losses["none"] < 5e-4
    assert found.probabilities(raw).mean() == pytest.approx(fail.mean(), abs=0.01)


def test_only_the_maps_allowed_are_tried() -> None:
    raw = np.random.default_rng(1).normal(0, 2, 9_000)
    fail, days = bent(raw, 2), windows(9_000)
    assert list(calibrate(raw, fail, days, ["beta", "platt"]).losses) == ["platt", "beta"]
    assert (calibrate(raw, fail, days, ["isotonic"]).kind, calibrate(raw, fail, days, ["none"]).kind) == (
        "isotonic", "none",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "note"),
    [
        (np.zeros(600), "there is one calibration window only"),
        (np.arange(600) >= 500, "failures in 100 rows of the last window, 50 of either outcome are needed"),
        (np.arange(600) >= 40, "failures in 40 rows of the windows before it, 20 of either outcome are needed"),
    ],
)
def test_too_few_rows_to_choose_mean_platts_map_with_the_reason(days: NDArray[np.float64], note: str) -> None:
    raw, fail = drawn(0.9, -1.0, rows=600, seed=3)
    found = calibrate(raw, fail, days)
    assert NEEDED_TO_CHOOSE == 50
    assert found.kind == "platt"
    assert found.as_dict() == fit_platt(raw, fail).as_dict()
    assert found.note.startswith("no choice of the map: ")
    assert found.note.endswith(note)
    assert not found.losses


def test_a_map_that_needs_more_failures_is_no_candidate() -> None:
    raw, fail = drawn(0.9, -1.0, rows=600, seed=3)  # fewer than 200 failures in the earlier windows
    assert set(calibrate(raw, fail, windows(600, 2)).losses) == {"none", "platt"}
