"""Time to inspection: hand-computed waits, ties by all orders, and the table against waits added up by hand."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation.schedule.waiting import waiting_days, waiting_table

START = pd.Timestamp("2024-01-01")


def world(seed: int, *, origins: int = 4, size: int = 60, span: int = 30) -> pd.DataFrame:
    """Visits on random days, the last day of each origin's span among them."""
    rng = np.random.default_rng(seed)
    n = origins * size
    place, day = np.repeat(np.arange(origins), size), rng.integers(0, span, n)
    day[::size] = span - 1
    return pd.DataFrame(
        {
            "site_id": [f"s{k % 90}-{k // 90}" for k in range(n)],
            "origin": START + pd.to_timedelta(place * 100, unit="D"),
            "visited_on": START + pd.to_timedelta(place * 100 + day, unit="D"),
            "fail": pd.array(rng.random(n) < 0.4, dtype="boolean"),
            "weight": 1.0,
            "score_model": rng.integers(0, 6, n).astype(float),
            "score_rival": rng.random(n),
        }
    )


def of(table: pd.DataFrame, policy: str, outcome: str, metric: str) -> "dict[Any, Any]":
    rows = table[(table["policy"] == policy) & (table["outcome"] == outcome) & (table["metric"] == metric)]
    assert len(rows) == 1
    return rows.iloc[0].to_dict()


def test_the_riskiest_are_reached_first_and_a_fraction_of_a_visit_is_carried_over() -> None:
    assert waiting_days([3, 1, 2], visits_per_day=1).tolist() == [0, 2, 1]
    # one and a half a day: places [0, 1.5), [1.5, 3), [3, 4.5): the second is half on day 0 and half on day 1
    assert waiting_days([4, 3, 2, 1], visits_per_day=1.5).tolist() == [0, 0.5, 1, 2]


def test_equal_scores_wait_as_long_as_they_do_on_average_over_their_orders() -> None:
    score = [1, 5, 1, 1, 5]
    waits = np.zeros((2, 5))
    for order in itertools.permutations(range(5)):
        if (np.diff([score[k] for k in order]) <= 0).all():
            waits += np.array([[order.index(k) // 2 for k in range(5)], [1] * 5])
    assert waiting_days(score, visits_per_day=2).tolist() == pytest.approx((waits[0] / waits[1]).tolist())


@pytest.mark.parametrize("pace", [None, 3.0])
def test_the_table_is_the_waits_of_each_origin_put_together(pace: float | None) -> None:
    rows = world(1)
    table = waiting_table(rows, ["model", "rival"], visits_per_day=pace, draws=0, seed=1)
    for policy in ("model", "rival"):
        score, pools = f"score_{policy}", [part for _, part in rows.groupby("origin")]
        parts = [waiting_days(part[score], visits_per_day=pace or len(part) / 30) for part in pools]
        waits = np.concatenate(parts)
        for outcome, mask in (("failing", rows["fail"]), ("clean", ~rows["fail"])):
            mine = waits[mask.to_numpy(bool)]
            row = of(table, policy, outcome, "wait_mean")
            assert row["value"] == pytest.approx(mine.mean())
            assert (row["n"], row["n_positive"]) == (len(mine), rows["fail"].sum())
            if policy == "rival":  # without ties, and with a whole number of visits a day, nobody waits in parts
                ordered = np.sort(mine)
                assert of(table, policy, outcome, "wait_median")["value"] == ordered[int(np.ceil(0.5 * len(mine))) - 1]
                assert of(table, policy, outcome, "wait_90")["value"] == ordered[int(np.ceil(0.9 * len(mine))) - 1]
    assert table["visits_per_day"].unique().tolist() == [pace or 2.0]


def test_the_mean_over_all_visits_does_not_depend_on_the_order() -> None:
    rows = world(2)
    table = waiting_table(rows, ["model", "rival"], draws=0, seed=1)
    for policy in ("model", "rival"):
        parts = [of(table, policy, outcome, "wait_mean") for outcome in ("failing", "clean")]
        assert sum(row["value"] * row["n"] for row in parts) / len(rows) == pytest.approx(29 / 2)


def test_as_made_is_the_days_from_the_origin() -> None:
    rows = world(3)
    table = waiting_table(rows, ["model"], draws=0, seed=1)
    waited = (rows["visited_on"] - rows["origin"]).dt.days[rows["fail"].to_numpy(bool)]
    assert of(table, "as_made", "failing", "wait_mean")["value"] == pytest.approx(waited.mean())
    assert of(table, "as_made", "failing", "wait_median")["value"] == np.sort(waited)[(len(waited) + 1) // 2 - 1]


def test_knowing_the_outcome_reaches_the_failing_sooner_and_the_difference_is_paired() -> None:
    rows = world(4).assign(score_perfect=lambda t: t["fail"].astype(float), score_copy=lambda t: t["score_model"])
    asked = [("perfect", "model"), ("copy", "model")]
    table = waiting_table(rows, ["model", "perfect", "copy"], pairs=asked, draws=100, seed=1)
    gap = of(table, "perfect - model", "failing", "wait_mean")
    assert gap["low"] <= gap["value"] <= gap["high"] < 0
    assert of(table, "perfect - model", "clean", "wait_mean")["value"] > 0
    assert (table.loc[table["policy"] == "copy - model", ["value", "low", "high"]] == 0).all(axis=None)


def test_a_slow_pace_makes_everybody_wait_longer_in_resamples_too() -> None:
    rows = world(5)
    slow, fast = (waiting_table(rows, ["model"], visits_per_day=v, draws=50, seed=1) for v in (0.5, 5.0))
    for outcome in ("failing", "clean"):
        late, soon = (of(table, "model", outcome, "wait_mean") for table in (slow, fast))
        assert late["low"] > 5 * soon["high"]
        assert late["low"] < late["value"] < late["high"]


def test_too_few_visits_of_an_outcome_give_no_figure() -> None:
    rows = world(6, origins=1, size=40).assign(fail=lambda t: pd.array(np.arange(len(t)) < 19, dtype="boolean"))
    table = waiting_table(rows, ["model"], pairs=[("model", "model")], draws=0, seed=1)
    failing = table[table["outcome"] == "failing"]
    assert failing["value"].isna().all()
    assert set(failing["reason"]) == {"not enough data: 19 failing visits, 20 are needed"}
    assert table.loc[table["outcome"] == "clean", "value"].notna().all()


def test_what_makes_no_sense_is_refused() -> None:
    rows = world(7)
    for pace in (0.0, float("nan")):
        with pytest.raises(DataError, match="a pace of"):
            waiting_table(rows, ["model"], visits_per_day=pace, seed=1)
    with pytest.raises(DataError, match="240 settled visits were made before their origin"):
        waiting_table(rows.assign(visited_on=START - pd.Timedelta(days=1)), ["model"], seed=1)
    with pytest.raises(DataError, match=r"pairs name \['nobody'\]"):
        waiting_table(rows, ["model"], pairs=[("model", "nobody")], seed=1)
    with pytest.raises(DataError, match="without NaN"):
        waiting_days([1.0, float("nan")], visits_per_day=1)
