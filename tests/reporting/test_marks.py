"""The generic charts: everything where it belongs, told apart without colour, an empty one refused with a reason."""

import re
from typing import Any

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.export.wording import text
from riskml.reporting import looks, marks
from riskml.reporting.charts import to_svg
from riskml.reporting.looks import Axis, Series

AXIS = Axis(text("share found", "发现率"), percent=True, zero=True)
TWO = (Series("m", text("Model", "模型")), Series("g", text("Grade", "等级"), "#009E73", (7, 3), "square"))
ROWS = pd.DataFrame(
    [
        ("one", "m", 0.3, 0.2, 0.4, 0.1, 0.6, ""),
        ("one", "g", 0.2, 0.1, 0.3, 0.1, 0.5, ""),
        ("two", "m", None, None, None, None, None, "too few"),
        ("two", "g", None, None, None, None, None, "too few"),
    ],
    columns=["words", "series", "value", "low", "high", "lower", "upper", "note"],
)
LINE = pd.DataFrame({"x": [0.0, 0.5, 1.0], "y": [0.0, 0.2, 0.0], "low": [0.0, 0.1, 0.0], "high": [0.0, 0.3, 0.0]})


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def data(chart: Any) -> list[list[dict[str, Any]]]:
    return list(chart.to_dict()["datasets"].values())


def test_dots_stand_below_the_words_of_their_group() -> None:
    placed, headings, height = looks.places(ROWS.head(2))
    assert headings["words"].tolist() == ["one"]
    assert headings["y"].iloc[0] < placed["y"].iloc[0] < placed["y"].iloc[1] < height


def test_why_a_group_has_no_dot_is_said_once() -> None:
    drawn = words(to_svg(marks.dots_chart(ROWS, axis=AXIS, lang="en", series=TWO)))
    assert drawn.count("too few") == 2, "its white ground, and its ink"
    assert {"one", "two", "Model", "Grade", "share found"} <= set(drawn)


def test_a_chart_of_dots_speaks_its_language_and_its_unit() -> None:
    drawn = words(to_svg(marks.dots_chart(ROWS, axis=AXIS, lang="zh", series=TWO, line=0.3)))
    assert {"模型", "等级", "发现率", "20%"} <= set(drawn)
    assert "Model" not in drawn


def test_one_kind_of_mark_has_no_legend() -> None:
    drawn = marks.dots_chart(ROWS.drop(columns=["series", "note"]).head(1), axis=AXIS, lang="en").to_dict()
    colours = [layer["encoding"]["color"] for layer in drawn["layer"] if "color" in layer["encoding"]]
    assert colours
    assert all(colour["legend"] is None for colour in colours)


def test_series_are_told_apart_without_colour() -> None:
    dots = marks.dots_chart(ROWS, axis=AXIS, lang="en", series=TWO).to_dict()["layer"]
    shapes = next(layer["encoding"]["shape"]["scale"]["range"] for layer in dots if "shape" in layer["encoding"])
    assert shapes == ["circle", "square"]
    both = pd.concat([LINE.assign(series="m"), LINE.assign(series="g")])
    lines = marks.lines_chart(both, x=AXIS, y=AXIS, lang="en", series=TWO).to_dict()["layer"]
    assert lines[-1]["encoding"]["strokeDash"]["scale"]["range"] == [[1, 0], [7, 3]]


def test_a_band_is_drawn_where_there_is_an_interval_and_nowhere_else() -> None:
    kinds = [layer["mark"]["type"] for layer in marks.lines_chart(LINE, x=AXIS, y=AXIS, lang="en").to_dict()["layer"]]
    assert kinds == ["area", "line"]
    bare = marks.lines_chart(LINE.drop(columns=["low", "high"]), x=AXIS, y=AXIS, lang="en", line=0.0).to_dict()
    assert [layer["mark"]["type"] for layer in bare["layer"]] == ["rule", "line"]


def test_a_chart_carries_no_column_that_it_does_not_draw() -> None:
    secret = ROWS.assign(inspector="ihash1", site_id="s1")
    for chart in (
        marks.dots_chart(secret, axis=AXIS, lang="en", series=TWO),
        marks.lines_chart(LINE.assign(inspector="ihash1"), x=AXIS, y=AXIS, lang="en"),
        marks.points_chart(LINE.assign(inspector="ihash1"), x=AXIS, y=AXIS, lang="en", line=1.0),
    ):
        assert not [row for rows in data(chart) for row in rows if "inspector" in row or "site_id" in row]


def test_points_stand_in_their_order_on_a_logarithmic_axis() -> None:
    axis = Axis(text("odds", "几率"), log=True)
    rows = LINE.assign(y=[2.0, 1.0, 0.5], low=[1.0, 0.5, 0.2], high=[4.0, 2.0, 1.0])
    drawn = marks.points_chart(rows, x=AXIS, y=axis, lang="zh", line=1.0)
    layers = [layer["encoding"] for layer in drawn.to_dict()["layer"] if "x" in layer["encoding"]]
    assert all(encoding["y"]["scale"]["type"] == "log" for encoding in layers)
    assert "几率" in words(to_svg(drawn))


def test_a_cell_is_readable_on_dark_and_on_light_ground() -> None:
    cells = pd.DataFrame(
        [("g", "g", 0.1, "10\n10%"), ("r", "g", 0.9, "5\n90%")], columns=["across", "down", "value", "words"]
    )
    chart = marks.heat_chart(cells, across=text("new", "新"), down=text("old", "旧"), lang="en")
    inks = {layer["mark"].get("color") for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == "text"}
    assert inks == {"#222222"}
    svg = to_svg(chart)
    assert {"new", "old"} <= set(words(svg))
    assert re.findall(r"<tspan[^>]*>([^<]*)</tspan>", svg) == ["10", "10%", "5", "90%"]


def test_bars_are_stacked_in_the_order_of_the_legend() -> None:
    rows = pd.DataFrame([("0–5%", "m", 3), ("0–5%", "g", 7)], columns=["words", "series", "value"])
    drawn = marks.bars_chart(rows, x=text("chance", "机会"), y=AXIS, lang="en", series=TWO).to_dict()
    assert [row["rank"] for row in next(iter(drawn["datasets"].values()))] == [0, 1]
    assert drawn["layer"][0]["encoding"]["order"]["field"] == "rank"


@pytest.mark.parametrize("draw", ["dots", "lines", "points", "bars", "heat"])
def test_nothing_to_show_is_refused(draw: str) -> None:
    empty, label = LINE.iloc[:0], text("x", "x")
    calls: dict[str, Any] = {
        "dots": lambda: marks.dots_chart(ROWS.iloc[:0], axis=AXIS, lang="en"),
        "lines": lambda: marks.lines_chart(empty, x=AXIS, y=AXIS, lang="en"),
        "points": lambda: marks.points_chart(empty, x=AXIS, y=AXIS, lang="en"),
        "bars": lambda: marks.bars_chart(empty, x=label, y=AXIS, lang="en", series=TWO),
        "heat": lambda: marks.heat_chart(empty, across=label, down=label, lang="en"),
    }
    with pytest.raises(DataError, match="there are no values to show"):
        calls[draw]()


def test_every_generic_chart_says_how_to_read_it() -> None:
    drawing = [getattr(marks, name) for name in dir(marks) if name.endswith("_chart")]
    assert len(drawing) == 5
    assert all("How to read it:" in function.__doc__ for function in drawing)
