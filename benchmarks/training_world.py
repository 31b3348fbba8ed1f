"""The rows of the training benchmark, and its two sides: riskml's whole fit, and the bare call of equal settings."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np

from riskml.cohorts import Fold, rolling_folds
from riskml.features.catalog import Catalog, load_catalog
from riskml.models.boosting import DEFAULTS, parameters_of
from riskml.models.fitting import fit

DAYS = 20
ORIGINS = 5
SEED = 11


@dataclass(frozen=True, eq=False)
class World:
    """Rows of twenty planning days; the origins are the last five."""

    values: np.ndarray
    fail: np.ndarray
    days: np.ndarray
    folds: list[Fold]
    catalog: Catalog
    settings: dict[str, Any]


def world(rows: int, features: int, *, trees: int, leaves: int) -> World:
    """Counts, shares and amounts with missing values, a third of the columns monotone; one row in ten fails."""
    rng = np.random.default_rng(SEED)
    values = np.empty((rows, features))
    for place in range(features):
        kind = place % 3
        column = rng.poisson(2, rows) if kind == 0 else rng.random(rows) if kind == 1 else rng.lognormal(3, 1, rows)
        values[:, place] = column
        if kind:
            values[rng.random(rows) < 0.1, place] = np.nan
    odds = -3.2 + 0.25 * values[:, 0] + 0.1 * values[:, 3] + 0.5 * np.nan_to_num(values[:, 1])
    fail = rng.random(rows) < 1 / (1 + np.exp(-odds))
    days = np.sort(rng.integers(0, DAYS, rows)).astype(np.int32) * 90
    first = load_catalog().features[0]
    declared = [replace(first, name=f"f{k}", monotone=1 if k % 3 == 0 else 0) for k in range(features)]
    folds = rolling_folds(
        days, np.ones(rows, dtype=bool), origins=[90 * day for day in range(DAYS - ORIGINS, DAYS)], gap_days=90,
        calibration_windows=2,
    )  # fmt: skip
    settings = {**DEFAULTS, "trees": trees, "leaves": leaves}
    return World(values, fail, days, folds, Catalog(tuple(declared)), settings)


def by_riskml(given: World, origin: int) -> Callable[[], str]:
    """What a run does for an origin: rows taken, trained, swept, calibrated."""
    fold = given.folds[origin]

    def run() -> str:
        made = fit(
            given.values, given.fail, fold, given.catalog, seed=SEED, settings=given.settings, days=given.days
        )  # fmt: skip
        return made.boosted.text

    return run


def by_hand(given: World, origin: int) -> Callable[[], str]:
    """The bare call, on rows that lie ready."""
    rows = given.values[given.folds[origin].train]
    label = given.fail[given.folds[origin].train].astype(np.float64)
    parameters = parameters_of(given.settings, given.catalog, SEED, "binary")

    def run() -> str:
        data = lightgbm.Dataset(rows, label=label, feature_name=given.catalog.names, categorical_feature=[])
        return str(lightgbm.train(parameters, data, num_boost_round=given.settings["trees"]).model_to_string())

    return run
