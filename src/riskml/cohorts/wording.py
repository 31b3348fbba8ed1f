"""What the durations of a split mean, in words: what each origin learns from, what lies between, what judges it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.errors import StudyError
from riskml.records.days import NEVER, Days, from_days

_HEAD: Final = {
    "en": (
        "{count} origins. On each the model decides with what was known before that day, and is judged by what came.",
        "Horizon, {horizon} days: a site is judged by its first eligible visit in the {horizon} days from the planning "
        "day on; a site that nobody visited in that time has no outcome.",
        "Settling time, {settling} days: so long after a visit its outcome may still change (a case opened from it, a "
        "decision entered late).",
        "Gap, {gap} days = horizon + settling time: a planning day teaches an origin only if it lies at least so long "
        "before it. A later one would teach outcomes that nobody knew on the day of the origin.",
    ),
    "zh": (
        "共 {count} 个评估日。每个评估日，模型只用该日之前已知的记录作出判断，再以其后的实际结果检验。",
        "结果期 {horizon} 天：以计划日起 {horizon} 天内首次计入目标的检查的结果为准；期内无人检查的主体没有结果。",
        "确定期 {settling} 天：检查之后这段时间内，其结果仍可能改变（例如由此立案，或决定较晚录入）。",
        "间隔 {gap} 天＝结果期＋确定期：计划日至少早于评估日这么多天，才可用于训练；"
        "再晚的计划日，其结果在评估日尚无人知晓。",
    ),
}
_LINE: Final = {
    "en": "Origin {origin}: learns from {train}; calibrates on {calibrate}; gap of {gap} days, the last planning day "
    "used lies {distance} days before the origin; is judged on {test} sites, by visits of {origin} to {end}.",
    "zh": "评估日 {origin}：训练用 {train}；校准用 {calibrate}；间隔 {gap} 天，"
    "所用最后一个计划日早于评估日 {distance} 天；检验 {test} 个主体，以 {origin} 至 {end} 的检查为准。",
}
_SPAN: Final = {
    "en": ("{rows} rows of {days} planning days, {low} to {high}", "no rows"),
    "zh": ("{days} 个计划日（{low} 至 {high}）的 {rows} 行", "无"),
}
_UNREAD: Final = {
    "closed_on": (
        "closed_on holds who had closed by {day}: on a planning day up to {day} it is not read, and sites that have "
        "closed since are rows like the others.",
        "closed_on 为 {day} 的快照：该日及以前的计划日不读取此列，其后停业的主体在当时仍计入。",
    ),
    "licence_valid_to": (
        "licence_valid_to holds the licences of {day}: on a planning day up to {day} it is not read, and no licence "
        "counts as expired.",
        "licence_valid_to 为 {day} 的快照：该日及以前的计划日不读取此列，不按许可证到期剔除主体。",
    ),
}


def snapshot_notes(later: Mapping[str, str]) -> list[dict[str, str]]:
    """What follows from columns of the register that are snapshots of a later day.

    Args:
        later: column -> day (`cohorts.register.later_snapshots`).

    >>> snapshot_notes({"closed_on": "2025-07-01"})[0]["en"][:39]
    'closed_on holds who had closed by 2025-'
    """
    pairs = [(_UNREAD[name], day) for name, day in later.items()]
    return [{"en": en.format(day=day), "zh": zh.format(day=day)} for (en, zh), day in pairs]


def summary(folds: Sequence[Fold], as_of: Days, *, horizon_days: int, settling_days: int, lang: str = "en") -> str:
    """What each duration means, and a line for each origin, for logs and reports.

    Args:
        folds: rolling origins.
        as_of: planning day of each row, shape (n,).
        horizon_days: H.
        settling_days: of the outcome rule; the gap is the sum of both.
        lang: "en" or "zh".

    Raises:
        StudyError: for another language.
    """
    if lang not in _HEAD:
        raise StudyError(f"language {lang!r} is unknown; allowed are {sorted(_HEAD)}")
    gap = horizon_days + settling_days
    named: Mapping[str, Any] = {"count": len(folds), "horizon": horizon_days, "settling": settling_days, "gap": gap}
    lines = [line.format(**named) for line in _HEAD[lang]]
    for fold in folds:
        used = as_of[np.concatenate([fold.train, fold.calibrate])]
        told = {
            "origin": _text(fold.origin),
            "train": _span(as_of[fold.train], lang),
            "calibrate": _span(as_of[fold.calibrate], lang),
            "distance": fold.origin - int(used.max()) if len(used) else "–",
            "test": len(fold.test),
            "end": _text(fold.origin + horizon_days - 1),
        }
        lines.append(_LINE[lang].format(gap=gap, **told))
    return "\n".join(lines)


def _span(days: "NDArray[np.int32]", lang: str) -> str:
    some, none = _SPAN[lang]
    if not len(days):
        return none
    return some.format(
        rows=len(days), days=len(np.unique(days)), low=_text(int(days.min())), high=_text(int(days.max()))
    )


def _text(day: int) -> str:
    return str(np.datetime64(int(day), "D"))


def split_table(folds: Sequence[Fold], as_of: Days, *, horizon_days: int, settling_days: int) -> pd.DataFrame:
    """The same as numbers: one row an origin.

    Args:
        folds: rolling origins.
        as_of: planning day of each row, shape (n,).
        horizon_days: H.
        settling_days: of the outcome rule.

    Returns:
        origin, horizon_days, settling_days, gap_days; for train and calibrate each rows, days (planning days), first
        and last day (missing if there are no rows); distance_days (from the last planning day used to the origin),
        test_rows, judged_to (last day of the horizon).
    """
    lines = []
    for fold in folds:
        line: dict[str, Any] = {"origin": fold.origin, "horizon_days": horizon_days, "settling_days": settling_days}
        line["gap_days"] = horizon_days + settling_days
        for part, rows in (("train", fold.train), ("calibrate", fold.calibrate)):
            days = np.unique(as_of[rows])
            first, last = (int(days[0]), int(days[-1])) if len(days) else (NEVER, NEVER)
            line |= {f"{part}_rows": len(rows), f"{part}_days": len(days)}
            line |= {f"{part}_first": first, f"{part}_last": last}
        used = as_of[np.concatenate([fold.train, fold.calibrate])]
        line["distance_days"] = fold.origin - int(used.max()) if len(used) else None
        lines.append({**line, "test_rows": len(fold.test), "judged_to": fold.origin + horizon_days - 1})
    table = pd.DataFrame(lines)
    dates = [name for name in table if str(name).endswith(("origin", "_first", "_last", "_to"))]
    return table.assign(**{str(name): from_days(table[name].to_numpy(np.int64)) for name in dates})
