"""The section about sites nobody visited: how each method fills in the missing results, and how far they agree."""

from typing import Any, Final

import pandas as pd

from riskml.evaluation.selection.table import selection_verdict
from riskml.export.figures import reason_text
from riskml.export.wording import METRICS, Lang, Text, metric_name, policy_name, policy_order, split_metric, text
from riskml.reporting import charts
from riskml.reporting._cells import ALLOCATION, Table, make_table, metrics_of
from riskml.reporting._curves import rival_series
from riskml.reporting._frames import Column, count, frame_table, grid_table, with_interval
from riskml.reporting._overlap import overlap
from riskml.reporting._page import Block, Figure, Run, Section, Words, blocks, figure, fill, same
from riskml.reporting._ranking import named_policies
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import dots_chart
from riskml.reporting.texts import MODEL, is_grade

TITLE: Final = text("Sites that nobody visited (allocation)", "无人检查过的主体（配置）")
LEAD: Final = text(
    "Everything in this box is about another pool: all active sites, visited or not. The visits followed the "
    "old grade, "
    "so visited sites are no fair sample, and counting them alone (“naive”) flatters whatever resembles that grade. No "
    "single method is to be trusted by itself: read them side by side.",
    "本框内的数字针对另一总体：全部在营主体，无论是否检查过。以往检查按旧等级安排，被检查者并非公平的样本；仅就其计算"
    "（“朴素”）会偏向与旧等级相近的策略。任何单一方法都不足为凭，应当并列对照。",
)
LABELLED: Final = (
    text("How much of each selection was ever observed", "所选主体中有多少被观察过"),
    text("Policy", "策略"),
    text("rows (with outcome)", "记录数（其中有结果）"),
)
"""Title, first column and what the foot counts."""
METHODS: Final[dict[str, Text]] = {
    "naive": text("Naive: visited sites only (biased)", "朴素：仅检查过的主体（有偏）"),
    "ipw_hajek": text("Weighted by the chance of a visit (Hajek)", "按被检查机会加权（Hajek）"),
    "ipw_horvitz_thompson": text(
        "Weighted by the chance of a visit (Horvitz-Thompson)", "按被检查机会加权（Horvitz-Thompson）"
    ),
    "doubly_robust": text("Weighted and modelled (doubly robust)", "加权并以模型补足（双重稳健）"),
    "sensitivity": text(
        "Bounds if unvisited sites differ up to {gamma} times", "未检查者的不合格几率至多相差{gamma}倍时的界限"
    ),
    "worst_case": text("Bounds whatever the unvisited sites are", "无论未检查者如何都成立的界限"),
    "contraction": text("Where almost everything was visited (contraction)", "仅取几乎全部检查的单位（收缩法）"),
    "random_arm": text("Visits drawn at random (random arm)", "随机抽取的检查（随机组）"),
}
SIDE: Final = (
    text("Do all methods agree? {metric}", "各方法是否一致？{metric}"),
    text(
        "Dot: estimate; thin bar: its 95% interval; pale bar: the range that the data cannot narrow. Where the "
        "dots of a "
        "policy lie apart, the answer depends on what is believed about sites nobody visited.",
        "圆点为估计，细线为95%区间，浅色条为数据无法再缩小的范围。同一策略的各点相距越远，结论越取决于对未检查主体的假定。",
    ),
)
PAIR: Final = (
    text("Is the model better by every method? Model less {other}", "按各种方法模型都更好吗？模型减{other}"),
    text(
        "As above, for the difference. To the right of zero the model is better. If some methods lie on one side of "
        "zero and some on the other, the records cannot settle it.",
        "同上，但为差值。零线右侧表示模型更好。若有的方法在零线一侧、有的在另一侧，则现有记录无法定论。",
    ),
    text("difference, percentage points", "差值（百分点）"),
)
METHOD: Final = text("Method", "方法")
BY_METHOD: Final = text("{metric}, by method", "{metric}（按方法）")
EVERY_METRIC: Final = text("The model by every metric and method", "模型的各项指标（按方法）")
POINT_METHODS: Final = ("naive", "ipw_hajek", "ipw_horvitz_thompson", "doubly_robust", "contraction", "random_arm")
OTHER_METRICS: Final[dict[str, Text]] = {
    "observed_expected": text("Failures observed over expected", "实际与预期不合格之比"),
}
WEIGHTS: Final = (
    text("What each method stands on (the model)", "各方法的依据（模型）"),
    (
        count(text("rows", "记录数"), "n"),
        count(text("failures", "不合格"), "n_positive"),
        count(text("worth as many equal rows", "相当于等权记录数"), "ess"),
        Column(text("weights cut", "被截断的权重"), "clipped", percent=True),
    ),
)


def selection(run: Run) -> Section | None:
    """Labelled share, every method side by side, overlap."""
    parts: tuple[Block, ...] = blocks(
        _verdict(run), overlap(run), _side_by_side(run), _differences(run), _tables(run), _labelled(run)
    )
    return Section("selection", TITLE, LEAD, parts, apart=True) if parts else None


def _labelled(run: Run) -> Table | None:
    """The labelled share; not of the perfect order, which ranks by outcomes that exist for labelled rows only."""
    rows = [(name, entries) for name, entries in named_policies(run.summary) if name != policy_name("perfect", {})]
    metrics = metrics_of((entries for _, entries in rows), ALLOCATION)
    look: dict[str, Any] = {"estimand": ALLOCATION, "first": LABELLED[1], "counts": LABELLED[2]}
    return make_table(LABELLED[0], rows, metrics, strong=policy_name(MODEL, {}), **look)


def main_metric(run: Run, frame: pd.DataFrame) -> str:
    """The run's headline metric if the methods give it, else the share of failures found."""
    if (frame["metric"] == run.headline).any():
        return run.headline
    return next((one for one in frame["metric"] if one.startswith("recall@")), str(frame["metric"].iloc[0]))


def _shown(frame: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Rows of the headline metric with the words of their method; a tilt of one is the doubly robust estimate again."""
    held = frame[(frame["metric"] == main_metric(run, frame)) & frame["method"].isin(list(METHODS))]
    held = held[~((held["method"] == "sensitivity") & (held["gamma"] <= 1))]
    place = held["method"].map({name: at for at, name in enumerate(METHODS)})
    return held.assign(place=place).sort_values(["place", "gamma"], kind="stable")


def _method(row: Any) -> Text:
    return fill(METHODS[row["method"]], gamma=f"{row['gamma']:g}")


def _rivals(frame: pd.DataFrame) -> list[str]:
    """The model, its first grade by level, and the last outcome, as far as the methods were asked for them."""
    asked = policy_order(policy for policy in frame["policy"].unique() if " - " not in policy)
    graded = [policy for policy in asked if is_grade(policy)][:1]
    return [policy for policy in (MODEL, *graded, "last_outcome") if policy in asked]


def _verdict(run: Run) -> Words | None:
    frame = run.table("selection")
    pair = main_pair(frame)
    if pair is None:
        return None
    overlap = run.tables.get("overlap")
    told = selection_verdict(frame, overlap, pair=pair, metric=main_metric(run, frame))
    return Words((run.spoken(text(told["en"], told["zh"])),), strong=True)


def main_pair(frame: pd.DataFrame) -> str | None:
    """The difference that matters most: model less the first grade, or less the last outcome."""
    if frame.empty:
        return None
    rivals = [policy for policy in _rivals(frame) if policy != MODEL]
    pairs = [f"{MODEL} - {policy}" for policy in rivals if f"{MODEL} - {policy}" in set(frame["policy"])]
    return pairs[0] if pairs else None


def _side_by_side(run: Run) -> Figure | None:
    frame = run.table("selection")
    if frame.empty:
        return None
    metric = main_metric(run, frame)
    policies = _rivals(frame)
    rows = _shown(frame[frame["policy"].isin(policies)], run)
    series = rival_series(run, policies)
    percent = METRICS[split_metric(metric)[0]].percent
    axis = Axis(metric_name(metric), percent=percent)
    title = fill(SIDE[0], metric=metric_name(metric))
    return figure(title, SIDE[1], lambda lang: _dots(rows, "policy", axis, lang, series))


def _differences(run: Run) -> Figure | None:
    frame = run.table("selection")
    pair = main_pair(frame)
    if pair is None:
        return None
    rows = _shown(frame[frame["policy"] == pair], run)
    percent = METRICS[split_metric(main_metric(run, frame))[0]].percent
    ends = ["value", "low", "high", "lower", "upper"]
    rows = rows.assign(**{name: rows[name] * (100 if percent else 1) for name in ends})
    axis = Axis(PAIR[2] if percent else text("difference", "差值"), zero=True)
    title = fill(PAIR[0], other=run.name(pair.partition(" - ")[2]))
    return figure(title, PAIR[1], lambda lang: _dots(rows, "policy", axis, lang, None, line=0.0))


def _dots(
    rows: pd.DataFrame,
    series: str,
    axis: Axis,
    lang: Lang,
    looks: "tuple[Series, ...] | None",
    line: float | None = None,
) -> charts.Chart:
    words = [_method(row)[lang] for row in rows.to_dict("records")]
    empty = rows["value"].isna() & rows["lower"].isna()
    notes = [
        reason_text({"reason": why})[lang] if none else "" for why, none in zip(rows["reason"], empty, strict=True)
    ]
    drawn = rows.assign(words=words, note=notes, series=rows[series] if looks else "")
    return dots_chart(drawn, axis=axis, lang=lang, line=line, **({"series": looks} if looks else {}))


def _tables(run: Run) -> list[Table | None]:
    """The headline metric by method for the model, its rivals and the difference; then every metric of the model."""
    frame = run.table("selection")
    if frame.empty:
        return []
    metric, pair = main_metric(run, frame), main_pair(frame)
    rows = _shown(frame, run)
    rows = rows.assign(row=[_key(row) for row in rows.to_dict("records")])
    names = {_key(row): _method(row) for row in rows.to_dict("records")}
    percent = METRICS[split_metric(metric)[0]].percent
    ends: dict[str, Any] = {"percent": percent, "lower": "lower", "upper": "upper"}
    across = {policy: with_interval(run.name(policy), **ends) for policy in _rivals(frame)}
    if pair:
        across[pair] = with_interval(run.name(pair), signed=True, **ends)
    look: dict[str, Any] = {"name": names.__getitem__, "first": METHOD, "source": "selection"}
    return [
        grid_table(fill(BY_METHOD, metric=metric_name(metric)), rows, "row", across, by="policy", **look),
        frame_table(
            WEIGHTS[0], rows[rows["policy"] == MODEL], _method, WEIGHTS[1], first=METHOD, source="selection",
            rows_in_all=len(frame),
        ),
        _model_table(frame, metric),
    ]  # fmt: skip


def _model_table(frame: pd.DataFrame, metric: str) -> Table | None:
    """Every metric of the model at one budget by the methods that give one number."""
    held = frame[(frame["policy"] == MODEL) & frame["method"].isin(POINT_METHODS)]
    held = held[~held["metric"].str.contains("@") | held["metric"].str.endswith(metric.partition("@")[2])]
    across = {}
    for one in dict.fromkeys(held["metric"]):
        stem = one.partition("@")[0]
        known = METRICS.get(stem)
        head = metric_name(one) if known else OTHER_METRICS.get(stem, same(one))
        across[one] = with_interval(
            head, percent=bool(known and known.percent), decimals=known.decimals if known else 2
        )
    look: dict[str, Any] = {"name": METHODS.__getitem__, "first": METHOD, "source": "selection"}
    return grid_table(EVERY_METRIC, held, "method", across, by="metric", **look)


def _key(row: Any) -> str:
    return f"{row['method']}/{row['gamma']}"
