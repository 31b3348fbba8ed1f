"""The probability of a visit: learned from days that are over, right on a known world, silent without data."""

import dataclasses
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold, rolling_folds
from riskml.errors import DataError
from riskml.features.catalog import load_catalog
from riskml.models.propensity import FARTHEST, Propensity, visit_propensity

CATALOG = load_catalog().select(["fails_all", "visits_all", "days_since_last_visit"])
DAYS = np.repeat(np.arange(6) * 100, 700).astype(np.int32)
ORIGIN = 500
PLACE = {name: k for k, name in enumerate(CATALOG.names)}


def chance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sites are due after some 300 days, and less often once visited lately; failures count twice."""
    waited = values[:, PLACE["days_since_last_visit"]]
    return 1 / (1 + np.exp(1.5 - waited / 200 - 0.6 * values[:, PLACE["fails_all"]]))


def world(seed: int = 3) -> tuple[NDArray[np.float64], NDArray[np.bool_], Fold]:
    """Features, labels by their chance, and the fold of the last day; the day before it is not settled by then."""
    rng = np.random.default_rng(seed)
    values = np.zeros((len(DAYS), 3))
    values[:, PLACE["days_since_last_visit"]] = rng.integers(20, 500, len(DAYS))
    values[:, PLACE["fails_all"]] = rng.integers(0, 3, len(DAYS))
    values[:, PLACE["visits_all"]] = rng.integers(3, 9, len(DAYS))
    labelled = rng.random(len(DAYS)) < chance(values)
    (fold,) = rolling_folds(DAYS, labelled, origins=[ORIGIN], gap_days=190, calibration_windows=1, horizon_days=90)
    return values, labelled, fold


def fitted(values: NDArray[np.float64], labelled: NDArray[np.bool_], fold: Fold, **other: Any) -> Propensity:
    return visit_propensity(values, labelled, DAYS, fold, CATALOG, **{"seed": 1, **other})


@pytest.fixture(scope="module")
def found() -> Propensity:
    return fitted(*world())


def test_it_is_right_where_the_truth_is_known(found: Propensity) -> None:
    values, _, fold = world()
    apart = found.probability - chance(values[fold.test])
    assert np.abs(apart).mean() < 0.04
    assert abs(apart.mean()) < 0.03
    assert found.kind == "fitted"
    assert found.loss is not None
    assert found.base_loss is not None
    assert found.loss < found.base_loss - 0.02


def test_every_probability_lies_inside_0_and_1(found: Propensity) -> None:
    assert found.probability.shape == (700,)
    assert ((found.probability >= FARTHEST) & (found.probability <= 1 - FARTHEST)).all()


def test_it_learns_from_all_rows_of_the_days_that_are_over(found: Propensity) -> None:
    _, labelled, _ = world()
    assert (found.rows, found.labelled) == (2_800, int(labelled[:2_800].sum()))


def test_labels_of_days_that_are_not_over_change_nothing(found: Propensity) -> None:
    values, labelled, fold = world()
    labelled[DAYS >= 400] = ~labelled[DAYS >= 400]
    values[(DAYS == 400)] += 9
    assert (fitted(values, labelled, fold).probability == found.probability).all()
    labelled[DAYS == 0] = ~labelled[DAYS == 0]
    assert (fitted(values, labelled, fold).probability != found.probability).any()


def test_the_unit_of_a_site_is_one_more_category() -> None:
    values, labelled, fold = world()
    rng = np.random.default_rng(8)
    unit = pd.Series(np.where(rng.random(len(DAYS)) < 0.5, "north", "south"), index=np.arange(len(DAYS))[::-1])
    busy = (unit == "north").to_numpy()
    labelled |= busy & (rng.random(len(DAYS)) < 0.6)
    found = fitted(values, labelled, fold, unit=unit)
    blind = fitted(values, labelled, fold)
    expected = 1 - (1 - chance(values)) * np.where(busy, 0.4, 1.0)
    assert np.abs(found.probability - expected[fold.test]).mean() < 0.06
    assert np.abs(blind.probability - expected[fold.test]).mean() > 0.1
    nothing = fitted(values, labelled, fold, unit=unit.where(unit == "none"))
    assert (nothing.probability == blind.probability).all()


def test_a_pattern_that_turns_round_gives_everybody_the_share() -> None:
    values, labelled, fold = world()
    late = DAYS == 300  # the calibration day: whoever waited is left alone
    labelled[late] = np.random.default_rng(1).random(late.sum()) < 1 - chance(values[late])
    found = fitted(values, labelled, fold)
    assert found.kind == "constant"
    assert found.probability == pytest.approx(np.full(700, labelled[late].mean()))
    assert found.note == "the model does not rank the visits of later days the right way"


def test_too_few_labels_give_no_probability_and_the_reason() -> None:
    values, labelled, fold = world()
    some = np.zeros(len(labelled), dtype=bool)
    some[fold.train[:30]] = True
    few = dataclasses.replace(fold, train=np.flatnonzero(some & (DAYS < 300)))
    found = visit_propensity(values, some, DAYS, few, CATALOG, seed=1)
    assert np.isnan(found.probability).all()
    assert found.kind == ""
    assert found.note.startswith("30 of ")
    assert found.note.endswith("rows of the training days are labelled, 50 of either kind are needed")


def test_facts_are_plain_and_the_same_seed_gives_the_same_bits(found: Propensity) -> None:
    assert set(json.loads(json.dumps(found.facts()))) == {"kind", "loss", "base_loss", "rows", "labelled", "note"}
    assert (fitted(*world()).probability == found.probability).all()


def test_what_it_reads_stays_as_it_is() -> None:
    values, labelled, fold = world()
    before = values.copy(), labelled.copy()
    fitted(values, labelled, fold)
    assert (values == before[0]).all()
    assert (labelled == before[1]).all()


def test_a_fold_that_learns_from_its_own_day_is_refused() -> None:
    values, labelled, fold = world()
    with pytest.raises(DataError, match="learns from day 500; earlier days only are allowed"):
        fitted(values, labelled, dataclasses.replace(fold, train=fold.test))


def test_vectors_of_unequal_length_are_refused() -> None:
    values, labelled, fold = world()
    with pytest.raises(DataError, match=r"must tell of the same rows; got lengths \[4199, 4200\]"):
        fitted(values, labelled[1:], fold)
