"""The selection table: hand-computed figures, a slow oracle, and what it says where something is not known."""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import slow_selection as slow
from riskml.errors import DataError
from riskml.evaluation import calibration_intercept, calibration_slope
from riskml.evaluation.intervals import resamples
from riskml.evaluation.selection._rows import select
from riskml.evaluation.selection._values import Key, estimators
from riskml.evaluation.selection.table import COLUMNS, SelectionRules, selection_table

PAIRS = (("model", "grade"),)
OPEN = SelectionRules(arm_failures=1, unit_failures=1, complete=0.1)
"""Rules under which a small example gives every number."""


def table_of(rows: pd.DataFrame, budgets: tuple[float, ...] = (0.5,), **changes: Any) -> pd.DataFrame:
    asked = {"pairs": PAIRS, "gammas": (1.0, 2.0), "draws": 0, "seed": 5, **changes}
    return selection_table(rows, ["model", "grade"], budgets, **asked)


def row_of(table: pd.DataFrame, policy: str, metric: str, method: str, gamma: float | None = None) -> dict[str, Any]:
    found = table[(table["policy"] == policy) & (table["metric"] == metric) & (table["method"] == method)]
    if gamma is not None:
        found = found[found["gamma"] == gamma]
    (row,) = found.to_dict("records")
    return {str(name): value for name, value in row.items()}


def value_of(table: pd.DataFrame, policy: str, metric: str, method: str) -> float:
    return float(row_of(table, policy, metric, method)["value"])


@pytest.fixture(scope="module")
def six() -> pd.DataFrame:
    return table_of(slow.six_sites(), rules=OPEN)


@pytest.mark.parametrize(
    ("policy", "metric", "method", "value"),
    [
        ("model", "labelled_share@0.50", "observed", 2 / 3),  # A, B of A, B, C
        ("model", "precision@0.50", "naive", 1 / 2),  # A of A, B
        ("model", "recall@0.50", "naive", 1 / 2),  # A of A, D
        ("model", "lift@0.50", "naive", 1.0),  # 1/2 over 2/4
        ("model", "precision@0.50", "ipw_hajek", 1 / 3),  # weights A 2, B 4
        ("model", "recall@0.50", "ipw_hajek", 1 / 3),  # 3 x 1/3 of that + 3 x 2/3 (D 2, F 1)
        ("model", "precision@0.50", "ipw_horvitz_thompson", 2 / 3),  # A stands for 2
        ("model", "recall@0.50", "ipw_horvitz_thompson", 1 / 2),  # 2 of 4
        ("model", "precision@0.50", "doubly_robust", -0.8 / 3),  # A 1.1, B -2.4, C .5
        ("model", "recall@0.50", "doubly_robust", -0.8),  # of 1.1 - 2.4 + .5 + 1.6 + .2 + 0
        ("grade", "precision@0.50", "naive", 5 / 7),  # A and 2/3 of B, C, D
        ("grade", "recall@0.50", "naive", 5 / 6),
        ("grade", "precision@0.50", "ipw_horvitz_thompson", 10 / 9),
        ("model - grade", "precision@0.50", "naive", 1 / 2 - 5 / 7),
        ("model", "observed_expected", "naive", 2 / 2.2),
        ("model", "observed_expected", "ipw_hajek", 6 * 4 / 9 / 2.9),
        ("model", "observed_expected", "ipw_horvitz_thompson", 4 / 2.9),
        ("model", "observed_expected", "doubly_robust", 1 / 2.9),
    ],
)
def test_six_sites_by_hand(six: pd.DataFrame, policy: str, metric: str, method: str, value: float) -> None:
    assert value_of(six, policy, metric, method) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("policy", "metric", "lower", "upper"),
    [
        ("model", "precision@0.50", 1 / 3, 2 / 3),  # C passes, fails
        ("model", "recall@0.50", 1 / 3, 2 / 3),
        ("grade", "recall@0.50", 5 / 9, 5 / 6),  # above 2/3 it is best for the grade if C, chosen by 2/3, passes
        ("model - grade", "precision@0.50", -2 / 9, -1 / 9),  # A cancels; of C a third, of D two thirds
        ("model", "observed_expected", 2 / 2.9, 4 / 2.9),
    ],
)
def test_the_worst_case_of_six_sites_by_hand(
    six: pd.DataFrame, policy: str, metric: str, lower: float, upper: float
) -> None:
    row = row_of(six, policy, metric, "worst_case")
    assert (row["lower"], row["upper"]) == pytest.approx((lower, upper), abs=1e-12)
    assert math.isnan(row["value"])


def test_effective_size_and_clipped_share_by_hand(six: pd.DataFrame) -> None:
    whole = row_of(six, "model", "recall@0.50", "ipw_hajek")
    assert whole["ess"] == pytest.approx(9**2 / (4 + 16 + 4 + 1))
    chosen = row_of(six, "grade", "precision@0.50", "ipw_hajek")  # A 2, 2/3 of B 4 and D 2
    assert chosen["ess"] == pytest.approx(6**2 / (4 + (16 + 4) * 4 / 9))
    assert (whole["n"], whole["n_positive"], whole["clipped"]) == (6, 2, 0.0)
    clipped = table_of(slow.six_sites(), rules=SelectionRules(clip=3.0))
    assert row_of(clipped, "model", "recall@0.50", "ipw_hajek")["clipped"] == 0.25
    assert value_of(clipped, "model", "precision@0.50", "ipw_hajek") == pytest.approx(2 / 5)  # B weighs 3


def test_where_everybody_is_visited_for_sure_every_method_gives_the_naive_value() -> None:
    rows = slow.many_sites().assign(propensity=1.0, visit_type="DR")
    rows["fail"] = rows["would_fail"].astype("boolean")
    table = table_of(rows, (0.1, 0.35, 1.0), rules=OPEN)
    for name, same in table.groupby(["policy", "metric"]):
        ends = same[["value", "lower", "upper"]].to_numpy().ravel()
        known = ends[~np.isnan(ends)]
        assert known == pytest.approx(np.full(len(known), known[0]), abs=1e-9), name
    assert (table["reason"].str.startswith("not")).sum() == 0


@pytest.mark.parametrize("budget", [0.13, 0.5, 1.0])
def test_figures_equal_those_of_a_slow_loop_under_resampling_too(budget: float) -> None:
    rows = slow.many_sites()
    rules = dataclasses.replace(OPEN, clip=3.0)
    ready = estimators(select(rows, ["model", "grade"], rules), budgets=[budget], pairs=PAIRS, gammas=[])
    names = sorted(set(rows["site_id"]))
    times = np.vstack([np.ones((1, len(names)), dtype=np.uint16), resamples(len(names), range(2), seed=8)])
    values = ready.values(times)
    for draw, drawn in enumerate(times):
        again = rows.assign(weight=rows["weight"] * drawn[pd.factorize(rows["site_id"], sort=True)[0]])
        expected = {
            policy: slow.figures(again, policy, budget, clip=3.0, regression="score_model")
            for policy in ("model", "grade")
        }
        for metric, method in expected["model"]:
            at = f"{metric}@{budget:.2f}"
            for policy, figures in expected.items():
                assert values[Key(policy, at, method)][draw] == pytest.approx(figures[metric, method], abs=1e-9)
            apart = expected["model"][metric, method] - expected["grade"][metric, method]
            assert values[Key("model - grade", at, method)][draw] == pytest.approx(apart, abs=1e-9)


def test_the_order_of_the_rows_changes_nothing_and_they_stay_as_they_are() -> None:
    rows = slow.many_sites()
    before = rows.copy(deep=True)
    table = table_of(rows, draws=20)
    pd.testing.assert_frame_equal(table, table_of(rows.sample(frac=1, random_state=1), draws=20))
    pd.testing.assert_frame_equal(rows, before)
    assert list(table.columns) == list(COLUMNS)
    assert set(table["estimand"]) == {"allocation"}


def test_intervals_hold_the_value_and_pairs_are_drawn_together() -> None:
    table = table_of(slow.many_sites(200), draws=200, rules=OPEN)
    told = table[table["value"].notna()]
    assert (told["low"] <= told["value"]).mean() > 0.99
    single, pair = (row_of(table, name, "recall@0.50", "doubly_robust") for name in ("model", "model - grade"))
    twin = table_of(slow.many_sites(200).assign(score_grade=lambda rows: rows["score_model"]), draws=200, rules=OPEN)
    assert single["low"] < single["high"]
    assert pair["low"] < pair["high"]
    same = row_of(twin, "model - grade", "recall@0.50", "worst_case")
    assert (same["low"], same["high"]) == pytest.approx((0.0, 0.0))


def test_a_pair_is_bounded_more_narrowly_than_its_two_policies() -> None:
    table = table_of(slow.many_sites())
    model, grade, pair = (
        row_of(table, name, "recall@0.50", "worst_case") for name in ("model", "grade", "model - grade")
    )
    assert pair["upper"] - pair["lower"] < (model["upper"] - grade["lower"]) - (model["lower"] - grade["upper"])


def test_calibration_without_hidden_sites_is_that_of_the_metrics() -> None:
    rows = slow.many_sites(300)
    table = table_of(rows)
    seen = rows[rows["fail"].notna()]
    outcome, p, w = seen["fail"].astype(bool), seen["score_model"], seen["weight"]
    for weight, method in ((w, "naive"), (w / seen["propensity"], "ipw_hajek")):
        assert value_of(table, "model", "calibration_slope", method) == pytest.approx(
            calibration_slope(outcome, p, weight=weight), abs=1e-8
        )
        assert value_of(table, "model", "calibration_intercept", method) == pytest.approx(
            calibration_intercept(outcome, p, weight=weight), abs=1e-8
        )
    whole = rows.assign(fail=rows["would_fail"].astype("boolean"), propensity=1.0)
    expected = calibration_slope(whole["would_fail"], whole["score_model"], weight=whole["weight"])
    assert value_of(table_of(whole), "model", "calibration_slope", "doubly_robust") == pytest.approx(expected, abs=1e-8)


def test_labels_that_follow_the_grade_are_flagged() -> None:
    table = table_of(slow.many_sites(300, follow=2.0), (0.2,), draws=200)
    row = row_of(table, "model - grade", "labelled_share@0.20", "observed")
    assert row["high"] < 0
    alike = table_of(slow.many_sites(300, follow=0.0), (0.2,), draws=200)
    assert row_of(alike, "model - grade", "labelled_share@0.20", "observed")["high"] > 0


def test_without_a_propensity_the_weighted_methods_say_so_and_the_others_stand() -> None:
    table = table_of(slow.six_sites().drop(columns="propensity"), rules=OPEN)
    for method in ("ipw_hajek", "ipw_horvitz_thompson", "doubly_robust"):
        row = row_of(table, "model", "precision@0.50", method)
        assert (math.isnan(row["value"]), row["reason"]) == (True, "scored rows have no column propensity")
    assert value_of(table, "model", "precision@0.50", "naive") == 1 / 2
    assert row_of(table, "model", "precision@0.50", "worst_case")["upper"] == pytest.approx(2 / 3)


def test_without_a_probability_the_doubly_robust_says_so() -> None:
    table = table_of(slow.six_sites(), rules=SelectionRules(regression="score_grade"))
    reason = row_of(table, "model", "precision@0.50", "doubly_robust")["reason"]
    assert reason == "score_grade is no probability: 1 of 6 values are not from 0 to 1"
    absent = table_of(slow.six_sites(), rules=SelectionRules(regression="risk"))
    reason = row_of(absent, "model", "precision@0.50", "sensitivity", 2.0)["reason"]
    assert reason == "scored rows have no column risk for the outcome regression"
    assert value_of(absent, "model", "precision@0.50", "ipw_hajek") == pytest.approx(1 / 3)


def test_an_origin_without_propensity_is_left_out_for_every_method() -> None:
    rows = slow.many_sites()
    first = rows["origin"].min()
    holes = rows.assign(propensity=rows["propensity"].where(rows["origin"] != first))
    pd.testing.assert_frame_equal(table_of(holes, draws=10), table_of(rows[rows["origin"] != first], draws=10))
    none = table_of(rows.assign(propensity=np.nan))
    row = row_of(none, "model", "precision@0.50", "ipw_hajek")
    assert row["reason"] == f"propensity is missing in {len(rows)} of {len(rows)} rows, some at every origin"
    assert row["n"] == len(rows)


def test_a_policy_that_chooses_nobody_with_an_outcome_has_no_precision() -> None:
    rows = slow.six_sites().assign(score_grade=[0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    row = row_of(table_of(rows, (0.1,)), "grade", "precision@0.10", "naive")
    assert (math.isnan(row["value"]), row["reason"]) == (True, "no labelled visit is among the chosen")
    none = rows.assign(fail=pd.array([False, False, None, False, None, False], dtype="boolean"))
    row = row_of(table_of(none), "grade", "recall@0.50", "naive")
    assert (math.isnan(row["value"]), row["reason"]) == (
        True,
        "no failure is known, or none is known outside the chosen",
    )


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ({"propensity": 0.0}, {}, "propensity of 6 rows is not above 0 and up to 1"),
        ({}, {"gammas": (0.5,)}, r"gamma 0\.5 is not allowed; it is finite and 1 or more"),
        ({}, {"gammas": (math.inf,)}, "gamma inf is not allowed"),
        ({}, {"budgets": (0.123,)}, r"budget 0\.123 is not allowed; budgets are whole hundredths"),
        ({}, {"budgets": ()}, "no budget was given"),
        ({}, {"pairs": (("model", "fate"),)}, r"pairs name \['fate'\]; the policies judged are"),
        ({"score_model": 1.5}, {}, "policy model: 6 of 6 probabilities lie outside 0 to 1"),
        ({}, {"seed": -1, "draws": 2}, "must be 0 or more"),
    ],
)
def test_what_cannot_be_judged_is_refused(change: dict[str, Any], settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        table_of(slow.six_sites().assign(**change), **settings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clip": 0.5}, r"clip 0\.5 is not allowed"),
        ({"complete": 0.0}, r"complete 0\.0 is not allowed"),
        ({"arm_failures": -1}, "arm_failures -1 must be 0 or more"),
    ],
)
def test_rules_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        SelectionRules(**changes)
