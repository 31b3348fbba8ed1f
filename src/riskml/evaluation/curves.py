"""Curves for the eye: recall over all budgets with its bands, and observed against predicted failure rates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, Multiplicity, Ranked, Tally, rank, ratio, tally
from riskml.evaluation._recut import recut
from riskml.evaluation.intervals import bootstrap, percentile_interval

BINS = 10


def budget_curve(
    rows: pd.DataFrame, policies: Sequence[str], *, step: float = 0.05, draws: int = 0, seed: int = 0
) -> pd.DataFrame:
    """Recall of each policy at budgets from 0 to 1, cut within each origin (reordering).

    Args:
        rows: scored rows: fail (only rows with an outcome count), origin, score_<policy>, weight (absent means 1), and
            with draws site_id.
        policies: names behind score_<policy>.
        step: distance of the budgets.
        draws: resamples of the sites behind the band; 0 for none.
        seed: of the resamples.

    Returns:
        policy, budget, recall, low, high (95 % at each budget alone; NaN where there is no band).

    Raises:
        DataError: for draws without site_id.
    """
    pool = _pool(rows, policies, step, draws)
    point, drawn = _recalls(pool, draws, seed)
    found = []
    for place, policy in enumerate(policies):
        found.append((policy, 0.0, 0.0, 0.0 if draws else np.nan, 0.0 if draws else np.nan))
        for k, budget in enumerate(pool.budgets.tolist()):
            low, high = _band(point[place, k], drawn[:, place, k], pool.sites)
            found.append((policy, budget, float(point[place, k]), low, high))
    return pd.DataFrame(found, columns=["policy", "budget", "recall", "low", "high"])


def difference_curve(
    rows: pd.DataFrame, pairs: Sequence[tuple[str, str]], *, step: float = 0.05, draws: int = 200, seed: int
) -> pd.DataFrame:
    """Recall of a less recall of b at budgets from 0 to 1, both on the same resamples of the sites (reordering).

    Args:
        rows: see `budget_curve`.
        pairs: (a, b).
        step: distance of the budgets.
        draws: resamples of the sites.
        seed: of the resamples.

    Returns:
        a, b, budget, difference, low, high (95 % at each budget alone; NaN where there is no band).

    Raises:
        DataError: for draws without site_id.
    """
    policies = list(dict.fromkeys(name for pair in pairs for name in pair))
    pool = _pool(rows, policies, step, draws)
    point, drawn = _recalls(pool, draws, seed)
    found = []
    for a, b in pairs:
        one, other = policies.index(a), policies.index(b)
        gap, gaps = point[one] - point[other], drawn[:, one] - drawn[:, other]
        found.append((a, b, 0.0, 0.0, 0.0 if draws else np.nan, 0.0 if draws else np.nan))
        for k, budget in enumerate(pool.budgets.tolist()):
            found.append((a, b, budget, float(gap[k]), *_band(gap[k], gaps[:, k], pool.sites)))
    return pd.DataFrame(found, columns=["a", "b", "budget", "difference", "low", "high"])


@dataclass(frozen=True, eq=False)
class _CurvePool:
    """The labelled rows, ranked by each policy; budgets as shares; number of sites."""

    ranked: list[Ranked]
    budgets: Floats
    sites: int


def _pool(rows: pd.DataFrame, policies: Sequence[str], step: float, draws: int) -> _CurvePool:
    if draws and "site_id" not in rows.columns:
        raise DataError(f"a band needs the column site_id, to resample the sites; the rows have {list(rows.columns)}")
    site, sites = (
        pd.factorize(rows["site_id"], sort=True) if "site_id" in rows.columns else (np.arange(len(rows)), rows)
    )
    known = rows["fail"].notna().to_numpy()
    pool = rows[known]
    outcome = pool["fail"].astype(bool).to_numpy()
    weight = pool["weight"].to_numpy(np.float64) if "weight" in pool.columns else np.ones(len(pool))
    origin, codes = pool["origin"].to_numpy(), site[known].astype(np.int32)
    ranked = [
        rank(outcome, pool[f"score_{name}"].to_numpy(np.float64), weight=weight, stratum=origin, site=codes)
        for name in policies
    ]
    return _CurvePool(ranked, np.minimum(np.round(np.arange(step, 1 + step / 2, step), 6), 1.0), len(sites))


def _recalls(pool: _CurvePool, draws: int, seed: int) -> tuple[Floats, Floats]:
    """Recall by policy and budget, and the same under each draw, shape (draws, policies, budgets)."""
    shape = (len(pool.ranked), len(pool.budgets))

    shares = pool.budgets.tolist()
    cuts = [recut(ranked, shares=shares, sites=pool.sites) for ranked in pool.ranked] if draws else []

    def recalls(sums: Sequence[Tally]) -> Floats:
        return np.concatenate(
            [ratio(one.found, np.broadcast_to(one.positive[:, None], one.found.shape)) for one in sums], axis=1
        )

    def exact(multiplicity: Multiplicity) -> list[Tally]:
        together = np.asfortranarray(multiplicity)
        return [tally(ranked, together, shares=shares, whole=False) for ranked in pool.ranked]

    def statistic(multiplicity: Multiplicity) -> Floats:
        found = zip(cuts, exact(multiplicity), strict=True)
        return recalls([cut.tally(sums, multiplicity) for cut, sums in found])

    point = recalls(exact(np.ones((1, pool.sites), dtype=np.uint16))).reshape(shape)
    drawn = bootstrap(statistic, sites=pool.sites, draws=draws, seed=seed)
    return point, drawn.reshape(draws, *shape)


def _band(value: float, drawn: Floats, sites: int) -> tuple[float, float]:
    if np.isnan(value):
        return np.nan, np.nan
    found = percentile_interval(drawn, sites=sites)
    return (np.nan, np.nan) if found.low is None or found.high is None else (found.low, found.high)


def reliability_curve(outcome: "pd.Series[bool]", probability: "pd.Series[float]") -> pd.DataFrame:
    """Observed against predicted failure rates in ten bins of equal size, with Wilson 95 % intervals (Wilson 1927).

    Args:
        outcome: nullable booleans, shape (n,); rows without an outcome are left out.
        probability: predictions, shape (n,).

    Returns:
        bin, predicted (mean), observed, low, high, n.
    """
    known = outcome.notna()
    table = pd.DataFrame({"fail": outcome[known].astype(float), "p": probability[known]}).sort_values(
        "p", kind="stable"
    )
    table["bin"] = np.arange(len(table)) * BINS // max(len(table), 1)
    bins = (
        table.groupby("bin").agg(predicted=("p", "mean"), observed=("fail", "mean"), n=("fail", "size")).reset_index()
    )
    low, high = wilson_interval(bins["observed"].to_numpy(), bins["n"].to_numpy())
    return bins.assign(low=low, high=high)[["bin", "predicted", "observed", "low", "high", "n"]]


def wilson_interval(share: np.ndarray, n: np.ndarray, z: float = 1.959964) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of a share.

    >>> low, high = wilson_interval(np.array([0.5]), np.array([100]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.4038, 0.5962)
    """
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return centre - half, centre + half
