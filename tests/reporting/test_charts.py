"""The charts: right numbers, both languages, one style, and an SVG that is the same whenever it is made."""

import re
from typing import Any

import altair as alt
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.export.wording import Lang
from riskml.reporting import charts
from riskml.reporting._difference_chart import difference_chart

LANGUAGES: tuple[Lang, Lang] = ("en", "zh")


def draw(run: dict[str, Any], lang: Lang) -> dict[str, charts.Chart]:
    summary = run["summary"]
    systems = summary["systems"]
    return {
        "origins": charts.per_origin_chart(run["per_origin"], metric="recall@0.20", systems=systems, lang=lang),
        "budget": charts.budget_chart(run["budget_curve"], systems=systems, lang=lang),
        "reliability": charts.reliability_chart(run["curve"], lang=lang),
        "differences": difference_chart(summary["differences"], metric="recall@0.20", systems=systems, lang=lang),
    }


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_every_chart_speaks_both_languages(run: dict[str, Any]) -> None:
    for lang, expected in (("en", "Last outcome"), ("zh", "上次检查结果")):
        drawn = {name: words(charts.to_svg(chart)) for name, chart in draw(run, lang).items()}  # type: ignore[arg-type]
        assert all(any(expected in text for text in drawn[name]) for name in ("origins", "budget", "differences"))
        chinese = [name for name, texts in drawn.items() if re.search(r"[一-鿿]", "".join(texts))]
        assert chinese == ([] if lang == "en" else list(drawn))


def test_a_grade_on_assumed_points_says_so_in_every_chart_it_is_in(run: dict[str, Any]) -> None:
    for lang, mark in (("en", "(reconstructed)"), ("zh", "（重构）")):
        drawn = draw(run, lang)  # type: ignore[arg-type]
        for name in ("origins", "budget", "differences"):
            assert any(mark in text for text in words(charts.to_svg(drawn[name])))


def test_differences_of_shares_are_drawn_in_percentage_points(run: dict[str, Any]) -> None:
    specification = draw(run, "en")["differences"].to_dict()
    rows = next(rows for rows in specification["datasets"].values() if "low" in rows[0])
    assert len(rows) == 2
    assert (rows[0]["value"], rows[0]["low"], rows[0]["high"]) == pytest.approx((10.2, 8.7, 11.7))


def test_the_perfect_order_is_left_out_of_the_days_and_kept_in_the_budgets(run: dict[str, Any]) -> None:
    drawn = draw(run, "en")
    assert not any("Perfect" in text for text in words(charts.to_svg(drawn["origins"])))
    assert any("Perfect" in text for text in words(charts.to_svg(drawn["budget"])))


def test_a_clip_path_is_named_after_its_chart_and_not_after_how_many_came_before() -> None:
    frame = pd.DataFrame({"x": [1, 2], "y": [1, 2]})
    clipped = charts.Chart(layer=[alt.Chart(frame).mark_line(clip=True).encode(x="x:Q", y="y:Q")])
    first, second = charts.to_svg(clipped), charts.to_svg(clipped)
    assert first == second
    assert re.findall(r'clip-path="url\(#(clip-[0-9a-f]{12}-0)\)"', first) == re.findall(r'id="(clip[^"]*)"', first)


def test_policies_are_told_apart_without_colour(run: dict[str, Any]) -> None:
    layers = draw(run, "en")["origins"].to_dict()["layer"]
    dashes = layers[0]["encoding"]["strokeDash"]["scale"]["range"]
    colours = layers[0]["encoding"]["color"]["scale"]["range"]
    shapes = layers[1]["encoding"]["shape"]["scale"]["range"]
    assert len(set(colours)) == len(colours) == 5
    assert len({(tuple(dash), shape) for dash, shape in zip(dashes, shapes, strict=True)}) == 5


def test_nothing_to_show_is_an_error_that_says_what_is_missing(run: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="there are no values of auc by origin to show: 0 rows"):
        charts.per_origin_chart(run["per_origin"], metric="auc", systems={}, lang="en")
    with pytest.raises(DataError, match="no differences at auc to show"):
        difference_chart({"model - random": {"auc": {"value": None}}}, metric="auc", systems={}, lang="en")


def test_every_chart_says_how_to_read_it() -> None:
    drawing = [getattr(charts, name) for name in dir(charts) if name.endswith("_chart")]
    assert len(drawing) == 3
    assert all("How to read it:" in function.__doc__ for function in [*drawing, difference_chart])
