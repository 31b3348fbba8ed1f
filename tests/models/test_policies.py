"""Baselines and grades as policies: their scores by hand, on the rows of one origin."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bureaus import FIRST, bureau, day, event, visit
from riskml.cohorts import Fold
from riskml.errors import DataError
from riskml.features.build import Table
from riskml.features.catalog import load_catalog
from riskml.models import baselines
from riskml.models.policies import NEEDED, baseline_scores, grade_scores, graded_days
from riskml.records.log import event_log

NAN = float("nan")
FOLD = Fold(100, train=np.arange(3), calibrate=np.array([3]), test=np.array([6, 4, 5]))


def fails(*values: bool | None) -> "pd.Series[bool]":
    return pd.Series(list(values), dtype="boolean")


FAIL = fails(True, False, False, False, None, True, False)


def table(**columns: list[float]) -> Table:
    catalog = load_catalog().select(NEEDED)
    rows = len(FAIL)
    values = np.column_stack([columns.get(name, [0.0] * rows) for name in catalog.names]).astype(np.float64)
    return Table(values, catalog, {})


def scores(*, has_severity: bool = True, **columns: list[float]) -> dict[str, list[float]]:
    made = baseline_scores(table(**columns), FAIL, FOLD, has_severity=has_severity)
    return {str(name): made[name].tolist() for name in made.columns}


def test_the_last_score_is_that_of_the_last_visit_and_a_typical_one_where_there_was_none() -> None:
    # training and calibration rows saw 2, 4 and 9 points: a site without a visit gets their mean, 5
    assert scores(last_visit_points=[2, NAN, 4, 9, 7, NAN, 0])["last_outcome"] == [0, 7, 5]


def test_without_severity_the_last_result_stands_in() -> None:
    made = scores(
        has_severity=False,
        visits_all=[2, 0, 3, 1, 4, 0, 2],
        fails_all=[1, 0, 1, 0, 2, 0, 1],
        visits_since_fail=[0, 0, 2, 1, 0, 0, 1],
        last_visit_points=[50] * 7,
    )
    # past rows: failed at the last visit, never visited, did not, did not: a third of those visited
    assert made["last_outcome"] == pytest.approx([0, 1, 1 / 3])


def test_a_past_without_any_visit_gives_everybody_the_same() -> None:
    assert scores(last_visit_points=[NAN] * 7)["last_outcome"] == [0, 0, 0]


def test_the_past_fail_rate_is_drawn_towards_the_base_rate_of_the_past() -> None:
    made = scores(visits_all=[9, 9, 9, 9, 5, 0, 15], fails_all=[9, 9, 9, 9, 5, 0, 0])
    # the base rate of the past rows is 1 in 4, worth five visits
    assert made["past_fail_rate"] == pytest.approx([1.25 / 20, 6.25 / 10, 0.25])


def test_random_is_one_score_and_perfect_is_the_outcome() -> None:
    made = scores()
    assert made["random"] == [0, 0, 0]
    assert made["perfect"] == [0, 0.5, 1]


def test_test_outcomes_reach_the_perfect_order_only() -> None:
    columns = {"visits_all": [1.0] * 7, "fails_all": [1.0] * 7, "last_visit_points": [3.0] * 7}
    one = baseline_scores(table(**columns), FAIL, FOLD, has_severity=True)
    other = baseline_scores(table(**columns), fails(*FAIL[:4], True, False, True), FOLD, has_severity=True)
    pd.testing.assert_frame_equal(one.drop(columns="perfect"), other.drop(columns="perfect"))
    assert other["perfect"].tolist() == [1, 1, 0]


def test_perfect_without_any_outcome_is_one_score() -> None:
    assert baselines.perfect(fails(None, None)).tolist() == [0, 0]


@pytest.mark.parametrize("name", NEEDED)
def test_records_without_what_the_baselines_need_are_refused(name: str) -> None:
    catalog = load_catalog().select([other for other in NEEDED if other != name])
    short = Table(np.zeros((len(FAIL), len(catalog.features))), catalog, {})
    with pytest.raises(DataError, match=f"the records hold nothing for '{name}', which the baselines rank by"):
        baseline_scores(short, FAIL, FOLD, has_severity=True)


def grades(*rows: tuple[str, str, str | None, float, float]) -> pd.DataFrame:
    columns = ["site_id", "system", "level", "points", "level_score"]
    made = pd.DataFrame(rows, columns=columns).assign(as_of=day(5))
    return made.assign(points_score=made["level_score"] + made["points"].fillna(0) / 100)


ROWS = pd.DataFrame({"site_id": ["b", "a", "c"], "as_of": day(5)}, index=[7, 3, 5])
POINTED = [("a", "x/one", "A", 40.0, 0.0), ("b", "x/one", "B", 20.0, 1.0), ("c", "x/one", None, NAN, 0.5)]
PLAIN = [("a", "y", "low", NAN, 2.0), ("b", "y", "low", NAN, 2.0), ("c", "y", "high", NAN, 4.0)]


def test_grades_score_by_level_and_by_points_where_they_have_some() -> None:
    made = grade_scores(grades(*POINTED, *PLAIN, ("d", "y", "high", NAN, 9.0)), ["x/one", "y"], ROWS)
    assert {str(name): made[name].tolist() for name in made.columns} == {
        "grade_x_one": [1.0, 0.0, 0.5],
        "grade_x_one_points": [1.2, 0.4, 0.5],
        "grade_y": [2.0, 2.0, 4.0],
    }


def test_grades_of_another_day_do_not_count() -> None:
    table = grades(*PLAIN)
    later = table.assign(as_of=day(6), level_score=99.0)
    assert grade_scores(pd.concat([later, table]), ["y"], ROWS)["grade_y"].tolist() == [2.0, 2.0, 4.0]


def test_a_system_that_gives_nobody_a_level_is_refused() -> None:
    silent = grades(*((site, "y", None, NAN, 0.0) for site in "abc"))
    for table in (silent, grades(*POINTED)):
        with pytest.raises(DataError, match=r"system 'y' gives no active site a level on 2020-01-06; leave it out of"):
            grade_scores(table, ["y"], ROWS)


def test_no_systems_give_no_columns() -> None:
    assert grade_scores(graded_days(bureau(), event_log(bureau()), [], [FIRST]), [], ROWS).shape == (3, 0)


def test_every_site_is_graded_on_every_day_by_what_was_known_then() -> None:
    sites: list[dict[str, Any]] = [{"site_id": "s1", "risk_category": 1}, {"site_id": "s2", "risk_category": 3}]
    raised = event("e", "RISK_CATEGORY", 20, known=30, quantity=3)
    records = bureau([visit("v1", 10)], [raised], sites=sites)
    made = graded_days(records, event_log(records), ["chicago_risk"], [FIRST + 30, FIRST + 31])
    assert made[["site_id", "as_of"]].to_numpy().tolist() == [
        ["s1", day(30)], ["s2", day(30)], ["s1", day(31)], ["s2", day(31)],
    ]  # fmt: skip
    before, after = made[made["as_of"] == day(30)], made[made["as_of"] == day(31)]
    assert before["level_score"].iloc[0] < before["level_score"].iloc[1]
    assert after["level_score"].iloc[0] == after["level_score"].iloc[1] == before["level_score"].iloc[1]
