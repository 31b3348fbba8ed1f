"""Grades as operated: frozen on the day of publication, and a score for every site."""

import dataclasses
from typing import Any

import pandas as pd
import pytest

from bureaus import FIRST, bureau, day, event, visit
from plain_tables import plain_table
from riskml.grades import load_system
from riskml.models.policies import graded_days, operated_days, operated_scores, publication_period
from riskml.records.log import event_log
from riskml.records.store import Records

SITES: list[dict[str, Any]] = [{"site_id": "old"}, {"site_id": "bad"}, {"site_id": "new", "registered_on": day(450)}]
ORIGINS = [390, 500, 800]
"""Of 2021 two, of 2022 one: 1 January 2021 is day 366, 1 January 2022 day 731."""


@pytest.fixture(scope="module")
def records() -> Records:
    """`bad` has failed samples that became known in February 2021, `worse` ones before that year."""
    samples = [event(f"e{k}", "SAMP_SEVERE", 395 + k, known=400 + k, site="bad") for k in range(4)]
    early = [event(f"w{k}", "SAMP_SEVERE", 300 + k, site="worse") for k in range(4)]
    sites = [*SITES, {"site_id": "worse"}]
    return bureau([visit("v1", 10, site="old")], [*samples, *early], sites=sites)


def scores(records: Records, system: str = "nanchang", origins: list[int] = ORIGINS) -> "pd.DataFrame":
    made = operated_days(records, event_log(records), [system], [FIRST + origin for origin in origins])
    rows = pd.DataFrame(
        [(site, day(origin)) for origin in origins for site in ("bad", "new", "old", "worse")],
        columns=["site_id", "as_of"],
    )
    return rows.assign(score=operated_scores(made, rows)[f"grade_{system.replace('/', '_')}_operated"])


def test_a_level_stays_what_it_was_on_the_first_of_january(records: Records) -> None:
    told = scores(records).set_index(["as_of", "site_id"])["score"].unstack()
    assert told["bad"].tolist()[:2] == [0.0, 0.0]  # what became known in February counts from the next January
    assert told["bad"][day(800)] > 0
    assert (told["worse"].iloc[:2] > 0).all()
    log = event_log(records)
    now = graded_days(records, log, ["nanchang"], [FIRST + 500])
    assert now.set_index("site_id")["level_score"]["bad"] > 0
    frozen = graded_days(records, log, ["nanchang"], [FIRST + 366]).set_index("site_id")["level_score"]
    assert [told[site][day(500)] for site in ("bad", "old", "worse")] == [
        frozen[site] for site in ("bad", "old", "worse")
    ]


def test_a_site_younger_than_the_publication_has_the_mean_of_the_others(records: Records) -> None:
    told = scores(records).set_index(["as_of", "site_id"])["score"].unstack()
    assert told["new"][day(500)] == pytest.approx(told.loc[day(500), ["bad", "old", "worse"]].mean())
    assert told["new"][day(500)] > 0
    assert told["new"][day(800)] == 0.0  # by then it stood on 1 January


def test_a_level_that_the_authority_published_itself_wins_even_for_a_young_site(records: Records) -> None:
    worst = load_system("nanchang").levels[-1].code
    own = {"site_id": "new", "system": "nanchang", "level": worst, "valid_from": day(460), "known_on": day(460)}
    changed = dataclasses.replace(records, grades=plain_table("grades", pd.DataFrame([own])))
    told = scores(changed, origins=[500]).set_index("site_id")["score"]
    assert told["new"] == len(load_system("nanchang").levels) - 1


def test_facts_after_the_publication_change_nothing(records: Records) -> None:
    late = event("late", "SAMP_SEVERE", 370, known=370, site="old")
    more = plain_table("events", pd.DataFrame([late]))
    changed = dataclasses.replace(records, events=pd.concat([records.events, more], ignore_index=True))
    asked = [390, 500]
    pd.testing.assert_frame_equal(scores(changed, origins=asked), scores(records, origins=asked))
    assert scores(changed, origins=[800])["score"].tolist() != scores(records, origins=[800])["score"].tolist()


def test_monthly_levels_are_frozen_by_the_month_and_daily_ones_not_at_all(records: Records) -> None:
    log, days = event_log(records), [FIRST + 390, FIRST + 500]
    made = operated_days(records, log, ["shenzhen_general", "chicago_risk", "nanchang"], days)
    told = made.groupby("system")["graded_on"].unique()
    assert [f"{one:%Y-%m-%d}" for one in told["shenzhen_general"]] == ["2021-01-01", "2021-05-01"]
    assert [f"{one:%Y-%m-%d}" for one in told["nanchang"]] == ["2021-01-01"]
    assert "chicago_risk" not in told.index
    assert publication_period(load_system("wuhan2017")) == "year"
    assert publication_period(load_system("nanchang/repair_keep")) == "year"


def test_a_site_that_the_grades_do_not_hold_has_the_mean_of_its_day() -> None:
    operated = pd.DataFrame(
        {"site_id": ["a", "b", "a"], "as_of": [day(1), day(1), day(2)], "system": "x/y", "level_score": [1.0, 3.0, 7.0]}
    )
    rows = pd.DataFrame(
        {"site_id": ["b", "z", "z", "a"], "as_of": [day(1), day(1), day(2), day(1)]}, index=[4, 3, 2, 1]
    )
    told = operated_scores(operated, rows)
    assert told["grade_x_y_operated"].tolist() == [3.0, 2.0, 7.0, 1.0]
    assert told.index.tolist() == [0, 1, 2, 3]


def test_no_systems_and_no_days_give_no_columns(records: Records) -> None:
    log = event_log(records)
    rows = pd.DataFrame({"site_id": ["old"], "as_of": [day(390)]})
    for systems, days in (([], [FIRST + 390]), (["nanchang"], []), (["chicago_risk"], [FIRST + 390])):
        assert operated_scores(operated_days(records, log, systems, days), rows).shape == (1, 0)
