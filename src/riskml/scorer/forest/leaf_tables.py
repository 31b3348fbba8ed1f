"""For every feature and every tree that looks at it: the leaves that a value leaves possible, as bits, by cell.

The leaves of a tree are numbered from left to right. A split that sends a row to the right takes the leaves below its
left side away; of those that no split of the tree has taken away, the leftmost is the row's leaf (QuickScorer, Lucchese
et al. 2015, with cells in place of sorted splits). Leaves are kept in words; a tree of many leaves has several.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.forest.cells import Cells
from riskml.scorer.forest.trees import BELOW_ZERO, CATEGORICAL, ZERO, Trees

Ints = NDArray[np.integer]
Words = NDArray[np.unsignedinteger]

SMALL: Final = 2**20
LARGEST: Final = 1024
"""Tables are not made if they took more than SMALL bytes and LARGEST bytes for each split of the model."""


class FeatureTable(NamedTuple):
    """What one feature says: `table[i, c]` are the leaves that cell c leaves possible in word `words[i]`."""

    feature: int
    cells: Cells
    words: Ints
    table: Words


class Leaves:
    """The leaves of all trees from left to right, in words of one width.

    Attributes:
        width: bits of a word; one fewer are leaves, so that a word never has all its bits.
        all: a word of which every leaf is possible.
        word_start: first word of each tree, and their number at the end; shape (T + 1,).
        later: words that are the second of their tree, then those that are the third, and so on.
        value: log-odds by word and by number of its leaf, counted from 1, 0 elsewhere; shape (words, width + 1).
        tables: what each feature leaves possible; None if that took much more memory than the model.
    """

    def __init__(self, trees: Trees) -> None:
        sizes = np.diff(np.asarray(trees.tree_start))
        kind: type[np.unsignedinteger] = np.uint32 if sizes.max() < 31 else np.uint64
        self.width = 8 * np.dtype(kind).itemsize
        self.all = kind(2 ** (self.width - 1) - 1)
        words = -(-(sizes + 1) // (self.width - 1))
        self.word_start = np.append(0, np.cumsum(words)).astype(np.int32)
        self.later = [self.word_start[:-1][words > number] + number for number in range(1, words.max())]
        place, below = _places(trees)
        word, bit = np.divmod(place[len(trees.split_feature) :], self.width - 1)
        word += np.repeat(self.word_start[:-1], sizes + 1)
        self.value = np.zeros((self.word_start[-1], self.width + 1))
        self.value[word, bit + 1] = trees.leaf_value
        del word, bit
        self.tables = _tables(trees, self.all, *self._taken(trees, sizes, place, below))

    def _taken(self, trees: Trees, sizes: Ints, low: Ints, below: Ints) -> tuple[Ints, Ints, Ints, Words]:
        """What the splits take away from a row that goes right, sorted by feature, then word.

        Returns:
            Feature, split, word, and the leaves that stay in it.
        """
        last, low = self.width - 1, low[: len(below)]
        many = (low + below - 1) // last - low // last + 1
        split = np.repeat(np.arange(len(low), dtype=np.int32), many)
        number = np.arange(len(split), dtype=np.int32) - np.repeat(np.cumsum(many) - many - low // last, many)
        word = np.repeat(self.word_start[:-1], sizes)[split] + number
        feature = np.asarray(trees.split_feature)[split]
        order = np.lexsort((word, feature))
        split, number = split[order], number[order] * last
        kind = type(self.all)
        ones = (kind(1) << np.arange(self.width, dtype=kind)) - kind(1)
        gone = ones[np.minimum((low + below)[split] - number, last)] - ones[np.maximum(low[split] - number, 0)]
        return feature[order], split, word[order], self.all - gone


def _tables(
    trees: Trees, everything: np.unsignedinteger, feature: Ints, split: Ints, word: Ints, kept: Words
) -> list[FeatureTable] | None:
    bounds = np.flatnonzero(np.diff(feature, prepend=-1, append=-1)).tolist()
    begin = np.flatnonzero((np.diff(word, prepend=-1) != 0) | (np.diff(feature, prepend=-1) != 0))
    pairs = np.searchsorted(begin, bounds).tolist()
    cells = _small_cells(trees, split, bounds, pairs)
    if cells is None:
        return None
    defaults = _Defaults(trees)
    missing = np.bitwise_and.reduceat(np.where(defaults.missing[split], everything, kept), begin)
    row = np.repeat(np.arange(len(begin)), np.diff(begin, append=len(split)))
    made = []
    for one, (start, stop), (a, b) in zip(cells, pairwise(bounds), pairwise(pairs), strict=True):
        taken = Taken(split[start:stop], row[start:stop] - a, begin[a:b] - start, kept[start:stop])
        if one.categorical:
            table = _category_table(trees, one, taken, everything)
        else:
            table = _number_table(defaults, one, taken, everything)
        table[:, -1] = missing[a:b]
        made.append(FeatureTable(int(feature[start]), one, word[begin[a:b]], table))
    return made


def _small_cells(trees: Trees, split: Ints, bounds: list[int], pairs: list[int]) -> list[Cells] | None:
    """The cells of each feature; None if the tables, or the work on them, would be too large."""
    most, found = max(SMALL, LARGEST * len(trees.threshold)), []
    words = np.diff(np.asarray(trees.cat_boundaries))
    for (start, stop), (first, last) in zip(pairwise(bounds), pairwise(pairs), strict=True):
        splits = split[start:stop]
        if trees.decision_type[splits[0]] & CATEGORICAL:
            sets = np.asarray(trees.threshold)[splits].astype(np.intp)
            most -= (stop - start) * 32 * int(words[sets].max())
        if most >= 0:
            found.append(Cells(trees, splits))
            most -= len(found[-1].values) * (last - first) * 8
        if most < 0:
            return None
    return found


class Taken(NamedTuple):
    """What is taken from the words of one feature: by which split, in which row of its table, and what stays.

    It is sorted by row; `begin` is where each row starts.
    """

    split: Ints
    row: Ints
    begin: Ints
    kept: Words


def _number_table(defaults: "_Defaults", cells: Cells, taken: Taken, everything: np.unsignedinteger) -> Words:
    table = np.full((len(taken.begin), len(cells.values)), everything)
    above = cells.cuts.searchsorted(defaults.threshold[taken.split]) + 1
    np.bitwise_and.at(table.reshape(-1), taken.row * len(cells.values) + above, taken.kept)
    numbers = table[:, :-1]
    np.bitwise_and.accumulate(numbers, axis=1, out=numbers)
    if defaults.of_zero:
        at_zero = np.where(defaults.zero[taken.split], everything, taken.kept)
        table[:, cells.special[:-1]] = np.bitwise_and.reduceat(at_zero, taken.begin)[:, None]
    return table


def _category_table(trees: Trees, cells: Cells, taken: Taken, everything: np.unsignedinteger) -> Words:
    table = np.full((len(taken.begin), len(cells.values)), everything)
    sets = np.asarray(trees.threshold)[taken.split].astype(np.intp)
    bounds, named = np.asarray(trees.cat_boundaries), np.asarray(trees.cat_threshold).astype("<u4", copy=False)
    start, stop = bounds[sets][:, None], bounds[sets + 1][:, None]
    splits = np.diff(taken.begin, append=len(sets))
    places = np.arange(len(cells.cuts) // 32)
    for number in range(splits.max()):
        rows = np.flatnonzero(splits > number)
        which = taken.begin[rows] + number
        held = named.take(start[which] + places, mode="clip")
        held[start[which] + places >= stop[which]] = 0
        left = np.unpackbits(held.view(np.uint8), bitorder="little").reshape(len(rows), -1)
        table[rows, :-1] &= left * everything | taken.kept[which][:, None]
    return table


class _Defaults:
    """What `Trees.goes_left` decides at each split for a missing value and for zero; it is asked once for each sort.

    Attributes:
        threshold: of each split, moved to the end of what is read as 0 if it lies inside, so that `<=` decides.
        missing, zero: whether the split goes left there; always False for a category.
        of_zero: whether zero is special to any split.
    """

    def __init__(self, trees: Trees) -> None:
        threshold = np.asarray(trees.threshold)
        sort = np.asarray(trees.decision_type, dtype=np.int64) * 2 + (threshold >= 0.0)
        missing, zero = np.zeros((2, 2 * 256), dtype=np.bool_)
        for one in np.flatnonzero(np.bincount(sort)):
            split = int((sort == one).argmax())
            if not trees.decision_type[split] & CATEGORICAL:
                missing[one], zero[one] = trees.goes_left(split, np.nan), trees.goes_left(split, 0.0)
        self.missing, self.zero = missing[sort], zero[sort]
        inside = np.where(threshold >= 0.0, ZERO, BELOW_ZERO)
        self.threshold = np.where(np.abs(threshold) <= ZERO, inside, threshold)
        numeric = sort & 2 * CATEGORICAL == 0
        self.of_zero = bool((numeric & (self.zero != (threshold >= 0.0))).any())


def _places(trees: Trees) -> tuple[Ints, Ints]:
    """Where the leaves below each split, then each leaf, begin in their tree from left to right.

    Returns:
        Shape (N + leaves,); and for each split the number of leaves below its left side, shape (N,).
    """
    start = np.asarray(trees.tree_start, dtype=np.int32)
    splits, sizes = int(start[-1]), np.diff(start)
    first = np.repeat(start[:-1], sizes)
    first_leaf = first + np.repeat(np.arange(splits, splits + len(sizes), dtype=np.int32), sizes)
    left, right = (
        np.where(child >= 0, first + child, first_leaf + ~child)
        for child in (np.asarray(trees.left_child, dtype=np.int32), np.asarray(trees.right_child, dtype=np.int32))
    )
    below = np.ones(splits + len(trees.leaf_value), dtype=np.int32)
    place = np.zeros_like(below)
    levels = [start[:-1][sizes > 0]]
    while len(levels[-1]):
        children = np.concatenate([left[levels[-1]], right[levels[-1]]])
        levels.append(children[children < splits])
    for level in reversed(levels):
        below[level] = below[left[level]] + below[right[level]]
    for level in levels:
        place[left[level]] = place[level]
        place[right[level]] = place[level] + below[left[level]]
    return place, below[left]
