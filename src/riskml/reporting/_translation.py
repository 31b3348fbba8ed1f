"""The section that turns the model back into a grade: who changes level, and does the new grade tell more."""

from typing import Any, Final

import pandas as pd

from riskml.evaluation.levels.translation_sentence import translation_sentence
from riskml.evaluation.levels.translation_words import GRADES, MEASURES, NRI_CAVEAT, SIZES, VETOES, VISITED_ONLY
from riskml.explanation.movers import movers_told
from riskml.export.wording import Lang, Text, as_text, text
from riskml.reporting._cells import Table
from riskml.reporting._compared import graded
from riskml.reporting._frames import Column, frame_table, grid_table, with_interval
from riskml.reporting._grades import level_names
from riskml.reporting._page import EMPTY, Block, Figure, Run, Section, Words, blocks, figure, same
from riskml.reporting.charts import Chart
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import dots_chart, heat_chart

TITLE: Final = text("The model as a grade", "把模型变成等级")
MATRIX: Final = (
    text("Who would change level?", "谁的等级会改变？"),
    text(
        "Down: the level by the rule; across: by the model, with the same number of sites at each level. In a "
        "cell: rows "
        "(site × decision day), and of the settled visits the share that failed; the darker, the more failed. On the "
        "diagonal nothing changes.",
        "纵向为规则评级，横向为模型评级（各级数量相同）。格内为记录数（主体×决策日）以及已定检查中不合格的比例，颜色越深不合格越多。对角线上等级不变。",
    ),
    text("level by the model", "模型评级"),
    text("level by the rule", "规则评级"),
    text("{share} failed", "不合格{share}"),
    text("too few visits", "检查太少"),
)
RATES: Final = (
    text("Which grade tells risk apart better, the rule's or the model's?", "规则与模型，哪种评级更能区分风险？"),
    text(
        "Dot: of the settled visits at the level, the share that failed; bar: 95% interval. The grade whose "
        "dots spread "
        "further apart tells more.",
        "圆点为该等级已定检查的不合格率，横线为95%区间。各等级之间拉得越开，该评级越有区分力。",
    ),
    text("failed visits, share", "检查不合格率"),
)
LOOKS: Final = (
    Series("old", as_text(GRADES["old"]), "#009E73", shape="triangle-up"),
    Series("new", as_text(GRADES["new"])),
)
LEVEL: Final = text("Level", "等级")
RATE_COLUMNS: Final[dict[str, Column]] = {
    "fail_rate/old": with_interval(text("failed, by the rule", "不合格率（规则）"), percent=True),
    "fail_rate/new": with_interval(text("failed, by the model", "不合格率（模型）"), percent=True),
    "fail_rate/difference": with_interval(text("difference", "差值"), percent=True, signed=True),
    "failures_share/old": with_interval(
        text(
            "share of all failures, by the rule",
            "占全部不合格（规则）",
        ),
        percent=True,
    ),
    "failures_share/new": with_interval(
        text(
            "share of all failures, by the model",
            "占全部不合格（模型）",
        ),
        percent=True,
    ),
}
INDEX: Final = (
    text("Net reclassification (read with care)", "净重新分类（谨慎解读）"),
    {"difference": with_interval(text("value", "数值"), percent=True, signed=True)},
    text("Measure", "指标"),
)
MOVERS: Final = (
    text("Sites that would change level, the largest moves first", "等级变化最大的主体"),
    (
        Column(text("by the rule", "规则评级"), "level", plain=True),
        Column(text("by the model", "模型评级"), "new_level", plain=True),
        Column(text("probability", "概率"), "probability", percent=True),
        Column(text("raises the risk", "提高风险的因素"), "raises", plain=True),
        Column(text("lowers the risk", "降低风险的因素"), "lowers", plain=True),
    ),
    text("Site", "主体"),
    text("On the last day of the records no site would change level.", "在记录的最后一日，没有主体会改变等级。"),
)
LEAD: Final = text(
    "An authority that prefers levels to probabilities can cut the model into the same levels.",
    "若主管部门更愿使用等级而非概率，可将模型切分为相同的等级。",
)


def translation(run: Run) -> Section | None:
    """The matrix, the rates, the index and the movers."""
    if not run.has("reclassification", "translated_rates", "movers"):
        return None
    told = Words((as_text(SIZES), as_text(VISITED_ONLY), as_text(VETOES)))
    parts = blocks(_sentence(run), _matrix(run), _rates(run), _rate_table(run), _index(run), _totals(run), _movers(run))
    return Section("translation", TITLE, LEAD, (told, *parts) if parts else (Words((EMPTY,)),))


def _levels(run: Run) -> dict[str, Text]:
    """Names of the levels of the grade that is translated: the run's first."""
    systems = graded(run)
    return level_names(systems[0]) if systems else {}


def _level(run: Run, code: object) -> Text:
    return _levels(run).get(str(code), same(code))


def _sentence(run: Run) -> Words | None:
    """The translated grade in one sentence."""
    frame = run.table("translated_rates")
    codes = list(dict.fromkeys(frame.loc[frame["measure"] == "fail_rate", "level"])) if len(frame) else []
    if not codes:
        return None
    names = {code: {"en": _level(run, code)["en"], "zh": _level(run, code)["zh"]} for code in codes}
    return Words((as_text(translation_sentence(frame, names)),), strong=True)


def _matrix(run: Run) -> Figure | None:
    frame = run.table("reclassification")
    if frame.empty:
        return None

    def draw(lang: Lang) -> Chart:
        words = [
            f"{rows:,}\n{MATRIX[5][lang] if pd.isna(rate) else MATRIX[4][lang].format(share=f'{rate:.1%}')}"
            for rows, rate in zip(frame["rows"], frame["rate"], strict=True)
        ]
        down, across = ([_level(run, code)[lang] for code in frame[name]] for name in ("level", "new_level"))
        cells = pd.DataFrame({"down": down, "across": across, "value": frame["rate"].fillna(0.0), "words": words})
        return heat_chart(cells, across=MATRIX[2], down=MATRIX[3], lang=lang)

    return figure(MATRIX[0], MATRIX[1], draw)


def _rates(run: Run) -> Figure | None:
    frame = run.table("translated_rates")
    if frame.empty:
        return None
    codes = list(dict.fromkeys(frame.loc[frame["measure"] == "fail_rate", "level"]))
    held = frame[(frame["measure"] == "fail_rate") & frame["grade"].isin(["old", "new"])]
    rows = held.assign(place=held["level"].map(codes.index), series=held["grade"])
    rows = rows.sort_values(["place", "series"], ascending=[True, False], kind="stable")
    axis = Axis(RATES[2], percent=True, zero=True)

    def draw(lang: Lang) -> Chart:
        words = [_level(run, code)[lang] for code in rows["level"]]
        notes = [MATRIX[5][lang] if none else "" for none in rows["value"].isna()]
        return dots_chart(rows.assign(words=words, note=notes), axis=axis, lang=lang, series=LOOKS)

    return figure(RATES[0], RATES[1], draw)


def _rate_table(run: Run) -> Table | None:
    frame = run.table("translated_rates")
    if frame.empty:
        return None
    rows = frame.assign(key=frame["measure"] + "/" + frame["grade"])
    look: dict[str, Any] = {"by": "key", "first": LEVEL, "source": "translated_rates"}
    return grid_table(RATES[0], rows, "level", RATE_COLUMNS, name=lambda code: _level(run, code), **look)


def _index(run: Run) -> tuple[Block, ...]:
    """The net reclassification index with its caveat."""
    frame = run.table("translated_rates")
    held = frame[frame["measure"].str.startswith("nri")] if len(frame) else frame
    if held.empty:
        return ()
    look: dict[str, Any] = {"by": "grade", "first": INDEX[2], "source": "translated_rates"}
    table = grid_table(INDEX[0], held, "measure", INDEX[1], name=lambda one: as_text(MEASURES[one]), **look)
    return blocks(table, Words((as_text(NRI_CAVEAT),)))


def _movers(run: Run) -> "Table | Words | None":
    if not run.has("movers"):
        return None
    frame = run.table("movers")
    if frame.empty:
        return Words((MOVERS[3],))
    return frame_table(MOVERS[0], frame, lambda row: same(row["site_id"]), MOVERS[1], first=MOVERS[2], source="movers")


def _totals(run: Run) -> Words | None:
    """How many move, and between which levels."""
    if not run.has("movers_totals"):
        return None
    return Words((as_text(movers_told(run.table("movers_totals"))),))
