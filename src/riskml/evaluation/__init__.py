"""Evaluation: policies compared at equal budget, ties by expected value, an interval on every number."""

from riskml.evaluation.comparison import Comparison, Difference, Estimate, compare, verdict
from riskml.evaluation.metrics import (
    BudgetCut,
    at_budget,
    auc,
    average_precision,
    brier,
    calibration_intercept,
    calibration_slope,
)

__all__ = [
    "BudgetCut",
    "Comparison",
    "Difference",
    "Estimate",
    "at_budget",
    "auc",
    "average_precision",
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "compare",
    "verdict",
]
