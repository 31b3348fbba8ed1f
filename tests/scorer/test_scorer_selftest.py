"""The self-test as it is written and read back: rows whole or as one change of an earlier row."""

import json
import math
from typing import Any

import pytest

from riskml.scorer.errors import ArtifactError
from riskml.scorer.forest.calibration import Calibration
from riskml.scorer.forest.trees import Trees
from riskml.scorer.opening.artifact import read_artifact
from riskml.scorer.opening.selftest import MAX_ROWS, parse_selftest, run_selftest, selftest_table

NONE = Calibration("none")


def stump() -> Trees:
    """+1 where feature 0 is at most 2.5, else -1."""
    return Trees(
        tree_start=[0, 1],
        split_feature=[0],
        threshold=[2.5],
        decision_type=[8],
        left_child=[-1],
        right_child=[-2],
        internal_count=[4],
        leaf_value=[1.0, -1.0],
        leaf_count=[3, 1],
        cat_boundaries=[0],
        cat_threshold=[],
    )


def shown(rows: list[list[float]]) -> list[str]:
    return [repr(row) for row in rows]


def test_a_row_that_differs_in_one_value_is_written_as_that_change() -> None:
    rows = [[1.0, 2.0, 3.0], [1.0, 9.0, 3.0], [1.0, 2.0, math.nan], [7.0, 2.0, 5.0], [3.0, 2.0, 5.0]]
    table = selftest_table(rows, stump(), NONE)
    assert table["rows"] == [[1.0, 2.0, 3.0], [7.0, 2.0, 5.0]]
    assert table["changes"] == [[0, 1, 9.0], [0, 2, None], [1, 0, 3.0]]
    assert table["raw"] == [1.0, -1.0, 1.0, 1.0, -1.0]
    back = parse_selftest(json.loads(json.dumps(table)), 3)
    assert shown(back.rows) == shown([rows[0], rows[3], rows[1], rows[2], rows[4]])
    run_selftest(back, stump(), NONE)


def test_zeros_of_either_sign_and_equal_rows_come_back_as_they_were() -> None:
    rows = [[0.0, 0.0], [-0.0, -0.0], [0.0, -0.0], [0.0, 0.0], [math.nan, math.nan], [0.0, math.nan], [5.0, -0.0]]
    table = selftest_table(rows, stump(), NONE)
    back = parse_selftest(json.loads(json.dumps(table)), 2)
    assert sorted(shown(back.rows)) == sorted(shown(rows))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ([0, 0], "a change must be"),
        ([1, 0, 2.0], "a change must be"),
        ([-1, 0, 2.0], "a change must be"),
        ([0, 2, 2.0], "of 1 rows and 2 features, got"),
        ([0, -1, 2.0], "a change must be"),
        ([True, 0, 2.0], "a change must be"),
        ([0, 0.0, 2.0], "a change must be"),
        ([0, 0, "2"], "is not a number"),
        ([0, 0, 2**60], "is not a number"),
        ({}, "a change must be"),
    ],
)
def test_a_change_of_what_is_not_there_is_refused(change: Any, message: str) -> None:
    table = {"rows": [[1.0, 2.0]], "changes": [[0, 1, 4]], "raw": [1.0, 1.0], "probability": [0.5, 0.5]}
    assert parse_selftest(table, 2).rows == [[1.0, 2.0], [1.0, 4.0]]
    with pytest.raises(ArtifactError, match=message):
        parse_selftest(table | {"changes": [change]}, 2)


@pytest.mark.parametrize(
    "table",
    [
        {"rows": [[1.0]], "changes": [], "raw": [1.0, 1.0], "probability": [0.5, 0.5]},
        {"rows": [], "changes": [], "raw": [], "probability": []},
        {"rows": [[1.0]] * (MAX_ROWS + 1), "changes": [], "raw": [1.0] * 1001, "probability": [0.5] * 1001},
        {"rows": [[1.0]], "changes": [[0, 0, 1.0]] * MAX_ROWS, "raw": [1.0] * 1001, "probability": [0.5] * 1001},
    ],
)
def test_rows_without_results_and_too_many_rows_are_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match=f"needs 1 to {MAX_ROWS} rows"):
        parse_selftest(table, 1)


def test_a_file_without_changes_is_refused() -> None:
    with pytest.raises(ArtifactError, match="needs exactly the keys"):
        parse_selftest({"rows": [[1.0]], "raw": [1.0], "probability": [0.5]}, 1)


def test_the_written_self_test_fails_where_a_leaf_has_changed(trained: Any) -> None:
    artifact = read_artifact(trained.folder)
    run_selftest(artifact.selftest, artifact.trees, artifact.header.calibration)
    leaf = ~artifact.trees.path(2, artifact.selftest.rows[-1])[-1]
    leaves = list(artifact.trees.leaf_value)
    leaves[leaf] += 2.0**-48  # far below what the comparison of probabilities allows
    with pytest.raises(ArtifactError, match="do not use the artifact here"):
        run_selftest(artifact.selftest, _with(artifact.trees, leaves), artifact.header.calibration)


def _with(trees: Trees, leaves: list[float]) -> Trees:
    from dataclasses import replace

    return replace(trees, leaf_value=leaves)
