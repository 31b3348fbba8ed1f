"""The map of sites: points or cells in kilometres with a scale bar; no tiles, so nothing is asked of anybody."""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd

from riskml.errors import DataError
from riskml.export.wording import Lang, Text, text
from riskml.reporting.charts import COLOURS, INK, WIDTH, styled
from riskml.reporting.pictures.level_looks import NAMED, level_colours, level_shapes
from riskml.reporting.pictures.nothing import or_why
from riskml.reporting.pictures.panels import known_language
from riskml.reporting.pictures.picture import Picture, picture
from riskml.reporting.pictures.places import Plane, in_cells, plane, round_length

POINTS: Final = 2000
"""Most sites drawn as points; more of them are counted in cells."""
ACROSS: Final = 28
"""Cells across the longer side, about."""
FEWEST: Final = 5
"""A cell with fewer sites shows that there are some, and no value: it could be that of one site."""
TALL: Final = (180, 560)
"""Least and greatest height in pixels of what the sites cover."""
EDGE: Final = 8
"""Pixels between the outermost sites and the edge."""
BELOW: Final = 40
"""Pixels below the sites, for the scale bar."""
RISING: Final = ("#d9ecf7", COLOURS["model"], "#00233a")
BLANK: Final = "#c4c4c4"
TITLES: Final = {
    "probability": text("Where are failures most likely?", "哪里最可能不合格？"),
    "level": text("Where are the risky levels?", "高风险等级在哪里？"),
    "number": text("Where are the sites?", "主体分布在哪里？"),
}
PROBABILITY: Final = text("predicted probability of failure", "预测的不合格概率")
_MEAN: Final = text("mean predicted probability of failure", "预测不合格概率的平均值")
_RISKY: Final = text("share of sites at the level “{level}”", "“{level}”等级主体的比例")
_COUNT: Final = text("sites in a cell, number", "每格主体数（家）")
_NONE: Final = text("no level", "无等级")
_SITES: Final = text("North is up. Sites on the map: {shown}.", "上方为北。图中共{shown}家主体。")
_CELLS: Final = text("A cell is {side} km wide.", "每格边长{side}公里。")
_FEW: Final = text("Empty cell: fewer than {few} sites with a value.", "空格：格内有值的主体不足{few}家。")
_UNPLACED: Final = text("Without coordinates, not shown: {count} sites.", "无坐标、未显示：{count}家。")
_FAR: Final = text(
    "Far off all others, not shown: {count} sites; check their coordinates.",
    "远离其他主体、未显示：{count}家，请核对坐标。",
)
_UNVALUED: Final = text("Grey: {count} sites without a probability.", "灰色：{count}家没有概率。")


@or_why(TITLES["number"])
def sites_map(
    sites: pd.DataFrame,
    *,
    lang: Lang = "en",
    by: str | None = None,
    levels: Mapping[str, Text] | None = None,
    cells: bool | None = None,
) -> Picture:
    """Where the sites lie, coloured by predicted probability or by level.

    How to read it: north is up and the bar says how far a length is. A point is a site; darker is a higher probability,
    or colour and form tell its level. Where there are many, a square stands for all sites in it: its colour is their
    mean probability, the share of them at the riskiest level, or just their number. A dark corner is where visits would
    go: it can be a street of risky kitchens, or a district whose inspectors write more down.

    Args:
        sites: lon, lat (degrees) and what it is coloured by; further columns are not read.
        lang: of all texts.
        by: "probability", "level" or "number"; by default the first of the first two that is a column, else "number".
        levels: code -> words, safest first; by default the codes found: by their mean probability where there is one,
            those that are called by a colour from green to black, others in the order of the alphabet.
        cells: True draws cells, False points; by default cells for more than `POINTS` sites. Cells are for what leaves
            the house: a point is one business, and may be somebody's home.

    Raises:
        DataError: for another language or `by`, a missing column or an unknown level. Where no site has coordinates the
            picture says so.
    """
    known_language(lang)
    by = _by(sites, by)
    flat = plane(sites)
    words = _levels(flat.rows, levels, lang) if by == "level" else {}
    if cells is None:
        cells = len(flat.rows) > POINTS
    if cells:
        layers, told = _cells(flat, by, words, lang)
    else:
        layers, told = _points(flat, by, words, lang)
    height, scales = _frame(flat)
    for layer in layers:
        layer.encoding.x.scale, layer.encoding.y.scale = scales
    chart = styled([*layers, *_scale_bar(scales, lang)], height=height)
    return picture(chart, TITLES[by][lang], [_about(flat, lang), told, *_left_out(flat, lang)], lang)


def _by(sites: pd.DataFrame, by: str | None) -> str:
    """What colours the map."""
    allowed = ("probability", "level", "number")
    if by is None:
        return next((name for name in allowed if name in sites), "number")
    if by not in allowed:
        raise DataError(f"a map by {by!r} is unknown; allowed are {list(allowed)}")
    if by != "number" and by not in sites:
        raise DataError(f"the sites have no column {by!r}; merge the scores or grades to them")
    return by


def _levels(rows: pd.DataFrame, levels: Mapping[str, Text] | None, lang: Lang) -> dict[str, str]:
    """Level -> words, safest first."""
    found = sorted(rows["level"].dropna().unique())
    if levels is None:
        return {str(level): str(level) for level in _safest_first(rows, found)}
    unknown = [level for level in found if level not in levels]
    if unknown:
        raise DataError(f"the sites have the levels {unknown}; levels named are {list(levels)}")
    return {level: words[lang] for level, words in levels.items()}


def _safest_first(rows: pd.DataFrame, found: list[str]) -> list[str]:
    """Levels that nobody has put in order."""
    if "probability" in rows:
        means = rows.groupby("level")["probability"].mean()
        return sorted(found, key=lambda level: (float(means.fillna(0.0)[level]), level))
    if set(found) <= set(NAMED):
        return sorted(found, key=list(NAMED).index)
    return found


def _points(flat: Plane, by: str, levels: Mapping[str, str], lang: Lang) -> tuple[list[alt.Chart], str]:
    """A point a site, the riskiest drawn last."""
    if by == "level":
        order = {level: rank for rank, level in enumerate(levels)}
        ranked = flat.rows.assign(rank=flat.rows["level"].map(order).astype("float64").fillna(-1)).sort_values("rank")
        return _graded_points(
            _places(ranked).assign(level=ranked["level"].map(levels).fillna(_NONE[lang])), levels, lang
        ), ""
    if by == "number":
        return [
            _xy(alt.Chart(_places(flat.rows)).mark_point(filled=True, size=18, opacity=0.6, color=COLOURS["model"]))
        ], ""
    rows = flat.rows.sort_values("probability", na_position="first")
    blank = rows["probability"].isna()
    held = _places(rows).assign(value=rows["probability"].round(4))
    layers = [_xy(alt.Chart(_places(rows[blank])).mark_point(filled=True, size=14, opacity=1, color=BLANK))]
    dots = alt.Chart(held[~blank]).mark_point(filled=True, size=24, opacity=1, stroke="white", strokeWidth=0.3)
    layers.append(_xy(dots).encode(color=_rising(PROBABILITY[lang], percent=True)))
    return layers[0 if blank.any() else 1 :], _UNVALUED[lang].format(count=int(blank.sum())) if blank.any() else ""


def _graded_points(held: pd.DataFrame, levels: Mapping[str, str], lang: Lang) -> list[alt.Chart]:
    names = [*levels.values()]
    colours, shapes = level_colours([*levels]), level_shapes([*levels])
    if (held["level"] == _NONE[lang]).any():
        names, colours, shapes = [*names, _NONE[lang]], [*colours, BLANK], [*shapes, "circle"]
    legend = alt.Legend(
        orient="bottom", columns=2, title=None, symbolSize=90, symbolStrokeWidth=0.5, labelLimit=WIDTH // 2
    )
    colour = alt.Color("level:N", sort=names, legend=legend, scale=alt.Scale(domain=names, range=colours))
    shape = alt.Shape("level:N", sort=names, legend=legend, scale=alt.Scale(domain=names, range=shapes))
    chart = alt.Chart(held).mark_point(filled=True, size=30, opacity=1, stroke=INK, strokeWidth=0.3)
    return [_xy(chart).encode(color=colour, shape=shape)]


def _cells(flat: Plane, by: str, levels: Mapping[str, str], lang: Lang) -> tuple[list[alt.Chart], str]:
    """Squares, with a value where enough sites stand behind it."""
    side = round_length(max(flat.width, flat.height) / ACROSS * 1.6)
    rows, title = flat.rows[["x", "y"]], _COUNT[lang]
    if by == "probability":
        rows, title = rows.assign(value=flat.rows["probability"]), _MEAN[lang]
    elif by == "level" and levels:
        code, words = list(levels.items())[-1]
        graded = flat.rows["level"].notna()
        rows = rows.assign(value=(flat.rows["level"] == code).astype("float64").where(graded))
        title = _RISKY[lang].format(level=words)
    found = in_cells(rows, side)
    valued = "value" in found
    enough = found["valued" if valued else "sites"] >= FEWEST
    held = found[["x", "y", "x2", "y2"]].assign(value=found["value"].round(4) if valued else found["sites"])
    few = alt.Chart(held.loc[~enough, ["x", "y", "x2", "y2"]]).mark_rect(fill="white", stroke=BLANK, strokeWidth=1)
    filled = alt.Chart(held[enough]).mark_rect(stroke="white", strokeWidth=0.5)
    layers = [_xy(few, cells=True)] if (~enough).any() else []
    layers += [_xy(filled, cells=True).encode(color=_rising(title, percent=valued))] if enough.any() else []
    told = _FEW[lang].format(few=FEWEST) if (~enough).any() else ""
    return layers, f"{_CELLS[lang].format(side=f'{side:g}')} {told}".strip()


def _places(rows: pd.DataFrame) -> pd.DataFrame:
    """Kilometres, to ten metres: finer ones say nothing at this size."""
    return rows[["x", "y"]].round(2)


def _xy(chart: alt.Chart, *, cells: bool = False) -> alt.Chart:
    more: dict[str, Any] = {"x2": alt.X2("x2:Q"), "y2": alt.Y2("y2:Q")} if cells else {}
    return chart.encode(x=alt.X("x:Q", axis=None), y=alt.Y("y:Q", axis=None), **more)


def _rising(title: str, *, percent: bool) -> alt.Color:
    legend = alt.Legend(
        orient="bottom", title=title, titleFontSize=14, titleFontWeight="normal", titleLimit=WIDTH, titleColor=INK,
        gradientLength=WIDTH // 2, tickCount=4, format=".0%" if percent else "d",
    )  # fmt: skip
    return alt.Color("value:Q", legend=legend, scale=alt.Scale(range=list(RISING), zero=True))


def _frame(flat: Plane) -> tuple[int, tuple[alt.Scale, alt.Scale]]:
    """Height in pixels, and the scales: a kilometre is as long in both ways, and the scale bar has room below."""
    density = min((WIDTH - 2 * EDGE) / flat.width, TALL[1] / flat.height)
    inner = min(max(density * flat.height, TALL[0]), TALL[1])
    half, middle = WIDTH / 2 / density, flat.height / 2
    ends = [middle - (inner / 2 + BELOW) / density, middle + (inner / 2 + EDGE) / density]
    x = alt.Scale(domain=[flat.width / 2 - half, flat.width / 2 + half], nice=False, zero=False)
    return round(inner + BELOW + EDGE), (x, alt.Scale(domain=ends, nice=False, zero=False))


def _scale_bar(scales: tuple[alt.Scale, alt.Scale], lang: Lang) -> list[alt.Chart]:
    left, right = scales[0].domain
    low, _ = scales[1].domain
    length = round_length((right - left) / 4)
    at, start = low + EDGE / WIDTH * (right - left), left + 0.01 * (right - left)
    words = f"{length:g} {'公里' if lang == 'zh' else 'km'}"
    bar = pd.DataFrame({"x": [start], "x2": [start + length], "y": [at], "words": [words]})
    x, y = alt.X("x:Q", axis=None, scale=scales[0]), alt.Y("y:Q", axis=None, scale=scales[1])
    base = alt.Chart(bar).encode(y=y)
    style: dict[str, Any] = {"align": "left", "baseline": "bottom", "dy": -4, "fontSize": 13, "color": INK}
    return [
        base.mark_rule(color=INK, strokeWidth=3).encode(x=x, x2=alt.X2("x2:Q")),
        base.mark_text(**style).encode(x=x, text="words:N"),
    ]


def _about(flat: Plane, lang: Lang) -> str:
    return _SITES[lang].format(shown=f"{len(flat.rows):,}")


def _left_out(flat: Plane, lang: Lang) -> list[str]:
    """How many sites are not on the map, and why."""
    counts = ((_UNPLACED, flat.unplaced), (_FAR, flat.far))
    return [words[lang].format(count=f"{count:,}") for words, count in counts if count]
