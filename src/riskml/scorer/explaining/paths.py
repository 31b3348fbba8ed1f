"""The ways to every leaf: which features a way turns on, and which share of the training rows follows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.forest.trees import Trees

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_ENTRIES: Final = 2**22
"""Features of all ways together; 400 trees of 31 leaves have 70,000. A model of more is explained row by row."""


@dataclass
class Paths:
    """All ways of a model. Edge 2 s leads from split s to its left child, edge 2 s + 1 to its right child.

    A way is told by its last edge for each of its features, in the order in which it meets them first.

    Attributes:
        trees: the model.
        before: the way's last edge on the split's own feature before it gets to the split, -1 if none; shape (N,).
        slot: place of the split's feature on the way; shape (N,).
        above: number of features on the way to the split; shape (N,).
        share: of the training rows, those that follow the way at its splits on the edge's feature, up to this edge: the
            product over these splits of the part that goes on, in (0, 1); shape (2 N,).
        ways: of the leaves, in the order of their last edges; a tree without a split has none.
        features: of each way, in its order.
        ends: the leaves' last edges.
        values: log-odds of the leaves.
        child: the split in which an edge ends, -1 if it ends in a leaf; shape (2 N,).
        leaf: place in `ways` of the leaf in which an edge ends, -1 if it ends in a split; shape (2 N,).
        entries: features of all ways together.
    """

    trees: Trees
    before: list[int] = field(default_factory=list)
    slot: list[int] = field(default_factory=list)
    above: list[int] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    ways: list[tuple[int, ...]] = field(default_factory=list)
    features: list[tuple[int, ...]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    child: list[int] = field(default_factory=list)
    leaf: list[int] = field(default_factory=list)
    entries: int = 0


def read_paths(trees: Trees) -> Paths | None:
    """Follow every way once, in the order of the splits; None if that would take too much memory."""
    paths = Paths(trees)
    for tree in range(trees.count):
        _read_tree(paths, tree)
        if paths.entries > MOST_ENTRIES:
            return None
    return paths


def _read_tree(paths: Paths, tree: int) -> None:
    trees = paths.trees
    first = trees.tree_start[tree]
    ways: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {first: ((), ())}
    for split in range(first, trees.tree_start[tree + 1]):
        way, met = ways.pop(split)
        feature = trees.split_feature[split]
        slot = met.index(feature) if feature in met else len(met)
        before = way[slot] if slot < len(way) else -1
        paths.before.append(before)
        paths.slot.append(slot)
        paths.above.append(len(met))
        met = met if before >= 0 else (*met, feature)
        for edge, below in ((2 * split, trees.left_child[split]), (2 * split + 1, trees.right_child[split])):
            rows = trees.internal_count[first + below] if below >= 0 else trees.leaf_count[first + tree + ~below]
            part = rows / trees.internal_count[split]
            paths.share.append(part * paths.share[before] if before >= 0 else part)
            on = (*way[:slot], edge, *way[slot + 1 :])
            if below >= 0:
                ways[first + below] = on, met
            else:
                paths.values.append(trees.leaf_value[first + tree + ~below])
                paths.ways.append(on)
                paths.features.append(met)
                paths.ends.append(edge)
                paths.entries += len(on)
            paths.child.append(first + below if below >= 0 else -1)
            paths.leaf.append(-1 if below >= 0 else len(paths.ways) - 1)


@dataclass(frozen=True)
class Leaves:
    """L leaves with the same number d of features on their ways.

    Attributes:
        place: in `Paths.ways`; shape (L,).
        edges: their ways; shape (d, L).
        shares: at these edges; shape (d, L).
        value: log-odds of the leaves; shape (L,).
    """

    place: Places
    edges: Places
    shares: Floats
    value: Floats


def by_length(paths: Paths, leaves: Sequence[int]) -> list[Leaves]:
    """The leaves, given by their places in `paths.ways`, grouped by the number of features on their ways, rising."""
    groups: dict[int, list[int]] = {}
    for leaf in leaves:
        groups.setdefault(len(paths.ways[leaf]), []).append(leaf)
    share, value = np.array(paths.share), np.array(paths.values)
    result = []
    for _, places in sorted(groups.items()):
        edges = np.array([paths.ways[leaf] for leaf in places], dtype=np.intp).T.copy()
        place = np.array(places, dtype=np.intp)
        result.append(Leaves(place, edges, share[edges], value[place]))
    return result
