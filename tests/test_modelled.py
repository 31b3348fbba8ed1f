"""What the training stages are given: each fold its own model, day, settings and records, none taken for another."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml import modelled
from riskml.cohorts import Fold
from riskml.explanation.whole import Effort
from riskml.features.category_names import category_names
from riskml.features.leniency import excess_fails
from riskml.line import Line
from riskml.models.boosting import Boosted
from riskml.models.origin import Material
from riskml.models.policies import visit_severity
from riskml.models.propensity import visit_propensity
from riskml.records.days import to_days
from riskml.records.log import event_log
from riskml.study import Study
from small_lines import small_line


@pytest.fixture(scope="module")
def study() -> Study:
    return small_line()[0]


@pytest.fixture(scope="module")
def line() -> Line:
    return small_line()[1]


@pytest.fixture(scope="module")
def rows(line: Line) -> pd.DataFrame:
    """The cohort, its features beside it."""
    parts = [line.cohort.tables["rows"], line.features.tables["features"]]
    return pd.concat([part.reset_index(drop=True) for part in parts], axis=1)


@pytest.fixture
def told(study: Study, line: Line, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the stage of explanations hands on."""
    seen: dict[str, Any] = {}

    def explained(
        material: Material, folds: Sequence[Fold], models: Sequence[Boosted], settings: Any, **asked: Any
    ) -> dict[str, pd.DataFrame]:
        seen.update(material=material, folds=folds, models=models, settings=settings, **asked)
        return {}

    monkeypatch.setattr(modelled, "explained", explained)
    bundles = (line.cohort, line.features, line.scores, line.model)
    modelled.explained_model(study, line.folds, *bundles, line.records)
    return seen


def test_every_fold_is_explained_by_the_model_that_it_trained(line: Line, told: dict[str, Any]) -> None:
    assert told["folds"] == line.folds
    sizes = [len(fold.train) for fold in line.folds]
    assert len(set(sizes)) == len(sizes) > 2
    assert [model.rows for model in told["models"]] == sizes
    fail = told["material"].fail
    assert [model.positives for model in told["models"]] == [int(fail[fold.train].sum()) for fold in line.folds]
    assert told["models"][-1].text == line.model.facts["text"]
    assert [model.text.count("\nTree=") for model in told["models"]] == [model.trees for model in told["models"]]


def test_the_models_explain_with_the_settings_of_the_study(study: Study, line: Line, told: dict[str, Any]) -> None:
    settings = told["settings"]
    assert (settings.seed, settings.has_severity) == (7, True)
    assert settings.boosting == study["model"]
    assert settings.maps == study["calibration"]["maps"]
    assert told["effort"] == Effort(refits=1, rows=60, features=3)
    assert told["categories"] == line.features.facts["categories"]


def test_pairs_are_those_of_the_exported_model(line: Line, told: dict[str, Any]) -> None:
    exported = told["models"][-1]
    values = told["material"].values[line.folds[-1].test][:4]
    wide = values.shape[1]
    contributions = exported.contributions(values)[:, :wide]
    moving = np.argsort(-np.abs(contributions).sum(axis=0))[:2].tolist()
    pairs = told["pairs"](values, sorted(moving))
    assert pairs.shape == (4, 2, 2)
    everything = told["pairs"](values, list(range(wide)))
    assert np.abs(everything.sum(axis=2) - contributions).max() < 1e-9


def test_the_exported_model_scores_the_sites_of_the_last_day(line: Line, rows: pd.DataFrame) -> None:
    today = line.model.tables["today"]
    last = rows[rows["as_of"] == pd.Timestamp(line.records.observed_to)]
    assert today["site_id"].tolist() == last["site_id"].tolist()
    model, calibration = line.model.facts, line.model.facts["calibration"]
    boosted = Boosted(model["text"], model["rows"], model["positives"], model["trees"])
    raw = boosted.raw_scores(last[model["features"]].to_numpy(np.float64))
    assert calibration["kind"] in ("none", "platt")
    odds = raw * calibration["slope"] + calibration["intercept"] if calibration["kind"] == "platt" else raw
    assert today["probability"].to_numpy() == pytest.approx(1.0 / (1.0 + np.exp(-odds)), abs=1e-12)
    moved = line.model.tables["contributions"].to_numpy(np.float64)
    assert moved.sum(axis=1) == pytest.approx(raw, abs=1e-9)


def test_scored_rows_carry_the_facts_of_their_own_site_and_day(line: Line, rows: pd.DataFrame) -> None:
    scored = line.scores.tables["scored_rows"]
    offices = line.records.sites.set_index("site_id")["office"]
    assert scored["office"].tolist() == offices.loc[scored["site_id"]].tolist()
    both = scored.merge(rows, on=["site_id", "as_of"], validate="one_to_one", suffixes=("", "_cohort"))
    assert len(both) == len(scored) == sum(len(fold.test) for fold in line.folds[:-1])
    assert both["fail"].equals(both["fail_cohort"])
    assert both["inspection_id"].equals(both["inspection_id_cohort"])
    harm = visit_severity(scored["inspection_id"], event_log(line.records))
    assert scored["harm"].astype(float).tolist() == pytest.approx(np.asarray(harm, dtype=float).tolist(), nan_ok=True)
    assert scored["harm"].notna().any()


def test_the_propensity_tells_visited_sites_from_others(line: Line) -> None:
    scored = line.scores.tables["scored_rows"]
    visited = scored["fail"].notna()
    chance = scored["propensity"]
    assert chance.between(0.0, 1.0).all()
    assert chance[visited].mean() > chance[~visited].mean()
    assert [bool(fold["propensity"]) for fold in line.scores.facts["folds"]] == [True] * (len(line.folds) - 1)


def test_the_propensity_is_that_of_the_offices(line: Line, rows: pd.DataFrame) -> None:
    fold, scored = line.folds[0], line.scores.tables["scored_rows"]
    office = rows["site_id"].map(line.records.sites.set_index("site_id")["office"])
    table = modelled.feature_table(line.features)
    asked = (table.values, rows["fail"].notna().to_numpy(bool), to_days(rows["as_of"]), fold, table.catalog)
    expected = visit_propensity(*asked, seed=7, unit=office).probability
    assert scored["propensity"].to_numpy()[: len(fold.test)].tolist() == expected.tolist()
    assert np.abs(visit_propensity(*asked, seed=7).probability - expected).max() > 1e-3


NAMES = ("visits_365d", "fails_365d", "area_m2", "format_code")


class Seen(Exception):  # noqa: N818 - it ends the stage once its first origin was handed over
    """The first origin's material and what stands beside it."""


@pytest.fixture
def handed(study: Study, line: Line, monkeypatch: pytest.MonkeyPatch) -> Sequence[Any]:
    """What the first origin is scored from, in a study of some features, with severity and leniency to be learned."""

    def origin_scores(*given: Any) -> None:
        raise Seen(*given)

    monkeypatch.setattr(modelled, "origin_scores", origin_scores)
    model = {**study["model"], "severity": True, "leniency": True}
    asked = dataclasses.replace(study, settings={**study.settings, "features": {"names": NAMES}, "model": model})
    log = event_log(line.records)
    with pytest.raises(Seen) as seen:
        modelled.scored(asked, line.folds, line.cohort, line.features, line.graded, line.records, log)
    return seen.value.args


def test_an_origin_learns_from_what_the_study_names(line: Line, rows: pd.DataFrame, handed: Sequence[Any]) -> None:
    material, fold, settings, _, systems = handed
    assert set(material.catalog.names) == set(NAMES)
    assert material.values == pytest.approx(rows[material.catalog.names].to_numpy(np.float64), nan_ok=True)
    assert len(material.table.catalog.names) > len(NAMES)
    assert fold is line.folds[0]
    assert (settings.seed, list(systems)) == (7, ["nanchang", "shenzhen_general"])
    log = event_log(line.records)
    points = visit_severity(rows["inspection_id"], log)
    assert material.severity == pytest.approx(points, nan_ok=True)
    adjusted = excess_fails(rows["site_id"], to_days(rows["as_of"]), line.records.inspections, log)
    assert material.excess == pytest.approx(adjusted, nan_ok=True)


def test_an_origin_has_the_grades_of_its_own_day_and_of_the_days_that_calibrate_it(
    line: Line, rows: pd.DataFrame, handed: Sequence[Any]
) -> None:
    grades = handed[3]
    fold = line.folds[0]
    days = set(rows["as_of"].iloc[np.concatenate([fold.test, fold.calibrate])])
    assert len(days) > 1
    assert days <= set(grades["as_of"])
    assert not grades.duplicated(["system", "site_id", "as_of"]).any()


def test_without_being_asked_nothing_is_learned_from_severity_or_inspectors(
    study: Study, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def origin_scores(*given: Any) -> None:
        raise Seen(*given)

    monkeypatch.setattr(modelled, "origin_scores", origin_scores)
    log = event_log(line.records)
    with pytest.raises(Seen) as seen:
        modelled.scored(study, line.folds, line.cohort, line.features, line.graded, line.records, log)
    material = seen.value.args[0]
    assert (material.severity, material.excess) == (None, None)
    assert material.catalog.names == material.table.catalog.names


def test_the_exported_model_has_the_features_that_the_study_names(study: Study, line: Line) -> None:
    asked = dataclasses.replace(study, settings={**study.settings, "features": {"names": NAMES}})
    made = modelled.modelled(asked, line.folds[-1], line.cohort, line.features, line.records)
    assert set(made.facts["features"]) == set(NAMES)
    assert f"feature_names={' '.join(made.facts['features'])}\n" in made.facts["text"]
    assert made.facts["rows"] == len(line.folds[-1].train)


def test_a_category_is_explained_by_its_name_and_its_own_sites(line: Line, rows: pd.DataFrame) -> None:
    told = line.explained.tables["dependence"]
    told = told[(told["feature"] == "format_code") & (told["kind"] == "category")]
    judged = rows.iloc[np.concatenate([fold.test for fold in line.folds])]
    kinds = judged["site_id"].map(line.records.sites.set_index("site_id")["format_code"]).value_counts()
    codes = line.features.facts["categories"]["format_code"]
    for lang, place in (("en", 0), ("zh", 1)):
        names = {code: pair[place] for code, pair in zip(codes, category_names("format_code", codes), strict=True)}
        expected = {(names[code], int(many)) for code, many in kinds.items()}
        assert set(zip(told[f"label_{lang}"], told["rows"], strict=True)) <= expected
    assert len(told) > 3


def test_the_scorecard_counts_the_rows_that_the_exported_model_learned_from(line: Line, rows: pd.DataFrame) -> None:
    card, learned = line.model.tables["scorecard"], rows.iloc[line.folds[-1].train]
    assert card.loc[0, "rows"] == len(learned)
    assert card.loc[0, "fail_rate"] == pytest.approx(float(learned["fail"].astype(float).mean()))
    numbers = card[card["low"].notna() & ~card["missing"].astype(bool)]
    for feature, low, high, many in numbers[["feature", "low", "high", "rows"]].itertuples(index=False):
        values = learned[feature]
        assert int(((values > low) & (values <= high)).sum()) == many
    assert numbers["feature"].nunique() > 2
