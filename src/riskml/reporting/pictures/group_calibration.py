"""Whether the probabilities come true for every group of sites, or some are called riskier than they are."""

from typing import Final

import pandas as pd

from riskml.evaluation.fairness.words import ATTRIBUTES
from riskml.export.figures import reason_text
from riskml.export.wording import Lang, text
from riskml.reporting._groups import group_names
from riskml.reporting.looks import Axis
from riskml.reporting.marks import dots_chart
from riskml.reporting.pictures.nothing import EmptyError, or_why
from riskml.reporting.pictures.picture import Picture, picture
from riskml.reporting.texts import MODEL

TITLE: Final = text("Do the probabilities come true for every group? {attribute}", "概率对各组是否都应验？{attribute}")
CAPTION: Final = text(
    "Dot: failures of the group over those that the model announced; bar: 95% interval; line: one, where it is right. "
    "To the right the group fails more often than it is told, to the left it is called riskier than it is.",
    "圆点为该组实际不合格数与模型预期数之比，横线为95%区间，竖线为应有的一。右侧表示实际不合格多于预期，左侧表示被高估了风险。",
)
COUNTED: Final = text(
    "In brackets: the group's failures. The {shown} groups with most visits, of {all}.",
    "括号内为该组不合格数。显示检查最多的{shown}组（共{all}组）。",
)
AXIS: Final = text("failures over expected (one is right)", "实际与预期不合格之比（一为准确）")
SHOWN: Final = 12
"""Most groups drawn."""


@or_why(text(*(TITLE[lang].partition("{")[0].strip() for lang in ("en", "zh"))))
def group_calibration(fairness: pd.DataFrame, *, by: str, lang: Lang) -> Picture:
    """Failures of each group over those that the model announced.

    How to read it: the dot is that ratio, the bar its interval. At one the probabilities are right for the group.

    Args:
        fairness: table of `evaluation.fairness`.
        by: the attribute that groups the sites.
        lang: of all texts.
    """
    held = fairness
    if len(held):
        held = held[(held["attribute"] == by) & (held["metric"] == "observed_expected") & (held["policy"] == MODEL)]
    if held.empty:
        raise EmptyError(
            f"there are no groups by {by!r} to show; the table has {sorted(fairness['attribute'].unique())}"
        )
    busiest = held.sort_values(["n", "group"], ascending=[False, True], kind="stable").head(SHOWN)
    rows = busiest.sort_values("group", kind="stable") if by in ("size", "office") else busiest
    names = group_names(by, held["group"])
    words = [f"{names[one][lang]} ({n:,})" for one, n in zip(rows["group"], rows["n_positive"], strict=True)]
    notes = [
        reason_text({"reason": why})[lang] if none else ""
        for why, none in zip(rows["reason"], rows["value"].isna(), strict=True)
    ]
    chart = dots_chart(rows.assign(words=words, note=notes), axis=Axis(AXIS), lang=lang, line=1.0)
    counted = COUNTED[lang].format(shown=len(rows), all=len(held))
    return picture(chart, TITLE[lang].format(attribute=ATTRIBUTES[by][lang]), [CAPTION[lang], counted], lang)
