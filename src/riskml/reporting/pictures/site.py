"""One site over time as a picture: what happened, the level that a rule gave it, the probability of a model."""

from typing import Any, Final

import altair as alt
import pandas as pd

from riskml.errors import StudyError
from riskml.explanation.timeline import KINDS, Timeline
from riskml.export.wording import Lang, text
from riskml.grades import load_system
from riskml.reporting.charts import COLOURS, GREY, INK, WIDTH, Chart, styled
from riskml.reporting.looks import Series
from riskml.reporting.pictures.level_looks import level_colours
from riskml.reporting.pictures.nothing import nothing
from riskml.reporting.pictures.panels import PALE, heading, known_language, stacked
from riskml.reporting.pictures.picture import Picture, picture

LASTING: Final = ("listing", "certificate")
"""Kinds of facts that hold for a time; the others are of one day."""
MARKS: Final = (
    Series("passed", text("visit, passed", "检查，合格"), COLOURS["model"], shape="circle"),
    Series("failed", text("visit, failed", "检查，不合格"), "#D55E00", shape="diamond"),
    Series("unjudged", text("visit without an outcome", "检查，无结果"), GREY, shape="triangle-up"),
    Series("fact", text("any other fact", "其他事实"), INK, shape="square"),
)
"""What a mark stands for."""
TITLE: Final = text("What happened at site {site}?", "主体 {site} 发生过什么？")
_EVENTS: Final = text("what happened (line: until it was known)", "发生的事实（细线：至系统获知）")
_LEVELS: Final = text("level by {system}{note}", "等级：{system}{note}")
_NOTE: Final = text(", reconstructed", "（重构）")
_SCORES: Final = text("predicted probability of failure", "预测的不合格概率")
_DAY: Final = text("day", "日期")
_HELD: Final = text("Pale bar: a listing or certificate in force.", "浅色条：名录、认证的有效期间。")
_FIT: Final = text(
    "Shaded and dashed: days before {day}, up to which the model learned. It knew what came after them: that part is a "
    "fit, no forecast.",
    "阴影与虚线：{day}之前，即模型学习所用的时期。模型已知其后的结果，此段为拟合，并非预测。",
)
_ALL_FIT: Final = text(" No day shown is a forecast.", "所示各日均非预测。")
_GAP: Final = text("A gap in the line: the site was not open.", "线条中断：当日主体未营业。")
_ASSUMED: Final = text(
    "Reconstructed: the level stands on assumed numbers.", "重构：等级依据假定的数值得出，并非官方公布。"
)


def site_over_time(timeline: Timeline, *, lang: Lang | None = None) -> Picture:
    """One site from the first to the last day of the records: its facts, its level, its probability.

    How to read it: all panels have the same days below them. Above, a mark is a fact on the day it happened, told apart
    by lane, colour and form; a thin line reaches from it to the day it was known, before which no level and no score
    could count it. In the middle a block says in which level the site was; a change should have a fact, known shortly
    before, above it. Below, the line is the probability; where it is dashed in the shade the model had learned from
    what came after, so that it is no forecast and no proof of anything. The picture is of one business: it is for those
    who work on it, not for publication.

    Args:
        timeline: of `riskml.explanation.timeline.timeline`; panels without rows are left out.
        lang: of all texts; by default the timeline's.

    Raises:
        DataError: for another language. Where the timeline has no events, levels and probabilities the picture says so.
    """
    chosen: Lang = known_language(lang or timeline.lang)  # type: ignore[arg-type]
    made = (_events(timeline, chosen), _levels(timeline, chosen), _scores(timeline, chosen))
    panels = [panel for panel in made if panel is not None]
    if not panels:
        why = "no event, no level and no probability; give timeline() a system or an artifact"
        return nothing(TITLE[chosen].format(site=timeline.site_id), why, chosen)
    shown = [_with_days(panel, timeline, chosen, last=panel is panels[-1]) for panel in panels]
    chart = stacked(shown, spacing=10).resolve_scale(color="independent", shape="independent")
    return picture(chart, TITLE[chosen].format(site=timeline.site_id), _lines(timeline, chosen), chosen)


def _lines(timeline: Timeline, lang: Lang) -> list[str]:
    """The words below the picture."""
    scores, lasting = timeline.scores, timeline.events["kind"].isin(LASTING).any()
    fit = ""
    if len(scores) and scores["in_sample"].any():
        fit = _FIT[lang].format(day=f"{timeline.trained_to:%Y-%m-%d}")
        fit += _ALL_FIT[lang] if scores["in_sample"].all() else ""
    assumed = len(timeline.levels) and timeline.reconstructed
    gap = len(scores) and scores["probability"].notna().any() and scores["probability"].isna().any()
    told = ((_HELD[lang], lasting), (_ASSUMED[lang], assumed), (fit, True), (_GAP[lang], gap))
    return [words for words, wanted in told if wanted]


def _events(timeline: Timeline, lang: Lang) -> Chart | None:
    """A lane for each kind that occurs."""
    events = timeline.events[timeline.events["occurred_on"] >= timeline.observed_from]
    lasting = timeline.events[timeline.events["kind"].isin(LASTING)]
    kinds = {key: words[lang == "zh"] for key, words in KINDS.items() if key in {*events["kind"], *lasting["kind"]}}
    if not kinds:
        return None
    axis = alt.Axis(title=None, grid=True, ticks=False, domain=False, labelLimit=150)
    y = alt.Y("lane:N", sort=[*kinds.values()], axis=axis, scale=alt.Scale(domain=[*kinds.values()]))
    names = [mark.name[lang] for mark in MARKS]
    legend = alt.Legend(orient="top", columns=2, title=None, symbolSize=80, labelLimit=WIDTH // 2, rowPadding=2)
    colour = alt.Scale(domain=names, range=[mark.colour for mark in MARKS])
    shape = alt.Scale(domain=names, range=[mark.shape for mark in MARKS])
    rows = _marks(events, lang).assign(lane=events["kind"].map(kinds))
    base = alt.Chart(rows).encode(y=y, x=alt.X("occurred_on:T"))
    held = _held(lasting, timeline).assign(lane=lasting["kind"].map(kinds))
    bars = alt.Chart(held).mark_rule(color=PALE, strokeWidth=9, clip=True)
    layers = [
        bars.encode(y=y, x=alt.X("first:T"), x2=alt.X2("last:T")),
        base.mark_rule(color=GREY, strokeWidth=1.2, clip=True).encode(x2=alt.X2("known_on:T")),
        base.mark_point(filled=True, size=55, opacity=1).encode(
            color=alt.Color("mark:N", sort=names, scale=colour, legend=legend),
            shape=alt.Shape("mark:N", sort=names, scale=shape, legend=legend),
        ),
    ]
    drawn = styled(layers if len(held) else layers[1:], height=alt.Step(22))
    return drawn.properties(title=heading(_EVENTS[lang]))


def _marks(events: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """What is drawn of each event: no key, no amount, no words of the record."""
    names = {mark.key: mark.name[lang] for mark in MARKS}
    keys = events["failed"].map({True: "failed", False: "passed"}).astype("object")
    keys = keys.where(events["failed"].notna(), "unjudged").where(events["kind"] == "visit", "fact")
    return events[["occurred_on", "known_on"]].assign(mark=keys.map(names))


def _held(lasting: pd.DataFrame, timeline: Timeline) -> pd.DataFrame:
    """From when to when a listing or certificate was in force, inside the records."""
    ends = lasting[["ended_on", "valid_to"]].min(axis=1).fillna(timeline.observed_to)
    first = lasting["occurred_on"].mask(lasting["occurred_on"] < timeline.observed_from, timeline.observed_from)
    last = ends.mask(ends > timeline.observed_to, timeline.observed_to)
    return pd.DataFrame({"first": first, "last": last})[last > first]


def _levels(timeline: Timeline, lang: Lang) -> Chart | None:
    """A block in the line of its level for each stretch of days."""
    rows = timeline.levels.dropna(subset=["level"])
    if rows.empty:
        return None
    scale = timeline.scale.sort_values("rank")
    names = dict(zip(scale["level"], scale[lang], strict=True))
    colours = alt.Scale(domain=[*names.values()], range=level_colours([*names]))
    spans = stretches(timeline.levels, timeline.observed_to)
    held = spans.assign(name=spans["level"].map(names))[["name", "first", "last"]]
    axis = alt.Axis(title=None, grid=False, ticks=False, domain=False, labelLimit=150)
    order = [*names.values()][::-1]
    blocks = alt.Chart(held).mark_rect(stroke=INK, strokeWidth=0.4, clip=True)
    drawn = blocks.encode(
        x=alt.X("first:T"),
        x2=alt.X2("last:T"),
        y=alt.Y("name:N", sort=order, axis=axis, scale=alt.Scale(domain=order, paddingInner=0.15)),
        color=alt.Color("name:N", scale=colours, legend=None),
    )
    note = _NOTE[lang] if timeline.reconstructed else ""
    title = _LEVELS[lang].format(system=_named(timeline.system or "", lang), note=note)
    return styled([drawn], height=alt.Step(17)).properties(title=heading(title))


def _named(system: str, lang: Lang) -> str:
    """The title of a shipped system; of any other its name."""
    try:
        found = load_system(system)
    except StudyError:
        return system
    return found.title_zh if lang == "zh" else found.title_en


def stretches(levels: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Days on which the level stayed the same, put together.

    Args:
        levels: as_of (ascending) and level (missing: none).
        until: first day no longer covered; the last level holds until then.

    Returns:
        One row a stretch: level, first and last (half-open); a stretch without a level is left out.

    >>> days = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"])
    >>> made = stretches(pd.DataFrame({"as_of": days, "level": ["A", "A", "B"]}), pd.Timestamp("2024-04-01"))
    >>> made.astype(str).to_numpy().tolist()
    [['A', '2024-01-01', '2024-03-01'], ['B', '2024-03-01', '2024-04-01']]
    """
    shown = levels["level"].fillna("")
    begins = shown != shown.shift()
    rows = levels.loc[begins, ["as_of"]].assign(level=shown[begins])
    rows["last"] = rows["as_of"].shift(-1).fillna(max(until, levels["as_of"].max()))
    return (
        rows[rows["level"] != ""].rename(columns={"as_of": "first"})[["level", "first", "last"]].reset_index(drop=True)
    )


def _scores(timeline: Timeline, lang: Lang) -> Chart | None:
    """The line of the probability, dashed and shaded where the model knew what came after."""
    scores = timeline.scores
    if scores.empty or scores["probability"].isna().all():
        return None
    rows = scores[["as_of", "probability", "in_sample"]].assign(probability=scores["probability"].round(4))
    axis = alt.Axis(format=".0%", tickCount=4)
    base = alt.Chart().encode(
        x=alt.X("as_of:T"), y=alt.Y("probability:Q", title=None, scale=alt.Scale(zero=True), axis=axis)
    )
    fit, ahead = rows["in_sample"], ~rows["in_sample"]
    joint = ahead | ahead.shift(-1, fill_value=False)  # the last day of the fit begins the first piece of the forecast
    layers: list[alt.Chart] = []
    if fit.any():
        shade = pd.DataFrame({"first": [timeline.observed_from], "last": [timeline.trained_to]})
        shaded = alt.Chart(shade).mark_rect(color="#8a8a8a", opacity=0.16, clip=True)
        layers.append(shaded.encode(x=alt.X("first:T"), x2=alt.X2("last:T")))
    for part, dash in ((rows[fit], [3, 3]), (rows[joint], [1, 0])):
        line = base.mark_line(color=COLOURS["model"], strokeWidth=2, strokeDash=dash)
        layers += [line.properties(data=part[["as_of", "probability"]])] if len(part) else []
    for part, filled in ((rows[fit], False), (rows[ahead], True)):
        dots = base.mark_point(color=COLOURS["model"], filled=filled, size=20, opacity=1)
        layers += [dots.properties(data=part[["as_of", "probability"]])] if len(part) else []
    return styled(layers, height=110).properties(title=heading(_SCORES[lang]))


def _with_days(panel: Chart, timeline: Timeline, lang: Lang, *, last: bool) -> Chart:
    """The panel with the days of the records below it, written only in the last one."""
    ends = timeline.observed_from, timeline.observed_to
    domain = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in ends]
    axis: dict[str, Any] = {"format": "%Y-%m", "tickCount": 5, "labels": last, "ticks": last, "labelFlush": True}
    title = _DAY[lang] if last else None
    for layer in panel.layer:
        layer.encoding.x.scale = alt.Scale(domain=domain, nice=False)
        layer.encoding.x.axis, layer.encoding.x.title = alt.Axis(**axis), title
    return panel
