"""Frames as tables of written cells: shares, points, ranges, reasons in one footnote, the rest named by its file."""

import math

import pandas as pd

from riskml.export.wording import text
from riskml.reporting._cells import Cell
from riskml.reporting._frames import Column, count, frame_table, grid_table, with_interval
from riskml.reporting._page import same

TITLE = FIRST = text("T", "T")
HEAD = text("share", "占比")
FRAME = pd.DataFrame(
    {
        "who": ["a", "b", "c"],
        "value": [0.125, math.nan, math.nan],
        "low": [0.1, math.nan, 0.05],
        "high": [0.2, math.nan, 0.95],
        "lower": [math.nan, math.nan, 0.1],
        "upper": [math.nan, math.nan, 0.9],
        "n": [1200, 3, 4],
        "reason": ["", "there is no failed visit", ""],
    }
)


def test_a_share_its_interval_a_range_and_a_reason_are_each_written_in_their_way() -> None:
    share = with_interval(HEAD, percent=True, lower="lower", upper="upper")
    made = frame_table(TITLE, FRAME, lambda row: same(row["who"]), [share, count(HEAD, "n")], first=FIRST, source="t")
    assert made is not None
    assert [row.cells[0] for row in made.rows] == [
        Cell("12.5%", "[10.0, 20.0]"),
        Cell("–", "", "a"),
        Cell("10.0% – 90.0%", "[5.0, 95.0]"),
    ]
    assert made.rows[0].cells[1] == Cell("1,200")
    assert made.footnotes == (("a", text("there is no failed visit", "没有不合格检查")),)
    assert made.source == text("Source: tables/t.parquet.", "来源：tables/t.parquet。")


def test_a_difference_of_shares_is_in_points_and_read_by_its_better_side() -> None:
    frame = pd.DataFrame({"value": [0.02, -0.02, 0.01], "low": [0.01, -0.03, -0.01], "high": [0.03, -0.01, 0.03]})
    for better, readings in ((1, ["better", "worse", "undecided"]), (-1, ["worse", "better", "undecided"])):
        column = with_interval(HEAD, percent=True, signed=True, better=better)
        made = frame_table(TITLE, frame, lambda _: TITLE, [column], first=FIRST)
        assert made is not None
        assert [row.cells[0].reading for row in made.rows] == readings
        assert made.rows[1].cells[0].value == "−2.0"
        assert made.heads == (text("share, percentage points", "占比（百分点）"),)
        assert made.source is None


def test_a_note_on_a_number_that_is_there_is_not_lost() -> None:
    frame = pd.DataFrame(
        {
            "value": [0.5],
            "low": [0.4],
            "high": [0.6],
            "reason": ["within 2 units that have labels for 90% of their sites"],
        }
    )
    made = frame_table(TITLE, frame, lambda _: TITLE, [with_interval(HEAD)], first=FIRST)
    assert made is not None
    assert made.rows[0].cells[0].mark == "a"
    assert made.footnotes[0][1]["zh"] == "仅限2个单位，其90%的主体有结果"


def test_only_the_first_rows_are_shown_and_the_file_is_named() -> None:
    long = pd.DataFrame({"value": range(50)})
    made = frame_table(TITLE, long, lambda _: TITLE, [count(HEAD, "value")], first=FIRST, source="t", top=7)
    assert made is not None
    assert len(made.rows) == 7
    assert made.source is not None
    assert made.source["en"] == "The first 7 of 50 rows are shown; all are in tables/t.parquet."
    kept = frame_table(TITLE, long.head(3), lambda _: TITLE, [], first=FIRST, source="t", rows_in_all=50)
    assert kept is not None
    assert "3 of 50" in str(kept.source)


def test_a_grid_has_a_cell_for_each_pair_and_leaves_columns_without_any_out() -> None:
    frame = pd.DataFrame([("a", "x", 1.0), ("b", "x", 2.0), ("b", "y", 3.0)], columns=["who", "what", "value"])
    columns = {key: Column(text(key, key), "value") for key in ("y", "x", "z")}
    made = grid_table(TITLE, frame, "who", columns, by="what", name=same, first=FIRST, source="t", strong="b")
    assert made is not None
    assert [head["en"] for head in made.heads] == ["y", "x"]
    assert [[cell.value for cell in row.cells] for row in made.rows] == [["", "1.0"], ["3.0", "2.0"]]
    assert [row.strong for row in made.rows] == [False, True]


def test_text_is_shown_in_its_language_or_the_same_in_both() -> None:
    frame = pd.DataFrame({"told_en": ["up"], "told_zh": ["升"], "code": ["C1"]})
    columns = [Column(HEAD, "told", plain=True), Column(HEAD, "code", plain=True), Column(HEAD, "none", plain=True)]
    made = frame_table(TITLE, frame, lambda _: TITLE, columns, first=FIRST)
    assert made is not None
    assert [cell.words for cell in made.rows[0].cells] == [text("up", "升"), text("C1", "C1"), text("", "")]


def test_a_frame_without_rows_is_no_table() -> None:
    assert frame_table(TITLE, FRAME.iloc[:0], lambda _: TITLE, [], first=FIRST) is None
    assert (
        grid_table(TITLE, FRAME, "who", {"absent": count(HEAD, "n")}, by="reason", name=same, first=FIRST, source="t")
        is None
    )
