"""From model to grade: the sizes kept, one rule for artifact and tables, rates and their intervals by slow oracles."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.evaluation.intervals import percentile_interval, resamples
from riskml.evaluation.levels._rates import wilson
from riskml.evaluation.levels._sums import level_sums, levelled_rows
from riskml.evaluation.levels.reclassification import MATRIX, RATES, reclassification_table, translated_rates
from riskml.evaluation.levels.translation import day_cuts, level_cuts, translate, translated_rows
from riskml.evaluation.levels.translation_words import MEASURES, visits_in_vain
from riskml.export.header import translated_levels
from riskml.grades import load_system

CODES = ("low", "mid", "high")


def scored(sites: int = 500, seed: int = 2, *, digits: int = 6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of two origins and the grades of their sites, some without; the grade is a noisy reading of the odds."""
    rng = np.random.default_rng(seed)
    rows, grades = [], []
    for day in ("2024-01-01", "2024-07-01"):
        odds = rng.normal(-1.5, 1.0, sites)
        fail = pd.Series(rng.random(sites) < 1 / (1 + np.exp(-odds)), dtype="boolean")
        fail[rng.random(sites) < 0.4] = pd.NA
        names = {"site_id": [f"s{place:03d}" for place in range(sites)], "as_of": pd.Timestamp(day)}
        chance = np.round(1 / (1 + np.exp(-odds - rng.normal(0, 0.3, sites))), digits)
        rows.append(pd.DataFrame({**names, "fail": fail, "weight": 1.0, "score_model": chance}))
        level = np.array(CODES)[np.digitize(odds + rng.normal(0, 1.2, sites), [-1.0, 0.3])].astype(object)
        level[rng.random(sites) < 0.05] = None
        grades.append(pd.DataFrame({**names, "system": "rule", "level": pd.Series(level, dtype="str")}))
    table = pd.concat(rows, ignore_index=True)
    return table.assign(origin=table["as_of"]), pd.concat(grades, ignore_index=True)


def translated(**changes: Any) -> pd.DataFrame:
    rows, grades = scored(**changes)
    return translated_rows(rows, grades, "rule", CODES)


HELD = translated()


def cell(table: pd.DataFrame, **keys: str) -> dict[str, Any]:
    found = table[np.logical_and.reduce([table[name] == value for name, value in keys.items()])]
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}


def test_each_level_keeps_its_size_at_each_origin() -> None:
    for _, day in HELD.groupby("origin"):
        assert day["level"].value_counts().to_dict() == day["new_level"].value_counts().to_dict()
        assert day.groupby("new_rank")["probability"].max().iloc[0] < day[day["new_rank"] == 1]["probability"].min()


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), min_size=1, max_size=30),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_ties_stay_together_in_order_and_a_boundary_misses_its_size_by_the_least(
    sites: list[tuple[int, int]], seed: int
) -> None:
    chance = np.array([value for value, _ in sites]) / 10
    old = np.array([rank for _, rank in sites])
    level = pd.Series(np.array(CODES)[old], dtype="str")
    new = translate(level, chance, CODES).map({code: rank for rank, code in enumerate(CODES)}).to_numpy()
    order = np.lexsort((new, chance))
    assert (np.diff(new[order]) >= 0).all()
    assert all(len(set(new[chance == value])) == 1 for value in chance)
    for boundary in (1, 2):
        wanted, got = (old < boundary).sum(), (new < boundary).sum()
        possible = [0, *((chance <= value).sum() for value in set(chance.tolist()))]
        assert abs(got - wanted) == min(abs(below - wanted) for below in possible)
        assert got == min(below for below in possible if abs(below - wanted) == abs(got - wanted))
    mixed = np.random.default_rng(seed).permutation(len(sites))
    again = translate(level.iloc[mixed].reset_index(drop=True), chance[mixed], CODES)
    assert again.tolist() == np.array(CODES)[new[mixed]].tolist()


def test_the_artifact_is_cut_where_the_tables_are() -> None:
    system = load_system("nanchang")
    ordered = [one.code for one in sorted(system.levels, key=lambda one: one.rank)]
    rng = np.random.default_rng(3)
    chance = np.round(rng.beta(2, 20, 900), 3)  # ties
    level = pd.Series(np.array([*ordered, None], dtype=object)[rng.choice(5, 900, p=[0.7, 0.1, 0.07, 0.03, 0.1])])
    header = translated_levels(system, level.astype("str"), chance)
    assert header is not None
    assert header["cuts"] == day_cuts(level, chance, ordered).tolist()
    by_artifact = np.array(ordered)[np.searchsorted(header["cuts"], chance, side="right")]
    assert by_artifact.tolist() == translate(level, chance, ordered).tolist()
    graded = level.notna().to_numpy()
    sizes = level.value_counts()
    assert header["cuts"] == level_cuts([float(sizes[code]) for code in ordered], chance[graded])


def test_a_level_that_nobody_holds_stays_empty_and_the_unlevelled_get_the_level_of_their_probability() -> None:
    level = pd.Series(["low", "low", "high", None, None], dtype="str")
    assert translate(level, [0.1, 0.2, 0.3, 0.05, 0.9], CODES).tolist() == ["low", "low", "high", "low", "high"]


def test_fixed_bounds_of_risk_take_the_place_of_sizes() -> None:
    rows, grades = scored()
    held = translated_rows(rows, grades, "rule", CODES, bounds=[0.2, 0.4])
    assert (held["new_rank"] == (held["probability"] >= 0.2).astype(int) + (held["probability"] >= 0.4)).all()
    assert not held["recut"].any()
    table = reclassification_table(held, CODES, draws=50, seed=1)
    assert table["rows"].sum() == len(held)
    assert cell(table, level="low", new_level="low")["low"] > 0


def test_rows_that_the_rule_does_not_grade_are_left_out() -> None:
    rows, grades = scored()
    assert len(HELD) == grades["level"].notna().sum() < len(rows)


def test_no_outcome_moves_a_level() -> None:
    rows, grades = scored()
    turned = translated_rows(rows.assign(fail=~rows["fail"]), grades, "rule", CODES)
    assert turned["new_level"].tolist() == HELD["new_level"].tolist()


def test_cells_hold_the_rows_visits_and_failures_of_their_pair_of_levels() -> None:
    table = reclassification_table(HELD, CODES, draws=0, seed=1)
    assert list(table.columns) == list(MATRIX)
    assert len(table) == 9
    for row in table.to_dict("records"):
        part = HELD[(HELD["level"] == row["level"]) & (HELD["new_level"] == row["new_level"])]
        fail = part["fail"].dropna().astype(bool)
        assert (row["rows"], row["labelled"], row["failed"]) == (len(part), len(fail), fail.sum())
        if len(fail) >= 20:
            assert row["rate"] == pytest.approx(fail.mean())
            assert (row["wilson_low"], row["wilson_high"]) == pytest.approx(wilson(fail.mean(), len(fail)))
        else:
            assert np.isnan(row["rate"])
            assert row["reason"] == f"not enough data: {len(fail)} settled visits, 20 are needed"


@pytest.mark.parametrize("digits", [6, 1])
def test_levels_of_a_resample_are_those_of_rows_written_out_as_often_as_their_site_was_drawn(digits: int) -> None:
    held = translated(sites=120, seed=5, digits=digits)
    rows = levelled_rows(held, 3)
    drawn = resamples(rows.sites, range(0, 8), seed=4)
    sums = level_sums(rows, drawn)
    names = np.unique(held["site_id"])
    for draw in range(8):
        times = held["site_id"].map(dict(zip(names, drawn[draw], strict=True)))
        copies = held.loc[held.index.repeat(times)].reset_index(drop=True)
        found = np.zeros((2, 3, 3))
        for _, day in copies.groupby("origin"):
            new = translate(day["level"], day["probability"].to_numpy(), CODES)
            seen = day["fail"].notna()
            pairs = (day["level"].map(CODES.index), new.map(CODES.index))
            np.add.at(found[0], tuple(side[seen] for side in pairs), 1)
            failed = seen & day["fail"].fillna(False)
            np.add.at(found[1], tuple(side[failed] for side in pairs), 1)
        assert sums[draw].tolist() == found.tolist()


def test_intervals_are_percentiles_over_levels_cut_again() -> None:
    rows = levelled_rows(HELD, 3)
    sums = level_sums(rows, resamples(rows.sites, range(0, 80), seed=9))
    table = translated_rates(HELD, CODES, draws=80, seed=9)
    new, old = (sums[:, 1].sum(axis=axis)[:, 2] / sums[:, 0].sum(axis=axis)[:, 2] for axis in (1, 2))
    for grade, values in (("new", new), ("old", old), ("difference", new - old)):
        told = percentile_interval(values, sites=rows.sites)
        found = cell(table, measure="fail_rate", grade=grade, level="high")
        assert (found["low"], found["high"]) == (told.low, told.high)


def test_rates_stand_side_by_side_on_the_same_visits() -> None:
    table = translated_rates(HELD, CODES, draws=40, seed=1)
    assert list(table.columns) == list(RATES)
    assert set(table["measure"]) == set(MEASURES)
    visits = HELD[HELD["fail"].notna()].assign(fail=lambda held: held["fail"].astype(float))
    for grade, column in (("old", "rank"), ("new", "new_rank")):
        for rank, code in enumerate(CODES):
            at, upward = visits[visits[column] == rank], visits[visits[column] >= rank]
            keys = {"grade": grade, "level": code}
            assert cell(table, measure="fail_rate", **keys)["value"] == pytest.approx(at["fail"].mean())
            assert cell(table, measure="fail_rate_from", **keys)["value"] == pytest.approx(upward["fail"].mean())
            share = at["fail"].sum() / visits["fail"].sum()
            assert cell(table, measure="failures_share", **keys)["value"] == pytest.approx(share)
            assert cell(table, measure="fail_rate", **keys)["n"] == len(at)
    riskiest = [cell(table, measure="fail_rate", grade=grade, level="high")["value"] for grade in ("new", "old")]
    less = cell(table, measure="fail_rate", grade="difference", level="high")
    assert less["value"] == pytest.approx(riskiest[0] - riskiest[1])
    assert less["low"] < less["value"] < less["high"]


def test_a_model_that_orders_as_the_grade_changes_nothing() -> None:
    rows, grades = scored()
    same = rows.merge(grades, on=["site_id", "as_of"])
    chance = same["level"].map({"low": 0.1, "mid": 0.2, "high": 0.3}).fillna(0.2)
    held = translated_rows(rows.assign(score_model=chance.to_numpy()), grades, "rule", CODES)
    table = translated_rates(held, CODES, draws=60, seed=1)
    moved = table[table["grade"] == "difference"]
    assert (moved[["value", "low", "high"]] == 0).all(axis=None)


def test_rows_count_by_their_weight_but_sizes_are_numbers_of_sites() -> None:
    rows, grades = scored()
    rows["weight"] = np.where(np.arange(len(rows)) % 3 == 0, 2.5, 1.0)
    held = translated_rows(rows, grades, "rule", CODES)
    assert held["new_level"].tolist() == HELD["new_level"].tolist()
    visits = held[held["fail"].notna()].assign(fail=lambda table: table["fail"].astype(float))
    part = visits[(visits["level"] == "low") & (visits["new_level"] == "mid")]
    expected = np.average(part["fail"], weights=part["weight"])
    table = reclassification_table(held, CODES, draws=50, seed=1)
    assert cell(table, level="low", new_level="mid")["rate"] == pytest.approx(expected)
    assert len(part) == cell(table, level="low", new_level="mid")["labelled"]
    high = visits[visits["new_level"] == "high"]
    found = cell(translated_rates(held, CODES, draws=0, seed=1), measure="fail_rate", grade="new", level="high")
    assert found["value"] == pytest.approx(np.average(high["fail"], weights=high["weight"]))


def by_hand() -> pd.DataFrame:
    """100 visits that failed: 30 move up, 10 down. 200 that passed: 20 up, 50 down. Low to high and back."""
    counts = {(True, 0, 2): 30, (True, 2, 0): 10, (True, 1, 1): 60, (False, 0, 1): 20, (False, 1, 0): 50}
    counts[False, 0, 0] = 130
    flat = [key for key, number in counts.items() for _ in range(number)]
    table = pd.DataFrame(flat, columns=["fail", "rank", "new_rank"])
    names = {f"{new}level": np.array(CODES)[table[f"{new}rank"]] for new in ("", "new_")}
    more: dict[str, Any] = {
        "site_id": [f"s{k}" for k in range(300)],
        "origin": pd.Timestamp("2024-01-01"),
        "weight": 1.0,
    }
    fail = table["fail"].astype("boolean")
    return table.assign(**names, **more, fail=fail, probability=np.linspace(0.1, 0.9, 300), recut=False)


def test_the_net_reclassification_index_is_the_one_computed_by_hand() -> None:
    table = translated_rates(by_hand(), CODES, draws=30, seed=1)
    assert cell(table, measure="nri_failed")["value"] == pytest.approx(0.30 - 0.10)
    assert cell(table, measure="nri_passed")["value"] == pytest.approx(0.25 - 0.10)
    found = cell(table, measure="nri")
    assert found["value"] == pytest.approx(0.35)
    assert (found["n"], found["n_positive"]) == (300, 100)
    assert found["low"] < 0.35 < found["high"]


def test_whether_rates_rise_is_asked_of_levels_with_enough_visits_only() -> None:
    table = translated_rates(by_hand(), CODES, draws=0, seed=1)
    old, new = (cell(table, measure="rates_rise", grade=grade) for grade in ("old", "new"))
    assert (old["value"], old["reason"]) == (1.0, "levels left out, with fewer than 20 settled visits: high")
    assert (new["value"], new["reason"]) == (1.0, "")  # 10 of 190, 60 of 80, 30 of 30
    few = cell(table, measure="fail_rate", grade="difference", level="high")
    assert few["reason"] == "not enough data: 10 settled visits, 20 are needed"
    turned = translated_rates(by_hand().assign(new_rank=lambda held: 2 - held["new_rank"]), CODES, draws=0, seed=1)
    assert [cell(turned, measure="rates_rise", grade=grade)["value"] for grade in ("old", "new")] == [1.0, 0.0]


def test_without_failures_there_is_no_index() -> None:
    passed = by_hand().assign(fail=pd.array([False] * 300, dtype="boolean"))
    table = translated_rates(passed, CODES, draws=0, seed=1)
    assert cell(table, measure="nri")["reason"] == "not enough data: 0 failures, 20 are needed"
    assert cell(table, measure="nri_passed")["value"] == pytest.approx((60 - 50) / 300)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: level_cuts([3, 0], [0.1, 0.2, 0.3]), "each level needs a size above 0: leave out the others"),
        (lambda: translate(pd.Series(["low", "odd"]), [0.1, 0.2], CODES), "unknown levels .'odd'.; the system's are"),
        (lambda: translate(pd.Series(["low"]), [np.nan], CODES), "1 of 1 probabilities are missing"),
        (lambda: translate(pd.Series(["low"]), [0.1, 0.2], CODES), "2 probabilities for 1 sites"),
        (lambda: translate(pd.Series([None], dtype="str"), [0.1], CODES), "no sizes to keep: give bounds instead"),
        (lambda: translate(pd.Series(["low"]), [0.1], CODES, bounds=[0.4, 0.2]), "3 levels need 2 rising ones"),
        (lambda: translated_rows(*scored(), "other", CODES), "'other' gives none of 1000 scored rows a level"),
        (lambda: reclassification_table(HELD.iloc[:0], CODES, draws=0, seed=1), "there are no translated rows"),
        (lambda: translated_rates(HELD, CODES[:2], draws=0, seed=1), "hold more levels than the 2 given"),
    ],
)
def test_what_cannot_be_translated_is_refused(call: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        call()


def test_a_threshold_is_a_number_of_visits_in_vain() -> None:
    assert [visits_in_vain(threshold) for threshold in (0.1, 0.2, 0.5)] == [9.0, 4.0, 1.0]
