"""The boosted trees: monotone where the catalog says so, the same for the same seed, and blind to noise."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from riskml.errors import DataError, StudyError
from riskml.features.catalog import Catalog, load_catalog
from riskml.models.boosting import DEFAULTS, Boosted, train

NAMES = ["fails_all", "clean_streak", "visits_all", "format_code"]
"""Risk may not fall, may not rise, is free, and a category: the columns of `matrix`, in this order."""
CATALOG = load_catalog().select(NAMES)
QUICK: dict[str, Any] = {"trees": 40, "min_rows_in_leaf": 20}


def matrix(rows: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 9, (rows, 3)).astype(np.float64)
    numbers[rng.random((rows, 3)) < 0.15] = np.nan
    by_name = dict(zip(NAMES, [*numbers.T, rng.integers(0, 5, rows).astype(np.float64)], strict=True))
    return np.column_stack([by_name[name] for name in CATALOG.names])


def column(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    return values[:, CATALOG.names.index(name)]


def outcomes(values: NDArray[np.float64], seed: int, *, sign: float = 1.0) -> NDArray[np.bool_]:
    """Failures that follow the first two columns, in the direction of the catalog or against it, and the others."""
    odds = (
        sign
        * 0.4
        * (np.nan_to_num(column(values, "fails_all"), nan=4) - np.nan_to_num(column(values, "clean_streak"), nan=4))
    )
    odds += (
        np.abs(np.nan_to_num(column(values, "visits_all"), nan=0) - 4) - 3 + 2 * (column(values, "format_code") == 3)
    )
    return np.asarray(np.random.default_rng(seed).random(len(values)) < 1 / (1 + np.exp(-odds)), dtype=np.bool_)


def trained(rows: int = 1_500, *, seed: int = 3, sign: float = 1.0, **changes: Any) -> Boosted:
    values = matrix(rows, seed)
    return train(values, outcomes(values, seed + 1, sign=sign), CATALOG, seed=seed, settings={**QUICK, **changes})


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["signal as declared", "signal against it"])
@pytest.mark.parametrize(("name", "direction"), [("fails_all", 1), ("clean_streak", -1)])
def test_a_score_never_moves_against_the_declared_direction(sign: float, name: str, direction: int) -> None:
    model = trained(sign=sign)
    for row in matrix(40, 99):
        sweep = np.tile(row, (22, 1))
        sweep[:, CATALOG.names.index(name)] = np.arange(-1, 10, 0.5)
        assert (np.diff(model.raw_scores(sweep)) * direction >= 0).all()


def test_a_declared_direction_is_used_where_the_data_agree_and_a_free_feature_may_turn() -> None:
    model, typical = trained(feature_share=1.0), np.full(len(NAMES), 4.0)

    def sweep(name: str) -> NDArray[np.float64]:
        rows = np.tile(typical, (9, 1))
        rows[:, CATALOG.names.index(name)] = np.arange(9)
        return np.diff(model.raw_scores(rows))

    assert sweep("fails_all").sum() > 0.5
    assert sweep("clean_streak").sum() < -0.5
    assert sweep("visits_all").min() < -0.2 < 0.2 < sweep("visits_all").max()


@pytest.mark.parametrize("name", [f.name for f in load_catalog().features if f.monotone])
def test_every_monotone_feature_of_the_catalog_is_held(name: str) -> None:
    feature = load_catalog().select([name]).features[0]
    rng = np.random.default_rng(5)
    values = rng.integers(0, 20, (600, 1)).astype(np.float64)
    against = rng.random(600) < 1 / (1 + np.exp(feature.monotone * 0.4 * (values[:, 0] - 10)))
    model = train(values, against, Catalog((feature,)), seed=1, settings={**QUICK, "trees": 15, "feature_share": 1.0})
    moved = np.diff(model.raw_scores(np.arange(0, 20, 0.5).reshape(-1, 1))) * feature.monotone
    assert (moved >= 0).all()


def test_the_same_seed_gives_the_same_text_and_another_seed_another_one() -> None:
    assert trained().text == trained().text
    assert trained().text != trained(seed=4).text


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_training_twice_on_any_data_gives_the_same_bytes(seed: int) -> None:
    values = matrix(300, seed)
    fail = np.random.default_rng(seed).random(300) < 0.3
    texts = {train(values, fail, CATALOG, seed=seed, settings={**QUICK, "trees": 10}).text for _ in range(2)}
    assert len(texts) == 1


def test_training_reads_its_input_and_leaves_it_alone() -> None:
    values = matrix(300, 1)
    fail = outcomes(values, 2)
    before = values.copy(), fail.copy()
    train(values, fail, CATALOG, seed=1, settings=QUICK)
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(fail, before[1])


def test_contributions_add_up_to_the_score() -> None:
    model, values = trained(), matrix(200, 50)
    parts = model.contributions(values)
    assert parts.shape == (200, len(NAMES) + 1)
    np.testing.assert_allclose(parts.sum(axis=1), model.raw_scores(values), atol=1e-9)
    assert np.ptp(parts[:, -1]) == 0


def test_the_average_prediction_is_the_base_rate() -> None:
    values = matrix(1_500, 3)
    fail = outcomes(values, 4)
    model = train(values, fail, CATALOG, seed=3, settings=QUICK)
    predicted = 1 / (1 + np.exp(-model.raw_scores(values)))
    assert predicted.mean() == pytest.approx(fail.mean(), abs=0.01)
    assert (model.rows, model.positives) == (1_500, fail.sum())


def test_categories_are_trained_as_categories_and_columns_carry_their_names() -> None:
    text = trained().text
    assert f"feature_names={' '.join(CATALOG.names)}" in text
    infos = next(line for line in text.splitlines() if line.startswith("feature_infos=")).split("=")[1].split()
    listed = infos[CATALOG.names.index("format_code")].split(":")
    assert sorted(set(listed) - {"-1"}) == ["0", "1", "2", "3", "4"]


def test_settings_reach_the_trees_and_an_unknown_one_is_refused() -> None:
    model = trained(trees=7, leaves=3)
    assert model.text.count("\nnum_leaves=3") == 7
    told = r"\[model\] has unknown settings \['depth'\]; allowed are \['early_stopping'"
    with pytest.raises(StudyError, match=told):
        trained(depth=3)
    assert set(DEFAULTS) == {
        "trees",
        "leaves",
        "learning_rate",
        "min_rows_in_leaf",
        "l2",
        "feature_share",
        "early_stopping",
        "severity",
        "leniency",
    }


@pytest.mark.parametrize(("rows", "failures"), [(49, 10), (200, 0), (200, 200), (0, 0)])
def test_too_few_rows_or_one_outcome_only_is_refused(rows: int, failures: int) -> None:
    fail = np.arange(rows) < failures
    with pytest.raises(
        DataError, match=f"cannot train on {rows} rows with {failures} failures: needs 50 rows and both"
    ):
        train(matrix(rows, 1), fail, CATALOG, seed=1)


def test_fifty_rows_with_both_outcomes_are_enough() -> None:
    assert train(matrix(50, 1), np.arange(50) < 1, CATALOG, seed=1).rows == 50


def test_a_row_of_nothing_but_missing_values_has_a_score() -> None:
    assert np.isfinite(trained().raw_scores(np.full((1, len(NAMES)), np.nan))).all()


def test_the_catalog_order_is_the_column_order_of_this_file() -> None:
    assert sorted(CATALOG.names) == sorted(NAMES)
    assert pd.Series(CATALOG.names).is_unique


def planned(rows: int) -> NDArray[np.int64]:
    """Planning days of rows in time order, five of them."""
    return np.arange(rows) * 5 // rows


def test_early_stopping_takes_the_number_of_least_loss_on_the_last_days_and_trains_again_on_all() -> None:
    values = matrix(2_500, 3)
    fail, days = outcomes(values, 4), planned(2_500)
    settings = {**QUICK, "trees": 50, "learning_rate": 0.9, "leaves": 8, "early_stopping": 50}
    model = train(values, fail, CATALOG, seed=3, settings=settings, days=days)
    early, last = days < 4, days == 4
    losses = []
    for trees in range(1, 51):
        raw = train(values[early], fail[early], CATALOG, seed=3, settings={**settings, "trees": trees}).raw_scores(
            values[last]
        )
        losses.append(np.logaddexp(0, np.where(fail[last], -raw, raw)).mean())
    assert model.trees == 1 + int(np.argmin(losses))
    assert 1 < model.trees < 50
    again = train(values, fail, CATALOG, seed=3, settings={**settings, "trees": model.trees})
    assert model.text.split("parameters:")[0] == again.text.split("parameters:")[0]
    assert model.rows == 2_500


@pytest.mark.parametrize("patience", [0, 25])
def test_without_early_stopping_or_days_all_trees_are_trained(patience: int) -> None:
    values = matrix(1_500, 3)
    fail, settings = outcomes(values, 4), {**QUICK, "learning_rate": 0.3, "early_stopping": patience}
    days = None if patience else planned(1_500)
    assert train(values, fail, CATALOG, seed=3, settings=settings, days=days).trees == QUICK["trees"]


def test_a_weight_of_two_is_a_row_twice() -> None:
    values = matrix(800, 3)
    fail = outcomes(values, 4)
    double = np.arange(800) < 300
    settings = {**QUICK, "min_rows_in_leaf": 1, "feature_share": 1.0, "l2": 1.0}
    weighted = train(values, fail, CATALOG, seed=1, settings=settings, weights=np.where(double, 2.0, 1.0))
    twice = np.concatenate([np.arange(800), np.flatnonzero(double)])
    repeated = train(values[twice], fail[twice], CATALOG, seed=1, settings=settings)
    asked = matrix(200, 77)
    np.testing.assert_allclose(weighted.raw_scores(asked), repeated.raw_scores(asked), atol=0.15)
    plain = train(values, fail, CATALOG, seed=1, settings=settings)
    away = np.abs(plain.raw_scores(asked) - repeated.raw_scores(asked)).mean()
    assert np.abs(weighted.raw_scores(asked) - repeated.raw_scores(asked)).mean() < 0.2 * away


def test_expected_severity_is_the_mean_of_the_points_and_keeps_the_directions() -> None:
    values = matrix(4_000, 3)
    fails = np.nan_to_num(column(values, "fails_all"), nan=4.0)
    rng = np.random.default_rng(5)
    points = np.where(rng.random(4_000) < 0.3, rng.poisson(1 + fails), 0).astype(np.float64)
    settings = {**QUICK, "trees": 150, "learning_rate": 0.1}
    model = train(values, points, CATALOG, seed=1, settings=settings, learns="severity")
    expected = np.exp(model.raw_scores(values))
    assert expected.mean() == pytest.approx(points.mean(), rel=0.03)
    for level in (0.0, 4.0, 8.0):
        here = fails == level
        assert expected[here].mean() == pytest.approx(points[here].mean(), rel=0.25)
    sweep = np.tile(np.full(len(NAMES), 4.0), (9, 1))
    sweep[:, CATALOG.names.index("fails_all")] = np.arange(9)
    assert (np.diff(model.raw_scores(sweep)) >= 0).all()


def test_the_defaults_of_the_study_are_those_of_the_model() -> None:
    from riskml.study import _SCHEMA

    assert {key: default for key, (_, default) in _SCHEMA["model"].items()} == DEFAULTS
