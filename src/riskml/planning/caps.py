"""Caps by office: budget and random arm are shared out to the offices, then each office has a draw of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskml.errors import DataError, StudyError
from riskml.planning import pool
from riskml.planning.allocation import Floats, Ints, apportion, equal_budget, nearest_whole
from riskml.planning.draw import Draw
from riskml.planning.pool import Flags

LITTLE = 1e-9
"""Demand of a site that the plan without caps would never visit: it gets visits only when nobody else can take them."""


@dataclass(frozen=True)
class Offices:
    """Offices with the sites that may be visited.

    Attributes:
        names: of g offices, sorted; "" stands for sites without one.
        code: office of each of n sites, shape (n,).
        eligible: shape (n,).
        due: whether the floor is due, shape (n,).
        cap: most visits of each office, infinite where there is no cap, shape (g,).
    """

    names: list[str]
    code: Ints
    eligible: Flags
    due: Flags
    cap: Floats

    def count(self, which: Flags) -> Floats:
        """Eligible sites of each office that also are `which`, shape (g,)."""
        return np.bincount(self.code[self.eligible & which], minlength=len(self.names)).astype(np.float64)


def offices_of(office: ArrayLike, caps: Mapping[str, int], *, eligible: Flags, due: Flags) -> Offices:
    """The offices with their caps.

    Raises:
        StudyError: if a cap is no whole number of at least 0.
        DataError: if a cap names an office that has no site.
    """
    names, code = pool.coded(office)
    strange = sorted(set(caps) - set(names))
    if strange:
        known = [name for name in names if name]
        raise DataError(f"caps name offices {strange[:3]} that have no open site; there are {known[:20]}")
    wrong = {name: cap for name, cap in caps.items() if isinstance(cap, bool) or cap < 0 or cap != int(cap)}
    if wrong:
        raise StudyError(f"a cap must be a whole number of visits, at least 0, got {wrong}")
    return Offices(names, code, eligible, due, np.array([caps.get(name, np.inf) for name in names], dtype=np.float64))


def draw_in_offices(
    one: Callable[[Ints, int, float, int], Draw],
    offices: Offices,
    *,
    demand: Floats,
    budget: int | None,
    random_share: float,
) -> Draw:
    """A draw in each office, so that no office has more visits than its cap.

    An office gets visits in proportion to what the plan without caps expects of it, at least its due sites beside its
    random arm and at most its cap; the random arm is shared out in proportion to the eligible sites. Shares are rounded
    by largest remainder, so the chance of the random arm is known for every site but differs a little between offices.

    Args:
        one: draws among the sites at these places, with a budget, a random share and a number that marks the office.
        offices: with their caps.
        demand: probability of each site in the plan without caps, shape (n,).
        budget: visits in all; None for what the demand within the caps gives.
        random_share: of the visits.

    Raises:
        DataError: if the caps leave no room for the budget.
    """
    everybody = np.ones(len(offices.code), dtype=bool)
    sites, due = offices.count(everybody), offices.count(offices.due)
    wanted = np.bincount(offices.code, weights=demand, minlength=len(sites))
    most = np.minimum(sites, offices.cap)
    total = nearest_whole(float(np.minimum(wanted, most).sum())) if budget is None else budget
    if total > most.sum():
        raise DataError(f"the caps leave room for {most.sum():g} visits, the budget is {total}; raise caps or lower it")
    random = nearest_whole(random_share * total)
    alone = apportion(equal_budget(sites, np.zeros(len(sites)), most, random), random)
    least = _least(alone, np.minimum(due + alone, most), total)
    visits = apportion(equal_budget(wanted + LITTLE * sites, least, most, total), total)
    made = Draw(np.full(len(everybody), "", dtype="<U6"), np.zeros(len(everybody)), np.zeros(len(everybody)))
    for number in np.flatnonzero(visits > 0).tolist():
        rows = np.flatnonzero(offices.code == number)
        part = one(rows, int(visits[number]), float(alone[number] / visits[number]), number)
        made.arm[rows], made.probability[rows] = part.arm, part.probability
        made.random_probability[rows] = part.random_probability
    return made


def _least(alone: Ints, needed: Floats, total: int) -> Floats:
    """Fewest visits of each office: its random arm and its due sites, of these a part if they exceed the rest."""
    due = needed - alone
    room = total - float(alone.sum())
    return needed if due.sum() <= room else alone + np.floor(due * room / due.sum())
