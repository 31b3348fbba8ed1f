"""Caps by office: nobody gets more than the cap, the rest of the budget goes to the others."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from riskml.errors import DataError, StudyError
from riskml.planning.allocation import Floats
from riskml.planning.caps import draw_in_offices, offices_of
from riskml.planning.draw import Draw, draw_ranked

OFFICE = np.array(["east"] * 6 + ["west"] * 6 + ["north"] * 3)
SITES = np.arange(15)
SCORE = np.array([9.0, 8, 7, 6, 5, 4, 3, 3, 3, 2, 2, 2, 1, 1, 1])
DUE = np.array([False] * 13 + [True, False])
ALL = np.ones(15, dtype=bool)


def capped(caps: dict[str, int], *, seed: int = 1, budget: int | None = 6, share: float = 0.0) -> Draw:
    def one(rows: Any, visits: int, part: float, *mark: int) -> Draw:
        return draw_ranked(
            SITES[rows], SCORE[rows], seed=(seed, *mark), budget=visits, random_share=part, overdue=DUE[rows] * 1
        )

    demand = _demand(budget or 6, share)  # the same for every seed
    offices = offices_of(OFFICE, caps, eligible=ALL, due=DUE)
    return draw_in_offices(one, offices, demand=demand, budget=budget, random_share=share)


@cache
def _demand(budget: int, share: float) -> Floats:
    """What the sites would get without caps."""
    return draw_ranked(SITES, SCORE, seed=1, budget=budget, random_share=share, overdue=DUE * 1).probability


def by_office(made: Draw) -> dict[str, int]:
    return {name: int(made.taken[name == OFFICE].sum()) for name in ("east", "north", "west")}


def test_a_cap_sends_the_visits_to_the_other_offices() -> None:
    # without caps: the due site in the north, and the five best, all of the east
    assert by_office(capped({"east": 6})) == {"east": 5, "north": 1, "west": 0}
    made = capped({"east": 2})
    assert by_office(made)["east"] == 2
    assert made.taken[[0, 1, 13]].all()
    assert made.taken.sum() == 6


def test_due_sites_keep_their_visits_beside_the_random_arm() -> None:
    # the plan without caps expects 8.2 visits in the first office: eight due ones, and a tenth of the two others. One
    # of its visits belongs to the random arm, so it needs nine for the eight due sites to be sure of theirs
    office, due = np.array(["a"] * 10 + ["b"] * 90), np.arange(100) < 8

    def one(rows: Any, visits: int, part: float, *mark: int) -> Draw:
        score = np.arange(100.0)[rows]
        return draw_ranked(rows, score, seed=(1, *mark), budget=visits, random_share=part, overdue=due[rows] * 1)

    whole = one(np.arange(100), 20, 0.5)
    assert whole.probability[:10].sum() == pytest.approx(8.2)
    offices = offices_of(office, {"b": 15}, eligible=np.ones(100, dtype=bool), due=due)
    made = draw_in_offices(one, offices, demand=whole.probability, budget=20, random_share=0.5)
    np.testing.assert_allclose(made.probability[:8], 1)
    assert made.taken[:10].sum() == 9


def test_a_cap_of_zero_closes_an_office() -> None:
    made = capped({"north": 0})
    assert by_office(made)["north"] == 0
    assert made.probability[12:].sum() == 0


def test_probabilities_sum_to_the_visits_of_each_office_and_agree_with_many_draws() -> None:
    made = [capped({"east": 3}, seed=seed, budget=9, share=0.34) for seed in range(500)]
    chance = made[0].probability
    assert chance.sum() == pytest.approx(9)
    assert chance[OFFICE == "east"].sum() == pytest.approx(3)
    seen = np.mean([one.taken for one in made], axis=0)
    assert (np.abs(seen - chance) <= 4 * np.sqrt(chance * (1 - chance) / 500) + 1e-12).all()
    alone = made[0].random_probability
    assert alone.sum() == pytest.approx(3)
    seen = np.mean([one.arm == "random" for one in made], axis=0)
    assert (np.abs(seen - alone) <= 4 * np.sqrt(alone * (1 - alone) / 500) + 1e-12).all()


def test_without_a_budget_the_caps_cut_the_demand() -> None:
    assert by_office(capped({"east": 2}, budget=None)) == {"east": 2, "north": 1, "west": 0}


def test_caps_that_cannot_hold_are_refused_in_words() -> None:
    with pytest.raises(DataError, match=r"caps name offices \['est'\] that have no open site; there are \['east'"):
        capped({"est": 3})
    with pytest.raises(StudyError, match=r"a cap must be a whole number of visits, at least 0, got \{'east': -1\}"):
        capped({"east": -1})
    with pytest.raises(DataError, match="the caps leave room for 3 visits, the budget is 6"):
        capped({"east": 1, "west": 1, "north": 1})
