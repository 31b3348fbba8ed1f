"""Percentile bootstrap clustered by site: the same seeded resamples of sites for every policy, drawn chunk by chunk."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, Multiplicity

TAILS: Final = (0.025, 0.975)
"""Percentiles that bound every interval: 95 % nominal coverage."""

MOST_DROPPED: Final = 0.05
"""Above this share of draws without a value an interval is not given: it would describe the lucky draws only."""

CHUNK_CELLS: Final = 8_000_000
"""Draws x sites held by one thread at a time (two bytes each)."""


@dataclass(frozen=True)
class Interval:
    """A percentile interval, or the reason why there is none.

    Attributes:
        low, high: bounds in the unit of the statistic; both None if there is no interval.
        draws: draws that had a value.
        reason: why there is no interval; None if there is one.
    """

    low: float | None
    high: float | None
    draws: int
    reason: str | None


def resamples(sites: int, draws: range, seed: int) -> Multiplicity:
    """How often each site is drawn when as many sites are drawn with replacement, shape (len(draws), sites).

    Each draw has a generator of its own, seeded by (seed, number of the draw): the result does not depend on the
    chunks or threads that make it.

    >>> resamples(5, range(0, 2), seed=1).sum(axis=1).tolist()
    [5, 5]
    """
    counts = np.empty((len(draws), sites), dtype=np.uint16)
    for place, draw in enumerate(draws):
        picked = np.random.default_rng((seed, draw)).integers(sites, size=sites, dtype=np.int32)
        counts[place] = np.bincount(picked, minlength=sites)
    return counts


def bootstrap(statistic: Callable[[Multiplicity], Floats], *, sites: int, draws: int, seed: int) -> Floats:
    """The statistics under each resample of the sites.

    Args:
        statistic: multiplicities, shape (d, sites), -> values, shape (d, k); NaN where undefined. Called from threads.
        sites: number of sites (clusters).
        draws: number of resamples, >= 0.
        seed: >= 0.

    Returns:
        Shape (draws, k), in the order of the draws; (0, 0) for no draws.

    Raises:
        DataError: for a negative number of draws or seed.
    """
    if draws < 0 or seed < 0:
        raise DataError(f"draws {draws} and seed {seed} must be 0 or more")
    size = max(1, min(50, CHUNK_CELLS // max(1, sites)))
    chunks = [range(start, min(start + size, draws)) for start in range(0, draws, size)]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        parts = list(pool.map(lambda chunk: statistic(resamples(sites, chunk, seed)), chunks))
    return np.concatenate(parts) if parts else np.empty((0, 0))


def percentile_interval(values: Floats, *, sites: int) -> Interval:
    """The interval between the 2.5th and 97.5th percentile of a statistic's bootstrap values.

    Args:
        values: one statistic under each draw, shape (draws,); NaN where it was undefined.
        sites: number of sites that were resampled.

    >>> percentile_interval(np.arange(1001.0), sites=9)
    Interval(low=25.0, high=975.0, draws=1001, reason=None)
    >>> percentile_interval(np.arange(1001.0), sites=1).reason
    'there is one site only: nothing to resample'
    """
    defined = values[~np.isnan(values)]
    dropped = len(values) - len(defined)
    if sites < 2:
        return Interval(None, None, len(defined), "there is one site only: nothing to resample")
    if not len(values):
        return Interval(None, None, 0, "no bootstrap draws were asked for")
    if dropped > MOST_DROPPED * len(values):
        reason = f"undefined in {dropped} of {len(values)} bootstrap draws; at most {MOST_DROPPED:.0%} may be dropped"
        return Interval(None, None, len(defined), reason)
    low, high = np.quantile(defined, TAILS)
    return Interval(float(low), float(high), len(defined), None)
