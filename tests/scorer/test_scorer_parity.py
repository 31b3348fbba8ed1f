"""The scorer gives LightGBM's own bits, on the rows where scorers go wrong."""

import math
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.scorer import Scorer
from riskml.scorer.explaining.contributions import contributions
from riskml.scorer.forest.batches import CHUNK, Batches
from riskml.scorer.forest.trees import CATEGORICAL, ZERO
from riskml.scorer.opening.artifact import Artifact, read_artifact

Matrix = NDArray[np.float64]
TINY = [0.0, -0.0, 5e-324, -5e-324, 1e-36, 1e-35, ZERO, -ZERO, math.nextafter(ZERO, 1), math.nextafter(-ZERO, -1)]
EXTREME = [math.nan, 1e300, -1e300, 1.7e308]
CATEGORY = [math.nan, 0.0, -0.0, -0.5, -1.0, 2.9, 6.0, 7.0, 31.0, 32.0, 39.0, 40.0, 63.0, 64.0, 1e6, -1e9]


def around_thresholds(artifact: Artifact, x: Matrix) -> Matrix:
    """Rows with a value at, just below and just above every threshold of the model."""
    trees = artifact.trees
    numeric = [split for split, kind in enumerate(trees.decision_type) if not kind & CATEGORICAL]
    found = sorted({(trees.split_feature[split], trees.threshold[split]) for split in numeric})
    rows = []
    for number, (feature, value) in enumerate(found):
        for one in (value, math.nextafter(value, -math.inf), math.nextafter(value, math.inf)):
            row = x[number % len(x)].copy()
            row[feature] = one if math.isfinite(one) else value
            rows.append(row)
    return np.array(rows)


def special_values(x: Matrix) -> Matrix:
    rows = []
    for place in range(x.shape[1]):
        values = CATEGORY if place in (2, 4) else TINY + EXTREME
        for number, value in enumerate(values):
            row = x[number].copy()
            row[place] = value
            rows.append(row)
    return np.array([*rows, *(np.full(x.shape[1], value) for value in (math.nan, 0.0, -0.0, 1e-35))])


def hard_rows(trained: Any) -> tuple[Artifact, Matrix]:
    artifact = read_artifact(trained.folder)
    return artifact, np.vstack(
        [trained.matrix, around_thresholds(artifact, trained.matrix), special_values(trained.matrix)]
    )


def test_raw_scores_have_lightgbms_bits(trained: Any) -> None:
    artifact, rows = hard_rows(trained)
    expected = trained.booster.predict(rows, raw_score=True, num_threads=1)
    assert [artifact.trees.raw_score(row) for row in rows.tolist()] == expected.tolist()


def test_a_batch_has_the_bits_of_its_rows(trained: Any) -> None:
    artifact, rows = hard_rows(trained)
    assert Batches(artifact.trees).raw_scores(rows).tolist() == [artifact.trees.raw_score(row) for row in rows.tolist()]


def test_rows_on_both_sides_of_a_chunk_score_alike(plain: Any) -> None:
    batches = Batches(read_artifact(plain.folder).trees)
    many = np.resize(plain.matrix, (CHUNK + 3, plain.matrix.shape[1]))
    scores = batches.raw_scores(many)
    assert np.array_equal(scores, np.resize(batches.raw_scores(plain.matrix), len(many)))
    assert np.array_equal(batches.raw_scores(np.asfortranarray(many)[::2]), scores[::2])
    assert len(batches.raw_scores(many[:0])) == 0


def test_contributions_are_lightgbms(trained: Any) -> None:
    artifact, rows = hard_rows(trained)
    some = rows[:: 1 + len(rows) // 40]
    expected = trained.booster.predict(some, pred_contrib=True, num_threads=1)
    for row, wanted in zip(some.tolist(), expected, strict=True):
        values, base = contributions(artifact.trees, row)
        assert np.abs(np.array([*values, base]) - wanted).max() <= 1e-12
        assert sum(values) + base == pytest.approx(artifact.trees.raw_score(row), abs=1e-12)


def test_the_variants_contain_what_they_are_for(trained: Any, request: pytest.FixtureRequest) -> None:
    trees = read_artifact(trained.folder).trees
    kinds = {kind & 12 for kind in trees.decision_type if not kind & CATEGORICAL}
    assert any(kind & CATEGORICAL for kind in trees.decision_type)
    variant = request.node.callspec.params["trained"]
    assert {"zero_as_missing": 4, "use_missing_off": 0}.get(variant, 8) in kinds
    if variant == "many_leaves":
        assert max(b - a for a, b in zip(trees.tree_start, islice(trees.tree_start, 1, None), strict=False)) > 64


def test_probabilities_of_a_batch_have_the_bits_of_single_rows(plain: Any) -> None:
    scorer = Scorer.load(plain.folder, on_expired="ignore")
    assert scorer.score_features(plain.matrix).tolist() == [scorer.score_row(row) for row in plain.matrix.tolist()]


def test_an_uncalibrated_probability_is_lightgbms(plain: Any, small_files: Any, tmp_path: Any) -> None:
    for name, content in small_files(calibration={"kind": "none"}).items():
        (tmp_path / name).write_bytes(content)
    scorer = Scorer.load(tmp_path, on_expired="ignore")
    expected = plain.booster.predict(plain.matrix, num_threads=1)
    assert np.abs(scorer.score_features(plain.matrix) - expected).max() <= 1e-15
