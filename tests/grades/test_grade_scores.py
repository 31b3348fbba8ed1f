"""Grades as scores: order by level, points only inside the level, neutral where nothing is known."""

from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from riskml.grades import policy_scores


def graded(ranks: list[int | None], points: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"rank": pd.array(ranks, dtype="Int64"), "points": points})


def test_a_site_without_a_level_gets_the_mean_of_the_others() -> None:
    scores = policy_scores(graded([0, 0, 3, None], [0.0, 1.0, 7.0, 5.0]))
    assert scores["level_score"].tolist() == [0, 0, 3, 1]
    assert scores["points_score"].tolist() == [0.5, 0.75, 3.9375, 1]  # 3 + (1 + 7/8) / 2


def test_without_any_level_all_are_equal() -> None:
    assert policy_scores(graded([None, None], [np.nan, 2.0])).to_numpy().tolist() == [[0, 0], [0, 0]]


def test_without_points_both_scores_are_the_level() -> None:
    assert policy_scores(graded([2, 1], [np.nan, np.nan])).to_numpy().tolist() == [[2, 2], [1, 1]]


def test_the_index_is_kept() -> None:
    table = graded([1, 2], [1.0, 2.0]).set_index(pd.Index([7, 5]))
    assert policy_scores(table).index.tolist() == [7, 5]


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-2_000_000, 40_000_000)), min_size=2, max_size=12)


@given(rows=ROWS)
def test_points_order_sites_strictly_inside_a_level_and_never_across(rows: list[tuple[int, int]]) -> None:
    points = [micro / 1e6 for _, micro in rows]
    scores = policy_scores(graded([rank for rank, _ in rows], points))["points_score"].tolist()
    assert all(rank <= score < rank + 1 for (rank, _), score in zip(rows, scores, strict=True))
    by_hand = sorted(range(len(rows)), key=lambda at: (rows[at][0], points[at]))
    for one, other in pairwise(by_hand):
        same = (rows[one][0], points[one]) == (rows[other][0], points[other])
        assert scores[one] == scores[other] if same else scores[one] < scores[other]
