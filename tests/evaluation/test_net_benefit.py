"""Net benefit: by hand, at equal visits by a slow oracle, past rates without a look ahead, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import at_budget
from riskml.evaluation.intervals import percentile_interval, resamples
from riskml.evaluation.net_benefit import COLUMNS, THRESHOLDS, net_benefit_table, past_level_rates

LIMITS = (0.1, 0.2, 0.4)


def scored(sites: int = 300, seed: int = 6, days: int = 3) -> pd.DataFrame:
    """Some origins three months apart, a third without a visit; a grade of three levels, and the model twice."""
    rng = np.random.default_rng(seed)
    parts = []
    for day in pd.date_range("2024-01-01", periods=days, freq="91D"):
        odds = rng.normal(-1.5, 1.0, sites)
        fail = pd.Series(rng.random(sites) < 1 / (1 + np.exp(-odds)), dtype="boolean")
        fail[rng.random(sites) < 0.33] = pd.NA
        chance = np.round(1 / (1 + np.exp(-odds)), 2)
        grade = np.digitize(odds + rng.normal(0, 1, sites), [-1.0, 0.5]).astype(float)
        names = {"site_id": [f"s{place:03d}" for place in range(sites)], "origin": day, "fail": fail, "weight": 1.0}
        scores = {"score_model": chance, "score_twin": chance, "score_grade": grade, "score_random": 0.0}
        parts.append(pd.DataFrame({**names, **scores}))
    return pd.concat(parts, ignore_index=True)


ROWS = scored()


def made(rows: pd.DataFrame = ROWS, **changes: Any) -> pd.DataFrame:
    given = {"policies": ["grade"], "thresholds": LIMITS, "draws": 60, "seed": 5, **changes}
    return net_benefit_table(rows, given.pop("policies"), **given)


def one(table: pd.DataFrame, policy: str, threshold: float) -> dict[str, Any]:
    found = table[(table["policy"] == policy) & (table["threshold"] == threshold)]
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}


def by_hand() -> pd.DataFrame:
    """100 visits of one day: 30 of .5 (20 fail), 70 of .1 (10 fail); the grade holds 40 for risky (24 fail)."""
    fail = [True] * 20 + [False] * 10 + [True] * 10 + [False] * 60
    grade = [1.0] * 16 + [0.0] * 4 + [1.0] * 4 + [0.0] * 6 + [1.0] * 8 + [0.0] * 2 + [1.0] * 12 + [0.0] * 48
    return pd.DataFrame(
        {
            "site_id": [f"s{place:03d}" for place in range(100)],
            "origin": pd.Timestamp("2024-01-01"),
            "fail": pd.array(fail, dtype="boolean"),
            "weight": 1.0,
            "score_model": [0.5] * 30 + [0.1] * 70,
            "score_grade": grade,
        }
    )


def test_every_policy_has_the_net_benefit_computed_by_hand() -> None:
    table = made(by_hand(), thresholds=[0.1, 0.2], draws=0)
    expected = {
        ("model", 0.2): (0.3, (20 - 10 / 4) / 100),
        ("model", 0.1): (1.0, (30 - 70 / 9) / 100),  # a probability at the threshold is visited
        ("grade", 0.2): (0.3, (18 - 12 / 4) / 100),  # 30 of its 40 risky visits, in which 24 failed
        ("grade", 0.1): (1.0, (30 - 70 / 9) / 100),
        ("random", 0.2): (0.3, (9 - 21 / 4) / 100),
        ("visit_all", 0.2): (1.0, (30 - 70 / 4) / 100),
        ("visit_none", 0.2): (0.0, 0.0),
        ("model - grade", 0.2): (0.0, (2 + 2 / 4) / 100),
        ("model - visit_all", 0.2): (-0.7, (20 - 10 / 4 - 30 + 70 / 4) / 100),
    }
    for (policy, threshold), (share, benefit) in expected.items():
        found = one(table, policy, threshold)
        assert (found["visits_share"], found["net_benefit"]) == pytest.approx((share, benefit), abs=1e-12), policy
        assert (found["n"], found["n_positive"]) == (100, 30)


def oracle(rows: pd.DataFrame, threshold: float) -> dict[str, float]:
    """Model and grade with the model's visits at each origin, by the metrics of the comparison."""
    visits = hits = by_grade = 0.0
    for _, day in rows[rows["fail"].notna()].groupby("origin"):
        fail, chosen = day["fail"].to_numpy(bool), day["score_model"].to_numpy() >= threshold
        visits, hits = visits + chosen.sum(), hits + fail[chosen].sum()
        if chosen.any():
            by_grade += at_budget(fail, day["score_grade"], visits=float(chosen.sum())).found
    odds, n = threshold / (1 - threshold), rows["fail"].notna().sum()
    return {name: (hit - (visits - hit) * odds) / n for name, hit in (("model", hits), ("grade", by_grade))}


def test_at_each_origin_the_grade_gets_the_visits_of_the_model() -> None:
    table = made()
    for threshold in LIMITS:
        expected = oracle(ROWS, threshold)
        for policy, value in expected.items():
            assert one(table, policy, threshold)["net_benefit"] == pytest.approx(value, abs=1e-12)
        less = one(table, "model - grade", threshold)["net_benefit"]
        assert less == pytest.approx(expected["model"] - expected["grade"], abs=1e-12)


def test_intervals_count_the_visits_again_in_each_resample() -> None:
    rows = scored(sites=60, seed=3)
    names, values = np.unique(rows["site_id"]), []
    for drawn in resamples(len(names), range(0, 40), seed=5):
        times = rows["site_id"].map(dict(zip(names, drawn, strict=True)))
        found = oracle(rows.loc[rows.index.repeat(times)], 0.2)
        values.append(found["model"] - found["grade"])
    told = percentile_interval(np.array(values), sites=len(names))
    found = one(made(rows, draws=40), "model - grade", 0.2)
    assert (found["low"], found["high"]) == pytest.approx((told.low, told.high), abs=1e-12)


def test_the_model_under_another_name_is_no_better_than_itself() -> None:
    table = made(policies=["twin"])
    less = table[table["policy"] == "model - twin"]
    assert (less[["net_benefit", "low", "high"]].abs() < 1e-15).all(axis=None)


def test_visits_by_chance_are_worth_their_share_of_visiting_everybody() -> None:
    single = scored(days=1)
    table = made(single)
    for threshold in LIMITS:
        chance, everybody = one(table, "random", threshold), one(table, "visit_all", threshold)
        assert chance["net_benefit"] == pytest.approx(chance["visits_share"] * everybody["net_benefit"], abs=1e-12)


def test_a_score_called_random_is_not_taken_for_an_order() -> None:
    ordered = ROWS.assign(score_random=ROWS["score_model"])
    pd.testing.assert_frame_equal(made(ordered, policies=["random", "model", "grade"]), made())


def test_the_order_of_rows_does_not_matter_and_of_the_unvisited_only_their_number() -> None:
    rates = {"past": past_level_rates(ROWS, "grade", known_after_days=91)}
    turned = ROWS.sample(frac=1.0, random_state=1)
    mixed = made(turned, past_rates={"past": rates["past"].loc[turned.index]})
    pd.testing.assert_frame_equal(mixed, made(past_rates=rates))
    visited = ROWS[ROWS["fail"].notna()]
    pd.testing.assert_frame_equal(made(visited, draws=0), made(draws=0))


def test_an_origin_without_visits_changes_nothing() -> None:
    later = ROWS[ROWS["origin"] == ROWS["origin"].min()].assign(origin=pd.Timestamp("2023-06-01"), fail=pd.NA)
    rows = pd.concat([later.astype(ROWS.dtypes.to_dict()), ROWS], ignore_index=True)
    pd.testing.assert_frame_equal(made(rows), made())


def test_a_past_rate_is_cut_at_the_threshold_and_set_against_the_model_on_its_own_rows() -> None:
    rates = past_level_rates(ROWS, "grade", known_after_days=91)
    table = made(past_rates={"grade_past_rate": rates})
    part = ROWS[rates.notna() & ROWS["fail"].notna()]
    assert set(part["origin"]) == set(ROWS["origin"]) - {ROWS["origin"].min()}
    for threshold in LIMITS:
        odds = threshold / (1 - threshold)
        fail, values = part["fail"].to_numpy(bool), []
        for chance in (rates[part.index], part["score_model"]):
            chosen = chance.to_numpy() >= threshold
            values.append((fail[chosen].sum() - (~fail[chosen]).sum() * odds) / len(part))
        found = one(table, "grade_past_rate", threshold)
        assert found["net_benefit"] == pytest.approx(values[0], abs=1e-12)
        less = one(table, "model - grade_past_rate", threshold)
        assert less["net_benefit"] == pytest.approx(values[1] - values[0], abs=1e-12)
        assert less["n"] == len(part)
    assert one(table, "model", 0.1)["n"] == ROWS["fail"].notna().sum()


def test_a_past_rate_knows_nothing_of_visits_whose_outcome_was_not_known() -> None:
    rates = past_level_rates(ROWS, "grade", known_after_days=120)
    last = ROWS["origin"].max()
    late = ROWS["origin"] > ROWS["origin"].min()  # 91 days before the last origin, known after 120
    turned = ROWS.assign(fail=ROWS["fail"].where(~late, ~ROWS["fail"]))
    pd.testing.assert_series_equal(past_level_rates(turned, "grade", known_after_days=120), rates)
    assert rates[ROWS["origin"] < last].isna().all()
    first = ROWS[(ROWS["origin"] == ROWS["origin"].min()) & ROWS["fail"].notna()]
    expected = first["fail"].astype(float).groupby(first["score_grade"]).mean()
    here = ROWS["origin"] == last
    assert rates[here].tolist() == pytest.approx(ROWS.loc[here, "score_grade"].map(expected).tolist())


def test_a_level_with_few_past_visits_gets_the_rate_of_all() -> None:
    rows = scored(days=2)
    rows.loc[rows.index[rows["score_grade"] == 2.0][19:], "score_grade"] = 1.0
    rates = past_level_rates(rows, "grade", known_after_days=91)
    first = rows[rows["origin"] == rows["origin"].min()]
    assert set(rates[(rows["score_grade"] == 2.0) & rates.notna()]) <= {first["fail"].astype("Float64").mean()}


def test_too_few_failures_give_no_curve() -> None:
    rows = ROWS.assign(fail=ROWS["fail"].where(ROWS["fail"].cumsum() <= 19, other=False).where(ROWS["fail"].notna()))
    table = made(rows)
    assert table["net_benefit"].isna().all()
    assert set(table["reason"]) == {f"not enough data: {int(rows['fail'].sum())} failures, 20 are needed"}


def test_columns_thresholds_and_policies_are_those_that_are_declared() -> None:
    table = net_benefit_table(ROWS, ["grade"], draws=0, seed=1)
    assert list(table.columns) == list(COLUMNS)
    assert table["threshold"].unique().tolist() == list(THRESHOLDS)
    names = ["model", "grade", "random", "visit_all", "visit_none"]
    assert table["policy"].unique().tolist() == [*names, *(f"model - {name}" for name in names[1:-1])]
    assert (table["reason"] == "no bootstrap draws were asked for").all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thresholds": [0.2, 0.1]}, "they rise, above 0 and below 1"),
        ({"thresholds": [0.0, 0.1]}, "they rise, above 0 and below 1"),
        ({"thresholds": []}, "they rise, above 0 and below 1"),
        ({"model": "grade"}, "grade: .* probabilities lie outside 0 to 1"),
        ({"past_rates": {"g": ROWS["score_grade"]}}, "g: .* probabilities lie outside 0 to 1"),
        ({"past_rates": {"g": ROWS["score_model"].iloc[1:]}}, "past rate g: its index is not that of the 900 rows"),
    ],
)
def test_what_cannot_be_computed_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        made(**changes)
