"""What a source says of its sites at each visit: the first known values, and later ones as events."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.records import contract
from riskml.records.declarations import Source
from riskml.records.repeats import firsts
from riskml.records.set_values import PLACE

SEEN: Final = "_seen_on"
"""Column with the day of the visit that a row of sites comes from; missing for a list of sites."""
TABLE: Final = "_table"
"""Column with the number of the input table that a canonical row comes from."""


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all parts; a table without rows if none has one."""
    filled = [part for part in parts if len(part)]
    if len(filled) == 1:
        return filled[0].reset_index(drop=True)
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({PLACE: pd.Series(dtype="int64")})


def site_rows(parts: list[pd.DataFrame], inspections: pd.DataFrame) -> pd.DataFrame:
    """The first known value of each column of each site; a registration after the first visit is no fact.

    Args:
        parts: canonical rows of sites, with `PLACE`, `TABLE` and `SEEN`.
        inspections: canonical visits with `PLACE` and `TABLE`: the earliest one's row speaks first. Rows without a
            visit, which are lists of sites, speak before all visits.
    """
    rows = joined([part[part["site_id"].notna()] for part in parts])
    if rows.empty:
        return contract.empty("sites")
    order = np.lexsort((_days(rows[SEEN]), _visited(rows, inspections)))
    codes, ids = pd.factorize(rows["site_id"])
    alphabetic = pd.Series(ids).argsort().to_numpy()
    number = np.empty(len(ids), dtype=np.int64)
    number[alphabetic] = np.arange(len(ids))
    group = number[codes[order]]
    columns = {"site_id": pd.Series(ids).take(alphabetic).reset_index(drop=True)}
    for name in [name for name in contract.TABLES["sites"] if name in rows and name != "site_id"]:
        first = firsts(group, len(ids), rows[name].notna().to_numpy()[order])
        columns[name] = rows[name].reindex(np.where(first < 0, -1, order[first])).reset_index(drop=True)
    sites = pd.DataFrame(columns, copy=False)
    if "licence_valid_to" in sites:
        sites["licence_valid_to"] = rows.groupby("site_id")["licence_valid_to"].max().to_numpy()
    if "registered_on" in sites and len(inspections):
        first_visit = inspections.groupby("site_id")["visited_on"].min().reindex(sites["site_id"]).set_axis(sites.index)
        sites["registered_on"] = sites["registered_on"].mask(sites["registered_on"] > first_visit)
    return sites


def _days(stamps: "pd.Series[pd.Timestamp]") -> NDArray[np.int64]:
    """Day numbers; a missing day comes before all others."""
    return stamps.to_numpy(dtype="datetime64[D]").astype(np.int64)


def _visited(rows: pd.DataFrame, inspections: pd.DataFrame) -> NDArray[np.int64]:
    """Day number of the visit that each row was told at; 0 without one."""
    if inspections.empty:
        return np.zeros(len(rows), dtype=np.int64)
    at = _row_of(rows, inspections)
    return np.where(at < 0, 0, _days(inspections["visited_on"])[at])


def _row_of(asked: pd.DataFrame, told: pd.DataFrame) -> NDArray[np.int64]:
    """For each row the position of the first one told that comes from the same input row, -1 without one."""
    keys, asked_keys = (
        frame[TABLE].to_numpy(dtype=np.int64) << 40 | frame[PLACE].to_numpy() for frame in (told, asked)
    )
    if np.array_equal(keys, asked_keys) and (np.diff(keys) > 0).all():
        return np.arange(len(keys))
    again = pd.Series(keys).duplicated().to_numpy()
    rows = np.flatnonzero(~again)
    found: NDArray[np.int64] = pd.Index(keys[rows]).get_indexer(pd.Index(asked_keys))
    return np.where(found < 0, -1, rows[found]) if len(rows) else found


def changes(source: Source, parts: list[pd.DataFrame], inspections: pd.DataFrame) -> pd.DataFrame:
    """One event for each visit at which a site column had another value than at the visit before.

    Args:
        source: names the columns and the codes of their events.
        parts: canonical rows of sites, with `PLACE` and `TABLE`.
        inspections: canonical visits with `PLACE` and `TABLE`, by day.
    """
    found = []
    for column, code in source.changes.items():
        rows = joined([part.loc[part[column].notna(), [column, PLACE, TABLE]] for part in parts if column in part])
        if rows.empty or inspections.empty:
            continue
        at = _row_of(inspections, rows)
        told = np.flatnonzero(at >= 0)  # a visit that says nothing changes nothing
        values = rows[column].to_numpy(dtype=np.int64)[at[told]]
        site = pd.factorize(inspections["site_id"].iloc[told])[0]
        order = np.argsort(site, kind="stable")
        later = (np.diff(site[order]) == 0) & (np.diff(values[order]) != 0)
        changed = np.sort(order[1:][later])
        found.append(_change_events(inspections.iloc[told[changed]], column, values[changed], code, source.name))
    return joined(found)


def _change_events(
    visits: pd.DataFrame, column: str, values: NDArray[np.int64], code: str, source: str
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "event_id": visits["inspection_id"] + f":{code}",
            "site_id": visits["site_id"],
            "code": code,
            "occurred_on": visits["visited_on"],
            "known_on": visits["known_on"],
            "inspection_id": visits["inspection_id"],
            "quantity": values,
            "item": column,
            "source": source,
        }
    )
