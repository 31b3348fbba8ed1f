"""The sweep of an artifact: exact at every threshold, and it finds what breaks its word."""

from pathlib import Path

import numpy as np
import pytest

from promotable import make_artifact
from riskml.errors import ArtifactError
from riskml.registry.sweep import sweep
from riskml.scorer import Scorer
from riskml.scorer.opening.artifact import read_artifact


def slow_worst(folder: Path, direction: int) -> float:
    """The largest move against the direction of the first feature, over a fine grid of its values, row by row."""
    scorer = Scorer.load(folder)
    worst = 0.0
    for row in read_artifact(folder).selftest.rows:
        scores = [scorer.raw_score([value, *row[1:]]) for value in np.arange(0.0, 12.0, 0.125)]
        worst = max(worst, *(-direction * np.diff(scores)))
    return worst


def test_a_model_that_keeps_its_direction_passes(tmp_path: Path) -> None:
    make_artifact(tmp_path)
    found = sweep(tmp_path)
    assert found.broken == {}
    assert found.features == 1
    assert found.steps >= 40
    assert slow_worst(tmp_path, 1) == 0.0


@pytest.mark.parametrize(("monotone", "falls"), [(1, True), (-1, False)])
def test_a_model_that_breaks_it_is_found_with_the_largest_move(tmp_path: Path, monotone: int, falls: bool) -> None:
    make_artifact(tmp_path, monotone=monotone, falls=falls)
    found = sweep(tmp_path)
    assert found.broken == {"fails_all": slow_worst(tmp_path, monotone)}
    assert found.broken["fails_all"] > 0.05


def test_a_single_threshold_is_looked_at_from_both_sides(tmp_path: Path) -> None:
    make_artifact(tmp_path, falls=True, splits=1, trees=1)
    (threshold,) = read_artifact(tmp_path).trees.threshold
    low, high = (Scorer.load(tmp_path).raw_score([value, 0.0]) for value in (threshold, np.nextafter(threshold, 9.0)))
    assert sweep(tmp_path).broken == {"fails_all": low - high}


def test_a_feature_without_a_direction_is_left_alone(tmp_path: Path) -> None:
    make_artifact(tmp_path, monotone=0, falls=True)
    assert sweep(tmp_path).features == 0


def test_a_damaged_artifact_is_refused(tmp_path: Path) -> None:
    make_artifact(tmp_path)
    (tmp_path / "trees.bin").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"trees\.bin was changed"):
        sweep(tmp_path)
