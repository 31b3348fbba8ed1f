"""The event log as versions: events, amendments and visits become rows that say from when to when each fact held."""

import dataclasses
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.records.contract import CORRECTABLE
from riskml.records.days import NEVER, day_number, from_days, to_days
from riskml.records.keys import among
from riskml.records.outcomes import visit_events
from riskml.records.store import Records

LOG_COLUMNS: Final = {
    "event_id": "str",
    "site_id": "str",
    "code": "str",
    "occurred_on": "int32",
    "known_on": "int32",
    "gone_on": "int32",
    "repaired_on": "int32",
    "due_on": "int32",
    "valid_to": "int32",
    "case_id": "str",
    "inspection_id": "str",
    "item": "str",
    "severity": "int64",
    "quantity": "int64",
    "amount": "float64",
}
"""Columns of the log. Days are day numbers; NEVER where there is none.

A version is known as of day t when `known_on < t <= gone_on`, and repaired when `repaired_on < t`.
"""

DAY_COLUMNS: Final = ("occurred_on", "known_on", "due_on", "valid_to")


def event_log(records: Records) -> pd.DataFrame:
    """All that is known about the sites, as versions: recorded events and the events derived from visits.

    An end or a revocation closes a version on the later of its two days (effective, known); a repair marks it; a
    correction closes it and opens a corrected one from the day the correction became known.

    Raises:
        DataError: if an amendment names an unknown event, or a correction lacks its column or value, or names an
            uncorrectable column or an impossible value.
    """
    recorded = event_versions(records.events, records.amendments)
    visits = visit_events(records.inspections, recorded, records.outcome)
    return _typed(pd.concat([recorded, _typed(visits)], ignore_index=True))


def event_versions(events: pd.DataFrame, amendments: pd.DataFrame) -> pd.DataFrame:
    """The recorded events alone, with their amendments resolved; columns of `LOG_COLUMNS`."""
    stranger = ~among(amendments["event_id"], events["event_id"])
    if stranger.any():
        examples = amendments.loc[stranger, "event_id"].head(3).tolist()
        raise DataError(f"{int(stranger.sum())} amendments name unknown events; examples: {examples}")
    log = events.copy()
    for name in DAY_COLUMNS:
        log[name] = to_days(events[name])
    happened = np.maximum(to_days(amendments["effective_on"]), to_days(amendments["known_on"]))
    dated = amendments.assign(on=happened)
    closing = dated[dated["kind"].isin(["end", "revoke"])].groupby("event_id")["on"].min()
    repairs = dated[dated["kind"] == "repair"].groupby("event_id")["on"].min()
    log["gone_on"] = log["event_id"].map(closing).fillna(NEVER).astype("int32")
    log["repaired_on"] = log["event_id"].map(repairs).fillna(NEVER).astype("int32")
    return _corrected(_typed(log), dated[dated["kind"] == "correct"])


def raw_history(records: Records, site_id: str) -> dict[str, Any]:
    """One site's rows as an engineer would hand them to the scorer: its site, events (visits included), amendments.

    Returns:
        {"site": dict, "events": list of dicts, "amendments": list of dicts}; days as text like "2025-06-01".

    Raises:
        DataError: if there is no such site.
    """
    sites = records.sites[records.sites["site_id"] == site_id]
    if sites.empty:
        examples = records.sites["site_id"].head(3).tolist()
        raise DataError(f"no site {site_id!r} among {len(records.sites)} sites; examples: {examples}")
    events = records.events[records.events["site_id"] == site_id]
    mine = dataclasses.replace(
        records,
        sites=sites,
        events=events,
        amendments=records.amendments[records.amendments["event_id"].isin(events["event_id"])],
        inspections=records.inspections[records.inspections["site_id"] == site_id],
    )
    return raw_histories(mine)[site_id]


def raw_histories(records: Records) -> dict[str, dict[str, Any]]:
    """`raw_history` of every site, by site_id.

    Raises:
        DataError: if events or visits name sites that are none of `records.sites`.
    """
    for facts in (records.events, records.inspections):
        stranger = ~among(facts["site_id"], records.sites["site_id"])
        if stranger.any():
            key = facts.columns[0]
            examples = facts.loc[stranger, [key, "site_id"]].head(3).agg(" of site ".join, axis=1).tolist()
            raise DataError(
                f"{int(stranger.sum())} rows name sites that are not among the {len(records.sites)} sites, such as "
                f"{examples}; add the sites or leave these rows out"
            )
    recorded = event_versions(records.events, records.amendments)
    visits = visit_events(records.inspections, recorded, records.outcome)
    days = {name: from_days(visits[name].to_numpy(np.int64)).to_numpy() for name in ("occurred_on", "known_on")}
    over = visits[visits["gone_on"] < NEVER]
    gone = from_days(over["gone_on"].to_numpy(np.int64)).to_numpy()
    revoked = over[["event_id"]].assign(kind="revoke", effective_on=gone, known_on=gone)
    found: dict[str, dict[str, Any]] = {
        site["site_id"]: {"site": site, "events": [], "amendments": []} for site in _plain(records.sites)
    }
    site_of = {}
    for event in _plain(records.events) + _plain(visits.assign(**days).drop(columns="gone_on")):
        site_of[event["event_id"]] = event["site_id"]
        found[event["site_id"]]["events"].append(event)
    for change in _plain(records.amendments) + _plain(revoked):
        found[site_of[change["event_id"]]]["amendments"].append(change)
    return found


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts of plain values, missing ones left out."""
    text = frame.assign(**{c: frame[c].dt.strftime("%Y-%m-%d") for c in frame.select_dtypes("datetime").columns})
    rows = text.astype("object").to_dict("records")
    return [{str(key): value for key, value in row.items() if not pd.isna(value)} for row in rows]


def _corrected(log: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """Split a version in two at each correction, in the order in which corrections became known."""
    wrong = sorted(set(corrections["column"].dropna()) - set(CORRECTABLE))
    if wrong:
        raise DataError(f"amendments correct {wrong}; columns that can be corrected are {list(CORRECTABLE)}")
    blank = int(corrections[["column", "value"]].isna().any(axis=1).sum())
    if blank:
        raise DataError(f"{blank} amendments of kind correct lack column or value; state what is corrected to what")
    if corrections.empty:
        return log
    rows = {row["event_id"]: [row] for row in log[log["event_id"].isin(corrections["event_id"])].to_dict("records")}
    for event_id, column, value, on in corrections.sort_values(["on", "column", "value"], kind="stable")[
        ["event_id", "column", "value", "on"]
    ].itertuples(index=False):
        last = rows[event_id][-1]
        rows[event_id].append({**last, "known_on": max(on, last["known_on"]), column: _value(column, value)})
        last["gone_on"] = min(last["gone_on"], max(on, last["known_on"]))
    changed = pd.DataFrame([row for versions in rows.values() for row in versions])
    return _typed(pd.concat([log[~log["event_id"].isin(corrections["event_id"])], changed], ignore_index=True))


def _value(column: str, text: str) -> "int | float | str":
    if column in DAY_COLUMNS:
        return day_number(text)
    try:
        return text if column == "code" else float(text) if column == "amount" else int(text)
    except ValueError as error:
        raise DataError(
            f"an amendment corrects {column} to {text!r}, which is not a number; correct the row"
        ) from error


def _typed(log: pd.DataFrame) -> pd.DataFrame:
    """The columns of the log in their order, absent ones filled with "none"."""
    blanks = {
        "gone_on": NEVER,
        "repaired_on": NEVER,
        "due_on": NEVER,
        "valid_to": NEVER,
        "severity": 0,
        "quantity": 1,
    }
    filled = {}
    for name, dtype in LOG_COLUMNS.items():
        blank = blanks.get(name, np.nan if dtype == "float64" else None)
        column = log[name] if name in log else pd.Series(blank, index=log.index)
        filled[name] = column.astype(dtype)  # type: ignore[call-overload]
    return pd.DataFrame(filled)
