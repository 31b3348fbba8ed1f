"""The schedule table: hand-computed slots, every measure against all orders of small worlds, chance, intervals."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation._moving import arrange, first_halves, move
from riskml.evaluation._visits import made_visits
from riskml.evaluation.schedule import by_chance, days_earlier, first_half
from riskml.evaluation.schedule_table import schedule_table

HALF_LIVES = (3.0, 20.0)
Measure = Callable[[int, int], float]  # day made, simulated day -> what the failure counts


def visits_of(
    day: Sequence[int], fail: Sequence[bool], score: Sequence[float], who: Sequence[str], origin: Sequence[int]
) -> pd.DataFrame:
    """Scored rows of one visit each; each origin is a Monday, from which days count."""
    start = pd.Timestamp("2024-01-01")
    place = pd.Series(origin)
    return pd.DataFrame(
        {
            "site_id": [f"s{k:04d}" for k in range(len(day))],
            "origin": start + pd.to_timedelta(place * 98, unit="D"),
            "visited_on": start + pd.to_timedelta(place * 98 + pd.Series(day), unit="D"),
            "fail": pd.array(fail, dtype="boolean"),
            "weight": 1.0,
            "inspector": pd.array(who, dtype="str"),
            "office": "east",
            "score_model": score,
        }
    )


def world(seed: int, *, origins: int = 16, size: int = 4) -> pd.DataFrame:
    """Few visits at each of many origins, with ties in scores and days."""
    rng = np.random.default_rng(seed)
    n = origins * size
    table = visits_of(
        rng.integers(0, 9, n).tolist(),
        (rng.random(n) < 0.5).tolist(),
        rng.integers(0, 3, n).astype(float).tolist(),
        rng.choice(["ann", "bob"], n).tolist(),
        np.repeat(np.arange(origins), size).tolist(),
    )
    return table.assign(score_rival=rng.random(n))


def of(table: pd.DataFrame, policy: str, form: str, metric: str, half_life: float = float("nan")) -> "dict[Any, Any]":
    """One row of the table."""
    life = table["half_life_days"]
    same = life.isna() if np.isnan(half_life) else life == half_life
    rows = table[(table["policy"] == policy) & (table["form"] == form) & (table["metric"] == metric) & same]
    assert len(rows) == 1
    return rows.iloc[0].to_dict()


def strata(rows: pd.DataFrame, form: str) -> Iterator[pd.DataFrame]:
    """The sets of visits that may change places, by another way than the code under test."""
    monday = rows["visited_on"] - pd.to_timedelta(rows["visited_on"].dt.day_of_week, unit="D")
    keys = [rows["origin"]] if form == "free" else [rows["origin"], rows["inspector"], rows["office"], monday]
    for _, part in rows.groupby(keys):
        yield part


def orders(part: pd.DataFrame, score: "pd.Series[float] | None") -> "list[tuple[int, ...]]":
    """Every order of a stratum that a score allows (all of them without one), as places of its rows."""
    every = itertools.permutations(range(len(part)))
    if score is None:
        return list(every)
    values = score.loc[part.index].to_numpy()
    return [order for order in every if (np.diff(values[list(order)]) <= 0).all()]


def sums(part: pd.DataFrame, score: "pd.Series[float] | None", measure: Measure) -> "list[float]":
    """The sum over the failures of a stratum under every order."""
    day = ((part["visited_on"] - part["origin"]).dt.days).to_numpy()
    fail, offered = part["fail"].to_numpy(bool), np.sort(day)
    return [
        sum(measure(day[row], offered[place]) for place, row in enumerate(order) if fail[row])
        for order in orders(part, score)
    ]


def halves(rows: pd.DataFrame) -> "dict[pd.Timestamp, int]":
    """The last day of each origin's first half, or -1."""
    found = {}
    for _, part in rows.groupby("origin"):
        day = ((part["visited_on"] - part["origin"]).dt.days).to_numpy()
        early = [one for one in np.unique(day) if (day <= one).sum() < len(day) / 2]
        found[part["origin"].iloc[0]] = max(early, default=-1)
    return found


def sweep(name: str, half_life: float) -> "tuple[str, float, Callable[[int], Measure]]":
    """A measure of one half-life; the first half is not read."""

    def still(made: int, then: int) -> float:
        return float(2.0 ** (-abs(made - then) / half_life))

    counted: Measure = still if name == "still_there" else lambda made, then: still(made, then) * (made - then)
    return name, half_life, lambda _: counted


MEASURES: "list[tuple[str, float, Callable[[int], Measure]]]" = [
    ("days_earlier", float("nan"), lambda _: lambda made, then: float(made - then)),
    ("first_half", float("nan"), lambda half: lambda _, then: float(then <= half)),
    *(sweep(name, life) for name in ("days_earlier", "still_there") for life in HALF_LIVES),
]


@pytest.mark.parametrize("form", ["free", "slots"])
def test_every_measure_is_its_mean_over_all_orders_that_the_score_allows(form: str) -> None:
    rows = world(1)
    table = schedule_table(rows, ["model", "rival"], half_lives=HALF_LIVES, draws=0, seed=1)
    early, failures = halves(rows), int(rows["fail"].sum())
    for name, life, make in MEASURES:
        for policy, score in (("model", rows["score_model"]), ("rival", rows["score_rival"])):
            found = sum(np.mean(sums(p, score, make(early[p["origin"].iloc[0]]))) for p in strata(rows, form))
            row = of(table, policy, form, name, life)
            assert row["value"] == pytest.approx(found / failures)
            chance = [sums(p, None, make(early[p["origin"].iloc[0]])) for p in strata(rows, form)]
            assert row["by_chance"] == pytest.approx(sum(map(np.mean, chance)) / failures)
            assert row["by_chance_sd"] == pytest.approx(np.sqrt(sum(map(np.var, chance))) / failures)
            best = sum(
                np.mean(sums(p, p["fail"].astype(float), make(early[p["origin"].iloc[0]]))) for p in strata(rows, form)
            )
            assert row["perfect"] == pytest.approx(best / failures)


def test_with_one_origin_it_is_the_published_figure_with_expected_ties() -> None:
    rng = np.random.default_rng(3)
    day, fail, score = rng.integers(0, 60, 200), rng.random(200) < 0.3, rng.integers(0, 9, 200)
    rows = visits_of(day.tolist(), fail.tolist(), score.tolist(), ["ann"] * 200, [0] * 200)
    table = schedule_table(rows, ["model"], half_lives=(), draws=0, seed=1)
    chance = by_chance(fail, day)
    assert chance is not None
    row = of(table, "model", "free", "days_earlier")
    assert row["value"] == pytest.approx(days_earlier(fail, score, day))
    assert [row["by_chance"], row["by_chance_sd"]] == pytest.approx([chance.mean, chance.sd])
    assert of(table, "model", "free", "first_half")["value"] == pytest.approx(first_half(fail, score, day))


# Two weeks from a Monday, at 10 origins so that there are 20 failures. Ann on days 0, 2 and 8, Bob on day 3.
DAY, FAIL, SCORE, WHO = [0, 2, 8, 3], [False, True, True, False], [1.0, 9.0, 9.0, 0.0], ["ann", "ann", "ann", "bob"]


def two_weeks() -> pd.DataFrame:
    origin = np.repeat(np.arange(10), 4).tolist()
    return visits_of(DAY * 10, FAIL * 10, SCORE * 10, WHO * 10, origin)


def test_in_slots_a_visit_moves_only_inside_its_inspectors_week() -> None:
    table = schedule_table(two_weeks(), ["model"], half_lives=(2.0,), draws=0, seed=1)
    # Ann's first week: the failure of day 2 goes to day 0, two days earlier; day 8 is alone in the second week
    row = of(table, "model", "slots", "days_earlier")
    assert [row["value"], row["by_chance"], row["perfect"]] == pytest.approx([1.0, 0.5, 1.0])
    assert of(table, "", "slots", "can_move")["value"] == 0.5
    assert of(table, "model", "slots", "days_earlier", 2.0)["value"] == pytest.approx(0.5 * 2 / 2)
    assert of(table, "model", "slots", "still_there", 2.0)["value"] == pytest.approx((0.5 + 1) / 2)
    # free: days 0 and 2 for the two failures, one of each
    assert of(table, "model", "free", "days_earlier")["value"] == pytest.approx((2 + 8 - 0 - 2) / 2)


def test_another_office_or_an_unknown_inspector_ends_the_slot() -> None:
    rows = two_weeks()
    offices = rows.assign(office=np.where(rows["score_model"] == 1.0, "west", "east"))
    assert of(schedule_table(offices, ["model"], draws=0, seed=1), "", "slots", "can_move")["value"] == 0.0
    unknown = rows.assign(inspector=rows["inspector"].where(rows["score_model"] != 1.0))
    table = schedule_table(unknown, ["model"], draws=0, seed=1)
    assert of(table, "", "slots", "can_move")["value"] == 0.0
    assert of(table, "model", "slots", "days_earlier")["value"] == 0.0


def test_a_constant_score_is_the_random_order_and_net_of_it_nothing() -> None:
    rows = world(2).assign(score_flat=0.5)
    table = schedule_table(rows, ["flat"], half_lives=(7.0,), draws=20, seed=1)
    for _, row in table[table["policy"] == "flat"].iterrows():
        if row["metric"].endswith("_net"):
            assert [row["value"], row["low"], row["high"], row["by_chance"]] == pytest.approx([0, 0, 0, 0], abs=1e-12)
        else:
            assert row["value"] == pytest.approx(row["by_chance"])


def test_a_long_half_life_is_none_and_a_short_one_leaves_what_does_not_move() -> None:
    rows = world(4)
    table = schedule_table(rows, ["model"], half_lives=(1e-3, 1e9), draws=0, seed=1)
    stays = of(table, "model", "free", "days_earlier")["value"]
    assert of(table, "model", "free", "days_earlier", 1e9)["value"] == pytest.approx(stays)
    assert of(table, "model", "free", "still_there", 1e9)["value"] == pytest.approx(1.0)
    assert of(table, "model", "free", "days_earlier", 1e-3)["value"] == pytest.approx(0.0)
    assert 0 < of(table, "model", "free", "still_there", 1e-3)["value"] < 1


def test_as_made_is_the_share_of_failures_on_the_days_of_the_first_half() -> None:
    table = schedule_table(two_weeks(), ["model"], draws=0, seed=1)
    # days 0, 2, 3, 8: below half of four visits is day 0 only, on which nothing fails
    assert of(table, "as_made", "free", "first_half")["value"] == 0.0
    assert of(table, "model", "free", "first_half")["value"] == 0.5


def test_a_weighted_schedule_is_that_of_the_repeated_visits() -> None:
    rows = world(5, origins=6, size=8)
    times = np.random.default_rng(6).integers(0, 4, len(rows))
    repeated = rows.loc[np.repeat(rows.index, times)]
    once, again = (made_visits(table, ["model", "rival"]) for table in (rows, repeated))
    for stratum, later in ((once.origin, again.origin), (once.slots(), again.slots())):
        other = np.unique(later, return_inverse=True)[1]
        drawn, plain = times.astype(np.uint16)[None, :], np.ones((1, again.sites), dtype=np.uint16)
        a = move(arrange(once, stratum, ["model", "rival"]), drawn, halves=first_halves(once, drawn), half_lives=(5.0,))
        b = move(arrange(again, other, ["model", "rival"]), plain, halves=first_halves(again, plain), half_lives=(5.0,))
        assert a == pytest.approx(b)


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
        ({"score_model": np.nan}, "score_model is missing in 40 of 40 settled visits"),
        ({"visited_on": pd.NaT}, "visited_on is missing in 40 of 40"),
        ({"weight": -1.0}, "40 weights are missing, infinite or negative"),
        ({"site_id": None}, "site_id is missing in 40 of 40 rows"),
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
