"""Levels that an attribute of the site stands for, as the latest event changed it."""

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.grades.facts import places, site_places
from riskml.grades.points import Graded
from riskml.grades.system import AttributeRule


def grade_by_attribute(sites: pd.DataFrame, log: pd.DataFrame, rule: AttributeRule, day: int) -> Graded:
    """The level that the site's attribute stands for, or the latest event that changed it.

    Args:
        sites: table with site_id (unique) and the attribute; n rows.
        log: event log in versions.
        rule: of the system.
        day: decision day, as a day number.

    Raises:
        DataError: if the attribute's column is missing.
    """
    if rule.column not in sites.columns:
        raise DataError(f"sites has no column {rule.column}; it has {list(sites.columns)}; ingest it from the source")
    known = (log["known_on"].to_numpy() < day) & (log["gone_on"].to_numpy() >= day)
    rows = np.flatnonzero((log["code"] == rule.event_code).to_numpy() & known)
    values = log["quantity"].to_numpy()[rows]
    site = site_places(sites, log["site_id"].iloc[rows])
    told = np.isin(values, list(rule.rank_of)) & (site >= 0)
    rows, values, site = rows[told], values[told], site[told]
    order = np.lexsort((values, log["known_on"].to_numpy()[rows], log["occurred_on"].to_numpy()[rows]))
    value = sites[rule.column].fillna(-1).to_numpy(np.int64, copy=True)
    value[site[order]] = values[order]
    rank = places(pd.Series(value), pd.Index(list(rule.rank_of)))  # values stand in the order of their ranks
    return Graded(np.full(len(sites), np.nan), rank, np.full(len(sites), -1), (rank >= 0).astype(np.float64))
