"""One origin's model: trained on the earlier rows, calibrated on the later ones, the judged ones never touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.features.catalog import Catalog
from riskml.models.boosting import Boosted, train
from riskml.models.calibration import Calibration, fit_platt


@dataclass(frozen=True)
class Fitted:
    """A trained and calibrated model."""

    boosted: Boosted
    calibration: Calibration

    def probabilities(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probabilities of failing the next visit, shape (rows,)."""
        return self.calibration.probabilities(self.boosted.raw_scores(values))


def fit(
    values: NDArray[np.float64],
    fail: NDArray[np.bool_],
    fold: Fold,
    catalog: Catalog,
    *,
    seed: int,
    settings: Mapping[str, Any],
) -> Fitted:
    """Fit one origin.

    Args:
        values: features of all rows, shape (rows, features).
        fail: outcomes of all rows; only those of the fold's training and calibration rows are read.
        fold: see `cohorts.splits`.
        catalog: the features in column order.
        seed: all randomness comes from it.
        settings: see `models.boosting.DEFAULTS`.
    """
    boosted = train(values[fold.train], fail[fold.train], catalog, seed=seed, settings=settings)
    raw = boosted.raw_scores(values[fold.calibrate]) if len(fold.calibrate) else np.empty(0)
    return Fitted(boosted, fit_platt(raw, fail[fold.calibrate]))
