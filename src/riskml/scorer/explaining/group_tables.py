"""Tables of what the leaves of each group add to a row, by the row's state, and many rows explained with them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.explaining.games import leaf_games
from riskml.scorer.explaining.groups import Group
from riskml.scorer.explaining.masks import add_masks, different_columns
from riskml.scorer.explaining.paths import Leaves, Paths, by_length
from riskml.scorer.forest.decisions import Decisions, Masks, Places

Floats = NDArray[np.float64]

TREES: Final = 16
"""Trees whose leaves are played together; what they need is given back before the next ones."""

SLAB: Final = 2**15
"""Numbers made together by one game: they stay in the processor's cache."""


TABLE_BYTES: Final = 96 * 2**20
"""Memory of the tables that are kept; those of the trees that come too late are made anew for each chunk of rows."""


class GroupTables:
    """The tables of a model; never changed once they are built.

    Attributes:
        complete: whether all tables are kept.
    """

    def __init__(self, paths: Paths, decisions: Decisions, groups: list[list[Group]]) -> None:
        self._paths, self._decisions, self._groups = paths, decisions, groups
        self._share = np.array(paths.share)
        self._tables: list[list[Floats | None]] = []
        left = TABLE_BYTES // 8
        for start in range(0, len(groups), TREES):
            some = groups[start : start + TREES]
            left -= sum(group.size for of_tree in some for group in of_tree if group.tabled)
            if left < 0:
                break
            self._tables.extend(_tables(paths, some))
        self.complete = len(self._tables) == len(groups)
        self._inside: dict[int, tuple[int, np.uint16]] = {}
        self._enters: dict[int, int] = {}
        for of_tree in groups:
            self._place(of_tree)

    def _place(self, groups: list[Group]) -> None:
        """Note which splits lie inside a group, with their bit, and which edges lead into one."""
        for place, group in enumerate(groups):
            for number, split in enumerate(group.splits):
                self._inside[split] = place, np.uint16(1 << group.above + number)
            if group.splits:
                continue
            self._enters[self._paths.ends[group.leaves[0]]] = place

    def values(self, rows: Floats) -> Floats:
        """Shapley values of a chunk of rows, shape (n, F) -> (n, F)."""
        total = list(np.zeros(rows.shape[::-1]))
        more = np.empty(len(rows))
        cells = self._decisions.cells(rows)
        for tree, groups in enumerate(self._groups):
            states, masks = self._states(tree, cells, len(rows))
            for group, state, table in zip(groups, states, self._of(tree), strict=True):
                place, columns = (state.astype(np.intp), table) if table is not None else self._played(group, masks)
                for feature, column in zip(group.features, columns, strict=True):
                    column.take(place, out=more, mode="clip")
                    total[feature] += more
        return np.array(total).T

    def _of(self, tree: int) -> list[Floats | None]:
        return self._tables[tree] if tree < len(self._tables) else _tables(self._paths, [self._groups[tree]])[0]

    def _states(self, tree: int, cells: dict[int, Places], rows: int) -> tuple[list[Masks], dict[int, Masks]]:
        """The rows' states in the groups of a tree, and what they follow above the groups (see `edge_masks`)."""
        paths = self._paths
        first, stop = paths.trees.tree_start[tree], paths.trees.tree_start[tree + 1]
        states = [np.zeros(rows, dtype=np.uint16)] * len(self._groups[tree])
        patterns = {first: np.zeros(rows, dtype=np.uint16)}
        masks: dict[int, Masks] = {}
        for split in range(first, stop):
            left = self._decisions.left(split, cells[paths.trees.split_feature[split]])
            if split in self._inside:
                group, bit = self._inside[split]
                if split in patterns:
                    states[group] = patterns.pop(split)
                states[group] |= left & bit
                continue
            add_masks(paths, split, left, masks)
            bit = np.uint16(1 << paths.slot[split] & 0xFFFF)
            above = patterns.pop(split) & ~bit
            for edge in (2 * split, 2 * split + 1):
                here = above | masks[edge] & bit
                if paths.child[edge] >= 0:
                    patterns[paths.child[edge]] = here
                else:
                    states[self._enters[edge]] = here
        return states, masks

    def _played(self, group: Group, masks: dict[int, Masks]) -> tuple[Places, Floats]:
        """The values of a leaf without a table for the patterns that occur: each row's place, and the columns."""
        (leaf,) = group.leaves
        way = list(self._paths.ways[leaf])
        followed = np.stack([masks[edge] for edge in way]) != 0
        where, like = different_columns(followed)
        value = np.array(self._paths.values[leaf])
        return like, leaf_games(value, self._share[way][:, None], followed[:, where].astype(np.float64))


def _tables(paths: Paths, trees: list[list[Group]]) -> list[list[Floats | None]]:
    """The tables of the groups of some trees; shape (features, 2**bits) each."""
    leaves = [leaf for groups in trees for group in groups if group.tabled for leaf in group.leaves]
    played: dict[int, Floats] = {}
    for some in by_length(paths, leaves):
        played |= zip(some.place.tolist(), _played_fully(some), strict=True)
    return [[_table(paths, group, played) if group.tabled else None for group in groups] for groups in trees]


def _played_fully(leaves: Leaves) -> list[Floats]:
    """The games of leaves of one length for all patterns; shape (d, 2**d) each."""
    length = len(leaves.edges)
    followed = (np.arange(2**length) >> np.arange(length)[:, None] & 1).astype(np.float64)[:, None, :]
    step = max(1, SLAB // (length << length))
    tables: list[Floats] = []
    for start in range(0, len(leaves.place), step):
        here = slice(start, start + step)
        made = leaf_games(leaves.value[here, None], leaves.shares[:, here, None], followed)
        tables.extend(made.transpose(1, 0, 2))
    return tables


def _table(paths: Paths, group: Group, played: dict[int, Floats]) -> Floats:
    """What the leaves of a group add, one after the other, by state."""
    if not group.splits:
        return np.ascontiguousarray(played[group.leaves[0]])
    table = np.zeros((len(group.features), 1 << group.bits))
    row = {feature: place for place, feature in enumerate(group.features)}
    for leaf in group.leaves:
        rows = [row[feature] for feature in paths.features[leaf]]
        table[rows] += played[leaf].take(_pattern_of_state(paths, group, leaf), axis=1)
    return table


def _pattern_of_state(paths: Paths, group: Group, leaf: int) -> Places:
    """The pattern of a leaf's features for each state of its group; shape (2**bits,)."""
    bit_of = {split: 1 << group.above + number for number, split in enumerate(group.splits)}
    states = np.arange(1 << group.bits)
    pattern = states & (1 << group.above) - 1
    for slot, last in enumerate(paths.ways[leaf]):
        asked = wanted = 0
        edge = last
        while edge >> 1 in bit_of:
            asked |= bit_of[edge >> 1]
            wanted |= 0 if edge & 1 else bit_of[edge >> 1]
            edge = paths.before[edge >> 1]
        if asked:
            follows = (states & asked == wanted).astype(np.intp) << slot
            if slot < group.above:
                pattern &= follows | ~(1 << slot)
            else:
                pattern |= follows
    return pattern
