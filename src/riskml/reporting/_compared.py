"""The section that says what was compared: the facts of the run, and what each decision day learned from."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from riskml.export.figures import number
from riskml.export.wording import Text, metric_name, outcome_name, policy_order, system_of, system_title, text
from riskml.reporting._frames import Column, count, frame_table
from riskml.reporting._page import Facts, Run, Section, Words, blocks, joined, same

TITLE: Final = text("What was compared", "比较的依据")
LEAD: Final = text(
    "The settings and the size of this run. On each decision day the model decides with what was known before "
    "that day, "
    "and is judged by the visits that came after it.",
    "本次运行的设置与规模。每个决策日，模型只用该日之前已知的记录，再以其后的检查检验。",
)
FACTS: Final[dict[str, Text]] = {
    "study": text("Study", "研究"),
    "outcome": text("What counts as failure", "何为不合格"),
    "horizon_days": text("Horizon: the first visit within, days", "预测期：其间的首次检查（天）"),
    "origins": text("Decision days", "决策日"),
    "rows": text("Rows (site × decision day)", "记录数（主体×决策日）"),
    "sites": text("Sites", "主体数"),
    "labelled": text("Rows with a settled visit", "有已定结果的记录数"),
    "base_rate": text("Of these failed", "其中不合格"),
    "headline": text("Headline metric", "主要指标"),
    "label_versions": text("Label versions", "标签版本"),
    "data_hash": text("Data", "数据"),
    "code_version": text("Code", "代码"),
}
SYSTEMS: Final = text("Grading systems: ", "等级制度：")
SPLITS: Final = text("What each decision day learned from", "各决策日所用的数据")
SPLIT_COLUMNS: Final = (
    Column(text("training days from", "训练期起"), "train_first", plain=True),
    Column(text("to", "止"), "train_last", plain=True),
    count(text("training rows", "训练记录数"), "train_rows"),
    count(text("calibration rows", "校准记录数"), "calibrate_rows"),
    count(text("days between the last of them and the decision", "最后一日距决策日（天）"), "distance_days"),
    Column(text("judged by visits up to", "检验所用检查止于"), "judged_to", plain=True),
)
DAY: Final = text("Decision day", "决策日")


def compared(run: Run) -> Section:
    """Facts, grading systems and splits."""
    systems = [joined(same(f"grade_{name}: "), system_title(name, run.systems), between="") for name in graded(run)]
    told = joined(SYSTEMS, joined(*systems, between="; "), between="") if systems else None
    return Section("compared", TITLE, LEAD, blocks(_facts(run.summary), Words((told,)) if told else None, _splits(run)))


def graded(run: Run) -> list[str]:
    """Systems of the grades compared, each once."""
    found = [system_of(policy, run.systems) for policy in policy_order(run.summary["policies"])]
    return list(dict.fromkeys(system for system in found if system is not None))


def _facts(summary: Mapping[str, Any]) -> Facts:
    rate = number(summary, "base_rate")
    written: dict[str, Text | str] = {
        "outcome": outcome_name(summary["outcome"]),
        "headline": metric_name(summary["headline"]),
        "origins": origins_of(summary["origins"]),
        "base_rate": "–" if rate is None else f"{rate:.1%}",
        "label_versions": ", ".join(map(str, summary["label_versions"])),
        **{key: f"{summary[key]:,}" for key in ("horizon_days", "rows", "sites", "labelled")},
    }
    facts = [(name, written.get(key, str(summary[key]))) for key, name in FACTS.items()]
    return Facts(tuple((name, same(value) if isinstance(value, str) else value) for name, value in facts))


def origins_of(days: Sequence[Any]) -> str:
    """Number of decision days, the first and the last.

    >>> origins_of(["2023-04-01", "2023-07-01"])
    '2: 2023-04-01 – 2023-07-01'
    """
    return f"{len(days)}: {' – '.join(dict.fromkeys(str(day)[:10] for day in (min(days), max(days))))}" if days else "0"


def _splits(run: Run) -> Any:
    days = ["origin", "train_first", "train_last", "judged_to"]
    frame = run.table("splits")
    if frame.empty:
        return None
    frame = frame.assign(**{name: frame[name].astype("str").str[:10] for name in days})
    return frame_table(SPLITS, frame, lambda row: same(row["origin"]), SPLIT_COLUMNS, first=DAY, source="splits")
