"""Pictures of visits: how many were made and which share of them failed, over time and by office."""

from typing import Any, Final

import altair as alt
import pandas as pd

from riskml.export.wording import OUTCOMES, Lang, text
from riskml.records.store import Records
from riskml.reporting._lines import lines, shortened, wide
from riskml.reporting.charts import COLOURS, GREY, INK, WIDTH, Panels, styled
from riskml.reporting.pictures.nothing import EmptyError, or_why
from riskml.reporting.pictures.panels import FEW, heading, known_language, stacked, style_of
from riskml.reporting.pictures.picture import Picture, picture
from riskml.reporting.pictures.visit_counts import KINDS, PERIODS, counted, visits_with_outcome

YEARS: Final = 3
"""Below so many years an axis names months."""
OFFICES: Final = 12
"""Most panels of a picture by office."""
KIND_NAMES: Final = {
    "eligible": text("eligible: its outcome counts", "计入结果的检查"),
    "other": text("other: complaint checks, follow-ups, patrols", "其他：投诉核查、复查、巡查"),
    "not_found": text("nobody found", "未找到主体"),
}
KIND_COLOURS: Final = (COLOURS["model"], "#E69F00", "#b5b5b5")
BY: Final = {
    "month": text("by month", "按月"),
    "quarter": text("by quarter", "按季度"),
    "year": text("by year", "按年"),
}
TITLES: Final = {
    "over_time": text("How many visits are made, and how many fail?", "检查了多少次，有多少不合格？"),
    "by_office": text("Do all offices find the same share of failures?", "各监管所查出的不合格比例相同吗？"),
}
_COUNT: Final = text("number of visits, {by}", "检查次数（次，{by}）")
_SHARE: Final = text(
    "{outcome}, share of eligible visits with settled outcome, {by}", "{outcome}占结果已定检查的比例（{by}）"
)
_DAY: Final = text("day of the visit", "检查日期")
_BAND: Final = text(
    "Band: 95% interval (Wilson), as if visits were independent. Visits follow plans and complaints: the share is "
    "that of the visited, not of all sites.",
    "色带：95%区间（Wilson法），视各次检查为独立。检查按计划与投诉安排，比例只代表被检查者，不代表全部主体。",
)
_SHORT: Final = text(
    "Without a share: {count} of {all} points, with fewer than {few} settled visits; the latest are not settled yet.",
    "{all}个时段中有{count}个的结果已定检查不足{few}次（最近的尚未确定），不显示比例。",
)
_WHOLE: Final = text(
    "In brackets: all visits. Grey, dashed: all offices.", "括号内为检查总次数；灰色虚线为全部监管所合计。"
)
_SHOWN: Final = text(
    "The {shown} offices with most visits, of {all}; none is shown that has fewer than {few} settled visits.",
    "显示检查次数最多的{shown}个监管所（共{all}个）；结果已定检查不足{few}次者不显示。",
)
_PARTIAL: Final = text(
    "The records cover {first} up to {last}: the first and the last point may stand for a part only.",
    "记录覆盖{first}至{last}（不含当日）：首尾两点可能不完整。",
)


@or_why(TITLES["over_time"])
def visits_over_time(records: Records, *, lang: Lang = "en", period: str = "month", outcome: str = "fail") -> Picture:
    """Visits made, and the share of them that failed, by month.

    How to read it: above, the height of a bar is the number of visits, its colours are what they were. Below, the line
    is the failed share of the eligible visits whose outcome is settled, the band its interval. A step in the line at
    which the bars change too is more likely a change of who is visited, or of how results are written, than of how
    clean the sites are. The line ends before the bars do: the latest outcomes are not settled.

    Args:
        records: canonical records.
        lang: of all texts.
        period: "month", "quarter" or "year".
        outcome: "fail", "fail_broad" or "fail_severe".

    Raises:
        DataError: for another language, period or outcome. Where there is no visit the picture says so.
    """
    known_language(lang)
    counts = counted(visits_with_outcome(records, outcome), period)
    bars = styled([_bars(counts, lang)], height=130)
    rows = _gapless(counts, period)
    line = styled(_share(rows, _DAY[lang]), height=150, rows=rows[["middle", "share", "low", "high"]])
    above = bars.properties(title=heading(_COUNT[lang].format(by=BY[period][lang])))
    below = line.properties(title=heading(_titled(outcome, period, lang)))
    told = [_short(counts, lang), _partial(records, lang), _BAND[lang]]
    return picture(stacked([above, below]), TITLES["over_time"][lang], told, lang)


@or_why(TITLES["by_office"])
def visits_by_office(records: Records, *, lang: Lang = "en", period: str = "quarter", outcome: str = "fail") -> Picture:
    """The failed share of the visits of each office over time, a small panel an office.

    How to read it: each panel is one office, those with most visits first, all on the same axes; the line is the failed
    share, the band its interval, the dashed grey line that of all offices together. An office that lies apart for years
    may have other sites, other plans or other habits of writing down: the picture cannot tell which.

    Args:
        records: canonical records.
        lang: of all texts.
        period: "month", "quarter" or "year"; take a longer one where few points have a share.
        outcome: "fail", "fail_broad" or "fail_severe".

    Raises:
        DataError: for another language, period or outcome. Where no office has enough visits the picture says so.
    """
    known_language(lang)
    visits = visits_with_outcome(records, outcome)
    shown = _largest(visits)
    counts = counted(visits[visits["office"].isin(list(shown))], period, by=("office",))
    rows = pd.concat(
        [_gapless(part, period).assign(office=shown[str(name)]) for name, part in counts.groupby("office")]
    )
    whole = counted(visits, period).set_index("start")["share"]
    rows["all"] = rows["start"].map(whole)
    title = _titled(outcome, period, lang)
    offices = visits["office"].nunique()
    told = _SHOWN[lang].format(shown=len(shown), all=offices, few=FEW) if len(shown) < offices else ""
    below = [told, _WHOLE[lang], _short(counts, lang), _partial(records, lang), _BAND[lang]]
    return picture(_facets(rows, list(shown.values()), title), TITLES["by_office"][lang], below, lang)


def _bars(counts: pd.DataFrame, lang: Lang) -> alt.Chart:
    """Visits by period, their kinds on top of each other."""
    names = [KIND_NAMES[kind][lang] for kind in KINDS]
    tops = counts[list(KINDS)].cumsum(axis=1)
    parts = [
        counts[["start", "end"]].assign(kind=name, top=tops[kind], bottom=tops[kind] - counts[kind])
        for kind, name in zip(KINDS, names, strict=True)
        if counts[kind].any()
    ]
    legend = alt.Legend(orient="top", columns=1, title=None, symbolType="square", labelLimit=WIDTH, rowPadding=2)
    scale = alt.Scale(domain=names, range=list(KIND_COLOURS))
    chart = alt.Chart(pd.concat(parts)).mark_rect(stroke="white", strokeWidth=0.5)
    drawn: alt.Chart = chart.encode(
        x=alt.X("start:T", title=None, scale=_span(counts), axis=alt.Axis(labels=False, tickCount=6)),
        x2=alt.X2("end:T"),
        y=alt.Y("bottom:Q", title=None, axis=alt.Axis(tickCount=4)),
        y2=alt.Y2("top:Q"),
        color=alt.Color("kind:N", sort=names, scale=scale, legend=legend),
    )
    return drawn


def _span(counts: pd.DataFrame) -> alt.Scale:
    """From the first day of the first period to the last of the last."""
    ends = counts["start"].min(), counts["end"].max()
    return alt.Scale(domain=[alt.DateTime(year=day.year, month=day.month, date=day.day) for day in ends], nice=False)


def _share(rows: pd.DataFrame, title: str | None, *, ticks: int = 6, size: int = 14) -> list[alt.Chart]:
    """The line of a share with its band; dots, so that one point between two gaps is seen."""
    short = rows["end"].max() - rows["start"].min() < pd.Timedelta(days=YEARS * 365)
    days = alt.Axis(format="%Y-%m" if short else "%Y", tickCount=ticks, labelFontSize=size, labelFlush=True)
    base = alt.Chart().encode(x=alt.X("middle:T", title=title, scale=_span(rows), axis=days))
    axis = alt.Axis(format=".0%", tickCount=4, labelFontSize=size)
    up: dict[str, Any] = {"title": None, "scale": alt.Scale(zero=True), "axis": axis}
    band = base.mark_area(color=COLOURS["model"], opacity=0.2).encode(y=alt.Y("low:Q", **up), y2=alt.Y2("high:Q"))
    line = base.mark_line(color=COLOURS["model"], strokeWidth=2).encode(y=alt.Y("share:Q", **up))
    dots = base.mark_point(color=COLOURS["model"], filled=True, size=size, opacity=1)
    return [band, line, dots.encode(y=alt.Y("share:Q", **up))]


def _facets(rows: pd.DataFrame, names: list[str], title: str) -> Panels:
    """A small panel for each office, three in a row."""
    whole = alt.Chart().mark_line(color=GREY, strokeDash=[3, 2], strokeWidth=1.5)
    layers = _share(rows, None, ticks=3, size=12)
    together = whole.encode(x=layers[0].encoding.x, y=alt.Y("all:Q"))
    one = alt.LayerChart(layer=[layers[0], together, *layers[1:]], width=(WIDTH - 30) // 3, height=80)
    words: dict[str, Any] = {"labelFontSize": 12, "labelColor": INK, "labelLimit": WIDTH // 3, "labelPadding": 3}
    first: dict[str, Any] = {
        "titleFontSize": 14,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "titleAnchor": "start",
    }
    facet = alt.Facet("office:N", sort=names, title=lines(title, WIDTH / 14), header=alt.Header(**words, **first))
    outer = style_of(styled([alt.Chart().mark_point()], height=1))
    held = rows[["office", "middle", "share", "low", "high", "all"]]
    return Panels(data=held, spec=one, facet=facet, columns=3, spacing=12, **outer)


def _largest(visits: pd.DataFrame) -> dict[str, str]:
    """The offices with most visits -> their words with the number of these."""
    made = visits.groupby("office")["fail"].agg(["size", "count"])
    kept = made[made["count"] >= FEW].sort_values("size", ascending=False, kind="stable").head(OFFICES)
    if kept.empty:
        raise EmptyError(
            f"no office has {FEW} visits with a settled outcome; {len(made)} offices are named in the visits"
        )
    return {str(name): _office(str(name), size) for name, size in kept["size"].items()}


def _office(name: str, visits: int) -> str:
    """An office with its visits, in the width of a panel."""
    told = f" ({visits:,})"
    return shortened(name, (WIDTH - 30) / 3 / 12 - wide(told)) + told


def _gapless(counts: pd.DataFrame, period: str) -> pd.DataFrame:
    """One row every period, so that a line does not bridge those without visits."""
    kept = counts.set_index("start")
    periods = pd.period_range(kept.index.min(), kept.index.max(), freq=PERIODS[period])
    rows = kept.reindex(periods.start_time).rename_axis("start").reset_index()
    rows["end"] = (periods + 1).start_time
    return rows.assign(middle=(rows["start"] + (rows["end"] - rows["start"]) / 2).dt.floor("D"))


def _titled(outcome: str, period: str, lang: Lang) -> str:
    return _SHARE[lang].format(outcome=OUTCOMES[outcome][lang], by=BY[period][lang])


def _short(counts: pd.DataFrame, lang: Lang) -> str:
    missing = int(counts["share"].isna().sum())
    return _SHORT[lang].format(count=missing, all=len(counts), few=FEW) if missing else ""


def _partial(records: Records, lang: Lang) -> str:
    """That the records begin or end within a month, where they do."""
    first, last = records.observed_from, records.observed_to
    return (
        "" if first.day == last.day == 1 else _PARTIAL[lang].format(first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")
    )
