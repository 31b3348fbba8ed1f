"""The sweep of declared directions: it finds every violation that a slow oracle finds, and none where there is none."""

import re
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.features.catalog import Catalog, load_catalog
from riskml.models import monotone
from riskml.models.boosting import Boosted, train
from riskml.models.monotone import check_monotone, monotone_violations, thresholds_of

CATALOG = load_catalog().select(["fails_all", "clean_streak", "visits_all", "format_code"])
"""Risk may not fall, may not rise, is free, and a category."""
SIGNS = {"fails_all": 1, "clean_streak": -1}


def matrix(rows: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 9, (rows, 4)).astype(np.float64)
    for place, feature in enumerate(CATALOG.features):
        if not feature.is_category:
            values[rng.random(rows) < 0.15, place] = np.nan
    return values


def unconstrained(values: NDArray[np.float64], fail: NDArray[np.bool_], **changes: Any) -> Boosted:
    """What LightGBM learns when nobody tells it the directions."""
    settings = {"objective": "binary", "num_leaves": 6, "min_data_in_leaf": 10, "verbosity": -1, "num_threads": 1}
    places = [place for place, feature in enumerate(CATALOG.features) if feature.is_category]
    data = lgb.Dataset(values, fail.astype(float), feature_name=CATALOG.names, categorical_feature=places)
    text = lgb.train({**settings, **changes}, data, 12).model_to_string()
    return Boosted(text, len(fail), int(fail.sum()), 12)


def slow_steps(model: Boosted, rows: NDArray[np.float64], name: str) -> int:
    """Steps against the direction, by scoring every quarter from -1 to 10 in each row."""
    place, sign = CATALOG.names.index(name), SIGNS[name]
    found = 0
    for row in rows:
        sweep = np.tile(row, (45, 1))
        sweep[:, place] = np.arange(-1, 10.25, 0.25)
        found += int((sign * np.diff(model.raw_scores(sweep)) < 0).sum())
    return found


@settings(max_examples=8)
@given(st.integers(0, 10**6))
def test_the_walk_finds_the_steps_that_a_fine_sweep_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = matrix(600, seed)
    odds = np.nan_to_num(values, nan=4.0) @ rng.normal(0, 0.4, 4)
    model = unconstrained(values, rng.random(600) < 1 / (1 + np.exp(odds.mean() - odds)))
    asked = values[:15]
    found = {one.feature: one for one in monotone_violations(model, CATALOG, asked)}
    for name in SIGNS:
        assert (found[name].steps if name in found else 0) == slow_steps(model, asked, name)


def test_a_model_trained_with_the_directions_has_no_violation_even_against_the_data() -> None:
    values = matrix(2_000, 1)
    odds = np.nan_to_num(values[:, CATALOG.names.index("clean_streak")], nan=4.0) - 4
    fail = np.random.default_rng(2).random(2_000) < 1 / (1 + np.exp(-odds))
    assert monotone_violations(train(values, fail, CATALOG, seed=1), CATALOG, values) == ()
    against = {one.feature: one.worst for one in monotone_violations(unconstrained(values, fail), CATALOG, values)}
    assert against["clean_streak"] > 1 > against.get("fails_all", 0.0)


def planted(leaf: str) -> Boosted:
    """A tree with two splits on fails_all, at 1.5 and at 6.5; `leaf` is what lies above."""
    values = matrix(800, 3)
    values[:, CATALOG.names.index("fails_all")] = np.arange(800) % 9
    column = values[:, CATALOG.names.index("fails_all")]
    fail = np.random.default_rng(4).random(800) < np.where(column > 6.5, 0.9, np.where(column > 1.5, 0.5, 0.1))
    model = unconstrained(values, fail, num_leaves=3)
    first = model.text.index("leaf_value=")
    end = model.text.index("\n", first)
    leaves = model.text[first + 11 : end].split()
    top = max(range(len(leaves)), key=lambda place: float(leaves[place]))
    leaves[top] = leaf
    text = model.text[:first] + "leaf_value=" + " ".join(leaves) + model.text[end:]
    cut = re.sub(r"\ntree_sizes=.*", "", text)
    return Boosted(cut, 800, 400, 12)


def test_a_single_planted_leaf_is_found_with_its_threshold_and_size() -> None:
    model, values = planted("-9"), matrix(50, 5)
    assert monotone_violations(planted("9"), CATALOG, values) == ()
    (found,) = monotone_violations(model, CATALOG, values)
    assert (found.feature, found.monotone) == ("fails_all", 1)
    assert found.at == pytest.approx(6.5)
    assert found.steps == len(values)
    assert 5 < found.worst < 9
    with pytest.raises(DataError, match=r"breaks 1 declared directions: the score falls by up to .* passes 6\.5"):
        check_monotone(model, CATALOG, values)


def test_the_walk_meets_what_lies_between_a_threshold_and_zero() -> None:
    catalog = load_catalog().select(["fails_all"])
    values = np.random.default_rng(1).choice([-2.0, 0.0, 3.0], (3_000, 1))  # the only threshold below 3 is -1e-35
    fail = np.random.default_rng(2).random(3_000) < np.where(values[:, 0] < 0, 0.8, 0.2)
    data = lgb.Dataset(values, fail.astype(float), feature_name=catalog.names)
    text = lgb.train({"objective": "binary", "verbosity": -1, "num_leaves": 2}, data, 3).model_to_string()
    (found,) = monotone_violations(Boosted(text, 3_000, int(fail.sum()), 3), catalog, values[:40])
    assert found.steps == 40
    assert abs(found.at) < 1e-34


def test_features_that_are_free_or_never_split_are_left_alone() -> None:
    free = Catalog(tuple(f for f in CATALOG.features if f.name in ("visits_all", "format_code")))
    values = matrix(600, 7)[:, :2]
    fail = np.random.default_rng(1).random(600) < 0.3
    assert monotone_violations(train(values, fail, free, seed=1), free, values) == ()


def test_more_thresholds_mean_fewer_rows_but_never_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monotone, "STEPS", 1)
    (found,) = monotone_violations(planted("-9"), CATALOG, matrix(50, 5))
    assert found.steps == monotone.LEAST_ROWS


def test_thresholds_are_those_of_the_text() -> None:
    text = "Tree=0\nsplit_feature=2 0\nthreshold=1.5 1.0000000180025095e-35\n\nTree=1\nsplit_feature=2\nthreshold=0.5\n"
    found = thresholds_of(text)
    assert {place: cuts.tolist() for place, cuts in found.items()} == {0: [1.0000000180025095e-35], 2: [0.5, 1.5]}
    assert thresholds_of("tree\nversion=v4\n") == {}
