"""Every chart of riskml in one style (Okabe-Ito colours, told apart by dashes and shapes too), and its SVG."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd
import vl_convert

from riskml.errors import DataError
from riskml.export.figures import interval, number
from riskml.export.wording import METRICS, Lang, Text, pair_name, pair_order, policy_name, policy_order, split_metric
from riskml.reporting.texts import AXES, RIVALS, is_grade, metric_axis

WIDTH: Final = 420
"""Of the plotting area in pixels: small, so that the text stays readable when a phone shrinks the chart."""

FONT: Final = "Liberation Sans, Arial, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif"
"""The first is built into the converter: the layout does not depend on the fonts of the machine."""

INK: Final = "#222222"
GREY: Final = "#8a8a8a"
COLOURS: Final = {"model": "#0072B2", "last_outcome": "#D55E00", "past_fail_rate": "#E69F00"}
BOUNDS: Final = {"random": GREY, "perfect": "#000000"}
GRADE_COLOURS: Final = ("#009E73", "#CC79A7", "#56B4E9", "#F0E442")
DASHES: Final = {"model": [1, 0], "random": [2, 3], "perfect": [2, 3]}
GRADE_DASHES: Final = ([7, 3], [7, 3, 2, 3])
SHAPES: Final = {"model": "circle", "last_outcome": "square", "past_fail_rate": "diamond"}


class Chart(alt.LayerChart):
    """A chart that Jupyter shows as an SVG: altair's own way loads its scripts from the network."""

    def _repr_mimebundle_(self, *_: object, **__: object) -> dict[str, str]:
        """What Jupyter shows, whatever renderer is switched on."""
        return {"image/svg+xml": to_svg(self), "text/plain": "chart"}


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
        x=alt.X("origin:O", title=AXES["origin"][lang], axis=alt.Axis(labelAngle=-40)),
        y=_y("value", metric_axis(metric), lang, percent=METRICS[split_metric(metric)[0]].percent),
    )
    policies = policy_order(data["policy"].unique())
    return styled(_lines(base, policies, systems, lang, shapes=True), height=240)


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
    """Which policies have a line of their own: the model, its rivals, the grades, the bounds; others stand in tables.

    >>> drawn(pd.Series(["model", "logistic", "grade_x", "grade_x_plus_model"])).tolist()
    [True, False, True, False]
    """
    return policies.isin([*DASHES, *RIVALS]) | policies.map(is_grade).astype(bool)


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


def difference_chart(differences: Mapping[str, Any], *, metric: str, systems: Systems, lang: Lang) -> Chart:
    """The difference between the model and each other policy at one metric, with its interval.

    How to read it: the dot is the difference, the bar its interval. A bar wholly to the right of the line at zero: the
    first policy is better; a bar across the line: not shown to be better.

    Args:
        differences: "a - b" -> metric -> {"value", "low", "high"}; those without a value are left out.
        metric: the one to show; shares are shown in percentage points.
        systems: grading system -> {"title_en", "title_zh", "reconstructed"}.
        lang: of all texts.

    Raises:
        DataError: if no difference is left to show.
    """
    factor = 100 if METRICS[split_metric(metric)[0]].percent else 1
    rows = []
    for pair in pair_order(differences):
        entries = differences[pair]
        value, bounds = number(entries.get(metric, {})), interval(entries.get(metric, {}))
        if value is not None:
            ends = [factor * end for end in (value, *(bounds or (value, value)))]
            rows.append([pair, pair_name(pair, systems)[lang], *ends])
    if not rows:
        raise DataError(f"there are no differences at {metric} to show; compare the model with another policy")
    data = pd.DataFrame(rows, columns=["pair", "words", "value", "low", "high"])
    base = alt.Chart(data).encode(y=alt.Y("pair:N", sort=data["pair"].tolist(), axis=None))
    title = AXES["points" if factor == 100 else "difference"][lang]
    x = alt.X("value:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6))
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(color=INK, strokeWidth=1.5).encode(x="at:Q")
    bars = base.mark_rule(color=COLOURS["model"], strokeWidth=3, yOffset=8).encode(x="low:Q", x2="high:Q")
    dots = base.mark_point(color=COLOURS["model"], filled=True, size=90, opacity=1, yOffset=8).encode(x=x)
    return styled([dots, zero, bars, dots, *_words_above(base)], height=alt.Step(40))


def to_svg(chart: alt.TopLevelMixin) -> str:
    """The chart as one SVG element, without script or request; the same chart gives the same bytes.

    The converter numbers clip paths through the life of the process: they are named anew, after the chart. The
    specification is not checked against its schema again: the tests do that, and it would take as long as the drawing.
    """
    specification = chart.to_json(validate=False)
    svg = str(vl_convert.vegalite_to_svg(specification))
    name = hashlib.sha256(specification.encode()).hexdigest()[:12]
    numbers = list(dict.fromkeys(re.findall(r'id="clip(\d+)"', svg)))
    return re.sub(r'(id="|url\(#)clip(\d+)', lambda m: f"{m[1]}clip-{name}-{numbers.index(m[2])}", svg)


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
        place = grades.index(policy) if policy in grades else 0
        grade_colour = GRADE_COLOURS[place % len(GRADE_COLOURS)]
        colours.append({**COLOURS, **BOUNDS}.get(policy, grade_colour))
        dashes.append(DASHES.get(policy, GRADE_DASHES[place % 2] if policy in grades else [1, 0]))
        marks.append(SHAPES.get(policy, ("triangle-up", "triangle-down")[place % 2] if policy in grades else "cross"))
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


def _words_above(base: alt.Chart) -> list[alt.Chart]:
    """Each row's words above its mark, haloed: no room is lost at the side, whatever their length."""
    placed = base.encode(x=alt.value(4), text="words:N")
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "yOffset": -7, "fontSize": 14, "limit": WIDTH}
    return [
        placed.mark_text(**style, color="white", stroke="white", strokeWidth=5),
        placed.mark_text(**style, color=INK),
    ]


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
        data=data, layer=list(layers), width=WIDTH, height=height, background="white", padding=6, config=config
    )
