"""The linear re-cut: exact on the sample, fair to ties, and what a slow count by its definition gives."""

import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.evaluation._ranking import Multiplicity, Ranked, rank, tally
from riskml.evaluation._recut import AROUND, recut

SHARES = [0.1, 0.25, 1.0]


def pool(seed: int, *, sites: int = 150, ties: bool = True) -> Ranked:
    """Three strata of visits, several a site, with weights of their own."""
    rng = np.random.default_rng(seed)
    n = 3 * sites
    score = rng.normal(size=n)
    return rank(
        rng.random(n) < 1 / (1 + np.exp(1.5 - score)),
        np.round(score, 1) if ties else score,
        weight=rng.choice([0.5, 1.0, 2.0], size=n),
        stratum=np.repeat(np.arange(3), sites),
        site=rng.integers(0, sites, n).astype(np.int32),
    )


def draws(number: int, sites: int, seed: int = 3) -> Multiplicity:
    return np.random.default_rng(seed).multinomial(sites, np.full(sites, 1 / sites), size=number).astype(np.uint16)


def slow(ranked: Ranked, share: float, multiplicity: NDArray[np.uint16]) -> float:
    """Row by row: the chosen part of each row, and the rate around the cut for the visits left over."""
    found = spent = asked = near_hits = near = 0.0
    for first, last in zip(ranked.starts[:-1], ranked.starts[1:], strict=True):
        total, begin = ranked.weight[first:last].sum(), 0.0
        ends = [row for row in range(first, last) if ranked.last[row]]
        group_first = first
        for end in ends:
            rows = range(group_first, end + 1)
            weight = sum(ranked.weight[row] for row in rows)
            chosen = min(max(share * total - begin, 0), weight) / weight
            low, high = max(begin, share * (1 - AROUND) * total), min(begin + weight, share * (1 + AROUND) * total)
            for row in rows:
                m, w, hit = multiplicity[ranked.site[row]], ranked.weight[row], ranked.amount[row] * ranked.outcome[row]
                found, spent, asked = found + m * chosen * hit, spent + m * chosen * w, asked + m * share * w
                near_hits += max(high - low, 0) / weight * hit
                near += max(high - low, 0) / weight * w
            begin, group_first = begin + weight, end + 1
    return found + near_hits / near * (asked - spent)


@pytest.mark.parametrize("ties", [True, False])
def test_on_the_sample_itself_it_is_the_exact_cut(ties: bool) -> None:
    ranked, once = pool(1, ties=ties), np.ones((1, 150), dtype=np.uint16)
    linear = recut(ranked, shares=SHARES, sites=150).found(once)
    assert linear == pytest.approx(tally(ranked, once, shares=SHARES).found, rel=1e-12)


@pytest.mark.parametrize("ties", [True, False])
def test_a_slow_count_by_the_definition_gives_the_same(ties: bool) -> None:
    ranked, several = pool(2, ties=ties), draws(5, 150)
    linear = recut(ranked, shares=SHARES, sites=150).found(several)
    expected = [[slow(ranked, share, one) for share in SHARES] for one in several]
    assert linear == pytest.approx(np.array(expected), rel=1e-9)


def test_a_constant_score_finds_its_share_of_the_failures_in_every_resample() -> None:
    ranked = pool(4)
    flat = rank(
        ranked.outcome, np.zeros(450), weight=ranked.weight, stratum=np.repeat([0, 1, 2], 150), site=ranked.site
    )
    several = draws(20, 150)
    positive = tally(flat, several, shares=SHARES).positive
    assert recut(flat, shares=SHARES, sites=150).found(several) == pytest.approx(positive[:, None] * SHARES, rel=1e-9)


def test_the_whole_pool_as_budget_finds_every_failure() -> None:
    ranked, several = pool(5), draws(20, 150)
    found = recut(ranked, shares=[1.0], sites=150).found(several)[:, 0]
    assert found == pytest.approx(tally(ranked, several, shares=[1.0]).positive, rel=1e-9)


def test_in_a_large_pool_it_spreads_as_the_exact_cut_does() -> None:
    ranked, several = pool(6, sites=20_000, ties=False), draws(200, 20_000)
    exact = tally(ranked, several, shares=[0.1]).found[:, 0]
    linear = recut(ranked, shares=[0.1], sites=20_000).found(several)[:, 0]
    assert linear.std() == pytest.approx(exact.std(), rel=0.05)
    assert np.corrcoef(linear, exact)[0, 1] > 0.97


def test_no_resample_finds_more_than_there_is() -> None:
    fail = np.repeat([True, False], [52, 448])
    site = np.arange(500, dtype=np.int32)
    ranked = rank(fail, fail.astype(float), weight=np.ones(500), stratum=np.zeros(500), site=site)
    several = draws(200, 500)
    exact, linear = tally(ranked, several, shares=[0.1]), recut(ranked, shares=[0.1], sites=500)
    assert (linear.found(several)[:, 0] > exact.positive).any()
    assert (linear.tally(exact, several).found[:, 0] <= exact.positive).all()


def test_a_group_without_weight_changes_nothing() -> None:
    score, fail = np.array([3.0, 2.0, 1.0]), np.array([True, True, False])
    ranked = rank(fail, score, weight=np.array([0.0, 1.0, 1.0]), stratum=np.zeros(3), site=np.arange(3, dtype=np.int32))
    assert recut(ranked, shares=[0.5], sites=3).found(np.array([[9, 1, 1]], dtype=np.uint16)).tolist() == [[1.0]]


def test_the_sums_of_a_resample_need_no_pass_down_the_pool() -> None:
    ranked, several = pool(7), draws(20, 150)
    linear, exact = recut(ranked, shares=SHARES, sites=150), tally(ranked, several, shares=SHARES)
    positive, visits, found = linear.budgets(several)
    assert positive == pytest.approx(exact.positive, rel=1e-12)
    assert visits == pytest.approx(exact.visits, rel=1e-12)
    assert found == pytest.approx(linear.tally(exact, several).found, rel=1e-9)
