"""Many rows at once: the same decisions and the same sums as one row, bit for bit, by table instead of by walk.

For every tree and feature a table gives, by cell of the feature, the leaves still possible, one bit a leaf; the tables
of the tree's features are combined, and the first bit left is the row's leaf (`leaf_tables`).
"""

from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.forest.cells import Cells
from riskml.scorer.forest.leaf_tables import Leaves, Words
from riskml.scorer.forest.trees import Trees

__all__ = ["CHUNK", "MANY", "Batches", "Cells"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

CHUNK: Final = 8192
"""Rows scored together tree by tree: their cells and words stay in the processor's cache."""
FEW: Final = 2**16
"""Words of rows scored together feature by feature."""
MANY: Final = 512
"""From so many rows on, to go tree by tree is quicker than to go feature by feature."""


class Batches:
    """The tables of a model; they never change once they are built, so threads may share them."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._leaves = Leaves(trees)
        self._tables = self._leaves.tables
        self._bit = type(self._leaves.all)(1)
        self._base = np.arange(len(self._leaves.value))[:, None] * self._leaves.value.shape[1]

    def raw_scores(self, matrix: Floats) -> Floats:
        """Log-odds of rows, shape (n, F) -> (n,); equal to `Trees.raw_score` of each row."""
        if self._tables is None:
            return np.array([self._trees.raw_score(row) for row in matrix.tolist()], dtype=np.float64)
        result = np.zeros(len(matrix))
        few = max(1, FEW // len(self._base))
        size, score = (few, self._add_few) if len(matrix) <= MANY else (CHUNK, self._add_many)
        for start in range(0, len(matrix), size):
            rows = matrix[start : start + size]
            score([one.cells.of(rows[:, one.feature]) for one in self._tables], result[start : start + size])
        return result

    def _add_few(self, cells: list[Places], total: Floats) -> None:
        """Add the leaves of some rows, feature by feature for all trees together."""
        leaves = self._leaves
        possible = np.full((len(leaves.value), len(total)), leaves.all)
        for one, places in zip(self._tables or (), cells, strict=True):
            possible[one.words] &= one.table.take(places, axis=1)
        possible ^= possible - self._bit
        found = np.bitwise_count(possible)
        if leaves.later:
            unfound = np.ones(found.shape, dtype=np.bool_)
            for words in leaves.later:
                unfound[words] = unfound[words - 1] & (found[words - 1] == leaves.width)
            found[~unfound] = leaves.width
        # One after the other, as a walk adds them: a sum of numpy's would go in pairs.
        total += np.add.accumulate(leaves.value.take(found + self._base), axis=0)[-1]

    def _add_many(self, cells: list[Places], total: Floats) -> None:
        """Add the leaves of many rows, tree by tree."""
        value, width = self._leaves.value, self._leaves.width
        first, second = np.empty((2, len(total)), dtype=type(self._leaves.all))
        for start, stop in pairwise(self._leaves.word_start.tolist()):
            found = self._first_leaf(start, cells, first, second)
            added = value[start].take(found)
            for word in range(start + 1, stop):
                unfound = found == width
                here = self._first_leaf(word, cells, first, second)
                np.copyto(added, value[word].take(here), where=unfound)
                np.copyto(found, here, where=unfound)
            total += added

    def _first_leaf(self, word: int, cells: list[Places], possible: Words, more: Words) -> "NDArray[np.uint8]":
        """The number of the first possible leaf of a word, counted from 1; the width of the word if there is none."""
        possible.fill(self._leaves.all)
        for place, table in self._by_word[word]:
            table.take(cells[place], out=more, mode="clip")
            possible &= more
        np.subtract(possible, self._bit, out=more)
        more ^= possible
        return np.bitwise_count(more)

    @cached_property
    def _by_word(self) -> list[list[tuple[int, Words]]]:
        """For each word its features, as places in the tables, each with the leaves that it leaves by cell."""
        found: list[list[tuple[int, Words]]] = [[] for _ in self._leaves.value]
        for place, one in enumerate(self._tables or ()):
            for word, table in zip(one.words.tolist(), one.table, strict=True):
                found[word].append((place, table))
        return found
