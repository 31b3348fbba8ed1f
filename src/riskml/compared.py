"""The comparison stage: the policies at equal budget, and every table that stands beside the headline."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.evaluation.calibration_table import calibration_table, size_of
from riskml.evaluation.curves import budget_curve, reliability_curve
from riskml.evaluation.grade_quality import qualities, quality_table
from riskml.evaluation.sensitivity import ranges, sensitivity
from riskml.grades import load_system
from riskml.models.policies import OF_THE_VISIT
from riskml.records.store import Records
from riskml.stages import Bundle
from riskml.study import Study

MODEL: Final = "model"


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

    @property
    def policies(self) -> list[str]:
        """Names of all policies that have scores."""
        return [name.removeprefix("score_") for name in self.rows.columns if name.startswith("score_")]

    @property
    def draws(self) -> int:
        """Resamples of the sites behind an interval."""
        return int(self.study["comparison"]["draws"])

    @property
    def seed(self) -> int:
        """Of the resamples."""
        return self.study.seed


def comparison(evidence: Evidence) -> Bundle:
    """Every policy against the model on the same rows, and the tables.

    Raises:
        DataError: if no visit was made in the horizon of any origin.
    """
    study, rows = evidence.study, evidence.rows
    if rows["fail"].isna().all():
        raise DataError(f"{study.path}: no visit was made in the horizon of any origin, nothing can be compared")
    rivals = [policy for policy in evidence.policies if policy not in (MODEL, "perfect")]
    compared = compare(
        rows,
        evidence.policies,
        budgets=study["comparison"]["budgets"],
        draws=evidence.draws,
        seed=evidence.seed,
        pairs=[(MODEL, policy) for policy in rivals],
    )
    return Bundle({"per_origin": compared.per_origin, **_tables(evidence)}, _without_visits(compared.as_dict()))


def _without_visits(facts: dict[str, Any]) -> dict[str, Any]:
    """The same without what policies that read the visit itself would say of sites that nobody visited."""
    for policy in OF_THE_VISIT:
        for entries in (facts["policies"].get(policy, {}), facts["differences"].get(f"{MODEL} - {policy}", {})):
            for metric in [metric for metric in entries if metric.startswith("labelled_share")]:
                del entries[metric]
    return facts


def _tables(evidence: Evidence) -> dict[str, pd.DataFrame]:
    rows = evidence.rows
    return {
        "reliability": reliability_curve(rows["fail"], rows[f"score_{MODEL}"]),
        "budget_curve": budget_curve(rows, evidence.policies),
        "calibration": _calibration(evidence),
        "grade_quality": _grade_quality(evidence),
        **_sensitivity(evidence),
    }


def _calibration(evidence: Evidence) -> pd.DataFrame:
    """Calibration overall, by origin, and by office, format and size of the sites (`evaluation.calibration_table`)."""
    rows, sites = evidence.rows, evidence.records.sites.set_index("site_id")
    known = {"office": sites["office"], "format_code": sites["format_code"], "size": size_of(sites["area_m2"])}
    groups = {name: rows["site_id"].map(column) for name, column in known.items() if column.notna().any()}
    return calibration_table(rows, groups, draws=evidence.draws, seed=evidence.seed)


def _grade_quality(evidence: Evidence) -> pd.DataFrame:
    """Failure rate by level, inflation, bunching and movers of each system (see `evaluation.grade_quality`)."""
    systems = {name: load_system(name) for name in evidence.study["comparison"]["systems"]}
    return quality_table(qualities(evidence.rows, evidence.grades, systems, draws=evidence.draws, seed=evidence.seed))


def _sensitivity(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """The range of each difference from a grade while its assumed numbers vary; no table where none is asked for."""
    asked = evidence.study["comparison"]
    if not asked["sensitivity_draws"] or not asked["systems"]:
        return {}
    varied = [
        sensitivity(
            evidence.rows, evidence.records, load_system(name), budgets=asked["budgets"],
            draws=asked["sensitivity_draws"], seed=evidence.seed, log=evidence.log,
        ).table
        for name in asked["systems"]
    ]  # fmt: skip
    return {"sensitivity_ranges": ranges(pd.concat(varied, ignore_index=True))}
