"""Random trees small enough to play their games by definition, over all sets of features."""

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.forest.trees import Trees

FEATURES = 5
"""The last one is a category."""

SET = (1, 3, 33)
"""Categories that go left wherever the category decides."""

KINDS = (0, 4, 6, 8, 10)
"""Decision types of numbers: what is missing, and where it goes."""


def forest(seed: int, *, count: int = 3, empty_first: bool = False) -> Trees:
    """Random trees of 1 to 11 leaves, in which features come again on a way; the middle one has no split."""
    random = np.random.default_rng(seed)
    made = Trees([0], [], [], [], [], [], [], [], [], [0, 2], [0b1010, 0b10])
    if empty_first:
        _grow(made, random, 0, drawn=False)
    for tree in range(count):
        _grow(made, random, 0 if tree == 1 else int(random.integers(1, 11)), drawn=True)
    return made


def _grow(made: Trees, random: np.random.Generator, splits: int, *, drawn: bool) -> None:
    """Add a tree, grown by splitting leaves as LightGBM numbers them."""
    left, right = [-1] * splits, [-1] * splits
    parent = {0: (-1, 0)}
    for split in range(splits):
        leaf = int(random.choice(sorted(parent)))
        above, side = parent[leaf]
        if above >= 0:
            (left if side == 0 else right)[above] = split
        left[split], right[split] = ~leaf, ~(split + 1)
        parent[leaf], parent[split + 1] = (split, 0), (split, 1)
    counts = random.integers(1, 50, splits + 1).tolist() if drawn else [7]
    below = [0] * splits
    for split in range(splits - 1, -1, -1):
        below[split] = sum(below[c] if c >= 0 else counts[~c] for c in (left[split], right[split]))
    features = random.integers(0, FEATURES, splits).tolist()
    for one in features:
        category = one == FEATURES - 1
        made.decision_type.append(1 if category else int(random.choice(KINDS)))  # type: ignore[attr-defined]
        made.threshold.append(0.0 if category else float(random.choice([-1.0, 0.0, 0.5, random.normal()])))  # type: ignore[attr-defined]
    values = random.normal(size=splits + 1).tolist() if drawn else [0.25]
    new = (made.tree_start[-1] + splits,), features, left, right, below, values, counts
    held = (made.tree_start, made.split_feature, made.left_child, made.right_child, made.internal_count)
    for array, more in zip((*held, made.leaf_value, made.leaf_count), new, strict=True):
        array.extend(more)  # type: ignore[attr-defined]


def some_rows(seed: int, count: int) -> NDArray[np.float64]:
    """Rows with missing values, both zeros, tiny values, and categories of which some are unknown."""
    random = np.random.default_rng(1000 + seed)
    rows = random.normal(size=(count, FEATURES))
    special = random.choice([math.nan, 0.0, -0.0, 1e-36, 0.5, -1.0], size=rows.shape)
    rows = np.where(random.random(rows.shape) < 0.4, special, rows)
    rows[:, -1] = random.choice([math.nan, -1.0, 0.0, 1.0, 1.9, 2.0, 3.0, 32.0, 33.0, 34.0, 1e9], size=count)
    return rows


def expectation(trees: Trees, tree: int, node: int, row: list[float], known: frozenset[int]) -> float:
    """What one tree gives on average when only some features of a row are known."""
    first = trees.tree_start[tree]
    if trees.tree_start[tree + 1] == first:
        return trees.leaf_value[first + tree]
    if node < 0:
        return trees.leaf_value[first + tree + ~node]
    split = first + node
    children = trees.left_child[split], trees.right_child[split]
    feature = trees.split_feature[split]
    if feature in known:
        return expectation(trees, tree, children[not trees.goes_left(split, row[feature])], row, known)
    rows = [trees.internal_count[first + c] if c >= 0 else trees.leaf_count[first + tree + ~c] for c in children]
    parts = [expectation(trees, tree, child, row, known) for child in children]
    return (rows[0] * parts[0] + rows[1] * parts[1]) / trees.internal_count[split]


def worths(trees: Trees, row: list[float]) -> dict[frozenset[int], float]:
    """What every set of features is worth."""
    sets = [frozenset(one) for size in range(len(row) + 1) for one in combinations(range(len(row)), size)]
    return {one: sum(expectation(trees, tree, 0, row, one) for tree in range(trees.count)) for one in sets}


def sets_without(features: int, left_out: tuple[int, ...]) -> Iterator[frozenset[int]]:
    """Every set of the other features."""
    others = [feature for feature in range(features) if feature not in left_out]
    for size in range(len(others) + 1):
        yield from map(frozenset, combinations(others, size))


def shapley_by_definition(trees: Trees, row: list[float]) -> list[float]:
    """A weighted mean of what a feature adds, over all sets of the others (Shapley 1953)."""
    worth = worths(trees, row)
    return [
        math.fsum(
            (worth[known | {one}] - worth[known]) / (len(row) * math.comb(len(row) - 1, len(known)))
            for known in sets_without(len(row), (one,))
        )
        for one in range(len(row))
    ]


def interaction_by_definition(trees: Trees, row: list[float], a: int, b: int) -> float:
    """Half the weighted mean of what b adds more once a is known, over all sets of the others (Lundberg 2018)."""
    worth = worths(trees, row)
    return math.fsum(
        (worth[known | {a, b}] - worth[known | {a}] - worth[known | {b}] + worth[known])
        / (2 * (len(row) - 1) * math.comb(len(row) - 2, len(known)))
        for known in sets_without(len(row), (a, b))
    )
