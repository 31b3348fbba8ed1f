"""Pictures of the lag and of blanks: counted right, what is left out is said, and no value of a record is in them."""

import dataclasses
import math
import re

import numpy as np
import pandas as pd
import pytest

from drawn_pictures import held, words
from plain_tables import no_rows, plain_table
from riskml.errors import DataError
from riskml.records import Records
from riskml.reporting.pictures import lag, quality
from worlds import RULE, world

START = pd.Timestamp("2024-01-01")


def bureau(lags: dict[str, list[int]], *, before: int = 0) -> Records:
    """A bureau with events of those codes and lags in days, and some from before the records begin."""
    rows = [(code, START, START + pd.Timedelta(days=days)) for code, found in lags.items() for days in found]
    rows += [("CERT_GMP", START - pd.Timedelta(days=900), START)] * before
    table = pd.DataFrame(rows, columns=["code", "occurred_on", "known_on"])
    ids = [f"e{number}" for number in range(len(table))]
    return Records(
        sites=plain_table("sites", pd.DataFrame({"site_id": ["s1"], "name": ["Wang Xiaoming"]})),
        events=plain_table("events", table.assign(event_id=ids, site_id="s1")),
        amendments=no_rows("amendments"),
        inspections=no_rows("inspections"),
        source="hand",
        observed_from=START,
        observed_to=pd.Timestamp("2026-01-01"),
        outcome=RULE,
    )


def test_the_lag_is_counted_from_the_day_it_happened_to_the_day_it_was_known() -> None:
    records = world(3, sites=9, visits=30, events=60)
    rows, left_out = lag.known_lags(records)
    expected = [
        (known - happened).days
        for table, day in ((records.events, "occurred_on"), (records.inspections, "visited_on"))
        for happened, known in zip(table[day], table["known_on"], strict=True)
        if happened >= records.observed_from
    ]
    assert sorted(rows["days"]) == sorted(expected)
    assert len(rows) + left_out == len(records.events) + len(records.inspections)


def test_facts_from_before_the_records_are_left_out_and_counted() -> None:
    chart = lag.lag_by_kind(bureau({"ABN": [3] * 20}, before=25))
    assert [row["words"] for row in held(chart, "value")] == ["abnormal-operation list (20)"]
    assert "25 facts from before 2024-01-01" in words(chart)


def test_a_kind_is_drawn_with_its_median_and_reach_and_a_rare_one_is_not() -> None:
    chart = lag.lag_by_kind(bureau({"PEN_FINE": list(range(101)), "PEN_STOP": [1] * 19}))
    (row,) = held(chart, "value")
    assert (row["low"], row["value"], row["high"], row["last"]) == (10, 50, 90, 99)
    assert "1 rarer kinds with 19 facts" in words(chart)


def test_a_lag_that_never_varies_is_called_stated_rather_than_measured() -> None:
    made = bureau({"PEN_FINE": list(range(30)), "ABN": [7] * 30})
    assert "The same lag in every fact: abnormal-operation list." in words(lag.lag_by_kind(made))
    assert "每条的滞后都相同：经营异常名录。" in words(lag.lag_by_kind(made, lang="zh"))
    assert "same lag" not in words(lag.lag_by_kind(bureau({"PEN_FINE": list(range(30))})))


def test_the_curve_is_the_share_known_within_so_many_days() -> None:
    given = np.random.default_rng(1).integers(0, 60, 200).tolist()
    rows = pd.DataFrame(held(lag.lag_curves(bureau({"COMPLAINT": given})), "share"))
    assert (rows["series"] == "complaints and reports (200)").all()
    last = rows.groupby("days")["share"].max()
    for days, share in last.items():
        assert share == pytest.approx(np.mean([one <= days for one in given]))


def test_a_curve_that_leaves_the_picture_does_not_pretend_to_reach_the_top() -> None:
    rows = pd.DataFrame(held(lag.lag_curves(bureau({"COMPLAINT": [1] * 980 + [700] * 20, "ABN": [2] * 4000})), "share"))
    complaints = rows[rows["series"].str.startswith("complaints")]
    assert complaints["share"].max() == pytest.approx(0.98)


def test_missing_shares_are_those_of_the_rows_known_in_the_year() -> None:
    records = world(5, sites=30, visits=200, events=300)
    found = quality.missing_shares(records).set_index(["column", "year"])
    for name in ("amount", "due_on", "case_id"):
        assert found.loc[(f"events.{name}", 0), "missing"] == pytest.approx(records.events[name].isna().mean())
        for year in records.events["known_on"].dt.year.unique():
            mine = records.events[records.events["known_on"].dt.year == year]
            told = found.loc[(f"events.{name}", year), "missing"]
            assert np.isnan(told) if len(mine) < quality.FEWEST else told == pytest.approx(mine[name].isna().mean())


def priced(number: int, amounts: list[float]) -> Records:
    """A bureau of so many events, some with an amount."""
    records = bureau({"ABN": [1] * number})
    return dataclasses.replace(records, events=records.events.assign(amount=amounts))


def test_the_heat_map_shows_every_column_that_is_blank_in_part_and_counts_the_others() -> None:
    records = priced(40, [math.nan] * 39 + [5.0])
    chart = quality.missing_heat(records)
    assert {row["column"] for row in held(chart, "missing")} == {"events.amount"}
    shares = quality.missing_shares(records)
    full = int((shares.loc[shares["year"] == 0, "missing"] == 0).sum())
    told = words(chart)
    assert f"not shown: {full} of {shares['column'].nunique()} columns" in told
    assert "Filled in no row, not shown: sites.subject_id, " in told


def test_a_percent_is_never_rounded_to_all_or_none() -> None:
    cells = held(quality.missing_heat(priced(1000, [math.nan] * 999 + [5.0])), "missing")
    assert {row["words"] for row in cells} == {">99"}
    cells = held(quality.missing_heat(priced(1000, [math.nan] + [5.0] * 999)), "missing")
    assert {row["words"] for row in cells} == {"<1"}


def test_these_pictures_speak_both_languages_and_name_nobody() -> None:
    records = priced(40, [math.nan] * 20 + [5.0] * 20)
    for draw, english, chinese in (
        (lag.lag_by_kind, "lag from the event to the system, days", "天数"),
        (lag.lag_curves, "known by then, share of the facts", "届时已获知的比例"),
        (quality.missing_heat, "blanks, % of the rows", "未填写的比例（%）"),
    ):
        assert english in words(draw(records))
        assert chinese in words(draw(records, lang="zh"))
        assert not re.search("[一-鿿]", words(draw(records)))
        assert "Wang" not in draw(records).drawing.to_json()


def test_where_there_is_nothing_to_show_the_picture_says_why() -> None:
    for drawn, why in (
        (lag.lag_by_kind(bureau({})), "0 facts, none from 2024-01-01 or later"),
        (lag.lag_by_kind(bureau({"ABN": [1] * 19})), "1 kinds of facts, none with 20 facts"),
        (lag.lag_curves(bureau({"ABN": [1] * 19})), "19 facts, no group with 20 of them"),
        (
            quality.missing_heat(bureau({"ABN": [1]})),
            "no column is blank in part: 3 are filled in every row, 21",
        ),
    ):
        assert why in words(drawn).replace("\n", " ")
        assert drawn.title in words(drawn)
    assert "无可显示：" in words(lag.lag_by_kind(bureau({}), lang="zh"))
    with pytest.raises(DataError, match="language 'de' is unknown"):
        quality.missing_heat(bureau({}), lang="de")  # type: ignore[arg-type]
