"""The draw: sites of a plan by seeded chance or by rank, each site's probability of being in it known exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskml.errors import DataError
from riskml.planning import pool
from riskml.planning.allocation import Floats, Ints, Outcome, equal_budget, nearest_whole, outcomes, whole_visits
from riskml.planning.inclusion import averaged, replaced, walked
from riskml.planning.pool import Flags, Pool

FLOOR: Final = "floor"
RANKED: Final = "ranked"
DRAWN: Final = "drawn"
RANDOM: Final = "random"
ARMS: Final = (FLOOR, RANKED, DRAWN, RANDOM)
"""Why a site is in a plan: its floor is due, its score, the draw within its stratum, the draw from all sites."""


@dataclass(frozen=True)
class Draw:
    """Who is in a plan, in the order of the sites given; n sites.

    Attributes:
        arm: one of `ARMS`, "" for a site that is not in the plan, shape (n,). A site of the random arm says "random"
            even if its floor is due, so that the arm is whole.
        probability: that the site is in the plan, over all seeds, 0 to 1, shape (n,).
        random_probability: that it is in the random arm; the same for every eligible site, shape (n,).
    """

    arm: NDArray[np.str_]
    probability: Floats
    random_probability: Floats

    @property
    def taken(self) -> Flags:
        """Which sites are in the plan, shape (n,)."""
        return np.asarray(self.arm != "")


def draw(
    site_id: ArrayLike,
    stratum: ArrayLike,
    ratio: Mapping[str, float],
    *,
    seed: "int | Sequence[int]",
    budget: int | None = None,
    random_share: float = 0.0,
    eligible: "Flags | None" = None,
    overdue: "Ints | None" = None,
) -> Draw:
    """The double-random draw of sites: stratified, without replacement, seeded, whatever the order of the rows.

    A stratum of N sites gets ratio x N visits, at least its due sites and at most its eligible ones; fractions are
    rounded by chance. With a budget all ratios are scaled by one factor so that the visits sum to it. Due sites come
    first, the others are drawn with equal chances. A random arm is drawn uniformly from all eligible sites before
    anything else; what it adds replaces drawn sites by lot. Where due sites exceed what the random arm leaves, the
    longest overdue come first.

    Args:
        site_id: keys, unique, n sites.
        stratum: of each site.
        ratio: visits a site of each stratum is to get in the period (0.3 = three in ten); above 1 counts as 1 visit.
        seed: of all chance.
        budget: visits in all; None for what the ratios give.
        random_share: share of the visits that is drawn uniformly, 0 to 1, to the nearest whole visit.
        eligible: sites that may be drawn; all if None.
        overdue: days by which the floor of a site is overdue, 0 where it is not due; nobody's if None.

    Raises:
        StudyError: if budget, share, seed or a ratio is out of its range.
        DataError: for a repeated site, a stratum without ratio, or a budget that the sites cannot fill.

    >>> made = draw(["a", "b", "c", "d"], ["high", "high", "low", "low"], {"high": 1.0, "low": 0.5}, seed=1)
    >>> made.probability.tolist(), int(made.taken.sum())
    ([1.0, 1.0, 0.5, 0.5], 3)
    """
    sites = pool.pool_of(site_id, eligible, overdue, seed)
    strata = _Strata.of(sites, stratum, ratio)
    share = pool.checked_share(random_share)
    expected = _expected(strata, None if budget is None else pool.checked_budget(budget, sites))
    ends = outcomes(expected)
    chance = sum(
        (end.weight * _drawn_probability(sites, strata, end, share) for end in ends), np.zeros(len(sites.rows))
    )
    alone = sum(end.weight * nearest_whole(share * end.visits) for end in ends)
    numbers = whole_visits(expected, sites.stream("rounding").random())
    return _result(sites, _drawn_arms(sites, strata, numbers, share), chance, alone)


def draw_ranked(
    site_id: ArrayLike,
    score: ArrayLike,
    *,
    seed: "int | Sequence[int]",
    budget: int,
    random_share: float = 0.0,
    eligible: "Flags | None" = None,
    overdue: "Ints | None" = None,
) -> Draw:
    """The sites with the highest scores, after the random arm and the sites whose floor is due.

    Equal scores are ordered by seeded chance, and each of them has the same probability.

    Args:
        site_id: keys, unique, n sites.
        score: higher is visited first; finite where the site is eligible.
        seed: of all chance.
        budget: visits in all.
        random_share: share of the visits that is drawn uniformly, 0 to 1, to the nearest whole visit.
        eligible: sites that may be visited; all if None.
        overdue: days by which the floor of a site is overdue, 0 where it is not due; nobody's if None.

    Raises:
        StudyError: if budget, share or seed is out of its range.
        DataError: for a repeated site, an eligible site without a score, or a budget that the sites cannot fill.

    >>> made = draw_ranked(["a", "b", "c"], [0.1, 0.5, 0.5], seed=1, budget=1)
    >>> made.probability.tolist()
    [0.0, 0.5, 0.5]
    """
    sites = pool.pool_of(site_id, eligible, overdue, seed)
    values = np.asarray(score, dtype=np.float64)[sites.rows]
    if not np.isfinite(values).all():
        raise DataError(
            f"{int((~np.isfinite(values)).sum())} of {len(values)} eligible sites have no score; score every open site"
        )
    size, share = pool.checked_budget(budget, sites), pool.checked_share(random_share)
    random = nearest_whole(share * size)
    chance, order = _walk(sites, values, size, random)
    arms = _along(sites, order, size, _random_arm(sites, random), RANKED)
    return _result(sites, arms, chance, random)


@dataclass(frozen=True)
class _Strata:
    """Strata of a pool: code of each eligible site, and visits wanted with their bounds, shape (g,)."""

    code: Ints
    ratio: Floats
    wanted: Floats
    least: Floats
    most: Floats

    @classmethod
    def of(cls, sites: Pool, stratum: ArrayLike, ratio: Mapping[str, float]) -> "_Strata":
        names, codes = pool.coded(stratum)
        ratios = pool.checked_ratios(names, ratio)
        code = codes[sites.rows]
        least = np.bincount(code[sites.due], minlength=len(names)).astype(np.float64)
        most = np.bincount(code, minlength=len(names)).astype(np.float64)
        wanted = ratios * np.bincount(codes, minlength=len(names))
        return cls(code, ratios, wanted, least, most)


def _expected(strata: _Strata, budget: int | None) -> Floats:
    """Expected visits by stratum; where due sites alone exceed the budget only the sum has a meaning."""
    if budget is None:
        return np.clip(strata.wanted, strata.least, strata.most)
    if strata.least.sum() > budget:
        return np.append(float(budget), np.zeros(len(strata.least) - 1))
    return equal_budget(strata.wanted, strata.least, strata.most, budget)


def _drawn_probability(sites: Pool, strata: _Strata, end: Outcome, share: float) -> Floats:
    """Inclusion probability of every eligible site, given in how many visits the rounding ends, shape (m,)."""
    random = nearest_whole(share * end.visits)
    if strata.least.sum() > end.visits - random:
        return _walk(sites, strata.ratio[strata.code], end.visits, random)[0]
    free = strata.most - strata.least
    within = np.divide(end.expected - strata.least, free, out=np.zeros(len(free)), where=free > 0)
    listed = np.where(sites.due, 1.0, within[strata.code])
    return replaced(listed, sites.due, budget=end.visits, random=random)


def _drawn_arms(sites: Pool, strata: _Strata, numbers: Ints, share: float) -> NDArray[np.str_]:
    """The arm of every eligible site in one draw of so many visits by stratum, shape (m,)."""
    visits = int(numbers.sum())
    random = nearest_whole(share * visits)
    arm = _random_arm(sites, random)
    if strata.least.sum() > visits - random:
        order = _walk(sites, strata.ratio[strata.code], visits, random)[1]
        return _along(sites, order, visits, arm, DRAWN)
    free = np.flatnonzero(~sites.due)
    order = free[np.lexsort((sites.stream("drawn").random(len(free)), strata.code[free]))]
    code = strata.code[order]
    place = np.arange(len(order)) - np.searchsorted(code, code)
    listed = np.sort(order[place < (numbers - strata.least)[code]])
    arm[sites.due & (arm == "")] = FLOOR
    left = listed[arm[listed] == ""]
    room = visits - int((arm != "").sum())
    arm[sites.stream("replaced").permutation(left)[:room]] = DRAWN
    return arm


def _random_arm(sites: Pool, visits: int) -> NDArray[np.str_]:
    """A simple random sample of the pool, as arms."""
    arm = np.full(len(sites.rows), "", dtype="<U6")
    arm[sites.stream("random").permutation(len(sites.rows))[:visits]] = RANDOM
    return arm


def _walk(sites: Pool, score: Floats, visits: int, random: int) -> tuple[Floats, Ints]:
    """Probability of each site when due sites come first and then the scores, and the order itself (ties by chance)."""
    late, value = sites.overdue, np.where(sites.due, 0.0, score)
    order = np.lexsort((sites.stream("ties").random(len(value)), -value, -late))
    new = (np.diff(late[order], prepend=-1) != 0) | (np.diff(value[order], prepend=np.inf) != 0)
    by_place = averaged(walked(len(value), budget=visits, random=random), np.cumsum(new))
    chance = np.empty(len(value))
    chance[order] = by_place
    return chance, order


def _along(sites: Pool, order: Ints, visits: int, arm: NDArray[np.str_], rest: str) -> NDArray[np.str_]:
    """Fill a plan along an order, sites of the random arm passed over."""
    free = order[arm[order] == ""][: visits - int((arm != "").sum())]
    arm[free] = np.where(sites.due[free], FLOOR, rest)
    return arm


def _result(sites: Pool, arm: NDArray[np.str_], chance: Floats, random: float) -> Draw:
    alone = random / len(sites.rows) if len(sites.rows) else 0.0
    return Draw(
        sites.spread(arm, np.full(sites.size, "", dtype="<U6")),
        sites.spread(chance, np.zeros(sites.size)),
        sites.spread(np.full(len(sites.rows), alone), np.zeros(sites.size)),
    )
