"""The scorecard: boosted trees of depth one, monotone, written out as whole points that anybody can add up."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from riskml.features.catalog import Catalog
from riskml.models.boosting import DEFAULTS, Boosted, train
from riskml.models.monotone import NEAR_ZERO, check_monotone, left_of, thresholds_of

PDO: Final = 20
"""Points that double the odds of failing."""
BASE_POINTS: Final = 100
"""Points of a site whose odds of failing are `BASE_ODDS`."""
BASE_ODDS: Final = 0.1
FACTOR: Final = PDO / math.log(2)
"""Points of one unit of log-odds."""
MORE_TREES: Final = 2
"""A tree of depth one says less than a deeper one: the study's number of trees times this."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """The points that one feature gives.

    Attributes:
        place: column of the feature.
        cuts: of a number: bin i holds cuts[i - 1] < value <= cuts[i]; the last holds all above. Of a category: its
            indices in order, each a bin of its own.
        points: of each bin, whole and 0 or more; of a number one more than there are cuts.
        missing: points without a value, and of a category not in `cuts`.
        is_category: which of the two it is.
    """

    place: int
    cuts: Floats
    points: Ints
    missing: int
    is_category: bool

    def of(self, column: Floats) -> Ints:
        """The points of each value, shape (n,)."""
        bins = np.searchsorted(self.cuts, column, side="left")
        absent = np.isnan(column)
        if self.is_category:
            inside = np.minimum(bins, len(self.cuts) - 1)
            absent = absent | (self.cuts[inside] != column)
            bins = inside
        return np.where(absent, self.missing, self.points[np.minimum(bins, len(self.points) - 1)])


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Base points and the points of each feature: their sum is the score, higher is riskier.

    Attributes:
        base: points before any feature.
        parts: features that give points, in catalog order.
        boosted: the trees behind it.
    """

    base: int
    parts: tuple[Part, ...]
    boosted: Boosted

    def scores(self, values: Floats) -> Floats:
        """The sum of the points of rows, shape (n, features) -> (n,); whole numbers."""
        total = np.full(len(values), self.base, dtype=np.int64)
        for part in self.parts:
            total += part.of(values[:, part.place])
        return total.astype(np.float64)

    def rounding(self, values: Floats) -> float:
        """The most that the sum of whole points lies off the trees' own score, in points, among these rows."""
        exact = BASE_POINTS + FACTOR * (self.boosted.raw_scores(values) - math.log(BASE_ODDS))
        return float(np.abs(self.scores(values) - exact).max(initial=0.0))


def fit_scorecard(
    values: Floats,
    fail: NDArray[np.bool_],
    catalog: Catalog,
    *,
    seed: int,
    settings: Mapping[str, Any],
    days: NDArray[Any] | None = None,
) -> Scorecard:
    """Train trees of one split and write them as points; arguments and errors as `models.boosting.train`.

    Points are FACTOR x log-odds, rounded to whole ones feature by feature, so the sum of the points is the score: what
    the rounding costs is at most half a point a feature that gives points, and half a point of the base.
    """
    chosen = {**DEFAULTS, **settings}
    chosen |= {"leaves": 2, "trees": MORE_TREES * int(chosen["trees"])}
    boosted = train(values, fail, catalog, seed=seed, settings=chosen, days=days)
    check_monotone(boosted, catalog, values)
    return written(boosted, values, catalog)


def written(boosted: Boosted, values: Floats, catalog: Catalog) -> Scorecard:
    """Trees of one split as points; `values` are training rows, whose kinds of values the lowest points refer to."""
    nothing = float(boosted.raw_scores(np.full((1, values.shape[1]), np.nan))[0])
    start, parts = nothing, []
    for place, cuts in thresholds_of(boosted.text).items():
        part, lowest = _part(boosted, values[:, place], place, cuts, nothing, catalog)
        start += lowest
        if part.points.any() or part.missing:
            parts.append(part)
    base = round(BASE_POINTS + FACTOR * (start - math.log(BASE_ODDS)))
    return Scorecard(base, tuple(parts), boosted)


def _part(
    boosted: Boosted, column: Floats, place: int, cuts: Floats, nothing: float, catalog: Catalog
) -> tuple[Part, float]:
    """One feature's points above its lowest, and that lowest in log-odds, against a row without any value."""
    is_category = catalog.features[place].is_category
    if is_category:
        cuts = np.unique(column[~np.isnan(column)])
    probes = cuts if is_category else left_of(cuts)
    rows = np.full((len(probes), len(catalog.features)), np.nan)
    rows[:, place] = probes
    gains = boosted.raw_scores(rows) - nothing
    lowest = min(float(gains.min()), 0.0)
    points = np.rint(FACTOR * (gains - lowest)).astype(np.int64)
    missing = round(FACTOR * -lowest)
    if not is_category:
        cuts = np.where((cuts > 0) & (cuts < NEAR_ZERO), 0.0, cuts)  # how LightGBM writes "0 and less"
        changes = np.flatnonzero(np.diff(points))
        cuts, points = cuts[changes], points[np.append(changes, len(points) - 1)]
    return Part(place, cuts, points, missing, is_category), lowest
