"""The draw: known probabilities, the floor, the random arm, and independence of the order of rows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError, StudyError
from riskml.planning import Draw, draw, draw_ranked

SITES = np.arange(14)
LEVEL = np.array(["high"] * 3 + ["middle"] * 5 + ["low"] * 6, dtype=object)
RATIO = {"high": 0.9, "middle": 0.5, "low": 0.2}
OVERDUE = np.array([0, 30, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 7, 0])
ELIGIBLE = np.array([True] * 13 + [False])
SCORE = np.array([9, 8, 8, 5, 5, 5, 5, 4, 3, 2, 2, 1, 0, 10.0])
SEEDS = 1000


def drawn(seed: int, **asked: Any) -> Draw:
    return draw(SITES, LEVEL, RATIO, seed=seed, **{"eligible": ELIGIBLE, "overdue": OVERDUE, **asked})


def ranked(seed: int, **asked: Any) -> Draw:
    return draw_ranked(SITES, SCORE, seed=seed, **{"eligible": ELIGIBLE, "overdue": OVERDUE, **asked})


CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "own intensities": (drawn, {}),
    "own intensities with a random arm": (drawn, {"random_share": 0.3}),
    "scaled to a budget": (drawn, {"budget": 9}),
    "budget and random arm": (drawn, {"budget": 6, "random_share": 0.34}),
    "no floor": (drawn, {"budget": 5, "random_share": 0.2, "overdue": None}),
    "floor beyond the budget": (drawn, {"budget": 3, "random_share": 0.34}),
    "by score": (ranked, {"budget": 6, "random_share": 0.34}),
    "by score, floor beyond the budget": (ranked, {"budget": 2, "random_share": 0.5}),
    "by score, without a random arm": (ranked, {"budget": 5}),
}


PLAIN = ("scaled to a budget", "by score, without a random arm")
"""Cases that are part of others."""


@pytest.mark.parametrize("case", [case for case in CASES if case not in PLAIN])
def test_a_thousand_draws_agree_with_the_probabilities(case: str) -> None:
    make, asked = CASES[case]
    found, alone = np.zeros(len(SITES)), np.zeros(len(SITES))
    for seed in range(SEEDS):
        made = make(seed, **asked)
        found += made.taken
        alone += made.arm == "random"
    for seen, chance in ((found, made.probability), (alone, made.random_probability)):
        spread = np.sqrt(chance * (1 - chance) / SEEDS)
        assert (np.abs(seen / SEEDS - chance) <= 4 * spread + 1e-12).all(), (seen / SEEDS, chance)
        for same in (np.isclose(chance, value) for value in np.unique(chance.round(9))):  # alike sites, taken together
            off = abs(seen[same].sum() / SEEDS - chance[same].sum())
            assert off <= 4 * np.sqrt((spread[same] ** 2).sum()) + 1e-9, (same, seen / SEEDS, chance)
    assert found[~ELIGIBLE].sum() == 0


@pytest.mark.parametrize("case", CASES)
def test_the_probabilities_sum_to_the_visits(case: str) -> None:
    make, asked = CASES[case]
    # 0.9 * 3 = 2.7, 0.5 * 5 = 2.5 and 0.2 * 6 = 1.2 visits by the intensities alone
    assert make(1, **asked).probability.sum() == pytest.approx(asked.get("budget", 6.4), abs=1e-9)


def test_hand_computed_probabilities_of_a_draw() -> None:
    # due: one high, one middle, one low; of the 2.7 high visits one is due, 1.7 fall on the two others
    chance = drawn(1).probability
    np.testing.assert_allclose(chance[:3], [0.85, 1, 0.85])
    np.testing.assert_allclose(chance[3:8], [0.375, 0.375, 1, 0.375, 0.375])  # (2.5 - 1) / 4
    np.testing.assert_allclose(chance[8:], [0.05, 0.05, 0.05, 0.05, 1, 0])  # (1.2 - 1) / 4, one is not eligible


def test_hand_computed_probabilities_by_score() -> None:
    # no random arm, five visits: three due sites, then the highest scores 9 and 8
    np.testing.assert_allclose(np.flatnonzero(ranked(1, budget=5).probability), [0, 1, 2, 5, 12])
    # two visits beyond the floor and a tie of three at score 5 for one of them
    tied = ranked(1, budget=6).probability
    np.testing.assert_allclose(tied[[3, 4, 6]], 1 / 3)


def test_one_of_three_is_drawn_from_all_alike_and_then_the_best_other() -> None:
    chance = draw_ranked(["a", "b", "c"], [3.0, 2.0, 1.0], seed=5, budget=2, random_share=0.5).probability
    np.testing.assert_allclose(chance, [1, 2 / 3, 1 / 3])  # b: if a or b is drawn; c: only if drawn


worlds = st.fixed_dictionaries(
    {
        "levels": st.lists(st.sampled_from(sorted(RATIO)), min_size=1, max_size=30),
        "seed": st.integers(0, 2**40),
        "share": st.sampled_from([0.0, 0.1, 0.5, 1.0]),
        "fill": st.floats(0, 1),
        "late": st.lists(st.integers(-50, 50), min_size=30, max_size=30),
        "closed": st.lists(st.integers(0, 4), min_size=30, max_size=30),
    }
)


def of_world(world: dict[str, Any]) -> dict[str, Any]:
    n = len(world["levels"])
    eligible = np.array(world["closed"][:n]) > 0
    return {
        "site_id": np.array([f"s{number}" for number in range(n)]),
        "eligible": eligible,
        "overdue": np.array(world["late"][:n]),
        "seed": world["seed"],
        "random_share": world["share"],
        "budget": max(1, round(world["fill"] * eligible.sum())),
    }


@settings(max_examples=60)
@given(worlds)
def test_a_plan_has_its_budget_its_floor_and_its_random_arm(world: dict[str, Any]) -> None:
    asked = of_world(world)
    if not asked["eligible"].any():
        return
    stratum, score = world["levels"], np.arange(len(world["levels"])) % 5.0
    random = int(np.floor(asked["random_share"] * asked["budget"] + 0.5))
    due = asked["eligible"] & (asked["overdue"] > 0)
    site_id = asked.pop("site_id")
    both = [draw(site_id, stratum, RATIO, **asked), draw_ranked(site_id, score, **asked)]
    for made in both:
        assert made.taken.sum() == asked["budget"]
        assert made.probability.sum() == pytest.approx(asked["budget"], abs=1e-9)
        assert (made.arm == "random").sum() == random
        assert not made.taken[~asked["eligible"]].any()
        assert ((made.probability >= -1e-12) & (made.probability <= 1 + 1e-12)).all()
        assert (made.probability[made.taken] > 0).all()
        assert made.taken[made.probability > 1 - 1e-12].all()
        if due.sum() <= asked["budget"] - random:
            assert made.taken[due].all()
        else:
            assert np.isin(made.arm[made.taken], ["floor", "random"]).all() or random > 0
    assert ((both[0].arm == "random") == (both[1].arm == "random")).all()


@settings(max_examples=40)
@given(worlds, st.randoms(use_true_random=False))
def test_the_same_seed_gives_the_same_plan_in_any_order_of_rows(world: dict[str, Any], shuffle: Any) -> None:
    asked = of_world(world)
    if not asked["eligible"].any():
        return
    n = len(world["levels"])
    stratum, score = np.array(world["levels"]), np.arange(n) % 5.0
    order = list(range(n))
    shuffle.shuffle(order)
    rows = {name: asked.pop(name) for name in ("site_id", "eligible", "overdue")}
    mixed = {name: values[order] for name, values in rows.items()}
    for one, other in (
        (
            draw(stratum=stratum, ratio=RATIO, **rows, **asked),
            draw(stratum=stratum[order], ratio=RATIO, **mixed, **asked),
        ),
        (draw_ranked(score=score, **rows, **asked), draw_ranked(score=score[order], **mixed, **asked)),
    ):
        assert (one.arm[order] == other.arm).all()
        np.testing.assert_array_equal(one.probability[order], other.probability)


def test_the_longest_overdue_come_first_when_the_floor_is_beyond_the_budget() -> None:
    assert SITES[ranked(3, budget=1).taken].tolist() == [1]
    assert drawn(3, budget=1).arm[1] == "floor"
    # the two that are seven days overdue have the same chance of the second visit
    np.testing.assert_allclose(drawn(3, budget=2).probability[[1, 5, 12]], [1, 0.5, 0.5])


def test_the_random_arm_estimates_the_failure_rate_without_bias() -> None:
    fails = (SCORE >= 5) | (SCORE == 0)  # whoever follows the score sees far more failures than there are
    truth = fails[ELIGIBLE].mean()
    rounds = [ranked(seed, budget=8, random_share=0.5) for seed in range(200)]
    alone = [(fails * (one.arm == "random")) / np.where(ELIGIBLE, one.random_probability, 1) for one in rounds]
    everyone = [(fails * one.taken) / np.where(ELIGIBLE, one.probability, 1) for one in rounds]
    for weighted in (alone, everyone):
        rates = np.array([values.sum() / ELIGIBLE.sum() for values in weighted])
        assert abs(rates.mean() - truth) < 4 * rates.std() / np.sqrt(len(rates))
    naive = np.mean([fails[one.taken].mean() for one in rounds])
    assert naive - truth > 0.1


def test_another_seed_gives_another_draw() -> None:
    assert len({tuple(drawn(seed, budget=5, overdue=None).arm) for seed in range(20)}) > 15


def test_due_sites_of_the_random_arm_say_random() -> None:
    assert set(drawn(1, budget=13, random_share=1.0).arm) == {"", "random"}


def test_what_cannot_be_drawn_is_refused_in_words() -> None:
    with pytest.raises(StudyError, match="whole number of visits, at least 1, got 0"):
        drawn(1, budget=0)
    with pytest.raises(StudyError, match="at least 1, got -3"):
        ranked(1, budget=-3)
    with pytest.raises(StudyError, match=r"at least 1, got 2\.5"):
        ranked(1, budget=2.5)
    with pytest.raises(DataError, match="14 visits is more than the 13 eligible of 14 sites"):
        drawn(1, budget=14)
    with pytest.raises(StudyError, match=r"between 0 and 1, got 1\.5"):
        drawn(1, random_share=1.5)
    with pytest.raises(StudyError, match="between 0 and 1, got nan"):
        drawn(1, random_share=float("nan"))
    with pytest.raises(StudyError, match="seed must be a whole number of at least 0, got -1"):
        drawn(-1)
    with pytest.raises(DataError, match=r"levels \['low'\] have no intensity; allowed are \['high', 'middle'\]"):
        draw(SITES, LEVEL, {"high": 1, "middle": 1}, seed=1)
    with pytest.raises(StudyError, match="ratios must be at least 0"):
        draw(SITES, LEVEL, {**RATIO, "low": -1}, seed=1)
    with pytest.raises(DataError, match=r"sites stand twice, such as \['a'\]"):
        draw(["a", "a"], ["low", "low"], RATIO, seed=1)
    with pytest.raises(DataError, match="1 of 2 eligible sites have no score"):
        draw_ranked(["a", "b"], [1.0, float("nan")], seed=1, budget=1)


def test_nobody_to_draw_is_an_empty_draw() -> None:
    made = draw([], [], RATIO, seed=1)
    assert (len(made.arm), made.probability.sum()) == (0, 0)
