"""The schedule table: hand-computed slots, and every measure against all orders of small worlds."""

import itertools
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from riskml.evaluation.schedule._moving import arrange, first_halves, move
from riskml.evaluation.schedule._visits import made_visits
from riskml.evaluation.schedule.days import by_chance, days_earlier, first_half
from riskml.evaluation.schedule.table import schedule_table
from schedule_worlds import FAIL, SCORE, WHO, of, strata, two_weeks, visits_of, world

HALF_LIVES = (3.0, 20.0)
Measure = Callable[[int, int], float]  # day made, simulated day -> what the failure counts


@cache
def orders(score: tuple[float, ...]) -> list[tuple[int, ...]]:
    """Every order of a few visits that their scores allow, as their places."""
    every = itertools.permutations(range(len(score)))
    return [order for order in every if all(score[a] >= score[b] for a, b in pairwise(order))]


def sums(day: list[int], fail: list[bool], score: list[float], measure: Measure) -> list[float]:
    """The sum over the failures of a stratum under every order that the scores allow."""
    offered = sorted(day)
    return [
        sum(measure(day[row], offered[place]) for place, row in enumerate(order) if fail[row])
        for order in orders(tuple(score))
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
    parts = [
        (early[part["origin"].iloc[0]], (part["visited_on"] - part["origin"]).dt.days.tolist(), part)
        for part in strata(rows, form)
        if part["fail"].any()
    ]
    for name, life, make in MEASURES:
        by = {
            policy: [sums(day, part["fail"].tolist(), part[column].tolist(), make(half)) for half, day, part in parts]
            for policy, column in (
                ("model", "score_model"),
                ("rival", "score_rival"),
                ("any", "weight"),
                ("best", "fail"),
            )
        }
        mean = {policy: sum(map(np.mean, found)) / failures for policy, found in by.items()}
        for policy in ("model", "rival"):
            row = of(table, policy, form, name, life)
            found = [row[column] for column in ("value", "by_chance", "perfect", "by_chance_sd")]
            spread = np.sqrt(sum(map(np.var, by["any"]))) / failures
            assert found == pytest.approx([mean[policy], mean["any"], mean["best"], spread])
            if name != "still_there":
                net = of(table, policy, form, f"{name}_net", life)
                found = [net[column] for column in ("value", "by_chance", "perfect", "by_chance_sd")]
                assert found == pytest.approx([mean[policy] - mean["any"], 0, mean["best"] - mean["any"], spread])


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


def test_visits_of_one_day_have_nowhere_to_move() -> None:
    rows = two_weeks()
    together = rows.assign(
        visited_on=rows["visited_on"].where(rows["score_model"] != 1.0, rows["visited_on"].shift(-1))
    )
    table = schedule_table(together, ["model"], draws=0, seed=1)
    assert of(table, "", "slots", "can_move")["value"] == 0.0
    row = of(table, "model", "slots", "days_earlier")
    assert np.isnan(row["value"])
    assert row["reason"] == "not enough data: 0 failed visits have another day to move to, 20 are needed"


def test_a_slot_inside_one_half_moves_days_and_no_half() -> None:
    # the first half is day 0, Bob's; Ann's failure of day 3 may go to day 2 only
    rows = visits_of([2, 3, 8, 0] * 20, FAIL * 20, SCORE * 20, WHO * 20, np.repeat(np.arange(20), 4).tolist())
    table = schedule_table(rows, ["model"], draws=0, seed=1)
    assert of(table, "model", "slots", "days_earlier")["value"] == 0.5
    told = of(table, "model", "slots", "first_half")["reason"]
    assert told == "not enough data: 0 failed visits stand where the day could change halves, 20 are needed"


def test_another_office_or_an_unknown_inspector_ends_the_slot() -> None:
    rows = two_weeks()
    offices = rows.assign(office=np.where(rows["score_model"] == 1.0, "west", "east"))
    assert of(schedule_table(offices, ["model"], draws=0, seed=1), "", "slots", "can_move")["value"] == 0.0
    unknown = rows.assign(inspector=rows["inspector"].where(rows["inspector"] == "bob"))
    assert of(schedule_table(unknown, ["model"], draws=0, seed=1), "", "slots", "can_move")["value"] == 0.0


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
    # in slots the failure of day 2 may go to day 0 and so into the first half, that of day 8 may not
    assert of(table, "model", "slots", "first_half")["value"] == 0.5
    fewer = schedule_table(two_weeks().iloc[4:], ["model"], draws=0, seed=1)
    told = of(fewer, "model", "slots", "first_half")["reason"]
    assert told == "not enough data: 19 failed visits stand where the day could change halves, 20 are needed"
    assert of(fewer, "model", "free", "first_half")["value"] == 0.5


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
