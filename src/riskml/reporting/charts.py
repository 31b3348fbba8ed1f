"""Every chart of riskml in one style (Okabe-Ito colours, told apart by dashes and shapes too), and its SVG."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

import altair as alt
import pandas as pd
import vl_convert

from riskml.errors import DataError
from riskml.export.wording import METRICS, Lang, Text, policy_name, policy_order, split_metric
from riskml.reporting._svg import labelled, small
from riskml.reporting.texts import AXES, RIVALS, is_grade, metric_axis

WIDTH: Final = 420
"""Of the plotting area in pixels: small, so that the text stays readable when a phone shrinks the chart."""

FONT: Final = (
    "Liberation Sans, Arial, Helvetica, Nimbus Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, "
    "WenQuanYi Micro Hei, sans-serif"
)
"""The first is built into the converter: the layout does not depend on the fonts of the machine."""

INK: Final = "#222222"
GREY: Final = "#8a8a8a"
COLOURS: Final = {"model": "#0072B2", "last_outcome": "#D55E00", "past_fail_rate": "#E69F00"}
RISING: Final = ("#f4f6f8", "#56B4E9")
"""Colour of the least and of the largest value of a cell: words in it are read on all between."""
SLATE: Final = "#4d4d4d"
"""A grey that nobody takes for the green or the purple of a grade."""
BOUNDS: Final = {"random": SLATE, "perfect": "#000000"}
GRADE_COLOURS: Final = ("#009E73", "#CC79A7", "#56B4E9")
DASHES: Final = {"model": [1, 0], "random": [2, 3], "perfect": [2, 3]}
GRADE_DASHES: Final = ([7, 3], [7, 3, 2, 3], [3, 2], [12, 3, 3, 3, 3, 3])
GRADE_SHAPES: Final = ("triangle-up", "triangle-down", "triangle-right", "triangle-left")
MOST_GRADES: Final = 12
"""Grades with a line; so many looks there are. Further ones stand in the tables."""
SHAPES: Final = {"model": "circle", "last_outcome": "square", "past_fail_rate": "diamond"}


class _Shown:
    """How Jupyter shows a chart: as an SVG, whatever renderer is on; altair itself loads scripts from the network."""

    def _repr_mimebundle_(self, *_: object, **__: object) -> dict[str, str]:
        return {"image/svg+xml": to_svg(self), "text/plain": "chart"}  # type: ignore[arg-type]


class Chart(_Shown, alt.LayerChart):
    """Layers on one plane."""


class Stack(_Shown, alt.VConcatChart):
    """Charts below one another."""


class Panels(_Shown, alt.FacetChart):
    """The same chart for each of several groups."""


AnyChart = Chart | Stack | Panels


@runtime_checkable
class Drawn(Protocol):
    """What is an SVG document already, such as a `Picture`."""

    @property
    def svg(self) -> str:
        """The document."""


Systems = Mapping[str, Any]


def per_origin_chart(per_origin: pd.DataFrame, *, metric: str, systems: Systems, lang: Lang) -> Chart:
    """One metric of each policy at each decision day.

    How to read it: from left to right in time. A policy that is better at most days is better; lines that cross from
    day to day show how much of a difference is luck. The perfect order is left out, to spread the others.

    Args:
        per_origin: origin, policy, metric, value, n, n_positive, estimand; rows without a value are left out.
        metric: the one to show.
        systems: grading system -> {"title_en", "title_zh", "reconstructed"}.
        lang: of all texts.

    Raises:
        DataError: if no value is left to show.
    """
    shown = drawn(per_origin["policy"]) & (per_origin["policy"] != "perfect")
    rows = per_origin[(per_origin["metric"] == metric) & shown]
    rows = _present(rows, ["origin", "policy", "value"], f"values of {metric} by origin")
    data = rows.assign(origin=pd.to_datetime(rows["origin"]).dt.strftime("%Y-%m-%d"))
    base = alt.Chart(_named(data, systems, lang)).encode(
        x=alt.X("origin:O", title=AXES["origin"][lang], axis=_DAYS),
        y=_y("value", metric_axis(metric), lang, percent=METRICS[split_metric(metric)[0]].percent),
    )
    policies = policy_order(data["policy"].unique())
    return styled(_lines(base, policies, systems, lang, shapes=True), height=240)


_DAYS: Final = alt.Axis(
    labelAngle=0, labelOverlap="greedy", labelExpr="[slice(datum.label, 0, 4), slice(datum.label, 5)]"
)
"""Days in two lines, the year above."""


def budget_chart(budget_curve: pd.DataFrame, *, systems: Systems, lang: Lang) -> Chart:
    """Share of the failures found against the share of visits spent.

    How to read it: pick a budget on the horizontal axis; the higher line finds more with it. The random order is the
    diagonal, the perfect order the upper bound; a policy is worth what it gains on the way from one to the other.

    Args:
        budget_curve: policy, budget and recall, both shares in [0, 1]; rows without a value are left out. Where it has
            low and high, the model's line has a band.
        systems: grading system -> {"title_en", "title_zh", "reconstructed"}.
        lang: of all texts.

    Raises:
        DataError: if no value is left to show.
    """
    rows = _present(budget_curve[drawn(budget_curve["policy"])], ["policy", "budget", "recall"], "budget curves")
    base = alt.Chart(_named(rows, systems, lang)).encode(
        x=_x("budget", AXES["budget"], lang), y=_y("recall", AXES["recall"], lang, percent=True)
    )
    policies = policy_order(rows["policy"].unique())
    return styled([*_band(rows, lang), *_lines(base, policies, systems, lang, shapes=False)], height=320)


def _band(rows: pd.DataFrame, lang: Lang) -> list[alt.Chart]:
    """The interval of the model's curve, where the rows have one."""
    held = rows[rows["policy"] == "model"]
    if "low" not in held or held["low"].isna().all():
        return []
    base = alt.Chart(held[["budget", "low", "high"]]).mark_area(color=COLOURS["model"], opacity=0.18)
    high = alt.Y2("high:Q")
    return [base.encode(x=_x("budget", AXES["budget"], lang), y=_y("low", AXES["recall"], lang, percent=True), y2=high)]


def drawn(policies: "pd.Series[str]") -> "pd.Series[bool]":
    """Which policies have a line of their own: the model, its rivals, grades, the bounds; others stand in tables.

    >>> drawn(pd.Series(["model", "logistic", "grade_x", "grade_x_plus_model"])).tolist()
    [True, False, True, False]
    """
    grades = [one for one in policy_order(policies.unique()) if is_grade(one)][:MOST_GRADES]
    return policies.isin([*DASHES, *RIVALS, *grades])


def grade_look(place: int) -> tuple[str, list[int], str]:
    """Colour, dash and form of a grade by its place: no two of the first `MOST_GRADES` look alike.

    >>> len({(colour, tuple(dash)) for colour, dash, _ in map(grade_look, range(MOST_GRADES))})
    12
    """
    dash = GRADE_DASHES[place % len(GRADE_DASHES)]
    return GRADE_COLOURS[place % len(GRADE_COLOURS)], dash, GRADE_SHAPES[place % len(GRADE_SHAPES)]


def reliability_chart(curve: pd.DataFrame, *, lang: Lang) -> Chart:
    """Observed share of failures against the predicted probability.

    How to read it: points on the dashed diagonal say what happens. Below it the model is too pessimistic (it announces
    more failures than there are), above it too optimistic. The bars are intervals of the observed share.

    Args:
        curve: bin, predicted, observed, low, high (shares in [0, 1]) and n; bins without a value are left out.
        lang: of all texts.

    Raises:
        DataError: if no bin is left to show.
    """
    rows = _present(curve, ["predicted", "observed"], "bins of the reliability curve")
    top = float(rows[["predicted", "observed", "high"]].max().max())
    scale = alt.Scale(domain=[0, min(1.0, top * 1.05) or 1.0], nice=False)
    ends = pd.DataFrame({"at": [0.0, min(1.0, top * 1.05) or 1.0]})
    diagonal = alt.Chart(ends).mark_line(color=GREY, strokeDash=[4, 4], strokeWidth=1.5).encode(x="at:Q", y="at:Q")
    base = alt.Chart(rows).encode(
        x=alt.X("predicted:Q", title=AXES["predicted"][lang], scale=scale, axis=alt.Axis(format=".0%", tickCount=5))
    )
    bars = base.mark_rule(color=COLOURS["model"], strokeWidth=2).encode(y="low:Q", y2="high:Q")
    points = base.mark_point(color=COLOURS["model"], filled=True, size=60, opacity=1).encode(
        y=alt.Y("observed:Q", title=AXES["observed"][lang], scale=scale, axis=alt.Axis(format=".0%", tickCount=5))
    )
    return styled([points, diagonal, bars, points], height=320)


def to_svg(chart: "alt.TopLevelMixin | Drawn", *, label: str = "", lang: Lang | None = None) -> str:
    """The chart as one SVG element, without script or request; the same chart gives the same bytes.

    The converter numbers clip paths through the life of the process: they are named anew, after the chart. The
    specification is not checked against its schema again: the tests do that, and it would take as long as the drawing.

    Args:
        chart: of altair, or a picture, which has its SVG already.
        label: what a screen reader says in place of the chart, such as its title.
        lang: the language of its words.
    """
    if isinstance(chart, Drawn):
        return chart.svg
    specification = chart.to_json(validate=False)
    svg = str(vl_convert.vegalite_to_svg(specification))
    name = hashlib.sha256(specification.encode()).hexdigest()[:12]
    numbers = list(dict.fromkeys(re.findall(r'id="clip(\d+)"', svg)))
    named = re.sub(r'(id="|url\(#)clip(\d+)', lambda m: f"{m[1]}clip-{name}-{numbers.index(m[2])}", svg)
    return labelled(small(named), label, lang)


def to_png(svg: str, *, scale: float = 2.0) -> bytes:
    """An SVG as a PNG image for slides and letters.

    Args:
        svg: a document of `to_svg` or of a picture.
        scale: pixels of the image for one of the drawing.
    """
    return bytes(vl_convert.svg_to_png(svg, scale=scale))


def _present(frame: pd.DataFrame, columns: Sequence[str], what: str) -> pd.DataFrame:
    rows = frame.dropna(subset=list(columns))
    if rows.empty:
        raise DataError(f"there are no {what} to show: {len(frame)} rows, none with a value in each of {list(columns)}")
    return rows


def _named(rows: pd.DataFrame, systems: Systems, lang: Lang) -> pd.DataFrame:
    return rows.assign(name=rows["policy"].map(lambda policy: policy_name(policy, systems)[lang]))


def _x(field: str, title: Text, lang: Lang) -> alt.X:
    axis = alt.Axis(format=".0%", tickCount=5)
    return alt.X(f"{field}:Q", title=title[lang], scale=alt.Scale(domain=[0, 1]), axis=axis)


def _y(field: str, title: Text, lang: Lang, *, percent: bool) -> alt.Y:
    axis = alt.Axis(format=".0%", tickCount=5) if percent else alt.Axis(tickCount=5)
    return alt.Y(f"{field}:Q", title=title[lang], scale=alt.Scale(zero=percent), axis=axis)


def _lines(base: alt.Chart, policies: Sequence[str], systems: Systems, lang: Lang, *, shapes: bool) -> list[alt.Chart]:
    """Lines, and points on them if asked, with one legend below for colour, dash and shape together."""
    names = [policy_name(policy, systems)[lang] for policy in policies]
    grades = [policy for policy in policies if policy.startswith("grade_")]
    colours, dashes, marks = [], [], []
    for policy in policies:
        look = grade_look(grades.index(policy)) if policy in grades else ("#000000", [1, 0], "cross")
        colours.append({**COLOURS, **BOUNDS}.get(policy, look[0]))
        dashes.append(DASHES.get(policy, look[1]))
        marks.append(SHAPES.get(policy, look[2]))
    size = 110 if shapes else 500
    legend = alt.Legend(orient="bottom", columns=1, title=None, symbolSize=size, labelLimit=WIDTH, rowPadding=3)
    colour = alt.Color("name:N", sort=names, scale=alt.Scale(domain=names, range=colours), legend=legend)
    dash = alt.StrokeDash("name:N", sort=names, scale=alt.Scale(domain=names, range=dashes), legend=legend)
    width = alt.StrokeWidth("name:N", sort=names, legend=None, scale=_widths(policies, names))
    lines = base.mark_line().encode(color=colour, strokeDash=dash, strokeWidth=width)
    if not shapes:
        return [lines]
    shape = alt.Shape("name:N", sort=names, scale=alt.Scale(domain=names, range=marks), legend=legend)
    return [lines, base.mark_point(filled=True, size=55, opacity=1).encode(color=colour, shape=shape)]


def _widths(policies: Sequence[str], names: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=[3.0 if policy == "model" else 1.8 for policy in policies])


def styled(layers: Sequence[alt.Chart], *, height: "int | alt.Step", rows: pd.DataFrame | None = None) -> Chart:
    """Layers as one chart in the style of all; those without rows of their own share `rows`."""
    axis: dict[str, Any] = {
        "labelFontSize": 14,
        "titleFontSize": 14,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
    }
    config: dict[str, Any] = {
        "font": FONT,
        "axis": {**axis, "gridColor": "#e4e4e4", "domainColor": GREY, "tickColor": GREY},
        "legend": {"labelFontSize": 14, "labelColor": INK, "symbolStrokeWidth": 2.5},
        "view": {"stroke": None},
    }
    data = alt.Undefined if rows is None else rows
    return Chart(
        data=data, layer=list(layers), width=WIDTH, height=height, background="white", padding=8, config=config
    )
