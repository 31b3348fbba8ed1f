"""Visits and failures by old and new level, for many weightings of the sites: the levels are cut again in each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from riskml.evaluation._ranking import Floats, Multiplicity


@dataclass(frozen=True, eq=False)
class LevelledRows:
    """n rows with an old and a new level, ordered by origin and, within it, from the lowest probability up.

    Attributes:
        levels: number of levels.
        sites: number of sites.
        recut: whether the new levels keep the sizes of the old ones in each resample.
        site, old, new: code of each row's site and the ranks of its levels, shape (n,).
        labelled, fail, weight: shape (n,); fail is False where not labelled.
        last: whether the row ends its tie group, shape (n,).
        starts: first row of each origin, and n.
    """

    levels: int
    sites: int
    recut: bool
    site: NDArray[np.int32]
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    labelled: NDArray[np.bool_]
    fail: NDArray[np.bool_]
    weight: Floats
    last: NDArray[np.bool_]
    starts: NDArray[np.int64]


def levelled_rows(translated: pd.DataFrame, levels: int) -> LevelledRows:
    """The rows of `translation.translated_rows` in the form of `LevelledRows`."""
    ordered = translated.sort_values(["origin", "probability", "site_id"], kind="stable")
    day = pd.factorize(ordered["origin"], sort=True)[0]
    probability = ordered["probability"].to_numpy(np.float64)
    site, sites = pd.factorize(ordered["site_id"], sort=True)
    fail = ordered["fail"].astype("boolean")
    begins = np.append(True, day[1:] != day[:-1])
    last = np.append(begins[1:] | (probability[1:] != probability[:-1]), True)
    return LevelledRows(
        levels=levels,
        sites=len(sites),
        recut=bool(ordered["recut"].all()),
        site=site.astype(np.int32),
        old=ordered["rank"].to_numpy(np.int64),
        new=ordered["new_rank"].to_numpy(np.int64),
        labelled=fail.notna().to_numpy(),
        fail=fail.fillna(False).to_numpy(bool),
        weight=ordered["weight"].to_numpy(np.float64),
        last=last,
        starts=np.append(np.flatnonzero(begins), len(day)).astype(np.int64),
    )


def level_sums(rows: LevelledRows, multiplicity: Multiplicity) -> Floats:
    """Weight of the labelled rows and of the failed ones by old and new level.

    Args:
        rows: the rows.
        multiplicity: how often each site was drawn, shape (draws, sites).

    Returns:
        Shape (draws, 2, levels, levels): labelled and failed; old level by new level.
    """
    sums = np.zeros((len(multiplicity), 2, rows.levels, rows.levels))
    fixed = (rows.site, rows.weight, rows.old, rows.new, rows.labelled, rows.fail, rows.last, rows.starts)
    _scan(multiplicity, *fixed, rows.recut, sums)
    return sums


@njit(nogil=True, cache=True)
def _scan(multiplicity, site, weight, old, new, labelled, fail, last, starts, recut, sums):  # type: ignore[no-untyped-def]
    """The rule of `translation.level_cuts`: a tie group is above a boundary if its middle is."""
    bounds = np.empty(sums.shape[2])
    for draw in range(multiplicity.shape[0]):
        drawn = multiplicity[draw]
        for stratum in range(len(starts) - 1):
            bounds[:] = 0.0
            for row in range(starts[stratum], starts[stratum + 1]):
                bounds[old[row]] += drawn[site[row]]
            for level in range(1, len(bounds)):
                bounds[level] += bounds[level - 1]
            below = group = 0.0
            first = starts[stratum]
            for row in range(starts[stratum], starts[stratum + 1]):
                group += drawn[site[row]]
                if not last[row]:
                    continue
                rank = 0
                while rank < len(bounds) - 1 and bounds[rank] <= below + 0.5 * group:
                    rank += 1
                for member in range(first, row + 1):
                    own = drawn[site[member]] * weight[member]
                    if labelled[member] and own > 0.0:
                        to = rank if recut else new[member]
                        sums[draw, 0, old[member], to] += own
                        if fail[member]:
                            sums[draw, 1, old[member], to] += own
                below += group
                group = 0.0
                first = row + 1
