"""What opens below a site in the table of scores: its reasons, and its records as they were known on the day."""

import dataclasses
import html
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.explanation._timeline_events import site_events
from riskml.explanation.movers import in_one_line
from riskml.export.scoring import context_for
from riskml.records.keys import among
from riskml.records.log import event_log, raw_histories
from riskml.records.store import Records
from riskml.scorer import Reason, Score, Scorer

MOST_RECORDS: Final = 20
"""Records of one site shown, the latest."""
MOST_IDS: Final = 3
"""Records named behind a reason; of more, the others are counted."""
TOP: Final = 3
"""Reasons in the line of a site."""
LEAST: Final = 0.005
"""Contributions nearer to zero are written as nothing, and left out."""
_FORM: Final = re.compile(r" *[(（][^()（）]*=[^()（）]*[)）]")
"""What an event's name says to those who write it, such as the meaning of its quantity."""
ALIKE: Final = 1e-9
"""Two probabilities so near each other are the same one, written and read."""
WORDS: Final = {
    "up": ("Raises the risk (log-odds, records behind it)", "提高风险（对数几率，所依据的记录）"),
    "down": ("Lowers the risk (log-odds, records behind it)", "降低风险（对数几率，所依据的记录）"),
    "nothing": ("nothing", "无"),
    "records": ("Records known before the day: {count}", "该日之前已知的记录：{count} 条"),
    "latest": (
        "Records known before the day: {count}, of which the latest {most}",
        "该日之前已知的记录：{count} 条，仅列最近 {most} 条",
    ),
    "failed": ("counts as failed", "计为不合格"),
    "ended": ("ended {day}", "{day} 终止"),
    "repaired": ("repaired {day}", "{day} 修复"),
}


@dataclass(frozen=True)
class Opened:
    """What is said of a site that can be opened: its reasons in one line of plain text, and what opens, as HTML."""

    summary: str
    body: str


def safe(text: object) -> str:
    """A text of the records for a page: in one line, with nothing in it that a browser would obey.

    >>> safe("<b>a & b</b>")
    '&lt;b&gt;a &amp; b&lt;/b&gt;'
    """
    return html.escape(in_one_line(str(text)))


def known_before(records: Records, sites: Sequence[str], day: pd.Timestamp) -> Records:
    """The records of some sites that were known before a day."""
    parts = {}
    for name in ("events", "inspections"):
        table = getattr(records, name)
        parts[name] = table[table["site_id"].isin(sites) & (table["known_on"] < day)]
    known = (records.amendments["known_on"] < day) & among(records.amendments["event_id"], parts["events"]["event_id"])
    sites_of = records.sites[records.sites["site_id"].isin(sites)]
    return dataclasses.replace(records, sites=sites_of, amendments=records.amendments[known], **parts)


def record_details(records: Records, sites: Sequence[str], day: pd.Timestamp, place: int) -> dict[str, str]:
    """The records of each site as HTML, the latest first, by what was known before the day.

    Args:
        records: canonical records.
        sites: site ids.
        day: decision day.
        place: 0 English, 1 Chinese.
    """
    known = known_before(records, sites, day)
    events = site_events(event_log(known), known.inspections)
    by_site = dict(iter(events.groupby("site_id")))
    return {site: _records(by_site.get(site, events.iloc[:0]), place) for site in sites}


def _records(events: pd.DataFrame, place: int) -> str:
    head = "records" if len(events) <= MOST_RECORDS else "latest"
    rows = [_record(row, place) for row in events.iloc[::-1].head(MOST_RECORDS).to_dict("records")]
    said = WORDS[head][place].format(count=len(events), most=MOST_RECORDS)
    return f"<p><b>{said}</b></p>" + (f"<ul>{''.join(rows)}</ul>" if rows else "")


def _record(row: "Mapping[Hashable, Any]", place: int) -> str:
    """One record: the day, what happened, what it counts as, what became of it, and its key."""
    said = [_FORM.sub("", str(row[("text_en", "text_zh")[place]]))]
    said += [WORDS["failed"][place]] if row["failed"] is True else []
    for name in ("repaired", "ended"):
        day = row[f"{name}_on"]
        said += [WORDS[name][place].format(day=f"{day:%Y-%m-%d}")] if isinstance(day, pd.Timestamp) else []
    words = ("; ", "；")[place].join(said)
    return f"<li>{row['occurred_on']:%Y-%m-%d} {safe(words)} <small>{safe(row['event_id'])}</small></li>"


def scored_details(
    records: Records, artifact: "Path | str", scores: pd.DataFrame, day: str, place: int
) -> dict[str, Opened]:
    """The reasons of each site, computed anew and held against the probability that the table says.

    Args:
        records: canonical records, of all sites: features tell of the others too.
        artifact: exported artifact.
        scores: site_id, probability, and artifact (its digest) if the table has it.
        day: decision day.
        place: 0 English, 1 Chinese.

    Raises:
        DataError: if the scores are of another artifact or of other records, or a site is not among the records.
    """
    loaded = Scorer.load(artifact, today=day)
    digests = set(scores["artifact"]) if "artifact" in scores else {loaded.digest}
    if digests != {loaded.digest}:
        raise DataError(
            f"{artifact} is artifact {loaded.digest[:12]}, the scores are of {sorted(digests)[0]!s:.12}; give that one"
        )
    scorer = loaded.with_context(context_for(artifact, records, day))
    sites = scores["site_id"].tolist()
    mine = _whole(records, sites)
    histories = raw_histories(mine)
    found: dict[str, Opened] = {}
    for site, said in zip(sites, scores["probability"].to_numpy(np.float64), strict=True):
        rows = histories[site]
        score = scorer.score(rows["site"], rows["events"], day, rows["amendments"])
        if not abs(score.probability - said) <= ALIKE:
            raise DataError(
                f"site {site}: the scores say {said:.6f}, the artifact finds {score.probability:.6f} in these records; "
                "give the records that were scored"
            )
        found[site] = Opened(_summary(score, place), _reasons(score, place))
    return found


def _whole(records: Records, sites: Sequence[str]) -> Records:
    """All records of some sites.

    Raises:
        DataError: if one of them is not among the records.
    """
    strange = sorted(set(sites) - set(records.sites["site_id"]))
    if strange:
        raise DataError(f"{len(strange)} sites of the scores are not among the records; examples: {strange[:3]}")
    events = records.events[records.events["site_id"].isin(sites)]
    return dataclasses.replace(
        records,
        sites=records.sites[records.sites["site_id"].isin(sites)],
        events=events,
        amendments=records.amendments[among(records.amendments["event_id"], events["event_id"])],
        inspections=records.inspections[records.inspections["site_id"].isin(sites)],
    )


def _summary(score: Score, place: int) -> str:
    """The strongest reasons for a higher risk, in one line."""
    return ("; ", "；")[place].join((one.text_en, one.text_zh)[place] for one in score.reasons_up[:TOP])


def _reasons(score: Score, place: int) -> str:
    sides = (("up", score.reasons_up), ("down", score.reasons_down))
    return "".join(f"<p><b>{WORDS[name][place]}</b></p>{_side(reasons, place)}" for name, reasons in sides)


def _side(reasons: Sequence[Reason], place: int) -> str:
    moving = [one for one in reasons if abs(one.contribution) >= LEAST]
    if not moving:
        return f"<p>{WORDS['nothing'][place]}</p>"
    return f"<ul>{''.join(_reason(one, place) for one in moving)}</ul>"


def _reason(reason: Reason, place: int) -> str:
    text = (reason.text_en, reason.text_zh)[place]
    more = len(reason.event_ids) - MOST_IDS
    behind = ", ".join(reason.event_ids[:MOST_IDS]) + (f", +{more}" if more > 0 else "")
    moved = f"{reason.contribution:+.2f}".replace("-", "−")
    return f"<li>{safe(text)} <small>{moved} {safe(behind)}</small></li>"
