"""What a random order of the same visits would move: exact mean and standard deviation, within any strata."""

from collections.abc import Sequence

import numpy as np

from riskml.evaluation._ranking import Floats
from riskml.evaluation.schedule._moving import EARLY, SHIFT, SWEEP, Arranged
from riskml.evaluation.schedule._visits import Ints


def chance_sd(arranged: Arranged, *, halves: Ints, half_lives: Sequence[float]) -> Floats:
    """Standard deviation of each measure's mean over the failures under random orders within the strata.

    The sum over the failures is a sum of a(i, order(i)) with a(i, j) = 0 for a visit i that passed. For n visits its
    variance is the sum over i and j of (a(i, j) - row mean - column mean + mean)^2, divided by n - 1 (Hoeffding 1951,
    A combinatorial central limit theorem); strata are independent.

    Args:
        arranged: n visits in their strata; each counts once.
        halves: last day of each origin's first half, shape (origins,).
        half_lives: as in `move`.

    Returns:
        Shape (2 + 2 x half-lives,), in the order of the measures; NaN without a failed visit.
    """
    variance = np.zeros(SWEEP + 2 * len(half_lives))
    fail = arranged.visits.fail[arranged.by_day]
    for stratum in _worth_it(arranged, fail):
        rows = slice(arranged.starts[stratum], arranged.starts[stratum + 1])
        days = arranged.days[arranged.day_starts[stratum] : arranged.day_starts[stratum + 1]]
        place = arranged.place[arranged.by_day[rows]]
        visits = np.bincount(place, minlength=len(days)).astype(np.float64)
        failures = np.bincount(place, fail[rows], minlength=len(days)).astype(np.float64)
        half = int(halves[arranged.origin[stratum]])
        variance += _variance(_effects(days, half, half_lives), visits, failures)
    failed = float(fail.sum())
    return np.asarray(np.sqrt(variance) / failed if failed else np.full(len(variance), np.nan), dtype=np.float64)


def _worth_it(arranged: Arranged, fail: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[int]:
    """The strata of more than one day that hold a failure: the others never move one."""
    held = np.add.reduceat(fail, arranged.starts[:-1]) > 0
    return [int(one) for one in np.flatnonzero(held & (np.diff(arranged.day_starts) > 1))]


def _effects(days: Ints, half: int, half_lives: Sequence[float]) -> Floats:
    """Each measure of a failure of one day that is moved to another, shape (measures, days, days)."""
    shift = (days[:, None] - days[None, :]).astype(np.float64)
    effects = np.empty((SWEEP + 2 * len(half_lives), len(days), len(days)))
    effects[SHIFT], effects[EARLY] = shift, (days <= half)[None, :]
    for place, half_life in enumerate(half_lives):
        there = np.exp2(-np.abs(shift) / half_life)
        effects[SWEEP + 2 * place], effects[SWEEP + 2 * place + 1] = there * shift, there
    return effects


def _variance(effects: Floats, visits: Floats, failures: Floats) -> Floats:
    """Hoeffding's variance of the sum over the failures, by measure."""
    n = float(visits.sum())
    row_means = effects @ visits / n
    column_means = np.einsum("mij,i->mj", effects, failures) / n
    squares = np.einsum("mij,i,j->m", effects**2, failures, visits)
    spread = squares - n * (row_means**2 @ failures) - n * (column_means**2 @ visits) + (row_means @ failures) ** 2
    return np.asarray(np.maximum(spread, 0.0) / (n - 1), dtype=np.float64)
