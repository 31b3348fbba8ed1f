"""Does a score read who goes? Told exactly by swapping the inspectors of visits, and from scored rows by chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, ratio
from riskml.evaluation.schedule._visits import Ints, Visits, made_visits

HISTORY: Final = ("past_fail_rate", "last_outcome")
NEEDED: Final = 100
"""Visits that may swap inspectors that the test on scored rows needs; below that it says "not enough data"."""
NO_OFFICE: Final = "the rows name no office: where offices differ, any score of their sites follows their inspectors"
COLUMNS: Final = {
    "policy": "str", "share": "float64", "by_chance": "float64", "p": "float64", "n": "int64", "reason": "str",
}  # fmt: skip


@dataclass(frozen=True)
class Blindness:
    """Whether a score changed when the inspectors of the visits to predict changed places.

    Attributes:
        ignores: True if no score changed in any bit.
        changed: visits whose score changed at least once.
        largest: greatest change; NaN where a score became or ceased to be NaN.
        swaps: ways in which the inspectors were put, the last one being nowhere.
    """

    ignores: bool
    changed: int
    largest: float
    swaps: int


def ignores_inspectors(
    score: Callable[[pd.DataFrame], ArrayLike],
    visits: pd.DataFrame,
    *,
    column: str = "inspector",
    swaps: int = 5,
    seed: int,
) -> Blindness:
    """Score the same visits with other inspectors: a policy that may be used gives the same bits.

    Args:
        score: visits -> one score each, shape (n,); it gets a frame of its own each time.
        visits: those to predict, with all that the score reads; n rows.
        column: in which their inspector stands. Past visits may be adjusted for leniency: they are not touched.
        swaps: permutations of the column; one more leaves it empty.
        seed: of the permutations.

    Raises:
        DataError: for an absent column, fewer than two inspectors, no swap, or scores of a wrong shape.

    >>> visits = pd.DataFrame({"inspector": ["ann", "bob", "ann"], "past": [0.1, 0.3, 0.2]})
    >>> ignores_inspectors(lambda frame: frame["past"], visits, seed=1).ignores
    True
    >>> ignores_inspectors(lambda frame: frame["past"] + (frame["inspector"] == "ann"), visits, seed=1).ignores
    False
    """
    if column not in visits.columns:
        raise DataError(f"the visits have no column {column!r}; they have {list(visits.columns)}")
    if visits[column].nunique() < 2 or swaps < 1:
        raise DataError(
            f"{visits[column].nunique()} inspectors and {swaps} swaps show nothing; at least 2 and 1 are needed"
        )
    before = _scored(score, visits)
    changed, largest = np.zeros(len(visits), dtype=bool), 0.0
    for place in range(swaps + 1):
        after = _scored(score, visits.assign(**{column: _elsewhere(visits[column], place, swaps, seed)}))
        differs = ~((after == before) | (np.isnan(after) & np.isnan(before)))
        changed |= differs
        largest = max(largest, float(np.abs(after - before)[differs].max(initial=0.0)))
    return Blindness(not changed.any(), int(changed.sum()), largest, swaps + 1)


def _elsewhere(column: "pd.Series[Any]", place: int, swaps: int, seed: int) -> "pd.Series[Any]":
    if place == swaps:
        return pd.Series(None, index=column.index, dtype=column.dtype)
    order = np.random.default_rng((seed, place)).permutation(len(column))
    return pd.Series(column.array[order], index=column.index)


def _scored(score: Callable[[pd.DataFrame], ArrayLike], visits: pd.DataFrame) -> Floats:
    found = np.asarray(score(visits.copy()), dtype=np.float64)
    if found.shape != (len(visits),):
        raise DataError(f"a score for each of {len(visits)} visits is needed; got shape {found.shape}")
    return found


def inspector_association(
    rows: pd.DataFrame, policies: Sequence[str], *, history: Sequence[str] = HISTORY, draws: int = 999, seed: int
) -> pd.DataFrame:
    """How far a score follows who went, beyond the office, the day and the site's history; against swapped inspectors.

    Each score becomes its mean rank within office and origin, less what the ranks of `history` say of it by least
    squares. `share` is the part of its variance that lies between inspectors. The inspectors of visits of one office
    and origin then change places `draws` times; p is the share of draws, the real order among them, that reach as much
    (Phipson and Smyth 2010, Permutation p-values should never be zero).

    Inspectors drawn by lot within an office make a small p the mark of a score that reads them. Where they have beats,
    or are sent by risk, a score that reads the site follows them too: then only `ignores_inspectors` decides.

    Args:
        rows: scored rows: site_id, origin, visited_on, fail (missing = no settled visit), weight, inspector,
            score_<name> of the policies and of the history, and office if known. Each visit counts once.
        policies: those looked at.
        history: policies that the site's record alone makes; a policy of the history is not adjusted for itself, and
            names whose column the rows lack are left out.
        draws: permutations.
        seed: of the permutations.

    Returns:
        policy, share (0 to 1), by_chance (its mean over the draws), p, n (visits that could swap), reason (why a number
        is missing, or what it lacks).

    Raises:
        DataError: for rows that do not allow it, or no draw.
    """
    if draws < 1:
        raise DataError(f"{draws} permutations show nothing; at least 1 is needed")
    known = [name for name in history if f"score_{name}" in rows.columns]
    visits = made_visits(rows, list(dict.fromkeys([*policies, *known])))
    kept, stratum = _swappable(visits)
    if len(kept) < NEEDED:
        reason = f"not enough data: {len(kept)} visits could swap their inspector, {NEEDED} are needed"
        told = [{"policy": policy, "n": len(kept), "reason": reason} for policy in policies]
        return _frame(told)
    ranks = {name: _centred(score[kept], stratum) for name, score in visits.scores.items()}
    left = [_unexplained(ranks[policy], [ranks[name] for name in known if name != policy]) for policy in policies]
    shares, drawn = _between(np.array(left), visits.inspector[kept], stratum, draws, seed)
    lacking = NO_OFFICE if "office" in visits.absent else ""
    return _frame([_row(*one, len(kept), lacking) for one in zip(policies, shares, drawn.T, strict=True)])


def _swappable(visits: Visits) -> tuple[Ints, Ints]:
    """Visits of an office and origin with several known inspectors, in the order of these strata, and their codes."""
    known = np.flatnonzero(visits.inspector >= 0)
    keys = np.column_stack([visits.origin, visits.office])[known]
    stratum = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    pairs = np.unique(np.column_stack([stratum, visits.inspector[known]]), axis=0)[:, 0]
    several = np.bincount(pairs, minlength=stratum.max(initial=-1) + 1)[stratum] > 1
    kept, stratum = known[several], stratum[several]
    order = np.argsort(stratum, kind="stable")
    return kept[order], np.unique(stratum[order], return_inverse=True)[1]


def _centred(score: Floats, stratum: Ints) -> Floats:
    """Mean ranks within the stratum, from -1/2 to 1/2."""
    groups = pd.Series(score).groupby(stratum)
    ranks = (groups.rank().to_numpy() - 0.5) / groups.transform("size").to_numpy() - 0.5
    return np.asarray(ranks, dtype=np.float64)


def _unexplained(rank: Floats, history: Sequence[Floats]) -> Floats:
    if not history:
        return rank
    design = np.column_stack(history)
    return np.asarray(rank - design @ np.linalg.lstsq(design, rank, rcond=None)[0], dtype=np.float64)


def _between(values: Floats, inspector: Ints, stratum: Ints, draws: int, seed: int) -> tuple[Floats, Floats]:
    """Share of each row's variance between inspectors, shape (k,), and with swapped inspectors, shape (draws, k)."""
    who = np.unique(inspector, return_inverse=True)[1]
    counts = np.bincount(who)
    whole = (values**2).sum(axis=1)

    def share(of: Ints) -> Floats:
        sums = np.array([np.bincount(of, row, minlength=len(counts)) for row in values])
        return ratio((sums**2 / counts).sum(axis=1), np.where(whole > 1e-12, whole, 0.0))

    swapped = [
        share(who[np.lexsort((np.random.default_rng((seed, draw)).random(len(who)), stratum))]) for draw in range(draws)
    ]
    return share(who), np.array(swapped)


def _row(policy: str, share: float, drawn: Floats, n: int, lacking: str) -> dict[str, Any]:
    if np.isnan(share):
        return {"policy": policy, "n": n, "reason": "its scores do not differ within an office and origin"}
    reached = int((drawn >= share - 1e-12).sum())
    p = (1 + reached) / (1 + len(drawn))
    return {
        "policy": policy,
        "share": float(share),
        "by_chance": float(drawn.mean()),
        "p": p,
        "n": n,
        "reason": lacking,
    }


def _frame(rows: "list[dict[str, Any]]") -> pd.DataFrame:
    numbers = {"share": np.nan, "by_chance": np.nan, "p": np.nan}
    return pd.DataFrame([{**numbers, **row} for row in rows], columns=list(COLUMNS)).astype(COLUMNS)
