"""Whose work a plan is: the sentences of `riskml plan`, by hand-counted visits."""

import pandas as pd

from riskml.evaluation.inspectors.planned_work import planned_work

SITES = pd.DataFrame({"site_id": ["a", "b", "c"], "office": ["east", "west", "west"]})
DAY = "2025-06-01"


def made(*visits: tuple[str, str, str, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(visits, columns=["site_id", "visited_on", "known_on", "inspector"])
    return table.assign(visited_on=pd.to_datetime(table["visited_on"]), known_on=pd.to_datetime(table["known_on"]))


def plan(offices: list[str], first: list[str | None], second: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"office": offices, "inspector_1": first, "inspector_2": second})


PAST = made(
    ("a", "2025-03-01", "2025-03-02", "ann"),
    ("b", "2025-03-01", "2025-03-02", "bob"),
    ("c", "2024-05-01", "2024-05-02", "cas"),  # more than a year before
    ("c", "2025-05-30", "2025-06-01", "cas"),  # not known on the day
)


def test_the_share_that_changes_office_and_the_office_that_gets_most() -> None:
    office, _ = planned_work(plan(["east", "east", "east", "west"], ["ann"] * 4, ["bob"] * 4), PAST, SITES, DAY)
    assert "25% of the visits would change office" in office["en"]
    assert "east, 1.5 times its share" in office["en"]
    assert "25%" in office["zh"]
    assert "east" in office["zh"]


def test_both_members_of_a_team_count() -> None:
    _, inspector = planned_work(plan(["east", "west"], ["ann", "ann"], ["ann", "bob"]), PAST, SITES, DAY)
    assert "25% of the visits would change hands" in inspector["en"]
    assert "(Gini) 0.25, before 0.00" in inspector["en"]


def test_without_teams_nothing_is_said_of_inspectors() -> None:
    assert len(planned_work(plan(["east"], [None], [None]), PAST, SITES, DAY)) == 1


def test_without_visits_in_the_year_before_nothing_is_said() -> None:
    assert planned_work(plan(["east"], ["ann"], ["bob"]), PAST.iloc[2:], SITES, DAY) == []
