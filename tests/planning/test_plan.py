"""Plans: by a system's intensities or by scores, blind to the future and to the order of rows."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError, StudyError
from riskml.planning import Plan, plan
from riskml.planning.wording import REASONS, summary_lines
from riskml.records import Records

Make = Callable[..., Records]
DAY = "2025-04-01"
LEVELS = ["green"] * 40 + ["yellow"] * 20 + ["orange"] * 8 + ["red"] * 4
IDS = [f"s{number:02d}" for number in range(len(LEVELS))]
GRADED = pd.DataFrame(
    {
        "site_id": IDS,
        "level": LEVELS,
        "rank": pd.array([["green", "yellow", "orange", "red"].index(level) for level in LEVELS], dtype="Int64"),
        "points": np.linspace(0, 8, len(IDS)),
    }
)


@pytest.fixture(scope="module")
def town(make_records: Make) -> Records:
    """72 sites of two offices; everybody was visited fifteen months ago by one of four inspectors."""
    sites = [{"site_id": name, "name": f"shop {name}", "office": "east" if name < "s36" else "west"} for name in IDS]
    visits = [
        {"site_id": name, "visited_on": "2024-05-15", "inspector": f"i{place % 4}"} for place, name in enumerate(IDS)
    ]
    return make_records(sites, visits)


def by_system(records: Records, **asked: Any) -> Plan:
    return plan(records, **{"as_of": DAY, "seed": 1, "system": "nanchang", "graded": GRADED, **asked})


def by_scores(records: Records, **asked: Any) -> Plan:
    scores = pd.DataFrame({"site_id": IDS, "probability": np.linspace(0, 0.71, len(IDS)).round(2)})
    return plan(records, **{"as_of": DAY, "seed": 1, "scores": scores, "budget": 12, **asked})


def test_the_authoritys_own_list_has_the_visits_its_levels_prescribe(town: Records) -> None:
    # a quarter of 0.5, 1, 2 and 4 visits a year: 40/8, 20/4, 8/2 and 4/1
    made = by_system(town)
    assert made.visits["level"].value_counts().to_dict() == {"green": 5, "yellow": 5, "orange": 4, "red": 4}
    assert made.summary["prescribed_visits"] == pytest.approx(18)
    assert made.summary["beyond_one_visit"] == 0
    assert made.sites.groupby("level")["probability"].first().to_dict() == pytest.approx(
        {"green": 0.125, "yellow": 0.25, "orange": 0.5, "red": 1}
    )


def test_a_budget_scales_all_levels_alike(town: Records) -> None:
    # half of 18 visits: the fractions are rounded by chance, the sum is not
    made = by_system(town, budget=9)
    assert len(made.visits) == 9
    expected = {level: row["expected_visits"] for level, row in made.summary["by_level"].items()}
    assert expected == pytest.approx({"green": 2.5, "yellow": 2.5, "orange": 2, "red": 2})


def test_a_month_has_a_third_of_a_quarters_visits(town: Records) -> None:
    assert by_system(town, period="month").summary["expected_visits"] == pytest.approx(6)


def test_a_due_site_is_to_be_visited_by_the_day_on_which_its_time_is_up(town: Records) -> None:
    # 365 / 1.1 = 331.8 days after 2024-05-15
    made = by_scores(town, floor_visits_per_year=1.1, budget=72)
    assert set(made.visits["due_on"]) == {pd.Timestamp("2025-04-11")}
    # a year after it is past on the first of June; two years end after the quarter, whose last day then counts
    assert set(by_scores(town, floor_visits_per_year=1, as_of="2025-06-01").visits["due_on"]) == {
        pd.Timestamp("2025-06-01")
    }
    assert set(by_scores(town).visits["due_on"]) == {pd.Timestamp("2025-06-30")}


def test_what_one_visit_a_site_cannot_hold_is_told(town: Records) -> None:
    # in a year: 20 + 20, and 8 x 2 and 4 x 4 of which only 8 and 4 fit
    summary = by_system(town, period="year").summary
    assert summary["prescribed_visits"] == pytest.approx(72)
    assert summary["beyond_one_visit"] == pytest.approx(20)
    assert any("second visits" in line for line in summary_lines(summary, "en"))


def test_a_site_without_level_gets_the_mean_of_the_others(town: Records) -> None:
    blank = GRADED.assign(level=GRADED["level"].where(GRADED.index > 0), rank=GRADED["rank"].where(GRADED.index > 0))
    chance = by_system(town, graded=blank).sites.set_index("site_id")["probability"]["s00"]
    assert chance == pytest.approx((39 * 0.5 + 20 * 1 + 8 * 2 + 4 * 4) / 71 / 4)


def test_by_scores_the_highest_come_after_floor_and_random_share(town: Records) -> None:
    assert by_scores(town).visits["site_id"].tolist() == IDS[-1:-13:-1]
    due = dataclasses.replace(town, inspections=town.inspections.iloc[3:].reset_index(drop=True))
    made = by_scores(due, random_share=0.25)
    assert made.summary["by_arm"] == {"floor": 3, "random": 3, "ranked": 6}
    chosen = made.visits.set_index("site_id")
    assert chosen.loc[IDS[:3], "arm"].tolist() == ["floor"] * 3
    others = [name for name in IDS[::-1] if name not in set(chosen.index[chosen["arm"] != "ranked"])]
    assert sorted(chosen.index[chosen["arm"] == "ranked"]) == sorted(others[:6])
    assert made.summary["random"]["probability"] == pytest.approx(3 / 72)


def test_the_random_arm_is_the_same_by_system_and_by_scores(town: Records) -> None:
    plans = [made(town, budget=12, random_share=0.5).sites for made in (by_system, by_scores)]
    first, second = (set(table.loc[table["arm"] == "random", "site_id"]) for table in plans)
    assert first == second
    assert len(first) == 6


def test_a_plan_that_begins_on_another_day_draws_anew(town: Records) -> None:
    days = [by_system(town, as_of=day).visits["site_id"].tolist() for day in (DAY, "2025-04-02")]
    assert set(days[0]) != set(days[1])


def test_nobody_is_visited_twice_in_three_months(town: Records) -> None:
    plans: list[pd.DataFrame] = []
    visits = town.inspections
    for day in pd.date_range("2024-09-01", "2025-11-01", freq="MS"):
        known = dataclasses.replace(town, inspections=visits)
        earlier = pd.concat(plans) if plans else None
        made = by_system(known, as_of=day, period="month", budget=8, earlier=earlier, random_share=0.2)
        plans.append(made.visits)
        went = made.visits["due_on"].where(made.visits.index % 2 == 0, pd.Timestamp(day))
        rows = visits.iloc[: len(went)].assign(
            inspection_id=[f"{day:%y%m}{place}" for place in range(len(went))],
            site_id=made.visits["site_id"].to_numpy(),
            visited_on=went.to_numpy(),
            known_on=(went + pd.Timedelta(days=40)).to_numpy(),  # slow books: only the earlier plans know in time
        )
        visits = pd.concat([visits, rows], ignore_index=True)
    gaps = visits.sort_values(["site_id", "visited_on"]).groupby("site_id")["visited_on"].diff().dropna()
    assert len(gaps) == 8 * 15
    assert gaps.dt.days.min() > 61  # thirty days of a plan's own length, and three months between plans
    assert pd.concat(plans).groupby("site_id")["as_of"].diff().dropna().dt.days.min() > 92


def after(visits: pd.DataFrame, made: Plan, mark: str) -> pd.DataFrame:
    """The visits, and those of a plan, made on the last day and known at once."""
    rows = visits.iloc[: len(made.visits)].assign(
        inspection_id=[f"{mark}{place}" for place in range(len(made.visits))],
        site_id=made.visits["site_id"].to_numpy(),
        visited_on=made.visits["due_on"].to_numpy(),
        known_on=made.visits["due_on"].to_numpy(),
    )
    return pd.concat([visits, rows], ignore_index=True)


def test_the_floor_holds_over_years_when_the_budget_allows(town: Records) -> None:
    days = pd.date_range("2023-01-05", periods=len(IDS), freq="10D")
    visits = town.inspections.assign(visited_on=days, known_on=days)
    open_end = dataclasses.replace(town, observed_to=pd.Timestamp("2030-01-01"))
    ranked = 0
    for quarter in pd.date_range("2025-01-01", "2028-10-01", freq="QS"):
        made = by_scores(dataclasses.replace(open_end, inspections=visits), as_of=quarter, budget=14)
        floor = made.summary["floor"]
        assert floor["due"] == floor["planned"] <= 14
        ranked += made.summary["by_arm"].get("ranked", 0)
        visits = after(visits, made, f"{quarter:%y%m}")
    final = pd.DataFrame({"site_id": IDS, "visited_on": pd.Timestamp("2028-12-31")})
    whole = pd.concat([visits, final]).sort_values(["site_id", "visited_on"])
    assert whole.groupby("site_id")["visited_on"].diff().dropna().dt.days.max() <= 730
    assert ranked > 50  # the scores had their say


def test_rows_in_another_order_give_the_same_plan(town: Records) -> None:
    rng = np.random.default_rng(3)
    mixed = dataclasses.replace(
        town,
        sites=town.sites.iloc[rng.permutation(len(town.sites))].reset_index(drop=True),
        inspections=town.inspections.iloc[rng.permutation(len(town.inspections))].reset_index(drop=True),
    )
    asked: dict[str, Any] = {"budget": 15, "random_share": 0.2, "caps": {"east": 4}}
    for made in (by_system, by_scores):
        one, other = made(town, **asked), made(mixed, **asked)
        pd.testing.assert_frame_equal(one.visits, other.visits)
        pd.testing.assert_frame_equal(one.sites, other.sites)
        assert one.summary == other.summary


def test_future_records_never_change_a_plan(some: Records) -> None:
    records, day = some, pd.Timestamp("2024-09-01")
    past = dataclasses.replace(
        records,
        inspections=records.inspections[records.inspections["known_on"] < day].reset_index(drop=True),
        events=records.events[records.events["known_on"] < day].reset_index(drop=True),
        amendments=records.amendments[records.amendments["known_on"] < day].reset_index(drop=True),
    )
    both = [plan(given, day, seed=4, system="nanchang", budget=50, random_share=0.1) for given in (records, past)]
    pd.testing.assert_frame_equal(both[0].visits, both[1].visits)
    assert both[0].summary == both[1].summary


def test_caps_hold_and_the_summary_adds_up(town: Records) -> None:
    made = by_system(town, budget=16, random_share=0.25, caps={"west": 5})
    summary = made.summary
    assert summary["by_office"]["west"]["visits"] == 5
    assert summary["visits"] == 16 == sum(summary["by_arm"].values())
    for part in ("by_level", "by_office"):
        assert sum(row["visits"] for row in summary[part].values()) == 16
        assert sum(row["expected_visits"] for row in summary[part].values()) == pytest.approx(16)
        assert sum(row["sites"] for row in summary[part].values()) == 72
    assert summary["open_sites"] == summary["eligible"] + sum(summary["excluded"].values())


def test_every_visit_says_why_by_whom_and_until_when(town: Records) -> None:
    visits = by_scores(town, random_share=0.25, period=30).visits
    assert visits["due_on"].between(pd.Timestamp(DAY), pd.Timestamp("2025-04-30")).all()
    assert (visits["reason_en"] == visits["reason"].map(lambda code: REASONS[code][0])).all()
    assert (visits["reason_zh"] == visits["reason"].map(lambda code: REASONS[code][1])).all()
    assert (visits["inspector_1"] != visits["inspector_2"]).all()
    last = dict(zip(town.inspections["site_id"], town.inspections["inspector"], strict=True))
    assert not [row for row in visits.itertuples() if last[row.site_id] in (row.inspector_1, row.inspector_2)]


def test_the_account_speaks_both_languages(town: Records) -> None:
    summary = by_system(town).summary
    english, chinese = summary_lines(summary, "en"), summary_lines(summary, "zh")
    assert english[0] == "18 visits from 2025-04-01, 91 days: drawn within the level 18"
    assert chinese[0] == "自2025-04-01起91天，计划检查18次：等级内抽取 18"
    assert english[3] == "nanchang/default prescribes 18.0 visits in this period (reconstructed)"
    assert len(english) == len(chinese)


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "both": ({"scores": GRADED}, StudyError, "either a grading system or scores"),
    "neither": ({"system": None}, StudyError, "either a grading system or scores"),
    "no budget": ({"system": None, "scores": GRADED}, StudyError, "needs a budget"),
    "budget of nothing": ({"budget": 0}, StudyError, "at least 1, got 0"),
    "budget too large": ({"budget": 73}, DataError, "more than the 72 eligible of 72 sites"),
    "share": ({"random_share": -0.1}, StudyError, "between 0 and 1, got -0.1"),
    "seed": ({"seed": -1}, StudyError, "seed must be a whole number"),
    "day before the records": ({"as_of": "2019-01-01"}, DataError, "as_of 2019-01-01 lies outside the records"),
    "day after the records": ({"as_of": "2026-01-02"}, DataError, "up to 2026-01-01"),
    "system": ({"system": "nanchan"}, StudyError, "did you mean 'nanchang'"),
    "unknown level": ({"graded": GRADED.replace("red", "violet")}, DataError, r"unknown levels \['violet'\]"),
    "grades of other sites": ({"graded": GRADED.iloc[1:]}, DataError, r"1 of 72 open sites have no row"),
    "grades twice": ({"graded": pd.concat([GRADED, GRADED])}, DataError, "sites stand twice"),
    "scores without a score": (
        {"system": None, "scores": GRADED[["site_id"]], "budget": 3}, DataError, "need the columns site_id and prob",
    ),
    "score that is none": (
        {"system": None, "scores": GRADED.assign(score=np.nan), "budget": 3}, DataError, "72 of 72 open sites",
    ),
    "office": ({"caps": {"south": 1}}, DataError, r"caps name offices \['south'\]"),
    "floor": ({"floor_visits_per_year": -1}, StudyError, "at least 0 visits a year"),
    "period": ({"period": "week"}, StudyError, "period must be one of"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_planned_is_refused_in_words(case: str, town: Records) -> None:
    asked, kind, message = WRONG[case]
    with pytest.raises(kind, match=message):
        by_system(town, **asked)
