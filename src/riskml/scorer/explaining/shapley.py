"""Exact Shapley values of rows, few or many, equal bit for bit whatever the batch.

What a leaf adds to a row depends on the row only by which features of the leaf's way it follows: on a pattern of few
bits. So each leaf's game is played once for each pattern, and the rows of a batch look theirs up (Yang 2021, "Fast
TreeSHAP", keeps other tables to the same end); leaves near each other share a table (`groups`).
"""

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.explaining.contributions import contributions, expected_score
from riskml.scorer.explaining.group_tables import GroupTables
from riskml.scorer.explaining.groups import read_groups
from riskml.scorer.explaining.one_row_values import OneRow
from riskml.scorer.explaining.paths import Paths, read_paths
from riskml.scorer.forest.decisions import Decisions, read_decisions
from riskml.scorer.forest.trees import Trees

Floats = NDArray[np.float64]

CHUNK: Final = 16384
"""Rows explained together: what a group needs of them stays in the processor's cache."""

FEW: Final = 32
"""Up to so many rows are explained one by one: that is faster, and needs no tables."""

FEW_OF_MANY: Final = 1024
"""The same for a model whose tables are more than are kept."""


class BatchContributions:
    """Path-dependent Shapley values of a model's log-odds (Lundberg, Erion, Lee 2018), as `contributions`, by numpy.

    Threads may share it: what it builds on first use never changes. Two threads may build the same at once; either is
    kept.
    """

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    @cached_property
    def expected(self) -> float:
        """The log-odds of a row of which nothing is known."""
        return expected_score(self._trees)

    def values(self, matrix: Floats) -> Floats:
        """Shapley values of rows, shape (n, F) -> (n, F); with `expected` they add up to the rows' raw scores.

        A row's values do not depend on the other rows, not in the last bit. A model too large for tables of any kind is
        explained by `contributions`.
        """
        result = np.empty(matrix.shape)
        parts = self._parts
        if parts is None:
            for place, one in enumerate(matrix.tolist()):
                result[place] = contributions(self._trees, one)[0]
        elif len(matrix) <= FEW or (len(matrix) <= FEW_OF_MANY and not parts.tables.complete):
            for place, row in enumerate(matrix):
                result[place] = parts.one_row.values(row)
        else:
            for start in range(0, len(matrix), CHUNK):
                result[start : start + CHUNK] = parts.tables.values(matrix[start : start + CHUNK])
        return result

    @cached_property
    def _parts(self) -> "_Parts | None":
        paths, decisions = read_paths(self._trees), read_decisions(self._trees)
        return _Parts(paths, decisions) if paths and decisions else None


class _Parts:
    """What explains one row, and what explains many; each is built when it is first asked for."""

    def __init__(self, paths: Paths, decisions: Decisions) -> None:
        self._plan = paths, decisions, read_groups(paths)

    @cached_property
    def one_row(self) -> OneRow:
        return OneRow(*self._plan)

    @cached_property
    def tables(self) -> GroupTables:
        return GroupTables(*self._plan)
