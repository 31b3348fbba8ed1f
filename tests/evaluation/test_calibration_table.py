"""Calibration by group: the numbers of the metrics on each part alone, and no number where there is too little."""

import numpy as np
import pandas as pd
import pytest

from riskml.evaluation import brier, calibration_intercept, calibration_slope
from riskml.evaluation.calibration_table import COLUMNS, MOST_MEMBERS, calibration_table
from riskml.evaluation.curves import reliability_curve


def scored(n: int = 3_000, seed: int = 1) -> pd.DataFrame:
    """Rows of two origins, a tenth without a visit; probabilities half as far apart as they should be."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1.5, 1, n)
    fail = pd.Series(rng.random(n) < 1 / (1 + np.exp(-odds)), dtype="boolean")
    fail[rng.random(n) < 0.1] = pd.NA
    origin = np.where(np.arange(n) < n // 2, "2024-01-01", "2024-04-01")
    return pd.DataFrame(
        {
            "site_id": [f"s{k % (n // 2)}" for k in range(n)],
            "origin": pd.to_datetime(origin),
            "fail": fail,
            "weight": 1.0,
            "score_model": 1 / (1 + np.exp(-(odds / 2 - 0.75))),
        }
    )


ROWS = scored()
OFFICE = pd.Series(np.where(np.arange(len(ROWS)) % 3 == 0, "west", "east"), dtype="str")
OFFICE[::50] = None
TABLE = calibration_table(ROWS, {"office": OFFICE}, draws=200, seed=1)


def entry(group: str, member: str, metric: str) -> pd.Series:
    found = TABLE[(TABLE["group"] == group) & (TABLE["member"] == member) & (TABLE["metric"] == metric)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("group", "member", "inside"),
    [
        ("overall", "", np.ones(len(ROWS), dtype=bool)),
        ("origin", "2024-04-01", (ROWS["origin"] == "2024-04-01").to_numpy()),
        ("office", "west", (OFFICE == "west").to_numpy()),
    ],
)
def test_a_part_has_the_numbers_of_its_rows_alone(group: str, member: str, inside: np.ndarray) -> None:
    part = ROWS[inside & ROWS["fail"].notna().to_numpy()]
    fail, p = part["fail"].astype(bool), part["score_model"]
    for metric, value in (
        ("brier", brier(fail, p)),
        ("calibration_slope", calibration_slope(fail, p)),
        ("calibration_intercept", calibration_intercept(fail, p)),
    ):
        row = entry(group, member, metric)
        assert row["value"] == pytest.approx(value)
        assert row["low"] < row["value"] < row["high"]
        assert (row["n"], row["n_positive"], row["reason"]) == (len(part), int(fail.sum()), "")
    bins = TABLE[(TABLE["group"] == group) & (TABLE["member"] == member) & (TABLE["metric"] == "reliability")]
    curve = reliability_curve(part["fail"], p)
    for told, column in (("predicted", "predicted"), ("value", "observed"), ("low", "low"), ("high", "high")):
        assert bins[told].tolist() == pytest.approx(curve[column].tolist())
    assert bins["bin"].tolist() == list(range(10))
    assert bins["n_positive"].sum() == int(fail.sum())


def test_probabilities_too_close_together_show_as_a_slope_of_two_with_an_interval_that_holds_it() -> None:
    slope = entry("overall", "", "calibration_slope")
    assert slope["low"] < 2 < slope["high"]
    assert slope["low"] > 1.6


def test_too_few_failures_are_not_enough_data_for_a_slope_but_for_a_brier_score() -> None:
    kind = pd.Series(np.where(np.arange(len(ROWS)) < 60, "few", "many"), dtype="str")
    failures = int(ROWS["fail"].iloc[:60].fillna(False).sum())
    assert failures < 20
    told = calibration_table(ROWS, {"kind": kind}, draws=50, seed=1)
    mine = told[(told["group"] == "kind") & (told["member"] == "few")]
    for metric in ("calibration_slope", "calibration_intercept"):
        row = mine[mine["metric"] == metric].iloc[0]
        assert row["reason"].startswith(f"not enough data: {failures} failures in ")
        assert np.isnan([row["value"], row["low"], row["high"]]).all()
    assert mine.loc[mine["metric"] == "brier", "value"].item() > 0


def test_the_order_of_rows_is_irrelevant_and_the_seed_fixes_the_intervals() -> None:
    mixed = np.random.default_rng(2).permutation(len(ROWS))
    again = calibration_table(ROWS.iloc[mixed], {"office": OFFICE.iloc[mixed]}, draws=200, seed=1)
    pd.testing.assert_frame_equal(again, TABLE)
    other = calibration_table(ROWS, {}, draws=200, seed=2)
    assert other["low"].iloc[0] != TABLE["low"].iloc[0]


def test_a_group_of_many_members_shows_those_with_most_rows() -> None:
    member = pd.Series([f"m{min(k % 90, 70):02d}" for k in range(len(ROWS))], dtype="str")
    told = calibration_table(ROWS, {"many": member}, draws=0, seed=1)
    shown = told.loc[told["group"] == "many", "member"].unique()
    assert len(shown) == MOST_MEMBERS
    assert "m70" in shown
    assert list(told.columns) == list(COLUMNS)


def test_no_visit_at_all_is_an_empty_table() -> None:
    unvisited = ROWS.assign(fail=pd.Series([pd.NA] * len(ROWS), dtype="boolean"))
    assert calibration_table(unvisited, {"office": OFFICE}, draws=10, seed=1).empty
