"""What a grade is made of: contributions add up to the points, and name the records whose removal changes them."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from random_sites import random_site, tables
from riskml.errors import DataError
from riskml.grades import explain_grade, grade_log, load_system, system_names
from riskml.grades.contributions import contributions_on
from riskml.grades.workbench import Workbench
from riskml.records import Records
from slow_facts import DAY

COUNT = 150
NAMED = [name for name in system_names() if name != "chicago_risk"]
Maker = Callable[..., Records]


@cache
def town() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Random sites."""
    rng = np.random.default_rng(31)
    return tables([random_site(rng, number) for number in range(COUNT)])


@cache
def made(name: str) -> pd.DataFrame:
    """Contributions of the town by a system."""
    sites, log, visits = town()
    return contributions_on(Workbench(sites, log, visits), load_system(name), DAY)


@pytest.mark.parametrize("name", NAMED)
def test_the_contributions_of_a_site_add_up_to_its_points(name: str) -> None:
    sites, log, visits = town()
    graded = grade_log(sites, log, load_system(name), DAY, visits=visits)
    total = made(name).groupby("site_id")["points"].sum().reindex(sites["site_id"]).fillna(0.0)
    np.testing.assert_allclose(total.astype(float), graded["points"].fillna(0.0), rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", ["nanchang", "shenzhen_general", "zhenhai", "cfda2016", "shaanxi2017"])
def test_removing_the_records_behind_an_indicator_changes_it(name: str) -> None:
    sites, log, visits = town()
    entries = made(name)[made(name)["event_ids"].map(len) > 0].drop_duplicates("indicator").tail(8)
    assert len(entries)
    for entry in entries.to_dict("records"):
        kept = log[~log["event_id"].isin(entry["event_ids"])].reset_index(drop=True)
        seen = visits[~visits["inspection_id"].isin(entry["event_ids"])].reset_index(drop=True)
        bench = Workbench(sites, kept, seen)
        again = contributions_on(bench, load_system(name), DAY, sites=[entry["site_id"]])
        same = again[(again["indicator"] == entry["indicator"]) & (again["points"] == entry["points"])]
        assert same.empty, entry


def test_only_the_sites_asked_for_are_told_of() -> None:
    sites, log, visits = town()
    asked = sites["site_id"].iloc[[3, 9]].tolist()
    some = contributions_on(Workbench(sites, log, visits), load_system("shenzhen_general"), DAY, sites=asked)
    whole = made("shenzhen_general")
    pd.testing.assert_frame_equal(some, whole[whole["site_id"].isin(asked)].reset_index(drop=True))


def event(code: str, event_id: str, on: str, **more: Any) -> dict[str, Any]:
    return {"event_id": event_id, "site_id": "a", "code": code, "occurred_on": on, "known_on": on, **more}


def test_a_grade_is_explained_in_both_languages_with_its_records(make_records: Maker) -> None:
    events = [event("SERIOUS", "s", "2024-01-10"), event("PEN_STOP", "p", "2024-03-01"),
              event("COMPL_VALID", "c1", "2024-04-01"), event("COMPL_VALID", "c2", "2024-04-02")]  # fmt: skip
    records = make_records(sites=[{"site_id": "a"}, {"site_id": "b"}], events=events)
    told = explain_grade(records, "nanchang", "2024-06-01", "a")
    assert (told.level, told.score, told.published) == ("red", 3.5, False)
    assert [reason.code for reason in told.reasons] == ["SERIOUS", "PEN", "PUB"]
    assert told.reasons[0].zh == "一票否决：严重违法失信名单"
    assert told.reasons[1].en == "administrative penalties (1): +3 points"
    assert told.reasons[2].zh == "投诉举报属实（2）：+0.5分"
    assert told.reasons[2].event_ids == ("c1", "c2")
    assert explain_grade(records, "nanchang", "2024-06-01", "b").reasons == ()


def test_what_makes_a_grade_better_is_a_reason_too(make_records: Maker) -> None:
    events = [event("PEN_STOP", "p", "2024-03-01"), event("CERT_GMP", "g", "2024-01-01")]
    told = explain_grade(make_records(sites=[{"site_id": "a"}], events=events), "shaanxi2017", "2024-06-01", "a")
    assert [(reason.code, reason.points, reason.event_ids) for reason in told.reasons] == [
        ("penalties", 30.0, ("p",)), ("certificates", -5.0, ("g",)),
    ]  # fmt: skip
    assert told.reasons[1].en == "certificates (1): -5 points"


def test_an_unknown_site_cannot_be_explained(make_records: Maker) -> None:
    with pytest.raises(DataError, match="no site 'z' among 1 sites"):
        explain_grade(make_records(sites=[{"site_id": "a"}]), "nanchang", "2024-06-01", "z")


def test_what_moves_a_level_is_a_reason_with_its_records(make_records: Maker) -> None:
    events = [event("SERIOUS", "s", "2024-01-10"), event("SAMP_SEVERE", "x", "2024-03-01")]
    told = explain_grade(make_records(sites=[{"site_id": "a"}], events=events), "shenzhen_food", "2024-06-01", "a")
    assert told.level == "D"
    assert [(reason.code, reason.event_ids) for reason in told.reasons] == [
        ("SERIOUS", ("s",)), ("major", ("x",)), ("samples", ("x",)),
    ]  # fmt: skip
    assert told.reasons[0].zh == "一票否决：列入严重违法失信名单"
    assert told.reasons[1].en == "shift: downgrade warning: major food-safety issue"
