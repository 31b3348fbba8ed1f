"""Levels that an authority has published itself: where they are in force they stand in place of the reconstruction."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.grades.facts import places
from riskml.grades.grading_system import System
from riskml.records.days import to_days


def published_levels(grades: pd.DataFrame, system: System, day: int) -> pd.DataFrame:
    """The levels of a system in force on a day: site_id, level, points; of several the latest.

    Raises:
        DataError: if a level is none of the system's.
    """
    own = grades[grades["system"] == system.name]
    valid = (to_days(own["known_on"]) < day) & (to_days(own["valid_from"]) <= day) & (to_days(own["valid_to"]) > day)
    own = own[valid].sort_values(["valid_from", "known_on", "level"]).drop_duplicates("site_id", keep="last")
    allowed = [level.code for level in system.levels]
    unknown = sorted(set(own["level"]) - set(allowed))
    if unknown:
        raise DataError(f"grades of {system.name}: unknown levels {unknown}; allowed are {allowed}; map them on import")
    return own


def published_ranks(sites: pd.DataFrame, grades: pd.DataFrame | None, system: System, day: int) -> NDArray[np.int64]:
    """Rank of the published level of each site, -1 where there is none."""
    if grades is None:
        return np.full(len(sites), -1)
    own = published_levels(grades, system, day)
    row = places(sites["site_id"], pd.Index(own["site_id"]))
    ranks = places(own["level"], pd.Index([level.code for level in system.levels]))
    return np.append(ranks, -1)[row]
