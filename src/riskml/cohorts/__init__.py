"""Cohorts: who is a row on which day, what happened to it, and which rows may teach which origin."""

from riskml.cohorts.rows import active_rows
from riskml.cohorts.splits import Fold, planning_days, rolling_folds
from riskml.cohorts.targets import settled_targets

__all__ = ["Fold", "active_rows", "planning_days", "rolling_folds", "settled_targets"]
