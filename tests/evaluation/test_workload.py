"""Workload: shares and skew computed by hand, a constant score that changes nothing, and the plan's own skew."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.evaluation.inspectors.workload import gini, workload_skew, workload_skews, workload_table


def rows_of(seed: int, *, n: int = 600, origins: int = 3) -> pd.DataFrame:
    """Active sites, two thirds of them visited, of three offices with two inspectors each."""
    rng = np.random.default_rng(seed)
    office = rng.choice(3, n * origins, p=[0.5, 0.3, 0.2])
    visited = rng.random(n * origins) < 2 / 3
    inspector = pd.Series([f"o{o}i{k}" for o, k in zip(office, rng.integers(0, 2, len(office)), strict=True)])
    fail = pd.array(rng.random(len(office)) < 0.3, dtype="boolean")
    fail[~visited] = pd.NA
    return pd.DataFrame(
        {
            "site_id": [f"s{k % n:04d}" for k in range(n * origins)],
            "origin": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.repeat(np.arange(origins), n) * 90, unit="D"),
            "fail": fail,
            "weight": 1.0,
            "office": pd.array([f"o{k}" for k in office], dtype="str"),
            "inspector": inspector.where(visited),
            "score_model": rng.normal(size=len(office)) + office,
            "score_level": rng.integers(0, 3, len(office)).astype(float),
            "score_flat": 1.0,
        }
    )


def test_gini_is_half_the_mean_difference_over_the_mean() -> None:
    amounts = [3, 1, 4, 1, 5]
    pairs = [abs(a - b) for a, b in itertools.product(amounts, amounts)]
    assert gini(amounts) == pytest.approx(np.mean(pairs) / (2 * np.mean(amounts)))
    assert np.isnan(gini([0, 0]))


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any), st.integers(1, 5))
def test_gini_knows_no_scale_and_no_order(amounts: "list[int]", times: int) -> None:
    assert gini([times * one for one in amounts]) == pytest.approx(gini(sorted(amounts, reverse=True)))
    assert -1e-12 <= gini(amounts) <= 1 - 1 / len(amounts) + 1e-12


def test_a_plan_is_compared_with_the_visits_now() -> None:
    planned = pd.Series(["east"] * 6 + ["west"] * 2 + [None])
    now = pd.Series(["east"] * 3 + ["west"] * 6 + ["north"] * 3)
    skew = workload_skew(planned, now)
    assert skew.distance == pytest.approx(
        0.5
    )  # shares 6/8, 2/8, 0 against 3/12, 6/12, 3/12: north and west lose a half
    assert skew.units["unit"].tolist() == ["east", "north", "west"]
    assert skew.units[["planned", "now"]].to_numpy().tolist() == [[6, 3], [0, 3], [2, 6]]
    assert skew.units["ratio"].tolist() == [3, 0, 0.5]
    assert skew.gini == pytest.approx(gini([0, 2, 6]))
    new = workload_skew(pd.Series(["south"]), now).units
    assert new["unit"].tolist()[2] == "south"
    assert np.isnan(new["ratio"].tolist()[2])
    with pytest.raises(DataError, match="0 planned visits and 12 made ones"):
        workload_skew(pd.Series([None, None], dtype="object"), now)


def chosen_of(pool: pd.DataFrame, budget: float) -> pd.DataFrame:
    """The rows that the highest scores of each origin take, the last of them in part."""
    found = []
    for _, part in pool.groupby("origin"):
        ranked, whole = part.sort_values("score_model", ascending=False), int(budget * len(part))
        found.append(ranked.head(whole + 1).assign(part=np.append(np.ones(whole), budget * len(part) - whole)))
    return pd.concat(found)


@pytest.mark.parametrize(
    ("estimand", "unit"), [("reordering", "inspector"), ("reordering", "office"), ("allocation", "office")]
)
def test_shares_are_those_of_the_highest_scores_of_each_origin(estimand: str, unit: str) -> None:
    rows = rows_of(1)
    table = workload_table(rows, ["model"], budget=0.26, draws=0, seed=1)
    found = table[(table["estimand"] == estimand) & (table["unit"] == unit)]
    made = rows[rows["fail"].notna()]
    chosen = chosen_of(made if estimand == "reordering" else rows, 0.26).groupby(unit)["part"].sum()
    members = found["member"].tolist()
    shares = (chosen / chosen.sum()).reindex(members, fill_value=0.0)
    assert found["share"].to_numpy() == pytest.approx(shares.to_numpy())
    assert found["visits_now"].tolist() == made.groupby(unit).size().reindex(members).tolist()
    assert found["share_now"].to_numpy() == pytest.approx((found["visits_now"] / len(made)).to_numpy())
    assert found["ratio"].to_numpy() == pytest.approx((found["share"] / found["share_now"]).to_numpy())


def test_a_constant_score_and_a_budget_of_everything_leave_the_work_as_it_is() -> None:
    rows = rows_of(2)
    flat = workload_table(rows, ["flat"], draws=50, seed=1)
    made = flat[flat["estimand"] == "reordering"]
    assert made["ratio"].to_numpy() == pytest.approx(1.0)
    assert made[["low", "high"]].notna().all(axis=None)
    skews = workload_skews(rows, ["flat"], orders=3, seed=1).set_index(["estimand", "unit"]).sort_index()
    assert skews.loc[("reordering", "inspector"), "distance"] == pytest.approx(0.0, abs=1e-12)
    assert skews.loc[("reordering", "office"), "gini"] == pytest.approx(skews.loc[("reordering", "office"), "gini_now"])
    whole = workload_skews(rows, ["model"], budget=1.0, orders=2, seed=1).set_index(["estimand", "unit"]).sort_index()
    assert whole.loc[("reordering", "inspector"), "distance"] == pytest.approx(0.0, abs=1e-12)


def test_the_skew_of_a_policy_stands_beside_that_of_chance() -> None:
    rows = rows_of(3)
    rows["score_noise"] = np.random.default_rng(4).random(len(rows))
    skews = workload_skews(rows, ["model", "noise"], orders=60, seed=1)
    offices = skews[(skews["estimand"] == "reordering") & (skews["unit"] == "office")]
    model, noise = offices["distance"]
    by_chance = offices["distance_by_chance"].iloc[0]
    assert model > 5 * by_chance
    assert noise < 4 * by_chance
    assert set(skews["reason"]) == {"a fact of these visits, not an estimate: no interval"}
    table = workload_table(rows, ["model"], draws=0, seed=1)
    units = table[(table["unit"] == "office") & (table["estimand"] == "reordering")]
    assert model == pytest.approx((units["share"] - units["share_now"]).abs().sum() / 2)
    assert offices["gini"].iloc[0] == pytest.approx(gini(units["share"]))


def test_intervals_hold_the_ratios() -> None:
    table = workload_table(rows_of(5), ["model", "level"], draws=200, seed=1)
    inside = (table["low"] <= table["ratio"]) & (table["ratio"] <= table["high"])
    assert inside.mean() > 0.95
    assert (table["high"] - table["low"]).between(0.01, 1.5).all()


def test_policies_that_read_the_visit_say_nothing_of_sites_without_one() -> None:
    rows = rows_of(6).assign(score_perfect=lambda t: t["fail"].astype("Float64").fillna(0.3).astype(float))
    table = workload_skews(rows, ["model", "perfect"], orders=2, seed=1)
    assert set(table.loc[table["estimand"] == "allocation", "policy"]) == {"model"}
    assert set(table.loc[table["estimand"] == "reordering", "policy"]) == {"model", "perfect"}


def test_units_that_nobody_knows_or_that_are_too_small_have_no_figure() -> None:
    rows = rows_of(7)
    few = rows.index[rows["inspector"].notna()][:5]
    rows.loc[few, "inspector"] = "new"
    table = workload_table(rows, ["model"], draws=0, seed=1)
    new = table[table["member"] == "new"]
    assert new["ratio"].isna().tolist() == [True]
    assert new["reason"].tolist() == ["not enough data: 5 visits now, 20 are needed"]
    nameless = workload_table(rows.drop(columns="inspector"), ["model"], draws=0, seed=1)
    assert set(nameless["unit"]) == {"office"}
    assert workload_table(rows.drop(columns=["inspector", "office"]), ["model"], draws=0, seed=1).empty


def test_what_makes_no_sense_is_refused() -> None:
    rows = rows_of(8, n=20)
    with pytest.raises(DataError, match="budget 0 is not allowed"):
        workload_table(rows, ["model"], budget=0, seed=1)
    with pytest.raises(DataError, match=r"lack columns \['score_nobody'\]"):
        workload_skews(rows, ["nobody"], seed=1)
    with pytest.raises(DataError, match=r"policies \['model'\] have rows without a score"):
        workload_table(rows.assign(score_model=np.nan), ["model"], seed=1)
