"""The as-of browser: what was known of one site on a day, and which of it made which feature."""

import dataclasses
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import StudyError
from riskml.features.build import applicable, context_on
from riskml.features.catalog import Catalog, site_categories
from riskml.features.category_names import category_names
from riskml.features.feature import Feature
from riskml.records.days import NEVER, from_days, to_days
from riskml.records.decision_day import decision_day, refuse_later_snapshots
from riskml.records.log import event_log, raw_history
from riskml.records.store import Records
from riskml.scorer.explaining.wording import said
from riskml.scorer.scanning import scan

STATES: Final = {"in force": "有效", "repaired": "已修复", "ended": "已终止", "revoked": "已撤销"}
"""What an event known on a day is on that day; the two last count for no feature any more."""
_SHOWN: Final = ("event_id", "code", "occurred_on", "known_on", "state", "state_since", "quantity", "features")
_MOST: Final = 40
"""The most events printed."""
_FEW: Final = 4
"""The most names printed in one cell."""
_WORDS: Final = {
    "en": {
        "title": "Site {site} as of {day}: what was known before that day",
        "events": "{count} events",
        "latest": "{count} events, of which the latest {most}; all are in .events",
        "features": "{count} features",
        "later": "{count} rows became known on {day} or later. They are not shown: to use them would be leakage.",
        "none": "No row became known on {day} or later.",
    },
    "zh": {
        "title": "主体 {site}，截至 {day}：该日之前已知的情况",
        "events": "事件 {count} 条",
        "latest": "事件 {count} 条，仅列最近 {most} 条；全部见 .events",
        "features": "特征 {count} 项",
        "later": "另有 {count} 条记录于 {day} 当日或之后才为人所知，此处不显示：使用它们即为数据泄漏。",
        "none": "没有于 {day} 当日或之后才为人所知的记录。",
    },
}


@dataclass(frozen=True, repr=False)
class History:
    """One site as it was known on one day.

    Attributes:
        site_id: the site.
        as_of: the decision day.
        events: one row an event known before the day, by the day it happened: event_id, code, occurred_on, known_on
            (when it was first known), corrected_on, state (of `STATES`) and state_since, quantity, severity, due_on,
            valid_to, inspection_id, and features (those that would change without it). Values are those known then.
        features: one row a feature in catalog order: feature, value (number, category, or None), text_en, text_zh, and
            event_ids (those whose removal changes the value).
        not_yet_known: how many rows of the site (events, visits, amendments) became known on the day or later; what
            they say is kept out.
        lang: language of the printed form, "en" or "zh".
    """

    site_id: str
    as_of: pd.Timestamp
    events: pd.DataFrame
    features: pd.DataFrame
    not_yet_known: int
    lang: str = "en"

    def __repr__(self) -> str:
        """The history as plain text."""
        title, later = self._line("title"), self._later()
        tables = [f"{head}\n{table.to_string(index=False)}" for head, table in self._tables()]
        return "\n\n".join([title, *tables, later])

    def _repr_html_(self) -> str:
        """The history as a notebook shows it; whatever the records say is escaped."""
        tables = [
            f"<p>{html.escape(head)}</p>{table.to_html(index=False, escape=True)}" for head, table in self._tables()
        ]
        title, later = html.escape(self._line("title")), html.escape(self._later())
        return f"<h4>{title}</h4>{''.join(tables)}<p><strong>{later}</strong></p>"

    def _tables(self) -> list[tuple[str, pd.DataFrame]]:
        """The two tables as people read them, each with its heading."""
        events = self.events[list(_SHOWN)].tail(_MOST)
        for name in ("occurred_on", "known_on", "state_since"):
            events = events.assign(**{name: events[name].dt.strftime("%Y-%m-%d")})
        states = events["state"].map(STATES) if self.lang == "zh" else events["state"]
        read = events.assign(state=states, features=events["features"].map(_few))
        text = self.features[f"text_{self.lang}"]
        features = self.features[["feature"]].assign(text=text, event_ids=self.features["event_ids"].map(_few))
        head = "events" if len(read) == len(self.events) else "latest"
        return [
            (self._line(head, count=len(self.events)), read),
            (self._line("features", count=len(features)), features),
        ]

    def _later(self) -> str:
        return self._line("later" if self.not_yet_known else "none", count=self.not_yet_known)

    def _line(self, name: str, count: int = 0) -> str:
        return _WORDS[self.lang][name].format(site=self.site_id, day=f"{self.as_of:%Y-%m-%d}", count=count, most=_MOST)


def _few(names: Sequence[str]) -> str:
    """The first names of a cell, and how many more there are."""
    more = f" +{len(names) - _FEW}" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def history(records: Records, site_id: str, as_of: str, *, catalog: Catalog | None = None, lang: str = "en") -> History:
    """What was known of a site on a day, which of it made which feature, and how much came later.

    Args:
        records: canonical records.
        site_id: a site of theirs.
        as_of: calendar day such as "2025-06-01"; only what was known before it is shown.
        catalog: features wanted; by default those of `build_features` on that day. Naming some spares the reading of
            the other sites' events.
        lang: language of the printed form, "en" or "zh".

    Raises:
        DataError: if there is no such site, or `as_of` is no day or lies outside the days the records cover, or a
            feature wanted reads a site column that is a snapshot of that day or a later one.
        StudyError: for another language.
    """
    if lang not in _WORDS:
        raise StudyError(f"language {lang!r} is unknown; allowed are {sorted(_WORDS)}")
    day = decision_day(records, as_of)
    rows = raw_history(records, site_id)
    chosen = catalog or applicable(records, event_log(records), day)
    refuse_later_snapshots(records, chosen.columns(), day)
    categories = site_categories(chosen, records.sites)
    program = chosen.program(categories)
    others = context_on(records.sites, event_log(records), day, chosen) if scan.tells_of_others(program) else None
    given = (program, rows["site"], rows["events"], rows["amendments"], day)
    values = scan.features(*given, context=others)
    features = _features(chosen, categories, values, scan.records_behind(*given))
    mine = _of_site(records, site_id)
    return History(
        site_id=site_id,
        as_of=pd.Timestamp(as_of),
        events=_events(mine, day, features),
        features=features,
        not_yet_known=sum(int((to_days(table["known_on"]) >= day).sum()) for table in _dated(mine)),
        lang=lang,
    )


def _of_site(records: Records, site_id: str) -> Records:
    events = records.events[records.events["site_id"] == site_id]
    return dataclasses.replace(
        records,
        sites=records.sites[records.sites["site_id"] == site_id],
        events=events,
        amendments=records.amendments[records.amendments["event_id"].isin(events["event_id"])],
        inspections=records.inspections[records.inspections["site_id"] == site_id],
    )


def _dated(records: Records) -> tuple[pd.DataFrame, ...]:
    return records.events, records.inspections, records.amendments


def _features(
    catalog: Catalog, categories: dict[str, list[str]], values: Sequence[float], behind: Sequence[Sequence[str]]
) -> pd.DataFrame:
    read = [
        _value(feature, categories.get(feature.name, []), value)
        for feature, value in zip(catalog.features, values, strict=True)
    ]
    told = [
        _said(feature, categories.get(feature.name, []), value)
        for feature, value in zip(catalog.features, read, strict=True)
    ]
    return pd.DataFrame(
        {
            "feature": pd.Series(catalog.names, dtype="str"),
            "value": pd.Series(read, dtype="object"),
            "text_en": pd.Series([en for en, _ in told], dtype="str"),
            "text_zh": pd.Series([zh for _, zh in told], dtype="str"),
            "event_ids": pd.Series([tuple(ids) for ids in behind], dtype="object"),
        }
    )


def _said(feature: Feature, categories: list[str], value: float | str | None) -> tuple[str, str]:
    """A value in words, a category by its name where it has one."""
    names = category_names(feature.column, categories)
    en, zh = names[categories.index(value)] if names and isinstance(value, str) else (None, None)
    return said(feature, value, category=feature.is_category, names=(en, zh) if en and zh else None)


def _value(feature: Feature, categories: list[str], value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return categories[int(value)] if feature.is_category else value


def _events(records: Records, day: int, features: pd.DataFrame) -> pd.DataFrame:
    """The events of one site known before a day, as they stood on it."""
    log = event_log(records)
    known = log[log["known_on"] < day].sort_values(["event_id", "known_on", "gone_on"], ignore_index=True)
    last = known.drop_duplicates("event_id", keep="last").reset_index(drop=True)
    first = known.drop_duplicates("event_id")["known_on"].to_numpy(np.int64)
    over, repaired = (last[name].to_numpy(np.int64) for name in ("gone_on", "repaired_on"))
    gone, mended = over < day, repaired < day
    state = np.select(
        [gone & _revoked(last, records.amendments), gone, mended], ["revoked", "ended", "repaired"], "in force"
    )
    since = np.select([gone, mended], [over, repaired], first)
    corrected = np.where(last["known_on"] > first, last["known_on"], NEVER)
    moved = features.explode("event_ids").groupby("event_ids")["feature"].agg(tuple)
    columns = {name: from_days(last[name].to_numpy(np.int64)) for name in ("occurred_on", "due_on", "valid_to")}
    table = last.assign(
        **columns,
        known_on=from_days(first),
        corrected_on=from_days(corrected.astype(np.int64)),
        state=pd.Series(state, dtype="str"),
        state_since=from_days(since.astype(np.int64)),
        features=[moved.get(event_id, ()) for event_id in last["event_id"]],
    )
    names = [
        *("event_id", "code", "occurred_on", "known_on", "corrected_on", "state", "state_since"),
        *("quantity", "severity", "due_on", "valid_to", "inspection_id", "features"),
    ]
    return table.sort_values(["occurred_on", "known_on", "event_id"], ignore_index=True)[names]


def _revoked(last: pd.DataFrame, amendments: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether it is a revocation that closed each event on the day it did."""
    on = np.maximum(to_days(amendments["effective_on"]), to_days(amendments["known_on"]))
    revoked = amendments["kind"] == "revoke"
    days = pd.Series(on[revoked], index=amendments.loc[revoked, "event_id"]).groupby(level=0).min()
    return np.asarray(last["event_id"].map(days) == last["gone_on"], dtype=bool)
