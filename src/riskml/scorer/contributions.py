"""Exact Shapley values of one row's log-odds: how much each feature moved it away from the average training row."""

from collections.abc import Sequence
from functools import cache
from math import factorial
from operator import mul

from riskml.scorer.trees import Trees

Path = dict[int, tuple[float, bool]]
"""Feature -> (share of the training rows that follow the path at its splits, whether the row itself follows it)."""


def contributions(trees: Trees, row: Sequence[float]) -> tuple[list[float], float]:
    """Path-dependent Shapley values (Lundberg, Erion, Lee 2018, "Consistent individualized feature attribution").

    A set S of known features is worth what the trees give on average when a split on a feature of S follows the row,
    and any other split follows the training rows in proportion. LightGBM calls it pred_contrib.

    Args:
        trees: the model.
        row: shape (F,); NaN is missing.

    Returns:
        F values and the expected log-odds; together they add up to `trees.raw_score(row)`.
    """
    values = [0.0] * len(row)
    expected = 0.0
    for tree in range(trees.count):
        expected += _add_tree(trees, tree, row, values)
    return values, expected


def _add_tree(trees: Trees, tree: int, row: Sequence[float], values: list[float]) -> float:
    """Add one tree's values to `values`; return its expected leaf."""
    first, leaves = trees.tree_start[tree], trees.tree_start[tree] + tree
    if trees.tree_start[tree + 1] == first:
        return trees.leaf_value[leaves]
    expected = 0.0
    todo: list[tuple[int, float, Path]] = [(0, 1.0, {})]
    while todo:
        node, share, path = todo.pop()
        if node < 0:
            value = trees.leaf_value[leaves + ~node]
            expected += share * value
            _add_leaf(value, path, values)
            continue
        split = first + node
        feature = trees.split_feature[split]
        left = trees.goes_left(split, row[feature])
        before, followed = path.get(feature, (1.0, True))
        for child, followed_here in ((trees.left_child[split], left), (trees.right_child[split], not left)):
            rows = trees.internal_count[first + child] if child >= 0 else trees.leaf_count[leaves + ~child]
            part = rows / trees.internal_count[split]
            todo.append((child, share * part, path | {feature: (before * part, followed and followed_here)}))
    return expected


def _add_leaf(value: float, path: Path, values: list[float]) -> None:
    """Add the Shapley values of a game with one leaf.

    A set S reaches the leaf with weight prod(1 or 0 for i in S) * prod(share_i for i not in S): nothing if S holds a
    feature on which the row leaves the path. So only sets of features that the row follows count, by their size:
    `sizes[k]` is the sum over such sets of size k of the shares outside.
    """
    outside = value
    sizes = [1.0]
    for share, followed in path.values():
        if followed:
            sizes = [a * share + b for a, b in zip([*sizes, 0.0], [0.0, *sizes], strict=True)]
        else:
            outside *= share
    weights = _weights(len(path))
    if len(sizes) <= len(path):
        leaving = outside * sum(map(mul, weights, sizes))
    for feature, (share, followed) in path.items():
        if followed:
            without = 0.0
            reached = 0.0
            for k in range(len(sizes) - 2, -1, -1):
                without = sizes[k + 1] - share * without
                reached += weights[k] * without
            values[feature] += outside * (1.0 - share) * reached
        else:
            values[feature] -= leaving


@cache
def _weights(features: int) -> tuple[float, ...]:
    """Shapley's weight of a set of k of the other features, k = 0 ... features - 1.

    >>> _weights(3)
    (0.3333333333333333, 0.16666666666666666, 0.3333333333333333)
    """
    return tuple(factorial(k) * factorial(features - k - 1) / factorial(features) for k in range(features))
