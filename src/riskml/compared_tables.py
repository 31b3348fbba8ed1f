"""Every table that stands beside the headline: what would make it wrong, and what it means for offices and sites."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pandas as pd

from riskml.evaluation.calibration_table import calibration_table
from riskml.evaluation.curves import budget_curve, difference_curve, reliability_curve
from riskml.evaluation.fairness.site_groups import site_groups
from riskml.evaluation.fairness.table import fairness_table
from riskml.evaluation.inspectors.leniency import leniency
from riskml.evaluation.inspectors.table import inspectors_table
from riskml.evaluation.inspectors.workload import workload_table
from riskml.evaluation.levels.quality import qualities, quality_table
from riskml.evaluation.levels.reclassification import reclassification_table, translated_rates
from riskml.evaluation.levels.translation import translated_rows
from riskml.evaluation.net_benefit import net_benefit_table, past_level_rates
from riskml.evaluation.schedule.table import schedule_table
from riskml.evaluation.schedule.waiting import waiting_table
from riskml.evaluation.selection.overlap import overlap_table
from riskml.evaluation.selection.table import selection_table
from riskml.evaluation.sensitivity import ranges, sensitivity
from riskml.grades import System, load_system
from riskml.records.store import Records
from riskml.study import Study

MODEL: Final = "model"
HISTORY: Final = ("last_outcome", "past_fail_rate")
"""Baselines that stand in every table: the hardest rivals."""
CURVE_DRAWS: Final = 200
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the tables of a comparison are made of.

    Attributes:
        study: the settings.
        rows: scored rows.
        grades: levels and scores of every site on each origin (`models.policies.graded_days`).
        records: of the run; log: their event log.
    """

    study: Study
    rows: pd.DataFrame
    grades: pd.DataFrame
    records: Records
    log: pd.DataFrame

    @cached_property
    def policies(self) -> list[str]:
        """Names of all policies that have scores."""
        return [name.removeprefix("score_") for name in self.rows.columns if name.startswith("score_")]

    @cached_property
    def systems(self) -> dict[str, System]:
        """The grading systems compared, the incumbent first."""
        return {name: load_system(name) for name in self.study["comparison"]["systems"]}

    @cached_property
    def rivals(self) -> list[str]:
        """Policies declared beforehand as those to beat: the last outcome, the past fail rate, and every grade."""
        grades = [name for name in self.policies if name.startswith("grade_") and not name.endswith("_plus_model")]
        return [*(name for name in HISTORY if name in self.policies), *grades]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The model against each of them."""
        return [(MODEL, rival) for rival in self.rivals]

    @property
    def horizon_days(self) -> int:
        """H."""
        return int(self.study["cohort"]["horizon_days"])

    @property
    def budgets(self) -> list[float]:
        """Shares of the visits."""
        return list(self.study["comparison"]["budgets"])

    @property
    def budget(self) -> float:
        """Of the headline metric, else the largest."""
        share = self.study["comparison"]["headline"].partition("@")[2]
        return float(share) if share else max(self.budgets)

    @property
    def draws(self) -> int:
        """Resamples of the sites behind an interval."""
        return int(self.study["comparison"]["draws"])

    @property
    def seed(self) -> int:
        """Of the resamples."""
        return self.study.seed

    @property
    def resampling(self) -> dict[str, Any]:
        """The two together, as arguments."""
        return {"draws": self.draws, "seed": self.seed}


def beside(evidence: Evidence) -> Tables:
    """All tables of a comparison but those of `evaluation.compare` itself; name -> table."""
    return {
        **_curves(evidence),
        **_selection(evidence),
        **_inspectors(evidence),
        **_schedule(evidence),
        **_groups(evidence),
        **_grades(evidence),
        **_sensitivity(evidence),
        **_translation(evidence),
    }


def _curves(evidence: Evidence) -> Tables:
    rows = evidence.rows
    drawn: dict[str, Any] = {"draws": min(CURVE_DRAWS, evidence.draws), "seed": evidence.seed}
    return {
        "reliability": reliability_curve(rows["fail"], rows[f"score_{MODEL}"]),
        "budget_curve": budget_curve(rows, evidence.policies, **drawn),
        "difference_curve": difference_curve(rows, evidence.pairs, **drawn),
        "net_benefit": _net_benefit(evidence),
    }


def _net_benefit(evidence: Evidence) -> pd.DataFrame:
    known = evidence.horizon_days + evidence.records.outcome.settling_days
    grades = [f"grade_{name.replace('/', '_')}" for name in evidence.systems]
    rates = {f"{grade}_past_rate": past_level_rates(evidence.rows, grade, known_after_days=known) for grade in grades}
    return net_benefit_table(evidence.rows, [MODEL, *evidence.rivals], past_rates=rates, **evidence.resampling)


def _selection(evidence: Evidence) -> Tables:
    """What is known of all sites, visited or not, by every method side by side."""
    asked = {"gammas": evidence.study["comparison"]["gammas"], **evidence.resampling}
    policies = [MODEL, *evidence.rivals]
    return {
        "selection": selection_table(evidence.rows, policies, evidence.budgets, pairs=evidence.pairs, **asked),
        "overlap": overlap_table(evidence.rows),
    }


def _inspectors(evidence: Evidence) -> Tables:
    rows = evidence.rows
    asked: dict[str, Any] = {"budget": evidence.budget, "seed": evidence.seed}
    policies = [MODEL, *evidence.rivals]
    now = [name for name in evidence.rivals if name.startswith("grade_")][:1]
    return {
        "leniency": leniency(rows).table,
        "workload": workload_table(rows, [MODEL, *now, *evidence.rivals[:1]], **asked),
        "inspectors": inspectors_table(rows, policies, pairs=evidence.pairs, draws=evidence.draws, **asked),
    }


def _schedule(evidence: Evidence) -> Tables:
    asked: dict[str, Any] = {"pairs": evidence.pairs, **evidence.resampling}
    policies = [MODEL, *evidence.rivals]
    return {
        "schedule": schedule_table(evidence.rows, policies, **asked),
        "waiting": waiting_table(evidence.rows, policies, **asked),
    }


def _groups(evidence: Evidence) -> Tables:
    """Calibration and fairness by what kind of site it is and where."""
    rows, groups = evidence.rows, site_groups(evidence.rows, evidence.records.sites)
    incumbents = [name for name in evidence.rivals if name.startswith("grade_")][:1]
    rivals = [*evidence.rivals[:1], *incumbents]
    asked = evidence.resampling
    return {
        "calibration": calibration_table(rows, groups, **asked),
        "fairness": fairness_table(rows, groups, rivals=rivals, budgets=[evidence.budget], **asked),
    }


def _grades(evidence: Evidence) -> Tables:
    """Failure rate by level, inflation, bunching and movers of each system."""
    found = qualities(evidence.rows, evidence.grades, evidence.systems, **evidence.resampling)
    return {"grade_quality": quality_table(found)}


def _sensitivity(evidence: Evidence) -> Tables:
    """The range of each difference from a grade while its assumed numbers vary; no table where none is asked for."""
    draws = evidence.study["comparison"]["sensitivity_draws"]
    if not draws or not evidence.systems:
        return {}
    asked = {"budgets": evidence.budgets, "draws": draws, "seed": evidence.seed, "log": evidence.log}
    varied = [sensitivity(evidence.rows, evidence.records, system, **asked) for system in evidence.systems.values()]
    return {"sensitivity_ranges": ranges(pd.concat([one.table for one in varied], ignore_index=True))}


def _translation(evidence: Evidence) -> Tables:
    """The model in the incumbent's level sizes beside the incumbent; no table without a grade."""
    if not evidence.systems:
        return {}
    name, system = next(iter(evidence.systems.items()))
    codes = [level.code for level in system.levels]
    translated = translated_rows(evidence.rows, evidence.grades, name, codes)
    asked = evidence.resampling
    return {
        "reclassification": reclassification_table(translated, codes, **asked),
        "translated_rates": translated_rates(translated, codes, **asked),
    }
