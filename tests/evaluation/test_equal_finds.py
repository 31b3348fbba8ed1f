"""Harm found, visits saved and the worked example of a cut level, by hand and through the comparison itself."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import Comparison, compare

NAN = float("nan")


def visits(fail: list[int], origin: str = "2024-01-01", **columns: Any) -> pd.DataFrame:
    """One origin where everybody was visited."""
    rows = pd.DataFrame({"fail": pd.array([bool(one) for one in fail], dtype="boolean"), "weight": 1.0})
    rows["site_id"] = [f"S{k:03d}" for k in range(len(fail))]
    return rows.assign(origin=pd.Timestamp(origin), **columns)


def compared(rows: pd.DataFrame, *, budgets: tuple[float, ...] = (0.3,), **changes: Any) -> Comparison:
    names = [str(name).removeprefix("score_") for name in rows.columns if str(name).startswith("score_")]
    pairs = [("model", name) for name in names if name != "model"]
    asked = {"draws": 0, "seed": 1, "pairs": pairs, "probability_policies": (), **changes}
    return compare(rows, names, budgets=budgets, **asked)


def saved(rows: pd.DataFrame, rival: str = "rival", budget: float = 0.3) -> float | None:
    return compared(rows, budgets=(budget,)).differences[f"model - {rival}"][f"visits_saved@{budget:.2f}"].value


def test_budget_that_cuts_a_level_finds_the_published_example() -> None:
    sizes, hits = [2, 20, 85, 48], [2, 8, 10, 1]  # 8 more clean sites in the last level: a fifth of 155 is 31 visits
    fail = [int(k < hit) for size, hit in zip(sizes, hits, strict=True) for k in range(size)]
    rows = visits(fail, score_model=0.0, score_grade=np.repeat([3.0, 2.0, 1.0, 0.0], sizes))
    told = compared(rows, budgets=(0.2,)).policies["grade"]
    assert told["found@0.20"].value == pytest.approx(2 + 8 + 10 * 9 / 85, abs=1e-12)
    assert told["found@0.20"].value == pytest.approx(11.06, abs=0.005)
    assert told["precision@0.20"].value == pytest.approx(11.058823529411764 / 31)


ORDER = [10.0, 9, 8, 7, 6, 5, 4, 3, 2, 1]
HARM = [8.0, 50, 2, 50, 50, 50, 50, 50, 50, 50]


def test_harm_found_is_the_share_of_the_points_of_failed_visits() -> None:
    rows = visits([1, 0, 1, 0, 0, 0, 0, 0, 0, 1], score_model=ORDER, score_flat=0.0, harm=[*HARM[:9], 10.0])
    told = compared(rows, budgets=(0.1, 0.3))
    assert told.policies["model"]["harm_recall@0.10"].value == pytest.approx(8 / 20)
    assert told.policies["model"]["harm_recall@0.30"].value == pytest.approx(10 / 20)
    assert told.policies["model"]["recall@0.30"].value == pytest.approx(2 / 3)
    assert told.policies["flat"]["harm_recall@0.30"].value == pytest.approx(0.3)
    assert told.differences["model - flat"]["harm_recall@0.30"].value == pytest.approx(0.2)
    assert told.policies["model"]["harm_recall@0.30"].n_positive == 3


def test_a_failure_of_unknown_harm_is_left_out_and_counted_in_a_note() -> None:
    rows = visits([1, 0, 1, 0, 0, 0, 0, 0, 0, 1], score_model=ORDER, harm=[NAN, *HARM[1:9], 10.0])
    told = compared(rows)
    entry = told.policies["model"]["harm_recall@0.30"]
    assert entry.value == pytest.approx(2 / 12)
    assert (entry.n, entry.n_positive) == (10, 2)
    assert told.notes[0]["en"].startswith("1 of 3 failed visits have no severity points")
    assert "1" in told.notes[0]["zh"]


def test_failures_of_equal_harm_have_the_recall_as_their_harm_found() -> None:
    rng = np.random.default_rng(4)
    rows = visits(list(rng.integers(0, 2, 60)), score_model=rng.integers(0, 9, 60) * 1.0, score_flat=0.0, harm=3.0)
    told = compared(rows, draws=50)
    for name in ("model", "flat"):
        harm, plain = (told.policies[name][f"{metric}@0.30"] for metric in ("harm_recall", "recall"))
        assert [harm.value, harm.low, harm.high] == pytest.approx([plain.value, plain.low, plain.high])


def test_no_column_of_harm_means_no_metric_and_no_known_harm_a_reason() -> None:
    rows = visits([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], score_model=ORDER)
    assert "harm_recall@0.30" not in compared(rows).policies["model"]
    assert "harm_recall@0.30" not in compared(rows.assign(harm=NAN)).policies["model"]
    none = compared(rows.assign(harm=0.0)).policies["model"]["harm_recall@0.30"]
    assert (none.value, none.reason) == (None, "there is no failed visit of known harm")
    with pytest.raises(DataError, match="harm is negative or infinite in 1 failed visits"):
        compared(rows.assign(harm=-1.0))


def test_visits_saved_by_hand() -> None:
    rows = visits([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], score_model=ORDER, score_rival=[10.0, 8, 9, 7, 6, 5, 4, 3, 2, 1])
    assert saved(rows) == pytest.approx(0.1)  # the rival finds both in 3 visits of 10, the model in 2
    assert saved(rows.rename(columns={"score_model": "score_rival", "score_rival": "score_model"})) == pytest.approx(
        -0.1
    )
    # at .2 the rival needs the first of its two visits only: its last one found nothing
    assert saved(rows, budget=0.2) == 0.0
    assert saved(rows, budget=0.1) == 0.0


def test_a_rival_that_finds_sooner_costs_visits() -> None:
    rows = visits([0, 0, 1, 1, 0, 0, 0, 0, 0, 0], score_model=ORDER, score_rival=[2.0, 1, 10, 9, 8, 7, 6, 5, 4, 3])
    assert saved(rows) == pytest.approx(-0.2)  # 2 visits against 4


def test_ties_save_their_expected_visits() -> None:
    rows = visits([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], score_model=ORDER, score_flat=0.0)
    assert saved(rows, "flat") == pytest.approx(0.3 - 0.06)  # random order finds .6 of 2; the model in .6 visits
    same = rows.assign(score_model=0.0, score_flat=ORDER)
    assert saved(same, "flat") == pytest.approx(0.2 - 1.0)  # in random order only all visits find both


def test_all_origins_are_cut_at_one_share() -> None:
    one = visits([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], score_model=ORDER, score_rival=ORDER)
    two = visits([0, 0, 0, 0, 1, 0, 0, 0, 0, 0], "2024-07-01", score_model=ORDER, score_rival=ORDER[::-1])
    rows = pd.concat([one, two], ignore_index=True)
    # at .6 the rival finds both: the second by its sixth visit. The model finds the second by its fifth.
    assert saved(rows, budget=0.6) == pytest.approx(0.1)
    # at .3 the rival finds the first alone, by its first visit, as the model does
    assert saved(rows, budget=0.3) == 0.0


def test_without_failures_there_is_nothing_to_find_as_many_of() -> None:
    rows = visits([0] * 10, score_model=ORDER, score_rival=ORDER)
    entry = compared(rows).differences["model - rival"]["visits_saved@0.30"]
    assert (entry.value, entry.reason) == (None, "there is no failed visit")
