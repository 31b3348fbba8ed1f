"""The scorecard: whole points that add up to the score, near the trees' own, monotone, and readable from the table."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from riskml.features.catalog import load_catalog
from riskml.models.scorecard import BASE_ODDS, BASE_POINTS, FACTOR, PDO, Scorecard, fit_scorecard
from riskml.models.scorecard_table import scorecard_table

NAMES = ["fails_all", "clean_streak", "visits_all", "format_code"]
CATALOG = load_catalog().select(NAMES)
PLACES = {name: CATALOG.names.index(name) for name in NAMES}
CATEGORIES = {"format_code": ["C1", "C3", "R4", "P1", "S2"]}
SETTINGS: dict[str, Any] = {"trees": 100, "min_rows_in_leaf": 20, "feature_share": 1.0}
Floats = NDArray[np.float64]


def matrix(rows: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 9, (rows, 4)).astype(np.float64)
    values[:, PLACES["format_code"]] = rng.integers(0, 5, rows)
    values[rng.random((rows, 4)) < 0.1] = np.nan
    values[:, PLACES["visits_all"]] = rng.integers(-3, 9, rows)  # never missing, sometimes below 0
    return values


def outcomes(values: Floats, seed: int) -> NDArray[np.bool_]:
    clean = np.nan_to_num(values, nan=2.0)
    odds = 0.5 * clean[:, PLACES["fails_all"]] - 0.3 * clean[:, PLACES["clean_streak"]] - 2
    odds += 1.5 * (clean[:, PLACES["format_code"]] == 3) + 0.3 * np.abs(clean[:, PLACES["visits_all"]])
    return np.asarray(np.random.default_rng(seed).random(len(values)) < 1 / (1 + np.exp(-odds)), dtype=np.bool_)


@pytest.fixture(scope="module")
def values() -> Floats:
    return matrix(3_000, 1)


@pytest.fixture(scope="module")
def card(values: Floats) -> Scorecard:
    return fit_scorecard(values, outcomes(values, 2), CATALOG, seed=1, settings=SETTINGS)


@pytest.fixture(scope="module")
def table(card: Scorecard, values: Floats) -> pd.DataFrame:
    return scorecard_table(card, CATALOG, CATEGORIES, values, outcomes(values, 2))


def by_hand(table: pd.DataFrame, row: Floats) -> int:
    """A clerk's sum: the base, and the one row of each feature that fits the site."""
    total = int(table.loc[table["feature"] == "", "points"].item())
    for name, rows in table[table["feature"] != ""].groupby("feature"):
        value = row[PLACES[str(name)]]
        if name == "format_code":
            named = CATEGORIES["format_code"][int(value)] if value in range(5) else None
            fits = rows["category"] == named if named in set(rows["category"]) else rows["missing"]
        elif math.isnan(value):
            fits = rows["missing"]
        else:
            fits = (rows["low"] < value) & (value <= rows["high"])
        assert fits.sum() == 1
        total += int(rows.loc[fits, "points"].item())
    return total


def test_a_score_is_the_sum_of_the_tables_points(card: Scorecard, table: pd.DataFrame, values: Floats) -> None:
    odd = matrix(60, 5)
    odd[:, PLACES["format_code"]] = 77.0  # a kind of business that training never saw
    cuts = [np.append(part.cuts, np.nan) for part in card.parts if not part.is_category]
    at = np.full((sum(map(len, cuts)), 4), 2.0)
    at[:, 0] = np.concatenate(cuts)
    for rows in (values[:150], odd, at, np.full((1, 4), np.nan)):
        assert card.scores(rows).tolist() == [by_hand(table, row) for row in rows]


def test_points_are_whole_and_none_is_below_zero(table: pd.DataFrame) -> None:
    assert table["points"].dtype == np.int64
    assert table.loc[table["feature"] != "", "points"].min() == 0


def test_the_sum_is_the_trees_own_score_but_for_half_a_point_a_feature(
    card: Scorecard, table: pd.DataFrame, values: Floats
) -> None:
    exact = BASE_POINTS + FACTOR * (card.boosted.raw_scores(values) - math.log(BASE_ODDS))
    off = np.abs(card.scores(values) - exact)
    assert off.max() <= 0.5 * (1 + len(NAMES))
    assert 0 < off.max() == card.rounding(values)
    assert table["rounding"].unique().tolist() == [off.max()]


def test_twenty_points_double_the_odds(card: Scorecard, values: Floats) -> None:
    assert PDO == 20
    raw, points = card.boosted.raw_scores(values), card.scores(values)
    slope = np.polyfit(raw, points, 1)[0]
    assert slope == pytest.approx(20 / math.log(2), rel=0.01)


def test_the_trees_have_one_split_each(card: Scorecard) -> None:
    assert card.boosted.trees == 2 * SETTINGS["trees"]
    leaves = {line for line in card.boosted.text.splitlines() if line.startswith("num_leaves=")}
    assert leaves <= {"num_leaves=2", "num_leaves=1"}


@pytest.mark.parametrize(("name", "sign"), [("fails_all", 1), ("clean_streak", -1)])
def test_points_follow_the_declared_direction(table: pd.DataFrame, name: str, sign: int) -> None:
    bins = table[(table["feature"] == name) & ~table["missing"]]
    assert len(bins) > 3
    assert (np.diff(bins["points"]) * sign > 0).all()


def test_bins_of_a_feature_cover_all_values_without_overlap(table: pd.DataFrame, values: Floats) -> None:
    for name in NAMES[:3]:
        bins = table[(table["feature"] == name) & ~table["missing"]]
        assert (bins["low"].iloc[0], bins["high"].iloc[-1]) == (-np.inf, np.inf)
        assert bins["low"].tolist()[1:] == bins["high"].tolist()[:-1]
    counted = table[table["feature"] != ""].groupby("feature")["rows"].sum()
    assert set(counted) == {len(values)}


def test_a_cut_at_zero_is_written_as_zero_and_one_just_below_it_keeps_its_meaning() -> None:
    values = np.random.default_rng(1).choice([-2.0, 0.0, 3.0], (3_000, 1))
    catalog = load_catalog().select(["visits_all"])
    fail = np.random.default_rng(2).random(3_000) < np.select([values[:, 0] < 0, values[:, 0] == 0], [0.1, 0.4], 0.8)
    made = fit_scorecard(values, fail, catalog, seed=1, settings=SETTINGS)
    asked = np.array([[-2.0], [0.0], [3.0]])
    below, zero, above = made.scores(asked)
    assert below + 10 < zero < above - 10
    assert made.rounding(asked) <= 1.0


def test_the_table_speaks_both_languages(table: pd.DataFrame) -> None:
    base = table.iloc[0]
    assert (base["text_en"], base["text_zh"], base["rows"]) == ("Base points", "基础分", 3_000)
    kinds = table[table["feature"] == "format_code"]
    assert kinds["bin_en"].tolist() == [*CATEGORIES["format_code"], "none of these, or not known"]
    assert kinds["bin_zh"].iloc[-1] == "非上述各项，或不详"
    assert (table["text_zh"] != "").all()
    assert (table["base_points"].unique().item(), table["base_odds"].unique().item()) == (BASE_POINTS, BASE_ODDS)


def test_a_feature_that_gives_no_points_is_left_out(values: Floats) -> None:
    fail = np.random.default_rng(3).random(3_000) < 1 / (1 + np.exp(3 - values[:, PLACES["visits_all"]]))
    made = fit_scorecard(values, fail, CATALOG, seed=1, settings={**SETTINGS, "trees": 5})
    assert [CATALOG.names[part.place] for part in made.parts] == ["visits_all"]
