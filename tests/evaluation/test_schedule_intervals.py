"""Intervals of the schedule table, what it says where it knows nothing, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation.intervals import resamples
from riskml.evaluation.schedule.days import simulated_days
from riskml.evaluation.schedule.table import schedule_table
from schedule_worlds import of, strata, two_weeks, world


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows = world(7)
    asked = {"pairs": [("model", "rival")], "draws": 30, "seed": 2}
    shuffled = rows.sample(frac=1, random_state=1)
    table, other = (schedule_table(part, ["model", "rival"], **asked) for part in (rows, shuffled))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(table, other, rtol=1e-9)


def test_intervals_hold_their_values_in_slots_too_and_differences_are_paired() -> None:
    rng = np.random.default_rng(8)
    rows = world(8, origins=10, size=60).assign(score_copy=lambda t: t["score_rival"])
    rows["score_perfect"] = rows["fail"].astype(float) + rng.random(len(rows)) / 2
    asked = [("perfect", "model"), ("copy", "rival")]
    table = schedule_table(rows, ["model", "rival", "copy", "perfect"], pairs=asked, draws=200, seed=1)
    given = table[table["low"].notna()]
    assert ((given["low"] <= given["value"] + 1e-9) & (given["value"] <= given["high"] + 1e-9)).all()
    same = table[table["policy"] == "copy - rival"]
    assert (same[["value", "low", "high"]] == 0).all(axis=None)
    for form in ("free", "slots"):
        gap = of(table, "perfect - model", form, "days_earlier")
        parts = [of(table, name, form, "days_earlier")["value"] for name in ("perfect", "model")]
        assert gap["value"] == pytest.approx(parts[0] - parts[1])
        assert gap["low"] > 0
        assert np.isnan(gap["by_chance"])


def test_in_slots_a_resample_weighs_the_failures_of_the_schedule_that_was_made_once() -> None:
    rows = world(9, origins=8, size=40).assign(site_id=lambda t: "s" + (t.index % 97).astype(str))
    table = schedule_table(rows, ["rival"], half_lives=(), draws=50, seed=4)
    moved, site = [], []
    for part in strata(rows, "slots"):
        day, failed = (part["visited_on"] - part["origin"]).dt.days.to_numpy(), part["fail"].to_numpy(bool)
        moved += (day - simulated_days(part["score_rival"], day))[failed].tolist()
        site += part["site_id"][failed].tolist()
    codes = np.searchsorted(np.unique(rows["site_id"]), site)
    weights = resamples(97, range(50), seed=4)[:, codes].astype(float)
    low, high = np.quantile(weights @ moved / weights.sum(axis=1), [0.025, 0.975])
    row = of(table, "rival", "slots", "days_earlier")
    assert [row["value"], row["low"], row["high"]] == pytest.approx([np.mean(moved), low, high])


def test_what_is_not_known_is_said() -> None:
    rows = two_weeks()
    few = schedule_table(rows.head(36), ["model"], draws=0, seed=1)
    assert few["value"].isna().all()
    assert set(few["reason"]) == {"not enough data: 18 failed visits, 20 are needed"}
    nobody = schedule_table(rows.drop(columns="inspector"), ["model"], draws=0, seed=1)
    slots = nobody[nobody["form"] == "slots"]
    assert slots["value"].isna().all()
    assert slots["reason"].str.startswith("no visit names its inspector").all()
    nowhere = of(schedule_table(rows.drop(columns="office"), ["model"], draws=0, seed=1), "", "slots", "can_move")
    assert nowhere["reason"] == "the rows name no office: slots are inspector x week"
    uneven = schedule_table(rows.assign(weight=np.arange(len(rows)) + 1.0), ["model"], draws=5, seed=1)
    assert uneven["by_chance_sd"].isna().all()
    assert of(uneven, "model", "free", "days_earlier")["reason"].startswith("the spread of the random order is known")


def test_rows_without_a_settled_visit_are_no_part_of_it() -> None:
    rows = two_weeks()
    nothing = pd.Series(False, index=rows.index)
    more = rows.assign(
        site_id=rows["site_id"] + "x", fail=rows["fail"].where(nothing), visited_on=rows["visited_on"].where(nothing)
    )
    both = pd.concat([rows, more])
    table, other = (schedule_table(part, ["model"], draws=0, seed=1) for part in (rows, both))
    pd.testing.assert_frame_equal(table, other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drop": "visited_on"}, r"lack columns \['visited_on'\]"),
        ({"score_model": np.nan}, "score_model is missing in 80 of 80 settled visits"),
        ({"visited_on": pd.NaT}, "visited_on is missing in 80 of 80"),
        ({"weight": -1.0}, "80 weights are missing, infinite or negative"),
        ({"site_id": None}, "site_id is missing in 80 of 80 rows"),
    ],
)
def test_rows_that_do_not_allow_it_are_refused(change: "dict[str, object]", message: str) -> None:
    rows = two_weeks()
    rows = rows.drop(columns=change["drop"]) if "drop" in change else rows.assign(**change)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=message):
        schedule_table(rows, ["model"], draws=0, seed=1)


def test_policies_pairs_and_half_lives_that_make_no_sense_are_refused() -> None:
    rows = two_weeks()
    with pytest.raises(DataError, match=r"pairs name \['rival'\]"):
        schedule_table(rows, ["model"], pairs=[("model", "rival")], seed=1)
    with pytest.raises(DataError, match=r"half-lives \[0\] are not allowed"):
        schedule_table(rows, ["model"], half_lives=(0,), seed=1)
    with pytest.raises(DataError, match="there are no policies"):
        schedule_table(rows, [], seed=1)
    with pytest.raises(DataError, match="each once"):
        schedule_table(rows, ["model", "model"], seed=1)
