"""The SVG: small without a change that is seen, the same bytes each time, and told to those who do not see it."""

import io
import re
from typing import Any
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert

from riskml.reporting import charts
from riskml.reporting._lines import lines, wide
from riskml.reporting._svg import labelled, small

ROWS = pd.DataFrame({"x": [1, 2, 3], "y": [3.0, 1.0, 2.0], "k": ["Wang", "<b>", "风险"]})


@pytest.fixture(scope="module")
def raw() -> str:
    """A chart as the converter writes it: lines, two kinds of dots, words, a clip, a legend."""
    base = alt.Chart(ROWS).encode(x="x:Q", y="y:Q")
    dots = base.mark_point(filled=True).encode(shape="k:N", color="k:N")
    chart = charts.styled([base.mark_line(clip=True), dots, base.mark_text(dy=-9).encode(text="k:N")], height=90)
    return str(vl_convert.vegalite_to_svg(chart.to_json()))


def test_a_third_of_the_characters_draws_the_same_picture(raw: str) -> None:
    less = small(raw)
    assert len(less) < 0.45 * len(raw)
    before, after = (vl_convert.svg_to_png(one, scale=1) for one in (raw, less))
    assert differing(before, after) < 0.002


def differing(one: bytes, other: bytes) -> float:
    """The share of points of two images that plainly differ."""
    image = pytest.importorskip("PIL.Image")
    first, second = (np.asarray(image.open(io.BytesIO(data)).convert("L")).astype(int) for data in (one, other))
    assert first.shape == second.shape
    return float((np.abs(first - second) > 40).mean())


def test_no_word_and_no_mark_is_lost(raw: str) -> None:
    less = small(raw)
    for tag in ("<text", "<line"):
        assert less.count(tag) == raw.count(tag)
    assert re.findall(r">([^<]+)</text>", less) == re.findall(r">([^<]+)</text>", raw)
    inked = [one for one in re.findall(r"<path[^>]*>", raw) if re.search(r' (fill|stroke)="(?!none)', one)]
    assert less.count("<path") + less.count("<circle") == len(inked)
    ElementTree.fromstring(less)  # noqa: S314 - our own text


def test_words_that_look_like_markup_are_left_alone() -> None:
    told = '<svg><text fill="red" role="x"> role="x" opacity="1" 0.123456 </text></svg>'
    assert small(told) == '<svg><text fill="red"> role="x" opacity="1" 0.123456 </text></svg>'


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ('<g><g class="a"><line x2="1.23456" stroke="red"/></g></g>', '<line x2="1.23" stroke="red"/>'),
        ('<path d="M0,0h9" />', ""),
        ('<path d="M0,0h9" fill="rgb(0, 114, 178)"/>', '<path d="M0,0h9" fill="#0072b2"/>'),
        ('<rect fill="red" opacity="0"/>', ""),
        ('<rect fill="red" opacity="0.7" fill-opacity="1"/>', '<rect fill="red" opacity="0.7"/>'),
        ('<g fill="none"></g>', ""),
        ('<text opacity="0">a</text>', '<text opacity="0">a</text>'),
        ('<clipPath id="a"><path d="M0,0h9"/></clipPath>', '<clipPath id="a"><path d="M0,0h9"/></clipPath>'),
        ('<line x2="-0.001" stroke="red"/>', '<line x2="0" stroke="red"/>'),
    ],
)
def test_what_draws_nothing_goes_and_what_clips_stays(given: str, kept: str) -> None:
    assert small(f"<svg>{given}</svg>") == f"<svg>{kept}</svg>"


def test_a_screen_reader_is_told_what_it_is_in_its_language() -> None:
    assert labelled("<svg><g/></svg>", 'A "b" <c>', "en") == (
        '<svg role="img" lang="en" aria-label="A &quot;b&quot; &lt;c&gt;"><g/></svg>'
    )
    assert 'lang="zh-CN"' in labelled("<svg></svg>", "题", "zh")


def test_two_drawings_of_one_chart_are_the_same_bytes_whatever_came_between() -> None:
    frame = pd.DataFrame({"at": [0.0, 1.0], "low": [0.0, 0.5]})

    def draw() -> charts.Chart:
        return charts.styled([alt.Chart(frame).mark_line(clip=True).encode(x="at:Q", y="low:Q")], height=40)

    first = charts.to_svg(draw(), label="a", lang="en")
    charts.to_svg(charts.styled([alt.Chart(ROWS).mark_point(clip=True).encode(x="x:Q")], height=30))
    assert charts.to_svg(draw(), label="a", lang="en") == first


@pytest.mark.parametrize(
    "told",
    [
        "Pick a budget on the horizontal axis: 12,345 (95%)",
        "圆点为平均提前天数（减去随机的结果），横线为区间",
        "“实际”为当时",
    ],
)
def test_the_width_of_a_line_is_that_of_the_drawn_one(told: str) -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="24"><rect width="700" height="24" fill="white"/>'
        f'<text y="18" font-size="13" font-family="{charts.FONT}">{told}.</text></svg>'
    )
    assert right_edge(vl_convert.svg_to_png(svg)) == pytest.approx(13 * wide(told + "."), rel=0.03)


def right_edge(image: bytes) -> float:
    """The last column of an image that has ink."""
    opened: Any = pytest.importorskip("PIL.Image").open(io.BytesIO(image)).convert("L")
    return float(np.flatnonzero((np.asarray(opened) < 128).any(axis=0)).max() + 1)


def test_a_line_feed_begins_a_line_and_an_opening_bracket_ends_none() -> None:
    assert lines("one\ntwo", 99) == ["one", "two"]
    assert lines("预测（期内）", 3) == ["预测", "（期", "内）"]
    assert lines("x" * 40, 5) == ["x" * 40]
