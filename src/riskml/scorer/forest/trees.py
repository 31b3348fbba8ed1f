"""Boosted trees in neutral arrays: what a split decides, which leaf a row reaches, and the bounds that hold them."""

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from riskml.scorer.errors import ArtifactError
from riskml.scorer.frozen import frozen

if TYPE_CHECKING:
    from riskml.scorer.forest.batches import Batches
    from riskml.scorer.forest.one_row import OneRow

CATEGORICAL: Final = 1
DEFAULT_LEFT: Final = 2
MISSING: Final = 12
MISSING_ZERO: Final = 4
MISSING_NAN: Final = 8
"""Bits of `decision_type`, as LightGBM writes them; without a MISSING bit, NaN is read as 0."""

ZERO: Final = 1.0000000180025095e-35
"""A value of at most this magnitude is read as 0 (LightGBM's kZeroThreshold, which is 1e-35 in single precision)."""
BELOW_ZERO: Final = math.nextafter(-ZERO, -math.inf)
"""The largest value below all that are read as 0."""

MAX_LEAVES: Final = 4096
MAX_DEPTH: Final = 128
MAX_CATEGORY_WORDS: Final = 2048


@frozen
class Trees:
    """All trees, one after the other; T trees with N splits have N + T leaves.

    Attributes:
        tree_start: first split of each tree, and N at the end; shape (T + 1,). The leaves start at tree_start[t] + t.
        split_feature: feature a split looks at; shape (N,), as all that follow up to internal_count.
        threshold: a value `<=` it goes left; for a categorical split the place of its category set in `cat_boundaries`.
        decision_type: bits CATEGORICAL, DEFAULT_LEFT, MISSING_*.
        left_child, right_child: split of the same tree (counted from its first, always after its parent), or ~leaf.
        internal_count: training rows that came by.
        leaf_value: log-odds added by the leaf; shape (N + T,).
        leaf_count: training rows that ended there; shape (N + T,).
        cat_boundaries: category set k is the bits of cat_threshold[cat_boundaries[k]:cat_boundaries[k + 1]].
        cat_threshold: words of 32 bits; bit c of a set, counted from the lowest of its first word, is category c.
    """

    tree_start: Sequence[int]
    split_feature: Sequence[int]
    threshold: Sequence[float]
    decision_type: Sequence[int]
    left_child: Sequence[int]
    right_child: Sequence[int]
    internal_count: Sequence[int]
    leaf_value: Sequence[float]
    leaf_count: Sequence[int]
    cat_boundaries: Sequence[int]
    cat_threshold: Sequence[int]

    @property
    def count(self) -> int:
        """Number of trees."""
        return len(self.tree_start) - 1

    @cached_property
    def category_sets(self) -> list[frozenset[int]]:
        """The categories that go left, one set for each categorical split."""
        return [
            frozenset(
                32 * place + bit
                for place, word in enumerate(self.cat_threshold[start:stop])
                for bit in range(32)
                if word >> bit & 1
            )
            for start, stop in pairwise(self.cat_boundaries)
        ]

    def goes_left(self, split: int, value: float) -> bool:
        """The decision of one split: the only place that defines it, whoever scores or explains.

        Args:
            split: place of the split in the arrays.
            value: the row's value of the split's feature; NaN is missing. A category is its index, cut to an integer.
        """
        kind = self.decision_type[split]
        missing = value != value  # noqa: PLR0124 - the fastest test for NaN
        if kind & CATEGORICAL:
            return not missing and self._is_named(split, int(value))
        if missing:
            if kind & MISSING_NAN:
                return bool(kind & DEFAULT_LEFT)
            value = 0.0
        elif -ZERO <= value <= ZERO:
            value = 0.0
        if kind & MISSING_ZERO and value == 0.0:
            return bool(kind & DEFAULT_LEFT)
        return value <= self.threshold[split]

    def set_of(self, split: int) -> tuple[int, int]:
        """The words of `cat_threshold` with the categories that a categorical split sends left: first, and the end."""
        number = int(self.threshold[split])
        return self.cat_boundaries[number], self.cat_boundaries[number + 1]

    def _is_named(self, split: int, category: int) -> bool:
        start, stop = self.set_of(split)
        word = start + (category >> 5)
        return start <= word < stop and bool(self.cat_threshold[word] >> (category & 31) & 1)

    def sets_without(self, sets: Iterable[tuple[int, int]], category: int) -> Iterator[int]:
        """The places in `sets`, each as of `set_of`, that do not name a category: it goes right there."""
        word, bit, words = category >> 5, 1 << (category & 31), self.cat_threshold
        return (
            place for place, (start, stop) in enumerate(sets) if start + word >= stop or not words[start + word] & bit
        )

    def cut(self, split: int) -> float:
        """The threshold of a split on a number, moved out of what is read as 0, so that `<=` alone decides.

        Missing values, and zero where it is read as missing, are left to `goes_left`.
        """
        threshold = self.threshold[split]
        if -ZERO <= threshold <= ZERO:
            return ZERO if threshold >= 0.0 else BELOW_ZERO
        return threshold

    def path(self, tree: int, row: Sequence[float]) -> list[int]:
        """The splits that a row passes in one tree, as places in the arrays, and last ~leaf (leaf of all trees)."""
        start = self.tree_start[tree]
        node = 0 if self.tree_start[tree + 1] > start else -1
        passed = []
        while node >= 0:
            split = start + node
            passed.append(split)
            left = self.goes_left(split, row[self.split_feature[split]])
            node = self.left_child[split] if left else self.right_child[split]
        passed.append(~(start + tree + ~node))
        return passed

    @cached_property
    def _one_row(self) -> "OneRow":
        from riskml.scorer.forest.one_row import OneRow  # noqa: PLC0415 - it reads this module

        return OneRow(self)

    @cached_property
    def batches(self) -> "Batches":
        """The same trees for many rows at once; needs numpy. Made once for all who ask."""
        from riskml.scorer.forest.batches import Batches  # noqa: PLC0415 - a single row must not need numpy

        return Batches(self)

    def raw_score(self, row: Sequence[float]) -> float:
        """Log-odds of one row: its leaves added up in the order of the trees, as LightGBM adds them.

        The first rows are walked, the others looked up in tables (`one_row`); the bits are the same.
        """
        return self._one_row.raw_score(row)

    def walked_score(self, row: Sequence[float]) -> float:
        """`raw_score` without tables: split after split, leaf after leaf."""
        start, feature, goes_left = self.tree_start, self.split_feature, self.goes_left
        left, right, value = self.left_child, self.right_child, self.leaf_value
        total = 0.0
        for tree in range(self.count):
            first = start[tree]
            node = 0 if start[tree + 1] > first else -1
            while node >= 0:
                split = first + node
                node = left[split] if goes_left(split, row[feature[split]]) else right[split]
            total += value[first + tree + ~node]
        return total


def check(trees: Trees, categorical: Sequence[bool]) -> None:
    """Hold every number of the trees to its bounds, so that scoring cannot read outside, run forever or yield NaN.

    Args:
        trees: arrays as read from the file.
        categorical: for every feature, whether it is a category.

    Raises:
        ArtifactError: with the array, the place and the value that is out of bounds.
    """
    splits = _check_lengths(trees)
    _check_category_sets(trees)
    if sys.modules.get("numpy") is not None:
        from riskml.scorer.forest.sound import sound  # noqa: PLC0415 - quicker, where numpy is there anyway

        if sound(trees, categorical):
            return
    for split in range(splits):
        _check_split(trees, split, categorical)
    highest = 0.0
    for tree in range(trees.count):
        _check_shape(trees, tree)
        first, last = trees.tree_start[tree] + tree, trees.tree_start[tree + 1] + tree
        highest += max(abs(value) for value in trees.leaf_value[first : last + 1])
    if not math.isfinite(highest) or not all(map(math.isfinite, trees.leaf_value)):
        raise ArtifactError("trees: a leaf, or the sum of the leaves a row can reach, is not a finite number")


def _check_lengths(trees: Trees) -> int:
    start, splits = trees.tree_start, len(trees.split_feature)
    if len(start) < 2 or start[0] != 0 or start[-1] != splits or any(b < a for a, b in pairwise(start)):
        raise ArtifactError(f"trees: tree_start must rise from 0 to the {splits} splits, for one tree or more")
    most = max(b - a for a, b in pairwise(start)) + 1
    if most > MAX_LEAVES:
        raise ArtifactError(f"trees: a tree of {most} leaves; at most {MAX_LEAVES} are allowed")
    for name in ("threshold", "decision_type", "left_child", "right_child", "internal_count"):
        if len(getattr(trees, name)) != splits:
            raise ArtifactError(f"trees: {name} has {len(getattr(trees, name))} values for {splits} splits")
    for name in ("leaf_value", "leaf_count"):
        if len(getattr(trees, name)) != splits + trees.count:
            raise ArtifactError(
                f"trees: {name} has {len(getattr(trees, name))} values for {splits + trees.count} leaves"
            )
    return splits


def _check_category_sets(trees: Trees) -> None:
    words, bounds = len(trees.cat_threshold), trees.cat_boundaries
    rising = all(0 < b - a <= MAX_CATEGORY_WORDS for a, b in pairwise(bounds))
    if not bounds or bounds[0] != 0 or bounds[-1] != words or not rising:
        raise ArtifactError(
            f"trees: cat_boundaries must rise from 0 to the {words} words of cat_threshold, "
            f"by at most {MAX_CATEGORY_WORDS} at a time"
        )


def _check_split(trees: Trees, split: int, categorical: Sequence[bool]) -> None:
    feature, kind, threshold = trees.split_feature[split], trees.decision_type[split], trees.threshold[split]
    if not 0 <= feature < len(categorical):
        raise ArtifactError(f"trees: split {split} looks at feature {feature}; there are {len(categorical)}")
    if kind & ~(CATEGORICAL | DEFAULT_LEFT | MISSING) or kind & MISSING == MISSING:
        raise ArtifactError(f"trees: split {split} has the unknown decision type {kind}")
    if bool(kind & CATEGORICAL) != categorical[feature]:
        raise ArtifactError(f"trees: split {split} treats feature {feature} as another kind than its declaration")
    if not math.isfinite(threshold):
        raise ArtifactError(f"trees: the threshold of split {split} is {threshold}; it must be a finite number")
    if kind & CATEGORICAL and not (threshold.is_integer() and 0 <= threshold < len(trees.cat_boundaries) - 1):
        raise ArtifactError(f"trees: split {split} names category set {threshold}, which does not exist")


def _check_shape(trees: Trees, tree: int) -> None:
    """Every split but the first and every leaf is the child of exactly one earlier split, and the rows add up.

    N splits have 2 N children, as many as there are splits to reach (N - 1) and leaves (N + 1): if none is taken twice,
    all are reached.
    """
    first, splits = trees.tree_start[tree], trees.tree_start[tree + 1] - trees.tree_start[tree]
    depth = [0] + [-1] * (splits - 1)
    leaves = [splits == 0] + [False] * splits
    for node in range(splits):
        split = first + node
        rows = 0
        for child in (trees.left_child[split], trees.right_child[split]):
            if node < child < splits and depth[child] < 0:
                depth[child] = depth[node] + 1
                rows += _positive(trees.internal_count[first + child], tree)
            elif 0 <= ~child <= splits and not leaves[~child]:
                leaves[~child] = True
                rows += _positive(trees.leaf_count[first + tree + ~child], tree)
            else:
                raise ArtifactError(f"trees: tree {tree}: child {child} of split {node} is out of bounds or taken")
        if rows != trees.internal_count[split]:
            raise ArtifactError(f"trees: tree {tree}: the rows of split {node} are not those of its children")
        if depth[node] >= MAX_DEPTH:
            raise ArtifactError(f"trees: tree {tree} is deeper than {MAX_DEPTH} splits")


def _positive(rows: int, tree: int) -> int:
    if rows <= 0:
        raise ArtifactError(f"trees: tree {tree} has a part with {rows} training rows; there must be one or more")
    return rows
