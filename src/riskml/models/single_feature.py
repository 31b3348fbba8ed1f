"""The best single feature: what anybody could rank by who looked at the training rows once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskml.evaluation import auc
from riskml.features.catalog import Catalog
from riskml.models.baselines import shrunk_rate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SingleFeature:
    """The feature that ranks the training rows best.

    Attributes:
        name: of the feature.
        place: its column.
        sign: 1 if higher values are riskier, -1 if lower ones are.
        typical: what stands in for a missing value, the median of the training rows.
        rates: of a category, the shrunk fail rate of each value in the training rows; empty for a number.
        auc: of the training rows, pairs within a planning day.
    """

    name: str
    place: int
    sign: int
    typical: float
    rates: dict[float, float]
    auc: float

    def scores(self, values: Floats) -> Floats:
        """Higher is riskier, shape (n,); values: shape (n, features)."""
        column = values[:, self.place]
        if self.rates:
            return np.array([self.rates.get(one, self.typical) for one in column.tolist()], dtype=np.float64)
        return self.sign * np.where(np.isnan(column), self.typical, column)


def best_feature(values: Floats, fail: NDArray[np.bool_], days: NDArray[np.int32], catalog: Catalog) -> SingleFeature:
    """The feature of greatest AUC among the training rows; of equal ones the first of the catalog.

    A declared direction is kept; a feature that is free is turned as the training rows say. A category is ranked by the
    fail rates of its values, which these same rows tell: it has a small advantage in the choice, none in the judging.

    Args:
        values: features of the training rows, shape (n, features).
        fail: their outcomes.
        days: their planning days; only pairs of one day count.
        catalog: the features in column order.
    """
    tried = [_one(values, fail, days, catalog, place) for place in range(len(catalog.features))]
    return max(tried, key=lambda one: (one.auc, -one.place))


def _one(
    values: Floats, fail: NDArray[np.bool_], days: NDArray[np.int32], catalog: Catalog, place: int
) -> SingleFeature:
    feature, column = catalog.features[place], values[:, place]
    present = column[~np.isnan(column)]
    if feature.is_category:
        base = float(fail.mean())
        rates = {float(one): _rate(fail[column == one], base) for one in np.unique(present)}
        found = SingleFeature(feature.name, place, 1, base, rates, 0.0)
    else:
        typical = float(np.median(present)) if len(present) else 0.0
        found = SingleFeature(feature.name, place, feature.monotone or 1, typical, {}, 0.0)
    reached = auc(fail, found.scores(values), stratum=days)
    value = 0.5 if reached is None else reached
    turned = feature.monotone == 0 and not found.rates and value < 0.5
    sign, value = (-1, 1.0 - value) if turned else (found.sign, value)
    return SingleFeature(found.name, place, sign, found.typical, found.rates, value)


def _rate(fail: NDArray[np.bool_], base: float) -> float:
    return float(shrunk_rate(np.array([fail.sum()], dtype=np.float64), np.array([float(len(fail))]), base)[0])
