"""Within-inspector AUC and its mean paired gain: hand-computed, against a slow oracle, and what they refuse."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.evaluation.inspectors.within import mean_within_gain, within_inspector_auc

# Ann: the pair (0.9, 0.8) is right. Bob: of (0.3 | 0.5, 0.3, 0.1) one is wrong, one ties, one is right.
FAIL = [1, 0, 1, 0, 0, 0]
SCORE = [0.9, 0.8, 0.3, 0.5, 0.3, 0.1]
WHO = ["ann", "ann", "bob", "bob", "bob", "bob"]


def rows(fail: "list[Any]", a: "list[float]", b: "list[float]", who: "list[Any]", window: "list[int]") -> pd.DataFrame:
    days = pd.to_datetime([f"2024-0{month}-01" for month in window]).as_unit("s")
    return pd.DataFrame(
        {
            "site_id": [f"s{place}" for place in range(len(fail))],
            "origin": days,
            "fail": pd.array(fail, dtype="boolean"),
            "inspector": who,
            "weight": 1.0,
            "score_a": a,
            "score_b": b,
        }
    )


def test_pairs_of_one_inspector_are_pooled_by_their_number() -> None:
    assert within_inspector_auc(FAIL, SCORE, WHO) == pytest.approx((1 + 1.5) / 4)


def test_a_score_of_who_goes_alone_is_one_half_however_well_it_ranks_all_visits() -> None:
    fail = [1, 1, 1, 0, 1, 0, 0, 0]
    who = ["strict"] * 4 + ["lenient"] * 4
    rate = [0.75] * 4 + [0.25] * 4
    assert within_inspector_auc(fail, rate, who) == 0.5
    assert within_inspector_auc(fail, rate, ["one"] * 8) == pytest.approx((9 + 0.5 * 6) / 16)


def test_visits_without_an_inspector_count_for_nothing() -> None:
    assert within_inspector_auc([*FAIL, 1, 0], [*SCORE, 0.0, 1.0], [*WHO, None, None]) == pytest.approx(2.5 / 4)


def test_a_pair_does_not_reach_across_windows() -> None:
    assert within_inspector_auc([1, 0], [1, 2], ["ann", "ann"], window=["May", "July"]) is None
    assert within_inspector_auc([1, 0], [1, 2], ["ann", "ann"], window=["May", "May"]) == 0.0


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=14))
def test_it_is_the_count_of_pairs(visits: "list[tuple[bool, int, int]]") -> None:
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for failed, a, who in visits
        for other, b, whom in visits
        if failed and not other and who == whom
    ]
    found = within_inspector_auc([v[0] for v in visits], [v[1] for v in visits], [str(v[2]) for v in visits])
    assert found == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


def test_vectors_of_unequal_length_are_refused() -> None:
    with pytest.raises(DataError, match=r"of one length; got \[5, 6\]"):
        within_inspector_auc(FAIL, SCORE, WHO[:5])


def test_windows_weigh_the_same_in_the_mean_gain() -> None:
    # January: a 1, b 0, gain 1 on one pair; March: a 0.5, b 1 on two pairs, gain -0.5
    table = rows(
        [True, False, True, False, False],
        [2, 1, 2, 1, 3],
        [1, 2, 3, 2, 1],
        ["ann"] * 5,
        [1, 1, 3, 3, 3],
    )
    found = mean_within_gain(table, "a", "b", draws=0, seed=1)
    assert found.windows[["a", "b", "gain", "n", "n_positive"]].to_numpy().tolist() == [
        [1, 0, 1, 2, 1],
        [0.5, 1, -0.5, 3, 1],
    ]
    assert (found.value, found.n, found.n_positive, found.left_out) == (0.25, 5, 2, ())


def test_a_window_that_says_nothing_is_left_out_and_named() -> None:
    table = rows([True, False, True, False], [2, 1, 2, 1], [1, 2, 1, 2], ["ann", "ann", None, None], [1, 1, 3, 3])
    found = mean_within_gain(table, "a", "b", draws=0, seed=1)
    assert (found.value, found.left_out, len(found.windows)) == (1.0, ("2024-03-01",), 1)
    with pytest.raises(DataError, match="in no window an inspector has both"):
        mean_within_gain(table[2:], "a", "b", draws=0, seed=1)


def world(seed: int, *, a: float, b: float) -> pd.DataFrame:
    """Four windows of 300 sites and three inspectors; the scores hold so much of the risk."""
    rng = np.random.default_rng(seed)
    sites = np.tile(np.arange(300), 4)
    risk = rng.normal(size=300)[sites]
    table = rows(
        list(rng.random(1200) < 1 / (1 + np.exp(1 - risk))),
        list(a * risk + rng.normal(size=1200)),
        list(b * risk + rng.normal(size=1200)),
        list(rng.choice(["ann", "bob", "eve"], 1200)),
        list(np.repeat([1, 3, 5, 7], 300)),
    )
    return table.assign(site_id=[f"s{site}" for site in sites])


def test_the_interval_holds_zero_where_the_policies_are_equal_and_not_where_one_is_better() -> None:
    equal = mean_within_gain(world(1, a=1, b=1), "a", "b", draws=200, seed=1)
    better = mean_within_gain(world(1, a=2, b=0.2), "a", "b", draws=200, seed=1)
    assert (equal.low or 0.0) < 0 < (equal.high or 0.0)
    assert (better.low or 0.0) > 0.05
    same = mean_within_gain(world(1, a=1, b=1).assign(score_b=lambda t: t["score_a"]), "a", "b", draws=50, seed=1)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
