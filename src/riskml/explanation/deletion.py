"""Deletion test: what becomes of the score if the facts that an explanation names are put out of a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Score = Callable[[Floats], Floats]

STEPS: Final = (1, 2, 3, 5, 10)
"""Numbers of features that are put out."""
DONORS: Final = 8
"""Other sites whose values take the place of those put out; the change is the mean over them."""
ORDERS: Final = ("reasons", "overall", "random")
SUBSETS: Final = 20
"""Random sets of features a row, for the correlation of what is announced with what happens."""


@dataclass(frozen=True, eq=False)
class Deletion:
    """How far the score moves when features are put out.

    Attributes:
        steps: how many features.
        moved: order (key of `ORDERS`) -> absolute change of the log-odds, shape (rows, steps): the row's strongest
            first; those strongest over all rows first; any of those that the model uses.
        agreement: of each row, the correlation over random sets of features between the sum of their contributions and
            the change of the score when they are put out, shape (rows,); NaN where one of them does not vary.
    """

    steps: tuple[int, ...]
    moved: dict[str, Floats]
    agreement: Floats

    def area(self, other: str) -> Floats:
        """Of each row, how much more its own reasons move the score than another order; the mean over the steps."""
        apart: Floats = (self.moved["reasons"] - self.moved[other]).mean(axis=1)
        return apart


def deletion(
    score: Score, values: Floats, contributions: Floats, background: Floats, *, seed: int, steps: Sequence[int] = STEPS
) -> Deletion:
    """Put out the features that an explanation names first, and as many in another order.

    The measure is the comprehensiveness of DeYoung et al. 2020 ("ERASER: A benchmark to evaluate rationalized NLP
    models"), on the log-odds and without sign; the correlation is that of Bhatt, Weller, Moura 2020 ("Evaluating and
    aggregating feature-based model explanations"). A feature is put out by the values of other sites, the same ones in
    every order, and the score is averaged over them: no single value stands for "nothing", as missing and 0 are facts
    too. Such rows are made up: a site's age with another site's number of visits may be a site that cannot exist, and
    what the model says there is never checked by an outcome. The test tells whether the reasons name what the score
    hangs on, not whether the model is right.

    Args:
        score: values, shape (m, F) -> log-odds, shape (m,).
        values: the rows explained, shape (n, F).
        contributions: of the rows, shape (n, F + 1); the last column is the expected value.
        background: rows of other sites, shape (b, F), b from 1.
        seed: of the other sites, the random orders and the random sets.
        steps: how many features are put out, each from 1; more than the model uses means all of those.

    Raises:
        DataError: for no row, no background, or a model that uses no feature.
    """
    moved = contributions[:, :-1]
    used = np.flatnonzero((moved != 0.0).any(axis=0))
    if not (len(values) and len(background) and len(used)):
        sizes = f"{len(values)} rows, {len(background)} other rows and {len(used)} features in use"
        raise DataError(f"a deletion test needs rows, other rows and a feature in use; got {sizes}")
    rng = np.random.default_rng(seed)
    donors = background[rng.integers(len(background), size=(len(values), DONORS))]
    first = score(values)
    size = np.abs(moved[:, used])
    orders = {
        "reasons": used[np.argsort(-size, axis=1, kind="stable")],
        "overall": np.broadcast_to(used[np.argsort(-size.mean(axis=0), kind="stable")], size.shape),
        "random": used[rng.permuted(np.broadcast_to(np.arange(len(used)), size.shape), axis=1)],
    }
    changes = {
        name: np.column_stack([np.abs(first - _without(score, values, donors, order[:, :k])) for k in steps])
        for name, order in orders.items()
    }
    return Deletion(tuple(steps), changes, _agreement(score, values, moved, donors, used, first, rng))


def _without(score: Score, values: Floats, donors: Floats, places: Places) -> Floats:
    """The mean log-odds of each row with the features at its `places` taken from its donors, shape (n,)."""
    made = np.repeat(values[:, None, :], donors.shape[1], axis=1)
    row = np.arange(len(values))[:, None]
    made[row, :, places] = donors[row, :, places]
    mean: Floats = score(made.reshape(-1, values.shape[1])).reshape(len(values), -1).mean(axis=1)
    return mean


def _agreement(
    score: Score, values: Floats, moved: Floats, donors: Floats, used: Places, first: Floats, rng: np.random.Generator
) -> Floats:
    size = max(1, len(used) // 4)
    announced, happened = np.empty((2, SUBSETS, len(values)))
    for number in range(SUBSETS):
        order = rng.permuted(np.broadcast_to(used, (len(values), len(used))), axis=1)
        places = order[:, :size]
        announced[number] = np.take_along_axis(moved, places, axis=1).sum(axis=1)
        happened[number] = first - _without(score, values, donors, places)
    return correlation(announced, happened)


def correlation(a: Floats, b: Floats) -> Floats:
    """Pearson's correlation of each column of one table with the same column of another; NaN where one does not vary.

    >>> correlation(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]), np.array([[2.0, 0.0], [4.0, 0.0], [6.0, 0.0]]))
    array([ 1., nan])
    """
    centred = [part - part.mean(axis=0) for part in (a, b)]
    size = np.sqrt((centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (centred[0] * centred[1]).sum(axis=0) / size
    return found
