"""Monotone gradient-boosted trees (LightGBM): deterministic, small, class prior kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError, StudyError
from riskml.features.catalog import Catalog
from riskml.models.held_out import last_days

DEFAULTS: Final = {
    "trees": 150,
    "leaves": 4,
    "learning_rate": 0.05,
    "min_rows_in_leaf": 100,
    "l2": 20.0,
    "feature_share": 0.5,
    "early_stopping": 0,
    "severity": False,
    "leniency": False,
}
"""Settings of the model and their defaults. `early_stopping`: so many trees without a gain end the search for their
number, 0 for no search. `severity`, `leniency`: learn the expected severity too, and a model with history adjusted for
inspectors (`models.origin`); nothing to `train`."""
_LIGHTGBM: Final = {
    "leaves": "num_leaves",
    "learning_rate": "learning_rate",
    "min_rows_in_leaf": "min_data_in_leaf",
    "l2": "lambda_l2",
    "feature_share": "feature_fraction",
}
OBJECTIVES: Final = {"fail": "binary", "severity": "tweedie"}
"""What may be learned: whether a visit fails, or how many severity points it brings (0 or more, log link)."""
_MIN_ROWS: Final = 50

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Boosted:
    """A trained model.

    Attributes:
        text: LightGBM's own text form, exact.
        rows, positives: what it was trained on.
        trees: how many there are.
    """

    text: str
    rows: int
    positives: int
    trees: int

    def raw_scores(self, values: Floats) -> Floats:
        """Log-odds before calibration (of severity: the logarithm of the expected points), shape (rows,)."""
        booster = lightgbm.Booster(model_str=self.text)
        return np.asarray(booster.predict(values, raw_score=True, num_threads=1), dtype=np.float64)

    def contributions(self, values: Floats) -> Floats:
        """Shapley values of the raw score, shape (rows, features + 1); the last column is the expected value."""
        booster = lightgbm.Booster(model_str=self.text)
        return np.asarray(booster.predict(values, pred_contrib=True, num_threads=1), dtype=np.float64)


def train(
    values: Floats,
    target: NDArray[Any],
    catalog: Catalog,
    *,
    seed: int,
    settings: Mapping[str, Any] | None = None,
    days: NDArray[Any] | None = None,
    weights: Floats | None = None,
    learns: str = "fail",
) -> Boosted:
    """Train on settled rows.

    Args:
        values: shape (rows, features), in catalog order; NaN is missing.
        target: outcomes, shape (rows,); severity points if that is learned.
        catalog: tells the monotone directions and which columns are categories.
        seed: all randomness comes from it.
        settings: overrides of `DEFAULTS`.
        days: planning day of each row; the last of them choose the number of trees (`models.held_out`), if the
            settings stop early. Then the model is trained again on all rows, with that number.
        weights: of the rows, above 0; absent means 1.
        learns: a key of `OBJECTIVES`.

    Raises:
        StudyError: for an unknown setting.
        DataError: for fewer than 50 rows, or outcomes of one class only.
    """
    chosen = {**DEFAULTS, **(settings or {})}
    unknown = sorted(set(chosen) - set(DEFAULTS))
    if unknown:
        raise StudyError(f"[model] has unknown settings {unknown}; allowed are {sorted(DEFAULTS)}")
    positives = int((target > 0).sum())
    if len(target) < _MIN_ROWS or positives in (0, len(target) if learns == "fail" else -1):
        raise DataError(
            f"cannot train on {len(target)} rows with {positives} failures: needs {_MIN_ROWS} rows and both outcomes; "
            "choose an earlier first day, a longer horizon, or another outcome"
        )
    parameters = parameters_of(chosen, catalog, seed, OBJECTIVES[learns])
    trees = int(chosen["trees"])
    held = last_days(days, target > 0) if chosen["early_stopping"] and days is not None else None
    if held is not None:
        parts = [_dataset(values[part], target[part], catalog, _part(weights, part)) for part in (~held, held)]
        trees = _best_number(parameters, parts, trees, int(chosen["early_stopping"]))
    booster = lightgbm.train(parameters, _dataset(values, target, catalog, weights), num_boost_round=trees)
    return Boosted(booster.model_to_string(), len(target), positives, trees)


def _best_number(parameters: dict[str, Any], parts: list[lightgbm.Dataset], trees: int, patience: int) -> int:
    """The number of trees of least loss on the held-out rows, found by training on the others."""
    stop = lightgbm.early_stopping(patience, verbose=False)
    tried = lightgbm.train(
        parameters, parts[0], num_boost_round=trees, valid_sets=[parts[1].set_reference(parts[0])], callbacks=[stop]
    )
    return max(1, int(tried.best_iteration))


def _dataset(values: Floats, target: NDArray[Any], catalog: Catalog, weights: Floats | None) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        values,
        label=target.astype(np.float64),
        weight=weights,
        feature_name=catalog.names,
        categorical_feature=[place for place, feature in enumerate(catalog.features) if feature.is_category],
        free_raw_data=True,
    )


def _part(weights: Floats | None, rows: NDArray[np.bool_]) -> Floats | None:
    return None if weights is None else weights[rows]


def parameters_of(chosen: Mapping[str, Any], catalog: Catalog, seed: int, objective: str) -> dict[str, Any]:
    """LightGBM's own settings: complete ones of `DEFAULTS`, the monotone directions, and one deterministic thread."""
    return {
        "objective": objective,
        **{name: chosen[key] for key, name in _LIGHTGBM.items()},
        "monotone_constraints": [feature.monotone for feature in catalog.features],
        "monotone_constraints_method": "basic",
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
