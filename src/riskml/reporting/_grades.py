"""The sections about the grades themselves: how good each is alone, and how much its assumed numbers decide."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from riskml.errors import StudyError
from riskml.evaluation.levels._graded_rows import Finding
from riskml.evaluation.levels.quality import GradeQuality
from riskml.evaluation.levels.quality_words import quality_sentences, range_sentences
from riskml.export.wording import METRICS, Lang, Text, metric_name, policy_name, policy_order, split_metric, text
from riskml.grades import load_system
from riskml.reporting._cells import Table
from riskml.reporting._frames import Column, count, frame_table, records_of, with_interval
from riskml.reporting._page import EMPTY, LANGUAGES, Block, Figure, Run, Section, Words, blocks, figure, fill, same
from riskml.reporting.charts import Chart
from riskml.reporting.looks import Axis
from riskml.reporting.marks import dots_chart
from riskml.reporting.texts import is_grade

QUALITY: Final = (
    text("Is the grade any good by itself?", "等级本身是否可靠"),
    text(
        "A good grade fails more often at each riskier level, leaves few failures at its safest level, does not drift "
        "towards it over the years, and shows no crowd just on the safe side of a cut. Rates are of visited "
        "sites only.",
        "好的等级应当：级别风险越高，不合格率越高；最低风险级别中的不合格很少；不逐年向最低风险级别集中；分界线的安全一侧"
        "没有异常聚集。比例仅针对检查过的主体。",
    ),
)
RATES: Final = (
    text("Do the riskier levels fail more often? {system}", "等级风险越高，不合格越多吗？{system}"),
    text(
        "Dot: of the settled visits to sites of the level, the share that failed; bar: 95% interval. The dots should "
        "move to the right from level to level.",
        "圆点为该级别主体的已定检查中不合格的比例，横线为95%区间。自上而下圆点应逐级右移。",
    ),
    text("failed visits, share", "检查不合格率"),
)
LEVEL: Final = text("Level", "等级")
RATE_COLUMNS: Final = (
    with_interval(text("failed, share", "不合格率"), percent=True),
    count(text("visits", "检查数"), "n"),
    count(text("failed", "其中不合格"), "n_positive"),
)
VARIED: Final = (
    text("Do the assumed numbers decide?", "假定的数值是否左右结论"),
    text(
        "Where a rule is public but its numbers are not, they were assumed. Here all of them are varied at once, many "
        "times, and the headline is computed again: what matters is whether the model stays ahead.",
        "规则公开而数值未公开之处，数值为假定。此处将其同时变动多次并重算主要指标：要看模型是否始终领先。",
    ),
    text("Does the result hang on the assumed numbers?", "结论是否取决于假定的数值？"),
    text(
        "Dot: as reconstructed; thin bar: the middle 90% of the draws; pale bar: all of them. Wholly to the right of "
        "zero: the conclusion does not hang on the assumed numbers.",
        "圆点为现有重构，细线为中间90%的抽取，浅色条为全部抽取。完全位于零线右侧则结论不取决于假定数值。",
    ),
    text(
        "Not made by this run: the command riskml sensitivity with the study's file varies the assumed numbers, and "
        "writes tables/sensitivity_ranges.parquet.",
        "本次运行未生成：用命令 riskml sensitivity 加研究文件可变动假定数值，并写出 "
        "tables/sensitivity_ranges.parquet。",
    ),
)
RANGE_COLUMNS: Final = (("default", "as reconstructed", "现有重构"), ("least", "least", "最小"), ("p05", "5%", "5%"),
    ("median", "median", "中位"), ("p95", "95%", "95%"), ("most", "most", "最大"))  # fmt: skip
GRADE: Final = text("Grade", "等级")


def level_names(system: str) -> dict[str, Text]:
    """Code of a level -> its name, safest first; empty for a system that is not shipped.

    >>> level_names("nanchang")["green"]["zh"]
    '绿'
    """
    try:
        return {level.code: text(level.en, level.zh) for level in load_system(system).levels}
    except StudyError:
        return {}


def quality(run: Run) -> Section | None:
    """What was found about each grade."""
    frame = run.table("grade_quality")
    if frame.empty:
        told = Section("quality", *QUALITY, (Words((EMPTY,)),))
        return told if run.systems and run.has("grade_quality") else None
    found: list[Block | None] = []
    for system, part in frame.groupby("system", sort=False):
        found += [_told(str(system), part), _rates(str(system), part), _rate_table(str(system), part)]
    return Section("quality", *QUALITY, blocks(*found))


def _told(system: str, part: pd.DataFrame) -> Words:
    """The sentences of `evaluation.levels.quality_words`, from the table."""
    rows = records_of(part.drop(columns=["system", "reconstructed"]))
    findings = tuple(Finding(**{name: _known(value) for name, value in row.items()}) for row in rows)
    made = GradeQuality(system, bool(part["reconstructed"].iloc[0]), 0, 0, findings)
    names = level_names(system)
    rated = [names.get(one.level, same(one.level)) for one in made.of("fail_rate")]
    en, zh = (quality_sentences(made, lang, names=[name[lang] for name in rated]) for lang in LANGUAGES)
    return Words(tuple(text(_spelled(one), other) for one, other in zip(en, zh, strict=True)))


def _spelled(line: str) -> str:
    """A sentence as the rest of the report spells its numbers."""
    return (line[0].upper() + line[1:]).replace(" %", "%").replace(" -", " −").replace("[-", "[−")


def _known(value: Any) -> Any:
    """A missing number or day as None."""
    return None if value is None or (not isinstance(value, str) and pd.isna(value)) else value


def _level(system: str, code: object) -> Text:
    return level_names(system).get(str(code), same(code))


def _rates(system: str, part: pd.DataFrame) -> Figure:
    rates = part[part["measure"] == "fail_rate"]
    caption, axis = RATES[1], Axis(RATES[2], percent=True, zero=True)
    title = fill(RATES[0], system=system)

    def draw(lang: Lang) -> Chart:
        words = [f"{_level(system, one)[lang]} ({n:,})" for one, n in zip(rates["level"], rates["n"], strict=True)]
        return dots_chart(rates.assign(words=words), axis=axis, lang=lang)

    return figure(title, caption, draw)


def _rate_table(system: str, part: pd.DataFrame) -> Table | None:
    rates = part[part["measure"] == "fail_rate"]
    title = fill(RATES[0], system=system)
    look: dict[str, Any] = {"first": LEVEL, "source": "grade_quality", "rows_in_all": len(part)}
    return frame_table(title, rates, lambda row: _level(system, row["level"]), RATE_COLUMNS, **look)


def assumed(run: Run) -> Section | None:
    """The headline over the draws of the assumed numbers; without them, the command that makes them."""
    policies = [policy for policy in policy_order(run.summary["policies"]) if is_grade(policy)]
    if not any("(reconstructed)" in policy_name(policy, run.systems)["en"] for policy in policies):
        return None
    frame = run.table("sensitivity_ranges")
    title, lead = VARIED[:2]
    if frame.empty:
        return Section("assumed", title, lead, (Words((VARIED[4],)),))
    return Section("assumed", title, lead, _ranges(run, frame[frame["metric"] == run.headline]))


def _ranges(run: Run, rows: pd.DataFrame) -> tuple[Block, ...]:
    percent = METRICS[split_metric(run.headline)[0]].percent
    ends = {"value": "default", "low": "p05", "high": "p95", "lower": "least", "upper": "most"}
    drawn = rows.assign(**{new: rows[old] * (100 if percent else 1) for new, old in ends.items()})
    unit = text("difference, percentage points", "差值（百分点）") if percent else text("difference", "差值")

    def draw(lang: Lang) -> Chart:
        words = [run.name(policy)[lang] for policy in rows["policy"]]
        return dots_chart(drawn.assign(words=words), axis=Axis(unit, zero=True), lang=lang, line=0.0)

    told = (range_sentences(rows, run.headline, lang) for lang in LANGUAGES)
    sentences = tuple(run.spoken(text(*both)) for both in zip(*told, strict=True))
    columns: Sequence[Column] = [
        *(Column(text(en, zh), key, percent=percent, signed=True) for key, en, zh in RANGE_COLUMNS),
        Column(text("grade wins, share of draws", "等级占优的抽取"), "grade_wins", percent=True),
        count(text("draws", "抽取数"), "draws"),
    ]
    look: dict[str, Any] = {"first": GRADE, "source": "sensitivity_ranges"}
    table = frame_table(metric_name(run.headline), rows, lambda row: run.name(row["policy"]), columns, **look)
    return blocks(Words(sentences), figure(*VARIED[2:4], draw), table)
