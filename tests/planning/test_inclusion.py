"""Inclusion probabilities: the formulas against the enumeration of every possible draw."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from riskml.planning.inclusion import averaged, replaced, walked


def mean(counts: "Iterable[list[Fraction]]", sites: int) -> list[Fraction]:
    rows = list(counts)
    return [sum((row[place] for row in rows), Fraction(0)) / len(rows) for place in range(sites)]


@pytest.mark.parametrize(
    ("sites", "budget", "random"), [(4, 2, 1), (7, 4, 2), (6, 6, 2), (6, 3, 3), (7, 5, 4), (5, 3, 0)]
)
def test_the_walk_agrees_with_every_possible_random_arm(sites: int, budget: int, random: int) -> None:
    def taken(arm: tuple[int, ...]) -> list[Fraction]:
        rest = [place for place in range(sites) if place not in arm][: budget - random]
        return [Fraction(place in arm or place in rest) for place in range(sites)]

    exact = mean((taken(arm) for arm in combinations(range(sites), random)), sites)
    found = walked(sites, budget=budget, random=random)
    np.testing.assert_allclose(found, [float(value) for value in exact], atol=1e-12)
    assert found.sum() == pytest.approx(budget, abs=1e-9)


@pytest.mark.parametrize(("due", "random"), [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 0)])
def test_replacing_by_lot_agrees_with_every_possible_draw(due: int, random: int) -> None:
    sites, budget = 6, 3
    others = range(due, sites)

    def kept(listed: tuple[int, ...], arm: tuple[int, ...]) -> list[Fraction]:
        fixed = {*arm, *range(due)}
        left = [place for place in listed if place not in fixed]
        chance = Fraction(budget - len(fixed), len(left)) if left else Fraction(0)
        return [Fraction(1) if p in fixed else chance if p in left else Fraction(0) for p in range(sites)]

    lists = list(combinations(others, budget - due))
    exact = mean((kept(one, arm) for one in lists for arm in combinations(range(sites), random)), sites)
    share = (budget - due) / len(others)
    listed = np.array([1.0] * due + [share] * len(others))
    found = replaced(listed, np.arange(sites) < due, budget=budget, random=random)
    np.testing.assert_allclose(found, [float(value) for value in exact], atol=1e-12)
    assert found.sum() == pytest.approx(budget, abs=1e-9)


def test_a_large_plan_keeps_its_sum() -> None:
    found = walked(2_000_000, budget=400_000, random=40_000)
    assert found.sum() == pytest.approx(400_000, rel=1e-9)
    assert found[359_999] == 1
    assert (np.diff(found) <= 1e-12).all()
    assert found[-1] == 0.02


def test_ties_share_their_probability() -> None:
    assert averaged(np.array([1.0, 0.8, 0.2, 0.1]), np.array([1, 2, 2, 3])).tolist() == [1, 0.5, 0.5, 0.1]
    assert averaged(np.zeros(0), np.zeros(0, dtype=np.int64)).tolist() == []
