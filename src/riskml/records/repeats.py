"""Rows that say the same in some columns, found without comparing more cells than can matter."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Places = NDArray[np.int64]


def twins(columns: "Sequence[pd.Series[Any]]", size: int) -> tuple[Places, Places]:
    """The rows that have an equal, and which of them are equal.

    Each column is looked at only where the columns before it leave a doubt, so that one with many values goes first.

    Args:
        columns: of `size` rows each; a missing cell equals a missing one. Without any, all rows are equal.
        size: number of rows n.

    Returns:
        Row positions, shape (k,), ascending; and the number of each one's group, shape (k,).

    >>> places, group = twins([pd.Series(["a", "b", "a", "a"]), pd.Series([1, 1, 2, 1])], 4)
    >>> places.tolist(), group.tolist()
    ([0, 3], [0, 0])
    """
    places, group = np.arange(size), np.zeros(size if size > 1 else 0, dtype=np.int64)
    places = places[: len(group)]
    for column in columns:
        if not len(places):
            break
        codes = pd.factorize(column if len(places) == len(column) else column.iloc[places])[0]
        group = pd.factorize(group * (codes.max() + 2) + codes + 1)[0]
        shared = np.bincount(group)[group] > 1
        places, group = places[shared], group[shared]
    return places, group


def repeats(columns: "Sequence[pd.Series[Any]]", size: int) -> NDArray[np.bool_]:
    """Whether each row equals an earlier one in all columns, shape (n,); arguments as in `twins`.

    >>> repeats([pd.Series(["a", "b", "a", None, None])], 5).tolist()
    [False, False, True, False, True]
    """
    places, group = twins(columns, size)
    again = np.zeros(size, dtype=np.bool_)
    again[places[pd.Series(group).duplicated().to_numpy()]] = True
    return again


def firsts(group: Places, size: int, where: "NDArray[np.bool_] | None" = None) -> Places:
    """The position of the first row of each group, shape (size,); -1 for a group without one.

    Args:
        group: number of each row's group, 0 to size - 1, shape (n,).
        size: number of groups.
        where: only these rows count, shape (n,).

    >>> firsts(np.array([1, 0, 1]), 3).tolist(), firsts(np.array([1, 0, 1]), 2, np.array([False, True, True])).tolist()
    ([1, 0, -1], [1, 2])
    """
    found = np.full(size, -1, dtype=np.int64)
    rows = np.arange(len(group)) if where is None else np.flatnonzero(where)
    found[group[rows[::-1]]] = rows[::-1]  # of several written to one group the last one stays: the first row
    return found
