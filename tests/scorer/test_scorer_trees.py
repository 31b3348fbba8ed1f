"""Trees small enough to follow by hand, and Shapley values against their definition."""

import math
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.scorer.errors import ArtifactError
from riskml.scorer.explaining.contributions import contributions
from riskml.scorer.forest.batches import Batches
from riskml.scorer.forest.trees import ZERO, Trees, check

CATEGORICAL, LEFT, ZERO_MISSING, NAN_MISSING = 1, 2, 4, 8


def stump(kind: int, threshold: float = 2.5, words: tuple[int, ...] = (0b101,)) -> Trees:
    """One split of feature 0: +1 on the left (3 rows), -1 on the right (1 row)."""
    return Trees(
        tree_start=[0, 1],
        split_feature=[0],
        threshold=[threshold],
        decision_type=[kind],
        left_child=[-1],
        right_child=[-2],
        internal_count=[4],
        leaf_value=[1.0, -1.0],
        leaf_count=[3, 1],
        cat_boundaries=[0, len(words)],
        cat_threshold=list(words),
    )


def three_splits() -> Trees:
    """Feature 0 at 0; left: feature 1 at 0; right: feature 0 again at 5."""
    return Trees(
        tree_start=[0, 3],
        split_feature=[0, 1, 0],
        threshold=[0.0, 0.0, 5.0],
        decision_type=[0, 0, 0],
        left_child=[1, -1, -3],
        right_child=[2, -2, -4],
        internal_count=[10, 6, 4],
        leaf_value=[1.0, 2.0, 4.0, 8.0],
        leaf_count=[2, 4, 3, 1],
        cat_boundaries=[0],
        cat_threshold=[],
    )


@pytest.mark.parametrize(
    ("kind", "threshold", "value", "left"),
    [
        (0, 2.5, 2.5, True),
        (0, 2.5, math.nextafter(2.5, 3), False),
        (0, 2.5, math.nan, True),
        (0, -1.0, math.nan, False),
        (LEFT, -1.0, math.nan, False),
        (NAN_MISSING, 2.5, math.nan, False),
        (NAN_MISSING | LEFT, -1.0, math.nan, True),
        (NAN_MISSING | LEFT, -1.0, 0.0, False),
        (ZERO_MISSING, 2.5, 0.0, False),
        (ZERO_MISSING | LEFT, -1.0, -0.0, True),
        (ZERO_MISSING | LEFT, -1.0, math.nan, True),
        (ZERO_MISSING, 2.5, ZERO, False),
        (ZERO_MISSING, 2.5, math.nextafter(ZERO, 1), True),
        (0, -ZERO, -ZERO, False),
        (0, -ZERO, math.nextafter(-ZERO, -1), True),
        (CATEGORICAL, 0, 0.0, True),
        (CATEGORICAL, 0, 1.0, False),
        (CATEGORICAL, 0, 2.0, True),
        (CATEGORICAL, 0, 3.0, False),
        (CATEGORICAL, 0, 1e12, False),
        (CATEGORICAL, 0, -1.0, False),
        (CATEGORICAL, 0, math.nan, False),
        (CATEGORICAL | LEFT | NAN_MISSING, 0, math.nan, False),
    ],
)
def test_a_split_decides_as_documented(kind: int, threshold: float, value: float, left: bool) -> None:
    trees = stump(kind, threshold)
    assert trees.goes_left(0, value) is left
    assert trees.raw_score([value]) == (1.0 if left else -1.0)
    assert Batches(trees).raw_scores(np.array([[value]])).tolist() == [1.0 if left else -1.0]


def test_a_category_beyond_the_first_word_is_found() -> None:
    trees = stump(CATEGORICAL, 0, words=(0, 0b10))
    assert [trees.goes_left(0, float(value)) for value in (1, 32, 33, 34)] == [False, False, True, False]


def test_contributions_of_a_stump_are_its_distance_from_the_average() -> None:
    values, expected = contributions(stump(0), [3.0])
    assert expected == 0.75 * 1.0 + 0.25 * -1.0
    assert values == [-1.0 - 0.5]


def expectation(trees: Trees, node: int, row: list[float], known: set[int]) -> float:
    """Slow oracle: the value of one tree when only some features are known."""
    if node < 0:
        return trees.leaf_value[~node]
    left, right = trees.left_child[node], trees.right_child[node]
    if trees.split_feature[node] in known:
        return expectation(trees, left if trees.goes_left(node, row[trees.split_feature[node]]) else right, row, known)
    rows = [trees.internal_count[child] if child >= 0 else trees.leaf_count[~child] for child in (left, right)]
    parts = [expectation(trees, child, row, known) for child in (left, right)]
    return (rows[0] * parts[0] + rows[1] * parts[1]) / trees.internal_count[node]


def shapley(trees: Trees, row: list[float]) -> list[float]:
    """Slow oracle: the definition, a weighted mean over all sets of other features."""
    result = []
    for feature in range(len(row)):
        others = [other for other in range(len(row)) if other != feature]
        total = 0.0
        for size in range(len(row)):
            for chosen in combinations(others, size):
                gain = expectation(trees, 0, row, {*chosen, feature}) - expectation(trees, 0, row, set(chosen))
                total += gain / (len(row) * math.comb(len(row) - 1, size))
        result.append(total)
    return result


@st.composite
def grown_tree(draw: st.DrawFn) -> Trees:
    """A random tree of up to 9 leaves over 4 features, grown by splitting leaves as LightGBM numbers them."""
    splits = draw(st.integers(1, 8))
    left: list[int] = []
    right: list[int] = []
    parent = {0: (-1, 0)}
    for split in range(splits):
        leaf = draw(st.sampled_from(sorted(parent)))
        above, side = parent[leaf]
        if above >= 0:
            (left if side == 0 else right)[above] = split
        left.append(~leaf)
        right.append(~(split + 1))
        parent[leaf], parent[split + 1] = (split, 0), (split, 1)
    leaf_count = draw(st.lists(st.integers(1, 50), min_size=splits + 1, max_size=splits + 1))
    below = [0] * splits
    for split in range(splits - 1, -1, -1):
        below[split] = sum(below[c] if c >= 0 else leaf_count[~c] for c in (left[split], right[split]))
    numbers = st.floats(-3, 3, allow_subnormal=False)
    return Trees(
        tree_start=[0, splits],
        split_feature=draw(st.lists(st.integers(0, 3), min_size=splits, max_size=splits)),
        threshold=draw(st.lists(numbers, min_size=splits, max_size=splits)),
        decision_type=draw(st.lists(st.sampled_from([0, 4, 6, 8, 10]), min_size=splits, max_size=splits)),
        left_child=left,
        right_child=right,
        internal_count=below,
        leaf_value=draw(st.lists(numbers, min_size=splits + 1, max_size=splits + 1)),
        leaf_count=leaf_count,
        cat_boundaries=[0],
        cat_threshold=[],
    )


values = st.one_of(st.floats(-4, 4), st.sampled_from([math.nan, 0.0, -0.0]))


@settings(max_examples=60, deadline=None)
@given(trees=grown_tree(), row=st.lists(values, min_size=4, max_size=4))
def test_contributions_are_shapley_values_by_definition(trees: Trees, row: list[float]) -> None:
    check(trees, [False] * 4)
    got, base = contributions(trees, row)
    assert got == pytest.approx(shapley(trees, row), abs=1e-12)
    assert base == pytest.approx(expectation(trees, 0, row, set()), abs=1e-12)
    assert Batches(trees).raw_scores(np.array([row])).tolist() == [trees.raw_score(row)]


def broken(**changes: Any) -> Trees:
    return replace(three_splits(), **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split_feature": [0, 2, 0]}, "split 1 looks at feature 2"),
        ({"split_feature": [0, -1, 0]}, "split 1 looks at feature -1"),
        ({"threshold": [0.0, math.nan, 5.0]}, "threshold of split 1 is nan"),
        ({"threshold": [math.inf, 0.0, 5.0]}, "threshold of split 0 is inf"),
        ({"decision_type": [0, 12, 0]}, "unknown decision type 12"),
        ({"decision_type": [0, 16, 0]}, "unknown decision type 16"),
        ({"decision_type": [1, 0, 0]}, "another kind"),
        ({"left_child": [0, -1, -3]}, "child 0 of split 0"),
        ({"left_child": [1, 0, -3]}, "child 0 of split 1"),
        ({"left_child": [2, -1, -3]}, "child 2 of split 0"),
        ({"left_child": [3, -1, -3]}, "child 3 of split 0"),
        ({"left_child": [1, -2, -3]}, "child -2 of split 1"),
        ({"left_child": [1, -6, -3]}, "child -6 of split 1"),
        (
            {"left_child": [2, -1, 1], "right_child": [-4, -2, -3], "internal_count": [10, 6, 9]},
            "child 1 of split 2 is out of bounds or taken",
        ),
        ({"leaf_value": [1.0, 2.0, math.nan, 8.0]}, "not a finite number"),
        ({"leaf_value": [1.0, 2.0, math.inf, 8.0]}, "not a finite number"),
        ({"leaf_value": [1.0, 2.0, 4.0]}, "leaf_value has 3 values for 4 leaves"),
        ({"threshold": [1.0]}, "threshold has 1 values for 3 splits"),
        ({"leaf_count": [2, 4, 3, 2]}, "rows of split 2 are not those of its children"),
        ({"leaf_count": [2, 4, 4, 0]}, "part with 0 training rows"),
        ({"tree_start": [0, 2]}, "tree_start must rise"),
        ({"tree_start": [0]}, "tree_start must rise"),
        ({"tree_start": [0, 4, 3]}, "tree_start must rise"),
        ({"cat_boundaries": [0, 5]}, "cat_boundaries must rise"),
        ({"cat_boundaries": []}, "cat_boundaries must rise"),
    ],
)
def test_trees_out_of_bounds_are_refused(changes: dict[str, Any], message: str) -> None:
    check(three_splits(), [False, False])
    with pytest.raises(ArtifactError, match=message):
        check(broken(**changes), [False, False])


def test_a_category_set_that_does_not_exist_is_refused() -> None:
    check(stump(CATEGORICAL, 0.0), [True])
    for threshold in (1.0, -1.0, 0.5):
        with pytest.raises(ArtifactError, match="which does not exist"):
            check(stump(CATEGORICAL, threshold), [True])


def test_a_sum_of_leaves_that_overflows_is_refused() -> None:
    single: dict[str, Any] = {
        "split_feature": [],
        "threshold": [],
        "decision_type": [],
        "left_child": [],
        "right_child": [],
    }
    trees = broken(**single, tree_start=[0, 0, 0], internal_count=[], leaf_count=[5, 5], leaf_value=[1.5, 2.0])
    check(trees, [False])
    assert trees.raw_score([0.0]) == 3.5
    assert Batches(trees).raw_scores(np.zeros((2, 1))).tolist() == [3.5, 3.5]
    assert contributions(trees, [0.0]) == ([0.0], 3.5)
    with pytest.raises(ArtifactError, match="not a finite number"):
        check(replace(trees, leaf_value=[1.5e308, 1.5e308]), [False])


def test_a_tree_of_too_many_leaves_is_refused() -> None:
    with pytest.raises(ArtifactError, match="a tree of 5001 leaves; at most 4096"):
        check(broken(tree_start=[0, 5000], split_feature=[0] * 5000), [False])


def test_a_chain_deeper_than_allowed_is_refused() -> None:
    n = 129
    chain = Trees(
        tree_start=[0, n],
        split_feature=[0] * n,
        threshold=[0.0] * n,
        decision_type=[0] * n,
        left_child=[~place for place in range(n)],
        right_child=[*range(1, n), ~n],
        internal_count=list(range(n + 1, 1, -1)),
        leaf_value=[0.0] * (n + 1),
        leaf_count=[1] * (n + 1),
        cat_boundaries=[0],
        cat_threshold=[],
    )
    with pytest.raises(ArtifactError, match="deeper than 128"):
        check(chain, [False])
