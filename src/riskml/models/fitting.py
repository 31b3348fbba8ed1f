"""One origin's model: trained on the earlier rows, calibrated on the later ones, the judged ones never touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.features.catalog import Catalog
from riskml.models.boosting import Boosted, train
from riskml.models.calibration import KINDS, Calibration, calibrate
from riskml.models.monotone import check_monotone

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A trained and calibrated model."""

    boosted: Boosted
    calibration: Calibration

    def probabilities(self, values: Floats) -> Floats:
        """Calibrated probabilities of failing the next visit, shape (rows,)."""
        return self.calibration.probabilities(self.boosted.raw_scores(values))


def fit(
    values: Floats,
    fail: NDArray[np.bool_],
    fold: Fold,
    catalog: Catalog,
    *,
    seed: int,
    settings: Mapping[str, Any],
    days: NDArray[Any] | None = None,
    weights: Floats | None = None,
    maps: Sequence[str] = KINDS,
) -> Fitted:
    """Fit one origin.

    Args:
        values: features of all rows, shape (rows, features).
        fail: outcomes of all rows; only those of the fold's training and calibration rows are read.
        fold: see `cohorts.splits`.
        catalog: the features in column order.
        seed: all randomness comes from it.
        settings: see `models.boosting.DEFAULTS`.
        days: planning day of each row. Without it there is neither early stopping nor a choice of the map.
        weights: of all rows; those of the training rows are used.
        maps: calibration maps to choose from (`models.calibration.calibrate`).

    Raises:
        DataError: for rows that do not allow training, or a model that breaks a declared direction.
    """
    learned, later = fold.train, fold.calibrate
    rows = values[learned]
    boosted = train(
        rows,
        fail[learned],
        catalog,
        seed=seed,
        settings=settings,
        days=None if days is None else days[learned],
        weights=None if weights is None else weights[learned],
    )
    check_monotone(boosted, catalog, rows)
    raw = boosted.raw_scores(values[later]) if len(later) else np.empty(0)
    windows = np.zeros(len(later)) if days is None else days[later]
    return Fitted(boosted, calibrate(raw, fail[later], windows, maps))
