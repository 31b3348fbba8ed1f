"""Overlap: counts by hand, what is thin, and when it fails."""

import numpy as np
import pandas as pd
import pytest

import slow_selection as slow
from riskml.errors import DataError
from riskml.evaluation.selection.overlap import COLUMNS, overlap_fails
from riskml.evaluation.selection.table import SelectionRules, overlap_table


def whole(rows: pd.DataFrame) -> "pd.Series[float]":
    """The row of all origins and bins."""
    table = overlap_table(rows)
    return table[table["origin"].isna() & (table["low"] == 0) & (table["high"] == 1)].iloc[0]


def test_overlap_of_six_sites_by_hand() -> None:
    table = overlap_table(slow.six_sites(), rules=SelectionRules(clip=3.0))
    assert list(table.columns) == list(COLUMNS)
    first = table.iloc[0]
    assert (first["rows"], first["labelled"], first["labelled_share"]) == (6, 4, pytest.approx(4 / 6))
    assert first["mean_propensity"] == pytest.approx(3 / 6)
    assert first["ess"] == pytest.approx(8**2 / (4 + 9 + 4 + 1))  # weights 2, 3 (not 4), 2, 1
    assert first["clipped"] == 1 / 4
    bins = table[table["origin"].isna()].iloc[1:]
    assert bins[["low", "high", "rows", "labelled"]].to_numpy().tolist() == [
        [0.2, 0.3, 2, 1], [0.3, 0.5, 3, 2], [0.9, 1.0, 1, 1],
    ]  # fmt: skip


def test_bins_and_origins_add_up() -> None:
    rows = slow.many_sites(80)
    table = overlap_table(rows)
    everything = (table["low"] == 0) & (table["high"] == 1)
    for _, part in table.assign(whole=everything).groupby(table["origin"].astype(str)):
        assert part.loc[~part["whole"], "rows"].sum() == part.loc[part["whole"], "rows"].iloc[0]
    assert table.loc[everything & table["origin"].notna(), "labelled"].sum() == rows["fail"].notna().sum()


def test_thin_shares_go_by_weight() -> None:
    rows = slow.six_sites().assign(propensity=[0.01, 0.02, 0.03, 0.05, 0.5, 1.0], weight=[3.0, 1, 1, 1, 1, 1])
    row = whole(rows)
    assert [row["below_02"], row["below_05"]] == pytest.approx([3 / 8, 5 / 8])


def test_an_origin_without_propensity_has_its_counts_and_the_reason() -> None:
    rows = slow.many_sites()
    first = rows["origin"].min()
    table = overlap_table(rows.assign(propensity=rows["propensity"].where(rows["origin"] != first)))
    (row,) = table[table["origin"] == first].to_dict("records")
    assert row["reason"] == "some row has no propensity"
    assert row["rows"] == (rows["origin"] == first).sum()
    assert np.isnan(row["ess"])
    none = overlap_table(rows.drop(columns="propensity"))
    assert set(none["reason"]) == {"no column propensity"}
    assert overlap_fails(none) is None


def test_overlap_fails_where_too_many_could_hardly_be_visited_or_too_few_labels_count() -> None:
    rows = slow.many_sites(400)
    assert overlap_fails(overlap_table(rows)) is False
    thin = rows.assign(propensity=rows["propensity"].where(rows["score_grade"] > 0, 0.001))
    assert overlap_fails(overlap_table(thin)) is True
    assert overlap_fails(overlap_table(rows.head(60))) is True


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(DataError, match="propensity of 6 rows is not above 0"):
        overlap_table(slow.six_sites().assign(propensity=0.0))
    with pytest.raises(DataError, match=r"lack columns \['weight'\]"):
        overlap_table(slow.six_sites().drop(columns="weight"))
