"""The sites a draw may take, in an order that does not depend on the rows, and the checks of what is asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskml.errors import DataError, StudyError
from riskml.planning.allocation import Floats, Ints

Flags = NDArray[np.bool_]
Values = TypeVar("Values", bound=np.generic)
STREAMS: Final = ("random", "rounding", "drawn", "replaced", "ties", "teams", "places")
"""Independent streams of chance, so that (for one) the random arm is the same whatever the other arms do."""


@dataclass(frozen=True)
class Pool:
    """The m eligible of n sites, sorted by site id.

    Attributes:
        size: n.
        rows: places of the eligible sites among the n, shape (m,).
        overdue: days by which the floor is overdue, 0 if it is not due, shape (m,).
        seed: of all chance.
    """

    size: int
    rows: Ints
    overdue: Ints
    seed: tuple[int, ...]

    @property
    def due(self) -> Flags:
        """Whether the floor of each site is due, shape (m,)."""
        return np.asarray(self.overdue > 0)

    def stream(self, name: str) -> np.random.Generator:
        """The generator of one stream."""
        return stream(self.seed, name)

    def spread(self, values: NDArray[Values], blank: NDArray[Values]) -> NDArray[Values]:
        """Values of the eligible sites put in the places of all n, the others keeping `blank`."""
        blank[self.rows] = values
        return blank


def stream(seed: tuple[int, ...], name: str) -> np.random.Generator:
    """A PCG64 generator of its own for each name and seed."""
    return np.random.Generator(np.random.PCG64([*seed, STREAMS.index(name)]))


def pool_of(site_id: ArrayLike, eligible: "Flags | None", overdue: "Ints | None", seed: "int | Sequence[int]") -> Pool:
    """The eligible sites, sorted by their id.

    Raises:
        StudyError: for a negative seed.
        DataError: if a site stands twice.
    """
    keys: pd.Index[Any] = pd.Index(np.asarray(site_id))
    if not keys.is_unique:
        twice = keys[keys.duplicated()].unique()[:3].tolist()
        raise DataError(f"sites stand twice, such as {twice}; give each site once")
    order = np.arange(len(keys)) if keys.is_monotonic_increasing else np.asarray(keys.argsort())
    rows = order if eligible is None else order[np.asarray(eligible, dtype=bool)[order]]
    late = np.zeros(len(rows), dtype=np.int64) if overdue is None else np.asarray(overdue, dtype=np.int64)[rows]
    return Pool(len(keys), rows.astype(np.int64), np.maximum(late, 0), checked_seed(seed))


def coded(values: ArrayLike) -> tuple[list[str], Ints]:
    """The distinct values, sorted, and the place of each value among them; missing ones count as ""."""
    plain = np.asarray(values, dtype=object)
    codes, names = pd.factorize(np.where(pd.isna(plain), "", plain), sort=True)
    return [str(name) for name in names], codes.astype(np.int64)


def checked_seed(seed: "int | Sequence[int]") -> tuple[int, ...]:
    """The seed as a tuple.

    Raises:
        StudyError: if it is negative.
    """
    parts = tuple(int(part) for part in np.atleast_1d(np.asarray(seed)))
    if min(parts) < 0:
        raise StudyError(f"seed must be a whole number of at least 0, got {seed}")
    return parts


def checked_budget(budget: int, sites: Pool) -> int:
    """The budget, if it is a number of visits that the pool can fill.

    Raises:
        StudyError: if it is no whole number of at least 1.
        DataError: if there are fewer eligible sites.
    """
    if isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1:
        raise StudyError(f"budget must be a whole number of visits, at least 1, got {budget!r}")
    if budget > len(sites.rows):
        raise DataError(
            f"a budget of {budget} visits is more than the {len(sites.rows)} eligible of {sites.size} sites; "
            "a plan visits a site once: lower the budget"
        )
    return int(budget)


def checked_share(share: float) -> float:
    """The random share.

    Raises:
        StudyError: if it is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise StudyError(f"random share must lie between 0 and 1, got {share:g}")
    return float(share)


def checked_ratios(names: Sequence[str], ratio: Mapping[str, float]) -> Floats:
    """The ratio of each stratum.

    Raises:
        StudyError: for a negative or infinite ratio.
        DataError: for a stratum without one.
    """
    unknown = [name for name in names if name not in ratio]
    if unknown:
        raise DataError(f"levels {unknown[:3]} have no intensity; allowed are {sorted(ratio)}")
    wrong = {name: value for name, value in ratio.items() if not 0 <= value < np.inf}
    if wrong:
        raise StudyError(f"ratios must be at least 0 and finite, got {wrong}")
    return np.array([ratio[name] for name in names], dtype=np.float64)
