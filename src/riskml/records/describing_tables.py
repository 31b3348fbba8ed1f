"""The frames of a description of records: what is there, of which days, how it came out, and what is missing."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.records.checking import warnings_of
from riskml.records.contract import TABLES, VISIT_TYPES
from riskml.records.days import to_days
from riskml.records.keys import among
from riskml.records.log import event_log
from riskml.records.outcomes import VISIT, outcome_as_of
from riskml.records.store import Records

DAYS: Final = {
    "sites": ("registered_on", ""),
    "events": ("occurred_on", "known_on"),
    "amendments": ("effective_on", "known_on"),
    "inspections": ("visited_on", "known_on"),
    "grades": ("valid_from", "known_on"),
    "quarantine": ("", ""),
}
"""Of each table the column that says when it happened, and the one that says when it was known."""
LATE_DAYS: Final = 30
"""A fact known later than so many days after it happened is called late."""
ALL: Final = "all"
"""Code of the row for all events, and year of the row for all years."""


def tables_frame(records: Records) -> pd.DataFrame:
    """One row a table: table, rows, and the first and last day on which something happened and was known."""
    rows = []
    for name, (happened, known) in DAYS.items():
        table = getattr(records, name)
        days = {
            f"{clock}_{end}": getattr(table[column], which)() if column else pd.NaT
            for clock, column in (("occurred", happened), ("known", known))
            for end, which in (("from", "min"), ("to", "max"))
        }
        rows.append({"table": name, "rows": len(table), **days})
    return pd.DataFrame(rows).astype(
        {f"{clock}_{end}": "datetime64[s]" for clock in ("occurred", "known") for end in ("from", "to")}
    )


def sites_frame(records: Records) -> pd.DataFrame:
    """How many sites are open, closed, visited and placed on the last day of the records: what, sites, share."""
    sites, ends = records.sites, records.observed_to
    later = sites["registered_on"].ge(ends).fillna(False).to_numpy(bool)
    closed = sites["closed_on"].lt(ends).fillna(False).to_numpy(bool) & ~later
    visited = among(sites["site_id"], records.inspections["site_id"])
    masks = {
        ALL: np.ones(len(sites), dtype=bool),
        "open": ~later & ~closed,
        "not_open_yet": later,
        "closed": closed,
        "visited": visited,
        "never_visited": ~visited,
        "placed": (sites["lon"].notna() & sites["lat"].notna()).to_numpy(bool),
    }
    counts = [int(mask.sum()) for mask in masks.values()]
    return pd.DataFrame({"what": list(masks), "sites": counts, "share": _shares(counts, len(sites))})


def visits_frame(records: Records) -> pd.DataFrame:
    """One row a type of visit: visit_type, visits, share, not_found (nobody was there), eligible (can be a target)."""
    grouped = records.inspections.assign(absent=records.inspections["result"] == "not_found").groupby("visit_type")
    table = grouped["absent"].agg(visits="size", not_found="sum").reset_index()
    order = {code: place for place, code in enumerate(VISIT_TYPES)}
    table = table.sort_values("visit_type", key=lambda codes: codes.map(order), ignore_index=True)
    shares = _shares(table["visits"], len(records.inspections))
    eligible = table["visit_type"].isin(records.outcome.visit_types)
    return table.assign(not_found=table["not_found"].astype("int64"), share=shares, eligible=eligible)[
        ["visit_type", "visits", "share", "not_found", "eligible"]
    ]


def outcomes_frame(records: Records) -> pd.DataFrame:
    """One row a year of the visit and outcome, and one for all years.

    Returns:
        year, outcome, eligible (visits that can be a target), settled (those whose outcome is final before the records
        end and that were known by then), failed (of the settled), share (failed of settled, NaN of none).
    """
    log = event_log(records)
    visits = log[log["code"] == VISIT]
    due = visits["occurred_on"].to_numpy(np.int64) + records.outcome.settling_days
    ends = int(to_days(pd.Series([records.observed_to]))[0])
    settled = (due <= ends) & (visits["known_on"].to_numpy(np.int64) < due)
    year = visits["occurred_on"].to_numpy().astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    rows = []
    for name in records.outcome.criteria:
        failed = np.zeros(len(visits), dtype=bool)
        failed[settled] = outcome_as_of(log, visits["inspection_id"][settled], due[settled].astype(np.int32), name)
        for label, mask in [(str(one), year == one) for one in np.unique(year)] + [
            (ALL, np.ones(len(year), dtype=bool))
        ]:
            counts = (int(mask.sum()), int((mask & settled).sum()), int((mask & failed).sum()))
            rows.append((label, name, *counts, counts[2] / counts[1] if counts[1] else np.nan))
    return pd.DataFrame(rows, columns=["year", "outcome", "eligible", "settled", "failed", "share"])


def lags_frame(records: Records) -> pd.DataFrame:
    """How long after it happened each kind of fact was known.

    Returns:
        table, code ("all", then each code of the events), rows, missing (share without a known day), same_day and late
        (shares of the others known on the day itself, and more than `LATE_DAYS` later), median_days, p90_days,
        most_days, and constant (several rows, one lag: most likely a rule of the source, not an observation).
    """
    columns = [
        "table",
        "code",
        "rows",
        "missing",
        "same_day",
        "late",
        "median_days",
        "p90_days",
        "most_days",
        "constant",
    ]
    found = pd.DataFrame([_lag(*part) for part in _dated(records)], columns=columns)
    return found.astype({"constant": "bool"})


def _dated(records: Records) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Each group of dated facts: its table, its code, and their two days."""
    for name in ("inspections", "events", "amendments"):
        table = getattr(records, name)
        happened, known = DAYS[name]
        days = table[[happened, known]].set_axis(["happened", "known"], axis=1)
        if len(table):
            yield name, ALL, days
        if name == "events":
            yield from ((name, str(code), part) for code, part in days.groupby(table["code"], sort=True))


def _lag(table: str, code: str, days: pd.DataFrame) -> dict[str, Any]:
    lag = (days["known"] - days["happened"]).dt.days.dropna().to_numpy(np.float64)
    some = len(lag) > 0
    middle, most = np.quantile(lag, [0.5, 0.9], method="inverted_cdf") if some else (np.nan, np.nan)
    return {
        "table": table,
        "code": code,
        "rows": len(days),
        "missing": float(days["known"].isna().mean()),
        "same_day": float((lag == 0).mean()) if some else np.nan,
        "late": float((lag > LATE_DAYS).mean()) if some else np.nan,
        "median_days": float(middle),
        "p90_days": float(most),
        "most_days": float(lag.max()) if some else np.nan,
        "constant": bool(len(lag) > 1 and lag.min() == lag.max()),
    }


def missing_frame(records: Records) -> pd.DataFrame:
    """One row a column of a table with rows: table, column, rows, missing (how many), share."""
    rows = []
    for name, table in records.tables().items():
        for column in [column for column in TABLES[name] if column in table and len(table)]:
            count = int(table[column].isna().sum())
            rows.append((name, column, len(table), count, count / len(table)))
    return pd.DataFrame(rows, columns=["table", "column", "rows", "missing", "share"])


def warnings_frame(records: Records) -> pd.DataFrame:
    """What the contract warns of: table, column, rule, rows (that break it), share, text_en, text_zh; no examples."""
    rows = [
        (
            one.table,
            one.column,
            one.rule,
            one.count,
            one.count / one.rows if one.rows else np.nan,
            one.text_en,
            one.text_zh,
        )
        for one in warnings_of(records)
    ]
    return pd.DataFrame(rows, columns=["table", "column", "rule", "rows", "share", "text_en", "text_zh"])


def workforce_frame(records: Records) -> pd.DataFrame:
    """How many offices and inspectors made the visits, and how many each made; none of them is named.

    Returns:
        who ("office", "inspector"), number, unstated (share of the visits that do not say), median_visits,
        least_visits, most_visits.
    """
    rows = []
    for who in ("office", "inspector"):
        column = records.inspections[who]
        counts = column.value_counts().to_numpy(np.float64)
        spread = (float(np.median(counts)), counts.min(), counts.max()) if len(counts) else (np.nan,) * 3
        unstated = float(column.isna().mean()) if len(column) else np.nan
        rows.append((who, len(counts), unstated, *spread))
    columns = ["who", "number", "unstated", "median_visits", "least_visits", "most_visits"]
    return pd.DataFrame(rows, columns=columns)


def labels_frame(records: Records) -> pd.DataFrame:
    """One row a label version of the visits: label_version, visits, share, first and last day of a visit."""
    grouped = records.inspections.groupby("label_version")["visited_on"]
    table = grouped.agg(visits="size", first="min", last="max").reset_index()
    return table.assign(share=_shares(table["visits"], len(records.inspections)))[
        ["label_version", "visits", "share", "first", "last"]
    ]


def _shares(counts: Any, whole: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Counts as shares of a whole; NaN of nothing."""
    return np.asarray(counts, dtype=np.float64) / (whole or np.nan)
