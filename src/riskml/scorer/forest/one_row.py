"""One row with the standard library alone: the same decisions and the same sum as the walk, by integers of many bits.

The leaves of all trees stand side by side in one integer, each tree's from left to right in words of its own. A split
that sends the row to the right takes the leaves below its left side away. What the value of one feature leaves is one
integer, and all features together are as many `&`; the lowest bit left of each tree is the row's leaf (QuickScorer,
Lucchese et al. 2015, with one integer for all trees). The integers are made when a row first asks for them.
"""

import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from struct import Struct
from typing import Final

from riskml.scorer.forest.trees import CATEGORICAL, MISSING_ZERO, ZERO, Trees

WALKED: Final = 8
"""The first rows are walked: to score a few is quicker than to prepare for many."""
BYTES_A_SPLIT: Final = 100
"""How much memory the integers may take for each split of the model: once for numbers, once for everything else."""
MOST_WORDS: Final = 8
"""A model whose trees need more words each is walked."""

MISSING, NOTHING = -1, -2
"""Keys of the integers of a value that is missing, or read as zero; the others are counted from 0."""


class OneRow:
    """Scores row after row. It may be shared: of two threads that need the same integer both make it, and it is one."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._seen = count()
        self._tables: RowTables | None = None
        self._pays = pays(trees)

    @property
    def ready(self) -> bool:
        """Whether rows are looked up by now."""
        return self._tables is not None

    def raw_score(self, row: Sequence[float]) -> float:
        """Log-odds of one row; equal to `Trees.walked_score` of it."""
        tables = self._tables
        if tables is None:
            if not self._pays or next(self._seen) < WALKED:
                return self._trees.walked_score(row)
            tables = self._tables = RowTables(self._trees)
        return tables.raw_score(row)


def pays(trees: Trees) -> bool:
    """Whether the integers of a model are small enough to be quicker than the walk."""
    width = _width(trees)
    words = sum(_words(stop - start + 1, width) for start, stop in pairwise(trees.tree_start))
    features = len(set(trees.split_feature))
    return words <= MOST_WORDS * trees.count and features * words * width // 8 <= BYTES_A_SPLIT * len(trees.threshold)


def _width(trees: Trees) -> int:
    """Bits of a word."""
    leaves = max(stop - start + 1 for start, stop in pairwise(trees.tree_start))
    return 32 if leaves <= 32 else 64


def _words(leaves: int, width: int) -> int:
    return -(-leaves // width)


class RowTables:
    """The integers of a model, each made when it is first needed."""

    def __init__(self, trees: Trees) -> None:
        width = _width(trees)
        self._trees = trees
        self._code = "I" if width == 32 else "Q"
        spans = list(pairwise(_word_starts(trees, width)))
        self._spans = [] if all(stop - start == 1 for start, stop in spans) else spans
        self._words = spans[-1][1]
        self._struct = Struct(f"<{self._words}{self._code}")
        self._ones = array(self._code, [2**width - 1]) * self._words
        self._every = 2 ** (self._words * width) - 1
        self._step = -(-self._struct.size // BYTES_A_SPLIT)
        self._leaves: list[dict[int, float]] = [{} for _ in range(self._words)]
        taken: dict[int, list[tuple[float, int, int, int]]] = {}
        bits = [1 << place for place in range(width)]
        for tree, (first, _) in enumerate(spans):
            for leaf, place in enumerate(_add_tree(trees, tree, first, width, taken)):
                value = trees.leaf_value[trees.tree_start[tree] + tree + leaf]
                self._leaves[first + place // width][bits[place % width]] = value
        features = [FeatureSplits(trees, feature, some) for feature, some in sorted(taken.items())]
        self._numbers = [one for one in features if not one.categorical]
        self._categories = [one for one in features if one.categorical]
        self._room = sum(len(some) for some in taken.values()) // self._step

    def raw_score(self, row: Sequence[float]) -> float:
        """Log-odds of one row; equal to `Trees.walked_score` of it."""
        possible, later = self._every, []
        step = self._step
        for one in self._numbers:
            value = row[one.feature]
            if value != value:  # noqa: PLR0124 - the fastest test for NaN
                key = MISSING
            elif one.zero_matters and -ZERO <= value <= ZERO:
                key = NOTHING
            else:
                right = bisect_left(one.thresholds, value)
                key = right // step
                if right > key * step:
                    later.append((one, key * step, right))
            made = one.made.get(key)
            possible &= self._make(one, key) if made is None else made
        for one in self._categories:
            value = row[one.feature]
            key = int(value) if -1.0 < value < one.size else MISSING
            made = one.made.get(key)
            possible &= self._make(one, key) if made is None else made
        words = list(self._struct.unpack(possible.to_bytes(self._struct.size, "little")))
        for one, start, stop in later:
            for word, stays in zip(one.words[start:stop], one.kept[start:stop], strict=True):
                words[word] &= stays
        return self._sum(words)

    @property
    def kept_bytes(self) -> int:
        """Memory of the integers made so far."""
        return sum(sys.getsizeof(made) for one in self._numbers + self._categories for made in one.made.values())

    def _sum(self, words: list[int]) -> float:
        """The leaves of all trees, added up in the order of the trees."""
        total = 0.0
        if not self._spans:
            for leaves, word in zip(self._leaves, words, strict=True):
                total += leaves[word & -word]
            return total
        for start, stop in self._spans:
            place = start
            while not words[place] and place + 1 < stop:
                place += 1
            total += self._leaves[place][words[place] & -words[place]]
        return total

    def _make(self, one: "FeatureSplits", key: int) -> int:
        """The leaves that some values of a feature leave possible."""
        numbers = not one.categorical and key >= 0
        words = self._ones[:]
        for place in range(key * self._step) if numbers else one.to_the_right(self._trees, key):
            words[one.words[place]] &= one.kept[place]
        if sys.byteorder == "big":
            words.byteswap()
        made = int.from_bytes(words.tobytes(), "little")
        if numbers or self._room > 0:
            self._room -= not numbers
            one.made[key] = made
        return made


class FeatureSplits:
    """What the splits of one feature take away.

    Attributes:
        feature, categorical: the feature.
        thresholds: of numbers, rising; a value above one goes right there.
        words, kept: the word that a split takes leaves from, and those that stay; as long as `thresholds`.
        zero_matters: some split sends 0 elsewhere than its threshold says.
        size: of categories, how many indices the splits have room for.
        made: the integers made so far.
    """

    def __init__(self, trees: Trees, feature: int, taken: list[tuple[float, int, int, int]]) -> None:
        self.feature, self.made = feature, dict[int, int]()
        self.categorical = bool(trees.decision_type[taken[0][1]] & CATEGORICAL)
        taken.sort()
        self.thresholds = [threshold for threshold, _, _, _ in taken]
        self._splits = array("I", [split for _, split, _, _ in taken])
        sets = [trees.set_of(split) for split in self._splits] if self.categorical else []
        self._starts, self._stops = array("I", [start for start, _ in sets]), array("I", [stop for _, stop in sets])
        self.size = 32 * max((stop - start for start, stop in sets), default=0)
        self.words = array("I", [word for _, _, word, _ in taken])
        self.kept = array("Q", [kept for _, _, _, kept in taken])
        self.zero_matters = any(trees.decision_type[split] & MISSING_ZERO for split in self._splits)

    def to_the_right(self, trees: Trees, key: int) -> Iterator[int]:
        """The places of splits that send missing, zero or a category to the right."""
        if self.categorical and key >= 0:
            return trees.sets_without(zip(self._starts, self._stops, strict=True), key)
        value = math.nan if key == MISSING else 0.0
        return (place for place, split in enumerate(self._splits) if not trees.goes_left(split, value))


def _word_starts(trees: Trees, width: int) -> list[int]:
    starts = [0]
    for start, stop in pairwise(trees.tree_start):
        starts.append(starts[-1] + _words(stop - start + 1, width))
    return starts


def _add_tree(
    trees: Trees, tree: int, first_word: int, width: int, taken: dict[int, list[tuple[float, int, int, int]]]
) -> list[int]:
    """Add what a tree's splits take away, by feature; return the place of each of its leaves from left to right."""
    start, stop = trees.tree_start[tree], trees.tree_start[tree + 1]
    splits = stop - start
    left, right = trees.left_child[start:stop], trees.right_child[start:stop]
    below = [1] * (2 * splits + 1)  # of split i at i, of leaf i at ~i, as children are written
    for node in range(splits - 1, -1, -1):
        below[node] = below[left[node]] + below[right[node]]
    place = [0] * (2 * splits + 1)
    every = 2**width - 1
    for node in range(splits):
        low = place[left[node]] = place[node]
        high = place[right[node]] = low + below[left[node]]
        split = start + node
        threshold = trees.threshold[split]
        if -ZERO <= threshold <= ZERO:
            threshold = trees.cut(split)
        some = taken.setdefault(trees.split_feature[split], [])
        gone = (1 << high) - (1 << low)
        for word in range(low // width, (high - 1) // width + 1):
            some.append((threshold, split, first_word + word, every & ~(gone >> word * width)))
    return place[: splits - 1 : -1] if splits else [0]
