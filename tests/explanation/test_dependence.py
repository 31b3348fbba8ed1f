"""Contributions by value: every row in exactly one bin, means of real rows, what is missing kept apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.explanation.dependence import COLUMNS, dependence, ranges
from riskml.features.catalog import load_catalog

CATALOG = load_catalog().select(["visits_365d", "fail_share_1095d", "format_code"])
NAMES = CATALOG.names
CATEGORIES = {"format_code": ["R1", "R2", "R3", "R4"]}
SHOPS = ["large supermarket", "smaller supermarket", "convenience store", "grocery shop"]
VISITS, SHARE, KIND = (NAMES.index(name) for name in ("visits_365d", "fail_share_1095d", "format_code"))


def rows(n: int = 300, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Features of n sites with missing ones, and contributions that follow nothing."""
    rng = np.random.default_rng(seed)
    values = np.empty((n, 3))
    values[:, VISITS] = rng.poisson(0.7, n)
    values[:, SHARE] = np.where(rng.random(n) < 0.2, np.nan, rng.random(n))
    values[:, KIND] = rng.choice([0, 1, 2, 3, np.nan], n, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    return values, rng.normal(size=(n, 4))


def made(values: np.ndarray, moved: np.ndarray, bins: int = 3) -> pd.DataFrame:
    return dependence(values, moved, CATALOG, CATEGORIES, features=NAMES, bins=bins)


@pytest.mark.parametrize("bins", [2, 3, 6])
def test_every_row_is_in_one_bin_of_each_feature(bins: int) -> None:
    values, moved = rows()
    table = made(values, moved, bins)
    for place, name in enumerate(NAMES):
        part = table[table["feature"] == name]
        assert part["rows"].sum() == len(values)
        assert (part["mean"] * part["rows"]).sum() == pytest.approx(moved[:, place].sum())
        assert part["bin"].tolist() == list(range(len(part)))


def test_a_bin_holds_the_contributions_of_the_rows_that_have_its_values() -> None:
    values, moved = rows()
    for row in made(values, moved).to_dict("records"):
        place = NAMES.index(row["feature"])
        column = values[:, place]
        if row["kind"] == "value":
            held = (column >= row["low"]) & (column <= row["high"])
        elif row["kind"] == "missing":
            held = np.isnan(column)
        else:
            held = np.isin(column, [3]) if row["kind"] == "others" else column == SHOPS.index(str(row["label_en"]))
        expected = [held.sum(), moved[held, place].mean(), *np.quantile(moved[held, place], [0.1, 0.5, 0.9])]
        assert [row[name] for name in ("rows", "mean", "p10", "p50", "p90")] == pytest.approx(expected)


def test_missing_values_and_rare_categories_have_bins_of_their_own() -> None:
    table = made(*rows())
    kinds = table.groupby("feature")["kind"].agg(list).to_dict()
    assert kinds["format_code"] == ["category"] * 3 + ["others", "missing"]
    assert kinds["fail_share_1095d"] == ["value"] * 3 + ["missing"]
    assert kinds["visits_365d"] == ["value"] * 3  # counts are never missing
    labels = table[table["feature"] == "format_code"].set_index("kind").loc[["others", "missing"]]
    assert labels["label_en"].tolist() == ["all others", "not on record"]
    assert labels["label_zh"].tolist() == ["其余", "无记录"]


def test_categories_are_called_by_their_names_and_those_of_another_list_as_they_are() -> None:
    values, moved = rows()
    table = made(values, moved)
    assert "大型商超" in table["label_zh"].tolist()
    other = {"format_code": ["X1", "=1\n+1", "X3", "X4"]}
    labels = dependence(values, moved, CATALOG, other, features=["format_code"], bins=3)["label_en"].tolist()
    assert labels == ["X1", "=1 +1", "X3", "all others", "not on record"]


def test_a_category_that_the_model_does_not_know_counts_as_missing() -> None:
    values, moved = rows(5)
    values[:, KIND] = [0.0, 17.0, np.nan, 0.0, 0.0]
    part = made(values, moved)
    part = part[part["feature"] == "format_code"]
    assert part[["kind", "rows"]].to_numpy().tolist() == [["category", 3], ["missing", 2]]


def test_shares_are_labelled_in_percent_and_counts_as_they_are() -> None:
    table = made(*rows())
    shares = table[(table["feature"] == "fail_share_1095d") & (table["kind"] == "value")]["label_en"]
    assert all(label.endswith("%") and " – " in label for label in shares)
    assert table[table["feature"] == "visits_365d"]["label_zh"].iloc[0] == "0"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0, -3.0, 1e9]), min_size=1, max_size=40), st.integers(2, 6))
def test_ranges_part_the_values_and_begin_and_end_at_one_of_them(present: list[float], bins: int) -> None:
    found = ranges(np.array(present), bins)
    assert 1 <= len(found) <= bins
    assert [sum(low <= value <= high for low, high in found) for value in present] == [1] * len(present)
    assert {end for pair in found for end in pair} <= set(present)
    assert found == sorted(found)


def test_nothing_on_record_leaves_the_missing_bin_alone() -> None:
    values, moved = rows(4)
    values[:, SHARE] = np.nan
    part = made(values, moved)
    assert part[part["feature"] == "fail_share_1095d"]["kind"].tolist() == ["missing"]


def test_what_does_not_fit_is_refused() -> None:
    values, moved = rows(4)
    with pytest.raises(DataError, match=r"3 features need values \(n, 3\) and contributions \(n, 4\)"):
        made(values, moved[:, :3])
    with pytest.raises(DataError, match=r"unknown features \['age'\]"):
        dependence(values, moved, CATALOG, CATEGORIES, features=["age"])
    with pytest.raises(DataError, match="1 bins"):
        made(values, moved, 1)
    none = dependence(values, moved, CATALOG, CATEGORIES, features=[])
    assert list(none.columns) == list(COLUMNS)
