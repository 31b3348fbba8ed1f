"""Many rows at once: the same decisions and the same sums as one row, bit for bit, by table instead of by walk.

For every feature the values fall into cells inside which no split of the model can tell them apart. For every tree and
feature a table gives, by cell, the leaves still possible, one bit a leaf. A row's leaf is the one bit left when the
tables of the tree's features are combined (QuickScorer, Lucchese et al. 2015, with cells in place of sorted splits).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.trees import CATEGORICAL, ZERO, Trees

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

WORD: Final = 64
CHUNK: Final = 8192
"""Rows scored together: their cells and masks stay in the processor's cache."""


class Cells:
    """The cells of one feature.

    Numbers: cell i holds cuts[i - 1] < x <= cuts[i], then one for all above, then one for missing. Categories: one for
    each index below the highest that a split names, then one for everything else, missing included.
    """

    def __init__(self, trees: Trees, splits: list[int]) -> None:
        self.categorical = bool(trees.decision_type[splits[0]] & CATEGORICAL)
        if self.categorical:
            named = [trees.category_sets[int(trees.threshold[split])] for split in splits]
            self.cuts = np.arange(1 + max(max(one, default=0) for one in named), dtype=np.float64)
            self.values = np.append(self.cuts, np.nan)
        else:
            zero = [np.nextafter(-ZERO, -np.inf), ZERO]
            self.cuts = np.unique(np.array([*(trees.threshold[split] for split in splits), *zero]))
            self.values = np.concatenate([self.cuts, [np.inf, np.nan]])
        self.special = np.flatnonzero(np.isnan(self.values) | (np.abs(self.values) <= ZERO) | self.categorical)

    def of(self, column: Floats) -> NDArray[np.intp]:
        """The cell of each value."""
        if self.categorical:
            index = np.trunc(column)
            known = (index >= 0.0) & (index < len(self.cuts))
            return np.where(known, index, len(self.cuts)).astype(np.intp)
        found = np.searchsorted(self.cuts, column)
        found[np.isnan(column)] = len(self.cuts) + 1
        return found

    def left(self, trees: Trees, split: int) -> NDArray[np.bool_]:
        """Which cells go left at a split: by its threshold, and by `Trees.goes_left` wherever that is not enough."""
        result = self.values <= trees.threshold[split]
        for cell in self.special:
            result[cell] = trees.goes_left(split, float(self.values[cell]))
        return result


class Batches:
    """The tables of a model; building them takes a fraction of a second, so they are kept."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        splits_of: dict[int, list[int]] = {}
        for split, feature in enumerate(trees.split_feature):
            splits_of.setdefault(feature, []).append(split)
        self._cells = {feature: Cells(trees, splits) for feature, splits in sorted(splits_of.items())}
        self._tables = [self._tree_tables(tree) for tree in range(trees.count)]
        leaves = np.array(trees.leaf_value)
        starts = [start + tree for tree, start in enumerate(trees.tree_start)]
        self._leaves = [leaves[a:b] for a, b in zip(starts[:-1], [*starts[1:-1], len(leaves)], strict=True)]

    def raw_scores(self, matrix: Floats) -> Floats:
        """Log-odds of rows, shape (n, F) -> (n,); equal to `Trees.raw_score` of each row."""
        result = np.zeros(len(matrix))
        for start in range(0, len(matrix), CHUNK):
            rows = matrix[start : start + CHUNK]
            cells = {feature: one.of(rows[:, feature]) for feature, one in self._cells.items()}
            self._add_trees(cells, result[start : start + CHUNK])
        return result

    def _add_trees(self, cells: dict[int, NDArray[np.intp]], total: Floats) -> None:
        mask, more = np.empty((2, len(total)), dtype=np.uint64)
        for words, leaves in zip(self._tables, self._leaves, strict=True):
            if not words:
                total += leaves[0]
                continue
            place = self._one_bit(words[0], cells, mask, more)
            for number, tables in enumerate(words[1:], start=1):
                there = self._one_bit(tables, cells, mask, more)
                place = np.where(there < WORD, there + np.intp(number * WORD), place)
            total += leaves.take(place)

    @staticmethod
    def _one_bit(
        tables: dict[int, Words], cells: dict[int, NDArray[np.intp]], mask: Words, more: Words
    ) -> "NDArray[np.uint8]":
        """The place of the bit left in one word of leaves, 64 if none is left."""
        (feature, table), *rest = tables.items()
        table.take(cells[feature], out=mask, mode="clip")
        for feature, table in rest:
            table.take(cells[feature], out=more, mode="clip")
            mask &= more
        mask -= np.uint64(1)
        return np.bitwise_count(mask)

    def _tree_tables(self, tree: int) -> list[dict[int, Words]]:
        """For each word of the tree's leaves, for each of its features, the leaves possible by cell."""
        splits = list(_leaves_by_side(self._trees, tree))
        words = -(-(len(splits) + 1) // WORD) if splits else 0
        tables: list[dict[int, Words]] = [{} for _ in range(words)]
        for split, on_left, on_right in splits:
            feature = self._trees.split_feature[split]
            left = self._cells[feature].left(self._trees, split)
            for word, table in enumerate(tables):
                out_left = np.uint64(~(on_left >> word * WORD) & 2**WORD - 1)
                out_right = np.uint64(~(on_right >> word * WORD) & 2**WORD - 1)
                possible = np.where(left, out_right, out_left)
                table[feature] = table[feature] & possible if feature in table else possible
        if words:
            spare = np.uint64(2 ** (len(splits) + 1 - (words - 1) * WORD) - 1)
            first = next(iter(tables[-1]))
            tables[-1][first] &= spare
        return tables


def _leaves_by_side(trees: Trees, tree: int) -> Iterator[tuple[int, int, int]]:
    """For each split of a tree, the sets of leaves on its left and on its right; bit i is leaf i of the tree."""
    start, stop = trees.tree_start[tree], trees.tree_start[tree + 1]
    below: dict[int, int] = {}

    def leaves(child: int) -> int:
        return below[child] if child >= 0 else 1 << ~child

    for split in range(stop - 1, start - 1, -1):
        left, right = leaves(trees.left_child[split]), leaves(trees.right_child[split])
        below[split - start] = left | right
        yield split, left, right
