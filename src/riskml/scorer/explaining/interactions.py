"""Exact Shapley interaction values: how much of what two features add comes from their being known together.

The interaction of features i and j is the mean, over the orders in which features become known, of what j adds more
when i is known than when it is not (Grabisch and Roubens 1999). As in Lundberg, Erion and Lee 2018 ("Consistent
individualized feature attribution for tree ensembles") half of it stands at (i, j) and half at (j, i), and what is left
of i's Shapley value stands at (i, i), its main effect: a row of the whole matrix adds up to the Shapley value, the
whole matrix to the raw score less the expected one. A set of known features is worth what it is in `contributions`.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.errors import InputError
from riskml.scorer.explaining.games import pair_games
from riskml.scorer.explaining.masks import different_columns, edge_masks
from riskml.scorer.explaining.paths import Paths, read_paths
from riskml.scorer.forest.decisions import read_decisions
from riskml.scorer.forest.trees import Trees

Floats = NDArray[np.float64]


def interaction_values(trees: Trees, matrix: Floats, features: Sequence[int]) -> Floats:
    """Interactions among some features, for rows.

    Args:
        trees: the model.
        matrix: rows of all F features, shape (n, F); NaN is missing.
        features: k different features. The main effects are those of the game of all F features, whichever are asked.

    Returns:
        In log-odds, symmetric; shape (n, k, k).

    Raises:
        InputError: for a feature that is asked twice or does not exist, or a model too large for this.
    """
    asked = [int(feature) for feature in features]
    if len(set(asked)) < len(asked) or any(not 0 <= feature < matrix.shape[1] for feature in asked):
        raise InputError(f"features must be different places from 0 to {matrix.shape[1] - 1}, got {asked}")
    paths, decisions = read_paths(trees), read_decisions(trees)
    if paths is None or decisions is None:
        raise InputError(f"a model of {trees.count} trees and {len(trees.leaf_value)} leaves has too many ways to try")
    place = {feature: number for number, feature in enumerate(asked)}
    total = np.zeros((len(asked), len(asked), len(matrix)))
    cells = decisions.cells(matrix)
    for tree in range(trees.count):
        masks = edge_masks(paths, decisions, tree, cells)
        for leaf in (paths.leaf[edge] for edge in masks if paths.leaf[edge] >= 0):
            slots = [slot for slot, feature in enumerate(paths.features[leaf]) if feature in place]
            if slots:
                followed = np.stack([masks[edge] for edge in paths.ways[leaf]]) != 0
                _add_leaf(paths, leaf, followed, slots, [place[paths.features[leaf][slot]] for slot in slots], total)
    return np.ascontiguousarray(total.transpose(2, 0, 1))


def _add_leaf(
    paths: Paths, leaf: int, followed: NDArray[np.bool_], slots: list[int], places: list[int], total: Floats
) -> None:
    """Add one leaf's values for the features in some slots of its way, at their places in `total`, shape (k, k, n)."""
    where, like = different_columns(followed)
    shares = np.array([paths.share[edge] for edge in paths.ways[leaf]])[:, None]
    value = np.array(paths.values[leaf])
    pairs = list(combinations_with_replacement(range(len(slots)), 2))
    games = pair_games(value, shares, followed[:, where].astype(np.float64), [(slots[a], slots[b]) for a, b in pairs])
    for (a, b), values in zip(pairs, games, strict=True):
        more = values[like]
        total[places[a], places[b]] += more
        if a != b:
            total[places[b], places[a]] += more
