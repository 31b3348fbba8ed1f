"""Pictures of visits: the right counts and shares, no share of few, nothing that names a site, in both languages."""

import re
from functools import cache
from typing import Any

import pandas as pd
import pytest
from scipy.stats import binomtest

from drawn_pictures import held, words
from plain_tables import no_rows, plain_table
from riskml.errors import DataError
from riskml.export.wording import Lang
from riskml.records import Records
from riskml.records.outcomes import Criterion, OutcomeRule
from riskml.reporting.pictures import visit_counts, visits
from worlds import world

RULE = OutcomeRule(
    visit_types=("RI",), follow_up_days=30, settling_days=40, criteria={"fail": Criterion(results=("fail",))}
)
MADE = (
    ("2024-01-10", "RI", "fail", "north", 10),
    ("2024-01-20", "RI", "pass", "north", 30),
    ("2024-02-10", "RI", "pass", "north", 19),
    ("2024-04-10", "RI", "pass", "south", 20),
    ("2024-04-11", "CO", "fail", "south", 3),
    ("2024-04-12", "RI", "not_found", "south", 2),
    ("2024-12-20", "RI", "fail", "south", 30),
)
"""Day, type, result and office of visits, and how many of them; the last ones are not settled when the records end."""


def bureau(made: Any = MADE) -> Records:
    """A bureau with those visits, each at a site of its own."""
    rows = [row[:4] for row in made for _ in range(row[4])]
    table = pd.DataFrame(rows, columns=["visited_on", "visit_type", "result", "office"])
    table["visited_on"] = pd.to_datetime(table["visited_on"])
    ids = [f"{number:04d}" for number in range(len(table))]
    told = table.assign(inspection_id=ids, site_id=["secret" + one for one in ids], label_version="1")
    sites = pd.DataFrame({"site_id": told["site_id"], "name": "Wang Xiaoming", "office": "of the site"})
    return Records(
        sites=plain_table("sites", sites),
        events=no_rows("events"),
        amendments=no_rows("amendments"),
        inspections=plain_table("inspections", told.assign(known_on=told["visited_on"])),
        source="hand",
        observed_from=pd.Timestamp("2024-01-01"),
        observed_to=pd.Timestamp("2025-01-01"),
        outcome=RULE,
    )


@cache
def over_time(lang: Lang = "en") -> Any:
    """The picture of those visits, drawn once."""
    return visits.visits_over_time(bureau(), lang=lang)


def test_visits_are_counted_by_month_and_kind_and_only_settled_ones_have_a_share() -> None:
    rows = visit_counts.counted(visit_counts.visits_with_outcome(bureau()), "month").set_index("start")
    assert [f"{day:%m}" for day in rows.index] == ["01", "02", "04", "12"]
    assert rows["eligible"].tolist() == [40, 19, 20, 30]
    assert rows["other"].tolist() == [0, 0, 3, 0]
    assert rows["not_found"].tolist() == [0, 0, 2, 0]
    assert rows["settled"].tolist() == [40, 19, 20, 0]
    assert rows["failed"].tolist() == [10, 0, 0, 0]
    assert rows["share"].fillna(-1).tolist() == [0.25, -1, 0.0, -1]


def test_the_interval_is_that_of_wilson() -> None:
    row = visit_counts.counted(visit_counts.visits_with_outcome(bureau()), "month").iloc[0]
    known = binomtest(10, 40).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((known.low, known.high))


@pytest.mark.parametrize("seed", range(4))
def test_every_visit_known_in_time_is_counted_once(seed: int) -> None:
    records = world(seed, sites=9, visits=80)
    known = int((records.inspections["known_on"] < records.observed_to).sum())
    for period in visit_counts.PERIODS:
        rows = visit_counts.counted(visit_counts.visits_with_outcome(records), period)
        assert int(rows[list(visit_counts.KINDS)].to_numpy().sum()) == known
        assert (rows["failed"] <= rows["settled"]).all()
        assert (rows["settled"] <= rows["eligible"]).all()


def test_a_visit_without_an_office_counts_for_that_of_its_site() -> None:
    made = bureau([*MADE[:1], ("2024-01-10", "RI", "pass", None, 1)])
    assert set(visit_counts.visits_with_outcome(made)["office"]) == {"north", "of the site"}


def test_a_line_does_not_bridge_months_without_visits() -> None:
    rows = held(over_time(), "share")
    assert [row["middle"][:7] for row in rows] == [f"2024-{month:02d}" for month in range(1, 13)]
    assert [row["share"] for row in rows][:4] == [0.25, None, None, 0.0]


def test_the_bars_stand_on_each_other() -> None:
    rows = [row for row in held(over_time(), "top") if row["start"].startswith("2024-04")]
    assert [(row["bottom"], row["top"]) for row in rows] == [(0, 20), (20, 23), (23, 25)]


def test_an_office_with_few_settled_visits_has_no_panel() -> None:
    made = bureau([*MADE, ("2024-05-10", "RI", "fail", "tiny", 19)])
    chart = visits.visits_by_office(made, period="year")
    assert {row["office"] for row in held(chart, "all")} == {"north (59)", "south (55)"}
    assert "2 offices with most visits, of 3" in words(chart)
    assert "tiny" not in words(chart)


def test_at_most_twelve_offices_have_a_panel() -> None:
    made = bureau([("2024-01-10", "RI", "pass", f"office {number:02d}", 20 + number) for number in range(15)])
    shown = [row["office"] for row in held(visits.visits_by_office(made, period="year"), "all")]
    assert len(set(shown)) == visits.OFFICES
    assert "office 00 (20)" not in shown


def test_a_picture_speaks_its_language_and_says_what_it_leaves_out() -> None:
    for lang, expected in (
        ("en", ("number of visits, by month", "failed visits, share", "Without a share: 2 of 4", "nobody found")),
        ("zh", ("检查次数（次，按月）", "不合格检查占", "4个时段中有2个", "未找到主体")),
    ):
        drawn = words(over_time(lang))
        assert all(one in drawn for one in expected), drawn


def test_no_picture_carries_a_site_or_a_name() -> None:
    languages: tuple[Lang, ...] = ("en", "zh")
    for lang in languages:
        for draw in (visits.visits_over_time, visits.visits_by_office):
            drawn = draw(bureau(), lang=lang, period="year").drawing.to_json()
            assert not re.search("secret|Wang|inspection", drawn)


def test_records_that_end_within_a_month_say_so() -> None:
    records = bureau()
    whole = words(over_time())
    object.__setattr__(records, "observed_to", pd.Timestamp("2025-01-09"))
    assert "up to 2025-01-09" in words(visits.visits_over_time(records))
    assert "may stand for a part" not in whole


def test_what_cannot_be_shown_is_said_and_what_is_unknown_is_refused() -> None:
    assert "hold no visit" in words(visits.visits_over_time(bureau([])))
    assert "no office has 20 visits with a settled outcome; 1 offices" in words(
        visits.visits_by_office(bureau(MADE[:1]))
    )
    with pytest.raises(DataError, match="period 'week' is unknown; allowed are"):
        visits.visits_over_time(bureau(), period="week")
    with pytest.raises(DataError, match=r"no outcome 'fail_broad'; allowed are \['fail'\]"):
        visits.visits_over_time(bureau(), outcome="fail_broad")
    with pytest.raises(DataError, match="language 'fr' is unknown"):
        visits.visits_by_office(bureau(), lang="fr")  # type: ignore[arg-type]
