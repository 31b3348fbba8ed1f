"""Who is a row: every site that was open, by what was known, on each planning day."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from riskml.records.days import NEVER, Days, day_number, to_days

NONE: Final[Mapping[str, str]] = MappingProxyType({})


def active_rows(sites: pd.DataFrame, days: Days, *, snapshots: Mapping[str, str] = NONE) -> pd.DataFrame:
    """One row for each active site on each planning day.

    A site is active from the day after its registration (an unknown registration means: all along) until its closure.

    Args:
        sites: canonical sites.
        days: planning days as day numbers, ascending.
        snapshots: of the records. Where closed_on is a snapshot, no closure is known up to that day: on a planning day
            not after it, a site that has closed since is still a row (`cohorts.register` says the same).

    Returns:
        site_id, and as_of as day number; sorted by day, then in the order of `sites`.
    """
    registered = to_days(sites["registered_on"], missing=-NEVER)
    closed = to_days(sites["closed_on"])
    known = day_number(snapshots["closed_on"]) if "closed_on" in snapshots else -NEVER
    parts = [pd.DataFrame({"site_id": sites["site_id"].iloc[:0], "as_of": np.empty(0, np.int32)})]
    for day in days:
        active = (registered < day) & ((closed >= day) | (known >= day))
        parts.append(pd.DataFrame({"site_id": sites["site_id"][active], "as_of": np.int32(day)}))
    return pd.concat(parts, ignore_index=True)
