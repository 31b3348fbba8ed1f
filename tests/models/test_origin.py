"""Every policy of one origin: fitted without a bit of the rows it is judged on, and complete."""

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bureaus import bureau, day, visit
from riskml.cohorts import Fold
from riskml.errors import DataError
from riskml.features.build import Table
from riskml.features.catalog import load_catalog
from riskml.models.boosting import DEFAULTS
from riskml.models.deployment import deployed
from riskml.models.origin import Material, Settings, origin_scores
from riskml.models.policies import NEEDED, OF_THE_VISIT, scored_rows, visit_severity
from riskml.models.scorecard import PDO
from riskml.records.log import event_log

DAYS, SITES = 7, 400
NAMES = [*NEEDED, "clean_streak", "format_code"]
SETTINGS = Settings(
    seed=3, boosting={**DEFAULTS, "trees": 30}, maps=("none", "platt", "beta", "isotonic"), has_severity=True
)


def material(seed: int = 1, *, severity: bool = True) -> Material:
    """Seven planning days of 400 sites; one visit in four did not happen on the last day."""
    rng = np.random.default_rng(seed)
    catalog = load_catalog().select(NAMES)
    values = rng.integers(0, 6, (DAYS * SITES, len(NAMES))).astype(np.float64)
    values[rng.random(values.shape) < 0.05] = np.nan
    place = {name: catalog.names.index(name) for name in NAMES}
    for name in ("visits_all", "fails_all"):
        values[:, place[name]] = np.nan_to_num(values[:, place[name]], nan=1.0)
    odds = 0.6 * values[:, place["fails_all"]] - 2.5
    fail = pd.Series(rng.random(len(values)) < 1 / (1 + np.exp(-odds)), dtype="boolean")
    fail[(np.arange(len(values)) >= (DAYS - 1) * SITES) & (rng.random(len(values)) < 0.25)] = pd.NA
    rows = pd.DataFrame(
        {
            "site_id": [f"s{k % SITES}" for k in range(DAYS * SITES)],
            "as_of": np.repeat([day(100 * k) for k in range(DAYS)], SITES),
            "fail": fail,
            "inspection_id": pd.Series([f"v{k}" for k in range(DAYS * SITES)], dtype="str").where(fail.notna()),
            "visited_on": np.repeat([day(100 * k + 5) for k in range(DAYS)], SITES),
            "inspector": pd.Series(rng.choice(["a", "b", "c"], DAYS * SITES), dtype="str"),  # of unsettled visits too
            "label_version": "v1",
        }
    )
    points = np.where(fail.fillna(False).to_numpy(bool), 4.0, 1.0)
    points = np.where(fail.notna(), points, np.nan)
    table = Table(values, catalog, {"format_code": list("ABCDEF")})
    return Material.of(rows, table, [], points if severity else None)


def fold() -> Fold:
    ends = np.array([0, 4, 6, 7]) * SITES
    train, calibrate, test = (np.arange(a, b) for a, b in pairwise(ends))
    return Fold(600, train, calibrate, test)


def grades(given: Material) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    level = rng.integers(0, 3, len(given.rows)).astype(np.float64)
    made = given.rows[["site_id", "as_of"]].assign(system="x/one", level=level.astype(str), points=level * 10)
    return made.assign(level_score=level, points_score=level + 0.5)


def scores(given: Material, settings: Settings = SETTINGS, at: Fold | None = None) -> tuple[pd.DataFrame, Any]:
    return origin_scores(given, at or fold(), settings, grades(given), ["x/one"])


@pytest.fixture(scope="module")
def made() -> tuple[pd.DataFrame, Any]:
    return scores(material())


def test_every_policy_scores_every_row_of_the_origin(made: tuple[pd.DataFrame, Any]) -> None:
    table, _ = made
    assert list(table.columns) == [
        "random", "last_outcome", "past_fail_rate", "perfect", "best_feature", "logistic", "scorecard",
        "inspector_only", "grade_x_one", "grade_x_one_points", "grade_x_one_plus_model", "model", "expected_severity",
    ]  # fmt: skip
    assert len(table) == SITES
    assert table.notna().all(axis=None)
    assert table["model"].between(0, 1).all()


def test_the_outcomes_judged_reach_the_perfect_order_only(made: tuple[pd.DataFrame, Any]) -> None:
    given = material()
    rows = given.rows.copy()
    later = rows.index >= (DAYS - 1) * SITES
    rows.loc[later, "fail"] = ~rows.loc[later, "fail"]
    told = scores(dataclasses.replace(given, rows=rows))[0]
    pd.testing.assert_frame_equal(told.drop(columns="perfect"), made[0].drop(columns="perfect"))
    assert not told["perfect"].equals(made[0]["perfect"])


def test_the_inspectors_of_the_visits_judged_reach_inspector_only_alone(made: tuple[pd.DataFrame, Any]) -> None:
    given = material()
    rows = given.rows.copy()
    later = rows.index >= (DAYS - 1) * SITES
    rows.loc[later, "inspector"] = rows.loc[later, "inspector"].sample(frac=1, random_state=1).to_numpy()
    told = scores(dataclasses.replace(given, rows=rows))[0]
    changed = [name for name in told if not told[name].equals(made[0][name])]
    assert changed == ["inspector_only"]
    assert set(OF_THE_VISIT) == {"perfect", "inspector_only"}


def test_a_row_without_a_settled_visit_gets_the_base_rate_of_inspectors(made: tuple[pd.DataFrame, Any]) -> None:
    given = material()
    unvisited = given.rows["fail"].iloc[fold().test].isna().to_numpy()
    base = given.fail[fold().train].mean()
    assert unvisited.sum() > 50
    assert set(made[0]["inspector_only"][unvisited]) == {base}
    assert base not in set(made[0]["inspector_only"][~unvisited])


def test_without_any_known_inspector_there_is_no_such_policy() -> None:
    given = material(severity=False)
    rows = given.rows.assign(inspector=pd.Series([None] * len(given.rows), dtype="str"))
    table, facts = scores(dataclasses.replace(given, rows=rows))
    assert "inspector_only" not in table
    assert "expected_severity" not in table
    assert facts["inspectors"] == 0


def test_the_stack_is_fitted_on_the_calibration_rows_and_falls_back_to_the_model_without_them(
    made: tuple[pd.DataFrame, Any],
) -> None:
    assert made[1]["stacks"]["grade_x_one"]["note"] == ""
    whole = fold()
    none = Fold(whole.origin, whole.train, np.empty(0, dtype=np.int64), whole.test)
    table, facts = scores(material(), at=none)
    assert "0 failures in 0 rows" in facts["stacks"]["grade_x_one"]["note"]
    order = np.argsort(table["model"].to_numpy(), kind="stable")
    assert (np.diff(table["grade_x_one_plus_model"].to_numpy()[order]) >= 0).all()


def test_facts_are_plain_values_that_say_what_was_fitted(made: tuple[pd.DataFrame, Any]) -> None:
    import json

    facts = json.loads(json.dumps(made[1]))
    assert facts == made[1]
    assert (facts["rows"], facts["trees"], facts["best_feature"], facts["inspectors"]) == (1_600, 30, "fails_all", 3)
    assert facts["calibration"]["rows"] == 800


def test_severity_is_refused_where_the_source_records_none() -> None:
    with pytest.raises(DataError, match="records no severity of visits; leave out severity in"):
        scores(material(), dataclasses.replace(SETTINGS, has_severity=False))


def test_the_severity_of_a_visit_is_what_was_known_with_it() -> None:
    records = bureau([visit("v1", 10, key_fail=2, result="fail"), visit("v2", 20, site="s2", general_fail=1)])
    weights = records.outcome.severity
    for log in (event_log(records), event_log(records).iloc[::-1]):
        points = visit_severity(pd.Series(["v2", None, "v1", "v9"], dtype="str"), log)
        assert points[[0, 2]].tolist() == [weights["general_fail"], 2 * weights["key_fail"]]
        assert np.isnan(points[[1, 3]]).all()


def test_scored_rows_name_the_rows_and_prefix_the_policies(made: tuple[pd.DataFrame, Any]) -> None:
    rows = material().rows.iloc[fold().test]
    table = scored_rows(rows, made[0])
    assert list(table.columns[:8]) == [
        "site_id", "as_of", "inspection_id", "visited_on", "fail", "origin", "inspector", "weight",
    ]  # fmt: skip
    assert table["score_model"].tolist() == made[0]["model"].tolist()
    assert table["site_id"].tolist() == rows["site_id"].tolist()


def test_the_deployed_model_comes_with_its_contributions_and_its_scorecard(made: tuple[pd.DataFrame, Any]) -> None:
    given = material(severity=False)
    tables, facts = deployed(given, fold(), SETTINGS, {"format_code": list("ABCDEF")})
    assert facts["features"] == given.catalog.names
    assert (facts["rows"], facts["first_day"], facts["last_day"]) == (1_600, "2020-01-01", "2021-05-15")
    assert len(tables["today"]) == len(tables["contributions"]) == SITES
    assert list(tables["contributions"].columns) == [*given.catalog.names, "expected"]
    assert tables["scorecard"]["pdo"].unique().tolist() == [PDO]
    assert tables["today"]["probability"].tolist() == made[0]["model"].tolist()
