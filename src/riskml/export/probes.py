"""The rows of an artifact's self-test: real rows, and rows placed where scorers go wrong."""

import math
from collections.abc import Sequence
from typing import Final

from riskml.errors import ArtifactError
from riskml.scorer.forest.trees import CATEGORICAL, Trees
from riskml.scorer.header import Feature

REAL_ROWS: Final = 12
THRESHOLDS: Final = 16
CATEGORY_FEATURES: Final = 4

Rows = list[list[float]]


def probe_rows(features: Sequence[Feature], trees: Trees, rows: Sequence[Sequence[float]]) -> Rows:
    """Rows for the self-test, the same ones for the same model and rows.

    Args:
        features: F declarations.
        trees: the model; thresholds are chosen from those that a row in fact meets, so that the probe decides.
        rows: shape (n, F), real feature rows, NaN for missing.

    Returns:
        Real rows; rows all missing, all 0 and all -0.0; the value at, just below and just above thresholds of all parts
        of the model, and missing there; for categories the first one, an unseen one, a negative one and missing.

    Raises:
        ArtifactError: if there is no row, or one of another length.
    """
    real = [[float(value) for value in row] for row in rows]
    if not real or any(len(row) != len(features) for row in real):
        raise ArtifactError(f"the self-test needs one feature row or more, each with {len(features)} values")
    found = [real[place] for place in _spread(len(real), REAL_ROWS)]
    found += [[value] * len(features) for value in (math.nan, 0.0, -0.0)]
    for number, tree in enumerate(_spread(trees.count, THRESHOLDS)):
        found += _at_threshold(trees, tree, real[number * len(real) // THRESHOLDS], number)
    categories = [place for place, feature in enumerate(features) if feature.kind == "category"]
    for place in categories[:CATEGORY_FEATURES]:
        unseen = float(len(features[place].categories))
        found += [_changed(real[0], place, value) for value in (0.0, unseen, -1.0, math.nan)]
    return found


def _at_threshold(trees: Trees, tree: int, row: list[float], number: int) -> Rows:
    """A row with values around the threshold of one numeric split that it meets in a tree, and missing there."""
    met = [split for split in trees.path(tree, row)[:-1] if not trees.decision_type[split] & CATEGORICAL]
    if not met:
        return []
    split = met[number % len(met)]
    value = trees.threshold[split]
    around = (value, math.nextafter(value, -math.inf), math.nextafter(value, math.inf), math.nan)
    return [_changed(row, trees.split_feature[split], one) for one in around if not math.isinf(one)]


def _changed(row: list[float], place: int, value: float) -> list[float]:
    return [*row[:place], value, *row[place + 1 :]]


def _spread(size: int, most: int) -> list[int]:
    """At most `most` places, spread evenly over range(size).

    >>> _spread(10, 4)
    [0, 2, 5, 7]
    """
    return [number * size // most for number in range(most)] if size > most else list(range(size))
