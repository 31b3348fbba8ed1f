"""The section about groups of sites: whose failures are found, who is disturbed for nothing, for whom it is right."""

from typing import Any, Final

import pandas as pd

from riskml.evaluation.fairness.words import ATTRIBUTES, CAVEAT, FAIRNESS_METRICS
from riskml.export.figures import reason_text
from riskml.export.wording import Lang, Text, as_text, policy_order, split_metric, text
from riskml.reporting._cells import Table
from riskml.reporting._curves import rival_series
from riskml.reporting._frames import Column, grid_table, with_interval
from riskml.reporting._groups import group_names
from riskml.reporting._page import EMPTY, Block, Facts, Figure, Run, Section, Words, blocks, figure, fill, joined, same
from riskml.reporting.charts import Chart
from riskml.reporting.looks import Axis
from riskml.reporting.marks import dots_chart
from riskml.reporting.texts import MODEL, is_grade

TITLE: Final = text("Is it fair? (groups of sites)", "是否公平（各类主体）")
LEAD: Final = text(
    "The same ranking, seen by district, kind of business, floor area and legal form: how much of each group's "
    "failures "
    "is found, and how many of its sound sites are visited for nothing.",
    "同一排序，分监管所、业态、面积与主体性质来看：各组的不合格有多少被发现，又有多少合格主体被白白检查。",
)
FOUND: Final = (
    text("Whose failures are found? {attribute}", "谁的不合格被发现？{attribute}"),
    text(
        "Dot: of the group's failures, the share found at a budget of {budget} of all visits; bar: 95% interval; line: "
        "the model over all sites. In brackets: the group's failures. Groups with too few are not judged.",
        "圆点为预算{budget}时该组不合格被发现的比例，横线为95%区间，竖线为模型的总体水平。括号内为该组不合格数。数据不足的组不作判断。",
    ),
    text("share of the group's failures found", "该组不合格的发现率"),
)
GROUP: Final = text("Group", "组别")
MISSING: Final = text(
    "Not recorded, so in no group: {shares}. The rest of the groups and all other figures: tables/fairness.parquet.",
    "未记录而不属任何组：{shares}。其余各组与其他指标见 tables/fairness.parquet。",
)
COLUMNS: Final[dict[str, Column]] = {
    "detection_rate": with_interval(text("failures found", "不合格发现率"), percent=True),
    "clean_visit_rate": with_interval(text("sound sites visited for nothing", "合格而被检查"), percent=True),
    "precision": with_interval(text("hit rate", "命中率"), percent=True),
    "mean_place_failing": with_interval(text("mean place of failing sites", "不合格者的平均位置"), decimals=2),
    "observed_expected": with_interval(text("failures over expected", "实际与预期之比"), decimals=2),
    "detection_ratio": with_interval(text("detection against the other groups", "与其余各组的查出之比"), decimals=2),
}
SHOWN: Final = 12
"""Groups shown of an attribute, those with most visits."""
BY_GROUP: Final = text("The model: {attribute}", "模型：{attribute}")
EVERYONE: Final = (
    text(
        "Of all active sites, visited or not, the share chosen: {attribute} (allocation)",
        "全部在营主体中被选中的比例：{attribute}（配置）",
    ),
    text("Policy", "策略"),
)


def fairness(run: Run) -> Section | None:
    """Dots by group for each attribute, the table of the model, and what the figures mean."""
    if not run.has("fairness"):
        return None
    frame = run.table("fairness")
    if frame.empty:
        return Section("fairness", TITLE, LEAD, (Words((EMPTY,)),))
    frame = frame[frame["budget"].isna() | (frame["budget"] == _budget(run, frame))]
    grouped = set(frame.loc[frame["metric"] == "detection_rate", "attribute"])
    attributes = [one for one in ATTRIBUTES if one != "overall" and one in grouped]
    parts: list[Block | None] = [Words((as_text(CAVEAT),))]
    for attribute in attributes:
        parts += [_found(run, frame, attribute), _table(frame, attribute)]
    meanings = tuple((column.head, as_text(FAIRNESS_METRICS[name])) for name, column in COLUMNS.items())
    chosen = [_everyone(run, frame, attribute) for attribute in attributes[:1]]
    return Section("fairness", TITLE, LEAD, blocks(*parts, *chosen, _missing(frame), Facts(meanings, wide=True)))


def _budget(run: Run, frame: pd.DataFrame) -> float:
    """The headline's budget if the table has it, else its largest."""
    asked, there = split_metric(run.headline)[1], frame["budget"].dropna()
    return asked if asked is not None and (there == asked).any() else float(there.max())


def _names(frame: pd.DataFrame, attribute: str) -> dict[str, Text]:
    return group_names(attribute, frame.loc[frame["attribute"] == attribute, "group"])


def _shown(frame: pd.DataFrame, attribute: str) -> list[str]:
    """Groups with most visits; those of floor area in their own order."""
    held = frame[(frame["attribute"] == attribute) & (frame["policy"] == MODEL) & (frame["metric"] == "detection_rate")]
    busiest = held.sort_values(["n", "group"], ascending=[False, True], kind="stable")["group"].head(SHOWN)
    return sorted(busiest) if attribute in ("size", "office") else list(busiest)


def _found(run: Run, frame: pd.DataFrame, attribute: str) -> Figure:
    held = frame[(frame["attribute"] == attribute) & (frame["metric"] == "detection_rate")]
    graded = [one for one in policy_order(held["policy"].unique()) if " - " not in one and is_grade(one)]
    policies, groups = [MODEL, *graded[:1]], _shown(frame, attribute)
    held = held[held["policy"].isin(policies) & held["group"].isin(groups)]
    places = held.assign(a=held["group"].map(groups.index), b=held["policy"].map(policies.index))
    rows = places.sort_values(["a", "b"], kind="stable").assign(series=lambda part: part["policy"])
    overall = frame[(frame["attribute"] == "overall") & (frame["policy"] == MODEL)]
    level = overall.loc[overall["metric"] == "detection_rate", "value"]
    axis, looks = Axis(FOUND[2], percent=True, zero=True), rival_series(run, policies)
    names = _names(frame, attribute)

    def draw(lang: Lang) -> Chart:
        words = [f"{names[one][lang]} ({n:,})" for one, n in zip(rows["group"], rows["n_positive"], strict=True)]
        notes = [
            reason_text({"reason": why})[lang] if none else ""
            for why, none in zip(rows["reason"], rows["value"].isna(), strict=True)
        ]
        line = None if level.empty else float(level.iloc[0])
        return dots_chart(rows.assign(words=words, note=notes), axis=axis, lang=lang, series=looks, line=line)

    budget = f"{_budget(run, frame):.0%}"
    return figure(fill(FOUND[0], attribute=as_text(ATTRIBUTES[attribute])), FOUND[1], draw, {"budget": budget})


def _table(frame: pd.DataFrame, attribute: str) -> Table | None:
    groups = _shown(frame, attribute)
    held = frame[(frame["attribute"] == attribute) & (frame["policy"] == MODEL) & frame["group"].isin(groups)]
    rows = held.sort_values("group", key=lambda part: part.map(groups.index), kind="stable")
    rows = rows.assign(reason=rows["reason"].str.replace(r"^not enough data.*", "not enough data", regex=True))
    title = fill(BY_GROUP, attribute=as_text(ATTRIBUTES[attribute]))
    look: dict[str, Any] = {"by": "metric", "first": GROUP, "source": "fairness"}
    return grid_table(title, rows, "group", COLUMNS, name=_names(frame, attribute).__getitem__, **look)


def _everyone(run: Run, frame: pd.DataFrame, attribute: str) -> Table | None:
    """Share of each group's active sites that a policy would choose; no outcome is needed for it."""
    groups = _shown(frame, attribute)
    held = frame[(frame["attribute"] == attribute) & (frame["metric"] == "site_selection_share")]
    held = held[held["group"].isin(groups) & ~held["policy"].str.contains(" - ")]
    rows = held.sort_values("group", key=lambda part: part.map(groups.index), kind="stable")
    across = {one: with_interval(run.name(one), percent=True) for one in policy_order(held["policy"].unique())}
    title = fill(EVERYONE[0], attribute=as_text(ATTRIBUTES[attribute]))
    look: dict[str, Any] = {"by": "policy", "first": GROUP, "source": "fairness"}
    return grid_table(title, rows, "group", across, name=_names(frame, attribute).__getitem__, **look)


def _missing(frame: pd.DataFrame) -> Words | None:
    held = frame[(frame["metric"] == "not_recorded") & frame["attribute"].isin(list(ATTRIBUTES))]
    if held.empty:
        return None
    told = [
        joined(as_text(ATTRIBUTES[one]), same(f"{share:.1%}"))
        for one, share in zip(held["attribute"], held["value"], strict=True)
    ]
    return Words((fill(MISSING, shares=joined(*told, between=", ")),))
