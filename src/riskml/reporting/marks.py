"""The generic charts of the report: dots with intervals, lines with bands, stacked bars and a heat map."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd

from riskml.errors import DataError
from riskml.export.wording import Lang, Text
from riskml.reporting.charts import INK, RISING, WIDTH, Chart, styled
from riskml.reporting.looks import (
    DOT,
    DRAWN,
    HALO,
    HEADING,
    LETTER,
    NOTE,
    ONE,
    QUIET,
    Axis,
    Series,
    called,
    once,
    places,
    reach,
    told,
)


def dots_chart(
    rows: pd.DataFrame, *, axis: Axis, lang: Lang, series: Sequence[Series] = ONE, line: float | None = None
) -> Chart:
    """Values with their intervals, group below group.

    How to read it: the dot is the value, the thin bar its interval, a pale wide bar the range of what is possible.
    A group's dots stand below its words; words in grey say why there is no dot.

    Args:
        rows: words (of the group), series (key), value, low, high; may have lower, upper (the wide bar) and note
            (shown where there is no value), each group's rows one after another.
        axis: of the values.
        lang: of all texts.
        series: in the order of the legend.
        line: a value at which a line is drawn, such as no difference.

    Raises:
        DataError: if there is no row.
    """
    if rows.empty:
        raise DataError("there are no values to show")
    if "series" in rows:
        series = tuple(one for one in series if (rows["series"] == one.key).any()) or series
    placed, headings, height = places(once(rows.assign(series=called(rows, series, lang))))
    ends = placed.reindex(columns=["value", "low", "high", "lower", "upper"])
    too = ([0.0] if axis.zero else []) + ([] if line is None else [line])
    axis = replace(axis, domain=axis.domain or reach(ends, *too))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))
    base = alt.Chart().encode(y=y)
    x, colour, shape = _x("value", axis, lang), _colour(series, lang), _shape(series, lang)
    layers = [base.mark_point(size=0, opacity=0).encode(x=x)]
    if line is not None:
        layers.append(upright(line, headings, height, INK))
    if "lower" in placed:
        wide: dict[str, Any] = {"strokeWidth": 9, "opacity": 0.28, "clip": axis.domain is not None}
        layers.append(base.mark_rule(**wide).encode(x=alt.X("lower:Q"), x2=alt.X2("upper:Q"), color=colour))
    thin = base.mark_rule(strokeWidth=2.5, clip=axis.domain is not None)
    layers.append(thin.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=colour))
    dots = base.mark_point(filled=True, size=70, opacity=1, clip=axis.domain is not None)
    layers.append(dots.encode(x=x, color=colour, shape=shape))
    layers += [*_headings(headings, height), *_notes(placed, y)]
    return styled(layers, height=height, rows=placed[[name for name in DRAWN if name in placed]])


def upright(line: float, headings: pd.DataFrame, height: int, colour: str) -> alt.Chart:
    """An upright line beside the dots of each group, which leaves the words of the groups out."""
    below = headings["y"].shift(-1).fillna(height + HEADING / 2) - HEADING / 2
    pieces = pd.DataFrame({"at": line, "top": headings["y"] + HEADING / 2, "bottom": below})
    scale = alt.Scale(domain=[height, 0], nice=False, zero=False)
    base = alt.Chart(pieces[pieces["bottom"] > pieces["top"]]).mark_rule(color=colour, strokeWidth=1.3)
    drawn: alt.Chart = base.encode(x=alt.X("at:Q"), y=alt.Y("top:Q", axis=None, scale=scale), y2=alt.Y2("bottom:Q"))
    return drawn


def _headings(headings: pd.DataFrame, height: int) -> list[alt.Chart]:
    """The words of each group, haloed, so that a line below them does not cross them."""
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))
    base = alt.Chart(headings).encode(x=alt.value(4), y=y, text=alt.Text("words:N"))
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": LETTER, "limit": WIDTH - 4}
    return [base.mark_text(**style, **HALO), base.mark_text(**style, color=INK)]


def _notes(placed: pd.DataFrame, y: alt.Y) -> list[alt.Chart]:
    """Why a dot is missing, in its place."""
    if "note" not in placed or not placed["value"].isna().any():
        return []
    absent = placed[placed["value"].isna()]
    lines = [
        (one, row_y + DOT * place)
        for row_y, note in zip(absent["y"], absent["note"], strict=True)
        for place, one in enumerate(told(note))
    ]
    base = alt.Chart(pd.DataFrame(lines, columns=["note", "y"])).encode(x=alt.value(14), y=y, text=alt.Text("note:N"))
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": NOTE, "limit": WIDTH - 10}
    return [base.mark_text(**style, **HALO), base.mark_text(**style, color=QUIET)]


def lines_chart(
    rows: pd.DataFrame, *, x: Axis, y: Axis, lang: Lang, series: Sequence[Series] = ONE, line: float | None = None
) -> Chart:
    """Lines over a continuous quantity, with a pale band where a row has an interval.

    How to read it: the line is the value, the band its interval. Where a band leaves the horizontal line at zero out,
    the difference is not chance.

    Args:
        rows: series (key; absent: one line), x, y; may have low and high.
        x: the horizontal axis.
        y: the vertical axis.
        lang: of all texts.
        series: in the order of the legend.
        line: a height at which a line is drawn.

    Raises:
        DataError: if no row has a value.
    """
    held, base, layers = _plane(rows, x, lang, series, line)
    colour = _colour(series, lang, 500)
    if "low" in rows and rows["low"].notna().any():
        area = base.transform_filter("isValid(datum.low)").mark_area(opacity=0.2, clip=y.domain is not None)
        layers.insert(0, area.encode(y=_y("low", y, lang), y2=alt.Y2("high:Q"), color=colour))
    names, legend = [one.name[lang] for one in series], _legend(series, 500)
    dash = alt.Scale(domain=names, range=[list(one.dash) for one in series])
    width = alt.Scale(domain=names, range=[one.width for one in series])
    lines = base.mark_line(clip=y.domain is not None).encode(
        y=_y("y", y, lang),
        color=colour,
        strokeDash=alt.StrokeDash("series:N", sort=names, scale=dash, legend=legend),
        strokeWidth=alt.StrokeWidth("series:N", sort=names, scale=width, legend=None),
    )
    return styled([*layers, lines], height=300, rows=held)


def points_chart(
    rows: pd.DataFrame, *, x: Axis, y: Axis, lang: Lang, series: Sequence[Series] = ONE, line: float | None = None
) -> Chart:
    """Many values side by side, each a dot with its upright interval (a caterpillar plot).

    How to read it: each dot is one of many, in order; the bar through it is its interval. A bar across the line: not
    shown to differ from it.

    Args:
        rows: series (key; absent: one kind), x (place or quantity), y, low, high.
        x: the horizontal axis.
        y: the vertical axis.
        lang: of all texts.
        series: in the order of the legend.
        line: a height at which a line is drawn.

    Raises:
        DataError: if no row has a value.
    """
    held, base, layers = _plane(rows, x, lang, series, line)
    colour = _colour(series, lang)
    bars = base.mark_rule(strokeWidth=1.5).encode(y=_y("low", y, lang), y2=alt.Y2("high:Q"), color=colour)
    dots = base.mark_point(filled=True, size=34, opacity=1)
    shown = dots.encode(y=_y("y", y, lang), color=colour, shape=_shape(series, lang))
    return styled([*layers, bars, shown], height=260, rows=held)


def _plane(
    rows: pd.DataFrame, x: Axis, lang: Lang, series: Sequence[Series], line: float | None
) -> tuple[pd.DataFrame, alt.Chart, list[alt.Chart]]:
    """The rows that have a value, their horizontal axis, and the line they are held against."""
    held = rows.dropna(subset=["x", "y"])
    if held.empty:
        raise DataError(f"there are no values to show: {len(rows)} rows, none with a value")
    held = held.assign(series=called(held, series, lang))
    base = alt.Chart().encode(x=_x("x", x, lang))
    at = alt.Chart(pd.DataFrame({"at": [line]})).mark_rule(color=INK, strokeWidth=1.3).encode(y=alt.Y("at:Q"))
    return held[[name for name in DRAWN if name in held]], base, [] if line is None else [at]


def bars_chart(rows: pd.DataFrame, *, x: Text, y: Axis, lang: Lang, series: Sequence[Series]) -> Chart:
    """Stacked bars over ordered classes.

    How to read it: the height of a bar is the number in its class; its colours are the parts.

    Args:
        rows: words (of the class, in order), series (key), value.
        x: title of the classes.
        y: axis of the values.
        lang: of all texts.
        series: in the order of the legend, the lowest first.

    Raises:
        DataError: if there is no row.
    """
    if rows.empty:
        raise DataError("there are no values to show")
    classes = list(dict.fromkeys(rows["words"]))
    ranks = {one.key: rank for rank, one in enumerate(series)}
    drawn = rows.assign(rank=rows["series"].map(ranks), series=called(rows, series, lang))
    chart = alt.Chart(drawn).mark_bar(stroke="white", strokeWidth=0.5)
    encoded = chart.encode(
        x=alt.X("words:O", sort=classes, title=x[lang], axis=alt.Axis(labelAngle=-40)),
        y=_y("value", y, lang),
        color=_colour(series, lang),
        order=alt.Order("rank:Q"),
    )
    return styled([encoded], height=240)


def heat_chart(rows: pd.DataFrame, *, across: Text, down: Text, lang: Lang) -> Chart:
    """A table of cells, the darker the larger the value.

    How to read it: each cell holds what its row and its column have in common; its words give the number.

    Args:
        rows: across, down (classes, in order), value (how dark), words (in the cell; line breaks by a line feed).
        across: title of the columns.
        down: title of the rows.
        lang: of all texts.

    Raises:
        DataError: if there is no row.
    """
    if rows.empty:
        raise DataError("there are no values to show")
    top = float(rows["value"].max()) or 1.0
    columns, lines = (list(dict.fromkeys(rows[name])) for name in ("across", "down"))
    axis: dict[str, Any] = {"labelAngle": 0, "domain": False, "ticks": False, "grid": False, "labelLimit": 150}
    place: dict[str, Any] = {
        "x": alt.X("across:O", sort=columns, title=across[lang], axis=alt.Axis(**axis, orient="top")),
        "y": alt.Y("down:O", sort=lines, title=down[lang], axis=alt.Axis(**axis)),
    }
    scale = alt.Scale(domain=[0, top], range=list(RISING), interpolate="rgb")
    colour = alt.Color("value:Q", scale=scale, legend=None)
    layers = [
        alt.Chart(rows[["down", "across", "value"]])
        .mark_rect(stroke="white", strokeWidth=2)
        .encode(**place, color=colour)
    ]
    words = alt.Chart(rows).mark_text(fontSize=13, lineBreak="\n", baseline="middle", lineHeight=16, color=INK)
    layers.append(words.encode(**place, text=alt.Text("words:N")))
    return styled(layers, height=alt.Step(52))


def _x(field: str, axis: Axis, lang: Lang) -> alt.X:
    return alt.X(f"{field}:Q", title=axis.title[lang], scale=_scale(axis), axis=_ticks(axis))


def _y(field: str, axis: Axis, lang: Lang) -> alt.Y:
    return alt.Y(f"{field}:Q", title=axis.title[lang], scale=_scale(axis), axis=_ticks(axis))


def _scale(axis: Axis) -> alt.Scale:
    if axis.log:
        return alt.Scale(type="log", nice=False)
    if axis.domain:
        return alt.Scale(domain=list(axis.domain), nice=False, zero=False)
    return alt.Scale(zero=axis.zero)


def _ticks(axis: Axis) -> alt.Axis:
    return alt.Axis(format=".0%", tickCount=5) if axis.percent else alt.Axis(tickCount=5)


def _colour(series: Sequence[Series], lang: Lang, size: int = 110) -> alt.Color:
    names, legend = [one.name[lang] for one in series], _legend(series, size)
    scale = alt.Scale(domain=names, range=[one.colour for one in series])
    return alt.Color("series:N", sort=names, scale=scale, legend=legend)


def _shape(series: Sequence[Series], lang: Lang) -> alt.Shape:
    names, legend = [one.name[lang] for one in series], _legend(series, 110)
    scale = alt.Scale(domain=names, range=[one.shape for one in series])
    return alt.Shape("series:N", sort=names, scale=scale, legend=legend)


def _legend(series: Sequence[Series], size: int) -> "alt.Legend | None":
    """One legend below for colour, dash and shape together; none for a single kind of mark."""
    if len(series) < 2:
        return None
    form: dict[str, Any] = {"symbolType": "stroke", "symbolStrokeWidth": 3} if size > 200 else {}
    return alt.Legend(
        orient="bottom", columns=1, title=None, symbolSize=size, symbolOpacity=1, labelLimit=WIDTH, rowPadding=3, **form
    )
