"""A quick look at all trees at once: whatever it passes, the check of every number in `trees.check` passes too."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.forest.trees import CATEGORICAL, DEFAULT_LEFT, MAX_DEPTH, MISSING, Trees

Ints = NDArray[np.int64]


def sound(trees: Trees, categorical: Sequence[bool]) -> bool:
    """Whether the trees, of arrays that fit each other in length, are certainly within bounds.

    Args:
        trees: arrays of which `trees.check` has already seen the lengths, tree_start and cat_boundaries.
        categorical: for every feature, whether it is a category.
    """
    return _splits_are_sound(trees, np.array(categorical, dtype=np.bool_)) and _shapes_are_sound(trees)


def _splits_are_sound(trees: Trees, categorical: NDArray[np.bool_]) -> bool:
    feature, kind = np.asarray(trees.split_feature), np.asarray(trees.decision_type)
    threshold = np.asarray(trees.threshold)
    if not len(feature):
        return False
    if feature.min() < 0 or feature.max() >= len(categorical) or not np.isfinite(threshold).all():
        return False
    known = [k for k in range(CATEGORICAL + DEFAULT_LEFT + MISSING) if k & MISSING != MISSING]
    named = threshold[(kind & CATEGORICAL) > 0]
    sets = len(trees.cat_boundaries) - 1
    return bool(
        np.isin(kind, known).all()
        and ((kind & CATEGORICAL > 0) == categorical[feature]).all()
        and ((named >= 0) & (named < sets) & (named == np.trunc(named))).all()
    )


def _shapes_are_sound(trees: Trees) -> bool:
    """Each child stands after its parent and is taken once, rows add up, no tree is too deep, no sum overflows."""
    start = np.asarray(trees.tree_start, dtype=np.int64)
    splits, sizes = int(start[-1]), np.diff(start)
    first, size = np.repeat(start[:-1], sizes), np.repeat(sizes, sizes)
    first_leaf = splits + first + np.repeat(np.arange(len(sizes)), sizes)
    rows = np.concatenate([np.asarray(trees.internal_count, np.int64), np.asarray(trees.leaf_count, np.int64)])
    below, taken = np.zeros(splits, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    sides = []
    for children in (trees.left_child, trees.right_child):
        child = np.asarray(children, dtype=np.int64)
        inner = child >= 0
        if not np.where(inner, (child > np.arange(splits) - first) & (child < size), ~child <= size).all():
            return False
        place = np.where(inner, first + child, first_leaf + ~child)
        taken += np.bincount(place, minlength=len(rows))
        below += rows[place]
        sides.append(place)
        if rows[place].min() <= 0:
            return False
    if taken.max() > 1 or (below != rows[:splits]).any() or not _is_shallow(start[:-1][sizes > 0], sides):
        return False
    largest = np.maximum.reduceat(np.abs(np.asarray(trees.leaf_value)), start[:-1] + np.arange(len(sizes)))
    with np.errstate(over="ignore"):
        return bool(np.isfinite(largest.sum()))


def _is_shallow(roots: Ints, sides: Sequence[Ints]) -> bool:
    level, splits = roots, len(sides[0])
    for _ in range(MAX_DEPTH):
        level = np.concatenate([side[level] for side in sides])
        level = level[level < splits]
        if not len(level):
            return True
    return False
