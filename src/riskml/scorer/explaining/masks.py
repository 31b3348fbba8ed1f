"""Which edges of a tree the rows of a batch follow, and which patterns of features they follow on the way to a leaf."""

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.explaining.paths import Paths
from riskml.scorer.forest.decisions import Decisions, Masks, Places

Bools = NDArray[np.bool_]


def edge_masks(paths: Paths, decisions: Decisions, tree: int, cells: dict[int, Places]) -> dict[int, Masks]:
    """For each edge of a tree, whether the rows follow the way there on the edge's feature; shape (n,) each."""
    masks: dict[int, Masks] = {}
    for split in range(paths.trees.tree_start[tree], paths.trees.tree_start[tree + 1]):
        left = decisions.left(split, cells[paths.trees.split_feature[split]])
        add_masks(paths, split, left, masks)
    return masks


def add_masks(paths: Paths, split: int, left: Masks, masks: dict[int, Masks]) -> None:
    """Add the two edges of a split, when those above it are there."""
    before = paths.before[split]
    right = ~left
    masks[2 * split] = left if before < 0 else left & masks[before]
    masks[2 * split + 1] = right if before < 0 else right & masks[before]


def different_columns(bits: Bools) -> tuple[Places, Places]:
    """Places of columns that hold every different column once, and for each column which of them is its like.

    >>> where, like = different_columns(np.array([[True, False, True], [True, True, True]]))
    >>> where.tolist(), like.tolist()
    ([1, 0], [1, 0, 1])
    """
    packed = np.packbits(bits, axis=0)
    words = np.zeros((bits.shape[1], -(-len(packed) // 8) * 8), dtype=np.uint8)
    words[:, : len(packed)] = packed.T
    keys = words.view(np.uint64)
    axis = None if keys.shape[1] == 1 else 0
    _, where, like = np.unique(keys, return_index=True, return_inverse=True, axis=axis)
    return where, like.reshape(-1)
