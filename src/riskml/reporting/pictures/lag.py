"""Pictures of the lag from the day a fact happened to the day the bureau's system held it."""

from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from riskml.export.wording import Lang, text
from riskml.records.store import Records
from riskml.reporting.charts import COLOURS, INK, WIDTH, Chart, styled
from riskml.reporting.looks import HALO, Series
from riskml.reporting.pictures.nothing import EmptyError, or_why
from riskml.reporting.pictures.panels import PALE, fact_name, known_language
from riskml.reporting.pictures.picture import Picture, picture

FEWEST: Final = 20
"""A kind with fewer facts is not shown."""
MOST: Final = 15
"""Most kinds shown, those with most facts."""
TICKS: Final = (0, 1, 3, 7, 14, 30, 90, 180, 365, 1095, 3650)
"""Days written on the axis."""
VISITS: Final = "VISIT"
GROUPS: Final = (
    (Series("visit", text("visits", "检查"), COLOURS["model"], (1, 0), width=2.5), (VISITS,)),
    (Series("complaint", text("complaints and reports", "投诉举报"), "#E69F00", (7, 3)), ("COMPL", "REPORT_VALID")),
    (Series("order", text("rectification orders", "责令整改"), "#009E73", (7, 3, 2, 3)), ("RECT",)),
    (Series("sample", text("failed samples", "抽检不合格"), "#D55E00", (2, 3)), ("SAMP",)),
    (Series("case", text("cases and penalties", "立案与处罚"), "#CC79A7", (12, 3)), ("CASE", "PEN")),
    (Series("list", text("listings", "列入名录"), "#56B4E9", (4, 2, 1, 2)), ("ABN", "SERIOUS", "DISHONEST")),
    (Series("other", text("other facts", "其他事实"), "#000000", (1, 2)), ("",)),
)
"""Kinds of facts with the beginnings of their codes; the first that fits holds."""
TITLES: Final = {
    "by_kind": text("How late does the bureau learn of a fact?", "事实发生多久之后才被获知？"),
    "curves": text("After how many days is a fact known?", "多少天之后才能获知？"),
}
_DAYS: Final = text(
    "lag from the event to the system, days (axis compressed to the right)", "从发生到系统获知的天数（轴右侧压缩）"
)
_KNOWN: Final = text("known by then, share of the facts", "届时已获知的比例")
_LOADED: Final = text(
    "Left out: {count} facts from before {day}, where the records begin; they were loaded, not reported.",
    "未计入：记录开始日{day}之前发生的{count}条事实，属一次性导入。",
)
_RARE: Final = text(
    "Not shown: {kinds} rarer kinds with {facts} facts in all.",
    "未显示：较少见的{kinds}类，共{facts}条。",
)
_SAME: Final = text(
    "The same lag in every fact: {kinds}. The source may state such a lag instead of measuring it: see the records' "
    "notes.",
    "每条的滞后都相同：{kinds}。这可能是来源声明的滞后而非实测，见记录的说明。",
)
_UNKNOWN: Final = text(
    "What happened in the last weeks and is not known yet is missing: slow kinds look a little faster than they are.",
    "最近发生而尚未获知的事实不在其中，因此较慢的种类看起来略快。",
)
_BARS: Final = text(
    "Dot: median; bar: the middle four fifths; line: up to the slowest hundredth. In brackets: facts.",
    "圆点：中位数；粗条：中间五分之四；细线：至最慢的百分之一。括号内为条数。",
)


@or_why(TITLES["by_kind"])
def lag_by_kind(records: Records, *, lang: Lang = "en") -> Picture:
    """How many days pass until a fact is known, kind by kind.

    How to read it: the dot is the median lag of a kind, the bar holds the middle four fifths, the thin line reaches to
    the slowest hundredth. A decision day sees a fact only after its lag: a kind far to the right tells of the past, and
    a backtest that took the day it happened for the day it was known would use what nobody knew.

    Args:
        records: canonical records.
        lang: of all texts.

    Raises:
        DataError: for another language. Where no kind has enough facts the picture says so.
    """
    known_language(lang)
    lags, loaded = known_lags(records)
    rows = _summary(lags)
    enough = rows[rows["facts"] >= FEWEST].nlargest(MOST, "facts")
    if enough.empty:
        raise EmptyError(f"there is no lag to show: {len(rows)} kinds of facts, none with {FEWEST} facts")
    shown = enough.sort_values(["value", "high", "facts"], ascending=[True, True, False], kind="stable")
    words = [f"{fact_name(str(code))[lang]} ({facts:,})" for code, facts in shown["facts"].items()]
    rare = rows.drop(shown.index)
    same = (", ", "、")[lang == "zh"].join(fact_name(str(code))[lang] for code in shown.index[shown["different"] == 1])
    lines = [
        _BARS[lang],
        _RARE[lang].format(kinds=len(rare), facts=int(rare["facts"].sum())) if len(rare) else "",
        _SAME[lang].format(kinds=same) if same else "",
        _loaded(records, loaded, lang),
        _UNKNOWN[lang],
    ]
    return picture(_dots(shown.assign(words=words).reset_index(), lang), TITLES["by_kind"][lang], lines, lang)


@or_why(TITLES["curves"])
def lag_curves(records: Records, *, lang: Lang = "en") -> Picture:
    """The share of facts that are known so many days after they happened, by group of facts.

    How to read it: pick a number of days below and go up to a line: that share of its facts was known by then. A line
    that climbs at once is reported at once; where it is low, a decision day is blind to most of what has just happened.

    Args:
        records: canonical records.
        lang: of all texts.

    Raises:
        DataError: for another language. Where no group has enough facts the picture says so.
    """
    known_language(lang)
    lags, loaded = known_lags(records)
    groups = lags["code"].map(_group)
    parts, shown = [], []
    for series, _ in GROUPS:
        days = np.sort(lags.loc[groups == series.key, "days"].to_numpy())
        if len(days) >= FEWEST:
            at, last = np.unique(days, return_index=True)
            share = np.append(last[1:], len(days)) / len(days)
            name = f"{series.name[lang]} ({len(days):,})"
            parts.append(pd.DataFrame({"days": np.append(0.0, at), "share": np.append(0.0, share), "series": name}))
            shown.append((name, series))
    if not parts:
        raise EmptyError(f"there is no lag to show: {len(lags)} facts, no group with {FEWEST} of them")
    rows = pd.concat(parts)
    reach = float(lags["days"].quantile(0.995))
    held = rows[rows["days"] <= reach]
    ends = held.groupby("series", as_index=False)["share"].last().assign(days=max(reach, 1.0))
    held = pd.concat([held, ends[rows.columns]])
    lines = [_loaded(records, loaded, lang), _UNKNOWN[lang]]
    return picture(_steps(held, shown, max(reach, 1.0), lang), TITLES["curves"][lang], lines, lang)


def known_lags(records: Records) -> tuple[pd.DataFrame, int]:
    """The days from happening to being known of every recorded event and visit.

    Args:
        records: canonical records.

    Returns:
        A frame with code (of the event; "VISIT" for a visit of any kind) and days (>= 0), and how many facts were left
        out because they happened before the records begin.

    Raises:
        EmptyError: if no fact is left.
    """
    visits = records.inspections.rename(columns={"visited_on": "occurred_on"}).assign(code=VISITS)
    both = pd.concat([frame[["code", "occurred_on", "known_on"]] for frame in (records.events, visits)])
    inside = both["occurred_on"] >= records.observed_from
    if not inside.any():
        raise EmptyError(
            f"there is no lag to show: {len(both)} facts, none from {records.observed_from:%Y-%m-%d} or later"
        )
    kept = both[inside]
    days = (kept["known_on"] - kept["occurred_on"]).dt.days
    return pd.DataFrame({"code": kept["code"], "days": days}).reset_index(drop=True), int((~inside).sum())


def _summary(lags: pd.DataFrame) -> pd.DataFrame:
    """Median and reach of the lag of each code, how many facts it has and how many different lags."""
    days = lags.groupby("code")["days"]
    told = {"facts": days.size(), "different": days.nunique(), "value": days.median()}
    reach = {name: days.quantile(share) for name, share in (("low", 0.1), ("high", 0.9), ("last", 0.99))}
    return pd.DataFrame({**told, **reach})


def _group(code: str) -> str:
    """The group of a code: the first with a beginning that fits.

    >>> _group("PEN_FINE"), _group("VISIT"), _group("AWARD_CITY")
    ('case', 'visit', 'other')
    """
    return next(series.key for series, starts in GROUPS if code.startswith(starts))


def _loaded(records: Records, count: int, lang: Lang) -> str:
    return _LOADED[lang].format(count=count, day=f"{records.observed_from:%Y-%m-%d}") if count else ""


def _days(field: str, reach: float, lang: Lang, *, low: int = 0) -> alt.X:
    """The days, the first ones spread out and the later ones compressed (a symmetric logarithm: zero has a place)."""
    scale = alt.Scale(type="symlog", constant=2, domain=[0, reach], range=[low, WIDTH], nice=False)
    ticks = [day for day in TICKS if day <= reach]
    return alt.X(f"{field}:Q", title=_DAYS[lang], scale=scale, axis=alt.Axis(values=ticks, format="d"))


def _dots(rows: pd.DataFrame, lang: Lang) -> Chart:
    """Median, middle and reach of each kind, its words above them."""
    held = rows[["words", "value", "low", "high", "last"]]
    base = alt.Chart().encode(y=alt.Y("words:N", sort=held["words"].tolist(), axis=None))
    x = _days("value", max(float(held["last"].max()), 1.0), lang)
    placed = base.encode(x=alt.value(4), text="words:N")
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "yOffset": -9, "fontSize": 13, "limit": WIDTH - 4}
    thin = base.mark_rule(color=INK, strokeWidth=1, yOffset=8).encode(x=alt.X("low:Q"), x2=alt.X2("last:Q"))
    bars = base.mark_rule(color=PALE, strokeWidth=8, yOffset=8).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    dots = base.mark_point(color=COLOURS["model"], filled=True, size=60, opacity=1, yOffset=8).encode(x=x)
    halo = placed.mark_text(**style, **HALO)
    return styled([dots, thin, bars, dots, halo, placed.mark_text(**style, color=INK)], height=alt.Step(34), rows=held)


def _steps(rows: pd.DataFrame, shown: list[tuple[str, Series]], reach: float, lang: Lang) -> Chart:
    """Shares known by day, as steps told apart by colour and dash."""
    names = [name for name, _ in shown]
    legend = alt.Legend(
        orient="bottom", columns=2, title=None, symbolType="stroke", symbolSize=400, symbolStrokeWidth=3, labelLimit=190
    )
    colour = alt.Scale(domain=names, range=[series.colour for _, series in shown])
    dash = alt.Scale(domain=names, range=[list(series.dash) for _, series in shown])
    axis = alt.Axis(format=".0%", tickCount=5)
    lines = alt.Chart().mark_line(interpolate="step-after", strokeWidth=2)
    encoded = lines.encode(
        x=_days("days", reach, lang),
        y=alt.Y("share:Q", title=_KNOWN[lang], scale=alt.Scale(domain=[0, 1]), axis=axis),
        color=alt.Color("series:N", sort=names, scale=colour, legend=legend),
        strokeDash=alt.StrokeDash("series:N", sort=names, scale=dash, legend=legend),
    )
    return styled([encoded], height=300, rows=rows)
