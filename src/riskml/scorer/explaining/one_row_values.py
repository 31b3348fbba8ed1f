"""Shapley values of one row by whole arrays: the games of all leaves at once, without tables."""

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.explaining.games import leaf_games
from riskml.scorer.explaining.groups import Group
from riskml.scorer.explaining.paths import Paths, by_length
from riskml.scorer.forest.decisions import Decisions, Places

Floats = NDArray[np.float64]


class OneRow:
    """What the games of all leaves need to know of a model; never changed once it is built.

    Entries are the features of all ways, one leaf after the other. They are added up first by group and feature, then
    by feature, one after the other: as `GroupTables` does, so that both give the same bits.
    """

    def __init__(self, paths: Paths, decisions: Decisions, groups: list[list[Group]]) -> None:
        self._decisions = decisions
        self._again = _turned_again(paths.before)
        self._leaves = by_length(paths, range(len(paths.ways)))
        lengths = np.array([len(way) for way in paths.ways], dtype=np.intp)
        start = np.cumsum(lengths) - lengths
        self._places = [start[one.place] + np.arange(len(one.edges))[:, None] for one in self._leaves]
        part = np.zeros(paths.entries, dtype=np.intp)
        part_feature: list[int] = []
        for group in (group for of_tree in groups for group in of_tree):
            place = {feature: len(part_feature) + number for number, feature in enumerate(group.features)}
            part_feature.extend(group.features)
            for leaf in group.leaves:
                part[start[leaf] : start[leaf] + lengths[leaf]] = [place[one] for one in paths.features[leaf]]
        self._part, self._part_feature = part, np.array(part_feature, dtype=np.intp)

    def values(self, row: Floats) -> Floats:
        """Shapley values of one row, shape (F,) -> (F,)."""
        left = self._decisions.all_left(row)
        followed = np.stack([left, ~left], axis=1).ravel()
        for edges, before in self._again:
            followed[edges] &= followed[before]
        entries = np.empty(len(self._part))
        for leaves, places in zip(self._leaves, self._places, strict=True):
            entries[places] = leaf_games(leaves.value, leaves.shares, followed[leaves.edges].astype(np.float64))
        parts = np.bincount(self._part, weights=entries, minlength=len(self._part_feature))
        return np.bincount(self._part_feature, weights=parts, minlength=len(row)).astype(np.float64, copy=False)


def _turned_again(before: list[int]) -> list[tuple[Places, Places]]:
    """Edges at which a way turns again on a feature, and where it did last; those come first that do it first."""
    turns: dict[int, int] = {}
    levels: list[tuple[list[int], list[int]]] = []
    for split, edge_before in enumerate(before):
        if edge_before < 0:
            continue
        level = turns.get(edge_before, 0)
        if level == len(levels):
            levels.append(([], []))
        for edge in (2 * split, 2 * split + 1):
            turns[edge] = level + 1
            levels[level][0].append(edge)
            levels[level][1].append(edge_before)
    return [(np.array(edges, dtype=np.intp), np.array(earlier, dtype=np.intp)) for edges, earlier in levels]
