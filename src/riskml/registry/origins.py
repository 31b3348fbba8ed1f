"""What came out at each origin alone, with intervals: from the scored rows of a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from riskml.evaluation.comparison import Estimate, compare

DRAWS: Final = 200
"""Bootstrap draws behind an origin's interval in MLflow: fewer than for the headline, they are for orientation."""
MODEL: Final = "model"
LEARNED: Final = (MODEL, "scorecard", "logistic")
KEPT: Final = ("auc", "brier", "calibration_slope", "calibration_intercept")
"""Metrics kept of a learned policy that is not the model, besides the headline: every child run takes time."""


@dataclass(frozen=True)
class AtOrigin:
    """One policy at one origin.

    Attributes:
        origin: day, such as "2024-12-20".
        policy: its name.
        estimand: of the headline.
        n, n_positive: the headline's pool.
        metrics: metric -> value, low, high; what is undefined is None.
    """

    origin: str
    policy: str
    estimand: str
    n: int
    n_positive: int
    metrics: dict[str, tuple[float | None, float | None, float | None]]


def is_learned(policy: str) -> bool:
    """Whether a policy is a model trained at each origin; rules, single features and diagnostics are none.

    >>> is_learned("scorecard"), is_learned("grade_nanchang_plus_model"), is_learned("grade_nanchang")
    (True, True, False)
    """
    return policy in LEARNED or policy.endswith("_plus_model")


def learned_at_origins(
    per_origin: pd.DataFrame, headline: str, rows: pd.DataFrame | None, *, budgets: Sequence[float], seed: int
) -> Iterator[AtOrigin]:
    """Every learned policy at every origin, in time order: the model whole and with intervals, the others in short.

    Args:
        per_origin: origin, policy, metric, value, n, n_positive, estimand (`Comparison.per_origin`).
        headline: the metric whose pool is told.
        rows: scored rows, for the intervals; without them there are none.
        budgets: shares of visits.
        seed: of the resamples.
    """
    learned = per_origin[per_origin["policy"].map(is_learned)]
    for origin, here in learned.groupby("origin", sort=True):
        found = _estimates(rows, origin, budgets, seed)
        for policy, own in here.groupby("policy", sort=False):
            pool = own.iloc[int((own["metric"] == headline).argmax())]
            bounds = found if policy == MODEL else {}
            shown = own if policy == MODEL else own[own["metric"].isin([headline, *KEPT])]
            yield AtOrigin(
                origin=f"{pd.Timestamp(str(origin)):%Y-%m-%d}",
                policy=str(policy),
                estimand=str(pool["estimand"]),
                n=int(pool["n"]),
                n_positive=int(pool["n_positive"]),
                metrics={
                    str(row.metric): (_number(row.value), *_interval(bounds.get(str(row.metric))))
                    for row in shown.itertuples()
                },
            )


def _estimates(rows: pd.DataFrame | None, origin: Any, budgets: Sequence[float], seed: int) -> Mapping[str, Estimate]:
    """The model's metrics at one origin; none without rows or without a settled visit."""
    here = None if rows is None else rows[rows["origin"] == origin]
    if here is None or here.empty or here["fail"].isna().all():
        return {}
    return compare(here, [MODEL], budgets=budgets, draws=DRAWS, seed=seed, pairs=[]).policies[MODEL]


def _interval(estimate: Estimate | None) -> tuple[float | None, float | None]:
    return (None, None) if estimate is None else (estimate.low, estimate.high)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
