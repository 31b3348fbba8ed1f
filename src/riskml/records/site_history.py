"""What a source says of its sites at each visit: the first known values, and later ones as events."""

import numpy as np
import pandas as pd

from riskml.records import contract
from riskml.records.declarations import Source
from riskml.records.emitting import PLACE


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all parts; a table without rows if none has one."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({PLACE: pd.Series(dtype="int64")})


def site_rows(made: dict[str, list[pd.DataFrame]], inspections: pd.DataFrame) -> pd.DataFrame:
    """The first known value of each column of each site; a registration after the first visit is no fact."""
    rows = joined(made["sites"])
    if rows.empty:
        return contract.empty("sites")
    rows = rows.sort_values("_seen_on", kind="stable", na_position="first")
    if len(inspections):  # the earliest visit's row speaks first; rows without a visit are lists of sites
        visited = inspections.drop_duplicates([PLACE, "_table"]).set_index([PLACE, "_table"])["visited_on"]
        keys = pd.MultiIndex.from_frame(rows[[PLACE, "_table"]])
        rows = rows.iloc[np.argsort(visited.reindex(keys).fillna(pd.Timestamp(0)).to_numpy(), kind="stable")]
    columns = [name for name in contract.TABLES["sites"] if name in rows]
    grouped = rows[columns].groupby("site_id", sort=True)
    sites = grouped.first()
    if "licence_valid_to" in sites:
        sites["licence_valid_to"] = grouped["licence_valid_to"].max()
    sites = sites.reset_index()
    if "registered_on" in sites and len(inspections):
        first = inspections.groupby("site_id")["visited_on"].min().reindex(sites["site_id"]).set_axis(sites.index)
        sites["registered_on"] = sites["registered_on"].mask(sites["registered_on"] > first)
    return sites


def changes(source: Source, parts: list[pd.DataFrame], inspections: pd.DataFrame) -> pd.DataFrame:
    """One event for each visit at which a site column had another value than at the visit before."""
    found = [contract.empty("events")]
    for column, code in source.changes.items():
        rows = joined([part[["site_id", column, PLACE, "_table"]] for part in parts if column in part])
        if rows.empty:
            continue
        visits = inspections[["inspection_id", "site_id", "visited_on", "known_on", PLACE, "_table"]]
        seen = visits.merge(rows.drop(columns="site_id"), on=[PLACE, "_table"]).sort_values(
            ["visited_on", "inspection_id"]
        )
        seen = seen[seen[column].notna()]  # a visit that says nothing changes nothing
        before = seen.groupby("site_id")[column].shift()
        changed = seen[before.notna() & (before != seen[column])]
        found.append(
            pd.DataFrame(
                {
                    "event_id": changed["inspection_id"] + f":{code}",
                    "site_id": changed["site_id"],
                    "code": code,
                    "occurred_on": changed["visited_on"],
                    "known_on": changed["known_on"],
                    "inspection_id": changed["inspection_id"],
                    "quantity": changed[column].astype("int64"),
                    "item": column,
                    "source": source.name,
                }
            )
        )
    return pd.concat(found, ignore_index=True)
