"""Curves for the eye: recall over all budgets, and observed against predicted failure rates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskml.evaluation.metrics import at_budget

BINS = 10


def budget_curve(rows: pd.DataFrame, policies: Sequence[str], *, step: float = 0.05) -> pd.DataFrame:
    """Recall of each policy at budgets from 0 to 1, cut within each origin (reordering).

    Args:
        rows: scored rows; only those with an outcome count.
        policies: names behind score_<policy>.
        step: distance of the budgets.

    Returns:
        policy, budget, recall.
    """
    pool = rows[rows["fail"].notna()]
    outcome = pool["fail"].astype(bool).to_numpy()
    budgets = np.round(np.arange(step, 1 + step / 2, step), 6)
    found = [(policy, 0.0, 0.0) for policy in policies]
    for policy in policies:
        score = pool[f"score_{policy}"].to_numpy(np.float64)
        for budget in budgets:
            cut = at_budget(outcome, score, share=float(min(budget, 1.0)), stratum=pool["origin"].to_numpy())
            found.append((policy, float(budget), float("nan") if cut.recall is None else cut.recall))
    return pd.DataFrame(found, columns=["policy", "budget", "recall"])


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
