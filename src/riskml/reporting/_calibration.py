"""The section that asks whether the probabilities come true: overall, by decision day, and by group of sites."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import pandas as pd

from riskml.export.wording import METRICS, Text, text
from riskml.reporting import _sections as words
from riskml.reporting import charts
from riskml.reporting._cells import Table
from riskml.reporting._frames import Column, grid_table, with_interval
from riskml.reporting._groups import group_names
from riskml.reporting._page import Figure, Run, Section, blocks, figure, same
from riskml.reporting._ranking import spread
from riskml.reporting.looks import Axis
from riskml.reporting.marks import dots_chart

TITLE: Final = text("Do the probabilities come true? (calibration)", "概率是否应验（校准）")
LEAD: Final = text(
    "A probability of 10% is right if one in ten such visits fails. Slope one and intercept zero: right. A slope below "
    "one: differences between sites are exaggerated. An intercept above zero: more failures than announced. A group "
    "with fewer than 20 visits of either result is not judged.",
    "概率为10%时，若此类检查十次中有一次不合格，则为准确。斜率为一、截距为零即准确；斜率小于一说明主体间差距被夸大；"
    "截距大于零说明实际不合格多于预测。任一结果少于20次检查的组不作判断。",
)
DRIFT: Final = (
    text("Does the model age? Calibration slope by decision day", "模型是否老化？各决策日的校准斜率"),
    text(
        "Dot: slope of one decision day; bar: its 95% interval; line: one, where it should be. A trend away from the "
        "line says that the model ages.",
        "圆点为一个决策日的斜率，横线为95%区间，竖线为应有的一。若逐日偏离，说明模型在老化。",
    ),
    text("calibration slope (one is right)", "校准斜率（等于一为准确）"),
)
GROUPS: Final[dict[str, Text]] = {
    "overall": text("Overall", "总体"),
    "origin": text("By decision day", "按决策日"),
    "office": text("By district office", "按监管所"),
    "format_code": text("By kind of business", "按业态"),
    "size": text("By floor area", "按面积"),
    "legal_form": text("By legal form", "按主体性质"),
}
MEMBER: Final = text("Group", "组别")
OVERALL: Final = "overall"
COLUMNS: Final[dict[str, Column]] = {
    "calibration_slope": with_interval(METRICS["calibration_slope"].name, decimals=2),
    "calibration_intercept": with_interval(METRICS["calibration_intercept"].name, decimals=2),
    "brier": with_interval(METRICS["brier"].name, decimals=4),
}


def calibration(run: Run) -> Section:
    """Reliability curve, the slope day by day, and the tables by group."""
    curve = run.table("reliability")
    visits = spread(curve["n"]) if len(curve) else "–"
    reliable = figure(
        *words.FIGURES["reliability"], lambda lang: charts.reliability_chart(curve, lang=lang), {"visits": visits}
    )
    return Section("calibration", TITLE, LEAD, blocks(reliable, _drift(run), _tables(run)))


def _drift(run: Run) -> Figure | None:
    frame = run.table("calibration")
    if frame.empty:
        return None
    days = frame[(frame["group"] == "origin") & (frame["metric"] == "calibration_slope")]
    rows = days.assign(words=days["member"], note=days["reason"].where(days["value"].isna(), ""))
    return figure(*DRIFT[:2], lambda lang: dots_chart(rows, axis=Axis(DRIFT[2]), lang=lang, line=1.0))


def _tables(run: Run) -> list[Table]:
    frame = run.table("calibration")
    if frame.empty:
        return []
    looks: dict[str, Any] = {"by": "metric", "first": MEMBER, "source": "calibration", "top": 12}
    made = []
    for group in frame["group"].unique():
        part = (
            _most_visits_first(frame[frame["group"] == group]) if group != "origin" else frame[frame["group"] == group]
        )
        name = partial(_member, group_names(group, part["member"]))
        made.append(grid_table(GROUPS.get(group, same(group)), part, "member", COLUMNS, name=name, **looks))
    return [table for table in made if table is not None]


def _member(names: Mapping[str, Text], member: str) -> Text:
    return names.get(member, GROUPS[OVERALL])


def _most_visits_first(part: pd.DataFrame) -> pd.DataFrame:
    """Members with most visits first; sizes in their own order."""
    if part["group"].iloc[0] == "size":
        return part
    visits = part.groupby("member", sort=False)["n"].transform("sum")
    return part.assign(visits=visits).sort_values(["visits", "member"], ascending=[False, True], kind="stable")
