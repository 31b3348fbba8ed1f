"""Headings, captions and introductions of the report, in both languages."""

from typing import Final

from riskml.export.wording import Text, text

HEADINGS: Final[dict[str, Text]] = {
    "report": text("Inspection risk report", "检查风险报告"),
    "contents": text("Contents", "目录"),
    "policies": text("The same visits in another order (reordering)", "同一批检查的不同排序（重排）"),
    "differences": text("Is the model better? Paired differences", "模型是否更好？配对差值"),
    "definitions": text("What the words mean", "名词解释"),
}

INTRODUCTIONS: Final[dict[str, Text]] = {
    "policies": text(
        "Only visits that were made and have a settled result are counted. Each policy puts the visits of a decision "
        "day in its own order, and the part that the budget pays for is looked at. Nothing is said about sites that "
        "nobody visited. In brackets: the 95% interval, by resampling the sites.",
        "只计已经实施且结果已定的检查。每种策略对同一决策日的检查各自排序，再看预算范围之内的部分。对无人检查过的主体"
        "不作任何结论。方括号内为按主体重抽样所得的95%区间。",
    ),
    "differences": text(
        "Both policies are measured on the same visits and the same resamples. ▲ the interval lies wholly on the "
        "better side of zero; ▼ wholly on the worse side; no sign: not decided.",
        "两种策略在同一批检查、同一组重抽样上度量。▲ 区间完全位于零的较好一侧；▼ 完全位于较差一侧；无符号：未能判定。",
    ),
}

TABLES: Final[dict[str, Text]] = {
    "budget": text("At a budget of {budget} of the visits", "预算为检查总数的{budget}"),
    "ranking": text("The whole order", "整体排序"),
    "probability": text("Are the probabilities right? (calibration)", "概率是否准确（校准）"),
    "headline": text("At the headline metric", "主要指标"),
    "policy": text("Policy", "策略"),
    "pair": text("Difference", "差值"),
    "visits": text("visits (failed)", "检查数（其中不合格）"),
    "sites": text("rows (with outcome)", "记录数（其中有结果）"),
}

FIGURES: Final[dict[str, tuple[Text, Text]]] = {
    "differences": (
        text("Is the model better than the others?", "模型是否优于其他策略？"),
        text(
            "Dot: the difference at the headline metric; bar: its interval. A bar wholly to the right of zero: the "
            "model is better. A bar across zero: not shown to be better.",
            "圆点为主要指标的差值，横线为其区间。横线完全在零线右侧：模型更好；横线跨过零线：未证明更好。",
        ),
    ),
    "budget": (
        text("What does each budget find?", "不同预算各能发现多少？"),
        text(
            "Pick a budget on the horizontal axis: the higher line finds more with it. Random order is the diagonal, "
            "perfect order the upper bound; the band is the model's 95% interval. Visits that were made (reordering).",
            "在横轴上选定预算，线越高则发现越多。随机顺序为对角线，完美排序为上限，色带为模型的95%区间。仅限已实施的检查（重排）。",
        ),
    ),
    "origins": (
        text("Is it so on every decision day?", "每个决策日都是如此吗？"),
        text(
            "The headline metric on each decision day alone. Lines that cross from day to day show how much of a "
            "difference is luck. "
            "Visits that were made on or after each day: {visits}; failed: {failed}.",
            "每个决策日单独计算的主要指标。各线逐日交错，说明差异中有多少出于偶然。各决策日所对应的检查数：{visits}；其中不合格：{failed}。",
        ),
    ),
    "reliability": (
        text("Do the probabilities come true?", "概率是否应验？"),
        text(
            "Points on the dashed diagonal say what happens. Below it the model announces more failures than there "
            "are, above it fewer. Bars are intervals. Visits in a point: {visits}.",
            "落在虚线上的点与实际相符；低于虚线则预测的不合格多于实际，高于则少于实际。竖线为区间。每点检查数：{visits}。",
        ),
    ),
    "importance": (
        text("What the model uses", "模型依据什么"),
        text(
            "How far each feature moves the prediction, up or down, on average. It says what the model uses, not what "
            "causes failures.",
            "各特征平均使预测上下移动多少。它说明模型依据什么，而非不合格的原因。",
        ),
    ),
}

AT_ONCE: Final[dict[str, Text]] = {
    "title": text("All declared rivals at once", "同时与全部预先声明的对手比较"),
    "own": text("difference, with its own interval", "差值（单独区间）"),
    "all": text("with the interval that holds all at once", "差值（同时成立的区间）"),
}
"""Of several 95% intervals one may miss by chance: the wider ones hold all of them together."""
MADE_OF: Final = text(
    "All numbers come from the files of this run; anybody can recompute them from its scored rows.",
    "所有数字均出自本次运行的文件，任何人都可由其中的评分记录重新计算。",
)
