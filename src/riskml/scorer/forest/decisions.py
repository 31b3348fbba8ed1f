"""What every split decides, by table, for one row or for many: the answers of `Trees.goes_left`, cell by cell."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.forest.cells import Cells
from riskml.scorer.forest.trees import Trees

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]
Masks = NDArray[np.uint16]

LEFT: Final = np.uint16(0xFFFF)
"""The mask of a row that goes left has all bits, any other none, so that it can be combined with bits of a pattern."""

MOST_CELLS: Final = 2**25
"""Longest table; 400 trees of 31 leaves have 2 million cells. A model of more is explained row by row."""


class Decisions:
    """One mask by cell for each different split of a feature; never changed once it is built."""

    def __init__(
        self, trees: Trees, cells: dict[int, Cells], different: dict[int, dict[tuple[int, float], int]]
    ) -> None:
        """Build the table.

        Args:
            trees: the model.
            cells: by feature, for those that are split on.
            different: by feature, for each (kind, threshold) the first split that has them.
        """
        self._cells = cells
        threshold = np.asarray(trees.threshold)
        tables, starts, length = [np.zeros(0, dtype=np.bool_)], {}, 0
        for feature, splits in different.items():
            here = list(splits.values())
            tables.append(_left(trees, cells[feature], here, threshold[here]).ravel())
            for key in splits:
                starts[feature, *key] = length
                length += len(cells[feature].values)
        self._feature = np.array(trees.split_feature, dtype=np.intp)
        self._table: Masks = np.concatenate(tables) * LEFT
        keys = zip(trees.split_feature, trees.decision_type, trees.threshold, strict=True)
        self._start = np.array([starts[key] for key in keys], dtype=np.intp)
        ends = self._start + [len(cells[feature].values) for feature in trees.split_feature]
        self._of = [self._table[a:b] for a, b in zip(self._start.tolist(), ends.tolist(), strict=True)]

    def cells(self, rows: Floats) -> dict[int, Places]:
        """The cells of rows, shape (n, F), by feature."""
        return {feature: one.of(rows[:, feature]) for feature, one in self._cells.items()}

    def left(self, split: int, cells: Places) -> Masks:
        """Masks of the rows that go left at one split, by the rows' cells of its feature; shape (n,)."""
        return self._of[split].take(cells, mode="clip")

    def all_left(self, row: Floats) -> Bools:
        """Whether one row, shape (F,), goes left, at every split of the model; shape (N,)."""
        cell = np.zeros(len(row), dtype=np.intp)
        for feature, one in self._cells.items():
            cell[feature] = one.of(row[feature : feature + 1])[0]
        left: Bools = self._table[self._start + cell[self._feature]] != 0
        return left


def read_decisions(trees: Trees) -> Decisions | None:
    """The table of a model; None if that would take too much memory."""
    different: dict[int, dict[tuple[int, float], int]] = {}
    keys = zip(trees.split_feature, trees.decision_type, trees.threshold, strict=True)
    for split, (feature, kind, threshold) in enumerate(keys):
        different.setdefault(feature, {}).setdefault((kind, threshold), split)
    cells = {feature: Cells(trees, list(splits.values())) for feature, splits in different.items()}
    if sum(len(cells[feature].values) * len(splits) for feature, splits in different.items()) > MOST_CELLS:
        return None
    return Decisions(trees, cells, different)


def _left(trees: Trees, cells: Cells, splits: list[int], threshold: Floats) -> Bools:
    """For each split of one feature and each of its cells, whether it goes left; shape (splits, cells)."""
    if not cells.categorical:
        result = cells.values <= threshold[:, None]
        for cell in cells.special.tolist():
            value = float(cells.values[cell])
            result[:, cell] = [trees.goes_left(split, value) for split in splits]
        return result
    result = np.zeros((len(splits), len(cells.values)), dtype=np.bool_)
    for row, one in enumerate(threshold.astype(np.intp).tolist()):
        words = np.array(trees.cat_threshold[trees.cat_boundaries[one] : trees.cat_boundaries[one + 1]], dtype="<u4")
        bits = np.unpackbits(words.view(np.uint8), bitorder="little")
        result[row, : len(bits)] = bits
    return result
