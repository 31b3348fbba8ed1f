"""The declared directions, held against the trained trees: a walk over every threshold of a feature, for real rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.features.catalog import Catalog
from riskml.models.boosting import Boosted

STEPS: Final = 50_000
"""Rows scored by a sweep over all features: the more thresholds there are, the fewer real rows are walked."""
LEAST_ROWS: Final = 5
NEAR_ZERO: Final = 2e-35

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Violation:
    """A feature whose score moves against its declared direction.

    Attributes:
        feature: its name.
        monotone: the direction declared, 1 or -1.
        steps: how many steps of the walk move against it.
        worst: the largest of them, in log-odds, above 0.
        at: the threshold where that one lies.
    """

    feature: str
    monotone: int
    steps: int
    worst: float
    at: float


def monotone_violations(boosted: Boosted, catalog: Catalog, values: Floats) -> tuple[Violation, ...]:
    """Walk each monotone feature over all its thresholds, the rest of a row as it is.

    Between two neighbouring thresholds of all trees the score cannot change, and a threshold itself belongs to what
    lies below it: the walk from threshold to threshold, and beyond the last, meets every value the score can take.

    Args:
        boosted: the model.
        catalog: its features, in column order.
        values: real rows, shape (n, features); as many of them, evenly spread, as `STEPS` allows.

    Returns:
        One entry a feature that breaks its direction; empty if none does.
    """
    thresholds = thresholds_of(boosted.text)
    held = [(f, place) for place, f in enumerate(catalog.features) if f.monotone and place in thresholds]
    steps = sum(len(thresholds[place]) + 1 for _, place in held)
    rows = values[_spread(len(values), max(LEAST_ROWS, STEPS // max(1, steps)))]
    found = [_walk(boosted, rows, place, thresholds[place], feature.monotone) for feature, place in held]
    return tuple(
        Violation(feature.name, feature.monotone, int((against > 0).sum()), float(against.max()), _worst(against, at))
        for (feature, _), (against, at) in zip(held, found, strict=True)
        if (against > 0).any()
    )


def check_monotone(boosted: Boosted, catalog: Catalog, values: Floats) -> None:
    """Raise unless the walk of `monotone_violations` finds nothing.

    Raises:
        DataError: with the feature, its direction, and how far the score moves against it.
    """
    found = monotone_violations(boosted, catalog, values)
    if found:
        first = found[0]
        moved = "falls" if first.monotone > 0 else "rises"
        raise DataError(
            f"the trained model breaks {len(found)} declared directions: the score {moved} by up to {first.worst:.3g} "
            f"as {first.feature!r} passes {first.at:g}; it must not be used: train again with LightGBM's monotone "
            "constraints, or declare the feature free (monotone = 0)"
        )


def thresholds_of(text: str) -> dict[int, Floats]:
    r"""The thresholds of each split feature of a model's text, ascending; of categories they mean nothing.

    >>> thresholds_of("Tree=0\nsplit_feature=2 0 2\nthreshold=1.5 3 0.5\n")
    {0: array([3.]), 2: array([0.5, 1.5])}
    """
    features = _numbers("split_feature", text)
    cuts = _numbers("threshold", text)
    return {int(place): np.unique(cuts[features == place]) for place in np.unique(features)}


def left_of(thresholds: Floats) -> Floats:
    """A value on the left side of each threshold, as near to it as LightGBM can tell, and one beyond the last.

    LightGBM takes what lies within 1e-35 of 0 for 0, and so not below a threshold of -1e-35.

    >>> left_of(np.array([-1.0000000180025095e-35, 4.5]))[:2].tolist()
    [-2e-35, 4.5]
    """
    values = np.where((thresholds < 0) & (thresholds > -NEAR_ZERO), -NEAR_ZERO, thresholds)
    return np.append(values, np.finfo(np.float64).max)


def _numbers(key: str, text: str) -> Floats:
    lines: Sequence[str] = re.findall(rf"^{key}=(.*)$", text, flags=re.MULTILINE)
    return np.array([float(word) for line in lines for word in line.split()], dtype=np.float64)


def _walk(boosted: Boosted, rows: Floats, place: int, thresholds: Floats, monotone: int) -> tuple[Floats, Floats]:
    """How far each step of each row moves against the direction, shape (rows, thresholds), and the thresholds."""
    points = left_of(thresholds)
    swept = np.repeat(rows, len(points), axis=0)
    swept[:, place] = np.tile(points, len(rows))
    scores = boosted.raw_scores(swept).reshape(len(rows), len(points))
    return -monotone * np.diff(scores, axis=1), thresholds


def _worst(against: Floats, thresholds: Floats) -> float:
    return float(thresholds[np.unravel_index(against.argmax(), against.shape)[1]])


def _spread(size: int, most: int) -> "NDArray[Any]":
    """At most `most` places, spread evenly over range(size).

    >>> _spread(10, 4).tolist()
    [0, 2, 5, 7]
    """
    return np.arange(size) if size <= most else np.arange(most) * size // most
