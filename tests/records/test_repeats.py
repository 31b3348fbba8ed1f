"""Repeats: equal rows are found as a slow comparison of all cells finds them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.records.repeats import firsts, repeats, twins

CELLS = {
    "str": st.sampled_from(["a", "b", "", None]),
    "float64": st.sampled_from([0.0, -0.0, 1.5, None]),
    "Int64": st.sampled_from([1, 2, None]),
    "datetime64[s]": st.sampled_from([pd.Timestamp("2024-05-01"), None]),
}


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(*CELLS.values()), max_size=12), width=st.integers(0, 4))
def test_a_row_repeats_if_an_earlier_one_has_the_same_cells(rows: list[tuple[Any, ...]], width: int) -> None:
    columns = [pd.Series([row[at] for row in rows], dtype=dtype) for at, dtype in enumerate(CELLS)][:width]
    cells = [tuple("-" if cell is None else cell for cell in row[:width]) for row in rows]
    assert repeats(columns, len(rows)).tolist() == [cell in cells[:at] for at, cell in enumerate(cells)]
    places, group = twins(columns, len(rows))
    assert places.tolist() == [at for at, cell in enumerate(cells) if cells.count(cell) > 1]
    together = [
        (cells[one] == cells[other]) == (group[at] == group[to])
        for at, one in enumerate(places)
        for to, other in enumerate(places)
    ]
    assert all(together)


@settings(max_examples=40)
@given(group=st.lists(st.integers(0, 4), max_size=12), data=st.data())
def test_the_first_row_of_each_group_is_found(group: list[int], data: st.DataObject) -> None:
    where = data.draw(st.lists(st.booleans(), min_size=len(group), max_size=len(group)))
    expected = [next((at for at, one in enumerate(group) if one == number and where[at]), -1) for number in range(5)]
    assert firsts(np.array(group, dtype=np.int64), 5, np.array(where, dtype=np.bool_)).tolist() == expected


def test_one_row_or_none_repeats_nothing() -> None:
    assert repeats([], 1).tolist() == [False]
    assert repeats([pd.Series([], dtype="str")], 0).tolist() == []
    assert repeats([], 3).tolist() == [False, True, True]


@pytest.mark.parametrize("size", [70_000])
def test_many_values_in_many_columns_are_told_apart(size: int) -> None:
    numbers = pd.Series(np.arange(size))
    assert not repeats([numbers // 300, numbers % 300, numbers * 0], size).any()
    assert repeats([numbers // 300, numbers % 299], size).sum() == size // 300
