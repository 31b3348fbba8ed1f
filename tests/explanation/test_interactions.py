"""The table of pairs: both halves of a value together, the largest first, signs where both are high."""

import numpy as np
import pytest

from riskml.errors import DataError
from riskml.explanation.interactions import COLUMNS, interactions
from riskml.features.catalog import load_catalog

CATALOG = load_catalog().select(["visits_365d", "fails_365d", "staff", "format_code"])
NAMES = CATALOG.names
VALUES = np.array([[0.0, 0.0, np.nan, 1.0], [1.0, 4.0, 9.0, 0.0], [2.0, 5.0, 8.0, 1.0], [3.0, 1.0, 1.0, 0.0]])
MOVED = np.array([[0.5, -0.5, 1.0, 0.0, -2.0]] * 4)


def pairs(**halves: list[float]) -> np.ndarray:
    """Symmetric values of four features: names of two places -> one half of each row's value."""
    made = np.zeros((4, 4, 4))
    for key, values in halves.items():
        i, j = int(key[1]), int(key[2])
        made[:, i, j] = made[:, j, i] = values
    return made


def test_a_pair_counts_both_halves_and_its_part_of_all_contributions() -> None:
    table = interactions(pairs(p01=[0.1, -0.2, 0.3, 0.0], p23=[0.4] * 4), VALUES, MOVED, CATALOG, range(4))
    assert table[["feature", "other"]].to_numpy().tolist() == [NAMES[2:], NAMES[:2]]
    assert table["mean_abs_interaction"].to_numpy() == pytest.approx([0.8, 0.3])
    assert table["share"].to_numpy() == pytest.approx([0.4, 0.15])  # of 2 log-odds a row
    assert table["text_en"].iloc[1] == CATALOG.features[0].text_en
    assert table["other_text_zh"].iloc[1] == CATALOG.features[1].text_zh


def test_both_high_means_above_both_medians_and_says_nothing_of_categories() -> None:
    table = interactions(pairs(p01=[0.1, -0.2, 0.3, 0.0], p23=[0.4] * 4), VALUES, MOVED, CATALOG, range(4))
    kind, visits = table.iloc[0], table.iloc[1]
    assert np.isnan(kind["both_high"])
    assert kind["rows_both_high"] == 0
    assert (visits["both_high"], visits["rows_both_high"]) == (pytest.approx(0.6), 1)  # the third row alone
    assert (table["rows"] == 4).all()


def test_a_missing_value_is_not_high() -> None:
    table = interactions(pairs(p02=[1.0, 1.0, 1.0, 1.0]), VALUES, MOVED, CATALOG, range(4))
    assert table["rows_both_high"].tolist() == [0]  # staff 9 has 1 visit, staff 8 is the median


def test_pairs_that_never_move_a_score_are_no_rows_and_places_name_the_features() -> None:
    assert list(interactions(pairs(), VALUES, MOVED, CATALOG, range(4)).columns) == list(COLUMNS)
    some = np.zeros((4, 2, 2))
    some[:, 0, 1] = some[:, 1, 0] = 0.1
    table = interactions(some, VALUES, MOVED, CATALOG, [1, 3])
    assert table[["feature", "other"]].to_numpy().tolist() == [[NAMES[1], NAMES[3]]]


def test_values_of_other_features_or_rows_are_refused() -> None:
    with pytest.raises(DataError, match=r"3 of 4 features need pairs \(n, 3, 3\)"):
        interactions(pairs(), VALUES, MOVED, CATALOG, range(3))
    with pytest.raises(DataError, match="n from 1"):
        interactions(pairs()[:0], VALUES[:0], MOVED[:0], CATALOG, range(4))
