"""How many visits each stratum or office gets: equal-budget scaling, stochastic rounding, apportionment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOISE = 1e-9
"""Sums of shares that differ from a whole number by less than this are that whole number."""


def equal_budget(wanted: Floats, least: Floats, most: Floats, budget: float) -> Floats:
    """Expected visits by stratum, scaled so that they sum to the budget: clip(c * wanted, least, most), solved for c.

    With wanted = ratio times sites, least = 0 and most = sites this is the rule ratio_g = min(1, c * weight_g). The sum
    is piecewise linear in c and never falls, so c lies between two of its corners and is found there exactly.

    Args:
        wanted: visits before scaling, >= 0, shape (g,).
        least: fewest visits of each stratum, >= 0, shape (g,).
        most: most visits of each stratum, >= least, shape (g,).
        budget: visits in all.

    Raises:
        DataError: if the bounds do not allow the budget.

    >>> equal_budget(np.array([1.0, 2.0, 30.0]), np.zeros(3), np.array([100.0, 100.0, 10.0]), 16).round(9).tolist()
    [2.0, 4.0, 10.0]
    """
    rising = wanted > 0
    low, high = float(least.sum()), float(np.where(rising, most, least).sum())
    if not low - NOISE <= budget <= high + NOISE:
        raise DataError(f"{budget:g} visits cannot be shared out; the bounds of the strata allow {low:g} to {high:g}")
    corners = np.unique(np.concatenate([[0.0], least[rising] / wanted[rising], most[rising] / wanted[rising]]))
    before, after = 0, len(corners) - 1
    while after - before > 1:
        middle = (before + after) // 2
        if np.clip(corners[middle] * wanted, least, most).sum() <= budget:
            before = middle
        else:
            after = middle
    ends = [np.clip(corners[place] * wanted, least, most) for place in (before, after)]
    gap = float(ends[1].sum() - ends[0].sum())
    part = (budget - float(ends[0].sum())) / gap if gap > 0 else 0.0
    return np.asarray(ends[0] + min(max(part, 0.0), 1.0) * (ends[1] - ends[0]))


def whole_visits(expected: Floats, uniform: float) -> Ints:
    """Stochastic rounding: whole numbers whose expectation is `expected`, and whose sum is too where that is whole.

    Stratum g gets floor(C_g + u) - floor(C_(g-1) + u), C the running sum of the fractions (systematic sampling, Madow
    1949): at most one visit from its expectation, and the total never more than one from its own.

    Args:
        expected: visits, >= 0, shape (g,).
        uniform: one random number in [0, 1).

    >>> whole_visits(np.array([0.5, 2.0, 0.5]), 0.3).tolist(), whole_visits(np.array([0.5, 2.0, 0.5]), 0.7).tolist()
    ([0, 2, 1], [1, 2, 0])
    """
    base, running = _base_and_running(expected)
    return np.asarray(base + np.diff(np.floor(running + uniform)), dtype=np.int64)


@dataclass(frozen=True)
class Outcome:
    """One of the two totals that stochastic rounding may end in, its probability, and what it gives each stratum.

    Attributes:
        visits: the total.
        weight: its probability, 0 to 1.
        expected: expectation of `whole_visits` where it ends in this total, shape (g,); its sum is `visits`.
    """

    visits: int
    weight: float
    expected: Floats


def outcomes(expected: Floats) -> list[Outcome]:
    """The totals in which `whole_visits` may end: one if the expectations sum to a whole number, else two.

    The expectation given a total is the integral of floor(C + u) over those u that end in it.

    Args:
        expected: visits, >= 0, shape (g,).

    >>> [(one.visits, one.weight, one.expected.tolist()) for one in outcomes(np.array([0.75, 0.75]))]
    [(1, 0.5, [0.5, 0.5]), (2, 0.5, [1.0, 1.0])]
    """
    base, running = _base_and_running(expected)
    lower, part = int(np.floor(running[-1])), float(running[-1] - np.floor(running[-1]))
    found = []
    for visits, start, end in ((lower, 0.0, 1.0 - part), (lower + 1, 1.0 - part, 1.0)):
        if end > start:
            steps = (_floor_integral(running + end) - _floor_integral(running + start)) / (end - start)
            found.append(Outcome(visits + int(base.sum()), end - start, np.asarray(base + np.diff(steps))))
    return found


def _base_and_running(expected: Floats) -> tuple[Floats, Floats]:
    """Whole parts, shape (g,), and running sums of the fractions from 0 on, shape (g + 1,), cleared of noise."""
    base = np.floor(expected + NOISE)
    fraction = np.maximum(expected - base, 0.0)
    running = np.concatenate([[0.0], np.cumsum(np.where(fraction < NOISE, 0.0, fraction))])
    if abs(running[-1] - np.rint(running[-1])) < NOISE * len(running):
        running[-1] = np.rint(running[-1])
    return base, running


def _floor_integral(value: Floats) -> Floats:
    """The integral of floor(x) from 0 to each value, for values >= 0."""
    whole = np.floor(value)
    return np.asarray(whole * (whole - 1.0) / 2.0 + whole * (value - whole))


def apportion(expected: Floats, total: int) -> Ints:
    """Whole numbers near `expected` that sum to `total` (largest remainder; ties in the given order).

    Args:
        expected: shape (g,), its sum equal to `total`.
        total: whole number.

    >>> apportion(np.array([1.4, 2.4, 0.2]), 4).tolist()
    [2, 2, 0]
    """
    base = np.floor(expected + NOISE)
    missing = total - int(base.sum())
    largest = np.argsort(-(expected - base), kind="stable")[: max(missing, 0)]
    base[largest] += 1
    return np.asarray(base, dtype=np.int64)


def nearest_whole(value: float) -> int:
    """The nearest whole number, halves up.

    >>> nearest_whole(2.5), nearest_whole(0.4)
    (3, 0)
    """
    return int(np.floor(value + 0.5))
