"""The form of a timeline: its frames, and how it is printed in both languages."""

import html
from dataclasses import dataclass
from typing import Final

import pandas as pd

from riskml.records.contract import RESULTS

LANGUAGES: Final = ("en", "zh")
_MOST: Final = 40
"""The most rows printed of one table."""
RESULTS_ZH: Final = {
    "pass": "未发现问题",
    "conditional": "轻微问题",
    "fail": "不符合",
    "inspected": "已检查",
    "not_found": "未找到",
}
"""`contract.RESULTS` in Chinese."""
STATES: Final = {
    "active": ("active", "在营"),
    "not_open_yet": ("not open yet", "尚未开业"),
    "closed": ("closed", "已关闭"),
    "licence_cancelled": ("licence cancelled", "许可已注销"),
    "licence_expired": ("licence expired", "许可已过期"),
}
"""`cohorts.register.STATES` in both languages."""
_HEADS: Final = {
    "occurred_on": "发生日",
    "known_on": "入库日",
    "what": "事项",
    "ended_on": "终止日",
    "amount": "金额（元）",
    "as_of": "决策日",
    "state": "状态",
    "level": "等级",
    "points": "分值",
    "probability": "概率",
    "note": "备注",
}
_WORDS: Final = {
    "title": ("Site {site}, {start} to {end} (the last day left out)", "主体 {site}，{start} 至 {end}（不含末日）"),
    "events": ("{count} events of the site itself", "本主体事件 {count} 条"),
    "latest": ("{count} events of the site itself, the latest {most}", "本主体事件 {count} 条，仅列最近 {most} 条"),
    "levels": ("Level by {system}: the days on which it or the state changed", "{system} 等级：仅列等级或状态变化之日"),
    "scores": (
        "Probability on {count} days, the latest {most} at most",
        "{count} 个决策日的概率，最多列最近 {most} 日",
    ),
    "reconstructed": (
        "The system is reconstructed: some of its numbers are assumed.",
        "该体系为重构：部分数值系推定。",
    ),
    "in_sample": (
        "{count} of {of} probabilities are in sample: the model learned from records known up to {trained_to}, later "
        "than these days. They show a fit, not what the model would have said then.",
        "{of} 个概率中 {count} 个为样本内：模型学习了截至 {trained_to} 的记录，晚于这些日期。"
        "它们只是拟合值，并非模型当时会给出的预测。",
    ),
    "mark": ("in sample", "样本内"),
    "failed": ("counts as failed", "计为不合格"),
    "published": ("published", "官方公布"),
    "none": ("none", "无"),
}


@dataclass(frozen=True, repr=False)
class Timeline:
    """One site over time.

    Attributes:
        site_id: the site.
        observed_from, observed_to: first day covered by the records, and first day no longer covered.
        events: one row a visit or recorded event of the site itself, see `_timeline_events.site_events`, all that the
            records know in the end: a picture of a past day leaves out what has a later known_on.
        levels: one row a day: as_of, graded_on, state (of `cohorts.register.STATES`), level (missing where the system
            says nothing), level_en, level_zh, rank (0 safest), points, published. No rows without a system.
        scores: one row a day: as_of, state, probability (0 to 1, NaN where the site was not open), level, level_en,
            level_zh, in_sample (the model was trained on what became known on that day or later). No rows without an
            artifact.
        scale: the system's levels, safest first: level, en, zh, rank.
        system: its full name; None without one. reconstructed: it stands on assumed numbers.
        trained_to: no record known from this day on was used in training; None without an artifact.
        lang: language of the printed form, "en" or "zh".
    """

    site_id: str
    observed_from: pd.Timestamp
    observed_to: pd.Timestamp
    events: pd.DataFrame
    levels: pd.DataFrame
    scores: pd.DataFrame
    scale: pd.DataFrame
    system: str | None
    reconstructed: bool
    trained_to: pd.Timestamp | None
    lang: str = "en"

    def __repr__(self) -> str:
        """The timeline as plain text."""
        parts = [self._title()]
        with pd.option_context("display.unicode.east_asian_width", True):
            for head, table, after in self._parts():
                parts.append("\n".join([head, table.to_string(index=False), *after]))
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        """The timeline as a notebook shows it; whatever the records say is escaped."""
        parts = [f"<h4>{html.escape(self._title())}</h4>"]
        for head, table, after in self._parts():
            parts += [f"<p>{html.escape(head)}</p>", table.to_html(index=False, escape=True)]
            parts += [f"<p><strong>{html.escape(one)}</strong></p>" for one in after]
        return "".join(parts)

    def _title(self) -> str:
        days = {"start": f"{self.observed_from:%Y-%m-%d}", "end": f"{self.observed_to:%Y-%m-%d}"}
        return self._say("title", site=self.site_id, **days)

    def _parts(self) -> list[tuple[str, pd.DataFrame, list[str]]]:
        """Heading, table as people read it and sentences of each part that there is."""
        count = len(self.events)
        parts = [(self._say("events" if count <= _MOST else "latest", count=count, most=_MOST), self._events(), [""])]
        if len(self.levels):
            after = [self._say("reconstructed")] if self.reconstructed else []
            parts.append((self._say("levels", system=self.system), self._levels(), after))
        if len(self.scores):
            head = self._say("scores", count=len(self.scores), most=_MOST)
            parts.append((head, self._scores(), self._in_sample()))
        return [(head, self._named(table), [one for one in after if one]) for head, table, after in parts]

    def _in_sample(self) -> list[str]:
        scored = self.scores["probability"].notna()
        inside = int((scored & self.scores["in_sample"]).sum())
        if not inside or self.trained_to is None:
            return []
        return [self._say("in_sample", count=inside, of=int(scored.sum()), trained_to=f"{self.trained_to:%Y-%m-%d}")]

    def _events(self) -> pd.DataFrame:
        rows = self.events.tail(_MOST)
        results = RESULTS_ZH if self.lang == "zh" else RESULTS
        found = rows["result"].map(results).fillna("")
        verdict = rows["failed"].fillna(False).map({True: self._say("failed"), False: ""})
        said = [", ".join(filter(None, row)) for row in zip(rows[f"text_{self.lang}"], found, verdict, strict=True)]
        days = {name: _days(rows[name]) for name in ("occurred_on", "known_on", "ended_on")}
        amount = rows["amount"].map(lambda one: "" if pd.isna(one) else f"{one:,.0f}")
        return pd.DataFrame({**days, "what": said, "amount": amount})[
            ["occurred_on", "known_on", "what", "amount", "ended_on"]
        ]

    def _levels(self) -> pd.DataFrame:
        keys = self.levels[["level", "state"]].fillna("")
        rows = self.levels[(keys != keys.shift()).any(axis=1)].tail(_MOST)
        return pd.DataFrame(
            {
                "as_of": _days(rows["as_of"]),
                "state": self._states(rows),
                "level": rows[f"level_{self.lang}"].fillna(self._say("none")),
                "points": rows["points"].map(lambda one: "" if pd.isna(one) else f"{one:g}"),
                "note": rows["published"].map({True: self._say("published"), False: ""}),
            }
        )

    def _scores(self) -> pd.DataFrame:
        rows = self.scores.tail(_MOST)
        scored = rows["probability"].notna()
        return pd.DataFrame(
            {
                "as_of": _days(rows["as_of"]),
                "state": self._states(rows),
                "probability": rows["probability"].map(lambda one: "" if pd.isna(one) else f"{one:.3f}"),
                "level": rows[f"level_{self.lang}"].fillna(""),
                "note": (rows["in_sample"] & scored).map({True: self._say("mark"), False: ""}),
            }
        )

    def _states(self, rows: pd.DataFrame) -> "pd.Series[str]":
        return rows["state"].map({name: said[LANGUAGES.index(self.lang)] for name, said in STATES.items()})

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.rename(columns=_HEADS) if self.lang == "zh" else table

    def _say(self, name: str, **values: object) -> str:
        return _WORDS[name][LANGUAGES.index(self.lang)].format(**values)


def _days(column: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    return column.dt.strftime("%Y-%m-%d").fillna("")
