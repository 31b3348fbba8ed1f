"""Which levels sites would move between if the model's grade took the place of the rule's, without naming a site."""

from typing import Final

import pandas as pd

from riskml.explanation.movers import in_one_line, movers_told
from riskml.export.wording import Lang, text
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import dots_chart
from riskml.reporting.pictures.nothing import EmptyError, or_why
from riskml.reporting.pictures.picture import Picture

TITLE: Final = text("Who would move, and where to?", "谁会变动，变到哪一级？")
CAPTION: Final = text(
    "Each line: a move from the level by the rule to the level by the model on the last day of the records, the "
    "longest moves first. Dot: median probability of the sites that make it; bar: all of them. Only sites of the table "
    "tables/movers.parquet are drawn.",
    "每行为在记录的最后一日由规则评级变为模型评级的一种变动，变动大者在前。圆点为相关主体概率的中位数，横线为全部范围。"
    "仅绘出 tables/movers.parquet 所列主体。",
)
LINE: Final = text("{old} → {new} (sites: {sites})", "{old} → {new}（{sites}家）")
AXIS: Final = text("predicted probability of failure", "预测的不合格概率")
LOOKS: Final = (
    Series("riskier", text("to a riskier level", "升至较高风险等级"), "#D55E00", shape="triangle-up"),
    Series("safer", text("to a safer level", "降至较低风险等级"), shape="triangle-down"),
)
UNMOVED: Final = "on the last day of the records no site would change level: there is no move to show"


@or_why(TITLE)
def moves(movers: pd.DataFrame, totals: pd.DataFrame, *, lang: Lang) -> Picture:
    """The moves between levels with the number of sites that make them.

    How to read it: a line is a move from the rule's level to the model's, the longest moves first; the dot is the
    median probability of its sites, the bar holds all of them. Orange moves to a riskier level, blue to a safer one.

    Args:
        movers: table of `explanation.movers.Movers`; sites beyond its length are in the totals only.
        totals: of the same, one row.
        lang: of all texts.
    """
    if movers.empty:
        raise EmptyError(UNMOVED)
    axis = Axis(AXIS, percent=True, zero=True)
    chart = dots_chart(_lines(movers, lang), axis=axis, lang=lang, series=LOOKS)
    caption = f"{CAPTION[lang]}{' ' if lang == 'en' else ''}{movers_told(totals)[lang]}"
    return Picture(TITLE[lang], caption, chart, lang)


def _lines(movers: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """words, series, value, low, high of each move, the longest first, riskier before safer."""
    names = [f"level_{lang}", f"new_level_{lang}"]
    grouped = movers.groupby(["steps", "level", "new_level", *names], sort=False)["probability"]
    found = grouped.agg(["count", "median", "min", "max"]).reset_index()
    found = found.assign(far=-found["steps"].abs(), safer=found["steps"] < 0)
    found = found.sort_values(["far", "safer", "count", "level", "new_level"], kind="stable")
    told = zip(found[names[0]], found[names[1]], found["count"], strict=True)
    words = [LINE[lang].format(old=in_one_line(old), new=in_one_line(new), sites=f"{n:,}") for old, new, n in told]
    series = ["safer" if one else "riskier" for one in found["safer"]]
    ends = {"value": found["median"], "low": found["min"], "high": found["max"]}
    return pd.DataFrame({"words": words, "series": series, **ends})
