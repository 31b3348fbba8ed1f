"""Curves: their points by hand, and equal to the metrics whose picture they are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.evaluation import at_budget, compare
from riskml.evaluation.curves import budget_curve, difference_curve, reliability_curve, wilson_interval


def scored(fail: list[bool | None], origin: list[int], **scores: list[float]) -> pd.DataFrame:
    columns = {f"score_{name}": values for name, values in scores.items()}
    return pd.DataFrame({"fail": pd.array(fail, dtype="boolean"), "origin": origin, **columns})


def curve(rows: pd.DataFrame, policy: str, step: float = 0.25) -> list[tuple[float, float]]:
    made = budget_curve(rows, [policy], step=step)
    made = made.sort_values("budget")
    return [(round(b, 6), round(r, 6)) for b, r in zip(made["budget"], made["recall"], strict=True)]


ROWS = scored([True, False, True, False], [1, 1, 1, 1], model=[9, 5, 5, 1], random=[0, 0, 0, 0], perfect=[1, 0, 1, 0])


def test_recall_by_hand_with_ties_at_their_expected_value() -> None:
    assert curve(ROWS, "model") == [(0, 0), (0.25, 0.5), (0.5, 0.75), (0.75, 1), (1, 1)]
    assert curve(ROWS, "random") == [(0, 0), (0.25, 0.25), (0.5, 0.5), (0.75, 0.75), (1, 1)]
    assert curve(ROWS, "perfect") == [(0, 0), (0.25, 0.5), (0.5, 1), (0.75, 1), (1, 1)]


def test_rows_without_an_outcome_do_not_count() -> None:
    unvisited = scored([None, None], [1, 1], model=[99, 98], random=[0, 0], perfect=[0, 0])
    assert curve(pd.concat([ROWS, unvisited], ignore_index=True), "model") == curve(ROWS, "model")


def test_the_budget_is_cut_within_each_origin() -> None:
    rows = scored([True, False, True, False], [1, 1, 2, 2], model=[9, 8, 2, 1])
    assert curve(rows, "model", step=0.5) == [(0, 0), (0.5, 1), (1, 1)]
    assert curve(rows.assign(origin=1), "model", step=0.5) == [(0, 0), (0.5, 0.5), (1, 1)]


def test_no_failure_at_all_gives_a_curve_without_values() -> None:
    made = budget_curve(scored([False, False], [1, 1], model=[1, 2]), ["model"], step=0.5)
    assert made["recall"].isna().tolist() == [False, True, True]


def test_the_usual_curve_has_twenty_steps_for_each_policy_and_ends_at_one() -> None:
    made = budget_curve(ROWS, ["model", "random"])
    assert made.groupby("policy").size().tolist() == [21, 21]
    assert made.groupby("policy")["budget"].max().tolist() == [1, 1]
    assert made.groupby("policy")["recall"].max().tolist() == [1, 1]


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_every_point_is_the_recall_at_that_budget_and_no_curve_falls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = scored(list(rng.random(60) < 0.3), list(rng.integers(0, 3, 60)), model=list(rng.integers(0, 9, 60) * 1.0))
    if not rows["fail"].any():
        return
    found = curve(rows, "model", step=0.1)
    assert (np.diff([recall for _, recall in found]) >= -1e-6).all()
    for budget, recall in found[1:]:
        cut = at_budget(rows["fail"].to_numpy(bool), rows["score_model"], share=budget, stratum=rows["origin"])
        assert recall == pytest.approx(cut.recall, abs=1e-6)


def test_reliability_by_hand() -> None:
    probability = pd.Series(np.arange(20) / 20)
    made = reliability_curve(pd.Series(pd.array([k >= 15 for k in range(20)], dtype="boolean")), probability)
    assert made["bin"].tolist() == list(range(10))
    assert made["n"].tolist() == [2] * 10
    assert made["predicted"].tolist() == pytest.approx([0.025 + 0.1 * k for k in range(10)])
    assert made["observed"].tolist() == [0] * 7 + [0.5, 1, 1]


def test_reliability_sorts_by_probability_and_leaves_unknown_outcomes_out() -> None:
    outcome = pd.Series(pd.array([True, None, False, True], dtype="boolean"), index=[4, 2, 9, 7])
    made = reliability_curve(outcome, pd.Series([0.9, 0.5, 0.1, 0.4], index=[4, 2, 9, 7]))
    assert made["predicted"].tolist() == [0.1, 0.4, 0.9]
    assert made["observed"].tolist() == [0, 1, 1]


@settings(max_examples=20)
@given(st.integers(0, 300))
def test_bins_differ_by_one_row_at_most_and_hold_every_row(rows: int) -> None:
    made = reliability_curve(pd.Series(pd.array([True] * rows, dtype="boolean")), pd.Series(np.linspace(0, 1, rows)))
    assert made["n"].sum() == rows
    assert len(made) == min(rows, 10)
    assert not len(made) or made["n"].max() - made["n"].min() <= 1


def test_wilson_intervals_by_hand_hold_their_share_and_stay_inside_zero_and_one() -> None:
    low, high = wilson_interval(np.array([0.0, 0.2, 1.0]), np.array([10, 50, 10]))
    # 0 of 10: [0, z^2 / (n + z^2)]; 10 of 50: by the formula of Wilson (1927)
    assert low.tolist() == pytest.approx([0, 0.11244, 0.722467], abs=1e-5)
    assert high.tolist() == pytest.approx([0.277533, 0.330372, 1], abs=1e-5)


def test_intervals_of_the_reliability_curve_are_those_of_its_bins() -> None:
    rng = np.random.default_rng(2)
    probability = pd.Series(rng.random(500))
    made = reliability_curve(pd.Series(pd.array(rng.random(500) < probability, dtype="boolean")), probability)
    low, high = wilson_interval(made["observed"].to_numpy(), made["n"].to_numpy())
    assert made["low"].tolist() == low.tolist()
    assert made["high"].tolist() == high.tolist()
    assert ((made["low"] <= made["predicted"]) & (made["predicted"] <= made["high"])).sum() >= 8


def many(seed: int = 6, sites: int = 80) -> pd.DataFrame:
    """Sites at two origins, some without a visit; model and rival with ties."""
    rng = np.random.default_rng(seed)
    risk = np.tile(rng.normal(-1, 1, sites), 2)
    fail = [bool(one) for one in rng.random(2 * sites) < 1 / (1 + np.exp(-risk))]
    rows = scored(list(fail), [1] * sites + [2] * sites, model=list(np.round(risk, 1)), rival=list(np.round(-risk)))
    rows.loc[rng.random(2 * sites) < 0.3, "fail"] = pd.NA
    return rows.assign(site_id=[f"S{k:02d}" for k in range(sites)] * 2, weight=1.0)


def test_bands_and_differences_are_those_of_the_comparison_with_the_same_resamples() -> None:
    rows = many()
    rows = rows.assign(origin=pd.to_datetime(rows["origin"].map({1: "2024-01-01", 2: "2024-07-01"})))
    told = compare(
        rows, ["model", "rival"], budgets=(0.2, 0.5), draws=60, seed=9, pairs=[("model", "rival")],
        probability_policies=(),
    )  # fmt: skip
    made = budget_curve(rows, ["model", "rival"], step=0.1, draws=60, seed=9)
    gaps = difference_curve(rows, [("model", "rival")], step=0.1, draws=60, seed=9)
    for budget in (0.2, 0.5):
        for policy in ("model", "rival"):
            entry = told.policies[policy][f"recall@{budget:.2f}"]
            here = made[(made["policy"] == policy) & (made["budget"] == budget)]
            told_here = here[["recall", "low", "high"]].to_numpy()[0].tolist()
            assert told_here == pytest.approx([entry.value, entry.low, entry.high])
        entry = told.differences["model - rival"][f"recall@{budget:.2f}"]
        told_here = gaps.loc[gaps["budget"] == budget, ["difference", "low", "high"]].to_numpy()[0].tolist()
        assert told_here == pytest.approx([entry.value, entry.low, entry.high])


def test_bands_hold_their_curve_and_close_at_both_ends() -> None:
    made = budget_curve(many(), ["model"], draws=100, seed=1)
    assert ((made["low"] <= made["recall"]) & (made["recall"] <= made["high"])).all()
    for end in (made.iloc[0], made.iloc[-1]):
        assert end["low"] == end["recall"] == end["high"]
    middle = made[made["budget"] == 0.5].iloc[0]
    assert middle["high"] - middle["low"] > 0.02
    gaps = difference_curve(many(), [("model", "rival"), ("model", "model")], draws=100, seed=1)
    assert gaps.groupby(["a", "b"], sort=False).size().tolist() == [21, 21]
    twin = gaps[gaps["b"] == "model"]
    assert (twin[["difference", "low", "high"]] == 0).all(axis=None)


def test_without_draws_there_is_no_band_and_without_sites_none_can_be_drawn() -> None:
    made = budget_curve(ROWS, ["model"])
    assert made[["low", "high"]].isna().all(axis=None)
    with pytest.raises(DataError, match="a band needs the column site_id"):
        budget_curve(ROWS, ["model"], draws=5)
    nothing = many().assign(fail=pd.array([False] * 160, dtype="boolean"))
    told = difference_curve(nothing, [("model", "rival")], step=0.5, draws=5, seed=1)
    assert told["difference"].isna().tolist() == [False, True, True]
    assert told["low"].isna().tolist() == [False, True, True]
