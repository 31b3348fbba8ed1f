"""Repairs that the records hold but the law does not know: they change no grade, and are reported."""

import numpy as np
import pandas as pd

from riskml.grades.system import PointRule, System


def ignored_repairs(log: pd.DataFrame, system: System, day: int) -> pd.DataFrame:
    """Repairs known before a day on penalties that cannot be repaired early, so that their points stay.

    Args:
        log: event log in versions.
        system: the system; one without penalties ignores nothing.
        day: day number.

    Returns:
        event_id, site_id and code of the penalties, in the order of the log.
    """
    publicity = system.rule.publicity if isinstance(system.rule, PointRule) else None
    codes = sorted(publicity.not_repairable) if publicity else []
    held = (log["known_on"].to_numpy() < day) & (log["gone_on"].to_numpy() >= day)
    repaired = log["repaired_on"].to_numpy() < day
    rows = np.flatnonzero(held & repaired & log["code"].isin(codes).to_numpy())
    return log[["event_id", "site_id", "code"]].iloc[rows].reset_index(drop=True)
