"""Every policy's score for the rows of one origin: fitted on what the origin may know, on the same rows for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.errors import DataError
from riskml.features.build import Table
from riskml.features.catalog import Catalog
from riskml.features.leniency import EXCESS
from riskml.models.baselines import inspector_only
from riskml.models.boosting import train
from riskml.models.fitting import Fitted, fit
from riskml.models.linear import logistic_scores
from riskml.models.monotone import check_monotone
from riskml.models.policies import baseline_scores, grade_scores
from riskml.models.scorecard import Scorecard, fit_scorecard
from riskml.models.single_feature import best_feature
from riskml.models.stack import Stack, fit_stack
from riskml.records.days import to_days

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Settings:
    """What the study says of models.

    Attributes:
        seed: all randomness comes from it.
        boosting: see `models.boosting.DEFAULTS`.
        maps: calibration maps to choose from.
        has_severity: whether the source records severity points of a visit.
    """

    seed: int
    boosting: Mapping[str, Any]
    maps: Sequence[str]
    has_severity: bool


@dataclass(frozen=True, eq=False)
class Material:
    """All cohort rows as the models see them.

    Attributes:
        rows: site_id, as_of, fail (nullable), inspector of the visit; n rows.
        values: features that the models may read, shape (n, features); catalog: their declarations.
        table: all features of the rows, for the baselines.
        severity: points of each row's visit where severity is to be learned, NaN without a visit; else None.
        excess: history adjusted for inspectors (`features.leniency`) where its worth is to be shown; else None.
    """

    rows: pd.DataFrame
    values: Floats
    catalog: Catalog
    table: Table
    severity: Floats | None = None
    excess: Floats | None = None

    @classmethod
    def of(
        cls,
        rows: pd.DataFrame,
        table: Table,
        names: Sequence[str],
        severity: Floats | None = None,
        excess: Floats | None = None,
    ) -> "Material":
        """The rows with the features named; all if none is named."""
        catalog = table.catalog.select(names or table.catalog.names)
        places = [table.catalog.names.index(name) for name in catalog.names]
        return cls(rows, table.values[:, places], catalog, table, severity, excess)

    def adjusted(self) -> "Material":
        """The same with the history adjusted for inspectors as one more feature."""
        if self.excess is None:
            raise DataError("no inspector of past visits is known; leave out leniency in [model] of the study")
        catalog = Catalog((*self.catalog.features, EXCESS), self.catalog.groups)
        return replace(self, values=np.column_stack([self.values, self.excess]), catalog=catalog)

    @property
    def fail(self) -> NDArray[np.bool_]:
        """Outcomes; False without one: read the labelled rows of a fold only."""
        return self.rows["fail"].fillna(False).to_numpy(bool)

    @property
    def days(self) -> NDArray[np.int32]:
        """Planning day of each row."""
        return to_days(self.rows["as_of"])


def fit_model(material: Material, fold: Fold, settings: Settings) -> Fitted:
    """The calibrated model of one fold."""
    return fit(
        material.values,
        material.fail,
        fold,
        material.catalog,
        seed=settings.seed,
        settings=settings.boosting,
        days=material.days,
        maps=settings.maps,
    )


def fit_card(material: Material, fold: Fold, settings: Settings) -> Scorecard:
    """The scorecard of one fold."""
    learned = fold.train
    values, fail, days = material.values[learned], material.fail[learned], material.days[learned]
    return fit_scorecard(values, fail, material.catalog, seed=settings.seed, settings=settings.boosting, days=days)


def origin_scores(
    material: Material, fold: Fold, settings: Settings, grades: pd.DataFrame, systems: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Scores of all policies for the fold's test rows, and what was fitted for them.

    Args:
        material: all cohort rows.
        fold: of the origin.
        settings: see there.
        grades: levels and scores on the origin and on the fold's calibration days (`policies.graded_days`).
        systems: names of the grading systems.

    Returns:
        One column a policy, rows in the order of `fold.test`; and facts as plain values.
    """
    fitted = fit_model(material, fold, settings)
    rows, test, learned = material.rows, fold.test, fold.train
    fail, days, judged = material.fail[learned], material.days[learned], material.values[test]
    single = best_feature(material.values[learned], fail, days, material.catalog)
    card = fit_card(material, fold, settings)
    raw = fitted.boosted.raw_scores(judged)
    scores = baseline_scores(material.table, rows["fail"], fold, has_severity=settings.has_severity)
    scores["best_feature"] = single.scores(judged)
    scores["logistic"] = logistic_scores(material.values[learned], fail, days, judged, material.catalog)
    scores["scorecard"] = card.scores(judged)
    inspectors = _add_inspector(scores, material, fold)
    scores = pd.concat([scores, grade_scores(grades, systems, rows.iloc[test])], axis=1)
    stacks = _add_stacks(scores, material, fold, fitted, raw, grades, systems)
    scores["model"] = fitted.calibration.probabilities(raw)
    if material.excess is not None:
        adjusted = material.adjusted()
        scores["model_leniency"] = fit_model(adjusted, fold, settings).probabilities(adjusted.values[test])
    if material.severity is not None:
        scores["expected_severity"] = _severity(material, fold, settings)
    facts = {
        "text": fitted.boosted.text,
        "rows": fitted.boosted.rows, "positives": fitted.boosted.positives, "trees": fitted.boosted.trees,
        "calibration": fitted.calibration.facts(), "best_feature": single.name, "scorecard_parts": len(card.parts),
        "inspectors": inspectors, "stacks": stacks,
    }  # fmt: skip
    return scores, facts


def _add_inspector(scores: pd.DataFrame, material: Material, fold: Fold) -> int:
    """Put `inspector_only` beside the other scores, if any inspector is known; how many are."""
    inspector, learned = material.rows["inspector"], fold.train
    if inspector.iloc[learned].isna().all():
        return 0
    judged = inspector.iloc[fold.test].where(material.rows["fail"].iloc[fold.test].notna())
    found, known = inspector_only(inspector.iloc[learned], material.fail[learned], judged)
    scores["inspector_only"] = found
    return known


def _add_stacks(
    scores: pd.DataFrame,
    material: Material,
    fold: Fold,
    fitted: Fitted,
    raw: Floats,
    grades: pd.DataFrame,
    systems: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """Put grade_<system>_plus_model beside the other scores: weights from the calibration rows, scores of the test."""
    later = fold.calibrate
    past = grade_scores_of_days(grades, systems, material.rows.iloc[later]) if len(later) else pd.DataFrame()
    earlier = fitted.boosted.raw_scores(material.values[later]) if len(later) else np.empty(0)
    made = {}
    for system in systems:
        name = f"grade_{system.replace('/', '_')}"
        best = f"{name}_points" if f"{name}_points" in scores else name
        grade = past[best].to_numpy(np.float64) if best in past else np.zeros(len(later))
        stack = fit_stack(earlier, grade, material.fail[later])
        scores[f"{name}_plus_model"] = stack.scores(raw, scores[best].to_numpy(np.float64))
        made[name] = _stated(stack)
    return made


def grade_scores_of_days(grades: pd.DataFrame, systems: Sequence[str], rows: pd.DataFrame) -> pd.DataFrame:
    """`policies.grade_scores` of the rows of several days, in their order."""
    parts = [grade_scores(grades, systems, day).set_axis(day.index) for _, day in rows.groupby("as_of", sort=True)]
    return pd.concat(parts).loc[rows.index]


def _stated(stack: Stack) -> dict[str, Any]:
    return {"model": stack.model, "grade": stack.grade, "note": stack.note}


def _severity(material: Material, fold: Fold, settings: Settings) -> Floats:
    """The expected severity points of the test rows' visits, as their logarithm; shape (m,)."""
    points = material.severity
    if points is None or not settings.has_severity:
        raise DataError("the source records no severity of visits; leave out severity in [model] of the study")
    known = fold.train[~np.isnan(points[fold.train])]
    values, days = material.values[known], material.days[known]
    boosted = train(
        values, np.maximum(points[known], 0.0), material.catalog, seed=settings.seed, settings=settings.boosting,
        days=days, learns="severity",
    )  # fmt: skip
    check_monotone(boosted, material.catalog, values)
    return boosted.raw_scores(material.values[fold.test])
