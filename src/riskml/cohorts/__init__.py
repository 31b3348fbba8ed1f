"""Cohorts: who is a row on which day, what happened to it, and which rows may teach which origin."""

from riskml.cohorts.labels import LabelMap, definitions, refuse_mixed_folds
from riskml.cohorts.planned import Planned, planned_days
from riskml.cohorts.register import later_snapshots
from riskml.cohorts.rows import active_rows
from riskml.cohorts.site_split import cold_start_folds, held_out_sites
from riskml.cohorts.splits import Fold, evaluation_origins, month_starts, planning_days, rolling_folds
from riskml.cohorts.table import cohort_parts, cohort_rows
from riskml.cohorts.targets import settled_targets
from riskml.cohorts.wording import snapshot_notes, split_table, summary

__all__ = [
    "Fold",
    "LabelMap",
    "Planned",
    "active_rows",
    "cohort_parts",
    "cohort_rows",
    "cold_start_folds",
    "definitions",
    "evaluation_origins",
    "held_out_sites",
    "later_snapshots",
    "month_starts",
    "planned_days",
    "planning_days",
    "refuse_mixed_folds",
    "rolling_folds",
    "settled_targets",
    "snapshot_notes",
    "split_table",
    "summary",
]
