"""The tables about a model as a whole: complete, the same again, and on contributions that shap agrees with."""

from itertools import pairwise

import lightgbm
import numpy as np
import pandas as pd
import pytest

from bureaus import day
from riskml.cohorts import Fold
from riskml.errors import DataError
from riskml.explanation.faithfulness_words import CHECKS
from riskml.explanation.interactions import interactions
from riskml.explanation.whole import Effort, explained
from riskml.export.lightgbm_text import parse_model
from riskml.features.build import Table
from riskml.features.catalog import load_catalog
from riskml.models.boosting import DEFAULTS, Boosted, train
from riskml.models.origin import Material, Settings
from riskml.scorer.explaining.interactions import interaction_values

DAYS, SITES = 4, 300
NAMES = ("visits_365d", "fails_365d", "fails_180d", "area_m2", "staff", "format_code")
CATALOG = load_catalog().select(NAMES)
CATEGORIES = {"format_code": list("ABCD")}
SETTINGS = Settings(seed=3, boosting={**DEFAULTS, "trees": 25, "min_rows_in_leaf": 20}, maps=(), has_severity=False)
EFFORT = Effort(refits=2, rows=120, features=4)


def material(*, category: bool = True) -> Material:
    """Days of sites whose chance of failing rises with failures, all the more at those with much staff."""
    rng = np.random.default_rng(8)
    values = rng.integers(0, 5, (DAYS * SITES, len(NAMES))).astype(np.float64)
    at = {name: CATALOG.names.index(name) for name in NAMES}
    values[:, at["format_code"]] = rng.integers(0, 4, len(values))
    values[rng.random(values.shape) < 0.05] = np.nan
    fails, staff = (np.nan_to_num(values[:, at[name]]) for name in ("fails_365d", "staff"))
    odds = 0.5 * fails - 2.0 + 1.5 * (fails > 2) * (staff > 2)
    rows = pd.DataFrame(
        {
            "site_id": [f"s{k % SITES}" for k in range(len(values))],
            "as_of": np.repeat([day(100 * k) for k in range(DAYS)], SITES),
            "fail": pd.Series(rng.random(len(values)) < 1 / (1 + np.exp(-odds)), dtype="boolean"),
        }
    )
    table = Table(values, CATALOG, CATEGORIES)
    return Material.of(rows, table, [] if category else [name for name in NAMES if name != "format_code"])


def folds() -> list[Fold]:
    """Two origins and the deployment day, each learning from all days before it."""
    ends = np.arange(DAYS + 1) * SITES
    return [
        Fold(int(start), np.arange(start), np.arange(0), np.arange(start, end)) for start, end in pairwise(ends[1:])
    ]


def fitted(given: Material, settings: Settings = SETTINGS) -> list[Boosted]:
    return [
        train(given.values[f.train], given.fail[f.train], given.catalog, seed=settings.seed, settings=settings.boosting)
        for f in folds()
    ]


def whole(effort: Effort = EFFORT, settings: Settings = SETTINGS) -> dict[str, pd.DataFrame]:
    given = material()
    pairs = lambda rows, places: np.ones((len(rows), len(places), len(places)))  # noqa: E731
    return explained(
        given, folds(), fitted(given, settings), settings, categories=CATEGORIES, pairs=pairs, effort=effort
    )


@pytest.fixture(scope="module")
def made() -> dict[str, pd.DataFrame]:
    return whole()


def test_every_table_is_made_and_the_same_again(made: dict[str, pd.DataFrame]) -> None:
    names = ["dependence", "deletion", "faithfulness", "importance", "importance_topics", "interactions", "stability"]
    assert sorted(made) == sorted(names)
    for name, table in whole().items():
        assert len(table)
        pd.testing.assert_frame_equal(table, made[name])


def test_importance_is_of_each_origins_own_model_on_its_own_rows(made: dict[str, pd.DataFrame]) -> None:
    given = material()
    parts = [
        np.abs(model.contributions(given.values[fold.test])[:, :-1]).mean(axis=0)
        for model, fold in zip(fitted(given), folds(), strict=True)
    ]
    table = made["importance"].set_index("feature").loc[CATALOG.names]
    assert table["mean_abs_contribution"].to_numpy() == pytest.approx(np.mean(parts[:-1], axis=0))
    assert table["exported"].to_numpy() == pytest.approx(parts[-1])
    assert (table["origins"] == 2).all()
    first = made["dependence"]["feature"].unique()
    assert len(first) == EFFORT.features
    assert first[0] == "fails_365d"


def test_failures_of_any_window_are_one_topic(made: dict[str, pd.DataFrame]) -> None:
    topics = made["importance_topics"]
    assert topics["features"].iloc[0] == "fails_180d, fails_365d"
    assert topics["feature"].iloc[0] == "fails_365d"
    given = material()
    moved = fitted(given)[-1].contributions(given.values[folds()[-1].test])
    both = moved[:, [CATALOG.names.index(name) for name in ("fails_180d", "fails_365d")]]
    assert topics["exported"].iloc[0] == pytest.approx(np.abs(both.sum(axis=1)).mean())
    assert np.abs(both).sum(axis=1).mean() > 1.0001 * topics["exported"].iloc[0]  # signs differ in some rows


def test_the_checks_hold_for_a_model_explained_by_its_own_contributions(made: dict[str, pd.DataFrame]) -> None:
    checks = made["faithfulness"].set_index("check")
    assert list(checks.index) == list(CHECKS)
    assert checks.loc[["sum", "over_random", "agreement", "scores"], "holds"].all()
    assert len(made["stability"]) == EFFORT.refits
    assert made["deletion"]["rows"].unique().tolist() == [EFFORT.rows]


def test_without_chance_in_the_settings_nothing_is_said_of_stability() -> None:
    settings = Settings(3, {**SETTINGS.boosting, "feature_share": 1.0}, (), has_severity=False)
    tables = whole(settings=settings)
    assert len(tables["stability"]) == 0
    kept = tables["faithfulness"].set_index("check").loc["reasons"]
    assert np.isnan(kept["value"])
    assert "nothing in the settings is left to chance" in kept["reason_en"]
    none = whole(Effort(refits=0, rows=50, features=2))["faithfulness"].set_index("check").loc["reasons", "reason_en"]
    assert none == "this run did not make the check"


def test_as_many_models_as_folds_are_asked_for() -> None:
    given = material()
    with pytest.raises(DataError, match="1 models of 3 folds; needs one each"):
        explained(given, folds(), fitted(given)[:1], SETTINGS, categories=CATEGORIES)


def test_contributions_and_interactions_are_those_of_shap() -> None:
    shap = pytest.importorskip("shap")
    given = material(category=False)
    model = fitted(given)[-1]
    explainer = shap.TreeExplainer(lightgbm.Booster(model_str=model.text), feature_perturbation="tree_path_dependent")
    rows = given.values[-40:]
    moved = model.contributions(rows)
    pairs = np.asarray(explainer.shap_interaction_values(rows))  # its shap_values asks LightGBM, these it computes
    assert pairs.sum(axis=2) == pytest.approx(moved[:, :-1], rel=0, abs=1e-12)
    assert moved[:, -1] == pytest.approx(float(np.ravel(explainer.expected_value)[-1]))
    wide = range(pairs.shape[1])
    assert interaction_values(parse_model(model.text).trees, rows, wide) == pytest.approx(pairs, rel=0, abs=1e-12)
    table = interactions(pairs, rows, moved, given.catalog, wide)
    assert set(table.iloc[0][["feature", "other"]]) == {"fails_365d", "staff"}
    assert table["both_high"].iloc[0] > 0.0
