"""The cells of a feature: intervals, or categories, inside which no split of a model can tell two values apart."""

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.forest.trees import BELOW_ZERO, CATEGORICAL, ZERO, Trees

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_ALWAYS = (BELOW_ZERO, ZERO, np.inf, np.nan)


class Cells:
    """The cells of one feature.

    Numbers: cell i holds cuts[i - 1] < x <= cuts[i], then one for all above, then one for missing. Categories: one for
    each index that the longest set of a split has room for, then one for everything else, missing included.

    Attributes:
        categorical: whether the feature is a category.
        cuts: of a number, every threshold and both ends of what is read as 0, rising; of a category, the indices.
        values: one value of each cell.
    """

    def __init__(self, trees: Trees, splits: "list[int] | NDArray[np.integer]") -> None:
        threshold = np.asarray(trees.threshold)[splits]
        self.categorical = bool(trees.decision_type[splits[0]] & CATEGORICAL)
        if self.categorical:
            sets, bounds = threshold.astype(np.intp), np.asarray(trees.cat_boundaries)
            cells = 32 * int((bounds[sets + 1] - bounds[sets]).max()) + 1
            self.values = np.arange(float(cells))
            self.values[-1] = np.nan
            self.cuts = self.values[:-1]
        else:
            ends = np.empty(len(threshold) + 4)
            ends[:-4], ends[-4:] = threshold, _ALWAYS
            ends.sort()
            distinct = np.empty(len(ends), dtype=np.bool_)
            distinct[0], distinct[1:] = True, ends[1:] != ends[:-1]
            self.values = ends[distinct]
            self.cuts = self.values[:-2]

    @property
    def special(self) -> Ints:
        """Cells for which a comparison with the threshold is not enough: all of a category, zero and missing."""
        values = np.abs(self.values)
        return np.flatnonzero(self.categorical | np.isnan(values) | (values <= ZERO))

    def of(self, column: Floats) -> Ints:
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
