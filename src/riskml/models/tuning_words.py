"""What `riskml tune` says about a search, in both languages."""

import math
from collections.abc import Sequence
from typing import Final

from riskml.models.tuning import Search

SHOWN: Final = 10
"""Trials in the table, the best first."""

_WORDS: Final = {
    "en": {
        "basis": "{metric} at {n} inner origins ({days}): {visits} visits, {fails} failures, all settled by {first}, "
        "the first evaluation origin",
        "fewer": "{asked} inner origins were asked for, the records allow {n}: fewer [splits] origins would leave more",
        "count": "{trials} trials, {pruned} of them given up early; {earlier} were there before",
        "stopped": "stopped: the finished trials are kept, the same command goes on with them",
        "none": "no trial was finished",
        "best": "best: trial {number} with {best:.4f}; the study's own settings (trial 0) have {own:.4f}",
        "luck": "the best of many looks better than it is; with {fails} failures luck alone moves a recall by "
        "{error:.3f} (one standard error)",
        "next": "only the study's evaluation origins tell what these settings are worth; put them in place of [model] "
        "and run it:",
        "head": ("trial", "state"),
    },
    "zh": {
        "basis": "{metric}，{n} 个内部决策日（{days}）：{visits} 次检查，{fails} 次不合格，"
        "均在首个评估决策日 {first} 之前已有结果",
        "fewer": "要求 {asked} 个内部决策日，数据只够 {n} 个：减少 [splits] origins 可留出更多",
        "count": "共 {trials} 次试验，其中 {pruned} 次提前放弃；此前已有 {earlier} 次",
        "stopped": "已中止：完成的试验已保存，再次运行同一命令即可继续",
        "none": "没有完成的试验",
        "best": "最佳：第 {number} 次试验 {best:.4f}；研究原设置（第 0 次）{own:.4f}",
        "luck": "多次试验中的最佳值偏乐观；在 {fails} 次不合格下，仅随机波动就可使召回率变动 {error:.3f}（一个标准误）",
        "next": "这些设置的真实价值只能由研究的评估决策日判断；请用它们替换 [model] 后再运行：",
        "head": ("试验", "状态"),
    },
}


def basis_lines(
    metric: str, origins: Sequence[str], *, asked: int, visits: int, fails: int, first_origin: str, lang: str
) -> list[str]:
    """What the trials are judged on.

    Args:
        metric: by which they are judged.
        origins: inner evaluation days.
        asked: how many of them the study asks for.
        visits: settled visits at these days.
        fails: failures among them.
        first_origin: first evaluation day of the study.
        lang: "en" or "zh".
    """
    words, n, days = _WORDS[lang], len(origins), ", ".join(origins)
    lines = [_fill(words["basis"], metric=metric, n=n, days=days, visits=visits, fails=fails, first=first_origin)]
    return lines if n >= asked else [*lines, _fill(words["fewer"], asked=asked, n=n)]


def trial_table(found: Search, metric: str, searched: Sequence[str], lang: str) -> list[list[str]]:
    """The head and the best trials, one row each."""
    complete = sorted((one for one in found.trials if one.state == "complete"), key=lambda one: -one.value)[:SHOWN]
    rows = [
        [str(one.number), one.state, f"{one.value:.4f}", *(f"{one.settings[name]:g}" for name in searched)]
        for one in complete
    ]
    return [[*_WORDS[lang]["head"], metric, *searched], *rows]


def closing_lines(found: Search, metric: str, *, fails: int, lang: str) -> list[str]:
    """How many trials there were, what the best is worth, and how far luck goes."""
    words, best, own = _WORDS[lang], found.best, found.own
    pruned = sum(one.state == "pruned" for one in found.trials)
    lines = [_fill(words["count"], trials=len(found.trials), pruned=pruned, earlier=found.earlier)]
    if found.interrupted:
        lines.append(str(words["stopped"]))
    if best is None or own is None:
        return [*lines, str(words["none"])]
    lines.append(_fill(words["best"], number=best.number, best=best.value, own=own.value))
    if metric.startswith("recall@") and fails:
        error = math.sqrt(best.value * (1 - best.value) / fails)
        lines.append(_fill(words["luck"], fails=fails, error=error))
    return [*lines, str(words["next"])]


def _fill(words: object, **values: object) -> str:
    return str(words).format(**values)
