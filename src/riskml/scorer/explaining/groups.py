"""Leaves of one tree that are looked up together: those below one split, or a single leaf.

What the leaves of a group add to a row depends on which features of the way to the group the row follows, and where it
turns at the splits inside: on one bit for each. More leaves in a group make fewer groups but longer tables.
"""

from typing import Final, NamedTuple

from riskml.scorer.explaining.paths import Paths

TABLE: Final = 2**11
"""Numbers of a table up to which groups are put together; beyond, only if that makes no more numbers."""

BITS: Final = 14
"""Most bits of a state; it is kept in 16."""

LONGEST: Final = 10
"""Features on the way of a leaf up to which it gets a table."""


class Group(NamedTuple):
    """Leaves below one split or one edge.

    Attributes:
        above: number of features on the way to the group, bits 0 ... above - 1 of a row's state.
        splits: inside the group, rising; bit `above + i` of the state tells that the row goes left at the i-th.
        leaves: place in `Paths.ways`, rising.
        features: those on the way, in order, and then those first met inside.
        tabled: whether its values are looked up by state; a leaf with a long way is without.
    """

    above: int
    splits: tuple[int, ...]
    leaves: tuple[int, ...]
    features: tuple[int, ...]
    tabled: bool

    @property
    def bits(self) -> int:
        """Bits of a row's state."""
        return self.above + len(self.splits)

    @property
    def size(self) -> int:
        """Numbers of its table."""
        return len(self.features) << self.bits


def read_groups(paths: Paths) -> list[list[Group]]:
    """For each tree its groups, in the order of their first leaves."""
    return [sorted(_groups(paths, tree), key=lambda group: group.leaves[0]) for tree in range(paths.trees.count)]


def _groups(paths: Paths, tree: int) -> list[Group]:
    first, stop = paths.trees.tree_start[tree], paths.trees.tree_start[tree + 1]
    below: dict[int, list[Group]] = {}
    for split in range(stop - 1, first - 1, -1):
        sides = [
            below.pop(child) if child >= 0 else [_single(paths, paths.leaf[edge])]
            for edge, child in ((edge, paths.child[edge]) for edge in (2 * split, 2 * split + 1))
        ]
        parts = [group for side in sides for group in side]
        whole = len(parts) == 2 and parts[0].tabled and parts[1].tabled
        both = _joined(paths.above[split], split, parts[0], parts[1]) if whole else None
        below[split] = [both] if both else parts
    return below[first] if stop > first else []


def _single(paths: Paths, leaf: int) -> Group:
    features = paths.features[leaf]
    return Group(len(features), (), (leaf,), features, tabled=len(features) <= LONGEST)


def _joined(above: int, split: int, left: Group, right: Group) -> Group | None:
    """The group of all leaves below a split, None if its table would be too long."""
    features = tuple(dict.fromkeys(left.features + right.features))
    bits = above + 1 + len(left.splits) + len(right.splits)
    if bits > BITS or len(features) << bits > max(TABLE, left.size + right.size):
        return None
    splits = tuple(sorted((split, *left.splits, *right.splits)))
    return Group(above, splits, tuple(sorted(left.leaves + right.leaves)), features, tabled=True)
