"""The declared directions of an artifact, held against its trees: all thresholds of a feature, on its test rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.scorer import Scorer
from riskml.scorer.forest.trees import CATEGORICAL
from riskml.scorer.header import Feature
from riskml.scorer.opening.artifact import Artifact, read_artifact

STEPS: Final = 200_000
"""Rows scored by a sweep over all features: the more thresholds there are, the fewer test rows are walked."""
LEAST_ROWS: Final = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Swept:
    """What a sweep found.

    Attributes:
        features: features with a declared direction that the trees look at.
        steps: steps from one threshold to the next that were looked at, all rows together.
        broken: feature -> the largest move against its direction, in log-odds, above 0.
    """

    features: int
    steps: int
    broken: dict[str, float]


def sweep(folder: Path) -> Swept:
    """Walk each feature with a direction over all its thresholds, the rest of a row as it is.

    Between two neighbouring thresholds of all trees the score cannot change, so the walk meets every value that it can
    take. Leaves are added in one order, and rounding keeps the order of two sums: no tolerance is needed.

    Args:
        folder: of the artifact; the rows are those of its self-test.

    Raises:
        ArtifactError: if it is damaged.
    """
    artifact = read_artifact(folder)
    scorer, rows = Scorer(artifact), np.array(artifact.selftest.rows, dtype=np.float64)
    stops = _stops(artifact)
    total = sum(map(len, stops.values()))
    most = max(LEAST_ROWS, STEPS // max(1, total))
    rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]
    broken: dict[str, float] = {}
    for place, values in stops.items():
        feature = artifact.header.features[place]
        worst = _worst(scorer, rows, place, values, feature.monotone)
        if worst > 0.0:
            broken[feature.name] = worst
    return Swept(len(stops), sum(len(values) - 1 for values in stops.values()) * len(rows), broken)


def _stops(artifact: Artifact) -> dict[int, Floats]:
    """Place of each feature with a direction -> one value of every stretch on which the score is constant."""
    trees, found = artifact.trees, dict[int, set[float]]()
    for split, place in enumerate(trees.split_feature):
        if artifact.header.features[place].monotone and not trees.decision_type[split] & CATEGORICAL:
            found.setdefault(place, set()).add(trees.threshold[split])
    return {place: _within(artifact.header.features[place], sorted(cuts)) for place, cuts in sorted(found.items())}


def _within(feature: Feature, cuts: list[float]) -> Floats:
    """Each threshold, which belongs to what lies below it, and the next number above the last; inside the bounds."""
    stops = np.array([*cuts, np.nextafter(cuts[-1], np.inf)])
    low = -np.inf if feature.low is None else feature.low
    high = np.inf if feature.high is None else feature.high
    return np.unique(np.clip(stops, low, high))


def _worst(scorer: Scorer, rows: Floats, place: int, stops: Floats, direction: int) -> float:
    """The largest move against the direction; 0 if there is none."""
    grid = np.repeat(rows, len(stops), axis=0)
    grid[:, place] = np.tile(stops, len(rows))
    raw = np.asarray(scorer.raw_scores(grid)).reshape(len(rows), len(stops))
    return float((-direction * np.diff(raw, axis=1)).max(initial=0.0))
