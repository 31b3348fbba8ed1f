"""Bounds when outcomes nobody saw may differ from those seen: the tilted outcome of each row, and exact extremes.

The sensitivity model: among sites alike in all that is recorded (x), the odds of failing of those not labelled are g
times those of the labelled ones, with g anywhere from 1 / gamma to gamma, and free to differ from row to row. For a
binary outcome this says as much as: the odds of being labelled differ between failing and passing sites of the same x
by at most the factor gamma (Robins, Rotnitzky and Scharfstein 2000; Franks, D'Amour and Feller 2020). It lies inside
the marginal sensitivity model of Tan (2006) with the same gamma, which bounds P(y | not labelled, x) / P(y | labelled,
x) for either y. Gamma 1 says that nothing unrecorded mattered; without a limit the bounds are those of Manski (1990).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from riskml.evaluation._ranking import Floats
from riskml.evaluation.selection._choice import Sums

ROUNDS: Final = 30
"""Steps of Dinkelbach's iteration at most; it needs three or four."""
SETTLED: Final = 1e-13


def tilted_outcome(fail: Floats, labelled: Floats, inverse: Floats, regression: Floats, tilt: float) -> Floats:
    """The outcome of each row if the odds of failing of the unlabelled are `tilt` times those of the labelled.

    With m = P(fail | labelled, x), e the propensity and h(m) = tilt m / (1 - m + tilt m), the uncentred efficient
    influence function of E[R Y + (1 - R) h(m)]: R Y + (1 - R) h(m) + R (1 - e) / e h'(m) (Y - m). Tilt 1 gives the
    doubly robust m + R (Y - m) / e (Robins, Rotnitzky and Zhao 1994). An error of m counts in the second order only.

    Args:
        fail: outcomes, 0 where not labelled, shape (n,).
        labelled: 1 or 0, shape (n,).
        inverse: 1 / e, shape (n,).
        regression: m, in [0, 1], shape (n,).
        tilt: above 0.

    >>> one = np.ones(1)
    >>> float(tilted_outcome(0 * one, 0 * one, 4 * one, 0.2 * one, 2.0)[0])  # odds 1/4 become 2/4
    0.3333333333333333
    >>> float(tilted_outcome(one, one, 4 * one, 0.25 * one, 1.0)[0])  # 1/4 + 4 x 3/4
    3.25
    """
    scale = 1.0 - regression + tilt * regression
    unseen = tilt * regression / scale
    slope = tilt / scale**2
    return labelled * fail + (1.0 - labelled) * unseen + labelled * (inverse - 1.0) * slope * (fail - regression)


@dataclass(frozen=True, eq=False)
class Ends:
    """Lower and upper ends, shape (..., gammas + 1): the last one without any limit."""

    lower: Floats
    upper: Floats


@dataclass(frozen=True, eq=False)
class Grouped:
    """Rows in groups that a policy, or a pair, treats alike; C groups, G sets of outcomes of the unlabelled.

    Attributes:
        coefficient: chosen share of a group's rows (pair: by the first less by the second), shape (..., C).
        least, most: sums of the outcomes at their smallest and largest, shape (..., C, G).
    """

    coefficient: Floats
    least: Floats
    most: Floats

    def counts(self) -> tuple[Floats, Floats]:
        """Smallest and largest sum of coefficient x outcome, shapes (..., G)."""
        c = self.coefficient[..., None]
        small = np.where(c > 0, self.least, self.most) * c
        large = np.where(c > 0, self.most, self.least) * c
        return np.asarray(small.sum(axis=-2)), np.asarray(large.sum(axis=-2))

    def shares(self) -> tuple[Floats, Floats]:
        """Smallest and largest (sum of coefficient x outcome) / (sum of outcomes), shapes (..., G); NaN where 0 / 0."""
        return self._share(self.most, self.least), self._share(self.least, self.most)

    def _share(self, below: Floats, above: Floats) -> Floats:
        """The extreme of the ratio where outcomes `above` stand wherever the coefficient exceeds it."""
        groups, sets = above.shape[-2:]
        found = np.empty((*above.shape[:-2], sets))
        coefficient, low, high = self.coefficient, below.reshape(-1, groups, sets), above.reshape(-1, groups, sets)
        _extreme(coefficient.reshape(-1, groups), low, high, found.reshape(-1, sets))
        return found


@njit(nogil=True, cache=True)
def _extreme(coefficient, below, above, found):  # type: ignore[no-untyped-def]
    """Dinkelbach's iteration (1967) for each leading place and set of outcomes."""
    for place in range(len(found)):
        for which in range(found.shape[1]):
            value = 0.0
            for _ in range(ROUNDS):
                part = whole = 0.0
                for group in range(coefficient.shape[1]):
                    c = coefficient[place, group]
                    outcome = above[place, group, which] if c > value else below[place, group, which]
                    part += c * outcome
                    whole += outcome
                before, value = value, part / whole if whole > 0.0 else np.nan
                if np.isnan(value) or abs(value - before) < SETTLED:
                    break
            found[place, which] = value


def of_policies(sums: Sums, least: list[int], most: list[int]) -> Grouped:
    """The groups of each policy at each budget, leading shape (d, P, B); columns of the outcomes' ends are named."""
    d, p, b, s = sums.share.shape
    coefficient = _levels(sums.share).reshape(d, p, b, 2 * s)
    groups = sums.classes.reshape(d, p, b, 2 * s, -1)
    return _with_rest(sums, coefficient, groups, least, most)


def of_pairs(sums: Sums, pairs: NDArray[np.int64], least: list[int], most: list[int]) -> Grouped:
    """The groups of each pair at each budget: chosen by both, by class, and by one alone; leading shape (d, Q, B)."""
    d, q, b, s, _, k = sums.both.shape
    (first, one), (second, other) = ((_levels(sums.share[:, i]), sums.classes[:, i, ..., :k]) for i in pairs.T)
    both = sums.both.reshape(d, q, b, s, 2, 2, k)
    alone, without = one - both.sum(axis=-2), other - both.sum(axis=-3)
    met = (first[..., :, None] - second[..., None, :]).reshape(d, q, b, s, 4)
    coefficient = np.concatenate([met, first, -second], axis=-1).reshape(d, q, b, s * 8)
    groups = np.concatenate([sums.both, alone, without], axis=-2).reshape(d, q, b, s * 8, k)
    return _with_rest(sums, coefficient, groups, least, most)


def _levels(share: Floats) -> Floats:
    """Chosen share by class: in part, whole; shape (..., 2)."""
    return np.stack([share, np.ones_like(share)], axis=-1)


def _with_rest(sums: Sums, coefficient: Floats, groups: Floats, least: list[int], most: list[int]) -> Grouped:
    """Add the rows that nobody chose, the total less all groups, with coefficient 0."""
    whole = sums.total[:, None, None, None, : groups.shape[-1]]
    rest = whole - groups.sum(axis=-2, keepdims=True)
    every = np.concatenate([groups, rest], axis=-2)
    nothing = np.zeros((*coefficient.shape[:-1], 1))
    return Grouped(np.concatenate([coefficient, nothing], axis=-1), every[..., least], every[..., most])


def nested(lower: Floats, upper: Floats, *, centre: Floats) -> Ends:
    """Ends that widen with gamma and stay within the worst case, which the data alone fix.

    The ends at a gamma are those over all tilts up to it: the running extreme over the gammas, from the doubly robust
    value on (gamma 1).

    Args:
        lower: shape (..., gammas + 1), gammas ascending, the worst case last.
        upper: likewise.
        centre: the doubly robust value, shape (...).
    """
    floor, ceiling = lower[..., -1:], upper[..., -1:]
    low = np.minimum.accumulate(np.concatenate([centre[..., None], lower[..., :-1]], axis=-1), axis=-1)[..., 1:]
    high = np.maximum.accumulate(np.concatenate([centre[..., None], upper[..., :-1]], axis=-1), axis=-1)[..., 1:]
    inside = [np.clip(end, floor, ceiling) for end in (low, high)]
    return Ends(np.concatenate([inside[0], floor], axis=-1), np.concatenate([inside[1], ceiling], axis=-1))
