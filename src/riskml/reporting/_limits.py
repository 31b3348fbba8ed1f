"""What would make the headline wrong: each limit in plain words, with the number of this run behind it."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from riskml.export.figures import interval, number, read_difference, write, write_difference
from riskml.export.wording import METRICS, Text, metric_name, policy_name, policy_order, split_metric, text
from riskml.reporting._page import Run, fill, joined
from riskml.reporting._selection import main_metric, main_pair
from riskml.reporting.texts import LAST_OUTCOME, MODEL, is_grade

TITLE: Final = text("What would make this wrong", "什么会使这一结论不成立")
NOTES: Final = text("What the run itself noted", "本次运行的说明")

LABELS: Final = (
    text("Only visited sites have a result.", "只有检查过的主体才有结果。"),
    text(
        "{labelled} of {rows} rows ({share}) had a settled visit; nothing above speaks of the others.",
        "{rows}条记录中{labelled}条（{share}）有已定结果；以上结论不涉及其余记录。",
    ),
    text(
        " Of the sites that the model would pick first among all, {value} were visited.",
        "模型在全部主体中最先选中的主体，只有{value}被检查过。",
    ),
    text(
        " Filled in by {methods} methods, the difference to the {other} runs from {least} to {most}{unit_en}; "
        "with nothing "
        "assumed about the others, from {lower} to {upper}.",
        "用{methods}种方法补足后，与{other}之差介于{least}与{most}{unit_zh}之间；若对未检查者不作任何假定，则介于{lower}与{upper}之间。",
    ),
)
INSPECTORS: Final = (
    text("Who inspects may matter more than who is inspected.", "由谁检查可能比检查谁更重要。"),
    text(
        "Ranking by the inspector alone reaches an AUC of {only} (one half is chance). The model has {all}; "
        "among visits "
        "of the same inspector it has {within}.",
        "仅按检查员排序的AUC即达{only}（0.5为随机）。模型为{all}，在同一检查员的检查之间为{within}。",
    ),
    text(
        "The AUC of the model is {all}; visits of the same inspector cannot be compared, since no inspectors "
        "are known.",
        "模型的AUC为{all}；检查员不明，无法在同一检查员的检查之间比较。",
    ),
)
OVERLAP: Final = (
    text("Could every site have been visited?", "每个主体都可能被检查吗？"),
    text(
        "{share} of the rows had a chance of a visit below 5%. Weighted to stand for all sites, the {labelled} "
        "visits are "
        "worth {ess} equal ones.",
        "{share}的记录被检查的机会低于5%。{labelled}次检查经加权代表全部主体后，仅相当于{ess}次等权检查。",
    ),
)
ASSUMED: Final = (
    text("Numbers inside the grade are assumed.", "等级中的部分数值为假定。"),
    text(
        "{grade}: the rule is public, its points are reconstructed. Over {draws} draws of them the difference "
        "runs from "
        "{least} to {most}; the grade wins in {wins}.",
        "{grade}：规则公开，分值为重构。对其作{draws}次抽取，差值介于{least}与{most}之间；该等级在{wins}的抽取中占优。",
    ),
    text(
        "{grade}: the rule is public, its points are reconstructed, and this run did not vary them; the command "
        "riskml sensitivity does, with this study.",
        "{grade}：规则公开，分值为重构，本次运行未作变动；可用命令 riskml sensitivity 加本研究文件检验。",
    ),
)
MANY: Final = (
    text("Many comparisons: one may succeed by luck.", "比较多次，总有一次可能凭运气成立。"),
    text(
        "{pairs} differences are shown at the headline metric; {better} intervals lie wholly on the better side.",
        "主要指标上列出了{pairs}个差值，其中{better}个的区间完全位于较好一侧。",
    ),
    text(
        " With intervals that hold all {declared} declared ones at once, {kept} do.",
        "若采用同时涵盖{declared}个预先声明的差值的区间，则为{kept}个。",
    ),
)
CALIBRATION: Final = (
    text("The probabilities may be off.", "概率可能有偏差。"),
    text(
        "Calibration slope {slope} [{low}, {high}] (one is right); on the last decision day {last}.",
        "校准斜率为{slope}，区间[{low}, {high}]（等于一为准确）；最后一个决策日为{last}。",
    ),
    text("not known, too few failures", "不明，不合格数太少"),
)
DAYS: Final = (
    text("It may not hold on the next day.", "下一次未必成立。"),
    text(
        "The model was ahead of the {other} on {ahead} of {days} decision days ({metric}).",
        "在{days}个决策日中，模型有{ahead}个优于{other}（{metric}）。",
    ),
)
EFFECT: Final = (
    text("Finding is not preventing.", "发现不等于预防。"),
    text(
        "The {n_positive} failed visits behind these numbers were made anyway; whether other visits would prevent "
        "failures, no number here can say.",
        "这些数字所依据的{n_positive}次不合格检查本已实施；改变检查安排能否减少不合格，此处没有任何数字可以说明。",
    ),
)
FILLED: Final = ("ipw_hajek", "ipw_horvitz_thompson", "doubly_robust", "contraction", "random_arm")
"""Methods that fill in the results of sites nobody visited, or do without them."""
Limit = tuple[Text, Text]


def limits(run: Run) -> list[Limit]:
    """Each limit that this run has a number for: its name, and its sentence."""
    made = (_labels(run), _overlap(run), _inspectors(run), *_assumed(run), _many(run), _calibration(run), _days(run))
    return [limit for limit in (*made, _effect(run)) if limit is not None]


def _entry(run: Run, policy: str, metric: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = run.summary["policies"].get(policy, {}).get(metric, {})
    return found


def _written(run: Run, policy: str, metric: str) -> str | None:
    value = number(_entry(run, policy, metric))
    return None if value is None else write(metric, value)


def _labels(run: Run) -> Limit:
    rows, labelled = run.summary["rows"], run.summary["labelled"]
    share = f"{labelled / rows:.0%}" if rows else "–"
    said = fill(LABELS[1], labelled=f"{labelled:,}", rows=f"{rows:,}", share=share)
    budget = split_metric(run.headline)[1]
    seen = None if budget is None else _written(run, MODEL, f"labelled_share@{budget:.2f}")
    parts = [said, fill(LABELS[2], value=seen) if seen else None, _filled_in(run)]
    return LABELS[0], joined(*(part for part in parts if part is not None), between="")


def _filled_in(run: Run) -> Text | None:
    """How far the difference that matters depends on what is believed about sites nobody visited."""
    frame = run.table("selection")
    pair = main_pair(frame)
    if pair is None:
        return None
    metric = main_metric(run, frame)
    held = frame[(frame["policy"] == pair) & (frame["metric"] == metric)]
    values = held.loc[held["method"].isin(FILLED), "value"].dropna()
    worst = held.loc[held["method"] == "worst_case", ["lower", "upper"]].dropna()
    if values.empty or worst.empty:
        return None
    ends = {"least": values.min(), "most": values.max(), "lower": worst["lower"].min(), "upper": worst["upper"].max()}
    percent = METRICS[split_metric(metric)[0]].percent
    words = {"unit_en": " percentage points" if percent else "", "unit_zh": "个百分点" if percent else ""}
    written = {name: write_difference(metric, float(value)) for name, value in ends.items()}
    other = _plain(policy_name(pair.partition(" - ")[2], run.systems))
    return fill(LABELS[3], methods=str(len(values)), other=other, **written, **words)


def _plain(named: Text) -> Text:
    """A name inside a sentence."""
    return text(named["en"][0].lower() + named["en"][1:], named["zh"])


def _inspectors(run: Run) -> Limit | None:
    every = _written(run, MODEL, "auc")
    if every is None:
        return None
    only, within = _written(run, "inspector_only", "auc"), _written(run, MODEL, "within_inspector_auc")
    if only is None or within is None:
        return INSPECTORS[0], fill(INSPECTORS[2], all=every)
    return INSPECTORS[0], fill(INSPECTORS[1], only=only, all=every, within=within)


def _overlap(run: Run) -> Limit | None:
    frame = run.table("overlap")
    if frame.empty:
        return None
    whole = frame[frame["origin"].isna() & (frame["low"] == 0) & (frame["high"] == 1)]
    if whole.empty or whole["ess"].isna().all():
        return None
    row = whole.iloc[0]
    counts = {name: f"{row[name]:,.0f}" for name in ("ess", "labelled")}
    return OVERLAP[0], fill(OVERLAP[1], share=f"{row['below_05']:.1%}", **counts)


def _assumed(run: Run) -> list[Limit]:
    """One limit for each grade that stands on assumed numbers."""
    found = []
    varied = run.table("sensitivity_ranges")
    for policy in policy_order(run.summary["policies"]):
        named = policy_name(policy, run.systems) if is_grade(policy) else None
        if named is None or "(reconstructed)" not in named["en"] or policy.endswith(("_points", "_operated")):
            continue
        part = varied[(varied["policy"] == policy) & (varied["metric"] == run.headline)] if len(varied) else varied
        if part.empty or not part["draws"].iloc[0]:
            found.append((ASSUMED[0], fill(ASSUMED[2], grade=named)))
            continue
        row = part.iloc[0]
        ends = {name: write_difference(run.headline, row[name]) for name in ("least", "most")}
        told = fill(ASSUMED[1], grade=named, draws=f"{row['draws']:,}", wins=f"{row['grade_wins']:.0%}", **ends)
        found.append((ASSUMED[0], told))
    return found


def _many(run: Run) -> Limit | None:
    entries = [found[run.headline] for found in run.summary["differences"].values() if run.headline in found]
    if not entries:
        return None
    better = sum(read_difference(run.headline, entry) == "better" for entry in entries)
    said = fill(MANY[1], pairs=str(len(entries)), better=str(better))
    declared = [at_once(entry) for entry in entries if number(entry, "low_simultaneous") is not None]
    if declared:
        kept = sum(read_difference(run.headline, entry) == "better" for entry in declared)
        said = joined(said, fill(MANY[2], declared=str(len(declared)), kept=str(kept)), between="")
    return MANY[0], said


def at_once(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A difference with the interval that holds all declared ones at once."""
    return {**entry, "low": entry.get("low_simultaneous"), "high": entry.get("high_simultaneous")}


def _calibration(run: Run) -> Limit | None:
    entry = _entry(run, MODEL, "calibration_slope")
    slope, bounds = number(entry), interval(entry)
    if slope is None or bounds is None:
        return None
    low, high = (f"{end:.2f}" for end in bounds)
    return CALIBRATION[0], fill(CALIBRATION[1], slope=f"{slope:.2f}", low=low, high=high, last=_last_slope(run))


def _last_slope(run: Run) -> Text:
    """The slope on the last decision day, with its interval."""
    frame = run.table("calibration")
    if not frame.empty:
        days = frame[(frame["group"] == "origin") & (frame["metric"] == "calibration_slope")].sort_values("member")
        if len(days) and days["low"].notna().iloc[-1]:
            row = days.iloc[-1]
            told = f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
            return text(told, told)
    return CALIBRATION[2]


def _days(run: Run) -> Limit | None:
    """On how many days the model was ahead of the first grade, or of the last outcome where there is none."""
    frame = run.table("per_origin")
    if frame.empty:
        return None
    held = frame[(frame["metric"] == run.headline) & (frame["estimand"] == "reordering")]
    wide: pd.DataFrame = held.pivot_table(index="origin", columns="policy", values="value")
    rivals = [policy for policy in policy_order(wide.columns) if is_grade(policy)]
    other = (rivals or [LAST_OUTCOME])[0]
    if MODEL not in wide or other not in wide:
        return None
    both = wide[[MODEL, other]].dropna()
    ahead = int((both[MODEL] > both[other]).sum())
    metric = metric_name(run.headline)
    return DAYS[0], fill(
        DAYS[1], other=_plain(policy_name(other, run.systems)), ahead=str(ahead), days=str(len(both)), metric=metric
    )


def _effect(run: Run) -> Limit:
    entry = _entry(run, MODEL, run.headline)
    return EFFECT[0], fill(EFFECT[1], n_positive=f"{entry.get('n_positive', 0):,}")
