"""Levels over time: recomputed each day, or frozen from the first day of the system's period."""

from collections.abc import Callable

import pandas as pd
import pytest

from riskml.errors import StudyError
from riskml.grades import grade, grade_history
from riskml.records import Records

Maker = Callable[..., Records]
DAYS = ["2024-03-01", "2024-03-20", "2024-04-01", "2025-01-01"]


def records_of(make_records: Maker) -> Records:
    """One site that is fined on 2024-03-10, known the next day."""
    fine = {"event_id": "1", "site_id": "a", "code": "PEN_STOP", "occurred_on": "2024-03-10", "known_on": "2024-03-11"}
    return make_records(sites=[{"site_id": "a"}, {"site_id": "b"}], events=[fine])


def levels(history: pd.DataFrame) -> list[str]:
    """Levels of site a."""
    return history.loc[history["site_id"] == "a", "level"].tolist()


def test_recomputed_levels_follow_what_is_known_from_day_to_day(make_records: Maker) -> None:
    history = grade_history(records_of(make_records), "wuhan2017", DAYS)
    assert levels(history) == ["A", "B", "B", "B"]
    assert history["as_of"].tolist() == [pd.Timestamp(day) for day in DAYS for _ in "ab"]
    assert (history["graded_on"] == history["as_of"]).all()


def test_operated_levels_stay_frozen_for_the_period_of_the_system(make_records: Maker) -> None:
    yearly = grade_history(records_of(make_records), "wuhan2017", DAYS, mode="operated")
    assert levels(yearly) == ["A", "A", "A", "B"]
    assert yearly["graded_on"].dt.strftime("%Y-%m-%d").tolist()[::2] == ["2024-01-01"] * 3 + ["2025-01-01"]
    monthly = grade_history(records_of(make_records), "xiangshan", DAYS, mode="operated")
    assert levels(monthly) == ["blue", "blue", "yellow", "yellow"]
    daily = grade_history(records_of(make_records), "shaanxi2017", DAYS, mode="operated")
    assert levels(daily) == ["A", "C", "C", "C"]


@pytest.mark.parametrize("name", ["nanchang", "shenzhen_general", "guiyang", "chicago_risk"])
def test_a_history_is_the_grades_of_its_days(make_records: Maker, name: str) -> None:
    records = records_of(make_records)
    history = grade_history(records, name, DAYS)
    for day in DAYS:
        mine = history[history["as_of"] == day].drop(columns=["as_of", "graded_on"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, grade(records, name, day))


def test_a_published_level_wins_on_its_days_also_as_operated(make_records: Maker) -> None:
    records = records_of(make_records)
    row = {"site_id": "a", "system": "wuhan2017", "level": "C", "points": 5.0, "valid_from": "2024-03-15",
           "valid_to": "2024-03-31", "known_on": "2024-03-14"}  # fmt: skip
    published = make_records(sites=[{"site_id": "a"}], grades=[row])
    history = grade_history(published, "wuhan2017", DAYS, mode="operated")
    assert levels(history) == ["A", "C", "A", "A"]
    assert history["points"].tolist() == [0.0, 5.0, 0.0, 0.0]  # ten less the published score
    assert records.sites is not None


def test_an_unknown_mode_or_no_day_is_refused(make_records: Maker) -> None:
    with pytest.raises(StudyError, match=r"mode 'yearly' with 4 days; allowed modes are \['recomputed', 'operated'\]"):
        grade_history(records_of(make_records), "wuhan2017", DAYS, mode="yearly")
    with pytest.raises(StudyError, match="with 0 days"):
        grade_history(records_of(make_records), "wuhan2017", [])
