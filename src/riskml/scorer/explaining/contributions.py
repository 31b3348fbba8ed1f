"""Exact Shapley values of one row's log-odds: how much each feature moved it away from the average training row."""

import math
from collections.abc import Sequence

from riskml.scorer.explaining.quadrature import gauss
from riskml.scorer.forest.trees import Trees

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
    for tree in range(trees.count):
        _add_tree(trees, tree, row, values)
    return values, expected_score(trees)


def expected_score(trees: Trees) -> float:
    """The mean log-odds of the training rows: of a row of which nothing is known."""
    parts: list[float] = []
    for tree in range(trees.count):
        first, last = trees.tree_start[tree] + tree, trees.tree_start[tree + 1] + tree
        counts = trees.leaf_count[first : last + 1]
        rows = sum(counts)
        parts.extend(
            value * (count / rows) for value, count in zip(trees.leaf_value[first : last + 1], counts, strict=True)
        )
    return math.fsum(parts)


def _add_tree(trees: Trees, tree: int, row: Sequence[float], values: list[float]) -> None:
    first, leaves = trees.tree_start[tree], trees.tree_start[tree] + tree
    todo: list[tuple[int, Path]] = [(0 if trees.tree_start[tree + 1] > first else -1, {})]
    while todo:
        node, path = todo.pop()
        if node < 0:
            _add_leaf(trees.leaf_value[leaves + ~node], path, values)
            continue
        split = first + node
        feature = trees.split_feature[split]
        left = trees.goes_left(split, row[feature])
        before, followed = path.get(feature, (1.0, True))
        for child, followed_here in ((trees.left_child[split], left), (trees.right_child[split], not left)):
            rows = trees.internal_count[first + child] if child >= 0 else trees.leaf_count[leaves + ~child]
            part = rows / trees.internal_count[split]
            todo.append((child, path | {feature: (before * part, followed and followed_here)}))


def _add_leaf(value: float, path: Path, values: list[float]) -> None:
    """Add the Shapley values of a game with one leaf: the sums of `games.leaf_games`, where the formula stands.

    A division by polynomials instead of the sums, as usual for trees, loses all digits on long ways.
    """
    outside = value
    features, shares, left = [], [], []
    for feature, (share, followed) in path.items():
        if followed:
            features.append(feature)
            shares.append(share)
        else:
            left.append(feature)
            outside *= share
    reached = [0.0] * len(shares)
    leaving = 0.0
    for point, weight in gauss((len(path) + 1) // 2):
        rest = 1.0 - point
        factors = [share * rest + point for share in shares]
        product = math.prod(factors) * weight * outside * rest ** len(left)
        leaving += product / rest
        reached = [sum_ + product / factor for sum_, factor in zip(reached, factors, strict=True)]
    for feature, share, sum_ in zip(features, shares, reached, strict=True):
        values[feature] += (1.0 - share) * sum_
    for feature in left:
        values[feature] -= leaving
