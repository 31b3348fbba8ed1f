"""From model back to grade: the model's order cut into the incumbent's levels, by their sizes or by bounds of risk."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats

Ints = NDArray[np.int64]

COLUMNS: Final = (
    "site_id", "origin", "fail", "weight", "probability", "level", "new_level", "rank", "new_rank", "recut",
)  # fmt: skip


def level_cuts(sizes: Sequence[float], probability: ArrayLike) -> list[float] | None:
    """Cut points on the probability that give levels of the sizes asked for; the artifact's, and every table's.

    A probability at a cut belongs to the riskier level. Sites of equal probability stay together, so a level may differ
    from its size: the boundary lies where its distance is least, and of two equal ones where more sites are at the
    riskier level. No outcome is looked at.

    Args:
        sizes: of the levels, safest first, each above 0: numbers or shares.
        probability: of the sites whose levels were counted.

    Returns:
        One cut fewer than levels, strictly rising; None where the probabilities cannot tell the levels apart.

    Raises:
        DataError: for a size that is not above 0, or a missing probability.

    >>> level_cuts([5, 3, 2], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
    [0.6, 0.9]
    >>> level_cuts([1, 1], [0.5, 0.5]) is None
    True
    """
    if not len(sizes) or min(sizes) <= 0:
        raise DataError(
            f"level sizes {list(sizes)} are not allowed; each level needs a size above 0: leave out the others"
        )
    values = _probabilities(probability)
    cuts = _cuts(np.asarray(sizes, dtype=np.float64), values).tolist()
    ends = [float(values.min(initial=np.inf)), *cuts, np.inf]
    return None if any(b <= a for a, b in pairwise(ends)) else cuts


def translate(
    level: "pd.Series[str]", probability: ArrayLike, codes: Sequence[str], *, bounds: Sequence[float] | None = None
) -> "pd.Series[str]":
    """The model's level of each site of one day.

    Args:
        level: the incumbent's, missing where it has none.
        probability: of the same sites.
        codes: of all levels, safest first.
        bounds: fixed bounds of risk instead of the incumbent's sizes, one fewer than levels, rising, in (0, 1); a
            probability at a bound belongs to the riskier level.

    Returns:
        Codes on the index of `level`. By sizes: the sites that the incumbent grades are cut as `level_cuts` says (an
        empty level stays empty, one that ties leave no room for becomes so), and those it does not grade get the level
        that their probability falls into.

    Raises:
        DataError: for an unknown level, a missing probability, wrong bounds, or no site with a level.

    >>> old = pd.Series(["low", "low", "high", None], dtype="str")
    >>> translate(old, [0.3, 0.1, 0.2, 0.9], ["low", "high"]).tolist()
    ['high', 'low', 'low', 'high']
    >>> translate(old, [0.3, 0.1, 0.2, 0.9], ["low", "high"], bounds=[0.2]).tolist()
    ['high', 'low', 'high', 'high']
    """
    cuts = day_cuts(level, probability, codes, bounds=bounds)
    new = np.searchsorted(cuts, _probabilities(probability), side="right")
    return pd.Series(np.array(codes, dtype=object)[new], index=level.index, dtype="str")


def day_cuts(
    level: "pd.Series[str]", probability: ArrayLike, codes: Sequence[str], *, bounds: Sequence[float] | None = None
) -> Floats:
    """The cuts by which `translate` gives levels on a day, shape (levels - 1,), not falling.

    Equal ones leave the level between them empty; infinite ones leave those above them so. Arguments as `translate`.
    """
    values, rank = _probabilities(probability), _ranks(level, codes)
    if len(values) != len(rank):
        raise DataError(f"{len(values)} probabilities for {len(rank)} sites; give one each")
    if bounds is not None:
        return _bounds(bounds, len(codes))
    graded = rank >= 0
    if not graded.any():
        raise DataError(f"none of {len(rank)} sites has a level; there are no sizes to keep: give bounds instead")
    return _cuts(np.bincount(rank[graded], minlength=len(codes)).astype(np.float64), values[graded])


def translated_rows(
    rows: pd.DataFrame,
    grades: pd.DataFrame,
    system: str,
    codes: Sequence[str],
    *,
    policy: str = "model",
    bounds: Sequence[float] | None = None,
) -> pd.DataFrame:
    """The scored rows with the incumbent's level and the model's, cut at each origin.

    Args:
        rows: scored rows: site_id, as_of, origin, fail, weight, score_<policy> (a probability).
        grades: site_id, as_of, system, level of the same days (see `models.policies.graded_days`).
        system: the incumbent's name in `grades`.
        codes: of its levels, safest first.
        policy: the model.
        bounds: fixed bounds of risk instead of the incumbent's sizes.

    Returns:
        The rows that the incumbent grades, by origin and site: site_id, origin, fail, weight, probability, level,
        new_level, rank, new_rank (0 is safest), recut (the levels follow the sizes, so a resample cuts again).

    Raises:
        DataError: if it grades none of them, or as `translate`.
    """
    mine = grades.loc[grades["system"] == system, ["site_id", "as_of", "level"]]
    asked = rows[["site_id", "as_of", "origin", "fail", "weight"]].assign(probability=rows[f"score_{policy}"])
    joined = asked.merge(mine, on=["site_id", "as_of"], how="left", validate="one_to_one")
    held = joined[joined["level"].notna()].sort_values(["origin", "site_id"], kind="stable", ignore_index=True)
    if held.empty:
        raise DataError(f"system {system!r} gives none of {len(rows)} scored rows a level; nothing can be translated")
    new = [
        translate(part["level"], part["probability"].to_numpy(np.float64), codes, bounds=bounds)
        for _, part in held.groupby("origin", sort=False)
    ]
    made = held.assign(new_level=pd.concat(new), recut=bounds is None)
    ranks = {"rank": _ranks(made["level"], codes), "new_rank": _ranks(made["new_level"], codes)}
    return made.assign(**ranks)[list(COLUMNS)]


def _cuts(sizes: Floats, values: Floats) -> Floats:
    """The least value above each boundary, infinite where there is none.

    A value with b sites below it and e equal to it lies above a boundary at t sites if b + e / 2 >= t: then t - b, what
    the levels below lose if it goes up, is not more than b + e - t, what they would gain.
    """
    distinct, equal = np.unique(values, return_counts=True)
    middle = np.cumsum(equal) - equal / 2
    targets = np.cumsum(sizes)[:-1] * (len(values) / sizes.sum())
    cuts: Floats = np.append(distinct, np.inf)[np.searchsorted(middle, targets, side="left")]
    return cuts


def _bounds(bounds: Sequence[float], levels: int) -> Floats:
    found = np.asarray(bounds, dtype=np.float64)
    rising = bool((np.diff(found) > 0).all())
    if len(found) != levels - 1 or not rising or not ((found > 0) & (found < 1)).all():
        raise DataError(
            f"bounds {list(bounds)} are not allowed; {levels} levels need {levels - 1} rising ones in (0, 1)"
        )
    return found


def _probabilities(probability: ArrayLike) -> Floats:
    values = np.asarray(probability, dtype=np.float64)
    missing = int(np.isnan(values).sum())
    if missing:
        raise DataError(f"{missing} of {len(values)} probabilities are missing; every site needs one")
    return values


def _ranks(level: "pd.Series[Any]", codes: Sequence[str]) -> Ints:
    unknown = sorted(set(level.dropna()) - set(codes))
    if unknown:
        raise DataError(f"unknown levels {unknown}; the system's are {list(codes)}")
    place = {code: rank for rank, code in enumerate(codes)}
    ranks = level.map(place).fillna(-1)
    return np.asarray(ranks, dtype=np.int64)
