"""Ranking within one inspector's visits: what is left of a score once who went is taken out (METHOD.md 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskml.errors import DataError
from riskml.evaluation._policies import WITHIN, prepare
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation._ranking import Floats, Multiplicity
from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.evaluation.metrics import auc


@dataclass(frozen=True, eq=False)
class Gain:
    """The mean over windows of a paired gain in within-inspector AUC.

    Attributes:
        value: the mean; windows weigh the same.
        low, high: 95 % interval by bootstrap of the sites, the same for both policies; both None where there is none.
        n, n_positive: visits with a known inspector, and failures among them.
        draws: resamples that had a value.
        windows: origin, a, b (within-inspector AUC of either policy), gain, n, n_positive; one row a window.
        left_out: windows in which no known inspector has both a failed and a passed visit.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    n_positive: int
    draws: int
    windows: pd.DataFrame
    left_out: tuple[str, ...]


def within_inspector_auc(
    outcome: ArrayLike,
    score: ArrayLike,
    inspector: "Sequence[Any] | pd.Series[Any]",
    *,
    window: "Sequence[Any] | pd.Series[Any] | None" = None,
    weight: ArrayLike | None = None,
) -> float | None:
    """AUC over pairs of visits of one inspector (in one window), pooled by the number of pairs; ties count half.

    A score that says no more than who goes has 0.5, however well it ranks all visits.

    Args:
        outcome: True or 1 for a failed visit, shape (n,).
        score: higher is riskier, shape (n,).
        inspector: of each visit; visits where it is missing are left out.
        window: of each visit, where a pair may not reach across windows; absent means one window.
        weight: of each visit, >= 0; absent means 1.

    Returns:
        In [0, 1], or None if no inspector has both a failed and a passed visit in one window.

    Raises:
        DataError: for vectors of unequal length, NaN scores, or outcomes that are neither 0 nor 1.

    >>> within_inspector_auc([1, 0, 1, 0], [0.9, 0.8, 0.3, 0.1], ["ann", "ann", "bob", "bob"])
    1.0
    >>> within_inspector_auc([1, 1, 0, 1, 0, 0], [2, 2, 2, 1, 1, 1], ["ann"] * 3 + ["bob"] * 3)
    0.5
    """
    names, scores = pd.Series(inspector).reset_index(drop=True), np.asarray(score, dtype=np.float64)
    windows = pd.Series(0, index=names.index) if window is None else pd.Series(window).reset_index(drop=True)
    weights = np.ones(len(scores)) if weight is None else np.asarray(weight, dtype=np.float64)
    outcomes = np.asarray(outcome)
    sizes = {len(names), len(windows), len(scores), len(weights), len(outcomes)}
    if len(sizes) > 1:
        raise DataError(f"outcome, score, inspector, window and weight must be of one length; got {sorted(sizes)}")
    known = names.notna().to_numpy()
    stratum = pd.factorize(pd.MultiIndex.from_arrays([windows[known], names[known]]))[0]
    return auc(outcomes[known], scores[known], weight=weights[known], stratum=stratum)


def mean_within_gain(rows: pd.DataFrame, a: str, b: str, *, draws: int = 1000, seed: int) -> Gain:
    """How much more policy a orders rightly than b within one inspector's visits, on average over the windows.

    Args:
        rows: scored rows: site_id, origin (the window), fail (missing = no settled visit), inspector, weight,
            score_<a>, score_<b>.
        a: the policy.
        b: the one it is held against.
        draws: resamples of the sites.
        seed: of the resamples.

    Raises:
        DataError: for rows that do not allow the comparison (`comparison.compare`), or if in no window an inspector
            has both a failed and a passed visit.
    """
    pool = make_pool(rows, [a, b])
    windows, left_out = _speaking(pool)
    pairs = [tuple(prepare(window, name, budgets=(), probability=False) for name in (a, b)) for window in windows]

    def values(multiplicity: Multiplicity) -> Floats:
        found = [[ready.values(multiplicity).get(WITHIN, _nothing(multiplicity)) for ready in pair] for pair in pairs]
        return np.asarray(found, dtype=np.float64)  # windows, policies, draws

    once = values(np.ones((1, pool.sites), dtype=np.uint16))[:, :, 0]
    drawn = bootstrap(lambda multiplicity: _mean_gain(values(multiplicity)), sites=pool.sites, draws=draws, seed=seed)
    interval = percentile_interval(drawn[:, 0] if draws else np.empty(0), sites=pool.sites)
    known = [window.labelled & (window.inspector >= 0) for window in windows]
    table = pd.DataFrame(
        {
            "origin": [window.origins[0] for window in windows],
            "a": once[:, 0],
            "b": once[:, 1],
            "gain": once[:, 0] - once[:, 1],
            "n": [int(mask.sum()) for mask in known],
            "n_positive": [int(window.fail[mask].sum()) for window, mask in zip(windows, known, strict=True)],
        }
    )
    return Gain(
        float(table["gain"].mean()), interval.low, interval.high, int(table["n"].sum()), int(table["n_positive"].sum()),
        interval.draws, table, left_out,
    )  # fmt: skip


def _mean_gain(values: Floats) -> Floats:
    return np.asarray((values[:, 0] - values[:, 1]).mean(axis=0)[:, None], dtype=np.float64)


def _nothing(multiplicity: Multiplicity) -> Floats:
    return np.full(len(multiplicity), np.nan)


def _speaking(pool: Pool) -> tuple[list[Pool], tuple[str, ...]]:
    """The windows in which some inspector has both outcomes, and the days of the others."""
    found, left_out = [], []
    for place, origin in enumerate(pool.origins):
        window = pool.at_origin(place)
        known = window.labelled & (window.inspector >= 0)
        outcomes = pd.Series(window.fail[known]).groupby(window.inspector[known]).nunique()
        if (outcomes > 1).any():
            found.append(window)
        else:
            left_out.append(f"{origin:%Y-%m-%d}")
    if not found:
        raise DataError(
            "in no window an inspector has both a failed and a passed visit: there is nothing to rank within; take "
            "longer windows, or records that name the inspector"
        )
    return found, tuple(left_out)
