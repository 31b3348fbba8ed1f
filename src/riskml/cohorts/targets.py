"""What happened to a row: the settled outcome of its first eligible visit in the horizon, or why there is none."""

from typing import Final

import numpy as np
import pandas as pd

from riskml.records.days import day_number, from_days, to_days
from riskml.records.outcomes import VISIT, outcome_as_of
from riskml.records.store import Records

NO_VISIT: Final = "no_visit"
NOT_SETTLED: Final = "not_settled"


def settled_targets(
    rows: pd.DataFrame, records: Records, log: pd.DataFrame, *, outcome: str, horizon_days: int
) -> pd.DataFrame:
    """Outcomes of cohort rows.

    Args:
        rows: site_id and as_of (day number), n rows.
        records: canonical records.
        log: their event log.
        outcome: "fail", "fail_broad" or "fail_severe".
        horizon_days: H; the first eligible visit in [as_of, as_of + H) counts.

    Returns:
        n rows, aligned: inspection_id, visited_on (datetime), fail (nullable boolean; missing = no visit or not
        settled), null_reason ("", "no_visit" or "not_settled"), inspector, first_visit (no eligible visit was known
        on the day), label_version.
    """
    visits = _eligible(records, log)
    settling = records.outcome.settling_days
    end = day_number(records.observed_to)
    first = _first_visit(rows, visits, horizon_days)
    visited = first["visited"].notna().to_numpy()
    settles_on = np.where(visited, first["visited"].fillna(0).to_numpy(np.int64) + settling, np.iinfo(np.int32).max)
    settled = settles_on <= end
    fail = np.zeros(len(rows), dtype=bool)
    days = settles_on[settled].astype(np.int32)
    fail[settled] = outcome_as_of(log, first.loc[settled, "inspection_id"], days, outcome)
    horizon_over = rows["as_of"].to_numpy(np.int64) + horizon_days + settling <= end
    unsettled = np.where(visited, ~settled, ~horizon_over)
    reason = np.where(unsettled, NOT_SETTLED, np.where(visited, "", NO_VISIT))
    return pd.DataFrame(
        {
            "inspection_id": first["inspection_id"].astype("str"),
            "visited_on": from_days(first["visited"].fillna(2**30).to_numpy(np.int64)),
            "fail": pd.Series(fail, dtype="boolean").mask(~settled),
            "null_reason": pd.Series(reason, dtype="str"),
            "inspector": first["inspector"].astype("str"),
            "first_visit": _without_history(rows, log),
            "label_version": first["label_version"].astype("str"),
        }
    )


def _eligible(records: Records, log: pd.DataFrame) -> pd.DataFrame:
    """Eligible visits that were carried out, by site, day and number."""
    ids = log.loc[log["code"] == VISIT, "inspection_id"]
    chosen = records.inspections[records.inspections["inspection_id"].isin(ids)]
    table = chosen[["site_id", "inspection_id", "inspector", "label_version"]].assign(
        visited=to_days(chosen["visited_on"])
    )
    return table.sort_values(["visited", "inspection_id"], ignore_index=True)


def _first_visit(rows: pd.DataFrame, visits: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    """The first visit of each row in its horizon; missing where nobody went."""
    asked = (
        rows[["site_id", "as_of"]]
        .assign(row=np.arange(len(rows)), visited=rows["as_of"])
        .sort_values("visited", kind="stable")
    )
    found = pd.merge_asof(
        asked.assign(visited=asked["visited"].astype("int64")),
        visits.assign(visited=visits["visited"].astype("int64"), on=visits["visited"].astype("float64")),
        on="visited",
        by="site_id",
        direction="forward",
        tolerance=horizon_days - 1,
    )
    found = found.sort_values("row", ignore_index=True)
    return found.assign(visited=found["on"])[["inspection_id", "visited", "inspector", "label_version"]]


def _without_history(rows: pd.DataFrame, log: pd.DataFrame) -> "pd.Series[bool]":
    """Whether no eligible visit of the site was known on the day."""
    known = log[log["code"] == VISIT].groupby("site_id")["known_on"].min()
    first = rows["site_id"].map(known).fillna(np.iinfo(np.int32).max).to_numpy(np.int64)
    return pd.Series(first >= rows["as_of"].to_numpy(np.int64))
