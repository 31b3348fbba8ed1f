"""Cohorts: who is a row on which day, what happened to it, and which rows may teach which origin."""

from riskml.cohorts.labels import LabelMap, definitions, refuse_mixed_folds
from riskml.cohorts.rows import active_rows
from riskml.cohorts.site_split import cold_start_folds, held_out_sites
from riskml.cohorts.splits import Fold, evaluation_origins, month_starts, planning_days, rolling_folds
from riskml.cohorts.table import cohort_parts, cohort_rows
from riskml.cohorts.targets import settled_targets
from riskml.cohorts.wording import summary

__all__ = [
    "Fold",
    "LabelMap",
    "active_rows",
    "cohort_parts",
    "cohort_rows",
    "cold_start_folds",
    "definitions",
    "evaluation_origins",
    "held_out_sites",
    "month_starts",
    "planning_days",
    "refuse_mixed_folds",
    "rolling_folds",
    "settled_targets",
    "summary",
]
