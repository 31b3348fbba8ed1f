"""Visits above thresholds of a probability, and what another order finds with as many visits, for many weightings."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from riskml.evaluation._ranking import Floats, Multiplicity, Ranked


@dataclass(frozen=True, eq=False)
class Chances:
    """n visits with a probability, in any order.

    Attributes:
        site, origin: codes, shape (n,).
        weight, fail: shape (n,).
        above: how many of the thresholds, ascending, lie at or below the probability, shape (n,).
        origins, thresholds: their numbers.
    """

    site: NDArray[np.int32]
    origin: NDArray[np.int64]
    weight: Floats
    fail: NDArray[np.bool_]
    above: NDArray[np.int64]
    origins: int
    thresholds: int


def visits_above(chances: Chances, multiplicity: Multiplicity) -> tuple[Floats, Floats]:
    """Visits whose probability is at least a threshold, and the failures among them.

    Args:
        chances: the visits.
        multiplicity: how often each site was drawn, shape (draws, sites).

    Returns:
        Two arrays of shape (draws, origins, 1 + thresholds); the first of each origin is over all its visits.
    """
    shape = (len(multiplicity), chances.origins, 1 + chances.thresholds)
    visits, failures = np.zeros(shape), np.zeros(shape)
    _count(multiplicity, chances.site, chances.origin, chances.weight, chances.fail, chances.above, visits, failures)
    return visits, failures


def found_by(ranked: Ranked, multiplicity: Multiplicity, visits: Floats) -> Floats:
    """Failures that an order finds with so many visits at each origin; ties by expected value.

    Args:
        ranked: the same visits, ranked within each origin.
        multiplicity: how often each site was drawn, shape (draws, sites).
        visits: shape (draws, origins, m), not rising along the last axis.

    Returns:
        Of the shape of `visits`.
    """
    found = np.zeros_like(visits)
    _descend(multiplicity, ranked.site, ranked.weight, ranked.outcome, ranked.last, ranked.starts, visits, found)
    return found


@njit(nogil=True, cache=True)
def _count(multiplicity, site, origin, weight, fail, above, visits, failures):  # type: ignore[no-untyped-def]
    for draw in range(multiplicity.shape[0]):
        for row in range(len(site)):
            own = multiplicity[draw, site[row]] * weight[row]
            visits[draw, origin[row], above[row]] += own
            if fail[row]:
                failures[draw, origin[row], above[row]] += own
        for day in range(visits.shape[1]):
            for place in range(visits.shape[2] - 2, -1, -1):
                visits[draw, day, place] += visits[draw, day, place + 1]
                failures[draw, day, place] += failures[draw, day, place + 1]


@njit(nogil=True, cache=True)
def _descend(multiplicity, site, weight, outcome, last, starts, visits, found):  # type: ignore[no-untyped-def]
    for draw in range(multiplicity.shape[0]):
        for day in range(len(starts) - 1):
            seen = group = hits = 0.0
            for row in range(starts[day], starts[day + 1]):
                own = multiplicity[draw, site[row]] * weight[row]
                group += own
                hits += own * outcome[row]
                if not last[row] or group == 0.0:
                    continue
                for place in range(visits.shape[2]):
                    left = visits[draw, day, place] - seen
                    if left <= 0.0:
                        break
                    found[draw, day, place] += hits * min(1.0, left / group)
                seen += group
                group = hits = 0.0
