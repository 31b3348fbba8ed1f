"""What the gates of a promotion say, in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from riskml.export.figures import write_difference
from riskml.export.wording import METRICS, Text, policy_name, split_metric, text

TITLES: Final[dict[str, Text]] = {
    "calibration_slope": text("calibration slope", "校准斜率"),
    "calibration_intercept": text("calibration intercept", "校准截距"),
    "monotone": text("declared directions", "单调方向"),
    "parity": text("same scores everywhere", "评分一致性"),
    "no_assignment": text("no feature of who was sent", "不含派员特征"),
    "fairness": text("fairness", "公平性"),
    "expiry": text("not about to expire", "有效期"),
}
STATUS: Final[dict[str, Text]] = {
    "pass": text("pass", "通过"),
    "fail": text("FAIL", "不通过"),
    "not_enough": text("NOT ENOUGH DATA", "数据不足"),
    "not_measured": text("NOT MEASURED", "未测量"),
    "off": text("off", "已关闭"),
}
FAIRNESS_OFF: Final = text(
    "switched off by the study ([promotion] fairness = false)", "研究已关闭此项（[promotion] fairness = false）"
)
FAIRNESS_ABSENT: Final = text(
    "the run has no tables/fairness.parquet; a study may do without: [promotion] fairness = false",
    "本次运行没有 tables/fairness.parquet；研究可声明不要求：[promotion] fairness = false",
)


def plain(words: str) -> Text:
    """The same words in both languages."""
    return text(words, words)


def better_than(rival: str, systems: Mapping[str, Any]) -> Text:
    """Title of the gate against one policy."""
    name = policy_name(rival, systems)
    return text(f"better than: {name['en']}", f"优于：{name['zh']}")


def difference(metric: str, numbers: Mapping[str, Any], margin: float) -> Text:
    """A paired difference with its interval; shares in percentage points."""
    unit = METRICS[split_metric(metric)[0]].percent
    points = (" points", "个百分点") if unit else ("", "")
    if numbers["value"] is None or numbers["low"] is None:
        return text(f"{metric}: no interval", f"{metric}：没有区间")
    value, low, high = (write_difference(metric, numbers[key]) for key in ("value", "low", "high"))
    least = write_difference(metric, margin)
    return text(
        f"{metric} {value}{points[0]} [{low}, {high}], must lie above {least}; {numbers['n_positive']} failures in "
        f"{numbers['n']} visits",
        f"{metric} {value}{points[1]} [{low}, {high}]，须高于 {least}；{numbers['n']} 次检查，"
        f"{numbers['n_positive']} 次不合格",
    )


def inside(numbers: Mapping[str, Any], bounds: Sequence[float], days: Sequence[str]) -> Text:
    """A figure with its interval, and the bounds in which the whole interval must lie."""
    when, fails = ", ".join(days), numbers["n_positive"]
    value, limits = _interval(numbers), f"[{bounds[0]:g}, {bounds[1]:g}]"
    return text(
        f"{value or 'no interval'} on {when}, must lie inside {limits}; {fails or 0} failures",
        f"{when}：{value or '没有区间'}，须在 {limits} 之内；{fails or 0} 次不合格",
    )


def _interval(numbers: Mapping[str, Any]) -> str:
    if any(numbers[key] is None for key in ("value", "low", "high")):
        return ""
    return f"{numbers['value']:.2f} [{numbers['low']:.2f}, {numbers['high']:.2f}]"


def directions(numbers: Mapping[str, Any]) -> Text:
    """What the sweep found."""
    if numbers["broken"]:
        named = ", ".join(f"{name} ({worst:.3g})" for name, worst in numbers["broken"].items())
        return text(f"the score moves against the direction of {named}", f"评分违反下列特征的方向：{named}")
    return text(
        f"{numbers['features']} features, {numbers['steps']} steps over all thresholds, none against its direction",
        f"{numbers['features']} 个特征，遍历全部阈值 {numbers['steps']} 步，无一违反方向",
    )


def parity(numbers: Mapping[str, Any]) -> Text:
    """What the comparison of the scores found."""
    if numbers["other_copies"]:
        named = ", ".join(numbers["other_copies"])
        return text(f"another artifact lies in: {named}", f"下列位置是另一个模型：{named}")
    if numbers["unequal"]:
        return text(
            f"{numbers['unequal']} of {numbers['rows']} rows score otherwise alone than in a batch",
            f"{numbers['rows']} 行中有 {numbers['unequal']} 行单独评分与批量评分不同",
        )
    return text(
        f"self-test passed; {numbers['rows']} rows score alone as in a batch, to the bit",
        f"自检通过；{numbers['rows']} 行单独评分与批量评分逐位相同",
    )


def assignment(numbers: Mapping[str, Any]) -> Text:
    """Which features say who was sent, or are not in the catalog."""
    if numbers["assignment"]:
        named = ", ".join(numbers["assignment"])
        return text(f"features tagged assignment: {named}", f"派员特征：{named}")
    if numbers["unknown"]:
        named = ", ".join(numbers["unknown"])
        return text(f"not in the catalog, so nobody knows: {named}", f"目录中没有、无法判断：{named}")
    return text(f"none of the {numbers['features']} features", f"{numbers['features']} 个特征中没有")


def fairness(numbers: Mapping[str, Any]) -> Text:
    """How many groups were judged, and which lie outside."""
    low, high = numbers["bounds"]
    if numbers["outside"]:
        named = "; ".join(numbers["outside"])
        return text(f"wholly outside [{low:g}, {high:g}]: {named}", f"完全超出 [{low:g}, {high:g}]：{named}")
    return text(
        f"{numbers['judged']} group figures, none wholly outside [{low:g}, {high:g}]; {numbers['too_small']} too small",
        f"{numbers['judged']} 项分组指标，无一完全超出 [{low:g}, {high:g}]；{numbers['too_small']} 项样本过小",
    )


def expiry(numbers: Mapping[str, Any]) -> Text:
    """How long the artifact may still be used."""
    day, left, least = numbers["expires_on"], numbers["days_left"], numbers["least"]
    return text(
        f"expires on {day}, in {left} days; at least {least} must be left",
        f"{day} 到期，剩余 {left} 天；至少须剩 {least} 天",
    )


def outcome(*, number: int, before: int | None, shut: int, gates: int, dry: bool) -> Text:
    """The last line of a promotion.

    Args:
        number: version judged.
        before: the champion until now.
        shut: gates that are not open.
        gates: all gates.
        dry: True if nothing was to be moved.
    """
    old = text("none", "无") if before is None else text(f"version {before}", f"第 {before} 版")
    if shut:
        return text(
            f"version {number} is not promoted: {shut} of {gates} gates are not open; the champion stays: {old['en']}",
            f"第 {number} 版未晋级：{gates} 项门槛中有 {shut} 项未通过；现用模型不变：{old['zh']}",
        )
    if dry:
        return text(
            f"version {number} may be promoted: all {gates} gates are open; nothing was moved (--dry-run)",
            f"第 {number} 版可以晋级：{gates} 项门槛全部通过；未作任何变更（--dry-run）",
        )
    return text(
        f"version {number} is the champion; the one before: {old['en']}",
        f"第 {number} 版成为现用模型；此前：{old['zh']}",
    )


def rolled_back(number: int, before: int | None) -> Text:
    """The line of a rollback."""
    return text(
        f"version {number} is the champion again, in place of version {before}",
        f"第 {number} 版恢复为现用模型，取代第 {before} 版",
    )


HEADS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("version", "alias", "study", "made", "model", "minus last outcome"),
    "zh": ("版本", "别名", "研究", "登记日", "模型", "减上次结果"),
}
NO_VERSION: Final = text(
    "no version was registered yet: run a tracked study", "尚未登记任何版本：请先运行启用跟踪的研究"
)


def stray(folder: str, digest: str) -> Text:
    """The warning that models/champion is not the registry's champion."""
    return text(
        f"{folder} does not hold the champion (digest found: {digest}): promote that version again to put it right",
        f"{folder} 中不是现用模型（所见摘要：{digest}）：请重新晋级该版本以恢复",
    )
