"""The sections of every budget, and of a grade used as its own rules prescribe."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from riskml.export.wording import METRICS, policy_order, split_metric, text
from riskml.reporting import _sections as words
from riskml.reporting import charts
from riskml.reporting._cells import Table
from riskml.reporting._frames import Column, grid_table, with_interval
from riskml.reporting._page import EMPTY, Block, Figure, Run, Section, Words, blocks, figure, fill, joined, same
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import lines_chart
from riskml.reporting.texts import AXES, LAST_OUTCOME, MODEL, is_grade

CURVES: Final = (
    text("Every budget", "各种预算"),
    text(
        "The headline holds at one budget. Here it is for all: the share of the failures that is found by the "
        "first part "
        "of the visits, and how much more the model finds than a rival with the same number of visits.",
        "主要结论只针对一种预算；此处为全部预算：前一部分检查所发现的不合格占全部的比例，以及检查次数相同时模型比对手多发现多少。",
    ),
)
GAINED: Final = (
    text("How much more does the model find?", "模型能多发现多少？"),
    text(
        "Line: share of all failures that the model finds more than the rival; band: its 95% interval, for each budget "
        "by itself. Above zero the model is better. At no visits and at all of them nobody can be better.",
        "曲线为模型比对手多发现的不合格占全部的比例，色带为各预算单独的95%区间。大于零则模型更好；一次不查与全部检查时必然相同。",
    ),
    text("failures found more, share of all", "多发现的不合格占全部的比例"),
)
PRESCRIBED: Final = (
    text("The grade as its own rules prescribe", "按等级自身规定使用"),
    text(
        "A grade says how often each level is to be visited. Here it is used so: each level keeps the share of "
        "its visits "
        "that the rule asks for, by lot. The model gets the same number of visits and the same floor (every "
        "site at least "
        "once in two years), and spends the rest on its highest scores. Only visits that were made are counted.",
        "等级规定了各级别的检查频次。此处按规定使用：各级别按规定比例随机保留其检查。模型用同样的总次数和同样的下限"
        "（每家至少两年一次），其余用于得分最高者。只计已实施的检查。",
    ),
    text("Used as prescribed:", "按规定使用："),
    text("Policy", "策略"),
    text("The model less the grade, used as prescribed:", "模型减按规定使用的等级："),
)
ASKED: Final = text(
    "In one horizon the rules of this grade ask for {share} of the visits that were made.",
    "在一个预测期内，该等级的规定要求的检查次数为已实施检查的{share}。",
)


def curves(run: Run) -> Section:
    """The budget curve with its bands, and the difference curve."""
    curve = run.table("budget_curve")
    chart = figure(*words.FIGURES["budget"], lambda lang: charts.budget_chart(curve, systems=run.systems, lang=lang))
    return Section("budgets", *CURVES, blocks(chart, _difference_curve(run)))


def _difference_curve(run: Run) -> Figure | None:
    frame = run.table("difference_curve")
    if frame.empty:
        return None
    rivals = [policy for policy in policy_order(frame["b"].unique()) if is_grade(policy) or policy == LAST_OUTCOME]
    shown = [policy for policy in rivals if not policy.endswith("_operated")][:3]
    kept = frame[(frame["a"] == MODEL) & frame["b"].isin(shown)]
    rows = kept.rename(columns={"b": "series", "budget": "x", "difference": "y"})
    axis = Axis(GAINED[2], percent=True)
    across = Axis(AXES["budget"], percent=True, domain=(0.0, 1.0))
    series = rival_series(run, shown)
    return figure(*GAINED[:2], lambda lang: lines_chart(rows, x=across, y=axis, lang=lang, series=series, line=0.0))


def rival_series(run: Run, policies: Sequence[str]) -> tuple[Series, ...]:
    """The looks of some policies, the same in every chart."""
    graded = [policy for policy in policies if policy.startswith("grade_")]
    made = []
    for policy in policies:
        look = charts.grade_look(graded.index(policy)) if policy in graded else ("#000000", [1, 0], "cross")
        colour = {**charts.COLOURS, **charts.BOUNDS}.get(policy, look[0])
        dash = charts.DASHES.get(policy, look[1])
        shape = charts.SHAPES.get(policy, look[2])
        width = 3.0 if policy == MODEL else 2.0
        made.append(Series(policy, run.name(policy), colour, tuple(dash), shape, width))
    return tuple(made)


def prescribed(run: Run) -> Section | None:
    """The grade at its own frequencies, the model with as many visits."""
    if not run.has("prescribed") or not run.systems:
        return None
    frame = run.table("prescribed")
    parts: list[Block | None] = []
    for system, part in frame.groupby("system", sort=False) if len(frame) else ():
        parts += [_asked(part), *_prescribed_tables(run, str(system), part)]
    return Section("prescribed", *PRESCRIBED[:2], blocks(*parts) or (Words((EMPTY,)),))


def _asked(part: pd.DataFrame) -> Words | None:
    """How many visits the grade prescribes."""
    held = part[part["metric"] == "budget_share@prescribed"]
    if held.empty or held["value"].isna().all():
        return None
    return Words((fill(ASKED, share=f"{held['value'].iloc[0]:.1%}"),))


def _prescribed_tables(run: Run, system: str, part: pd.DataFrame) -> list[Table | None]:
    """Policies down, metrics across; then the differences."""
    metrics = sorted((one for one in part["metric"].unique() if "budget_share" not in one), key=_place)
    paired = part["policy"].str.contains(" - ")
    look: dict[str, Any] = {"by": "metric", "name": run.name, "first": PRESCRIBED[3], "source": "prescribed"}
    alone = {metric: _column(metric) for metric in metrics}
    less = {metric: _column(metric, paired=True) for metric in metrics}
    return [
        grid_table(joined(PRESCRIBED[2], same(system)), part[~paired], "policy", alone, strong=MODEL, **look),
        grid_table(joined(PRESCRIBED[4], same(system)), part[paired], "policy", less, **look),
    ]


def _column(metric: str, *, paired: bool = False) -> Column:
    spec = METRICS[split_metric(metric)[0]]
    look: dict[str, Any] = {"signed": True, "better": spec.direction} if paired else {}
    return with_interval(spec.name, percent=spec.percent, decimals=spec.decimals, **look)


def _place(metric: str) -> int:
    return list(METRICS).index(split_metric(metric)[0])
