"""The exact probability that a site is in a plan, given that a random arm takes part of the budget first."""

import numpy as np
from numpy.typing import NDArray

from riskml.planning.allocation import Floats, Ints


def walked(sites: int, *, budget: int, random: int) -> Floats:
    """Probability of each place of a fixed order: a random arm is drawn from all sites, the rest follows the order.

    The order is walked from the top, sites of the random arm are passed over, and `budget - random` sites are taken.
    The place of the last one taken has a negative hypergeometric law, from which all probabilities follow.

    Args:
        sites: number of sites, at least `budget`.
        budget: visits in all.
        random: visits of the random arm, 0 to `budget`.

    Returns:
        Shape (sites,); the sum is `budget`.

    >>> walked(4, budget=2, random=1).round(4).tolist()  # the second is taken if it or the first is drawn
    [1.0, 0.5, 0.25, 0.25]
    """
    ranked = budget - random
    chance = random / sites if sites else 0.0
    probability = np.full(sites, chance)
    probability[:ranked] = 1.0
    if random == 0 or ranked == 0:
        return probability
    last = np.arange(ranked, budget + 1, dtype=np.float64)
    step = last[:-1]
    ratios = np.log(step) - np.log(step - ranked + 1) + np.log(budget - step) - np.log(sites - step)
    logs = np.concatenate([[0.0], np.cumsum(ratios)])
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    beyond = np.cumsum((weight[1:] / (last[1:] - 1.0))[::-1])[::-1]
    after = np.concatenate([beyond[1:], [0.0]])
    probability[ranked:budget] = chance + weight[1:] + (ranked - 1) * after
    return probability


def averaged(probability: Floats, block: Ints) -> Floats:
    """Mean probability within each run of equal `block`: what a random order inside the run gives each of its sites.

    >>> averaged(np.array([1.0, 0.5, 0.0]), np.array([7, 7, 8])).tolist()
    [0.75, 0.75, 0.0]
    """
    if not len(block):
        return probability
    starts = np.flatnonzero(np.concatenate([[True], block[1:] != block[:-1]]))
    sizes = np.diff(np.append(starts, len(block)))
    return np.asarray(np.repeat(np.add.reduceat(probability, starts) / sizes, sizes))


def replaced(listed: Floats, due: NDArray[np.bool_], *, budget: int, random: int) -> Floats:
    """Probability of each site when a random arm replaces, by lot, members of a drawn list of `budget` sites.

    The list holds every due site and draws the others with the probabilities `listed`. The random arm is drawn from
    all sites; what it adds to the list is taken out again by lot, never a due site. All sites that are not due lose the
    same factor, and the total is fixed, so the factor follows from the sum.

    Args:
        listed: probability in the list, 1 where due, sum `budget`, shape (n,).
        due: sites that stay, at most `budget - random` of them, shape (n,).
        budget: visits in all, at most n.
        random: visits of the random arm.

    Returns:
        Shape (n,); the sum is `budget`.

    >>> replaced(np.array([1.0, 0.5, 0.5]), np.array([True, False, False]), budget=2, random=1).tolist()
    [1.0, 0.5, 0.5]
    """
    sites, fixed = len(listed), int(due.sum())
    chance = random / sites if sites else 0.0
    drawn = budget - fixed
    factor = 0.0
    if drawn > 0 and chance < 1:
        factor = (drawn - (sites - fixed) * chance) / ((1.0 - chance) * drawn)
    return np.where(due, 1.0, chance + (1.0 - chance) * factor * listed)
