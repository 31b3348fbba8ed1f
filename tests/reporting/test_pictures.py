"""What every picture is: an SVG that is the same each time, that is told, saved, and shown without a script."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pandas as pd
import pytest

from drawn_pictures import words
from riskml.errors import DataError
from riskml.export.wording import Lang, text
from riskml.reporting import charts
from riskml.reporting.charts import to_svg
from riskml.reporting.looks import Axis
from riskml.reporting.marks import dots_chart
from riskml.reporting.pictures.panels import stacked
from riskml.reporting.pictures.picture import Picture, picture

AXIS = Axis(text("share", "比例"), percent=True, zero=True)
LONG = "Office of the Administration for Market Regulation, Harbour district, number "
SYSTEMS = {f"city{place:02d}": {"title_en": "A", "title_zh": "甲", "reconstructed": True} for place in range(30)}


def dots(names: list[str], lang: Lang = "en") -> charts.Chart:
    rows = pd.DataFrame({"words": names, "series": "", "value": 0.0, "low": 0.0, "high": 0.1, "note": ""})
    return dots_chart(rows, axis=AXIS, lang=lang, line=0.0)


@pytest.fixture(scope="module")
def shown() -> Picture:
    """A picture of one dot, drawn once."""
    return picture(dots(["<a> & b"]), "Is it so?", ["Dot: the share.", "", "Bar: <its> interval."], "en")


def test_a_screen_reader_says_title_and_caption_in_the_language(shown: Picture) -> None:
    root = ElementTree.fromstring(shown.svg)  # noqa: S314 - our own text
    assert root.get("role") == "img"
    assert root.get("lang") == "en"
    assert root.get("aria-label") == "Is it so? Dot: the share. Bar: <its> interval."
    assert [one.text for one in root[:2]] == ["Is it so?", "Dot: the share.\nBar: <its> interval."]
    chinese = Picture("是否如此", "圆点为比例。", dots(["甲"], "zh"), "zh").svg
    assert 'lang="zh-CN" aria-label="是否如此。 圆点为比例。"' in chinese


def test_two_pictures_of_the_same_rows_are_the_same_bytes(shown: Picture) -> None:
    again = picture(dots(["<a> & b"]), "Is it so?", ["Dot: the share.", "Bar: <its> interval."], "en")
    assert again.svg == shown.svg
    assert shown._repr_svg_() == shown.svg == to_svg(shown)
    assert not re.search(r"<script|href|@import|\bon\w+=", shown.svg)


def test_a_picture_is_saved_as_svg_and_as_png(shown: Picture, tmp_path: Path) -> None:
    assert shown.save(tmp_path / "a" / "one.svg").read_text(encoding="utf-8") == shown.svg
    image = shown.save(tmp_path / "one.png").read_bytes()
    assert image[:4] == b"\x89PNG"
    width = int.from_bytes(image[16:20], "big")
    assert width == pytest.approx(2 * float(re.findall(r'width="([\d.]+)"', shown.svg)[0]), abs=1)
    with pytest.raises(DataError, match=r"one.html: a picture is written as one of \['.svg', '.png'\]"):
        shown.save(tmp_path / "one.html")


def test_charts_below_each_other_and_side_by_side_are_shown_without_a_script() -> None:
    both = stacked([dots(["a"]), dots(["b"])])
    one = alt.Chart().mark_point().encode(x=alt.X("x:Q"))
    small = charts.Panels(data=pd.DataFrame({"k": ["a"], "x": [1]}), spec=one, facet=alt.Facet("k:N"))
    for chart in (dots(["a"]), both, small):
        bundle = chart._repr_mimebundle_()
        assert set(bundle) == {"image/svg+xml", "text/plain"}
        assert bundle["image/svg+xml"].startswith("<svg ")
    assert isinstance(both.resolve_scale(color="independent"), charts.Stack)


def test_long_words_are_broken_and_neither_cut_nor_laid_over_each_other() -> None:
    told = words(Picture("t", "c", dots([f"{LONG}{place}" for place in range(3)])))
    assert "…" not in told
    assert [f"number {place}" in told for place in range(3)] == [True] * 3
    heights = [float(one) for one in re.findall(r'translate\(4,([\d.]+)\)"[^>]*fill="#222222"', to_svg(dots([LONG])))]
    assert len(heights) == 2
    assert min(np.diff(heights)) >= 14


def test_the_line_leaves_the_words_of_the_groups_out() -> None:
    drawn: Any = dots(["a", "b"]).to_dict()
    (pieces,) = [rows for rows in drawn["datasets"].values() if "top" in rows[0]]
    (heads,) = [rows for rows in drawn["datasets"].values() if rows[0].keys() == {"words", "y"}]
    for head in heads:
        assert not [one for one in pieces if one["top"] < head["y"] + 7 and one["bottom"] > head["y"] - 7]


def test_a_dot_at_the_edge_has_room() -> None:
    drawn: Any = dots(["a"]).to_dict()
    places = [one["encoding"]["x"] for one in drawn["layer"]]
    low, high = next(one["scale"]["domain"] for one in places if "scale" in one)
    assert low < 0.0
    assert high > 0.1


def test_of_thirty_systems_so_many_are_drawn_as_can_be_told_apart_and_all_days_are_read() -> None:
    policies = ["model", "last_outcome", *(f"grade_{name}" for name in SYSTEMS), "random"]
    days = pd.date_range("2015-01-01", periods=40, freq="90D")
    rows = [(day, policy, "auc", 0.5 + place / 99) for day in days for place, policy in enumerate(policies)]
    frame = pd.DataFrame(rows, columns=["origin", "policy", "metric", "value"])
    svg = to_svg(charts.per_origin_chart(frame, metric="auc", systems=SYSTEMS, lang="en"))
    ElementTree.fromstring(svg)  # noqa: S314 - our own text
    assert len(set(re.findall(r">(Grade city\d\d)", svg))) == charts.MOST_GRADES
    seen = [one for one in re.findall(r"<text[^>]*>(?:<tspan[^>]*>20)", svg) if 'opacity="0"' not in one]
    assert 3 <= len(seen) < 20
