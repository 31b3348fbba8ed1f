"""Monotone gradient-boosted trees (LightGBM): deterministic, small, class prior kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError, StudyError
from riskml.features.catalog import Catalog

DEFAULTS: Final = {
    "trees": 150,
    "leaves": 8,
    "learning_rate": 0.05,
    "min_rows_in_leaf": 50,
    "l2": 5.0,
    "feature_share": 0.7,
}
"""Settings of the model and their defaults."""
_LIGHTGBM: Final = {
    "leaves": "num_leaves",
    "learning_rate": "learning_rate",
    "min_rows_in_leaf": "min_data_in_leaf",
    "l2": "lambda_l2",
    "feature_share": "feature_fraction",
}
_MIN_ROWS: Final = 50


@dataclass(frozen=True)
class Boosted:
    """A trained model.

    Attributes:
        text: LightGBM's own text form, exact.
        rows, positives: what it was trained on.
    """

    text: str
    rows: int
    positives: int

    def raw_scores(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds before calibration, shape (rows,)."""
        booster = lightgbm.Booster(model_str=self.text)
        return np.asarray(booster.predict(values, raw_score=True, num_threads=1), dtype=np.float64)

    def contributions(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shapley values of the raw score, shape (rows, features + 1); the last column is the expected value."""
        booster = lightgbm.Booster(model_str=self.text)
        return np.asarray(booster.predict(values, pred_contrib=True, num_threads=1), dtype=np.float64)


def train(
    values: NDArray[np.float64],
    fail: NDArray[np.bool_],
    catalog: Catalog,
    *,
    seed: int,
    settings: Mapping[str, Any] | None = None,
) -> Boosted:
    """Train on settled rows.

    Args:
        values: shape (rows, features), in catalog order; NaN is missing.
        fail: outcomes, shape (rows,).
        catalog: tells the monotone directions and which columns are categories.
        seed: all randomness comes from it.
        settings: overrides of `DEFAULTS`.

    Raises:
        StudyError: for an unknown setting.
        DataError: for fewer than 50 rows, or outcomes of one class only.
    """
    chosen = {**DEFAULTS, **(settings or {})}
    unknown = sorted(set(chosen) - set(DEFAULTS))
    if unknown:
        raise StudyError(f"[model] has unknown settings {unknown}; allowed are {sorted(DEFAULTS)}")
    positives = int(fail.sum())
    if len(fail) < _MIN_ROWS or positives in (0, len(fail)):
        raise DataError(
            f"cannot train on {len(fail)} rows with {positives} failures: needs {_MIN_ROWS} rows and both outcomes; "
            "choose an earlier first day, a longer horizon, or another outcome"
        )
    categories = [place for place, feature in enumerate(catalog.features) if feature.is_category]
    data = lightgbm.Dataset(
        values,
        label=fail.astype(np.float64),
        feature_name=catalog.names,
        categorical_feature=categories,
        free_raw_data=True,
    )
    booster = lightgbm.train(_parameters(chosen, catalog, seed), data, num_boost_round=int(chosen["trees"]))
    return Boosted(text=booster.model_to_string(), rows=len(fail), positives=positives)


def _parameters(chosen: Mapping[str, Any], catalog: Catalog, seed: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        **{name: chosen[key] for key, name in _LIGHTGBM.items()},
        "monotone_constraints": [feature.monotone for feature in catalog.features],
        "monotone_constraints_method": "basic",
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
