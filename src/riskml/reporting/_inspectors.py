"""The section about who inspects: how strict each inspector is, what is left inside one, and whose work would grow."""

from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.export.wording import Text, policy_order, text
from riskml.reporting._cells import Table
from riskml.reporting._curves import rival_series
from riskml.reporting._frames import Column, count, frame_table, grid_table, with_interval
from riskml.reporting._page import EMPTY, Block, Figure, Run, Section, Words, blocks, figure, fill, same
from riskml.reporting.looks import Axis
from riskml.reporting.marks import dots_chart, points_chart
from riskml.reporting.texts import MODEL, is_grade

TITLE: Final = text("Who inspects (inspectors)", "由谁检查（检查员）")
LEAD: Final = text(
    "Some inspectors find more than others at the same sites. A ranking that merely knew who goes where would "
    "look good "
    "and be useless. Inspectors are numbered here, never named.",
    "面对同样的主体，有的检查员发现得更多。仅仅“知道谁去检查”的排序看似有效，实则无用。此处检查员只有编号，没有姓名。",
)
STRICT: Final = (
    text("How strict is each inspector?", "各检查员宽严如何？"),
    text(
        "Each dot is one inspector, the strictest at the left: how much higher the odds of a failure are than "
        "the sites "
        "and their past explain (drawn towards one where visits are few). One is average; bars are 95% intervals. Of "
        "{inspectors} inspectors, {apart} lie apart from one; {drawn} are drawn.",
        "每点为一名检查员，最左者最严：其不合格几率是主体自身及历史所能解释的多少倍（检查少者向一收缩）。一为平均，竖线为"
        "95%区间。{inspectors}名检查员中有{apart}名明显偏离一（图中绘出{drawn}名）。",
    ),
    text("inspectors, strictest first", "检查员（由严到宽）"),
    text("odds of a failure, times the expected", "不合格几率为预期的倍数"),
)
LENIENCY: Final = (
    text("The strictest inspectors", "最严的检查员"),
    (
        count(text("visits", "检查数"), "visits"),
        count(text("failed", "不合格"), "failures"),
        Column(text("expected", "预期"), "expected"),
        Column(text("found over expected", "实际与预期之比"), "ratio", decimals=2),
        Column(text("odds, drawn to the average", "几率倍数（已收缩）"), "odds", decimals=2, low="low", high="high"),
    ),
    text("Inspector", "检查员"),
)
WITHIN: Final = (
    text(
        "What is left inside one inspector, and does the score follow the inspector?",
        "同一检查员之内还剩多少；分数是否追随检查员",
    ),
    text("Policy", "策略"),
    text(
        "AUC within inspector: of one failed and one passed visit of the same inspector, how often the failed "
        "one ranks "
        "higher. Follows: how much of the score the inspector explains beyond office and history; p is the share of "
        "random exchanges of inspectors that explain as much. A small p is a warning.",
        "同一检查员内的AUC：同一检查员的一次不合格与一次合格检查中，前者排序更高的机会。追随：在监管所与历史之外，"
        "检查员还能解释分数的多少；p为随机调换检查员时达到同样程度的比例，p小则应警惕。",
    ),
)
WITHIN_COLUMNS: Final[dict[str, Column]] = {
    "within_inspector_auc": with_interval(text("AUC within inspector", "同一检查员内的AUC"), decimals=3),
    "follows_inspector": Column(text("follows the inspector", "追随检查员"), "value", percent=True),
    "follows_inspector_p": Column(text("its p", "其p值"), "value", decimals=3),
    "follows_inspector_by_lot": Column(text("the same, visits by lot", "同上，仅随机检查"), "value", percent=True),
    "follows_inspector_by_lot_p": Column(text("its p", "其p值"), "value", decimals=3),
}
SKEW: Final = (
    text("Whose work would grow?", "谁的工作量会增加？"),
    text(
        "For each district office: the visits that a policy would give it at the headline's budget, over the "
        "visits that "
        "it makes now. One is no change; bars are 95% intervals. Only visits that were made are counted.",
        "各监管所：某策略在该预算下分给它的检查与其现有检查之比。一为不变，横线为95%区间。只计已实施的检查。",
    ),
    text("visits by the policy over visits now", "策略分配与现有检查之比"),
)
DRAWN: Final = 120
"""Inspectors drawn at most, evenly from the strictest to the most lenient."""
OFFICES: Final = 20
"""Offices shown, those with most visits."""
MOVED: Final[dict[str, Text]] = {
    "reordering": text("How much work would change hands (visits that were made)", "多少工作会换手（已实施的检查）"),
    "allocation": text(
        "How much work would change hands if sites were chosen freely among all (allocation)",
        "若在全部主体中自由选择，多少工作会换手（配置）",
    ),
}
"""Of a policy's visits, the share that would go to another inspector or office than now."""
UNITS: Final = {
    "inspector": text("to other inspectors", "转给其他检查员"),
    "office": text(
        "to other offices",
        "转给其他监管所",
    ),
}
BY_CHANCE: Final = text("{head}, by chance alone", "{head}（仅因偶然）")
SPREAD: Final = text(
    "Spread between inspectors (standard deviation of their log-odds): {value} [{low}, {high}]. Zero means "
    "that all are "
    "alike.",
    "检查员之间的差异（对数几率的标准差）：{value}，区间[{low}, {high}]；零表示没有差异。",
)


def inspectors(run: Run) -> Section | None:
    """Leniency, what is left within an inspector, and workload."""
    if not run.has("leniency", "inspectors", "workload"):
        return None
    parts = blocks(_caterpillar(run), _spread(run), _strictest(run), _within(run), _skew(run), _moved(run))
    return Section("inspectors", TITLE, LEAD, parts or (Words((EMPTY,)),))


def _odds(run: Run) -> pd.DataFrame:
    """Inspectors with an estimate, the strictest first, as odds; numbered by their place."""
    frame = run.table("leniency")
    if frame.empty:
        return frame
    held = frame[frame["log_odds"].notna()].sort_values("log_odds", ascending=False, kind="stable")
    ends = {"odds": "log_odds", "low": "low", "high": "high"}
    return held.assign(**{new: np.exp(held[old]) for new, old in ends.items()}, x=np.arange(1, len(held) + 1))


def _caterpillar(run: Run) -> Figure | None:
    rows = _odds(run)
    if rows.empty:
        return None
    apart = int(((rows["low"] > 1) | (rows["high"] < 1)).sum())
    drawn = rows.rename(columns={"odds": "y"})
    if len(drawn) > DRAWN:
        drawn = drawn.iloc[np.linspace(0, len(drawn) - 1, DRAWN).round().astype(int)]
    x, y = Axis(STRICT[2]), Axis(STRICT[3], log=True)
    counts = {"inspectors": str(len(rows)), "apart": str(apart), "drawn": str(len(drawn))}
    return figure(*STRICT[:2], lambda lang: points_chart(drawn, x=x, y=y, lang=lang, line=1.0), counts)


def _spread(run: Run) -> Words | None:
    frame = run.table("inspectors")
    held = frame[frame["metric"] == "leniency_spread"] if len(frame) else frame
    if held.empty or held["low"].isna().all():
        return None
    row = held.iloc[0]
    return Words((fill(SPREAD, **{name: f"{row[name]:.2f}" for name in ("value", "low", "high")}),), strong=True)


def _strictest(run: Run) -> Table | None:
    rows = _odds(run)
    if rows.empty:
        return None
    look: dict[str, Any] = {"first": LENIENCY[2], "source": "leniency", "rows_in_all": len(run.table("leniency"))}
    return frame_table(LENIENCY[0], rows, lambda row: same(row["x"]), LENIENCY[1], top=8, **look)


def _within(run: Run) -> tuple[Block, ...]:
    """Within-inspector AUC, and whether a score follows the inspector, for every policy."""
    frame = run.table("inspectors")
    if frame.empty:
        return ()
    rows = _ordered(frame[frame["policy"].isin(list(run.summary["policies"]))])
    look: dict[str, Any] = {"by": "metric", "first": WITHIN[1], "source": "inspectors", "strong": MODEL}
    table = grid_table(WITHIN[0], rows, "policy", WITHIN_COLUMNS, name=run.name, **look)
    return blocks(table, Words((WITHIN[2],))) if table else ()


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of policies that every table has."""
    places = {policy: at for at, policy in enumerate(policy_order(rows["policy"].unique()))}
    return rows.assign(place=rows["policy"].map(places)).sort_values("place", kind="stable")


def _skew(run: Run) -> Figure | None:
    """Ratio of the work of each office, the model beside the first grade."""
    frame = run.table("workload")
    if frame.empty:
        return None
    graded = [policy for policy in policy_order(frame["policy"].unique()) if is_grade(policy)][:1]
    policies = [policy for policy in (MODEL, *graded) if policy in set(frame["policy"])]
    held = frame[(frame["estimand"] == "reordering") & (frame["unit"] == "office") & frame["policy"].isin(policies)]
    if held.empty:
        return None
    busiest = held.groupby("member")["visits_now"].max().nlargest(OFFICES).index
    held = held[held["member"].isin(busiest)]
    order = held.assign(place=held["policy"].map(policies.index)).sort_values(["member", "place"], kind="stable")
    words = [f"{member} ({visits:,.0f})" for member, visits in zip(order["member"], order["visits_now"], strict=True)]
    rows = order.assign(words=words, series=order["policy"], value=order["ratio"], note=order["reason"])
    axis, looks = Axis(SKEW[2], zero=True), rival_series(run, policies)
    return figure(*SKEW[:2], lambda lang: dots_chart(rows, axis=axis, lang=lang, series=looks, line=1.0))


def _moved(run: Run) -> list[Table | None]:
    """A table for each estimand: the two are never mixed."""
    frame = run.table("inspectors")
    if frame.empty:
        return []
    parts = frame["metric"].str.extract(r"^workload_distance@\S+ (?P<estimand>\w+) (?P<unit>\w+)$")
    rows = _ordered(pd.concat([frame, parts], axis=1).dropna(subset=["unit"]))
    made = []
    for estimand, title in MOVED.items():
        part = rows[rows["estimand"] == estimand].assign(reason="")
        chance = part.assign(value=part["by_chance"], unit=part["unit"] + " by chance")
        heads = {unit: Column(head, "value", percent=True) for unit, head in UNITS.items()}
        heads |= {
            f"{unit} by chance": Column(fill(BY_CHANCE, head=head), "value", percent=True)
            for unit, head in UNITS.items()
        }
        look: dict[str, Any] = {"by": "unit", "first": WITHIN[1], "source": "inspectors", "strong": MODEL}
        made.append(grid_table(title, pd.concat([part, chance]), "policy", heads, name=run.name, **look))
    return made
