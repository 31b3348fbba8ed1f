"""One origin's model: it reads its training and calibration rows, and not a bit of the rows it will be judged on."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.cohorts import Fold
from riskml.errors import DataError
from riskml.features.catalog import Catalog, load_catalog
from riskml.models.boosting import Boosted, train
from riskml.models.fitting import Fitted, fit

CATALOG = load_catalog().select(["fails_all", "visits_all"])
FOLD = Fold(9, train=np.arange(600), calibrate=np.arange(600, 900), test=np.arange(900, 1_000))


def data() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(4)
    values = rng.integers(0, 8, (1_000, 2)).astype(np.float64)
    return values, rng.random(1_000) < 1 / (1 + np.exp(2 - 0.5 * values[:, CATALOG.names.index("fails_all")]))


def fitted(values: NDArray[np.float64], fail: NDArray[np.bool_], fold: Fold = FOLD) -> Fitted:
    return fit(values, fail, fold, CATALOG, seed=1, settings={"trees": 30})


def changed(places: NDArray[np.int64]) -> Fitted:
    """The model after the rows at these places were given other features and the opposite outcome."""
    values, fail = data()
    values[places] += 3
    fail[places] = ~fail[places]
    return fitted(values, fail)


def test_the_rows_judged_change_nothing() -> None:
    assert changed(FOLD.test) == fitted(*data())


def test_the_calibration_rows_change_the_calibration_only() -> None:
    one, other = fitted(*data()), changed(FOLD.calibrate[::3])
    assert one.boosted == other.boosted
    assert one.calibration != other.calibration
    assert (one.calibration.rows, one.boosted.rows) == (300, 600)


def test_the_training_rows_change_the_model() -> None:
    assert changed(FOLD.train).boosted.text != fitted(*data()).boosted.text


def test_probabilities_are_the_calibrated_raw_scores() -> None:
    values, fail = data()
    model = fitted(values, fail)
    raw = model.boosted.raw_scores(values[:5])
    odds = np.log(model.probabilities(values[:5]) / (1 - model.probabilities(values[:5])))
    assert model.calibration.kind == "platt"
    assert odds.tolist() == pytest.approx((model.calibration.slope * raw + model.calibration.intercept).tolist())


def test_without_calibration_rows_the_model_stays_uncalibrated_and_says_so() -> None:
    none = Fold(9, train=FOLD.train, calibrate=np.empty(0, dtype=np.int64), test=FOLD.test)
    model = fitted(*data(), none)
    assert model.calibration.kind == "none"
    assert "0 failures in 0 rows" in model.calibration.note


DAYS = np.repeat(np.arange(10), 100)


def test_days_allow_a_choice_of_the_map_and_early_stopping() -> None:
    values, fail = data()
    settings = {"trees": 200, "learning_rate": 0.3, "early_stopping": 10}
    plain = fit(values, fail, FOLD, CATALOG, seed=1, settings=settings)
    told = fit(values, fail, FOLD, CATALOG, seed=1, settings=settings, days=DAYS)
    assert (plain.boosted.trees, "one calibration window only" in plain.calibration.note) == (200, True)
    assert told.boosted.trees < 200
    assert "of the last window" in told.calibration.note or told.calibration.losses


def test_only_the_weights_of_the_training_rows_are_read() -> None:
    values, fail = data()
    weights = np.random.default_rng(1).uniform(0.5, 3, len(fail))
    later = np.where(np.arange(len(fail)) < 600, weights, 99.0)
    made = [fit(values, fail, FOLD, CATALOG, seed=1, settings={"trees": 30}, weights=one) for one in (weights, later)]
    assert made[0] == made[1]
    assert made[0].boosted.text != fitted(values, fail).boosted.text


def test_a_model_that_breaks_a_direction_is_an_error_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    values, fail = data()

    def careless(*given: Any, **settings: Any) -> Boosted:
        free = Catalog(tuple(dataclasses.replace(feature, monotone=0) for feature in given[2].features))
        return train(given[0], given[1], free, **settings)

    monkeypatch.setattr("riskml.models.fitting.train", careless)
    against = np.where(np.arange(len(fail)) < 600, values[:, CATALOG.names.index("fails_all")] < 3, fail)
    with pytest.raises(DataError, match="breaks 1 declared directions: the score falls by up to"):
        fitted(values, against)


def test_the_maps_are_those_asked_for() -> None:
    values, fail = data()
    made = fit(values, fail, FOLD, CATALOG, seed=1, settings={"trees": 30}, maps=["none"])
    assert (made.calibration.kind, made.calibration.note) == ("none", "")
