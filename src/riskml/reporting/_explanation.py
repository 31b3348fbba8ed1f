"""The section about what moves the scores: importance, values, pairs, and whether the reasons can be relied on."""

from typing import Any, Final

import pandas as pd

from riskml.explanation.deletion import DONORS, ORDERS
from riskml.explanation.faithfulness_words import CHECKS, verdicts
from riskml.export.wording import Text, as_text, text
from riskml.reporting import _sections as words
from riskml.reporting._cells import Table
from riskml.reporting._explanation_charts import dependence_panels, importance_bars
from riskml.reporting._frames import Column, count, frame_table, with_interval
from riskml.reporting._page import Figure, Run, Section, Words, blocks, figure, joined
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import lines_chart

LEAD: Final = text(
    "Which facts move the model's scores most, how they go with their values, which of them work together, and whether "
    "the reasons can be relied on. All of it tells of the model: what it uses, not what causes failures. The reasons "
    "for a single site are given with its score.",
    "哪些事实对模型分数影响最大、如何随数值变化、哪些事实共同起作用，以及这些理由是否可靠。以上均说明模型本身：它依据什么，而非不合格的原因。"
    "单个主体的理由随其评分给出。",
)
SPREAD: Final = text(
    "Bar: how far the feature moves the score, up or down, on average over {origins} decision days, each by the model "
    "of that day; line: 95% interval over the days (Student's t); diamond: the exported model on the last day. Before "
    "the words: best and worst rank on any day. The days share sites and earlier records, so the interval is rather "
    "too narrow; a diamond outside it says that the model of today uses other facts than those of the past.",
    "浅色条为该特征在{origins}个决策日上平均使分数上下移动的幅度（各用当日的模型），黑线为各日之间的95%区间（t分布），菱形为导出的模型"
    "在最后一日的情形。文字前为各日中最好与最差的名次。各日共用主体与较早的记录，区间偏窄；菱形落在区间之外，说明现行模型所依据的事实与以往不同。",
)
TOPICS: Final = (
    text("The same by topic: facts from the same records together", "按主题合并（出自同一类记录的事实）"),
    text("Topic, named by its strongest fact", "主题（以其中最强的事实命名）"),
    (
        with_interval(text("moves the score by (log-odds)", "使分数移动（对数几率）"), "moved", decimals=3),
        Column(text("ranks by day", "各日名次"), "ranks", plain=True),
        Column(text("exported model", "导出的模型"), "exported", decimals=3),
        Column(text("facts", "事实"), "features", plain=True),
    ),
)
BY_VALUE: Final = (
    text("How does a value move the score?", "数值如何影响分数？"),
    text(
        "Each line: a range of values, in brackets the rows (site × decision day) that have one. Dot: the exported "
        "model's mean contribution of this feature among them; bar: the middle four fifths. Right of zero it raises "
        "the score. No value is put into a row that does not have it (no partial dependence): rows in two lines differ "
        "in other facts too, whose contributions are their own.",
        "每行为一段数值，括号内为具有该数值的记录数（主体×决策日）。圆点为导出的模型中该特征在这些记录上的平均贡献，横条为中间五分之四。零线右侧为"
        "提高分数。不把数值代入并不具有它的记录（不是部分依赖图）：两行的记录在其他事实上也不同，而其他事实另有各自的贡献。",
    ),
)
PAIRS: Final = (
    text("Facts that work together", "共同起作用的事实"),
    text("Pair", "事实对"),
    (
        Column(text("moves the score by (log-odds)", "使分数移动（对数几率）"), "mean_abs_interaction", decimals=4),
        Column(text("part of all contributions", "占全部贡献"), "share", percent=True),
        Column(text("where both are high", "两者均高时"), "both_high", decimals=4, signed=True),
        count(text("rows with both high", "两者均高的记录"), "rows_both_high"),
    ),
    text(
        "Beyond what each adds alone (Shapley interaction values, among the features that move the exported model's "
        "scores most). Both high: both values above their medians; above zero, the two together are worse than apart.",
        "各自单独作用之外的部分（沙普利交互值，限于对导出模型分数影响最大的特征）。两者均高：两个数值均高于各自中位数；大于零表示同时出现"
        "比分别出现更坏。",
    ),
    text(
        "Among the features that matter most no two work together: the score is the sum of what each adds alone.",
        "在影响最大的特征中，没有两个共同起作用：分数是各项单独作用之和。",
    ),
)
CURVES: Final = (
    text("Do the reasons name what the score hangs on? (deletion)", "理由是否说明分数取决于什么（删除检验）"),
    text(
        "How far a site's score moves if so many of its facts are replaced by those of {donors} other sites: its own "
        "strongest first, those strongest over all sites, or any that the model uses. The higher the first line above "
        "the others, the more the reasons of a site say about it. Rows made so may be of sites that cannot exist.",
        "将主体的若干项事实换成其他{donors}个主体的事实时，其分数移动多少：先换自身最强的事实、总体最强的事实，或模型所用的任意事实。第一条线高出越多，"
        "单个主体的理由越能说明问题。如此构造的记录可能并不存在于现实。",
    ),
    text("facts replaced", "换掉的事实数"),
    text("change of the score (log-odds)", "分数变动（对数几率）"),
)
LOOKS: Final = (
    Series("reasons", text("the site's own reasons", "该主体自身的理由"), width=3.0),
    Series("overall", text("strongest over all sites", "总体最强的事实"), "#009E73", (7, 3)),
    Series("random", text("any facts in use", "任意所用事实"), "#8a8a8a", (2, 3)),
)
RELIED: Final = (
    text("Can the reasons be relied on?", "理由是否可靠"),
    text("Check", "检验"),
    (
        Column(text("holds", "是否成立"), "verdict", plain=True),
        Column(text("finding", "结果"), "finding", plain=True),
    ),
)
HOLDS: Final = {
    True: text("yes", "是"),
    False: text("no", "否"),
    None: text("not made", "未做"),
}


def explanation(run: Run) -> Section:
    """Everything that explains the model as a whole; of an older run only the importance."""
    title, caption = words.FIGURES["importance"]
    frame = run.table("importance")
    told = SPREAD if "low" in frame and frame["low"].notna().any() else caption
    filled: dict[str, str | Text] = {"origins": _origins(frame)}
    chart = figure(title, told, lambda lang: importance_bars(frame, lang=lang), filled)
    return Section(
        "uses", title, LEAD,
        blocks(_verdicts(run), chart, _topics(run), _by_value(run), _pairs(run), _deletion(run), _relied(run)),
    )  # fmt: skip


def _origins(frame: pd.DataFrame) -> str:
    return str(int(frame["origins"].max())) if "origins" in frame and len(frame) else ""


def _verdicts(run: Run) -> Words | None:
    table = run.table("faithfulness")
    found = verdicts(table) if len(table) else ()
    return Words(tuple(as_text(one) for one in found), strong=True) if found else None


def _topics(run: Run) -> Table | None:
    frame = run.table("importance_topics")
    if frame.empty:
        return None
    rows = frame.assign(moved=frame["mean_abs_contribution"], ranks=_ranks(frame))
    look: dict[str, Any] = {"first": TOPICS[1], "source": "importance_topics", "top": 12}
    return frame_table(TOPICS[0], rows, _named, TOPICS[2], **look)


def _named(row: Any) -> Text:
    return text(str(row["text_en"]), str(row["text_zh"]))


def _ranks(frame: pd.DataFrame) -> list[str]:
    ends = zip(frame["rank_low"].astype(int), frame["rank_high"].astype(int), strict=True)
    return [str(low) if low == high else f"{low}–{high}" for low, high in ends]


def _by_value(run: Run) -> Figure | None:
    frame = run.table("dependence")
    if frame.empty:
        return None
    return figure(*BY_VALUE, lambda lang: dependence_panels(frame, lang=lang))


def _pairs(run: Run) -> "tuple[Words | Table | None, ...] | None":
    if not run.has("interactions"):
        return None
    frame = run.table("interactions")
    if frame.empty:
        return (Words((PAIRS[4],)),)
    look: dict[str, Any] = {"first": PAIRS[1], "source": "interactions", "top": 8}
    return frame_table(PAIRS[0], frame, _both, PAIRS[2], **look), Words((PAIRS[3],))


def _both(row: Any) -> Text:
    other = text(str(row["other_text_en"]), str(row["other_text_zh"]))
    return joined(_named(row), other, between=" × ")


def _deletion(run: Run) -> Figure | None:
    frame = run.table("deletion")
    if frame.empty:
        return None
    rows = frame.rename(columns={"order": "series", "features": "x", "moved": "y"})
    rows = rows.sort_values("series", key=lambda part: part.map(list(ORDERS).index), kind="stable")
    x, y = Axis(CURVES[2], zero=True), Axis(CURVES[3], zero=True)
    draw: dict[str, Any] = {"x": x, "y": y, "series": LOOKS}
    return figure(
        CURVES[0], CURVES[1], lambda lang: lines_chart(rows[["series", "x", "y"]], lang=lang, **draw),
        {"donors": str(DONORS)},
    )  # fmt: skip


def _relied(run: Run) -> Table | None:
    frame = run.table("faithfulness")
    if frame.empty:
        return None
    held = [HOLDS[None if pd.isna(one) else bool(one)] for one in frame["holds"]]
    told = {f"verdict_{lang}": [one[lang] for one in held] for lang in ("en", "zh")}
    for lang in ("en", "zh"):
        made = frame["value"].notna()
        told[f"finding_{lang}"] = list(frame[f"text_{lang}"].where(made, frame[f"reason_{lang}"]))
    look: dict[str, Any] = {"first": RELIED[1], "source": "faithfulness"}
    return frame_table(
        RELIED[0], frame.assign(**told), lambda row: as_text(CHECKS[row["check"]].name), RELIED[2], **look
    )
