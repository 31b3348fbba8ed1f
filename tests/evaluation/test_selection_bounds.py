"""Bounds: no truth escapes the worst case, gamma widens, the true gamma is enough, and the extremes are exact."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import slow_selection as slow
from riskml.evaluation.selection._bounds import nested, tilted_outcome
from riskml.evaluation.selection._rows import select
from riskml.evaluation.selection._values import Key, estimators
from riskml.evaluation.selection.table import SelectionRules, selection_table

PAIRS = (("model", "grade"),)
NAMES = ("model", "grade", "model - grade")


class Ends(NamedTuple):
    """A bound: its ends, and its interval."""

    lower: float
    upper: float
    low: float
    high: float


def bounds_of(
    rows: pd.DataFrame, budget: float = 0.3, *, draws: int = 0, gammas: tuple[float, ...] = (1.0, 2.0)
) -> dict[tuple[str, str, float], Ends]:
    """The bound of each policy or pair, metric and gamma, infinite for the worst case."""
    table = selection_table(rows, ["model", "grade"], [budget], pairs=PAIRS, gammas=gammas, draws=draws, seed=2)
    return {
        (row["policy"], row["metric"], row["gamma"] if row["method"] == "sensitivity" else np.inf): Ends(
            row["lower"], row["upper"], row["low"], row["high"]
        )
        for row in table[table["method"].isin(["sensitivity", "worst_case"])].to_dict("records")
    }


def truth_of(rows: pd.DataFrame, budget: float) -> dict[tuple[str, str], float]:
    """Precision and recall had everybody been visited."""
    whole = rows.assign(fail=rows["would_fail"].astype("boolean"), propensity=1.0)
    held = estimators(select(whole, ["model", "grade"], SelectionRules()), budgets=[budget], pairs=PAIRS, gammas=[])
    values = held.values(np.ones((1, whole["site_id"].nunique()), dtype=np.uint16))
    return {
        (key.policy, key.metric): float(value[0])
        for key, value in values.items()
        if key.method == "naive" and not key.metric.startswith("lift")
    }


@given(seed=st.integers(0, 10_000), budget=st.sampled_from([0.05, 0.2, 0.5, 1.0]), cruel=st.booleans())
@settings(max_examples=20)
def test_no_truth_escapes_the_worst_case(seed: int, budget: float, cruel: bool) -> None:
    rows = slow.many_sites(20, 2, seed=seed)
    if cruel:  # whoever fails is hidden, whatever the propensity says
        rows["fail"] = rows["fail"].mask(rows["would_fail"])
    held = estimators(select(rows, ["model", "grade"], SelectionRules()), budgets=[budget], pairs=PAIRS, gammas=[])
    values = held.values(np.ones((1, rows["site_id"].nunique()), dtype=np.uint16))
    for (policy, metric), value in truth_of(rows, budget).items():
        lower, upper = (values[Key(policy, metric, "worst_case", None, end)][0] for end in ("lower", "upper"))
        if not np.isnan([value, lower, upper]).any():
            assert lower - 1e-9 <= value <= upper + 1e-9, (policy, metric)


@pytest.mark.parametrize("seed", range(3))
def test_the_worst_case_equals_that_over_every_assignment(seed: int) -> None:
    rows = slow.many_sites(14, 1, seed=seed)
    found = bounds_of(rows)
    for name in NAMES:
        for metric, ends in slow.worst_case(rows, name.split(" - "), 0.3).items():
            assert found[name, f"{metric}@0.30", np.inf][:2] == pytest.approx(ends, abs=1e-9)


def test_tilted_ends_equal_those_over_every_threshold() -> None:
    rows = slow.many_sites(60, 1)
    found = bounds_of(rows, gammas=(1.5,))
    shares = {name: slow.chosen_shares(rows, name, 0.3) for name in NAMES[:2]}
    shares["model - grade"] = [a - b for a, b in zip(shares["model"], shares["grade"], strict=True)]
    for name, share in shares.items():
        ends = [slow.tilted_extreme(rows, share, 1.5, largest=largest) for largest in (False, True)]
        assert found[name, "recall@0.30", 1.5][:2] == pytest.approx(ends, abs=1e-6)


def test_gamma_1_is_the_doubly_robust_value_and_larger_ones_contain_it() -> None:
    rows = slow.many_sites(150)
    gammas = (1.0, 1.2, 1.5, 2.0, 4.0, 20.0)
    found = bounds_of(rows, draws=60, gammas=gammas)
    table = selection_table(rows, ["model", "grade"], [0.3], pairs=PAIRS, draws=0, seed=2)
    robust = table[table["method"] == "doubly_robust"].to_dict("records")
    asked = [(row["policy"], row["metric"], row["value"]) for row in robust if "calibration" not in row["metric"]]
    assert len(asked) == 10
    for policy, metric, value in asked:
        ends = np.array([found[policy, metric, gamma] for gamma in (*gammas, np.inf)])
        assert ends[0, :2] == pytest.approx([value] * 2)
        for lower, upper in ((0, 1), (2, 3)):
            assert (np.diff(ends[:, lower]) <= 0).all()
            assert (np.diff(ends[:, upper]) >= 0).all()
        assert ends[3, 1] - ends[3, 0] > 0.01


def hidden_world(gamma: float, *, sites: int = 20_000) -> pd.DataFrame:
    """Failing sites are visited at odds `gamma` times those of passing ones alike on record; propensity is exact."""
    rng = np.random.default_rng(12)
    x = rng.normal(0, 1, sites)
    risk = 1 / (1 + np.exp(1.5 - x))
    would = rng.random(sites) < risk
    odds = np.exp(-0.5 + 0.5 * x)
    chance = np.stack([odds / (1 + odds), gamma * odds / (1 + gamma * odds)])
    seen = rng.random(sites) < np.where(would, chance[1], chance[0])
    propensity = (1 - risk) * chance[0] + risk * chance[1]
    labelled_risk = risk * chance[1] / propensity
    fail = pd.array(would, dtype="boolean")
    fail[~seen] = pd.NA
    return pd.DataFrame(
        {
            "site_id": [f"S{k:05d}" for k in range(sites)], "origin": pd.Timestamp("2024-01-01"), "weight": 1.0,
            "fail": fail, "propensity": propensity, "score_model": labelled_risk, "would_fail": would,
            "score_grade": np.round(x + rng.normal(0, 1, sites)),
        }
    )  # fmt: skip


def test_the_true_gamma_holds_the_truth_where_no_hidden_cause_does_not() -> None:
    rows = hidden_world(3.0)
    found, truth = bounds_of(rows, 0.2, gammas=(1.0, 3.0), draws=50), truth_of(rows, 0.2)
    for policy in ("model", "grade"):
        alone, enough, worst = (found[policy, "precision@0.20", gamma] for gamma in (1.0, 3.0, np.inf))
        value = truth[policy, "precision@0.20"]
        assert not alone.low <= value <= alone.high
        assert enough.low <= value <= enough.high
        assert enough.high - enough.low < worst.high - worst.low


def test_the_end_of_the_true_tilt_is_the_truth() -> None:
    """Everybody hidden is tilted the same way here, so precision lies at the lower end of gamma itself."""
    rows = hidden_world(3.0)
    found = bounds_of(rows, 0.2, gammas=(3.0,))["model", "precision@0.20", 3.0]
    assert found.lower == pytest.approx(truth_of(rows, 0.2)["model", "precision@0.20"], abs=0.02)
    assert found.upper - found.lower > 0.1


def test_the_tilted_outcome_forgives_a_small_error_of_the_regression() -> None:
    """Its mean moves by the square of the error (it is orthogonal), where replacing outcomes alone moves with it."""
    rng = np.random.default_rng(1)
    n = 400_000
    risk, chance = np.full(n, 0.3), np.full(n, 0.4)
    fail = (rng.random(n) < risk).astype(float)
    seen = (rng.random(n) < chance).astype(float)
    right, wrong = (tilted_outcome(fail * seen, seen, 1 / chance, risk + error, 2.0).mean() for error in (0.0, 0.02))
    replaced = 0.6 * 2.0 * (0.32 / (0.68 + 2 * 0.32) - 0.3 / (0.7 + 2 * 0.3))
    assert abs(wrong - right) < 0.1 * replaced


def test_nested_ends_never_shrink_and_never_leave_the_worst_case() -> None:
    lower, upper = np.array([[0.3, 0.35, 0.05]]), np.array([[0.5, 0.45, 0.6]])
    ends = nested(lower, upper, centre=np.array([0.4]))
    assert ends.lower.tolist() == [[0.3, 0.3, 0.05]]
    assert ends.upper.tolist() == [[0.5, 0.5, 0.6]]
    outside = nested(lower, upper, centre=np.array([0.7]))
    assert outside.upper.tolist() == [[0.6, 0.6, 0.6]]


def test_without_a_regression_the_worst_case_stands_alone() -> None:
    rows = slow.many_sites().drop(columns="propensity")
    table = selection_table(rows, ["model"], [0.3], draws=0, seed=1, rules=SelectionRules(regression="none"))
    assert table.loc[table["method"] == "worst_case", "lower"].notna().all()
    assert table.loc[table["method"] == "sensitivity", "lower"].isna().all()
